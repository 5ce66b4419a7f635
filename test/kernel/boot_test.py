# SPDX-License-Identifier: Apache-2.0
"""What the guest's kernel has, and the lab in it as it is on any machine."""
import fcntl
import os
import socket
import struct

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def test_the_kernel_has_tun_and_sctp():
    with open("/dev/net/tun", "r+b", buffering=0) as f:
        fcntl.ioctl(f, TUNSETIFF, struct.pack("16sH14x", b"trial0", IFF_TUN | IFF_NO_PI))
        assert "trial0" in [name for _, name in socket.if_nameindex()]
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()


def test_the_seeds_terminal_registers(core):
    said = core.ue("register")
    assert said.status == 0 and "registered: sip:name@hims.net" in said.out, said.out
