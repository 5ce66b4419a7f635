# SPDX-License-Identifier: Apache-2.0
"""What crossed the wires of a lab that is up with --pcap, while it runs: SIP and Diameter messages with
all their octets, and between whom. tshark's view of the same file is wire.py."""
import ipaddress
import itertools
import socket
import struct
import time

import diameter_raw
import guest
import sipmsg
from terminal import sockets_of

SIP_PORT, DIAMETER_PORT, MARK_PORT, GTP_U_PORT = 5060, 3868, 9, 2152
TCP, UDP, FRAGMENT, ESP, SCTP, SYN, ACK, PCAP_HEAD = 6, 17, 44, 50, 132, 2, 16, 24


class Frame:
    """time; src, dst: element names ("ue" for everybody else); net: udp, tcp or sctp; octets of the payload;
    ports; hosts: the addresses."""

    def __init__(self, seconds, src, dst, net, octets, ports, *hosts):
        self.time, self.src, self.dst, self.net, self.octets = seconds, src, dst, net, octets
        self.ports, self.hosts = ports, hosts


def transport(kind, ip):
    """(source, destination, protocol number, UDP or TCP packet) of an IP packet, by its ethertype, or
    None. What a G-PDU carries counts, not the G-PDU."""
    if kind == 0x0800 and ip[9] == UDP and ip[22:24] == struct.pack("!H", GTP_U_PORT):
        datagram = ip[(ip[0] & 15) * 4 + 8:]
        if datagram[:2] == b"\x30\xff":
            return transport(0x86DD if datagram[8] >> 4 == 6 else 0x0800, datagram[8:])
    if kind == 0x0800 and struct.unpack_from("!H", ip, 6)[0] & 0x1FFF:
        return None  # a later fragment
    if kind == 0x0800:
        size, head = struct.unpack_from("!H", ip, 2)[0], (ip[0] & 15) * 4
        return str(ipaddress.ip_address(ip[12:16])), str(ipaddress.ip_address(ip[16:20])), ip[9], ip[head:size]
    if kind == 0x86DD:
        size = struct.unpack_from("!H", ip, 4)[0]
        if ip[6] == FRAGMENT and ip[40] == ESP and not struct.unpack_from("!H", ip, 42)[0] & 0xFFF8:
            return str(ipaddress.ip_address(ip[8:24])), str(ipaddress.ip_address(ip[24:40])), ESP, ip[48:40 + size]
        return str(ipaddress.ip_address(ip[8:24])), str(ipaddress.ip_address(ip[24:40])), ip[6], ip[40:40 + size]
    return None


def data_chunks(packet):
    """(TSN, payload) of each DATA chunk of an SCTP packet (RFC 9260 3.3.1)."""
    at = 12
    while at + 16 <= len(packet):
        kind, _, size = struct.unpack_from("!BBH", packet, at)
        if kind == 0:
            yield struct.unpack_from("!I", packet, at + 4)[0], packet[at + 16:at + size]
        at += max(4, (size + 3) & ~3)


