/* SPDX-License-Identifier: Apache-2.0 */
/* LLC (TS 44.064): UI frames with their counters and checksum, and as much of XID as keeps a peer
 * content. No ciphering, no acknowledged mode. Pure. */
#ifndef IMSLAB_LLC_H
#define IMSLAB_LLC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

enum { LLC_GMM = 1, LLC_LL3 = 3, LLC_LL5 = 5, LLC_SMS = 7, LLC_LL9 = 9, LLC_LL11 = 11 }; /* SAPI */
enum llc_format { LLC_UI, LLC_U };
enum llc_command {
    LLC_DM = 0x01,
    LLC_DISC = 0x04,
    LLC_UA = 0x06,
    LLC_SABM = 0x07,
    LLC_FRMR = 0x08,
    LLC_XID = 0x0b,
    LLC_NULL = 0x00
};

#define LLC_OVERHEAD 6    /* address, 2 control, 3 checksum around the information of a UI frame */
#define LLC_N201_U   1520 /* longest information of a UI frame that we take */

struct llc_frame {
    uint8_t format; /* enum llc_format */
    uint8_t sapi;
    bool command;        /* else response */
    bool poll;           /* U frames: the P/F bit */
    uint8_t u_command;   /* U frames: enum llc_command */
    uint16_t nu;         /* UI: N(U), 0..511, per SAPI */
    bool protected;      /* UI: PM, the checksum covers all of it (always so when we send) */
    const uint8_t *info; /* in the caller's buffer */
    size_t info_len;
};

/* llc_decode - one frame with its checksum. from_sgsn says how to read the C/R bit.
 * 0, or -EPROTO with a sentence: too short, wrong checksum, ciphered, a format not handled. */
int llc_decode(struct llc_frame *f, bool from_sgsn, const uint8_t *data, size_t len, struct why *);
/* llc_encode - the length, or -EMSGSIZE. */
int llc_encode(uint8_t *data, size_t size, bool from_sgsn, const struct llc_frame *f);
/* llc_fcs - the 24 bit checksum of the octets (TS 44.064 5.5, the sent octets are low first). */
uint32_t llc_fcs(const uint8_t *data, size_t len);

/* The counters of one terminal: one per SAPI and direction. */
struct llc_counters {
    uint16_t send[16], receive[16]; /* the next N(U) to send; the next expected */
    bool heard[16];
};

/* llc_next - the N(U) for the next UI frame of this SAPI, and count. */
uint16_t llc_next(struct llc_counters *c, unsigned sapi);
/* llc_is_duplicate - whether a received N(U) was seen already (TS 44.064 8.4.2); counts otherwise.
 * N(U) 0 far behind is a terminal that began anew, never a duplicate. */
bool llc_is_duplicate(struct llc_counters *c, unsigned sapi, unsigned nu);

/* llc_answer_xid - the information of the XID response to an XID command: what was proposed for
 * version, N201-U, N201-I, bounded by what we can do; layer-3 parameters are left out (= not used).
 * The length, or -EPROTO. */
int llc_answer_xid(uint8_t *data, size_t size, const uint8_t *info, size_t len);

#endif
