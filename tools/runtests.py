#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""runtests.py BUILD [--require all] [--results FILE] [LAYER...]: run the tests built in BUILD and count them.

Layers: unit, flow (cmocka binaries), tools, net (pytest), kernel (pytest in User-Mode Linux, with the
plain build: the guest has no room for ASan). What is skipped is said with its reason;
with --require all a skip is a failure, for a machine that should have everything. A few tests of real
processes that fail, on a machine that may be busy, are tried once more, alone; the report names them. The last line is
"N passed, N failed, N skipped"; exit 1 when something failed. FILE gets {layer: {test: passed|failed|skipped}} as JSON."""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTEST = {"tools": "test/tools", "net": "test/net"}
KERNEL, KERNEL_BUILD = "test/kernel", "build/plain"
GUEST_S = 1500  # longest time for one guest, with all that it tests; a busy machine makes it ten times slower
TAP = re.compile(r"(ok|not ok) \d+(?: - | # SKIP )(.*)")
BINARY_S = 120  # longest time for one test binary
AGAIN = 6  # so many failures of a layer may be the machine's; more are not
JOBS = max(2, os.cpu_count() or 2)


class Count:
    def __init__(self):
        self.passes, self.failures, self.skips, self.again = [], [], [], []

    def add(self, other):
        self.passes += other.passes
        self.failures += other.failures
        self.skips += other.skips
        self.again += other.again

    def __str__(self):
        return f"{len(self.passes)} passed, {len(self.failures)} failed, {len(self.skips)} skipped"

    def results(self):
        return {**{name: "passed" for name in self.passes}, **{name: "skipped" for name, _ in self.skips},
                **{name: "failed" for name in self.failures}}


def environment(build):
    return {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", "LAB_BIN": os.path.join(HERE, build, "bin"),
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1", "PYTHONDONTWRITEBYTECODE": "1"}


def alone():
    """The command line that gives a test a loopback of its own, so that two runs on one machine do not meet; nothing
    where the kernel allows no namespaces."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    argv = ["unshare", *user, "--net", "sh", "-c", 'PATH=$PATH:/sbin:/usr/sbin ip link set lo up && exec "$0"']
    return argv if subprocess.run(argv + ["true"], capture_output=True, check=False).returncode == 0 else []


ALONE = alone()


def run_binary(path, build):
    """One cmocka binary: its Count, and what it said when something is wrong."""
    count, name = Count(), os.path.relpath(path, os.path.join(build, "test"))
    try:
        done = subprocess.run([*ALONE, os.path.abspath(path)], capture_output=True, text=True, errors="replace", cwd=HERE,
                              env=environment(build), timeout=BINARY_S, check=False)
        said, status = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired:
        said, status = f"does not end within {BINARY_S} s", 1
    for line in said.splitlines():
        m = TAP.match(line)
        if m and "# SKIP" in line:
            count.skips.append((f"{name}: {m.group(2)}", "it said so"))
        elif m and m.group(1) == "ok":
            count.passes.append(f"{name}: {m.group(2)}")
        elif m:
            count.failures.append(f"{name}: {m.group(2)}")
    if status != 0 and not count.failures:
        count.failures.append(f"{name}: exit {status}")
    if not count.passes and not count.failures and not count.skips:
        count.failures.append(f"{name}: it ran no test")
    return count, said if count.failures else ""


def run_binaries(layer, build):
    paths = sorted(glob.glob(os.path.join(HERE, build, "test", layer, "*", "*_test")))
    # a binary whose source is gone is of an older checkout
    paths = [p for p in paths if os.path.exists(os.path.join(HERE, "test", layer, *p.split(os.sep)[-2:]) + ".c")]
    total = Count()
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for count, said in pool.map(lambda p: run_binary(p, build), paths):
            if said:
                print(said[-8000:])
            total.add(count)
    return total


def cases_of(report):
    """What a pytest's JUnit file counts: {name of the test's file: Count}."""
    found = {}
    try:
        cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return {}
    for case in cases:
        name = "/".join(case.get("classname").split(".")[1:]) + ".py"
        count = found.setdefault(name, Count())
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            count.failures.append(f"{name}: {case.get('name')}")
        elif skip is not None:
            count.skips.append((f"{name}: {case.get('name')}", skip.get("message", "")))
        else:
            count.passes.append(f"{name}: {case.get('name')}")
    return found


def pytest_command(report, *paths):
    return ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", report, *paths]


