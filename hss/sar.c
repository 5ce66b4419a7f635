/* SPDX-License-Identifier: Apache-2.0 */
/* Server-Assignment: an S-CSCF serves a user, or no longer does (TS 29.228 6.1.2.1).
 *
 *   S-CSCF                                HSS
 *     SAR impi, impu, server name, -------> answer_sar: 1 known? 2 one user? 3 how many?
 *         assignment type                     5 the type, for each implicit set concerned
 *     <------ SAA result, profile
 *
 * What each Server-Assignment-Type does is one row of a table. A request that arrives twice (the
 * Diameter client repeats it after a lost connection) does no more than once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hss.h"
#include "subscriber.h"
#include "xalloc.h"

enum deed {
    REFUSE_TYPE,  /* known, but nothing that this HSS does */
    READ,         /* only the profile */
    REGISTER,     /* -> registered */
    SERVE,        /* -> unregistered, served all the same */
    DEREGISTER,   /* this IMPI no longer; the last one: -> not registered */
    KEEP,         /* this IMPI no longer; the last one: -> unregistered, the S-CSCF stays */
    FORGET_TRIAL, /* an authentication came to nothing */
};

/* TS 29.229 6.3.15; the index is the value. */
static const struct assignment {
    enum deed deed;
    bool profile; /* the answer carries User-Data */
    bool many;    /* more than one Public-Identity may be named */
} assignments[] = {
    [CX_SAT_NO_ASSIGNMENT] = {READ,         true,  false},
    [CX_SAT_REGISTRATION] = {REGISTER,     true,  false},
    [CX_SAT_RE_REGISTRATION] = {REGISTER,     true,  false},
    [CX_SAT_UNREGISTERED_USER] = {SERVE,        true,  false},
    [CX_SAT_TIMEOUT_DEREGISTRATION] = {DEREGISTER,   false, true },
    [CX_SAT_USER_DEREGISTRATION] = {DEREGISTER,   false, true },
    [CX_SAT_TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME] = {KEEP,         false, true },
    [CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME] = {KEEP,         false, true },
    [CX_SAT_ADMINISTRATIVE_DEREGISTRATION] = {DEREGISTER,   false, true },
    [CX_SAT_AUTHENTICATION_FAILURE] = {FORGET_TRIAL, false, false},
    [CX_SAT_AUTHENTICATION_TIMEOUT] = {FORGET_TRIAL, false, false},
    [CX_SAT_DEREGISTRATION_TOO_MUCH_DATA] = {DEREGISTER,   false, true },
    {REFUSE_TYPE,  false, false}, /* 12 AAA_USER_DATA_REQUEST */
    {REFUSE_TYPE,  false, false}, /* 13 PGW_UPDATE */
    {REFUSE_TYPE,  false, false}, /* 14 RESTORATION */
};

struct assigning { /* one SAR, while it is decided */
    struct store *store;
    const char *peer;
    const struct cx_sar *sar;
    const struct assignment *assignment;
    struct cx_saa *saa;
    struct why *why;
    char impi[CX_TEXT]; /* as sent, or the only one there is */
};

/* ---- what a type does to one implicit set ---- */

static void end_registration(struct assigning *a, struct subscriber *s)
{
    bool keep = a->assignment->deed == KEEP;

    if (s->associated)
        subscriber_mark(a->store, s, false, false);
    if (s->registered_impis > 0)
        return; /* another IMPI has it registered: nothing changes for the set */
    subscriber_forget(a->store, s);
    if (keep && s->state != NOT_REGISTERED)
        subscriber_serve(a->store, s, UNREGISTERED, s->scscf_name, s->scscf_host);
    else
        subscriber_serve(a->store, s, NOT_REGISTERED, "", "");
}

static void forget_trial(struct assigning *a, struct subscriber *s)
{
    subscriber_mark(a->store, s, s->registered, false);
    if (s->state == NOT_REGISTERED)
        subscriber_serve(a->store, s, NOT_REGISTERED, "", "");
}

static void change(struct assigning *a, struct subscriber *s)
{
    switch (a->assignment->deed) {
    case REGISTER:
        subscriber_serve(a->store, s, REGISTERED, a->sar->server_name, a->peer);
        subscriber_mark(a->store, s, true, false);
        break;
    case SERVE:
        subscriber_forget(a->store, s);
        subscriber_serve(a->store, s, UNREGISTERED, a->sar->server_name, a->peer);
        break;
    case DEREGISTER:
    case KEEP: end_registration(a, s); break;
    case FORGET_TRIAL: forget_trial(a, s); break;
    default: break;
    }
}

/* ---- the steps ---- */

/* 8.1.2: only the S-CSCF that serves the user may change that. An S-CSCF is named by Server-Name;
 * strangers that leave it out are known by their Diameter identity. */
static int check_server(struct assigning *a, const struct subscriber *s)
{
    bool same = a->sar->server_name[0] ? strcmp(a->sar->server_name, s->scscf_name) == 0
                                       : strcmp(a->peer, s->scscf_host) == 0;

    if (same || (!s->scscf_name[0] && a->assignment->deed != READ))
        return 0;
    why_set(a->why, EPERM, "'%s' serves it, not '%s'", s->scscf_name, a->sar->server_name);
    if (a->assignment->deed == READ)
        return CX_UNABLE_TO_COMPLY;
    memcpy(a->saa->server_name, s->scscf_name, sizeof a->saa->server_name);
    return CX_IDENTITY_ALREADY_REGISTERED;
}

