/* SPDX-License-Identifier: Apache-2.0 */
/* BSSGP (TS 48.018 10): which cell, which terminal (TLLI), and one LLC frame. Pure. */
#ifndef IMSLAB_BSSGP_H
#define IMSLAB_BSSGP_H

#include "gsm.h"
#include "why.h"

enum bssgp_type {
    BSSGP_DL_UNITDATA = 0x00,
    BSSGP_UL_UNITDATA = 0x01,
    BSSGP_RA_CAPABILITY = 0x02,
    BSSGP_RADIO_STATUS = 0x0a,
    BSSGP_SUSPEND = 0x0b,
    BSSGP_BVC_BLOCK = 0x20,
    BSSGP_BVC_BLOCK_ACK = 0x21,
    BSSGP_BVC_RESET = 0x22,
    BSSGP_BVC_RESET_ACK = 0x23,
    BSSGP_BVC_UNBLOCK = 0x24,
    BSSGP_BVC_UNBLOCK_ACK = 0x25,
    BSSGP_FLOW_CONTROL_BVC = 0x26,
    BSSGP_FLOW_CONTROL_BVC_ACK = 0x27,
    BSSGP_FLOW_CONTROL_MS = 0x28,
    BSSGP_FLOW_CONTROL_MS_ACK = 0x29,
    BSSGP_FLUSH_LL = 0x2a,
    BSSGP_FLUSH_LL_ACK = 0x2b,
    BSSGP_LLC_DISCARDED = 0x2c,
    BSSGP_STATUS = 0x41,
};

enum bssgp_cause { /* TS 48.018 11.3.8 */
                   BSSGP_CAUSE_OM = 0x08,
                   BSSGP_CAUSE_BVCI_UNKNOWN = 0x05,
                   BSSGP_CAUSE_BVCI_BLOCKED = 0x04,
                   BSSGP_CAUSE_INCORRECT = 0x20,
                   BSSGP_CAUSE_INVALID = 0x21,
                   BSSGP_CAUSE_MISSING = 0x22,
                   BSSGP_CAUSE_STATE = 0x26,
                   BSSGP_CAUSE_PROTOCOL = 0x27,
};

struct bssgp_cell { /* Cell Identifier: routing area and cell, 8 octets */
    struct gsm_rai rai;
    uint16_t ci;
};

struct bssgp_pdu {
    uint8_t type; /* enum bssgp_type */
    uint32_t tlli;
    uint16_t bvci; /* BVC-*, STATUS */
    bool has_bvci;
    uint8_t cause; /* BVC-RESET, BVC-BLOCK, STATUS */
    uint8_t tag;   /* FLOW-CONTROL and its ACK */
    bool has_cell; /* UL-UNITDATA, BVC-RESET of a cell */
    struct bssgp_cell cell;
    uint16_t bucket_size, leak_rate, ms_bucket_size,
        ms_leak_rate;   /* FLOW-CONTROL-BVC; 100 octets */
    const uint8_t *llc; /* UNITDATA: the LLC frame; STATUS: the PDU in error; caller's buffer */
    size_t llc_len;
};

/* bssgp_decode - pdu points into data. 0, or -EPROTO with a sentence and pdu->cause = the cause for
 * a BSSGP STATUS. Unknown information elements are skipped. */
int bssgp_decode(struct bssgp_pdu *pdu, const uint8_t *data, size_t len, struct why *why);
/* bssgp_encode - the length, or -EMSGSIZE. */
int bssgp_encode(uint8_t *data, size_t size, const struct bssgp_pdu *pdu);
const char *bssgp_type_text(unsigned type); /* "BVC-RESET" */
const char *bssgp_cause_text(unsigned cause);

#endif
