# SPDX-License-Identifier: Apache-2.0
"""One terminal's SAs over their life: renewal, the end of the registration, and the P-CSCF's own ends:
killed, ended, its kernel emptied, its state file gone (TS 33.203 7.4; ROB-12)."""
import os
import re
import signal

import pytest

import netlab
from shell import shell

GRACE_MS = 300


@pytest.fixture(scope="module")
def one_lab(machine):
    lab = netlab.Lab({"timers": {"sa_grace_ms": GRACE_MS, "sip_t1x64_ms": 4000}})
    try:
        lab.up()
        lab.before = kernel_of(lab)
        terminal = lab.terminal()
        for step in ("attach", "activate"):
            terminal.do(step)
        yield lab, terminal
        terminal.end()
    finally:
        lab.close()


@pytest.fixture
def registered(one_lab):
    """The terminal registered inside ESP, with one set."""
    lab, terminal = one_lab
    renew(terminal)
    one_set(lab)
    return lab, terminal


def renew(terminal):
    said = terminal.do("register")
    assert said.startswith("registered:") and "protected by" in said, said


def kernel_of(lab):
    """(SAs, policies) of the P-CSCF's namespace."""
    return shell(lab, "visited").held()


def one_set(lab):
    """The one established set, as soon as it is the only one: its keys."""
    def there():
        found = lab.sas()
        return found[0] if len(found) == 1 and found[0]["set"] == "established" else None
    return netlab.wait_for(there)


def spis(keys):
    return {int(keys[f"spi_{end}"], 0) for end in ("uc", "us", "pc", "ps")}


def last_registers(lab, count):
    """The ESP key of the terminal's latest REGISTERs, None for a plain one."""
    return [line.keys.get("esp") for line in lab.lines()
            if line.log.startswith("ue-") and line.mark == "->" and line.message == "REGISTER"][-count:]


def kill(lab, prepare=None):
    """The P-CSCF dies at once; the supervisor starts it again."""
    restarts = lab.element("pcscf1")["restarts"]
    if prepare:
        prepare()
    lab.ask("signal", name="pcscf1", signal=int(signal.SIGKILL))
    netlab.wait_for(lambda: lab.element("pcscf1")["restarts"] > restarts and lab.element("pcscf1")["state"] == "up")


def test_a_renewal_goes_over_the_old_set_and_switches_to_a_new_one(registered):
    lab, terminal = registered
    old = one_set(lab)
    renew(terminal)
    new = one_set(lab)
    assert not spis(old) & spis(new)
    assert (old["port_ps"], old["port_us"]) == (new["port_ps"], new["port_us"])
    assert old["port_pc"] != new["port_pc"] and old["port_uc"] != new["port_uc"]
    first, second = last_registers(lab, 2)
    assert int(first, 0) == int(old["spi_ps"], 0) and int(second, 0) == int(new["spi_ps"], 0)
    assert set(shell(lab, "visited").sas()) == spis(new)
    netlab.wait_for(lambda: set(shell(lab, lab.home_of()).sas()) == spis(new))


def test_after_the_deregistration_nothing_is_left_in_either_kernel(registered):
    lab, terminal = registered
    assert terminal.do("deregister").startswith("deregistered:")
    netlab.wait_for(lambda: kernel_of(lab) == lab.before)
    netlab.wait_for(lambda: not shell(lab, lab.home_of()).sas())
    assert lab.sas() == []


def still_served(lab, terminal, old):
    """The set before is the set now, and a renewal goes over it."""
    assert spis(one_set(lab)) == spis(old) == set(shell(lab, "visited").sas())
    renew(terminal)
    first, _ = last_registers(lab, 2)
    assert first and int(first, 0) == int(old["spi_ps"], 0)


def test_a_killed_pcscf_goes_on_serving_the_terminal(registered):
    lab, terminal = registered
    old = one_set(lab)
    kill(lab)
    still_served(lab, terminal, old)


def test_an_emptied_kernel_is_filled_from_the_file_with_numbers_beyond(registered):
    """As when the namespace was thrown away: neither SA nor policy is there when the P-CSCF starts again."""
    lab, terminal = registered
    old = one_set(lab)
    kill(lab, lambda: shell(lab, "visited").run("ip xfrm state flush; ip xfrm policy flush"))
    out = shell(lab, "visited").sas()[int(old["spi_us"], 0)]
    numbers = [int(n, 0) for n in re.findall(r"oseq (0x\w+|\d+)", out)]
    assert numbers and max(numbers) > int(old["packets_out"]), out
    still_served(lab, terminal, old)


def test_an_ended_pcscf_takes_its_sas_out_of_the_kernel_and_comes_back_with_them(registered):
    lab, terminal = registered
    old = one_set(lab)
    lab.ask("stop", name="pcscf1")
    assert kernel_of(lab) == (0, 0)
    lab.ask("start", name="pcscf1")
    still_served(lab, terminal, old)


def test_ROB_12_without_its_file_the_pcscf_answers_nothing_and_the_terminal_begins_anew(registered):
    lab, terminal = registered
    old = one_set(lab)
    lab.ask("stop", name="pcscf1")
    os.unlink(os.path.join(lab.rundir, "state/pcscf1.sa"))
    lab.ask("start", name="pcscf1")
    assert kernel_of(lab) == lab.before
    renew(terminal)
    assert not spis(one_set(lab)) & spis(old)
    assert last_registers(lab, 2)[0] is None


def test_the_state_file_is_the_owners_alone(registered):
    lab, _ = registered
    assert os.stat(os.path.join(lab.rundir, "state/pcscf1.sa")).st_mode & 0o777 == 0o600


def test_what_the_kernel_holds_of_nobody_is_removed_at_the_start(registered):
    lab, _ = registered
    lab.ask("stop", name="pcscf1")
    state = os.path.join(lab.rundir, "state/pcscf1.sa")
    with open(state, encoding="utf-8") as f:
        first = f.readline()
    lab.ask("start", name="pcscf1")
    with open(state, "w", encoding="utf-8") as f:  # it knows nobody any more, the kernel does
        f.write(first)
    kill(lab)
    assert kernel_of(lab) == lab.before
