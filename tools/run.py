# SPDX-License-Identifier: Apache-2.0
"""`./lab run` (make run): the seed's registration from nothing, the ladder, the state, the end.

Prints the ladder of what happened whether it went well or not; when not, one sentence that says
what failed and one with the likely cause."""
import os
import signal
import subprocess

import client
import draw
import espkeys
import guest
import logline
import show
from ownfile import own
from topology import LabError

STEPS = ("attach", "activate", "register")  # phases 1, 2, and 3 with 5
STEP_S = 60  # longest wait for one step's outcome

# What an unanswered request to an element means, by its column.
SILENT = {
    "sgsn": "the SGSN does not answer on its Gb port: is it up (./lab status), and does sgsn.address match?",
    "ggsn": "the GGSN does not answer GTP: is it up, does ggsn.address match?",
    "pcscf": "the P-CSCF does not answer SIP: is it up, and is the P-CSCF address of the PCO its own?",
    "dns": "the DNS server does not answer: is it up (./lab logs dns)?",
    "icscf": "the I-CSCF does not answer SIP: is it up, and does DNS name the right address for the home domain?",
    "scscf": "the S-CSCF does not answer SIP: is it up, and does the HSS name the right S-CSCF?",
    "hss": "the HSS does not answer Diameter: is it up, is the connection to it open (./lab logs hss)?",
}
# What a refusal means: column that refused, message, text in its keys; the first that fits, and so the
# deepest in the core first.
REFUSED = (
    ("sgsn", "Attach Reject", "", "the SGSN does not let this SIM in: is its IMSI among the subscribers of lab.yaml, "
     "with gprs allowed?"),
    ("sgsn", "Activate PDP Context Reject", "missing or unknown APN", "the APN is not among ggsn.apns of lab.yaml, or "
     "not subscribed"),
    ("sgsn", "Activate PDP Context Reject", "insufficient resources", "the APN's pool has no free address"),
    ("sgsn", "Activate PDP Context Reject", "", "SGSN or GGSN refused the PDP context: see its cause above"),
    ("hss", "UAA", "USER_UNKNOWN", "the HSS does not know this private identity: compare impi in sims.yaml and lab.yaml"),
    ("hss", "UAA", "IDENTITIES_DONT_MATCH", "the public identity does not belong to this private identity: compare "
     "impus in sims.yaml and lab.yaml"),
    ("hss", "UAA", "ROAMING_NOT_ALLOWED", "the subscriber may not roam in this visited network"),
    ("hss", "MAA", "", "the HSS made no authentication vector: see its result above"),
    ("pcscf", "403", "", "the core refused the registration: K or OPc of SIM and HSS differ, or the identity is barred"),
    ("pcscf", "480", "", "no S-CSCF could be reached: see the I-CSCF's decisions above"),
    ("pcscf", "504", "", "an element behind the P-CSCF did not answer in time: see LOST and the decisions above"),
)
ANSWERS = ("Accept", "Reject", "Response", "Complete", "Failure")


