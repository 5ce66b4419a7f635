/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives the process: sets, contacts, watchers and what the HSS is still to be told, in a
 * file of one line each (its form: journal.c). A line is written before the answer that promises
 * it leaves. Every call without a journal (scscf->journal NULL) keeps nothing. */
#ifndef IMSLAB_SCSCF_JOURNAL_H
#define IMSLAB_SCSCF_JOURNAL_H

#include "scscf.h"

/* journal_open - open or make the file and bring back what it says: sets are found, timers run,
 * what has expired meanwhile expires at once, what the HSS was not told it is told. Damaged lines
 * are left out, with one line of log. 0, or -errno and *why (state_log_open). */
int journal_open(struct scscf *, const char *path, struct why *why);
void journal_close(struct scscf *);

/* journal_save - the set as it is now: what of it is unsaved, and the contacts that ended. Without
 * contacts the set itself has ended. */
void journal_save(struct scscf *, struct registration *reg, const struct binding *ended);
/* journal_forget - this set leaves the memory (it was saved without contacts). */
void journal_forget(struct scscf *, const struct registration *reg);

/* journal_watcher - a watcher of this set as it is now (a new version, a new expiry), by
 * watcher_write. journal_watcher_gone - forget it; a set that ends takes its watchers along. */
void journal_watcher(struct scscf *, const struct registration *reg, const struct watcher *);
void journal_watcher_gone(struct scscf *, const char *watcher_id);

/* journal_told - what the HSS is to be told; journal_heard - it was. */
void journal_told(struct scscf *, const struct told *);
void journal_heard(struct scscf *, const struct told *);

#endif
