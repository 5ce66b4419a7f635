/* SPDX-License-Identifier: Apache-2.0 */
/* Implicit sets and contacts. A set is found by any of its identities (a tree of names); it has few
 * contacts (a list). Whether the HSS must be asked first is not decided here but in register.c. */
#include "binding.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

/* ---- sets by identity ---- */

struct name {
    const char *impu;
    struct registration *registration;
};

static int compare(const void *a, const void *b)
{
    const struct name *x = a, *y = b;

    return strcmp(x->impu, y->impu);
}

static struct name *find_name(const struct registrar *r, const char *impu)
{
    struct name key = {.impu = impu}, **found;

    found = tfind(&key, (void *const *)&r->by_impu, compare);
    return found ? *found : NULL;
}

struct registration *registrar_find(const struct registrar *r, const char *impu)
{
    struct name *name = find_name(r, impu);

    return name ? name->registration : NULL;
}

/* An identity that the HSS moved to another set is no longer this one's to forget. */
static void forget_names(struct registrar *r, struct registration *reg)
{
    for (size_t i = 0; i < reg->profile.impu_count; i++) {
        struct name *name = find_name(r, reg->profile.impu[i].id);

        if (!name || name->registration != reg)
            continue;
        tdelete(name, &r->by_impu, compare);
        free(name);
    }
}

static void learn_names(struct registrar *r, struct registration *reg)
{
    for (size_t i = 0; i < reg->profile.impu_count; i++) {
        struct name *name = find_name(r, reg->profile.impu[i].id);

        if (name) {
            name->impu = reg->profile.impu[i].id;
            name->registration = reg;
            continue;
        }
        name = xzalloc(sizeof *name);
        name->impu = reg->profile.impu[i].id;
        name->registration = reg;
        if (!tsearch(name, &r->by_impu, compare))
            abort();
    }
}

static char *replaced(char *old, const char *new)
{
    free(old);
    return xstrdup(new);
}

static bool same_profile(const struct profile *a, const struct profile *b)
{
    return a->xml && b->xml && strcmp(a->xml, b->xml) == 0;
}

static void move_contacts(struct registration *reg)
{
    const char *first = profile_default(&reg->profile);

    if (!first)
        first = reg->profile.impu[0].id;
    for (struct binding *b = reg->bindings; b; b = b->next) {
        if (profile_has(&reg->profile, b->impu))
            continue;
        b->impu = replaced(b->impu, first);
        b->unsaved = true;
    }
}

void registrar_replace(struct registrar *r, struct registration *reg, struct profile *profile,
                       struct profile *before)
{
    struct profile old = reg->profile;

    forget_names(r, reg);
    if (!same_profile(&old, profile))
        reg->unsaved = true;
    reg->profile = *profile;
    memset(profile, 0, sizeof *profile);
    learn_names(r, reg);
    move_contacts(reg);
    if (before)
        *before = old;
    else
        profile_free(&old);
}

struct registration *registrar_put(struct registrar *r, struct profile *profile,
                                   struct profile *before)
{
    struct registration *reg = NULL;

    for (size_t i = 0; i < profile->impu_count && !reg; i++)
        reg = registrar_find(r, profile->impu[i].id);
    if (!reg) {
        reg = xzalloc(sizeof *reg);
        reg->id = ++r->last_id;
        reg->next = r->all;
        reg->at = &r->all;
        if (r->all)
            r->all->at = &reg->next;
        r->all = reg;
        r->count++;
    }
    registrar_replace(r, reg, profile, before);
    return reg;
}

void registrar_remove(struct registrar *r, struct registration *reg)
{
    forget_names(r, reg);
    *reg->at = reg->next;
    if (reg->next)
        reg->next->at = reg->at;
    r->count--;
    binding_list_free(reg->bindings);
    watchers_free(reg->watchers);
    profile_free(&reg->profile);
    free(reg);
}

void registrar_free(struct registrar *r)
{
    while (r->all)
        registrar_remove(r, r->all);
}

