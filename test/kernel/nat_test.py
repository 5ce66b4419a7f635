# SPDX-License-Identifier: Apache-2.0
"""Terminals behind NATs (TS 33.203 Annex M): the whole lab, and two sites with an SGSN, a GGSN and a terminal of
their own. Both terminals have the address 10.45.0.2, and every site is behind a masquerading router:

    ue-name  10.45.0.2 == GPRS == site0 192.168.1.2 -- nat0 10.99.0.10 --.
                                                                         visited 10.99.0.1, P-CSCF 10.60.2.10
    ue-alice 10.45.0.2 == GPRS == site1 192.168.1.2 -- nat1 10.99.0.11 --'
"""
import os
import re

import pytest

import netlab
from shell import Shell, shell

PCSCF, INNER = "10.60.2.10", "10.45.0.2"
NAMES = ("name", "alice")
GRACE_MS, KEEPALIVE_S = 300, 1
OPTIONS = r"""
import socket, sys
public, port_us, port_pc = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket()
s.settimeout(20)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("10.60.2.10", port_pc))
s.connect((public, port_us))
s.sendall((f"OPTIONS sip:x@{public}:{port_us};transport=tcp SIP/2.0\r\n"
           f"Via: SIP/2.0/TCP 10.60.2.10:{port_pc};branch=z9hG4bKnat1\r\nMax-Forwards: 70\r\n"
           "From: <sip:core@hims.net>;tag=1\r\nTo: <sip:x@hims.net>\r\nCall-ID: nat1\r\nCSeq: 1 OPTIONS\r\n"
           "Content-Length: 0\r\n\r\n").encode())
print(s.recv(2000).decode().splitlines()[0])
"""


class Site:
    """The access network of one terminal, and the NAT at its edge."""

    def __init__(self, lab, number):
        self.lab, self.name, self.public = lab, NAMES[number], f"10.99.0.1{number}"
        self.nat = Shell(lab, "visited", "unshare", "--net")
        self.inside = Shell(lab, "visited", "unshare", "--net")
        self.state = os.path.join(lab.rundir, f"state-{self.name}")
        os.mkdir(self.state, 0o700)
        self.wire(number)
        log = os.path.join(lab.rundir, "logs")
        self.inside.run(f"{netlab.BIN}/gprs-stub -c {lab.conf} --state-dir {self.state} >{log}/site{number}.log 2>&1 &")
        self.inside.run(f"mkfifo {self.state}/to {self.state}/from\n{netlab.BIN}/ue -c {lab.conf} --name {self.name} "
                        f"--state-dir {self.state} <{self.state}/to >{self.state}/from 2>>{log}/ue-{self.name}.log &\n"
                        f"exec 3>{self.state}/to 4<{self.state}/from")

    def wire(self, number):
        visited = shell(self.lab, "visited")
        nat, inside = (s.run("echo $$").strip() for s in (self.nat, self.inside))
        visited.batch(f"link add n{number} type veth peer name eth1 netns {nat}",
                      f"link set n{number} master brn", f"link set n{number} up")
        self.nat.batch("link set lo up", "link set eth1 up", f"addr add {self.public}/24 dev eth1",
                       f"link add eth0 type veth peer name eth0 netns {inside}", "link set eth0 up",
                       "addr add 192.168.1.1/24 dev eth0", "route add default via 10.99.0.1",
                       "route add 10.45.0.0/24 via 192.168.1.2")
        self.inside.batch("link set lo up", "link set eth0 up", "addr add 192.168.1.2/24 dev eth0",
                          "route add default via 192.168.1.1",
                          *(f"addr add {a} dev lo" for a in ("10.60.1.1/32", "10.60.2.1/32", "10.60.2.2/32")),
                          *(f"addr add {a}/128 dev lo nodad" for a in ("fd00:60::2:1", "fd00:60::2:2")))
        for s in (self.nat, self.inside):
            s.run("echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.nat.run("PATH=$PATH:/sbin:/usr/sbin\niptables-legacy -A FORWARD -i eth0 -p udp --dport 4500\n"
                     f"iptables-legacy -t nat -A POSTROUTING -o eth1 -p udp -j MASQUERADE --to-ports 6{number}000-"
                     f"6{number}999\niptables-legacy -t nat -A POSTROUTING -o eth1 -p tcp -j MASQUERADE")

    def do(self, command):
        """The terminal's sentence."""
        return self.inside.run(f"echo {command} >&3; read -r line <&4; echo \"$line\"").strip()

    def renew(self):
        said = self.do("register")
        assert said.startswith("registered:") and f" at {self.public}:" in said and "through a NAT" in said, said

    def crossed(self):
        """(packets, octets) of ESP in UDP that left the site."""
        out = self.nat.run("iptables-legacy -nvxL FORWARD")
        return tuple(map(int, re.search(r"(\d+)\s+(\d+)\s+(?:udp|17) .* dpt:4500", out).groups()))

    def set(self):
        """The keys of its one established set in the P-CSCF."""
        return next((s for s in self.lab.sas() if s["set"] == "established" and s["ue"] == self.public), None)


