# SPDX-License-Identifier: Apache-2.0
"""The real hss on a loopback address against a Diameter peer made of bytes: the base protocol, what a
hostile or broken peer sends, restarts. Whatever happens, the process lives and serves a good UAR."""
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pytest
import yaml

import diameter_raw as d
from diameter_raw import Peer, avp, cx

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BIN = os.environ.get("LAB_BIN", os.path.join(TOP, "build/plain/bin"))
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion|assertion")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Hss:
    """One hss with its own configuration, database and log in a folder of its own."""

    def __init__(self, **timers):
        self.folder = tempfile.TemporaryDirectory(prefix="imslab-hss-")
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.log_path = os.path.join(self.folder.name, "log")
        self.configure(timers)
        self.start()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def configure(self, timers):
        with open(os.path.join(TOP, "conf/lab.yaml"), encoding="utf-8") as f:
            conf = yaml.load(f, Loader=yaml.BaseLoader)
        conf["hss"] = {"address": "127.0.0.1", "port": str(self.port), "http": {"on": "false"}}
        conf["icscf"] = [{"name": f"icscf{i}", "address": f"10.60.4.1{i}"} for i in range(4)]
        conf["scscf"] = [{"name": f"scscf{i}", "address": f"10.60.4.2{i}"} for i in range(1, 5)]
        conf["timers"] = {"diameter_tc_s": "1", "cx_wait_ms": "1000", **timers}
        with open(os.path.join(TOP, "conf/sims.yaml"), encoding="utf-8") as f:
            self.sims = f.read()
        for name, text in (("lab.yaml", yaml.dump(conf)), ("sims.yaml", self.sims)):
            with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT, 0o600), "w",
                      encoding="utf-8") as f:
                f.write(text)

    def start(self):
        with open(self.log_path, "ab") as log:
            offset = log.tell()
            self.process = subprocess.Popen(
                [os.path.join(BIN, "hss"), "-c", "lab.yaml", "--state-dir", "state"],
                cwd=self.folder.name, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        assert self.wait_for("-- ready", offset), self.log()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for(self, text, offset=0, seconds=5):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if text in self.log()[offset:]:
                return True
            time.sleep(0.02)
        return text in self.log()[offset:]

    def peer(self, host="icscf1.hims.net", **more):
        """A connected peer; the name may still be taken by the one before for a moment."""
        for _ in range(50):
            try:
                return Peer(self.address, host=host, **more)
            except (AssertionError, ConnectionError):
                time.sleep(0.1)
        return Peer(self.address, host=host, **more)

    def is_well(self):
        """Lives, and answers a good UAR of a peer that did nothing wrong."""
        assert self.process.poll() is None, self.log()
        with self.peer("icscf0.hims.net") as peer:
            assert peer.ask(peer.uar(impi="alice@hims.net", impu="sip:alice@hims.net")).result == (
                "ER", 2001)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=5)

    def close(self):
        status = self.stop() if self.process.poll() is None else self.process.returncode
        log = self.log()
        self.folder.cleanup()
        assert status == 0, log
        assert not REPORTS.search(log), log
        for secret in re.findall(r"(?:k|opc): ([0-9a-f]{32})", self.sims):
            assert secret not in log.lower()


@pytest.fixture(scope="module")
def shared():
    hss = Hss()
    yield hss
    hss.close()


@pytest.fixture
def hss(shared):
    """The hss of this file, found well after the test too."""
    yield shared
    shared.is_well()


@pytest.fixture
def own():
    """own(timers): an hss for one test alone."""
    made = []

    def make(**timers):
        made.append(Hss(**timers))
        return made[-1]

    yield make
    for hss in made:
        hss.close()


def closed(peer, seconds=5):
    """Whether the daemon closes without another word."""
    try:
        return peer.receive(seconds) is None
    except socket.timeout:
        return False


# ---- connecting ----

