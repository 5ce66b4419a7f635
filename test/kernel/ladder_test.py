# SPDX-License-Identifier: Apache-2.0
"""The ladder says of each arrow how it crossed the wire; here the capture of the same registration is asked."""
import collections

import pytest

import diameter_raw
import draw


@pytest.fixture(scope="module")
def ladder(core):
    """A registration and a de-registration: (the messages of its ladder, ESP packets, Diameter messages)."""
    core.capture.frames()
    esp, cx, start = len(core.capture.esp), len(core.capture.cx()), len(core.lines())
    said = core.ue("register", "deregister")
    assert said.status == 0 and "deregistered:" in said.out, said.out
    calls = {line.call for line in core.lines()[start:] if line.keys.get("proto") == "sip"}  # what the SAs carried
    drawn = [e for e in core.events() if e.kind == "message" and e.call in calls]
    diameter = core.capture.cx()[cx:]
    return drawn, core.capture.esp[esp:], diameter


def way(sender, receiver):
    return "up" if sender.startswith("ue") else "down" if receiver.startswith("ue") else ""


def test_every_arrow_marked_ESP_is_an_ESP_packet_with_that_SPI_and_none_is_missing(ladder):
    drawn, esp, _ = ladder
    arrows = collections.Counter((int(e.keys["esp"], 0), way(e.sender, e.receiver)) for e in drawn if e.keys.get("esp"))
    # a packet is seen at each end of a link, and its number is its own
    packets = {(f.ports, way(f.src, f.dst)) for f in esp}
    assert collections.Counter((spi, to) for (spi, _), to in packets) == arrows
    assert sorted(e.message for e in drawn if e.keys.get("esp")).count("REGISTER") >= 2
    assert len({spi for spi, _ in arrows}) >= 2 and {to for _, to in arrows} == {"up", "down"}
    for e in drawn:
        if e.keys.get("esp"):
            assert draw.label_of(e) == f"{e.message} [ESP 0x{int(e.keys['esp'], 0):08x}]"


def test_every_Cx_arrow_is_a_Diameter_message_over_SCTP(ladder):
    drawn, _, diameter = ladder
    arrows = [e for e in drawn if e.proto == "cx"]
    crossed = {(m.end, bool(m.flags & diameter_raw.REQUEST)) for f, m in diameter if f.net == "sctp"}
    assert {"UAR", "UAA", "MAR", "MAA", "SAR", "SAA"} <= {e.message for e in arrows}
    for e in arrows:
        assert draw.label_of(e) == f"{e.message} [SCTP]"
        assert (int(e.keys["e2e"], 0), e.message[-1] == "R") in crossed, e.message
