# SPDX-License-Identifier: Apache-2.0
"""./lab sub on a running lab: a subscriber's whole life, and a terminal that is registered meanwhile."""
import json
import os
import re

import netlab

K = OPC = "000102030405060708090a0b0c0d0e0f"


def refused(lab, *argv):
    outcome = lab.command("sub", *argv)
    assert outcome.status == 1 and outcome.err.startswith("lab: "), outcome.out + outcome.err
    return outcome.err.strip()


def test_a_subscriber_is_added_shown_changed_listed_exported_and_removed(lab):
    out = lab.lab("sub", "add", "001010000000099", "49123456", K, OPC, "--name", "eve", "--domain", "hims.net").out
    assert "sip:+49123456@hims.net tel:+49123456" in out
    shown = lab.lab("sub", "show", "49123456").out
    assert json.loads(shown)["name"] == "eve" and K not in shown
    assert "name: a new one" in refused(lab, "add", "001010000000099", "49123456", K, OPC, "--name", "eve")
    assert "k: 32 hexadecimal digits" in refused(lab, "add", "001010000000098", "49123457", "77", OPC)
    lab.lab("sub", "set", "tel:+49123456", "barred=true")
    lab.lab("sub", "set", "eve", "msisdn=4912", 'visited_networks=["vims.net"]')
    eve = json.loads(lab.lab("sub", "show", "eve").out)
    assert eve["msisdn"] == "4912" and eve["visited_networks"] == ["vims.net"] and eve["public"][2]["barred"]
    assert re.search(r"^eve +not-registered ", lab.lab("sub", "list").out, re.M)
    assert K not in lab.lab("sub", "export").out
    lines = lab.lab("sub", "export", "--secrets").lines
    mine = [line for line in lines if '"name":"eve"' in line]
    assert len(mine) == 1 and K in mine[0]
    assert "verify" not in refused(lab, "import", os.devnull + "x")
    lab.lab("sub", "del", "eve")
    assert "'eve' is none" in refused(lab, "show", "eve")
    path = os.path.join(lab.rundir, "eve.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(mine[0] + "\n")
    assert "imported: 1 subscribers" in lab.lab("sub", "import", path).out
    assert json.loads(lab.lab("sub", "show", "eve").out) == eve
    path = os.path.join(lab.rundir, "more.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"imsi,msisdn,k,opc\n001010000000301,49301,{K},{OPC}\n001010000000302,49302,{K},{OPC}\n")
    assert "imported: 2 subscribers" in lab.lab("sub", "import", path).out
    with open(os.path.join(lab.rundir, "state/hss.token"), encoding="ascii") as f:
        assert os.fstat(f.fileno()).st_mode & 0o777 == 0o600
        assert f.read().strip() not in lab.exec("home", "cat", os.path.join(lab.rundir, "logs/hss.log")).out


def test_verify_sim_names_a_wrong_key_and_a_counter_that_is_behind(lab):
    rand = ("23553cbe9637a89d218ae64dae47bf35", "55f328b43577b9b94a9ffac354dfafb3")  # TS 35.208, test set 1
    card = ("--k", "465b5ce8b199b49faa5f0a2ee238a6bc", "--opc", "cd63cb71954a9f4e48a5994e37a02baf")
    outcome = lab.command("sub", "verify-sim", *rand, *card)
    assert outcome.status == 0 and outcome.lines[0].startswith("fine: ") and "ff9bb4d0b607" in outcome.out
    outcome = lab.command("sub", "verify-sim", "alice", *rand)
    assert outcome.status == 1 and outcome.lines[0].startswith("wrong K or OPc: ")


def test_a_registered_terminals_scscf_is_told_and_deregister_ends_it_at_the_hss(lab):
    terminal = lab.terminal()
    assert "attached" in terminal.do("attach") and "registered" in terminal.do("register")
    assert re.search(r"^name +registered .*scscf1", lab.lab("sub", "list", "--state", "registered").out, re.M)
    assert "PPR to scscf1.hims.net" in lab.lab("sub", "set", "tel:+15550001", "barred=true").out
    assert "scscf1: 1 contacts have to authenticate again" in lab.lab("sub", "reauthenticate", "name").out
    assert "RTR to scscf1.hims.net" in lab.lab("sub", "deregister", "name", "--info", "closed").out
    with open(os.path.join(lab.rundir, "logs/scscf1.log"), encoding="utf-8") as f:
        log = f.name
    netlab.wait_for(lambda: "<- hss RTR" in open(log, encoding="utf-8").read(), 4)
    sets = json.loads(lab.lab("sub", "show", "name").out)["sets"]
    assert sets[0]["state"] == "not-registered" and sets[0]["scscf"] == ""
    terminal.end()
