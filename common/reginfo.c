/* SPDX-License-Identifier: Apache-2.0 */
/* reginfo_read on expat. The XML comes from a peer: its size, depth and numbers are bounded, a
 * document type (the way to entity bombs) ends the reading, and elements of other namespaces are
 * left out with all that is in them, as RFC 3680 5 wants. */
#include "reginfo.h"

#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

enum { MAX_DEPTH = 16, MAX_ITEMS = 2048 /* registrations, contacts and parameters */ };

#define SPACE    "urn:ietf:params:xml:ns:reginfo"
#define GRUU     "urn:ietf:params:xml:ns:gruuinfo"
#define TEXT_MAX 4096

struct reading {
    XML_Parser parser;
    su_home_t *home;
    struct reginfo *info;
    struct reginfo_registration *registration, **next_registration;
    struct reginfo_contact *contact, **next_contact;
    struct reginfo_param *param, **next_param;
    unsigned depth, foreign; /* foreign: the depth at which something unknown began, or 0 */
    unsigned items;
    char text[TEXT_MAX]; /* of the innermost element */
    size_t len;
    int err;
    struct why *why;
};

static void fail(struct reading *r, int err, const char *what, const char *name)
{
    if (r->err == 0)
        r->err = why_set(r->why, err, "cannot use the reginfo: %s%.40s", what, name);
    XML_StopParser(r->parser, XML_FALSE);
}

static const char *attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

/* An attribute that must be there, kept; "" after a failure. */
static const char *needed(struct reading *r, const char **attributes, const char *name)
{
    const char *value = attribute(attributes, name);

    if (value)
        return su_strdup(r->home, value);
    fail(r, EINVAL, "an element lacks ", name);
    return "";
}

static const char *kept(struct reading *r, const char **attributes, const char *name)
{
    const char *value = attribute(attributes, name);

    return value ? su_strdup(r->home, value) : NULL;
}

/* A number without a sign, at most 2^32 - 1: more is as good as that. */
static int64_t number(struct reading *r, const char **attributes, const char *name)
{
    const char *value = attribute(attributes, name);
    int64_t n = 0;

    if (!value)
        return REGINFO_UNSAID;
    value += strspn(value, " \t\r\n");
    if (*value < '0' || *value > '9')
        fail(r, EINVAL, "not a number: ", name);
    for (; *value >= '0' && *value <= '9'; value++)
        n = n * 10 + (*value - '0') > UINT32_MAX ? UINT32_MAX : n * 10 + (*value - '0');
    if (value[strspn(value, " \t\r\n")])
        fail(r, EINVAL, "not a number: ", name);
    return n;
}

static enum reginfo_state state(struct reading *r, const char **attributes)
{
    const char *value = attribute(attributes, "state");

    for (int s = REGINFO_INIT; value && s <= REGINFO_TERMINATED; s++)
        if (strcmp(value, reginfo_state_name(s)) == 0)
            return s;
    fail(r, EINVAL, value ? "unknown state " : "an element lacks ", value ? value : "state");
    return REGINFO_TERMINATED;
}

static enum reginfo_event event(struct reading *r, const char **attributes)
{
    const char *value = attribute(attributes, "event");

    for (int e = 0; value && e < REGINFO_EVENTS; e++)
        if (strcmp(value, reginfo_event_name(e)) == 0)
            return e;
    fail(r, EINVAL, value ? "unknown event " : "an element lacks ", value ? value : "event");
    return REGINFO_UNREGISTERED;
}

static void *item(struct reading *r, size_t size)
{
    void *new = su_zalloc(r->home, size);

    if (!new || ++r->items > MAX_ITEMS)
        fail(r, E2BIG, "it has too many elements", "");
    return new;
}

/* ---- the elements; at the depth where the schema has them ---- */

static void begin_reginfo(struct reading *r, const char **attributes)
{
    const char *text = attribute(attributes, "state");
    int64_t version = number(r, attributes, "version");

    if (version == REGINFO_UNSAID)
        fail(r, EINVAL, "it has no version", "");
    if (!text || (strcmp(text, "full") != 0 && strcmp(text, "partial") != 0))
        fail(r, EINVAL, "it is neither full nor partial", "");
    r->info->version = (uint32_t)version;
    r->info->partial = text && strcmp(text, "partial") == 0;
    r->next_registration = &r->info->registrations;
}

static void begin_registration(struct reading *r, const char **attributes)
{
    struct reginfo_registration *g = item(r, sizeof *g);

    if (!g)
        return;
    g->aor = needed(r, attributes, "aor");
    g->id = needed(r, attributes, "id");
    g->state = state(r, attributes);
    *r->next_registration = r->registration = g;
    r->next_registration = &g->next;
    r->next_contact = &g->contacts;
}

static void begin_contact(struct reading *r, const char **attributes)
{
    struct reginfo_contact *c = item(r, sizeof *c);

    if (!c)
        return;
    c->id = needed(r, attributes, "id");
    c->state = state(r, attributes);
    c->event = event(r, attributes);
    c->duration_s = number(r, attributes, "duration-registered");
    c->expires_s = number(r, attributes, "expires");
    c->retry_after_s = number(r, attributes, "retry-after");
    c->cseq = number(r, attributes, "cseq");
    c->call_id = kept(r, attributes, "callid");
    c->q = kept(r, attributes, "q");
    *r->next_contact = r->contact = c;
    r->next_contact = &c->next;
    r->next_param = &c->params;
}

