# SPDX-License-Identifier: Apache-2.0
"""UDP and TCP, IPv4 and IPv6, on every leg from the terminal to the S-CSCF (RFC 3261 18, TS 24.229 4.2A)."""
import contextlib
import ipaddress
import socket

import pytest

import core
from terminal import People, sockets_of

V4, V6 = "10.60.1.1", "fd00:60::1:77"
P4, P6 = "10.60.2.10", "fd00:60::2:10"
CORE = (("pcscf1", "icscf1"), ("icscf1", "scscf1"))
BACK = tuple((b, a) for a, b in CORE)
LIMIT = 1300


def people():
    p = People()
    for name in ("tcp", "big", "bigtcp", "sweep", "six", "six.tcp", "one", "two", "refused", "prefer", "prefer.tcp"):
        p.add(name)
    return p


@contextlib.contextmanager
def running(change=None):
    c = core.Core(people(), change)
    try:
        assert c.lab.exec("ue", "ip", "addr", "add", f"{V6}/128", "dev", "eth0", "nodad").status == 0
        yield c
    finally:
        c.close()


@pytest.fixture(scope="module")
def plain(machine):
    """conf/lab.yaml's lab: UDP between core nodes, IPv4 and IPv6."""
    with running() as c:
        yield c


@pytest.fixture(scope="module")
def prefer_tcp(machine):
    with running({"dns": {"prefer": "tcp"}}) as c:
        yield c


@pytest.fixture(scope="module")
def six(machine):
    """A core that has no IPv4 address."""
    def change(conf):
        for e in (conf["dns"], conf["hss"], *conf["pcscf"], *conf["icscf"], *conf["scscf"]):
            e["address"] = e.pop("address6")

    with running(change) as c:
        yield c


def nets(net, t, *legs):
    """{(net, IP version)} of all SIP messages of a call on these legs."""
    return {(f.net, ipaddress.ip_address(f.hosts[0]).version) for f, _ in net.capture.sip(t.call_id)
            if (f.src, f.dst) in legs}


def padding(size):
    """A header of about so many octets that everybody passes on."""
    return [f"X-Padding: {'x' * size}"]


def registers(t, **change):
    """The 200; afterwards the terminal is gone again, so that the next test may use its name."""
    answer = t.registered(**change)
    assert answer.uris("contact") == [t.contact.strip("<>")]
    assert t.deregister().status == 200
    return answer


def test_a_terminal_may_talk_tcp_while_the_core_talks_udp(plain):
    t = plain.terminal("tcp", transport="tcp")
    registers(t)
    assert nets(plain, t, ("ue", "pcscf1"), ("pcscf1", "ue")) == {("tcp", 4)}
    assert nets(plain, t, *CORE, *BACK) == {("udp", 4)}
    for _, m in plain.capture.sip(t.call_id, "pcscf1", "icscf1"):
        assert m.values("via")[0].startswith("SIP/2.0/UDP ") and m.values("via")[1].startswith("SIP/2.0/TCP ")


def test_the_core_talks_tcp_when_dns_prefers_it(prefer_tcp):
    for name, transport in (("prefer", "udp"), ("prefer.tcp", "tcp")):
        t = prefer_tcp.terminal(name, transport=transport)
        registers(t)
        assert nets(prefer_tcp, t, ("ue", "pcscf1"), ("pcscf1", "ue")) == {(transport, 4)}
        assert nets(prefer_tcp, t, *CORE, *BACK) == {("tcp", 4)}
    assert {m.values("via")[0].split()[0] for _, m in prefer_tcp.capture.sip(dst="scscf1", message="REGISTER")} == \
        {"SIP/2.0/TCP"}  # a SUBSCRIBE follows the Service-Route, whose port leaves the DNS no choice (RFC 3263 4.1)


def test_DNS_13_a_large_register_goes_over_tcp_between_core_nodes(plain):
    for name, transport in (("big", "udp"), ("bigtcp", "tcp")):
        t = plain.terminal(name, transport=transport)
        registers(t, extra=padding(800))
        assert nets(plain, t, ("ue", "pcscf1")) == {(transport, 4)}
        large = [(f, m) for f, m in plain.capture.sip(t.call_id, message="REGISTER") if m.has("x-padding")
                 and f.src != "ue"]
        assert len(large) == 4 and {f.net for f, _ in large} == {"tcp"}
        assert all(m.values("via")[0].startswith("SIP/2.0/TCP ") for _, m in large)


def test_DNS_13_no_register_over_1300_octets_leaves_over_udp(plain):
    """Sizes around the limit; TCP begins a little early where the size is estimated."""
    t = plain.terminal("sweep")
    for size in range(300, 700, 40):
        t.challenge(extra=padding(size))
    for src, dst in CORE:
        sent = [(f.net, len(m.octets)) for f, m in plain.capture.sip(t.call_id, src, dst, "REGISTER")]
        assert {net for net, _ in sent} == {"udp", "tcp"}
        assert max(size for net, size in sent if net == "udp") <= LIMIT
        assert min(size for net, size in sent if net == "tcp") > LIMIT - 150


