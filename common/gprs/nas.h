/* SPDX-License-Identifier: Apache-2.0 */
/* The messages between terminal and SGSN (TS 24.008 9.4 GMM, 9.5 SM), each a plain struct, both
 * directions. One table row per information element (nas_gmm.c, nas_sm.c) is all there is to know
 * about a message; nas.c walks the tables by the rules of TS 24.007 11.2 and 24.008 8. Pure. */
#ifndef IMSLAB_NAS_H
#define IMSLAB_NAS_H

#include "gsm.h"
#include "why.h"

enum { NAS_GMM = 0x08, NAS_SM = 0x0a }; /* protocol discriminator */

enum nas_direction { NAS_UP, NAS_DOWN }; /* terminal to network, network to terminal */

enum gmm_type {
    GMM_ATTACH_REQUEST = 0x01,
    GMM_ATTACH_ACCEPT = 0x02,
    GMM_ATTACH_COMPLETE = 0x03,
    GMM_ATTACH_REJECT = 0x04,
    GMM_DETACH_REQUEST = 0x05,
    GMM_DETACH_ACCEPT = 0x06,
    GMM_RAU_REQUEST = 0x08, /* Routing Area Update ... */
    GMM_RAU_ACCEPT = 0x09,
    GMM_RAU_COMPLETE = 0x0a,
    GMM_RAU_REJECT = 0x0b,
    GMM_AUTH_REQUEST = 0x12, /* Authentication and Ciphering ... */
    GMM_AUTH_RESPONSE = 0x13,
    GMM_AUTH_REJECT = 0x14,
    GMM_IDENTITY_REQUEST = 0x15,
    GMM_IDENTITY_RESPONSE = 0x16,
    GMM_AUTH_FAILURE = 0x1c,
    GMM_STATUS = 0x20,
};

enum sm_type {
    SM_ACTIVATE_REQUEST = 0x41, /* Activate PDP Context ... */
    SM_ACTIVATE_ACCEPT = 0x42,
    SM_ACTIVATE_REJECT = 0x43,
    SM_DEACTIVATE_REQUEST = 0x46,
    SM_DEACTIVATE_ACCEPT = 0x47,
    SM_STATUS = 0x55,
};

enum gmm_cause { /* TS 24.008 10.5.5.14, annex G */
                 GMM_CAUSE_IMSI_UNKNOWN_IN_HLR = 2,
                 GMM_CAUSE_ILLEGAL_MS = 3,
                 GMM_CAUSE_IMEI_NOT_ACCEPTED = 5,
                 GMM_CAUSE_ILLEGAL_ME = 6,
                 GMM_CAUSE_NO_GPRS = 7,
                 GMM_CAUSE_NO_GPRS_AND_NO_OTHER = 8,
                 GMM_CAUSE_IDENTITY_UNKNOWN = 9,
                 GMM_CAUSE_IMPLICITLY_DETACHED = 10,
                 GMM_CAUSE_PLMN_NOT_ALLOWED = 11,
                 GMM_CAUSE_NO_ROAMING = 13,
                 GMM_CAUSE_NO_GPRS_IN_PLMN = 14,
                 GMM_CAUSE_NETWORK_FAILURE = 17,
                 GMM_CAUSE_MAC_FAILURE = 20,
                 GMM_CAUSE_SYNCH_FAILURE = 21,
                 GMM_CAUSE_CONGESTION = 22,
                 GMM_CAUSE_GSM_AUTH_UNACCEPTABLE = 23,
                 GMM_CAUSE_NO_PDP_CONTEXT = 40,
};

enum sm_cause { /* TS 24.008 10.5.6.6, annex I */
                SM_CAUSE_INSUFFICIENT_RESOURCES = 26,
                SM_CAUSE_UNKNOWN_APN = 27,
                SM_CAUSE_UNKNOWN_PDP_TYPE = 28,
                SM_CAUSE_AUTH_FAILED = 29,
                SM_CAUSE_REJECTED_BY_GGSN = 30,
                SM_CAUSE_REJECTED = 31,
                SM_CAUSE_SERVICE_NOT_SUPPORTED = 32,
                SM_CAUSE_NOT_SUBSCRIBED = 33,
                SM_CAUSE_OUT_OF_ORDER = 34,
                SM_CAUSE_NSAPI_IN_USE = 35,
                SM_CAUSE_REGULAR = 36,
                SM_CAUSE_QOS = 37,
                SM_CAUSE_NETWORK_FAILURE = 38,
                SM_CAUSE_REACTIVATION = 39,
                SM_CAUSE_V4_ONLY = 50,
                SM_CAUSE_V6_ONLY = 51,
                SM_CAUSE_SINGLE_ONLY = 52,
                SM_CAUSE_INVALID_TI = 81,
};

