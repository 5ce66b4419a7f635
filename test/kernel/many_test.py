# SPDX-License-Identifier: Apache-2.0
"""200 terminals at once, and again: what the kernel and the P-CSCF hold before, at the peak and after.

    make bench-many runs five rounds, 1,000 registrations and de-registrations (make test: one, 200)."""
import os
import re

import pytest

import netlab
from esp import EspTerminal
from shell import shell
from terminal import People

TERMINALS, ROUNDS = 200, int(os.environ.get("MANY_ROUNDS", "1"))


class Figures:
    """Of the P-CSCF and its kernel."""

    def __init__(self, lab):
        pcscf = shell(lab, "visited")
        self.sas, self.policies = len(pcscf.sas()), pcscf.policies()
        with open(f"/proc/{lab.host_pid('pcscf1')}/status", encoding="ascii") as f:
            self.rss_kib = int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])

    def kernel(self):
        return self.sas, self.policies

    def __str__(self):
        return f"{self.sas} SAs, {self.policies} policies, RSS {self.rss_kib} KiB"


@pytest.fixture(scope="module")
def crowd(machine):
    people = People()
    for number in range(TERMINALS):
        people.add(f"t{number}")

    def edit(conf):
        people.lab(conf)
        conf.setdefault("timers", {}).update(sa_grace_ms=500, sip_t1_ms=1000)

    lab = netlab.Lab(edit, people.sims).up("--log", "warn")
    addresses = [f"10.60.{8 + n // 100}.{1 + n % 100}" for n in range(TERMINALS)]
    shell(lab, "ue").batch(*[f"addr add {a}/16 dev eth0" for a in addresses])
    terminals = [EspTerminal(lab, p, local=a) for p, a in zip(people.values(), addresses)]
    yield lab, terminals
    for giver in lab.__dict__.get("givers", {}).values():
        giver.channel.close()
    lab.close()


def test_200_terminals_register_at_once_and_leave_nothing_behind(crowd):
    lab, terminals = crowd
    before, said = Figures(lab), []
    for _ in range(ROUNDS):
        for t in terminals:
            answer = t.register()
            assert answer.status == 200, answer.text
        peak = Figures(lab)
        assert peak.sas == before.sas + 4 * TERMINALS
        assert peak.policies <= before.policies + 4 * TERMINALS
        for t in terminals:
            t.offer()  # each REGISTER over a set offers the next
            answer = t.ask(Expires="0")
            assert answer.status == 200, answer.text
        netlab.wait_for(lambda: Figures(lab).kernel() == before.kernel())
        for t in terminals:
            t.forget()
        said.append((peak, Figures(lab)))
    print(f"\n{ROUNDS * TERMINALS} registrations and de-registrations of {TERMINALS} terminals\nbefore: {before}")
    for number, (peak, after) in enumerate(said, 1):
        print(f"round {number}: peak: {peak}; after: {after}")
    assert lab.sas() == [] and lab.registrations() == {}
