# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in a lab: the terminal's sentence names it, and so does a log line of the core."""
import signal

import pytest

from netlab import Lab, wait_for


def alone(lab, element):
    """The element is gone and not restarted."""
    lab.ask("stop", name=element)


def refused(lab, *sentence, name="name"):
    """The terminal does not get registered, and says all of this."""
    outcome = lab.ue("register", name=name)
    assert outcome.status == 1 and outcome.sentence.startswith("failed: ")
    for part in sentence:
        assert part in outcome.sentence
    return outcome


def another_card(number, **isim):
    """A SIM as `name` has it, with another IMSI or other identities."""
    def change(cards):
        card = dict(cards["sims"][0], imsi=number, isim={**cards["sims"][0]["isim"], **isim})
        cards["sims"][0] = card
    return change


def believing(make_lab):
    """A lab whose SGSN believes every card, so that the S-CSCF is the first to ask it."""
    return make_lab({"sgsn": {"authentication": "off"}}).up()


def test_GPR_03_wrong_k_ends_the_attach(lab):
    outcome = lab.ue_with_card({"k": "0" * 31 + "1"}, "register")
    assert outcome.status == 1
    assert "failed: wrong K or OPc: the SGSN's MAC does not verify for IMSI 001010000000001" in outcome.sentence
    assert lab.said("sgsn", "authentication-rejected imsi=001010000000001")
    assert lab.said("sgsn", "the card finds a wrong MAC")


def test_wrong_k(make_lab):
    lab = believing(make_lab)
    outcome = lab.ue_with_card({"k": "0" * 31 + "1"}, "register")
    assert outcome.status == 1
    assert "failed: wrong K or OPc: the network's MAC does not verify for IMSI 001010000000001" in outcome.sentence
    assert lab.said("scscf1", "the terminal could not verify the network (wrong MAC in AUTN)")
    assert lab.registrations() == {}


def test_wrong_opc(make_lab):
    lab = believing(make_lab)
    outcome = lab.ue_with_card({"opc": "0" * 31 + "1"}, "register")
    assert outcome.status == 1 and "wrong K or OPc" in outcome.sentence


def test_unknown_impi(make_lab):
    lab = make_lab(None, another_card("001010000000001", impi="nobody@hims.net")).up()
    refused(lab, "403", "the HSS knows no such subscriber", "USER_UNKNOWN (5001) for nobody@hims.net")
    assert lab.said("hss", "no subscriber has IMPI 'nobody@hims.net'")
    assert lab.said("icscf1", "UAA USER_UNKNOWN (5001)")


def test_an_identity_of_somebody_else(make_lab):
    lab = make_lab(None, another_card("001010000000001", impus=["sip:alice@hims.net"])).up()
    refused(lab, "403", "belong to different subscribers", "sip:alice@hims.net")
    assert lab.said("hss", "'sip:alice@hims.net' is no identity of 'name.private@hims.net'")


def test_unknown_imsi(make_lab):
    def change(conf):
        conf["terminals"][0]["imsi"] = "001010000000099"

    lab = make_lab(change, lambda cards: cards["sims"].append({**cards["sims"][0], "imsi": "001010000000099"})).up()
    refused(lab, "Attach Reject", "IMSI 001010000000099", "is it a subscriber")
    assert lab.said("sgsn", "attach-refused imsi=001010000000099")


def test_gprs_not_subscribed(make_lab):
    lab = make_lab(lambda conf: conf["subscribers"][0].update(gprs="false")).up()
    refused(lab, "Attach Reject, cause 7")
    assert lab.said("sgsn", "attach-refused")


def test_apn_not_known(make_lab):
    def change(conf):
        conf["ggsn"]["apns"].append({"name": "internet", "pool": "10.46.0.0/24"})
        conf["subscribers"][0]["apns"] = ["internet"]

    lab = make_lab(change).up()
    refused(lab, "Activate PDP Context Reject, cause 33")
    assert lab.said("sgsn", "activation-refused")


def test_pool_exhausted_and_a_freed_address_serves_again(make_lab):
    lab = make_lab(lambda conf: conf["ggsn"]["apns"][0].update(pool="10.45.0.0/30")).up()
    name, alice = lab.terminal("name"), lab.terminal("alice")
    assert name.do("activate").startswith("active: ")
    said = alice.do("activate")
    assert said.startswith("failed: Activate PDP Context Reject, cause 26") and "pool" in said
    assert lab.said("ggsn", "211 all dynamic PDP addresses are occupied")
    name.do("detach")
    assert alice.do("activate").startswith("active: ")


