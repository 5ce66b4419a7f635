# SPDX-License-Identifier: Apache-2.0
"""The real terminal under answers that are wrong: a relay between it and the real SGSN changes what comes down
(NS, BSSGP, LLC, and GMM and SM under a right FCS), and a P-CSCF that is a script changes its SIP answers. No
answer may stop it, make it print what a screen obeys, or make two lines of log out of one message; and when the
network is right again, it registers.

UE_FUZZ_ROUNDS=1000 UE_FUZZ_SEED=7 for a longer run by hand."""
import base64
import os
import random
import re
import select
import socket
import struct
import subprocess
import threading
import time

import pytest

import gprs_raw as raw
import logline
import netlab
import sipmsg
import usim
from gprs_bench import SGSN, Bench

RELAY, PCSCF = "127.0.0.21", "10.60.2.10"
ROUNDS = int(os.environ.get("UE_FUZZ_ROUNDS", "10"))
SEED = int(os.environ.get("UE_FUZZ_SEED", "1"))
TIMERS = {"t3310_ms": 60, "t3321_ms": 60, "t3380_ms": 60, "t3390_ms": 60, "t3350_ms": 60, "t3360_ms": 60, "t3370_ms": 60,
          "t3395_ms": 60, "nas_tries": 2, "ns_reset_ms": 60, "sip_t1_ms": 40, "sip_t2_ms": 40, "sip_t4_ms": 100,
          "sip_t1x64_ms": 250, "ue_retry_ms": 50}
# What a peer would like to write into a log and onto a screen.
FORGED = b"x\r\n2026-11-24T13:44:46.000000Z ue info call=- == registered impu=sip:forged@hims.net\n"
PIECES = [FORGED, b"\x1b[2J\x1b]0;owned\x07", b"\xc2\x9b2J", b"\n", b"\r", b"\0", b'"', b"<", b">", b";", b",", b"=",
          b"%n%s", b"\xff\xff\xff\xff", b"A" * 300, b"-1", b"99999999999999999999", b"sip:", b"[::1", b"\\"]
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def spoil(chance, octets):
    """Some octets changed, taken out, doubled or put in."""
    octets = bytearray(octets or b"\0")
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        at, change = chance.randrange(len(octets)), chance.randrange(6)
        if change < 2:
            octets[at] = chance.choice([0, 0xff, 0x80, octets[at] ^ 1 << chance.randrange(8), chance.randrange(256)])
        elif change == 2:
            octets[at:at] = chance.choice(PIECES)
        elif change == 3:
            del octets[at:at + chance.choice([1, 2, 4, 2000])]
        elif change == 4:
            begin = chance.randrange(len(octets))
            octets[at:at] = octets[begin:begin + chance.randrange(1, 30)]
        else:
            octets += bytes(chance.randrange(256) for _ in range(chance.randrange(1, 20)))
        octets = octets or bytearray(b"\0")
    return bytes(octets[:4000])


def spoil_gb(chance, pdu):
    """Down to the layer that chance names; the checksums above it are right."""
    depth = chance.choice(["ns", "bssgp", "llc", "nas", "nas", "nas", "nas"])
    if pdu[:1] != b"\0" or pdu[4:5] != b"\0" or depth == "ns":
        return spoil(chance, pdu)
    llc = raw.tlvs(pdu[12:]).get(0x0e)
    if depth == "bssgp" or not llc or len(llc) < 7:
        return pdu[:4] + spoil(chance, pdu[4:])
    head, nas = llc[:3], llc[3:-3]
    frame = spoil(chance, head + nas) if depth == "llc" else head + spoil(chance, nas)
    if len(frame) > 1500:
        return pdu
    return pdu[:12] + raw.tlv(0x0e, frame + raw.crc24(frame))


class Wrong(threading.Thread):
    """Somebody between the terminal and the network; chance None: right answers only."""

    def __init__(self, sockets):
        super().__init__(daemon=True)
        self.sockets, self.chance, self.sent, self.over = sockets, None, 0, False
        self.start()

    def often(self, share):
        """What to be wrong by, or None: be right this time."""
        chance = self.chance
        if not chance or chance.random() >= share:
            return None
        self.sent += 1
        return chance

    def run(self):
        while not self.over:
            for s in select.select(self.sockets, [], [], 0.1)[0]:
                try:
                    self.take(s, *s.recvfrom(65536))
                except OSError:
                    continue  # ICMP: the terminal is not there

    def end(self):
        self.over = True
        self.join(5)


