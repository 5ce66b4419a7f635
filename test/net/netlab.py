# SPDX-License-Identifier: Apache-2.0
"""A private lab for a test: lab.yaml with changes, short timers, its own RUNDIR, the sanitizer build."""
import contextlib
import copy
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import types

import yaml

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tools"))

import client  # noqa: E402
import guest  # noqa: E402
import ladder  # noqa: E402
import logline  # noqa: E402
import run  # noqa: E402
import show  # noqa: E402
import topology  # noqa: E402

# Whatever kills this process closes the other end, and takes its labs along.
TIE = os.pipe()[0]
BIN = os.environ.get("LAB_BIN", os.path.join(TOP, "build/plain/bin"))
# What a sanitizer says, and what no daemon may ever print.
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:|Assertion .* failed|assertion "
                     r"failed")
# No test waits for the standard's seconds.
TIMERS = {"sip_t1_ms": 200, "sip_t1x64_ms": 3000, "icscf_scscf_ms": 800, "pcscf_icscf_ms": 2500, "cx_wait_ms": 1000,
          "diameter_tc_s": 1, "dns_wait_ms": 300, "dns_tries": 2, "gtp_t3_ms": 300, "gtp_n3": 3, "t3310_ms": 800,
          "t3321_ms": 800, "t3380_ms": 1500, "t3390_ms": 800, "nas_tries": 2, "t3350_ms": 800, "t3360_ms": 800, "t3395_ms": 800,
          "ns_reset_ms": 300, "ue_retry_ms": 1000}


def load(name):
    """A file of conf/ with every value as it is written: '001' stays three digits."""
    with open(os.path.join(TOP, "conf", name), encoding="utf-8") as f:
        return yaml.load(f, Loader=yaml.BaseLoader)


def merge(into, change):
    """Set the keys of `change`, maps inside maps key by key; None takes a key out."""
    for key, value in change.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


class Outcome:
    """What a command said: status, out (str), sentence (the last line of out)."""

    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr or ""
        self.lines = self.out.strip().splitlines()
        self.sentence = self.lines[-1] if self.lines else ""