@pytest.mark.parametrize("element, sentence, who, core", [
    ("hss", ("480", "no HSS is connected"), "icscf1", "no HSS is connected"),
    ("scscf1", ("504", "no S-CSCF is left", "scscf1"), "icscf1", "scscf-failed"),
    ("icscf1", ("504", "no I-CSCF of 'hims.net'"), "pcscf1", "no I-CSCF of 'hims.net'"),
    ("dns", ("480", "dns has no I-CSCF for 'hims.net'"), "pcscf1", "dns has no I-CSCF for 'hims.net'"),
    ("pcscf1", ("the P-CSCF at 10.60.2.10:5060 over UDP cannot be reached",), None, None),
    ("ggsn", ("Activate PDP Context Reject, cause 38", "the GGSN does not answer"), "sgsn", "no answer from ggsn"),
    ("sgsn", ("no Gb link", "no answer from the SGSN"), None, None),
])
def test_an_element_that_is_stopped(lab, element, sentence, who, core):
    alone(lab, element)
    refused(lab, *sentence)
    assert who is None or lab.said(who, core)
    lab.ask("start", name=element)
    wait_for(lambda: lab.ue("register").status == 0, 15)


def impatient_lab(**timers):
    lab = Lab({"timers": {"sip_t1_ms": 100, "sip_t1x64_ms": 1200, "pcscf_icscf_ms": 500, "icscf_scscf_ms": 400,
                          "cx_wait_ms": 400, "dns_wait_ms": 150, "ue_retry_ms": 200, **timers}, "dns": {"ttl_s": 0}}).up()
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def impatient(machine):
    """A lab that waits for nobody for long and remembers no name."""
    yield from impatient_lab()


@pytest.fixture(scope="module")
def hasty(machine):
    """The same, for what the terminal itself waits for, three times."""
    yield from impatient_lab(sip_t1x64_ms=600, pcscf_icscf_ms=200)


@pytest.mark.parametrize("patience, element, sentence", [
    ("impatient", "hss", ("HSS",)), ("impatient", "scscf1", ("S-CSCF",)), ("impatient", "dns", ("dns",)),
    ("impatient", "ggsn", ("the GGSN does not answer",)), ("hasty", "icscf1", ("I-CSCF",)),
    ("hasty", "pcscf1", ("no answer from the P-CSCF",))])
def test_an_element_that_hangs_is_not_waited_for_without_end(request, patience, element, sentence):
    """Frozen: its address answers nothing, not even with a refusal."""
    lab = request.getfixturevalue(patience)
    lab.ask("signal", name=element, signal=int(signal.SIGSTOP))
    try:
        refused(lab, *sentence)
    finally:
        lab.ask("signal", name=element, signal=int(signal.SIGCONT))
    wait_for(lambda: lab.ue("register").status == 0, 15)


def test_DIA_the_hss_comes_back_registrations_persist_and_sqn_is_not_reused(lab):
    """ROB-13."""
    terminal = lab.terminal("name")
    assert terminal.do("register").startswith("registered:")
    lab.ask("signal", name="hss", signal=int(signal.SIGKILL))
    wait_for(lambda: lab.element("hss")["restarts"] == 1 and lab.element("hss")["state"] == "up")
    assert "sip:name@hims.net" in lab.registrations()
    wait_for(lambda: lab.ue("register", name="alice").status == 0, 10)
    wait_for(lambda: terminal.do("register").startswith("registered:"), 10)
    assert not any(e.message == "resynchronise" for e in lab.events())


def test_run_prints_the_ladder_so_far_the_sentence_and_the_likely_cause(make_lab):
    lab = make_lab(None, another_card("001010000000001", impi="nobody@hims.net"))
    outcome = lab.command("-c", lab.conf, "run", "--host")
    assert outcome.status == 1
    assert "---- (3) Unauthenticated IMS Registration Attempt ---" in outcome.out
    assert "lab: failed: 403" in outcome.out
    assert "lab: likely cause: the HSS does not know this private identity" in outcome.out
    assert outcome.out.rstrip().endswith("lab: down")


def test_run_ends_registered_with_ladder_state_and_status_0(make_lab):
    lab = make_lab()
    outcome = lab.command("-c", lab.conf, "run", "--host")
    assert outcome.status == 0, outcome.out + outcome.err
    assert "---- (5) Authenticated IMS Registration ---" in outcome.out
    assert "sip:name@hims.net  name.private@hims.net  scscf1" in outcome.out and "25 h 0 min" in outcome.out
