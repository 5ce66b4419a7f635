/* SPDX-License-Identifier: Apache-2.0 */
/* Location-Info: who serves this identity now (TS 29.228 6.1.4.1).
 *
 *   I-CSCF                                HSS
 *     LIR impu, originating?, type -------> answer_lir: 1 known? 2 a service? 2a new choice?
 *                                             3 its state
 *     <------ LIA result, server name or capabilities
 */
#include <errno.h>
#include <string.h>

#include "features.h"
#include "hss.h"
#include "subscriber.h"

/* 2: a service with a server of its own is asked there, and not at an S-CSCF. */
static int direct(const struct cx_lir *lir, const struct subscriber *s, struct cx_lia *lia,
                  struct why *why)
{
    if (lir->type == CX_UAT_REGISTRATION_AND_CAPABILITIES) {
        why_set(why, EPERM, "is served by '%s' directly: no S-CSCF can take its place", s->as_name);
        return CX_UNABLE_TO_COMPLY;
    }
    memcpy(lia->server_name, s->as_name, sizeof lia->server_name);
    lia->flags = CX_LIA_PSI_DIRECT;
    return CX_SUCCESS;
}

/* 3: its state. */
static int locate(struct store *store, const struct cx_lir *lir, const struct subscriber *s,
                  struct cx_lia *lia, struct why *why)
{
    if (s->state == NOT_REGISTERED && !s->unregistered_services && !lir->originating) {
        why_set(why, EPERM, "is not registered and has no services for that case");
        return CX_IDENTITY_NOT_REGISTERED;
    }
    subscriber_scscf(store, s, lia->server_name);
    if (lia->server_name[0])
        return CX_SUCCESS;
    lia->has_capabilities = subscriber_capabilities(store, s, &lia->capabilities);
    return CX_UNREGISTERED_SERVICE;
}

static int decide(struct store *store, const struct cx_lir *lir, struct cx_lia *lia,
                  struct why *why)
{
    struct subscriber s;

    if (!features_fit(&lir->features, why))
        return CX_FEATURE_UNSUPPORTED;
    /* 1: it exists, or a range does that it falls in */
    subscriber_load_any(store, "", lir->impu, &s);
    if (!s.set || (s.kind != USER && !s.active)) {
        why_set(why, ENOENT,
                s.set ? "the service '%s' is not active" : "no subscriber has IMPU '%s'",
                lir->impu);
        return CX_USER_UNKNOWN;
    }
    memcpy(lia->wildcard, s.wildcard, sizeof lia->wildcard);
    if (lir->type > CX_UAT_REGISTRATION_AND_CAPABILITIES || lir->type < -1) {
        why_set(why, EINVAL, "User-Authorization-Type %d does not exist", lir->type);
        return CX_INVALID_AVP_VALUE;
    }
    if (s.as_name[0] && !lir->originating)
        return direct(lir, &s, lia, why);
    /* 2a: the S-CSCF it has does not answer: what must another one have? */
    if (lir->type == CX_UAT_REGISTRATION_AND_CAPABILITIES) {
        lia->has_capabilities = subscriber_capabilities(store, &s, &lia->capabilities);
        subscriber_reassign(store, &s, true);
        return CX_SUCCESS;
    }
    return locate(store, lir, &s, lia, why);
}

void answer_lir(struct store *store, const struct cx_lir *lir, struct cx_lia *lia, struct why *why)
{
    *lia = (struct cx_lia){0};
    why->text[0] = '\0';
    sql_begin(store->sql);
    lia->result = decide(store, lir, lia, why);
    if (sql_commit(store->sql, why) < 0)
        *lia = (struct cx_lia){.result = CX_UNABLE_TO_COMPLY};
    lia->features.bits = CX_FEATURE_RESTORATION;
}
