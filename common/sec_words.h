/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a Security-Client, -Server or -Verify as they stand there (RFC 3329 2.2), before
 * anybody asks what they mean. Pure; for sec_agree.c and sec_compare.c. */
#ifndef IMSLAB_SEC_WORDS_H
#define IMSLAB_SEC_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

#define SEC_PARAMS 24 /* most in one mechanism */

struct sec_word { /* a piece of the value */
    const char *at;
    size_t len;
};

struct sec_param {
    struct sec_word name, value; /* "mode" has the name "mod"; a quoted value is without quotes */
};

struct sec_entry { /* one sec-mechanism */
    struct sec_word mechanism;
    struct sec_param param[SEC_PARAMS];
    size_t count;
};

/* sec_next - the next mechanism of the value; *at moves on. 1: here it is, 0: none is left, -EINVAL
 * and a sentence: quotes that do not end, a parameter twice, too many parameters. */
int sec_next(const char **at, struct sec_entry *e, struct why *why);
/* sec_word_is - the same text, in either case. */
bool sec_word_is(struct sec_word w, const char *text);
/* sec_find - the parameter of that name, or NULL; sec_value_of - its value, or NULL. */
const struct sec_param *sec_find(const struct sec_entry *e, struct sec_word name);
const struct sec_word *sec_value_of(const struct sec_entry *e, const char *name);
/* sec_number - a decimal number of any length, at most `most`; -1: none. */
int64_t sec_number(struct sec_word w, int64_t most);
/* sec_thousandths - a qvalue (RFC 3261 25.1), 0 to 1000; -1: none. */
int sec_thousandths(struct sec_word w);

#endif
