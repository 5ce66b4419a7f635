# SPDX-License-Identifier: Apache-2.0
"""The GGSN towards a raw SGSN."""
import os
import random
import socket
import struct

import gprs_raw as raw
import pytest
from gprs_bench import GGSN, SGSN, UE, Bench

APNS = [{"name": "ims", "pool": "10.45.0.0/24", "pcscf": ["10.60.2.10", "fd00:60::2:10", "10.60.2.11"],
         "dns": ["10.60.3.53"], "mtu": "1358"},
        {"name": "small", "pool": "10.46.0.0/30"}, {"name": "six", "pool6": "fd00:47::/64"},
        {"name": "both", "pool": "10.48.0.0/24", "pool6": "fd00:48::/64"},
        {"name": "half", "pool": "10.49.0.0/24", "pool6": "fd00:49::/126"}]


@pytest.fixture(scope="module")
def bench(machine):
    """One GGSN for all; each test uses subscribers of its own."""
    b = Bench({"ggsn": {"apns": APNS}})
    b.start("ggsn")
    yield b
    b.close()


@pytest.fixture(scope="module")
def sgsn(bench):
    return raw.Gtp(bench.socket(SGSN, 2123), (GGSN, 2123))


@pytest.fixture
def own(machine):
    """A GGSN of this test's own: (bench, SGSN)."""
    b = Bench({"ggsn": {"apns": APNS}})
    b.start("ggsn")
    yield b, raw.Gtp(b.socket(SGSN, 2123), (GGSN, 2123))
    b.close()


counter = iter(range(1, 100000))


@pytest.fixture
def imsi():
    return f"9997000000{next(counter):05d}"


def pco(m):
    return raw.pco_containers(m.get(132))


def test_GPR_08_create_gives_address_pcscf_and_tunnel_ends(sgsn, imsi):
    m = sgsn.create(imsi=imsi)
    assert m.cause() == 128 and m.teid == 0x22220001
    assert m.host().startswith("10.45.0.") and m.get(128)[:2].hex() == "f121"
    assert [v for i, v in pco(m) if i == 0x000c] == [bytes([10, 60, 2, 10]), bytes([10, 60, 2, 11])]
    assert [v for i, v in pco(m) if i == 0x0001] == [socket.inet_pton(socket.AF_INET6, "fd00:60::2:10")]
    assert m.number(16) and m.number(17) and m.number(16) != m.number(17)
    assert [socket.inet_ntoa(v) for v in m.elements[133]] == [GGSN, GGSN]
    assert m.get(135) == raw.QOS and m.get(14) and len(m.get(127)) == 4


def test_GPR_08_two_terminals_have_two_addresses(sgsn, imsi):
    assert sgsn.create(imsi=imsi).host() != sgsn.create(imsi="99970000009" + imsi[-4:]).host()


def test_GPR_10_12_flag_mtu_dns_and_ipcp_are_answered(sgsn, imsi):
    given = pco(sgsn.create(imsi=imsi))
    assert (0x0002, b"") in given and (0x0010, struct.pack(">H", 1358)) in given
    assert (0x000d, bytes([10, 60, 3, 53])) in given
    ipcp = next(v for i, v in given if i == 0x8021)
    assert ipcp.hex() == "02000010" + "81060a3c0335" + "830600000000"


def test_only_what_was_asked_for_is_given(sgsn, imsi):
    assert pco(sgsn.create(imsi=imsi, pco=bytes.fromhex("80000c00"))) == [(0x0c, bytes([10, 60, 2, 10])),
                                                                          (0x0c, bytes([10, 60, 2, 11]))]
    assert 132 not in sgsn.create(imsi=imsi, pco=None).elements


@pytest.mark.parametrize("value", ["80", "80ff0003010203000c00", "80000c00000d09aa", "80c0230401000004000c00", "ff",
                                   "808021100100001081", "80802104010000ff"])
def test_GPR_13_odd_pcos_do_not_hinder_creation(sgsn, imsi, value):
    m = sgsn.create(imsi=imsi, pco=bytes.fromhex(value))
    assert m.cause() == 128
    assert any(i == 0x0c for i, _ in pco(m)) == ("000c00" in value)


