# SPDX-License-Identifier: Apache-2.0
"""gprs-stub alone in a network namespace of its own, with sockets in there for gprs_raw.py."""
import array
import os
import signal
import socket
import subprocess
import sys
import tempfile

import netlab
import logline  # noqa: E402 (netlab knows where it is)

HERE = os.path.dirname(os.path.realpath(__file__))
SGSN, GGSN, UE = "127.0.0.11", "127.0.0.12", "127.0.0.13"
TIMERS = {"gtp_t3_ms": 100, "gtp_n3": 3, "gtp_echo_s": 1, "nas_tries": 3, "t3350_ms": 150, "t3360_ms": 150, "t3370_ms": 150,
          "t3395_ms": 150, "ns_reset_ms": 200, "ns_alive_s": 30}


class Bench:
    """change: keys of lab.yaml to set, or a function that edits it. The SGSN believes its terminals
    unless a test wants it otherwise."""

    def __init__(self, change=None):
        self.folder = tempfile.mkdtemp(prefix="imslab-gprs-")
        self.daemons, self.sockets, self.capture = {}, [], None
        self.write_conf(change)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        self.holder = subprocess.Popen(["unshare", *user, "--net", sys.executable, os.path.join(HERE, "netns_sockets.py"), str(theirs.fileno())],
                                       pass_fds=[theirs.fileno()])
        theirs.close()
        self.asks = ours
        assert ours.recv(16) == b"up"

    def write_conf(self, change):
        conf = netlab.load("lab.yaml")
        netlab.merge(conf, {"timers": TIMERS, "sgsn": {"address": SGSN, "address6": None, "authentication": "off"},
                            "ggsn": {"address": GGSN, "address6": None}})
        if callable(change):
            change(conf)
        elif change:
            netlab.merge(conf, change)
        self.conf = os.path.join(self.folder, "lab.yaml")
        for name, data in (("lab.yaml", conf), ("sims.yaml", netlab.load("sims.yaml"))):
            path = os.path.join(self.folder, name)
            with open(path, "w", encoding="utf-8") as f:
                netlab.yaml.safe_dump(data, f)
            os.chmod(path, 0o600)

    def inside(self, *argv):
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self.holder.pid), *user, "--net", *argv]

    def run(self, *argv):
        subprocess.run(self.inside(*argv), check=True)

    def socket(self, host, port=0):
        self.asks.send(f"{host} {port}".encode())
        _, control, _, _ = self.asks.recvmsg(16, socket.CMSG_SPACE(4))
        fds = array.array("i")
        fds.frombytes(control[0][2][:4])
        s = socket.socket(fileno=fds[0])
        self.sockets.append(s)
        return s

    def log_of(self, role):
        return os.path.join(self.folder, f"{role}.log")

    def start(self, *roles):
        """Each role a process of its own; "both" is one process with both."""
        for role in roles:
            with open(self.log_of(role), "ab") as log:
                self.daemons[role] = subprocess.Popen(
                    self.inside(os.path.join(netlab.BIN, "gprs-stub"), "-c", self.conf, "--role", role, "--log", "debug",
                                "--state-dir", os.path.join(self.folder, "state")), stderr=log)
            begun = self.count(role, "-- ready")
            netlab.wait_for(lambda r=role, n=begun: self.count(r, "-- ready") > n or self.daemons[r].poll() is not None)
            assert self.daemons[role].poll() is None, self.text(role)
        return self

    def text(self, role):
        if not os.path.exists(self.log_of(role)):
            return ""
        with open(self.log_of(role), encoding="utf-8", errors="replace") as f:
            return f.read()

    def count(self, role, text):
        return self.text(role).count(text)

    def lines(self, role):
        return [line for line in map(logline.parse, self.text(role).splitlines()) if line]

    def arrows(self, role):
        """["-> sgsn Attach Request", ...] of the NAS and GTP messages, in order."""
        return [f"{line.mark} {line.peer} {line.message}" for line in self.lines(role)
                if line.mark in ("->", "<-") and line.keys.get("proto") in ("nas", "gtp") and "Echo" not in line.message]

    def stop(self, role, by=signal.SIGTERM):
        p = self.daemons.pop(role)
        p.send_signal(by)
        status = p.wait(5)
        assert by != signal.SIGTERM or status == 0, self.text(role)

    def live(self, role):
        """What SIGUSR1 prints."""
        before = self.count(role, "live: end")
        self.daemons[role].send_signal(signal.SIGUSR1)
        netlab.wait_for(lambda: self.count(role, "live: end") > before)
        return self.text(role).rsplit("live: ", 2)[1]

    def capture_begin(self):
        self.pcap = os.path.join(self.folder, "gb.pcap")
        self.capture = subprocess.Popen(self.inside("dumpcap", "-q", "-i", "lo", "-w", self.pcap), stderr=subprocess.PIPE,
                                        text=True)
        for line in self.capture.stderr:
            if line.startswith("File:"):
                break

    def capture_end(self):
        sock = self.socket(UE)
        netlab.wait_for(lambda: sock.sendto(b"", (UE, 9)) == 0 and os.path.getsize(self.pcap) > 0)
        netlab.time.sleep(0.3)  # what is still in the kernel's ring
        self.capture.send_signal(signal.SIGINT)
        self.capture.wait(5)
        self.capture = None
        return self.pcap

    def close(self):
        for s in self.sockets:
            s.close()
        for role in list(self.daemons):
            self.stop(role)
        if self.capture:
            self.capture.kill()
            self.capture.wait(5)
        self.asks.close()
        self.holder.wait(5)
        found = [t for t in map(self.text, ("sgsn", "ggsn", "both")) if netlab.REPORTS.search(t)]
        netlab.shutil.rmtree(self.folder, ignore_errors=True)
        assert not found, found[0][-6000:]

