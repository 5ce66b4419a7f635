# SPDX-License-Identifier: Apache-2.0
"""Registrations, right and wrong, through all daemons, and what stands on each leg of the way (TS 24.229
5.1.1, 5.2.2, 5.3.1, 5.4.1): the numbers M1 to M16 are those of the messages in their order."""
import base64
import re

import pytest

import core
import diameter_raw as dia
import usim
from netlab import wait_for
from terminal import HOME, People

PCSCF = "sip:pcscf1.vims.net:5060"
SCSCF = "sip:scscf1.hims.net:5060"


def crowd():
    people = People()
    for name in ("m2", "m5", "m13", "m15", "nonce", "mac", "resync", "forged", "other", "replay", "short", "star", "foo",
                 "claim", "all", "cseq", "fetch", "both", "compact", "again", "two", "step", "dot", "call", "bare", "odd",
                 "secret", "wrong"):
        people.add(name)
    people.add("set3", impus=["sip:set3@hims.net", {"id": "sip:set3.barred@hims.net", "barred": "true"},
                              "sip:set3.other@hims.net"])
    people.add("barred", impus=[{"id": "sip:barred@hims.net", "barred": "true"}, "sip:barred.second@hims.net",
                                "sip:barred.third@hims.net"])
    people.add("home", visited=["elsewhere.net"])
    people.add("private", impi="private.identity@hims.net")
    return people


@pytest.fixture(scope="module")
def made(machine):
    c = core.Core(crowd(), options=("--pcap", "--log", "debug"))
    yield c
    c.close()


@pytest.fixture
def net(made):
    """The lab of this module; after the test it must be as good as before."""
    restarts = made.restarts()
    yield made
    made.as_good_as_before(restarts)


def leg(net, t, src, dst, message="REGISTER", count=1):
    return net.capture.leg(t.call_id, src, dst, message, count)


def shape(message):
    """The headers that a proxy may not touch."""
    return [(n, v) for n, v in message.headers if n in ("from", "to", "call-id", "cseq", "contact", "expires", "supported")]


def test_the_tests_own_usim_agrees_with_TS_35_208():
    """Test set 1: f1 to f5, f1* and f5*."""
    k, opc = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"
    rand, sqn = bytes.fromhex("23553cbe9637a89d218ae64dae47bf35"), bytes.fromhex("ff9bb4d0b607")
    m = usim.Usim(k, opc).milenage
    assert [x.hex() for x in m.f1(rand, sqn, bytes.fromhex("b9b9"))] == ["4a9ffac354dfafb3", "01cfaf9ec4e871e9"]
    assert [x.hex() for x in (*m.res_ak(rand), m.ck(rand), m.ik(rand), m.ak_star(rand))] == [
        "a54211d5e3ba50bf", "aa689c648370", "b40ba9a3c58b2a05bbf0d987b21bf8cb", "f769bcd751044604127672711c6d3441",
        "451e8beca43b"]


# ---- the legs ----

def test_REG_02_TRU_12_the_pcscf_marks_the_first_register(net):
    t = net.terminal("m2")
    t.challenge(Route="<sip:10.60.2.10;lr>", extra=[
        "Path: <sip:evil@example.net;lr>", "P-Visited-Network-ID: evil.net", "Service-Route: <sip:evil.net;lr>",
        "P-Charging-Vector: icid-value=evil;orig-ioi=evil", "P-Asserted-Identity: <sip:alice@hims.net>",
        "Record-Route: <sip:evil.net;lr>", "X-Unknown: kept, as it is"])
    m1, m2 = leg(net, t, "ue", "pcscf1")[0], leg(net, t, "pcscf1", "icscf1")[0]
    assert m2.uri == m1.uri == f"sip:{HOME}"
    assert m2.uris("path") == [f"sip:term@{PCSCF.removeprefix('sip:')};lr"]
    assert m2.one("require") == "path" and not m2.has("proxy-require")
    assert m2.one("p-visited-network-id").strip('"') == "vims.net"
    vector = m2.one("p-charging-vector")
    assert re.fullmatch(r'icid-value="[^"]+@pcscf1\.vims\.net";orig-ioi=vims\.net', vector), vector
    assert m2.auth("authorization")["integrity-protected"] == "no"
    for name in ("security-client", "route", "record-route", "service-route", "p-asserted-identity"):
        assert not m2.has(name), name
    assert len(m2.values("via")) == 2 and "pcscf1.vims.net" in m2.values("via")[0]
    assert m2.param("via", "received", 1) in ("10.60.1.1", None) and m2.param("via", "rport", 1) == str(t.port)
    assert m2.number("max-forwards") == m1.number("max-forwards") - 1
    assert shape(m2) == [(n, "path, sec-agree" if n == "supported" else v) for n, v in shape(m1)]
    assert m2.one("x-unknown") == "kept, as it is"
    assert "evil" not in m2.text


