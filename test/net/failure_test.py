# SPDX-License-Identifier: Apache-2.0
"""An element is stopped, killed or silent: what the terminal hears, how long it waits, and that all goes well
when the element is back (TS 24.229 5.3.1.3, RFC 3263 4.3, RFC 6733 2.1)."""
import contextlib
import signal
import time

import pytest

import core
import diameter_raw as dia
import usim
from netlab import wait_for
from terminal import People

SIP_B_S = 3.0  # sip_t1x64_ms of netlab.TIMERS: no terminal waits longer
DAEMONS = ("pcscf1", "icscf1", "scscf1", "hss", "dns", "sgsn", "ggsn")


def people():
    p = People()
    for name in ("kept", "new", "silent", "gone", "cached", "killed", "late", "a", "b", "c", "d", "moved", "open"):
        p.add(name)
    return p


@pytest.fixture(scope="module")
def one(machine):
    """One of each."""
    c = core.Core(people())
    yield c
    c.close()


@pytest.fixture(scope="module")
def two(machine):
    """Two I-CSCFs and two S-CSCFs."""
    def change(conf):
        conf["icscf"].append({"name": "icscf2", "address": "10.60.4.11"})
        conf["scscf"].append({"name": "scscf2", "address": "10.60.4.21"})
        conf["timers"].update(icscf_scscf_ms=300, pcscf_icscf_ms=1000)

    c = core.Core(people(), change)
    yield c
    c.close()


@contextlib.contextmanager
def stopped(net, *names):
    net.stop(*names)
    try:
        yield
    finally:
        net.start(*names)


@contextlib.contextmanager
def silent(net, *names):
    """Alive, and it says nothing."""
    for name in names:
        net.signal(name, signal.SIGSTOP)
    try:
        yield
    finally:
        for name in names:
            net.signal(name, signal.SIGCONT)


def refusal(t, statuses, **change):
    """A REGISTER that is refused with one of these, before the terminal gives up."""
    octets = t.request(**change)
    t.send(octets)
    answer = t.final(octets, SIP_B_S)
    assert answer.status in statuses, answer.text
    assert answer.has("warning"), "it names the node and the reason"
    return answer


def sqn_of(t, challenge):
    return t.usim.answer(*usim.read_nonce(challenge.auth("www-authenticate")["nonce"])).sqn


# ---- the HSS ----

def test_ROB_10_ROB_13_the_hss_is_stopped_and_comes_back_knowing_everything(one):
    kept, new = one.terminal("kept"), one.terminal("new")
    kept.registered()
    used = sqn_of(new, new.challenge())
    state, sqn = one.hss_state(kept.impu), one.sqn(kept.person)
    assert state[0] == "registered"
    with stopped(one, "hss"):
        assert "icscf1" in refusal(new, (480, 504, 500)).one("warning")
        assert len(one.bindings(kept.impu)) == 1
    assert one.hss_state(kept.impu) == state and one.sqn(kept.person) == sqn
    challenge = new.challenge()
    assert sqn_of(new, challenge) > used, "no SQN twice"
    assert new.ask(Authorization=new.answer_to(challenge)).status in (401, 200)
    uars = len(one.cx(dia.UAR, kept.person.impi))
    kept.registered()
    assert one.answers(dia.UAR, kept.person.impi)[uars:] == [("ER", 2002)] * 2
    assert len(one.bindings(kept.impu)) == 1


def test_ROB_10_the_hss_is_silent(one):
    t = one.terminal("silent")
    with silent(one, "hss"):
        assert "hss" in refusal(t, (480, 504, 500)).one("warning").lower()
        with one.terminal("late") as second:
            refusal(second, (480, 504, 500))
    one.wait_connected()
    wait_for(lambda: t.ask().status == 401)
    t.registered()


# ---- the S-CSCF ----

def test_ROB_11_ICS_09_the_only_scscf_is_stopped(one):
    t = one.terminal("gone")
    with stopped(one, "scscf1"):
        refusal(t, (504, 480))
    t.registered()


def test_ROB_11_ICS_09_the_only_scscf_is_silent(one):
    t = one.terminal("gone")
    with silent(one, "scscf1"):
        refusal(t, (504, 480))
    one.wait_connected()
    t.registered()


# ---- the I-CSCF ----

def test_ICS_16_ROB_14_an_icscf_that_is_killed_before_the_answer_comes_is_not_missed(one):
    """It keeps nothing between the challenge and the REGISTER that answers it: a new one does as well."""
    t = one.terminal("gone")
    challenge, before = t.challenge(), one.restarts()["icscf1"]
    one.signal("icscf1", signal.SIGKILL)
    wait_for(lambda: one.restarts()["icscf1"] == before + 1 and one.lab.element("icscf1")["state"] == "up")
    one.wait_connected()
    answer = t.ask(Authorization=t.answer_to(challenge))
    assert answer.status == 200, answer.text
    assert len(one.bindings(t.impu)) == 1
    t.deregister()


# ---- the DNS server ----

def test_DNS_08_without_dns_what_is_known_goes_on_and_the_rest_is_refused_soon(one):
    t = one.terminal("cached")
    t.registered()
    with stopped(one, "dns"):
        with one.terminal("late") as other:
            lost = other.request(uri="sip:unknown.example.net")
            other.send(lost)
            t.registered()  # while the P-CSCF waits for an answer
            answer = other.final(lost, SIP_B_S)
        assert answer.status in (404, 480, 502, 503, 504) and "dns" in answer.one("warning").lower()
    t.registered()


