# SPDX-License-Identifier: Apache-2.0
"""The real hss and requests that come again, or from many connections at once: no SQN is used twice,
nothing is done twice."""
import concurrent.futures
import hashlib
import time

import pytest

import diameter_raw as d
from diameter_raw import cx
from diameter_test import Hss, hss, own, shared, sqn, vectors  # noqa: F401 (fixtures)


def features(bits, vendor=d.TGPP, mandatory=True):
    return cx(d.SUPPORTED_FEATURES, [d.avp(d.VENDOR_ID, vendor), cx(d.FEATURE_LIST_ID, 1),
                                     cx(d.FEATURE_LIST, bits)], mandatory=mandatory)


def test_DIA_16_a_repeated_MAR_gets_the_same_vector(own):
    hss = own()
    with hss.peer("scscf1.hims.net") as peer:
        request = peer.mar()
        first = vectors(peer.ask(request))[0]
    with hss.peer("scscf1.hims.net") as peer:
        answer = peer.ask(peer.again(request))
        assert answer.result == ("RC", 2001)
        assert answer.flags & d.RETRANSMITTED == 0
        assert vectors(answer)[0] == first
        fresh = vectors(peer.ask(peer.mar()))[0]
        assert sqn(fresh) >> 5 == (sqn(first) >> 5) + 1  # none was burnt for the repetition
        # who says "again" for the first time is served
        unseen = vectors(peer.ask(peer.again(peer.mar())))[0]
        assert sqn(unseen) > sqn(fresh)
    assert "again=" in hss.log()


def test_DIA_16_another_peer_with_the_same_id_is_somebody_else(own):
    hss = own()
    with hss.peer("scscf1.hims.net") as one, hss.peer("scscf2.hims.net") as two:
        request = two.mar(server="sip:scscf2.hims.net")
        first = vectors(one.ask(one.mar()))[0]
        request = request[:16] + d.u32(0x77) + request[20:]
        second = vectors(two.ask(two.again(request)))[0]
    assert first[d.AUTHENTICATE] != second[d.AUTHENTICATE]


def test_DIA_16_a_repeated_SAR_is_not_done_again(own):
    hss = own()
    with hss.peer("scscf1.hims.net") as peer:
        peer.ask(peer.mar())
        register = peer.sar()
        profile = peer.ask(register).text(d.USER_DATA, d.TGPP)
        end = peer.sar(kind=5)
        assert peer.ask(end).result == ("RC", 2001)
        # late repetitions, in the wrong order: neither registers anew
        again = peer.ask(peer.again(register))
        assert again.result == ("RC", 2001)
        assert again.text(d.USER_DATA, d.TGPP) == profile
        assert peer.ask(peer.lir()).result == ("ER", 5003)
        # nor does a late end end the next registration
        peer.ask(peer.mar())
        peer.ask(peer.sar())
        assert peer.ask(peer.again(end)).result == ("RC", 2001)
        assert peer.ask(peer.lir()).text(d.SERVER_NAME, d.TGPP) == "sip:scscf1.hims.net"


def test_DIA_22_a_required_feature_that_is_not_there_is_refused_and_the_others_are_named(hss):  # noqa: F811
    with hss.peer() as peer:
        answer = peer.ask(peer.message(d.UAR, peer.uar_avps() + [features(1 << 20)]))
        assert answer.result == ("ER", 5011)
        named = {code: data for code, _, data in
                 d.parse(answer.one(d.SUPPORTED_FEATURES, d.TGPP))}
        assert named[d.VENDOR_ID] == d.u32(d.TGPP) and named[d.FEATURE_LIST] == d.u32(4)
        answer = peer.ask(peer.message(d.UAR, peer.uar_avps() + [features(1, vendor=9)]))
        assert answer.result == ("ER", 5011)
        for fine in (features(1 << 20, mandatory=False), features(4)):
            assert peer.ask(peer.message(d.UAR, peer.uar_avps() + [fine])).result == ("ER", 2001)


