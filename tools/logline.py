# SPDX-License-Identifier: Apache-2.0
"""One line of a daemon's log (common/log.h), read back.

    2026-11-24T13:44:46.123456Z icscf1 info call=3c26700d -> hss UAR proto=cx impu=sip:name@hims.net

A word with a space, a quote or nothing in it stands in double quotes, \\" and \\\\ escaped."""
import calendar
import glob
import os
import re
import time

HEAD = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z (\S+) (error|warn|info|debug) "
                  r"call=(\S+) (->|<-|==|--) (.*)$")
WORD = re.compile(r'\s*((?:[^\s"]|"(?:[^"\\]|\\.)*")+)')
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Line:
    """time_us since 1970, element, level, call ("-" for none), mark (-> <- == --), text;
    whole is the line as it stands; an arrow line also has peer ("" with "=="), message and keys (a dict, in order)."""

    def __init__(self, time_us, element, level, call, mark, text, log="", whole=""):
        self.whole = whole
        self.time_us, self.element, self.level = time_us, element, level
        self.call, self.mark, self.text, self.log = call, mark, text, log
        self.peer = self.message = ""
        self.keys = {}
        if mark != "--":
            words = split(text)
            if mark != "==" and words:
                self.peer = words.pop(0)
            if words:
                self.message = words.pop(0)
            for word in words:
                key, _, value = word.partition("=")
                self.keys[key] = value

    def __repr__(self):
        return f"{self.element} {self.mark} {self.text}"


def unquote(word):
    return QUOTED.sub(lambda m: re.sub(r"\\(.)", r"\1", m.group(1)), word)


def split(text):
    return [unquote(m.group(1)) for m in WORD.finditer(text)]


def parse(text, log=""):
    """A Line, or None when the text is no log line (dnsmasq, a sanitizer's report, live output)."""
    m = HEAD.match(text)
    if not m:
        return None
    seconds = calendar.timegm(time.strptime(m.group(1), "%Y-%m-%dT%H:%M:%S"))
    return Line(seconds * 1000000 + int(m.group(2)), *m.groups()[2:], log=log, whole=text)


def read_file(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        log = os.path.basename(path).removesuffix(".log")
        return [line for line in (parse(text.rstrip("\n"), log) for text in f) if line]


def read_logs(folder):
    """Every line of every log in the folder, in the order of their times."""
    lines = []
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.log"))):
        lines += read_file(path)
    lines.sort(key=lambda line: line.time_us)
    return lines
