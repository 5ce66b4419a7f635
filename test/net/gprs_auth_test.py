# SPDX-License-Identifier: Apache-2.0
"""UMTS AKA at attach: a raw terminal with a card of the tests' own (usim.py) against the SGSN."""
import os
import stat
import struct

import gprs_raw as raw
import pytest
import wire
from gprs_bench import SGSN, UE, Bench
from netlab import load, wait_for
from usim import Usim

IMSI = "001010000000001"


def authenticating(conf):
    conf["sgsn"]["authentication"] = "on"
    conf["subscribers"].append({"name": "cardless", "imsi": "001010000000009", "impi": "cardless@hims.net",
                                "impus": ["sip:cardless@hims.net"]})


@pytest.fixture
def bench(machine):
    b = Bench(authenticating)
    yield b
    b.close()


@pytest.fixture
def bss(bench):
    bench.start("both")
    return raw.Bss(bench.socket(UE), (SGSN, 2157)).up()


def card_of(imsi=IMSI, **kw):
    sim = next(s for s in load("sims.yaml")["sims"] if s["imsi"] == imsi)
    return Usim(sim["k"], sim["opc"], **kw)


class Challenge:
    """An Authentication and Ciphering Request, taken apart."""

    def __init__(self, m):
        assert m[:2] == b"\x08\x12" and len(m) == 40, m.hex()
        self.whole, self.reference = m, m[3] >> 4
        assert m[2] == 0 and m[4] == 0x21 and m[21] & 0xf0 == 0x80 and m[22:24] == b"\x28\x10"
        self.rand, self.cksn, self.autn = m[5:21], m[21] & 15, m[24:]

    def response(self, res):
        return bytes([0x08, 0x13, self.reference, 0x22]) + res[:4] + b"\x29\x04" + res[4:]


def attach_request(t):
    return raw.attach_request(raw.imsi_id(t.imsi))


def challenged(t, request=None):
    return Challenge(t.ask(request or attach_request(t), "0812"))


def authenticate(t, card):
    """Up to the Attach Complete."""
    c = challenged(t)
    a = card.answer(c.rand, c.autn)
    assert a.mac and a.fresh
    t.take_ptmsi(t.ask(c.response(a.res), "0802"))
    return t


def failure(cause, auts=b""):
    return bytes([0x08, 0x1c, cause]) + (b"\x30\x0e" + auts if auts else b"")


def test_GPR_01_a_known_card_is_challenged_and_attached(bench, bss):
    t = authenticate(raw.Terminal(bss), card_of())
    assert t.activate().hosts
    assert bench.arrows("both")[:5] == [
        "<- ue Attach Request", "-> ue Authentication and Ciphering Request",
        "<- ue Authentication and Ciphering Response", "-> ue Attach Accept", "<- ue Attach Complete"]
    assert any(line.message == "authenticated" and line.keys["imsi"] == IMSI for line in bench.lines("both"))


def test_GPR_01_every_attach_has_a_challenge_of_its_own_with_an_ind_of_the_sgsns(bss):
    card, seen = card_of(), []
    for _ in range(18):
        c = challenged(raw.Terminal(bss))
        a = card.answer(c.rand, c.autn)
        assert a.mac and a.fresh
        seen.append((c.rand, a.sqn))
    assert len({rand for rand, _ in seen}) == 18
    assert {sqn % 32 for _, sqn in seen} == set(range(16, 32))


def test_GPR_01_sequence_numbers_survive_the_sgsns_death(bench):
    bench.start("both")
    card = card_of()
    authenticate(raw.Terminal(raw.Bss(bench.socket(UE), (SGSN, 2157)).up()), card)
    bench.stop("both", by=9)
    bench.start("both")
    authenticate(raw.Terminal(raw.Bss(bench.socket(UE), (SGSN, 2157)).up()), card)
    state = os.stat(os.path.join(bench.folder, "state", "sgsn.sqn"))
    assert stat.S_IMODE(state.st_mode) == 0o600


@pytest.mark.parametrize("change", [lambda res: bytes([res[0] ^ 1]) + res[1:], lambda res: res[:7] + bytes([res[7] ^ 1]),
                                    lambda res: bytes(8)], ids=["first bit", "last bit", "zeros"])
