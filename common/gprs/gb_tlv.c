/* SPDX-License-Identifier: Apache-2.0 */
/* The highest bit of the first length octet says that it is the only one. */
#include "gb_tlv.h"

const struct gb_type *gb_type_find(const struct gb_type *types, size_t count, unsigned type)
{
    for (size_t i = 0; i < count; i++)
        if (types[i].type == type)
            return &types[i];
    return NULL;
}

struct octets_in take_tlv(struct octets_in *in, unsigned *iei)
{
    unsigned len;

    *iei = take_u8(in);
    len = take_u8(in);
    len = len & 0x80 ? len & 0x7f : len << 8 | take_u8(in);
    return take_in(in, len);
}

void put_tlv_head(struct octets_out *out, unsigned iei, size_t len)
{
    put_u8(out, iei);
    if (len < 0x80)
        put_u8(out, 0x80 | len);
    else
        put_u16(out, len);
}

void put_tlv_u8(struct octets_out *out, unsigned iei, uint8_t v)
{
    put_tlv_head(out, iei, 1);
    put_u8(out, v);
}

void put_tlv_u16(struct octets_out *out, unsigned iei, uint16_t v)
{
    put_tlv_head(out, iei, 2);
    put_u16(out, v);
}
