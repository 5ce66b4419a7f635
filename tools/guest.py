# SPDX-License-Identifier: Apache-2.0
"""The lab in User-Mode Linux (tools/uml), for a machine whose kernel has no ESP.

The guest runs the same ./lab on the same files; logs, state and capture are written to RUNDIR of the
host. What the guest's ./lab says and its exit code are ours."""
import os
import shlex
import shutil
import subprocess

import client
from topology import LabError

RUN_S = 300  # longest time for ./lab run in a guest, boot and all
SPACES = ("unshare", "--net")
# TS 33.203's plainest SA: what a kernel without ESP refuses
TRIAL_SA = ("ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 0x1001 mode transport "
            "auth hmac(sha1) 0x0000000000000000000000000000000000000000 enc cbc(aes) 0x00000000000000000000000000000000")


def inside():
    """Whether this is the guest."""
    return "IMSLAB_UML" in os.environ


def patience():
    """By how much longer to wait for others: the guest is slow on a busy machine."""
    return 4 if inside() else 1


def installed():
    return shutil.which("linux.uml", path=client.environment()["PATH"]) is not None


def why_no_esp():
    """"" when this kernel has ESP, tried with one SA in a network namespace that is thrown away; else the reason."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run([*SPACES, *user, *TRIAL_SA.split()], capture_output=True, text=True, env=client.environment(),
                          check=False)
    said = (done.stderr or done.stdout).strip().splitlines()
    return "" if done.returncode == 0 else said[-1] if said else f"exit {done.returncode}"


def become(args, command, *options):
    """This process becomes the guest that runs `command` (a list); RUNDIR is the host's."""
    if not installed():
        raise LabError("linux.uml is not there: make deps (package user-mode-linux)")
    os.makedirs(args.rundir, exist_ok=True)
    tool = os.path.join(args.here, "tools/uml")
    os.environ.pop("LAB_BIN", None)
    os.execv(tool, [tool, *options, "--rw", args.rundir, "--", "env", f"LAB_BIN={args.bin}", *command])


def lab_command(args, *words):
    conf = ["-c", os.path.abspath(args.conf)] if args.conf else []
    return [os.path.join(args.here, "lab"), *conf, "-d", args.rundir, *words]


def run(args):
    """./lab run in a guest; does not come back."""
    become(args, lab_command(args, "run", *(["--pcap"] if args.pcap else [])), "-t", str(RUN_S))


def shell(args):
    """./lab up --uml: a shell in a guest where the lab is up; when it ends the lab and the guest do."""
    more = [word for kind in ("scscf", "pcscf") if getattr(args, kind, None) is not None for word in (f"--{kind}", str(getattr(args, kind)))]
    up = shlex.join(lab_command(args, "up", "--log", args.log, *(["--pcap"] if args.pcap else []), *more))
    down = shlex.join(lab_command(args, "down"))
    said = "lab: this shell is in User-Mode Linux, with the lab: try ./lab ue, ./lab status; exit ends both"
    script = f"{up} || exit 1; echo {shlex.quote(said)}; PS1='uml:lab# ' bash --norc -i; status=$?; {down}; exit $status"
    become(args, ["sh", "-c", script], "-i")
