/* SPDX-License-Identifier: Apache-2.0 */
/* User-Data of the SAA -> the identities of the implicit set (TS 29.228 Annex B, Annex E). The XML
 * comes from a peer, so its size, the number of identities and their length are bounded, and a
 * document type (the way to entity bombs) ends the reading. */
#include "profile.h"

#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "sip.h"
#include "xalloc.h"

#define TEXT_MAX_OCTETS 512 /* an identity, a number, a flag */

struct reading {
    XML_Parser parser;
    struct profile profile;
    bool inside;                /* a PublicIdentity element */
    char text[TEXT_MAX_OCTETS]; /* character data of the innermost element */
    size_t len;
    char id[TEXT_MAX_OCTETS]; /* of the PublicIdentity being read */
    bool barred, wildcard;
    int err;
    struct why *why;
};

static void fail(struct reading *r, int err, const char *what)
{
    if (r->err == 0)
        r->err = why_set(r->why, err, "cannot use the user profile: %s", what);
    XML_StopParser(r->parser, XML_FALSE);
}

/* The name without a namespace prefix. */
static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

static bool is_true(const char *text)
{
    return strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
}

/* IdentityType of Annex E: 2 and 3 are the wildcarded ones. Older profiles have no type, but the
 * exclamation marks of the expression (TS 23.003 13.5). */
static bool is_wildcard_type(const char *text)
{
    return strcmp(text, "2") == 0 || strcmp(text, "3") == 0;
}

static void trim(struct reading *r)
{
    size_t start = strspn(r->text, " \t\r\n");

    while (r->len > start && strchr(" \t\r\n", r->text[r->len - 1]))
        r->len--;
    r->text[r->len] = 0;
    memmove(r->text, r->text + start, r->len - start + 1);
}

const char *profile_canonical(const char *uri, char *buf, size_t size)
{
    su_home_t *home = su_home_new(sizeof *home);
    url_t *url = url_make(home, uri);

    if (!url || !sip_identity(url, buf, size))
        *buf = 0;
    su_home_unref(home);
    return buf;
}

static void add_identity(struct reading *r)
{
    char id[CONF_URI + CONF_URI];
    struct profile *p = &r->profile;

    if (!*profile_canonical(r->id, id, sizeof id)) {
        fail(r, EINVAL, "an identity in it is neither a SIP URI nor a tel URI");
        return;
    }
    if (profile_has(p, id))
        return;
    if (p->impu_count == PROFILE_MAX_IMPUS) {
        fail(r, E2BIG, "it has too many identities");
        return;
    }
    p->impu[p->impu_count].id = xstrdup(id);
    p->impu[p->impu_count++].barred = r->barred;
}

static void on_start(void *arg, const char *name, const char **attributes)
{
    struct reading *r = arg;

    (void)attributes;
    r->len = 0;
    r->text[0] = 0;
    if (strcmp(local_name(name), "PublicIdentity") == 0) {
        r->inside = true;
        r->barred = r->wildcard = false;
        r->id[0] = 0;
    }
}

static void on_text(void *arg, const char *text, int len)
{
    struct reading *r = arg;

    if (!r->inside)
        return;
    if ((size_t)len >= sizeof r->text - r->len) {
        fail(r, EINVAL, "an identity in it is too long");
        return;
    }
    memcpy(r->text + r->len, text, len);
    r->len += len;
    r->text[r->len] = 0;
}

static void on_end(void *arg, const char *name)
{
    struct reading *r = arg;
    const char *local = local_name(name);

    if (!r->inside)
        return;
    trim(r);
    if (strcmp(local, "Identity") == 0)
        memcpy(r->id, r->text, r->len + 1);
    else if (strcmp(local, "BarringIndication") == 0)
        r->barred = is_true(r->text);
    else if (strcmp(local, "IdentityType") == 0)
        r->wildcard = is_wildcard_type(r->text);
    r->len = 0;
    r->text[0] = 0;
    if (strcmp(local, "PublicIdentity") != 0)
        return;
    r->inside = false;
    if (!r->wildcard && !strchr(r->id, '!'))
        add_identity(r);
}

static void on_doctype(void *arg, const char *name, const char *system, const char *public_id,
                       int has_internal)
{
    (void)name;
    (void)system;
    (void)public_id;
    (void)has_internal;
    fail(arg, EINVAL, "it has a document type");
}

int profile_parse(struct profile *p, const char *xml, struct why *why)
{
    struct reading r = {.why = why};
    size_t len = strlen(xml);

    if (len > PROFILE_MAX_XML)
        return why_set(why, E2BIG, "cannot use the user profile: it has %zu octets", len);
    r.parser = XML_ParserCreate(NULL);
    if (!r.parser)
        return why_set(why, ENOMEM, "cannot use the user profile: out of memory");
    r.profile.impu = xzalloc(PROFILE_MAX_IMPUS * sizeof *r.profile.impu);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    if (XML_Parse(r.parser, xml, len, 1) != XML_STATUS_OK && r.err == 0)
        r.err = why_set(why, EINVAL, "cannot use the user profile: line %lu: %s",
                        XML_GetCurrentLineNumber(r.parser),
                        XML_ErrorString(XML_GetErrorCode(r.parser)));
    XML_ParserFree(r.parser);
    if (r.err == 0 && r.profile.impu_count == 0)
        r.err = why_set(why, EINVAL, "cannot use the user profile: it names no public identity");
    if (r.err < 0) {
        profile_free(&r.profile);
        return r.err;
    }
    p->xml = xstrdup(xml);
    p->impu_count = r.profile.impu_count;
    p->impu = xmemdup(r.profile.impu, p->impu_count * sizeof *p->impu);
    free(r.profile.impu);
    return 0;
}

void profile_free(struct profile *p)
{
    for (size_t i = 0; i < p->impu_count; i++)
        free(p->impu[i].id);
    free(p->impu);
    free(p->xml);
    memset(p, 0, sizeof *p);
}

bool profile_has(const struct profile *p, const char *impu)
{
    for (size_t i = 0; i < p->impu_count; i++)
        if (strcmp(p->impu[i].id, impu) == 0)
            return true;
    return false;
}

bool profile_gains(const struct profile *now, const struct profile *before)
{
    for (size_t i = 0; i < now->impu_count; i++)
        if (!profile_has(before, now->impu[i].id))
            return true;
    return false;
}

bool profile_same_names(const struct profile *a, const struct profile *b)
{
    return !profile_gains(a, b) && !profile_gains(b, a);
}

const char *profile_default(const struct profile *p)
{
    for (size_t i = 0; i < p->impu_count; i++)
        if (!p->impu[i].barred)
            return p->impu[i].id;
    return NULL;
}
