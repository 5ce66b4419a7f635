/* SPDX-License-Identifier: Apache-2.0 */
/* Why something could not be done: one sentence, written by whoever found out, printed by whoever
 * decides. */
#ifndef IMSLAB_WHY_H
#define IMSLAB_WHY_H

#include <stdarg.h>
#include <stddef.h>

struct why {
    char
        text[320]; /* one sentence: the fault first, subjects in quotes, no full stop, no newline */
};

/* why_set - write the sentence (printf format) into *why and return -err.
 * why   may be NULL: then only the number is returned
 * err   a positive errno */
int why_set(struct why *why, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* why_vprint - vsnprintf for people: what does not fit ends in "..." instead of somewhere. */
void why_vprint(char *buf, size_t size, const char *format, va_list)
    __attribute__((format(printf, 3, 0)));

/* why_not - the sentence for a bare -errno (or errno), static storage. */
const char *why_not(int err);

#endif
