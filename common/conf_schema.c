/* SPDX-License-Identifier: Apache-2.0 */
/* lint: table */
/* The schema: every key of lab.yaml and of the sims file, one row each. A new value of the
 * configuration is a member in conf.h and a row here; reading, refusing and the reference
 * (docs/configuration.md) follow from the row. */
#include "conf_schema.h"

#include "xalloc.h"

const char CONF_REQUIRED[] = "required";

#define MEMBER(type, member) (((struct type *)0)->member)
/* columns: key, what it takes, where it goes, default, help */
#define TYPE(type_)        .type = TYPE_##type_
#define UINT(min_, max_)   TYPE(UINT), .min = min_, .max = max_
#define NAME(min_, max_)   TYPE(NAME), .min = min_, .max = max_
#define DIGITS(min_, max_) TYPE(DIGITS), .min = min_, .max = max_
#define MAP(rows)          TYPE(MAP), .sub = rows
#define PORT               UINT(1, 65535)
#define MS                 UINT(1, 3600000)
#define S                  UINT(1, 86400)
#define DEFAULT(text)      .fallback = text
#define REQUIRED           .fallback = CONF_REQUIRED
/* one value */
#define AT(type, member) .at = offsetof(struct type, member), .size = sizeof MEMBER(type, member)
/* a list in an array of the struct */
#define LIST(type, member)                                                                         \
    .at = offsetof(struct type, member), .size = sizeof MEMBER(type, member)[0],                   \
    .list = COUNT(MEMBER(type, member)), .count_at = offsetof(struct type, member##_count)
/* a list on the heap */
#define HEAP(type, member)                                                                         \
    .at = offsetof(struct type, member), .size = sizeof *MEMBER(type, member), .list = 1000000,    \
    .count_at = offsetof(struct type, member##_count), .heap = true
/* keys of the same struct, in a map of their own or in this one */
#define SAME .at = 0

/* clang-format off */

const struct conf_row conf_element_rows[] = {
    {"name", NAME(1, 32), AT(conf_element, name),
     .derived = "the element's key; in a list with its position: pcscf1, pcscf2",
     .help = "What logs, `--name` and `./lab` call it."},
    {"host", TYPE(HOST), AT(conf_element, host),
     .derived = "the name in the element's network: pcscf1.vims.net",
     .help = "Its domain name: in Via, Path and URIs, in DNS, as Diameter identity."},
    {"address", TYPE(ADDR), AT(conf_element, address),
     .derived = "none: `address` or `external` must be there",
     .help = "Its IPv4 address (or IPv6, when it has no IPv4)."},
    {"address6", TYPE(ADDR6), AT(conf_element, address6),
     .help = "Its IPv6 address, beside the IPv4 one."},
    {"external", TYPE(ADDR), AT(conf_element, address),
     .given_at = offsetof(struct conf_element, external),
     .help = "Instead of `address`: a stranger's element stands at this address. `./lab` does not "
             "start it; DNS, Diameter peers and trust lists point to it."},
    {NULL},
};

#define ELEMENT {"", TYPE(KEYS), SAME, .sub = conf_element_rows}

static const struct conf_row home_rows[] = {
    {"domain", TYPE(HOST), AT(conf, home_domain), REQUIRED,
     .help = "The home network's domain: registrar, realm of the HSS."},
    {"mcc", DIGITS(3, 3), AT(conf, mcc), REQUIRED,
     .help = "Mobile country code."},
    {"mnc", DIGITS(2, 3), AT(conf, mnc), REQUIRED,
     .help = "Mobile network code. Its length also says how an IMSI is cut (TS 23.003 13)."},
    {NULL},
};

static const struct conf_row visited_rows[] = {
    {"domain", TYPE(HOST), AT(conf, visited_domain), REQUIRED,
     .help = "The visited network's domain: SGSN, GGSN and P-CSCF stand there."},
    {NULL},
};

static const struct conf_row sgsn_rows[] = {
    ELEMENT,
    {"gb_port", PORT, AT(conf_sgsn, gb_port), DEFAULT("2157"),
     .help = "UDP port of the Gb interface."},
    {"nsei", UINT(0, 65535), AT(conf_sgsn, nsei), DEFAULT("1001"),
     .help = "Network service entity (TS 48.016)."},
    {"nsvci", UINT(0, 65535), AT(conf_sgsn, nsvci), DEFAULT("101"),
     .help = "Network service virtual connection (TS 48.016)."},
    {"bvci", UINT(2, 65535), AT(conf_sgsn, bvci), DEFAULT("2"),
     .help = "BSSGP virtual connection of the cell; 0 and 1 are taken."},
    {"lac", UINT(0, 65535), AT(conf_sgsn, lac), DEFAULT("1"),
     .help = "Location area code."},
    {"rac", UINT(0, 255), AT(conf_sgsn, rac), DEFAULT("1"),
     .help = "Routing area code."},
    {"ci", UINT(0, 65535), AT(conf_sgsn, ci), DEFAULT("1"),
     .help = "Cell identity."},
    {"n201_u", UINT(140, 1520), AT(conf_sgsn, n201_u), DEFAULT("500"),
     .help = "Longest LLC frame of user data, octets, at both ends: no XID is exchanged "
             "(N201-U, TS 44.064 table 9). Longer packets are cut by SNDCP."},
    {"authentication", TYPE(CHOICE), AT(conf_sgsn, authentication), .choices = "off on", DEFAULT("on"),
     .help = "UMTS AKA before an attach is accepted (TS 33.102), with the keys of the sims file."},
    {"state", TYPE(PATH), AT(conf_sgsn, state), DEFAULT("sgsn.restart"),
     .help = "File of the restart counter, below `state_dir`."},
    {"sqn_state", TYPE(PATH), AT(conf_sgsn, sqn_state), DEFAULT("sgsn.sqn"),
     .help = "File of the authentication centre's sequence numbers, below `state_dir`."},
    {NULL},
};

static const struct conf_row apn_rows[] = {
    {"name", NAME(1, 62), AT(conf_apn, name), REQUIRED,
     .help = "The access point name."},
    {"pool", TYPE(PREFIX), AT(conf_apn, pool),
     .help = "IPv4 addresses for terminals. At least one of `pool` and `pool6` must be there."},
    {"pool6", TYPE(PREFIX6), AT(conf_apn, pool6),
     .help = "IPv6 addresses for terminals."},
    {"pcscf", TYPE(ADDR), LIST(conf_apn, pcscf),
     .derived = "the addresses of the lab's P-CSCFs",
     .help = "P-CSCF addresses that the GGSN hands out in the PCO, in this order."},
    {"dns", TYPE(ADDR), LIST(conf_apn, dns),
     .derived = "the address of the lab's DNS server",
     .help = "DNS servers that the GGSN hands out in the PCO."},
    {"mtu", UINT(576, 1500), AT(conf_apn, mtu), DEFAULT("1400"),
     .help = "Link MTU that the GGSN hands out, octets."},
    {NULL},
};

static const struct conf_row ggsn_rows[] = {
    ELEMENT,
    {"apns", MAP(apn_rows), LIST(conf_ggsn, apn), .fewest = 1, REQUIRED,
     .help = "The access points; the first is every default."},
    {"state", TYPE(PATH), AT(conf_ggsn, state), DEFAULT("ggsn.restart"),
     .help = "File of the restart counter, below `state_dir`."},
    {NULL},
};

/* The names of sec_pairs (sec_agree.h). */
#define IPSEC_PAIRS                                                                                \
    "hmac-sha-1-96/aes-cbc null/aes-gcm hmac-md5-96/aes-cbc hmac-sha-1-96/des-ede3-cbc "           \
    "hmac-md5-96/des-ede3-cbc hmac-sha-1-96/null aes-gmac/null hmac-md5-96/null"

static const struct conf_row pcscf_rows[] = {
    ELEMENT,
    {"port", PORT, AT(conf_pcscf, port), DEFAULT("5060"),
     .help = "SIP, UDP and TCP."},
    {"ipsec", TYPE(CHOICE), AT(conf_pcscf, ipsec),
     .choices = "off optional required", DEFAULT("optional"),
     .help = "Security agreement with terminals (RFC 3329, TS 33.203): `optional` gives ESP to a "
             "terminal that offers it, and serves the others; `required` refuses the others (421, "
             "494). Where the kernel has no ESP, `optional` works as `off` and `required` does not "
             "start."},
    {"ipsec_algorithms", TYPE(WORD), LIST(conf_pcscf, ipsec_algorithm), .choices = IPSEC_PAIRS,
     .derived = "all that the kernel has, in this order",
     .help = "What is accepted, integrity/encryption; the first that the terminal offers too is "
             "taken. Without a pair that ciphers, nothing is ever ciphered."},
    {"port_ps", PORT, AT(conf_pcscf, port_ps), DEFAULT("6100"),
     .help = "The protected server port: where terminals send to inside ESP, UDP and TCP."},
    {"port_pc", PORT, LIST(conf_pcscf, port_pc),
     .derived = "the three ports after `port_ps`",
     .help = "The protected client ports, two or more: where what is sent to terminals leaves "
             "from. Each registration takes the next."},
    {"sa_state", TYPE(PATH), AT(conf_pcscf, sa_state),
     .derived = "the element's name and `.sa`",
     .help = "File that keeps the security associations over a restart, below `state_dir`. It "
             "holds keys."},
    {"visited_network_id", TYPE(HOST), AT(conf_pcscf, visited_network_id),
     .derived = "`visited.domain`", .help = "P-Visited-Network-ID that it writes."},
    {"reg_event", TYPE(CHOICE), AT(conf_pcscf, reg_event), .choices = "off on", DEFAULT("on"),
     .help = "Whether it subscribes to the reg event of those who register through it (TS 24.229 5.2.3), and "
             "so hears what the network ends."},
    {NULL},
};

static const struct conf_row icscf_rows[] = {
    ELEMENT,
    {"port", PORT, AT(conf_icscf, port), DEFAULT("5060"),
     .help = "SIP, UDP and TCP."},
    {NULL},
};

static const struct conf_row scscf_rows[] = {
    ELEMENT,
    {"port", PORT, AT(conf_scscf, port), DEFAULT("5060"),
     .help = "SIP, UDP and TCP."},
    {"capabilities", UINT(0, UINT32_MAX), LIST(conf_scscf, capability),
     .help = "What it offers when the I-CSCF selects by capabilities (TS 29.228 6.7)."},
    {"min_expires_s", UINT(1, UINT32_MAX), AT(conf_scscf, min_expires_s), DEFAULT("60"),
     .help = "Shorter registrations get 423."},
    {"max_expires_s", UINT(1, UINT32_MAX), AT(conf_scscf, max_expires_s), DEFAULT("600000"),
     .help = "Longer registrations are cut to this."},
    {"default_expires_s", UINT(1, UINT32_MAX), AT(conf_scscf, default_expires_s), DEFAULT("600000"),
     .help = "When the terminal asks for none."},
    {"max_attempts", UINT(1, 10), AT(conf_scscf, max_attempts), DEFAULT("3"),
     .help = "Wrong answers to a challenge before 403."},
    {"vectors", UINT(1, 5), AT(conf_scscf, vectors), DEFAULT("1"),
     .help = "Authentication vectors asked for at once."},
    {"reauth_expires_s", UINT(1, UINT32_MAX), AT(conf_scscf, reauth_expires_s), DEFAULT("60"),
     .help = "What the network leaves of a registration when it wants to authenticate again."},
    {"journal", TYPE(PATH), AT(conf_scscf, journal),
     .derived = "the element's name and `.journal`",
     .help = "File that keeps the registrations over a restart, below `state_dir`."},
    {NULL},
};

static const struct conf_row http_rows[] = {
    {"on", TYPE(BOOL), AT(conf_http, on), DEFAULT("true"),
     .help = "Whether the HSS serves HTTP at all."},
    {"address", TYPE(ADDR), AT(conf_http, address), DEFAULT("127.0.0.1"),
     .help = "Where it listens, and nowhere else. The loopback one is that of the HSS's network "
             "namespace: `./lab sub` and `./lab exec home` reach it."},
    {"port", PORT, AT(conf_http, port), DEFAULT("8080"),
     .help = "Its TCP port."},
    {"most_body", UINT(1024, 1073741824), AT(conf_http, most_body), DEFAULT("67108864"),
     .help = "Octets of the longest body it takes: an import is one body."},
    {"idle_s", S, AT(conf_http, idle_s), DEFAULT("30"),
     .help = "A connection on which nothing moves is closed after this."},
    {NULL},
};

static const struct conf_row hss_rows[] = {
    ELEMENT,
    {"identity", TYPE(HOST), AT(conf_hss, identity), .derived = "its `host`",
     .help = "Diameter identity; an external HSS has its own."},
    {"realm", TYPE(HOST), AT(conf_hss, realm), .derived = "`home.domain`",
     .help = "Diameter realm."},
    {"port", PORT, AT(conf_hss, port), DEFAULT("3868"),
     .help = "Diameter."},
    {"transport", TYPE(CHOICE), AT(conf_hss, transport), .choices = "auto sctp tcp", DEFAULT("auto"),
     .help = "What carries Cx. `auto`: SCTP where the kernel has it, else TCP; the HSS listens on "
             "both. `sctp`: nothing else, the daemons do not start without. `tcp`: for a path that "
             "swallows SCTP, where `auto` would wait some seconds before it takes TCP."},
    {"database", TYPE(PATH), AT(conf_hss, database), DEFAULT("hss.db"),
     .help = "File of the subscriber database, below `state_dir`."},
    {"ccf", TYPE(HOST), AT(conf_hss, ccf), .derived = "`ccf.` and `home.domain`",
     .help = "Charging collection function (Charging-Information, P-Charging-Function-Addresses) "
             "of subscribers that have none of their own. A name: nothing connects to it."},
    {"http", MAP(http_rows), AT(conf_hss, http), DEFAULT(CONF_EMPTY),
     .help = "Provisioning: REST with JSON, described by its own /openapi.json. Writing needs the "
             "token in the file `hss.token` below `state_dir`."},
    {"push_retry_s", S, AT(conf_hss, push_retry_s), DEFAULT("5"),
     .help = "An RTR or PPR whose S-CSCF cannot be reached, or does not answer, is sent again "
             "after this, and when it connects."},
    {NULL},
};

static const struct conf_row dns_rows[] = {
    ELEMENT,
    {"ttl_s", UINT(0, 86400), AT(conf_dns, ttl_s), DEFAULT("60"),
     .help = "How long the answers hold, seconds."},
    {"prefer", TYPE(CHOICE), AT(conf_dns, prefer), .choices = "udp tcp", DEFAULT("udp"),
     .help = "Transport between core nodes: the NAPTR order."},
    {NULL},
};

static const struct conf_row timer_rows[] = {
    {"sip_t1_ms", MS, AT(conf_timers, sip_t1_ms), DEFAULT("500"),
     .help = "SIP T1: round trip (RFC 3261 17)."},
    {"sip_t2_ms", MS, AT(conf_timers, sip_t2_ms), DEFAULT("4000"),
     .help = "SIP T2: longest retransmission interval; core nodes use T1."},
    {"sip_t4_ms", MS, AT(conf_timers, sip_t4_ms), DEFAULT("5000"),
     .help = "SIP T4: longest life of a message in the network."},
    {"sip_t1x64_ms", MS, AT(conf_timers, sip_t1x64_ms), DEFAULT("32000"),
     .help = "SIP timers B, F, H: when a transaction gives up."},
    {"icscf_scscf_ms", MS, AT(conf_timers, icscf_scscf_ms), DEFAULT("6500"),
     .help = "How long the I-CSCF waits for one S-CSCF before it tries the next; over twice cx_wait_ms, or it "
             "leaves an S-CSCF that only waits for the HSS."},
    {"pcscf_icscf_ms", MS, AT(conf_timers, pcscf_icscf_ms), DEFAULT("20000"),
     .help = "How long the P-CSCF waits for one I-CSCF before it tries the next."},
    {"reg_await_auth_s", S, AT(conf_timers, reg_await_auth_s), DEFAULT("240"),
     .help = "How long a challenge may be answered (TS 24.229 5.4.1.2.1)."},
    {"reg_event_interval_ms", UINT(0, 3600000), AT(conf_timers, reg_event_interval_ms), DEFAULT("5000"),
     .help = "Least time between two NOTIFYs of the reg event to one watcher (RFC 3680 4.10); a contact that "
             "ends or is shortened is told at once."},
    {"sa_margin_s", S, AT(conf_timers, sa_margin_s), DEFAULT("30"),
     .help = "How much longer than the registration its security associations live (TS 33.203 "
             "7.4.2a)."},
    {"sa_grace_ms", MS, AT(conf_timers, sa_grace_ms), DEFAULT("32000"),
     .help = "How long security associations that are replaced, or whose registration ended, still "
             "serve what is under way."},
    {"cx_wait_ms", MS, AT(conf_timers, cx_wait_ms), DEFAULT("3000"),
     .help = "Longest wait for a Cx answer."},
    {"diameter_tc_s", S, AT(conf_timers, diameter_tc_s), DEFAULT("2"),
     .help = "Diameter Tc: time between attempts to connect (RFC 6733 2.1)."},
    {"diameter_tw_s", UINT(1, 86400),
     AT(conf_timers, diameter_tw_s), DEFAULT("6"),
     .help = "Diameter Tw: watchdog. RFC 3539 3.4.1 wants 6 or more; less is for tests."},
    {"dns_wait_ms", MS, AT(conf_timers, dns_wait_ms), DEFAULT("1000"),
     .help = "One DNS query to one server."},
    {"dns_tries", UINT(1, 10), AT(conf_timers, dns_tries), DEFAULT("2"),
     .help = "How often a DNS query is sent."},
    {"gtp_t3_ms", MS, AT(conf_timers, gtp_t3_ms), DEFAULT("3000"),
     .help = "GTP T3-RESPONSE (TS 29.060 7.6)."},
    {"gtp_n3", UINT(1, 10), AT(conf_timers, gtp_n3), DEFAULT("5"),
     .help = "GTP N3-REQUESTS: how often a request is sent."},
    {"gtp_echo_s", S, AT(conf_timers, gtp_echo_s), DEFAULT("60"),
     .help = "Time between GTP Echo Requests."},
    {"t3310_ms", MS, AT(conf_timers, t3310_ms), DEFAULT("15000"),
     .help = "Terminal: wait for Attach Accept (TS 24.008 11.2.2)."},
    {"t3321_ms", MS, AT(conf_timers, t3321_ms), DEFAULT("15000"),
     .help = "Terminal: wait for Detach Accept."},
    {"t3380_ms", MS, AT(conf_timers, t3380_ms), DEFAULT("30000"),
     .help = "Terminal: wait for Activate PDP Context Accept (TS 24.008 11.2.3)."},
    {"t3390_ms", MS, AT(conf_timers, t3390_ms), DEFAULT("8000"),
     .help = "Terminal: wait for Deactivate PDP Context Accept."},
    {"nas_tries", UINT(1, 10), AT(conf_timers, nas_tries), DEFAULT("5"),
     .help = "How often a GMM or SM message is sent."},
    {"t3350_ms", MS, AT(conf_timers, t3350_ms), DEFAULT("6000"),
     .help = "SGSN: wait for Attach Complete."},
    {"t3360_ms", MS, AT(conf_timers, t3360_ms), DEFAULT("6000"),
     .help = "SGSN: wait for Authentication and Ciphering Response."},
    {"t3370_ms", MS, AT(conf_timers, t3370_ms), DEFAULT("6000"),
     .help = "SGSN: wait for Identity Response."},
    {"t3395_ms", MS, AT(conf_timers, t3395_ms), DEFAULT("8000"),
     .help = "SGSN: wait for Deactivate PDP Context Accept."},
    {"ns_reset_ms", MS, AT(conf_timers, ns_reset_ms), DEFAULT("3000"),
     .help = "Tns-reset: wait for NS-RESET-ACK (TS 48.016 7.3)."},
    {"ns_alive_s", S, AT(conf_timers, ns_alive_s), DEFAULT("30"),
     .help = "Tns-test: time between NS-ALIVE."},
    {"ue_retry_ms", MS, AT(conf_timers, ue_retry_ms), DEFAULT("30000"),
     .help = "How long the terminal waits after 408, 480 or 5xx before it registers again."},
    {"nat_keepalive_s", S, AT(conf_timers, nat_keepalive_s), DEFAULT("20"),
     .help = "A terminal behind a NAT that has sent nothing for so long sends an octet that keeps "
             "the NAT's binding (RFC 3948 4)."},
    {NULL},
};

static const struct conf_row impu_rows[] = {
    {"id", TYPE(IMPU), AT(conf_impu, id), REQUIRED,
     .help = "The identity: `sip:name@hims.net`, `tel:+15550001`."},
    {"barred", TYPE(BOOL), AT(conf_impu, barred), DEFAULT("false"),
     .help = "Good for registering only."},
    {NULL},
};

static const struct conf_row subscriber_rows[] = {
    {"name", NAME(1, 32), AT(conf_subscriber, name), REQUIRED,
     .help = "What `./lab` and the tests call the subscriber."},
    {"imsi", DIGITS(14, 15), AT(conf_subscriber, imsi),
     .help = "Without it: no GPRS subscription and no AKA."},
    {"msisdn", DIGITS(3, 15), AT(conf_subscriber, msisdn),
     .help = "Telephone number with country code, without `+`."},
    {"gprs", TYPE(BOOL), AT(conf_subscriber, gprs), DEFAULT("true"),
     .help = "`false`: the IMSI is known but GPRS is not allowed (GMM cause 7)."},
    {"apns", NAME(1, 62), LIST(conf_subscriber, apn),
     .derived = "all of the lab", .help = "Access points it may use."},
    {"impi", TYPE(IMPI), AT(conf_subscriber, impi), REQUIRED,
     .help = "Private identity: `name.private@hims.net`."},
    {"auth", TYPE(CHOICE), AT(conf_subscriber, auth),
     .choices = "akav1 akav2 digest-md5 digest-sha256", DEFAULT("akav1"),
     .help = "How it proves who it is. AKA needs an `imsi`. `akav2`: the S-CSCF asks for AKAv2-MD5 (RFC 4169)."},
    {"impus", MAP(impu_rows), LIST(conf_subscriber, impu), .fewest = 1,
     .brief = true, REQUIRED,
     .help = "Public identities, one implicit registration set; the first that is not barred is "
             "the default identity."},
    {"visited", TYPE(HOST), LIST(conf_subscriber, visited),
     .derived = "everywhere", .help = "Networks it may roam in."},
    {"mandatory", UINT(0, UINT32_MAX), LIST(conf_subscriber, mandatory),
     .help = "Capabilities that its S-CSCF must have."},
    {"optional", UINT(0, UINT32_MAX), LIST(conf_subscriber, optional),
     .help = "Capabilities that its S-CSCF should have."},
    {"registration_allowed", TYPE(BOOL), AT(conf_subscriber, registration_allowed), DEFAULT("true"),
     .help = "`false`: the HSS answers DIAMETER_AUTHORIZATION_REJECTED."},
    {"unregistered_services", TYPE(BOOL),
     AT(conf_subscriber, unregistered_services), DEFAULT("false"),
     .help = "Whether it has services while not registered."},
    {NULL},
};

static const struct conf_row terminal_rows[] = {
    {"name", NAME(1, 32), AT(conf_terminal, name), REQUIRED,
     .help = "What `./lab ue` and `--name` call it."},
    {"imsi", DIGITS(14, 15), AT(conf_terminal, imsi), REQUIRED,
     .help = "The SIM that is in it, by its IMSI."},
    {"gb_address", TYPE(ADDR), AT(conf_terminal, gb_address), REQUIRED,
     .help = "Its end of the Gb link to the SGSN."},
    {"apn", NAME(1, 62), AT(conf_terminal, apn),
     .derived = "the first of the lab", .help = "Access point for IMS signalling."},
    {"pdp_type", TYPE(WORD), AT(conf_terminal, pdp_type),
     .choices = "ipv4 ipv6 ipv4v6", DEFAULT("ipv4"),
     .help = "Address family it asks for."},
    {"pcscf_domain", TYPE(HOST), AT(conf_terminal, pcscf_domain),
     .derived = "`pcscf.` and `visited.domain`",
     .help = "Asked in the DNS when the PCO names no P-CSCF (TS 24.229 9.2.1)."},
    {"pcscf", NAME(1, 32), AT(conf_terminal, pcscf),
     .derived = "the first that the network names",
     .help = "The P-CSCF that it tries first of those that the network names (TS 24.229 9.2.1)."},
    {"signalling_only", TYPE(BOOL), AT(conf_terminal, signalling_only), DEFAULT("true"),
     .help = "Ask for a PDP context for IMS signalling alone: the GGSN then passes only what goes "
             "to and comes from the P-CSCFs and DNS servers of the APN (TS 24.229 B.2.2.1)."},
    {"interface", NAME(0, 15), AT(conf_terminal, interface),
     .help = "With `user_plane` off: where the address of the Activate Accept is put; nothing: "
             "nowhere."},
    {"sip_port", PORT, AT(conf_terminal, sip_port), DEFAULT("5060"),
     .help = "Its own SIP port."},
    {"transport", TYPE(CHOICE), AT(conf_terminal, transport), .choices = "udp tcp", DEFAULT("udp"),
     .help = "How it talks to the P-CSCF."},
    {"expires_s", UINT(1, UINT32_MAX), AT(conf_terminal, expires_s), DEFAULT("600000"),
     .help = "Registration time it asks for."},
    {"max_forwards", UINT(1, 255), AT(conf_terminal, max_forwards), DEFAULT("70"),
     .help = "Max-Forwards of its requests."},
    {"cseq", UINT(1, 2147483647), AT(conf_terminal, cseq), DEFAULT("1"),
     .help = "CSeq of its first REGISTER."},
    {"reg_event", TYPE(CHOICE), AT(conf_terminal, reg_event), .choices = "off on", DEFAULT("on"),
     .help = "Whether it subscribes to the reg event of its own registration (TS 24.229 5.1.1.3)."},
    {"ipsec", TYPE(CHOICE), AT(conf_terminal, ipsec), .choices = "off auto required",
     DEFAULT("auto"),
     .help = "Security agreement with the P-CSCF (RFC 3329, TS 33.203): `auto` offers it where the "
             "kernel has ESP and goes on unprotected when the P-CSCF has none; `required` "
             "registers in no other way."},
    {"ipsec_algorithms", TYPE(WORD), LIST(conf_terminal, ipsec_algorithm), .choices = IPSEC_PAIRS,
     .derived = "all that the kernel has, but those with MD5 or DES (gone from TS 33.203)",
     .help = "What it offers, integrity/encryption, in its order; the P-CSCF's order decides."},
    {"nat_traversal", TYPE(BOOL), AT(conf_terminal, nat_traversal), DEFAULT("true"),
     .help = "Offer mod=UDP-enc-tun beside mod=trans: with a NAT between it and the P-CSCF, ESP then "
             "crosses it in UDP, port 4500 (TS 33.203 Annex M); without one nothing changes."},
    {NULL},
};

const struct conf_row conf_lab_rows[] = {
    {"home", MAP(home_rows), SAME, REQUIRED,
     .help = "The home network."},
    {"visited", MAP(visited_rows), SAME, REQUIRED,
     .help = "The visited network."},
    {"state_dir", TYPE(PATH), AT(conf, state_dir), DEFAULT("run/state"),
     .help = "Where all daemons keep their state, relative to the working directory; "
             "`--state-dir` overrides."},
    {"user_plane", TYPE(CHOICE), AT(conf, user_plane), .choices = "auto on off", DEFAULT("auto"),
     .help = "Whether terminals' packets cross the GPRS tunnel (SNDCP, GTP-U; TUN devices at both "
             "ends, each terminal in a network namespace of its own). auto: where the machine "
             "allows TUN devices; on: or nothing starts. off: the address is put on `interface`."},
    {"sims", TYPE(PATH), AT(conf, sims_file),
     .help = "The file with the SIM cards' keys, relative to this file. Mode 0600; only hss, "
             "gprs-stub and ue open it, and they need it."},
    {"sgsn", MAP(sgsn_rows), AT(conf, sgsn), REQUIRED,
     .help = "The SGSN."},
    {"ggsn", MAP(ggsn_rows), AT(conf, ggsn), REQUIRED,
     .help = "The GGSN."},
    {"dns", MAP(dns_rows), AT(conf, dns), REQUIRED,
     .help = "The DNS server."},
    {"pcscf", MAP(pcscf_rows), LIST(conf, pcscf), .fewest = 1, REQUIRED,
     .help = "The P-CSCFs."},
    {"icscf", MAP(icscf_rows), LIST(conf, icscf), .fewest = 1, REQUIRED,
     .help = "The I-CSCFs."},
    {"scscf", MAP(scscf_rows), LIST(conf, scscf), .fewest = 1, REQUIRED,
     .help = "The S-CSCFs."},
    {"hss", MAP(hss_rows), AT(conf, hss), REQUIRED,
     .help = "The HSS."},
    {"timers", MAP(timer_rows), AT(conf, timers),
     .fallback = CONF_EMPTY, .help = "Every protocol timer of the lab."},
    {"subscribers", MAP(subscriber_rows), HEAP(conf, subscriber),
     .help = "What the HSS knows on its first start."},
    {"terminals", MAP(terminal_rows), HEAP(conf, terminal),
     .help = "The terminals of the lab."},
    {NULL},
};

static const struct conf_row isim_rows[] = {
    {"impi", TYPE(IMPI), AT(conf_sim, impi), REQUIRED,
     .help = "Private identity."},
    {"impus", TYPE(IMPU), LIST(conf_sim, impu), .fewest = 1, REQUIRED,
     .help = "Public identities; the first is registered."},
    {"domain", TYPE(HOST), AT(conf_sim, domain),
     .derived = "`home.domain` of lab.yaml", .help = "Home network domain."},
    {NULL},
};

static const struct conf_row sim_rows[] = {
    {"imsi", DIGITS(14, 15), AT(conf_sim, imsi), REQUIRED,
     .help = "Whose card this is."},
    {"k", TYPE(HEX), AT(conf_sim, k), REQUIRED,
     .help = "The subscriber key."},
    {"opc", TYPE(HEX), AT(conf_sim, opc),
     .derived = "none: `opc` or `op` must be there", .help = "OPc (TS 35.206)."},
    {"op", TYPE(HEX), AT(conf_sim, opc),
     .given_at = offsetof(struct conf_sim, from_op),
     .help = "Instead of `opc`: OP, from which OPc is derived."},
    {"amf", TYPE(HEX), AT(conf_sim, amf), DEFAULT("8000"),
     .help = "Authentication management field (TS 33.102 annex H)."},
    {"imei", DIGITS(15, 16), AT(conf_sim, imei),
     .help = "The terminal's equipment identity (IMEI or IMEISV)."},
    {"isim", MAP(isim_rows), SAME,
     .given_at = offsetof(struct conf_sim, isim),
     .derived = "identities are derived from the IMSI (TS 23.003 13)",
     .help = "The ISIM application of the card."},
    {NULL},
};

static const struct conf_row password_rows[] = {
    {"impi", TYPE(IMPI), AT(conf_password, impi), REQUIRED,
     .help = "Private identity of a subscriber whose `auth` is a digest."},
    {"password", .type = TYPE_TEXT, .min = 1, .max = 100, AT(conf_password, password), REQUIRED,
     .help = "Its password. The database of the HSS keeps only hashes of it."},
    {NULL},
};

const struct conf_row conf_sims_rows[] = {
    {"sims", MAP(sim_rows), HEAP(conf, sim), REQUIRED,
     .help = "The cards."},
    {"passwords", MAP(password_rows), HEAP(conf, password),
     .help = "The passwords of softphones (SIP Digest)."},
    {NULL},
};
