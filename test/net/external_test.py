# SPDX-License-Identifier: Apache-2.0
"""`external: ADDRESS`: somebody else's element in the place of ours. The stranger is our own program, started by
hand in the lab's namespace with a lab.yaml of its own; the lab knows nothing of it but what its own lab.yaml says."""
import contextlib
import copy
import os

import pytest

import core
import netlab
import topology
from netlab import wait_for
from terminal import People

# element: namespace, the stranger's address, more keys of it, keys of the stranger's own lab.yaml
STRANGERS = {
    "hss": ("home", "10.60.4.99", {"identity": "hss.stranger.example.net"}, {"host": "hss.stranger.example.net"}),
    "icscf": ("home", "10.60.4.98", {"host": "door.hims.net", "port": "5080"}, {}),
    "scscf": ("home", "10.60.4.97", {"host": "registrar.hims.net", "port": "5081"}, {}),
    "pcscf": ("visited", "10.60.2.99", {"host": "proxy.vims.net"}, {}),
    "dns": ("internet", "10.60.3.99", {}, {}),
    "ggsn": ("visited", "10.60.2.98", {}, {}),
}


def element_of(conf, kind):
    return conf[kind][0] if isinstance(conf[kind], list) else conf[kind]


class Stranger:
    """The program, outside of the lab's supervisor; its log is among the lab's."""

    def __init__(self, lab, kind, netns, conf):
        self.lab, self.netns = lab, netns
        lab.write("stranger.yaml", conf)
        self.conf, self.log = os.path.join(lab.rundir, "stranger.yaml"), os.path.join(lab.rundir, "logs", "stranger.log")
        self.pidfile = os.path.join(lab.rundir, "stranger.pid")
        with open(self.log, "wb") as out:
            self.process = lab.start_in(netns, "sh", "-c", f"echo $$ > {self.pidfile}; exec \"$@\"", "sh",
                                        *self.argv(kind), stdout=out, stderr=out)
        wait_for(lambda: " ready" in self.said() or "started, version" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def argv(self, kind):
        if kind == "dns":
            path = os.path.join(self.lab.rundir, "stranger.dnsmasq")
            with open(path, "w", encoding="utf-8") as f:
                f.write(topology.ask_labconf(netlab.BIN, self.conf, "dnsmasq"))
            return ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--log-queries", "--user=root", "--group=",
                    "--pid-file", f"--conf-file={path}"]
        role = ["--role", kind] if kind == "ggsn" else []
        state = os.path.join(self.lab.rundir, "stranger.state")
        os.makedirs(state, exist_ok=True)
        return [os.path.join(netlab.BIN, "gprs-stub" if role else kind), "-c", self.conf, *role, "--state-dir", state]

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def end(self):
        with open(self.pidfile, encoding="ascii") as f:
            assert self.lab.exec(self.netns, "kill", f.read().strip()).status == 0
        return self.process.wait(5)


@contextlib.contextmanager
def running(kind):
    """(Core, Stranger): a lab with this element external, and the stranger at its address."""
    netns, address, both, own = STRANGERS[kind]
    kept = {}

    def change(conf):
        e = element_of(conf, kind)
        for key in ("address", "address6"):
            e.pop(key)
        e.update({"external": address, **both})
        kept.update(copy.deepcopy(conf))

    people = People()
    people.add("guest")
    c = core.Core(people, change, options=(), wait=kind != "hss")
    try:
        stranger = element_of(kept, kind)
        del stranger["external"]
        stranger.update({"address": address, **own})
        s = Stranger(c.lab, kind, netns, kept)
        if kind == "hss":
            c.wait_connected()
        yield c, s
        assert s.end() == 0, s.said()
    finally:
        c.close()


def check_not_started(c, kind):
    name = kind + ("1" if kind.endswith("cscf") else "")
    row = next(r for r in c.lab.lab("status").out.splitlines() if r.split()[:1] == [name])
    assert row.split()[1] == "external" and STRANGERS[kind][1] in row
    assert not os.path.exists(os.path.join(c.lab.rundir, "logs", name + ".log"))
    data = topology.ask_labconf(netlab.BIN, c.lab.conf, "dnsmasq")
    listens = "listen-address" if kind == "dns" else "host-record"
    assert any(row.startswith(listens) and STRANGERS[kind][1] in row for row in data.splitlines())


@pytest.mark.parametrize("kind", ["hss", "icscf", "scscf", "dns"])
def test_a_strangers_element_of_the_core_serves_a_registration(machine, kind):
    with running(kind) as (c, s):
        check_not_started(c, kind)
        with c.terminal("guest") as t:
            t.registered()
            assert t.deregister().status == 200
        if kind == "dns":
            assert "query[NAPTR] hims.net" in s.said() or "NAPTR hims.net" in s.said()
        else:
            assert " <- " in s.said() and t.impu in s.said()
        if kind == "hss":
            assert c.lab.said("icscf1", "diameter peer hss.stranger.example.net connected")
        if kind == "scscf":
            assert c.lab.said("icscf1", "sip:registrar.hims.net:5081")


def test_a_strangers_pcscf_is_trusted_by_the_core(machine):
    with running("pcscf") as (c, s):
        check_not_started(c, "pcscf")
        with c.terminal("guest", pcscf=STRANGERS["pcscf"][1]) as t:
            assert "proxy.vims.net" in t.registered().uris("path")[0]
        assert t.impu in s.said()


def test_a_strangers_ggsn_gives_addresses(machine):
    with running("ggsn") as (c, s):
        check_not_started(c, "ggsn")
        outcome = c.lab.ue("register")
        assert outcome.status == 0 and "10.45.0." in outcome.out, outcome.out + outcome.err
        assert "Create PDP Context Request" in s.said()


def test_nobody_else_than_the_stranger_is_trusted(machine):
    """The address that our own P-CSCF had is a foreigner's now (TRU-14)."""
    with running("pcscf") as (c, _):
        c.lab.exec("visited", "ip", "addr", "add", "10.60.2.10/16", "dev", "eth0")
        with c.terminal("guest", local="10.60.2.10", netns="visited", pcscf="10.60.4.10") as t:
            answer = t.ask()
            assert answer.status == 403 and "10.60.2.10" in answer.one("warning")
        with c.terminal("guest", local="10.60.2.10", netns="visited", pcscf="10.60.4.20") as t:
            assert t.ask().status == 403
