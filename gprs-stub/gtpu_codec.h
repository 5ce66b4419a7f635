/* SPDX-License-Identifier: Apache-2.0 */
/* G-PDU, the one message of GTP-U that carries a terminal's packet (TS 29.281 5, 29.060 9.3.1).
 * Pure. The rest of GTP-U has the elements of GTPv1-C and its codec, gtp1.h. */
#ifndef IMSLAB_GTPU_CODEC_H
#define IMSLAB_GTPU_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "why.h"

enum { GTPU_HEAD = 8 }; /* octets in front of a packet that we send: no sequence number */

struct gtpu_pdu {
    uint32_t teid;
    const uint8_t *packet;
    size_t len;
};

/* gtpu_decode - pdu points into data. Sequence number, N-PDU number and extension headers that need
 * not be understood are skipped. 0, or -EPROTO with a sentence. */
int gtpu_decode(struct gtpu_pdu *pdu, const uint8_t *data, size_t len, struct why *why);
/* gtpu_put_head - the header for a packet of len octets, at most 65535. */
void gtpu_put_head(uint8_t head[GTPU_HEAD], uint32_t teid, size_t len);

#endif
