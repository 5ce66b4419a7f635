/* SPDX-License-Identifier: Apache-2.0 */
/* Hex to octets for the tests of the GPRS codecs, and the two ways to be unkind to a decoder: cut a
 * message short at every length, and change octets of it at random. Each try stands in a heap
 * block of its exact size, so that AddressSanitizer sees one octet too many. */
#ifndef IMSLAB_GPRS_HEX_H
#define IMSLAB_GPRS_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEX_MAX 2048

static inline unsigned hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* hex - blanks are skipped; the length. */
static inline size_t hex(uint8_t *data, const char *text)
{
    size_t digits = 0;

    for (; *text; text++) {
        if (*text == ' ')
            continue;
        data[digits / 2] = digits % 2 ? data[digits / 2] | hex_digit(*text) : hex_digit(*text) << 4;
        digits++;
    }
    return digits / 2;
}

static inline const char *to_hex(char *text, const uint8_t *data, size_t len)
{
    text[0] = '\0';
    for (size_t i = 0; i < len; i++)
        sprintf(text + 2 * i, "%02x", data[i]);
    return text;
}

/* assert_hex - the octets are these; a failure prints both. len as an encoder returns it. */
static inline void assert_hex(const uint8_t *data, int len, const char *expected)
{
    char text[2 * HEX_MAX + 1], want[2 * HEX_MAX + 1];
    uint8_t octets[HEX_MAX];

    assert_true(len >= 0);
    assert_string_equal(to_hex(text, data, len), to_hex(want, octets, hex(octets, expected)));
}

typedef void try_fn(const uint8_t *data, size_t len, void *arg);

static inline void try_block(const uint8_t *data, size_t len, try_fn *try, void *arg)
{
    uint8_t *block = malloc(len ? len : 1);

    memcpy(block, data, len);
    try(len ? block : block + 1, len, arg);
    free(block);
}

static inline void try_cut(const char *text, try_fn *try, void *arg)
{
    uint8_t data[HEX_MAX];
    size_t len = hex(data, text);

    for (size_t cut = 0; cut <= len; cut++)
        try_block(data, cut, try, arg);
}

/* The same sequence in every run: a failure comes again. */
static inline void try_mutated(const char *text, unsigned rounds, try_fn *try, void *arg)
{
    uint8_t data[HEX_MAX], mutated[HEX_MAX];
    size_t len = hex(data, text);
    uint32_t seed = 2166136261u + len;

    for (unsigned i = 0; i < rounds; i++) {
        size_t cut = len;
        memcpy(mutated, data, len);
        for (int n = 0; n < 4; n++) {
            seed = seed * 1664525u + 1013904223u;
            if (seed >> 30 != 3)
                mutated[(seed >> 8) % len] = seed >> 22;
            else if (n == 3)
                cut = (seed >> 8) % (len + 1);
        }
        try_block(mutated, cut, try, arg);
    }
}

#endif
