/* SPDX-License-Identifier: Apache-2.0 */
/* What the lab's user should look at when the network refuses, by the cause of the reject. */
#ifndef IMSLAB_UE_HINT_H
#define IMSLAB_UE_HINT_H

#include <stdint.h>

struct hint { /* a table of them ends with cause 0 */
    uint8_t cause;
    const char *text;
};

/* hint_for - never NULL: without an entry it points to the log of the SGSN. */
const char *hint_for(const struct hint *hints, unsigned cause);
/* hint_cause - the name of a cause, or a word for one that has none (NULL). */
const char *hint_cause(const char *name);

#endif
