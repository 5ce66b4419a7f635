/* SPDX-License-Identifier: Apache-2.0 */
/* The one struct of S-CSCF state, and where its rooms meet. */
#ifndef IMSLAB_SCSCF_H
#define IMSLAB_SCSCF_H

#include <stdio.h>

#include "auth.h"
#include "binding.h"
#include "conf.h"
#include "cx.h"
#include "dns.h"
#include "loop.h"
#include "sip.h"

struct journal;
struct register_txn; /* register.c */
struct restoring;    /* lost.c */
struct told;         /* control.c: what an operator asks (control_fn; env: the scscf). */
void control_serve(void *env, const char *line, char *answer, size_t size);

/* sar.c */
struct watcher;
struct third_party;

struct scscf {
    const struct conf *conf;
    const struct conf_scscf *me;
    struct loop *loop;
    struct sip *sip;
    struct dns *dns;
    struct cx *cx;
    char uri[CONF_URI];           /* "sip:scscf1.hims.net:5060": Server-Name, always these octets */
    char service_route[CONF_URI]; /* "<sip:orig@scscf1.hims.net:5060;lr>" */
    struct auth *auth;
    struct registrar registrar;
    struct journal *journal;           /* NULL: nothing is kept over a restart */
    struct register_txn *registers;    /* live transactions */
    struct restoring *restoring;       /* SUBSCRIBEs that wait for the HSS */
    struct told *told;                 /* live SARs of sar.c */
    struct loop_timer *tell_again;     /* for those that the HSS has not answered */
    void *watchers_by_id;              /* tsearch; watcher.h */
    struct watcher *leaving;           /* those whose last NOTIFY is under way */
    struct third_party *third_parties; /* REGISTERs to application servers */
    struct loop_timer *await_auth;     /* for the challenge that runs out first */
};

/* scscf_init - fill in everything but loop, sip, dns and cx. scscf_end - give it back; no
 * transaction may be asked for after it. */
void scscf_init(struct scscf *, const struct conf *, const struct conf_scscf *me);
void scscf_end(struct scscf *);
/* scscf_print_live - every registration, challenge and transaction, one line each. arg: the scscf.
 */
void scscf_print_live(void *arg, FILE *out);

/* register.c: one REGISTER from the I-CSCF (sip_serve_fn, env: the scscf). */
void register_begin(void *env, struct sip_request *request);
void register_print_live(const struct scscf *, FILE *);
/* register_forget - refuse every transaction with 503, and the I-CSCF tries another S-CSCF: the
 * daemon ends. */
void register_forget(struct scscf *);

/* subscribe.c: one SUBSCRIBE (sip_serve_fn, env: the scscf). */
void subscribe_begin(void *env, struct sip_request *request);
/* subscribe_look - answer it, or ask the HSS first, unless that was done (restored).
 * subscribe_refuse
 * - the exit that says no. */
void subscribe_look(struct scscf *, struct sip_request *request, bool restored);
void subscribe_refuse(struct scscf *, struct sip_request *request, const char *impu,
                      const struct refusal *);

/* rtr.c, ppr.c: what the HSS asks of us (struct cx_handlers; env: the scscf). */
void rtr_serve(void *env, const struct cx_rtr *, struct cx_reply *);
void ppr_serve(void *env, const struct cx_ppr *, struct cx_reply *);

/* expiry.c */
/* expiry_arm - (re)start the timer for the contact of this set that expires first; a set without
 * contacts is removed, reg is gone then. Not while it is held. */
void expiry_arm(struct scscf *, struct registration *reg);
/* expiry_arm_challenges - start reg-await-auth for the oldest challenge, unless it runs. */
void expiry_arm_challenges(struct scscf *);

/* sar.c: sar_tell - tell the HSS of an end (enum cx_sat) whose answer changes nothing here. It is
 * told until it answers, over a restart too, unless the user is registered here again.
 * sar_tell_again - what the journal says that it was not told yet (taken as a copy). */
void sar_tell(struct scscf *, int type, const char *impi, const char *impu, const char *call);
void sar_tell_again(struct scscf *, const struct told *);
void sar_print_live(const struct scscf *, FILE *);
void sar_abandon(struct scscf *);

#endif
