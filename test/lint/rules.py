# SPDX-License-Identifier: Apache-2.0
"""The house rules. A rule takes a Tree and yields faults (path, line, sentence)."""
import fnmatch
import os
import re
import subprocess

LONGEST_FILE, LONGEST_TEST = 400, 600  # a test is a list of cases
LONGEST_FUNCTION, LONG_FUNCTION = 80, 50
# A file whose length is a table's, not a reader's: it says so near its top.
TABLE = "/* lint: table */"
SKIPPED = {".git", "build", "run", "__pycache__", ".pytest_cache"}

# What each engine's names look like, which headers declare them, who may use it.
ENGINES = [
    ("sofia's transactions", r"\bnta_\w+", r"sofia-sip/(?:nta|tport|su_wait)\w*\.h",
     ["common/sip.c", "common/sip_*.[ch]"]),
    ("freeDiameter", r"\bfd_(?:core|msg|sess|disp|dict|peer|conf|g|fifo|event|hook|log|ext|rt|rtd|"
     r"out|os|sctp|tcp|stat|acl|p|psm)_?\w*\s*\(", r"freeDiameter/", ["common/cx.c", "common/cx_*.[ch]"]),
    ("SCTP", r"\bsctp_\w+\s*\(", r"netinet/sctp\.h", ["common/cx_sctp.c"]),
    ("c-ares", r"\bares_\w+", r"ares\w*\.h", ["common/dns.c", "common/dns_*.[ch]"]),
    ("OpenSSL", r"\bEVP_\w+|\b(?:HMAC|MD5|SHA1|SHA256|AES|RAND)(?:_[a-z]\w*)?\s*\(",
     r"openssl/(?!crypto\.h)", ["common/milenage.c", "common/digest_aka.c", "common/sa_keys.c"]),
    ("OpenSSL's comparison", r"\bCRYPTO_\w+", r"openssl/crypto\.h",
     ["common/aka.c", "common/milenage.c", "common/digest_aka.c", "scscf/auth.c"]),
    ("libevent", r"\b(?:event|evtimer|evutil|evbuffer|evhttp|bufferevent)_\w+\s*\(", r"event2?/|event\.h",
     ["common/loop.c", "common/http.c"]),
    ("jansson", r"\bjson_(?:object|array|string|integer|real|true|false|null|boolean|pack|unpack|load|dump|"
     r"incref|decref|is|t\b|error)\w*", r"jansson\.h", ["hss/rest*.[ch]", "hss/ifc_xml.[ch]"]),
    ("libmnl", r"\bmnl_\w+", r"libmnl/", ["common/netif.c", "common/xfrm.c", "common/xfrm_*.[ch]"]),
    ("SQLite", r"\bsqlite3_\w+", r"sqlite3\.h", ["hss/store*.[ch]"]),
    ("libyaml", r"\byaml_\w+", r"yaml\.h", ["common/conf_*.[ch]"]),
]

FORBIDDEN = {
    "strcpy": "snprintf or memcpy with a length", "strcat": "snprintf with what is left",
    "sprintf": "snprintf", "vsprintf": "vsnprintf", "gets": "fgets",
    "atoi": "strtoul and a check of its end", "atol": "strtol and a check of its end",
    "alloca": "a bound or the heap", "strtok": "strcspn or strchr",
}

# Words of a log call that would print a secret; the compound ones also as part of a name: ck_hex.
SECRETS = {"k", "opc", "op", "ck", "ik", "xres", "res", "password", "key"}
SECRET_PARTS = {"opc", "ck", "ik", "xres", "password"}


class Tree:
    """The files of a working folder; paths relative to its top."""

    def __init__(self, root):
        self.root = root
        self.texts = {}
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(f for f in folders if f not in SKIPPED)
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), root)
                if name.endswith((".c", ".h", ".py", ".sh")) or name in ("Makefile", "LAYERS", "lab"):
                    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
                        self.texts[path] = f.read()
        self.bare_texts = {}

    def c_files(self, tests=True):
        return [p for p in self.texts
                if p.endswith((".c", ".h")) and (tests or not p.startswith("test/"))]

    def bare(self, path):
        """The C text with comments and the insides of strings blanked, line for line."""
        if path not in self.bare_texts:
            self.bare_texts[path] = strip(self.texts[path])
        return self.bare_texts[path]

    def programs(self):
        return sorted({p.split("/")[0] for p in self.texts
                       if p.endswith("/main.c") and p.count("/") == 1})


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip(text, strings=True):
    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token if not strings else token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(blank, text)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


