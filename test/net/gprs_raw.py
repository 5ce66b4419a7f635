# SPDX-License-Identifier: Apache-2.0
"""A terminal with its base station, a GGSN and an SGSN, raw: Gb, NAS and GTPv1-C written in Python
from the standards' tables, so that gprs-stub is read by a codec that is not its own."""
import ipaddress
import os
import random
import socket
import struct

WAIT_S = 2.0
RAI = bytes.fromhex("00f110000101")
CELL = RAI + bytes.fromhex("0001")


def crc24(data):
    c = 0xffffff
    for octet in data:
        c ^= octet
        for _ in range(8):
            c = c >> 1 ^ 0xad85dd if c & 1 else c >> 1
    c = ~c & 0xffffff
    return bytes([c & 0xff, c >> 8 & 0xff, c >> 16])


def tlv(iei, value):
    return bytes([iei]) + (bytes([0x80 | len(value)]) if len(value) < 128 else struct.pack(">H", len(value))) + value


def tlvs(data):
    """{iei: value} of NS and BSSGP elements."""
    found, at = {}, 0
    while at < len(data):
        iei, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            length &= 0x7f
        else:
            length, at = length << 8 | data[at], at + 1
        found[iei] = data[at:at + length]
        at += length
    return found


def imsi_id(imsi):
    """Mobile identity of an IMSI with an odd number of digits."""
    digits = [int(d) for d in imsi]
    assert len(digits) % 2
    return bytes([digits[0] << 4 | 9]) + bytes(digits[i + 1] << 4 | digits[i] for i in range(1, len(digits), 2))


def apn_labels(apn):
    return b"".join(bytes([len(label)]) + label.encode() for label in apn.split("."))


def pco_containers(value):
    """[(id, contents)]"""
    found, at = [], 1
    while at < len(value):
        ident, length = struct.unpack_from(">HB", value, at)
        found.append((ident, value[at + 3:at + 3 + length]))
        at += 3 + length
    return found


ASK_ALL = bytes.fromhex("80802110010000108106000000008306000000000" "00c00000100000d00001000000200")


def attach_request(identity):
    return b"\x08\x01\x02\xe5\xe0\x71\x0a\x00" + bytes([len(identity)]) + identity + \
        bytes.fromhex("00f110fffeff061453432aa060")


def activate_request(apn="ims", pco=ASK_ALL, ti=0, nsapi=5, pdp=0x21, sapi=3):
    m = bytes([ti << 4 | 0x0a, 0x41, nsapi, sapi, 12]) + bytes(12) + bytes([2, 1, pdp])
    if apn is not None:
        labels = apn_labels(apn)
        m += bytes([0x28, len(labels)]) + labels
    if pco is not None:
        m += bytes([0x27, len(pco)]) + pco
    return m


class Activated:
    """An Activate PDP Context Accept, taken apart."""

    def __init__(self, m):
        assert m[1] == 0x42, m.hex()
        self.ti, self.sapi = m[0] >> 4 & 7, m[2]
        at = 3
        self.qos = m[at + 1:at + 1 + m[at]]
        at += 1 + m[at] + 1  # and the radio priority
        self.elements = {}
        while at < len(m):
            self.elements[m[at]] = m[at + 2:at + 2 + m[at + 1]]
            at += 2 + m[at + 1]
        self.pco = pco_containers(self.elements[0x27]) if 0x27 in self.elements else None
        self.cause = self.elements[0x39][0] if 0x39 in self.elements else None
        address = self.elements[0x2b]
        self.pdp_type = address[1]
        self.hosts = []
        if self.pdp_type in (0x21, 0x8d):
            self.hosts.append(str(ipaddress.ip_address(address[2:6])))
        if self.pdp_type in (0x57, 0x8d):
            self.hosts.append(str(ipaddress.ip_address(address[-16:])))

    def pcscf(self):
        return [str(ipaddress.ip_address(v)) for ident, v in self.pco if ident in (0x000c, 0x0001)]


class Silence(Exception):
    pass


def receive(sock, wait_s=WAIT_S):
    sock.settimeout(wait_s)
    try:
        return sock.recvfrom(4096)
    except socket.timeout:
        raise Silence(f"nothing within {wait_s} s") from None