static void begin_param(struct reading *r, const char **attributes)
{
    struct reginfo_param *p = item(r, sizeof *p);

    if (!p)
        return;
    p->name = needed(r, attributes, "name");
    p->value = "";
    *r->next_param = r->param = p;
    r->next_param = &p->next;
}

static void begin_pub_gruu(struct reading *r, const char **attributes)
{
    r->contact->pub_gruu = needed(r, attributes, "uri");
}

static void begin_temp_gruu(struct reading *r, const char **attributes)
{
    r->contact->temp_gruu = needed(r, attributes, "uri");
    r->contact->temp_gruu_seq = kept(r, attributes, "first-cseq");
}

static void begin_text(struct reading *r, const char **attributes)
{
    (void)r;
    (void)attributes;
}

static void end_uri(struct reading *r)
{
    r->contact->uri = su_strdup(r->home, r->text);
}

static void end_display_name(struct reading *r)
{
    r->contact->display_name = su_strdup(r->home, r->text);
}

static void end_param(struct reading *r)
{
    r->param->value = su_strdup(r->home, r->text);
}

static void end_contact(struct reading *r)
{
    if (!r->contact->uri)
        fail(r, EINVAL, "a contact has no uri", "");
}

static const struct element {
    unsigned depth;
    const char *name; /* namespace, blank, local name */
    void (*begin)(struct reading *, const char **attributes);
    void (*end)(struct reading *); /* NULL: nothing */
} elements[] = {
    {1, SPACE " reginfo",       begin_reginfo,      NULL            },
    {2, SPACE " registration",  begin_registration, NULL            },
    {3, SPACE " contact",       begin_contact,      end_contact     },
    {4, SPACE " uri",           begin_text,         end_uri         },
    {4, SPACE " display-name",  begin_text,         end_display_name},
    {4, SPACE " unknown-param", begin_param,        end_param       },
    {4, GRUU " pub-gruu",       begin_pub_gruu,     NULL            },
    {4, GRUU " temp-gruu",      begin_temp_gruu,    NULL            },
};

static const struct element *element_of(const struct reading *r, const char *name)
{
    for (size_t i = 0; i < COUNT(elements); i++)
        if (elements[i].depth == r->depth && strcmp(elements[i].name, name) == 0)
            return &elements[i];
    return NULL;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
    struct reading *r = arg;
    const struct element *e;

    if (r->err)
        return;
    if (++r->depth > MAX_DEPTH) {
        fail(r, E2BIG, "it is too deep", "");
        return;
    }
    r->len = 0;
    r->text[0] = 0;
    if (r->foreign)
        return;
    e = element_of(r, name);
    if (e)
        e->begin(r, attributes);
    else if (r->depth == 1)
        fail(r, EINVAL, "its root is not reginfo of RFC 3680", "");
    else
        r->foreign = r->depth;
}

static void on_text(void *arg, const char *text, int len)
{
    struct reading *r = arg;

    if (r->err || r->foreign || r->depth < 4)
        return;
    if ((size_t)len >= sizeof r->text - r->len) {
        fail(r, E2BIG, "a text in it is too long", "");
        return;
    }
    memcpy(r->text + r->len, text, len);
    r->len += len;
    r->text[r->len] = 0;
}

static void trim(struct reading *r)
{
    size_t start = strspn(r->text, " \t\r\n");

    while (r->len > start && strchr(" \t\r\n", r->text[r->len - 1]))
        r->len--;
    r->text[r->len] = 0;
    memmove(r->text, r->text + start, r->len - start + 1);
}

static void on_end(void *arg, const char *name)
{
    struct reading *r = arg;
    const struct element *e;

    if (r->err)
        return;
    e = r->foreign ? NULL : element_of(r, name);
    if (r->foreign == r->depth)
        r->foreign = 0;
    trim(r);
    if (e && e->end)
        e->end(r);
    r->len = 0;
    r->text[0] = 0;
    r->depth--;
}

static void on_doctype(void *arg, const char *name, const char *system, const char *public_id,
                       int has_internal)
{
    (void)name;
    (void)system;
    (void)public_id;
    (void)has_internal;
    fail(arg, EINVAL, "it has a document type", "");
}

int reginfo_read(struct reginfo *info, su_home_t *home, const char *xml, size_t len,
                 struct why *why)
{
    struct reading *r;
    int err;

    memset(info, 0, sizeof *info);
    if (len > REGINFO_MAX_XML)
        return why_set(why, E2BIG, "cannot use the reginfo: it has %zu octets", len);
    r = xzalloc(sizeof *r);
    r->home = home;
    r->info = info;
    r->why = why;
    r->parser = XML_ParserCreateNS(NULL, ' ');
    if (!r->parser)
        r->err = why_set(why, ENOMEM, "cannot use the reginfo: out of memory");
    else {
        XML_SetUserData(r->parser, r);
        XML_SetElementHandler(r->parser, on_start, on_end);
        XML_SetCharacterDataHandler(r->parser, on_text);
        XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
        if (XML_Parse(r->parser, xml, (int)len, 1) != XML_STATUS_OK && r->err == 0)
            r->err = why_set(why, EINVAL, "cannot use the reginfo: line %lu: %s",
                             XML_GetCurrentLineNumber(r->parser),
                             XML_ErrorString(XML_GetErrorCode(r->parser)));
        XML_ParserFree(r->parser);
    }
    err = r->err;
    free(r);
    if (err < 0)
        memset(info, 0, sizeof *info);
    return err;
}
