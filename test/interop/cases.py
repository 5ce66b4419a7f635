# SPDX-License-Identifier: Apache-2.0
"""What is tried with other people's elements: each case is a lab with a stranger in it. The name is the
sentence that holds when the case passes; `peers` says whose line it counts for."""
import collections
import os
import sqlite3

import kamailio
import osmo
import wire
from netlab import merge, wait_for
from osmo import GGSN, SGSN

IMSI = "001010000000001"
CASES = []


def case(*peers, edit=None, capture=False, **conf):
    """conf: keys of lab.yaml for this case's lab; edit: a function that changes the rest; capture: all traffic."""
    def change(lab):
        merge(lab, conf)
        if edit:
            edit(lab)

    def keep(function):
        CASES.append((function, peers, change, capture))
        return function
    return keep


THEIR_SGSN = {"sgsn": {"address": None, "address6": None, "external": SGSN}}
THEIR_GGSN = {"ggsn": {"address": None, "address6": None, "external": GGSN}}
PLANE = {"user_plane": "on"}
BOTH = {**THEIR_SGSN, **THEIR_GGSN}


def done(outcome, *sentences):
    """The terminal's command line went well, and its lines begin like this."""
    assert outcome.status == 0, f"the terminal: {outcome.out}"
    for said, wanted in zip(outcome.lines, sentences):
        assert said.startswith(wanted), f"the terminal says '{said}', not '{wanted}...'"


def echoes(lab, host):
    """The terminal, active, asks the GGSN's own address for echoes: one small packet, one that is cut on the way."""
    terminal = lab.terminal()
    said = terminal.do("activate")
    assert said.startswith("active: "), said
    for size in ("56", "1300"):
        done_ = lab.exec("ue-name", "ping", "-c", "3", "-i", "0.2", "-W", "2", "-s", size, host)
        assert " 0% packet loss" in done_.out, done_.out + done_.err
    terminal.end()


def arrows(lab, log, *names):
    """The NAS messages of the terminal's log."""
    return [f"{line.mark} {line.message}" for line in lab.lines() if line.log == log
            and line.mark in ("->", "<-") and line.keys.get("proto") == "nas" and line.message in names]


# --- osmo-sgsn with our GGSN ---------------------------------------------------------------------

@case("osmo-sgsn", **THEIR_SGSN)
def a_terminal_registers_with_the_ims_through_osmo_sgsn_and_our_ggsn(lab):
    osmo.sgsn(lab)
    done(lab.ue("attach", "activate", "register", "deregister", "detach"), "attached: ", "active: 10.45.0.2 ",
         f"registered: sip:name@hims.net at 10.45.0.2:", "deregistered: ", "detached: ")
    created = [line for line in lab.lines() if line.element == "ggsn" and line.message == "Create PDP Context Request"]
    assert created and created[0].keys["imsi"] == IMSI
    assert lab.said("ggsn", "address-freed imsi=" + IMSI)


@case("osmo-sgsn", **THEIR_SGSN)
def osmo_sgsn_carries_our_pco_both_ways(lab):
    """P-CSCF list, DNS and MTU of our GGSN at our terminal: nothing of it is osmo-sgsn's."""
    osmo.sgsn(lab)
    outcome = lab.ue("activate")
    done(outcome, "active: ")
    assert "P-CSCF 10.60.2.10" in outcome.sentence and "DNS 10.60.3.53" in outcome.sentence
    assert "MTU 1400" in outcome.sentence


@case("osmo-sgsn", **THEIR_SGSN, edit=lambda conf: conf["ggsn"]["apns"][0].update(pool="10.45.0.0/30"))
def an_exhausted_pool_of_our_ggsn_is_told_by_osmo_sgsn(lab):
    osmo.sgsn(lab)
    assert lab.terminal("name").do("activate").startswith("active: 10.45.0.2 ")
    said = lab.terminal("alice").do("activate")
    assert said.startswith("failed: ") and "Activate PDP Context Reject, cause 26" in said, said
    assert lab.said("ggsn", "211 ")


@case("osmo-sgsn", **THEIR_SGSN)
def three_terminals_are_registered_together_through_osmo_sgsn(lab):
    osmo.sgsn(lab)
    for name in ("name", "alice", "bob"):
        said = lab.terminal(name).do("register")
        assert said.startswith(f"registered: sip:{name}@hims.net"), said
    assert len(lab.registrations()) >= 3


