# SPDX-License-Identifier: Apache-2.0
"""The user plane of SGSN and GGSN: raw terminals and raw peers against real processes, with hosts of
the test's own behind Gi."""
import os
import socket
import struct

import gprs_raw as raw
import pytest
import wire
from gprs_bench import GGSN, SGSN, UE, Bench
from gprs_user import (ESP, ICMP, NO_FLAG, User, cut, error_indication, fragments, g_pdu, ip, packet_of, payload_of,
                       udp)
from netlab import wait_for

PCSCF, DNS, STRANGER, PCSCF6 = "10.60.2.10", "10.60.3.53", "10.60.9.9", "fd00:60::2:10"
APN = {"name": "ims", "pool": "10.45.0.0/24", "pool6": "fd00:45::/64", "pcscf": [PCSCF, PCSCF6], "dns": [DNS],
       "mtu": "1358"}
ACTIVATED = {"pdp": 0x8d}  # IPv4v6


def can_tun():
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        return os.geteuid() == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def tun(machine):
    if not can_tun():
        pytest.skip("no TUN devices here: /dev/net/tun is root's alone, or not there")


def bench_with(*roles, change=None):
    def edit(conf):
        conf["ggsn"]["apns"] = [dict(APN)]
        conf["user_plane"] = "auto"
        if change:
            change(conf)

    b = Bench(edit)
    for host in (PCSCF, DNS, STRANGER, PCSCF6):
        b.run("ip", "addr", "add", host, "dev", "lo")
    return b.start(*roles)


@pytest.fixture(scope="module")
def shared(tun):
    """SGSN and GGSN, and one base station: (bench, bss)."""
    b = bench_with("ggsn", "sgsn")
    yield b, raw.Bss(b.socket(UE), (SGSN, 2157)).up()
    b.close()


@pytest.fixture
def own(tun):
    b = bench_with("ggsn", "sgsn")
    yield b, raw.Bss(b.socket(UE), (SGSN, 2157)).up()
    b.close()


def user_of(bss, imsi="001010000000001", v6=False, **kw):
    t = raw.Terminal(bss, imsi).attach()
    a = t.activate(**({**ACTIVATED, **kw} if v6 else kw))
    return User(t, a.hosts[-1] if v6 else a.hosts[0])


def received(sock, wait_s=raw.WAIT_S):
    return raw.receive(sock, wait_s)


def silent(sock, wait_s=0.3):
    try:
        data, peer = received(sock, wait_s)
    except raw.Silence:
        return True
    raise AssertionError(f"{peer}: {data[:40]}")


def counters(bench, role, word="pdp "):
    line = next(x for x in bench.live(role).splitlines() if x.startswith(word))
    return {k: v for k, _, v in (w.partition("=") for w in line.split()) if v}


@pytest.mark.parametrize("size", [0, 1, 400, 469, 470, 1000, 1330])
def test_packets_of_every_size_cross_both_ways(shared, size):
    bench, bss = shared
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    data = os.urandom(size)
    user.send_udp(PCSCF, data)
    assert received(far) == (data, (user.host, 5060))
    far.sendto(data[::-1], (user.host, 5060))
    packet, segments = user.receive()
    assert payload_of(packet) == data[::-1]
    assert segments == len(cut(packet, 0))
    far.close()


def test_ipv6_crosses_both_ways(shared):
    bench, bss = shared
    user, far = user_of(bss, v6=True), bench.socket(PCSCF6, 5060)
    user.send_udp(PCSCF6, b"six")
    data, peer = received(far)
    assert data == b"six" and peer[0] == user.host
    far.sendto(b"xis" * 300, peer)
    assert payload_of(user.receive()[0]) == b"xis" * 300
    far.close()


def test_a_datagram_longer_than_the_mtu_crosses_in_fragments_both_ways(shared):
    bench, bss = shared
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    data = os.urandom(1703)
    for packet in fragments(user.host, PCSCF, data, 1330):
        user.send(packet)
    assert received(far)[0] == data
    far.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: may be cut
    far.sendto(data, (user.host, 5060))
    first, second = user.receive()[0], user.receive()[0]
    assert len(first) <= 1358 and first[20 + 8:] + second[20:] == data
    far.close()


