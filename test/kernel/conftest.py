# SPDX-License-Identifier: Apache-2.0
"""The kernel tests need ESP and SCTP: tools/runtests.py runs them in User-Mode Linux, or by hand

    tools/uml -- env LAB_BIN=$PWD/build/plain/bin python3 -m pytest -p no:cacheprovider test/kernel/boot_test.py"""
import importlib.util
import os
import sys

import pytest

NET = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "net")
sys.path.insert(0, NET)
sys.path.insert(0, os.path.join(NET, "../../tools"))

import guest  # noqa: E402

# the fixtures of the network tests are ours, too
spec = importlib.util.spec_from_file_location("net_conftest", os.path.join(NET, "conftest.py"))
net_conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(net_conftest)
machine, make_lab, lab = net_conftest.machine, net_conftest.make_lab, net_conftest.lab
pytest_runtest_makereport = net_conftest.pytest_runtest_makereport


@pytest.fixture(scope="session", autouse=True)
def esp():
    why = guest.why_no_esp()
    if why:
        pytest.skip(f"this kernel has no ESP ({why}): run it with tools/uml")
