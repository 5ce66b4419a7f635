/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds are kept here and nowhere else: no codec above does arithmetic on lengths. */
#include "octets.h"

#include <errno.h>
#include <string.h>

struct octets_in octets_in(const void *data, size_t len)
{
    return (struct octets_in){.at = data, .left = len};
}

const uint8_t *take_octets(struct octets_in *in, size_t n)
{
    const uint8_t *at = in->at;

    if (in->bad || n > in->left) {
        in->bad = true;
        in->left = 0;
        return NULL;
    }
    in->at += n;
    in->left -= n;
    return at;
}

struct octets_in take_in(struct octets_in *in, size_t n)
{
    const uint8_t *at = take_octets(in, n);

    return (struct octets_in){.at = at, .left = at ? n : 0, .bad = !at};
}

static uint32_t take_number(struct octets_in *in, size_t n)
{
    const uint8_t *at = take_octets(in, n);
    uint32_t v = 0;

    for (size_t i = 0; at && i < n; i++)
        v = v << 8 | at[i];
    return v;
}

uint8_t take_u8(struct octets_in *in)
{
    return take_number(in, 1);
}

uint16_t take_u16(struct octets_in *in)
{
    return take_number(in, 2);
}

uint32_t take_u24(struct octets_in *in)
{
    return take_number(in, 3);
}

uint32_t take_u32(struct octets_in *in)
{
    return take_number(in, 4);
}

struct octets_out octets_out(void *data, size_t size)
{
    return (struct octets_out){.data = data, .size = size};
}

void put_octets(struct octets_out *out, const void *data, size_t n)
{
    if (out->bad || n > out->size - out->len) {
        out->bad = true;
        return;
    }
    if (n)
        memcpy(out->data + out->len, data, n);
    out->len += n;
}

static void put_number(struct octets_out *out, uint32_t v, size_t n)
{
    uint8_t octet[4] = {v >> 24, v >> 16, v >> 8, v};

    put_octets(out, octet + 4 - n, n);
}

void put_u8(struct octets_out *out, uint8_t v)
{
    put_number(out, v, 1);
}

void put_u16(struct octets_out *out, uint16_t v)
{
    put_number(out, v, 2);
}

void put_u24(struct octets_out *out, uint32_t v)
{
    put_number(out, v, 3);
}

void put_u32(struct octets_out *out, uint32_t v)
{
    put_number(out, v, 4);
}

int octets_len(const struct octets_out *out)
{
    return out->bad ? -EMSGSIZE : (int)out->len;
}
