# SPDX-License-Identifier: Apache-2.0
"""What must not come through: plain text at the protected ports, wrong keys, replayed, changed, reflected and
borrowed packets, late answers, another's identity (TS 33.203 7.1, 7.3; the TRU and REGE rows)."""
import socket

import pytest

import frames
import netlab
from esp import EspTerminal
from shell import shell
from terminal import People, Terminal, sockets_of

STRICT = "10.60.2.11"  # a second P-CSCF
PCSCF, HERE, OTHER, ELSEWHERE = "10.60.2.10", "10.60.1.1", "10.60.1.77", "10.60.4.10"
AWAIT_S, SILENCE_S = 4, 0.4
NAMES = ("one", "two", "wrong", "digest", "late", "mover", "second", "plain", "bare", "outside",
         "inside")
RAW = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50)
s.sendto(bytes.fromhex(sys.argv[2]), (sys.argv[1], 0))
"""


class Bench:
    def __init__(self):
        self.people = People()
        for name in NAMES:
            self.people.add(name)

        def edit(conf):
            self.people.lab(conf)
            conf.setdefault("timers", {}).update(reg_await_auth_s=AWAIT_S, sa_grace_ms=300)
            conf["pcscf"].append({"name": "pcscf2", "address": STRICT, "ipsec": "required"})

        self.lab = netlab.Lab(edit, self.people.sims).up("--pcap")
        self.capture = frames.Capture(self.lab)
        self.pcscf, self.ue = shell(self.lab, "visited"), shell(self.lab, "ue")
        self.ue.run(f"ip addr add {OTHER}/16 dev eth0")
        self.terminals = []

    def terminal(self, name, **keys):
        self.terminals.append(EspTerminal(self.lab, self.people[name], **keys))
        return self.terminals[-1]

    def registered(self, name, **keys):
        t = self.terminal(name, **keys)
        answer = t.register()
        assert answer.status == 200, answer.text
        return t

    def close(self):
        for t in self.terminals:
            t.close()
        for giver in self.lab.__dict__.get("givers", {}).values():
            giver.channel.close()
        self.lab.close()

    def heard(self):
        """How many SIP messages the P-CSCF has heard from terminals."""
        return len([1 for line in self.lab.lines() if line.element == "pcscf1" and line.mark == "<-"
                    and line.keys.get("proto") == "sip" and line.peer == "ue"])

    def sets(self, impi):
        return [s for s in self.lab.sas() if s["impi"] == impi]

    def esp(self, spi):
        """The latest ESP packet of an SA."""
        self.capture.frames()
        return [f for f in self.capture.esp if f.ports[0] == spi][-1].octets

    def send_raw(self, octets):
        self.ue.run(f"/usr/bin/python3 -S -E -c '{RAW}' {PCSCF} {octets.hex()}")

    def nothing_heard(self, what, *counters):
        """what() lets the P-CSCF hear nothing, and one of the kernel's counters says why."""
        heard, before = self.heard(), self.pcscf.xfrm_stat()
        what()
        netlab.wait_for(lambda: any(self.pcscf.xfrm_stat()[c] > before[c] for c in counters), 2)
        assert self.heard() == heard


@pytest.fixture(scope="module")
def bench(machine):
    b = Bench()
    yield b
    b.close()


@pytest.fixture(scope="module")
def one(bench):
    """A terminal that is registered, for all the tests that do it harm in vain."""
    return bench.registered("one")


def spi(t, leg):
    return t.made[leg][4]


def test_a_terminal_of_the_tests_own_registers_inside_esp(bench, one):
    assert [s["set"] for s in bench.sets(one.person.impi)] == ["established"]
    assert len(bench.esp(spi(one, 0))) > 100