enum nas_cause { /* the same numbers in both protocols: what is wrong with a message */
                 NAS_CAUSE_INCORRECT = 95, /* semantically incorrect message */
                 NAS_CAUSE_MANDATORY = 96, /* invalid mandatory information */
                 NAS_CAUSE_TYPE = 97,      /* message type non-existent or not implemented */
                 NAS_CAUSE_STATE = 98,     /* message type not compatible with the protocol state */
                 NAS_CAUSE_IE = 99,        /* information element non-existent or not implemented */
                 NAS_CAUSE_CONDITIONAL = 100,
                 NAS_CAUSE_STATE_MESSAGE = 101,
                 NAS_CAUSE_PROTOCOL = 111,
};

/* The value of an element that is carried as it is. */
struct nas_octets {
    uint8_t len;
    uint8_t data[255];
};

enum nas_identity { NAS_NO_IDENTITY, NAS_IMSI, NAS_IMEI, NAS_IMEISV, NAS_PTMSI };

struct nas_mobile_id {
    uint8_t type;            /* enum nas_identity */
    char digits[GSM_DIGITS]; /* IMSI, IMEI, IMEISV */
    uint32_t ptmsi;
};

enum { NAS_ATTACH_GPRS = 1, NAS_ATTACH_COMBINED = 3 };
enum { NAS_RA_UPDATING = 0, NAS_RA_PERIODIC = 3 };
enum { NAS_NO_KEY = 7 };                                      /* CKSN: no key available */
enum { NAS_DETACH_GPRS = 1, NAS_DETACH_POWER_OFF = 8 };       /* up; ORed */
enum { NAS_DETACH_REATTACH = 1, NAS_DETACH_NO_REATTACH = 2 }; /* down */

/* "has" marks the optional elements that came, or shall be sent. */
struct gmm_attach_request {
    struct nas_octets network_capability; /* e.g. e5e0 */
    uint8_t attach_type;                  /* low nibble: type 1 or 3; 8: follow-on */
    uint8_t cksn;                         /* NAS_NO_KEY */
    uint16_t drx;                         /* 0x0a00 */
    struct nas_mobile_id identity;        /* IMSI or P-TMSI */
    struct gsm_rai old_rai;               /* none: lac fffe, rac ff */
    struct nas_octets radio_capability;   /* e.g. 1453432aa0 60 */
    bool has_old_ptmsi_signature, has_ready_timer;
    uint32_t old_ptmsi_signature; /* 24 bits */
    uint8_t ready_timer;
};

struct gmm_attach_accept {
    uint8_t result;           /* 1 GPRS only, 3 combined; 8: follow-on proceed */
    uint8_t force_to_standby; /* 0 */
    uint8_t t3312;            /* GPRS timer: unit and value, 0x49 = 54 min */
    uint8_t radio_priority;   /* 0x44: SMS and TOM8 */
    struct gsm_rai rai;
    bool has_ptmsi_signature, has_ready_timer, has_ptmsi, has_cause;
    uint32_t ptmsi_signature; /* 24 bits */
    uint8_t ready_timer;
    struct nas_mobile_id ptmsi;
    uint8_t cause;
};

struct gmm_attach_reject {
    uint8_t cause;
    bool has_t3302;
    struct nas_octets t3302;
};

struct gmm_detach_request {   /* either direction */
    uint8_t type;             /* up: NAS_DETACH_GPRS, + POWER_OFF; down: NAS_DETACH_REATTACH ... */
    uint8_t force_to_standby; /* down */
    bool has_ptmsi, has_ptmsi_signature, has_cause;
    struct nas_mobile_id ptmsi;        /* up */
    struct nas_octets ptmsi_signature; /* up */
    uint8_t cause;                     /* down */
};

struct gmm_detach_accept {
    uint8_t force_to_standby; /* down only; the one from the terminal is empty */
};

/* PDP context status (10.5.7.1): bit 8+n is NSAPI n of 0 to 7, bit n-8 is NSAPI n of 8 to 15. */
static inline uint16_t nas_nsapi_bit(unsigned nsapi)
{
    return nsapi < 8 ? 1u << (8 + nsapi) : 1u << (nsapi - 8);
}

struct gmm_rau_request {
    uint8_t update_type; /* NAS_RA_UPDATING, NAS_RA_PERIODIC; 8: follow-on */
    uint8_t cksn;
    struct gsm_rai old_rai;
    struct nas_octets radio_capability;
    bool has_ptmsi, has_pdp_status;
    struct nas_mobile_id ptmsi;
    uint16_t pdp_status; /* what the terminal has */
};

struct gmm_rau_accept {
    uint8_t force_to_standby, result; /* 0: routing area updated */
    uint8_t t3312;
    struct gsm_rai rai;
    bool has_ptmsi, has_cause, has_pdp_status;
    struct nas_mobile_id ptmsi;
    uint8_t cause;
    uint16_t pdp_status; /* what the network has */
};

struct gmm_rau_reject {
    uint8_t cause, force_to_standby;
};

struct gmm_identity_request {
    uint8_t type; /* enum nas_identity */
    uint8_t force_to_standby;
};

