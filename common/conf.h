/* SPDX-License-Identifier: Apache-2.0 */
/* conf/lab.yaml, read: ONE file describes the whole lab and every daemon reads it with -c. After
 * conf_load the struct is const. The schema (conf_schema.c) is one table; each member here is one
 * row there: key, type, range or choices, default, help. Unknown key, bad or missing value: file,
 * line and what was expected. */
#ifndef IMSLAB_CONF_H
#define IMSLAB_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "why.h"

#define CONF_NAME 64  /* element names, APN names, algorithms */
#define CONF_HOST 128 /* domain names */
#define CONF_URI  192 /* IMPI, IMPU */
#define CONF_PATH 256

/* What every element has. name, host, address as in lab.yaml; `external: ADDRESS` puts that address
 * here. */
struct conf_element {
    char name[CONF_NAME]; /* "pcscf1": the log name and --name */
    char host[CONF_HOST]; /* "pcscf1.vims.net": Via, Path, URIs, DNS, Diameter identity */
    struct addr address;  /* IPv4 (or IPv6 alone); port 0 */
    struct addr address6; /* IPv6 too, when given */
    bool external;        /* not started by ./lab: a stranger stands at this address */
};

/* The kinds of element, in the order of the ladder. */
enum conf_kind {
    KIND_SGSN,
    KIND_GGSN,
    KIND_PCSCF,
    KIND_DNS,
    KIND_ICSCF,
    KIND_SCSCF,
    KIND_HSS,
};

enum conf_ipsec { IPSEC_OFF, IPSEC_OPTIONAL, IPSEC_REQUIRED }; /* a terminal says auto */
enum conf_transport { CONF_UDP, CONF_TCP };
enum conf_diameter { DIAMETER_AUTO, DIAMETER_SCTP, DIAMETER_TCP };
enum conf_user_plane { PLANE_AUTO, PLANE_ON, PLANE_OFF };
enum conf_switch { CONF_OFF, CONF_ON };

struct conf_sgsn {
    struct conf_element element;
    unsigned gb_port;                /* 2157 */
    unsigned nsei, nsvci, bvci;      /* 1001, 101, 2 */
    unsigned lac, rac, ci;           /* routing area and cell */
    unsigned n201_u;                 /* longest LLC frame of user data, both ways: 500 */
    enum conf_switch authentication; /* UMTS AKA at attach */
    char state[CONF_PATH];           /* restart counter file name, below state_dir */
    char sqn_state[CONF_PATH];       /* the authentication centre's sequence numbers, likewise */
};

struct conf_apn {
    char name[CONF_NAME];      /* "ims" */
    struct prefix pool, pool6; /* addresses for terminals; pool6 optional */
    struct addr
        pcscf[8]; /* handed out in the PCO, in this order, v4 and v6; default: the lab's P-CSCFs */
    size_t pcscf_count;
    struct addr dns[2];
    size_t dns_count;
    unsigned mtu;
};

struct conf_ggsn {
    struct conf_element element;
    struct conf_apn apn[8];
    size_t apn_count;
    char state[CONF_PATH];
};

struct conf_pcscf {
    struct conf_element element;
    unsigned port; /* 5060 */
    enum conf_ipsec ipsec;
    char ipsec_algorithm[8][CONF_NAME]; /* "hmac-sha-1-96/aes-cbc", as sec_pair_parse reads it */
    size_t ipsec_algorithm_count;       /* 0: all that there are */
    unsigned port_ps;                   /* the protected server port */
    unsigned port_pc[8];                /* protected client ports, two or more */
    size_t port_pc_count;
    char sa_state[CONF_PATH];           /* file name below state_dir */
    char visited_network_id[CONF_HOST]; /* P-Visited-Network-ID; default visited.domain */
    enum conf_switch reg_event;         /* watches what it has registered: on */
};

struct conf_icscf {
    struct conf_element element;
    unsigned port;
};

struct conf_scscf {
    struct conf_element element;
    unsigned port;
    uint32_t capability[32]; /* what it offers (TS 29.228 6.7) */
    size_t capability_count;
    unsigned min_expires_s, max_expires_s, default_expires_s; /* 60, 600000, 600000 */
    unsigned max_attempts;     /* wrong answers to a challenge before 403 */
    unsigned vectors;          /* SIP-Number-Auth-Items asked for: 1 */
    unsigned reauth_expires_s; /* 60 */
    char journal[CONF_PATH];   /* file name below state_dir */
};

