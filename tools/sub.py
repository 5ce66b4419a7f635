#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""./lab sub: subscribers, by the HSS's REST. The HSS listens in its own network namespace, so each
request is made there, by this file run as a program: one line of JSON and the body on its stdin."""
import argparse
import csv
import http.client
import json
import os
import socket
import subprocess
import sys
import urllib.parse

BODY_TYPES = {".xml": "application/xml", ".json": "application/json"}
NUMBERS = ("sqn", "profile", "media_profile", "set")
REASONS = ["permanent-termination", "new-server-assigned", "server-change", "remove-s-cscf"]


def request_here():
    """The program: {host, port, method, path, headers} and the body in; status and body out."""
    head = json.loads(sys.stdin.buffer.readline())
    connection = http.client.HTTPConnection(head["host"], head["port"], timeout=120)
    try:
        connection.request(head["method"], head["path"], sys.stdin.buffer.read() or None, head["headers"])
        answer = connection.getresponse()
        sys.stdout.buffer.write(f"{answer.status}\n".encode() + answer.read())
    except OSError as e:
        sys.stdout.buffer.write(f"0\n{e}".encode())


if __name__ == "__main__":
    request_here()
    sys.exit()

import client  # noqa: E402
from topology import LabError, read  # noqa: E402


class Hss:
    """The running lab's HSS."""

    def __init__(self, args):
        self.args = args
        lab = client.running(args)
        topology = read(lab["bin"], lab["conf"])
        if not topology.http:
            raise LabError("this lab's HSS is a stranger, or serves no HTTP (hss.http.on)")
        self.host, self.port = topology.http
        self.netns = next(e.netns for e in topology.elements if e.kind == "hss")
        self.elements = topology.elements

    def token(self):
        try:
            with open(client.path_of(self.args, "state/hss.token"), encoding="ascii") as f:
                return f.read().strip()
        except OSError as e:
            raise LabError(f"the token of the HSS cannot be read: {e}") from None

    def raw(self, method, path, body=b"", kind="application/json", token=False):
        headers = {"Content-Type": kind} if body else {}
        if token:
            headers["Authorization"] = "Bearer " + self.token()
        head = {"host": self.host, "port": self.port, "method": method, "path": path, "headers": headers}
        argv = client.inside(self.args, self.netns, [sys.executable, os.path.realpath(__file__)])
        done = subprocess.run(argv, input=json.dumps(head).encode() + b"\n" + body, capture_output=True,
                              env=client.environment(), check=False)
        status, _, answer = done.stdout.partition(b"\n")
        if not status.isdigit() or status == b"0":
            raise LabError(f"the HSS does not answer: {(answer or done.stderr).decode(errors='replace').strip()}")
        if int(status) >= 400:
            raise LabError(complaint(answer))
        return answer

    def ask(self, method, path, body=None, token=None, **query):
        query = {k: v for k, v in query.items() if v is not None}
        if query:
            path += "?" + urllib.parse.urlencode(query)
        data = b"" if body is None else json.dumps(body).encode()
        return json.loads(self.raw(method, path, data, token=method != "GET" if token is None else token))


def complaint(answer):
    """The HSS's refusal as a sentence."""
    try:
        error = json.loads(answer)["error"]
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace").strip()
    return ": ".join(part for part in (error.get("field"), error.get("rule")) if part)


def quoted(name):
    return urllib.parse.quote(name, safe="")


def show_json(value):
    print(json.dumps(value, indent=2))


# ---- the commands ----

def add(hss, o):
    if o.file:
        subscriber = json.loads(read_file(o.file))
    else:
        names = ("imsi", "msisdn", "k", "opc", "op", "name", "domain", "impi", "auth", "password")
        subscriber = {n: getattr(o, n) for n in names if getattr(o, n) is not None}
        if o.impu:
            subscriber["public"] = [{"impu": i} for i in o.impu]
    made = hss.ask("POST", "/subscribers", subscriber)
    print(f"added: {made['name']}, private {made['private'][0]['impi']}, public "
          + " ".join(p["impu"] + (" (barred)" if p["barred"] else "") for p in made["public"]))


