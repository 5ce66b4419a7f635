# SPDX-License-Identifier: Apache-2.0
"""Who stands where: what `labconf -c FILE topology` says of lab.yaml, as objects."""
import subprocess

NAMESPACES = ("ue", "visited", "internet", "home")


def own_namespace(terminal):
    """The network namespace of a terminal's own (ue/plane.c), where the user plane is on."""
    return "ue-" + terminal


class LabError(Exception):
    """One sentence for the user."""


class Element:
    """kind (sgsn ggsn pcscf icscf scscf hss dns), name, netns, address, address6 ("" for none),
    host, external."""

    def __init__(self, kind, name, netns, address, address6, host, external):
        self.kind, self.name, self.netns, self.host = kind, name, netns, host
        self.address = "" if address == "-" else address
        self.address6 = "" if address6 == "-" else address6
        self.external = external == "external"


class Terminal:
    """name, gb_address, interface ("" for none)."""

    def __init__(self, name, gb_address, interface):
        self.name = name
        self.gb_address = "" if gb_address == "-" else gb_address
        self.interface = "" if interface == "-" else interface


class Topology:
    def __init__(self, text):
        self.elements, self.terminals, self.pools = [], [], []
        self.user_plane = "off"  # auto, on or off
        self.http = None  # the HSS's address and port, when ours serves HTTP
        for line in text.splitlines():
            word = line.split()
            if not word or word[0].startswith("#"):
                continue
            if word[0] == "element" and len(word) == 8:
                self.elements.append(Element(*word[1:]))
            elif word[0] == "terminal" and len(word) == 4:
                self.terminals.append(Terminal(*word[1:]))
            elif word[0] == "user-plane" and len(word) == 2:
                self.user_plane = word[1]
            elif word[0] == "http" and len(word) == 3:
                self.http = (word[1], int(word[2]))
            elif word[0] == "pool" and len(word) == 3:
                self.pools.append(word[2])
            else:
                raise LabError(f"labconf topology: this line is not understood: {line}")

    def kind_of(self, name):
        """The kind of the element with this name; "" for a stranger."""
        for e in self.elements:
            if e.name == name:
                return e.kind
        return ""


def ask_labconf(bin_dir, conf, what):
    """The output of labconf; what it complains of becomes the LabError."""
    try:
        done = subprocess.run([f"{bin_dir}/labconf", "-c", conf, what], capture_output=True,
                              text=True, check=False)
    except FileNotFoundError:
        raise LabError(f"{bin_dir}/labconf is not there: run 'make' first") from None
    if done.returncode != 0:
        raise LabError(done.stderr.strip() or f"labconf {what}: exit {done.returncode}")
    return done.stdout


def read(bin_dir, conf):
    return Topology(ask_labconf(bin_dir, conf, "topology"))
