# SPDX-License-Identifier: Apache-2.0
"""The kernel tests need ESP and SCTP: tools/runtests.py runs them in User-Mode Linux, or by hand

    tools/uml -- env LAB_BIN=$PWD/build/plain/bin python3 -m pytest -p no:cacheprovider test/kernel/boot_test.py"""
import functools
import importlib.util
import os
import re
import sys

import pytest

NET = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "net")
sys.path.insert(0, NET)
sys.path.insert(0, os.path.join(NET, "../../tools"))

import frames  # noqa: E402
import guest  # noqa: E402
import netlab  # noqa: E402
from shell import shell  # noqa: E402

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


# -- guests that run side by side share the tests

CLAIMS = os.environ.get("KERNEL_CLAIMS")  # a folder that they share


@functools.cache
def is_ours(what):
    """Whether this guest is the first that comes to it."""
    try:
        os.mkdir(os.path.join(CLAIMS, re.sub(r"\W", "_", what)))
    except FileExistsError:
        return False
    return True


def is_split(item):
    """EACH = True in a module: its tests go to any guest, one by one; else all of them to one."""
    return getattr(item.module, "EACH", False)


def pytest_collection_modifyitems(items):
    """The small pieces at the end, so that nobody waits long for the other."""
    items.sort(key=is_split)


def pytest_runtest_protocol(item):
    return True if CLAIMS and not is_ours(item.nodeid if is_split(item) else item.module.__name__) else None


# -- one lab for the tests that leave it as it was

@pytest.fixture(scope="session")
def core(esp, machine):
    """conf/lab.yaml with a short grace, and its capture. .before: (SAs, policies) of the P-CSCF's namespace."""
    lab = netlab.Lab({"timers": {"sa_grace_ms": 300}}).up("--pcap")
    lab.capture = frames.Capture(lab)
    lab.before = shell(lab, "visited").held()
    yield lab
    lab.close()