class Lab:
    """change: keys of lab.yaml to set, or a function that edits the whole; sims: the same of
    sims.yaml. Nothing runs before up()."""

    def __init__(self, change=None, sims=None):
        self.rundir = tempfile.mkdtemp(prefix="imslab-")
        self.conf = os.path.join(self.rundir, "lab.yaml")
        self.started = []  # background processes of exec
        lab, cards = load("lab.yaml"), load("sims.yaml")
        if not guest.inside():  # there a system call costs what a millisecond does here: the standard's timers
            merge(lab, {"timers": TIMERS})
        for base, edit in ((lab, change), (cards, sims)):
            if callable(edit):
                edit(base)
            elif edit:
                merge(base, edit)
        self.write("lab.yaml", lab)
        self.write("sims.yaml", cards)
        self.args = types.SimpleNamespace(rundir=self.rundir, conf=None, bin=BIN, here=TOP)

    def write(self, name, data):
        path = os.path.join(self.rundir, name)
        with open(path, "w", encoding="utf-8") as f:
            yaml.safe_dump(data, f)
        os.chmod(path, 0o600)

    def command(self, *argv, stdin=None, timeout=40 * guest.patience()):
        done = subprocess.run([os.path.join(TOP, "lab"), "-d", self.rundir, *argv], input=stdin, capture_output=True,
                              text=True, errors="replace", timeout=timeout, check=False,
                              env={**os.environ, "LAB_BIN": BIN, "LAB_TIE": str(TIE)}, pass_fds=[TIE])
        return Outcome(done)

    def lab(self, *argv, **kw):
        """A ./lab command that must go well."""
        outcome = self.command(*argv, **kw)
        assert outcome.status == 0, f"lab {' '.join(argv)}: exit {outcome.status}\n{outcome.out}{outcome.err}"
        return outcome

    def up(self, *options):
        if guest.inside():  # no Python more than it takes: a process is dear there
            self.here(client.up, conf=self.conf, pcap="--pcap" in options, tie=TIE,
                      log=options[options.index("--log") + 1] if "--log" in options else "info")
            return self
        outcome = self.command("-c", self.conf, "up", *options)
        assert outcome.status == 0, outcome.err
        return self

    def here(self, function, **keys):
        """A ./lab command in this process."""
        with contextlib.redirect_stdout(io.StringIO()):
            function(types.SimpleNamespace(**{**vars(self.args), **keys}))

    def run(self, argv, err, stdin=None, timeout=40 * guest.patience()):
        return Outcome(subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=err, text=True, errors="replace",
                                      timeout=timeout, check=False, env=client.environment()))

    def down(self):
        return self.here(client.down) if guest.inside() else self.lab("down")

    def ue(self, *words, name="name"):
        """Commands of a terminal, which then switches itself off."""
        if guest.inside():
            argv, log = client.ue_command(self.args, name, list(words))
            with open(log, "ab") as out:
                return self.run(argv, out)
        return self.command("ue", name, *words)

    def other_conf(self, change=None, sims="sims.yaml"):
        """lab.yaml as it is, the first terminal with other keys, for a `ue` of its own: the file's path."""
        with open(self.conf, encoding="utf-8") as f:
            lab = yaml.load(f, Loader=yaml.BaseLoader)
        lab["sims"] = sims
        merge(lab["terminals"][0], change or {})
        self.write("other-lab.yaml", lab)
        return os.path.join(self.rundir, "other-lab.yaml")

    def ue_with_card(self, change, *words):
        """The first terminal with another card than the HSS thinks: keys of its SIM changed."""
        with open(os.path.join(self.rundir, "sims.yaml"), encoding="utf-8") as f:
            cards = yaml.load(f, Loader=yaml.BaseLoader)
        merge(cards["sims"][0], change)
        self.write("other-sims.yaml", cards)
        return self.exec("ue", BIN + "/ue", "-c", self.other_conf(sims="other-sims.yaml"), "--name", "name",
                         "--state-dir", os.path.join(self.rundir, "state"), *words)

    def home_of(self, name="name"):
        """The network namespace in which a terminal's address is."""
        own = topology.own_namespace(name)
        return own if own in client.namespaces(client.running(self.args)) else "ue"

    def terminal(self, name="name"):
        """A terminal that stays on: .do(command) gives the sentence, .end() switches it off."""
        t = run.Terminal(self.args, name)
        self.started.append(t)
        return t

    def exec(self, netns, *argv, **kw):
        if guest.inside():
            return self.run(client.inside(self.args, netns, list(argv)), subprocess.PIPE, **kw)
        return self.command("exec", netns, *argv, **kw)

    def start_in(self, netns, *argv, **kw):
        p = subprocess.Popen(client.inside(self.args, netns, list(argv)), env=client.environment(), text=True, **kw)
        self.started.append(p)
        return p

    def ask(self, do, **more):
        return client.ask(self.args, do, **more)

    def element(self, name):
        return {e["name"]: e for e in self.ask("status")["elements"]}[name]

    def host_pid(self, name):
        return client.host_pids(client.running(self.args)["init"])[self.element(name)["pid"]]

    def topology(self):
        return topology.read(BIN, self.conf)

    def lines(self):
        return logline.read_logs(os.path.join(self.rundir, "logs"))

    def said(self, element, text):
        """Whether the element wrote a line (sentence, message or keys) with this text."""
        return any(text in line.text for line in self.lines() if line.element == element)

    def events(self, wanted=None):
        return ladder.build(self.lines(), self.topology(), wanted)

    def registrations(self):
        return {r["impu"]: r for r in show.registrations(self.args)}

    def sas(self):
        """The P-CSCFs' sets of SAs: [keys of each]."""
        return show.sas(self.args)

    def pcap(self):
        return os.path.join(self.rundir, "run.pcap")

    def remarks(self):
        """What the elements warned of, for the report of a test that failed."""
        return "\n".join(line.whole for line in self.lines() if line.level in ("warn", "error"))[-4000:]

    def reports(self):
        """Lines of any log that a sanitizer or an assertion wrote."""
        found, folder = [], os.path.join(self.rundir, "logs")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                text = f.read()
            if REPORTS.search(text):
                found.append(f"--- {name}\n{text[-6000:]}")
        return found

    def close(self):
        for p in self.started:
            if isinstance(p, run.Terminal):
                p.end()
            elif p.poll() is None:
                p.terminate()
                p.wait(5)
        if guest.inside():
            self.here(client.down)
        else:
            self.command("down")
        reports = self.reports() + [line.whole for line in self.lines() if "does not end on SIGTERM" in line.text]
        if "LAB_KEEP" not in os.environ:
            shutil.rmtree(self.rundir, ignore_errors=True)
        assert not reports, "\n".join(reports)


def wait_for(what, wait_s=5.0):
    """Until what() is true; returns its value."""
    end = time.time() + wait_s * guest.patience()
    while True:
        value = what()
        if value or time.time() > end:
            assert value, f"not within {wait_s} s"
            return value
        time.sleep(0.05)
