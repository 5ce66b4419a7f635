# SPDX-License-Identifier: Apache-2.0
"""The SGSN towards its terminals, and both roles together: raw terminals against real processes."""
import os
import random
import struct

import gprs_raw as raw
import pytest
import wire
from gprs_bench import GGSN, SGSN, UE, Bench
from netlab import wait_for

APN = {"name": "ims", "pool": "10.45.0.0/24", "pcscf": ["10.60.2.10"], "dns": ["10.60.3.53"], "mtu": "1358"}


def subscribers(conf):
    """name as usual; alice has no GPRS; bob has only the APN "data"; a pool for one terminal."""
    people = {s["name"]: s for s in conf["subscribers"]}
    people["alice"]["gprs"] = "false"
    people["bob"]["apns"] = ["data"]
    people["name"]["apns"] = ["ims", "small"]
    conf["ggsn"]["apns"] = [APN, {"name": "small", "pool": "10.46.0.0/30"}, {"name": "data", "pool": "10.47.0.0/24"},
                            {"name": "both", "pool": "10.48.0.0/24", "pool6": "fd00:48::/64"}]


@pytest.fixture
def bench(machine):
    b = Bench(subscribers)
    yield b
    b.close()


@pytest.fixture(scope="module")
def shared(machine):
    """For the tests that only ask and hear, one after the other: (base station, bench)."""
    b = Bench(subscribers)
    b.start("ggsn", "sgsn")
    yield raw.Bss(b.socket(UE), (SGSN, 2157)).up(), b
    b.close()


@pytest.fixture(scope="module")
def shared_ggsn(machine):
    """The SGSN alone, we are the GGSN."""
    b = Bench(subscribers)
    b.start("sgsn")
    yield raw.Bss(b.socket(UE), (SGSN, 2157)).up(), raw.Gtp(b.socket(GGSN, 2123), (SGSN, 2123))
    b.close()


@pytest.fixture
def bss(bench):
    """SGSN and GGSN as two processes, a base station connected."""
    bench.start("ggsn", "sgsn")
    return raw.Bss(bench.socket(UE), (SGSN, 2157)).up()


@pytest.fixture
def ggsn(bench):
    """The SGSN alone; we are the GGSN: (base station, GTP end)."""
    bench.start("sgsn")
    return raw.Bss(bench.socket(UE), (SGSN, 2157)).up(), raw.Gtp(bench.socket(GGSN, 2123), (SGSN, 2123))


def test_GPR_08_attach_and_activate_give_an_address_and_the_pcscf(bench, bss):
    t = raw.Terminal(bss).attach()
    a = t.activate()
    assert a.hosts == ["10.45.0.2"] and a.pcscf() == ["10.60.2.10"]
    assert (0x000d, bytes([10, 60, 3, 53])) in a.pco
    assert bench.arrows("sgsn") == [
        "<- ue Attach Request", "-> ue Attach Accept", "<- ue Attach Complete", "<- ue Activate PDP Context Request",
        "-> ggsn Create PDP Context Request", "<- ggsn Create PDP Context Response",
        "-> ue Activate PDP Context Accept"]
    assert bench.arrows("ggsn") == ["<- sgsn Create PDP Context Request", "-> sgsn Create PDP Context Response"]
    calls = {line.call for role in ("sgsn", "ggsn") for line in bench.lines(role) if line.keys.get("imsi")}
    assert len(calls) == 1 and "-" not in calls


def test_GPR_08_one_process_can_play_both_roles(bench):
    bench.start("both")
    t = raw.Terminal(raw.Bss(bench.socket(UE), (SGSN, 2157)).up()).attach()
    assert t.activate().hosts == ["10.45.0.2"]
    t.detach()
    elements = {(line.element, line.message) for line in bench.lines("both") if line.mark == "->"}
    assert ("sgsn", "Create PDP Context Request") in elements
    assert ("ggsn", "Create PDP Context Response") in elements


def test_GPR_10_the_signalling_flag_is_echoed(bss):
    assert (0x0002, b"") in raw.Terminal(bss).attach().activate().pco