@case("osmo-sgsn", **THEIR_SGSN)
def a_restarted_osmo_sgsn_is_attached_to_again(lab):
    peer = osmo.sgsn(lab)
    terminal = lab.terminal()
    assert terminal.do("activate").startswith("active: ")
    peer.stop()
    peer.start()
    terminal.end()
    done(lab.ue("attach", "activate"), "attached: ", "active: ")


@case("osmo-sgsn", capture=True, **THEIR_SGSN, **PLANE)
def the_registration_crosses_osmo_sgsn_in_the_tunnel_and_wireshark_is_content(lab):
    """Our terminal cuts its REGISTERs at N201-U 500, osmo-sgsn puts them together again."""
    osmo.need_tun()
    osmo.sgsn(lab)
    done(lab.ue("register", "deregister", "detach"), "registered: ", "deregistered: ")
    lab.down()
    up = wire.tshark(lab.pcap(), "-Y", "gtp && sip.Method == REGISTER && ip.src == 10.45.0.2").splitlines()
    down = wire.tshark(lab.pcap(), "-Y", "gtp && sip.Status-Code == 200 && ip.dst == 10.45.0.2").splitlines()
    assert len(up) >= 3 and len(down) >= 2
    assert wire.tshark(lab.pcap(), "-Y", "sndcp.npdu.reassembled.length > 500 && ip.src == 10.60.1.1")
    assert wire.complaints(lab.pcap()) == []


# --- osmo-hlr behind osmo-sgsn -------------------------------------------------------------------

AUTHENTICATION = ("Authentication and Ciphering Request", "Authentication and Ciphering Response",
                  "Authentication and Ciphering Failure", "Authentication and Ciphering Reject")


@case("osmo-hlr", "osmo-sgsn", **THEIR_SGSN)
def an_attach_is_authenticated_with_umts_aka_by_osmo_hlr(lab):
    osmo.hlr(lab)
    sgsn = osmo.sgsn(lab, osmo.ASK_HLR)
    wait_for_hlr(lab)
    terminal = lab.terminal()
    said = terminal.do("attach")
    assert said.startswith("attached: "), said
    # osmo-sgsn accepts before it has the subscription; whoever activates earlier gets cause 33
    wait_for(lambda: "UPDATE_LOCATION_RESULT" in sgsn.text(), osmo.WAIT_S)
    said = terminal.do("register")
    assert said.startswith("registered: "), said
    terminal.end()
    assert arrows(lab, "ue-name", *AUTHENTICATION) == ["<- Authentication and Ciphering Request",
                                                       "-> Authentication and Ciphering Response"]


@case("osmo-hlr", "osmo-sgsn", **THEIR_SGSN)
def a_card_ahead_of_osmo_hlr_is_resynchronised(lab):
    with open(os.path.join(lab.rundir, "state", f"ue-{IMSI}.sqn"), "w", encoding="ascii") as f:
        f.write("imslab-sim 1\n" + "5000\n" * 32)
    osmo.hlr(lab)
    osmo.sgsn(lab, osmo.ASK_HLR)
    wait_for_hlr(lab)
    done(lab.ue("attach"), "attached: ")
    assert arrows(lab, "ue-name", *AUTHENTICATION) == [
        "<- Authentication and Ciphering Request", "-> Authentication and Ciphering Failure",
        "<- Authentication and Ciphering Request", "-> Authentication and Ciphering Response"]


@case("osmo-hlr", "osmo-sgsn", **THEIR_SGSN)
def another_key_in_osmo_hlr_is_found_out_by_the_card(lab):
    osmo.hlr(lab, k="0" * 31 + "1")
    osmo.sgsn(lab, osmo.ASK_HLR)
    wait_for_hlr(lab)
    outcome = lab.ue("attach")
    assert outcome.status == 1 and outcome.sentence.startswith("failed: wrong K or OPc"), outcome.out


@case("osmo-hlr", "osmo-sgsn", **THEIR_SGSN)
def an_imsi_that_osmo_hlr_does_not_know_is_rejected(lab):
    osmo.hlr(lab, imsi="001010000000099")
    osmo.sgsn(lab, osmo.ASK_HLR)
    wait_for_hlr(lab)
    outcome = lab.ue("attach")
    assert outcome.status == 1 and "Attach Reject, cause 2 (IMSI unknown in HLR)" in outcome.sentence, outcome.out


def wait_for_hlr(lab):
    """osmo-sgsn's connection to it; before that it would reject."""
    wait_for(lambda: lab.exec("visited", "ss", "-Htn", "state", "established", "( dport = :4222 )").out.strip(), osmo.WAIT_S)


# --- osmo-ggsn -----------------------------------------------------------------------------------

