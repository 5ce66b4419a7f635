# SPDX-License-Identifier: Apache-2.0
"""The lab's networks, made inside the private outer namespaces (tools/supervisor.py runs there).

    br0 --+-- eth0 of netns ue        the terminals' ends of Gb
          +-- eth0 of netns visited   SGSN, GGSN, P-CSCF; the APN's pools are behind the GGSN's Gi
          +-- eth0 of netns internet  DNS
          +-- eth0 of netns home      I-CSCF, S-CSCF, HSS
              netns ue-NAME           one for each terminal, with nothing but its TUN device

Where the user plane is off (user_plane of lab.yaml, or a machine without TUN devices) there is no
ue-NAME: the pools are routed to netns ue, where the terminals put their addresses on eth0.

Nothing here touches the host: /run and /etc/netns are tmpfs of the private mount namespace (where
/etc/netns does not exist, /etc is an overlay, so that not even the folder is made on the host)."""
import ctypes
import fcntl
import ipaddress
import os
import struct
import subprocess

from topology import NAMESPACES, LabError, own_namespace

NET4, NET6 = 16, 64  # prefix lengths of the lab's one link
UE_LINK = "fe80::1"  # netns ue on that link: terminals may have no IPv6 address but the pool's
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000
libc = ctypes.CDLL(None, use_errno=True)


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


def why_no_tun():
    """"" when TUN devices can be made here, else why not."""
    try:
        fd = os.open("/dev/net/tun", os.O_RDWR)
    except OSError as e:
        return f"/dev/net/tun: {e.strerror}"
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"probe%d", IFF_TUN | IFF_NO_PI))
    except OSError as e:
        return f"TUN devices: {e.strerror}"
    finally:
        os.close(fd)
    return ""


def why_no_user_plane(topology):
    """"" when terminals' packets are to cross the GPRS tunnel, else why not."""
    if topology.user_plane == "off":
        return "user_plane is off in lab.yaml"
    said = why_no_tun()
    if said and topology.user_plane == "on":
        raise LabError(f"user_plane is on in lab.yaml, and this machine cannot: {said}")
    return said


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


def pool_gateway(topology, pool):
    """The address that hosts outside the visited network send a pool's packets to: the GGSN's."""
    for e in topology.elements:
        if e.kind == "ggsn":
            return e.address6 if ":" in pool else e.address
    return ""


def pool_routes(topology, ns, have, tunnelled):
    """Where netns ns sends what is for the terminals. With the user plane on, the GGSN itself makes
    the route in visited, and netns ue has nothing to say to the terminals."""
    if tunnelled:
        if ns not in ("internet", "home"):
            return []
        via = [(pool, pool_gateway(topology, pool)) for pool in topology.pools]
        return [f"route add {pool} via {gateway} dev eth0 onlink" for pool, gateway in via if gateway]
    if ns == "ue":
        return []
    return [f"route add {pool} via {ue_gateway(pool, have)} dev eth0 onlink" for pool in topology.pools]


def namespace_commands(topology, ns, have, tunnelled):
    commands = ["link set lo up", "link set eth0 up"]
    if ns == "ue":
        commands += [f"link set {name} up" for name in interfaces(topology)]
        commands.append(f"addr add {UE_LINK}/64 dev eth0 nodad")
        commands += [f"route add {net} dev eth0" for net in links6(have)]
    for address in have[ns]:
        nodad = " nodad" if ":" in address else ""
        commands.append(f"addr add {with_length(address, NET4, NET6)} dev eth0{nodad}")
    return commands + pool_routes(topology, ns, have, tunnelled)


def enter(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise LabError(f"setns: {os.strerror(ctypes.get_errno())}")


def write_sysctls(ns, **values):
    """Names with "__" for "/"; what is not there is left out."""
    home, there = (os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in ("/proc/self/ns/net", f"/run/netns/{ns}"))
    enter(there)
    try:
        for name, value in values.items():
            path = "/proc/sys/net/" + name.replace("__", "/")
            if os.path.exists(path):
                with open(path, "r+", encoding="ascii") as f:
                    if f.read().strip() != str(value):
                        f.seek(0)  # elsewhere the kernel takes the write and ignores it
                        f.write(str(value))
    finally:
        enter(home)
        os.close(home)
        os.close(there)


def make_namespaces(topology, names, tunnelled):
    run("ip", "-batch", "-", stdin="".join(f"netns add {ns}\n" for ns in names))
    for ns in names:
        # a machine with IPv6 switched off would hand that down
        write_sysctls(ns, ipv6__conf__all__disable_ipv6=0)
        os.mkdir(f"/etc/netns/{ns}")
        with open(f"/etc/netns/{ns}/resolv.conf", "w", encoding="ascii") as f:
            f.writelines(f"nameserver {e.address or e.address6}\n"
                         for e in topology.elements if e.kind == "dns")
    # the pool's addresses stand behind eth0 of ue: ask for neighbours with eth0's own address
    write_sysctls("ue", ipv4__conf__all__arp_announce=2)
    if tunnelled:  # the GGSN's Gi is a router
        write_sysctls("visited", ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)


def up(topology):
    """Make all of it. "" when the user plane is on, else why it is off; LabError with the command that
    failed."""
    off = why_no_user_plane(topology)
    own = [] if off else [own_namespace(t.name) for t in topology.terminals]
    private_mounts()
    have = addresses(topology)
    make_namespaces(topology, [*NAMESPACES, *own], not off)
    run("ip", "-batch", "-", stdin="\n".join(link_commands(topology)) + "\n")
    for ns in NAMESPACES:
        run("ip", "-n", ns, "-batch", "-",
            stdin="\n".join(namespace_commands(topology, ns, have, not off)) + "\n")
    for ns in own:
        run("ip", "-n", ns, "link", "set", "lo", "up")
    return off
