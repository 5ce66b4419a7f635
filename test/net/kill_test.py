# SPDX-License-Identifier: Apache-2.0
"""The short form of test/bench/kill.py: a few terminals refresh while each daemon in turn is killed with -9, and none
loses its registration."""
import asyncio
import os
import sys

import core
import netlab

sys.path.insert(0, os.path.join(netlab.TOP, "test/bench"))

import kill  # noqa: E402

DAEMONS = ("pcscf1", "icscf1", "scscf1", "hss", "dns")


def test_ROB_11_ROB_13_ROB_14_no_daemon_that_is_killed_loses_a_registration(machine):
    crowd = kill.people(12)
    net = core.Core(crowd, {"timers": {"sip_t1_ms": 200, "sip_t1x64_ms": 3000}}, options=())
    try:
        s = kill.Show(net.lab, [p for p in crowd.values() if p.name != "good"], rate=12, t1_s=0.2)
        asyncio.run(s.run(DAEMONS, 1.5, 0.5))
        assert s.lost() == {}
        windows = s.figures()["daemons"]
        assert set(windows) == set(DAEMONS) and all(w["refreshes"] >= 12 for w in windows.values()), windows
        sets = net.ask_database("SELECT count(*) FROM implicit_set s JOIN impu i ON i.implicit_set = s.id "
                                "WHERE state = 1 AND i.impu LIKE 'sip:kill%'")
        assert sets == (12,)
    finally:
        net.close()
