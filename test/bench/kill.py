#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who loses a registration when a daemon dies? Terminals register and refresh through the P-CSCF at a steady rate,
each refresh challenged with AKA, while every daemon in turn is killed with -9 and started again by the supervisor.

    test/bench/kill.py [--terminals 500] [--rate 50] [--save]      (--save: bench/results/kill.json)

A registration is lost when its terminal had a 200 and then is refused (any final answer that does not mean "try
again"), gets no 200 any more, or has no binding at the S-CSCF when the killed daemon is back. The outage of a refresh
is the time from its first octet to its 200: retransmissions (RFC 3261 17.1.2.2), new challenges and new tries, a
second after "try again", are in it. Plain Python instead of SIPp, which cuts a RES at a zero octet (test/sipp/users.py)
and does not tell how long each terminal waited."""
import argparse
import asyncio
import json
import os
import pathlib
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/net"))

import netlab  # noqa: E402
import show  # noqa: E402
import sipmsg  # noqa: E402
import usim  # noqa: E402
from terminal import HOME, People, Terminal  # noqa: E402

RESULT = ROOT / "bench/results/kill.json"
DAEMONS = ("pcscf1", "icscf1", "scscf1", "hss", "dns", "sgsn", "ggsn")
TRY_AGAIN = (408, 480, 500, 502, 503, 504)
PLAIN = {"Security_Client": None, "Require": None, "Proxy_Require": None, "Supported": "path", "Expires": "600000"}


class Phone(asyncio.DatagramProtocol):
    """One terminal. done: [(begun, ended, whether anything went wrong)] of its granted REGISTERs."""

    def __init__(self, lab, person, t1_s):
        self.t, self.t1_s = Terminal(lab, person), t1_s
        self.transport, self.waiting = None, {}
        self.done, self.refused, self.begun = [], [], None

    def datagram_received(self, data, addr):
        answer = sipmsg.Message(data)
        future = self.waiting.get(answer.branch)
        if future and not future.done() and answer.status >= 200:
            future.set_result(answer)

    async def exchange(self, octets):
        """The final answer, or None after Timer F; sent again like every request over UDP."""
        branch, wait_s = sipmsg.Message(octets).branch, self.t1_s
        future = self.waiting[branch] = asyncio.get_running_loop().create_future()
        end = time.monotonic() + 64 * self.t1_s
        try:
            while time.monotonic() < end:
                self.transport.sendto(octets)
                done, _ = await asyncio.wait([future], timeout=wait_s)
                if done:
                    return future.result()
                wait_s = min(2 * wait_s, 8 * self.t1_s)
            return None
        finally:
            del self.waiting[branch]

    def answer_to(self, challenge):
        """The Authorization; the card's own checks are left out, they cost Python too much."""
        nonce = challenge.auth("www-authenticate")["nonce"]
        res, _ = self.t.usim.milenage.res_ak(usim.read_nonce(nonce)[0])
        return self.t.authorization(nonce, usim.digest(self.t.person.impi, HOME, res, f"sip:{HOME}", nonce),
                                    algorithm="AKAv1-MD5")

    async def register(self):
        """Until it is granted, or refused for good."""
        self.begun, tries, auth = time.monotonic(), 0, None
        while True:
            tries += 1
            auth = auth or self.t.authorization(algorithm="AKAv1-MD5")
            answer = await self.exchange(self.t.request(Authorization=auth, **PLAIN))
            auth = None
            if answer and answer.status == 401:
                auth = self.answer_to(answer)
            elif answer and answer.status == 200:
                self.done.append((self.begun, time.monotonic(), tries > 2))
                self.begun = None
                return
            elif answer and answer.status not in TRY_AGAIN:
                self.refused.append(answer.first)
                return
            else:
                await asyncio.sleep(2 * self.t1_s)

    async def live(self, first_s, period_s):
        """Registers at first_s, then every period_s, for ever."""
        at = time.monotonic() + first_s
        while True:
            await asyncio.sleep(max(0, at - time.monotonic()))
            await self.register()
            at = max(at + period_s, time.monotonic())


class Show:
    """Terminals of a lab that is up, and what happens to them."""

    def __init__(self, lab, people, rate, t1_s=0.5):
        self.lab, self.rate = lab, rate
        self.phones = [Phone(lab, person, t1_s) for person in people]
        self.gone, self.windows = set(), {}  # IMPUs without a binding; daemon: (killed, back, end of its window)

    async def start(self):
        loop = asyncio.get_running_loop()
        for phone in self.phones:
            phone.t.socket.setblocking(False)
            phone.transport, _ = await loop.create_datagram_endpoint(lambda p=phone: p, sock=phone.t.socket)
        period_s = len(self.phones) / self.rate
        return [asyncio.create_task(p.live(i / self.rate, period_s)) for i, p in enumerate(self.phones)]

    def bindings(self):
        return {(r.get("impu"), r.get("contact")) for r in show.registrations(self.lab.args)}

    async def check_bindings(self):
        """Who had a 200 has a binding with its contact."""
        granted = [p for p in self.phones if p.done]
        for _ in range(40):  # a daemon that prints nothing yet has not lost anything yet
            there = await asyncio.to_thread(self.bindings)
            if there:
                break
            await asyncio.sleep(0.1)
        known = {impu for impu, _ in there}
        ports = {(impu, (contact or "").rpartition(":")[2].strip(">").partition(";")[0]) for impu, contact in there}
        self.gone |= {p.t.impu for p in granted if p.t.impu not in known or (p.t.impu, str(p.t.port)) not in ports}

    def element(self, name):
        return self.lab.element(name)

    async def kill(self, name, window_s):
        before = (await asyncio.to_thread(self.element, name))["restarts"]
        killed = time.monotonic()
        await asyncio.to_thread(self.lab.ask, "signal", name=name, signal=int(signal.SIGKILL))
        while True:
            e = await asyncio.to_thread(self.element, name)
            if e["restarts"] == before + 1 and e["state"] == "up":
                break
            assert time.monotonic() < killed + 20, f"{name} does not come back: {e}"
            await asyncio.sleep(0.02)
        back = time.monotonic()
        await self.check_bindings()
        await asyncio.sleep(max(0, killed + window_s - time.monotonic()))
        while any(p.begun and p.begun < killed + window_s for p in self.phones) and time.monotonic() < killed + 2 * window_s:
            await asyncio.sleep(0.05)
        self.windows[name] = killed, back, time.monotonic()

    async def run(self, daemons, window_s, settle_s):
        tasks = await self.start()
        await asyncio.sleep(len(self.phones) / self.rate + settle_s)
        assert all(p.done for p in self.phones), f"{sum(not p.done for p in self.phones)} did not register at all"
        for name in daemons:
            await self.kill(name, window_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        end = time.monotonic() + 20
        await asyncio.gather(*(asyncio.wait_for(p.register(), 20) for p in self.phones), return_exceptions=True)
        self.late = {p.t.impu for p in self.phones if not p.done or p.done[-1][1] < end - 20}
        await self.check_bindings()
        for p in self.phones:
            p.transport.close()

    # ---- the figures ----

    def lost(self):
        """{IMPU: why}"""
        why = {p.t.impu: p.refused[0] for p in self.phones if p.refused}
        return {**{i: "no 200 any more" for i in self.late}, **{i: "no binding" for i in self.gone}, **why}

    def of_window(self, name):
        killed, back, end = self.windows[name]
        granted = sorted((e, b, bad) for p in self.phones for b, e, bad in p.done if e > killed and b < end)
        ends = [killed, *(e for e, _, _ in granted)]
        ms = lambda s: round(1000 * s)  # noqa: E731
        return {"back_after_ms": ms(back - killed), "refreshes": len(granted),
                "not_at_the_first_try": sum(bad for _, _, bad in granted),
                "longest_outage_ms": ms(max((e - b for e, b, _ in granted), default=0)),
                "longest_silence_ms": ms(max((b - a for a, b in zip(ends, ends[1:])), default=0))}

    def figures(self):
        windows = {name: self.of_window(name) for name in self.windows}
        return {"terminals": len(self.phones), "rate_per_s": self.rate, "granted": sum(len(p.done) for p in self.phones),
                "lost": len(self.lost()), "longest_outage_ms": max(w["longest_outage_ms"] for w in windows.values()),
                "daemons": windows}


def people(count):
    found = People()
    for i in range(count):
        found.add(f"kill{i:04d}")
    return found


def main():
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parse.add_argument("--terminals", type=int, default=500)
    parse.add_argument("--rate", type=int, default=50)
    parse.add_argument("--save", action="store_true", help=f"write {RESULT.relative_to(ROOT)}")
    options = parse.parse_args()
    crowd = people(options.terminals)

    def change(conf):
        crowd.lab(conf)
        conf["pcscf"][0]["ipsec"] = "off"  # plain Python has no ESP
        for key in netlab.TIMERS:  # what is measured is the lab as it is shipped
            conf.get("timers", {}).pop(key, None)

    lab = netlab.Lab(change, crowd.sims)
    try:
        lab.up()
        s = Show(lab, crowd.values(), options.rate)
        asyncio.run(s.run(DAEMONS, options.terminals / options.rate + 2, 2))
        result = {"command": "test/bench/kill.py", "made": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(),
                  "load_average": os.getloadavg()[0], **s.figures()}
        for impu, why in sorted(s.lost().items())[:10]:
            print(f"lost: {impu}: {why}", file=sys.stderr)
    finally:
        lab.close()
    print(json.dumps(result, indent=2))
    if options.save:
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="ascii")
    return 1 if result["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