struct conf_hss {
    struct conf_element element;
    char identity[CONF_HOST]; /* Diameter identity; default host */
    char realm[CONF_HOST];    /* default home.domain */
    unsigned port;            /* 3868 */
    enum conf_diameter transport;
    char database[CONF_PATH]; /* file name below state_dir */
    char ccf[CONF_HOST];      /* default ccf.DOMAIN */
    struct conf_http {        /* provisioning */
        bool on;
        struct addr address;
        unsigned port;
        unsigned most_body; /* octets of a request's body */
        unsigned idle_s;    /* a connection that says nothing, or reads nothing */
    } http;
    unsigned push_retry_s; /* an RTR or PPR that could not be delivered is sent again after this */
};

struct conf_dns {
    struct conf_element element;
    unsigned ttl_s;
    enum conf_transport prefer; /* NAPTR order between core nodes: udp (the seed's) by default */
};

/* Every protocol timer of the lab; tests set them. */
struct conf_timers {
    unsigned sip_t1_ms, sip_t2_ms, sip_t4_ms,
        sip_t1x64_ms;        /* 500, 4000 (core uses t1), 5000, 32000 */
    unsigned icscf_scscf_ms; /* how long the I-CSCF waits for one S-CSCF before the next: 6500, over
                                2 cx_wait_ms */
    unsigned pcscf_icscf_ms; /* how long the P-CSCF waits for one I-CSCF before the next */
    unsigned reg_await_auth_s;                       /* 240, TS 24.229 5.4.1.2.1 */
    unsigned reg_event_interval_ms;                  /* between two NOTIFYs to one watcher: 5000 */
    unsigned sa_margin_s, sa_grace_ms;               /* 30, 32000: lives of SAs */
    unsigned cx_wait_ms;                             /* longest wait for a Cx answer: 3000 */
    unsigned diameter_tc_s, diameter_tw_s;           /* reconnect 2, watchdog 6 */
    unsigned dns_wait_ms, dns_tries;                 /* one query to one server: 1000 ms, 2 tries */
    unsigned gtp_t3_ms, gtp_n3, gtp_echo_s;          /* 3000, 5, 60 */
    unsigned t3310_ms, t3321_ms, t3380_ms, t3390_ms; /* UE: attach, detach, activate, deactivate */
    unsigned nas_tries;                              /* 5 */
    unsigned t3350_ms, t3360_ms, t3370_ms, t3395_ms; /* SGSN */
    unsigned ns_reset_ms, ns_alive_s;
    unsigned ue_retry_ms;     /* back-off after 480/5xx/408 before the UE tries again */
    unsigned nat_keepalive_s; /* 20: UE behind a NAT, RFC 3948 4 */
};

struct conf_impu {
    char id[CONF_URI]; /* "sip:name@hims.net", "tel:+15550001" */
    bool barred;
};

enum conf_auth { AUTH_AKAV1, AUTH_AKAV2, AUTH_DIGEST_MD5, AUTH_DIGEST_SHA256 };

/* What the network knows of a subscriber (no secrets). */
struct conf_subscriber {
    char name[CONF_NAME]; /* "name", "alice": how ./lab and the tests call the subscriber */
    char imsi[16];        /* "" : no GPRS subscription */
    char msisdn[16];
    bool gprs;              /* false: IMSI known, GPRS not allowed (GMM cause 7) */
    char apn[8][CONF_NAME]; /* subscribed APNs */
    size_t apn_count;
    char impi[CONF_URI];
    enum conf_auth auth;
    struct conf_impu
        impu[16]; /* one implicit registration set; the first non-barred is the default identity */
    size_t impu_count;
    char visited[8][CONF_HOST]; /* networks it may roam in; none: everywhere */
    size_t visited_count;
    uint32_t mandatory[16], optional[16]; /* capabilities its S-CSCF must / should have */
    size_t mandatory_count, optional_count;
    bool registration_allowed; /* false: RC 5003 */
    bool unregistered_services;
};

/* Of a softphone: read only with CONF_SIMS, from the 0600 file. */
struct conf_password {
    char impi[CONF_URI], password[104];
};

/* A SIM card: read only with CONF_SIMS, from the 0600 file. */
struct conf_sim {
    char imsi[16];
    uint8_t k[16], opc[16]; /* OPc given or derived from OP */
    bool from_op;           /* the file gave OP; opc was derived from it */
    uint8_t amf[2];
    char imei[17]; /* "" when the file says nothing */
    bool isim;     /* false: impi, impu, domain are derived from the IMSI, TS 23.003 13 */
    char impi[CONF_URI], domain[CONF_HOST];
    char impu[8][CONF_URI];
    size_t impu_count;
};

