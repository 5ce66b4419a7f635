# SPDX-License-Identifier: Apache-2.0
"""The lab's networks, made inside the private outer namespaces (tools/supervisor.py runs there).

    br0 --+-- eth0 of netns ue        terminals; the APN's pools are routed to it
          +-- eth0 of netns visited   SGSN, GGSN, P-CSCF
          +-- eth0 of netns internet  DNS
          +-- eth0 of netns home      I-CSCF, S-CSCF, HSS

Nothing here touches the host: /run and /etc/netns are tmpfs of the private mount namespace (where
/etc/netns does not exist, /etc is an overlay, so that not even the folder is made on the host)."""
import ipaddress
import os
import subprocess

from topology import NAMESPACES, LabError

NET4, NET6 = 16, 64  # prefix lengths of the lab's one link
UE_LINK = "fe80::1"  # netns ue on that link: terminals may have no IPv6 address but the pool's


def run(*argv, stdin=None):
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise LabError(f"{' '.join(argv)}: {said[0] if said else 'exit %d' % done.returncode}")
    return done.stdout


def private_mounts():
    """A /run and an /etc/netns of our own."""
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for folder in ("/run/netns", "/run/lab", "/run/overlay/up", "/run/overlay/work"):
        os.makedirs(folder)
    if not os.path.isdir("/etc/netns"):
        run("mount", "-t", "overlay", "-o",
            "lowerdir=/etc,upperdir=/run/overlay/up,workdir=/run/overlay/work", "overlay", "/etc")
        os.mkdir("/etc/netns")
    run("mount", "-t", "tmpfs", "tmpfs", "/etc/netns")


def with_length(address, v4, v6):
    return f"{address}/{v6 if ':' in address else v4}"


def addresses(topology):
    """{netns: [addresses]}, each once, in the order of the elements. A stranger's address is put
    there too: whatever is run by hand with `./lab exec` can then serve on it."""
    found = {ns: [] for ns in NAMESPACES}
    for e in topology.elements:
        found[e.netns] += [a for a in (e.address, e.address6) if a]
    found["ue"] += [t.gb_address for t in topology.terminals if t.gb_address]
    return {ns: list(dict.fromkeys(a)) for ns, a in found.items()}


def ue_gateway(pool, have):
    """The address in netns ue that packets to the pool go to."""
    if ":" in pool:
        return UE_LINK
    for address in have["ue"]:
        if ":" not in address:
            return address
    raise LabError(f"pool {pool}: no terminal has an IPv4 gb_address to route it to")


def links6(have):
    """The IPv6 networks on the lab's link."""
    nets = [ipaddress.ip_interface(f"{a}/{NET6}").network for ns in have.values() for a in ns if ":" in a]
    return list(dict.fromkeys(str(n) for n in nets))


def interfaces(topology):
    """The interfaces that terminals put their addresses on, beside eth0 and lo."""
    return list(dict.fromkeys(t.interface for t in topology.terminals
                              if t.interface not in ("", "eth0", "lo")))


def link_commands(topology):
    commands = ["link set lo up", "link add br0 type bridge", "link set br0 up"]
    for ns in NAMESPACES:
        commands += [f"link add v-{ns} type veth peer name eth0 netns {ns}",
                     f"link set v-{ns} master br0", f"link set v-{ns} up"]
    for i, name in enumerate(interfaces(topology)):
        commands += [f"link add v-ue-{i} type veth peer name {name} netns ue",
                     f"link set v-ue-{i} up"]
    return commands


def namespace_commands(topology, ns, have):
    commands = ["link set lo up", "link set eth0 up"]
    if ns == "ue":
        commands += [f"link set {name} up" for name in interfaces(topology)]
        commands.append(f"addr add {UE_LINK}/64 dev eth0 nodad")
        commands += [f"route add {net} dev eth0" for net in links6(have)]
    for address in have[ns]:
        nodad = " nodad" if ":" in address else ""
        commands.append(f"addr add {with_length(address, NET4, NET6)} dev eth0{nodad}")
    if ns != "ue":
        for pool in topology.pools:
            commands.append(f"route add {pool} via {ue_gateway(pool, have)} dev eth0 onlink")
    return commands


def write_sysctl(ns, name, value):
    path = "/proc/sys/net/" + name
    run("ip", "netns", "exec", ns, "sh", "-c",
        f"[ ! -e {path} ] || [ $(cat {path}) = {value} ] || echo {value} > {path}")


def up(topology):
    """Make all of it. LabError with the command that failed."""
    private_mounts()
    have = addresses(topology)
    for ns in NAMESPACES:
        run("ip", "netns", "add", ns)
        # a machine with IPv6 switched off would hand that down
        write_sysctl(ns, "ipv6/conf/all/disable_ipv6", 0)
    # the pool's addresses stand behind eth0 of ue: ask for neighbours with eth0's own address
    write_sysctl("ue", "ipv4/conf/all/arp_announce", 2)
    run("ip", "-batch", "-", stdin="\n".join(link_commands(topology)) + "\n")
    for ns in NAMESPACES:
        run("ip", "-n", ns, "-batch", "-",
            stdin="\n".join(namespace_commands(topology, ns, have)) + "\n")
        os.mkdir(f"/etc/netns/{ns}")
        with open(f"/etc/netns/{ns}/resolv.conf", "w", encoding="ascii") as f:
            f.writelines(f"nameserver {e.address or e.address6}\n"
                         for e in topology.elements if e.kind == "dns")
