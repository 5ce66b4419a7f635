# SPDX-License-Identifier: Apache-2.0
"""`./lab doctor`: what this machine lacks for the lab, one sentence each."""
import os
import shutil
import subprocess

import client
from topology import LabError, ask_labconf, read

TRIAL = """set -e
ip link add name t0 type bridge
ip netns add x
ip link add name t1 type veth peer name eth0 netns x
ip -n x link set lo up
"""


def spaces():
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def tries(*argv):
    """"" when it works, else its last words."""
    try:
        done = subprocess.run([*argv], capture_output=True, text=True, env=client.environment(), check=False)
    except FileNotFoundError as e:
        return f"{e.filename} is not installed"
    said = (done.stderr or done.stdout).strip().splitlines()
    return "" if done.returncode == 0 else said[-1] if said else f"exit {done.returncode}"


def kernel():
    """Sentences about namespaces and links."""
    said = tries(*spaces(), "true")
    if said:
        yield f"no private namespaces ({said}): run as root, or allow user namespaces " \
              "(sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces)"
        return
    said = tries(*spaces(), "sh", "-c", "mount -t tmpfs tmpfs /run && mkdir /run/netns && " + TRIAL)
    if said:
        yield f"no networks can be made in a private namespace ({said}): the kernel needs bridge, veth and netns"
    said = tries(*spaces(), "sh", "-c", "mount -t tmpfs tmpfs /run && mkdir /run/u /run/w && [ -d /etc/netns ] || "
                 "mount -t overlay -o lowerdir=/etc,upperdir=/run/u,workdir=/run/w overlay /etc")
    if said:
        yield f"no overlay mount ({said}): as root, mkdir /etc/netns makes it unnecessary"
    if not os.path.exists("/proc/sys/net/ipv6"):
        yield "the kernel has no IPv6: take the address6 lines out of lab.yaml"


def programs(args):
    for name, package in (("ip", "iproute2"), ("unshare", "util-linux"), ("nsenter", "util-linux"),
                          ("dnsmasq", "dnsmasq-base")):
        if not shutil.which(name, path=client.environment()["PATH"]):
            yield f"{name} is missing: make deps (package {package})"
    said = tries(os.path.join(args.here, "tools/deps"), "--check")
    if said:
        yield f"{said.replace('deps: missing:', 'packages are missing, make deps:')}"
    if not os.access(os.path.join(args.bin, "labconf"), os.X_OK):
        yield f"nothing is built in {args.bin}: make"


def configuration(args):
    try:
        ask_labconf(args.bin, client.conf_of(args), "check")
        topology = read(args.bin, client.conf_of(args))
    except LabError as e:
        yield str(e)
        return
    used = {}
    for e in topology.elements:
        for address in filter(None, (e.address, e.address6)):
            if address in used:
                yield f"{e.name} and {used[address]} have one address, {address}"
            used[address] = e.name


def doctor(args):
    found = [*programs(args), *kernel()]
    if os.access(os.path.join(args.bin, "labconf"), os.X_OK):
        found += configuration(args)
    for sentence in found:
        print(f"lab: {sentence}")
    if not found:
        print("lab: nothing is missing")
    return 1 if found else 0
