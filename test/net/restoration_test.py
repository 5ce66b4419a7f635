# SPDX-License-Identifier: Apache-2.0
"""An S-CSCF that lost all that it had, its journal too, gets its users back from the HSS (TS 23.380 4)."""
import glob
import os

import pytest

import core
from terminal import People


@pytest.fixture(scope="module")
def net(machine):
    people = People()
    for name in ("fetch", "off"):
        people.add(name)
    c = core.Core(people)
    yield c
    c.close()


def loses_all(net):
    net.stop("scscf1")
    for path in glob.glob(os.path.join(net.lab.rundir, "state/scscf1.journal*")):
        os.unlink(path)
    net.start("scscf1")


def test_RST_08_a_fetch_lists_the_contact_of_a_user_that_was_lost(net):
    t = net.terminal("fetch")
    t.registered()
    loses_all(net)
    assert net.bindings(t.impu) == []
    answer = t.register(Contact=None, Expires=None)
    assert answer.status == 200 and answer.uris("contact") == [t.contact.strip("<>")]
    assert [b["contact"] for b in net.bindings(t.impu)] == [t.contact]
    assert net.sars(t.person.impi) == [1, 0]


def test_RST_04_a_user_that_was_lost_signs_off(net):
    t = net.terminal("off")
    t.registered()
    loses_all(net)
    t.deregister()
    assert net.bindings(t.impu) == []
    assert net.hss_state(t.impu)[0] == "not registered"
    assert net.sars(t.person.impi) == [1, 0, 5]
