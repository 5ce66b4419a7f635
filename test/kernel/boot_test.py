# SPDX-License-Identifier: Apache-2.0
"""What the guest's kernel has, and the lab in it as it is on any machine."""
import fcntl
import os
import socket
import struct

import pytest

import netlab

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
ESTABLISHED = "3"  # the column ST of /proc/net/sctp/assocs


def test_the_kernel_has_tun_and_sctp():
    with open("/dev/net/tun", "r+b", buffering=0) as f:
        fcntl.ioctl(f, TUNSETIFF, struct.pack("16sH14x", b"trial0", IFF_TUN | IFF_NO_PI))
        assert "trial0" in [name for _, name in socket.if_nameindex()]
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()


@pytest.fixture(scope="module")
def lab_up(machine):
    lab = netlab.Lab().up()
    yield lab
    lab.close()


def associations(lab):
    """{(local addresses, remote addresses): state} of the SCTP associations of netns home."""
    found = {}
    for row in lab.exec("home", "cat", "/proc/net/sctp/assocs").out.splitlines()[1:]:
        words = row.split()
        middle = words.index("<->")
        local = [w.strip("*") for w in words[13:middle]]
        remote = [w.strip("*") for w in words[middle + 1:] if "." in w or ":" in w]
        found[tuple(local), tuple(remote)] = words[4]
    return found


def test_the_seeds_terminal_registers(lab_up):
    said = lab_up.ue("register")
    assert said.status == 0 and "registered: sip:name@hims.net" in said.out, said.out + said.err


def test_cx_is_an_established_sctp_association_to_every_address_of_the_hss(lab_up):
    hss = [a for e in lab_up.topology().elements if e.kind == "hss" for a in (e.address, e.address6) if a]
    toward = {}
    for (_, remote), state in associations(lab_up).items():
        if any(a in remote for a in hss):
            toward[remote] = state
    assert toward and set(toward.values()) == {ESTABLISHED}, associations(lab_up)
    assert all("connected over sctp" in line.text for line in lab_up.lines()
               if line.element in ("icscf1", "scscf1") and "diameter peer" in line.text)
    assert {e.keys["net"] for e in lab_up.events() if e.proto == "cx"} == {"sctp"}
