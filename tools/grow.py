# SPDX-License-Identifier: Apache-2.0
"""`./lab up --scscf 3 --pcscf 2`: lab.yaml with more elements of a kind than it names. The additional ones are
like the first, with the next free names (scscf2, pcscf2) and the next free addresses behind it; DNS data, Diameter
peers and trust lists follow from the file that comes out, as from any other."""
import ipaddress
import os

from ownfile import own
from topology import LabError, ask_labconf, read

OWN = ("name", "host", "address", "address6", "sa_state")  # of each element, never of two
MOST = {"pcscf": 4, "scscf": 8}  # common/conf.h


def next_free(address, taken):
    """The first address behind this one that nobody has; it becomes taken."""
    found = ipaddress.ip_address(address) + 1
    while str(found) in taken:
        found += 1
    taken.add(str(found))
    return str(found)


def add(lab, kind, count, topology):
    """Elements of this kind until there are so many."""
    first = lab[kind][0]
    if count > MOST[kind]:
        raise LabError(f"--{kind} {count}: a lab has at most {MOST[kind]}")
    if count < len(lab[kind]):
        raise LabError(f"--{kind} {count}: lab.yaml names {len(lab[kind])} already")
    if "external" in first:
        raise LabError(f"--{kind} {count}: the first one is a stranger (external), there is nothing to make more of")
    names = {e.name for e in topology.elements}
    taken = {str(ipaddress.ip_address(a)) for e in topology.elements for a in (e.address, e.address6) if a}
    while len(lab[kind]) < count:
        more = {key: value for key, value in first.items() if key not in OWN}
        number = len(lab[kind]) + 1
        while f"{kind}{number}" in names:
            number += 1
        names.add(f"{kind}{number}")
        more["name"] = f"{kind}{number}"
        for key in ("address", "address6"):
            if key in first:
                more[key] = next_free(first[key], taken)
        lab[kind].append(more)


def grow(args, conf, wanted):
    """Write RUNDIR/grown.yaml, which is conf with so many of each kind; its path. wanted: {kind: count}."""
    try:
        import yaml  # needed for this alone
    except ImportError:
        raise LabError("python3-yaml is not there: make deps") from None
    topology = read(args.bin, conf)
    with open(conf, encoding="utf-8") as f:
        lab = yaml.load(f, Loader=yaml.BaseLoader)  # every value stays as it is written: 001 keeps its zeros
    if "sims" in lab:
        lab["sims"] = os.path.join(os.path.dirname(os.path.abspath(conf)), lab["sims"])
    for kind, count in wanted.items():
        add(lab, kind, count, topology)
    path = os.path.join(args.rundir, "grown.yaml")
    with open(path, "w", encoding="utf-8", opener=own(0o600)) as f:
        f.write(f"# Made by `lab up` from {os.path.abspath(conf)}: change that, not this.\n")
        yaml.safe_dump(lab, f, sort_keys=False)
    ask_labconf(args.bin, path, "check")
    return path
