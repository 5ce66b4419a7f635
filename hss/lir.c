/* SPDX-License-Identifier: Apache-2.0 */
/* Location-Info: who serves this identity now (TS 29.228 6.1.4.1).
 *
 *   I-CSCF                                HSS
 *     LIR impu, originating?, type -------> answer_lir: 1 known? 2a new choice? 3 state
 *     <------ LIA result, server name or capabilities
 */
#include <errno.h>

#include "hss.h"
#include "subscriber.h"

static int decide(struct store *store, const struct cx_lir *lir, struct cx_lia *lia,
                  struct why *why)
{
    struct subscriber s;

    /* 1: it exists (2, a PSI: none in the database) */
    subscriber_load(store, "", lir->impu, &s);
    if (!s.set) {
        why_set(why, ENOENT, "no subscriber has IMPU '%s'", lir->impu);
        return CX_USER_UNKNOWN;
    }
    if (lir->type > CX_UAT_REGISTRATION_AND_CAPABILITIES || lir->type < -1) {
        why_set(why, EINVAL, "User-Authorization-Type %d does not exist", lir->type);
        return CX_INVALID_AVP_VALUE;
    }
    /* 2a: the S-CSCF it has does not answer: what must another one have? */
    if (lir->type == CX_UAT_REGISTRATION_AND_CAPABILITIES) {
        lia->has_capabilities = subscriber_capabilities(store, &s, &lia->capabilities);
        return CX_SUCCESS;
    }
    /* 3: its state */
    if (s.state == NOT_REGISTERED && !s.unregistered_services && !lir->originating) {
        why_set(why, EPERM, "is not registered and has no services for that case");
        return CX_IDENTITY_NOT_REGISTERED;
    }
    subscriber_scscf(store, &s, lia->server_name);
    if (lia->server_name[0])
        return CX_SUCCESS;
    lia->has_capabilities = subscriber_capabilities(store, &s, &lia->capabilities);
    return CX_UNREGISTERED_SERVICE;
}

void answer_lir(struct store *store, const struct cx_lir *lir, struct cx_lia *lia, struct why *why)
{
    *lia = (struct cx_lia){0};
    why->text[0] = '\0';
    sql_begin(store->sql);
    lia->result = decide(store, lir, lia, why);
    if (sql_commit(store->sql, why) < 0)
        *lia = (struct cx_lia){.result = CX_UNABLE_TO_COMPLY};
}
