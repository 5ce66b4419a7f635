# SPDX-License-Identifier: Apache-2.0
"""N subscribers that SIPp can play: what lab.yaml, the sims file and SIPp's injection file say of them.

SIPp 3.6 takes OP, not OPc, and cannot do AUTS; it cuts a RES at its first zero octet, so that about 3 in
100 challenges fail by its own fault (8 octets, each zero with 1/256)."""

import random

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
        k, op = rand.randbytes(16).hex(), rand.randbytes(16).hex()
        subscribers.append({"name": user, "imsi": imsi, "impi": impi, "apns": ["ims"],
                            "impus": [f"sip:{user}@{DOMAIN}"]})
        sims.append({"imsi": imsi, "k": k, "op": op, "amf": AMF})
        rows.append(f"{user};{DOMAIN};{impi};[authentication username={impi} aka_K=0x{k} aka_OP=0x{op} aka_AMF=0x{AMF}]")
    return subscribers, sims, "\n".join(rows) + "\n"
