# SPDX-License-Identifier: Apache-2.0
"""Debian's Osmocom elements in the place of ours: their configuration, their start and end.

They stand in the lab's namespace `visited`, at the address of the element that lab.yaml calls external.
Each has its VTY and control ports on the loopback there, so that two labs on one machine do not meet."""
import os
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../net"))

from netlab import load, wait_for  # noqa: E402

WAIT_S = 20  # longest wait for a stranger
SGSN, GGSN = "10.60.2.1", "10.60.2.2"
LOG = """log stderr
 logging filter all 1
 logging color 0
 logging timestamp 1
 logging level set-all info
line vty
 no login
"""
SGSN_CONF = LOG + """sgsn
 gtp state-dir {folder}
 gtp local-ip {sgsn}
 ggsn 0 remote-ip {ggsn}
 ggsn 0 gtp-version 1
 ggsn 0 echo-interval 1
 apn * ggsn 0
 {auth}
 no cdr filename
ns
 timer tns-reset 3
 timer tns-test 30
 timer tns-alive 3
 bind udp local
  listen {sgsn} 2157
  accept-ipaccess
bssgp
"""
BELIEVE = "authentication optional\n auth-policy accept-all"
ASK_HLR = "authentication required\n auth-policy remote\n gsup remote-ip 127.0.0.1\n gsup remote-port 4222"
GGSN_CONF = LOG + """ggsn ggsn0
 gtp state-dir {folder}
 gtp bind-ip {ggsn}
 apn ims
  gtpu-mode tun
  tun-device tunggsn
  type-support v4
  ip prefix dynamic {pool}
  ip dns 0 10.60.3.53
  ip ifconfig {own}
  no shutdown
 no shutdown ggsn
"""
HLR_CONF = LOG + """hlr
 database {folder}/hlr.db
 gsup
  bind ip 127.0.0.1
"""


class Skip(Exception):
    """Why a case cannot run here."""


def version(package):
    """The package's version; None when it is not installed."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package], capture_output=True,
                          text=True, check=False)
    return done.stdout.split()[1] if done.stdout.startswith("installed") else None


def need(program):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed (tools/deps interop)")


def need_tun():
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as e:
        raise Skip(f"no TUN device for us: {e.strerror}") from None


class Peer:
    """One stranger's program in a namespace of the lab; values: what its configuration needs."""

    def __init__(self, lab, program, conf, *argv, port, netns="visited", name=None, option="-c", **values):
        need(program)
        name = name or program
        self.lab, self.program, self.port, self.netns = lab, program, port, netns
        self.folder = os.path.join(lab.rundir, name)
        os.makedirs(self.folder, exist_ok=True)
        self.file = os.path.join(self.folder, "conf")
        with open(self.file, "w", encoding="ascii") as f:
            f.write(conf.format(folder=self.folder, sgsn=SGSN, ggsn=GGSN, **vars(lab.peer), **values))
        self.argv = [program, *([option, self.file] if conf else []), *(a.format(folder=self.folder) for a in argv)]
        self.log = os.path.join(lab.rundir, "logs", name + ".txt")
        self.pid_file = os.path.join(self.folder, "pid")
        lab.peers.append(self)
        self.start()

    def start(self):
        """Until it serves its port."""
        with open(self.log, "ab") as log:
            self.process = self.lab.start_in(self.netns, "sh", "-c", 'echo $$ >"$0"; exec stdbuf -oL "$@"', self.pid_file, *self.argv,
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self.process.poll() is not None or self.serves(), WAIT_S)
        assert self.process.poll() is None, f"{self.program} ended at its start:\n{self.text()[-2000:]}"

    def serves(self):
        if not self.port:
            return True
        kind, host, number = self.port.split()
        return f"{host}:{number} " in self.lab.exec(self.netns, "ss", "-Hln" + kind).out

    def stop(self, by="TERM"):
        """The pid is that of the lab's pid namespace; the process here only waits for it."""
        if self.process.poll() is None:
            with open(self.pid_file, encoding="ascii") as f:
                self.lab.exec(self.netns, "kill", "-" + by, f.read().strip())
            self.process.wait(5)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()


def sgsn(lab, auth=BELIEVE):
    lab.peer.auth = auth
    return Peer(lab, "osmo-sgsn", SGSN_CONF, port=f"u {SGSN} 2157")


def ggsn(lab, pool="10.46.0.0/24", own="10.46.0.1/24"):
    need_tun()
    lab.peer.pool, lab.peer.own = pool, own
    return Peer(lab, "osmo-ggsn", GGSN_CONF, port=f"u {GGSN} 2123")


def hlr(lab, **change):
    """With the cards of sims.yaml as its subscribers; change: of the first card's keys."""
    need("osmo-hlr")
    folder = os.path.join(lab.rundir, "osmo-hlr")
    os.makedirs(folder, exist_ok=True)
    db = os.path.join(folder, "hlr.db")
    subprocess.run(["osmo-hlr-db-tool", "-l", db, "create"], capture_output=True, check=True)
    with sqlite3.connect(db) as sql:
        for i, sim in enumerate(load("sims.yaml")["sims"], 1):
            card = {**sim, **(change if i == 1 else {})}
            sql.execute("INSERT INTO subscriber (id, imsi, msisdn) VALUES (?, ?, ?)", (i, card["imsi"], f"1555000{i}"))
            sql.execute("INSERT INTO auc_3g (subscriber_id, algo_id_3g, k, opc) VALUES (?, 5, ?, ?)",  # 5: Milenage
                        (i, card["k"], card["opc"]))
    sql.close()
    return Peer(lab, "osmo-hlr", HLR_CONF, "-l", "{folder}/hlr.db", port="t 127.0.0.1 4222")


def sgsnemu(lab, imsi, *more, seconds="1"):
    """One context, deleted again after some seconds; it may then stay for long."""
    return Peer(lab, "sgsnemu", "", "--listen", SGSN, "--remote", GGSN, "--apn", "ims", "--imsi", imsi, "--msisdn",
                "15550001", "--nsapi", "5", "--statedir", "{folder}", "--pidfile", "{folder}/own-pid", "--timelimit",
                seconds, *more, port=None)