class Terminal:
    """The terminal's program, fed one command at a time."""

    def __init__(self, args, name=None):
        argv, log = client.ue_command(args, name, [])
        with open(log, "ab", opener=own()) as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out,
                                            text=True, env=client.environment())

    def line(self, wait_s=STEP_S):
        """Its next line; a terminal that says nothing for too long, or ends, is a LabError."""
        def late(*_):
            raise LabError(f"the terminal said nothing for {wait_s} s")
        before = signal.signal(signal.SIGALRM, late)
        signal.alarm(wait_s)
        try:
            line = self.process.stdout.readline()
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        if not line:
            raise LabError(f"the terminal ended (exit {self.process.wait()}): see logs of ue")
        return line.rstrip("\n")

    def do(self, command):
        """The sentence with the outcome of one command."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.line()

    def end(self):
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def is_answer(event):
    return event.message[:1].isdigit() or event.message.split()[-1] in ANSWERS or \
        event.proto == "cx" and event.message.endswith("A") or event.proto == "dns" and event.sender == "dns"


def unanswered(events):
    """The latest request that got no answer from where it went; None when there is none."""
    answered = set()
    for e in reversed(events):
        if e.kind != "message":
            continue
        if is_answer(e):
            answered.add((e.sender, e.receiver, e.proto))
        elif (e.receiver, e.sender, e.proto) not in answered:
            return e
    return None


def silent_link(lines):
    """Whether the terminal asked for a Gb link and nobody answered (NS is not in the ladder)."""
    ns = [line for line in lines if line.log.startswith("ue-") and line.keys.get("proto") == "ns"]
    return any(line.mark == "->" for line in ns) and not any(line.mark == "<-" for line in ns)


def likely_cause(events, elements, lines):
    """One sentence, from the ladder and the state of the elements."""
    for e in elements:
        if e["restarts"] or e["state"] != "up":
            return f"{e['name']} died ({e['last_exit']}): see logs/{e['name']}.log"
    for column, message, text, cause in REFUSED:
        if any(e.kind == "message" and e.sender == column and e.message == message and
               text in " ".join(e.keys.values()) for e in events):
            return cause
    if silent_link(lines):
        return SILENT["sgsn"]
    request = unanswered(events)
    if request:
        return SILENT.get(request.receiver, "the terminal does not answer")
    return "the warnings of the elements say more: ./lab logs"


def complaints(lines):
    return [line for line in lines if line.level in ("warn", "error") and line.mark == "--"][-8:]


def explain(args, sentence):
    print(f"\nlab: {sentence if sentence.startswith('failed') else 'failed: ' + sentence}")
    try:
        elements = client.ask(args, "status")["elements"]
    except LabError:
        elements = []
    lines = logline.read_logs(client.path_of(args, "logs"))
    print(f"lab: likely cause: {likely_cause(show.events_of(args), elements, lines)}")
    for line in complaints(lines):
        print(f"    {line.element}: {line.text}")


def register(args, terminal):
    """"" when the terminal is registered, else the sentence that says what failed."""
    for step in STEPS:
        said = terminal.do(step)
        print(f"{step}: {said}", flush=True)
        if said.startswith("failed"):
            return said
    print(f"watch: {terminal.do('watch')}", flush=True)  # a stranger's core may not know the reg event
    return ""


def whole(args):
    """With the lab up: 0 or 1."""
    terminal = Terminal(args)
    try:
        try:
            failed = register(args, terminal)
        except LabError as e:
            failed = str(e)
        print()
        print(draw.draw(show.events_of(args)))
        if failed:
            explain(args, failed)
            return 1
        print()
        show.print_registrations(args)
        show.print_sas(args)
        return 0
    finally:
        if args.pcap:
            espkeys.write_folder(wireshark_of(args), espkeys.of_lab(args))
        terminal.end()


def wireshark_of(args):
    return client.path_of(args, "wireshark")


def choose_kernel(args):
    """The lab needs a kernel with ESP: this one, or User-Mode Linux."""
    if args.host or guest.inside():
        return
    why = guest.why_no_esp()
    if why and guest.installed():
        print(f"lab: this kernel has no ESP ({why}): the lab runs in User-Mode Linux", flush=True)
        guest.run(args)
    elif why:
        print(f"lab: this kernel has no ESP ({why}) and linux.uml is not there (make deps): without IPsec, then",
              flush=True)


def run(args):
    choose_kernel(args)
    client.up(args)
    try:
        return whole(args)
    finally:
        client.down(args)
        if args.pcap:
            print(f"lab: the capture; with this folder's keys tshark looks into ESP:\n    WIRESHARK_CONFIG_DIR="
                  f"{os.path.relpath(wireshark_of(args))} tshark -r {os.path.relpath(client.path_of(args, 'run.pcap'))}")
