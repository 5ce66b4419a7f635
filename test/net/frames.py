# SPDX-License-Identifier: Apache-2.0
"""What crossed the wires of a lab that is up with --pcap, while it runs: SIP and Diameter messages with
all their octets, and between whom. tshark's view of the same file is wire.py."""
import ipaddress
import struct
import time

import diameter_raw
import sipmsg

SIP_PORTS, DIAMETER_PORT = (5060,), 3868


class Frame:
    """time; src, dst: element names ("ue" for everybody else); net: udp or tcp; octets of the payload."""

    def __init__(self, seconds, src, dst, net, octets, ports):
        self.time, self.src, self.dst, self.net, self.octets, self.ports = seconds, src, dst, net, octets, ports


def packets(data):
    """(time, Ethernet frame) of a nanosecond pcap; a last one that is not whole yet is left out."""
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, size, _ = struct.unpack_from("IIII", data, at)
        if at + 16 + size > len(data):
            return
        yield seconds + nanoseconds / 1e9, data[at + 16:at + 16 + size]
        at += 16 + size


def transport(frame):
    """(source, destination, protocol number, UDP or TCP packet) of an Ethernet frame, or None."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    ip = frame[14:]
    if kind == 0x0800:
        size, head = struct.unpack_from("!H", ip, 2)[0], (ip[0] & 15) * 4
        return str(ipaddress.ip_address(ip[12:16])), str(ipaddress.ip_address(ip[16:20])), ip[9], ip[head:size]
    if kind == 0x86DD:
        size = struct.unpack_from("!H", ip, 4)[0]
        return str(ipaddress.ip_address(ip[8:24])), str(ipaddress.ip_address(ip[24:40])), ip[6], ip[40:40 + size]
    return None


class Capture:
    """The capture of a lab, read again at every question."""

    def __init__(self, lab):
        self.path = lab.pcap()
        self.names = {}
        for e in lab.topology().elements:
            for address in (e.address, e.address6):
                if address:
                    self.names[str(ipaddress.ip_address(address))] = e.name

    def frames(self):
        """Every UDP datagram, and every TCP segment with new octets, in the order of time."""
        with open(self.path, "rb") as f:
            data = f.read()
        next_seq = {}
        for seconds, frame in packets(data):
            found = transport(frame)
            if not found or found[2] not in (6, 17):
                continue
            src, dst, protocol, packet = found
            ports = struct.unpack_from("!HH", packet)
            ends = self.names.get(src, "ue"), self.names.get(dst, "ue")
            if protocol == 17:
                yield Frame(seconds, *ends, "udp", packet[8:], ports)
                continue
            seq, payload = struct.unpack_from("!I", packet, 4)[0], packet[(packet[12] >> 4) * 4:]
            flow = (src, dst, *ports)
            if packet[13] & 2:  # SYN
                next_seq[flow] = seq + 1
            elif payload and seq == next_seq.get(flow, seq):
                next_seq[flow] = seq + len(payload)
                yield Frame(seconds, *ends, "tcp", payload, ports)

    def sip(self, call_id=None, src=None, dst=None, message=None, net=None):
        """[(Frame, sipmsg.Message)]; message: a method or a status as text."""
        found, streams = [], {}
        for f in self.frames():
            if not set(f.ports) & set(SIP_PORTS) or f.ports[0] == DIAMETER_PORT or f.ports[1] == DIAMETER_PORT:
                continue
            if f.net == "udp":
                messages = [sipmsg.Message(f.octets)] if b"SIP/2.0" in f.octets[:4096] else []
            else:
                key = (f.src, f.dst, f.ports)
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
            time.sleep(0.02)

    def cx(self, command=None, request=None):
        """[(Frame, diameter_raw.Message)] of Cx."""
        found, streams = [], {}
        for f in self.frames():
            if f.net != "tcp" or DIAMETER_PORT not in f.ports:
                continue
            key = (f.src, f.dst, f.ports)
            stream = streams.get(key, b"") + f.octets
            while len(stream) >= 20 and len(stream) >= struct.unpack("!I", stream[:4])[0] & 0xFFFFFF:
                size = struct.unpack("!I", stream[:4])[0] & 0xFFFFFF
                m, stream = diameter_raw.Message(stream[:size]), stream[size:]
                if command in (None, m.command) and request in (None, bool(m.flags & diameter_raw.REQUEST)):
                    found.append((f, m))
            streams[key] = stream
        return found
