#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""conformance.py RESULTS [--write FILE | --check FILE]: which cases of test/conformance/cases the tests prove.

RESULTS is what runtests.py --results wrote, of one run or of several (NAME NAME ...). A test proves the cases that its
name has (test_REG_06_..., ICS_05_ICS_15_..., TRU_05_06_07_...). A case passes when at least one test of it passed and
none failed; without a test, or with skipped ones only, it is "not done". --write makes the table, --check compares a
table made before: exit 1 when a case that passed there does not pass now. Exit 1 also for a failed case, and for a test
that names a case that does not exist."""
import argparse
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = os.path.join(HERE, "test/conformance/cases")
ROW = re.compile(r"\| ([A-Z]+-\d\d) (P\d) \| (.*) \| (.*) \| (pass|fail|not done) \|$")


def read_cases(lines):
    """[(case, weight, clause)] in the order of the file."""
    return [tuple(line.split(None, 2)) for line in map(str.strip, lines) if line and not line.startswith("#")]


def cases_of(test, groups):
    """The cases in a test's name."""
    found = []
    for group, numbers in re.findall(rf"(?<![A-Za-z0-9])({'|'.join(groups)})((?:_\d\d(?!\d))+)", test):
        found += [f"{group}-{number}" for number in numbers.strip("_").split("_")]
    return found


def judge(cases, results):
    """results: {test: passed|failed|skipped}. Returns ({case: (result, [tests])}, [complaints])."""
    groups = sorted({case.split("-")[0] for case, _, _ in cases}, key=len, reverse=True)
    tests, complaints = {case: [] for case, _, _ in cases}, []
    for test, result in sorted(results.items()):
        for case in dict.fromkeys(cases_of(test.replace("/test_", "/"), groups)):
            if case in tests:
                tests[case].append((test, result))
            else:
                complaints.append(f"{test}: there is no case {case}")
    judged = {}
    for case, found in tests.items():
        said = {result for _, result in found}
        judged[case] = ("fail" if "failed" in said else "pass" if "passed" in said else "not done",
                        [test for test, _ in found])
    return judged, complaints


def table(cases, judged):
    lines = ["# Conformance", "",
             "Made by `make conformance` from its test run. A case is one expectation of the standards, by the names of",
             "test/conformance/cases; P0: a lab core must have it, P1: a serious core has it, P2: for completeness.", "",
             "| group | pass | fail | not done |", "| --- | --- | --- | --- |"]
    for group, count in counts(cases, judged).items():
        lines.append(f"| {group} | {count['pass']} | {count['fail']} | {count['not done']} |")
    lines += ["", "| case | clause | test | result |", "| --- | --- | --- | --- |"]
    for case, weight, clause in cases:
        result, tests = judged[case]
        lines.append(f"| {case} {weight} | {clause} | {'<br>'.join(t.replace('|', '/') for t in tests) or '-'} | {result} |")
    return "\n".join(lines) + "\n"


def counts(cases, judged):
    """{group or "all": {result: count}}; the last one is the sum."""
    found = {}
    for case, _, _ in cases:
        for group in (case.split("-")[0], "all"):
            found.setdefault(group, {"pass": 0, "fail": 0, "not done": 0})[judged[case][0]] += 1
    found["all"] = found.pop("all")
    return found


def worse(text, judged):
    """The cases that pass in an earlier table and not now."""
    rows = filter(None, map(ROW.match, text.splitlines()))
    return [f"{m.group(1)} passed before: {judged.get(m.group(1), ('gone', 0))[0]}" for m in rows
            if m.group(5) == "pass" and judged.get(m.group(1), ("gone", 0))[0] != "pass"]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("results", nargs="+")
    p.add_argument("--write")
    p.add_argument("--check")
    args = p.parse_args()
    cases, results = read_cases(read(CASES).splitlines()), {}
    for path in args.results:
        for layer in json.loads(read(path)).values():
            results.update(layer)
    judged, complaints = judge(cases, results)
    for group, count in counts(cases, judged).items():
        print(f"{group:5} {count['pass']:4} pass {count['fail']:4} fail {count['not done']:4} not done")
    complaints += [f"{case}: fail: {', '.join(tests)}" for case, (result, tests) in judged.items() if result == "fail"]
    if args.check:
        complaints += worse(read(args.check), judged)
    if args.write:
        with open(args.write, "w", encoding="utf-8") as f:
            f.write(table(cases, judged))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
