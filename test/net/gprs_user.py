# SPDX-License-Identifier: Apache-2.0
"""User packets, raw: SNDCP (TS 44.065) and G-PDUs written in Python, and IP packets to put in them, so
that gprs-stub's user plane is read by a codec that is not its own."""
import ipaddress
import struct

import gprs_raw as raw

N201_U = 500
UDP, ICMP, ESP, TCP = 17, 1, 50, 6
NO_FLAG = bytes.fromhex("80000c00000d00001000")  # P-CSCF, DNS, MTU; no IM CN signalling flag


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(src, dst, payload, protocol=UDP, fragment=0):
    """An IPv4 or IPv6 packet; fragment: the IPv4 word of flags and offset."""
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + a.packed + b.packed + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol, 0, a.packed, b.packed)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def udp(src, dst, data, ports=(5060, 5060)):
    datagram = struct.pack(">HHHH", *ports, 8 + len(data), 0) + data
    if ":" in src:
        a, b = (ipaddress.ip_address(h).packed for h in (src, dst))
        total = checksum(a + b + struct.pack(">II", len(datagram), UDP) + datagram) or 0xffff
        datagram = datagram[:6] + struct.pack(">H", total) + datagram[8:]
    return ip(src, dst, datagram)


def fragments(src, dst, data, size, ports=(5060, 5060)):
    """The IPv4 fragments of a UDP datagram, each with at most size octets behind its header."""
    datagram = struct.pack(">HHHH", *ports, 8 + len(data), 0) + data
    size -= size % 8
    return [ip(src, dst, datagram[at:at + size], UDP, at // 8 | (0x2000 if at + size < len(datagram) else 0))
            for at in range(0, len(datagram), size)]


def payload_of(packet):
    """What stands behind the UDP header."""
    return packet[28:] if packet[0] >> 4 == 4 else packet[48:]


def cut(packet, number, nsapi=5, n201_u=N201_U):
    """The SN-UNITDATA PDUs of one packet."""
    found, at, segment = [], 0, 0
    while True:
        room = n201_u - (3 if at else 4)
        more = 0x10 if at + room < len(packet) else 0
        head = bytes([(0x20 if at else 0x60) | more | nsapi]) + (b"" if at else b"\0") + \
            struct.pack(">H", segment << 12 | number)
        found.append(head + packet[at:at + room])
        at, segment = at + room, segment + 1
        if not more:
            return found


class User:
    """The user plane of a raw terminal whose context is active: host is its address."""

    def __init__(self, terminal, host, nsapi=5, sapi=3):
        self.terminal, self.host, self.nsapi, self.sapi = terminal, host, nsapi, sapi
        self.number = self.unit = 0

    def send_pdu(self, pdu, sapi=None):
        llc = bytes([sapi or self.sapi, 0xc0 | self.unit >> 6, (self.unit & 0x3f) << 2 | 1]) + pdu
        self.unit = (self.unit + 1) % 512
        self.terminal.bss.send_llc(self.terminal.tlli, llc + raw.crc24(llc))

    def send(self, packet, **kw):
        for pdu in cut(packet, self.number, self.nsapi):
            self.send_pdu(pdu, **kw)
        self.number = (self.number + 1) % 4096

    def send_udp(self, dst, data, src=None, ports=(5060, 5060)):
        self.send(udp(src or self.host, dst, data, ports))

    def receive(self, wait_s=raw.WAIT_S):
        """The next packet, put together, and in how many segments it came."""
        packet, expected = b"", 0
        while True:
            pdu = self.terminal.bss.downlink(self.terminal.tllis, wait_s, self.sapi)
            assert pdu[0] & 0x20 and pdu[0] & 0xf == self.nsapi and len(pdu) <= N201_U
            first = pdu[0] & 0x40
            numbers = struct.unpack_from(">H", pdu, 2 if first else 1)[0]
            assert numbers >> 12 == expected and bool(first) == (expected == 0)
            packet, expected = packet + pdu[4 if first else 3:], expected + 1
            if not pdu[0] & 0x10:
                return packet, expected

    def quiet(self, wait_s=0.3):
        try:
            packet, _ = self.receive(wait_s)
        except raw.Silence:
            return True
        raise AssertionError(f"unexpected {packet.hex()}")


def g_pdu(teid, packet, flags=0x30, optional=b""):
    return struct.pack(">BBHI", flags, 255, len(optional) + len(packet), teid) + optional + packet


def packet_of(data):
    """(TEID, packet) of a G-PDU without options."""
    flags, kind, length, teid = struct.unpack_from(">BBHI", data)
    assert (flags, kind, length) == (0x30, 255, len(data) - 8), data.hex()
    return teid, data[8:]


def error_indication(teid, host, seq=1):
    return raw.gtp(26, seq, 0, raw.ie(16, struct.pack(">I", teid)), raw.ie(133, ipaddress.ip_address(host).packed))
