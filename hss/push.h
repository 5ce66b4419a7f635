/* SPDX-License-Identifier: Apache-2.0 */
/* What the HSS tells S-CSCFs by itself: RTR (rtr.c) and PPR (ppr.c). A push waits, in memory, until
 * its S-CSCF is connected and has answered; before each sending the database is asked whether it is
 * still due. */
#ifndef IMSLAB_PUSH_H
#define IMSLAB_PUSH_H

#include <stdio.h>

#include "conf.h"
#include "cx.h"
#include "store.h"

struct pusher;

enum push_kind { PUSH_RTR, PUSH_PPR };

struct push {             /* one, from the decision to the last answer; malloc'd */
    struct store_job job; /* first */
    struct push *next;
    struct pusher *pusher;
    enum push_kind kind;
    char host[128];     /* Diameter identity of the S-CSCF */
    int64_t set;        /* PPR: whose profile */
    struct cx_rtr *rtr; /* RTR: what is sent, malloc'd */
    /* PPR: as found in the database before each sending */
    struct cx_ppr ppr;
    char impi[CX_MAX_IDS]
             [CX_TEXT]; /* who has the set registered; User-Name is one after the other */
    size_t impi_count, impi_at;
    /* the state of things */
    bool due;         /* false: the database says that it is settled */
    struct cx_op *op; /* asked */
    unsigned tries;
    int result;           /* the S-CSCF's, for the job that follows */
    struct push *follows; /* a push that results from the answer */
};

/* push_rtr_new, push_ppr_new - on any thread; push_free: of one that was not sent. */
struct push *push_rtr_new(const char *host, const struct cx_rtr *rtr);
struct push *push_ppr_new(const char *host, int64_t set);
void push_free(struct push *push);

/* pusher_open - from the loop, like everything below. pusher_stop: what waits is forgotten;
 * pusher_free after the loop's last work. */
struct pusher *pusher_open(struct loop *loop, const struct conf *conf, struct cx *cx,
                           struct store_thread *thread);
void pusher_stop(struct pusher *pusher);
void pusher_free(struct pusher *pusher);
/* push_all - send a list (linked by next), now or when it can be; it is the pusher's from now on.
 */
void push_all(struct pusher *pusher, struct push *list);
/* pusher_peer_open - this S-CSCF has just connected: what waits for it goes out. */
void pusher_peer_open(struct pusher *pusher, const char *identity);
void pusher_print(const struct pusher *pusher, FILE *out);

/* ---- rtr.c, ppr.c: between pusher.c and the message ---- */

/* rtr_check, ppr_check - on the store's thread, one transaction: is it still due, and what is in
 * it? Sets push->due. */
void rtr_check(struct store *store, struct push *push);
void ppr_check(struct store *store, struct push *push);
/* rtr_send, ppr_send - push->op; push_answered or push_failed is called for it, once. */
void rtr_send(struct cx *cx, struct push *push);
void ppr_send(struct cx *cx, struct push *push);
/* ppr_settle - on the store's thread: what the S-CSCF's refusal means (29.228 6.6.1); push->due:
 * it is to be sent once more, to another private identity; push->follows. */
void ppr_settle(struct store *store, struct push *push);
/* push_answered - the S-CSCF said push->result. push_failed: it did not; -errno. */
void push_answered(struct push *push);
void push_failed(struct push *push, int err);

#endif
