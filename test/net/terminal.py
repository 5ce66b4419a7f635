# SPDX-License-Identifier: Apache-2.0
"""A terminal of the tests' own: raw SIP from the namespace `ue` (or any other) over UDP and TCP, with
a USIM. It says exactly what a test wants, right or wrong; the daemons' code is not used.

    people = People(); people.add("u1")
    lab = netlab.Lab(people.lab, people.sims).up()
    Terminal(lab, people["u1"]).register()"""
import base64
import hashlib
import itertools
import socket
import time

import sipmsg
import usim

HOME = "hims.net"
SECURITY_CLIENT = "ipsec-3gpp; alg=hmac-sha-1-96; spi-c=1111; spi-s=2222; port-c=5070; port-s=5071"
# Runs in a namespace: makes the sockets that it is asked for and hands them over.
GIVER = """
import socket, sys
with socket.socket(fileno=0) as channel:
    while True:
        asked = channel.recv(100).decode().split()
        if not asked:
            break
        with socket.socket(int(asked[0]), int(asked[1])) as s:
            socket.send_fds(channel, [b"x"], [s.fileno()])
"""


class Sockets:
    """Sockets that belong to a namespace of the lab, for the test's own process."""

    def __init__(self, lab, netns):
        self.channel, theirs = socket.socketpair()
        lab.start_in(netns, "/usr/bin/python3", "-S", "-E", "-c", GIVER, stdin=theirs)
        theirs.close()
        self.channel.settimeout(10)

    def make(self, family, kind):
        self.channel.sendall(f"{int(family)} {int(kind)}".encode())
        _, (fd,), _, _ = socket.recv_fds(self.channel, 1, 1)
        return socket.socket(fileno=fd)


def sockets_of(lab, netns):
    """One giver per lab and namespace."""
    known = lab.__dict__.setdefault("givers", {})
    if netns not in known:
        known[netns] = Sockets(lab, netns)
    return known[netns]


def octets_for(name, what, count):
    """Octets that follow from a name: keys that are the same in every run."""
    return hashlib.sha256(f"{what} of {name}".encode()).hexdigest()[:2 * count]


class Person:
    """A subscriber and its card."""

    def __init__(self, number, name, impus=None, impi=None, **keys):
        self.name, self.imsi = name, f"00101{7000000000 + number}"
        self.impi = impi or f"{name}@{HOME}"
        self.impus = impus or [f"sip:{name}@{HOME}"]
        self.keys = keys
        self.k, self.opc = octets_for(name, "k", 16), octets_for(name, "opc", 16)
        self.usim = usim.Usim(self.k, self.opc)

    @property
    def impu(self):
        return self.id_of(self.impus[0])

    @staticmethod
    def id_of(impu):
        return impu["id"] if isinstance(impu, dict) else impu

    def secrets(self):
        return [self.k, self.opc]


class People(dict):
    def add(self, name, **keys):
        self[name] = Person(len(self), name, **keys)
        return self[name]

    def lab(self, conf):
        conf["subscribers"] += [{"name": p.name, "imsi": p.imsi, "impi": p.impi, "impus": p.impus, **p.keys}
                                for p in self.values()]

    def sims(self, cards):
        cards["sims"] += [{"imsi": p.imsi, "k": p.k, "opc": p.opc} for p in self.values()]


def bracketed(host):
    return f"[{host}]" if ":" in host else host


