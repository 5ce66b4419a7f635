/* SPDX-License-Identifier: Apache-2.0 */
/* One request passed on by a stateful proxy (RFC 3261 16): what is the same in every CSCF, whatever
 * the method. Who may send, where it goes and which headers come and go is the daemon's; here are
 * Max-Forwards, the way to the next hop, its answer, and the refusal when there is none. */
#ifndef IMSLAB_PROXY_H
#define IMSLAB_PROXY_H

#include "way.h"

struct proxied;

/* proxy_refuse_fn - the daemon's one way to refuse; it ends the request. */
typedef void proxy_refuse_fn(const void *env, struct sip_request *, int status, const char *phrase,
                             const char *why);

struct proxy {
    struct loop *loop;
    const struct conf *conf;
    proxy_refuse_fn *refuse;
    const void *env; /* for refuse */
    struct proxied *live;
};

/* proxy_pass - send m, an edited sip_copy of request (taken), on to `to`; the answer goes back,
 * changed by edit (may be NULL) with edit_arg, which is free()d at the end. The request is answered
 * in every case, later or at once (483). The sender's own Timer F is the limit of the wait. */
void proxy_pass(struct proxy *, struct sip_request *request, msg_t *m, const struct way_to *to,
                sip_edit_fn *edit, void *edit_arg);
/* proxy_forget - refuse what is under way with 503: the daemon ends. */
void proxy_forget(struct proxy *);
/* proxy_print_live - one line each, for SIGUSR1. */
void proxy_print_live(const struct proxy *, FILE *out);

#endif