def test_CXM_09_the_old_server_is_told_when_another_one_takes_a_user(own):
    hss = own()
    with hss.peer("scscf1.hims.net") as old, hss.peer("scscf2.hims.net") as new:
        old.ask(old.mar())
        assert old.ask(old.sar()).result == ("RC", 2001)
        assert new.ask(new.mar(server="sip:scscf2.hims.net")).result == ("RC", 2001)
        rtr = old.receive()
        assert rtr.command == 304 and rtr.flags & d.REQUEST
        reason = {code: data for code, _, data in d.parse(rtr.one(615, d.TGPP))}
        assert reason[616] == d.u32(1)  # NEW_SERVER_ASSIGNED
        assert rtr.text(d.USER_NAME) == "name.private@hims.net"
        assert rtr.all(d.PUBLIC_IDENTITY, d.TGPP)[0] == b"sip:name@hims.net"
        old.send(old.message(304, [avp for avp in (
            d.avp(d.SESSION_ID, rtr.text(d.SESSION_ID)), d.avp(d.RESULT_CODE, 2001),
            *old.origin())], flags=d.PROXIABLE, hop=rtr.hop, end=rtr.end))
        assert new.ask(new.lir()).text(d.SERVER_NAME, d.TGPP) == "sip:scscf2.hims.net"


def test_DIA_25_a_peer_that_was_restarted_hears_nothing_of_its_life_before(own):
    hss = own()

    def connect(state_id):
        for _ in range(50):  # the connection before may not be forgotten yet
            peer = d.Peer(hss.address, "scscf1.hims.net", connect=False)
            try:
                if peer.ask(peer.cer(state_id=state_id)).result == ("RC", 2001):
                    peer.settle()
                    return peer
            except (AssertionError, ConnectionError):
                pass
            peer.close()
            time.sleep(0.1)
        raise AssertionError(hss.log())

    before = connect(1000)
    before.send(b"".join(before.mar() for _ in range(50)))
    before.close()
    with connect(1001) as peer:
        request = peer.uar()
        answer = peer.ask(request)  # the very next message is this one's
        assert answer.command == d.UAR and answer.octets[12:20] == request[12:20]
        with pytest.raises(TimeoutError):
            peer.receive(0.3)


def test_CXM_18_a_softphone_gets_its_hash(hss):  # noqa: F811
    with hss.peer("scscf1.hims.net") as peer:
        for scheme in ("SIP Digest", "Unknown"):
            maa = peer.ask(peer.mar(impi="carol@hims.net", impu="sip:carol@hims.net", scheme=scheme))
            assert maa.result == ("RC", 2001)
            assert maa.number(d.NUMBER_AUTH_ITEMS, d.TGPP) == 1
            item = vectors(maa)[0]
            assert set(item) == {d.SCHEME, d.DIGEST_AUTHENTICATE}
            assert item[d.SCHEME] == b"SIP Digest"
            digest = {code: data for code, _, data in d.parse(item[d.DIGEST_AUTHENTICATE])}
            ha1 = hashlib.md5(b"carol@hims.net:hims.net:carol").hexdigest().encode()
            assert digest == {d.DIGEST_REALM: b"hims.net", d.DIGEST_ALGORITHM: b"MD5",
                              d.DIGEST_QOP: b"auth", d.DIGEST_HA1: ha1}
            assert ha1.decode() not in hss.log()
        assert peer.ask(peer.mar(impi="carol@hims.net", impu="sip:carol@hims.net")).result == (
            "ER", 5006)
        assert peer.ask(peer.sar(impi="carol@hims.net", impus=("sip:carol@hims.net",),
                                 kind=10)).result == ("RC", 2001)


def test_DIA_24_padding_that_is_not_zero_is_accepted(hss):  # noqa: F811
    with hss.peer() as peer:
        request = peer.uar(impu="sip:name@hims.net")  # 17 octets, 3 of padding
        at = request.index(b"sip:name@hims.net") + 17
        assert request[at:at + 3] == bytes(3)
        assert peer.ask(request[:at] + b"xyz" + request[at + 3:]).result == ("ER", 2001)


def test_no_sqn_is_given_to_two_of_eight_connections(own):
    """The S-CSCFs and I-CSCFs all ask for one user at once; every RAND and every SQN is unique."""
    hss = own()
    hosts = [f"icscf{i}.hims.net" for i in range(4)] + [f"scscf{i}.hims.net" for i in range(1, 5)]
    each = 40

    def ask(host):
        with hss.peer(host) as peer:
            peer.send(b"".join(peer.mar(server=f"sip:{host}") for _ in range(each)))
            return [vectors(peer.receive())[0] for _ in range(each)]

    with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
        items = [item for answers in pool.map(ask, hosts) for item in answers]
    assert len(items) == each * len(hosts)
    assert len({i[d.AUTHENTICATE][:16] for i in items}) == len(items)
    numbers = {sqn(i) for i in items}
    assert len(numbers) == len(items)
    assert max(numbers) >> 5 == len(items)  # and none was left out
