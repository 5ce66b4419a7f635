# SPDX-License-Identifier: Apache-2.0
"""A stranger's terminals: SIPp with its own AKA registers through the P-CSCF, without GPRS."""
import csv
import os
import sys

import netlab
from netlab import TOP

sys.path.insert(0, os.path.join(TOP, "test/sipp"))
import users  # noqa: E402

COUNT = 100
AT_ONCE = 10  # whoever is slow gets the next ones later, not more at once
# The lab's own timers: the tests' short ones are for elements that fail, not for a queue of 100.
PATIENT = ("sip_t1_ms", "sip_t1x64_ms", "icscf_scscf_ms", "pcscf_icscf_ms", "cx_wait_ms")
# SIPp 3.6.1 cuts a RES at its first zero octet: 8 octets, so 3.1 in 100 on average; 12 and more in
# 100 happen once in 20000 runs
FAULTS = 11


def add(conf, subscribers):
    conf["subscribers"] += subscribers
    for timer in PATIENT:
        del conf["timers"][timer]


def play(lab, *options, count=COUNT):
    """SIPp's last row of statistics."""
    stats = os.path.join(lab.rundir, "stat.csv")
    outcome = lab.exec("ue", "sipp", "10.60.2.10", "-sf", os.path.join(TOP, "test/sipp/register_aka.xml"), "-inf",
                       os.path.join(lab.rundir, "users.csv"), "-i", "10.60.1.1", "-m", str(count), "-r", "50", "-l", str(AT_ONCE),
                       "-nostdin", "-trace_stat", "-stf", stats, "-fd", "1", "-timeout", "30", *options, timeout=60)
    assert outcome.status in (0, 1), outcome.err
    with open(stats, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter=";"))[-1]


def crowd(make_lab):
    subscribers, sims, rows = users.make(COUNT)
    lab = make_lab(lambda conf: add(conf, subscribers), lambda cards: cards["sims"].extend(sims))
    with open(os.path.join(lab.rundir, "users.csv"), "w", encoding="ascii") as f:
        f.write(rows)
    return lab.up()


def check(lab, row):
    registered = int(row["SuccessfulCall(C)"])
    assert registered + int(row["FailedCall(C)"]) == COUNT
    assert registered >= COUNT - FAULTS, f"{registered} of {COUNT} registered"
    assert len(lab.registrations()) == registered
    # nobody is refused but for a wrong answer to the challenge
    refused = [e for e in lab.events() if e.kind == "message" and e.sender == "pcscf" and e.receiver == "ue"
               and e.keys.get("cseq", "").endswith("REGISTER") and e.message not in ("100", "401", "200", "403")]
    assert refused == []


def test_sipp_registers_100_subscribers_through_the_pcscf(make_lab):
    lab = crowd(make_lab)
    check(lab, play(lab))


def test_sipp_registers_100_subscribers_over_tcp(make_lab):
    lab = crowd(make_lab)
    check(lab, play(lab, "-t", "t1"))


def test_netlab_reads_values_as_they_are_written():
    assert netlab.load("lab.yaml")["home"]["mnc"] == "01"
