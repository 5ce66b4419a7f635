/* SPDX-License-Identifier: Apache-2.0 */
/* One DNS question to the lab's servers: from the cache, or over the wire with c-ares on our loop.
 * Whoever asks for the same thing meanwhile hears the same answer. Used by dns.c alone. */
#ifndef IMSLAB_DNS_QUERY_H
#define IMSLAB_DNS_QUERY_H

#include "dns.h"
#include "dns_rr.h"

struct dns_resolver;
struct dns_wait;

struct dns_resolver *dns_resolver_new(struct loop *, const struct dns_config *); /* never NULL */
void dns_resolver_free(struct dns_resolver *);

/* dns_known - what the cache has; valid until the next call of this header; NULL: ask. */
const struct dns_answer *dns_known(struct dns_resolver *, const char *name, uint16_t type,
                                   const char *call);

/* dns_ask - done runs exactly once, later, from the loop, with an answer valid during the call, at
 * most wait_ms * tries * servers from now: no reply is answer->err -ETIMEDOUT, an ICMP refusal
 * -ECONNREFUSED. Returns a handle for dns_forget, never NULL. */
typedef void dns_answer_fn(void *arg, const char *name, uint16_t type, const struct dns_answer *);
struct dns_wait *dns_ask(struct dns_resolver *, const char *name, uint16_t type, const char *call,
                         dns_answer_fn *done, void *arg);
/* dns_forget - done will not be called; *wait becomes NULL; NULL is fine. The question itself goes
 * on: its answer is worth keeping. */
void dns_forget(struct dns_wait **wait);

#endif
