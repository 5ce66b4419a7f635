# SPDX-License-Identifier: Apache-2.0
"""The seed's registration through all daemons, and the ladder against the wire."""
import copy
import re

import pytest

import compare
import draw
import ladder
import wire
from netlab import Lab, wait_for


def registered(lab):
    """The seed's terminal through phases 1, 2, 3 and 5; stays on."""
    terminal = lab.terminal("name")
    said = [terminal.do(command) for command in ("attach", "activate", "register")]
    assert said[0].startswith("attached:"), said
    assert said[1].startswith("active:"), said
    assert said[2].startswith("registered: sip:name@hims.net"), said
    return terminal


@pytest.fixture(scope="module")
def captured(machine):
    """A lab with a capture, its terminal registered, de-registered and detached again, and down.
    were: the registrations in between; found: its events."""
    lab = Lab({"timers": {"sip_t1_ms": 1000}}).up("--pcap")  # nothing comes twice, however busy the machine
    try:
        terminal = registered(lab)
        lab.were = lab.registrations()
        assert terminal.do("deregister").startswith("deregistered:")
        assert terminal.do("detach").startswith("detached:")
        terminal.end()
        lab.down()
        lab.found = lab.events()
        yield lab
    finally:
        lab.close()


def first(events, **wanted):
    return next(e for e in events if all(getattr(e, k) == v for k, v in wanted.items()))


def test_the_ladder_equals_the_capture_message_by_message(captured):
    assert compare.differences(captured.found, captured.pcap()) == []


def test_a_ladder_that_misses_or_makes_up_a_message_differs_from_the_capture(captured):
    """The comparison can fail: one message less, one changed, two exchanged."""
    found = captured.found
    sip = [i for i, e in enumerate(found) if e.proto == "sip"]
    less = found[:sip[2]] + found[sip[2] + 1:]
    changed = copy.deepcopy(found)
    changed[sip[2]].message = "BYE"
    exchanged = found[:sip[0]] + [found[sip[-1]]] + found[sip[0] + 1:sip[-1]] + [found[sip[0]]]
    for wrong in (less, changed, exchanged):
        assert compare.differences(wrong, captured.pcap())


def test_no_frame_is_malformed_or_an_expert_error(captured):
    assert wire.complaints(captured.pcap()) == []


def test_nothing_is_lost_and_every_column_of_the_seed_speaks(captured):
    assert not [e for e in captured.found if e.kind == "message" and e.lost]
    speakers = {e.sender for e in captured.found if e.kind == "message"}
    assert speakers == set(ladder.COLUMNS)


def test_REG_01_the_registration_runs_as_the_seed_draws_it(captured):
    """Order of the messages up to the 200 OK (retransmissions and 100 Trying aside)."""
    names = [(e.sender, e.receiver, e.message) for e in captured.found if e.kind == "message" and e.message != "100"
             and e.proto != "dns"]
    seed = [("ue", "sgsn", "Attach Request"), ("sgsn", "ue", "Authentication and Ciphering Request"),
            ("ue", "sgsn", "Authentication and Ciphering Response"), ("sgsn", "ue", "Attach Accept"), ("ue", "sgsn", "Attach Complete"),
            ("ue", "sgsn", "Activate PDP Context Request"), ("sgsn", "ggsn", "Create PDP Context Request"),
            ("ggsn", "sgsn", "Create PDP Context Response"), ("sgsn", "ue", "Activate PDP Context Accept"),
            ("ue", "pcscf", "REGISTER"), ("pcscf", "icscf", "REGISTER"), ("icscf", "hss", "UAR"),
            ("hss", "icscf", "UAA"), ("icscf", "scscf", "REGISTER"), ("scscf", "hss", "MAR"), ("hss", "scscf", "MAA"),
            ("scscf", "icscf", "401"), ("icscf", "pcscf", "401"), ("pcscf", "ue", "401"), ("ue", "pcscf", "REGISTER"),
            ("pcscf", "icscf", "REGISTER"), ("icscf", "hss", "UAR"), ("hss", "icscf", "UAA"),
            ("icscf", "scscf", "REGISTER"), ("scscf", "hss", "SAR"), ("hss", "scscf", "SAA"),
            ("scscf", "icscf", "200"), ("icscf", "pcscf", "200"), ("pcscf", "ue", "200")]
    if not any("security_client" in e.keys for e in captured.found):
        # no ESP here, no offer, no integrity-protected: the S-CSCF asks for an unknown scheme first
        mar = names.index(("scscf", "hss", "MAR"))
        del names[mar:mar + 2]
    assert names[:len(seed)] == seed


def test_the_first_register_is_the_seeds(captured):
    e = first(captured.found, message="REGISTER", sender="ue")
    assert e.keys["uri"] == "sip:hims.net"
    assert e.keys["max_forwards"] == "20" and e.keys["cseq"] == "25 REGISTER"
    assert "90000" in e.keys["contact"] + e.keys.get("expires", "")
    assert e.keys["username"] == "name.private@hims.net"
    offered = "security_client" in e.keys
    if not offered:  # only for want of ESP
        why = next(e.message for e in captured.found if "REGISTER is unprotected" in e.message)
        assert "ESP" in why or "XFRM" in why, why
    e = first(captured.found, message="REGISTER", sender="pcscf")
    assert e.keys["max_forwards"] == "19" and "pcscf1.vims.net" in e.keys["via"]
    assert e.keys.get("integrity_protected") == ("no" if offered else None)
    assert "security_client" not in e.keys and "route" not in e.keys


