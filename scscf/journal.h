/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives the process: sets, contacts and watchers in a file of one line each (its form:
 * journal.c). Every call without a journal (scscf->journal NULL) keeps nothing. */
#ifndef IMSLAB_SCSCF_JOURNAL_H
#define IMSLAB_SCSCF_JOURNAL_H

#include "scscf.h"

/* journal_watcher - a watcher of this set as it is now (a new version, a new expiry), by
 * watcher_write. journal_watcher_gone - forget it; a set that ends takes its watchers along. */
void journal_watcher(struct scscf *, const struct registration *reg, const struct watcher *);
void journal_watcher_gone(struct scscf *, const char *watcher_id);

#endif