def test_REG_03_the_icscf_hands_the_register_to_the_scscf_it_chose(net):
    t = net.terminal("m5")
    t.challenge()
    m2, m5 = leg(net, t, "pcscf1", "icscf1")[0], leg(net, t, "icscf1", "scscf1")[0]
    assert m5.uri == SCSCF
    for name in ("path", "require", "p-visited-network-id", "p-charging-vector", "authorization"):
        assert m5.all(name) == m2.all(name), name
    assert not m5.has("record-route") and not m5.has("route")
    assert len(m5.values("via")) == 3 and "icscf1.hims.net" in m5.values("via")[0]
    assert m5.number("max-forwards") == m2.number("max-forwards") - 1
    assert shape(m5) == shape(m2)
    uar = net.cx(dia.UAR, t.person.impi)
    assert len(uar) == 1 and uar[0].text(dia.VISITED, dia.TGPP) == "vims.net"
    assert uar[0].text(dia.PUBLIC_IDENTITY, dia.TGPP) == t.impu and uar[0].number(dia.AUTHORIZATION_TYPE, dia.TGPP) == 0
    assert net.answers(dia.UAR, t.person.impi) == [("ER", 2001)]


def test_REG_06_the_answering_register_is_marked_anew_and_goes_to_the_same_scscf(net):
    """M10 and M13. Without IPsec nothing is integrity-protected."""
    t = net.terminal("m13")
    t.registered()
    first, second = leg(net, t, "pcscf1", "icscf1", count=2)
    assert second.call_id == first.call_id and second.uris("path") == first.uris("path")
    assert second.branch != first.branch
    assert second.one("p-charging-vector") != first.one("p-charging-vector")
    assert second.auth("authorization")["integrity-protected"] == "no"
    assert not second.has("security-client") and not second.has("security-verify") and second.one("require") == "path"
    m5, m13 = leg(net, t, "icscf1", "scscf1", count=2)
    assert net.answers(dia.UAR, t.person.impi) == [("ER", 2001), ("ER", 2002)]
    assert m5.uri == m13.uri and not m13.has("record-route")
    sar, = net.cx(dia.SAR, t.person.impi)
    assert sar.text(dia.PUBLIC_IDENTITY, dia.TGPP) == t.impu and sar.number(dia.ASSIGNMENT_TYPE, dia.TGPP) == 1
    mar, = net.cx(dia.MAR, t.person.impi)
    assert mar.text(dia.SERVER_NAME, dia.TGPP) == sar.text(dia.SERVER_NAME, dia.TGPP) == m13.uri
    assert net.hss_state(t.impu) == ("registered", SCSCF)


def test_the_200_carries_what_the_terminal_needs_and_no_charging(net):
    """M15 and M16."""
    t = net.terminal("m15")
    m16 = t.registered()
    m15, = leg(net, t, "scscf1", "icscf1", "200")
    m10 = leg(net, t, "pcscf1", "icscf1", count=2)[1]
    assert m15.uris("path") == m10.uris("path") and m15.param("contact", "expires") == "600"
    assert re.search(r"[:;]", m15.uris("service-route")[0]) and m15.uris("service-route")[0].endswith(";lr")
    assert m15.uris("service-route")[0] != SCSCF, "marks the originating direction"
    icid = re.search(r'icid-value="[^"]+"', m10.one("p-charging-vector")).group()
    assert m15.one("p-charging-vector") == f"{icid};orig-ioi=vims.net;term-ioi=hims.net"
    for name in ("service-route", "path", "contact", "p-associated-uri", "to"):
        assert m16.all(name) == m15.all(name), name
    assert not m16.has("p-charging-vector") and not m16.has("p-charging-function-addresses")
    assert len(m16.values("via")) == 1 and len(m15.values("via")) == 3
    assert "tag=" in m16.one("to")


