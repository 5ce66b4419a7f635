# SPDX-License-Identifier: Apache-2.0
"""What a user reads of a lab: status, logs, trace, doctor; and `run`, the whole of it."""
import time

import client


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


def logs(args):
    raise NotImplementedError


def trace(args):
    raise NotImplementedError


def run(args):
    raise NotImplementedError


def doctor(args):
    raise NotImplementedError