class Capture:
    """The capture of a lab. Every question sees all that crossed a wire before it: a datagram of our own
    is sent and waited for in the file."""

    def __init__(self, lab):
        self.path = lab.pcap()
        self.marker = sockets_of(lab, "ue").make(socket.AF_INET, socket.SOCK_DGRAM)
        self.marks = itertools.count(1)
        self.at, self.found, self.next_seq, self.seen = PCAP_HEAD, [], {}, b""
        self.connects = []  # (from, to, port) of every TCP connection that was tried
        self.esp = []  # Frames of ESP; ports: (SPI, sequence number), octets: the whole ESP packet
        self.chunks = set()  # of SCTP; what is sent again is there already
        self.names, self.target = {}, None
        for e in lab.topology().elements:
            for address in (e.address, e.address6):
                if address:
                    self.names[str(ipaddress.ip_address(address))] = e.name
            if e.netns == "visited" and "." in e.address:
                self.target = (e.address, MARK_PORT)

    def frames(self):
        """Every UDP datagram, and every TCP segment and SCTP chunk with new octets, in the order of time."""
        mark = f"mark {next(self.marks)} of {self.path}".encode()
        self.marker.sendto(mark, self.target)
        end = time.time() + 5 * guest.patience()
        while self.seen != mark:
            assert time.time() < end, "the capture does not see the test's own datagram"
            self.read()
            time.sleep(0 if self.seen == mark else 0.005)
        return self.found

    def read(self):
        """What is new in the file; a last packet that is not whole yet is left for the next time."""
        with open(self.path, "rb") as f:
            f.seek(self.at)
            data = f.read()
        at = 0
        while at + 16 <= len(data):
            seconds, nanoseconds, size, _ = struct.unpack_from("IIII", data, at)
            if at + 16 + size > len(data):
                break
            self.take(seconds + nanoseconds / 1e9, data[at + 16:at + 16 + size])
            at += 16 + size
        self.at += at

    def take(self, seconds, frame):
        found = transport(struct.unpack_from("!H", frame, 12)[0], frame[14:])
        if not found or found[2] not in (TCP, UDP, ESP, SCTP):
            return
        src, dst, protocol, packet = found
        ports = struct.unpack_from("!HH" if protocol != ESP else "!II", packet)
        ends = self.names.get(src, "ue"), self.names.get(dst, "ue")
        if protocol == ESP:
            self.esp.append(Frame(seconds, *ends, "esp", packet, ports, src, dst))
        elif protocol == SCTP:
            for number, payload in data_chunks(packet):
                if (ends, ports, number) not in self.chunks:
                    self.chunks.add((ends, ports, number))
                    self.found.append(Frame(seconds, *ends, "sctp", payload, ports, src, dst))
        elif protocol == UDP and ports[1] == MARK_PORT:
            self.seen = packet[8:]
        elif protocol == UDP:
            self.found.append(Frame(seconds, *ends, "udp", packet[8:], ports, src, dst))
        else:
            seq, payload = struct.unpack_from("!I", packet, 4)[0], packet[(packet[12] >> 4) * 4:]
            flow = (src, dst, *ports)
            if packet[13] & SYN:
                self.next_seq[flow] = seq + 1
                if not packet[13] & ACK:
                    self.connects.append((*ends, ports[1]))
            elif payload and seq == self.next_seq.get(flow, seq):
                self.next_seq[flow] = seq + len(payload)
                self.found.append(Frame(seconds, *ends, "tcp", payload, ports, src, dst))

    def sip(self, call_id=None, src=None, dst=None, message=None, net=None):
        """[(Frame, sipmsg.Message)]; message: a method or a status as text."""
        found, streams = [], {}
        for f in self.frames():
            if SIP_PORT not in f.ports:
                continue
            if f.net == "udp":
                messages = [sipmsg.Message(f.octets)] if b"SIP/2.0" in f.octets[:4096] else []
            else:
                key = (f.hosts, f.ports)
                messages, streams[key] = sipmsg.messages_of(streams.get(key, b"") + f.octets)
            found += [(f, m) for m in messages
                      if (not call_id or call_id in m.all("call-id")) and (not src or f.src == src)
                      and (not dst or f.dst == dst) and (not net or f.net == net)
                      and (not message or message in (m.method, str(m.status)))]
        return found

    def leg(self, call_id, src, dst, message="REGISTER", count=1, wait_s=2.0):
        """The messages of one call from one element to another, as soon as there are so many."""
        end = time.time() + wait_s
        while True:
            found = [m for _, m in self.sip(call_id, src, dst, message)]
            if len(found) >= count:
                return found
            assert time.time() < end, f"{len(found)} of {count} {message} from {src} to {dst}"

    def cx(self, command=None, request=None):
        """[(Frame, diameter_raw.Message)] of Cx."""
        found, streams = [], {}
        for f in self.frames():
            if f.net == "udp" or DIAMETER_PORT not in f.ports:
                continue
            key = (f.src, f.dst, f.ports)  # an association may change its addresses
            stream = streams.get(key, b"") + f.octets
            while len(stream) >= 20 and len(stream) >= struct.unpack("!I", stream[:4])[0] & 0xFFFFFF:
                size = struct.unpack("!I", stream[:4])[0] & 0xFFFFFF
                m, stream = diameter_raw.Message(stream[:size]), stream[size:]
                if command in (None, m.command) and request in (None, bool(m.flags & diameter_raw.REQUEST)):
                    found.append((f, m))
            streams[key] = stream
        return found
