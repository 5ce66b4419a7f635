# SPDX-License-Identifier: Apache-2.0
"""A lab of SIP core and HSS with people of the tests' own, and what a test asks it: the messages of a
leg, the HSS's state of an identity, whether everything is as good as before."""
import os
import sqlite3
import time

import diameter_raw
import frames
import logline
import netlab
import show
from terminal import Terminal

STATES = ("not registered", "registered", "unregistered")


class Core:
    """people: the test's own; one more is added, "good", who registers when the others are done."""

    def __init__(self, people, change=None, options=("--pcap",), wait=True):
        people.add("good")
        self.people = people

        def edit(conf):
            people.lab(conf)
            if callable(change):
                change(conf)
            elif change:
                netlab.merge(conf, change)

        self.lab = netlab.Lab(edit, people.sims)
        try:
            self.lab.up(*options)
            self.capture = frames.Capture(self.lab) if "--pcap" in options else None
            if wait:
                self.wait_connected()
        except BaseException:
            self.lab.close()
            raise
        self.terminals = []

    def terminal(self, name, **keys):
        person = self.people[name] if isinstance(name, str) else name
        self.terminals.append(Terminal(self.lab, person, **keys))
        return self.terminals[-1]

    def close(self):
        for t in self.terminals:
            t.close()
        for giver in self.lab.__dict__.get("givers", {}).values():
            giver.channel.close()
        self.lab.close()

    def elements(self, *kinds):
        return [e.name for e in self.lab.topology().elements if e.kind in kinds and not e.external]

    def is_connected(self, name):
        """Whether a CSCF has its HSS; one that is stopped needs none."""
        return self.lab.element(name)["state"] == "stopped" or any("state=open" in line for line in self.live(name, 1))

    def wait_connected(self, wait_s=8.0):
        """After a start or a restart: Diameter comes back within Tc."""
        netlab.wait_for(lambda: all(self.is_connected(n) for n in self.elements("icscf", "scscf")), wait_s)

    # ---- the state ----

    def restarts(self):
        return {e["name"]: e["restarts"] for e in self.lab.ask("status")["elements"]}

    def stop(self, *names):
        for name in names:
            self.lab.ask("stop", name=name)

    def start(self, *names):
        for name in names:
            self.lab.ask("start", name=name)
        self.wait_connected()

    def signal(self, name, number):
        self.lab.ask("signal", name=name, signal=int(number))

    def live(self, element, wait_s=4):
        """What SIGUSR1 prints, without the log lines that fall between; nothing: it does not answer."""
        return [line for line in show.live(self.lab.args, element, wait_s) if not logline.parse(line)]

    def bindings(self, impu):
        """The contacts that the S-CSCFs hold for an IMPU: [keys of SIGUSR1's lines]."""
        return [r for r in show.registrations(self.lab.args) if r.get("impu") == impu]

    def ask_database(self, question, *values):
        with sqlite3.connect(f"file:{self.lab.rundir}/state/hss.db?mode=ro", uri=True) as db:
            return db.execute(question, values).fetchone()

    def hss_state(self, impu):
        """("registered", S-CSCF name) of the HSS."""
        state, name = self.ask_database("SELECT state, scscf_name FROM implicit_set s JOIN impu i "
                                        "ON i.implicit_set = s.id WHERE i.impu = ?", impu)
        return STATES[state], name

    def sqn(self, person):
        return self.ask_database("SELECT sqn FROM impi WHERE impi = ?", person.impi)[0]

    # ---- what crossed the wires ----

    def cx(self, command, impi=None, request=True):
        """The Cx messages with this User-Name, in order."""
        return [m for _, m in self.capture.cx(command, request)
                if not impi or impi.encode() in m.all(diameter_raw.USER_NAME)]

    def sars(self, impi, count=None):
        """The Server-Assignment-Types told to the HSS, as soon as there are so many: some are told after
        the terminal has its answer."""
        types = [m.number(diameter_raw.ASSIGNMENT_TYPE, diameter_raw.TGPP) for m in self.cx(diameter_raw.SAR, impi)]
        end = time.time() + 3
        while count and len(types) < count and time.time() < end:
            types = self.sars(impi)
        return types

    def answers(self, command, impi):
        """The results of the answers to the requests of this User-Name."""
        ends = [m.end for m in self.cx(command, impi)]
        return [m.result for _, m in self.capture.cx(command, False) if m.end in ends]

    # ---- afterwards ----

    def busy(self):
        """Transactions that have not ended: lines of SIGUSR1."""
        words = ("REGISTER impu", "register call", "register from", "locating", "asking")
        return [line for e in ("pcscf1", "icscf1", "scscf1") for line in self.live(e) if any(w in line for w in words)]

    def as_good_as_before(self, restarts):
        """Nobody died, nothing hangs, and a registration goes well."""
        assert self.restarts() == restarts
        with self.terminal("good") as t:
            t.registered()
            t.deregister()
        assert self.hss_state(t.impu) == ("not registered", "")
        assert self.bindings(t.impu) == []
        netlab.wait_for(lambda: not self.busy())

    def texts(self):
        """All logs, in one text."""
        folder = os.path.join(self.lab.rundir, "logs")
        found = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                found.append(f.read())
        return "".join(found)
