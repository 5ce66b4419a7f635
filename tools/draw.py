# SPDX-License-Identifier: Apache-2.0
"""Draw the ladder's events as text: the seed's eight columns, at most 160 characters wide."""
import re
import textwrap

from ladder import COLUMNS, SA_LEGS

WIDTH = 160
TIME = 8                            # the time's room at the left
STEP = (WIDTH - TIME) // len(COLUMNS)
TEXT = 76                           # room for the contents below an arrow
HEADS = ("Subscriber", "SGSN", "GGSN", "P-CSCF", "DNS", "I-CSCF", "S-CSCF", "HSS")
GROUPS = (("User Equipment", 0, 0), ("Visited CN", 1, 2), ("Visited IMS", 3, 3), ("Internet", 4, 4),
          ("Home IMS", 5, 6), ("Home CN", 7, 7))

# How keys are called in the ladder; others keep their name. None: not drawn (the arrow says it).
SHOWN = {"src": None, "dst": None, "net": None, "e2e": None, "transport": None, "uri": "Request-URI", "cseq": "CSeq", "esp": None,
         "max_forwards": "Max-Forwards", "via": "Via", "route": "Route", "from": "From", "to": "To",
         "contact": "Contact", "expires": "Expires", "min_expires": "Min-Expires", "path": "Path",
         "service_route": "Service-Route", "p_associated_uri": "P-Associated-URI", "require": "Require",
         "proxy_require": "Proxy-Require", "supported": "Supported", "security_client": "Security-Client",
         "security_server": "Security-Server", "security_verify": "Security-Verify",
         "integrity_protected": "integrity-protected", "p_visited": "P-Visited-Network-ID",
         "event": "Event", "warning": "Warning", "imsi": "IMSI", "p-tmsi": "P-TMSI", "tlli": "TLLI", "apn": "APN",
         "pcscf": "P-CSCF", "impi": "IMPI", "impu": "IMPU"}


def spi_of(text):
    """An SPI as the drawing has it; the log may have it in either base."""
    return f"0x{int(text, 0):08x}"


def label_of(event):
    """What stands on the arrow. A DNS question and its answer have one name in the log; what crosses
    inside ESP has its SA's SPI, and Diameter its transport."""
    if event.proto == "dns":
        return event.message + (" answer" if event.sender == "dns" else " query")
    if event.keys.get("esp"):
        return f"{event.message} [ESP {spi_of(event.keys['esp'])}]"
    if event.proto == "cx" and event.keys.get("net"):
        return f"{event.message} [{event.keys['net'].upper()}]"
    return event.message


def at(column):
    """Where the column's line stands."""
    return TIME + COLUMNS.index(column) * STEP + STEP // 2


def lifelines():
    row = [" "] * WIDTH
    for column in COLUMNS:
        row[at(column)] = "|"
    return row


def put(row, where, text):
    row[where:where + len(text)] = text[:WIDTH - where]


def text_of(row):
    return "".join(row).rstrip()


def broken(word):
    """A long value on several lines, broken behind ';' and ',' where there is one."""
    lines, line = [], ""
    for part in re.findall(r"[^;,]*[;,]?", word):
        if line and len(line) + len(part) > TEXT:
            lines.append(line)
            line = "    " + part.lstrip()
        else:
            line += part
    return [short for line in lines + [line] for short in
            textwrap.wrap(line, TEXT, drop_whitespace=False, break_long_words=True) if short.strip()]


def contents(event):
    """The key contents as lines that fit."""
    words = []
    for key, value in event.keys.items():
        if event.kind == "sas" and key.startswith(("spi_", "port_")):
            continue  # on the arrows
        name = SHOWN.get(key, key)
        if name:
            words.append(f"{name}={value}" if name.islower() else f"{name}: {value}")
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 2 + len(word) <= TEXT:
            lines[-1] += "  " + word
        elif len(word) <= TEXT:
            lines.append(word)
        else:
            lines += broken(word)
    return [line for line in lines if line]


