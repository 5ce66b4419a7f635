# SPDX-License-Identifier: Apache-2.0
"""Ladder against capture, message by message.

The rule: a message of the ladder's protocols in one is in the other, with the same ends and the same
marks (CSeq, Diameter end-to-end id, GTP sequence number, asked DNS name), in the same order from one
end to another, and in the same order in the whole as far as the capture's clock can tell (two
processes write their lines within ORDER_S of the wire; what crosses the GPRS tunnel is captured in it,
up to TUNNEL_S after it was sent: three more processes carry it). Only the DNS server writes no lines:
its answer stands in the ladder when it is read, and who reads it may have sent something meanwhile.
Link management (NS, BVC-RESET, GTP echo, Diameter CER, DWR, DPR) is in neither: tools/ladder.py
LINK_MESSAGES, wire.py LINK."""
import wire

ORDER_S, TUNNEL_S = 0.003, 0.1


def mark_of_event(e):
    k = e.keys
    if e.proto == "sip":
        return k.get("cseq", "")
    if e.proto == "cx":
        return str(int(k["e2e"], 16)) if "e2e" in k else ""
    if e.proto == "gtp":
        return k.get("seq", "")
    return k.get("name", "").rstrip(".").lower() if e.proto == "dns" else ""


def mark_of_frame(proto, pdu):
    if proto == "sip":
        return wire.field(pdu, "sip.CSeq") or ""
    if proto == "cx":
        return str(wire.number(pdu, "diameter.endtoendid"))
    if proto == "gtp":
        return str(wire.number(pdu, "gtp.seq_number"))
    return (wire.field(pdu, "dns.qry.name") or "").lower() if proto == "dns" else ""


def of_ladder(events):
    return [(e.proto, e.keys.get("src"), e.keys.get("dst"), e.message, mark_of_event(e), e.time_us / 1e6)
            for e in events if e.kind == "message"]


def of_capture(pcap):
    """The rows, and how late each may be in the capture."""
    found = wire.messages(pcap)
    return [(proto, src, dst, message, mark_of_frame(proto, pdu), time)
            for time, proto, message, src, dst, pdu in found], \
        [TUNNEL_S if wire.is_tunnelled(pdu) else 0 for *_, pdu in found]


def flows(rows):
    """{(protocol, source, destination): [(message, mark)]}"""
    found = {}
    for proto, src, dst, message, mark, _ in rows:
        found.setdefault((proto, src, dst), []).append((message, mark))
    return found


def place(rows):
    """[(identity of a row, time)]: the same message sent twice is told apart by its number."""
    seen, out = {}, []
    for *row, time in rows:
        key = tuple(row)
        seen[key] = seen.get(key, 0) + 1
        out.append(((key, seen[key]), time))
    return out


def is_dns_answer(row):
    (proto, source, *_), _ = row
    return proto == "dns" and source.endswith(":53")


def differences(events, pcap):
    """Sentences; none when ladder and capture tell the same."""
    ladder, (capture, lateness) = of_ladder(events), of_capture(pcap)
    said = []
    a, b = flows(ladder), flows(capture)
    for flow in sorted(set(a) | set(b), key=str):
        if a.get(flow, []) != b.get(flow, []):
            said.append(f"{flow}: the ladder has {a.get(flow, [])}, the capture {b.get(flow, [])}")
    if said:
        return said
    at, late = dict(place(capture)), dict(zip((row for row, _ in place(capture)), lateness))
    latest, what = 0.0, None
    for row, _ in place(ladder):
        if at[row] < latest - ORDER_S and not is_dns_answer(row):
            said.append(f"the ladder has {row} after {what}, the capture before")
        if at[row] - late[row] > latest:
            latest, what = at[row] - late[row], row
    return said
