/* SPDX-License-Identifier: Apache-2.0 */
/* Server-Assignment: an S-CSCF serves a user, or no longer does (TS 29.228 6.1.2.1).
 *
 *   S-CSCF                                HSS
 *     SAR impi, impu, server name, -------> answer_sar: 1 known? 2 one user? 3 how many?
 *         assignment type                     4 a service? 5 who serves it? then assign.c,
 *                                             for each implicit set concerned
 *     <------ SAA result, profile
 *
 * What each Server-Assignment-Type does is one row of a table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assign.h"
#include "features.h"
#include "hss.h"
#include "wildcard.h"
#include "xalloc.h"

/* TS 29.229 6.3.15; the index is the value. */
static const struct assignment assignments[] = {
    [CX_SAT_NO_ASSIGNMENT] = {READ,         true,  false, true },
    [CX_SAT_REGISTRATION] = {REGISTER,     true,  false, false},
    [CX_SAT_RE_REGISTRATION] = {REGISTER,     true,  false, false},
    [CX_SAT_UNREGISTERED_USER] = {SERVE,        true,  false, true },
    [CX_SAT_TIMEOUT_DEREGISTRATION] = {DEREGISTER,   false, true,  true },
    [CX_SAT_USER_DEREGISTRATION] = {DEREGISTER,   false, true,  false},
    [CX_SAT_TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME] = {KEEP,         false, true,  true },
    [CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME] = {KEEP,         false, true,  false},
    [CX_SAT_ADMINISTRATIVE_DEREGISTRATION] = {DEREGISTER,   false, true,  true },
    [CX_SAT_AUTHENTICATION_FAILURE] = {FORGET_TRIAL, false, false, false},
    [CX_SAT_AUTHENTICATION_TIMEOUT] = {FORGET_TRIAL, false, false, false},
    [CX_SAT_DEREGISTRATION_TOO_MUCH_DATA] = {DEREGISTER,   false, true,  true },
    {REFUSE_TYPE,  false, false, false}, /* 12 AAA_USER_DATA_REQUEST */
    {REFUSE_TYPE,  false, false, false}, /* 13 PGW_UPDATE */
    {REFUSE_TYPE,  false, false, false}, /* 14 RESTORATION */
};

/* ---- 1, 2: who is meant ---- */

/* Without an IMPI: the only one that can be meant. An end of a registration that several have is of
 * nobody; whose profile an unregistered user's is does not matter. */
static int find_impi(struct assigning *a, const char *impu, struct subscriber *s)
{
    char all[CX_MAX_IDS][CX_TEXT], wildcard[CX_TEXT];
    enum deed deed = a->assignment->deed;
    bool any = deed == READ || deed == SERVE, ends = deed == DEREGISTER || deed == KEEP;
    size_t n = s->registered_impis ? subscriber_registered_impis(a->store, s->set, all)
                                   : subscriber_impis(a->store, s->set, all);

    if (n == 1 || (any && n > 1)) {
        memcpy(a->impi, all[0], sizeof a->impi);
        memcpy(wildcard, s->wildcard, sizeof wildcard);
        if (a->sar->wildcard[0])
            impu = a->sar->wildcard;
        subscriber_load(a->store, a->impi, wildcard[0] ? wildcard : impu, s);
        memcpy(s->wildcard, wildcard, sizeof s->wildcard);
        return 0;
    }
    if (any || (ends && !s->registered_impis))
        return 0;
    why_set(a->why, EINVAL, "User-Name is missing and the identity has several IMPIs");
    return CX_MISSING_AVP;
}

/* The S-CSCF may know already which range the identity falls in (6.1.2.1, wildcards). */
static void load(struct assigning *a, const char *impu, struct subscriber *s)
{
    const char *wildcard = a->sar->wildcard;

    if (!wildcard[0]) {
        subscriber_load_any(a->store, a->impi, impu, s);
        return;
    }
    subscriber_load(a->store, a->impi, wildcard, s);
    if (s->kind != WILDCARDED_PSI && s->kind != WILDCARDED_USER)
        s->set = 0;
}

static int find_user(struct assigning *a, const char *impu, struct subscriber *s)
{
    load(a, impu, s);
    if (!s->set || (a->impi[0] && !s->impi) || (s->kind != USER && !s->active)) {
        why_set(a->why, ENOENT, "no subscriber has %s '%s'", s->set ? "IMPI" : "IMPU",
                s->set ? a->impi : impu);
        return CX_USER_UNKNOWN;
    }
    if (a->impi[0] && !s->associated) {
        why_set(a->why, EPERM, "'%s' is no identity of '%s'", impu, a->impi);
        return CX_IDENTITIES_DONT_MATCH;
    }
    return a->impi[0] ? 0 : find_impi(a, impu, s);
}

/* ---- 4: what may be said of a service, or of a range ---- */

static int check_kind(struct assigning *a, const struct subscriber *s)
{
    if (s->kind != USER && !a->assignment->service) {
        why_set(a->why, EPERM, "nobody registers it: it is no distinct public user identity");
        return CX_IN_ASSIGNMENT_TYPE;
    }
    if (!s->wildcard[0] || s->state == NOT_REGISTERED)
        return 0;
    memcpy(a->saa->wildcard, s->wildcard, sizeof a->saa->wildcard);
    if (s->state != REGISTERED || a->assignment->deed != SERVE)
        return 0;
    why_set(a->why, EEXIST, "'%s' is registered", s->wildcard);
    a->keep = true; /* nothing was changed; the answer names the wildcard */
    return CX_IN_ASSIGNMENT_TYPE;
}

