#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Process 1 of the lab's private namespaces: makes the networks, starts every element, restarts the
one that dies, answers `./lab` on RUNDIR/lab.sock, ends everything on "down" or SIGTERM.

    supervisor.py RUNDIR CONF BIN REPORT_FD LEVEL PCAP TIE_FD

It ends, too, when its RUNDIR is deleted, and when the other end of the pipe TIE_FD is closed (-1: none).

One request per connection, one JSON object each way: {"do": "status"} and so on (class Supervisor,
do_*). REPORT_FD is told once how the start went: "ok", or the sentence that says why not."""
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

import guest
import net
import topology
from logline import parse
from ownfile import own
from topology import LabError

START_S = 15 * guest.patience()  # longest wait for one element's "ready"
STOP_S = 4 * guest.patience()    # between SIGTERM and SIGKILL
BACKOFF_S = 0.2       # before the first restart; doubles up to BACKOFF_MAX_S
BACKOFF_MAX_S = 5.0
WATCH_S = 1           # between looks at whether RUNDIR is still there
STEADY_S = 10         # an element that lived this long starts again at BACKOFF_S
LAST = ("hss", "dns")  # to end
ORDER = ("dns", "hss", "scscf", "icscf", "pcscf", "ggsn", "sgsn")


def cause_of(status):
    if os.WIFSIGNALED(status):
        return "killed by " + signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.WEXITSTATUS(status)}"


class Child:
    """An element's process. state: starting, up, waiting (for its restart), stopped."""

    def __init__(self, element, argv, rundir):
        self.element, self.argv = element, argv
        self.log = os.path.join(rundir, "logs", element.name + ".log")
        self.pid = 0
        self.state = "stopped"
        self.since = self.restart_at = 0.0
        self.restarts = 0
        self.backoff = BACKOFF_S
        self.last_exit = ""
        self.read_from = 0

    def start(self):
        out = own()(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.read_from = os.fstat(out).st_size
        argv = ["ip", "netns", "exec", self.element.netns] + self.argv
        # ip becomes the program: the pid is the element's
        self.pid = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                    start_new_session=True).pid
        os.close(out)
        self.state, self.since = "starting", time.time()

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            f.seek(self.read_from)
            return f.read().splitlines()

    def is_ready(self):
        if self.element.kind == "dns":
            return any(": started, version" in line for line in self.said())
        lines = [parse(line) for line in self.said()]
        return any(line and line.mark == "--" and line.text == "ready" for line in lines)

    def died(self, status, now):
        if now - self.since >= STEADY_S:
            self.backoff = BACKOFF_S
        self.pid, self.last_exit = 0, cause_of(status)
        if self.state != "stopped":
            self.state, self.restart_at = "waiting", now + self.backoff
            self.backoff = min(2 * self.backoff, BACKOFF_MAX_S)

    def shown(self):
        e = self.element
        return {"name": e.name, "kind": e.kind, "netns": e.netns, "address": e.address,
                "address6": e.address6, "pid": self.pid, "state": self.state, "since": self.since,
                "restarts": self.restarts, "last_exit": self.last_exit}