def test_GPR_25_a_spoofed_source_is_dropped_and_counted(shared):
    bench, bss = shared
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    user.send_udp(PCSCF, b"mine")
    assert received(far)[0] == b"mine"
    before = int(counters(bench, "ggsn")["dropped"])
    for src in ("10.45.0.250", PCSCF, "127.0.0.1"):
        user.send_udp(PCSCF, b"not mine", src=src)
    user.send(udp("fd00:45::99", PCSCF6, b"not mine"))
    user.send(b"\x00no IP at all, and long enough to be one")
    assert silent(far)
    wait_for(lambda: int(counters(bench, "ggsn")["dropped"]) == before + 5)
    assert any(line.keys.get("src") == "10.45.0.250" and "not the address" in line.keys.get("why", "")
               for line in bench.lines("ggsn"))
    far.close()


def test_GPR_31_a_signalling_context_reaches_the_pcscf_and_dns_and_nobody_else(shared):
    bench, bss = shared
    user = user_of(bss)
    far = {host: bench.socket(host, 5060) for host in (PCSCF, STRANGER)}
    far[DNS] = bench.socket(DNS, 53)
    user.send_udp(STRANGER, b"web")
    user.send_udp(DNS, b"question", ports=(4000, 53))
    user.send_udp(PCSCF, b"sip")
    assert received(far[DNS])[0] == b"question" and received(far[PCSCF])[0] == b"sip"
    assert silent(far[STRANGER])
    far[STRANGER].sendto(b"spam", (user.host, 5060))
    assert user.quiet()
    far[DNS].sendto(b"answer", (user.host, 4000))
    assert payload_of(user.receive()[0]) == b"answer"
    assert "IMS signalling only" in bench.text("ggsn")
    for s in far.values():
        s.close()


def test_GPR_31_esp_and_icmp_to_the_pcscf_pass(shared):
    bench, bss = shared
    user = user_of(bss)
    before = int(counters(bench, "ggsn")["packets-up"])
    user.send(ip(user.host, PCSCF, struct.pack(">II", 4711, 1) + bytes(40), ESP))
    echo = struct.pack(">BBHHH", 8, 0, 0, 1, 1)
    echo = echo[:2] + struct.pack(">H", 0xffff - 0x0802) + echo[4:]
    user.send(ip(user.host, PCSCF, echo, ICMP))
    wait_for(lambda: int(counters(bench, "ggsn")["packets-up"]) == before + 2)
    while True:  # the kernel may complain of the ESP packet first
        packet, _ = user.receive()
        if packet[9] == ICMP and packet[20] == 0:
            return


def test_a_context_without_the_flag_reaches_everybody(shared):
    bench, bss = shared
    user, far = user_of(bss, pco=NO_FLAG), bench.socket(STRANGER, 5060)
    user.send_udp(STRANGER, b"web")
    assert received(far) == (b"web", (user.host, 5060))
    far.sendto(b"page", (user.host, 5060))
    assert payload_of(user.receive()[0]) == b"page"
    far.close()


def test_GPR_27_a_freed_address_gets_nothing_of_its_last_holder(own):
    bench, bss = own
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    user.terminal.deactivate()
    user.send_udp(PCSCF, b"too late")
    far.sendto(b"where are you", (user.host, 5060))
    assert silent(far) and user.quiet()
    assert user.terminal.activate().hosts != [user.host]


def test_lost_and_strange_segments_cost_their_packet_only(shared):
    bench, bss = shared
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    pdus = cut(udp(user.host, PCSCF, bytes(1200)), 7)
    for pdu in (pdus[0], pdus[2], b"", b"\x65", b"\x6f\x00\x00\x00E", pdus[1]):
        user.send_pdu(pdu)
    user.send(udp(user.host, PCSCF, b"wrong sapi"), sapi=5)
    user.send_udp(PCSCF, b"whole")
    assert received(far)[0] == b"whole" and silent(far)
    far.close()