def test_the_drawing_has_the_phases_the_contents_and_fits(captured):
    text = draw.draw(captured.found)
    assert max(len(row) for row in text.splitlines()) <= 160
    for phase in (*ladder.PHASES[:3], ladder.PHASES[4]):
        assert text.count(f"---- {phase} ---") == 1, phase
    assert re.search("^---- [(]4[)] IPsec: .*REGISTER is unprotected", text, re.M)
    for content in ("CSeq: 25 REGISTER", "Max-Forwards: 20", "Max-Forwards: 19", "nonce=", "IMSI: 001010000000001",
                    "P-TMSI: ", "P-CSCF: 10.60.2.10"):
        assert content in text, content


def test_no_key_of_the_sim_is_in_any_log(captured):
    text = "".join(line.whole for line in captured.lines())
    assert "465b5ce8b199b49faa5f0a2ee238a6bc" not in text and "cd63cb71954a9f4e48a5994e37a02baf" not in text
    assert not re.search(r"\b(ck|ik|xres|res)=", text)


def test_the_state_says_who_is_registered_where_and_for_how_long(captured):
    r = captured.were["sip:name@hims.net"]
    assert r["scscf"] == "scscf1" and r["impi"] == "name.private@hims.net"
    assert 89900 <= int(r["expires_s"]) <= 90000
    assert "10.45.0." in r["contact"]


def test_deregistration_empties_the_state_and_detach_gives_the_address_back(lab):
    terminal = registered(lab)
    out = lab.lab("status").out
    assert "sip:name@hims.net" in out and "scscf1" in out
    address = re.search(r"10\.45\.0\.\d+", terminal.do("register")).group()
    assert address in lab.exec(lab.home_of(), "ip", "-4", "addr").out
    terminal.do("deregister")
    assert lab.registrations() == {}
    terminal.do("detach")
    assert address not in lab.exec(lab.home_of(), "ip", "-4", "addr").out
    again = lab.ue("activate")
    assert again.status == 0 and "10.45.0." in again.sentence


def test_pool_and_pcscf_of_lab_yaml_are_seen_in_the_capture(make_lab):
    def change(conf):
        conf["ggsn"]["apns"][0]["pool"] = "10.77.8.0/28"
        conf["pcscf"][0]["address"] = "10.60.2.77"

    lab = make_lab(lambda conf: (change(conf))).up("--pcap")
    registered(lab).end()
    lab.down()
    registers = [m for m in wire.messages(lab.pcap()) if m[1] == "sip" and m[2] == "REGISTER"]
    src, dst = registers[0][3:5]
    assert src.startswith("10.77.8.") and dst == "10.60.2.77:5060"
    accept = next(m for m in wire.messages(lab.pcap()) if m[2] == "Activate PDP Context Accept")
    assert src.rpartition(":")[0] in [f.get("show") for f in accept[5].iter("field")]
    assert "10.60.2.77" in [f.get("show") for f in accept[5].iter("field")]


def test_a_terminal_registers_over_tcp(make_lab):
    lab = make_lab(lambda conf: conf["terminals"][0].update(transport="tcp")).up("--pcap")
    registered(lab).end()
    lab.down()
    assert first(lab.events(), message="REGISTER", sender="ue").keys["net"] == "tcp"
    assert compare.differences(lab.events(), lab.pcap()) == []


def test_GPR_09_a_terminal_learns_its_pcscf_over_ipv6_and_registers(make_lab):
    lab = make_lab(lambda conf: conf["terminals"][0].update(pdp_type="ipv6")).up("--pcap")
    registered(lab).end()
    lab.down()
    assert first(lab.events(), message="REGISTER", sender="ue").keys["src"].startswith("[fd00:45:")
    assert compare.differences(lab.events(), lab.pcap()) == []


def test_the_core_can_talk_tcp_among_itself(make_lab):
    lab = make_lab({"dns": {"prefer": "tcp"}}).up("--pcap")
    registered(lab).end()
    lab.down()
    assert first(lab.events(), message="REGISTER", sender="pcscf").keys["net"] == "tcp"
    assert compare.differences(lab.events(), lab.pcap()) == []


def test_three_terminals_are_registered_together(lab):
    terminals = [lab.terminal(name) for name in ("name", "alice", "bob")]
    said = [t.do("register") for t in terminals]
    assert [s.split(" at ")[0] for s in said] == [f"registered: sip:{n}@hims.net" for n in ("name", "alice", "bob")]
    assert {"sip:name@hims.net", "sip:alice@hims.net", "sip:bob@hims.net"} <= set(lab.registrations())


def test_REG_08_a_terminal_renews_and_stays_registered(make_lab):
    lab = make_lab().up()
    terminal = registered(lab)
    assert terminal.do("register").startswith("registered:")
    assert list(lab.registrations()) and len(lab.events()) > 40
    wait_for(lambda: "sip:name@hims.net" in lab.registrations())


def test_trace_of_an_identity_has_its_gprs_part_and_nobody_elses(lab):
    registered(lab)
    lab.ue("register", name="alice")
    text = lab.lab("trace", "sip:name@hims.net").out
    assert "Attach Request" in text and "sip:alice@hims.net" not in text
    assert '"message": "UAR"' in lab.lab("trace", "--json", "sip:alice@hims.net").out
    assert lab.command("trace", "sip:nobody@hims.net").status == 1
