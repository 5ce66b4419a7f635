/* SPDX-License-Identifier: Apache-2.0 */
/* User-Authorization: may this user register from there, and who serves it (TS 29.228 6.1.1.1).
 *
 *   I-CSCF                                HSS
 *     UAR impi, impu, visited, type ------> answer_uar: 1 known? 3 one user? 4 barred?
 *                                             5 may it? 6 who serves it?
 *     <------ UAA result, server name or capabilities
 */
#include <errno.h>

#include "features.h"
#include "hss.h"
#include "subscriber.h"

/* 5: roaming agreement and permission to register. 0, or what refuses. */
static int may_register(struct store *store, const struct subscriber *s, const struct cx_uar *uar,
                        struct why *why)
{
    if (uar->flags & CX_UAR_EMERGENCY)
        return 0;
    if (!subscriber_may_roam(store, s, uar->visited)) {
        why_set(why, EPERM, "may not roam in '%s'", uar->visited);
        return CX_ROAMING_NOT_ALLOWED;
    }
    if (!s->registration_allowed) {
        why_set(why, EPERM, "registration is not allowed for this subscription");
        return CX_AUTHORIZATION_REJECTED;
    }
    return 0;
}

/* 6: nobody has registered this identity; perhaps an S-CSCF was chosen all the same. */
static int not_registered(struct store *store, const struct subscriber *s, const struct cx_uar *uar,
                          struct cx_uaa *uaa, struct why *why)
{
    if (uar->type == CX_UAT_DE_REGISTRATION) {
        if (!s->auth_pending || !s->scscf_name[0]) {
            why_set(why, EPERM, "is not registered");
            return CX_IDENTITY_NOT_REGISTERED;
        }
        subscriber_scscf(store, s, uaa->server_name);
        return CX_SUCCESS;
    }
    subscriber_scscf(store, s, uaa->server_name);
    if (uaa->server_name[0]) /* of this set (a MAR chose it) or of the subscription */
        return CX_SUBSEQUENT_REGISTRATION;
    uaa->has_capabilities = subscriber_capabilities(store, s, &uaa->capabilities);
    return CX_FIRST_REGISTRATION;
}

static int decide(struct store *store, const struct cx_uar *uar, struct cx_uaa *uaa,
                  struct why *why)
{
    struct subscriber s;
    int refused = 0;

    if (!features_fit(&uar->features, why))
        return CX_FEATURE_UNSUPPORTED;
    /* 1: both identities exist */
    subscriber_load(store, uar->impi, uar->impu, &s);
    if (!s.impi || !s.set) {
        why_set(why, ENOENT, "no subscriber has %s '%s'", s.impi ? "IMPU" : "IMPI",
                s.impi ? uar->impu : uar->impi);
        return CX_USER_UNKNOWN;
    }
    /* 2: nobody registers a service, or a range of identities */
    if (s.kind != USER) {
        why_set(why, EPERM, "'%s' is no distinct public user identity", uar->impu);
        return CX_USER_UNKNOWN;
    }
    /* 3: of the same user */
    if (!s.associated) {
        why_set(why, EPERM, "'%s' is no identity of '%s'", uar->impu, uar->impi);
        return CX_IDENTITIES_DONT_MATCH;
    }
    /* 4: barred, and nothing else in its set to register with it */
    if (s.all_barred && !(uar->flags & CX_UAR_EMERGENCY)) {
        why_set(why, EPERM, "every identity of its set is barred");
        return CX_AUTHORIZATION_REJECTED;
    }
    /* 5: what is asked */
    if (uar->type < CX_UAT_REGISTRATION || uar->type > CX_UAT_REGISTRATION_AND_CAPABILITIES) {
        why_set(why, EINVAL, "User-Authorization-Type %d does not exist", uar->type);
        return CX_INVALID_AVP_VALUE;
    }
    if (uar->type != CX_UAT_DE_REGISTRATION)
        refused = may_register(store, &s, uar, why);
    if (refused)
        return refused;
    if (uar->type == CX_UAT_REGISTRATION_AND_CAPABILITIES) { /* the S-CSCF it has does not answer */
        uaa->has_capabilities = subscriber_capabilities(store, &s, &uaa->capabilities);
        if (s.scscf_name[0] && !(uar->flags & CX_UAR_EMERGENCY))
            subscriber_reassign(store, &s, true);
        return CX_SUCCESS;
    }
    /* 6: its state */
    if (s.state == NOT_REGISTERED)
        return not_registered(store, &s, uar, uaa, why);
    subscriber_scscf(store, &s, uaa->server_name);
    return uar->type == CX_UAT_REGISTRATION ? CX_SUBSEQUENT_REGISTRATION : CX_SUCCESS;
}

void answer_uar(struct store *store, const struct cx_uar *uar, struct cx_uaa *uaa, struct why *why)
{
    *uaa = (struct cx_uaa){0};
    why->text[0] = '\0';
    sql_begin(store->sql);
    uaa->result = decide(store, uar, uaa, why);
    if (sql_commit(store->sql, why) < 0)
        *uaa = (struct cx_uaa){.result = CX_UNABLE_TO_COMPLY};
    uaa->features.bits = CX_FEATURE_RESTORATION;
}
