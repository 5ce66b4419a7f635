# SPDX-License-Identifier: Apache-2.0
"""The seed's terminal registers and de-registers inside ESP: every pair of algorithms, over IPv4 and IPv6,
UDP and TCP. What crossed the tunnel and what stays in the kernel is looked at each time."""
import os
import re

import pytest

import netlab
import sipmsg
from shell import shell

PAIRS = ("hmac-sha-1-96/aes-cbc", "hmac-sha-1-96/des-ede3-cbc", "hmac-sha-1-96/null", "hmac-md5-96/aes-cbc",
         "hmac-md5-96/des-ede3-cbc", "hmac-md5-96/null", "aes-gmac/null", "null/aes-gcm")
EACH = True


def session(lab, **keys):
    """A terminal from attach to detach: (its sentences, its set's keys as it logs them)."""
    conf = lab.other_conf({"ipsec": "required", **keys})
    log = os.path.join(lab.rundir, "logs/ue-name.log")
    start = os.path.getsize(log) if os.path.exists(log) else 0
    said = shell(lab, "ue").run(f"{netlab.BIN}/ue -c {conf} --name name --state-dir {lab.rundir}/state "
                                f"register deregister detach 2>>{log}", check=False)
    with open(log, encoding="utf-8") as f:
        f.seek(start)
        text = f.read()
    found = re.search(r"== sa-installed (.*)", text)
    return said, dict(w.partition("=")[::2] for w in found[1].split()) if found else {}, text


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("pair", PAIRS)
def test_REG_06_a_terminal_registers_inside_esp(core, pair, family, transport):
    lab = core
    lab.capture.frames()
    frame, esp = len(lab.capture.found), len(lab.capture.esp)
    said, sas, log = session(lab, ipsec_algorithms=[pair], pdp_type=family, transport=transport)
    assert "registered: sip:name@hims.net" in said and f"protected by {pair}" in said, said
    assert "deregistered:" in said, said
    spis = {name: int(sas[f"spi_{name}"], 0) for name in ("uc", "us", "pc", "ps")}
    # on the wire: the first REGISTER and its 401 in plain text, all else in these SAs
    plain = [sipmsg.Message(f.octets) for f in lab.capture.frames()[frame:]
             if "ue" in (f.src, f.dst) and "pcscf1" in (f.src, f.dst) and f.octets[:4] in (b"REGI", b"SIP/")]
    # (a 401 in IPv6 fragments is not read)
    assert "REGISTER" in {m.method for m in plain} and {m.method or m.status for m in plain} <= {"REGISTER", 401, 100}
    assert len({m.one("cseq") for m in plain}) == 1, plain
    seen = {f.ports[0] for f in lab.capture.esp[esp:]}
    there, back = spis["ps"], spis["us"] if transport == "udp" else spis["uc"]
    assert {there, back} <= seen, (spis, seen)
    # the log says by which SA
    assert f"esp=0x{there:08x}" in log and f"esp=0x{back:08x}" in log
    netlab.wait_for(lambda: shell(lab, "visited").held() == lab.before)
    assert shell(lab, lab.home_of()).held() == (0, 0)
