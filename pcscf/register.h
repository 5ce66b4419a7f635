/* SPDX-License-Identifier: Apache-2.0 */
/* One REGISTER on its way through the P-CSCF: register.c and register_keep.c alone. */
#ifndef PCSCF_REGISTER_H
#define PCSCF_REGISTER_H

#include "log.h"
#include "pcscf.h"

enum step { STEP_LOCATE, STEP_ICSCF };
struct register_txn {
    LIST_ENTRY(register_txn) entry;
    struct pcscf *pcscf;
    struct sip_request *request;
    char call[CALL_TAG];
    enum step step;
    uint64_t born_ms;
    struct loop_timer *deadline; /* for all of it */
    struct dns_op *locating;     /* at most one of these two */
    struct sip_op *forwarding;
    struct agreement agreement;
    char *security_server; /* header line for the 401, or NULL */
    uint32_t granted_s;    /* the longest that a contact of it is kept */
    msg_t *marked;         /* what goes to the core: every attempt sends a copy */
    char domain[128];      /* the home network, from the Request-URI */
    struct sip_targets targets;
    size_t target;      /* which of them is being tried */
    char failures[256]; /* of the ones before, for the refusal */
    bool silent;        /* one of them did not answer at all */
};

/* register_keep - the S-CSCF's 2xx: what is kept of it, here and in the SA table. */
void register_keep(struct register_txn *t, const sip_t *answer);

#endif
