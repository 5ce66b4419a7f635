/* SPDX-License-Identifier: Apache-2.0 */
/* The watcher's end of one subscription of the reg event (RFC 6665 4.1, RFC 3680): its dialog, and
 * what a NOTIFY in it says. The terminal and the P-CSCF have one each. Pure but for random
 * identifiers. */
#ifndef IMSLAB_SUBSCRIPTION_H
#define IMSLAB_SUBSCRIPTION_H

#include <sofia-sip/sip.h>

#include "reginfo.h"

struct subscription {
    char call_id[33], local_tag[17];
    char remote_tag[128]; /* "": no dialog yet */
    char target[512];     /* the Contact of the notifier */
    char routes[2048];    /* for Route, or "" */
    uint32_t cseq;        /* of the next SUBSCRIBE */
    uint32_t remote_cseq; /* of the last NOTIFY; 0: none */
    uint32_t version;     /* of the last document ... */
    bool informed;        /* ... if there was one */
};

/* subscription_begin - a new one, without a dialog. */
void subscription_begin(struct subscription *);
/* subscription_answered - a 2xx to a SUBSCRIBE of it: the dialog is known. */
void subscription_answered(struct subscription *, const sip_t *answer);
/* subscription_owns - whether a NOTIFY is one of it. */
bool subscription_owns(const struct subscription *, const sip_t *notify);

struct subscription_news { /* texts belong to the home that was given */
    bool has_info;         /* info is news; else the document is old, or there is none */
    bool has_gap; /* it is partial and one before it is missing: ask again (RFC 3680 4.11) */
    struct reginfo info;
    bool is_over;           /* Subscription-State: terminated */
    const char *reason;     /* of it, or "" */
    unsigned retry_after_s; /* of it, or 0 */
    unsigned expires_s;     /* active: what is left, or 0: not said */
};

/* subscription_notified - read a NOTIFY. The status to answer with, and for all but 200 a sentence:
 * 481 not of this subscription, 489 another event, 500 out of order, 400 no Subscription-State, 415
 * another type, 400 a document that cannot be used. */
int subscription_notified(struct subscription *, su_home_t *home, const sip_t *notify,
                          struct subscription_news *news, struct why *why);

#endif
