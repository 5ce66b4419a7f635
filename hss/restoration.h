/* SPDX-License-Identifier: Apache-2.0 */
/* Restoration information in the database (TS 23.380 4, 29.228 7.21): what an S-CSCF wrote with a
 * registration, kept as it is for the one that comes after it. Between sql_begin and sql_commit. */
#ifndef IMSLAB_RESTORATION_H
#define IMSLAB_RESTORATION_H

#include "cx.h"
#include "store.h"

/* restoration_keep - what this IMPI (a row) has of this set, in place of what was there. */
void restoration_keep(struct store *store, int64_t impi, int64_t set,
                      const struct cx_restoration *restoration);
/* restoration_forget - remove it; impi 0: of all IMPIs of the set. */
void restoration_forget(struct store *store, int64_t set, int64_t impi);
/* restoration_exists - whether this IMPI has some of this set. */
bool restoration_exists(struct store *store, int64_t set, int64_t impi);
/* restoration_load - what all IMPIs of the set have, one after the other; impi 0 or only this one.
 * Returns how many, at most CX_MAX_IDS; *list is malloc'd for cx_saa_free, NULL for none. */
size_t restoration_load(struct store *store, int64_t set, int64_t impi,
                        struct cx_restoration **list);

#endif