def test_DIA_01_capabilities_are_exchanged(hss):
    with Peer(hss.address, "icscf2.hims.net", connect=False) as peer:
        cea = peer.ask(peer.cer())
        assert cea.result == ("RC", 2001)
        assert cea.command == d.CER and cea.flags & d.REQUEST == 0
        offered = [dict((code, data) for code, _, data in d.parse(group))
                   for group in cea.all(d.VSAI)]
        assert {d.VENDOR_ID: d.u32(d.TGPP), d.AUTH_APPLICATION_ID: d.u32(d.CX)} in offered
        assert cea.one(d.HOST_IP_ADDRESS) == b"\0\x01\x7f\0\0\x01"
        assert cea.all(d.VENDOR_ID) and cea.all(d.PRODUCT_NAME)
        assert cea.text(d.ORIGIN_HOST) == "hss.hims.net"
        assert cea.text(d.ORIGIN_REALM) == "hims.net"


def test_DIA_02_without_a_common_application_there_is_no_connection(hss):
    with Peer(hss.address, "icscf3.hims.net", connect=False) as peer:  # a name that was in use a moment ago is refused
        assert peer.ask(peer.cer(applications=(16777251,))).result == ("RC", 5010)
        assert closed(peer)


def test_a_stranger_is_refused_and_the_log_names_it(hss):
    with Peer(hss.address, host="evil.example.org", connect=False) as peer:
        assert peer.ask(peer.cer()).result == ("RC", 3010)
        assert closed(peer)
    assert hss.wait_for("diameter peer evil.example.org refused: not among the configured peers")


def test_DIA_04_nothing_is_answered_before_the_capabilities(hss):
    with Peer(hss.address, connect=False) as peer:
        peer.send(peer.uar())
        assert closed(peer)


def test_the_listener_is_not_the_wildcard(hss):
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", hss.port), timeout=2)


def test_DIA_05_a_watchdog_is_answered(hss):
    with hss.peer() as peer:
        dwa = peer.ask(peer.dwr())
        assert dwa.result == ("RC", 2001)
        assert abs(dwa.number(d.ORIGIN_STATE_ID) - time.time()) < 3600


def test_DIA_05_DIA_06_the_hss_watches_and_lets_a_dead_peer_go(own):
    hss = own(diameter_tw_s="1")
    with hss.peer() as peer:
        peer.socket.settimeout(8)
        dwr = peer.next()
        assert dwr.command == d.DWR and dwr.flags & d.REQUEST
        assert dwr.text(d.ORIGIN_HOST) == "hss.hims.net"
        assert peer.next() is None  # not answered: the connection ends
    assert hss.wait_for("diameter peer icscf1.hims.net lost")
    hss.is_well()


def test_DIA_07_a_peer_may_leave(hss):
    with hss.peer() as peer:
        assert peer.ask(peer.dpr()).result == ("RC", 2001)
        assert closed(peer)


# ---- messages that the base protocol refuses ----

def test_DIA_08_an_unknown_command_is_unsupported(hss):
    with hss.peer() as peer:
        answer = peer.ask(peer.message(8388000, peer.head(peer.session("11112222"))))
        assert answer.result == ("RC", 3001)
        assert answer.flags & d.ERROR
        assert answer.text(d.SESSION_ID).endswith(";11112222")


def test_DIA_09_an_application_that_was_not_offered_is_unsupported(hss):
    with hss.peer() as peer:
        answer = peer.ask(peer.message(d.UAR, peer.uar_avps(), application=16777251))
        assert answer.result == ("RC", 3007)


def test_DIA_10_an_unknown_mandatory_avp_is_unsupported(hss):
    with hss.peer() as peer:
        for unknown in (avp(9999, b"x"), cx(9999, b"x")):
            answer = peer.ask(peer.message(d.UAR, peer.uar_avps() + [unknown]))
            assert answer.result == ("RC", 5001)
            assert answer.failed == [9999]


def test_DIA_11_an_unknown_avp_that_is_not_mandatory_is_ignored(hss):
    with hss.peer() as peer:
        more = [avp(9999, b"x", mandatory=False), cx(9999, b"x", mandatory=False)]
        assert peer.ask(peer.message(d.UAR, peer.uar_avps() + more)).result == ("ER", 2001)