def test_REG_05_the_nonce_is_RAND_and_AUTN_of_the_MAA(net):
    t = net.terminal("nonce")
    asked = t.challenge().auth("www-authenticate")
    octets = base64.b64decode(asked["nonce"], validate=True)
    net.capture.leg(t.call_id, "scscf1", "icscf1", "401")
    maa = next(m for _, m in net.capture.cx(dia.MAR, False) if t.person.impi.encode() in m.all(dia.USER_NAME))
    item = {code: data for code, _, data in dia.parse(maa.one(dia.AUTH_ITEM, dia.TGPP))}
    assert len(octets) >= 32 and octets[:32] == item[dia.AUTHENTICATE]
    assert asked["realm"] == HOME and asked["algorithm"] == "AKAv1-MD5"
    said = t.usim.answer(*usim.read_nonce(asked["nonce"]))
    assert said.mac and said.fresh and said.res == item[dia.AUTHORIZATION]


def test_TRU_16_keys_are_neither_on_Gm_nor_in_any_log(net):
    t = net.terminal("secret")
    t.registered()
    m7, = leg(net, t, "scscf1", "icscf1", "401")
    for key in ("ck", "ik"):
        assert len(bytes.fromhex(m7.auth("www-authenticate")[key])) == 16, f"{key} reaches the P-CSCF"
        assert m7.auth("www-authenticate")[key] in t.secrets
    gm = b"".join(f.octets for f, _ in net.capture.sip() if "ue" in (f.src, f.dst))
    assert t.call_id.encode() in gm and not re.search(rb"(?i)\b(ck|ik)\s*=", gm)
    logs = net.texts().lower()
    assert t.person.impi in logs
    for secret in t.secrets + t.person.secrets():
        octets = bytes.fromhex(secret)
        assert secret.encode() not in gm.lower() and octets not in gm
        for form in (secret, ":".join(secret[i:i + 2] for i in range(0, len(secret), 2)),
                     base64.b64encode(octets).decode().rstrip("=").lower()):
            assert form not in logs, "a key is in a log"


# ---- registrations that go well ----

def test_REG_08_the_associated_uris_are_the_ones_that_are_not_barred(net):
    answer = net.terminal("set3").registered()
    assert answer.uris("p-associated-uri") == ["sip:set3@hims.net", "sip:set3.other@hims.net"]
    assert net.hss_state("sip:set3.other@hims.net")[0] == "registered"


def test_REG_09_a_barred_identity_may_register_its_set(net):
    t = net.terminal("barred")
    answer = t.registered()
    assert t.impu in t.request().decode()
    assert answer.uris("p-associated-uri") == ["sip:barred.second@hims.net", "sip:barred.third@hims.net"]


def test_REG_14_a_register_without_contact_lists_the_bindings(net):
    t = net.terminal("fetch")
    t.registered()
    answer = t.register(Contact=None, Expires=None)
    assert answer.status == 200 and answer.uris("contact") == [t.contact.strip("<>")]
    assert len(net.cx(dia.SAR, t.person.impi)) == 1
    assert [b["contact"] for b in net.bindings(t.impu)] == [t.contact]


def test_REG_16_the_contacts_own_expires_wins(net):
    t = net.terminal("both")
    answer = t.registered(Contact=f"{t.contact};expires=120", Expires="3600")
    assert answer.param("contact", "expires") == "120"
    assert 110 <= int(net.bindings(t.impu)[0]["expires_s"]) <= 120


def compact(octets):
    """Compact and lower-case names, a folded Authorization, spaces where they may stand."""
    text = octets.decode()
    for name, short in (("Via", "v"), ("From", "f"), ("To", "t"), ("Call-ID", "i"), ("Contact", "m"), ("Supported", "k"),
                        ("Content-Length", "l")):
        text = text.replace(f"\r\n{name}: ", f"\r\n{short} : ")
    for name in ("CSeq", "Max-Forwards", "Expires", "Require", "Proxy-Require", "Security-Client"):
        text = text.replace(f"\r\n{name}: ", f"\r\n{name.lower()}:\t")
    text = text.replace("\r\nAuthorization: ", "\r\nAUTHORIZATION:\r\n ").replace('", ', '",\r\n\t')
    return text.encode()