class Relay(Wrong):
    def __init__(self, bench):
        self.lower, self.upper, self.terminal, self.last = bench.socket(RELAY, 2157), bench.socket(RELAY), None, b"\0"
        super().__init__([self.lower, self.upper])

    def take(self, s, data, peer):
        if s is self.lower:
            self.terminal = peer
            self.upper.sendto(data, (SGSN, 2157))
        elif self.terminal:
            chance = self.often(0.2)
            if chance:
                data = chance.choice([spoil_gb(chance, data)] * 5 + [self.last])
            self.last = data
            self.lower.sendto(data, self.terminal)


class Pcscf(Wrong):
    HEADERS = ["Warning: 399 x \"%s\"", "Reason: SIP;cause=1;text=\"%s\"", "Min-Expires: 7", "Retry-After: 1", "Server: %s",
               "Security-Server: ipsec-3gpp;alg=%s;spi-c=1;spi-s=2;port-c=3;port-s=4", "P-Associated-URI: <sip:%s>",
               "Service-Route: <sip:%s;lr>", "Contact: <sip:%s>;expires=5", "Path: <sip:%s;lr>", "Expires: 3",
               "WWW-Authenticate: Digest realm=\"%s\", nonce=\"AAAA\", algorithm=AKAv1-MD5"]

    def __init__(self, bench):
        self.card = netlab.load("sims.yaml")["sims"][0]
        self.milenage, self.sqn = usim.Usim(self.card["k"], self.card["opc"]).milenage, 1 << 20
        super().__init__([bench.socket(PCSCF, 5060)])

    def nonce(self):
        rand = random.Random(self.sqn).randbytes(16)
        self.sqn += 32
        sqn, amf = self.sqn.to_bytes(6, "big"), bytes.fromhex(self.card.get("amf", "8000"))
        autn = usim.xor(sqn, self.milenage.res_ak(rand)[1]) + amf + self.milenage.f1(rand, sqn, amf)[0]
        return base64.b64encode(rand + autn).decode()

    def lines(self, m):
        """The right answer."""
        if not m.values("authorization"):  # a SUBSCRIBE
            return ["SIP/2.0 200 OK"], ["Contact: <sip:watch@scscf1.hims.net>", "Expires: 600"]
        answered = 'response=""' not in m.one("authorization")
        if not answered:
            return ["SIP/2.0 401 Unauthorized"], [
                f'WWW-Authenticate: Digest realm="hims.net", nonce="{self.nonce()}", algorithm=AKAv1-MD5']
        contact = m.one("contact").split(";expires")[0]
        return ["SIP/2.0 200 OK"], [f"Contact: {contact};expires=600", "P-Associated-URI: <sip:name@hims.net>",
                                    "Service-Route: <sip:orig@scscf1.hims.net;lr>"]

    def take(self, s, data, peer):
        m = sipmsg.Message(data)
        first, more = self.lines(m)
        same = [f"{name}: {value}" for name, value in m.headers if name in ("via", "from", "to", "call-id", "cseq")]
        chance = self.often(0.5)
        if chance:
            piece = chance.choice(["x", "x@h", "\x1b[2J\x07", "\\\"", "A" * 400, "%n", "\u009b2J"])
            change = chance.randrange(5)
            if change == 0:
                status = chance.choice([100, 200, 202, 301, 400, 401, 403, 420, 421, 423, 480, 494, 500, 503, 600, 699])
                first = [f"SIP/2.0 {status} {piece}"]
            if change in (1, 2):
                more += [h.replace("%s", piece) for h in chance.sample(self.HEADERS, 3)]
            if change == 3:
                more = [spoil(chance, one.encode()).decode("latin-1") for one in more]
        text = "\r\n".join([*first, *same, *more, "Content-Length: 0", "", ""]).encode("utf-8", "surrogateescape")
        chance = self.often(0.15)
        s.sendto(spoil(chance, text) if chance else text, peer)