def run_pytest_file(paths, build):
    """Files of Python tests, or some of their tests, in a pytest of their own: the Count, and what it said."""
    total, name = Count(), os.path.relpath(paths[0], os.path.join(HERE, "test"))
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        done = subprocess.run(pytest_command(report.name, *paths), cwd=HERE, env=environment(build),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        for count in cases_of(report.name).values():
            total.add(count)
    if done.returncode not in (0, 5) and not total.failures:
        total.failures.append(f"{name}: pytest exit {done.returncode}")
    return total, done.stdout


def run_pytest(layer, build):
    """The files side by side: they wait for timers most of the time. The large ones first."""
    total = Count()
    paths = sorted(glob.glob(os.path.join(HERE, PYTEST[layer], "*_test.py")), key=os.path.getsize, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for path, (count, said) in zip(paths, pool.map(lambda p: run_pytest_file([p], build), paths)):
            print(f"-- {os.path.basename(path)}: {count}", flush=True)
            if count.failures:
                print(said[-20000:], flush=True)
            total.add(count)
    return total


def run_guest(number, paths, claims=""):
    """Kernel tests in one guest: ({file: Count}, what they said). claims: a folder; of the tests it then runs those
    that no other guest with this folder has begun (test/kernel/conftest.py)."""
    processors = sorted(os.sched_getaffinity(0))
    processor = str(processors[number % len(processors)])
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        guest = ["taskset", "-c", processor, os.path.join(HERE, "tools/uml"), "-t", str(GUEST_S), "--rw", folder,
                 *(["--rw", claims] if claims else []), "--", "env", f"KERNEL_CLAIMS={claims}", f"LAB_BIN={os.path.join(HERE, KERNEL_BUILD, 'bin')}",
                 "PYTEST_DEBUG_TEMPROOT=/run"]  # the guest's own: in /tmp the host's root may have a folder of that name
        done = subprocess.run([*guest, *pytest_command(report, *paths)], cwd=HERE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
        found = cases_of(report)
    if done.returncode not in (0, 5) and not any(c.failures for c in found.values()):
        found.setdefault("kernel", Count()).failures.append(f"kernel: the guest's exit is {done.returncode}")
    return found, done.stdout


def run_kernel():
    """In as many guests as there are processors (a guest has one), up to four: each is a while at booting."""
    total = Count()
    if not shutil.which("linux.uml", path=os.environ.get("PATH", "") + ":/usr/bin"):
        total.skips.append(("kernel: all", "linux.uml is not installed (make deps, package user-mode-linux)"))
        return total
    paths = sorted(glob.glob(os.path.join(HERE, KERNEL, "*_test.py")), key=os.path.getsize, reverse=True)
    files, guests = {}, min(JOBS, 4)
    with concurrent.futures.ThreadPoolExecutor(guests) as pool, tempfile.TemporaryDirectory() as claims:
        for found, said in pool.map(lambda number: run_guest(number, paths, claims), range(guests)):
            for name, count in found.items():
                files.setdefault(name, Count()).add(count)
            if any(count.failures for count in found.values()):
                print(said[-20000:], flush=True)
    for name, count in sorted(files.items()):
        print(f"-- {name}: {count}", flush=True)
        total.add(count)
    return total


def try_again(layer, build, count):
    """The tests that failed, once more and alone. What fails twice has failed."""
    if not 0 < len(count.failures) <= AGAIN:
        return
    nodes = sorted(set(os.path.join("test", name.replace(": ", "::", 1)) for name in count.failures))
    print(f"-- once more: {' '.join(nodes)}", flush=True)
    if layer == "kernel":
        found, said = run_guest(0, nodes)
        second = Count()
        for one in found.values():
            second.add(one)
    else:
        second, said = run_pytest_file(nodes, build)
    if second.failures or not second.passes:
        print(said[-20000:], flush=True)
        return
    count.passes += second.passes
    count.again, count.failures = count.failures, []


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--require", default="")
    p.add_argument("--results")
    p.add_argument("layers", nargs="*", default=["unit", "flow", "tools", "net", "kernel"])
    args = p.parse_intermixed_args()
    total, results = Count(), {}
    for layer in args.layers:
        start = time.time()
        print(f"== {layer}", flush=True)
        count = run_kernel() if layer == "kernel" else \
            run_pytest(layer, args.build) if layer in PYTEST else run_binaries(layer, args.build)
        if layer in ("net", "kernel"):
            try_again(layer, args.build, count)
        if args.require == "all":
            count.failures += [f"{name}: skipped ({why}), but REQUIRE=all" for name, why in count.skips]
            count.skips = []
        print(f"== {layer}, {time.time() - start:.0f} s: {count}", flush=True)
        results[layer] = count.results()
        total.add(count)
    if args.results:
        with open(args.results, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    for name, why in total.skips:
        print(f"skipped: {name}: {why}")
    for name in total.again:
        print(f"failed, and passed alone: {name}")
    for name in total.failures:
        print(f"failed: {name}")
    print(total)
    return 1 if total.failures else 0


sys.exit(main())