def test_user_data_of_a_terminal_without_context_goes_nowhere(shared):
    bench, bss = shared
    t = raw.Terminal(bss).attach()
    far = bench.socket(PCSCF, 5060)
    User(t, "10.45.0.2").send_udp(PCSCF, b"no context")
    assert silent(far) and t.activate().hosts
    far.close()


def test_user_data_of_a_terminal_that_is_not_attached_sends_it_to_attach(shared):
    _, bss = shared
    t = raw.Terminal(bss)
    User(t, "10.45.0.2").send_udp(PCSCF, b"attached before your restart")
    assert t.receive().hex().startswith("080501250a")  # Detach, reattach; cause 10: implicitly detached


def test_the_ggsn_sends_an_error_indication_for_an_unknown_teid(shared):
    bench, _ = shared
    sock = bench.socket("127.0.0.77", 2152)
    sock.sendto(g_pdu(0xdeadbeef, udp("10.45.0.2", PCSCF, b"?")), (GGSN, 2152))
    m = raw.Message(received(sock)[0])
    assert (m.kind, m.teid, m.number(16), m.get(133)) == (26, 0, 0xdeadbeef, bytes([127, 0, 0, 12]))
    sock.sendto(g_pdu(0xdeadbeef, b"x"), (SGSN, 2152))
    m = raw.Message(received(sock)[0])
    assert (m.kind, m.number(16), m.get(133)) == (26, 0xdeadbeef, bytes([127, 0, 0, 11]))
    sock.close()


def test_a_tunnel_takes_packets_from_its_own_peer_only(shared):
    bench, bss = shared
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    teid = {role: int(counters(bench, role)["teid-data"], 16) for role in ("ggsn", "sgsn")}
    foreign = bench.socket("127.0.0.78", 2152)
    foreign.sendto(g_pdu(teid["ggsn"], udp(user.host, PCSCF, b"forged")), (GGSN, 2152))
    foreign.sendto(g_pdu(teid["sgsn"], udp(PCSCF, user.host, b"forged")), (SGSN, 2152))
    for role, host in (("ggsn", GGSN), ("sgsn", SGSN)):
        foreign.sendto(error_indication(teid["sgsn" if role == "ggsn" else "ggsn"], "127.0.0.78"), (host, 2152))
    assert silent(far) and user.quiet()
    user.send_udp(PCSCF, b"still there")
    assert received(far)[0] == b"still there"
    far.close()
    foreign.close()


def test_an_error_indication_of_the_ggsn_ends_the_context_at_the_terminal(tun):
    """We are the GGSN."""
    b = bench_with("sgsn")
    try:
        bss = raw.Bss(b.socket(UE), (SGSN, 2157)).up()
        control, tunnel = raw.Gtp(b.socket(GGSN, 2123), (SGSN, 2123)), b.socket(GGSN, 2152)
        t = raw.Terminal(bss).attach()
        t.send(raw.activate_request())
        m = control.receive(raw.CREATE)
        control.answer(m, *raw.created(GGSN), teid=m.number(17))
        assert t.receive()[1] == 0x42
        user = User(t, "10.45.0.2")
        user.send_udp(PCSCF, b"hello")
        teid, packet = packet_of(received(tunnel)[0])
        assert teid == 0xaaaa0001 and payload_of(packet) == b"hello"
        for options in ((0x30, b""), (0x32, bytes(4)), (0x34, bytes.fromhex("00000040" "01086800"))):
            tunnel.sendto(g_pdu(m.number(16), udp(PCSCF, user.host, b"back"), *options), (SGSN, 2152))
            assert payload_of(user.receive()[0]) == b"back"
        tunnel.sendto(error_indication(0xaaaa0001, GGSN), (SGSN, 2152))
        request = t.receive()
        assert request.hex().startswith("8a4627")  # Deactivate, cause 39: reactivation required
        t.send(b"\x0a\x47")
        wait_for(lambda: "pdp " not in b.live("sgsn"))
        assert control.quiet()  # the GGSN is not asked to delete what it has not
    finally:
        b.close()


