# SPDX-License-Identifier: Apache-2.0
"""The tests' own terminal (test/net/terminal.py) inside ESP: its SAs are made with iproute2 in netns ue, so
nothing of the daemons' code is in it, and it can do all that no terminal should."""
import itertools
import socket

import espkeys
import guest
import sipmsg
import usim
from shell import shell
from terminal import Terminal, bracketed, sockets_of

KERNEL = {"hmac-sha-1-96": "hmac(sha1)", "hmac-md5-96": "hmac(md5)", "aes-cbc": "cbc(aes)",
          "des-ede3-cbc": "cbc(des3_ede)", "null": "ecb(cipher_null)"}  # what RFC 3329 and TS 33.203 name
NETNS = "ue"


def algorithms(alg, ealg, ck, ik):
    """The arguments of `ip xfrm state add` for a pair and its keys."""
    crypt = espkeys.hexed(espkeys.crypt_key(ealg, ck, ik))
    if ealg == "aes-gcm":
        return f"aead rfc4106(gcm(aes)) {crypt} 128"
    return f"auth {KERNEL[alg]} {espkeys.hexed(espkeys.auth_key(alg, ik))} enc {KERNEL[ealg]} " + (crypt or '""')


class EspTerminal(Terminal):
    """protect(401) makes the SAs; from then on ask() and send() go through them, over UDP. spoil(ck, ik) may
    give other keys than the right ones."""

    ports = itertools.count(20000, 2)
    spis = itertools.count(0x4000, 2)
    alg, ealg = "hmac-sha-1-96", "aes-cbc"

    made = ()  # the legs whose SAs are in the kernel

    def __init__(self, lab, person, local="10.60.1.1", pcscf="10.60.2.10", spoil=None):
        super().__init__(lab, person, local, pcscf, netns=NETNS)
        self.lab, self.pcscf, self.spoil = lab, pcscf, spoil
        self.ck = self.ik = self.port_ps = self.port_pc = None
        self.shell = shell(lab, NETNS)
        self.plain = self.socket
        self.us = self.server = None
        self.offer()

    def offer(self):
        """Ports and SPIs for the next set; the server port stays once there is one."""
        self.spi_c = next(self.spis)
        self.spi_s = self.spi_c + 1
        self.port_c = next(self.ports)
        self.port_s = self.us.getsockname()[1] if self.us else self.port_c + 1

    def forget(self):
        """No set, and as it was before the first."""
        self.drop()
        if self.us:
            self.us.close()
            self.socket.close()
        self.us, self.server, self.socket = None, None, self.plain
        self.offer()

    def close(self):
        self.drop()
        for s in (self.plain, self.socket, self.us):
            if s:
                s.close()

    @property
    def security_client(self):
        return (f"ipsec-3gpp; alg={self.alg}; ealg={self.ealg}; prot=esp; mod=trans; spi-c={self.spi_c}; "
                f"spi-s={self.spi_s}; port-c={self.port_c}; port-s={self.port_s}")

    @property
    def contact(self):
        return f"<sip:{self.person.name}@{bracketed(self.local)}:{self.port_s}>"

    def request(self, extra=(), **change):
        verify = {"Security_Verify": self.server} if self.server else {}
        own = {"Security_Client": self.security_client, **verify}
        if self.us:
            own["Via"] = f"SIP/2.0/UDP {bracketed(self.local)}:{self.port_s};branch=z9hG4bKe{next(self.numbers)}"
        return super().request(extra, **{**own, **change})

    def legs(self, keys):
        """(source, destination, their ports, SPI, direction) of the four SAs."""
        p, u = self.pcscf, self.local
        self.port_pc, self.port_ps = int(keys["port-c"]), int(keys["port-s"])
        return [(u, p, self.port_c, self.port_ps, int(keys["spi-s"]), "out"),
                (p, u, self.port_ps, self.port_c, self.spi_c, "in"),
                (p, u, self.port_pc, self.port_s, self.spi_s, "in"),
                (u, p, self.port_s, self.port_pc, int(keys["spi-c"]), "out")]

    def protect(self, challenge):
        """The SAs that the challenge's Security-Server and RAND lead to; the terminal then lives in them."""
        self.server = challenge.values("security-server")
        keys = next(k for k in map(sipmsg.params, self.server) if (k["alg"], k.get("ealg", "null")) == (self.alg, self.ealg))
        rand, _ = usim.read_nonce(challenge.auth("www-authenticate")["nonce"])
        ck, ik = self.usim.milenage.ck(rand), self.usim.milenage.ik(rand)
        if self.spoil:
            ck, ik = self.spoil(ck, ik)
        self.drop()
        self.ck, self.ik, self.made = ck, ik, self.legs(keys)
        self.shell.batch(*[line for leg in self.made for line in self.commands(leg)])
        if self.socket is not self.plain:
            self.socket.close()
        self.socket = self.bound(self.port_c)
        self.socket.connect((self.pcscf, int(keys["port-s"])))
        if not self.us:
            self.us = self.bound(self.port_s)

    def commands(self, leg):
        """What ip adds for one SA."""
        src, dst, sport, dport, spi, way = leg
        ends = f"src {src} dst {dst}"
        return [f"xfrm state add {ends} proto esp spi {spi} reqid {spi} mode transport replay-window 32 "
                f"{algorithms(self.alg, self.ealg, self.ck, self.ik)}",
                f"xfrm policy add {ends} proto udp sport {sport} dport {dport} dir {way} "
                f"tmpl {ends} proto esp spi {spi} reqid {spi} mode transport"]

    def drop(self):
        """The SAs and policies of this terminal go."""
        commands = []
        for src, dst, sport, dport, spi, way in self.made:
            commands += [f"xfrm state delete src {src} dst {dst} proto esp spi {spi}",
                         f"xfrm policy delete src {src} dst {dst} proto udp sport {sport} dport {dport} dir {way}"]
        if commands:
            self.shell.batch(*commands)
        self.made = ()

    def bound(self, port):
        family = socket.AF_INET6 if ":" in self.local else socket.AF_INET
        s = sockets_of(self.lab, NETNS).make(family, socket.SOCK_DGRAM)
        s.bind((self.local, port))
        return s

    def receive(self, wait_s=5.0):
        """Answers come to port_us (TS 33.203 7.1)."""
        wait_s *= guest.patience() if wait_s >= 5 else 1
        heard = self.us if self.us and self.socket is not self.plain else self.socket
        heard.settimeout(wait_s)
        try:
            return sipmsg.Message(heard.recv(65536))
        except TimeoutError:
            return None

    def register(self, auth=None, **change):
        """REGISTER, 401, SAs, REGISTER inside them: the final answer."""
        first = self.challenge(**change)
        answer = self.answer_to(first, **(auth or {}))
        self.protect(first)
        return self.ask(Authorization=answer, **change)