class Supervisor:
    def __init__(self, rundir, conf, bin_dir, level, pcap, tie):
        self.rundir, self.conf, self.bin, self.level, self.pcap = rundir, conf, bin_dir, level, pcap
        self.tie = tie
        self.topology = None
        self.plane_off = ""  # why terminals' packets do not cross the GPRS tunnel
        self.children = []
        self.capture = None
        self.ending = False

    # -- starting

    def say(self, level, text):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        print(f"{stamp}.{time.time_ns() // 1000 % 1000000:06d}Z lab {level} call=- -- {text}",
              file=sys.stderr, flush=True)

    def argv_of(self, element):
        state = os.path.join(self.rundir, "state")
        if element.kind == "dns":
            file = os.path.join(state, "dnsmasq.conf")
            with open(file, "w", encoding="utf-8", opener=own(0o600)) as f:
                f.write(topology.ask_labconf(self.bin, self.conf, "dnsmasq"))
            # --user=root: it needs nobody else, and a normal user's namespace has nobody else
            return ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--user=root", "--group=",
                    "--pid-file", f"--conf-file={file}"]
        program, role = element.kind, []
        if program in ("sgsn", "ggsn"):
            program, role = "gprs-stub", ["--role", element.kind]
        return [f"{self.bin}/{program}", "-c", self.conf, "--name", element.name, *role,
                "--state-dir", state, "--log", self.level]

    def bring_up(self):
        self.topology = topology.read(self.bin, self.conf)
        self.plane_off = net.up(self.topology)
        if self.plane_off:
            self.say("info", f"user plane off: {self.plane_off}; terminals put their addresses on eth0 of netns ue")
        if self.pcap:
            self.start_capture()
        known = [e for e in self.topology.elements if not e.external]
        for element in sorted(known, key=lambda e: ORDER.index(e.kind)):
            child = Child(element, self.argv_of(element), self.rundir)
            if not os.access(child.argv[0], os.X_OK) and "/" in child.argv[0]:
                raise LabError(f"{element.name}: {child.argv[0]} is not there: run 'make' first")
            self.children.append(child)
            child.start()
            self.wait_ready(child)

    def start_capture(self):
        tool = os.path.join(os.path.dirname(os.path.abspath(__file__)), "capture.py")
        self.capture = subprocess.Popen([sys.executable, tool, os.path.join(self.rundir, "run.pcap")],
                                        stdout=subprocess.PIPE)
        if self.capture.stdout.readline() != b"capturing\n":
            raise LabError("the capture did not start: see logs/lab.log")

    def wait_ready(self, child):
        """The start is strict: an element that dies or stays silent fails the whole."""
        end = time.time() + START_S
        while not child.is_ready():
            self.reap()
            late = time.time() > end
            if child.state != "starting" or late:
                last = "".join(f"\n    {line}" for line in child.said()[-6:])
                cause = f"not ready after {START_S} s" if late else f"died at its start ({child.last_exit})"
                raise LabError(f"{child.element.name} {cause}; its last log lines:{last or ' none'}")
            time.sleep(0.01)
        child.state = "up"

    # -- running

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self.children:
                if child.pid == pid:
                    child.died(status, time.time())
                    if child.state == "waiting":
                        self.say("warn", f"{child.element.name} died: {child.last_exit}")

    def tend(self):
        """Restart what is due, notice what has become ready."""
        now = time.time()
        for child in self.children:
            if child.state == "starting" and child.is_ready():
                child.state = "up"
            if child.state == "waiting" and now >= child.restart_at:
                child.restarts += 1
                child.start()
                self.say("warn", f"{child.element.name} restarted, time {child.restarts}")

    def find(self, name):
        for child in self.children:
            if child.element.name == name:
                return child
        raise LabError(f"no element '{name}' runs here; there are: " +
                       " ".join(c.element.name for c in self.children))

    def do_status(self, _):
        strangers = [vars(e) for e in self.topology.elements if e.external]
        return {"elements": [c.shown() for c in self.children], "external": strangers,
                "user_plane": f"off: {self.plane_off}" if self.plane_off else "on"}

    def do_down(self, _):
        self.ending = True
        return {}

    def do_stop(self, request):
        """Tests: end an element and leave it down."""
        child = self.find(request["name"])
        child.state = "stopped"
        self.end([child])
        return {}

    def do_start(self, request):
        child = self.find(request["name"])
        if not child.pid:
            child.start()
            self.wait_ready(child)
        return {}

    def do_signal(self, request):
        os.kill(self.find(request["name"]).pid, request["signal"])
        return {}

    def answer(self, connection):
        connection.settimeout(2)
        try:
            request = json.loads(connection.makefile().readline())
            action = getattr(self, "do_" + request["do"])
            try:
                answer = action(request)
            except LabError as e:
                answer = {"error": str(e)}
            connection.sendall(json.dumps(answer).encode() + b"\n")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            self.say("warn", f"a bad request on lab.sock: {e!r}")
        finally:
            connection.close()

    def serve(self):
        wake_r, wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_w)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        folder = os.open(self.rundir, os.O_PATH | os.O_CLOEXEC)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"/proc/self/fd/{folder}/lab.sock")  # a long RUNDIR does not fit in sun_path
        listener.listen(16)
        selector = selectors.DefaultSelector()
        selector.register(listener, selectors.EVENT_READ)
        selector.register(wake_r, selectors.EVENT_READ)
        if self.tie >= 0:
            selector.register(self.tie, selectors.EVENT_READ)
        while not self.ending:
            restless = any(c.state in ("waiting", "starting") for c in self.children)
            for key, _ in selector.select(0.05 if restless else WATCH_S):
                if key.fileobj is listener:
                    self.answer(listener.accept()[0])
                elif key.fileobj == self.tie:
                    self.ending = not os.read(self.tie, 4096)
                else:
                    os.read(wake_r, 4096)
            if os.fstat(folder).st_nlink == 0:
                self.ending = True
            self.reap()
            self.tend()

    # -- ending

    def end(self, children):
        pids = {c.pid for c in children if c.pid}
        end = time.time() + STOP_S
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        while any(c.pid in pids for c in children):
            self.reap()
            if time.time() > end:
                for c in children:
                    if c.pid in pids:
                        self.say("warn", f"{c.element.name} does not end on SIGTERM: killed")
                        os.kill(c.pid, signal.SIGKILL)
                end = time.time() + STOP_S
            time.sleep(0.01)

    def bring_down(self):
        for child in self.children:
            child.state = "stopped"
        # the HSS last: two Diameter ends that disconnect at the same time wait for each other's answer
        self.end([c for c in self.children if c.element.kind not in LAST])
        self.end(self.children)
        if self.capture:
            self.capture.terminate()
            try:
                self.capture.wait(STOP_S)
            except subprocess.TimeoutExpired:
                pass


def main():
    rundir, conf, bin_dir, report_fd, level, pcap, tie = sys.argv[1:]
    report = os.fdopen(int(report_fd), "w")
    os.set_inheritable(report.fileno(), False)
    s = Supervisor(rundir, conf, bin_dir, level, pcap == "pcap", int(tie))

    def on_end(*_):
        s.ending = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, on_end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        s.bring_up()
        s.say("info", "ready")
        report.write("ok\n")
        report.close()
        s.serve()
    except LabError as e:
        s.say("error", str(e).splitlines()[0])
        report.write(str(e))
        report.close()
    except (KeyboardInterrupt, BrokenPipeError):
        pass  # told to end, or the `up` that waited for the report is gone
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    s.bring_down()


main()
