# SPDX-License-Identifier: Apache-2.0
"""Several S-CSCFs and P-CSCFs: `./lab up --scscf 3 --pcscf 2`. New users spread, users stay where they are
assigned (TS 29.228 6.1.1, 6.7), and a terminal chooses its P-CSCF."""
import collections

import pytest

import core
import netlab
from terminal import People

COUNT = 24
SCSCFS = {"scscf1": "10.60.4.20", "scscf2": "10.60.4.21", "scscf3": "10.60.4.22"}


@pytest.fixture(scope="module")
def net(machine):
    people = People()
    for i in range(COUNT):
        people.add(f"u{i}")

    def change(conf):
        conf["terminals"][1]["pcscf"] = "pcscf2"

    c = core.Core(people, change, ("--pcap", "--scscf", "3", "--pcscf", "2"))
    yield c
    c.close()


def serving(net, t):
    """The S-CSCF that holds the bindings, by the HSS and by itself: they agree."""
    (binding,) = net.bindings(t.impu)
    assert net.hss_state(t.impu) == ("registered", f"sip:{binding['scscf']}.hims.net:5060")
    return binding["scscf"]


def test_the_additional_elements_have_the_next_names_and_addresses(net):
    elements = {e["name"]: e["address"] for e in net.lab.ask("status")["elements"]}
    assert {n: a for n, a in elements.items() if n.startswith("scscf")} == SCSCFS
    assert elements["pcscf1"] == "10.60.2.10" and elements["pcscf2"] == "10.60.2.11"
    for name, address in SCSCFS.items():
        said = net.lab.exec("home", "/usr/bin/python3", "-c",
                            f"import socket; print(socket.gethostbyname('{name}.hims.net'))")
        assert said.out.strip() == address


def test_ICS_01_new_users_spread_and_stay_where_they_are(net):
    served = {}
    for i in range(COUNT):
        t = net.terminal(f"u{i}", pcscf="10.60.2.11" if i % 2 else "10.60.2.10")
        t.registered()
        served[t] = serving(net, t)
    shares = collections.Counter(served.values())
    assert set(shares) == set(SCSCFS) and max(shares.values()) <= COUNT // 2, shares
    for t, name in served.items():
        t.registered()
        assert serving(net, t) == name
        assert f"@pcscf{1 + list(served).index(t) % 2}." in t.registered().uris("path")[0]
        t.deregister()
        assert net.hss_state(t.impu) == ("not registered", "") and not net.bindings(t.impu)


def test_a_terminal_chooses_the_second_pcscf(net):
    for terminal, pcscf in (("name", "10.60.2.10"), ("alice", "10.60.2.11")):
        outcome = net.lab.ue("register", "deregister", name=terminal)
        assert outcome.status == 0, outcome.out
        sent = [line for line in net.lab.lines() if line.log == f"ue-{terminal}" and line.mark == "->"
                and line.message == "REGISTER"]
        assert sent and {line.keys["dst"].rpartition(":")[0] for line in sent} == {pcscf}


@pytest.mark.parametrize("words, said", [
    (["--scscf", "9"], "a lab has at most 8"), (["--pcscf", "1", "--scscf", "0"], "names 1 already")])
def test_a_number_that_makes_no_lab_is_refused_before_anything_starts(make_lab, words, said):
    lab = make_lab()
    outcome = lab.command("-c", lab.conf, "up", *words)
    assert outcome.status == 1 and said in outcome.err
    assert netlab.client.remembered(lab.args) is None