@pytest.mark.parametrize("source", [HERE, OTHER])
@pytest.mark.parametrize("port", ["port_ps", "port_pc"])
def test_TRU_02_plain_datagrams_to_a_protected_port_are_dropped(bench, one, source, port):
    with sockets_of(bench.lab, "ue").make(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        bench.nothing_heard(lambda: s.sendto(one.request(), (PCSCF, getattr(one, port))),
                            "XfrmInPolBlock", "XfrmInTmplMismatch", "XfrmInNoPols")


@pytest.mark.parametrize("port", ["port_ps", "port_pc"])
def test_TRU_02_nobody_connects_to_a_protected_port_in_plain_text(bench, one, port):
    def connect():
        with sockets_of(bench.lab, "ue").make(socket.AF_INET, socket.SOCK_STREAM) as s:
            s.bind((OTHER, 0))
            s.settimeout(SILENCE_S)
            with pytest.raises(OSError):
                s.connect((PCSCF, getattr(one, port)))
    bench.nothing_heard(connect, "XfrmInPolBlock", "XfrmInTmplMismatch")


def test_TRU_02_plain_text_from_the_negotiated_port_is_dropped(bench):
    t = bench.registered("plain")
    t.drop()
    bench.nothing_heard(lambda: t.send(t.request()), "XfrmInTmplMismatch", "XfrmInPolBlock")


def test_TRU_03_nobody_registers_another_over_a_set_of_his_own(bench, one):
    other = bench.people["two"]
    answer = one.ask(From=f"<{other.impu}>;tag=x", To=f"<{other.impu}>", Authorization=one.authorization(
        username=other.impi))
    assert answer.status == 403, answer.text
    assert bench.sets(other.impi) == []


def test_TRU_05_packets_with_the_right_keys_from_another_address_are_dropped(bench, one):
    """Somebody else has everything but the address, and sequence numbers that were not there yet."""
    shell(bench.lab, "home").batch(*one.commands((ELSEWHERE, *one.made[0][1:])))
    with sockets_of(bench.lab, "home").make(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((ELSEWHERE, one.port_c))
        bench.nothing_heard(lambda: [s.sendto(one.request(), (PCSCF, one.port_ps)) for _ in range(20)],
                            "XfrmInPolBlock", "XfrmInTmplMismatch", "XfrmInStateMismatch")


def test_TRU_06_a_replayed_packet_is_dropped(bench):
    t = bench.registered("two")
    packet = bench.esp(spi(t, 0))
    bench.nothing_heard(lambda: bench.send_raw(packet), "XfrmInStateSeqError")


def test_a_changed_packet_is_dropped(bench, one):
    packet = bytearray(bench.esp(spi(one, 0)))
    packet[4:8] = (int.from_bytes(packet[4:8], "big") + 1000).to_bytes(4, "big")
    packet[40] ^= 1
    bench.nothing_heard(lambda: bench.send_raw(packet), "XfrmInStateProtoError", "XfrmInStateSeqError")


def test_TRU_08_a_packet_that_is_sent_back_is_dropped(bench, one):
    packet = bench.esp(spi(one, 2))
    bench.nothing_heard(lambda: bench.send_raw(packet), "XfrmInNoStates")


def test_REGE_06_a_wrong_digest_with_the_right_keys_ends_the_set(bench):
    t = bench.terminal("digest")
    first = t.challenge()
    answer = t.answer_to(first, change_res=lambda res: bytes(8))
    t.protect(first)
    said = t.ask(Authorization=answer)
    assert said.status in (401, 403), said.text
    netlab.wait_for(lambda: not [s for s in bench.sets(t.person.impi) if s["set"] != "temporary"
                                 or int(s["spi_ps"], 0) == spi(t, 0)])


def test_REGE_07_a_wrong_integrity_key_is_met_with_silence_and_the_set_ends(bench):
    t = bench.terminal("wrong", spoil=lambda ck, ik: (ck, bytes(x ^ 1 for x in ik)))
    first = t.challenge()
    answer = t.answer_to(first)
    t.protect(first)
    assert [s["set"] for s in bench.sets(t.person.impi)] == ["temporary"]
    bench.nothing_heard(lambda: t.send(t.request(Authorization=answer)), "XfrmInStateProtoError")
    assert t.receive(SILENCE_S) is None
    netlab.wait_for(lambda: not bench.sets(t.person.impi), AWAIT_S + 1)


def test_REGE_13_an_answer_that_comes_too_late_is_not_heard(bench):
    t = bench.terminal("late")
    first = t.challenge()
    answer = t.answer_to(first)
    t.protect(first)
    netlab.wait_for(lambda: not bench.sets(t.person.impi), AWAIT_S + 1)
    heard = bench.heard()
    t.send(t.request(Authorization=answer))
    assert t.receive(SILENCE_S) is None and bench.heard() == heard


def test_TRU_20_who_gets_anothers_address_gets_neither_set_nor_identity(bench):
    """The first keeps his set until it ends; the second has one of his own."""
    first = bench.registered("mover", local=OTHER)
    old = {leg[4] for leg in first.made}
    second = bench.registered("second", local=OTHER)
    assert not old & {leg[4] for leg in second.made}
    found = bench.lab.registrations()
    assert f":{second.port_s}" not in found.get(first.impu, {}).get("contact", "")
    assert f":{second.port_s}" in found[second.impu]["contact"]
    # his own set does not let him speak for the first
    answer = second.ask(From=f"<{first.impu}>;tag=x", To=f"<{first.impu}>",
                        Authorization=second.authorization(username=first.person.impi))
    assert answer.status == 403


def test_required_means_421_without_and_nothing_in_plain_text(bench):
    with Terminal(bench.lab, bench.people["bare"], pcscf=STRICT) as t:
        bare = t.ask(Security_Client=None, Require=None, Proxy_Require=None, Supported="path")
        assert bare.status == 421 and "sec-agree" in bare.one("require"), bare.text
    t = bench.terminal("outside", pcscf=STRICT)
    first = t.challenge()
    answer = t.ask(Authorization=t.answer_to(first))  # not in the set that it was given
    assert 400 <= answer.status < 500 and answer.status != 401, answer.text
    assert not {bench.people[name].impu for name in ("bare", "outside")} & set(bench.lab.registrations())
    bench.registered("inside", pcscf=STRICT)