@pytest.mark.parametrize("code", [d.SESSION_ID, d.USER_NAME, d.PUBLIC_IDENTITY, d.VISITED])
def test_DIA_12_a_missing_avp_is_named(hss, code):
    with hss.peer() as peer:
        avps = [a for a in peer.uar_avps() if struct.unpack("!I", a[:4])[0] != code]
        answer = peer.ask(peer.message(d.UAR, avps))
        assert answer.result == ("RC", 5005)
        assert answer.failed == [code]


def test_DIA_12_CXM_15_a_MAR_without_a_number_of_items_misses_it(hss):
    with hss.peer("scscf1.hims.net") as peer:
        answer = peer.ask(peer.mar(items=None))
        assert answer.result == ("RC", 5005)
        assert answer.failed == [d.NUMBER_AUTH_ITEMS]


def test_CXS_16_CXS_18_what_a_SAR_misses_is_named(hss):
    with hss.peer("scscf1.hims.net") as peer:
        answer = peer.ask(peer.sar(impi=None, impus=(), kind=4))
        assert answer.result == ("RC", 5005)
        assert answer.failed == [d.USER_NAME]
        answer = peer.ask(peer.sar(impus=(), kind=1))
        assert answer.result == ("RC", 5005)
        assert answer.failed == [d.PUBLIC_IDENTITY]


BROKEN_LENGTHS = {
    "zero": lambda p: [avp(d.USER_NAME, b"abcd", length=0)],
    "less_than_its_header": lambda p: [avp(d.USER_NAME, b"abcd", length=7)],
    "less_than_its_header_with_vendor": lambda p: [cx(d.PUBLIC_IDENTITY, b"abcd", length=11)],
    "beyond_the_message": lambda p: [avp(d.USER_NAME, b"abcd", length=4000)],
    "most_that_there_is": lambda p: [avp(d.USER_NAME, b"abcd", length=0xFFFFFF)],
    "of_an_inner_avp": lambda p: p.uar_avps() + [
        cx(d.CAPABILITIES, [cx(604, 1, length=200)])],
    "of_an_inner_avp_zero": lambda p: p.uar_avps() + [cx(d.CAPABILITIES, [cx(604, 1, length=0)])],
    "of_a_number": lambda p: p.uar_avps()[:-1] + [cx(d.AUTHORIZATION_TYPE, b"\0\0\0")],
    "of_a_result_code": lambda p: p.uar_avps() + [avp(d.RESULT_CODE, b"\0\0\0\0\0\0\0\1")],
}


@pytest.mark.parametrize("name", BROKEN_LENGTHS)
def test_DIA_13_a_wrong_length_is_refused_or_ends_the_connection(hss, name):
    with hss.peer() as peer:
        peer.send(peer.message(d.UAR, BROKEN_LENGTHS[name](peer)))
        answer = peer.receive()
        assert answer is None or answer.result in [("RC", 5014), ("RC", 5015), ("RC", 5004)]


@pytest.mark.parametrize("name,version,length", [
    ("version_2", 2, None), ("version_0", 0, None), ("length_0", 1, 0), ("length_19", 1, 19),
    ("length_20", 1, 20), ("odd_length", 1, 21), ("length_most", 1, 0xFFFFFF)])
def test_DIA_14_a_wrong_header_is_refused_or_ends_the_connection(hss, name, version, length):
    with hss.peer() as peer:
        peer.send(peer.message(d.UAR, peer.uar_avps(), version=version, length=length))
        try:
            peer.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # closed already
        answer = peer.receive()
        assert answer is None or answer.result[1] in (5011, 5015, 3001, 5005)