def test_GPR_17_an_exhausted_pool_is_cause_211_and_a_freed_address_is_given_again(sgsn, imsi):
    first = sgsn.create(imsi=imsi, apn="small")
    other = "99970000008" + imsi[-4:]
    refused = sgsn.create(imsi=other, apn="small")
    assert refused.cause() == 211 and refused.teid == 0x22220001 and 128 not in refused.elements
    assert sgsn.delete(first.number(17)).cause() == 128
    assert sgsn.create(imsi=other, apn="small").host() == first.host()


def test_a_missing_or_unknown_apn_is_cause_219(sgsn, imsi):
    assert sgsn.create(imsi=imsi, apn="nowhere").cause() == 219
    assert sgsn.create(imsi=imsi, without=[131]).cause() == 219
    assert sgsn.create(imsi=imsi, ie131=raw.ie(131, "09696d73")).cause() == 219
    assert sgsn.create(imsi=imsi, apn="IMS").cause() == 128


@pytest.mark.parametrize("apn,asked,cause,got", [
    ("ims", "f121", 128, "f121"), ("ims", "f18d", 129, "f121"), ("six", "f18d", 129, "f157"), ("six", "f157", 128, "f157"),
    ("both", "f18d", 128, "f18d"), ("both", "f121", 128, "f121"), ("both", "f157", 128, "f157"),
    ("ims", "f157", 220, None), ("six", "f121", 220, None), ("ims", "f001", 220, None), ("ims", "f199", 220, None),
    ("ims", "f1210a2d00fe", 220, None), ("ims", "f12100000000", 128, "f121"), ("ims", "f1210a2d", 202, None)])
def test_GPR_18_pdp_types_and_what_the_apn_has(sgsn, imsi, apn, asked, cause, got):
    m = sgsn.create(imsi=imsi, apn=apn, pdp=asked)
    assert m.cause() == cause
    if got:
        assert m.get(128)[:2].hex() == got
        assert len(m.get(128)) == {"f121": 6, "f157": 18, "f18d": 22}[got]
        assert sgsn.delete(m.number(17)).cause() == 128


def test_GPR_18_when_one_half_is_exhausted_the_other_is_given_back(own):
    _, sgsn = own
    held = [sgsn.create(imsi=f"99970000000000{i}", apn="half", pdp="f18d") for i in range(4)]
    assert [m.cause() for m in held] == [128, 128, 211, 211]
    assert "apn=half prefix=10.49.0.0/24 taken=2 " in own[0].live("ggsn")


@pytest.mark.parametrize("wrong,cause", [
    ({"without": [16]}, 202), ({"without": [20]}, 202), ({"without": [133]}, 202), ({"without": [135]}, 202),
    ({"without": [2]}, 202), ({"without": [17]}, 202), ({"without": [128]}, 202),
    ({"ie133": raw.ie(133, "7f00000b05")}, 201), ({"nsapi": 3}, 201), ({"ie2": raw.ie(2, "0001010000aa00f1")}, 202)])
def test_GPR_20_missing_and_incorrect_elements(sgsn, imsi, wrong, cause):
    assert sgsn.create(imsi=imsi, **wrong).cause() == cause


def test_GPR_20_lengths_that_lie_are_cause_193(sgsn, imsi):
    good = raw.gtp(raw.CREATE, 77, 0, *raw.create_elements(sgsn.sock, imsi=imsi))
    for data in (good[:3] + bytes([good[3] + 1]) + good[4:], good + b"\0", good[:-1],
                 raw.gtp(raw.CREATE, 77, 0, *raw.create_elements(sgsn.sock, imsi=imsi), b"\x7e\x01")):
        sgsn.sock.sendto(data, sgsn.peer)
        m = sgsn.receive(raw.CREATE + 1)
        assert m.cause() == 193 and m.seq == 77


