#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What one registration costs: SIPp registers subscribers with AKA through the P-CSCF at a steady rate; CPU per
registration and daemon, latency, memory. `make bench` runs it and writes bench/results/registration.json.

A registration is two REGISTER transactions: REGISTER-401-REGISTER-200, with UAR, MAR, UAR, SAR."""

import argparse
import csv
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/sipp"))
import users  # noqa: E402  (the path is made above)

TICKS = os.sysconf("SC_CLK_TCK")
RESULT = ROOT / "bench/results/registration.json"


def lab(conf, rundir, *words, **options):
    return subprocess.run([str(ROOT / "lab"), "-c", conf, "-d", rundir, *words], check=True, text=True,
                          cwd=ROOT, **options)


def usage(pid):
    """(CPU seconds, resident KiB) of a process."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    rss = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return (int(stat[11]) + int(stat[12])) / TICKS, int(rss.split()[1])


def daemons(conf, rundir):
    """{element: pid as this machine sees it}, from `lab status`."""
    rows = lab(conf, rundir, "status", capture_output=True).stdout.splitlines()[1:]
    fields = [row.split() for row in rows]
    return {f[0]: int(f[2]) for f in fields if len(f) > 2 and f[1] == "up" and f[2].isdigit()}


def sipp(conf, rundir, injection, stats, options):
    """Run SIPp in the terminal's namespace until every call has ended; its last row of statistics."""
    words = ["sipp", options.pcscf, "-sf", str(ROOT / "test/sipp/register_aka.xml"), "-inf", injection, "-m",
             str(options.count), "-r", str(options.rate), "-l", "1000", "-i", options.local, "-t", options.transport,
             "-nostdin", "-trace_stat", "-stf", stats, "-fd", "1", "-timeout", str(options.count // options.rate + 60)]
    # 1: some calls failed, which the figures say
    done = subprocess.run([str(ROOT / "lab"), "-c", conf, "-d", rundir, "exec", "ue", *words], cwd=ROOT,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"bench: SIPp ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    with open(stats, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter=";"))[-1]


def measure(options):
    with tempfile.TemporaryDirectory(prefix="imslab-bench.") as folder:
        conf, injection = users.write_lab(folder, options.count, str(ROOT / "conf/lab.yaml"))
        rundir = os.path.join(folder, "run")
        lab(conf, rundir, "up", "--log", options.log, stdout=subprocess.DEVNULL)
        try:
            pids = daemons(conf, rundir)
            before = {name: usage(pid) for name, pid in pids.items()}
            start = time.monotonic()
            row = sipp(conf, rundir, injection, os.path.join(folder, "stat.csv"), options)
            took_s = time.monotonic() - start
            after = {name: usage(pid) for name, pid in pids.items()}
        finally:
            lab(conf, rundir, "down", stdout=subprocess.DEVNULL)
    return before, after, took_s, row


def report(options, before, after, took_s, row):
    good, bad = int(row["SuccessfulCall(C)"]), int(row["FailedCall(C)"])
    each = {name: {"cpu_us": round((after[name][0] - before[name][0]) * 1e6 / max(good, 1)),
                   "rss_kib_before": before[name][1], "rss_kib_after": after[name][1]} for name in before}
    result = {"command": "make bench", "made": time.strftime("%Y-%m-%d"), "machine": platform.machine(),
              "cores": os.cpu_count(), "kernel": platform.release(), "subscribers": options.count,
              "rate_per_s": options.rate, "transport": {"u1": "udp", "t1": "tcp"}[options.transport],
              "log": options.log, "registered": good, "failed": bad, "retransmissions": int(row["Retransmissions(C)"]),
              "seconds": round(took_s, 1), "register_to_401": row["ResponseTime1(C)"], "daemons": each}
    print(f"{good} registered, {bad} failed (SIPp's own fault in about 3 of 100: it cuts a RES at a zero octet), "
          f"{result['retransmissions']} retransmissions, {took_s:.1f} s at {options.rate}/s, log {options.log}")
    print(f"{'daemon':10} {'CPU us/registration':>20} {'RSS before KiB':>15} {'after':>8}")
    for name, d in each.items():
        print(f"{name:10} {d['cpu_us']:>20} {d['rss_kib_before']:>15} {d['rss_kib_after']:>8}")
    print(f"{'sum':10} {sum(d['cpu_us'] for d in each.values()):>20}")
    return result


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("--count", type=int, default=2000)
    parse.add_argument("--rate", type=int, default=100)
    parse.add_argument("--transport", choices=("u1", "t1"), default="u1")
    parse.add_argument("--pcscf", default="10.60.2.10")
    parse.add_argument("--local", default="10.60.1.1")
    parse.add_argument("--log", default="error", help="log level of the daemons")
    parse.add_argument("--save", action="store_true", help=f"write {RESULT.relative_to(ROOT)}")
    options = parse.parse_args()
    result = report(options, *measure(options))
    if options.save:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(0 if result["registered"] >= 0.9 * options.count else 1)


if __name__ == "__main__":
    main()