def test_GPR_12_the_mtu_is_the_configured_one(bss):
    assert (0x0010, struct.pack(">H", 1358)) in raw.Terminal(bss).attach().activate().pco


@pytest.mark.parametrize("pco", ["80", "80ff0003010203000c00", "80c0230401000004" "000c00", "80000c00000d09aa", None],
                         ids=["empty", "unknown", "pap", "truncated", "absent"])
def test_GPR_13_odd_pcos_do_not_hinder_activation(shared, pco):
    a = raw.Terminal(shared[0]).attach().activate(pco=pco if pco is None else bytes.fromhex(pco))
    assert a.hosts
    if pco is None:
        assert a.pco is None
    elif "000c00" in pco:
        assert a.pcscf() == ["10.60.2.10"]
    else:
        assert a.pco == []


def test_GPR_02_an_unknown_imsi_is_rejected_with_cause_8(bench, bss):
    t = raw.Terminal(bss, "001019999999999")
    assert t.ask(raw.attach_request(raw.imsi_id(t.imsi)), "0804") == bytes.fromhex("080408")
    refusal = next(line for line in bench.lines("sgsn") if line.message == "attach-refused")
    assert refusal.keys["imsi"] == t.imsi and refusal.keys["cause"].startswith("8 ")


def test_GPR_02_a_subscriber_without_gprs_is_rejected_with_cause_7(bss):
    t = raw.Terminal(bss, "001010000000002")
    assert t.ask(raw.attach_request(raw.imsi_id(t.imsi)), "0804") == bytes.fromhex("080407")


def test_an_unknown_ptmsi_is_asked_for_its_imsi(bss):
    t = raw.Terminal(bss)
    assert t.ask(raw.attach_request(bytes.fromhex("f4c0abcdef")), "0815") == bytes.fromhex("081501")
    t.take_ptmsi(t.ask(b"\x08\x16\x08" + raw.imsi_id(t.imsi), "0802"))
    assert t.activate().hosts == ["10.45.0.2"]


def test_a_known_ptmsi_attaches_without_identity_request_and_gets_another(bss):
    t = raw.Terminal(bss).attach()
    again = raw.Terminal(bss)
    again.take_ptmsi(again.ask(raw.attach_request(b"\xf4" + struct.pack(">I", t.ptmsi)), "0802"))
    assert again.ptmsi != t.ptmsi
    assert again.activate().hosts


def test_an_identity_response_without_imsi_is_rejected_with_cause_9(bss):
    t = raw.Terminal(bss)
    t.ask(raw.attach_request(bytes.fromhex("f4c0abcdef")), "0815")
    assert t.ask(bytes.fromhex("0816093335940096783351f3"), "0804") == bytes.fromhex("080409")


def test_GPR_06_a_subscriber_that_may_not_roam_here_is_rejected_with_cause_11(bench):
    def barred(conf):
        subscribers(conf)
        conf["subscribers"][0]["visited"] = ["elsewhere.net", "nowhere.net"]
        conf["subscribers"][2]["visited"] = ["elsewhere.net", "VIMS.net"]

    bench.write_conf(barred)
    bench.start("sgsn")
    bss = raw.Bss(bench.socket(UE), (SGSN, 2157)).up()
    t = raw.Terminal(bss)
    assert t.ask(raw.attach_request(raw.imsi_id(t.imsi)), "0804") == bytes.fromhex("08040b")
    assert any(line.message == "attach-refused" and line.keys["cause"].startswith("11 ") for line in bench.lines("sgsn"))
    raw.Terminal(bss, "001010000000003").attach()


def rau_request(rai=raw.RAI, status="", ptmsi=None):
    more = bytes.fromhex("3202" + status) if status else b""
    if ptmsi:
        more = b"\x18\x05\xf4" + struct.pack(">I", ptmsi) + more
    return b"\x08\x08\x70" + rai + bytes.fromhex("061453432aa060") + more


ACCEPTED = bytes.fromhex("080900e0") + raw.RAI  # P-TMSI kept: no Complete is waited for


