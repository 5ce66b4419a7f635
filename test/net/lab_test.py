# SPDX-License-Identifier: Apache-2.0
"""./lab itself: it starts, tells, restarts, and leaves nothing behind."""
import json
import os
import shutil
import signal
import socket
import subprocess

import pytest

import client
from netlab import TOP, wait_for


def processes_of(rundir):
    """Processes that have anything to do with this RUNDIR."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if rundir.encode() in f.read() and int(pid) != os.getpid():
                    found.append(pid)
        except OSError:
            continue
    return found


def processes_in(spaces):
    """{(pid, start time)} of the processes in any of these namespaces (whose numbers are used again)."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for kind in ("net", "mnt", "pid"):
            try:
                if os.readlink(f"/proc/{pid}/ns/{kind}") in spaces:
                    found.add((pid, client.starttime(pid)))
            except OSError:
                continue
    return found


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        return f.read()


def test_nothing_is_left_behind_after_down(make_lab):
    before = mounts(), sorted(os.listdir("/etc")), sorted(os.listdir("/run"))
    lab = make_lab().up()
    init = client.running(lab.args)["init"]
    inside = {os.readlink(f"/proc/{init}/ns/{kind}") for kind in ("net", "mnt", "pid")}
    were = processes_in(inside)
    assert processes_of(lab.rundir) and len(were) >= 1 + len(lab.topology().elements)
    lab.down()
    assert processes_of(lab.rundir) == []
    assert not [pid for pid, start in were if client.starttime(pid) == start]
    assert (mounts(), sorted(os.listdir("/etc")), sorted(os.listdir("/run"))) == before
    assert sorted(os.listdir(lab.rundir)) == ["lab.yaml", "logs", "sims.yaml"]


def is_gone(lab):
    """lab: client.running(args) of before."""
    return not any(client.starttime(lab[name]) == lab[name + "_start"] for name in ("init", "unshare"))


def test_a_lab_ends_when_its_RUNDIR_is_deleted(lab):
    known = client.running(lab.args)
    shutil.rmtree(lab.rundir)
    wait_for(lambda: is_gone(known))
    assert processes_of(lab.rundir) == []


def test_a_lab_ends_with_the_test_that_started_it(machine, tmp_path):
    """A pytest that is killed leaves nothing that runs."""
    code = ("import sys, time; sys.path.insert(0, sys.argv[1]); import netlab; lab = netlab.Lab().up(); "
            "print(lab.rundir, flush=True); time.sleep(60)")
    with subprocess.Popen(["/usr/bin/python3", "-c", code, os.path.dirname(__file__)], stdout=subprocess.PIPE,
                          text=True, cwd=tmp_path) as test:
        rundir = test.stdout.readline().strip()
        with open(os.path.join(rundir, "lab.json"), encoding="utf-8") as f:
            known = json.load(f)
        assert not is_gone(known)
        test.kill()
    wait_for(lambda: is_gone(known))
    shutil.rmtree(rundir)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_to_lab_ue_switches_the_terminal_off(lab, number):
    """The terminal stands behind nsenter, which a signal would kill alone."""
    front = subprocess.Popen([os.path.join(TOP, "lab"), "-d", lab.rundir, "ue", "name", "register", "wait"],
                             stdout=subprocess.PIPE, env={**os.environ, "LAB_BIN": lab.args.bin})
    assert front.stdout.readline().startswith(b"registered: ")
    assert "sip:name@hims.net" in lab.registrations()
    front.send_signal(number)
    status = front.wait(5)
    front.stdout.close()
    assert status == (-number if number == signal.SIGKILL else 0)
    wait_for(lambda: lab.said("sgsn", "Detach Request"))
    assert lab.registrations() == {}


def test_a_command_of_exec_hears_SIGTERM_when_what_leads_to_it_is_killed(lab):
    front = lab.start_in("ue", "sh", "-c", "trap 'echo heard; exit' TERM; echo ready; while :; do sleep 0.05; done",
                         stdout=subprocess.PIPE)
    assert front.stdout.readline() == "ready\n"
    front.kill()
    assert front.stdout.readline() == "heard\n"


def test_no_file_of_the_lab_is_written_through_a_symbolic_link(make_lab, tmp_path):
    lab = make_lab()
    target = tmp_path / "target"
    target.write_text("mine")
    os.makedirs(os.path.join(lab.rundir, "logs"))
    os.symlink(target, os.path.join(lab.rundir, "logs", "ue-name.log"))
    lab.up("--pcap")
    assert oct(os.stat(lab.pcap()).st_mode & 0o777) == "0o600"
    os.symlink(target, os.path.join(lab.rundir, "logs", "ue-alice.log"))
    assert lab.ue("status", name="alice").status != 0
    assert target.read_text() == "mine"


def test_status_lists_every_element_with_its_address(lab):
    out = lab.lab("status").out
    for e in lab.topology().elements:
        row = next(r for r in out.splitlines() if r.split()[:1] == [e.name])
        assert e.address in row and " up " in row
    assert "nobody is registered" in out


