# SPDX-License-Identifier: Apache-2.0
"""The ladder, from log lines written here."""
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))

import draw  # noqa: E402
import ladder  # noqa: E402
import logline  # noqa: E402
from topology import Topology  # noqa: E402

TOPOLOGY = Topology("""\
element sgsn sgsn visited 10.60.2.1 - sgsn.vims.net internal
element ggsn ggsn visited 10.60.2.2 - ggsn.vims.net internal
element pcscf pcscf1 visited 10.60.2.10 - pcscf1.vims.net internal
element dns dns internet 10.60.3.53 - dns.hims.net internal
element icscf icscf1 home 10.60.4.10 - icscf1.hims.net internal
element scscf scscf1 home 10.60.4.20 - scscf1.hims.net internal
element scscf scscf9 home 10.60.4.29 - scscf9.hims.net external
element hss hss home 10.60.4.30 - hss.hims.net internal
terminal name 10.60.1.1 eth0
""")
UNPROTECTED = "IPsec: none, REGISTER is unprotected"


def at(us, element, text, call="00000001", log=None):
    log = log or ("ue-name" if element == "name" else element)
    line = logline.parse(f"2026-11-24T13:44:46.{us:06d}Z {element} info call={call} {text}", log)
    assert line
    return line


def both(us, sender, receiver, message, keys, call="00000001", names=None):
    """A message as its two daemons log it."""
    s, r = names or (sender, receiver)
    return [at(us, sender, f"-> {r} {message} {keys}", call), at(us + 50, receiver, f"<- {s} {message} {keys}", call)]


def registration():
    ue = ("ue", "sgsn")
    lines = both(100, "name", "sgsn", '"Attach Request"', "proto=nas imsi=001010000000001", "0000000a", ue)
    lines += both(200, "sgsn", "name", '"Attach Accept"', "proto=nas p-tmsi=c0000001", "0000000a", ue[::-1])
    lines += both(300, "name", "sgsn", '"Activate PDP Context Request"', "proto=nas apn=ims", "0000000a", ue)
    lines += both(400, "sgsn", "ggsn", '"Create PDP Context Request"', "proto=gtp seq=1", "0000000a")
    lines += both(500, "ggsn", "sgsn", '"Create PDP Context Response"', "proto=gtp seq=1", "0000000a")
    lines += both(600, "sgsn", "name", '"Activate PDP Context Accept"', "proto=nas", "0000000a", ue[::-1])
    lines += [at(700, "name", '== "store P-CSCF address" pcscf=10.60.2.10', "0000000a"),
              at(710, "name", "== register sip_call=000000bb", "0000000a")]
    sip = "000000bb"
    lines += both(800, "name", "pcscf1", "REGISTER", 'proto=sip cseq="25 REGISTER" to=sip:name@hims.net', sip,
                  ("ue", "pcscf1"))
    lines += [at(900, "pcscf1", "-> dns NAPTR proto=dns name=hims.net", sip),
              at(950, "pcscf1", "<- dns NAPTR proto=dns name=hims.net answer=x", sip)]
    lines += both(1000, "pcscf1", "icscf1", "REGISTER", 'proto=sip cseq="25 REGISTER"', sip)
    lines += both(1100, "icscf1", "hss", "UAR", "proto=cx e2e=0x1", sip)
    lines += both(1200, "hss", "icscf1", "UAA", "proto=cx e2e=0x1 result=FIRST_REGISTRATION", sip)
    lines += [at(1300, "icscf1", "== select scscf=sip:scscf1.hims.net", sip)]
    lines += both(1400, "pcscf1", "name", "401", 'proto=sip cseq="25 REGISTER" nonce=abc', sip, ("pcscf1", "ue"))
    lines += [at(1500, "name", f'== "{UNPROTECTED}"', sip)]
    lines += both(1600, "name", "pcscf1", "REGISTER", 'proto=sip cseq="26 REGISTER" response=1', sip, ("ue", "pcscf1"))
    return lines


def build(lines, wanted=None):
    return ladder.build(sorted(lines, key=lambda line: line.time_us), TOPOLOGY, wanted)


def shape(events):
    return [(e.sender, e.receiver, e.message) for e in events if e.kind == "message"]


