# SPDX-License-Identifier: Apache-2.0
"""What every daemon does with its command line and its configuration, and where it listens."""
import os
import re
import shutil
import subprocess
import time

import pytest

import client
import netlab

# program: (the element that it is by --name, further options)
PROGRAMS = {"pcscf": ("pcscf1", []), "icscf": ("icscf1", []), "scscf": ("scscf1", []), "hss": ("hss", []),
            "gprs-stub": ("sgsn", ["--role", "sgsn"]), "ue": ("name", [])}
READ_KEYS = ("hss", "gprs-stub", "ue")
# what a terminal does without a socket of its own before it is told something
SERVERS = [p for p in PROGRAMS if p != "ue"]
K = "465b5ce8b199b49faa5f0a2ee238a6bc"  # of `name`, in conf/sims.yaml


@pytest.fixture(scope="module")
def lab(machine):
    made = netlab.Lab().up()
    yield made
    made.close()


@pytest.fixture
def conf(tmp_path):
    """A copy of conf/ to spoil: the path of its lab.yaml."""
    for name in ("lab.yaml", "sims.yaml"):
        shutil.copy(os.path.join(netlab.TOP, "conf", name), tmp_path)
    os.chmod(tmp_path / "sims.yaml", 0o600)
    return tmp_path / "lab.yaml"


def run(program, *argv):
    return subprocess.run([os.path.join(netlab.BIN, program), *map(str, argv)], capture_output=True, text=True, timeout=10,
                          check=False, stdin=subprocess.DEVNULL)


def start(program, conf, tmp_path):
    """As ./lab starts it, but where its address does not exist: it cannot get as far as serving."""
    name, more = PROGRAMS[program]
    return run(program, "-c", conf, "--name", name, *more, "--state-dir", tmp_path)


def spoil(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_version_are_said_and_nothing_else_is_done(program):
    said = run(program, "--help")
    assert said.returncode == 0 and said.stdout.startswith(f"usage: {program} -c FILE") and not said.stderr
    for option in ("--config", "--name", "--state-dir", "--log", "--check", "--version", "SIGTERM", "SIGUSR1"):
        assert option in said.stdout
    said = run(program, "--version")
    assert said.returncode == 0 and re.fullmatch(program + r" \(imslab\) \d+\.\d+\.\d+\n", said.stdout)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_command_line_is_2(program, conf):
    assert "-c FILE" in run(program).stderr
    for argv in ((), ("--nix", "-c", conf), ("-c", conf, "--log", "loud"), ("-c", conf.parent / "none.yaml")):
        said = run(program, *argv)
        assert said.returncode == 2 and said.stderr and not said.stdout, argv


@pytest.mark.parametrize("program", PROGRAMS)
def test_check_says_whether_the_configuration_is_fine(program, conf):
    said = run(program, "-c", conf, "--check")
    assert said.returncode == 0 and str(conf) in said.stdout
    spoil(conf, "mcc: 001", "mcc: 1")
    said = run(program, "-c", conf, "--check")
    assert said.returncode == 2 and f"{conf}:4: 'mcc'" in said.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_unknown_key_ends_it_before_any_socket_opens(program, conf, tmp_path):
    """Exit 2 with file and line; a socket could not be had here, and that would be another sentence and exit 1."""
    spoil(conf, "\ndns: {", "\ndns: {prefers: tcp, ")
    line = next(i for i, text in enumerate(conf.read_text(encoding="utf-8").splitlines(), 1) if "prefers" in text)
    said = start(program, conf, tmp_path)
    assert said.returncode == 2, said.stderr
    assert f"{conf}:{line}: unknown key 'prefers'" in said.stderr and "'prefer'" in said.stderr


@pytest.mark.parametrize("program", SERVERS)
def test_an_address_that_is_not_there_is_said(program, conf, tmp_path):
    said = start(program, conf, tmp_path)
    assert said.returncode == 1
    assert re.search(r" error call=- -- cannot (listen|bind).*10\.60\..*: Cannot assign requested address", said.stderr)
    assert "ready" not in said.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_keys_that_others_may_read_are_refused_by_whoever_needs_them(program, conf, tmp_path):
    os.chmod(tmp_path / "sims.yaml", 0o644)
    said = run(program, "-c", conf, "--check")
    if program in READ_KEYS:
        assert said.returncode == 2 and "sims.yaml" in said.stderr and "0644: chmod 600" in said.stderr
        assert start(program, conf, tmp_path).returncode == 2
    else:
        assert said.returncode == 0
    os.chmod(tmp_path / "sims.yaml", 0)
    os.unlink(tmp_path / "sims.yaml")
    said = run(program, "-c", conf, "--check")
    assert (said.returncode == 2) == (program in READ_KEYS), said.stderr


@pytest.mark.parametrize("program", READ_KEYS)
def test_a_mistake_in_the_keys_is_told_without_them(program, conf, tmp_path):
    spoil(tmp_path / "sims.yaml", K, K + "00")
    said = run(program, "-c", conf, "--check")
    assert said.returncode == 2 and re.search(r"sims\.yaml:\d+: ", said.stderr)
    assert K[:8] not in said.stderr


def test_every_element_says_ready_once(lab):
    for e in lab.topology().elements:
        if e.kind != "dns":
            assert [line.text for line in lab.lines() if line.element == e.name and line.text == "ready"] == ["ready"], e.name


def listeners(lab, netns):
    """[(tcp or udp, address, port)] of what waits for strangers in a namespace."""
    found = []
    for row in lab.lab("exec", netns, "ss", "-H", "-lntu").out.splitlines():
        net, state, *_ = row.split()
        host, _, port = row.split()[4].rpartition(":")
        assert state in ("LISTEN", "UNCONN")
        found.append((net, host.strip("[]").partition("%")[0], int(port)))
    return found


PORTS = {"pcscf": {("tcp", 5060), ("udp", 5060)}, "icscf": {("tcp", 5060), ("udp", 5060)}, "hss": {("tcp", 3868)},
         "scscf": {("tcp", 5060), ("udp", 5060)}, "dns": {("tcp", 53), ("udp", 53)}, "ggsn": {("udp", 2123), ("udp", 2152)},
         "sgsn": {("udp", 2123), ("udp", 2152), ("udp", 2157)}}


@pytest.mark.parametrize("netns", ["ue", "visited", "internet", "home"])
def test_nothing_listens_but_on_the_addresses_of_lab_yaml(lab, netns):
    mine = [e for e in lab.topology().elements if e.netns == netns]
    allowed = {(net, address, port) for e in mine for address in (e.address, e.address6) for net, port in PORTS[e.kind]}
    if netns == "home":
        allowed.add(("tcp", *lab.topology().http))
    there = set(listeners(lab, netns))
    assert there <= allowed, "more than lab.yaml says"
    assert {(net, e.address, port) for e in mine for net, port in PORTS[e.kind]} <= there


def wakeups(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"\nvoluntary_ctxt_switches:\s*(\d+)", f.read()).group(1))


def test_a_daemon_with_nothing_to_do_sleeps(lab):
    pids = client.host_pids(client.running(lab.args)["init"])
    elements = [e for e in lab.ask("status")["elements"] if e["kind"] != "dns"]
    before = {e["name"]: wakeups(pids[e["pid"]]) for e in elements}
    time.sleep(1)
    for e in elements:
        assert wakeups(pids[e["pid"]]) - before[e["name"]] < 50, e["name"]
