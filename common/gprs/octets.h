/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing octets with the bounds kept by the cursor: the ground of every codec here.
 * A cursor that ran over its end stays `bad` and gives zeros, so a codec checks once, at the end.
 * Pure. All numbers in network order. */
#ifndef IMSLAB_OCTETS_H
#define IMSLAB_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct octets_in {
    const uint8_t *at;
    size_t left;
    bool bad; /* somebody wanted more than there was */
};

struct octets_out {
    uint8_t *data;
    size_t size, len;
    bool bad; /* it did not fit; len is then meaningless */
};

/* octets_in - a cursor at the first octet; take_uN - the next number, network order, 0 (and bad)
 * when there is less. */
struct octets_in octets_in(const void *data, size_t len);
uint8_t take_u8(struct octets_in *in);
uint16_t take_u16(struct octets_in *in);
uint32_t take_u24(struct octets_in *in);
uint32_t take_u32(struct octets_in *in);
/* take_octets - n octets inside the buffer, or NULL (and bad) when there are fewer. */
const uint8_t *take_octets(struct octets_in *in, size_t n);
/* take_in - the next n octets as a cursor of their own; an empty, bad one when there are fewer. */
struct octets_in take_in(struct octets_in *in, size_t n);

/* octets_out - an empty buffer to write into; put_x - append, or only set bad when it is full. */
struct octets_out octets_out(void *data, size_t size);
void put_u8(struct octets_out *out, uint8_t v);
void put_u16(struct octets_out *out, uint16_t v);
void put_u24(struct octets_out *out, uint32_t v);
void put_u32(struct octets_out *out, uint32_t v);
void put_octets(struct octets_out *out, const void *data, size_t n);
/* octets_len - how many octets were written, or -EMSGSIZE when they did not fit. */
int octets_len(const struct octets_out *out);

#endif
