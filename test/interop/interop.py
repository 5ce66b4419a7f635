#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""interop.py [--require all] [WORD...]: our elements with other people's (make interop). WORDs choose cases by
their names.

One line for each case, one for each peer (name, Debian's version, what passed), and as the last line
"N passed, N failed, N skipped"; exit 1 when something failed. With --require all a skip is a failure."""
import argparse
import os
import sys
import time
import traceback
import types

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../net")]
sys.dont_write_bytecode = True

import cases  # noqa: E402
import kamailio  # noqa: E402
import netlab  # noqa: E402
import osmo  # noqa: E402

PACKAGES = {"osmo-sgsn": "osmo-sgsn", "osmo-ggsn": "osmo-ggsn", "osmo-hlr": "osmo-hlr", "sgsnemu": "osmo-ggsn",
            **{f"kamailio {kind}": "kamailio-ims-modules" for kind in ("icscf", "scscf", "pcscf")}}


class Lab(netlab.Lab):
    """peers: the strangers that run in it."""

    def __init__(self, change):
        super().__init__(change, kamailio.cards)
        self.peer = types.SimpleNamespace()
        self.peers = []


def run(function, conf, capture):
    """"" when it passed, else what went wrong; osmo.Skip."""
    lab = Lab(conf)
    try:
        lab.up(*["--pcap"] * capture)
        function(lab)
        said = ""
    except osmo.Skip:
        raise
    except BaseException as e:
        if not isinstance(e, Exception):
            raise
        said = "".join(traceback.format_exception(e)[-2:]) + remarks(lab)
    finally:
        for peer in lab.peers:
            peer.stop("KILL")
        try:
            lab.close()
        except AssertionError as e:
            said = str(e)
    return said


def remarks(lab):
    """What the elements warned of, and the last words of the strangers."""
    said, folder = lab.remarks(), os.path.join(lab.rundir, "logs")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if name.endswith(".txt"):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                said += f"\n--- {name}\n{f.read()[-2000:]}"
    return said


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--require", default="")
    p.add_argument("words", nargs="*")
    args = p.parse_args()
    results = []  # (peers, "passed" | "failed" | "skipped")
    for function, peers, conf, capture in cases.CASES:
        name = function.__name__.replace("_", " ")
        if args.words and not any(w in name for w in args.words):
            continue
        begun = time.time()
        try:
            said = run(function, conf, capture)
            result = "failed" if said else "passed"
        except osmo.Skip as why:
            said, result = str(why), "failed" if args.require == "all" else "skipped"
        results.append((peers, result))
        print(f"{result:8}{name} ({time.time() - begun:.1f} s)" + (f"\n{said}" if said else ""), flush=True)
    print()
    for peer, package in PACKAGES.items():
        mine = [result for peers, result in results if peer in peers]
        print(f"{peer} {osmo.version(package) or '(not installed)'}: {mine.count('passed')} of {len(mine)} cases passed")
    count = {word: sum(result == word for _, result in results) for word in ("passed", "failed", "skipped")}
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or not results else 0


if __name__ == "__main__":
    sys.exit(main())
