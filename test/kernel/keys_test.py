# SPDX-License-Identifier: Apache-2.0
"""`./lab keys` against the kernel's ESP: SAs made by hand, a SIP message in each, tshark reads it."""
import os
import shutil
import socket

import pytest

import espkeys
import netlab
import wire
from esp import algorithms
from shell import shell
from terminal import sockets_of

UE, PCSCF = ("10.60.1.1", "fd00:60::1:1"), ("10.60.2.10", "fd00:60::2:10")
CK, IK = "00112233445566778899aabbccddeeff", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PAIRS = [(alg, ealg) for alg in ("hmac-sha-1-96", "hmac-md5-96") for ealg in ("null", "aes-cbc", "des-ede3-cbc")]
PAIRS.append(("null", "aes-gcm"))
FIRST_SPI, PORT = 0x2000, 6201


@pytest.fixture(scope="module")
def captured(core, tmp_path_factory):
    """One datagram from port 6001 of netns ue to port 6201 of the P-CSCF's host per pair and family, each in an SA
    of its own: (the capture, what was sent, the state file that would tell of them). No element of the lab takes
    part."""
    shell(core, "ue").run(f"ip addr add {UE[1]}/64 dev eth0 nodad")
    folder = tmp_path_factory.mktemp("keys")
    records, sent = ["imslab-sa 1\n"], []
    for number, (pair, family) in enumerate((p, f) for p in PAIRS for f in (0, 1)):
        src, dst, spi = UE[family], PCSCF[family], FIRST_SPI + number
        ends, flow = f"src {src} dst {dst}", f"src {src} dst {dst} proto udp dport {PORT}"
        ways = (("ue", "out"), ("visited", "in"))
        for netns, way in ways:
            shell(core, netns).batch(
                f"xfrm state add {ends} proto esp spi {spi} reqid 1 mode transport {algorithms(*pair, bytes.fromhex(CK), bytes.fromhex(IK))}",
                f"xfrm policy add {flow} dir {way} tmpl {ends} proto esp spi {spi} reqid 1 mode transport")
        receive(core, src, dst, f"pair-{number}")
        sent.append(f"pair-{number}")
        for netns, way in ways:
            shell(core, netns).batch(f"xfrm policy delete {flow} dir {way}",
                                     f"xfrm state delete {ends} proto esp spi {spi}")
        records.append(f"set id={spi:x} state=established ue={src} pcscf={dst} spi_uc=1 spi_us=2 spi_pc=3 "
                       f"spi_ps={spi:x} alg={pair[0]} ealg={pair[1]} ck={CK} ik={IK} #0\n")
    shell(core, "ue").run(f"ip addr del {UE[1]}/64 dev eth0")
    core.capture.frames()  # all of it is in the file
    shutil.copy(core.pcap(), folder / "run.pcap")
    (folder / "trial.sa").write_text("".join(records), encoding="ascii")
    return folder / "run.pcap", sent, folder / "trial.sa"


def receive(lab, src, dst, call_id):
    family = socket.AF_INET6 if ":" in src else socket.AF_INET
    with sockets_of(lab, "visited").make(family, socket.SOCK_DGRAM) as there, \
            sockets_of(lab, "ue").make(family, socket.SOCK_DGRAM) as here:
        there.bind((dst, PORT))
        here.bind((src, 6001))
        message = f"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c:6001;branch=z9hG4bKx\r\nCall-ID: {call_id}\r\n" \
                  f"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode()
        here.sendto(message, (dst, PORT))
        there.settimeout(5 * netlab.guest.patience())
        assert there.recv(4096) == message


def call_ids(pcap, config=None):
    """Of the messages that tshark reads, as far as they are ours."""
    fields = ["-Y", f"sip.Call-ID and udp.port == {PORT}", "-T", "fields", "-e", "sip.Call-ID"]
    return wire.tshark(pcap, *fields, config=config).split()


def test_nothing_of_sip_is_on_the_wire_but_esp(captured):
    pcap, sent, _ = captured
    assert call_ids(pcap) == []
    ours = f"esp.spi >= {FIRST_SPI} and esp.spi < {FIRST_SPI + len(sent)}"
    assert len(wire.tshark(pcap, "-Y", ours).splitlines()) == len(sent)


def test_with_the_labs_keys_tshark_reads_every_pair(captured, tmp_path):
    pcap, sent, state = captured
    lines = espkeys.read(state)
    assert len(lines) == 4 * len(sent)
    espkeys.write_folder(tmp_path / "w", lines)
    assert call_ids(pcap, tmp_path / "w") == sent
    assert os.stat(tmp_path / "w/esp_sa").st_mode & 0o77 == 0