/* A terminal of the lab: a SIM in a device. */
struct conf_terminal {
    char name[CONF_NAME];   /* "name" */
    char imsi[16];          /* which SIM */
    struct addr gb_address; /* its end of the Gb link; port chosen by the kernel when 0 */
    char apn[CONF_NAME];
    char pcscf_domain[CONF_HOST]; /* asked in the DNS when the PCO names no P-CSCF */
    char pcscf[CONF_NAME];        /* which of the network's P-CSCFs it tries first; "": its first */
    char interface[CONF_NAME];    /* where the address of the Activate Accept is put; "": nowhere */
    unsigned sip_port;            /* 5060 */
    unsigned expires_s;           /* 90000 for the seed's terminal */
    unsigned max_forwards, cseq;  /* 20 and 25 for the seed's terminal; 70 and 1 */
    enum conf_transport transport;
    char pdp_type[8];           /* ipv4, ipv6, ipv4v6 */
    enum conf_switch reg_event; /* watches its own registration: on */
    bool signalling_only;       /* asks for a context for IMS signalling (PCO 0002): true */
    enum conf_ipsec ipsec;
    char ipsec_algorithm[8][CONF_NAME]; /* "hmac-sha-1-96/aes-cbc", as sec_pair_parse reads it */
    size_t ipsec_algorithm_count;       /* 0: the present ones of TS 33.203 */
    bool nat_traversal;                 /* offers mod=UDP-enc-tun, too: true */
};

struct conf {
    char file[CONF_PATH]; /* lab.yaml as given with -c */
    char sims_file[CONF_PATH];
    char state_dir[CONF_PATH]; /* state of all daemons; relative to the working directory;
                                  --state-dir overrides */
    char mcc[4], mnc[4];
    char home_domain[CONF_HOST], visited_domain[CONF_HOST];
    enum conf_user_plane user_plane; /* terminals' packets through GPRS: auto */
    struct conf_sgsn sgsn;
    struct conf_ggsn ggsn;
    struct conf_pcscf pcscf[4];
    size_t pcscf_count;
    struct conf_icscf icscf[4];
    size_t icscf_count;
    struct conf_scscf scscf[8];
    size_t scscf_count;
    struct conf_hss hss;
    struct conf_dns dns;
    struct conf_timers timers;
    struct conf_subscriber *subscriber; /* malloc'd */
    size_t subscriber_count;
    struct conf_sim *sim; /* malloc'd, wiped by conf_free; NULL without CONF_SIMS */
    size_t sim_count;
    struct conf_password *password; /* the same */
    size_t password_count;
    struct conf_terminal *terminal;
    size_t terminal_count;
};

enum { CONF_SIMS = 1 }; /* also open the sims file: hss, gprs-stub and ue only */

/* conf_load - read and check the whole file. *conf is zeroed first.
 * flags   CONF_SIMS or 0
 * why     one sentence on failure, never with a value of the sims file; may be NULL
 * returns 0; -EINVAL with "conf/lab.yaml:7: 'port' must be 1..65535, got 'soon'"; -errno when a
 *         file cannot be read; -EPERM when others than the owner may read the sims file. After a
 *         failure *conf is zero and holds no memory. */
int conf_load(struct conf *conf, const char *file, unsigned flags, struct why *why);
/* conf_free - wipe the keys, free the lists, zero *conf. */
void conf_free(struct conf *conf);

/* One element of the lab, whatever its kind. */
struct conf_entry {
    enum conf_kind kind;
    const struct conf_element *element; /* lives as long as the conf */
    unsigned port;                      /* SIP, Diameter, DNS; GTP-C for sgsn and ggsn */
};

#define CONF_ENTRIES 20 /* 4 single elements, 4 pcscf, 4 icscf, 8 scscf */

/* conf_entries - every element in the order of the ladder; returns how many of out were filled. */
size_t conf_entries(const struct conf *conf, struct conf_entry out[CONF_ENTRIES]);
/* conf_kind_name - "pcscf": the key in lab.yaml, static storage. */
const char *conf_kind_name(enum conf_kind kind);

/* conf_name_of - the element that owns this host address ("icscf1", "hss", "dns"), ports ignored; a
 * terminal's pool or Gb address gives "ue". NULL for a stranger. For logs. */
const char *conf_name_of(const struct conf *conf, const struct addr *a);
/* conf_trusted - whether the address is one of the core's SIP elements (trust list). */
bool conf_trusted(const struct conf *conf, const struct addr *a);

/* Look-ups by what the function's name says; NULL when there is none. An element name of NULL means
 * the first of its kind. */
const struct conf_sim *conf_sim(const struct conf *conf, const char *imsi);
const struct conf_password *conf_password(const struct conf *conf, const char *impi);
const struct conf_subscriber *conf_subscriber_by_imsi(const struct conf *conf, const char *imsi);
const struct conf_terminal *conf_terminal(const struct conf *conf, const char *name);
const struct conf_pcscf *conf_pcscf(const struct conf *conf, const char *name);
const struct conf_icscf *conf_icscf(const struct conf *conf, const char *name);
const struct conf_scscf *conf_scscf(const struct conf *conf, const char *name);

/* conf_reference - write the configuration reference (Markdown) from the schema table to stdout. */
void conf_reference(void);

#endif
