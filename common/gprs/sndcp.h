/* SPDX-License-Identifier: Apache-2.0 */
/* SNDCP (TS 44.065), unacknowledged: a terminal's packets (N-PDUs) cut into SN-UNITDATA PDUs that
 * fit in an LLC UI frame, and put together again. No compression (DCOMP and PCOMP 0). Pure. */
#ifndef IMSLAB_SNDCP_H
#define IMSLAB_SNDCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

enum { SNDCP_N_PDU = 1520 };  /* longest packet that is put together */
enum { SNDCP_SEGMENTS = 16 }; /* of one packet: the number has 4 bits */
enum { SNDCP_LEAST = 140 };   /* of N201-U (TS 44.064 8.9.8, table 9); its default here is 500 */

/* One SN-UNITDATA PDU (7.2.2). */
struct sndcp_pdu {
    uint8_t nsapi;
    bool first, more;
    uint8_t segment; /* 0..15 */
    uint16_t number; /* of the N-PDU, 0..4095 */
    const uint8_t *data;
    size_t len;
};

/* One NSAPI of one terminal, both directions; zeroed, nothing has been sent or received. */
struct sndcp {
    uint16_t next; /* number of the next N-PDU to send */
    bool open;     /* segments of `number` are there, `segment` is the next */
    uint16_t number;
    uint8_t segment;
    size_t len;
    unsigned long lost; /* N-PDUs of which segments are missing */
    uint8_t data[SNDCP_N_PDU];
};

/* sndcp_decode - pdu points into data. 0, or -EPROTO with a sentence: too short, acknowledged mode,
 * compressed, an NSAPI below 5, a first segment that is not number 0. */
int sndcp_decode(struct sndcp_pdu *pdu, const uint8_t *data, size_t len, struct why *why);
/* sndcp_encode - the length, or -EMSGSIZE. */
int sndcp_encode(uint8_t *data, size_t size, const struct sndcp_pdu *pdu);

/* sndcp_send_fn - one SN-UNITDATA PDU for LLC. 0 or -errno, which ends the packet. */
typedef int sndcp_send_fn(void *arg, const uint8_t *pdu, size_t len);
/* sndcp_send - cut a packet into PDUs of at most n201_u octets. 0; -EMSGSIZE: it would take more
 * than 16; or what send said. */
int sndcp_send(struct sndcp *s, unsigned nsapi, const uint8_t *packet, size_t len, size_t n201_u,
               sndcp_send_fn *send, void *arg);
/* sndcp_take - one PDU that came for this NSAPI. 1 with a whole packet, valid until the next call
 * (or as long as the PDU, when it is all in one); 0: more is to come; -EPROTO with a sentence: it
 * is dropped, and with it what there was of its packet. */
int sndcp_take(struct sndcp *s, const struct sndcp_pdu *pdu, const uint8_t **packet, size_t *len,
               struct why *why);

#endif
