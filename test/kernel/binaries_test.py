# SPDX-License-Identifier: Apache-2.0
"""The cmocka programs of this folder (test/kernel/*_test.c), each run once; every test of theirs counts."""
import functools
import glob
import os
import re
import subprocess

import pytest

import netlab

HERE = os.path.dirname(os.path.realpath(__file__))
BUILT = os.path.join(os.path.dirname(netlab.BIN), "test/kernel")


def programs():
    for path in sorted(glob.glob(os.path.join(HERE, "*_test.c"))):
        with open(path, encoding="utf-8") as f:
            for name in re.findall(r"(?m)^(?!#define).*?\b(?:cmocka_unit_test\w*|T)\(\s*(\w+)", f.read()):
                yield os.path.basename(path).removesuffix(".c"), name


@functools.cache
def said(program):
    """(exit status, {test: whether it passed}, all that it said)."""
    # a network of its own: what it leaves behind, nobody meets
    done = subprocess.run(["unshare", "--net", os.path.join(BUILT, program)], capture_output=True, text=True,
                          env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"}, check=False)
    text = done.stdout + done.stderr
    return done.returncode, {m[2]: m[1] == "ok" for m in re.finditer(r"(?m)^(ok|not ok) \d+ - (\w+)", text)}, text


@pytest.mark.parametrize("program,name", programs())
def test_program(program, name):
    status, passed, text = said(program)
    assert passed.get(name), text[-6000:]
    assert status == 0, text[-6000:]