def show(hss, o):
    show_json(hss.ask("GET", f"/subscribers/{quoted(o.name)}"))


def list_(hss, o):
    offset = 0
    while True:
        page = hss.ask("GET", "/subscribers", offset=offset, limit=500, state=o.state)
        for s in page["subscribers"]:
            state = s["sets"][0] if s["sets"] else {"state": "", "scscf": ""}
            print(f"{s['name']:<24} {state['state']:<15} {' '.join(p['impu'] for p in s['public'])} {state['scscf']}")
        offset += len(page["subscribers"])
        if offset >= page["total"] or not page["subscribers"]:
            return


def value_of(name, text):
    """Lists, true, false and null are JSON, and numbers where the field is one; the rest is text, digits too."""
    if text[:1] in ("[", "{", '"') or text in ("true", "false", "null") or name in NUMBERS:
        try:
            return json.loads(text)
        except ValueError:
            raise LabError(f"set: {name} is no JSON") from None
    return text


def path_to(name):
    """What `set NAME` means: a public identity, a private one, or a subscriber."""
    if name.startswith(("sip:", "sips:", "tel:")):
        return f"/public/{quoted(name)}"
    return f"/private/{quoted(name)}" if "@" in name else f"/subscribers/{quoted(name)}"


def set_(hss, o):
    if o.profile:
        kind = BODY_TYPES.get(os.path.splitext(o.profile)[1], "application/json")
        answer = hss.raw("PUT", f"/subscribers/{quoted(o.name)}/profiles/{o.number}", read_file(o.profile), kind, True)
        tell(json.loads(answer))
    changes = dict(word.partition("=")[::2] for word in o.change)
    if changes:
        tell(hss.ask("PATCH", path_to(o.name), {k: value_of(k, v) for k, v in changes.items()}))
    elif not o.profile:
        raise LabError("set: which field? name=value, or --profile FILE")


def tell(done):
    pushed = [f"{p['command']} to {p['scscf']}" for p in done.get("pushed", [])]
    print(f"{done.get('name') or 'done'}: " + (", ".join(pushed) if pushed else "no S-CSCF has to be told"))


def delete(hss, o):
    tell(hss.ask("DELETE", f"/subscribers/{quoted(o.name)}", reason=o.reason, info=o.info))


def deregister(hss, o):
    body = {k: v for k, v in (("reason", o.reason), ("info", o.info), ("impu", o.impu)) if v}
    tell(hss.ask("POST", f"/subscribers/{quoted(o.name)}/deregister", body))


def read_file(path):
    try:
        if path == "-":
            return sys.stdin.buffer.read()
        with open(path, "rb") as f:
            return f.read()
    except OSError as e:
        raise LabError(str(e)) from None


def import_(hss, o):
    """JSON lines, or a table with the names of the fields in its first line."""
    body = read_file(o.file)
    if o.file.endswith(".csv"):
        rows = csv.DictReader(body.decode().splitlines())
        body = "".join(json.dumps({k: v for k, v in row.items() if v}) + "\n" for row in rows).encode()
    answer = json.loads(hss.raw("POST", "/import", body, "application/x-ndjson", True))
    print(f"imported: {answer['count']} subscribers")


def export(hss, o):
    path = "/export?secrets=true" if o.secrets else "/export"
    sys.stdout.buffer.write(hss.raw("GET", path, token=o.secrets))


def verify(hss, o):
    body = {k: v for k, v in (("name", o.name), ("k", o.k), ("opc", o.opc), ("op", o.op)) if v}
    body["rand"] = o.rand
    body["auts" if len(o.answer) == 28 else "autn"] = o.answer
    verdict = hss.ask("POST", "/verify-sim", body, token=False)
    print(f"{verdict['verdict']}: {verdict['sentence']}")
    if "sqn" in verdict:
        print(f"SQN {verdict['sqn']:012x}" + (f", this HSS's last {verdict['network_sqn']:012x}"
                                             if "network_sqn" in verdict else ""))
    return 0 if verdict["verdict"] == "fine" else 1