class Terminal:
    """One terminal, one registration (Call-ID); send() and receive() are raw, register() is the whole."""

    numbers = itertools.count(1)

    def __init__(self, lab, person, local="10.60.1.1", pcscf="10.60.2.10", transport="udp", port=0, netns="ue",
                 pcscf_port=5060):
        self.person, self.usim, self.transport = person, person.usim, transport
        self.number = next(self.numbers)
        self.call_id = f"{self.number}-{person.name}-{time.time_ns()}@{local}"
        self.tag, self.cseq = f"t{self.number}", 0
        self.impu = person.impu
        self.secrets = []  # CK, IK and RES of every challenge, in hex
        family = socket.AF_INET6 if ":" in local else socket.AF_INET
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = sockets_of(lab, netns).make(family, kind)
        self.socket.settimeout(5)
        self.socket.bind((local, port))
        self.socket.connect((pcscf, pcscf_port))
        self.local, self.port = local, self.socket.getsockname()[1]
        self.left = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    @property
    def call_tag(self):
        """What the logs call this registration: FNV-1a of the Call-ID (common/log.h)."""
        tag = 2166136261
        for octet in self.call_id.encode():
            tag = (tag ^ octet) * 16777619 & 0xFFFFFFFF
        return f"{tag:08x}"

    @property
    def contact(self):
        via_tcp = ";transport=tcp" if self.transport == "tcp" else ""
        return f"<sip:{self.person.name}@{bracketed(self.local)}:{self.port}{via_tcp}>"

    # ---- making ----

    def authorization(self, nonce="", response="", **more):
        """Digest parameters in the order of the seed; one that is None is left out."""
        pairs = {"username": self.person.impi, "realm": HOME, "uri": f"sip:{HOME}", "nonce": nonce,
                 "response": response, **more}
        bare = ("algorithm", "qop", "nc")
        return "Digest " + ", ".join(f"{n}={v}" if n in bare else f'{n}="{v}"' for n, v in pairs.items()
                                     if v is not None)

    def request(self, extra=(), cseq=None, uri=f"sip:{HOME}", **change):
        """A REGISTER in octets. change: header names with _ for -, to set (a str, or a list for more
        than one) or to leave out (None); extra: header lines behind them."""
        if cseq is None:
            self.cseq += 1
        own = {"Via": f"SIP/2.0/{self.transport.upper()} {bracketed(self.local)}:{self.port};rport;"
                      f"branch=z9hG4bK{self.number}x{time.time_ns()}",
               "Max-Forwards": "70", "From": f"<{self.impu}>;tag={self.tag}", "To": f"<{self.impu}>",
               "Call-ID": self.call_id, "CSeq": f"{cseq or self.cseq} REGISTER", "Contact": self.contact,
               "Expires": "600", "Authorization": self.authorization(), "Security-Client": SECURITY_CLIENT,
               "Require": "sec-agree", "Proxy-Require": "sec-agree", "Supported": "path, sec-agree"}
        own.update({name.replace("_", "-"): value for name, value in change.items()})
        lines = [f"REGISTER {uri} SIP/2.0"]
        for name, value in own.items():
            for one in [] if value is None else [value] if isinstance(value, str) else value:
                lines.append(f"{name}: {one}")
        return "\r\n".join([*lines, *extra, "Content-Length: 0", "", ""]).encode()

    def answer_to(self, challenge, change_res=None, **auth):
        """The Authorization that answers a 401; change_res(octets) may spoil RES, auth any parameter."""
        asked = challenge.auth("www-authenticate")
        rand, autn = usim.read_nonce(asked["nonce"])
        said = self.usim.answer(rand, autn)
        self.secrets += [x.hex() for x in (said.ck, said.ik, said.res)]
        res = change_res(said.res) if change_res else said.res
        qop = "auth" if "qop" in asked else None
        own = {"nonce": asked["nonce"], "algorithm": asked["algorithm"], "qop": qop, "nc": qop and "00000001",
               "cnonce": qop and "0a1b2c3d",
               "response": usim.digest(self.person.impi, HOME, res, f"sip:{HOME}", asked["nonce"], qop)}
        return self.authorization(**{**own, **auth})

    def auts_to(self, challenge):
        rand, _ = usim.read_nonce(challenge.auth("www-authenticate")["nonce"])
        return base64.b64encode(self.usim.auts(rand)).decode()

    # ---- sending and hearing ----

    def send(self, octets):
        self.socket.sendall(octets)

    def receive(self, wait_s=5.0):
        """The next message, or None when there is none for so long."""
        self.socket.settimeout(wait_s)
        try:
            if self.transport == "udp":
                return sipmsg.Message(self.socket.recv(65536))
            while True:
                found, rest = sipmsg.messages_of(self.left)
                if found:
                    self.left = b"".join([m.octets for m in found[1:]] + [rest])
                    return found[0]
                more = self.socket.recv(65536)
                if not more:
                    return None
                self.left += more
        except TimeoutError:
            return None

    def final(self, octets, wait_s=5.0):
        """The final answer to what was sent before."""
        branch = sipmsg.Message(octets).branch
        while True:
            answer = self.receive(wait_s)
            assert answer, f"no answer within {wait_s} s to\n{octets.decode()}"
            if answer.branch == branch and answer.status >= 200:
                return answer

    def ask(self, octets=None, **change):
        """Send a REGISTER (made with `change` when none is given) and hear its final answer."""
        octets = octets or self.request(**change)
        self.send(octets)
        return self.final(octets)

    def challenge(self, **change):
        answer = self.ask(**change)
        assert answer.status == 401, answer.text
        return answer

    def register(self, auth=None, **change):
        """REGISTER, 401, REGISTER: the final answer. auth: changes of the answering Authorization."""
        first = self.challenge(**change)
        return self.ask(Authorization=self.answer_to(first, **(auth or {})), **change)

    def registered(self, **change):
        answer = self.register(**change)
        assert answer.status == 200, answer.text
        return answer

    def deregister(self):
        answer = self.register(Expires="0")
        assert answer.status == 200, answer.text
        return answer
