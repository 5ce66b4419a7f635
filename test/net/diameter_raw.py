# SPDX-License-Identifier: Apache-2.0
"""A Diameter peer made of bytes: it says exactly what a test wants, right or wrong.

Nothing of the daemons' code is used here, so that a mistake cannot agree with itself."""

import itertools
import socket
import struct

CX = 16777216
TGPP = 10415
SESSION_ID, USER_NAME = 263, 1
ORIGIN_HOST, ORIGIN_REALM, DESTINATION_REALM = 264, 296, 283
RESULT_CODE, EXPERIMENTAL_RESULT, EXPERIMENTAL_RESULT_CODE = 268, 297, 298
FAILED_AVP, VSAI, VENDOR_ID, AUTH_APPLICATION_ID = 279, 260, 266, 258
AUTH_SESSION_STATE, HOST_IP_ADDRESS, PRODUCT_NAME, ORIGIN_STATE_ID = 277, 257, 269, 278
DISCONNECT_CAUSE = 273
VISITED, PUBLIC_IDENTITY, SERVER_NAME, CAPABILITIES, USER_DATA = 600, 601, 602, 603, 606
NUMBER_AUTH_ITEMS, SCHEME, AUTHENTICATE, AUTHORIZATION, AUTH_ITEM, ITEM_NUMBER = (
    607, 608, 609, 610, 612, 613)
ASSIGNMENT_TYPE, AUTHORIZATION_TYPE, DATA_AVAILABLE, CK, IK = 614, 623, 624, 625, 626
DIGEST_AUTHENTICATE, DIGEST_REALM, DIGEST_QOP, DIGEST_ALGORITHM, DIGEST_HA1 = 635, 104, 110, 111, 121
SUPPORTED_FEATURES, FEATURE_LIST_ID, FEATURE_LIST = 628, 629, 630
CER, DWR, DPR, UAR, SAR, LIR, MAR = 257, 280, 282, 300, 301, 302, 303
REQUEST, PROXIABLE, ERROR, RETRANSMITTED = 0x80, 0x40, 0x20, 0x10


def u32(number):
    return struct.pack("!I", number & 0xFFFFFFFF)


def avp(code, data, vendor=0, mandatory=True, length=None):
    """One AVP; length overrides what its header says."""
    if isinstance(data, str):
        data = data.encode()
    if isinstance(data, int):
        data = u32(data)
    if isinstance(data, (list, tuple)):
        data = b"".join(data)
    head = 12 if vendor else 8
    length = head + len(data) if length is None else length
    flags = (0x80 if vendor else 0) | (0x40 if mandatory else 0)
    out = struct.pack("!II", code, flags << 24 | length & 0xFFFFFF)
    if vendor:
        out += u32(vendor)
    return out + data + b"\0" * (-len(data) % 4)


def cx(code, data, **more):
    return avp(code, data, vendor=TGPP, **more)


class Message:
    """A received message: header fields and a flat list of (code, vendor, data)."""

    def __init__(self, octets):
        self.octets = octets
        (first, second, self.application, self.hop, self.end) = struct.unpack("!IIIII", octets[:20])
        self.version, self.length = first >> 24, first & 0xFFFFFF
        self.flags, self.command = second >> 24, second & 0xFFFFFF
        self.avps = list(parse(octets[20:]))

    def all(self, code, vendor=0):
        return [data for c, v, data in self.avps if c == code and v == vendor]

    def one(self, code, vendor=0):
        found = self.all(code, vendor)
        assert len(found) == 1, f"AVP {code} of vendor {vendor} is there {len(found)} times"
        return found[0]

    def number(self, code, vendor=0):
        return struct.unpack("!I", self.one(code, vendor))[0]

    def text(self, code, vendor=0):
        return self.one(code, vendor).decode()

    @property
    def result(self):
        """("RC", 2001) or ("ER", 5001); both, or none, is a failure."""
        base, experimental = self.all(RESULT_CODE), self.all(EXPERIMENTAL_RESULT)
        assert len(base) + len(experimental) == 1, "one result, not more, not less"
        if base:
            return "RC", struct.unpack("!I", base[0])[0]
        inner = {code: data for code, vendor, data in parse(experimental[0])}
        assert inner[VENDOR_ID] == u32(TGPP)
        return "ER", struct.unpack("!I", inner[EXPERIMENTAL_RESULT_CODE])[0]

    @property
    def failed(self):
        """The codes inside Failed-AVP."""
        return [code for code, _, _ in parse(self.one(FAILED_AVP))]


def parse(octets):
    while octets:
        code, rest = struct.unpack("!II", octets[:8])
        length, vendor, head = rest & 0xFFFFFF, 0, 8
        if rest >> 31:
            vendor, head = struct.unpack("!I", octets[8:12])[0], 12
        assert head <= length <= len(octets), "an AVP of our own daemon is broken"
        yield code, vendor, octets[head:length]
        octets = octets[length + -length % 4:]


