/* SPDX-License-Identifier: Apache-2.0 */
/* What a Server-Assignment-Type does to one implicit set (TS 29.228 6.1.2.1 step 5). sar.c decides
 * who is meant and whether it may be asked; this is what happens then. */
#ifndef IMSLAB_ASSIGN_H
#define IMSLAB_ASSIGN_H

#include "hss.h"
#include "subscriber.h"

enum deed {
    REFUSE_TYPE,  /* known, but nothing that this HSS does */
    READ,         /* only the profile */
    REGISTER,     /* -> registered */
    SERVE,        /* -> unregistered, served all the same */
    DEREGISTER,   /* this IMPI no longer; the last one: -> not registered */
    KEEP,         /* this IMPI no longer; the last one: -> unregistered, the S-CSCF stays */
    FORGET_TRIAL, /* an authentication came to nothing */
};

struct assignment { /* a Server-Assignment-Type */
    enum deed deed;
    bool profile; /* the answer carries User-Data */
    bool many;    /* more than one Public-Identity may be named */
    bool service; /* may be said of a service or a range of identities (step 4) */
};

struct assigning { /* one SAR, while it is decided */
    struct store *store;
    const char *peer;
    const struct cx_sar *sar;
    const struct assignment *assignment;
    struct cx_saa *saa;
    struct why *why;
    char impi[CX_TEXT]; /* as sent, or the one that was found */
    bool restores;      /* the S-CSCF speaks of restoration information */
    bool keep;          /* what was changed stays, although the answer is an error */
};

/* assign_set - do it. Returns the result, CX_SUCCESS or another. */
int assign_set(struct assigning *a, struct subscriber *s);

#endif