@pytest.fixture(scope="module")
def sites(machine):
    lab = netlab.Lab({"timers": {"sa_grace_ms": GRACE_MS, "sip_t1x64_ms": 4000, "nat_keepalive_s": KEEPALIVE_S}}).up()
    shell(lab, "visited").batch("link add brn type bridge", "link set brn up", "addr add 10.99.0.1/24 dev brn")
    both = [Site(lab, i) for i in range(len(NAMES))]
    yield both
    lab.close()


def spis(keys):
    return {int(keys[f"spi_{end}"], 0) for end in ("uc", "us", "pc", "ps")}


def in_kernel(lab):
    return set(shell(lab, "visited").sas())


def test_two_terminals_with_one_address_register_through_their_nats(sites):
    for i, site in enumerate(sites):
        assert f"active: {INNER} on tun-{site.name}" in site.do("activate")
        site.renew()
        keys = site.set()
        assert keys["mode"] == "UDP-enc-tun" and 60000 <= int(keys["encap"]) - 1000 * i <= 60999, keys
        there = shell(site.lab, f"ue-{site.name}")
        assert set(there.sas()) == spis(keys)
        assert f"inet {site.public}/32" in there.run("ip -4 addr show")
    lab = sites[0].lab
    assert in_kernel(lab) == spis(sites[0].set()) | spis(sites[1].set())
    status = lab.lab("status").out
    assert all(f"UDP-enc-tun:{site.set()['encap']}" in status for site in sites), status


def test_a_request_from_the_pcscfs_side_reaches_each_of_them(sites):
    for site in sites:
        keys = site.set()
        said = site.lab.exec("visited", "/usr/bin/python3", "-c", OPTIONS, site.public, keys["port_us"], keys["port_pc"])
        assert said.out.startswith("SIP/2.0 501"), said.out + said.err


def test_an_idle_terminal_keeps_the_binding_of_its_nat(sites):
    for site in sites:
        packets, octets = site.crossed()
        later = netlab.wait_for(lambda s=site, n=packets: s.crossed() if s.crossed()[0] >= n + 2 else None)
        assert later[1] - octets == 29 * (later[0] - packets)  # an octet, and the headers of UDP and IP


def test_both_renew_their_registration_on_new_sets(sites):
    for site in sites:
        old = site.set()
        site.renew()
        new = netlab.wait_for(lambda s=site, o=old: s.set() if spis(s.set()) != spis(o) else None)
        assert not spis(old) & spis(new)
        assert old["port_us"] == new["port_us"] and old["port_uc"] != new["port_uc"]
    wanted = spis(sites[0].set()) | spis(sites[1].set())
    netlab.wait_for(lambda: in_kernel(sites[0].lab) == wanted)


def test_after_the_deregistrations_nothing_is_left(sites):
    for site in sites:
        assert site.do("deregister").startswith("deregistered:")
    netlab.wait_for(lambda: not in_kernel(sites[0].lab))
    for site in sites:
        there = shell(site.lab, f"ue-{site.name}")
        netlab.wait_for(lambda t=there: not t.sas())
        assert site.do("detach").startswith("detached")
        assert there.policies() == 0 and site.public not in there.run("ip -4 addr show")