@case("osmo-ggsn", **THEIR_GGSN)
def our_sgsn_activates_and_deactivates_at_osmo_ggsn(lab):
    osmo.ggsn(lab)
    done(lab.ue("attach", "activate", "deactivate", "activate", "detach"), "attached: ", "active: 10.46.0.", "",
         "active: 10.46.0.", "detached: ")


@case("osmo-ggsn", **THEIR_GGSN)
def an_exhausted_pool_of_osmo_ggsn_is_told_and_a_freed_address_given_again(lab):
    osmo.ggsn(lab, "10.46.0.0/30", "10.46.0.1/30")
    first, second = lab.terminal("name"), lab.terminal("alice")
    said = first.do("activate")
    assert said.startswith("active: 10.46.0."), said
    address = said.split()[1]
    said = second.do("activate")
    assert said.startswith("failed: ") and "cause 26" in said, said
    assert first.do("detach").startswith("detached")
    assert second.do("activate").startswith(f"active: {address} ")


def ask_for_nowhere(conf):
    """An APN that our SGSN may ask for and osmo-ggsn has not."""
    conf["ggsn"]["apns"].append({"name": "nowhere", "pool": "10.47.0.0/24"})
    conf["terminals"][0]["apn"] = "nowhere"


@case("osmo-ggsn", **THEIR_GGSN, edit=ask_for_nowhere)
def an_unknown_apn_at_osmo_ggsn_is_cause_27(lab):
    osmo.ggsn(lab)
    outcome = lab.ue("activate")
    assert outcome.status == 1 and "cause 27" in outcome.sentence, outcome.out
    assert lab.said("sgsn", "219 ")


def causes(lab):
    """Why the network deactivated the terminal's context."""
    return [line.keys["cause"] for line in lab.lines() if line.log == "ue-name" and line.mark == "<-"
            and line.message == "Deactivate PDP Context Request"]


@case("osmo-ggsn", **THEIR_GGSN)
def osmo_ggsn_ends_its_contexts_when_it_is_shut_down(lab):
    peer = osmo.ggsn(lab)
    terminal = lab.terminal()
    assert terminal.do("activate").startswith("active: ")
    peer.stop()
    wait_for(lambda: causes(lab), osmo.WAIT_S)
    assert causes(lab)[0].startswith("36 ")


@case("osmo-ggsn", **THEIR_GGSN, timers={"gtp_echo_s": "1"})
def a_killed_and_restarted_osmo_ggsn_is_noticed_by_its_restart_counter(lab):
    peer = osmo.ggsn(lab)
    terminal = lab.terminal()
    assert terminal.do("activate").startswith("active: ")
    peer.stop("KILL")
    peer.start()
    wait_for(lambda: causes(lab), osmo.WAIT_S)
    assert causes(lab)[0].startswith("39 ") and lab.said("sgsn", "peer-restarted")


@case("osmo-sgsn", "osmo-ggsn", **BOTH)
def a_terminal_attaches_and_activates_through_osmo_sgsn_and_osmo_ggsn(lab):
    osmo.ggsn(lab)
    osmo.sgsn(lab)
    done(lab.ue("attach", "activate", "deactivate", "activate", "detach"), "attached: ", "active: 10.46.0.", "",
         "active: 10.46.0.", "detached: ")


@case("osmo-ggsn", **THEIR_GGSN, **PLANE)
def packets_of_all_sizes_cross_our_sgsn_and_osmo_ggsn(lab):
    osmo.ggsn(lab)
    echoes(lab, "10.46.0.1")


@case("osmo-sgsn", "osmo-ggsn", **BOTH, **PLANE)
def packets_of_all_sizes_cross_osmo_sgsn_and_osmo_ggsn(lab):
    """osmo-sgsn cuts what goes down at N201-U 500: our terminal puts it together again."""
    osmo.ggsn(lab)
    osmo.sgsn(lab)
    echoes(lab, "10.46.0.1")


@case("osmo-ggsn", **THEIR_GGSN, **PLANE)
def a_terminal_finds_its_pcscf_in_the_dns_behind_osmo_ggsn_and_registers(lab):
    """osmo-ggsn puts no P-CSCF into the PCO (GPR-33)."""
    osmo.ggsn(lab, "10.45.0.0/24", "10.45.0.1/24")
    done(lab.ue("activate", "register", "detach"), "active: 10.45.0.", "registered: ", "detached: ")


@case("osmo-ggsn", capture=True, **THEIR_GGSN)
def wireshark_finds_nothing_wrong_between_osmo_ggsn_and_ours(lab):
    osmo.ggsn(lab)
    done(lab.ue("activate", "deactivate", "detach"), "active: ")
    lab.down()
    assert wire.messages(lab.pcap()) and wire.complaints(lab.pcap()) == []