def test_REG_24_compact_folded_and_lower_case_headers_register(net):
    t = net.terminal("compact")
    first = t.ask(compact(t.request()))
    assert first.status == 401
    answer = t.ask(compact(t.request(Authorization=t.answer_to(first))))
    assert answer.status == 200 and answer.uris("contact") == [t.contact.strip("<>")]
    m2 = leg(net, t, "pcscf1", "icscf1")[0]
    assert m2.auth("authorization")["integrity-protected"] == "no"
    assert not m2.has("security-client") and not m2.has("proxy-require") and m2.one("require") == "path"


def test_REG_25_a_register_that_is_sent_again_gets_the_same_401_and_asks_nobody(net):
    t = net.terminal("again")
    m1 = t.request()
    t.send(m1)
    t.send(m1)
    first = t.final(m1)
    t.send(m1)
    answers = {t.final(m1).octets, first.octets}
    more = t.receive(0.3)
    answers |= {more.octets} if more else set()
    assert len(answers) == 1 and first.status == 401
    assert len(net.cx(dia.MAR, t.person.impi)) == 1 and len(net.cx(dia.UAR, t.person.impi)) == 1
    assert t.ask(Authorization=t.answer_to(first)).status == 200


def test_a_terminal_that_asks_with_the_rfc_2069_digest_registers(net):
    """No qop, no cnonce, no nc."""
    t = net.terminal("odd")
    first = t.challenge()
    nonce = first.auth("www-authenticate")["nonce"]
    said = t.usim.answer(*usim.read_nonce(nonce))
    response = usim.digest(t.person.impi, HOME, said.res, f"sip:{HOME}", nonce)
    assert t.ask(Authorization=t.authorization(nonce, response, algorithm="AKAv1-MD5")).status == 200


# ---- registrations that are refused ----

def test_REGE_02_an_unknown_public_identity_is_refused(net):
    t = net.terminal("call")
    answer = t.ask(To="<sip:nobody@hims.net>", From="<sip:nobody@hims.net>;tag=1")
    assert answer.status == 403 and answer.has("warning")
    assert net.answers(dia.UAR, t.person.impi) == [("ER", 5001)]
    assert net.cx(dia.MAR, t.person.impi) == []


def test_REGE_03_the_identity_of_somebody_else_is_refused(net):
    t = net.terminal("other")
    answer = t.ask(To="<sip:alice@hims.net>", From="<sip:alice@hims.net>;tag=1")
    assert answer.status == 403
    assert net.answers(dia.UAR, t.person.impi) == [("ER", 5002)]


def test_REGE_04_roaming_where_it_is_not_allowed_is_refused(net):
    t = net.terminal("home")
    assert t.ask().status == 403
    assert net.answers(dia.UAR, t.person.impi) == [("ER", 5004)]
    assert net.hss_state(t.impu) == ("not registered", "")


def test_REGE_06_wrong_answers_get_new_challenges_and_at_last_403(net):
    t = net.terminal("wrong")
    statuses, answer = [], t.challenge()
    for _ in range(3):
        answer = t.ask(Authorization=t.answer_to(answer, change_res=lambda res: bytes(len(res))))
        statuses.append(answer.status)
    assert statuses == [401, 401, 403]
    assert net.sars(t.person.impi, 1) == [9]
    wait_for(lambda: net.hss_state(t.impu) == ("not registered", ""))
    assert net.bindings(t.impu) == []


def test_REGE_08_a_terminal_that_does_not_trust_the_network_is_not_challenged_again(net):
    t = net.terminal("mac")
    nonce = t.challenge().auth("www-authenticate")["nonce"]
    answer = t.ask(Authorization=t.authorization(nonce, "", algorithm="AKAv1-MD5"))
    assert answer.status == 403 and not answer.has("www-authenticate") and not answer.has("security-server")
    assert net.sars(t.person.impi, 1) == [9]
    wait_for(lambda: net.hss_state(t.impu) == ("not registered", ""))


