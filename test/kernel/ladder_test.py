# SPDX-License-Identifier: Apache-2.0
"""The ladder says of each arrow how it crossed the wire; here the capture of the same registration is asked."""
import diameter_raw
import draw


def test_every_Cx_arrow_is_a_Diameter_message_over_SCTP(core):
    before, start = len(core.capture.cx()), len(core.lines())
    said = core.ue("register", "deregister")
    assert said.status == 0 and "deregistered:" in said.out, said.out
    calls = {line.call for line in core.lines()[start:] if line.message == "REGISTER"}
    arrows = [e for e in core.events() if e.kind == "message" and e.call in calls and e.proto == "cx"]
    diameter = core.capture.cx()[before:]
    crossed = {(m.end, bool(m.flags & diameter_raw.REQUEST)) for f, m in diameter if f.net == "sctp"}
    assert {"UAR", "UAA", "MAR", "MAA", "SAR", "SAA"} <= {e.message for e in arrows}
    for e in arrows:
        assert draw.label_of(e) == f"{e.message} [SCTP]"
        assert (int(e.keys["e2e"], 0), e.message[-1] == "R") in crossed, e.message