# --- sgsnemu -------------------------------------------------------------------------------------

SGSNEMU = "999700000000001"  # it loses an IMSI's leading zeros


@case("sgsnemu", **THEIR_SGSN)
def sgsnemu_makes_and_deletes_a_context_at_our_ggsn(lab):
    osmo.sgsnemu(lab, SGSNEMU)
    wait_for(lambda: lab.said("ggsn", "address-given imsi=" + SGSNEMU), osmo.WAIT_S)
    wait_for(lambda: lab.said("ggsn", "address-freed imsi=" + SGSNEMU), osmo.WAIT_S)
    arrows = [f"{line.mark} {line.message}" for line in lab.lines() if line.element == "ggsn"
              and line.keys.get("proto") == "gtp"]
    for name in ("Create PDP Context", "Delete PDP Context"):
        assert arrows.count(f"<- {name} Request") == arrows.count(f"-> {name} Response") == 1, arrows


@case("sgsnemu", **THEIR_SGSN, **PLANE)
def the_echo_requests_of_sgsnemu_come_back_through_our_ggsn(lab):
    osmo.need_tun()
    peer = osmo.sgsnemu(lab, SGSNEMU, "--pinghost", "10.45.0.1", "--pingcount", "3", seconds="4")
    wait_for(lambda: peer.text().count("icmp_seq=") >= 3, osmo.WAIT_S)


# --- kamailio ------------------------------------------------------------------------------------

def answered(lab, message):
    """The results of our HSS's answers of this kind, each with the name of who asked."""
    return collections.Counter((line.peer, line.keys["result"].split(" ")[0]) for line in lab.lines()
                               if line.element == "hss" and line.mark == "->" and line.message == message)


def all_but_one(lab, count=10):
    """SIPp registers so many; one may fail by its own fault (test/sipp/users.py)."""
    good, bad = kamailio.sipp(lab, count)
    assert good + bad == count and good >= count - 1, f"{good} registered, {bad} failed"
    return good


def states(lab):
    """How many of SIPp's users the HSS calls registered, and where."""
    with sqlite3.connect(f"file:{lab.rundir}/state/hss.db?mode=ro", uri=True) as db:
        return dict(db.execute("SELECT scscf_name, count(*) FROM implicit_set s JOIN impu i ON i.implicit_set = s.id "
                               "WHERE state = 1 AND i.impu LIKE 'sip:user%' GROUP BY scscf_name"))


@case("kamailio icscf", "kamailio scscf", edit=kamailio.external("icscf", "scscf"))
def sipp_users_register_through_kamailios_icscf_and_scscf_with_our_hss(lab):
    """Cx of the stranger with our HSS: UAR twice, MAR and SAR for each."""
    kamailio.start(lab, "icscf")
    kamailio.start(lab, "scscf")
    good = all_but_one(lab)
    assert states(lab) == {"sip:scscf1.hims.net:5060": good}
    assert answered(lab, "UAA")["icscf1", "SUBSEQUENT_REGISTRATION"] >= good
    assert answered(lab, "MAA") == {("scscf1", "SUCCESS"): 10}
    assert answered(lab, "SAA") == {("scscf1", "SUCCESS"): good}


@case("kamailio scscf", edit=kamailio.external("scscf"))
def our_icscf_finds_kamailios_scscf(lab):
    kamailio.start(lab, "scscf")
    good = all_but_one(lab)
    assert states(lab) == {"sip:scscf1.hims.net:5060": good}
    assert answered(lab, "SAA") == {("scscf1", "SUCCESS"): good}


@case("kamailio icscf", edit=kamailio.external("icscf"))
def kamailios_icscf_finds_our_scscf(lab):
    kamailio.start(lab, "icscf")
    good = all_but_one(lab)
    assert len(lab.registrations()) == good


@case("kamailio pcscf", edit=kamailio.external("pcscf"))
def kamailios_pcscf_is_served_by_our_icscf_and_scscf(lab):
    """Without IPsec: no integrity-protected, and the Path leads back to the stranger."""
    peer = kamailio.start(lab, "pcscf")
    good = all_but_one(lab)
    assert states(lab) == {"sip:scscf1.hims.net:5060": good} and len(lab.registrations()) == good
    assert peer.text().count("saved sip:user") == good
    answers = [line for line in lab.lines() if line.element == "scscf1" and line.mark == "->" and line.message == "200"]
    assert len(answers) == good and all("pcscf1.vims.net" in line.keys["path"] for line in answers)
