# SPDX-License-Identifier: Apache-2.0
"""The real hss on loopback addresses: its REST by urllib, and its RTRs and PPRs at an S-CSCF made of
bytes."""
import json
import re
import socket
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

import diameter_raw as d
from diameter_raw import Peer, avp, cx
from diameter_test import Hss, free_port

RTR, PPR, DESTINATION_HOST = 304, 305, 293
REASON, REASON_CODE, REASON_INFO = 615, 616, 617
K = OPC = "000102030405060708090a0b0c0d0e0f"
SCSCF = "scscf1.hims.net"


class RestHss(Hss):
    def configure(self, timers):
        super().configure(timers)
        self.http_port = free_port()
        with open(self.path("lab.yaml"), encoding="utf-8") as f:
            conf = yaml.load(f, Loader=yaml.BaseLoader)
        conf["hss"]["http"] = {"port": str(self.http_port), "most_body": "20000"}
        conf["hss"]["push_retry_s"] = "1"
        with open(self.path("lab.yaml"), "w", encoding="utf-8") as f:
            yaml.safe_dump(conf, f)

    def token(self):
        with open(self.path("state/hss.token"), encoding="ascii") as f:
            return f.read().strip()

    def ask(self, method, path, body=None, token=True, kind="application/json"):
        """Status and JSON (or text) of one request."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}", data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", kind)
        if token:
            request.add_header("Authorization", "Bearer " + (self.token() if token is True else token))
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                status, text, what = answer.status, answer.read().decode(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as e:
            status, text, what = e.code, e.read().decode(), e.headers["Content-Type"]
        return status, json.loads(text) if what == "application/json" else text

    def refused(self, *args, **kw):
        """(status, field) of a request that must be refused with a rule."""
        status, answer = self.ask(*args, **kw)
        assert status >= 400 and answer["error"]["rule"], answer
        return status, answer["error"].get("field")


@pytest.fixture(name="hss")
def fixture_hss():
    hss = RestHss()
    yield hss
    hss.stop()


def register(peer, impi="name.private@hims.net", impu="sip:name@hims.net"):
    assert peer.ask(peer.mar(impi=impi, impu=impu)).result == ("RC", 2001)
    assert peer.ask(peer.sar(impi=impi, impus=(impu,))).result == ("RC", 2001)


def answer(peer, request, result=2001, experimental=False):
    what = avp(d.EXPERIMENTAL_RESULT, [avp(d.VENDOR_ID, d.TGPP), avp(d.EXPERIMENTAL_RESULT_CODE, result)]) \
        if experimental else avp(d.RESULT_CODE, result)
    session = request.one(d.SESSION_ID)
    peer.send(peer.message(request.command, [
        avp(d.SESSION_ID, session), avp(d.VSAI, [avp(d.VENDOR_ID, d.TGPP), avp(d.AUTH_APPLICATION_ID, d.CX)]),
        avp(d.AUTH_SESSION_STATE, 1), *peer.origin(), what], flags=d.PROXIABLE, hop=request.hop, end=request.end))


def heard(peer, command):
    request = peer.receive()
    assert request is not None and request.command == command and request.flags & d.REQUEST, request
    assert request.text(DESTINATION_HOST) == SCSCF
    return request


def state_of(hss, name):
    return hss.ask("GET", f"/subscribers/{name}")[1]["sets"][0]


# ---- HTTP ----

def test_every_documented_operation_answers_and_what_writes_needs_the_token(hss):
    status, document = hss.ask("GET", "/openapi.json", token=False)
    assert status == 200 and document["openapi"].startswith("3.0")
    count = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            real = re.sub(r"\{[^}]*\}", "1", path)
            body = b"{}" if "requestBody" in operation else None
            if "security" in operation:
                assert hss.refused(method.upper(), real, body, token=False) == (401, "Authorization")
                assert hss.refused(method.upper(), real, body, token="0" * 48) == (401, "Authorization")
            status, answer_ = hss.ask(method.upper(), real, body)
            assert status < 500, (method, path, answer_)
            assert status < 400 or answer_["error"]["rule"], (method, path, answer_)
            count += 1
    assert count > 20
    assert "no answer" not in hss.log()


def test_what_is_refused_names_the_field_and_the_rule(hss):
    add = ("POST", "/subscribers")
    assert hss.refused(*add, b"{") == (400, "body")
    assert hss.refused(*add, b"\xff\xfe") == (400, "body")
    assert hss.refused(*add, {"imsi": 7}) == (400, "imsi")
    assert hss.refused(*add, {"imsi": "001010000000099", "k": K, "opc": OPC, "color": "red"}) == (400, "color")
    assert hss.refused(*add, {"imsi": "001010000000099", "k": K}) == (400, "opc")
    assert hss.refused(*add, b'"' + b"x" * 30000 + b'"') == (413, "body")
    assert hss.refused("GET", "/subscribers?limit=0") == (400, "limit")
    assert hss.refused("GET", "/subscribers?page=1") == (400, "page")
    assert hss.refused("GET", "/export?secrets=true", token=False) == (401, "Authorization")
    assert hss.refused("PUT", "/subscribers", {}) == (405, "method")
    assert hss.refused("GET", "/nothing") == (404, "path")
    status, all_ = hss.ask("GET", "/subscribers")
    assert status == 200 and all_["total"] == 5


def test_it_listens_on_loopback_only(hss):
    with open("/proc/net/tcp", encoding="ascii") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    listening = [r[1] for r in rows if r[3] == "0A" and r[1].endswith(f":{hss.http_port:04X}")]
    assert listening == [f"0100007F:{hss.http_port:04X}"]


def test_a_subscriber_added_is_served_at_once_and_kept_over_a_restart(hss):
    status, made = hss.ask("POST", "/subscribers", {"imsi": "001010000000099", "msisdn": "49123", "k": K, "opc": OPC})
    assert status == 201
    impi, impu = made["private"][0]["impi"], made["public"][0]["impu"]
    with Peer(hss.address, host=SCSCF) as peer:
        register(peer, impi, impu)
    token = hss.token()
    hss.process.kill()
    hss.process.wait()
    hss.start()
    assert hss.token() == token
    assert state_of(hss, "49123")["state"] == "registered"


# ---- PPR and RTR ----

def test_a_barring_is_pushed_with_the_whole_profile(hss):
    with Peer(hss.address, host=SCSCF) as peer, Peer(hss.address) as icscf:
        register(peer)
        path = "/public/" + urllib.parse.quote("tel:+15550001", safe="")
        status, done = hss.ask("PATCH", path, {"barred": True})
        assert status == 200 and done["pushed"] == [{"command": "PPR", "scscf": SCSCF}]
        ppr = heard(peer, PPR)
        assert ppr.text(d.USER_NAME) == "name.private@hims.net"
        xml = ppr.text(d.USER_DATA, d.TGPP)
        assert re.search(r"<BarringIndication>1</BarringIndication>\s*<Identity>tel:\+15550001", xml)
        answer(peer, ppr)
        assert hss.wait_for("== ppr scscf=scscf1.hims.net result=\"SUCCESS")
        assert icscf.ask(icscf.uar()).result == ("ER", 2002)  # nothing else came before


def test_deregister_sends_the_RTR_and_clears_the_scscf(hss):
    with Peer(hss.address, host=SCSCF) as peer:
        register(peer)
        status, done = hss.ask("POST", "/subscribers/name/deregister", {"reason": "server-change", "info": "moved"})
        assert status == 200 and done["pushed"][0]["command"] == "RTR"
        rtr = heard(peer, RTR)
        reason = {code: data for code, _, data in d.parse(rtr.one(REASON, d.TGPP))}
        assert int.from_bytes(reason[REASON_CODE], "big") == 2 and reason[REASON_INFO] == b"moved"
        answer(peer, rtr)
        assert hss.wait_for("== rtr scscf=scscf1.hims.net result=\"SUCCESS")
        assert state_of(hss, "name") == {"set": 0, "state": "not-registered", "scscf": "", "scscf_host": "",
                                         "registered": []}
        assert peer.ask(peer.uar()).result == ("ER", 2001)


def test_an_RTR_waits_for_its_scscf_and_goes_to_nobody_else(hss):
    with Peer(hss.address, host=SCSCF) as peer:
        register(peer)
    with Peer(hss.address) as icscf:
        assert hss.wait_for("scscf1.hims.net lost")
        assert hss.ask("DELETE", "/subscribers/name")[0] == 200
        assert hss.wait_for("rtr for scscf1.hims.net waits")
        with Peer(hss.address, host=SCSCF) as peer:
            rtr = heard(peer, RTR)
            assert rtr.text(d.USER_NAME) == "name.private@hims.net"
            answer(peer, rtr)
            assert hss.wait_for("== rtr scscf=scscf1.hims.net result=\"SUCCESS")
        assert icscf.ask(icscf.uar()).result == ("ER", 5001)  # nothing else came before


def test_NET_16_a_profile_that_is_refused_moves_the_user(hss):
    with Peer(hss.address, host=SCSCF) as peer:
        register(peer)
        assert hss.ask("PUT", "/subscribers/name/profiles/0", {
            "ifc": [{"priority": 0, "server": "sip:as.hims.net"}]})[1]["pushed"]
        ppr = heard(peer, PPR)
        assert "<ServerName>sip:as.hims.net</ServerName>" in ppr.text(d.USER_DATA, d.TGPP)
        answer(peer, ppr, 5009, experimental=True)
        rtr = heard(peer, RTR)
        reason = {code: data for code, _, data in d.parse(rtr.one(REASON, d.TGPP))}
        assert int.from_bytes(reason[REASON_CODE], "big") == 2
        answer(peer, rtr)
        assert hss.wait_for("== rtr scscf=scscf1.hims.net result=\"SUCCESS")
        assert state_of(hss, "name")["scscf"] == ""


def test_NET_15_an_unknown_user_is_asked_for_by_the_next_private_identity(hss):
    assert hss.ask("POST", "/subscribers/name/private", {"impi": "second@hims.net", "k": K, "opc": OPC})[0] == 201
    with Peer(hss.address, host=SCSCF) as peer:
        register(peer)
        register(peer, "second@hims.net")
        assert hss.ask("PATCH", "/subscribers/name", {"primary_ccf": "aaa://ccf.hims.net"})[1]["pushed"]
        first = heard(peer, PPR)
        answer(peer, first, 5001, experimental=True)
        second = heard(peer, PPR)
        assert {first.text(d.USER_NAME), second.text(d.USER_NAME)} == {"name.private@hims.net", "second@hims.net"}
        answer(peer, second, 5001, experimental=True)
        assert peer.ask(peer.uar()).result == ("ER", 2002)  # restoration brings the two together: it stays


def test_half_requests_and_strangers_do_no_harm(hss):
    for octets in (b"GET /subscribers HTTP/1.1\r\n", b"\x00\x01\x02\x03\r\n\r\n",
                   b"POST /subscribers HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                   b"POST /import HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                   b"GET /subscribers/%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET " + b"/x" * 40000 + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", hss.http_port), timeout=5) as s:
            s.sendall(octets)
    assert hss.ask("GET", "/subscribers")[0] == 200