class Peer:
    """A connection to the daemon under test."""

    numbers = itertools.count(0x10000)

    def __init__(self, address, host="icscf1.hims.net", realm="hims.net", connect=True):
        self.host, self.realm = host, realm
        self.socket = socket.create_connection(address, timeout=5)
        self.buffer = b""
        if connect:
            answer = self.ask(self.cer())
            assert answer.result == ("RC", 2001), answer.result
            self.settle()

    def settle(self):
        """After a lost connection the daemon wants some watchdogs answered before it serves the peer
        again (RFC 3539 3.4.1, REOPEN), and drops what it answers meanwhile."""
        self.socket.settimeout(5)
        reopening = True
        while reopening:
            self.send(self.dwr())
            reopening = False
            while (message := self.next()).flags & REQUEST:
                self.answer_watchdog(message)
                reopening = True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- making ----

    def origin(self):
        return [avp(ORIGIN_HOST, self.host), avp(ORIGIN_REALM, self.realm)]

    def message(self, command, avps, flags=REQUEST | PROXIABLE, application=CX, version=1,
                length=None, hop=None, end=None):
        body = b"".join(avps)
        length = 20 + len(body) if length is None else length
        hop = next(self.numbers) if hop is None else hop
        return struct.pack("!IIIII", version << 24 | length & 0xFFFFFF, flags << 24 | command,
                           application, hop, hop if end is None else end) + body

    def cer(self, applications=(CX,), state_id=None):
        avps = self.origin() + ([] if state_id is None else [avp(ORIGIN_STATE_ID, state_id)]) + [
            avp(HOST_IP_ADDRESS, b"\0\x01\x7f\0\0\x01"), avp(VENDOR_ID, 0),
            avp(PRODUCT_NAME, "raw", mandatory=False)]
        avps += [avp(VSAI, [avp(VENDOR_ID, TGPP), avp(AUTH_APPLICATION_ID, application)])
                 for application in applications]
        return self.message(CER, avps, flags=REQUEST, application=0)

    def dwr(self):
        return self.message(DWR, self.origin(), flags=REQUEST, application=0)

    def dpr(self, cause=0):
        return self.message(DPR, self.origin() + [avp(DISCONNECT_CAUSE, cause)], flags=REQUEST,
                            application=0)

    def session(self, tag="0a1b2c3d"):
        return avp(SESSION_ID, f"{self.host};1;{next(self.numbers)};{tag}")

    def head(self, session=None):
        return [session or self.session(),
                avp(VSAI, [avp(VENDOR_ID, TGPP), avp(AUTH_APPLICATION_ID, CX)]),
                avp(AUTH_SESSION_STATE, 1), *self.origin(), avp(DESTINATION_REALM, self.realm)]

    def uar_avps(self, impi="name.private@hims.net", impu="sip:name@hims.net", visited="vims.net",
                 kind=0, session=None):
        return self.head(session) + [
            avp(USER_NAME, impi), cx(PUBLIC_IDENTITY, impu), cx(VISITED, visited),
            cx(AUTHORIZATION_TYPE, kind)]

    def uar(self, **more):
        return self.message(UAR, self.uar_avps(**more))

    def mar(self, impi="name.private@hims.net", impu="sip:name@hims.net",
            server="sip:scscf1.hims.net", items=1, scheme="Digest-AKAv1-MD5", authorization=None):
        item = [cx(SCHEME, scheme)]
        if authorization is not None:
            item.append(cx(AUTHORIZATION, authorization))
        avps = self.head() + [avp(USER_NAME, impi), cx(PUBLIC_IDENTITY, impu), cx(AUTH_ITEM, item),
                              cx(SERVER_NAME, server)]
        if items is not None:
            avps.append(cx(NUMBER_AUTH_ITEMS, items))
        return self.message(MAR, avps)

    def sar(self, impi="name.private@hims.net", impus=("sip:name@hims.net",),
            server="sip:scscf1.hims.net", kind=1, available=0):
        avps = self.head()
        if impi:
            avps.append(avp(USER_NAME, impi))
        avps += [cx(PUBLIC_IDENTITY, impu) for impu in impus]
        return self.message(SAR, avps + [cx(SERVER_NAME, server), cx(ASSIGNMENT_TYPE, kind),
                                         cx(DATA_AVAILABLE, available)])

    def lir(self, impu="sip:name@hims.net"):
        return self.message(LIR, self.head() + [cx(PUBLIC_IDENTITY, impu)])

    def again(self, request):
        """The same request as a client sends it after it lost its connection: T bit, another
        Hop-by-Hop id, the same End-to-End id (RFC 6733 3)."""
        return (request[:4] + bytes([request[4] | RETRANSMITTED]) + request[5:12] +
                u32(next(self.numbers)) + request[16:])

    # ---- sending and hearing ----

    def send(self, octets):
        self.socket.sendall(octets)

    def receive(self, timeout=5):
        """The next message; None when the connection ends. Watchdogs are answered on the way."""
        self.socket.settimeout(timeout)
        while True:
            message = self.next()
            if message and message.command == DWR and message.flags & REQUEST:
                self.answer_watchdog(message)
                continue
            return message

    def answer_watchdog(self, dwr):
        self.send(self.message(DWR, [avp(RESULT_CODE, 2001), *self.origin()], flags=0, application=0,
                               hop=dwr.hop, end=dwr.end))

    def next(self):
        while len(self.buffer) < 4 or len(self.buffer) < self.wanted():
            try:
                octets = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not octets:
                return None
            self.buffer += octets
        length = self.wanted()
        message, self.buffer = Message(self.buffer[:length]), self.buffer[length:]
        return message

    def wanted(self):
        return struct.unpack("!I", self.buffer[:4])[0] & 0xFFFFFF

    def ask(self, octets):
        """Send one request and return its answer."""
        self.send(octets)
        answer = self.receive()
        assert answer is not None, "the connection was closed instead of an answer"
        assert octets[12:20] == answer.octets[12:20], "an answer to something else"
        return answer