def ask_scscf(hss, name, line):
    """One line to the S-CSCF's control socket, one back."""
    path = client.path_of(hss.args, f"state/{name}.control")
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            folder = os.open(os.path.dirname(path), os.O_PATH)  # a socket's path has 107 characters
            try:
                s.connect(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
            finally:
                os.close(folder)
            s.sendall(line.encode() + b"\n")
            return s.makefile(errors="replace").readline().strip() or "it gave no answer"
    except OSError as e:
        raise LabError(f"{name} does not answer on its control socket: {e}") from None


def reauthenticate(hss, o):
    """There is no Cx command for it: the S-CSCF shortens the registration itself (TS 24.229 5.4.1.6)."""
    subscriber = hss.ask("GET", f"/subscribers/{quoted(o.name)}")
    asked = 0
    for s in subscriber["sets"]:
        names = [e.name for e in hss.elements if e.kind == "scscf" and e.host == s["scscf_host"]]
        impus = [p["impu"] for p in subscriber["public"] if p["set"] == s["set"]]
        if s["state"] == "registered" and names and impus:
            print(f"{names[0]}: {ask_scscf(hss, names[0], 'reauthenticate ' + impus[0])}")
            asked += 1
    if not asked:
        raise LabError(f"{subscriber['name']} is not registered at an S-CSCF of this lab")


# ---- the command line ----

def arguments(argv):
    p = argparse.ArgumentParser(prog="lab sub", description="The subscribers of the HSS.")
    sub = p.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name, text, function, *words):
        a = sub.add_parser(name, help=text, description=text)
        for flags, kw in words:
            a.add_argument(*flags, **kw)
        a.set_defaults(function=function)

    name = (["name"], {"help": "a subscriber: its name, an identity, IMSI or MSISDN"})
    reason = (["--reason"], {"choices": REASONS, "help": "Reason-Code of the RTR (permanent-termination)"})
    info = (["--info"], {"help": "a text for people: Reason-Info"})
    optional = {"nargs": "?"}
    action("add", "add one: IMSI, MSISDN, K and OPc are enough", add,
           (["imsi"], optional), (["msisdn"], optional), (["k"], optional), (["opc"], optional),
           *(([f"--{n}"], {}) for n in ("op", "name", "domain", "impi", "auth", "password")),
           (["--impu"], {"action": "append", "help": "a public identity; more than once for more"}),
           (["--file"], {"help": "JSON of the whole subscriber, - for stdin (keys in no process list)"}))
    action("show", "everything of one but its keys", show, name)
    action("set", "change a subscriber, a private or a public identity", set_, name,
           (["change"], {"nargs": "*", "metavar": "field=value"}),
           (["--profile"], {"metavar": "FILE", "help": "service profile, .json or .xml (TS 29.228 annex E)"}),
           (["--number"], {"type": int, "default": 0, "help": "which profile (0)"}))
    action("del", "remove one; its S-CSCF is told", delete, name, reason, info)
    action("list", "all of them", list_,
           (["--state"], {"choices": ["not-registered", "registered", "unregistered"]}))
    action("import", "add many, all or none: JSON lines, or .csv with field names", import_, (["file"], {}))
    action("export", "all of them as JSON lines", export,
           (["--secrets"], {"action": "store_true", "help": "with keys and HA1"}))
    action("deregister", "end its registrations by RTR", deregister, name, reason, info,
           (["--impu"], {"help": "only the implicit set of this identity"}))
    action("reauthenticate", "have its S-CSCF ask the terminal to register again", reauthenticate, name)
    action("verify-sim", "do the card and this HSS agree on a challenge?", verify,
           (["name"], {"nargs": "?"}), (["rand"], {"help": "RAND, 32 hexadecimal digits"}),
           (["answer"], {"help": "AUTN (32) or AUTS (28 hexadecimal digits)"}),
           (["--k"], {}), (["--opc"], {}), (["--op"], {}))
    return p.parse_args(argv)


def sub(args):
    o = arguments(args.argv)
    return o.function(Hss(args), o)