def rule_format(tree):
    """clang-format agrees, by the repository's .clang-format."""
    files = tree.c_files()
    if not files:
        return
    halves = [files[0::2], files[1::2]]
    try:
        runs = [subprocess.Popen(["clang-format", "--dry-run", "-Werror", *half], cwd=tree.root,
                                 stderr=subprocess.PIPE, text=True) for half in halves if half]
    except FileNotFoundError:
        yield "Makefile", 1, "clang-format is not there: make deps"
        return
    for run in runs:
        seen = set()
        for found in re.finditer(r"^([^\s:]+):(\d+):\d+: error", run.communicate()[1], re.M):
            if found[1] not in seen:
                seen.add(found[1])
                yield found[1], int(found[2]), f"not formatted: clang-format -i {found[1]}"


def is_table(text):
    return TABLE in text[:400]


def rule_length(tree):
    """Files up to 400 lines, tests up to 600, tables exempt by their marker."""
    for path, text in tree.texts.items():
        most = LONGEST_TEST if path.startswith("test/") else LONGEST_FILE
        lines = text.count("\n")
        if path.endswith((".c", ".h", ".py")) and lines > most and not is_table(text):
            yield path, lines, f"{lines} lines, at most {most}: cut it where the subject changes"


def functions(text):
    """(name, first line, lines between the braces) of every function: the brace stands alone."""
    lines = text.split("\n")
    start, name = None, ""
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z_].*\(", line):
            name = re.search(r"(\w+)\s*\(", line)[1]
        if line == "{":
            start = number
        elif line == "}" and start:
            yield name, start, number - start - 1
            start = None


def rule_function(tree):
    """Functions up to 80 lines; over 50 is a warning."""
    for path in tree.c_files():
        if is_table(tree.texts[path]):
            continue
        for name, line, length in functions(tree.bare(path)):
            if length > LONGEST_FUNCTION:
                yield path, line, f"{name} has {length} lines, at most {LONGEST_FUNCTION}"
            elif length > LONG_FUNCTION and not path.startswith("test/"):
                yield path, line, f"warning: {name} has {length} lines, better {LONG_FUNCTION}"


def includes(tree, path):
    for found in re.finditer(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', tree.texts[path], re.M):
        yield line_at(tree.texts[path], found.start()), found[1], found[2]


def read_layers(tree):
    """[[pattern, ...], ...] bottom first."""
    text = tree.texts.get("common/LAYERS", "")
    return [line.split("#")[0].split() for line in text.splitlines() if line.split("#")[0].strip()]


def layer_of(layers, name):
    for number, patterns in enumerate(layers):
        if any(fnmatch.fnmatch(name, p) for p in patterns):
            return number
    return None


def rule_layers(tree):
    """In common, includes point to the own line of LAYERS or to a lower one."""
    layers = read_layers(tree)
    for path in tree.c_files(tests=False):
        if not path.startswith("common/"):
            continue
        name = path[len("common/"):]
        own = layer_of(layers, name)
        if own is None:
            yield path, 1, "not in common/LAYERS: say there where it stands"
            continue
        for line, quote, header in includes(tree, path):
            below = resolve(tree, path, header) if quote == '"' else None
            other = layer_of(layers, below[len("common/"):]) if below else None
            if other is not None and other > own:
                yield path, line, f"includes {header}, which stands above it in common/LAYERS"


def resolve(tree, path, header):
    """Which file of the product an include means; None: none that it may mean."""
    for folder in (os.path.dirname(path), "common", "common/gprs"):
        if f"{folder}/{header}" in tree.texts and ".." not in header:
            return f"{folder}/{header}"
    return None


def rule_rooms(tree):
    """A program includes its own headers and those of common; common only its own."""
    programs = tree.programs()
    for path in tree.c_files(tests=False):
        top = path.split("/")[0]
        if top != "common" and top not in programs:
            continue
        for line, quote, header in includes(tree, path):
            if quote == '"' and resolve(tree, path, header) is None:
                yield path, line, f"includes \"{header}\", which is neither in {top}/ nor in common/"


def rule_engines(tree):
    """Each engine's names and headers only in the files that hide it."""
    for path in tree.c_files(tests=False):
        for engine, names, headers, allowed in ENGINES:
            if any(fnmatch.fnmatch(path, pattern) for pattern in allowed):
                continue
            where = "only in " + ", ".join(allowed)
            for line, _, header in includes(tree, path):
                if re.match(headers, header):
                    yield path, line, f"includes <{header}>: {engine} {where}"
            for found in re.finditer(names, tree.bare(path)):
                word = found.group().rstrip("( ")
                yield path, line_at(tree.bare(path), found.start()), f"{word}: {engine} {where}"


def call_text(text, start):
    """From the name of a call to its closing parenthesis; text has strings without parentheses."""
    depth = 0
    for i in range(text.index("(", start), len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return text[start:i + 1]
    return text[start:]


def rule_secrets(tree):
    """No key material among the arguments of a log call."""
    for path in tree.c_files(tests=False):
        bare, strings = tree.bare(path), strip(tree.texts[path], strings=False)
        for call in re.finditer(r"\blog_(?:text|arrow|arrow_at|error|warn|info|debug)\s*\(", bare):
            size = len(call_text(bare, call.start()))
            arguments = bare[call.end():call.start() + size]
            words = re.findall(r"\b[A-Za-z_]\w*\b", arguments)
            words += re.findall(r'"(\w+)"', strings[call.end():call.start() + size])
            for word in words:
                lower = word.lower()
                if lower in SECRETS or SECRET_PARTS & set(lower.split("_")):
                    yield path, line_at(bare, call.start()), f"'{word}' in a log call: secrets are never logged"


def rule_forbidden(tree):
    """No strcpy and its kind outside the tests."""
    names = re.compile(r"(?<![\w.>])(" + "|".join(FORBIDDEN) + r")\s*\(")
    for path in tree.c_files(tests=False):
        for found in names.finditer(tree.bare(path)):
            yield path, line_at(tree.bare(path), found.start()), \
                f"{found[1]} is not used here: {FORBIDDEN[found[1]]}"


def rule_unfinished(tree):
    """No notes to oneself."""
    for path in tree.texts:
        if path.startswith("test/lint/"):
            continue
        for found in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", tree.texts[path]):
            yield path, line_at(tree.texts[path], found.start()), f"{found[1]}: do it or file an issue"


def rule_licence(tree):
    """The SPDX line first."""
    for path in tree.texts:
        if path.endswith((".c", ".h")):
            ok = tree.texts[path].startswith("/* SPDX-License-Identifier: Apache-2.0 */\n")
        elif path.endswith((".py", ".sh")):
            ok = "# SPDX-License-Identifier: Apache-2.0" in tree.texts[path].splitlines()[:2]
        else:
            continue
        if not ok:
            yield path, 1, "the first line must be the SPDX line: Apache-2.0"


PROTOTYPE = re.compile(r"^(?!typedef|static|#|extern \"C\")[A-Za-z_][\w \*]*?\b(\w+)\([^;{}]*\)"
                       r"(?:\s*__attribute__\s*\(\(.*?\)\))?\s*;", re.M | re.S)


def has_comment(text, found):
    """Above it in its group (up to a blank line), on its own line, or as the paragraph before."""
    group = text.rfind("\n\n", 0, found.start()) + 2
    before = text[:group].rstrip()
    own_line = text[found.start():text.find("\n", found.end())]
    return "/*" in text[group:found.start()] or "/*" in own_line or \
        before.endswith("---- */")


def rule_comments(tree):
    """A public prototype has a comment above it, or above the group without a blank line it is in."""
    for path in tree.c_files(tests=False):
        if not path.endswith(".h"):
            continue
        for found in PROTOTYPE.finditer(tree.bare(path)):
            if not has_comment(tree.texts[path], found):
                yield path, line_at(tree.bare(path), found.start()), \
                    f"{found[1]}: no comment says what it does"


RULES = {name[len("rule_"):]: rule for name, rule in list(globals().items())
         if name.startswith("rule_")}
