# SPDX-License-Identifier: Apache-2.0
"""The host's side of the lab: start the supervisor, talk to it, enter its namespaces."""
import fcntl
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from grow import grow
from ownfile import own
from topology import NAMESPACES, LabError, read

DOWN_S = 8 if "IMSLAB_UML" not in os.environ else 32  # longest wait for a lab to end before it is killed
SBIN = ":/usr/local/sbin:/usr/sbin:/sbin"


def path_of(args, name):
    return os.path.join(args.rundir, name)


def environment():
    """ip and dnsmasq are in sbin, which a normal user's PATH may lack."""
    return {**os.environ, "PATH": os.environ.get("PATH", "/usr/bin:/bin") + SBIN,
            "PYTHONDONTWRITEBYTECODE": "1"}


def starttime(pid):
    """When this process started, in ticks since boot: tells it from a later one with its pid. 0: it
    has ended (who does not fetch its zombie is not the lab's business)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
        return 0 if fields[0] in "ZX" else int(fields[19])
    except (OSError, IndexError):
        return 0


def remembered(args):
    """What `up` wrote into RUNDIR/lab.json when that lab is alive, else None."""
    try:
        with open(path_of(args, "lab.json"), encoding="utf-8") as f:
            lab = json.load(f)
    except (OSError, ValueError):
        return None
    # unshare waits for process 1 of the namespaces: while it is there, not all is gone
    alive = [name for name in ("init", "unshare") if starttime(lab[name]) == lab[name + "_start"] != 0]
    return lab if alive else None


def running(args):
    lab = remembered(args)
    if not lab:
        raise LabError(f"no lab is up in {args.rundir}: ./lab up")
    return lab


def conf_of(args):
    """The configuration: -c, else the running lab's, else conf/lab.yaml."""
    lab = None if args.conf else remembered(args)
    return os.path.abspath(args.conf) if args.conf else lab["conf"] if lab else os.path.join(args.here, "conf/lab.yaml")


def bin_of(args):
    lab = remembered(args)
    return lab["bin"] if lab else args.bin


def child_of(pid):
    """The one child of the unshare process: process 1 of the namespaces. 0 while there is none."""
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii", errors="replace") as f:
                if int(f.read().rpartition(")")[2].split()[1]) == pid:
                    return int(path.split("/")[2])
        except OSError:
            continue
    return 0


def host_pids(init):
    """{pid in the lab's pid namespace: pid as the host sees it}."""
    found = {}
    try:
        space = os.readlink(f"/proc/{init}/ns/pid")
        for path in glob.glob("/proc/[0-9]*/status"):
            pid = path.split("/")[2]
            try:
                if os.readlink(f"/proc/{pid}/ns/pid") != space:
                    continue
                with open(path, encoding="utf-8", errors="replace") as f:
                    for line in f:
                        if line.startswith("NSpid:"):
                            found[int(line.split()[-1])] = int(pid)
            except OSError:
                continue
    except OSError:
        pass
    return found


