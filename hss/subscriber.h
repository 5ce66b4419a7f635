/* SPDX-License-Identifier: Apache-2.0 */
/* What the HSS knows of a user, loaded for one pair of identities, and what it may change. Every
 * function runs between sql_begin and sql_commit (store_sql.h: errors stick until then). */
#ifndef IMSLAB_SUBSCRIBER_H
#define IMSLAB_SUBSCRIBER_H

#include "cx.h"
#include "store.h"

enum state { NOT_REGISTERED, REGISTERED, UNREGISTERED };      /* of an implicit set; stored */
enum kind { USER, PSI, WILDCARDED_PSI, WILDCARDED_USER = 4 }; /* of an IMPU; stored (29.228 E.1) */

struct subscriber {
    int64_t subscription, impi, set; /* rows; 0: no such identity */
    bool associated;                 /* the IMPI may use the IMPU */
    char auth[16];                   /* of the IMPI: "akav1", "digest-md5", ... */
    enum kind kind;                  /* of the IMPU */
    char wildcard[CX_TEXT];          /* the wildcarded identity that was found instead, "" none */
    bool active;                     /* of a PSI */
    char as_name[CX_TEXT];           /* of a PSI: the server to ask directly, "" none */
    bool barred, all_barred;         /* the IMPU; every IMPU of its set */
    bool registration_allowed;
    bool unregistered_services;
    bool keep_scscf;  /* after the last registration, if the S-CSCF wants */
    bool reassigning; /* the next SAR may bring another S-CSCF */
    bool loose_route;
    enum state state;
    char scscf_name[CX_TEXT], scscf_host[128]; /* "" when none */
    bool registered, auth_pending;             /* the set, by this IMPI */
    size_t impis, registered_impis;            /* of the set */
};

/* subscriber_load - look up both identities as they are; either may be "". *s is zeroed first.
 * subscriber_load_any - an IMPU that nobody has may also fall under a wildcarded one; then that one
 * is loaded and s->wildcard says so (29.228 table 6.1.4.2: distinct ones go first). */
void subscriber_load(struct store *store, const char *impi, const char *impu, struct subscriber *s);
void subscriber_load_any(struct store *store, const char *impi, const char *impu,
                         struct subscriber *s);
/* subscriber_impis - the IMPIs of the set, at most CX_MAX_IDS; returns how many.
 * subscriber_registered_impis - those that have it registered. subscriber_all_impis - those of the
 * subscription. */
size_t subscriber_impis(struct store *store, int64_t set, char impi[][CX_TEXT]);
size_t subscriber_registered_impis(struct store *store, int64_t set, char impi[][CX_TEXT]);
size_t subscriber_all_impis(struct store *store, int64_t subscription, char impi[][CX_TEXT]);
/* subscriber_impus - the distinct identities of a set, the default one first, at most CX_MAX_IDS.
 */
size_t subscriber_impus(struct store *store, int64_t set, char impu[][CX_TEXT]);
/* subscriber_first_impus - one IMPU of each set that the IMPI has, at most CX_MAX_IDS. */
size_t subscriber_first_impus(struct store *store, int64_t impi, char impu[][CX_TEXT]);

/* subscriber_may_roam - whether the visited network is one of those allowed (29.228 6.1.1.1). */
bool subscriber_may_roam(struct store *store, const struct subscriber *s, const char *visited);
/* subscriber_capabilities - what its S-CSCF must and should have; false: anything will do. */
bool subscriber_capabilities(struct store *store, const struct subscriber *s,
                             struct cx_capabilities *capabilities);
/* subscriber_scscf - the S-CSCF of this set or, when it has none, of any set of the subscription;
 * "" when there is none. */
void subscriber_scscf(struct store *store, const struct subscriber *s, char name[CX_TEXT]);

/* subscriber_serve - the set has this state and this S-CSCF from now on ("" none). */
void subscriber_serve(struct store *store, struct subscriber *s, enum state state,
                      const char *scscf_name, const char *scscf_host);
/* subscriber_mark - this IMPI has the set registered or not, its authentication is pending or not.
 */
void subscriber_mark(struct store *store, struct subscriber *s, bool registered, bool pending);
/* subscriber_forget - no IMPI has the set registered, none is pending. */
void subscriber_forget(struct store *store, struct subscriber *s);
/* subscriber_reassign - whether the next SAR may bring another S-CSCF. */
void subscriber_reassign(struct store *store, struct subscriber *s, bool reassigning);
/* subscriber_charging - Charging-Information of the subscription. */
void subscriber_charging(struct store *store, int64_t subscription, struct cx_charging *charging);

#endif
