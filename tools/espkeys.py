# SPDX-License-Identifier: Apache-2.0
"""`./lab keys`: the SAs' keys as Wireshark and tshark read them (the table esp_sa of "ESP SAs"), from the
state file of the P-CSCF (its form: pcscf/sa_store.c). With a folder: a configuration of Wireshark's, so that

    WIRESHARK_CONFIG_DIR=FOLDER tshark -r run.pcap

shows what was inside. SAs that are gone are there too, as far as the file still has them."""
import glob
import hashlib
import hmac
import os

import client
from topology import LabError

LEGS = (("ue", "pcscf", "spi_ps"), ("pcscf", "ue", "spi_uc"), ("pcscf", "ue", "spi_us"), ("ue", "pcscf", "spi_pc"))
ANY = "ANY 128 bit authentication [no checking]"
AUTH = {"hmac-sha-1-96": "HMAC-SHA-1-96 [RFC2404]", "hmac-md5-96": "HMAC-MD5-96 [RFC2403]", "aes-gmac": ANY,
        "null": "NULL"}
CRYPT = {"null": "NULL", "aes-cbc": "AES-CBC [RFC3602]", "des-ede3-cbc": "TripleDES-CBC [RFC2451]",
         "aes-gcm": "AES-GCM with 16 octet ICV [RFC4106]"}
PREFERENCES = "esp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n"


def salt(ck, ik):
    """Of AES-GCM (TS 33.203 Annex I)."""
    name = b"AES_GCM_SALT"
    return hmac.new(ck + ik, b"\x59" + name + len(name).to_bytes(2, "big"), hashlib.sha256).digest()[-4:]


def auth_key(alg, ik):
    """IK, for SHA-1 with four zero octets behind it (TS 33.203 Annex I)."""
    return {"hmac-sha-1-96": ik + bytes(4), "hmac-md5-96": ik}.get(alg, b"")


def crypt_key(ealg, ck, ik):
    return {"aes-cbc": ck, "des-ede3-cbc": ck + ck[:8], "aes-gcm": ck + salt(ck, ik)}.get(ealg, b"")


def hexed(octets):
    return "0x" + octets.hex() if octets else ""


def lines_of(keys):
    """The four lines of one set."""
    ck, ik = bytes.fromhex(keys["ck"]), bytes.fromhex(keys["ik"])
    kind = "IPv6" if ":" in keys["ue"] else "IPv4"
    crypt = crypt_key(keys["ealg"], ck, ik)
    for src, dst, spi in LEGS:
        words = (kind, keys[src], keys[dst], "0x" + keys[spi], CRYPT[keys["ealg"]], hexed(crypt), AUTH[keys["alg"]],
                 hexed(auth_key(keys["alg"], ik)))
        yield ",".join(f'"{word}"' for word in words)


def read(path):
    """The lines of every set that a state file tells of, the latest telling of each. AES-GMAC is not among
    them: Wireshark cannot tell its IV from the contents."""
    found = {}
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            kind, _, rest = line.partition(" ")
            keys = dict(word.partition("=")[::2] for word in rest.split())
            if kind == "set" and keys.get("alg") in AUTH and keys.get("ealg") in CRYPT and keys["alg"] != "aes-gmac":
                found[keys["id"]] = list(lines_of(keys))
    return [line for lines in found.values() for line in lines]


def of_lab(args):
    """The lines of the lab that is up."""
    lines = []
    for path in sorted(glob.glob(os.path.join(glob.escape(client.path_of(args, "state")), "*.sa"))):
        lines += read(path)
    return lines


def write_folder(folder, lines):
    """A configuration of Wireshark's with these SAs; only the owner may read it."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name, text in (("esp_sa", "".join(line + "\n" for line in lines)), ("preferences", PREFERENCES)):
        fd = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            f.write(text)


def keys(args):
    client.running(args)
    lines = of_lab(args)
    if not lines:
        raise LabError("no SA is there: nobody has registered inside IPsec")
    if args.folder:
        write_folder(args.folder, lines)
        print(f"lab: WIRESHARK_CONFIG_DIR={args.folder} tshark -r {os.path.relpath(client.path_of(args, 'run.pcap'))}")
    else:
        print("\n".join(lines))
