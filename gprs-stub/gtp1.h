/* SPDX-License-Identifier: Apache-2.0 */
/* GTPv1-C (TS 29.060): the messages between SGSN and GGSN as one plain struct. Our own codec, so
 * that the peers that exist in Debian stay independent of us. Pure: octets to struct and back. */
#ifndef IMSLAB_GTP1_H
#define IMSLAB_GTP1_H

#include "gsm.h"
#include "nas.h"
#include "why.h"

enum { GTP_C_PORT = 2123, GTP_U_PORT = 2152 };

enum gtp_type {
    GTP_ECHO_REQUEST = 1,
    GTP_ECHO_RESPONSE = 2,
    GTP_VERSION_NOT_SUPPORTED = 3,
    GTP_CREATE_REQUEST = 16, /* ... PDP Context; each response is its request plus one */
    GTP_CREATE_RESPONSE = 17,
    GTP_UPDATE_REQUEST = 18,
    GTP_UPDATE_RESPONSE = 19,
    GTP_DELETE_REQUEST = 20,
    GTP_DELETE_RESPONSE = 21,
    GTP_ERROR_INDICATION = 26,
    GTP_G_PDU = 255,
};

enum gtp_cause { /* 29.060 7.7.1 */
                 GTP_ACCEPTED = 128,
                 GTP_NEW_TYPE_PREFERENCE = 129, /* New PDP type due to network preference */
                 GTP_NEW_TYPE_SINGLE = 130,     /* ... due to single address bearer only */
                 GTP_NON_EXISTENT = 192,
                 GTP_INVALID_FORMAT = 193,
                 GTP_IMSI_NOT_KNOWN = 194,
                 GTP_DETACHED = 195,
                 GTP_NO_RESOURCES = 199,
                 GTP_SERVICE_NOT_SUPPORTED = 200,
                 GTP_IE_INCORRECT = 201,
                 GTP_IE_MISSING = 202,
                 GTP_SYSTEM_FAILURE = 204,
                 GTP_PTMSI_MISMATCH = 206,
                 GTP_AUTH_FAILED = 209,
                 GTP_ALL_ADDRESSES_OCCUPIED = 211,
                 GTP_NO_MEMORY = 212,
                 GTP_UNKNOWN_APN = 219,
                 GTP_UNKNOWN_PDP = 220,
                 GTP_NO_SUBSCRIPTION = 222,
};

enum { GTP_RAT_UTRAN = 1, GTP_RAT_GERAN = 2 };

/* One message. An element is sent when its has_ flag is set, always in ascending order; which a
 * message must carry is in gtp1.c. */
struct gtp1 {
    uint8_t type; /* enum gtp_type */
    uint32_t teid;
    uint16_t seq;
    uint8_t fault; /* gtp1_decode failed: the cause to answer a request with; 0: do not answer */

    bool has_cause, has_imsi, has_rai, has_reordering, has_recovery, has_selection_mode;
    bool has_teid_data, has_teid_control, has_teardown, has_nsapi, has_charging, has_charging_id;
    bool has_address, has_apn, has_pco, has_gsn_control, has_gsn_user, has_msisdn, has_qos;
    bool has_rat, has_location, has_imeisv;

    uint8_t cause; /* enum gtp_cause */
    char imsi[GSM_DIGITS];
    struct gsm_rai rai;
    uint8_t reordering;     /* 0 */
    uint8_t recovery;       /* restart counter */
    uint8_t selection_mode; /* 0: subscription verified */
    uint32_t teid_data, teid_control;
    uint8_t teardown; /* 1: all contexts of this address */
    uint8_t nsapi;
    uint16_t charging; /* characteristics, 0x0800 normal */
    uint32_t charging_id;
    struct gsm_pdp_address address; /* end user address */
    char apn[GSM_APN];
    struct nas_octets pco;             /* the value as in NAS */
    struct addr gsn_control, gsn_user; /* the sender's, for signalling and for user traffic */
    char msisdn[GSM_DIGITS];
    struct nas_octets qos; /* one octet of allocation/retention priority, then as in NAS */
    uint8_t rat;
    struct nas_octets location; /* geographic type, then CGI or SAI */
    char imeisv[GSM_DIGITS];
};

enum { GTP_MAX = 1500 }; /* no message that we send is longer */

/* gtp1_decode - one datagram. Any order of elements is taken; unknown ones with a length are
 * skipped; a broken optional one counts as absent (29.060 11.1).
 * 0; -EPROTONOSUPPORT another version of GTP (answer Version Not Supported; m->seq is 0 or the
 * sequence number); -EPROTO with a sentence, m->type and seq as far as read, and m->fault: 193
 * length, unknown element without length; 201, 202 an element incorrect, missing; 0 not to be
 * answered (too short, unknown type, a response). */
int gtp1_decode(struct gtp1 *m, const uint8_t *data, size_t len, struct why *why);
/* gtp1_encode - the length, or -EMSGSIZE. */
int gtp1_encode(uint8_t *data, size_t size, const struct gtp1 *m);

/* gtp1_text - "Create PDP Context Request"; "GTP message 99" in buf[24]. Returns it. */
const char *gtp1_text(unsigned type, char buf[24]);
const char *gtp1_cause_text(unsigned cause); /* NULL: unknown */
/* gtp1_is_request - whether a response answers it. gtp1_is_accepted - cause 128 to 191. */
bool gtp1_is_request(unsigned type);
bool gtp1_is_accepted(unsigned cause);

#endif
