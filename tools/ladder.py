# SPDX-License-Identifier: Apache-2.0
"""The ladder of what really happened: every log line of every daemon in, messages, decisions and
phases out, in the order of time. tools/draw.py draws them.

A message stands in two logs: "->" at its sender, "<-" at its receiver. It is one event here, at the
earlier of the two times (a sender may write its line after the receiver has read). A "->" that one
of our own daemons never got is lost; a "<-" without "->" came from a stranger (dnsmasq, an external
element, a test), and is drawn from the receiver's line.

Link management is not part of the ladder (LINK_MESSAGES): it goes on whoever registers."""

import re

COLUMNS = ("ue", "sgsn", "ggsn", "pcscf", "dns", "icscf", "scscf", "hss")
PROTOS = ("nas", "gtp", "sip", "cx", "dns")
LINK_MESSAGES = ("Echo Request", "Echo Response", "CER", "CEA", "DWR", "DWA", "DPR", "DPA")
SLACK_US = 20000  # how much later than the receiver a sender may write its line

PHASES = ("(1) GPRS Attach", "(2) PDP Context Activation", "(3) Unauthenticated IMS Registration Attempt",
          "(4) IPSec Security Association Establishment", "(5) Authenticated IMS Registration")
UNPROTECTED = re.compile(r"IPsec: .*REGISTER is unprotected")
# The one-way SAs of a set: the terminal's port, the P-CSCF's, the SPI (the receiver's), the sender.
SA_LEGS = (("port_uc", "port_ps", "spi_ps", "ue"), ("port_uc", "port_ps", "spi_uc", "pcscf"),
           ("port_us", "port_pc", "spi_us", "pcscf"), ("port_us", "port_pc", "spi_pc", "ue"))


class Event:
    """kind: "message" (sender, receiver: columns; peer names in from_name, to_name; lost), "note"
    (a decision; sender is its column), "sas" (the note that four SAs are there: drawn as arrows) or
    "phase" (message is the heading)."""

    def __init__(self, kind, time_us, message, sender="", receiver="", from_name="", to_name="", line=None):
        self.kind, self.time_us, self.message = kind, time_us, message
        self.sender, self.receiver = sender, receiver
        self.from_name, self.to_name = from_name, to_name
        self.call = line.call if line else "-"
        self.keys = dict(line.keys) if line else {}
        self.proto = self.keys.pop("proto", "")
        self.lost = False
        self.by = line.mark if line else ""

    def as_dict(self):
        return {k: v for k, v in vars(self).items() if v != "" or k == "message"}


class Names:
    """Which column an element or a peer belongs to."""

    def __init__(self, topology):
        self.kinds = {e.name: e.kind for e in topology.elements}
        self.external = {e.name for e in topology.elements if e.external}
        self.terminals = {t.name for t in topology.terminals}

    def column(self, name):
        """"" for a stranger."""
        if name in self.kinds:
            return self.kinds[name]
        return "ue" if name == "ue" or name in self.terminals else ""

    def column_of_line(self, line):
        return "ue" if line.log.startswith("ue-") else self.column(line.element)

    def writes_log(self, line, terminals):
        """Whether the receiver of a "->" line is one of our own daemons: it has a "<-" line for
        whatever reaches it. terminals: the hosts that a terminal's log speaks of as its own (behind
        another host of the ue's networks stands a stranger's terminal)."""
        column = self.column(line.peer)
        if column == "ue":
            return host(line.keys.get("dst", "")) in terminals
        return column not in ("", "dns") and line.peer not in self.external


def host(end):
    """"10.60.1.1:5060" without the port."""
    return end.rpartition(":")[0]


def terminal_hosts(lines, names):
    mine = {"->": "src", "<-": "dst"}
    return {host(line.keys.get(mine[line.mark], "")) for line in lines if names.column_of_line(line) == "ue"}


def identity(line, names):
    """What the "->" and the "<-" line of one message have in common."""
    k = line.keys
    me = "ue" if names.column_of_line(line) == "ue" else line.element
    there = "ue" if names.column(line.peer) == "ue" else line.peer
    ends = (me, there) if line.mark == "->" else (there, me)
    if "src" in k and "dst" in k:
        ends = (k["src"], k["dst"])
    call = line.call if k.get("proto") == "sip" else None  # two dialogs between the same ends count alike
    return (k.get("proto"), line.message, ends, k.get("cseq"), k.get("e2e"), k.get("ti"), k.get("seq"), call)


def is_message(line):
    return (line.mark in ("->", "<-") and line.keys.get("proto") in PROTOS
            and line.message not in LINK_MESSAGES)


