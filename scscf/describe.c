/* SPDX-License-Identifier: Apache-2.0 */
/* The ids: of a contact its number and the identity it is listed under, for they must be the same
 * in every document and different from all others of it (RFC 3680 5.3.1, 5.3.2). */
#include "describe.h"

#include <inttypes.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_string.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

static const enum reginfo_event events[] = {
    [CHANGE_REGISTERED] = REGINFO_REGISTERED, [CHANGE_CREATED] = REGINFO_CREATED,
    [CHANGE_REFRESHED] = REGINFO_REFRESHED,   [CHANGE_SHORTENED] = REGINFO_SHORTENED,
    [CHANGE_EXPIRED] = REGINFO_EXPIRED,       [CHANGE_DEACTIVATED] = REGINFO_DEACTIVATED,
    [CHANGE_PROBATION] = REGINFO_PROBATION,   [CHANGE_UNREGISTERED] = REGINFO_UNREGISTERED,
    [CHANGE_REJECTED] = REGINFO_REJECTED,
};

static uint32_t hash(const char *text)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 16777619u;
    return h;
}

/* What of the Contact header is not in an attribute: all of its parameters but q and expires. */
static struct reginfo_param *params(su_home_t *home, const sip_contact_t *m)
{
    struct reginfo_param *first = NULL, **end = &first;

    for (const msg_param_t *p = m->m_params; p && *p; p++) {
        const char *equals = strchr(*p, '=');
        size_t len = equals ? (size_t)(equals - *p) : strlen(*p);
        struct reginfo_param *param;

        if ((len == 1 && strncasecmp(*p, "q", 1) == 0) ||
            (len == 7 && strncasecmp(*p, "expires", 7) == 0))
            continue;
        param = su_zalloc(home, sizeof *param);
        param->name = su_strndup(home, *p, len);
        param->value = equals ? equals + 1 : "";
        *end = param;
        end = &param->next;
    }
    return first;
}

/* A display name without its quotes. */
static const char *display_name(su_home_t *home, const char *display)
{
    size_t len = display ? strlen(display) : 0;

    if (len == 0)
        return NULL;
    if (display[0] == '"' && len >= 2)
        return len == 2 ? NULL : su_strndup(home, display + 1, len - 2);
    return display;
}

static enum reginfo_event what_happened(const struct binding *b, const char *impu, bool is_new)
{
    if (is_new || (b->event == CHANGE_REGISTERED && strcmp(b->impu, impu) != 0))
        return REGINFO_CREATED;
    return events[b->event];
}

static struct reginfo_contact *contact(su_home_t *home, const struct binding *b, const char *impu,
                                       uint64_t now_ms)
{
    struct reginfo_contact *c = su_zalloc(home, sizeof *c);
    sip_contact_t *m = sip_contact_make(home, b->text);

    c->id = su_sprintf(home, "c%" PRIx64 "-%08x", b->id, hash(impu));
    c->uri = url_as_string(home, b->uri);
    c->call_id = b->call_id;
    c->cseq = b->cseq;
    c->q = b->q && *b->q ? b->q : NULL;
    c->duration_s = b->since_ms < now_ms ? (int64_t)((now_ms - b->since_ms) / 1000) : 0;
    c->expires_s = c->retry_after_s = REGINFO_UNSAID;
    c->display_name = m ? display_name(home, m->m_display) : NULL;
    c->params = m ? params(home, m) : NULL;
    return c;
}

static const struct described_impu *note_of(const struct description *what, const char *impu)
{
    const struct described_impu *i = what->impus;

    while (i && strcmp(i->impu, impu) != 0)
        i = i->next;
    return i;
}

static struct reginfo_registration *registration(su_home_t *home, const struct description *what,
                                                 const char *impu, bool is_gone)
{
    struct reginfo_registration *r = su_zalloc(home, sizeof *r);
    struct reginfo_contact **end = &r->contacts;
    const struct described_impu *note = note_of(what, impu);

    r->aor = impu;
    r->id = su_sprintf(home, "r%" PRIx64 "-%08x", what->reg->id, hash(impu));
    r->state = what->reg->bindings && !is_gone ? REGINFO_ACTIVE : REGINFO_TERMINATED;
    for (const struct binding *b = what->reg->bindings; b; b = b->next, end = &(*end)->next) {
        *end = contact(home, b, impu, what->now_ms);
        (*end)->state = is_gone ? REGINFO_TERMINATED : REGINFO_ACTIVE;
        (*end)->event = is_gone ? REGINFO_REJECTED : what_happened(b, impu, note != NULL);
        if (!is_gone)
            (*end)->expires_s = binding_left_s(b, what->now_ms);
    }
    for (const struct binding *b = what->ended; b; b = b->next, end = &(*end)->next) {
        *end = contact(home, b, impu, what->now_ms);
        (*end)->state = REGINFO_TERMINATED;
        (*end)->event = events[b->event];
        if (b->event == CHANGE_PROBATION && what->retry_after_s > 0)
            (*end)->retry_after_s = what->retry_after_s;
    }
    return r;
}

void describe(struct reginfo *info, su_home_t *home, const struct description *what)
{
    const struct profile *profile = &what->reg->profile;
    struct reginfo_registration **end = &info->registrations;

    memset(info, 0, sizeof *info);
    for (size_t i = 0; i < profile->impu_count; i++) {
        if (profile->impu[i].barred)
            continue;
        *end = registration(home, what, profile->impu[i].id, false);
        end = &(*end)->next;
    }
    for (const struct described_impu *i = what->impus; i; i = i->next) {
        if (!i->is_gone)
            continue;
        *end = registration(home, what, i->impu, true);
        end = &(*end)->next;
    }
}
