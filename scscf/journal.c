/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

void journal_watcher(struct scscf *scscf, const struct registration *reg,
                     const struct watcher *watcher)
{
    (void)scscf;
    (void)reg;
    (void)watcher;
}

void journal_watcher_gone(struct scscf *scscf, const char *watcher_id)
{
    (void)scscf;
    (void)watcher_id;
}
