# SPDX-License-Identifier: Apache-2.0
"""Debian's Kamailio as P-CSCF, I-CSCF and S-CSCF in the place of ours: its configuration, made from lab.yaml, and
the users that SIPp registers through it.

It stands at the address of the element that lab.yaml calls external, speaks Cx over TCP with its C Diameter Peer
(cdp), and keeps what it must in text files (db_text)."""
import os
import shutil
import sys

import yaml

import osmo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../sipp"))

import users  # noqa: E402
from netlab import wait_for  # noqa: E402

MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
DBTEXT = "/usr/share/kamailio/dbtext/kamailio"
SCENARIO = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../sipp")
NETNS = {"pcscf": "visited", "icscf": "home", "scscf": "home"}
HEAD = """#!KAMAILIO
debug=2
log_stderror=yes
children=2
auto_aliases=no
dns_try_ipv6=no
dns_try_naptr=no
use_dns_cache=no
listen=udp:{address}:{sip_port}
listen=tcp:{address}:{sip_port}
alias="{host}"
server_signature=yes
server_header="Server: Kamailio {kind}"
"""
BASE = ("tm", "sl", "rr", "pv", "textops", "maxfwd", "xlog", "siputils", "tmx")
ICSCF = """
modparam("cdp", "config_file", "{folder}/cdp.xml")
modparam("ims_icscf", "cxdx_dest_realm", "{realm}")
modparam("ims_icscf", "db_url", "text://{folder}/db")
modparam("tm", "fr_timer", 3000)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (t_lookup_request()) exit;
    if (!is_method("REGISTER")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
    if (!t_newtran()) exit;
    if (!I_perform_user_authorization_request("UAA", "0")) t_reply("500", "UAR not sent");
    exit;
}}
route[UAA] {{
    if ($avp(s:uaa_return_code) == 1 && I_scscf_select("0")) {{
        t_on_failure("NEXT");
        if (!t_relay()) t_reply("500", "no way to the S-CSCF");
    }} else if ($avp(s:uaa_return_code) != -1) t_reply("500", "no S-CSCF");
    exit;
}}
failure_route[NEXT] {{
    if (t_branch_timeout() && I_scscf_select("1")) {{ t_on_failure("NEXT"); t_relay(); }}
}}
"""
SCSCF = """
modparam("presence", "db_url", "text://{folder}/db")
modparam("ims_dialog", "dlg_flag", 2)
modparam("cdp", "config_file", "{folder}/cdp.xml")
modparam("ims_auth", "name", "sip:{host}:{sip_port}")
modparam("ims_auth", "cxdx_dest_realm", "{realm}")
modparam("ims_auth", "registration_qop", "")
modparam("ims_registrar_scscf", "scscf_name", "sip:{host}:{sip_port}")
modparam("ims_registrar_scscf", "cxdx_dest_realm", "{realm}")
modparam("ims_registrar_scscf", "default_expires", 600)
modparam("ims_registrar_scscf", "max_expires", 600000)
modparam("ims_usrloc_scscf", "db_mode", 0)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (t_lookup_request()) exit;
    if (!is_method("REGISTER")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
    if (!ims_www_authenticate("{realm}")) {{
        if ($? == -2) send_reply("403", "Authentication Failed");
        else if ($? == -3) send_reply("400", "Bad Request");
        else if ($? == -9) ims_www_resync_auth("RESYNC", "{realm}");
        else ims_www_challenge("MAA", "{realm}", "AKAv1-MD5");
        exit;
    }}
    save("SAA", "location", "0", "0");
    exit;
}}
route[RESYNC] {{ ims_www_challenge("MAA", "{realm}", "AKAv1-MD5"); }}
route[MAA] {{
    if ($avp(s:maa_return_code) != 1) t_reply("500", "no vector");
    exit;
}}
route[SAA] {{ xlog("L_NOTICE", "SAA $avp(s:saa_return_code)\\n"); exit; }}
"""
PCSCF = """
modparam("ims_ipsec_pcscf", "ipsec_listen_addr", "{address}")
modparam("ims_dialog", "dlg_flag", 2)
modparam("ims_usrloc_pcscf", "db_mode", 0)
modparam("ims_registrar_pcscf", "pcscf_uri", "sip:{host}:{sip_port}")
modparam("ims_registrar_pcscf", "subscribe_to_reginfo", 0)
modparam("ims_registrar_pcscf", "publish_reginfo", 0)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (t_lookup_request()) exit;
    if (!is_method("REGISTER")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
    force_rport();
    pcscf_save_pending("location");
    append_hf("Path: <sip:term@{host}:{sip_port};lr>\\r\\n");
    append_hf("Require: path\\r\\n");
    append_hf("P-Visited-Network-ID: {visited}\\r\\n");
    t_on_reply("ANSWER");
    if (!t_relay()) send_reply("500", "no way to the home network");
    exit;
}}
onreply_route[ANSWER] {{
    if (t_check_status("200")) {{ if (pcscf_save("location")) xlog("L_NOTICE", "saved $fu\\n"); }}
}}
"""
KINDS = {"pcscf": (PCSCF, ("ims_dialog", "ims_usrloc_pcscf", "ims_ipsec_pcscf", "ims_registrar_pcscf")),
         "icscf": (ICSCF, ("db_text", "cdp", "cdp_avp", "ims_icscf")),
         "scscf": (SCSCF, ("cdp", "cdp_avp", "ims_dialog", "db_text", "presence", "ims_usrloc_scscf", "ims_registrar_scscf", "ims_auth"))}