/* ---- contacts of a set ---- */

void binding_list_free(struct binding *list)
{
    while (list) {
        struct binding *b = list;

        list = b->next;
        su_free(NULL, b->uri);
        free(b->text);
        free(b->instance);
        free(b->q);
        free(b->impi);
        free(b->impu);
        free(b->call_id);
        free(b->path);
        free(b);
    }
}

static bool same_transport(const url_t *a, const url_t *b)
{
    char x[16] = "", y[16] = "";

    if (a->url_params)
        url_param(a->url_params, "transport", x, sizeof x);
    if (b->url_params)
        url_param(b->url_params, "transport", y, sizeof y);
    return strcasecmp(x, y) == 0;
}

/* RFC 3261 19.1.4, as far as contacts of terminals differ: url_cmp leaves out the parameters. */
static bool same_contact(const struct binding *b, const struct asked_contact *c)
{
    return url_cmp(b->uri, c->uri) == 0 && same_transport(b->uri, c->uri);
}

static const struct asked_contact *asked_for(const struct asked *asked, const struct binding *b)
{
    for (size_t i = 0; i < asked->contact_count; i++)
        if (same_contact(b, &asked->contact[i]))
            return &asked->contact[i];
    return NULL;
}

static struct binding *bound(const struct registration *reg, const struct asked_contact *c)
{
    struct binding *b = reg ? reg->bindings : NULL;

    while (b && !same_contact(b, c))
        b = b->next;
    return b;
}

static bool is_live(const struct binding *b, uint64_t now_ms)
{
    return b->expires_ms > now_ms;
}

/* Whether the request brings a contact of a terminal that was switched on anew; what it had before
 * is then unreachable. Two devices of one IMPI tell themselves apart by +sip.instance. */
static bool replaces(const struct registration *reg, const struct asked *asked,
                     const struct binding *b)
{
    if (strcmp(b->impi, asked->impi) != 0 || strcmp(b->call_id, asked->call_id) == 0)
        return false;
    for (size_t i = 0; i < asked->contact_count; i++) {
        const struct asked_contact *c = &asked->contact[i];

        if (c->expires_s > 0 && !c->has_reg_id && !bound(reg, c) &&
            strcmp(c->instance, b->instance) == 0)
            return true;
    }
    return false;
}

/* Whether the contact is still there after the request. */
static bool stays(const struct registration *reg, const struct asked *asked,
                  const struct binding *b, uint64_t now_ms)
{
    const struct asked_contact *c = asked_for(asked, b);

    if (c && c->expires_s > 0)
        return true;
    if (asked->star || c) /* one terminal does not sign off another */
        return is_live(b, now_ms) && strcmp(b->impi, asked->impi) != 0;
    return is_live(b, now_ms) && !replaces(reg, asked, b);
}

bool binding_is_left(const struct registration *reg, const struct asked *asked,
                     const struct binding *b, uint64_t now_ms)
{
    return !asked_for(asked, b) && stays(reg, asked, b, now_ms);
}

bool binding_in_order(const struct registration *reg, const struct asked *asked)
{
    for (const struct binding *b = reg ? reg->bindings : NULL; b; b = b->next)
        if (strcmp(b->call_id, asked->call_id) == 0 && asked->cseq <= b->cseq)
            return false;
    return true;
}

bool binding_belongs(const struct registration *reg, const char *impi, uint64_t now_ms)
{
    for (const struct binding *b = reg ? reg->bindings : NULL; b; b = b->next)
        if (strcmp(b->impi, impi) == 0 && is_live(b, now_ms))
            return true;
    return false;
}

size_t binding_count_after(const struct registration *reg, const struct asked *asked, bool own,
                           uint64_t now_ms)
{
    size_t count = 0;

    for (const struct binding *b = reg ? reg->bindings : NULL; b; b = b->next)
        if (stays(reg, asked, b, now_ms) &&
            (!own || strcmp(b->impi, asked->impi) == 0 || asked_for(asked, b)))
            count++;
    for (size_t i = 0; i < asked->contact_count; i++)
        if (asked->contact[i].expires_s > 0 && !bound(reg, &asked->contact[i]))
            count++;
    return count;
}