def test_REGE_09_a_card_that_is_ahead_resynchronises(net):
    t = net.terminal("resync")
    t.usim.sqn = (1 << 20) + 7 << 5
    first = t.challenge()
    rand, autn = usim.read_nonce(first.auth("www-authenticate")["nonce"])
    said = t.usim.answer(rand, autn)
    assert said.mac and not said.fresh
    auts = t.auts_to(first)
    second = t.ask(Authorization=t.answer_to(first, response="", auts=auts))
    assert second.status == 401
    nonce = second.auth("www-authenticate")["nonce"]
    assert usim.read_nonce(nonce)[0] != rand
    assert t.ask(Authorization=t.answer_to(second)).status == 200
    mar = net.cx(dia.MAR, t.person.impi)[1]
    item = {code: data for code, _, data in dia.parse(mar.one(dia.AUTH_ITEM, dia.TGPP))}
    assert item[dia.AUTHORIZATION] == rand + base64.b64decode(auts)
    assert len({m.text(dia.SERVER_NAME, dia.TGPP) for m in net.cx(dia.MAR, t.person.impi)}) == 1
    assert net.sqn(t.person) == t.usim.sqn > (1 << 20) + 7 << 5


def test_REGE_10_REGE_11_a_forged_auts_moves_nothing(net):
    t = net.terminal("forged")
    before = net.sqn(t.person)
    for auts in ("AAAAAAAAAAAAAAAAAAA=", "AAAA", "not base64"):
        answer = t.ask(Authorization=t.authorization(t.challenge().auth("www-authenticate")["nonce"], "", auts=auts))
        assert answer.status in (401, 403, 500), answer.text
    assert net.sqn(t.person) - before < 16 << 5, "no jump"
    assert t.register().status == 200


def test_a_domain_with_its_final_dot_is_the_same_domain(net):
    assert net.terminal("dot").register(uri=f"sip:{HOME}.").status == 200


def test_REGE_14_an_old_answer_is_no_answer(net):
    t = net.terminal("replay")
    old = t.answer_to(t.challenge())
    assert t.ask(Authorization=old).status == 200
    answer = t.ask(Authorization=old)
    assert answer.status in (401, 403)
    if answer.status == 401:
        assert answer.auth("www-authenticate")["nonce"] not in old
    with net.terminal("replay") as other:
        assert other.ask(Authorization=old).status in (401, 403)
    assert len(net.bindings(t.impu)) == 1


def test_REGE_15_a_new_register_ends_the_challenge_before(net):
    t = net.terminal("two")
    first, first_call = t.challenge(), t.call_id
    t.call_id = "anew-" + first_call
    second = t.challenge()
    t.call_id, new_call = first_call, t.call_id
    assert t.ask(Authorization=t.answer_to(first)).status == 401
    assert net.bindings(t.impu) == []
    assert second.auth("www-authenticate")["nonce"] != first.auth("www-authenticate")["nonce"]
    t.call_id = new_call
    assert t.register().status == 200


def test_two_devices_of_one_impi_register_in_lock_step(net):
    one, two = net.terminal("step"), net.terminal("step")
    first, second = one.challenge(), two.challenge()
    assert one.ask(Authorization=one.answer_to(first)).status == 200
    assert two.ask(Authorization=two.answer_to(second)).status == 200


def test_REGE_16_an_answer_in_another_call_is_not_accepted(net):
    one, two = net.terminal("call"), net.terminal("call")
    first = one.challenge()
    answer = one.answer_to(first)
    assert two.ask(Authorization=answer).status in (401, 403)
    assert net.bindings(one.impu) == []


def test_REGE_17_a_registration_that_is_too_short_is_told_the_minimum(net):
    t = net.terminal("short")
    answer = t.ask(Expires="5")
    assert answer.status == 423 and answer.number("min-expires") == 60
    assert t.registered(Expires=answer.one("min-expires")).param("contact", "expires") == "60"


def test_REGE_18_a_star_without_expires_0_changes_nothing(net):
    t = net.terminal("star")
    t.registered()
    assert t.ask(Contact="*", Expires="3600").status == 400
    assert [b["contact"] for b in net.bindings(t.impu)] == [t.contact]
    assert net.hss_state(t.impu)[0] == "registered"