def pair(lines, names):
    """{id of a "<-" line: its "->" line}: the latest one before it that has no other."""
    open_, found = {}, {}
    for line in lines:
        if line.mark == "->":
            open_.setdefault(identity(line, names), []).append(line)
    for line in lines:
        if line.mark != "<-":
            continue
        waiting = open_.get(identity(line, names), [])
        candidates = [s for s in waiting if s.time_us <= line.time_us + SLACK_US]
        if candidates:
            waiting.remove(candidates[-1])
            found[id(line)] = candidates[-1]
    return found


def messages(lines, names):
    lines = [line for line in lines if is_message(line)]
    sender_of = pair(lines, names)
    receiver_of = {id(s): line for line in lines for s in [sender_of.get(id(line))] if s}
    terminals = terminal_hosts(lines, names)
    events = []
    for line in lines:
        me = names.column_of_line(line)
        there = names.column(line.peer) or "ue"
        if line.mark == "->":
            got = receiver_of.get(id(line))
            e = Event("message", min(line.time_us, got.time_us) if got else line.time_us, line.message,
                      me, there, line.element, got.element if got else line.peer, line)
            e.lost = got is None and names.writes_log(line, terminals)
            events.append(e)
        elif id(line) not in sender_of:
            events.append(Event("message", line.time_us, line.message, there, me, line.peer, line.element, line))
    return events


def notes(lines, names):
    return [Event("note", line.time_us, line.message, names.column_of_line(line), from_name=line.element, line=line)
            for line in lines if line.mark == "==" and names.column_of_line(line)]


def spis(event):
    return tuple(event.keys.get(leg[2]) for leg in SA_LEGS)


def mark_sas(events):
    """Terminal and P-CSCF both say that a set is installed: it is drawn where the terminal says so, of a
    stranger's terminal where the P-CSCF does. Later stages of the same set stay notes."""
    installed = [e for e in events if e.kind == "note" and e.message == "sa-installed" and None not in spis(e)]
    of_ue = {spis(e) for e in installed if e.sender == "ue"}
    drawn = set()
    for e in installed:
        if spis(e) not in drawn and (e.sender == "ue" or spis(e) not in of_ue):
            drawn.add(spis(e))
            e.kind = "sas"


def with_phases(events):
    """Put the seed's headings before the events that open them."""
    out, phase = [], 0
    for e in events:
        opens = 0
        if e.kind == "message" and e.message.startswith("Attach Request"):
            opens = 1
        elif e.kind == "message" and e.message.startswith("Activate PDP Context Request") and e.sender == "ue":
            opens = 2
        elif e.sender == "ue" and phase < 3 and (e.message == "REGISTER" or
                                                 e.kind == "note" and e.message == "store P-CSCF address"):
            opens = 3
        elif e.kind == "sas" and phase == 3:
            opens = 4
        elif e.kind == "note" and UNPROTECTED.match(e.message):
            why = f" ({e.keys['why']})" if e.keys.get("why") else ""
            out.append(Event("phase", e.time_us, f"(4) {e.message}{why}"))
            phase = 4
            continue
        elif e.sender == "ue" and e.message == "REGISTER" and phase == 4:
            opens = 5
        if opens and opens != phase:
            out.append(Event("phase", e.time_us, PHASES[opens - 1]))
            phase = opens
        out.append(e)
    return out


def related(lines, wanted):
    """The call tags that belong to `wanted`, a call tag or an identity: those of its lines, and the
    GPRS and SIP tags that a terminal's "register" decision ties together."""
    calls = {line.call for line in lines if wanted in (line.call, *line.keys.values())
             or any(f":{wanted}" in v or wanted in v.split(";")[0] for k, v in line.keys.items()
                    if k in ("to", "from", "impu"))}
    ties = [{line.call, line.keys["sip_call"]} for line in lines if "sip_call" in line.keys]
    grown = True
    while grown:
        grown = False
        for tie in ties:
            if tie & calls and not tie <= calls:
                calls |= tie
                grown = True
    return calls - {"-"}


def build(lines, topology, wanted=None):
    """All events, oldest first; of one call or identity when `wanted` is given."""
    if wanted:
        calls = related(lines, wanted)
        lines = [line for line in lines if line.call in calls]
    names = Names(topology)
    events = messages(lines, names) + notes(lines, names)
    mark_sas(events)
    # at one time: the message before the decision it caused
    events.sort(key=lambda e: (e.time_us, e.kind))
    return with_phases(events)