static void renew(struct binding *b, const struct asked *asked, const struct asked_contact *c,
                  uint64_t now_ms)
{
    b->text = replaced(b->text, c->text);
    b->instance = replaced(b->instance, c->instance);
    b->q = replaced(b->q, c->q);
    b->impi = replaced(b->impi, asked->impi);
    b->impu = replaced(b->impu, asked->impu);
    b->call_id = replaced(b->call_id, asked->call_id);
    b->path = replaced(b->path, asked->path);
    b->cseq = asked->cseq;
    b->expires_ms = now_ms + 1000ull * c->expires_s;
    b->event = CHANGE_REFRESHED;
    b->unsaved = true;
}

static void add(struct registrar *r, struct registration *reg, const struct asked *asked,
                const struct asked_contact *c, uint64_t now_ms)
{
    struct binding *b = xzalloc(sizeof *b), **end = &reg->bindings;

    b->uri = url_hdup(NULL, c->uri);
    if (!b->uri)
        abort();
    b->id = ++r->last_id;
    b->since_ms = now_ms;
    renew(b, asked, c, now_ms);
    b->event = CHANGE_REGISTERED;
    while (*end)
        end = &(*end)->next;
    *end = b;
}

void binding_put(struct registration *reg, struct binding *b)
{
    struct binding **at = &reg->bindings, *old;

    while ((old = *at) && old->id != b->id)
        at = &old->next;
    b->next = old ? old->next : NULL;
    *at = b;
    if (old) {
        old->next = NULL;
        binding_list_free(old);
    }
}

struct binding *binding_apply(struct registrar *r, struct registration *reg,
                              const struct asked *asked, uint64_t now_ms)
{
    struct binding *removed = NULL, **at = &reg->bindings, *b;

    while ((b = *at)) {
        if (stays(reg, asked, b, now_ms)) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        b->next = removed;
        removed = b;
        b->event = is_live(b, now_ms) ? CHANGE_UNREGISTERED : CHANGE_EXPIRED;
    }
    for (size_t i = 0; i < asked->contact_count; i++) {
        const struct asked_contact *c = &asked->contact[i];

        b = bound(reg, c);
        if (b)
            renew(b, asked, c, now_ms);
        else if (c->expires_s > 0)
            add(r, reg, asked, c, now_ms);
    }
    return removed;
}

struct binding *binding_expire(struct registration *reg, uint64_t now_ms)
{
    struct binding *removed = NULL, **at = &reg->bindings, *b;

    while ((b = *at)) {
        if (is_live(b, now_ms)) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        b->next = removed;
        removed = b;
        b->event = CHANGE_EXPIRED;
    }
    return removed;
}

uint64_t binding_next_ms(const struct registration *reg)
{
    uint64_t next = 0;

    for (const struct binding *b = reg->bindings; b; b = b->next)
        if (next == 0 || b->expires_ms < next)
            next = b->expires_ms;
    return next;
}

unsigned binding_left_s(const struct binding *b, uint64_t now_ms)
{
    return is_live(b, now_ms) ? (b->expires_ms - now_ms + 999) / 1000 : 0;
}

void registrar_print_live(const struct registrar *r, uint64_t now_ms, const char *service_route,
                          FILE *out)
{
    for (const struct registration *reg = r->all; reg; reg = reg->next)
        for (const struct binding *b = reg->bindings; b; b = b->next)
            fprintf(out,
                    "registration impu=%s impi=%s contact=<" URL_PRINT_FORMAT "> expires_s=%u "
                    "path=%s service_route=%s\n",
                    b->impu, b->impi, URL_PRINT_ARGS(b->uri), binding_left_s(b, now_ms), b->path,
                    service_route);
}
