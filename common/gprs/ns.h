/* SPDX-License-Identifier: Apache-2.0 */
/* NS, the Network Service of the Gb interface over UDP (TS 48.016 9.2): the lowest layer between
 * terminal (in its BSS role) and SGSN. Pure: octets to struct and back. */
#ifndef IMSLAB_NS_H
#define IMSLAB_NS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

enum ns_type {
    NS_UNITDATA = 0x00,
    NS_RESET = 0x02,
    NS_RESET_ACK = 0x03,
    NS_BLOCK = 0x04,
    NS_BLOCK_ACK = 0x05,
    NS_UNBLOCK = 0x06,
    NS_UNBLOCK_ACK = 0x07,
    NS_STATUS = 0x08,
    NS_ALIVE = 0x0a,
    NS_ALIVE_ACK = 0x0b,
};

enum ns_cause { /* TS 48.016 10.3.2 */
                NS_CAUSE_TRANSIT = 0x00,
                NS_CAUSE_OM = 0x01,
                NS_CAUSE_EQUIPMENT = 0x02,
                NS_CAUSE_BLOCKED = 0x03,
                NS_CAUSE_NSVC_UNKNOWN = 0x04,
                NS_CAUSE_BVCI_UNKNOWN = 0x05,
                NS_CAUSE_INCORRECT = 0x08,
                NS_CAUSE_STATE = 0x0a,
                NS_CAUSE_PROTOCOL = 0x0b,
                NS_CAUSE_INVALID_IE = 0x0c,
                NS_CAUSE_MISSING_IE = 0x0d,
};

struct ns_pdu {
    uint8_t type;         /* enum ns_type */
    uint8_t cause;        /* RESET, BLOCK, STATUS */
    uint16_t nsvci, nsei; /* RESET and RESET-ACK; nsvci also in BLOCK, BLOCK-ACK */
    uint16_t bvci;        /* UNITDATA */
    const uint8_t *sdu;   /* UNITDATA: the BSSGP PDU, in the caller's buffer; STATUS: the PDU in */
    size_t sdu_len;       /*           error, or none */
};

/* ns_decode - pdu points into data. 0, or -EPROTO with a sentence and pdu->cause = the cause for an
 * NS-STATUS. */
int ns_decode(struct ns_pdu *pdu, const uint8_t *data, size_t len, struct why *why);
/* ns_encode - the length, or -EMSGSIZE. */
int ns_encode(uint8_t *data, size_t size, const struct ns_pdu *pdu);
const char *ns_type_text(unsigned type); /* "NS-RESET" */
const char *ns_cause_text(unsigned cause);

#endif
