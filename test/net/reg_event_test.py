# SPDX-License-Identifier: Apache-2.0
"""The reg event and third-party registration with the real daemons; a small application server of our own
(as_server.py) and xmllint are the strangers."""
import os
import sqlite3
import subprocess

import pytest

import netlab
import wire
from netlab import Lab, wait_for

SCHEMA = os.path.join(netlab.TOP, "test/unit/common/reginfo.xsd")


def registered(lab, *more):
    terminal = lab.terminal()
    for word in ("attach", "register", *more):
        said = terminal.do(word)
        assert not said.startswith("failed"), said
    return terminal


def log_of(lab, name):
    with open(os.path.join(lab.rundir, "logs", name + ".log"), encoding="utf-8", errors="replace") as f:
        return f.read()


@pytest.fixture(scope="module")
def watched(machine):
    """Registered, watched by the terminal and the P-CSCF, de-registered, and down; with a capture."""
    lab = Lab({"timers": {"sip_t1_ms": 1000}}).up("--pcap")
    try:
        terminal = registered(lab, "watch")
        assert wait_for(lambda: log_of(lab, "pcscf1").count('cseq="1 NOTIFY"') >= 4)
        assert terminal.do("deregister").startswith("deregistered:")
        terminal.end()
        lab.down()
        yield lab
    finally:
        lab.close()


def sip_of(lab, message):
    return [m for m in wire.messages(lab.pcap()) if m[1] == "sip" and m[2] == message]


def test_EVT_01_EVT_02_terminal_and_pcscf_subscribe_and_are_told_twice_each(watched):
    subscribes = [(m[3].rpartition(":")[0], m[4].rpartition(":")[0]) for m in sip_of(watched, "SUBSCRIBE")]
    assert sorted(subscribes) == [("10.45.0.2", "10.60.2.10"), ("10.60.2.10", "10.60.4.10"),
                                  ("10.60.2.10", "10.60.4.20"), ("10.60.4.10", "10.60.4.20")]
    notifies = [(m[3].rpartition(":")[0], m[4].rpartition(":")[0]) for m in sip_of(watched, "NOTIFY")]
    assert notifies.count(("10.60.4.20", "10.60.2.10")) == 4
    assert notifies.count(("10.60.2.10", "10.45.0.2")) == 2


def documents(lab):
    """The bodies of the NOTIFYs, octet for octet."""
    said = subprocess.run(["tshark", "-r", lab.pcap(), "-Y", "sip.Method == NOTIFY", "-T", "fields", "-e", "udp.payload",
                           "-E", "occurrence=l"], capture_output=True, text=True, check=True).stdout
    return [bytes.fromhex(line).partition(b"\r\n\r\n")[2] for line in said.splitlines() if line.strip()]


def test_EVT_12_every_document_on_the_wire_is_valid(watched):
    found = documents(watched)
    assert len(found) >= 4
    for document in found:
        done = subprocess.run(["xmllint", "--noout", "--schema", SCHEMA, "-"], input=document, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr


def test_no_frame_of_it_is_malformed(watched):
    assert wire.complaints(watched.pcap()) == []


def test_a_killed_scscf_goes_on_telling_where_it_stopped(machine):
    lab = Lab({"timers": {"reg_event_interval_ms": 0}}).up()
    try:
        terminal = registered(lab, "watch")
        os.kill(lab.host_pid("scscf1"), 9)
        assert wait_for(lambda: log_of(lab, "scscf1").count("restored") or lab.element("scscf1")["restarts"] >= 1)
        assert terminal.do("register").startswith("registered:")
        assert wait_for(lambda: "event=refreshed version=1" in log_of(lab, "ue-name"))
        assert terminal.do("deregister").startswith("deregistered:")
        assert "event=unregistered version=2" in log_of(lab, "ue-name")
        terminal.end()
    finally:
        lab.close()


def with_server(lab, handling, *more):
    """The first subscriber's profile names the application server of as_server.py."""
    path = os.path.join(lab.rundir, "state", "hss.db")
    database = sqlite3.connect(path, timeout=5)
    with database:
        profile = database.execute("SELECT profile FROM impu WHERE impu = 'sip:name@hims.net'").fetchone()[0]
        database.execute("INSERT INTO ifc (profile, priority, server, default_handling, service_info, include_request) "
                         "VALUES (?, 0, 'sip:10.60.4.99:5070', ?, 'premium <1>', 1)", (profile, handling))
    database.close()
    lab.exec("home", "ip", "address", "add", "10.60.4.99/32", "dev", "lo")
    out = os.path.join(lab.rundir, "as.log")
    lab.start_in("home", "/usr/bin/python3", os.path.join(netlab.TOP, "test/net/as_server.py"), "10.60.4.99", "5070", out, *more)
    assert wait_for(lambda: os.path.exists(out))
    return lambda: open(out, encoding="utf-8").read()


def test_TPR_02_TPR_03_TPR_06_an_application_server_hears_of_the_beginning_and_the_end(machine):
    lab = Lab().up()
    try:
        heard = with_server(lab, 0)
        terminal = registered(lab)
        assert wait_for(lambda: "Expires: 90000" in heard())
        assert "<service-info>premium &lt;1&gt;</service-info>" in heard()
        assert "multipart/mixed" in heard() and "Content-Type: message/sip" in heard()
        assert "Authorization" not in heard()
        assert terminal.do("deregister").startswith("deregistered:")
        assert wait_for(lambda: "Expires: 0" in heard())
        terminal.end()
    finally:
        lab.close()


def test_TPR_05_a_server_that_must_agree_and_does_not_ends_the_registration(machine):
    lab = Lab().up()
    try:
        heard = with_server(lab, 1, "403")
        terminal = registered(lab)
        assert wait_for(lambda: "Expires: 0" in heard())
        assert not lab.registrations()
        # whoever watches hears why; whoever begins to watch only now hears that nothing is registered
        assert wait_for(lambda: "event=probation" in log_of(lab, "ue-name") + log_of(lab, "pcscf1") or
                        log_of(lab, "scscf1").count("this identity is not registered here") >= 2)
        terminal.end()
    finally:
        lab.close()
