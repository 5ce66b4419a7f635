/* SPDX-License-Identifier: Apache-2.0 */
/* The I-CSCF: the door of the home network (TS 24.229 5.3). It asks the HSS who serves a user and
 * passes the request on; it keeps nothing but the transactions under way. */
#ifndef ICSCF_ICSCF_H
#define ICSCF_ICSCF_H

#include <stdio.h>
#include <sys/queue.h>

#include "conf.h"
#include "cx.h"
#include "dns.h"
#include "loop.h"
#include "proxy.h"
#include "select.h"
#include "sip.h"

struct register_txn;
struct locate_txn;

struct icscf {
    const struct conf *conf;
    const struct conf_icscf *self;
    struct loop *loop;
    struct sip *sip;
    struct cx *cx;
    struct dns *dns;
    struct scscf pool[8]; /* the S-CSCFs of lab.yaml */
    size_t pool_count;
    LIST_HEAD(, register_txn) registers; /* live REGISTERs */
    LIST_HEAD(, locate_txn) locates;     /* requests whose LIR is under way */
    struct proxy proxy;                  /* and those that are passed on */
};

/* icscf_open - take the S-CSCFs of the configuration into the pool and serve what comes in. The
 * engines (loop, sip, cx, dns) are set by the caller before. */
void icscf_open(struct icscf *);
/* icscf_close - refuse what is under way with 503; before the engines are closed. */
void icscf_close(struct icscf *);
/* icscf_print_live - one line per transaction, for SIGUSR1. */
void icscf_print_live(void *icscf, FILE *out);
/* icscf_is_self - whether a SIP URI names this I-CSCF. */
bool icscf_is_self(const struct icscf *, const char *uri);
/* icscf_admits - whether the sender is an element of this lab's core (TS 24.229 4.4: the trust
 * domain). A stranger is refused with 403 here and false returned. */
bool icscf_admits(const struct icscf *, struct sip_request *);
/* icscf_refuse - the one way to refuse: a status with a Warning header that says why (quotes in why
 * become apostrophes), and a line in the log. Ends the request. */
void icscf_refuse(const struct icscf *, struct sip_request *, int status, const char *phrase,
                  const char *why);

/* register.c: a REGISTER, from the P-CSCF to the S-CSCF and back. */
void register_begin(void *icscf, struct sip_request *);
void register_forget(struct icscf *); /* refuse every one with 503: the end is near */
void register_print_live(const struct icscf *, FILE *out);

/* locate.c: a request for a user: to the S-CSCF that serves it. */
void locate_begin(struct icscf *, struct sip_request *);
void locate_forget(struct icscf *);
void locate_print_live(const struct icscf *, FILE *out);

/* request.c: any other request. */
void request_begin(void *icscf, struct sip_request *);

#endif