def test_GPR_30_a_known_terminal_is_updated_and_keeps_its_contexts(bench, bss):
    t = raw.Terminal(bss).attach()
    assert t.ask(rau_request(), "0809") == ACCEPTED + bytes.fromhex("32020000")
    t.activate()
    assert t.ask(rau_request(status="2000"), "0809") == ACCEPTED + bytes.fromhex("32022000")
    assert t.ask(b"\x08\x08\x73" + rau_request()[3:], "0809")  # periodic
    assert t.quiet(0.2) and bench.live("sgsn").count("pdp imsi=") == 1
    t.deactivate()


def test_GPR_30_contexts_that_the_terminal_no_longer_has_are_deleted(bench, bss):
    t = raw.Terminal(bss).attach()
    t.activate()
    t.activate(ti=1, nsapi=6, apn="small")
    assert t.ask(rau_request(status="4000"), "0809") == ACCEPTED + bytes.fromhex("32024000")
    wait_for(lambda: "taken=1 " in bench.live("ggsn"))
    assert "apn=small" in bench.live("sgsn") and "apn=ims" not in bench.live("sgsn")


@pytest.mark.parametrize("rai,cause", [(raw.RAI, "0a"), (bytes.fromhex("00f110000201"), "09")])
def test_GPR_30_an_unknown_terminal_is_rejected_with_cause_10_or_9(bench, bss, rai, cause):
    """10: it says that it was here; 9: it comes from an SGSN that this one cannot ask."""
    t = raw.Terminal(bss)
    t.tlli = 0x80abcdef
    t.tllis.add(t.tlli)
    assert t.ask(rau_request(rai), "080b") == bytes.fromhex(f"080b{cause}00")
    assert "mm " not in bench.live("sgsn")
    assert any(line.message == "update-refused" for line in bench.lines("sgsn"))
    t.attach()


def test_GPR_30_a_terminal_that_comes_back_in_a_foreign_tlli_is_known_by_its_ptmsi(bench, bss):
    t = raw.Terminal(bss).attach()
    t.activate()
    local, t.tlli = t.tlli, t.ptmsi & 0x3fffffff | 0x80000000
    t.tllis.add(t.tlli)
    assert t.ask(rau_request(status="2000"), "0809") == ACCEPTED + bytes.fromhex("32022000")
    t.tlli = local
    t.deactivate()
    t.detach()


def test_GPR_30_an_update_in_the_middle_of_an_attach_is_not_compatible(bench, bss):
    t = raw.Terminal(bss)
    t.ask(raw.attach_request(bytes.fromhex("f4c0abcdef")), "0815")
    assert t.ask(rau_request(), "0820") == bytes.fromhex("082062")


def test_GPR_16_an_apn_that_is_not_subscribed_is_cause_33(bench, bss):
    t = raw.Terminal(bss).attach()
    assert t.ask(raw.activate_request(apn="data"), "8a43") == bytes.fromhex("8a4321")
    assert "-> ggsn Create PDP Context Request" not in bench.arrows("sgsn")


@pytest.mark.parametrize("apn", ["nowhere", None])
def test_an_unknown_or_missing_apn_is_cause_27(shared, apn):
    t = raw.Terminal(shared[0]).attach()
    assert t.ask(raw.activate_request(apn=apn), "8a43") == bytes.fromhex("8a431b")


def test_GPR_17_an_exhausted_pool_is_cause_26_and_a_freed_address_is_given_again(bench, bss):
    first, second = raw.Terminal(bss).attach(), None
    assert first.activate(apn="small").hosts == ["10.46.0.2"]
    second = raw.Terminal(bss)
    assert first.ask(raw.activate_request(apn="small", nsapi=6, ti=1), "9a43") == bytes.fromhex("9a431a")
    said = next(line for line in bench.lines("ggsn") if line.message == "refused")
    assert said.keys["cause"].startswith("211 ") and said.keys["apn"] == "small"
    first.deactivate()
    assert first.activate(apn="small").hosts == ["10.46.0.2"]
    first.detach()
    second.attach()
    assert second.activate(apn="small").hosts == ["10.46.0.2"]


