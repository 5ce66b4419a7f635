/* SPDX-License-Identifier: Apache-2.0 */
/* What NS and BSSGP have in common (TS 48.016 10.1, TS 48.018 11.1): a table of PDU types, and
 * elements with a length of one octet or two. Pure. */
#ifndef IMSLAB_GB_TLV_H
#define IMSLAB_GB_TLV_H

#include "octets.h"

struct gb_type { /* a PDU type */
    uint8_t type;
    const char *name;
    unsigned must; /* bits of the elements that it must carry; the codec's own */
};

/* gb_type_find - NULL: none of them. */
const struct gb_type *gb_type_find(const struct gb_type *types, size_t count, unsigned type);

/* take_tlv - the next element: its identifier and a cursor over its value, bad when it does not
 * fit. put_tlv_head - identifier and the shortest length; put_tlv_u8, put_tlv_u16 - an element that
 * is one number. */
struct octets_in take_tlv(struct octets_in *in, unsigned *iei);
void put_tlv_head(struct octets_out *out, unsigned iei, size_t len);
void put_tlv_u8(struct octets_out *out, unsigned iei, uint8_t v);
void put_tlv_u16(struct octets_out *out, unsigned iei, uint16_t v);

#endif
