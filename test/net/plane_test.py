# SPDX-License-Identifier: Apache-2.0
"""The user plane of the whole lab: what is in the terminal's namespace reaches the P-CSCF through SNDCP,
GTP-U and Gi, and the other way."""
import os
import re
import signal
import socket
import struct
import sys
import threading
import time

import pytest

import compare
import wire
from core import Core
from gprs_user import checksum
from netlab import wait_for
from terminal import People, Terminal, sockets_of

PCSCF, HERE = "10.60.2.10", "ue-name"
MTU = 1358
PING = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.settimeout(2)
for i in range(3):
    s.sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 0))
    data, peer = s.recvfrom(2000)
    print(peer[0], data[20], len(data))
"""


def can_tun():
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
        return os.geteuid() == 0
    except OSError:
        return False


@pytest.fixture(scope="module", autouse=True)
def tun(machine):
    if not can_tun():
        pytest.skip("no TUN devices here: /dev/net/tun is root's alone, or not there")


def edit(conf):
    conf["ggsn"]["apns"][0]["mtu"] = str(MTU)


@pytest.fixture(scope="module")
def net(machine):
    people = People()
    people.add("big")
    c = Core(people, edit)
    yield c
    c.close()


@pytest.fixture
def active(net):
    """The seed's terminal with an address: (core, terminal, address)."""
    t = net.lab.terminal("name")
    said = t.do("activate")
    yield net, t, re.search(r"active: ([0-9.]+) on tun-name", said)[1]
    t.end()


def test_the_address_the_mtu_and_the_only_route_are_in_the_terminals_own_namespace(active):
    net, _, address = active
    said = net.lab.exec(HERE, "ip", "-4", "addr").out
    assert f"inet {address}/32" in said and f"mtu {MTU}" in said and "eth0" not in said
    assert net.lab.exec(HERE, "ip", "route").out.strip() == "default dev tun-name proto static scope link"
    assert address not in net.lab.exec("ue", "ip", "addr").out
    assert net.lab.exec(HERE, "cat", "/etc/resolv.conf").out == "nameserver 10.60.3.53\n"


def test_device_address_and_routes_are_gone_with_the_context(net):
    t = net.lab.terminal("name")
    assert "tun-name" in t.do("activate")
    t.do("detach")
    assert "tun-name" not in net.lab.exec(HERE, "ip", "addr").out
    assert "tun-name" in t.do("activate")
    t.end()
    assert "tun-name" not in net.lab.exec(HERE, "ip", "addr").out


@pytest.mark.parametrize("size", [56, 1300, 4000])
def test_a_ping_crosses_the_tunnel(active, size):
    net = active[0]
    echo = struct.pack("!BBHHH", 8, 0, 0, 7, 1) + bytes(size)
    echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
    outcome = net.lab.exec(HERE, sys.executable, "-c", PING, PCSCF, echo.hex())
    assert outcome.out.split()[:2] == [PCSCF, "0"] and len(outcome.lines) == 3, outcome.err


def pour(sender, size):
    data = bytes(65536)
    while size > 0:
        sender.sendall(data[:size])
        size -= len(data)
    sender.shutdown(socket.SHUT_WR)


def drain(receiver):
    received = 0
    while True:
        data = receiver.recv(1 << 18)
        if not data:
            return received
        received += len(data)


def carry(sender, receiver, size=4 << 20):
    """Mbit/s; and that everything arrives."""
    begun = time.time()
    thread = threading.Thread(target=pour, args=(sender, size))
    thread.start()
    assert drain(receiver) == size
    thread.join()
    return size * 8 / (time.time() - begun) / 1e6