def test_the_pid_in_status_is_the_hosts(lab):
    pid = lab.host_pid("icscf1")
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        assert b"icscf" in f.read()
    assert f" {pid} " in next(r for r in lab.lab("status").out.splitlines() if r.startswith("icscf1"))


def test_a_daemon_that_is_killed_is_restarted_and_status_says_so(lab):
    first = lab.host_pid("icscf1")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: lab.element("icscf1")["restarts"] == 1 and lab.element("icscf1")["state"] == "up")
    row = next(r for r in lab.lab("status").out.splitlines() if r.startswith("icscf1"))
    assert "1 (last: killed by SIGKILL)" in row
    assert lab.host_pid("icscf1") != first
    assert lab.said("lab", "icscf1 died: killed by SIGKILL")


def test_two_labs_run_side_by_side(make_lab):
    one, two = make_lab().up(), make_lab().up()
    assert one.host_pid("pcscf1") != two.host_pid("pcscf1")
    one.down()
    assert " up " in two.lab("status").out


def test_a_second_up_in_one_rundir_is_refused(lab):
    again = lab.command("-c", lab.conf, "up")
    assert again.status == 1 and "is up in" in again.err
    assert " up " in lab.lab("status").out


def test_an_element_that_does_not_start_fails_the_whole_and_says_why(make_lab):
    lab = make_lab({"hss": {"database": "."}})  # a folder is no database
    outcome = lab.command("-c", lab.conf, "up")
    assert outcome.status == 1
    assert outcome.err.startswith("lab: hss ") and "last log lines" in outcome.err
    assert processes_of(lab.rundir) == []


def test_a_bad_lab_yaml_is_said_before_anything_starts(make_lab):
    lab = make_lab({"pcscf": [{"name": "pcscf1", "address": "10.60.2.10", "port": "soon"}]})
    outcome = lab.command("-c", lab.conf, "up")
    assert outcome.status == 1
    assert f"{lab.conf}:" in outcome.err and "'port'" in outcome.err
    assert not os.path.exists(os.path.join(lab.rundir, "logs"))


def test_an_external_element_is_not_started_and_its_address_is_free_to_serve_on(make_lab):
    lab = make_lab({"dns": {"address": None, "address6": None, "external": "10.60.3.99"}})
    said = lab.command("-c", lab.conf, "up").out
    assert "dns is a stranger at 10.60.3.99" in said
    assert "dns " in lab.lab("status").out and " external " in lab.lab("status").out
    lab.lab("exec", "internet", "python3", "-c", "import socket; socket.socket(socket.AF_INET, "
            "socket.SOCK_DGRAM).bind(('10.60.3.99', 53))")


def test_exec_runs_where_it_says_with_status_and_directory(lab):
    assert "10.60.3.53" in lab.lab("exec", "internet", "ip", "-4", "addr").out
    assert lab.lab("exec", "home", "pwd").out.strip() == os.getcwd()
    assert lab.lab("exec", "ue", "cat", "/etc/resolv.conf").out == "nameserver 10.60.3.53\n"
    assert lab.command("exec", "ue", "sh", "-c", "exit 7").status == 7
    assert "no network namespace 'mars'" in lab.command("exec", "mars", "true").err


def test_the_lab_resolves_its_own_names(lab):
    out = lab.lab("exec", "visited", "getent", "ahosts", "icscf1.hims.net").out
    assert "10.60.4.10" in out and "fd00:60::4:10" in out


def test_a_lab_whose_supervisor_was_killed_is_gone_at_once(lab):
    init = client.running(lab.args)["init"]
    os.kill(init, signal.SIGKILL)
    wait_for(lambda: processes_of(lab.rundir) == [])
    assert "no lab is up" in lab.command("status").err
    lab.down()
    lab.up()


def test_a_bad_request_on_the_control_socket_hurts_nobody(lab):
    folder = os.open(lab.rundir, os.O_PATH)
    for data in (b"", b"\xff\x00\n", b"[]\n", b'{"do": "serve"}\n', b'{"do": "signal"}\n', b'{"do": 7}\n'):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(f"/proc/self/fd/{folder}/lab.sock")
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            s.settimeout(5)
            try:
                s.recv(1000)
            except ConnectionResetError:
                pass  # it closed before it had read all
    os.close(folder)
    assert " up " in lab.lab("status").out


def test_a_normal_user_can_run_it(make_lab):
    """As nobody, when the test runs as root; otherwise every other test has shown it."""
    if os.geteuid() != 0:
        return
    lab = make_lab()
    os.chmod(lab.rundir, 0o755)
    subprocess.run(["chown", "-R", "nobody", lab.rundir], check=True)
    script = f"{os.path.dirname(client.__file__)}/../lab -c {lab.conf} -d {lab.rundir}"
    env = f"LAB_BIN={lab.args.bin} ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}"
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c",
                           f"{env} {script} up && {script} status && {script} exec home id -u && {script} down"],
                          capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n0\n" in done.stdout and "lab: down" in done.stdout