struct gmm_identity_response {
    struct nas_mobile_id identity;
};

struct gmm_auth_request {
    uint8_t algorithm, imeisv_request; /* 0; 1: asked for */
    uint8_t force_to_standby, reference;
    bool has_rand, has_cksn, has_autn;
    uint8_t rand[16];
    uint8_t cksn;
    uint8_t autn[16];
};

struct gmm_auth_response {
    uint8_t reference;
    bool has_res, has_imeisv, has_res_rest;
    uint8_t res[4]; /* the first four octets */
    struct nas_mobile_id imeisv;
    struct nas_octets res_rest; /* the others: 1 to 12 */
};

struct gmm_auth_failure {
    uint8_t cause;
    bool has_auts;
    uint8_t auts[14]; /* with GMM_CAUSE_SYNCH_FAILURE */
};

struct gmm_status {
    uint8_t cause;
};

struct sm_activate_request {
    uint8_t nsapi;         /* 5..15 */
    uint8_t llc_sapi;      /* 3, 5, 9, 11 */
    struct nas_octets qos; /* 12 zeros: as subscribed */
    struct gsm_pdp_address address;
    bool has_apn, has_pco;
    char apn[GSM_APN];
    struct nas_octets pco; /* pco.h */
};

struct sm_activate_accept {
    uint8_t llc_sapi;
    struct nas_octets qos;
    uint8_t radio_priority; /* 4 */
    bool has_address, has_pco, has_pfi, has_cause;
    struct gsm_pdp_address address;
    struct nas_octets pco;
    struct nas_octets pfi;
    uint8_t cause; /* SM_CAUSE_V4_ONLY when less was given than asked for */
};

struct sm_activate_reject {
    uint8_t cause;
    bool has_pco;
    struct nas_octets pco;
};

struct sm_deactivate_request {
    uint8_t cause;
    bool has_teardown, has_pco;
    uint8_t teardown; /* 1: all contexts of this address */
    struct nas_octets pco;
};

struct sm_deactivate_accept {
    bool has_pco;
    struct nas_octets pco;
};

struct sm_status {
    uint8_t cause;
};

/* One message. type says which member of the union holds. */
struct nas {
    uint8_t pd;         /* NAS_GMM, NAS_SM */
    uint8_t type;       /* enum gmm_type, sm_type */
    uint8_t ti;         /* SM: transaction, 0..6 or extended 7..127 */
    bool to_originator; /* SM: the TI flag: false from the terminal that began the transaction */
    uint8_t fault;      /* nas_decode failed: the enum nas_cause to answer with; 0: do not answer */
    union {
        struct gmm_attach_request attach_request;
        struct gmm_attach_accept attach_accept;
        struct gmm_attach_reject attach_reject;
        struct gmm_detach_request detach_request;
        struct gmm_detach_accept detach_accept;
        struct gmm_rau_request rau_request;
        struct gmm_rau_accept rau_accept;
        struct gmm_rau_reject rau_reject;
        struct gmm_identity_request identity_request;
        struct gmm_identity_response identity_response;
        struct gmm_auth_request auth_request;
        struct gmm_auth_response auth_response;
        struct gmm_auth_failure auth_failure;
        struct gmm_status gmm_status;
        struct sm_activate_request activate_request;
        struct sm_activate_accept activate_accept;
        struct sm_activate_reject activate_reject;
        struct sm_deactivate_request deactivate_request;
        struct sm_deactivate_accept deactivate_accept;
        struct sm_status sm_status;
    };
};

/* nas_decode - one message, a function of the octets alone. Unknown elements are skipped unless
 * they must be understood (TS 24.007 11.2.4: IEI 0x, cause 96); a broken optional element counts as
 * absent; the first of a repeated one wins (TS 24.008 8.6, 8.7).
 * 0, or -EPROTO with a sentence: then m->pd, type and ti are set as far as they could be read (0
 * otherwise) and m->fault says what to answer in a STATUS or a reject. */
int nas_decode(struct nas *m, enum nas_direction direction, const uint8_t *data, size_t len,
               struct why *why);

/* nas_encode - the length, or -EMSGSIZE, or -EINVAL for a message that does not exist in this
 * direction. */
int nas_encode(uint8_t *data, size_t size, enum nas_direction direction, const struct nas *m);

enum { NAS_MAX = 1024 }; /* no message that we send is longer */

/* nas_text - "Attach Request"; a type not known: "GMM 0x7f". Static or in buf[24]; returns it. */
const char *nas_text(unsigned pd, unsigned type, char buf[24]);
/* gmm_cause_text, sm_cause_text - the cause in words ("GPRS services not allowed"), NULL unknown.
 */
const char *gmm_cause_text(unsigned cause);
const char *sm_cause_text(unsigned cause);
/* nas_cause_text - the causes 95 to 111, which both share; NULL for others. */
const char *nas_cause_text(unsigned cause);

#endif
