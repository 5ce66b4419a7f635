/* SPDX-License-Identifier: Apache-2.0 */
/* The open journal: for journal.c and journal_load.c alone. */
#ifndef IMSLAB_SCSCF_JOURNAL_FILE_H
#define IMSLAB_SCSCF_JOURNAL_FILE_H

#include "journal.h"
#include "state_log.h"

struct journal {
    struct state_log *log;
    struct state_line line;        /* the one that is being written */
    bool loading;                  /* what is read is not written again */
    bool broken;                   /* a write failed: said once */
    struct registration *to_copy;  /* the new file under way: the next set; NULL: all are in it */
    struct loop_timer *copy_timer; /* NULL: no new file under way */
};

/* journal_load - read the file; only into an empty registrar. */
void journal_load(struct scscf *, const char *path);

#endif