class OnlyUdp:
    """Somebody in an element's place who listens on UDP alone and refuses everything with 403."""

    def __init__(self, net, element):
        self.net, self.element = net, element
        net.lab.ask("stop", name=element)
        self.address = net.lab.element(element)["address"]
        self.socket = sockets_of(net.lab, "home").make(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, 5060))
        self.socket.settimeout(5)

    def __enter__(self):
        return self

    def answer(self):
        data, peer = self.socket.recvfrom(65536)
        head = [line for line in data.decode().split("\r\n") if line.partition(":")[0] in
                ("Via", "From", "To", "Call-ID", "CSeq")]
        self.socket.sendto("\r\n".join(["SIP/2.0 403 Only UDP", *head, "Content-Length: 0", "", ""]).encode(), peer)
        return data

    def __exit__(self, *_):
        self.socket.close()
        self.net.lab.ask("start", name=self.element)


@pytest.mark.parametrize("element", ["icscf1", "scscf1"])
def test_DNS_13_where_tcp_is_refused_udp_is_tried(plain, element):
    t = plain.terminal("refused")
    before = {b: a for a, b in CORE}
    with OnlyUdp(plain, element) as there:
        plain.capture.frames()
        tried = len(plain.capture.connects)
        big = t.request(extra=padding(900))
        t.send(big)
        got = there.answer()
        assert b"X-Padding" in got and len(got) > LIMIT
        answer = t.final(big)
        assert answer.status == 403 and answer.first.endswith("Only UDP")
        plain.capture.frames()
        assert (before[element], element, 5060) in plain.capture.connects[tried:], "TCP first"
    core.netlab.wait_for(lambda: t.ask().status == 401)


def test_REG_19_an_ipv6_terminal_registers_over_udp_and_tcp(plain):
    for name, transport in (("six", "udp"), ("six.tcp", "tcp")):
        t = plain.terminal(name, local=V6, pcscf=P6, transport=transport)
        answer = registers(t)
        assert nets(plain, t, ("ue", "pcscf1"), ("pcscf1", "ue")) == {(transport, 6)}
        assert f"[{V6}]:{t.port}" in answer.uris("contact")[0]
        assert answer.values("via")[0].split()[1].startswith(f"[{V6}]:{t.port};")


def test_REG_19_received_is_the_ipv6_address_that_a_via_does_not_tell(plain):
    t = plain.terminal("six", local=V6, pcscf=P6)
    t.challenge(Via=f"SIP/2.0/UDP six.example.net;rport;branch=z9hG4bKreceived{t.port}")
    via = plain.capture.leg(t.call_id, "pcscf1", "icscf1")[0].values("via")[1]
    assert f"received={V6}" in via.replace("[", "").replace("]", "") and f"rport={t.port}" in via


def test_terminals_of_both_families_are_registered_side_by_side(plain):
    """Each with its own contact, each answered where it is, interleaved."""
    four, other = plain.terminal("one"), plain.terminal("two", local=V6, pcscf=P6)
    asked = four.request(), other.request()
    four.send(asked[0])
    other.send(asked[1])
    answers = [four.final(asked[0]), other.final(asked[1])]
    assert [a.status for a in answers] == [401, 401]
    for t, challenge in zip((four, other), answers):
        answer = t.ask(Authorization=t.answer_to(challenge))
        assert answer.status == 200 and answer.uris("contact") == [t.contact.strip("<>")]
    assert plain.bindings(four.impu)[0]["contact"] == four.contact
    assert plain.bindings(other.impu)[0]["contact"] == other.contact


def test_REG_19_a_core_without_ipv4_registers_terminals(six):
    for name, transport in (("six", "udp"), ("six.tcp", "tcp")):
        t = six.terminal(name, local=V6, pcscf=P6, transport=transport)
        registers(t)
        assert nets(six, t, ("ue", "pcscf1"), ("pcscf1", "ue")) == {(transport, 6)}
        assert nets(six, t, *CORE, *BACK) == {("udp", 6)}
        m5 = six.capture.leg(t.call_id, "icscf1", "scscf1")[0]
        assert "received=fd00:60::2:10" in m5.values("via")[1].replace("[", "").replace("]", "")
        assert m5.uris("path") == ["sip:term@pcscf1.vims.net:5060;lr"]
    t = six.terminal("big", local=V6, pcscf=P6)
    registers(t, extra=padding(800))
    assert nets(six, t, *CORE) == {("tcp", 6), ("udp", 6)}
    assert {ipaddress.ip_address(f.hosts[0]).version for f, _ in six.capture.cx()} == {6}
