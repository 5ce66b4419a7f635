# SPDX-License-Identifier: Apache-2.0
"""What a user reads of a lab: status, logs, trace."""
import glob
import json
import os
import shutil
import signal
import sys
import time

import client
import draw
import ladder
import logline
from topology import LabError, read


def ago(seconds):
    seconds = int(seconds)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def table(head, rows):
    """Columns wide enough for what is in them."""
    rows = [head] + [[str(c) for c in row] for row in rows]
    width = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, width)).rstrip() for row in rows)


def element_rows(args):
    status = client.ask(args, "status")
    pids = client.host_pids(client.running(args)["init"])
    rows = []
    for e in status["elements"]:
        restarts = f"{e['restarts']} (last: {e['last_exit']})" if e["restarts"] else "0"
        state = e["state"]
        if state == "waiting":
            state = f"restarting ({e['last_exit']})"
        since = ago(time.time() - e["since"]) if e["pid"] else "-"
        rows.append([e["name"], state, pids.get(e["pid"], "-") if e["pid"] else "-", since, e["netns"],
                     e["address"] or e["address6"], restarts])
    for e in status["external"]:
        rows.append([e["name"], "external", "-", "-", e["netns"], e["address"] or e["address6"], "-"])
    return rows


def status(args):
    client.running(args)
    print(table(["ELEMENT", "STATE", "PID", "UP", "NETNS", "ADDRESS", "RESTARTS"], element_rows(args)))
    print()
    print_registrations(args)
    print_sas(args)
    print_user_plane(args)


def contexts(args):
    """What the GGSN says on SIGUSR1: [keys of each PDP context]."""
    ggsns = [e["name"] for e in client.ask(args, "status")["elements"] if e["kind"] == "ggsn" and e["state"] == "up"]
    lines = [line.split() for name in ggsns for line in live(args, name)]
    return [dict(w.partition("=")[::2] for w in words) for words in lines if words and words[0] == "pdp"]


def print_user_plane(args):
    """Whether terminals' packets cross the GPRS tunnel, and how many of each did."""
    print(f"\nuser plane {client.ask(args, 'status').get('user_plane', 'unknown')}")
    rows = [[c["imsi"], c["apn"], " ".join(a for a in (c["address"], c["address6"]) if a != "-"),
             c["packets-up"], c["packets-down"], c["dropped"]] for c in contexts(args)]
    if rows:
        print(table(["PDP CONTEXT OF", "APN", "ADDRESS", "PACKETS UP", "DOWN", "DROPPED"], rows))


def logs(args):
    folder = client.path_of(args, "logs")
    if args.follow:
        pattern = [os.path.join(folder, (args.name or "*") + ".log")]
        files = sorted(f for p in pattern for f in glob.glob(p))
        sys.stdout.flush()
        os.execvp("tail", ["tail", "-q", "-n", "20", "-F", *files])
    if args.name:
        path = os.path.join(folder, args.name + ".log")
        if not os.path.exists(path):
            raise LabError(f"no log of '{args.name}'; there are: " + " ".join(log_names(folder)))
        with open(path, encoding="utf-8", errors="replace") as f:
            shutil.copyfileobj(f, sys.stdout)
        return
    for line in logline.read_logs(folder):
        print(line.whole)


def log_names(folder):
    return sorted(os.path.basename(p).removesuffix(".log") for p in glob.glob(os.path.join(folder, "*.log")))


def events_of(args, wanted=None):
    lab = client.remembered(args)
    topology = read(lab["bin"] if lab else args.bin, client.conf_of(args))
    return ladder.build(logline.read_logs(client.path_of(args, "logs")), topology, wanted)


def trace(args):
    events = events_of(args, args.call)
    if args.json:
        for e in events:
            print(json.dumps(e.as_dict()))
        return
    if args.call and not events:
        raise LabError(f"no message of '{args.call}' in {client.path_of(args, 'logs')}")
    print(draw.draw(events))


def told(args, kind, what):
    """What the elements of a kind say on SIGUSR1: [keys of each line that begins with `what`]."""
    found = []
    for e in client.ask(args, "status")["elements"]:
        if e["kind"] != kind or e["state"] != "up":
            continue
        for line in live(args, e["name"]):
            words = logline.split(line.removeprefix("live: "))
            if words and words[0] == what:
                found.append({kind: e["name"], **dict(w.partition("=")[::2] for w in words[1:])})
    return found


def registrations(args):
    return told(args, "scscf", "registration")


def sas(args):
    """The sets of four SAs that the P-CSCFs have."""
    return told(args, "pcscf", "sa")


def live(args, name, wait_s=1.0):
    """What an element prints on SIGUSR1: the lines between "live: NAME" and "live: end"."""
    log = client.path_of(args, f"logs/{name}.log")
    start = os.path.getsize(log)
    client.ask(args, "signal", name=name, signal=int(signal.SIGUSR1))
    end = time.time() + wait_s
    while time.time() < end:
        with open(log, encoding="utf-8", errors="replace") as f:
            f.seek(start)
            lines = f.read().splitlines()
        if "live: end" in lines:
            return lines[:lines.index("live: end")]
        time.sleep(0.02)
    return []


def print_registrations(args):
    found = registrations(args)
    if not found:
        print("nobody is registered")
        return
    rows = [[r.get("impu", ""), r.get("impi", ""), r["scscf"], r.get("contact", ""),
             ago(int(r["expires_s"])) if r.get("expires_s", "").isdigit() else "?"] for r in found]
    print(table(["REGISTERED", "PRIVATE IDENTITY", "AT", "CONTACT", "FOR ANOTHER"], rows))


def of_legs(keys, what, form):
    """One value of a set's four ends: uc us pc ps."""
    return " ".join(form(keys.get(f"{what}_{end}", "0")) for end in ("uc", "us", "pc", "ps"))


def mode(keys):
    """"trans", or "UDP-enc-tun:61234" with the port that the NAT gave."""
    encap = keys.get("encap", "-")
    return keys.get("mode", "") + (f":{encap}" if encap != "-" else "")


def print_sas(args):
    """The SA list: nothing where there is no SA."""
    found = sas(args)
    if not found:
        return
    rows = [[k.get("impi", ""), k.get("ue", ""), k.get("set", ""), of_legs(k, "port", str),
             of_legs(k, "spi", lambda spi: f"{int(spi, 0):08x}"), f"{k.get('alg', '')}/{k.get('ealg', '')}",
             mode(k), ago(int(k.get("age_s", 0))), ago(int(k.get("expires_s", 0))),
             f"{k.get('packets_in', 0)}/{k.get('octets_in', 0)}", f"{k.get('packets_out', 0)}/{k.get('octets_out', 0)}",
             k.get("hint", "")] for k in found]
    print()
    print(table(["IPSEC", "UE", "SET", "PORTS UC US PC PS", "SPI UC US PC PS", "ALGORITHMS", "MODE", "AGE",
                 "FOR ANOTHER", "IN PKTS/OCTETS", "OUT", ""], rows))