CDP = """<?xml version="1.0" encoding="UTF-8"?>
<DiameterPeer FQDN="{host}" Realm="{realm}" Vendor_Id="10415" Product_Name="CDiameterPeer" AcceptUnknownPeers="0"
    DropUnknownOnDisconnect="1" Tc="1" Workers="2" QueueLength="32" TransactionTimeout="5" SessionsHashSize="128"
    DefaultAuthSessionTimeout="3600" MaxAuthSessionTimeout="3600">
  <Peer FQDN="{hss}" Realm="{realm}" port="{hss_port}"/>
  <Acceptor port="3868" bind="{address}"/>
  <Auth id="16777216" vendor="10415"/>
  <SupportedVendor vendor="10415"/>
  <DefaultRoute FQDN="{hss}" metric="10"/>
</DiameterPeer>
"""


def people(conf):
    """The users that SIPp plays, into lab.yaml."""
    conf["subscribers"] += users.make(USERS)[0]


def cards(sims):
    sims["sims"] += users.make(USERS)[1]


USERS = 20


def external(*kinds):
    """An edit of lab.yaml: these elements are strangers at the addresses where ours were; Cx over TCP."""
    def edit(conf):
        for kind in kinds:
            e = conf[kind][0]
            e["external"] = e.pop("address")
            e.pop("address6")
        conf["hss"]["transport"] = "tcp"
        people(conf)
    return edit


def values(lab, kind):
    """What the configuration of this element says, from lab.yaml."""
    with open(lab.conf, encoding="utf-8") as f:
        conf = yaml.load(f, Loader=yaml.BaseLoader)
    elements = {e.name: e for e in lab.topology().elements}
    e = next(e for e in elements.values() if e.kind == kind)
    scscf = next(e for e in elements.values() if e.kind == "scscf")
    return {"kind": kind, "host": e.host, "address": e.address, "sip_port": conf[kind][0].get("port", "5060"),
            "realm": conf["home"]["domain"], "visited": conf["visited"]["domain"],
            "hss": elements["hss"].host, "hss_port": conf["hss"].get("port", "3868"),
            "scscf": f"sip:{scscf.host}:{conf['scscf'][0].get('port', '5060')}"}


def tables(folder, scscf):
    """What the I-CSCF reads of its database: one S-CSCF, of which it knows no capability."""
    os.makedirs(folder, exist_ok=True)
    text = {"s_cscf": "id(int) name(string) s_cscf_uri(string)\n1:first:" + scscf.replace(":", "\\:") + "\n",
            "s_cscf_capabilities": "id(int) id_s_cscf(int) capability(int)\n1:1:0\n",
            "nds_trusted_domains": "id(int) trusted_domain(string)\n"}
    for name in ("presentity", "active_watchers", "watchers", "version"):  # module presence wants to see them
        shutil.copy(os.path.join(DBTEXT, name), folder)
    for name, rows in text.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as f:
            f.write(rows)


def start(lab, kind):
    osmo.need("kamailio")
    if not os.path.exists(f"{MODULES}/ims_auth.so"):
        raise osmo.Skip("kamailio-ims-modules is not installed (tools/deps interop)")
    body, modules = KINDS[kind]
    load = f'mpath="{MODULES}/"\n' + "".join(f'loadmodule "{m}.so"\n' for m in (*BASE, *modules))
    known = values(lab, kind)
    folder = os.path.join(lab.rundir, "kamailio-" + kind)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "cdp.xml"), "w", encoding="ascii") as f:
        f.write(CDP.format(**known))
    tables(os.path.join(folder, "db"), known["scscf"])
    peer = osmo.Peer(lab, "kamailio", HEAD + load.replace("{", "{{").replace("}", "}}") + body, "-DD", "-E", "-m", "64", "-M",
                     "8", "-Y", "{folder}", "-w", "{folder}", port=f"u {known['address']} {known['sip_port']}",
                     netns=NETNS[kind], name="kamailio-" + kind, option="-f", **known)
    if kind != "pcscf":  # now and then its first CER lacks Host-IP-Address; it tries again after Tc
        wait_for(lambda: lab.said("hss", f"diameter peer {known['host']} connected"), osmo.WAIT_S)
    return peer


def sipp(lab, count, *more, scenario="register_aka.xml"):
    """(registered, failed) of so many users, one after the other at 10/s."""
    injection = os.path.join(lab.rundir, "users.csv")
    with open(injection, "w", encoding="utf-8") as f:
        f.write(users.make(USERS)[2])
    stats = os.path.join(lab.rundir, "sipp.csv")
    outcome = lab.exec("ue", "sipp", "10.60.2.10", "-sf", os.path.join(SCENARIO, scenario), "-inf", injection, "-m",
                       str(count), "-r", "10", "-i", "10.60.1.1", "-nostdin", "-trace_stat", "-stf", stats, "-timeout", "30",
                       "-trace_err", "-error_file", os.path.join(lab.rundir, "logs", "sipp.txt"), *more)
    assert outcome.status in (0, 1), outcome.out + outcome.err
    with open(stats, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split(";") for line in f if line.strip()]
    last = dict(zip(rows[0], rows[-1]))
    return int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])
