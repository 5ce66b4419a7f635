/* SPDX-License-Identifier: Apache-2.0 */
/* The subscriber database: its tables, and the one thread that owns it. Rooms (uar.c, mar.c, ...)
 * get the struct store on that thread, or in a test on the test's own. */
#ifndef IMSLAB_STORE_H
#define IMSLAB_STORE_H

#include <stdio.h>

#include "loop.h"
#include "store_sql.h"

struct store {
    struct sql *sql;
    /* where RANDs come from; a test puts its own here. 0 or -errno */
    int (*random)(void *out, size_t len);
    char ccf[256]; /* Charging-Information of who has none of their own, a Diameter URI; "" none */
};

/* store_open - open the file (":memory:" for tests), bring its tables up to this version. 0, or
 * -errno and *why: not readable, made by a later version, damaged. */
int store_open(struct store *store, const char *path, struct why *why);
void store_close(struct store *store);

/* The thread. A job's work runs there, jobs in order; its done runs from the loop afterwards. */
struct store_thread;
struct store_job { /* first member of the caller's job struct, which stays the caller's */
    struct store_job *next;
    void (*work)(struct store *store, struct store_job *job);
    void (*done)(struct store_job *job);
};

/* store_start - give the store to a thread of its own. store_stop - finish the jobs that were
 * posted, end the thread; their done functions still run from the loop. */
struct store_thread *store_start(struct store *store, struct loop *loop);
void store_post(struct store_thread *thread, struct store_job *job);
void store_stop(struct store_thread *thread);
/* store_waiting - how many jobs were posted and not begun. Any thread. */
size_t store_waiting(struct store_thread *thread);

#endif