static int check_name(struct assigning *a, const struct subscriber *s)
{
    bool assigns = a->assignment->deed == REGISTER || a->assignment->deed == SERVE;

    if (!assigns || a->sar->server_name[0])
        return 0;
    why_set(a->why, EINVAL, "no Server-Name to store for set %lld", (long long)s->set);
    return CX_MISSING_AVP;
}

/* 1, 2: the identities exist and belong together; without an IMPI the set must have only one. */
static int find_user(struct assigning *a, const char *impu, struct subscriber *s)
{
    subscriber_load(a->store, a->impi, impu, s);
    if (!s->set || (a->impi[0] && !s->impi)) {
        why_set(a->why, ENOENT, "no subscriber has %s '%s'", s->set ? "IMPI" : "IMPU",
                s->set ? a->impi : impu);
        return CX_USER_UNKNOWN;
    }
    if (!a->impi[0] && a->assignment->deed != SERVE) {
        if (!subscriber_only_impi(a->store, s->set, a->impi)) {
            why_set(a->why, EINVAL, "User-Name is missing and the identity has several IMPIs");
            return CX_MISSING_AVP;
        }
        subscriber_load(a->store, a->impi, impu, s);
    }
    if (a->impi[0] && !s->associated) {
        why_set(a->why, EPERM, "'%s' is no identity of '%s'", impu, a->impi);
        return CX_IDENTITIES_DONT_MATCH;
    }
    return 0;
}

/* 5, for the implicit set of one IMPU. */
static int assign(struct assigning *a, const char *impu, struct subscriber *s)
{
    int refused = find_user(a, impu, s);

    if (!refused)
        refused = check_name(a, s);
    if (!refused)
        refused = check_server(a, s);
    if (!refused)
        change(a, s);
    return refused;
}

/* 6.6: the whole profile, unless the S-CSCF says that it has it. */
static void add_profile(struct assigning *a, const struct subscriber *s)
{
    char first[CX_MAX_IDS][CX_TEXT];
    size_t impis = subscriber_impis(a->store, s->set, first);

    if (impis > 1) {
        memcpy(a->saa->associated, first, sizeof first);
        a->saa->associated_count = impis;
    }
    if (!a->sar->user_data_available)
        a->saa->user_data = user_data(a->store, s->set, a->impi[0] ? a->impi : first[0]);
}

/* 3: how many identities the type allows; none named means all of the IMPI. */
static int check_identities(struct assigning *a, char impu[][CX_TEXT], size_t *count)
{
    const struct cx_sar *sar = a->sar;
    struct subscriber s;

    *count = sar->impu_count;
    memcpy(impu, sar->impu, sizeof sar->impu);
    if (*count > 1 && !a->assignment->many) {
        why_set(a->why, EINVAL, "%zu identities where the assignment type allows one", *count);
        return 5009; /* DIAMETER_AVP_OCCURS_TOO_MANY_TIMES */
    }
    if (*count)
        return 0;
    if (!a->impi[0] || !a->assignment->many) {
        why_set(a->why, EINVAL, "neither User-Name nor Public-Identity says who is meant");
        return CX_MISSING_AVP;
    }
    subscriber_load(a->store, a->impi, "", &s);
    if (s.impi)
        *count = subscriber_first_impus(a->store, s.impi, impu);
    if (*count)
        return 0;
    why_set(a->why, ENOENT, "no subscriber has IMPI '%s'", a->impi);
    return CX_USER_UNKNOWN;
}

static int decide(struct assigning *a)
{
    char impu[CX_MAX_IDS][CX_TEXT];
    struct subscriber s;
    size_t count;
    int refused;

    if (a->sar->type < 0 || (size_t)a->sar->type >= COUNT(assignments)) {
        why_set(a->why, EINVAL, "Server-Assignment-Type %d does not exist", a->sar->type);
        return CX_INVALID_AVP_VALUE;
    }
    a->assignment = &assignments[a->sar->type];
    if (a->assignment->deed == REFUSE_TYPE) {
        why_set(a->why, ENOTSUP, "Server-Assignment-Type %d is not served here", a->sar->type);
        return CX_IN_ASSIGNMENT_TYPE;
    }
    memcpy(a->impi, a->sar->impi, sizeof a->impi);
    refused = check_identities(a, impu, &count);
    for (size_t i = 0; !refused && i < count; i++)
        refused = assign(a, impu[i], &s);
    if (refused)
        return refused;
    if (a->assignment->profile)
        add_profile(a, &s);
    memcpy(a->saa->impi, a->impi, sizeof a->impi);
    return CX_SUCCESS;
}

void answer_sar(struct store *store, const char *peer, const struct cx_sar *sar, struct cx_saa *saa,
                struct why *why)
{
    struct assigning a = {.store = store, .peer = peer, .sar = sar, .saa = saa, .why = why};
    int rc;

    *saa = (struct cx_saa){0};
    why->text[0] = '\0';
    sql_begin(store->sql);
    saa->result = decide(&a);
    rc = saa->result == CX_SUCCESS ? sql_commit(store->sql, why) : sql_rollback(store->sql, why);
    if (rc == 0)
        return;
    free(saa->user_data);
    *saa = (struct cx_saa){.result = CX_UNABLE_TO_COMPLY};
}