class Bss:
    """A base station system with one cell, up to the SGSN's UDP address."""

    def __init__(self, sock, sgsn):
        self.sock, self.sgsn = sock, sgsn
        self.waiting = []  # downlink frames of other terminals

    def ns(self, pdu):
        self.sock.sendto(pdu, self.sgsn)

    def receive(self, wait_s=WAIT_S):
        """The next NS PDU that is not the link's keepalive."""
        while True:
            data, _ = receive(self.sock, wait_s)
            if data[0] == 0x0a:
                self.ns(b"\x0b")
            elif data[0] != 0x0b:
                return data

    def expect(self, pdu, answer):
        self.ns(bytes.fromhex(pdu))
        data = self.receive()
        assert data.startswith(bytes.fromhex(answer)), data.hex()
        return data

    def up(self):
        self.expect("020081010182006504" "8203e9", "030182006504" "8203e9")
        self.expect("06", "07")
        self.expect("00000000" "2204820000078108", "00000000" "2304820000")
        self.expect("00000000" "2204820002078108" "0888" + CELL.hex(), "00000000" "2304820002")
        self.expect("00000002" "261e8101" "058203e8" "038203e8" "018203e8" "1c8203e8", "00000002" "271e8101")
        return self

    def alive(self):
        """NS-ALIVE of a link that is not up, until it is told so: what was sent before has been read."""
        for _ in range(40):
            self.ns(b"\x0a")
            try:
                while receive(self.sock, 0.25)[0][0] != 0x08:
                    pass
                return
            except Silence:
                pass
        raise Silence("no NS-STATUS")

    def send_llc(self, tlli, llc):
        self.ns(b"\x00\x00\x00\x02\x01" + struct.pack(">I", tlli) + bytes(3) + tlv(0x08, CELL) + tlv(0x0e, llc))

    def downlink(self, tllis, wait_s=WAIT_S, sapi=1):
        """The information of the next downlink UI frame for one of these TLLIs on this SAPI."""
        for i, (tlli, on, info) in enumerate(self.waiting):
            if tlli in tllis and on == sapi:
                del self.waiting[i]
                return info
        while True:
            data = self.receive(wait_s)
            assert data[0] == 0 and data[4] == 0, data.hex()
            tlli = struct.unpack_from(">I", data, 5)[0]
            llc = tlvs(data[12:])[0x0e]
            assert crc24(llc[:-3]) == llc[-3:]
            assert llc[0] & 0xf0 == 0x40 and llc[1] & 0xf8 == 0xc0  # command, UI
            if tlli in tllis and llc[0] & 0xf == sapi:
                return llc[3:-3]
            self.waiting.append((tlli, llc[0] & 0xf, llc[3:-3]))


class Terminal:
    """The NAS of one terminal behind a Bss."""

    def __init__(self, bss, imsi="001010000000001"):
        self.bss, self.imsi = bss, imsi
        self.tlli = 0x78000000 | random.getrandbits(24)
        self.tllis = {self.tlli}
        self.number = 0
        self.ptmsi = None

    def send(self, nas, number=None):
        n = self.number if number is None else number
        self.number = (n + 1) % 512
        llc = bytes([0x01, 0xc0 | n >> 6, (n & 0x3f) << 2 | 1]) + nas
        self.bss.send_llc(self.tlli, llc + crc24(llc))

    def receive(self, wait_s=WAIT_S):
        return self.bss.downlink(self.tllis, wait_s)

    def quiet(self, wait_s=0.3):
        try:
            m = self.receive(wait_s)
        except Silence:
            return True
        raise AssertionError(f"unexpected {m.hex()}")

    def ask(self, nas, answer):
        """Send, and the answer, which begins with these octets (hex)."""
        self.send(nas)
        m = self.receive()
        assert m.hex().startswith(answer), m.hex()
        return m

    def take_ptmsi(self, accept):
        assert accept[1] == 0x02, accept.hex()
        at = accept.index(b"\x18\x05\xf4")
        self.ptmsi = struct.unpack_from(">I", accept, at + 3)[0]
        self.tlli = self.ptmsi | 0xc0000000
        self.tllis.add(self.tlli)
        self.send(b"\x08\x03")

    def attach(self):
        self.take_ptmsi(self.ask(attach_request(imsi_id(self.imsi)), "0802"))
        return self

    def activate(self, **kw):
        return Activated(self.ask(activate_request(**kw), f"{0x8a | kw.get('ti', 0) << 4:02x}42"))

    def deactivate(self, ti=0):
        self.ask(bytes([ti << 4 | 0x0a, 0x46, 0x24, 0x91]), f"{0x8a | ti << 4:02x}47")

    def detach(self):
        self.ask(bytes.fromhex("0805011805f4") + struct.pack(">I", self.ptmsi), "080600")


# --- GTP -----------------------------------------------------------------------------------------

FIXED = {1: 1, 2: 8, 3: 6, 8: 1, 14: 1, 15: 1, 16: 4, 17: 4, 19: 1, 20: 1, 26: 2, 127: 4}
ECHO, CREATE, UPDATE, DELETE = 1, 16, 18, 20
QOS = bytes.fromhex("021b921f7396fefe74faffff00")


def gtp(kind, seq, teid=0, *elements):
    body = struct.pack(">HBB", seq, 0, 0) + b"".join(elements)
    return struct.pack(">BBHI", 0x32, kind, len(body), teid) + body