def test_GPR_03_a_wrong_res_is_rejected(bench, bss, change):
    t = raw.Terminal(bss)
    c = challenged(t)
    right = card_of().answer(c.rand, c.autn).res
    assert t.ask(c.response(change(right)), "0814") == b"\x08\x14"
    said = next(line for line in bench.lines("both") if line.message == "authentication-rejected")
    assert said.keys["imsi"] == IMSI and "RES is wrong" in said.keys["why"]
    assert "mm " not in bench.live("both")
    authenticate(raw.Terminal(bss), card_of())


@pytest.mark.parametrize("answer", ["22a54211d5", "", "22a54211d52903e3ba50", "22a54211d52905e3ba50bf00"],
                         ids=["half", "none", "short", "long"])
def test_GPR_03_a_res_of_another_length_is_rejected(bss, answer):
    t = raw.Terminal(bss)
    c = challenged(t)
    assert t.ask(bytes([0x08, 0x13, c.reference]) + bytes.fromhex(answer), "0814") == b"\x08\x14"


@pytest.mark.parametrize("cause", [20, 23, 111])
def test_GPR_03_a_card_that_does_not_believe_the_network_is_rejected(bss, cause):
    t = raw.Terminal(bss)
    challenged(t)
    assert t.ask(failure(cause), "0814") == b"\x08\x14"


def test_GPR_04_a_card_ahead_is_resynchronised(bench, bss):
    card = card_of(sqn=123456 << 5 | 4)
    t = raw.Terminal(bss)
    c = challenged(t)
    assert not card.answer(c.rand, c.autn).fresh
    again = Challenge(t.ask(failure(21, card.auts(c.rand)), "0812"))
    assert again.rand != c.rand and again.reference != c.reference
    a = card.answer(again.rand, again.autn)
    assert a.mac and a.fresh and a.sqn >> 5 == 123457 and a.sqn % 32 >= 16
    t.take_ptmsi(t.ask(again.response(a.res), "0802"))
    assert any(line.message == "resynchronised" and line.keys["imsi"] == IMSI for line in bench.lines("both"))
    assert t.activate().hosts
    authenticate(raw.Terminal(bss), card)  # and it stays so


@pytest.mark.parametrize("forge", [lambda card, c: bytes([card.auts(c.rand)[0] ^ 1]) + card.auts(c.rand)[1:],
                                   lambda card, c: card.auts(bytes(16)), lambda card, c: b""],
                         ids=["changed", "of another RAND", "absent"])
def test_GPR_04_a_forged_auts_is_rejected_and_changes_nothing(bss, forge):
    card = card_of(sqn=123456 << 5 | 4)
    t = raw.Terminal(bss)
    c = challenged(t)
    assert t.ask(failure(21, forge(card, c)), "0814") == b"\x08\x14"
    honest = card_of()
    c = challenged(raw.Terminal(bss))
    assert honest.answer(c.rand, c.autn).sqn >> 5 == 2


def test_GPR_04_a_card_that_is_never_in_step_is_rejected_in_the_end(bss):
    card = card_of(sqn=123456 << 5 | 4)
    t = raw.Terminal(bss)
    c = challenged(t)
    again = Challenge(t.ask(failure(21, card.auts(c.rand)), "0812"))
    assert t.ask(failure(21, card.auts(again.rand)), "0814") == b"\x08\x14"


def test_GPR_28_a_challenge_is_repeated_and_then_given_up(bench, bss):
    t = raw.Terminal(bss)
    c = challenged(t)
    assert [t.receive() for _ in range(2)] == [c.whole, c.whole]
    wait_for(lambda: f"no Authentication and Ciphering Response from IMSI {IMSI}" in bench.text("both"))
    assert "mm " not in bench.live("both")


def test_a_repeated_attach_request_has_no_second_challenge(bss):
    t = raw.Terminal(bss)
    c = challenged(t)
    t.send(attach_request(t))
    a = card_of().answer(c.rand, c.autn)
    t.take_ptmsi(t.ask(c.response(a.res), "0802"))


def test_an_answer_to_an_earlier_challenge_is_ignored(bss):
    card = card_of(sqn=99 << 5)
    t = raw.Terminal(bss)
    c = challenged(t)
    again = Challenge(t.ask(failure(21, card.auts(c.rand)), "0812"))
    t.send(c.response(bytes(8)))
    a = card.answer(again.rand, again.autn)
    t.take_ptmsi(t.ask(again.response(a.res), "0802"))


