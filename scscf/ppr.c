/* SPDX-License-Identifier: Apache-2.0 */
/* The HSS changes what is known of a registered user: TS 29.228 6.2.2, 6.5.2.1, 6.6.1.
 *
 *   HSS -> S-CSCF  PPR  IMPI, the new user profile, or charging information
 *   HSS <- S-CSCF  PPA  5001 the IMPI is not registered here (the HSS tries another)
 *                       5008, 5009 too much, unusable: what was known stays
 *   then the watchers hear of identities that came or went
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "network.h"
#include "xalloc.h"

static bool has_impi(const struct registration *reg, const char *impi)
{
    for (const struct binding *b = reg->bindings; b; b = b->next)
        if (strcmp(b->impi, impi) == 0)
            return true;
    return false;
}

static struct registration *any_set_of(const struct scscf *scscf, const char *impi)
{
    struct registration *reg = scscf->registrar.all;

    while (reg && !has_impi(reg, impi))
        reg = reg->next;
    return reg;
}

/* The set of this IMPI that the profile is about: one that has an identity of it. */
static struct registration *set_for(const struct scscf *scscf, const char *impi,
                                    const struct profile *profile)
{
    for (size_t i = 0; i < profile->impu_count; i++) {
        struct registration *reg = registrar_find(&scscf->registrar, profile->impu[i].id);

        if (reg && has_impi(reg, impi))
            return reg;
    }
    return NULL;
}

static void say_changed(struct scscf *scscf, struct registration *reg, const struct profile *before,
                        const char *call)
{
    struct change_cause cause = {.call = call, .before = before};
    bool same = profile_same_names(&reg->profile, before);

    log_arrow(call, "==", NULL, "profile-changed", "impu", profile_default(&reg->profile),
              "identities", same ? "as before" : "changed", NULL);
    if (!same)
        changed(scscf, reg, NULL,
                profile_gains(&reg->profile, before) ? CHANGE_CREATED : CHANGE_REFRESHED, &cause);
}

static int take_profile(struct scscf *scscf, const struct cx_ppr *ppr, struct registration **reg,
                        struct profile *before, struct why *why)
{
    struct profile profile = {0};
    int err = profile_parse(&profile, ppr->user_data, why);

    if (err < 0)
        return err == -E2BIG ? CX_TOO_MUCH_DATA : CX_NOT_SUPPORTED_USER_DATA;
    *reg = set_for(scscf, ppr->impi, &profile);
    if (!*reg) {
        why_set(why, EINVAL, "the profile has no identity that %.100s has registered here",
                ppr->impi);
        profile_free(&profile);
        return CX_UNABLE_TO_COMPLY;
    }
    registrar_replace(&scscf->registrar, *reg, &profile, before);
    journal_save(scscf, *reg, NULL);
    return CX_SUCCESS;
}

static int carry_out(struct scscf *scscf, const struct cx_ppr *ppr, struct registration **reg,
                     struct profile *before, struct why *why)
{
    bool has_charging = *ppr->charging.primary_ecf || *ppr->charging.primary_ccf;

    if (!any_set_of(scscf, ppr->impi)) {
        why_set(why, ENOENT, "%.100s is not registered here", ppr->impi);
        return CX_USER_UNKNOWN;
    }
    if (ppr->user_data)
        return take_profile(scscf, ppr, reg, before, why);
    if (has_charging) /* nobody here sends it on */
        return CX_SUCCESS;
    why_set(why, EINVAL, "it has neither a user profile nor charging information");
    return CX_UNABLE_TO_COMPLY;
}

void ppr_serve(void *env, const struct cx_ppr *ppr, struct cx_reply *reply)
{
    struct scscf *scscf = env;
    struct registration *reg = NULL;
    struct profile before = {0};
    struct cx_ppa ppa;
    struct why why;
    char call[CALL_TAG];

    snprintf(call, sizeof call, "%s", cx_reply_call(reply));
    ppa.result = carry_out(scscf, ppr, &reg, &before, &why);
    cx_answer_ppa(reply, &ppa);
    if (ppa.result != CX_SUCCESS)
        log_warn(call, "cannot take what hss pushes: %s", why.text);
    if (reg)
        say_changed(scscf, reg, &before, call);
    profile_free(&before);
}
