# SPDX-License-Identifier: Apache-2.0
"""Cx over SCTP (RFC 6733 2.1, RFC 9260 5.1.2): one association with every address of both ends, and
what happens when one of its paths is cut."""
import netlab

ESTABLISHED = "3"  # the column ST of /proc/net/sctp/assocs
REGISTER = ("register", "deregister")


def associations(lab):
    """[(local addresses, remote addresses, state)] of netns home; IPv6 as the kernel writes it."""
    found = []
    for row in lab.exec("home", "cat", "/proc/net/sctp/assocs").out.splitlines()[1:]:
        words = row.split()
        middle = words.index("<->")
        remote = [w.strip("*") for w in words[middle + 1:] if "." in w or ":" in w]
        found.append((words[13:middle], remote, words[4]))
    return found


def registers(lab):
    said = lab.ue(*REGISTER, name="alice")
    return said.status == 0 and "registered: sip:alice@hims.net" in said.out and "deregistered: " in said.out


def reconnected(lab):
    return [line.text for line in lab.lines() if "diameter peer" in line.text and "connected over" not in line.text]


def test_both_ends_of_an_association_have_both_of_their_addresses_and_nobody_elses(core):
    for local, remote, state in associations(core):
        assert state == ESTABLISHED
        # the elements share a host: an unbound client would announce its neighbours' addresses, too
        assert len(local) == len(remote) == 2, (local, remote)
        assert sorted(":" in a for a in local) == sorted(":" in a.strip("*") for a in remote) == [False, True]
    assert len(associations(core)) == 4  # two associations, seen from both ends


def test_with_one_path_cut_no_answer_is_lost_and_nobody_reconnects(core):
    hss = core.element("hss")
    paths = [(f"{hss['address']}/16", ()), (f"{hss['address6']}/64", ("nodad",))]
    assert registers(core)
    for address, how in paths:
        # what is sent there now comes to nobody
        assert core.exec("home", "ip", "addr", "del", address, "dev", "eth0").status == 0
        try:
            for _ in range(2):
                assert registers(core), reconnected(core)
        finally:
            core.exec("home", "ip", "addr", "add", address, "dev", "eth0", *how)
    assert reconnected(core) == []
    assert {e.keys["net"] for e in core.events() if e.proto == "cx"} == {"sctp"}


def test_a_terminal_registers_over_tcp_where_the_configuration_asks_for_it(machine):
    with_tcp = netlab.Lab(change={"hss": {"transport": "tcp"}}).up()
    try:
        assert registers(with_tcp)
        assert {e.keys["net"] for e in with_tcp.events() if e.proto == "cx"} == {"tcp"}
        assert associations(with_tcp) == []
    finally:
        with_tcp.close()
