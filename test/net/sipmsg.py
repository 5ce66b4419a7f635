# SPDX-License-Identifier: Apache-2.0
"""A SIP message as octets, cut into headers: what the tests read answers and captured frames with."""
import re

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "k": "supported",
           "c": "content-type", "e": "content-encoding", "s": "subject", "o": "event", "u": "allow-events"}
PARAM = re.compile(r'([^\s=,;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,;]*)')


def cut(text, separator=","):
    """The parts of a header value, quoted strings and <...> kept whole."""
    parts, quoted, angle, start = [], False, False, 0
    for i, c in enumerate(text):
        if c == '"' and text[i - 1:i] != "\\":
            quoted = not quoted
        elif not quoted and c in "<>":
            angle = c == "<"
        elif c == separator and not quoted and not angle:
            parts.append(text[start:i].strip())
            start = i + 1
    return parts + [text[start:].strip()]


def params(text):
    """{name: value} of `a=b; c="d"` or of a Digest's `a=b, c="d"`; quotes taken away."""
    return {name.lower(): value[1:-1] if value[:1] == '"' else value for name, value in PARAM.findall(text)}


class Message:
    """first: the first line; status (int or None), method, uri; headers: [(lower-case name, value)]."""

    def __init__(self, octets):
        self.octets = octets
        self.text = octets.decode("utf-8", "replace")
        head, _, self.body = self.text.partition("\r\n\r\n")
        self.first, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        words = self.first.split(" ", 2)
        is_answer = words[0].startswith("SIP/")
        self.status = int(words[1]) if is_answer else None
        self.method, self.uri = (None, None) if is_answer else (words[0], words[1])
        self.headers = []
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))

    def __repr__(self):
        return f"<{self.first}>"

    def all(self, name):
        return [value for n, value in self.headers if n == name.lower()]

    def values(self, name):
        """Every value of a header that lists with commas, over all its lines."""
        return [part for value in self.all(name) for part in cut(value)]

    def has(self, name):
        return bool(self.all(name))

    def one(self, name):
        found = self.all(name)
        assert len(found) == 1, f"{name} is there {len(found)} times in\n{self.text}"
        return found[0]

    def number(self, name):
        return int(self.one(name).split()[0])

    def auth(self, name):
        """The parameters of Authorization or WWW-Authenticate."""
        return params(self.one(name).partition(" ")[2])

    def param(self, name, param, which=0):
        """A parameter of the which-th value of a header; None when it is not there."""
        return params(self.values(name)[which].rpartition(">")[2]).get(param)

    def uris(self, name):
        """What stands between < and >, of every value."""
        return [m.group(1) for m in re.finditer(r"<([^>]*)>", ",".join(self.values(name)))]

    @property
    def branch(self):
        return params(self.values("via")[0])["branch"]

    @property
    def call_id(self):
        return self.one("call-id")


def messages_of(stream):
    """(the whole messages in the octets of a TCP connection, what is left over)."""
    found = []
    while True:
        stream = stream.lstrip(b"\r\n")
        head, blank, _ = stream.partition(b"\r\n\r\n")
        m = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
        end = len(head) + 4 + (int(m.group(1)) if m else 0)
        if not blank or len(stream) < end:
            return found, stream
        found.append(Message(stream[:end]))
        stream = stream[end:]