def test_a_line_is_read_back_with_its_quoted_words():
    line = at(1, "icscf1", r'-> hss UAR proto=cx why="a \"b\" \\ c" empty=""')
    assert (line.peer, line.message) == ("hss", "UAR")
    assert line.keys == {"proto": "cx", "why": 'a "b" \\ c', "empty": ""}


@pytest.mark.parametrize("text", ["", "dnsmasq[22]: started, version 2.90", "live: scscf1",
                                  "2026-11-24T13:44:46.1Z x info call=- -- short time", "\x00\xff"])
def test_what_is_no_log_line_is_skipped(text):
    assert logline.parse(text) is None


def test_the_phases_of_the_seed_stand_before_what_opens_them():
    events = build(registration())
    heads = [e.message for e in events if e.kind == "phase"]
    assert heads == [ladder.PHASES[0], ladder.PHASES[1], ladder.PHASES[2], "(4) " + UNPROTECTED,
                     ladder.PHASES[4]]
    after = {e.message: events[i + 1].message for i, e in enumerate(events) if e.kind == "phase"}
    assert after[ladder.PHASES[0]] == "Attach Request"
    assert after[ladder.PHASES[1]] == "Activate PDP Context Request"
    assert after[ladder.PHASES[2]] == "store P-CSCF address"
    assert after[ladder.PHASES[4]] == "REGISTER"


def test_each_message_is_drawn_once():
    assert shape(build(registration())) == [
        ("ue", "sgsn", "Attach Request"), ("sgsn", "ue", "Attach Accept"),
        ("ue", "sgsn", "Activate PDP Context Request"), ("sgsn", "ggsn", "Create PDP Context Request"),
        ("ggsn", "sgsn", "Create PDP Context Response"), ("sgsn", "ue", "Activate PDP Context Accept"),
        ("ue", "pcscf", "REGISTER"), ("pcscf", "dns", "NAPTR"), ("dns", "pcscf", "NAPTR"),
        ("pcscf", "icscf", "REGISTER"), ("icscf", "hss", "UAR"), ("hss", "icscf", "UAA"),
        ("pcscf", "ue", "401"), ("ue", "pcscf", "REGISTER")]


def test_nothing_of_a_whole_registration_is_lost():
    assert not [e for e in build(registration()) if e.lost]


def test_a_message_that_a_daemon_never_got_is_lost():
    events = build([at(1, "icscf1", "-> hss UAR proto=cx e2e=0x1")])
    assert [e.lost for e in events] == [True]
    assert "UAR (LOST)" in draw.draw(events)


@pytest.mark.parametrize("peer", ["dns", "scscf9", "10.60.9.9"])
def test_a_message_to_a_stranger_is_not_lost(peer):
    assert [e.lost for e in build([at(1, "icscf1", f"-> {peer} REGISTER proto=sip")])] == [False]


def test_an_answer_to_a_terminal_of_ours_is_lost_and_to_a_strangers_is_not():
    lines = [at(0, "name", "-> pcscf1 REGISTER proto=sip src=10.45.0.2:5060 dst=10.60.2.10:5060"),
             at(1, "pcscf1", "-> ue 401 proto=sip src=10.60.2.10:5060 dst=10.45.0.2:5060"),
             at(2, "pcscf1", "-> ue 401 proto=sip src=10.60.2.10:5060 dst=10.60.1.1:40000")]
    assert [e.lost for e in build(lines) if e.message == "401"] == [True, False]


def test_the_first_of_two_equal_messages_is_the_lost_one():
    key = 'REGISTER proto=sip src=10.60.1.1:5060 dst=10.60.2.10:5060 cseq="1 REGISTER"'
    events = build([at(0, "name", f"-> pcscf1 {key}"), at(500000, "name", f"-> pcscf1 {key}"),
                    at(500100, "pcscf1", f"<- ue {key}")])
    assert [(e.time_us % 1000000, e.lost) for e in events if e.kind == "message"] == [(0, True), (500000, False)]


