# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import netlab  # noqa: E402


def namespaces_work():
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return subprocess.run(["unshare", *user, "--net", "--mount", "--pid", "--fork", "true"], capture_output=True,
                          check=False).returncode == 0


@pytest.fixture(scope="session")
def machine():
    """Skips what this machine cannot do."""
    if not namespaces_work():
        pytest.skip("the kernel allows no private namespaces here (./lab doctor)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    item.failed = getattr(item, "failed", False) or outcome.get_result().failed


@pytest.fixture
def make_lab(machine, request):
    """make_lab(change, sims): a lab that is closed, and searched for sanitizer reports, after the test."""
    labs = []

    def make(*args, **kw):
        labs.append(netlab.Lab(*args, **kw))
        return labs[-1]

    yield make
    for lab in labs:
        if getattr(request.node, "failed", False):
            print(f"--- warnings of the lab in {lab.rundir}\n{lab.remarks()}")
        lab.close()


@pytest.fixture
def lab(make_lab):
    """The lab of conf/lab.yaml, up."""
    return make_lab().up()
