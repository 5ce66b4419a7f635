# SPDX-License-Identifier: Apache-2.0
"""The terminal's own behaviour: its console, its card, other P-CSCFs, how it is switched off."""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from netlab import BIN, Lab, wait_for


@pytest.fixture(scope="module")
def shared(machine):  # pylint: disable=unused-argument
    """One lab for the tests that leave it as it was."""
    lab = Lab()
    yield lab.up()
    lab.close()


@pytest.fixture
def lab(shared):
    yield shared
    wait_for(lambda: shared.registrations() == {})


def argv(lab, *words, name="name"):
    return [BIN + "/ue", "-c", lab.conf, "--name", name, "--state-dir", os.path.join(lab.rundir, "state"), *words]


def has_address(lab):
    return re.search(r"10\.45\.0\.\d+", lab.exec(lab.home_of(), "ip", "-4", "addr").out)


def terminate(program):
    """SIGTERM to the terminal itself, which stands behind the programs that lead into its namespace."""
    pid = program.pid
    while True:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            children = f.read().split()
        if not children:
            break
        pid = int(children[0])
    os.kill(pid, signal.SIGTERM)


class Keyboard:
    """A terminal's console on a pseudo terminal."""

    def __init__(self, lab):
        self.fd, slave = pty.openpty()
        self.program = lab.start_in("ue", *argv(lab), stdin=slave, stdout=slave, stderr=subprocess.DEVNULL)
        os.close(slave)
        self.seen = ""

    def read_until(self, pattern, wait_s=10):
        """Everything that was written since the last time up to what matches."""
        end = time.time() + wait_s
        while True:
            found = re.search(pattern, self.seen)
            if found:
                text, self.seen = self.seen[:found.end()], self.seen[found.end():]
                return text
            assert time.time() < end, f"no '{pattern}' in {self.seen!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                self.seen += os.read(self.fd, 4096).decode(errors="replace")

    def type(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def end(self):
        status = self.program.wait(10)
        os.close(self.fd)
        return status


def test_a_keyboard_has_a_prompt_and_a_sentence_for_each_command(lab):
    keyboard = Keyboard(lab)
    keyboard.read_until(r"^ue> ")
    keyboard.type("register")
    keyboard.read_until(r"registered: sip:name@hims\.net at 10\.45\.0\.\d+:5060 for 90000 s, S-CSCF scscf1\.hims\.net, [^\r]*"
                        r"\r\nue> ")
    keyboard.type("status")
    text = keyboard.read_until(r"ue> ")
    assert "status: name is registered" in text and "service route <sip:" in text
    keyboard.type("fly")
    keyboard.read_until(r"failed: no command 'fly'; 'help' lists them\r\nue> ")
    keyboard.type("quit")
    assert keyboard.end() == 1


def test_a_keyboard_hears_why_it_takes_its_time(lab):
    lab.ask("stop", name="scscf1")
    keyboard = Keyboard(lab)
    keyboard.type("register")
    keyboard.read_until(r"\.\.\. 504 .*; trying again in \d+ ms\r\n")
    lab.ask("start", name="scscf1")
    keyboard.read_until(r"registered: .* \(not at once: 504 ", 20)
    keyboard.type("quit")
    assert keyboard.end() == 0


def test_a_pipe_is_done_line_by_line_and_its_end_switches_off(lab):
    outcome = lab.command("ue", "name", stdin="# the seed\nattach\nactivate\nregister\nderegister\ndetach\n")
    assert outcome.status == 0
    assert [line.split(":")[0] for line in outcome.lines] == ["attached", "active", "registered", "deregistered",
                                                              "detached"]


def test_a_script_whose_command_fails_goes_on_and_ends_with_1(lab):
    outcome = lab.command("ue", "name", stdin="fly\nattach\n")
    assert outcome.status == 1
    assert outcome.lines[1].startswith("attached: ")


def test_SIGTERM_deregisters_detaches_and_takes_the_address_off(lab):
    program = lab.start_in("ue", *argv(lab, "register", "wait"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert program.stdout.readline().startswith("registered: ")
    assert "sip:name@hims.net" in lab.registrations() and has_address(lab)
    terminate(program)
    assert program.wait(5) == 0
    assert lab.registrations() == {} and not has_address(lab)
    assert lab.said("sgsn", "Detach Request")


def test_SIGTERM_does_not_wait_for_a_network_that_is_silent(lab):
    program = lab.start_in("ue", *argv(lab, "register", "wait"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert program.stdout.readline().startswith("registered: ")
    lab.ask("signal", name="pcscf1", signal=int(signal.SIGSTOP))
    terminate(program)
    assert program.wait(4) == 0
    assert not has_address(lab)
    lab.ask("signal", name="pcscf1", signal=int(signal.SIGCONT))
    assert lab.ue("register", "deregister").status == 0


def test_GPR_04_UE_02_a_card_that_is_ahead_resynchronises_the_network(lab):
    os.makedirs(os.path.join(lab.rundir, "state"), exist_ok=True)
    with open(os.path.join(lab.rundir, "state", "ue-001010000000001.sqn"), "w", encoding="ascii") as f:
        f.write("imslab-sim 1\n" + "5000000\n" * 32)
    assert lab.ue("register").status == 0
    assert lab.ue("register").status == 0
    found = [e for e in lab.events() if e.message == "check AUTN"]
    # once for each authentication centre: the SGSN's and the HSS
    assert [e.keys["result"] for e in found].count("sequence number out of range") == 2
    assert [e.sender for e in lab.events() if e.message == "resynchronised"] == ["sgsn"]


def test_UE_06_a_registration_that_is_too_short_is_asked_for_again_with_what_the_network_wants(make_lab):
    lab = make_lab({"scscf": [{"name": "scscf1", "address": "10.60.4.20", "min_expires_s": "100000"}]}).up()
    outcome = lab.ue("register")
    assert outcome.status == 0 and " for 100000 s, " in outcome.sentence


def test_GPR_32_when_the_first_pcscf_is_dead_the_next_one_serves(make_lab):
    def change(conf):
        conf["ggsn"]["apns"][0]["pcscf"] = ["10.60.2.99", "10.60.2.10"]
        conf["timers"].update(sip_t1_ms=100, sip_t1x64_ms=1200)

    lab = make_lab(change).up()
    outcome = lab.ue("register")
    assert outcome.status == 0 and "not at once: " in outcome.sentence and "10.60.2.99:5060" in outcome.sentence


def no_pcscf_for_ipv4(conf):
    """What the PCO names is nothing that the terminal can talk to."""
    conf["ggsn"]["apns"][0]["pcscf"] = ["fd00:60::2:10"]
    conf["terminals"][0]["signalling_only"] = "false"  # such a context passes only what the APN names


def test_GPR_33_a_pcscf_that_the_pco_does_not_name_is_found_in_the_dns(make_lab):
    lab = make_lab(no_pcscf_for_ipv4).up()
    outcome = lab.ue("activate", "register")
    assert outcome.status == 0 and "P-CSCF 10.60.2.10, " in outcome.lines[0], outcome.out
    asked = [e.keys["name"].rstrip(".") for e in lab.events() if e.proto == "dns" and e.sender == "ue"]
    assert asked[:2] == ["pcscf.vims.net", "_sip._udp.pcscf.vims.net"]
    assert lab.said("ue-name", "discovered P-CSCF address") or lab.said("ue", "discovered P-CSCF address")


def test_GPR_33_without_a_pcscf_in_pco_and_dns_the_sentence_says_so(make_lab):
    def change(conf):
        no_pcscf_for_ipv4(conf)
        conf["terminals"][0]["pcscf_domain"] = "nowhere.net"

    outcome = make_lab(change).up().ue("activate", "register")
    assert outcome.status == 1 and "P-CSCF none" in outcome.lines[0]
    assert "gave no P-CSCF address (PCO)" in outcome.sentence and "the DNS has none" in outcome.sentence


def test_GPR_27_a_context_that_the_network_ends_ends_the_registration(make_lab):
    lab = make_lab({"timers": {"gtp_echo_s": 60}}).up()
    program = lab.start_in("ue", *argv(lab, "register", "wait"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert program.stdout.readline().startswith("registered: ")
    lab.ask("signal", name="ggsn", signal=int(signal.SIGKILL))
    wait_for(lambda: lab.element("ggsn")["restarts"] == 1 and lab.element("ggsn")["state"] == "up")
    lab.ue("activate", "detach", name="alice")  # the SGSN learns of the restart from the next answer
    assert program.stdout.readline().startswith("lost: the network deactivated the PDP context")
    assert program.wait(5) == 1
    assert not has_address(lab)