def test_GPR_18_less_than_ipv4v6_is_accepted_with_cause_50(bss):
    a = raw.Terminal(bss).attach().activate(pdp=0x8d)
    assert a.pdp_type == 0x21 and a.hosts == ["10.45.0.2"] and a.cause == 50


def test_an_unknown_pdp_type_is_cause_28(bss):
    t = raw.Terminal(bss).attach()
    assert t.ask(raw.activate_request(pdp=0x01), "8a43") == bytes.fromhex("8a431c")
    assert t.ask(raw.activate_request(pdp=0x57), "8a43") == bytes.fromhex("8a431c")  # no IPv6 in this APN


def test_GPR_27_deactivation_by_the_terminal_frees_the_address(bench, bss):
    t = raw.Terminal(bss).attach()
    t.activate()
    t.deactivate()
    freed = next(line for line in bench.lines("ggsn") if line.message == "address-freed")
    assert freed.keys["address"] == "10.45.0.2" and freed.keys["imsi"] == t.imsi
    assert "pdp " not in bench.live("sgsn") and "pdp " not in bench.live("ggsn")
    # the next holder is somebody else's: freed addresses wait at the end of the queue
    assert t.activate().hosts == ["10.45.0.3"]


def test_GPR_27_deactivation_by_the_network_reaches_the_terminal(bench, ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    gtp.answer(m, *raw.created(GGSN), teid=m.number(17))
    raw.Activated(t.receive())
    assert gtp.ask(raw.DELETE, m.number(17), raw.ie(19, "ff"), raw.ie(20, "05")).cause() == 128
    assert t.receive() == bytes.fromhex("8a4624")
    t.send(bytes.fromhex("0a47"))
    wait_for(lambda: "pdp " not in bench.live("sgsn"))
    assert t.quiet()
    assert gtp.ask(raw.DELETE, m.number(17), raw.ie(20, "05")).cause() == 192


def test_GPR_27_a_restarted_ggsn_ends_the_contexts_that_it_lost(bench, bss):
    t = raw.Terminal(bss).attach()
    t.activate()
    bench.stop("ggsn")
    bench.start("ggsn")
    assert t.receive(4.0) == bytes.fromhex("8a4627")  # reactivation requested; an echo found out
    t.send(bytes.fromhex("0a47"))
    assert t.activate().hosts == ["10.45.0.2"]


def test_a_restarted_sgsn_frees_its_addresses_and_sends_terminals_to_attach(bench, bss):
    t = raw.Terminal(bss).attach()
    t.activate()
    bench.stop("sgsn")
    bench.start("sgsn")
    bss.up()
    assert t.ask(raw.activate_request(), "0805")[:3] == bytes.fromhex("080501")  # re-attach required
    t.attach()
    assert t.activate().hosts == ["10.45.0.3"]
    assert "taken=1 " in bench.live("ggsn")


def test_a_silent_ggsn_is_cause_38_after_n3_tries(bench, ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    seqs = {gtp.receive(raw.CREATE).seq for _ in range(3)}
    assert len(seqs) == 1
    assert t.receive() == bytes.fromhex("8a4326")
    assert gtp.quiet()
    assert "no answer from ggsn at 127.0.0.12:2123 to Create PDP Context Request, sent 3 times" in bench.text("sgsn")


@pytest.mark.parametrize("gtp_cause,sm_cause", [(199, 26), (211, 26), (212, 26), (219, 27), (220, 28), (222, 33),
                                                (204, 38), (209, 29), (200, 32), (201, 30)])
def test_GPR_17_gtp_causes_become_sm_causes(shared_ggsn, gtp_cause, sm_cause):
    bss, gtp = shared_ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    gtp.answer(m, raw.ie(1, bytes([gtp_cause])), teid=m.number(17))
    assert t.receive() == bytes([0x8a, 0x43, sm_cause])


def test_the_create_request_says_who_where_and_what(ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    assert m.get(2).hex() == "00010100000000f1" and m.get(3) == raw.RAI and m.get(20) == b"\x05"
    assert m.get(131) == b"\x03ims" and m.get(132) == raw.ASK_ALL and m.get(135)[0] == 2
    assert m.get(134).hex().startswith("91") and m.get(151) == b"\x02"
    assert m.get(152).hex() == "0000f11000010001" and len(m.elements[133]) == 2
    assert m.teid == 0 and m.number(16) and m.number(17)


def test_a_ggsn_that_answers_half_is_cause_38_and_told_to_forget(ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    gtp.answer(m, *[e for e in raw.created(GGSN) if e[0] != 128], teid=m.number(17))
    assert t.receive() == bytes.fromhex("8a4326")
    m = gtp.receive(raw.DELETE)
    assert m.teid == 0xbbbb0001
    gtp.answer(m, raw.ie(1, "80"))


def test_GPR_29_detach_deletes_the_contexts_and_is_accepted(bench, bss):
    t = raw.Terminal(bss).attach()
    t.activate()
    t.detach()
    assert bench.arrows("sgsn")[-4:] == ["<- ue Detach Request", "-> ggsn Delete PDP Context Request",
                                         "<- ggsn Delete PDP Context Response", "-> ue Detach Accept"]
    assert "imsi=" not in bench.live("sgsn") and "imsi=" not in bench.live("ggsn")


def test_GPR_29_power_off_deletes_the_contexts_and_is_not_answered(bench, bss):
    t = raw.Terminal(bss).attach()
    t.activate()
    t.send(bytes.fromhex("0805091805f4") + struct.pack(">I", t.ptmsi))
    wait_for(lambda: "imsi=" not in bench.live("ggsn"))
    assert t.quiet()
    assert "imsi=" not in bench.live("sgsn")


def test_GPR_29_a_detach_whose_ggsn_is_silent_is_accepted_all_the_same(ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    gtp.answer(m, *raw.created(GGSN), teid=m.number(17))
    raw.Activated(t.receive())
    t.detach()
    assert [gtp.receive(raw.DELETE).kind for _ in range(3)]


def test_a_detach_while_the_ggsn_is_asked_leaves_nothing_there(bench, ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    t.detach()
    gtp.answer(m, *raw.created(GGSN), teid=m.number(17))
    d = gtp.receive(raw.DELETE)
    assert d.teid == 0xbbbb0001
    gtp.answer(d, raw.ie(1, "80"))
    wait_for(lambda: "imsi=" not in bench.live("sgsn"))


def test_GPR_28_attach_accept_is_repeated_and_then_given_up(bench, bss):
    t = raw.Terminal(bss)
    accept = t.ask(raw.attach_request(raw.imsi_id(t.imsi)), "0802")
    assert [t.receive() for _ in range(2)] == [accept, accept]
    wait_for(lambda: "no Attach Complete from IMSI 001010000000001" in bench.text("sgsn"))
    assert t.quiet()
    t.attach()


def test_GPR_28_identity_request_is_repeated_and_then_given_up(bench, bss):
    t = raw.Terminal(bss)
    t.ask(raw.attach_request(bytes.fromhex("f4c0abcdef")), "081501")
    assert [t.receive().hex() for _ in range(2)] == ["081501", "081501"]
    wait_for(lambda: "no Identity Response" in bench.text("sgsn"))
    assert "mm " not in bench.live("sgsn")


def test_GPR_28_deactivation_by_the_network_is_repeated_and_then_given_up(bench, ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss).attach()
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    gtp.answer(m, *raw.created(GGSN), teid=m.number(17))
    raw.Activated(t.receive())
    gtp.ask(raw.DELETE, m.number(17), raw.ie(20, "05"))
    assert [t.receive().hex() for _ in range(3)] == ["8a4624"] * 3
    wait_for(lambda: "pdp " not in bench.live("sgsn"))


def test_GPR_28_repeated_requests_have_one_effect(bench, ggsn):
    bss, gtp = ggsn
    t = raw.Terminal(bss)
    request = raw.attach_request(raw.imsi_id(t.imsi))
    accept = t.ask(request, "0802")
    assert t.ask(request, "0802") == accept  # the same P-TMSI
    t.take_ptmsi(accept)
    t.send(raw.activate_request())
    t.send(raw.activate_request())
    m = gtp.receive(raw.CREATE)
    gtp.answer(m, *raw.created(GGSN), teid=m.number(17))
    raw.Activated(t.receive())
    assert t.quiet() and gtp.quiet(0.1)


def test_an_activation_again_in_the_same_transaction_replaces_the_context(bench, bss):
    t = raw.Terminal(bss).attach()
    assert t.activate().hosts == ["10.45.0.2"]
    assert t.activate().hosts == ["10.45.0.3"]
    wait_for(lambda: "taken=1 " in bench.live("ggsn"))


def test_another_attach_of_the_same_imsi_ends_the_first(bench, bss):
    raw.Terminal(bss).attach().activate()
    assert raw.Terminal(bss).attach().activate().hosts == ["10.45.0.3"]
    assert bench.live("sgsn").count("mm imsi=") == 1
    wait_for(lambda: "taken=1 " in bench.live("ggsn"))


def test_several_contexts_of_one_terminal(bench, bss):
    t = raw.Terminal(bss).attach()
    assert t.activate(ti=0, nsapi=5).hosts == ["10.45.0.2"]
    assert t.activate(ti=1, nsapi=6, apn="small").hosts == ["10.46.0.2"]
    t.deactivate(ti=1)
    assert "apn=ims" in bench.live("sgsn") and "apn=small" not in bench.live("sgsn")
    t.detach()


def test_a_lost_attach_complete_is_made_up_by_what_follows(bss):
    t = raw.Terminal(bss)
    accept = t.ask(raw.attach_request(raw.imsi_id(t.imsi)), "0802")
    t.ptmsi = struct.unpack_from(">I", accept, accept.index(b"\x18\x05\xf4") + 3)[0]
    t.tlli = t.ptmsi | 0xc0000000
    t.tllis.add(t.tlli)
    assert t.activate().hosts == ["10.45.0.2"]


@pytest.mark.parametrize("nas,answer", [
    ("080102e5e0710a00", "080460"),  # Attach Request, cut: reject 96
    ("087f", "082061"),  # a GMM type that nobody knows: 97
    ("080408", "082061"),  # an Attach Reject from a terminal
    ("0816080910100000000010", "082062"),  # an Identity Response that nobody asked for: 98
    ("0803", "082062"),
    ("0a410503", "8a4360"),  # Activate Request, cut: reject 96
    ("0a7f", "8a5561"),
    ("0a4624", "8a5551"),  # no such transaction: 81
    ("3a4624", "ba5551"),
    ("0a47", "8a5551"),
    ("0a410403" "0c" + "00" * 12 + "020121" "280403696d73", "8a4360"),  # NSAPI 4
    ("0a410502" "0c" + "00" * 12 + "020121" "280403696d73", "8a4360"),  # LLC SAPI 2
    ("0a4105030c" + "00" * 12 + "020121" "0101ff", "8a4360"),  # an element that must be understood
])
def test_messages_that_cannot_be_served_are_answered_with_their_cause(shared, nas, answer):
    t = raw.Terminal(shared[0]).attach()
    assert t.ask(bytes.fromhex(nas), "").hex() == answer
    assert t.activate().hosts


@pytest.mark.parametrize("nas", ["", "08", "0820", "0a5551", "082060", "0501", "180102", "ca4105", "7a0041", "0a55"])
def test_messages_that_nobody_answers_do_no_harm(shared, nas):
    t = raw.Terminal(shared[0]).attach()
    t.send(bytes.fromhex(nas))
    assert t.quiet(0.1)
    assert t.activate().hosts


def test_sm_before_attach_is_sent_away(shared):
    t = raw.Terminal(shared[0])
    assert t.ask(raw.activate_request(), "0805") == bytes.fromhex("080501250a")


def test_noise_never_kills_the_sgsn(bench, bss):
    random.seed(7)
    t = raw.Terminal(bss).attach()
    good = [raw.attach_request(raw.imsi_id(t.imsi)), raw.activate_request(), bytes.fromhex("0805011805f4c0000001"),
            bytes.fromhex("0a462491"), bytes.fromhex("0816080910100000000010")]
    sock, probe = bench.socket(UE), raw.Bss(bench.socket(UE), (SGSN, 2157))
    for i in range(1500):
        m = bytearray(random.choice(good))
        for _ in range(random.randrange(4)):
            m[random.randrange(len(m))] = random.randrange(256)
        t.send(bytes(m[:random.randrange(len(m) + 1)]) if i % 3 else bytes(m))
        sock.sendto(os.urandom(i % 60), (SGSN, (2157, 2123, 2152)[i % 3]))
        bss.ns(bytes([i % 12]) + os.urandom(i % 40))
        if i % 50 == 49:  # what the socket cannot hold is no noise that was heard
            probe.alive()
    assert bench.daemons["sgsn"].poll() is None
    other = raw.Bss(bench.socket(UE), (SGSN, 2157)).up()
    t = raw.Terminal(other).attach()
    assert t.activate().hosts


def test_two_hundred_terminals_share_a_link(bench):
    def many(conf):
        subscribers(conf)
        conf["subscribers"] += [{"name": f"u{i}", "imsi": f"0010100001{i:05d}", "impi": f"u{i}@hims.net",
                                 "impus": [f"sip:u{i}@hims.net"]} for i in range(200)]

    bench.write_conf(many)
    bench.start("ggsn", "sgsn")
    bss = raw.Bss(bench.socket(UE), (SGSN, 2157)).up()
    terminals = [raw.Terminal(bss, f"0010100001{i:05d}") for i in range(200)]
    hosts = {t.attach().activate().hosts[0] for t in terminals}
    assert len(hosts) == 200
    for t in terminals:
        t.detach()
    assert "taken=0 " in bench.live("ggsn")


def test_wireshark_finds_nothing_wrong_with_our_frames(bench):
    bench.capture_begin()
    bench.start("ggsn", "sgsn")
    bss = raw.Bss(bench.socket(UE, 2157), (SGSN, 2157)).up()
    t = raw.Terminal(bss)
    t.ask(raw.attach_request(bytes.fromhex("f4c0abcdef")), "0815")
    t.take_ptmsi(t.ask(b"\x08\x16\x08" + raw.imsi_id(t.imsi), "0802"))
    t.activate()
    t.activate(ti=1, nsapi=6, pdp=0x8d)
    t.ask(raw.activate_request(apn="nowhere", ti=2, nsapi=7), "aa431b")
    t.ask(bytes.fromhex("0a7f"), "8a5561")
    t.ask(bytes.fromhex("087f"), "082061")
    t.deactivate(ti=1)
    t.ask(rau_request(status="2000"), "0809")
    t.detach()
    unknown = raw.Terminal(bss, "001019999999999")
    unknown.ask(rau_request(ptmsi=0xc0abcdef), "080b0a")
    unknown.ask(raw.attach_request(raw.imsi_id(unknown.imsi)), "080408")
    unknown.ask(raw.activate_request(), "080501")
    strange = raw.Bss(bench.socket(UE, 24157), (SGSN, 2157))
    strange.expect("0a", "0800810a")  # NS-STATUS
    gtp = raw.Gtp(bench.socket(UE, 2123), (GGSN, 2123))
    gtp.ask(raw.ECHO)
    assert gtp.create(imsi="001010000000077").cause() == 128
    assert gtp.create(imsi="001010000000078", apn="nowhere").cause() == 219
    gtp.delete(0xdead)
    pcap = bench.capture_end()
    seen = wire.tshark(pcap, "-T", "fields", "-e", "frame.protocols")
    assert seen.count("gsm_a.dtap") >= 18 and seen.count("gtp") >= 8 and "bssgp" in seen
    found = wire.tshark(pcap, "-Y", "(gprs-ns or bssgp or llcgprs or gsm_a.dtap or gtp) and (_ws.malformed or _ws.expert)",
                        "-T", "fields", "-e", "frame.number", "-e", "frame.protocols", "-e", "_ws.expert.message",
                        "-e", "_ws.col.Info")
    assert found == ""