def test_whoever_only_says_the_imsi_of_somebody_attached_does_him_no_harm(bench, bss):
    victim = authenticate(raw.Terminal(bss), card_of())
    host = victim.activate().hosts
    for answer in ("wrong", "ptmsi"):
        thief = raw.Terminal(bss)
        if answer == "wrong":
            c = challenged(thief)
        else:
            c = challenged(thief, raw.attach_request(b"\xf4" + struct.pack(">I", victim.ptmsi)))
            assert thief.ask(c.response(bytes(8)), "0815") == bytes.fromhex("081501")
            assert thief.ask(b"\x08\x16\x08" + raw.imsi_id(thief.imsi), "0814") == b"\x08\x14"
            continue
        assert thief.ask(c.response(bytes(8)), "0814") == b"\x08\x14"
    assert f"address={host[0]}" in bench.live("both")
    victim.deactivate()
    assert victim.activate().hosts


def test_a_ptmsi_of_somebody_else_is_asked_for_its_imsi_and_attached_as_that(bss):
    """TS 24.008 4.7.7.6 d: the wrong MAC was the wrong subscriber's."""
    somebody = authenticate(raw.Terminal(bss), card_of())
    t = raw.Terminal(bss, "001010000000003")
    card = card_of(t.imsi)
    c = challenged(t, raw.attach_request(b"\xf4" + struct.pack(">I", somebody.ptmsi)))
    assert not card.answer(c.rand, c.autn).mac
    assert t.ask(failure(20), "0815") == bytes.fromhex("081501")
    c = Challenge(t.ask(b"\x08\x16\x08" + raw.imsi_id(t.imsi), "0812"))
    a = card.answer(c.rand, c.autn)
    assert a.mac
    t.take_ptmsi(t.ask(c.response(a.res), "0802"))
    assert t.activate().hosts and somebody.activate().hosts


def test_a_new_attach_of_the_same_terminal_ends_its_contexts_once_it_is_authenticated(bench, bss):
    card = card_of()
    t = authenticate(raw.Terminal(bss), card)
    t.activate()
    authenticate(t, card)
    wait_for(lambda: "taken=0 " in bench.live("both"))


def test_a_subscriber_without_a_card_is_a_network_failure(bench, bss):
    t = raw.Terminal(bss, "001010000000009")
    assert t.ask(attach_request(t), "0804") == bytes.fromhex("080411")
    assert "has no card with IMSI '001010000000009'" in bench.text("both")


def test_GPR_02_who_is_not_subscribed_is_rejected_without_a_challenge(bss):
    t = raw.Terminal(bss, "001019999999999")
    assert t.ask(attach_request(t), "0804") == bytes.fromhex("080408")


@pytest.mark.parametrize("nas,answer", [("0813" "00" "22a54211d5" "2904e3ba50bf", "082062"), ("081c14", "082062"),
                                        ("081c", "082060"), ("0813", "082060"), ("0812", "082061")])
def test_authentication_out_of_turn_is_answered_with_its_cause(bss, nas, answer):
    t = authenticate(raw.Terminal(bss), card_of())
    assert t.ask(bytes.fromhex(nas), "").hex() == answer
    assert t.activate().hosts


def test_no_key_is_in_any_log(bench, bss):
    card = card_of(sqn=99 << 5)
    t = raw.Terminal(bss)
    c = challenged(t)
    c = Challenge(t.ask(failure(21, card.auts(c.rand)), "0812"))
    a = card.answer(c.rand, c.autn)
    t.take_ptmsi(t.ask(c.response(a.res), "0802"))
    text = bench.text("both").lower()
    for secret in (card.k, card.opc, a.res, a.ck, a.ik):
        assert secret.hex() not in text
    assert c.rand.hex() in text  # the test can find something


def test_wireshark_finds_nothing_wrong_with_our_frames(bench):
    bench.capture_begin()
    bench.start("both")
    bss = raw.Bss(bench.socket(UE, 2157), (SGSN, 2157)).up()
    card = card_of(sqn=99 << 5)
    t = raw.Terminal(bss)
    c = challenged(t)
    c = Challenge(t.ask(failure(21, card.auts(c.rand)), "0812"))
    a = card.answer(c.rand, c.autn)
    t.take_ptmsi(t.ask(c.response(a.res), "0802"))
    t = raw.Terminal(bss)
    t.ask(challenged(t).response(bytes(8)), "0814")
    found = wire.tshark(bench.capture_end(), "-Y", "gsm_a.dtap and (_ws.malformed or _ws.expert)", "-T", "fields", "-e",
                        "_ws.col.Info", "-e", "_ws.expert.message")
    assert found == ""
