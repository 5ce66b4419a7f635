/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way to where a URI leads: the place is found in the DNS (RFC 3263), and its
 * targets are tried one after the other (4.3), each in a transaction of its own, until one answers.
 * What a daemon sends by itself (SUBSCRIBE, NOTIFY, a REGISTER to an application server) and what
 * it passes on (proxy.h) both go this way. */
#ifndef IMSLAB_WAY_H
#define IMSLAB_WAY_H

#include "dns.h"
#include "loop.h"
#include "sip.h"

#define WAY_WHY 320

struct way;

struct way_to {
    struct loop *loop;
    struct sip *sip; /* the end of ours that sends it */
    struct dns *dns;
    struct dns_question where; /* when target is not set; `big` is filled in here */
    struct sip_target target;  /* with an address: this one, and the DNS is not asked */
    unsigned wait_ms;          /* for all targets together; 0: sip_t1x64_ms */
    const struct conf *conf;
    /* whether a target that DNS named may be tried; NULL: every one */
    bool (*may)(const void *env, const struct sip_target *);
    const void *env;
    const char *call;
};

/* way_done_fn - the end, once, later, from the loop: as sip_answer_fn, and why is a sentence when
 * there is no answer ("dns has no address of 'as.hims.net'"), else NULL. Without an answer the
 * status is 408 (somebody was silent), 503 (nobody could be reached), 480 (DNS knows no such
 * place). An answer of 408 or 503 is passed on only when it was the last target's. */
typedef void way_done_fn(void *arg, int status, const sip_t *sip, msg_t *answer, const char *why);

/* way_send - m is taken, whatever happens. *to is copied. Never NULL. */
struct way *way_send(const struct way_to *to, msg_t *m, way_done_fn *done, void *arg);
/* way_cancel - done will not be called; *way becomes NULL; NULL is fine. */
void way_cancel(struct way **way);

/* way_where - the place that a sip URI names. 0, or -EINVAL: it is no sip URI, or has no host. */
int way_where(const url_t *url, struct dns_question *where);
/* way_next - the place that a request goes to next (RFC 3261 16.6 7): its topmost Route, else the
 * Request-URI. 0 or -EINVAL. */
int way_next(const sip_t *sip, struct dns_question *where);

#endif
