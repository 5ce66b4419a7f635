# SPDX-License-Identifier: Apache-2.0
"""Text that a terminal or a GTP peer chooses: access point names, digits, options. None of it may forge a line of
log, or a pair in one, or give commands to the screen that the log is read on."""
import re
import struct

import gprs_raw as raw
import logline
import pytest
from gprs_bench import GGSN, SGSN, UE, Bench

FORGED = b"x\r\n2026-11-24T13:44:46.000000Z sgsn info call=- == forged a=b"
STRINGS = [FORGED, b"\n", b"\x1b[2J\x1b]0;owned\x07", b"\xc2\x9b2J", b'a" == forged b="', b"a b=c", b"\\", b"\0",
           b"%n%s", b"A" * 63]


@pytest.fixture(scope="module")
def shared(machine):
    """(base station, bench) for all tests."""
    b = Bench()
    b.start("ggsn", "sgsn")
    yield raw.Bss(b.socket(UE), (SGSN, 2157)).up(), b
    b.close()


def check_harmless(bench, role, proto):
    """What was said: each line is one of the log, and nothing in it is a command for a screen or a pair of a peer's."""
    text = bench.text(role)
    for line in text.split("\n")[:-1]:
        known = logline.parse(line)
        assert known and not re.search(r"[\x00-\x1f\x7f\u0080-\u009f]", line), repr(line)
        assert known.message != "forged" and known.keys.get("b") is None, line
    assert any(line.keys.get("proto") == proto for line in bench.lines(role))


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_no_text_of_a_terminal_makes_two_lines_of_log_or_commands_a_screen(shared, text):
    bss, bench = shared
    t = raw.Terminal(bss).attach()
    apn = bytes([len(text)]) + text
    names = (bytes([len(text)]) + text) * 2
    pap = b"\xc0\x23" + bytes([len(names) + 4]) + b"\1\1" + struct.pack(">H", len(names) + 4) + names
    m = raw.activate_request(apn=None, pco=None) + bytes([0x28, len(apn)]) + apn
    t.send(m + bytes([0x27, len(pap) + 1, 0x80]) + pap)
    t.receive()
    other = raw.Terminal(bss)
    other.send(raw.attach_request(b"\xa9\xdc\xfe\xba" + text[:9]))  # digits that are none
    t.detach()
    assert raw.Terminal(bss).attach().activate().hosts
    check_harmless(bench, "sgsn", "nas")
    check_harmless(bench, "ggsn", "gtp")


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_no_text_of_a_gtp_peer_makes_two_lines_of_log_or_commands_a_screen(shared, text):
    bench = shared[1]
    peer = raw.Gtp(bench.socket("127.0.0.14"), (GGSN, 2123))
    apn, odd = raw.ie(131, bytes([len(text)]) + text), (text + bytes(8))[:8]
    pco = raw.ie(132, b"\x80\xc0\x23" + bytes([len(text)]) + text)
    for instead in ({"ie131": apn}, {"ie2": raw.ie(2, odd)}, {"ie132": pco}, {"ie134": raw.ie(134, b"\x91" + text)},
                    {"ie128": raw.ie(128, text)}, {"ie133": raw.ie(133, text)}):
        peer.send(raw.CREATE, 0, *raw.create_elements(peer.sock, **instead))
    peer.send(raw.ECHO)
    while peer.receive().kind != raw.ECHO + 1:
        pass
    check_harmless(bench, "ggsn", "gtp")
