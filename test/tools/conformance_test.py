# SPDX-License-Identifier: Apache-2.0
"""The conformance table, from results written here."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

import conformance  # noqa: E402

CASES = conformance.read_cases(["# comment", "REG-01  P0 24.229 5.4.1.2", "REG-02 P1 RFC 3261 10, 11", "ICS-05 P0 24.229 5.3.1.3",
                                "ICS-15 P1 29.228 8.1.1"])


def judged(results):
    return {case: result for case, (result, _) in conformance.judge(CASES, results)[0].items()}


def test_a_test_proves_every_case_of_its_name():
    assert judged({"net/a_test.py: test_ICS_05_ICS_15_a_silent_one_is_replaced": "passed"}) == \
        {"REG-01": "not done", "REG-02": "not done", "ICS-05": "pass", "ICS-15": "pass"}
    assert judged({"unit/b_test: REG_01_02_with_2_contacts": "passed"})["REG-02"] == "pass"


def test_one_failure_outweighs_all_and_skipped_proves_nothing():
    tests = {"a: REG_01_x": "passed", "b: REG_01_y[3]": "failed", "c: REG_02_z": "skipped"}
    assert judged(tests)["REG-01"] == "fail"
    assert judged(tests)["REG-02"] == "not done"


def test_a_name_of_no_case_is_told():
    assert conformance.judge(CASES, {"a: REG_77_x": "passed"})[1] == ["a: REG_77_x: there is no case REG-77"]


def test_the_table_is_read_back_and_a_loss_is_noticed():
    good = conformance.judge(CASES, {"a: REG_01_x": "passed"})[0]
    text = conformance.table(CASES, good)
    assert "| REG-02 P1 | RFC 3261 10, 11 | - | not done |" in text
    assert conformance.worse(text, good) == []
    assert conformance.worse(text, conformance.judge(CASES, {})[0]) == ["REG-01 passed before: not done"]


def test_the_program_counts_and_exits_1_for_a_failure(tmp_path):
    results = tmp_path / "results.json"
    tool = os.path.join(conformance.HERE, "tools/conformance.py")
    results.write_text('{"unit": {"a: REG_06_x": "passed"}}')
    done = subprocess.run([tool, results, "--write", tmp_path / "table.md"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "REG      1 pass" in done.stdout
    results.write_text('{"unit": {"a: REG_06_x": "failed"}}')
    done = subprocess.run([tool, results, "--check", tmp_path / "table.md"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "REG-06 passed before: fail" in done.stdout