def test_GPR_20_another_version_is_answered_by_version_not_supported(sgsn):
    sgsn.sock.sendto(bytes.fromhex("4820000800000000" "00010000"), sgsn.peer)
    assert sgsn.receive().kind == 3
    sgsn.sock.sendto(bytes.fromhex("1e00000000010000" "ffffffff00000000"), sgsn.peer)
    assert sgsn.receive().kind == 3


def test_what_nobody_serves_is_left_unanswered(bench, sgsn):
    for data in ("", "32", "3263000400000000" "00010000", "22010004000000000001" "0000", "3010000400000000" "00010000"):
        sgsn.sock.sendto(bytes.fromhex(data), sgsn.peer)
    assert sgsn.quiet()
    dropped = [line for line in bench.lines("ggsn") if line.message == "dropped"]
    assert dropped and all(line.keys["src"] == f"{SGSN}:2123" for line in dropped[-3:])


def test_GPR_21_a_tunnel_that_does_not_exist_is_cause_192_with_teid_0(sgsn, imsi):
    here = bytes([127, 0, 0, 11])
    m = sgsn.delete(0xdeadbeef)
    assert (m.cause(), m.teid) == (192, 0)
    m = sgsn.ask(raw.UPDATE, 0xdeadbeef, raw.ie(16, "11110001"), raw.ie(20, "05"), raw.ie(133, here), raw.ie(133, here),
                 raw.ie(135, raw.QOS))
    assert (m.cause(), m.teid) == (192, 0)
    c = sgsn.create(imsi=imsi)
    assert sgsn.delete(c.number(17), nsapi=9).cause() == 192
    assert sgsn.delete(c.number(17)).cause() == 128
    assert sgsn.delete(c.number(17)).cause() == 192


def test_GPR_22_a_repeated_create_has_the_same_answer_and_one_context(bench, sgsn, imsi):
    elements = raw.create_elements(sgsn.sock, imsi=imsi)
    seq = sgsn.send(raw.CREATE, 0, *elements)
    first = sgsn.receive()
    sgsn.send(raw.CREATE, 0, *elements, seq=seq)
    again = sgsn.receive()
    assert again.elements == first.elements
    assert bench.live("ggsn").count(f"pdp imsi={imsi}") == 1
    seq = sgsn.send(raw.DELETE, first.number(17), raw.ie(20, "05"))
    assert sgsn.receive().cause() == 128
    sgsn.send(raw.DELETE, first.number(17), raw.ie(20, "05"), seq=seq)
    assert sgsn.receive().cause() == 128


def test_a_new_create_for_the_same_nsapi_replaces_the_context(bench, sgsn, imsi):
    first = sgsn.create(imsi=imsi)
    second = sgsn.create(imsi=imsi)
    assert second.cause() == 128 and second.host() != first.host()
    assert bench.live("ggsn").count(f"pdp imsi={imsi}") == 1
    assert sgsn.delete(second.number(17)).cause() == 128


def test_contexts_of_one_subscriber_share_the_control_tunnel(sgsn, imsi):
    first = sgsn.create(imsi=imsi)
    second = sgsn.create(imsi=imsi, nsapi=6, without=[17])
    assert second.cause() == 128 and second.teid == 0x22220001 and second.number(17) == first.number(17)
    assert sgsn.delete(first.number(17), nsapi=5).cause() == 128
    assert sgsn.delete(first.number(17), nsapi=6).cause() == 128


def test_update_moves_the_tunnel(sgsn, imsi):
    c = sgsn.create(imsi=imsi)
    rnc = bytes([127, 0, 0, 21])
    m = sgsn.ask(raw.UPDATE, c.number(17), raw.ie(16, "11110009"), raw.ie(17, "22220009"), raw.ie(20, "05"),
                 raw.ie(133, rnc), raw.ie(133, rnc), raw.ie(135, raw.QOS), raw.ie(182, "01"))
    assert (m.cause(), m.teid, m.number(16), m.number(127)) == (128, 0x22220009, c.number(16), c.number(127))
    assert sgsn.delete(c.number(17)).teid == 0x22220009


