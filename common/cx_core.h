/* SPDX-License-Identifier: Apache-2.0 */
/* Inside cx: the one struct that cx.c (asking) and cx_serve.c (answering) share. */
#ifndef IMSLAB_CX_CORE_H
#define IMSLAB_CX_CORE_H

#include <stdatomic.h>

#include "cx.h"
#include "cx_codec.h"
#include "log.h"

struct cx { /* one per process; the loop's thread only, except where noted */
    struct loop *loop;
    struct cx_config config; /* names copied; const after cx_open: any thread */
    bool open;               /* what the library's threads posted is ignored when it is not */

    /* asking: oldest first; every question waits equally long, so the first expires first */
    struct cx_op *first, *last;
    size_t asked;
    uint32_t next_id;
    struct loop_timer *ask_timer;

    /* answering: the same */
    const struct cx_handlers *handlers;
    void *env;
    struct cx_reply *first_reply, *last_reply;
    atomic_size_t to_answer; /* any thread: taken from the library, not answered yet */
    struct loop_timer *answer_timer;

    unsigned long sent, answered, timed_out, served; /* for SIGUSR1 */
};

extern struct cx cx_only;

/* A message over 65535 octets makes the peer disconnect; this leaves room for the rest of it. */
enum { CX_MOST_USER_DATA = 60000 };

/* cx_peer_realm - the realm that an open peer gave itself; false: it is not open. */
bool cx_peer_realm(const char *identity, char realm[CX_TEXT]);
/* cx_peer_opened - from a thread of the library: have handlers->peer_open called from the loop. */
void cx_peer_opened(const char *identity);

/* cx_ask_close - forget every question. cx_ask_print: one line for each. */
void cx_ask_close(struct cx *cx);
void cx_ask_print(const struct cx *cx, FILE *out);

/* cx_serve_register - have the library hand over UAR, MAR, SAR, LIR (who listens: the HSS) or RTR,
 * PPR (who connects). 0 or -errno and *why. */
int cx_serve_register(struct cx *cx, struct why *why);
/* cx_serve_close - nothing will be answered any more; late answers are welcome and go nowhere. */
void cx_serve_close(struct cx *cx);
void cx_serve_print(const struct cx *cx, FILE *out);

#endif