def test_REGE_29_what_the_registrar_does_not_know_is_named_and_nothing_else(net):
    t = net.terminal("foo")
    answer = t.ask(Require="foo, sec-agree", Proxy_Require="sec-agree")
    assert answer.status == 420 and answer.values("unsupported") == ["foo"]
    assert leg(net, t, "scscf1", "icscf1", "420"), "the registrar says it"
    assert net.cx(dia.MAR, t.person.impi) == []


def test_REGE_30_without_authorization_the_private_identity_follows_from_the_public(net):
    t = net.terminal("bare")
    answer = t.ask(Authorization=None)
    assert answer.status in (401, 403)
    assert net.cx(dia.UAR, t.person.impi)[0].text(dia.PUBLIC_IDENTITY, dia.TGPP) == t.impu
    assert t.ask(Authorization=t.answer_to(answer)).status == 200
    t = net.terminal("private")
    assert t.ask(Authorization=None).status == 403, "its private identity is another"
    assert t.registered()


def test_REGE_33_nobody_but_the_pcscf_says_integrity_protected(net):
    t = net.terminal("claim")
    claim = {"integrity-protected": "yes"}
    first = t.challenge(Authorization=t.authorization(**claim))
    m2, = leg(net, t, "pcscf1", "icscf1")
    assert m2.auth("authorization")["integrity-protected"] == "no"
    assert "yes" not in m2.one("authorization")
    t.challenge(Authorization=t.authorization(**claim), Security_Client=None, Require=None, Proxy_Require=None)
    assert "yes" not in leg(net, t, "pcscf1", "icscf1", count=2)[1].one("authorization")
    assert first.status == 401


@pytest.mark.parametrize("element", ["10.60.4.10", "10.60.4.20"])
def test_TRU_14_TRU_15_a_foreigner_gets_nothing_from_the_core_whatever_it_claims(net, element):
    t = net.terminal("claim", pcscf=element)
    answer = t.ask(Authorization=t.authorization(**{"integrity-protected": "yes"}),
                   extra=["P-Visited-Network-ID: vims.net", "Path: <sip:term@pcscf1.vims.net:5060;lr>"])
    assert answer.status == 403 and "10.60.1.1" in answer.one("warning")
    assert net.bindings(t.impu) == [] and net.capture.sip(t.call_id, src="icscf1", dst="scscf1") == []


def test_RREG_09_a_lower_cseq_in_the_same_call_changes_nothing(net):
    t = net.terminal("cseq")
    t.registered()
    before = net.bindings(t.impu)
    answer = t.ask(cseq=1, Contact="<sip:cseq@10.60.1.1:9>")
    assert answer.status in (400, 500)
    assert [b["contact"] for b in net.bindings(t.impu)] == [b["contact"] for b in before]


# ---- de-registration ----

def test_DREG_02_a_star_with_expires_0_removes_every_contact(net):
    t = net.terminal("all")
    t.registered()
    t.registered(Contact="<sip:all@10.60.1.1:5999>")
    answer = t.register(Contact="*", Expires="0")
    assert answer.status == 200 and not answer.has("contact")
    assert net.bindings(t.impu) == [] and net.hss_state(t.impu)[0] in ("not registered", "unregistered")
    assert net.sars(t.person.impi)[-1] in (5, 7)


def test_DREG_04_one_identity_takes_its_whole_set_with_it(net):
    t = net.terminal("set3")
    t.registered()
    uars = len(net.cx(dia.UAR, t.person.impi))
    assert t.register(Expires="0").status == 200
    sar = net.cx(dia.SAR, t.person.impi)[-1]
    assert sar.number(dia.ASSIGNMENT_TYPE, dia.TGPP) in (5, 7)
    assert sar.all(dia.PUBLIC_IDENTITY, dia.TGPP) == [t.impu.encode()]
    assert net.cx(dia.UAR, t.person.impi)[uars].number(dia.AUTHORIZATION_TYPE, dia.TGPP) == 1
    for impu in ("sip:set3@hims.net", "sip:set3.barred@hims.net", "sip:set3.other@hims.net"):
        assert net.hss_state(impu)[0] == "not registered"
        assert net.bindings(impu) == []