def text_block(left, lines):
    """Lines of text from `left` on, moved left where the page ends."""
    where = max(0, min(left, WIDTH - max(len(line) for line in lines)))
    rows = []
    for line in lines:
        row = lifelines()
        put(row, where, line + " ")
        rows.append(text_of(row))
    return rows


def arrow(event):
    a, b = at(event.sender), at(event.receiver)
    left, right = min(a, b), max(a, b)
    row = lifelines()
    if a == b:  # two elements of one kind
        put(row, a + 1, "-->" if a + 4 < WIDTH else "")
        return row
    label = f" {label_of(event)} (LOST) " if event.lost else f" {label_of(event)} "
    inner = right - left - 1
    body = label.center(inner - 1, "-") if len(label) < inner - 1 else "-" * (inner - 1)
    # a lost message does not reach its lifeline
    head = "X" if event.lost else ">" if a < b else "<"
    put(row, left + 1, body + head if a < b else head + body)
    return row


def names_of(event, several):
    """Which of several elements of one kind."""
    out = [n for c, n in ((event.sender, event.from_name), (event.receiver, event.to_name)) if c in several]
    return [" -> ".join(out)] if out else []


def draw_message(event, several):
    a, b = at(event.sender), at(event.receiver)
    row = arrow(event)
    rows = []
    if label_of(event) not in text_of(row):
        label = label_of(event) + (" (LOST)" if event.lost else "")
        rows += text_block(min(a, b) + 2, [label])
    rows.append(text_of(row))
    lines = names_of(event, several) + contents(event)
    return rows + (text_block(min(a, b) + 2, lines) if lines else [])


def draw_note(event, several):
    name = f"{event.from_name}: " if event.sender in several else ""
    lines = contents(event)
    first = f"* {name}{event.message}"
    if lines and len(first) + 2 + len(lines[0]) <= TEXT:
        lines[0] = first + "  " + lines[0]
    else:
        lines.insert(0, first)
    return text_block(at(event.sender), lines)


def draw_sas(event, several):
    """Four SAs: each an arrow from port to port, with its SPI."""
    rows = draw_note(event, several)
    left, right = at("ue"), at("pcscf")
    for ue_port, pcscf_port, spi, sender in SA_LEGS:
        room = right - left - 1 - len(event.keys[ue_port]) - len(event.keys[pcscf_port]) - 4
        body = f" ESP {spi_of(event.keys[spi])} ".center(room - 1, "=")
        body = body + ">" if sender == "ue" else "<" + body
        row = lifelines()
        put(row, left + 1, f" {event.keys[ue_port]} {body} {event.keys[pcscf_port]} ")
        rows.append(text_of(row))
    return rows


def header():
    top, head = [" "] * WIDTH, [" "] * WIDTH
    for name, first, last in GROUPS:
        middle = (at(COLUMNS[first]) + at(COLUMNS[last])) // 2
        put(top, middle - len(name) // 2, name)
    for column, name in zip(COLUMNS, HEADS):
        put(head, at(column) - len(name) // 2, name)
    return [text_of(top), text_of(head)]


def stamp(rows, time_us, start_us):
    """The time in front of the first row of an event."""
    text = f"{(time_us - start_us) / 1e6:8.4f}"
    return [text + rows[0][len(text):]] + rows[1:]


DRAWN = {"message": draw_message, "note": draw_note, "sas": draw_sas}


def draw(events):
    """The whole ladder as one string."""
    if not events:
        return "(no message yet)"
    start = events[0].time_us
    by_column = {}
    for e in events:
        for column, name in ((e.sender, e.from_name), (e.receiver, e.to_name)):
            if column not in ("", "ue"):
                by_column.setdefault(column, set()).add(name)
    several = {column for column, found in by_column.items() if len(found) > 1}
    out = header()
    for e in events:
        if e.kind == "phase":
            out += [text_of(lifelines()), f"---- {e.message} ".ljust(WIDTH, "-")]
            continue
        rows = DRAWN[e.kind](e, several)
        if e.kind == "message":
            out.append(text_of(lifelines()))
        out += stamp(rows, e.time_us, start)
    return "\n".join(out)
