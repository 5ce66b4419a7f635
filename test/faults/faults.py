#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""faults.py [NAME...]: put each fault of test/faults/list into a copy of the source, one at a time, build, and run the
tests: which of them catch it? A fault that nobody catches is a hole in the tests; exit 1 then, and for a fault whose
text is no longer in the source.

The list has one fault per paragraph, a `key: value` per line:
    name    a word for each
    case    the case of test/conformance/cases that it breaks
    file    the source file
    old     text that stands in it exactly once
    new     what comes in its place
    tests   what to run: unit flow (the default), or files of Python tests below test/
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIST = os.path.join(HERE, "test/faults/list")
BUILD = "build/address-undefined"
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]


def read_list(text):
    """[{key: value}]: the faults; a line that starts with # is a comment."""
    found = []
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line and not line.startswith("#")]
        if lines:
            found.append(dict(line.split(": ", 1) for line in lines))
    return found


def run(argv, cwd):
    return subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False)


def copy_of_the_source(folder):
    """What git knows, as it is in the work tree."""
    for name in run(["git", "ls-files"], HERE).stdout.splitlines():
        if os.path.exists(os.path.join(HERE, name)):
            target = os.path.join(folder, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(os.path.join(HERE, name), target)


def make(folder):
    return run(["make", f"-j{os.cpu_count()}", "SAN=address,undefined", "all", "tests"], folder)


def test(fault, folder):
    """The names of the tests that fail; what was said when none did."""
    failed, said = [], ""
    for what in fault.get("tests", "unit flow").split():
        if what in ("unit", "flow"):
            said = run(["tools/runtests.py", BUILD, what], folder).stdout
            failed += [line[len("failed: "):] for line in said.splitlines() if line.startswith("failed: ")]
        else:
            argv = ["env", f"LAB_BIN={folder}/{BUILD}/bin", *PYTEST, *what.split(",")]
            said = run(argv, folder).stdout
            failed += [line.split(" - ")[0][len("FAILED "):] for line in said.splitlines() if line.startswith("FAILED ")]
        if failed:
            break
    return failed, said


def put(fault, folder):
    """The source with the fault in it; False: its text is not there, or not once."""
    path = os.path.join(folder, fault["file"])
    with open(path, encoding="utf-8") as f:
        good = f.read()
    old = fault["old"].encode().decode("unicode_escape")
    if good.count(old) != 1:
        return None
    with open(path, "w", encoding="utf-8") as f:
        f.write(good.replace(old, fault.get("new", "").encode().decode("unicode_escape")))
    return path, good


def one(fault, folder):
    """"caught by ...", or what is wrong."""
    kept = put(fault, folder)
    if not kept:
        return False, "its text does not stand in the source once"
    try:
        made = make(folder)
        if made.returncode != 0:
            return False, "does not build: " + made.stdout[-600:]
        failed, said = test(fault, folder)
        if not failed:
            return False, "NOT caught: " + said[-200:]
        named = [name for name in failed if fault["case"].replace("-", "_") in name]
        return True, f"caught by {len(failed)}: {(named + failed)[0]}"
    finally:
        with open(kept[0], "w", encoding="utf-8") as f:
            f.write(kept[1])


def main():
    with open(LIST, encoding="utf-8") as f:
        faults = read_list(f.read())
    chosen = [fault for fault in faults if not sys.argv[1:] or fault["name"] in sys.argv[1:]]
    caught = 0
    with tempfile.TemporaryDirectory(prefix="imslab-faults-") as folder:
        copy_of_the_source(folder)
        if make(folder).returncode != 0:
            print("the source does not build")
            return 1
        for fault in chosen:
            good, text = one(fault, folder)
            caught += good
            print(f"{fault['case']:8} {fault['name']}: {text}", flush=True)
    print(f"{caught} of {len(chosen)} faults caught")
    return 0 if caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