def test_an_error_indication_of_the_sgsn_frees_the_address(tun):
    """We are the SGSN."""
    b = bench_with("ggsn")
    try:
        control, tunnel = raw.Gtp(b.socket(SGSN, 2123), (GGSN, 2123)), b.socket(SGSN, 2152)
        m = control.create()
        far = b.socket(PCSCF, 5060)
        far.sendto(b"hello", (m.host(), 5060))
        teid, packet = packet_of(received(tunnel)[0])
        assert teid == 0x11110001 and payload_of(packet) == b"hello"
        tunnel.sendto(error_indication(0x11110001, SGSN), (GGSN, 2152))
        wait_for(lambda: "pdp " not in b.live("ggsn"))
        assert "Error Indication" in b.text("ggsn")
        tunnel.sendto(g_pdu(m.number(16), udp(m.host(), PCSCF, b"late")), (GGSN, 2152))
        assert raw.Message(received(tunnel)[0]).kind == 26
    finally:
        b.close()


@pytest.mark.parametrize("killed", ["ggsn", "sgsn"])
def test_a_node_that_was_killed_is_found_out_by_the_first_packet(own, killed):
    bench, bss = own
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    bench.stop(killed, by=9)
    bench.start(killed)
    if killed == "ggsn":
        user.send_udp(PCSCF, b"anybody there?")
        assert user.terminal.receive().hex().startswith("8a4627")
        user.terminal.send(b"\x0a\x47")
        other = "sgsn"
    else:
        far.sendto(b"anybody there?", (user.host, 5060))
        other = "ggsn"
    wait_for(lambda: "pdp " not in bench.live(other))


def test_without_tun_devices_contexts_are_made_and_packets_counted(machine):
    b = bench_with("ggsn", change=lambda conf: conf.update(user_plane="off"))
    try:
        control, tunnel = raw.Gtp(b.socket(SGSN, 2123), (GGSN, 2123)), b.socket(SGSN, 2152)
        m = control.create()
        assert m.cause() == 128
        tunnel.sendto(g_pdu(m.number(16), udp(m.host(), PCSCF, b"hello")), (GGSN, 2152))
        wait_for(lambda: counters(b, "ggsn")["dropped"] == "1")
        assert b.count("ggsn", "user plane off by configuration") == 1
        assert silent(tunnel)
    finally:
        b.close()


def test_noise_never_stops_the_user_plane(own):
    bench, bss = own
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    foreign = bench.socket("127.0.0.79")
    for i in range(2000):
        data = os.urandom(1 + i % 60)
        foreign.sendto((b"\x30\xff" if i % 2 else b"") + data, ((GGSN, SGSN)[i // 2 % 2], 2152))
    for i in range(300):
        user.send_pdu((b"\x65" if i % 2 else b"") + os.urandom(1 + i % 60))
    for _ in range(20):
        user.send_udp(PCSCF, b"after all")
        try:
            assert received(far, 0.5)[0] == b"after all"
            return
        except raw.Silence:
            pass
    raise AssertionError("the user plane is gone")


def test_wireshark_sees_the_packets_inside_sndcp_and_gtp(own):
    bench, bss = own
    bench.capture_begin()
    user, far = user_of(bss), bench.socket(PCSCF, 5060)
    text = b"OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nX: " + b"x" * 900 + b"\r\n\r\n"
    user.send_udp(PCSCF, text)
    assert received(far)[0] == text
    far.sendto(text, (user.host, 5060))
    user.receive()
    bench.socket("127.0.0.77", 2152).sendto(g_pdu(1, udp(user.host, PCSCF, text)), (GGSN, 2152))
    pcap = bench.capture_end()
    assert wire.complaints(pcap) == []
    decoded = wire.tshark(pcap, "-Y", "sip", "-T", "fields", "-e", "frame.protocols").split()
    assert sum("sndcp" in p for p in decoded) == 2 and sum(":gtp:" in p for p in decoded) == 3, decoded
