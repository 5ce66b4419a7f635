/* SPDX-License-Identifier: Apache-2.0 */
/* Which S-CSCF next (TS 29.228 6.7). Pure.
 *
 * Which of several that fit equally well is ours to say. Each user has an order of its own among
 * them, from a hash of its private identity and of the S-CSCF's name (rendezvous hashing): users
 * spread evenly; every I-CSCF, restarted or not, chooses the same for the same user without asking
 * another, so that two terminals of a user that register at the same time meet at one S-CSCF; and
 * when one is lost its users spread over all that are left, while nobody else moves. */
#ifndef ICSCF_SELECT_H
#define ICSCF_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cx.h"
#include "dns.h"

#define SELECT_MAX_TRIED 16

struct scscf { /* one of the lab's own */
    char uri[CX_TEXT];
    const uint32_t *capability;
    size_t capability_count;
};

struct selection {                 /* what one registration asks for */
    struct cx_capabilities wanted; /* all zero: anybody will do */
    const char *user;              /* the private identity: orders equals; NULL is like "" */
    char tried[SELECT_MAX_TRIED][CX_TEXT];
    size_t tried_count;
};

enum select_verdict {
    SELECT_FOUND,
    SELECT_ALL_TRIED,    /* there were some, none is left */
    SELECT_NONE_CAPABLE, /* nobody has all mandatory capabilities: a fault of the configuration */
};

/* select_next - the best S-CSCF that was not tried yet: names that the HSS gave in
 * Server-Capabilities override the numbers; else all mandatory capabilities, and of those that have
 * them the one with most of the optional ones, and of those the first in the order of this user.
 * uri is set with SELECT_FOUND only. */
enum select_verdict select_next(const struct selection *, const struct scscf *pool, size_t count,
                                char uri[CX_TEXT]);
/* select_tried - never give this one again. select_was_tried - whether it was. */
void select_tried(struct selection *, const char *uri);
bool select_was_tried(const struct selection *, const char *uri);

/* select_where - the place that a SIP URI names, as a question for dns_locate. 0, or -EINVAL: not a
 * sip URI with a host. */
int select_where(const char *uri, struct dns_question *where);
/* select_same - same host and port, whatever else the URIs say; no port is 5060. */
bool select_same(const char *uri, const char *other);

/* select_lacking - "1, 9": the mandatory capabilities that no S-CSCF of the pool has, or all of
 * them when each is there but never together. Written to buf, returned. */
const char *select_lacking(const struct selection *, const struct scscf *pool, size_t count,
                           char *buf, size_t size);

#endif
