# SPDX-License-Identifier: Apache-2.0
"""Bad SIP against one real pcscf on loopback, with this test as terminal and I-CSCF (no lab, no namespaces)."""
import collections
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest
import yaml

import logline
import netlab

ELEMENT = "127.0.61.1"  # the pcscf
ICSCF = "127.0.61.2"  # the test's own
UE = "127.0.61.3"
CRLF = "\r\n"


def free_port(address):
    """A port that is free for UDP and TCP right now."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            try:
                udp.bind((address, tcp.getsockname()[1]))
            except OSError:
                continue
            return tcp.getsockname()[1]


def complete(lines):
    return b"\r\n".join([*lines, b"Content-Length: 0", b"", b""])


class Icscf(threading.Thread):
    """Answers every REGISTER with 401, and with the header lines in extra."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.bind((ICSCF, 0))
        self.port = self.socket.getsockname()[1]
        self.heard = collections.deque([b""], maxlen=100)
        self.extra = []
        self.answers = complete
        self.start()

    def run(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            self.heard.append(data)
            keep = [line for line in data.split(b"\r\n\r\n")[0].split(b"\r\n")
                    if re.match(rb"(?i)(via|from|to|call-id|cseq) *:", line)]
            self.socket.sendto(self.answers([b"SIP/2.0 401 Unauthorized", *keep, *self.extra]), peer)


class Pcscf:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="imslab-sip-")
        self.icscf = Icscf()
        self.port = free_port(ELEMENT)
        self.ue = socket.socket(type=socket.SOCK_DGRAM)
        self.ue.bind((UE, 0))
        conf = netlab.load("lab.yaml")
        netlab.merge(conf, {"timers": {"sip_t1_ms": 100, "sip_t1x64_ms": 2000, "dns_wait_ms": 100, "dns_tries": 1},
                            "pcscf": [{"name": "pcscf1", "address": ELEMENT, "port": str(self.port)}],
                            "icscf": [{"name": "icscf1", "address": ICSCF, "port": str(self.icscf.port)}]})
        shutil.copy(os.path.join(netlab.TOP, "conf", "sims.yaml"), self.dir)
        os.chmod(os.path.join(self.dir, "sims.yaml"), 0o600)
        with open(os.path.join(self.dir, "lab.yaml"), "w", encoding="utf-8") as f:
            yaml.safe_dump(conf, f)
        self.log = open(os.path.join(self.dir, "log"), "w+b")
        self.process = subprocess.Popen([os.path.join(netlab.BIN, "pcscf"), "-c", os.path.join(self.dir, "lab.yaml")],
                                        stderr=self.log, stdout=self.log,
                                        env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=4"})
        netlab.wait_for(lambda: b"ready" in self.said() or self.process.poll() is not None)
        self.check_alive()
        self.rss_kb = self.rss()

    def said(self):
        with open(os.path.join(self.dir, "log"), "rb") as f:
            return f.read()

    def check_alive(self):
        assert self.process.poll() is None, self.said()[-6000:].decode(errors="replace")

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1))

    def close(self):
        self.check_alive()
        self.process.terminate()
        status = self.process.wait(5)
        said = self.said().decode(errors="replace")
        self.icscf.socket.close()
        self.ue.close()
        self.log.close()
        shutil.rmtree(self.dir)
        assert not netlab.REPORTS.search(said), said[-6000:]
        assert status == 0


@pytest.fixture(scope="module")
def running():
    p = Pcscf()
    yield p
    p.close()


@pytest.fixture
def pcscf(running):
    """The process, which is alive and serves a registration after the test as before."""
    yield running
    running.check_alive()
    assert registers(running) == 401


count = 0


def via(pcscf, transport, branch):
    return f"SIP/2.0/{transport} {UE}:{pcscf.ue.getsockname()[1]};rport;branch=z9hG4bK{branch}x{os.getpid()}"


def request(pcscf, method="OPTIONS", headers=(), body="", drop=(), transport="UDP", **change):
    """A request with everything in order, and the changes that the case wants: change[name] replaces a
    header's value, drop takes a header away, headers are added."""
    global count
    count += 1
    uri = f"sip:{ICSCF}:{pcscf.icscf.port}" if method == "REGISTER" else f"sip:{ELEMENT}:{pcscf.port}"
    own = {"Via": via(pcscf, transport, str(count)), "Max-Forwards": "70",
           "From": "<sip:name@hims.net>;tag=1", "To": "<sip:name@hims.net>", "Call-ID": f"{count}@{UE}",
           "CSeq": f"{count} {method}", "Contact": f"<sip:{UE}:5060>", "Content-Length": str(len(body.encode()))}
    for name, value in change.items():
        own[name.replace("_", "-")] = value
    lines = [f"{method} {change.get('uri', uri)} SIP/2.0"]
    lines += [f"{name}: {value}" for name, value in own.items() if name not in (*drop, "uri")]
    return CRLF.join([*lines, *headers, "", body])