def test_DNS_08_a_silent_dns_holds_nobody_up(one):
    t = one.terminal("cached")
    t.registered()
    with silent(one, "dns"):
        with one.terminal("late") as other:
            lost = other.request(uri="sip:another.example.net")
            other.send(lost)
            t.registered()
            assert other.final(lost, SIP_B_S).status in (404, 480, 502, 503, 504)
    t.registered()


# ---- signals ----

def test_SIGUSR1_tells_what_is_live(one):
    t = one.terminal("open")
    first = t.challenge()
    assert any("challenge" in line and t.impu in line for line in one.live("scscf1"))
    assert t.ask(Authorization=t.answer_to(first)).status == 200
    assert any(t.impu in line and "expires_s=" in line for line in one.live("scscf1"))
    assert any(t.impu in line and "service_route=" in line for line in one.live("pcscf1"))
    for name in ("icscf1", "scscf1", "hss"):
        assert any("diameter peer=" in line and "state=open" in line for line in one.live(name)), name
    t.deregister()
    for name in ("pcscf1", "scscf1"):  # the HSS may still be told of it
        wait_for(lambda n=name: (said := one.live(n)) and not any(t.impu in line for line in said))


def test_SIGUSR1_tells_what_waits(one):
    t = one.terminal("open")
    with silent(one, "hss"):
        t.send(t.request())
        wait_for(lambda: any(t.impu in line for line in one.live("icscf1")))
        assert any("waiting for the I-CSCF" in line for line in one.live("pcscf1"))
    one.wait_connected()
    wait_for(lambda: not one.busy())


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_that_is_killed_comes_back_and_serves(one, name):
    before = one.restarts()[name]
    one.signal(name, signal.SIGKILL)
    wait_for(lambda: one.lab.element(name)["restarts"] == before + 1 and one.lab.element(name)["state"] == "up")
    assert one.lab.element(name)["last_exit"] == "killed by SIGKILL"
    one.wait_connected()
    t = one.terminal("killed")
    t.registered()
    t.deregister()
    if name in ("sgsn", "ggsn"):
        assert one.lab.ue("activate").status == 0


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_ends_on_SIGTERM_with_0(one, name):
    """With a registration behind it, and one under way; a sanitizer speaks at the end."""
    t = one.terminal("killed")
    t.challenge()
    with silent(one, *([] if name == "hss" else ["hss"])):
        t.send(t.request())
        if name != "hss":
            wait_for(one.busy)
        one.stop(name)
        e = one.lab.element(name)
    one.start(name)
    assert e["state"] == "stopped" and e["last_exit"] == "exit 0"
    assert one.lab.reports() == []


# ---- two of a kind ----

def branches(net, t, scscf):
    """The Via branches of the REGISTERs of this call to an S-CSCF: one for each attempt."""
    return {m.branch for _, m in net.capture.sip(t.call_id, dst=scscf, message="REGISTER")}


def test_ICS_05_ICS_15_the_second_scscf_takes_over_from_one_that_is_stopped(two):
    t = two.terminal("moved")
    t.registered()
    name = two.hss_state(t.impu)[1]
    first, second = ("scscf1", "scscf2") if "scscf1" in name else ("scscf2", "scscf1")
    fresh = two.terminal("a")
    with stopped(two, first):
        uars = len(two.cx(dia.UAR, t.person.impi))
        t.registered()
        types = [m.number(dia.AUTHORIZATION_TYPE, dia.TGPP) for m in two.cx(dia.UAR, t.person.impi)[uars:]]
        assert types == [0, 2, 0]
        fresh.registered()
        assert [b["scscf"] for b in two.bindings(t.impu) + two.bindings(fresh.impu)] == [second, second]
        assert second in two.hss_state(t.impu)[1]
        left = [line.keys["scscf"] for line in two.lab.lines() if line.message == "scscf-failed" and line.call == t.call_tag]
        assert left and all(first in name for name in left) and len(left) == 1, "not twice"


def test_ICS_05_an_scscf_that_is_silent_is_tried_once(two):
    """The one that this user has first among equals: it had it before, too."""
    with two.terminal("b") as before:
        before.registered()
        (first,) = [b["scscf"] for b in two.bindings(before.impu)]
        before.deregister()
    t, second = two.terminal("b"), {"scscf1": "scscf2", "scscf2": "scscf1"}[first]
    with silent(two, first):
        t.registered()
        assert second in [b["scscf"] for b in two.bindings(t.impu)]
        assert len(branches(two, t, first)) == 1
    two.wait_connected()


def test_ICS_09_when_all_scscfs_are_stopped_it_is_504(two):
    t = two.terminal("c")
    with stopped(two, "scscf1", "scscf2"):
        assert refusal(t, (504,)).status == 504
    t.registered()


@pytest.mark.parametrize("how", [stopped, silent])
def test_DNS_06_the_next_icscf_is_tried_in_a_new_transaction(two, how):
    """DNS chooses by weight who is first: three calls meet both orders, nearly always."""
    with how(two, "icscf1"):
        for _ in range(3):
            t = two.terminal("d")
            t.challenge()
            sent = [(f.dst, m.branch) for f, m in two.capture.sip(t.call_id, "pcscf1", message="REGISTER")]
            assert len({b for d, b in sent if d == "icscf2"}) == 1
            assert not {b for d, b in sent if d == "icscf1"} & {b for d, b in sent if d == "icscf2"}
    if how is silent:
        two.wait_connected()


def test_after_all_that_both_icscfs_serve(two):
    wait_for(lambda: not two.busy())
    served = set()
    end = time.time() + 4
    while served != {"icscf1", "icscf2"} and time.time() < end:
        t = two.terminal("d")
        t.challenge()
        served |= {f.dst for f, _ in two.capture.sip(t.call_id, "pcscf1", message="REGISTER")}
    assert served == {"icscf1", "icscf2"}
