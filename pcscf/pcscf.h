/* SPDX-License-Identifier: Apache-2.0 */
/* The P-CSCF: the terminal's way into the core (TS 24.229 5.2). It believes nothing that a terminal
 * says about the network, keeps who is registered behind which address, and holds the terminals'
 * security associations. Not in this version: sessions. */
#ifndef PCSCF_PCSCF_H
#define PCSCF_PCSCF_H

#include <stdio.h>
#include <sys/queue.h>

#include "charging.h"
#include "conf.h"
#include "contact.h"
#include "dns.h"
#include "loop.h"
#include "mark.h"
#include "proxy.h"
#include "security.h"
#include "sip.h"

struct register_txn;
struct reg_event;

struct pcscf {
    const struct conf *conf;
    const struct conf_pcscf *self;
    struct loop *loop;
    struct dns *dns;
    struct sip *sip;
    struct contacts *contacts;
    struct mark mark;
    struct charging charging;
    struct security security;
    LIST_HEAD(, register_txn) registers; /* live REGISTERs */
    LIST_HEAD(, reg_event) reg_events;   /* our own subscriptions */
    struct proxy proxy;                  /* requests that are passed on */
};

/* pcscf_open - serve what comes in. conf, self, loop, dns and sip are set by the caller before;
 * pcscf_close - forget the live transactions and the contacts; before sip_close. */
void pcscf_open(struct pcscf *);
void pcscf_close(struct pcscf *);
/* pcscf_print_live - transactions and contacts, one line each, for SIGUSR1. */
void pcscf_print_live(void *pcscf, FILE *out);

/* pcscf_is_self - whether a host name or numeric address is this P-CSCF's. */
bool pcscf_is_self(const struct pcscf *, const char *host);
/* pcscf_refuse - the one way to refuse: a status, a Warning header that says why, a line in the
 * log. headers: further header lines, each ended by \r\n, or NULL. Ends the request. */
void pcscf_refuse(const struct pcscf *, struct sip_request *, int status, const char *phrase,
                  const char *headers, const char *why);

/* register.c: a REGISTER, from a terminal to the I-CSCF and back. */
void register_begin(void *pcscf, struct sip_request *);
void register_forget(struct pcscf *); /* at the end of the process */
void register_print_live(const struct pcscf *, FILE *out);

/* reg_event.c: the P-CSCF's own subscriptions of the reg event (TS 24.229 5.2.3). */
/* reg_event_watch - after a 2xx to a REGISTER of this contact: hear what becomes of its identities.
 */
void reg_event_watch(struct pcscf *, const struct contact *, const char *call);
/* reg_event_notified - a NOTIFY to the P-CSCF itself. */
void reg_event_notified(struct pcscf *, struct sip_request *);
void reg_event_forget(struct pcscf *); /* at the end of the process */
void reg_event_print_live(const struct pcscf *, FILE *out);

/* request.c: any other request; protected: one that came over a security association. */
void request_begin(void *pcscf, struct sip_request *);
void request_begin_protected(void *pcscf, struct sip_request *);

#endif
