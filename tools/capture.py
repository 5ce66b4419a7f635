#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""capture.py FILE: write every frame of the lab's networks to a pcap file, until SIGTERM.

Listens on br0 (frames between namespaces) and on lo of every namespace (elements of one namespace
talk over its loopback). Own code because tcpdump and dumpcap want to drop to another user, which a
normal user's namespace does not have. Prints "capturing" when it does; on SIGTERM writes what has
arrived and ends."""
import ctypes
import os
import selectors
import signal
import socket
import struct
import sys

from ownfile import own

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
PACKET_OUTGOING = 4
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1
SO_TIMESTAMPNS, SO_RCVBUFFORCE = 35, 33
SNAPLEN = 262144
libc = ctypes.CDLL(None, use_errno=True)


def enter(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def open_on(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):  # the second only for the machine's root
        try:
            s.setsockopt(socket.SOL_SOCKET, option, 16 << 20)
        except PermissionError:
            pass
    s.bind((interface, ETH_P_ALL))
    index = socket.if_nametoindex(interface)
    s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("iHH8s", index, PACKET_MR_PROMISC, 0, b""))
    s.setblocking(False)
    return s


def open_all():
    sockets = [open_on("br0")]
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    for name in os.listdir("/run/netns"):
        fd = os.open("/run/netns/" + name, os.O_RDONLY)
        enter(fd)
        sockets.append(open_on("lo"))
        os.close(fd)
    enter(home)
    os.close(home)
    return sockets


def frames_of(s):
    """What waits in the socket: (seconds, nanoseconds, frame). Every frame once: on its way in."""
    while True:
        try:
            frame, extra, _, address = s.recvmsg(SNAPLEN, 256)
        except BlockingIOError:
            return
        if address[2] == PACKET_OUTGOING:
            continue
        for level, kind, data in extra:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                yield (*struct.unpack("qq", data[:16]), frame)


def main():
    end = []
    wake_r, wake_w = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(wake_w)
    signal.signal(signal.SIGTERM, lambda *_: end.append(1))
    sockets = open_all()
    selector = selectors.DefaultSelector()
    for s in sockets:
        selector.register(s, selectors.EVENT_READ)
    selector.register(wake_r, selectors.EVENT_READ)
    with open(sys.argv[1], "wb", opener=own(0o600)) as out:
        # nanosecond pcap, Ethernet
        out.write(struct.pack("IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, SNAPLEN, 1))
        print("capturing", flush=True)
        while not end:
            selector.select()
            waiting = sorted(f for s in sockets for f in frames_of(s))
            for seconds, nanoseconds, frame in waiting:
                out.write(struct.pack("IIII", seconds, nanoseconds, len(frame), len(frame)) + frame)
            out.flush()


main()