/* ---- 5: who serves it ---- */

/* 8.1.2: only the S-CSCF that serves the user may change that, until an I-CSCF has found that it
 * does not answer. An S-CSCF is named by Server-Name; strangers that leave it out are known by
 * their Diameter identity. */
static int check_server(struct assigning *a, const struct subscriber *s)
{
    enum deed deed = a->assignment->deed;
    bool same = a->sar->server_name[0] ? strcmp(a->sar->server_name, s->scscf_name) == 0
                                       : strcmp(a->peer, s->scscf_host) == 0;

    if (same || (!s->scscf_name[0] && deed != READ))
        return 0;
    if (s->reassigning)
        return 0;
    why_set(a->why, EPERM, "'%s' serves it, not '%s'", s->scscf_name, a->sar->server_name);
    if (deed == READ)
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

/* For the implicit set of one IMPU. */
static int assign(struct assigning *a, const char *impu, struct subscriber *s)
{
    int refused = find_user(a, impu, s);

    if (!refused)
        refused = check_kind(a, s);
    if (!refused)
        refused = check_name(a, s);
    if (!refused)
        refused = check_server(a, s);
    return refused ? refused : assign_set(a, s);
}

/* ---- the answer ---- */

/* 6.6: the whole profile, unless the S-CSCF says that it has it. */
static void add_profile(struct assigning *a, const struct subscriber *s)
{
    size_t impis = subscriber_all_impis(a->store, s->subscription, a->saa->associated);
    char first[CX_MAX_IDS][CX_TEXT] = {""};

    a->saa->associated_count = impis > 1 ? impis : 0;
    a->saa->loose_route = s->loose_route;
    if (!a->impi[0] && subscriber_impis(a->store, s->set, first) > 0)
        memcpy(a->impi, first[0], sizeof a->impi);
    if (a->sar->user_data_available)
        return;
    a->saa->user_data = user_data(a->store, s->set, a->impi, a->sar->features.bits);
    subscriber_charging(a->store, s->subscription, &a->saa->charging);
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
        return CX_AVP_OCCURS_TOO_MANY_TIMES;
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

static int check_type(struct assigning *a)
{
    const struct cx_sar *sar = a->sar;
    bool may_restore_pcscf =
        sar->type == CX_SAT_UNREGISTERED_USER || sar->type == CX_SAT_ADMINISTRATIVE_DEREGISTRATION;

    if (!features_fit(&sar->features, a->why))
        return CX_FEATURE_UNSUPPORTED;
    if (sar->type < 0 || (size_t)sar->type >= COUNT(assignments)) {
        why_set(a->why, EINVAL, "Server-Assignment-Type %d does not exist", sar->type);
        return CX_INVALID_AVP_VALUE;
    }
    a->assignment = &assignments[sar->type];
    if (a->assignment->deed == REFUSE_TYPE) {
        why_set(a->why, ENOTSUP, "Server-Assignment-Type %d is not served here", sar->type);
        return CX_IN_ASSIGNMENT_TYPE;
    }
    if (sar->flags & CX_SAR_PCSCF_RESTORATION && may_restore_pcscf) {
        why_set(a->why, ENOTSUP, "no serving node here can be told of a failed P-CSCF");
        return CX_SERVING_NODE_FEATURE_UNSUPPORTED;
    }
    return 0;
}

/* Several sets at once give the first result that is not the plain success. */
static int decide(struct assigning *a)
{
    char impu[CX_MAX_IDS][CX_TEXT];
    int result = check_type(a), done = CX_SUCCESS;
    struct subscriber s;
    size_t count = 0;

    if (result)
        return result;
    memcpy(a->impi, a->sar->impi, sizeof a->impi);
    result = check_identities(a, impu, &count);
    for (size_t i = 0; !result && i < count; i++) {
        int one = assign(a, impu[i], &s);

        if (one != CX_SUCCESS && one != CX_SERVER_NAME_NOT_STORED)
            result = one;
        else if (done == CX_SUCCESS)
            done = one;
    }
    if (result && !(a->keep && !a->saa->wildcard[0]))
        return result;
    if (a->assignment->profile)
        add_profile(a, &s);
    memcpy(a->saa->impi, a->impi, sizeof a->impi);
    return result ? result : done;
}

void answer_sar(struct store *store, const char *peer, const struct cx_sar *sar, struct cx_saa *saa,
                struct why *why)
{
    struct assigning a = {.store = store,
                          .peer = peer,
                          .sar = sar,
                          .saa = saa,
                          .why = why,
                          .restores = sar->features.bits & CX_FEATURE_RESTORATION};
    bool keep;
    int rc;

    *saa = (struct cx_saa){0};
    why->text[0] = '\0';
    sql_begin(store->sql);
    saa->result = decide(&a);
    keep = saa->result == CX_SUCCESS || saa->result == CX_SERVER_NAME_NOT_STORED || a.keep;
    rc = keep ? sql_commit(store->sql, why) : sql_rollback(store->sql, why);
    if (rc < 0) {
        cx_saa_free(saa);
        *saa = (struct cx_saa){.result = CX_UNABLE_TO_COMPLY};
    }
    saa->features.bits = CX_FEATURE_SIFC | CX_FEATURE_ALIAS | CX_FEATURE_RESTORATION;
}