def test_DIA_14_a_message_of_16_megabytes_takes_no_memory(hss):
    def resident():
        with open(f"/proc/{hss.process.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * 4096

    before = resident()
    for _ in range(5):
        with hss.peer() as peer:
            try:
                peer.send(struct.pack("!II", 1 << 24 | 0xFFFFFF, 0x80 << 24 | d.UAR) + bytes(1 << 20))
            except ConnectionError:
                pass
    assert resident() - before < 16 << 20


@pytest.mark.parametrize("command,application", [(d.UAR, d.CX), (304, d.CX), (d.DWR, 0), (d.DPR, 0)])
def test_DIA_17_an_answer_to_nothing_is_dropped(hss, command, application):
    with hss.peer() as peer:
        peer.send(peer.message(command, [peer.session(), avp(d.RESULT_CODE, 2001), *peer.origin()],
                               flags=0, application=application))
        try:
            assert peer.receive(0.3) is None  # or the connection ends
        except socket.timeout:
            pass


def test_DIA_17_an_unsolicited_answer_does_not_disturb_the_next_question(hss):
    with hss.peer() as peer:
        peer.send(peer.message(d.UAR, [peer.session(), avp(d.RESULT_CODE, 2001), *peer.origin()],
                               flags=d.PROXIABLE))
        assert peer.ask(peer.uar()).result == ("ER", 2001)


def test_DIA_18_one_octet_at_a_time(hss):
    with hss.peer() as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        question = peer.uar()
        for octet in question:
            peer.send(bytes([octet]))
        answer = peer.receive()
        assert answer.result == ("ER", 2001)
        assert answer.octets[12:20] == question[12:20]


def test_DIA_18_twenty_messages_in_one_segment(hss):
    with hss.peer() as peer:
        questions = [peer.uar() for _ in range(20)]
        peer.send(b"".join(questions))
        answers = [peer.receive() for _ in questions]
        assert [a.result for a in answers] == [("ER", 2001)] * 20
        assert [a.octets[12:20] for a in answers] == [q[12:20] for q in questions]


# ---- what would kill or starve it ----

@pytest.mark.parametrize("session", [b"icscf1.hims.net;1\0;2", b"\0", b"\0" * 500],
                         ids=["inside", "alone", "many"])
def test_a_session_id_with_a_nul_octet_is_refused_and_ends_nothing(hss, session):
    with hss.peer() as peer:
        answer = peer.ask(peer.message(d.UAR, peer.uar_avps(session=avp(d.SESSION_ID, session))))
        assert answer.result == ("RC", 5004)
        assert answer.failed == [d.SESSION_ID]
        assert peer.ask(peer.uar()).result == ("ER", 2001)  # the same connection


def test_an_empty_session_id_ends_nothing(hss):
    with hss.peer() as peer:
        answer = peer.ask(peer.message(d.UAR, peer.uar_avps(session=avp(d.SESSION_ID, b""))))
        assert answer.result == ("ER", 2001)


@pytest.mark.parametrize("command", [d.CER, d.DWR, d.DPR, d.SAR, d.MAR, d.LIR, 304, 8388000])
def test_a_nul_octet_in_any_session_id_ends_nothing(hss, command):
    with hss.peer() as peer:
        base = command in (d.CER, d.DWR, d.DPR)
        peer.send(peer.message(command, [avp(d.SESSION_ID, b"a\0b"), *peer.origin()],
                               flags=d.REQUEST | (0 if base else d.PROXIABLE),
                               application=0 if base else d.CX))
        try:
            peer.receive(1)
        except socket.timeout:
            pass


def reset(peer):
    """Gone without a word, and what comes for it is answered by the kernel."""
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


@pytest.mark.parametrize("kind", ["served", "refused_by_the_library", "without_a_realm"])
def test_a_peer_that_asks_and_leaves_ends_nothing(hss, kind):
    def question(peer):
        if kind == "served":
            return peer.uar()
        if kind == "without_a_realm":
            return peer.message(d.UAR, [])
        return peer.message(d.UAR, peer.uar_avps(), flags=d.REQUEST | d.PROXIABLE | d.ERROR)

    for _ in range(20):
        peer = hss.peer()
        peer.send(b"".join(question(peer) for _ in range(30)))
        reset(peer)


@pytest.mark.parametrize("name", ["a!b@hims.net", "hims.net!name.private@hims.net", "!", "!@", "a!b!c@d",
                                  "@", "hims.net!@hims.net", "hims.net!hims.net!hims.net!x@hims.net"])
def test_a_decorated_user_name_ends_nothing(hss, name):
    with hss.peer() as peer:
        assert peer.ask(peer.uar(impi=name)).result[1] in (2001, 3002, 5001, 5004)


def test_a_hundred_silent_connections_keep_nobody_out(hss):
    silent = [socket.create_connection(hss.address, timeout=5) for _ in range(100)]
    try:
        start = time.monotonic()
        hss.is_well()
        assert time.monotonic() - start < 3
    finally:
        for s in silent:
            s.close()


def test_a_text_with_a_nul_octet_or_too_long_is_an_invalid_value(hss):
    with hss.peer() as peer:
        for impu in (b"sip:name@hims.net\0x", b"sip:" + b"x" * 5000 + b"@hims.net"):
            answer = peer.ask(peer.uar(impu=impu))
            assert answer.result == ("RC", 5004)
            assert answer.failed == [d.PUBLIC_IDENTITY]


def test_a_log_line_cannot_be_forged(hss):
    with hss.peer() as peer:
        impu = "sip:a\n2026-01-01T00:00:00.000000Z hss info call=- -- ready\x1b[2J"
        assert peer.ask(peer.uar(impu=impu)).result == ("ER", 5001)
    assert "\n2026-01-01" not in hss.log() and "\x1b" not in hss.log()


def test_deeply_nested_groups_are_survived(hss):
    with hss.peer() as peer:
        nested = b""
        for _ in range(2000):
            nested = cx(d.CAPABILITIES, nested, mandatory=False)
        peer.send(peer.message(d.UAR, peer.uar_avps() + [nested]))
        answer = peer.receive()
        assert answer is None or answer.result[1] in (2001, 5004)


# ---- Cx over the wire ----

def vectors(maa):
    return [{code: data for code, _, data in d.parse(group)}
            for group in maa.all(d.AUTH_ITEM, d.TGPP)]


def test_CXM_02_CXM_07_a_registration_from_MAR_to_SAR(hss):
    with hss.peer("scscf1.hims.net") as peer:
        maa = peer.ask(peer.mar(items=3))
        assert maa.result == ("RC", 2001)
        items = vectors(maa)
        assert len(items) == maa.number(d.NUMBER_AUTH_ITEMS, d.TGPP) <= 3
        assert [struct.unpack("!I", i[d.ITEM_NUMBER])[0] for i in items] == [1, 2, 3][:len(items)]
        assert len({i[d.AUTHENTICATE][:16] for i in items}) == len(items)
        for i in items:
            assert (len(i[d.AUTHENTICATE]), len(i[d.AUTHORIZATION]), len(i[d.CK]), len(i[d.IK])) == (
                32, 8, 16, 16)
        saa = peer.ask(peer.sar())
        assert saa.result == ("RC", 2001)
        assert "<Identity>tel:+15550001</Identity>" in saa.text(d.USER_DATA, d.TGPP)
        assert peer.ask(peer.lir()).text(d.SERVER_NAME, d.TGPP) == "sip:scscf1.hims.net"
        log = hss.log().lower()
        for i in items:
            for secret in (i[d.AUTHORIZATION], i[d.CK], i[d.IK]):
                assert secret.hex() not in log
    with hss.peer("scscf2.hims.net") as other:
        saa = other.ask(other.sar(server="sip:scscf2.hims.net"))
        assert saa.result == ("ER", 5005)
        assert saa.text(d.SERVER_NAME, d.TGPP) == "sip:scscf1.hims.net"
    with hss.peer("scscf1.hims.net") as peer:
        assert peer.ask(peer.sar(kind=5)).result == ("RC", 2001)


def test_CXM_13_CXM_14_an_authorization_that_is_wrong_is_refused(hss):
    with hss.peer("scscf1.hims.net") as peer:
        maa = peer.ask(peer.mar())
        rand = vectors(maa)[0][d.AUTHENTICATE][:16]
        assert peer.ask(peer.mar(authorization=rand + bytes(14))).result == ("RC", 5012)
        assert peer.ask(peer.mar(authorization=rand + bytes(13))).result == ("RC", 5004)
        assert peer.ask(peer.mar(authorization=bytes(4000))).result == ("RC", 5004)
        assert peer.ask(peer.sar(kind=10)).result == ("RC", 2001)


def test_the_call_tag_of_the_session_id_is_in_the_log(hss):
    with hss.peer() as peer:
        peer.ask(peer.uar(session=peer.session("feedbee5")))
    lines = [line for line in hss.log().splitlines() if "call=feedbee5" in line]
    assert "<- icscf1 UAR proto=cx" in lines[0] and "impu=sip:name@hims.net" in lines[0]
    assert "-> icscf1 UAA proto=cx" in lines[-1] and "FIRST_REGISTRATION" in lines[-1]
    assert f"dst=127.0.0.1:{hss.port}" in lines[0] and f"src=127.0.0.1:{hss.port}" in lines[-1]


# ---- restart ----

def test_ROB_13_CXM_17_a_restart_forgets_nothing_and_uses_no_sqn_twice(own):
    hss = own()
    with hss.peer("scscf1.hims.net") as peer:
        first = vectors(peer.ask(peer.mar()))[0]
        assert peer.ask(peer.sar()).result == ("RC", 2001)
    hss.process.kill()
    hss.process.wait()
    hss.start()
    with hss.peer("scscf1.hims.net") as peer:
        assert peer.ask(peer.lir()).text(d.SERVER_NAME, d.TGPP) == "sip:scscf1.hims.net"
        second = vectors(peer.ask(peer.mar()))[0]
    assert first[d.AUTHENTICATE] != second[d.AUTHENTICATE]
    assert sqn(second) > sqn(first)
    assert "0 subscribers added" in hss.log() and "5 known" in hss.log()
    assert os.stat(hss.path("state/hss.db")).st_mode & 0o777 == 0o600


def sqn(item):
    """SQN out of AUTN, with the anonymity key that openssl's AES makes of the card's keys."""
    k = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc")
    opc = bytes.fromhex("cd63cb71954a9f4e48a5994e37a02baf")

    def aes(block):
        return subprocess.run(["openssl", "enc", "-aes-128-ecb", "-K", k.hex(), "-nopad"],
                              input=block, capture_output=True, check=True).stdout

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    rand, autn = item[d.AUTHENTICATE][:16], item[d.AUTHENTICATE][16:]
    temp = aes(xor(rand, opc))
    ak = xor(aes(xor(xor(temp, opc), bytes(15) + b"\1")), opc)[:6]  # f5: r2 = 0, c2 = 1
    return int.from_bytes(xor(autn[:6], ak), "big")


def test_a_frozen_peer_does_not_hold_the_end(own):
    hss = own()
    with hss.peer():
        start = time.monotonic()
        assert hss.stop() == 0  # nobody answers its DPR
        assert time.monotonic() - start < 4


def test_SIGUSR1_tells_what_is_live(hss):
    with hss.peer() as peer:
        peer.ask(peer.uar())
        offset = len(hss.log())
        hss.process.send_signal(signal.SIGUSR1)
        assert hss.wait_for("live: end", offset)
        text = hss.log()[offset:]
    assert "diameter peer=icscf1.hims.net state=open" in text
    assert "diameter peer=scscf2.hims.net state=closed" in text
    assert re.search(r"hss uar=\d+ refused=\d+", text)


def test_an_origin_host_that_is_not_the_peer_is_told(hss):
    with hss.peer() as peer:
        avps = [avp(d.ORIGIN_HOST, "other.hims.net") if struct.unpack("!I", a[:4])[0] == d.ORIGIN_HOST
                else a for a in peer.uar_avps()]
        assert peer.ask(peer.message(d.UAR, avps)).result == ("ER", 2001)
    assert hss.wait_for("icscf1.hims.net sends for Origin-Host 'other.hims.net'")