def test_a_sender_that_writes_its_line_late_is_still_first():
    lines = [at(900, "pcscf1", "-> icscf1 REGISTER proto=sip"), at(700, "icscf1", "<- pcscf1 REGISTER proto=sip"),
             at(800, "icscf1", "-> hss UAR proto=cx"), at(850, "hss", "<- icscf1 UAR proto=cx")]
    assert shape(build(lines)) == [("pcscf", "icscf", "REGISTER"), ("icscf", "hss", "UAR")]


def test_link_management_is_not_drawn():
    assert not build([at(1, "hss", "-> icscf1 DWR proto=cx"), at(2, "ue", "-> sgsn NS-ALIVE proto=ns"),
                      at(3, "sgsn", '-> ggsn "Echo Request" proto=gtp')])


@pytest.mark.parametrize("wanted", ["0000000a", "000000bb", "sip:name@hims.net", "name@hims.net", "001010000000001"])
def test_one_registration_is_found_by_its_tag_or_identity_with_its_gprs_part(wanted):
    other = both(5000, "pcscf1", "icscf1", "REGISTER", "proto=sip to=sip:alice@hims.net", "000000cc")
    assert shape(build(registration() + other, wanted)) == shape(build(registration()))


def test_no_row_is_wider_than_160_and_every_message_is_in_the_drawing():
    lines = registration() + both(3000, "scscf1", "hss", "SAR", "proto=cx impu=" + "x" * 500)
    text = draw.draw(build(lines))
    assert max(len(row) for row in text.splitlines()) <= 160
    for e in build(lines):
        assert e.message in text
    assert "nonce=abc" in text


def test_several_elements_of_a_kind_are_told_apart():
    lines = both(1, "icscf1", "scscf1", "REGISTER", "proto=sip") + [at(9, "icscf1", "-> scscf9 REGISTER proto=sip")]
    text = draw.draw(build(lines))
    assert "scscf1" in text and "scscf9" in text


SAS = ("spi_uc=11 spi_us=22 spi_pc=0xabcd spi_ps=44 port_uc=6001 port_us=6002 port_pc=6100 port_ps=6101 "
       "alg=hmac-sha-1-96 ealg=aes-cbc")


def protected(terminal=True):
    """From the 401 on: four SAs, and REGISTER and 200 inside them."""
    sip = "000000bb"
    lines = [line for line in registration() if "unprotected" not in line.whole and line.time_us % 1000000 < 1600]
    lines.append(at(1390, "pcscf1", f"== sa-installed set=temporary {SAS}", sip))
    if terminal:
        lines.append(at(1500, "name", f"== sa-installed set=temporary {SAS}", sip))
    lines += both(1600, "name", "pcscf1", "REGISTER", 'proto=sip cseq="26 REGISTER" esp=0x2c', sip, ("ue", "pcscf1"))
    lines += both(1700, "scscf1", "hss", "SAR", "proto=cx net=sctp e2e=0x2", sip)
    lines += both(1800, "pcscf1", "name", "200", 'proto=sip cseq="26 REGISTER" esp=0x00000016', sip, ("pcscf1", "ue"))
    return lines + [at(1790, "pcscf1", f"== sa-installed set=established {SAS}", sip)]


@pytest.mark.parametrize("terminal", [True, False])
def test_four_sas_are_a_step_of_the_ladder_drawn_once(terminal):
    events = build(protected(terminal))
    assert [e.sender for e in events if e.kind == "sas"] == ["ue" if terminal else "pcscf"]
    phases = [e.message for e in events if e.kind == "phase"]
    assert phases == list(ladder.PHASES)
    rows = draw.draw(events).splitlines()
    legs = [re.search(r"(\d+) (<?)=+ ESP (\w+) =+(>?) (\d+)", row) for row in rows if "= ESP " in row]
    assert [leg.groups() for leg in legs] == [
        ("6001", "", "0x0000002c", ">", "6101"), ("6001", "<", "0x0000000b", "", "6101"),
        ("6002", "<", "0x00000016", "", "6100"), ("6002", "", "0x0000abcd", ">", "6100")]
    assert max(len(row) for row in rows) <= 160


def test_an_arrow_says_its_spi_and_cx_its_transport():
    text = draw.draw(build(protected()))
    for label in ("REGISTER [ESP 0x0000002c]", "200 [ESP 0x00000016]", "SAR [SCTP]"):
        assert label in text