def test_GPR_23_echo_on_both_ports_with_the_sequence_number_copied(bench, sgsn):
    m = sgsn.ask(raw.ECHO, seq=4711)
    assert m.get(14) == b"\x01" and m.teid == 0
    user = raw.Gtp(bench.socket(SGSN, 2152), (GGSN, 2152))
    m = user.ask(raw.ECHO, seq=815)
    assert m.get(14) == b"\x00"
    user.sock.sendto(b"", user.peer)
    user.sock.sendto(raw.noise(40), user.peer)
    assert user.ask(raw.ECHO, seq=816).seq == 816


def test_GPR_23_answers_go_to_the_port_that_asked(bench):
    other = raw.Gtp(bench.socket(UE, 0), (GGSN, 2123))
    assert other.ask(raw.ECHO).kind == raw.ECHO + 1


def test_the_restart_counter_grows_and_a_changed_one_frees_the_peers_contexts(own):
    bench, sgsn = own
    first = sgsn.create(imsi="999700000000001")
    other = raw.Gtp(bench.socket(UE, 2123), (GGSN, 2123))
    kept = other.create(imsi="999700000000002")
    again = sgsn.create(imsi="999700000000003", ie14=raw.ie(14, "02"))
    live = bench.live("ggsn")
    assert "imsi=999700000000001" not in live and "imsi=999700000000002" in live and "imsi=999700000000003" in live
    assert sgsn.delete(first.number(17)).cause() == 192
    assert kept.get(14) == again.get(14) == b"\x01"
    bench.stop("ggsn")
    bench.start("ggsn")
    assert sgsn.ask(raw.ECHO).get(14) == b"\x02"


def test_a_peer_in_use_is_sent_echo_requests(own):
    _, sgsn = own
    sgsn.create(imsi="999700000000001")
    assert sgsn.receive(raw.ECHO).teid == 0


def test_sockets_are_bound_to_the_configured_addresses_only(bench):
    found = os.popen(" ".join(bench.inside("ss", "-lunH"))).read().split()
    bound = {w for w in found if w.rsplit(":", 1)[-1] in ("2123", "2152", "2157")}
    assert {f"{GGSN}:2123", f"{GGSN}:2152"} <= bound
    assert not any(w.startswith(("0.0.0.0", "*", "[::]")) for w in bound)


def test_an_address_in_use_ends_the_daemon_with_a_sentence(machine):
    b = Bench()
    b.socket(GGSN, 2123)
    with pytest.raises(AssertionError, match="cannot bind GTP-C to '127.0.0.12:2123'"):
        b.start("ggsn")
    assert b.daemons.pop("ggsn").wait(5) == 1
    b.close()


def test_a_wrong_role_is_refused(machine):
    b = Bench()
    with pytest.raises(AssertionError, match="--role must be sgsn, ggsn or both, got 'mme'"):
        b.start("mme")
    assert b.daemons.pop("mme").wait(5) == 2
    b.close()


def test_noise_never_kills_the_ggsn(own):
    bench, sgsn = own
    random.seed(11)
    here = bytes([127, 0, 0, 11])
    good = [raw.gtp(raw.CREATE, 1, 0, *raw.create_elements(sgsn.sock)), raw.gtp(raw.DELETE, 2, 1, raw.ie(20, "05")),
            raw.gtp(raw.UPDATE, 3, 1, raw.ie(16, "11110001"), raw.ie(20, "05"), raw.ie(133, here), raw.ie(133, here),
                    raw.ie(135, raw.QOS)), raw.gtp(raw.ECHO, 4)]
    fresh = raw.Gtp(bench.socket(UE, 2123), (GGSN, 2123))
    for i in range(3000):
        m = bytearray(random.choice(good))
        struct.pack_into(">H", m, 8, i)
        for _ in range(random.randrange(5)):
            m[random.randrange(len(m))] = random.randrange(256)
        sgsn.sock.sendto(bytes(m[:random.randrange(len(m) + 1)]) if i % 3 else bytes(m), (GGSN, (2123, 2152)[i % 2]))
        if i % 200 == 199:  # what the socket cannot hold is no noise that was heard
            fresh.alive()
    m = fresh.create(imsi="999700000000077")
    assert m.cause() == 128 and fresh.delete(m.number(17)).cause() == 128
