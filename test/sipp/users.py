# SPDX-License-Identifier: Apache-2.0
"""N subscribers that SIPp can play: what lab.yaml, the sims file and SIPp's injection file say of them.

SIPp 3.6 takes OP, not OPc, and cannot do AUTS; it reads the octets of K and OP as text again, so that a zero, a
bracket or a quote among them breaks it (these have none below 0x80); it cuts a RES at its first zero octet, so that about 3 in 100 challenges fail by its own fault (8
octets, each zero with 1/256)."""

import os
import random

import yaml

DOMAIN = "hims.net"
AMF = "8000"


def make(count, seed=1):
    """(subscribers, sims, csv): two lists of dicts as in lab.yaml and the sims file, and the injection file's text."""
    rand = random.Random(seed)
    subscribers, sims, rows = [], [], ["SEQUENTIAL"]
    for i in range(count):
        user = f"user{i:06d}"
        imsi = f"00101{9000000000 + i}"
        impi = f"{user}@{DOMAIN}"
        k, op = (bytes(rand.randrange(0x80, 0x100) for _ in range(16)).hex() for _ in range(2))
        subscribers.append({"name": user, "imsi": imsi, "impi": impi, "apns": ["ims"],
                            "impus": [f"sip:{user}@{DOMAIN}"]})
        sims.append({"imsi": imsi, "k": k, "op": op, "amf": AMF})
        rows.append(f"{user};{DOMAIN};{impi};[authentication username={impi} aka_OP=0x{op.upper()} aka_K=0x{k.upper()} aka_AMF=0x{AMF}]")
    return subscribers, sims, "\n".join(rows) + "\n"


def write_lab(folder, count, base="conf/lab.yaml", change=None):
    """A lab.yaml with these subscribers beside its own, its sims file (0600) and SIPp's injection file, in folder.
    change(conf) may edit the document first. Returns (lab.yaml, injection file)."""
    with open(base, encoding="utf-8") as f:
        conf = yaml.load(f, yaml.BaseLoader)  # all scalars stay text: an IMSI keeps its zeros
    with open(os.path.join(os.path.dirname(base), conf["sims"]), encoding="utf-8") as f:
        cards = yaml.load(f, yaml.BaseLoader)
    subscribers, sims, csv = make(count)
    conf["subscribers"] += subscribers
    conf["sims"] = "sims.yaml"
    cards["sims"] += sims
    if change:
        change(conf)
    paths = [os.path.join(folder, name) for name in ("lab.yaml", "sims.yaml", "users.csv")]
    texts = [yaml.safe_dump(conf, sort_keys=False), yaml.safe_dump(cards), csv]
    for path, text in zip(paths, texts):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            f.write(text)
    return paths[0], paths[2]