def ask(args, do, **more):
    """One request to the supervisor."""
    running(args)
    folder = os.open(args.rundir, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(f"/proc/self/fd/{folder}/lab.sock")
            s.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
            answer = json.loads(s.makefile().readline() or '{"error": "it gave no answer"}')
    except OSError as e:
        raise LabError(f"the lab's supervisor does not answer ({e}): ./lab down, then look at logs/lab.log") from None
    finally:
        os.close(folder)
    if "error" in answer:
        raise LabError(answer["error"])
    return answer


# -- up and down

def prepare(args):
    if args.rundir.startswith("/run/"):
        raise LabError("RUNDIR may not be below /run: the lab has a /run of its own")
    if remembered(args):
        raise LabError(f"a lab is up in {args.rundir} already: ./lab down")
    os.makedirs(path_of(args, "logs"), exist_ok=True)
    lock = own(0o600)(path_of(args, "lab.lock"), os.O_WRONLY | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise LabError(f"another ./lab up or down works in {args.rundir}") from None
    sweep(args)
    for old in glob.glob(os.path.join(glob.escape(path_of(args, "logs")), "*.log")) + [path_of(args, "run.pcap")]:
        if os.path.exists(old):
            os.unlink(old)
    shutil.rmtree(path_of(args, "wireshark"), ignore_errors=True)  # the keys of an earlier lab's SAs
    os.makedirs(path_of(args, "state"), mode=0o700, exist_ok=True)
    return lock


def sweep(args):
    """What a lab needs only while it is up."""
    for name in ("lab.sock", "lab.json", "grown.yaml"):
        if os.path.lexists(path_of(args, name)):
            os.unlink(path_of(args, name))
    shutil.rmtree(path_of(args, "state"), ignore_errors=True)


def spawn(args, conf):
    """The supervisor in its namespaces, in the background: (process, the pipe of its report). args.tie: the
    reading end of a pipe (environment LAB_TIE: its number); when all who can write to it are gone, the lab ends."""
    report_r, report_w = os.pipe()
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    tie = int(os.environ.get("LAB_TIE", getattr(args, "tie", -1)))
    with open(path_of(args, "logs/lab.log"), "ab", opener=own()) as log:
        process = subprocess.Popen(
            ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
             "/usr/bin/python3", os.path.join(args.here, "tools/supervisor.py"), args.rundir, conf,
             args.bin, str(report_w), args.log, "pcap" if args.pcap else "-", str(tie)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[report_w] + [tie] * (tie >= 0),
            start_new_session=True, env=environment())
    os.close(report_w)
    return process, os.fdopen(report_r)


def up(args):
    args.log = getattr(args, "log", "info")
    conf = conf_of(args)
    topology = read(args.bin, conf)  # a bad lab.yaml is said before anything starts
    more = {kind: count for kind in ("scscf", "pcscf") if (count := getattr(args, kind, None)) is not None}
    lock = prepare(args)
    try:
        if more:
            conf = grow(args, conf, more)
            topology = read(args.bin, conf)
        process, report = spawn(args, conf)
        try:
            said = report.readline()  # unshare holds the pipe too: no end of file after "ok"
            init = child_of(process.pid) if said == "ok\n" else 0
        except (KeyboardInterrupt, SystemExit):
            kill_tree(process.pid, child_of(process.pid))
            raise
        if not init:
            said += report.read()
            process.wait()
            raise LabError(said or why_unshare_failed(args))
        with open(path_of(args, "lab.json"), "w", encoding="utf-8", opener=own()) as f:
            json.dump({"unshare": process.pid, "unshare_start": starttime(process.pid), "init": init,
                       "init_start": starttime(init), "conf": conf, "bin": args.bin, "user": os.geteuid() != 0}, f)
    except BaseException:
        sweep(args)
        raise
    finally:
        os.unlink(path_of(args, "lab.lock"))
        os.close(lock)
    names = " ".join(e.name for e in topology.elements if not e.external)
    print(f"lab: up: {names}")
    for e in topology.elements:
        if e.external:
            print(f"lab: {e.name} is a stranger at {e.address or e.address6}: not started")


def why_unshare_failed(args):
    with open(path_of(args, "logs/lab.log"), encoding="utf-8", errors="replace") as f:
        last = f.read().strip().splitlines()[-3:]
    return "the lab's namespaces could not be made (./lab doctor): " + " / ".join(last or ["no reason was given"])


def kill_tree(*pids):
    for pid in pids:
        try:
            if pid:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def down(args):
    lab = remembered(args)
    if not lab:
        sweep(args)
        print("lab: nothing is up")
        return
    try:
        ask(args, "down")
    except LabError:
        pass  # then it is killed below
    end = time.time() + DOWN_S
    while remembered(args) and time.time() < end:
        time.sleep(0.02)
    for name in ("init", "unshare"):
        if starttime(lab[name]) == lab[name + "_start"]:
            kill_tree(lab[name])
    while remembered(args):
        time.sleep(0.02)
    sweep(args)
    print("lab: down")


# -- inside

def namespaces(lab):
    """The lab's network namespaces: the four, and those of terminals."""
    try:
        there = os.listdir(f"/proc/{lab['init']}/root/run/netns")
    except OSError:
        there = []
    return [*NAMESPACES, *sorted(set(there) - set(NAMESPACES))]


def inside(args, netns, argv):
    """The command line that runs argv in a network namespace of the lab, in this folder. What runs there hears
    SIGTERM when nsenter is killed."""
    lab = running(args)
    if netns not in namespaces(lab):
        raise LabError(f"no network namespace '{netns}'; there are: {' '.join(namespaces(lab))}")
    user = ["--user", "--preserve-credentials"] if lab["user"] else []
    return ["nsenter", "-t", str(lab["init"]), *user, "--mount", "--net", "--pid", "--root", "--",
            "setpriv", "--pdeathsig", "TERM", "ip", "netns", "exec", netns, "env", "-C", os.getcwd(), *argv]


def exec_(args):
    if not args.argv:
        raise LabError("exec: which command?")
    argv = inside(args, args.netns, args.argv)
    sys.stdout.flush()
    os.execvpe(argv[0], argv, {**environment()})


def ue_command(args, terminal, commands):
    """(command line, log file) of the terminal's program."""
    lab = running(args)
    terminals = read(lab["bin"], lab["conf"]).terminals
    if not terminals:
        raise LabError(f"{lab['conf']} has no terminal")
    name = terminal or terminals[0].name
    if name not in [t.name for t in terminals]:
        raise LabError(f"no terminal '{name}'; there are: {' '.join(t.name for t in terminals)}")
    argv = [lab["bin"] + "/ue", "-c", lab["conf"], "--name", name, "--state-dir", path_of(args, "state"), *commands]
    return inside(args, "ue", argv), path_of(args, f"logs/ue-{name}.log")


def ue(args):
    """SIGTERM is for the terminal, which stands behind nsenter: it switches off, and then this ends."""
    argv, log = ue_command(args, args.terminal, args.argv)
    sys.stdout.flush()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal hears it from the keyboard, too
    with open(log, "ab", opener=own()) as out:
        process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *argv], stderr=out, env=environment(),
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def pass_on(*_):
        os.kill(child_of(process.pid) or process.pid, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    status = process.wait()
    return status if status >= 0 else 128 - status