def ie(kind, value):
    value = value if isinstance(value, bytes) else bytes.fromhex(value)
    return bytes([kind]) + (value if kind < 128 else struct.pack(">H", len(value)) + value)


class Message:
    """A GTP message, taken apart: kind, teid, seq, and elements {type: [value]}."""

    def __init__(self, data):
        flags, self.kind, length, self.teid = struct.unpack_from(">BBHI", data)
        assert flags == 0x32 and length == len(data) - 8, data.hex()
        self.seq = struct.unpack_from(">H", data, 8)[0]
        self.elements, at = {}, 12
        while at < len(data):
            kind = data[at]
            if kind < 128:
                length, at = FIXED[kind], at + 1
            else:
                length, at = struct.unpack_from(">H", data, at + 1)[0], at + 3
            self.elements.setdefault(kind, []).append(data[at:at + length])
            at += length

    def get(self, kind):
        return self.elements[kind][0]

    def cause(self):
        return self.get(1)[0]

    def number(self, kind):
        return int.from_bytes(self.get(kind), "big")

    def host(self):
        """The end user address."""
        a = self.get(128)
        return str(ipaddress.ip_address(a[2:])) if len(a) > 2 else None


def create_elements(sock, imsi="001010000000001", apn="ims", nsapi=5, pdp="f121", pco=ASK_ALL, **instead):
    """The elements of a Create PDP Context Request in their order. instead: {"ie131": b""} replaces
    the whole element, {"without": [135]} leaves some out."""
    here = ipaddress.ip_address(sock.getsockname()[0]).packed
    digits = [int(d) for d in imsi] + [15] * (16 - len(imsi))
    tbcd = bytes(digits[i + 1] << 4 | digits[i] for i in range(0, 16, 2))
    elements = [ie(2, tbcd), ie(14, "01"), ie(15, "fd"), ie(16, "11110001"), ie(17, "22220001"), ie(20, bytes([nsapi])),
                ie(26, "0800"), ie(128, pdp), ie(131, apn_labels(apn) if apn else b""), ie(133, here), ie(133, here),
                ie(134, "915155100" "0"), ie(135, QOS)]
    if pco is not None:
        elements.insert(9, ie(132, pco))
    found = []
    for e in elements:
        if e[0] in instead.get("without", ()):
            continue
        found.append(instead.get(f"ie{e[0]}", e))
    return found


class Gtp:
    """A GTP-C end on a socket."""

    def __init__(self, sock, peer=None):
        self.sock, self.peer = sock, peer
        self.seq = random.getrandbits(15)

    def send(self, kind, teid=0, *elements, seq=None):
        if seq is None:
            self.seq = seq = self.seq + 1
        self.sock.sendto(gtp(kind, seq, teid, *elements), self.peer)
        return seq

    def receive(self, kind=None, wait_s=WAIT_S):
        """The next message, echo requests answered on the way unless one is wanted."""
        while True:
            data, peer = receive(self.sock, wait_s)
            m = Message(data)
            if m.kind == ECHO and kind != ECHO:
                self.sock.sendto(gtp(ECHO + 1, m.seq, 0, ie(14, "01")), peer)
                continue
            assert kind in (None, m.kind), data.hex()
            self.peer = peer
            return m

    def quiet(self, wait_s=0.3):
        try:
            m = self.receive(None, wait_s)
        except Silence:
            return True
        raise AssertionError(f"unexpected GTP message {m.kind}")

    def ask(self, kind, teid=0, *elements, seq=None):
        seq = self.send(kind, teid, *elements, seq=seq)
        m = self.receive(kind + 1)
        assert m.seq == seq
        return m

    def alive(self):
        """Echo until it is answered: a socket that was flooded has lost some."""
        for _ in range(20):
            try:
                self.send(ECHO)
                return self.receive(ECHO + 1, 0.5)
            except Silence:
                pass
        raise Silence("no answer to echo")

    def create(self, **kw):
        return self.ask(CREATE, 0, *create_elements(self.sock, **kw))

    def delete(self, teid, nsapi=5, seq=None):
        return self.ask(DELETE, teid, ie(19, "ff"), ie(20, bytes([nsapi])), seq=seq)

    def answer(self, m, *elements, teid=0):
        self.sock.sendto(gtp(m.kind + 1, m.seq, teid, *elements), self.peer)


def created(here, host="10.45.0.2", cause=128, recovery="01", pco=b""):
    """The elements of a good Create PDP Context Response."""
    here = ipaddress.ip_address(here).packed
    given = [ie(132, pco)] if pco else []
    return [ie(1, bytes([cause])), ie(8, "fe"), ie(14, recovery), ie(16, "aaaa0001"), ie(17, "bbbb0001"),
            ie(127, "0000004d"), ie(128, bytes.fromhex("f121") + ipaddress.ip_address(host).packed), *given,
            ie(133, here), ie(133, here), ie(135, QOS)]


def noise(length):
    return os.urandom(length)
