# SPDX-License-Identifier: Apache-2.0
"""Bad input to every port of the lab: every daemon answers or drops it, none dies, and the seed's terminal
registers right after (ROB-06, 07, 08)."""
import socket

import pytest

from netlab import Lab
from terminal import sockets_of

SIP = {"pcscf1": ("ue", "10.60.1.1", "10.60.2.10"), "icscf1": ("visited", "10.60.2.10", "10.60.4.10"),
       "scscf1": ("home", "10.60.4.10", "10.60.4.20")}
ELEMENTS = list(SIP)


def request(method="OPTIONS", uri="sip:hims.net", cseq="1", tag="a", extra="", body="", length=None, via="UDP",
            call="raw"):
    length = f"Content-Length: {len(body) if length is None else length}\r\n" if length != "" else ""
    return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{via} 10.60.1.1:@PORT@;branch=z9hG4bK{call}{cseq};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:name@hims.net>;tag={tag}\r\nTo: <sip:name@hims.net>\r\n"
            f"Call-ID: {call}\r\nCSeq: {cseq} {method}\r\n{extra}{length}\r\n{body}").encode()


def register(call, extra="", **kw):
    return request("REGISTER", "sip:hims.net", call=call, extra="Contact: <sip:10.60.1.1:5060>\r\n" + extra, **kw)


BAD = {
    "nothing": b"\r\n", "rubbish": b"\x00\xff\xfe rubbish\r\n\r\n", "half a line": b"REGISTER sip:hims.net SI",
    "no headers": b"REGISTER sip:hims.net SIP/2.0\r\n\r\n", "a response nobody waits for":
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx\r\nCSeq: 1 REGISTER\r\nCall-ID: x\r\n"
    b"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nContent-Length: 0\r\n\r\n",
    "CSeq too big": register("b1", cseq="99999999999999999999"), "CSeq negative": register("b2", cseq="-1"),
    "another method in CSeq": register("b3").replace(b"1 REGISTER", b"1 INVITE"),
    "Expires too big": register("b4", "Expires: 99999999999999999999999\r\n"),
    "Expires negative": register("b5", "Expires: -5\r\n"), "Expires a word": register("b6", "Expires: soon\r\n"),
    "Max-Forwards too big": register("b7").replace(b"Max-Forwards: 70", b"Max-Forwards: 4294967296"),
    "Max-Forwards none": register("b8").replace(b"Max-Forwards: 70\r\n", b""),
    "Max-Forwards 0": register("b9").replace(b"Max-Forwards: 70", b"Max-Forwards: 0"),
    "Content-Length negative": register("b10", length="-1"), "Content-Length too big": register("b11", length="99999"),
    "NUL in a header": register("b12", "Subject: a\x00b\r\n"), "no UTF-8": register("b13").replace(b"name@", b"\xff\xfe@"),
    "bare LF": register("b14").replace(b"\r\n", b"\n"), "bare CR": register("b15").replace(b"\r\n", b"\r"),
    "a header of 60 KB": register("b16", "Subject: " + "x" * 60000 + "\r\n"),
    "a thousand Via": register("b17", "Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKv\r\n" * 1000),
    "five thousand headers": register("b18", "X: y\r\n" * 5000),
    "an endless Authorization": register("b19", "Authorization: Digest " + ",".join(f'a{i}="b"' for i in range(2000)) +
                                         "\r\n"),
    "Authorization cut": register("b20", 'Authorization: Digest username="\r\n'),
    "Authorization empty": register("b21", "Authorization: \r\n"),
    "a hundred Contacts": register("b22", "Contact: " + ",".join(f"<sip:10.1.1.{i}>" for i in range(100)) + "\r\n"),
    "Contact *": register("b23").replace(b"<sip:10.60.1.1:5060>", b"*"),
    "To a tel URI": register("b24").replace(b"To: <sip:name@hims.net>", b"To: <tel:+15550001>"),
    "To nobody": register("b25").replace(b"To: <sip:name@hims.net>", b"To: <sip:hims.net>"),
    "an unknown method": request("FROBNICATE", call="b26"), "an INVITE": request("INVITE", call="b27"),
    "a CANCEL of nothing": request("CANCEL", call="b28"), "an ACK of nothing": request("ACK", call="b29"),
    "a BYE of nothing": request("BYE", call="b30"), "Security-Client rubbish":
    register("b31", "Security-Client: ;;;=,\r\nRequire: sec-agree\r\nProxy-Require: sec-agree\r\n"),
    "Require of the unknown": register("b32", "Require: teleport\r\n"), "Path rubbish": register("b33", "Path: <<>>\r\n"),
    "a wrong URI scheme": request("REGISTER", "http://hims.net", call="b34"),
    "a wrong version": register("b35").replace(b"SIP/2.0\r\n", b"SIP/7.0\r\n", 1),
}


def well(lab):
    """Nobody died, and the seed's terminal registers."""
    assert [e["name"] for e in lab.ask("status")["elements"] if e["restarts"] or e["state"] != "up"] == []
    outcome = lab.ue("register")
    assert outcome.status == 0, outcome.sentence


@pytest.fixture(scope="module")
def lab(machine):
    lab = Lab().up()
    yield lab
    lab.close()


def throw(lab, netns, source, where, data, tcp=False, port=5060, wait_s=0.02):
    """Send octets from an address of a namespace; what came back within wait_s. "@PORT@" in them
    becomes the sender's port."""
    got = b""
    with sockets_of(lab, netns).make(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.settimeout(1)
        try:
            s.connect((where, port))
            s.sendall(data.replace(b"@PORT@", str(s.getsockname()[1]).encode()))
            s.settimeout(wait_s)
            got = s.recv(65536)
        except OSError:
            pass  # silence, or it closed
    return got


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_ROB_06_07_08_bad_sip_kills_nobody(lab, element, tcp):
    for name, data in BAD.items():
        throw(lab, *SIP[element], data.replace(b"/UDP", b"/TCP") if tcp else data, tcp)
        assert lab.element(element)["restarts"] == 0, name
    well(lab)


@pytest.mark.parametrize("element", ELEMENTS)
def test_a_request_is_answered_over_both_transports(lab, element):
    for tcp in (False, True):
        got = throw(lab, *SIP[element], request(via="TCP" if tcp else "UDP", call=f"o{tcp}{element}"), tcp, wait_s=2)
        assert got.startswith(b"SIP/2.0 ")


@pytest.mark.parametrize("where, port, tcp", [
    ("10.60.2.1", 2157, False), ("10.60.2.1", 2123, False), ("10.60.2.2", 2123, False), ("10.60.2.2", 2152, False),
    ("10.60.4.30", 3868, True)], ids=["gb", "gtp-c at the SGSN", "gtp-c at the GGSN", "gtp-u", "diameter"])
def test_ROB_08_rubbish_to_the_other_ports_kills_nobody(lab, where, port, tcp):
    """Not a CER without AVPs: freeDiameter 1.2.1 leaks 170 octets for each, which the sanitizer tells."""
    for data in (bytes(range(256)), b"\x00", b"\xff" * 1400, b"\x32\x10\x00\x04\x00\x00\x00\x00\x12\x34\x00\x00",
                 b"\x32\x10\xff\xff", b"\x02\x00\x81\x01", b"\x00\x00\x00\x00",
                 b"\x01\x00\x00\x08", b"\x01\xff\xff\xff" + b"\x00" * 16):
        throw(lab, "ue", "10.60.1.1", where, data, tcp, port)
    well(lab)