class Terminal:
    """The process, fed by a pipe."""

    def __init__(self, bench):
        conf = netlab.yaml.load(open(bench.conf, encoding="utf-8"), netlab.yaml.BaseLoader)
        conf["sgsn"]["address"] = RELAY
        conf["terminals"][0].update(gb_address="127.0.0.22", interface="lo")
        path = os.path.join(bench.folder, "ue.yaml")
        with open(path, "w", encoding="utf-8") as f:
            netlab.yaml.safe_dump(conf, f)
        self.path = os.path.join(bench.folder, "ue.log")
        self.log = open(self.path, "wb")
        self.process = subprocess.Popen(
            bench.inside(os.path.join(netlab.BIN, "ue"), "-c", path, "--name", "name", "--state-dir",
                         os.path.join(bench.folder, "ue-state"), "--log", "debug"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, bufsize=0)
        self.said, self.count = b"", 0

    def line(self, until):
        while b"\n" not in self.said:
            left = until - time.time()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            more = os.read(self.process.stdout.fileno(), 65536)
            assert more, f"it died:\n{self.text()[-6000:]}"
            self.said += more
        line, self.said = self.said.split(b"\n", 1)
        line = line.decode(errors="replace")
        assert not CONTROL.search(line) and "\u009b" not in line, repr(line)
        return line

    def do(self, command, wait_s=10.0):
        """The lines of one command: how it ended, and what nobody asked for. No such command marks the end."""
        self.count += 1
        self.process.stdin.write(f"{command}\nmark{self.count}\n".encode())
        lines, until = [], time.time() + wait_s
        while not lines or f"no command 'mark{self.count}'" not in lines[-1]:
            lines.append(self.line(until))
            assert lines[-1] is not None, f"'{command}' never ended: {lines}\n{self.text()[-3000:]}"
        return lines[:-1]

    def text(self):
        with open(self.path, encoding="utf-8", errors="surrogateescape") as f:
            return f.read()

    def end(self):
        self.process.stdin.close()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.process.stdout.close()
        self.log.close()
        return status


@pytest.fixture
def made(machine):
    bench = Bench({"timers": TIMERS, "sgsn": {"address": SGSN, "address6": None, "authentication": "on"},
                   "user_plane": "off", "pcscf": [{"name": "pcscf1", "address": PCSCF}]})
    bench.run("ip", "address", "add", f"{PCSCF}/32", "dev", "lo")
    bench.start("ggsn", "sgsn")
    relay, pcscf, terminal = Relay(bench), Pcscf(bench), Terminal(bench)
    yield relay, pcscf, terminal
    terminal.process.poll() is None and terminal.process.kill()
    relay.end()
    pcscf.end()
    bench.close()


def registers(t):
    """From wherever it is; it may have to forget something first."""
    for _ in range(6):
        for command in ("deregister", "detach", "attach", "activate", "register"):
            lines = t.do(command)
        if any(line.startswith("registered: ") for line in lines):
            return True
    return False


def test_no_answer_stops_the_terminal_or_writes_into_its_log_or_onto_the_screen(made):
    relay, pcscf, t = made
    assert registers(t), t.text()[-3000:]
    relay.chance, pcscf.chance = random.Random(SEED), random.Random(SEED + 1)
    failed, begun = 0, time.time()
    for _ in range(ROUNDS):
        for command in ("attach", "activate", "register", "status", "register", "deregister", "detach"):
            failed += any(line.startswith("failed") for line in t.do(command))
    wrong = relay.sent + pcscf.sent
    relay.chance = pcscf.chance = None
    print(f"{ROUNDS} rounds, {wrong} wrong answers, {failed} commands failed, {time.time() - begun:.1f} s")
    assert wrong > 2 * ROUNDS
    assert registers(t), t.text()[-3000:]
    assert t.end() == 1, t.text()[-6000:]  # a command failed: each mark
    text = t.text()
    assert not netlab.REPORTS.search(text), text[-6000:]
    for line in text.split("\n")[:-1]:
        assert logline.parse(line) and not CONTROL.search(line) and "\u009b" not in line, repr(line)
    decided = [logline.parse(line) for line in text.split("\n") if " == registered " in line]
    assert {line.keys["impu"] for line in decided if line.mark == "=="} == {"sip:name@hims.net"}