def tcp_request(pcscf, *args, **change):
    return request(pcscf, *args, transport="TCP", **change)


def octets(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def status_of(data):
    m = re.match(rb"SIP/2\.0 (\d{3}) ", data or b"")
    return int(m.group(1)) if m else None


def over_udp(pcscf, text, wait_s=1.0, strict=False):
    """The status of the answer, or None when there is none; late answers to other cases are passed over. strict:
    it must have the Call-ID of the question, else it may have none."""
    call = re.search(rb"(?m)^Call-ID: *(.+?)\r?$", octets(text))
    end = time.time() + wait_s
    pcscf.ue.sendto(octets(text), (ELEMENT, pcscf.port))
    while True:
        pcscf.ue.settimeout(max(end - time.time(), 0.001))
        try:
            answer = pcscf.ue.recv(65536)
        except TimeoutError:
            return None
        its = re.search(rb"(?m)^Call-ID: *(.+?)\r?$", answer)
        if not call or (its and call.group(1) == its.group(1)) or (not its and not strict):
            return status_of(answer)


def dial(pcscf, wait_s=2.0):
    s = socket.create_connection((ELEMENT, pcscf.port), wait_s)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def read_answers(s, wanted):
    """That many answers (ours have no body), or those that came before the peer closed or fell silent."""
    data = b""
    while data.count(b"\r\n\r\n") < wanted:
        try:
            more = s.recv(65536)
        except (TimeoutError, ConnectionError):
            break
        if not more:
            break
        data += more
    return [a.lstrip() for a in data.split(b"\r\n\r\n") if a.strip()]


def over_tcp(pcscf, text, wait_s=2.0):
    """The status of the answer; None: silent; "closed"."""
    with dial(pcscf, wait_s) as s:
        try:
            s.sendall(octets(text))
            answer = s.recv(65536)
        except TimeoutError:
            return None
        except ConnectionError:
            return "closed"
        return status_of(answer) or "closed"


def registers(pcscf):
    return over_udp(pcscf, request(pcscf, "REGISTER"), 3, strict=True)


def is_refusal(status):
    return isinstance(status, int) and 400 <= status < 600


def test_ROB_02_a_request_over_tcp_may_be_split_at_every_octet(pcscf):
    with dial(pcscf) as s:
        for at in range(1, len(tcp_request(pcscf, body="v=0\r\n"))):
            text = octets(tcp_request(pcscf, body="v=0\r\n", Call_ID=f"split{at:04}"))
            s.sendall(text[:at])
            time.sleep(0.001)
            s.sendall(text[at:])
            answers = read_answers(s, 1)
            assert [status_of(a) for a in answers] == [200], at
            assert b"split%04d" % at in answers[0]


def test_ROB_02_octet_by_octet(pcscf):
    with dial(pcscf) as s:
        for octet in octets(tcp_request(pcscf, "REGISTER")):
            s.sendall(bytes([octet]))
        assert [status_of(a) for a in read_answers(s, 1)] == [401]


def test_ROB_03_fifty_requests_in_one_segment_are_answered_in_order(pcscf):
    with dial(pcscf) as s:
        s.sendall(b"".join(octets(tcp_request(pcscf, Call_ID=f"pipe{i:02}")) for i in range(50)))
        answers = read_answers(s, 50)
    assert [status_of(a) for a in answers] == [200] * 50
    assert [re.search(rb"pipe(\d\d)", a).group(1) for a in answers] == [b"%02d" % i for i in range(50)]


def test_ROB_03_fifty_registers_in_one_segment_are_all_answered(pcscf):
    with dial(pcscf) as s:
        s.sendall(b"".join(octets(tcp_request(pcscf, "REGISTER", Call_ID=f"pipe{i:02}")) for i in range(50)))
        answers = read_answers(s, 50)
    assert [status_of(a) for a in answers] == [401] * 50
    assert len({re.search(rb"pipe(\d\d)", a).group(1) for a in answers}) == 50


def test_ROB_03_empty_lines_between_requests_are_no_requests(pcscf):
    with dial(pcscf) as s:
        s.sendall(b"\r\n\r\n" + octets(tcp_request(pcscf)) + b"\r\n\r\n\r\n\r\n" + octets(tcp_request(pcscf)))
        answers = [a for a in read_answers(s, 3) if a]
    assert [status_of(a) for a in answers if status_of(a)] == [200, 200]


def test_ROB_04_tcp_without_content_length_is_refused(pcscf):
    assert over_tcp(pcscf, tcp_request(pcscf, "REGISTER", drop=("Content-Length",)), 4) in (400, "closed")
    with dial(pcscf, 4) as s:
        s.sendall(octets(tcp_request(pcscf, drop=("Content-Length",))))
        s.shutdown(socket.SHUT_WR)
        assert [status_of(a) for a in read_answers(s, 1)] in ([400], [])


def test_ROB_04_udp_without_content_length_has_the_rest_of_the_datagram_as_its_body(pcscf):
    assert over_udp(pcscf, request(pcscf, "REGISTER", body="the body", drop=("Content-Length",))) == 401
    assert pcscf.icscf.heard[-1].endswith(b"\r\n\r\nthe body")


HUGE = {
    "a header line of 64 KB": lambda p: request(p, headers=["X-Long: " + "x" * 60000]),
    "a Via of 64 KB": lambda p: request(p, Via=via(p, "UDP", "y" * 60000)),
    "a Contact of 64 KB": lambda p: request(p, "REGISTER", Contact=f"<sip:{'z' * 60000}@{UE}>"),
    "10000 headers": lambda p: request(p, headers=["X: 1"] * 10000),
    "1000 Vias": lambda p: request(p, "REGISTER", headers=["Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKv"] * 1000),
    "200 Record-Routes": lambda p: request(p, "REGISTER", headers=["Record-Route: <sip:192.0.2.1;lr>"] * 200),
    "1000 Routes": lambda p: request(p, "REGISTER", headers=["Route: <sip:192.0.2.1;lr>"] * 1000),
    "1000 contacts": lambda p: request(p, "REGISTER", headers=[f"Contact: <sip:{i}@{UE}>" for i in range(1000)]),
    "1000 Authorizations": lambda p: request(p, "REGISTER", headers=['Authorization: Digest username="x"'] * 1000),
    "10000 parameters": lambda p: request(p, "REGISTER", Contact=f"<sip:{UE}>" + ";p=1" * 10000),
    "a body of 50 KB": lambda p: request(p, "REGISTER", body="b" * 50000),
    "a body of 1 MB": lambda p: request(p, "REGISTER", body="b" * 1000000),
    "a header line of 1 MB": lambda p: request(p, headers=["X-Long: " + "x" * 1000000]),
}


@pytest.mark.parametrize("transport, case", [(t, c) for t in ("udp", "tcp") for c in HUGE
                                             if t == "tcp" or "1 MB" not in c])  # no datagram is that long
def test_ROB_06_a_huge_message_is_answered_or_refused_and_memory_is_bounded(pcscf, case, transport):
    text = HUGE[case](pcscf)
    if transport == "udp":
        assert over_udp(pcscf, text, 4) is not None
    else:
        assert over_tcp(pcscf, text.replace("Via: SIP/2.0/UDP 127", "Via: SIP/2.0/TCP 127")) is not None
    assert pcscf.rss() - pcscf.rss_kb < 100 * 1024


@pytest.mark.parametrize("endless", ["X-More: 1\r\n", "x", "\r\n"])
def test_ROB_06_a_message_that_never_ends_is_cut_off_or_costs_nothing(pcscf, endless):
    start = "\r\n" if endless == "\r\n" else f"OPTIONS sip:{ELEMENT} SIP/2.0\r\nX-A: "
    with dial(pcscf) as s:
        try:
            s.sendall(octets(start))
            for _ in range(128):
                s.sendall(octets(endless * (65536 // len(endless))))
        except (ConnectionError, TimeoutError):
            pass
        assert pcscf.rss() - pcscf.rss_kb < 100 * 1024
    assert over_udp(pcscf, request(pcscf)) == 200


NUMBERS = ["-1", "0", "4294967295", "4294967296", "2147483648", "99999999999999999999999999", "1e9", "0x10", "", "x"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("header", ["CSeq", "Expires", "Max-Forwards", "RSeq", "Retry-After", "Min-Expires", "Content-Length",
                                    "Session-Expires", "Timestamp"])
def test_ROB_07_numbers_out_of_range(pcscf, header, number):
    value = f"{number} REGISTER" if header == "CSeq" else number
    if header in ("CSeq", "Max-Forwards", "Content-Length"):
        text = request(pcscf, "REGISTER", body="12345678", **{header.replace("-", "_"): value})
    else:
        text = request(pcscf, "REGISTER", headers=[f"{header}: {value}"])
    status = over_udp(pcscf, text, 0.5)
    assert status in (None, 401) or is_refusal(status)
    if header == "Max-Forwards" and number == "0":
        assert status == 483
    if header in ("Max-Forwards", "CSeq") and number in ("-1", "99999999999999999999999999", "x", ""):
        assert status is None or is_refusal(status) and status != 401


@pytest.mark.parametrize("number", NUMBERS)
def test_ROB_07_content_length_over_tcp(pcscf, number):
    status = over_tcp(pcscf, tcp_request(pcscf, body="12345678", Content_Length=number), 0.3)
    assert status in (None, 200, "closed") or is_refusal(status)


@pytest.mark.parametrize("where", ["uri=sip:127.0.61.2:%s", "Contact=<sip:127.0.61.3:%s>;expires=1", "To=<sip:n@h:%s>",
                                   "Contact=<sip:127.0.61.3>;expires=%s", "Contact=<sip:127.0.61.3>;q=%s",
                                   "Via=SIP/2.0/UDP 127.0.61.3:%s;branch=z9hG4bKport%s;rport",
                                   "Via=SIP/2.0/UDP 127.0.61.3;ttl=%s;branch=z9hG4bKttl%s;rport"])
@pytest.mark.parametrize("number", ["-1", "65536", "99999999999999", "x"])
def test_ROB_07_ports_and_parameters_out_of_range(pcscf, where, number):
    name, value = where.split("=", 1)
    text = request(pcscf, "REGISTER", **{name: value.replace("%s", number)})
    status = over_udp(pcscf, text, 0.5)
    assert status in (None, 401) or is_refusal(status)


ODD = {
    "NUL in a header": lambda t: t.replace("Max-Forwards", "X-Nul: a\0b\r\nMax-Forwards"),
    "NUL in the Request-URI": lambda t: t.replace("sip:", "sip:a\0b@", 1),
    "NUL in From": lambda t: t.replace("From: ", 'From: "a\0b" '),
    "NUL first": lambda t: "\0" + t,
    "only NULs": lambda t: "\0" * 200,
    "bad UTF-8 in From": lambda t: t.replace("From: ", 'From: "\udcff\udcfe\udcc0\udcaf" '),
    "bad UTF-8 in the Request-URI": lambda t: t.replace("sip:", "sip:\udcff@", 1),
    "bad UTF-8 in a method": lambda t: "\udcff" + t,
    "bad UTF-8 in a header name": lambda t: t.replace("Max-Forwards", "X-\udcff: 1\r\nMax-Forwards"),
    "bad UTF-8 in Authorization": lambda t: t.replace("Max-Forwards",
                                                      'Authorization: Digest username="\udcff", realm="\udcff"\r\nMax-Forwards'),
    "an unclosed quote in Authorization": lambda t: t.replace("Max-Forwards",
                                                              'Authorization: Digest username="x\r\nMax-Forwards'),
    "bare LF": lambda t: t.replace("\r\n", "\n"),
    "bare CR": lambda t: t.replace("\r\n", "\r"),
    "LF CR": lambda t: t.replace("\r\n", "\n\r"),
    "a bare CR inside a header": lambda t: t.replace("Max-Forwards", "X-Cr: a\rb\r\nMax-Forwards"),
    "escape sequences for a terminal": lambda t: t.replace("Max-Forwards", "X-Esc: \x1b[2J\r\nMax-Forwards"),
    "escape sequences in From": lambda t: t.replace("From: ", 'From: "\x1b[2J\x07" '),
    "a folded header": lambda t: t.replace("To: ", "To:\r\n   "),
    "a format string": lambda t: t.replace("Call-ID: ", "Call-ID: %n%s%n%s%x"),
    "no header at all": lambda t: t.split("\r\n")[0] + "\r\n\r\n",
    "no Via": lambda t: re.sub(r"Via: .*\r\n", "", t),
    "no Call-ID": lambda t: re.sub(r"Call-ID: .*\r\n", "", t),
    "no From": lambda t: re.sub(r"From: .*\r\n", "", t),
    "no CSeq": lambda t: re.sub(r"CSeq: .*\r\n", "", t),
    "CSeq of another method": lambda t: t.replace(" REGISTER\r\n", " INVITE\r\n"),
    "two From": lambda t: t.replace("To: ", "From: <sip:b@b>;tag=2\r\nTo: "),
    "two To": lambda t: t.replace("To: ", "To: <sip:b@b>\r\nTo: "),
    "a version of the future": lambda t: t.replace("SIP/2.0\r\n", "SIP/7.0\r\n", 1),
    "spaces in the first line": lambda t: t.replace("REGISTER sip", "REGISTER   sip", 1),
    "cut in the middle": lambda t: t[: len(t) // 2],
    "empty": lambda t: "",
    "one octet": lambda t: "R",
    "an answer that nobody asked for": lambda t: t.replace(t.split("\r\n")[0], "SIP/2.0 200 OK"),
    "an answer to nothing with our own Via": lambda t: t.replace(t.split("\r\n")[0], "SIP/2.0 200 OK").replace(
        "Via: SIP/2.0/UDP 127.0.61.3", "Via: SIP/2.0/UDP pcscf1.vims.net"),
    "a broken Security-Client": lambda t: t.replace("Max-Forwards", "Security-Client: ;;;\r\nMax-Forwards"),
    "a Warning of nonsense": lambda t: t.replace("Max-Forwards", "Warning: \"\r\nMax-Forwards"),
}
# What must come of it; everything else: an answer of any kind, or none.
EXPECTED = {"bare LF": (401,), "a folded header": (401,), "a format string": (401,), "bad UTF-8 in From": (401,),
            "no Call-ID": (400,), "no CSeq": (400,), "no From": (400,), "no Via": (None, 400), "CSeq of another method": (400,),
            "a version of the future": (505,), "an answer that nobody asked for": (None,), "a broken Security-Client": (401,),
            "escape sequences for a terminal": (401, 400), "an unclosed quote in Authorization": (400, 401)}


@pytest.mark.parametrize("case", ODD)
def test_ROB_08_odd_octets_are_tolerated_or_refused(pcscf, case):
    status = over_udp(pcscf, ODD[case](request(pcscf, "REGISTER")), 0.3)
    if case in EXPECTED:
        assert status in EXPECTED[case]
    else:
        assert status in (None, 401) or is_refusal(status)


@pytest.mark.parametrize("case", ODD)
def test_ROB_08_odd_octets_over_tcp(pcscf, case):
    text = ODD[case](request(pcscf, "REGISTER", Via=via(pcscf, "TCP", f"tcp{len(case)}")))
    status = over_tcp(pcscf, text, 0.2)
    assert status in (None, 401, "closed") or is_refusal(status)


@pytest.mark.parametrize("bad", [{}, {"CSeq": "1 INVITE"}], ids=["a REGISTER", "what sofia refuses itself"])
def test_an_answer_never_goes_where_the_via_points(pcscf, bad):
    """maddr would have the P-CSCF send into the core, received and the sent-by likewise."""
    with socket.socket(type=socket.SOCK_DGRAM) as victim:
        victim.bind((ICSCF, pcscf.ue.getsockname()[1]))
        victim.settimeout(0.2)
        top = via(pcscf, "UDP", f"maddr{len(bad)}") + f";maddr={ICSCF};received={ICSCF}"
        assert over_udp(pcscf, request(pcscf, "REGISTER", Via=top, **bad)) == (400 if bad else 401)
        with pytest.raises(TimeoutError):
            victim.recv(65536)


@pytest.mark.parametrize("lines", [["Server: y"] * 2, ["Retry-After: 5"] * 3, ["Organization: o", "Subject: x"] * 2,
                                   ["Security-Server: ;;;", "WWW-Authenticate: x", "Server: y", "Server: z"],
                                   ["Expires: 5", "Expires: 6"], ["Content-Type: a/b"] * 2, ["Event: a", "Event: b"],
                                   ["Contact: <sip:a@b>", "Contact: *"], ["Expires: x", "Min-Expires: x"]])
def test_an_answer_with_a_header_too_often_or_broken_is_passed_on(pcscf, lines):
    """Of some sofia keeps the second where it then fails an assertion of its own; for others it drops the answer."""
    pcscf.icscf.extra = [line.encode() for line in lines]
    try:
        assert registers(pcscf) == 401
    finally:
        pcscf.icscf.extra = []


BAD_URIS = ["sip:hims.net:-1", "sip:hims.net:x", "sip:", "sip:@", "sip:[::1", "sip:[::1]x", "sip:%zz", "sip:a b", "-", ":"]


def test_an_answer_whose_reason_ends_like_a_request_is_an_answer(pcscf):
    pcscf.icscf.answers = lambda lines: complete([b"SIP/2.0 401 not by SIP/2.0", *lines[1:]])
    try:
        assert registers(pcscf) == 401
    finally:
        pcscf.icscf.answers = complete


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@pytest.mark.parametrize("uri", BAD_URIS)
def test_a_request_uri_that_cannot_be_read_is_refused(pcscf, uri, transport):
    text = request(pcscf, "REGISTER", uri=uri, transport=transport)
    assert (over_udp(pcscf, text) if transport == "UDP" else over_tcp(pcscf, text)) in (400, 416)


def test_a_domain_with_its_final_dot_is_that_domain_and_what_is_wrong_is_said(pcscf):
    assert over_udp(pcscf, request(pcscf, "REGISTER", uri="sip:hims.net.", Call_ID="final-dot")) == 480
    assert b"Protocol error" not in pcscf.said()


@pytest.mark.parametrize("host, elsewhere", [(UE, False), ("192.168.1.7", True), ("10.60.4.20", True),
                                             ("phone.local", True)])
def test_a_contact_that_names_another_host_than_it_comes_from_is_served_and_said(pcscf, host, elsewhere):
    """A softphone behind a NAT; or somebody else's address. What is kept is where it came from."""
    pcscf.icscf.answers = lambda lines: complete([b"SIP/2.0 200 OK", *lines[1:],
                                                  b"Contact: <sip:%s:5060>;expires=60" % host.encode()])
    before = len(pcscf.said())
    try:
        assert over_udp(pcscf, request(pcscf, "REGISTER", Contact=f"<sip:{host}:5060>")) == 200
    finally:
        pcscf.icscf.answers = complete
    said = pcscf.said()[before:]
    line = re.search(rb"== registered .*", said).group()
    assert (b"came_from=%s:" % UE.encode() in line) == elsewhere
    pcscf.process.send_signal(signal.SIGUSR1)
    kept = re.compile(rb"live: contact .*sip:%s:5060.* at=%s:%d" % (host.encode(), UE.encode(), pcscf.ue.getsockname()[1]))
    netlab.wait_for(lambda: kept.search(pcscf.said()))


def test_what_SIGUSR1_prints_holds_no_command_for_a_screen(pcscf):
    """A contact may; ./lab status shows what is printed."""
    odd = "sip:odd\x1b[2J@192.168.1.7"
    pcscf.icscf.answers = lambda lines: complete([b"SIP/2.0 200 OK", *lines[1:], b"Contact: <%s>;expires=60" % odd.encode()])
    try:
        assert over_udp(pcscf, request(pcscf, "REGISTER", Contact=f"<{odd}>")) == 200
    finally:
        pcscf.icscf.answers = complete
    before = len(pcscf.said())
    pcscf.process.send_signal(signal.SIGUSR1)
    netlab.wait_for(lambda: b"live: end" in pcscf.said()[before:])
    said = pcscf.said()[before:]
    assert b"\\x1b[2J" in said and b"\x1b" not in said


@pytest.mark.parametrize("tail", ["", "\r\n", "\r\nServer: z"])
def test_an_answer_that_ends_in_a_repeated_header_costs_nothing(pcscf, tail):
    pcscf.icscf.answers = lambda lines: b"\r\n".join([*lines, b"Server: x", b"Server: y"]) + tail.encode()
    try:
        assert over_udp(pcscf, request(pcscf, "REGISTER"), 0.2) in (None, 401)
    finally:
        pcscf.icscf.answers = complete


def test_ROB_08_no_line_of_the_log_holds_a_control_character(running):
    for line in running.said().split(b"\n"):
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line), line


def test_ROB_08_a_connection_reset_in_the_middle_of_a_request_costs_nothing(pcscf):
    fds = len(os.listdir(f"/proc/{pcscf.process.pid}/fd"))
    for i in range(200):
        s = dial(pcscf)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.sendall(octets(request(pcscf))[: i + 1])
        s.close()
    netlab.wait_for(lambda: len(os.listdir(f"/proc/{pcscf.process.pid}/fd")) <= fds + 2)


def test_ROB_08_what_is_no_sip_ends_its_connection(pcscf):
    fds = len(os.listdir(f"/proc/{pcscf.process.pid}/fd"))
    held = [dial(pcscf) for _ in range(20)]
    for s in held:
        s.sendall(b"hello world\r\n\r\n")
        assert s.recv(100) == b""
    netlab.wait_for(lambda: len(os.listdir(f"/proc/{pcscf.process.pid}/fd")) <= fds + 2)
    for s in held:
        s.close()


PIECES = [b"\r\n", b"\n", b"\r", b"\0", b'"', b"<", b">", b";", b",", b":", b"=", b"%00", b"[", b"]", b"@", b"\\", b" ",
          b"\t", b"-1", b"99999999999", b"sip:", b"tel:", b"SIP/2.0", b"\xff", b"*"]
HEADERS = ['Authorization: Digest username="u", realm="hims.net", nonce="", uri="sip:hims.net", response=""',
           "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;spi-c=11;spi-s=12;port-c=40001;port-s=40002",
           "Route: <sip:pcscf1.vims.net;lr>, <sip:x>", 'Path: <sip:a;lr>, "x" <sip:b;lr;x="y">', "Require: sec-agree, path",
           "Proxy-Require: sec-agree", "P-Asserted-Identity: <sip:a@b>, tel:+1", "Expires: 600", 'Warning: 399 x "y"',
           "Retry-After: 18000;duration=3600", "P-Charging-Vector: icid-value=1;orig-ioi=2"]


def mutated(pcscf, chance):
    """A request with some of its octets replaced, taken out, doubled or put in."""
    method = chance.choice(["REGISTER"] * 6 + ["OPTIONS", "INVITE", "ACK", "CANCEL", "FOO"])
    text = bytearray(octets(request(pcscf, method, chance.sample(HEADERS, chance.randrange(len(HEADERS))))))
    for _ in range(chance.choice([1, 1, 2, 3, 8])):
        at = chance.randrange(len(text))
        change = chance.randrange(4)
        if change == 0:
            text[at] = chance.randrange(256)
        elif change == 1:
            text[at:at] = chance.choice(PIECES) * chance.choice([1, 2, 50])
        elif change == 2:
            del text[at:at + chance.randrange(1, 20)]
        else:
            begin = chance.randrange(len(text))
            text[at:at] = text[begin:begin + chance.randrange(1, 60)]
        text = text or bytearray(b"x")
    return bytes(text)


@pytest.mark.parametrize("seed", range(4))
def test_ROB_08_requests_with_random_changes(pcscf, seed):
    chance = random.Random(seed)
    for _ in range(20):
        for _ in range(30):
            pcscf.ue.sendto(mutated(pcscf, chance), (ELEMENT, pcscf.port))
        assert registers(pcscf) == 401


PAYLOADS = ["'; DROP TABLE subscriber; --", "' OR '1'='1", "%n%s%x%p%n", "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
            "$(reboot)", "`reboot`", "../../../../etc/passwd", "${jndi:ldap://x}", "\u202e\ufffd", "]]><x/>"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_TRU_25_what_is_code_elsewhere_is_text_here(pcscf, payload):
    quoted, before = payload.replace('"', "'"), len(pcscf.said())
    headers = [f"X-Any: {payload}", f"P-Access-Network-Info: 3GPP-GERAN;cgi-3gpp=\"{quoted}\"",
               f"User-Agent: {payload}",
               f'Authorization: Digest username="{quoted}", realm="{quoted}", nonce="", uri="{quoted}", response=""']
    status = over_udp(pcscf, request(pcscf, "REGISTER", headers, From=f'"{quoted}" <sip:name@hims.net>;tag=1'))
    assert status == 401 or is_refusal(status)
    if status == 401:  # it went through: as it came (what another test sent may still come, too)
        came = [m for m in pcscf.icscf.heard if f"X-Any: {payload}\r\n".encode() in m]
        assert came and f'From: "{quoted}" <sip:name@hims.net>;tag=1\r\n'.encode() in came[-1]
    said = pcscf.said()[before:].decode()  # the log can be read as before, line by line
    assert all(logline.parse(line) for line in said.splitlines()), said
