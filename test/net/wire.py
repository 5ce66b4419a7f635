# SPDX-License-Identifier: Apache-2.0
"""What tshark sees in a capture: the messages of the lab's protocols, and its complaints."""
import ipaddress
import os
import subprocess
import xml.etree.ElementTree

PROTOCOLS = ("gprs-ns", "bssgp", "llcgprs", "sndcp", "gsm_a.dtap", "gtp", "sip", "diameter", "dns")
# tshark's numbers, and what the ladder calls these messages
GMM = {0x01: "Attach Request", 0x02: "Attach Accept", 0x03: "Attach Complete", 0x04: "Attach Reject",
       0x05: "Detach Request", 0x06: "Detach Accept",
       0x08: "Routing Area Update Request", 0x09: "Routing Area Update Accept", 0x0a: "Routing Area Update Complete",
       0x0b: "Routing Area Update Reject", 0x12: "Authentication and Ciphering Request",
       0x13: "Authentication and Ciphering Response", 0x14: "Authentication and Ciphering Reject",
       0x15: "Identity Request", 0x16: "Identity Response", 0x1c: "Authentication and Ciphering Failure",
       0x20: "GMM Status"}
SM = {0x41: "Activate PDP Context Request", 0x42: "Activate PDP Context Accept", 0x43: "Activate PDP Context Reject",
      0x46: "Deactivate PDP Context Request", 0x47: "Deactivate PDP Context Accept", 0x55: "SM Status"}
GTP = {0x01: "Echo Request", 0x02: "Echo Response", 0x10: "Create PDP Context Request",
       0x11: "Create PDP Context Response", 0x12: "Update PDP Context Request", 0x13: "Update PDP Context Response",
       0x14: "Delete PDP Context Request", 0x15: "Delete PDP Context Response", 0x1a: "Error Indication"}
G_PDU = 0xff  # of GTP-U: what is in it counts, not the wrapping
DIAMETER = {257: "CE", 280: "DW", 282: "DP", 300: "UA", 301: "SA", 302: "LI", 303: "MA", 304: "RT", 305: "PP"}
DNS_TYPES = {1: "A", 28: "AAAA", 33: "SRV", 35: "NAPTR"}
# the link's own keepalive, not part of the ladder (tools/ladder.py, LINK_MESSAGES)
LINK = ("Echo Request", "Echo Response", "CER", "CEA", "DWR", "DWA", "DPR", "DPA")


def tshark(pcap, *argv, config=None):
    """config: a folder with Wireshark's settings (tools/espkeys.py)."""
    env = {**os.environ, "WIRESHARK_CONFIG_DIR": str(config)} if config else None
    done = subprocess.run(["tshark", "-r", pcap, *argv], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def complaints(pcap):
    """tshark's malformed and expert-error frames in the lab's protocols, one line each. Severities
    below error (a retransmission, a reused port) are remarks, no complaints."""
    wanted = f"({' or '.join(p if p != 'gsm_a.dtap' else 'gsm_a.dtap' for p in PROTOCOLS)})"
    return tshark(pcap, "-Y", f"{wanted} and (_ws.malformed or _ws.expert.severity >= 0x00800000)", "-T", "fields",
                  "-e", "frame.number", "-e", "frame.protocols", "-e", "_ws.col.Info", "-e", "_ws.expert.message").splitlines()


def field(tree, name):
    for f in tree.iter("field"):
        if f.get("name") == name:
            return f.get("show")
    return None


def number(tree, name):
    value = field(tree, name)
    return None if value is None else int(value, 0)


def text(host, port):
    return f"[{ipaddress.ip_address(host)}]:{port}" if ":" in host else f"{host}:{port}"


def name_of(proto):
    """(ladder's protocol, message) of one dissected PDU; None for what the ladder does not show."""
    kind = proto.get("name")
    if kind == "gsm_a.dtap":
        gmm, sm = number(proto, "gsm_a.dtap.msg_gmm_type"), number(proto, "gsm_a.dtap.msg_sm_type")
        return "nas", GMM.get(gmm) or SM.get(sm) or f"NAS {gmm} {sm}"
    if kind == "gtp":
        kind = number(proto, "gtp.message")
        return None if kind == G_PDU else ("gtp", GTP.get(kind, "GTP?"))
    if kind == "sip":
        return "sip", field(proto, "sip.Status-Code") or field(proto, "sip.Method")
    if kind == "diameter":
        request = field(proto, "diameter.flags.request") in ("1", "True")
        return "cx", DIAMETER.get(number(proto, "diameter.cmd.code"), "?") + ("R" if request else "A")
    if kind == "dns":
        return "dns", DNS_TYPES.get(number(proto, "dns.qry.type"), "?")
    return None


def messages(pcap):
    """[(time, protocol, source, destination, message, PDU)] in the order of the capture. A terminal's
    packets cross two wires, in SNDCP and in GTP-U: only the second counts, and is_tunnelled() knows."""
    found = []
    text_of = tshark(pcap, "--disable-protocol", "sndcp", "-T", "pdml")
    for packet in xml.etree.ElementTree.fromstring(text_of).iter("packet"):
        ends, tunnelled = {}, False
        time = 0.0
        for proto in packet.iter("proto"):
            kind = proto.get("name")
            if kind == "geninfo":
                time = float(next(f.get("value") for f in proto if f.get("name") == "timestamp"))
            elif kind in ("ip", "ipv6"):
                ends["hosts"] = (field(proto, kind + ".src"), field(proto, kind + ".dst"))
            elif kind in ("udp", "tcp"):
                ends["ports"] = (number(proto, kind + ".srcport"), number(proto, kind + ".dstport"))
            elif kind in PROTOCOLS:
                named = name_of(proto)
                tunnelled = tunnelled or kind == "gtp" and not named
                if named and named[1] not in LINK:
                    src, dst = (text(h, p) for h, p in zip(ends["hosts"], ends["ports"]))
                    proto.set("tunnelled", str(tunnelled))
                    found.append((time, *named, src, dst, proto))
    return found


def is_tunnelled(pdu):
    """Whether a message was found inside a G-PDU."""
    return pdu.get("tunnelled") == "True"