def test_tcp_carries_megabytes_both_ways(active, record_property):
    net, t, address = active
    listener = sockets_of(net.lab, "visited").make(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((PCSCF, 0))
    listener.listen()
    for direction in ("up", "down"):
        there = sockets_of(net.lab, HERE).make(socket.AF_INET, socket.SOCK_STREAM)
        there.settimeout(20)
        there.connect(listener.getsockname())
        here, peer = listener.accept()
        here.settimeout(20)
        assert peer[0] == address
        rate = carry(there, here) if direction == "up" else carry(here, there)
        record_property(f"Mbit/s {direction}", round(rate))
        print(f"TCP {direction}: {rate:.0f} Mbit/s")
        there.close()
        here.close()
    said = [t.do("status")] + [t.line() for _ in range(4)]
    assert re.search(r"packets +\d{4,} up, \d{4,} down", said[4]), said
    context = next(line for line in net.live("ggsn") if f"address={address} " in line)
    assert re.search(r"octets-up=\d{7} .*octets-down=\d{7} ", context), context


def test_a_register_of_1703_octets_crosses_in_fragments(active):
    net, _, address = active
    t = Terminal(net.lab, net.people["big"], local=address, netns=HERE)
    padding = 1703 - len(t.request(extra=["X-Padding: "]))
    t.cseq = 0
    first = t.request(extra=["X-Padding: " + "x" * padding])
    assert len(first) == 1703
    assert t.ask(first).status == 401
    t.registered(extra=["X-Padding: " + "x" * padding])
    t.deregister()
    t.close()


def test_GPR_25_another_address_of_the_terminals_machine_does_not_get_out(active):
    net, t, address = active
    far = sockets_of(net.lab, "visited").make(socket.AF_INET, socket.SOCK_DGRAM)
    far.bind((PCSCF, 4444))
    far.settimeout(0.3)
    net.lab.exec(HERE, "ip", "addr", "add", "10.45.0.99/32", "dev", "tun-name")
    for src, arrives in ((address, True), ("10.45.0.99", False)):
        s = sockets_of(net.lab, HERE).make(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((src, 0))
        s.sendto(b"hello", far.getsockname())
        s.close()
        try:
            assert far.recvfrom(100)[1][0] == src and arrives
        except TimeoutError:
            assert not arrives
    far.close()


def test_GPR_31_the_terminal_reaches_the_pcscf_but_not_the_core(active):
    net = active[0]
    for host, netns, arrives in ((PCSCF, "visited", True), ("10.60.4.10", "home", False), ("10.60.2.2", "visited", False)):
        far = sockets_of(net.lab, netns).make(socket.AF_INET, socket.SOCK_STREAM)
        far.bind((host, 0))
        far.listen()
        s = sockets_of(net.lab, HERE).make(socket.AF_INET, socket.SOCK_STREAM)
        s.settimeout(2 if arrives else 0.3)
        try:
            s.connect(far.getsockname())
            assert arrives, host
        except TimeoutError:
            assert not arrives, host
        s.close()
        far.close()


@pytest.mark.parametrize("node", ["sgsn", "ggsn"])
def test_a_killed_node_costs_the_context_and_the_next_registration_is_whole(net, node):
    t = net.lab.terminal("name")
    assert t.do("register").startswith("registered:")
    restarts = net.restarts()[node]
    net.signal(node, signal.SIGKILL)
    wait_for(lambda: net.restarts()[node] == restarts + 1 and net.lab.element(node)["state"] == "up")
    said = t.do("register")
    for _ in range(4):  # what it has lost, and why; then it is told to begin again
        if said.startswith("registered:"):
            break
        assert said.startswith(("failed:", "lost:")), said
        said = t.do("register") if said.startswith("failed:") else t.line()
    assert said.startswith("registered:"), said
    assert t.do("deregister").startswith("deregistered:")
    t.end()


def test_with_the_user_plane_off_the_address_is_on_eth0(make_lab):
    lab = make_lab({"user_plane": "off"}).up("--pcap")
    t = lab.terminal("name")
    assert " on eth0, " in t.do("activate") and t.do("register").startswith("registered:")
    assert "10.45.0." in lab.exec("ue", "ip", "addr").out
    assert lab.command("exec", HERE, "true").status == 1
    assert lab.said("ggsn", "user plane off by configuration")
    t.end()
    lab.down()
    assert compare.differences(lab.events(), lab.pcap()) == []


def test_wireshark_decodes_the_registration_inside_sndcp_and_gtp_and_complains_of_nothing(make_lab):
    lab = make_lab().up("--pcap")
    assert lab.ue("register").status == 0
    lab.down()
    assert wire.complaints(lab.pcap()) == []
    shown = wire.tshark(lab.pcap(), "-Y", "sip.Method == REGISTER and ip.addr == 10.45.0.0/24", "-T", "fields", "-e",
                        "frame.protocols").split()
    assert any(":sndcp:" in p for p in shown) and any(":gtp:" in p for p in shown), shown
    assert all(":sndcp:" in p or ":gtp:" in p for p in shown), shown
