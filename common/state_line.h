/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a state file that is appended to: a word, key=value pairs, a check sum. Pure. Blanks,
 * %, =, # and what is not printable are %XX; an empty or absent value is "%". */
#ifndef IMSLAB_STATE_LINE_H
#define IMSLAB_STATE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct state_line {
    size_t len;
    bool full; /* something did not fit */
    char text[32768];
};

/* line_begin - a new line; then its pairs, in any order. */
void line_begin(struct state_line *, const char *word);
void line_text(struct state_line *, const char *key, const char *value); /* NULL: as "" */
void line_number(struct state_line *, const char *key, int64_t n);
void line_hex(struct state_line *, const char *key, uint32_t n); /* 8 digits */
void line_octets(struct state_line *, const char *key, const uint8_t *octets, size_t len);
void line_host(struct state_line *, const char *key, const struct addr *a);
/* line_end - the sum and the newline; false: the line was too long, text is empty. */
bool line_end(struct state_line *);
/* line_wipe - a line may hold keys. */
void line_wipe(struct state_line *);

/* line_check - whether the sum of a line (without its newline) is right; the sum is cut off. */
bool line_check(char *line);
/* line_is - whether it begins with this word. */
bool line_is(const char *line, const char *word);
/* line_get_... - the value of a key; false: it is not there, or is nothing of the kind, or does not
 * fit. line_get_copy: malloc'd; NULL when it is not there or empty. */
bool line_get_text(const char *line, const char *key, char *out, size_t size);
char *line_get_copy(const char *line, const char *key);
bool line_get_number(const char *line, const char *key, int base, uint64_t *n);
bool line_get_octets(const char *line, const char *key, uint8_t *out, size_t len);
bool line_get_host(const char *line, const char *key, struct addr *a);

#endif
