/* SPDX-License-Identifier: Apache-2.0 */
/* What the HSS keeps for us, written and read back.
 *
 *   S-CSCF -> HSS  SAR REGISTRATION, RE_REGISTRATION  restoration_fill: the contacts of the IMPI
 *   ...            the S-CSCF loses all that it had, its journal too
 *   S-CSCF -> HSS  SAR NO_ASSIGNMENT                  restoration_ask
 *   S-CSCF <- HSS  SAA  user profile, contacts        restoration_take
 *
 * Subscriptions are not in it: a terminal whose dialog is unknown begins a new one. */
#include "restoration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "xalloc.h"

/* ---- writing ---- */

static char *copy(su_home_t *home, const char *text)
{
    char *mine = su_strdup(home, text);

    if (!mine)
        abort();
    return mine;
}

static struct cx_contact *next_contact(struct cx_restoration *r)
{
    return r->contact_count < CX_MAX_CONTACTS ? &r->contact[r->contact_count++] : NULL;
}

static void put(struct cx_restoration *r, su_home_t *home, const char *path, const char *text,
                const char *call_id, uint32_t cseq)
{
    struct cx_contact *c = next_contact(r);

    if (!c)
        return;
    c->path = *path ? copy(home, path) : NULL;
    c->contact = copy(home, text);
    c->call_id = copy(home, call_id);
    c->cseq = cseq;
}

void restoration_fill(struct scscf *scscf, struct cx_sar *sar, su_home_t *home,
                      const struct registration *reg, const struct asked *asked)
{
    struct cx_restoration *r = &sar->restoration;
    uint64_t now_ms = loop_now_ms(scscf->loop);
    unsigned longest_s = 0;

    sar->features.bits = CX_FEATURE_RESTORATION;
    r->contact = su_zalloc(home, CX_MAX_CONTACTS * sizeof *r->contact);
    if (!r->contact)
        abort();
    snprintf(r->impi, sizeof r->impi, "%s", asked->impi);
    for (const struct binding *b = reg ? reg->bindings : NULL; b; b = b->next) {
        unsigned left_s = binding_left_s(b, now_ms);

        if (strcmp(b->impi, asked->impi) != 0 || !binding_is_left(reg, asked, b, now_ms))
            continue;
        put(r, home, b->path, b->text, b->call_id, b->cseq);
        longest_s = left_s > longest_s ? left_s : longest_s;
    }
    for (size_t i = 0; i < asked->contact_count; i++) {
        const struct asked_contact *c = &asked->contact[i];

        if (c->expires_s == 0)
            continue;
        put(r, home, asked->path, c->text, asked->call_id, asked->cseq);
        longest_s = c->expires_s > longest_s ? c->expires_s : longest_s;
    }
    r->expires_at = loop_wall_ms(scscf->loop) / 1000 + longest_s;
    sar->has_restoration = r->contact_count > 0;
}

/* ---- asking, and reading ---- */

struct cx_op *restoration_ask(struct scscf *scscf, const char *impi, const char *impu,
                              const char *call, cx_saa_fn *done, void *arg)
{
    struct cx_sar *sar = xzalloc(sizeof *sar);
    struct cx_op *op;

    snprintf(sar->impi, sizeof sar->impi, "%s", impi);
    snprintf(sar->impu[0], sizeof sar->impu[0], "%s", impu);
    sar->impu_count = 1;
    snprintf(sar->server_name, sizeof sar->server_name, "%s", scscf->uri);
    sar->type = CX_SAT_NO_ASSIGNMENT;
    sar->features.bits = CX_FEATURE_RESTORATION;
    op = cx_ask_sar(scscf->cx, sar, call, done, arg);
    free(sar);
    return op;
}

/* When it ends, by our clock: not later than a registration of now would. */
static uint64_t end_ms(const struct scscf *scscf, const struct cx_restoration *r)
{
    uint64_t now_ms = loop_now_ms(scscf->loop);
    int64_t longest_s = scscf->me->max_expires_s, left_s = longest_s;

    if (r->expires_at != 0)
        left_s = r->expires_at - loop_wall_ms(scscf->loop) / 1000;
    if (left_s > longest_s)
        left_s = longest_s;
    return now_ms + (left_s > 0 ? 1000ull * left_s : 0);
}

static void revive(struct scscf *scscf, struct registration *reg, const char *impu,
                   const struct cx_restoration *r, const struct cx_contact *c, const char *call)
{
    struct binding *b = xzalloc(sizeof *b);
    char expires[24];

    b->text = xstrdup(c->contact ? c->contact : "");
    if (!*r->impi || !binding_read_text(b)) {
        log_warn(call, "hss has a contact of '%s' that cannot be restored: '%s'", r->impi, b->text);
        binding_list_free(b);
        return;
    }
    b->id = ++scscf->registrar.last_id;
    b->impi = xstrdup(r->impi);
    b->impu = xstrdup(impu);
    b->call_id = xstrdup(c->call_id ? c->call_id : "");
    b->path = xstrdup(c->path ? c->path : "");
    b->cseq = c->cseq;
    b->since_ms = loop_now_ms(scscf->loop);
    b->expires_ms = end_ms(scscf, r);
    b->event = CHANGE_REGISTERED;
    b->unsaved = true;
    binding_put(reg, b);
    log_arrow(call, "==", NULL, "restored", "impu", impu, "impi", b->impi, "contact", b->text,
              "expires_s", log_number(binding_left_s(b, b->since_ms), expires), NULL);
}

/* The profile, when the HSS gave one that serves this identity. */
static bool read_profile(struct profile *profile, const char *impu, const struct cx_saa *saa,
                         struct why *why)
{
    if (!saa->user_data || saa->restoration_count == 0)
        return why_set(why, ENOENT, "the hss has no restoration information of it") == 0;
    if (profile_parse(profile, saa->user_data, why) < 0)
        return false;
    if (profile_has(profile, impu) && profile_default(profile))
        return true;
    profile_free(profile);
    return why_set(why, EINVAL, "the user profile does not name %s, or is barred whole", impu) == 0;
}

static struct registration *nothing(const char *impu, const char *call, const char *reason)
{
    log_arrow(call, "==", NULL, "not restored", "impu", impu, "reason", reason, NULL);
    return NULL;
}

struct registration *restoration_take(struct scscf *scscf, const char *impu, const char *call,
                                      int err, const struct cx_saa *saa)
{
    struct registration *reg = registrar_find(&scscf->registrar, impu);
    struct profile profile = {0};
    size_t bound = 0;
    bool restored;
    struct why why;

    if (reg && reg->bindings)
        return reg; /* registered, or restored, meanwhile */
    if (err)
        return nothing(impu, call, why_not(err));
    if (saa->result != CX_SUCCESS)
        return nothing(impu, call, cx_result_text(saa->result));
    if (!read_profile(&profile, impu, saa, &why))
        return nothing(impu, call, why.text);
    reg = registrar_put(&scscf->registrar, &profile, NULL);
    for (size_t i = 0; i < saa->restoration_count; i++)
        for (size_t k = 0; k < saa->restoration[i].contact_count; k++)
            if (bound++ < BINDING_MAX)
                revive(scscf, reg, impu, &saa->restoration[i], &saa->restoration[i].contact[k],
                       call);
    restored = reg->bindings;
    if (restored)
        journal_save(scscf, reg, NULL);
    if (reg->held == 0)
        expiry_arm(scscf, reg);
    return restored ? reg : NULL;
}
