#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the HSS does with many subscribers: the import in one transaction, the rate and the latency of UAR, MAR and SAR with them
in the database, and many MARs for one user from eight connections at once, none of which may get the SQN of another.

Prints its figures; --save writes bench/results/hss.json. The real hss on loopback; the peers are bytes (test/net/diameter_raw.py)."""

import argparse
import collections
import json
import os
import pathlib
import platform
import random
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/net"))
import diameter_raw as d  # noqa: E402  (the path is made above)

RESULT = ROOT / "bench/results/hss.json"
K, OPC = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"
REALM, TICKS = "ims.mnc001.mcc001.3gppnetwork.org", os.sysconf("SC_CLK_TCK")
HOSTS = [f"icscf{i}.hims.net" for i in range(4)] + [f"scscf{i}.hims.net" for i in range(1, 5)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def imsi(i):
    return f"00101{i:010d}"


class Hss:
    """The daemon in a folder of its own, without the lab's subscribers."""

    def __init__(self, binary, folder):
        self.folder, self.address, self.http = pathlib.Path(folder), ("127.0.0.1", free_port()), free_port()
        conf = yaml.load((ROOT / "conf/lab.yaml").read_text(), Loader=yaml.BaseLoader)
        conf["hss"] = {"address": "127.0.0.1", "port": str(self.address[1]), "http": {"port": str(self.http)}}
        conf["icscf"] = [{"name": f"icscf{i}", "address": f"10.60.4.1{i}"} for i in range(4)]
        conf["scscf"] = [{"name": f"scscf{i}", "address": f"10.60.4.2{i}"} for i in range(1, 5)]
        conf["timers"] = {"cx_wait_ms": "30000"}
        conf["subscribers"] = conf["terminals"] = []
        (self.folder / "lab.yaml").write_text(yaml.dump(conf))
        (self.folder / "sims.yaml").touch(0o600)
        (self.folder / "sims.yaml").write_text(f"sims: [{{imsi: '001010000000001', k: {K}, opc: {OPC}}}]\n")
        # as in a lab where it is busy: without a line for every message
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([binary, "-c", "lab.yaml", "--state-dir", "state", "--log", "warn"], cwd=folder,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        for _ in range(100):
            try:
                socket.create_connection(self.address, 1).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit((self.folder / "log").read_text())

    def cpu(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    def rss(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    def database(self):
        return {p.name: p.stat().st_size for p in (self.folder / "state").glob("hss.db*") if not p.name.endswith("-shm")}

    def post_import(self, lines):
        token = (self.folder / "state/hss.token").read_text().strip()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/import", data="\n".join(lines).encode(), method="POST",
                                         headers={"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)["count"]

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


class Load:
    """Questions on several connections at once; each answer calls what was left for it."""

    def __init__(self, hss, hosts):
        self.peers = {host: d.Peer(hss.address, host) for host in hosts}
        for peer in self.peers.values():
            peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting = {}
        self.latency = collections.defaultdict(list)

    def ask(self, host, kind, message, then):
        self.waiting[message[12:16]] = (kind, time.perf_counter(), then)
        self.peers[host].send(message)

    def hear(self):
        by_socket = {peer.socket: peer for peer in self.peers.values()}
        for ready in select.select(by_socket, [], [], 30)[0]:
            peer = by_socket[ready]
            peer.buffer += ready.recv(1 << 18)
            while len(peer.buffer) >= 4 and len(peer.buffer) >= peer.wanted():
                message = peer.next()
                if message.flags & d.REQUEST:
                    peer.answer_watchdog(message)
                    continue
                kind, asked, then = self.waiting.pop(message.octets[12:16])
                self.latency[kind].append(time.perf_counter() - asked)
                then(message)

    def close(self):
        for peer in self.peers.values():
            peer.close()


def register(load, number, done):
    """UAR, MAR, SAR of one user, as an I-CSCF and an S-CSCF ask them."""
    impi, server = f"{imsi(number)}@{REALM}", "sip:scscf1.hims.net"
    impu = f"sip:{impi}"
    icscf, scscf = load.peers["icscf0.hims.net"], load.peers["scscf1.hims.net"]

    def on_uaa(uaa):
        assert uaa.result[1] in (2001, 2002), uaa.result
        load.ask(scscf.host, "MAR", scscf.mar(impi=impi, impu=impu, server=server), on_maa)

    def on_maa(maa):
        assert maa.result == ("RC", 2001), maa.result
        load.ask(scscf.host, "SAR", scscf.sar(impi=impi, impus=(impu,), server=server), on_saa)

    def on_saa(saa):
        assert saa.result == ("RC", 2001) and saa.all(d.USER_DATA, d.TGPP)
        done()

    load.ask(icscf.host, "UAR", icscf.uar(impi=impi, impu=impu), on_uaa)


def percentiles(seconds):
    seconds = sorted(seconds)
    return {f"p{p}_ms": round(1000 * seconds[min(len(seconds) - 1, len(seconds) * p // 100)], 2) for p in (50, 95, 99)}


def measure_rate(hss, numbers, window):
    load, left, running = Load(hss, ["icscf0.hims.net", "scscf1.hims.net"]), list(numbers), 0
    cpu, begin = hss.cpu(), time.perf_counter()

    def done():
        nonlocal running
        running -= 1

    while left or running:
        while left and running < window:
            running += 1
            register(load, left.pop(), done)
        load.hear()
    seconds = time.perf_counter() - begin
    load.close()
    return {"users_at_once": window, "registrations": len(numbers), "per_second": round(len(numbers) / seconds),
            "hss_cpu_ms_each": round(1000 * (hss.cpu() - cpu) / len(numbers), 3),
            **{kind: percentiles(times) for kind, times in load.latency.items()}}


def sqns(items):
    """SQN out of AUTN: AES of all RANDs at once."""
    def aes(blocks):
        return subprocess.run(["openssl", "enc", "-aes-128-ecb", "-K", K, "-nopad"], input=b"".join(blocks), capture_output=True,
                              check=True).stdout

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    def each(data):
        return [data[i:i + 16] for i in range(0, len(data), 16)]

    opc = bytes.fromhex(OPC)
    temp = each(aes([xor(i[:16], opc) for i in items]))
    out = each(aes([xor(xor(t, opc), bytes(15) + b"\1") for t in temp]))  # f5: r2 = 0, c2 = 1
    return [int.from_bytes(xor(i[16:22], xor(o, opc)[:6]), "big") for i, o in zip(items, out)]


def measure_one_user(hss, count):
    load, items, sent = Load(hss, HOSTS), [], 0
    impi = f"{imsi(1)}@{REALM}"

    def on_maa(maa):
        group = {code: data for code, _, data in d.parse(maa.one(d.AUTH_ITEM, d.TGPP))}
        items.append(group[d.AUTHENTICATE])

    begin = time.perf_counter()
    while len(items) < count:
        while sent < count and len(load.waiting) < 64:
            host = HOSTS[sent % len(HOSTS)]
            message = load.peers[host].mar(impi=impi, impu=f"sip:{impi}", server=f"sip:{host}")
            load.ask(host, "MAR", message, on_maa)
            sent += 1
        load.hear()
    seconds = time.perf_counter() - begin
    load.close()
    numbers = sqns(items)
    return {"vectors": count, "connections": len(HOSTS), "per_second": round(count / seconds),
            "different_sqn": len(set(numbers)), "different_rand": len({i[:16] for i in items}),
            "MAR": percentiles(load.latency["MAR"])}


def run(options, folder):
    hss = Hss(options.hss, folder)
    try:
        lines = [json.dumps({"imsi": imsi(i), "msisdn": f"1555{i:08d}", "k": K, "opc": OPC})
                 for i in range(1, options.subscribers + 1)]
        begin = time.perf_counter()
        assert hss.post_import(lines) == options.subscribers
        seconds = time.perf_counter() - begin
        figures = {"subscribers": options.subscribers, "import_s": round(seconds, 2), "database_octets": hss.database(),
                   "rss_kib_after_import": hss.rss()}
        users = random.Random(1).sample(range(2, options.subscribers + 1), 2 * options.registrations)
        figures["load"] = [measure_rate(hss, users[:options.registrations // 4], 1),
                           measure_rate(hss, users[options.registrations:], 32)]
        figures["one_user"] = measure_one_user(hss, options.mars)
        figures["rss_kib"], figures["database_octets_at_the_end"] = hss.rss(), hss.database()
        return figures
    finally:
        hss.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hss", default=str(ROOT / "build/plain/bin/hss"))
    parser.add_argument("--subscribers", type=int, default=100000)
    parser.add_argument("--registrations", type=int, default=4000)
    parser.add_argument("--mars", type=int, default=10000)
    parser.add_argument("--save", action="store_true", help="write bench/results/hss.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="imslab-hss-") as folder:
        figures = run(options, folder)
    figures["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, {platform.release()}"
    print(json.dumps(figures, indent=2))
    if options.save:
        RESULT.write_text(json.dumps({"made_by": "test/bench/hss_load.py --save", **figures}, indent=2) + "\n")
    if figures["one_user"]["different_sqn"] != options.mars:
        sys.exit("bench: a SQN was used twice")


if __name__ == "__main__":
    main()
