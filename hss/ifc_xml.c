/* SPDX-License-Identifier: Apache-2.0 */
/* InitialFilterCriteria of TS 29.228 annex E -> the JSON of the schema Profile. The element names
 * lead to one table; whatever is not in it is skipped, with what is inside. */
#include "ifc_xml.h"

#include <errno.h>
#include <expat.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rest_words.h"
#include "xalloc.h"

enum { MOST_TEXT = 2000, MOST_CRITERIA = 200, MOST_TRIGGERS = 100, MOST_DEPTH = 40 };

struct reading {
    XML_Parser parser;
    json_t *ifc, *shared; /* the lists */
    json_t *one, *spt;    /* being read; NULL: outside of one */
    char text[MOST_TEXT]; /* of the innermost element */
    size_t len, depth;
    int err;
    struct why *why;
};

static void fail(struct reading *r, const char *what)
{
    if (r->err == 0)
        r->err = why_set(r->why, EINVAL, "filter criteria of TS 29.228 annex E: line %lu: %s",
                         XML_GetCurrentLineNumber(r->parser), what);
    XML_StopParser(r->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

/* ---- one element's text into its place ---- */

static void put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *number(const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    return *text && !*end ? json_integer(value) : json_string(text); /* the check refuses it */
}

static json_t *yes(const char *text)
{
    return json_boolean(strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
}

static json_t *word(const char *text, const char *zero, const char *one)
{
    return json_string(strcmp(text, "0") == 0 ? zero : strcmp(text, "1") == 0 ? one : text);
}

/* A trigger's kind comes with the element that holds its value. */
static void put_kind(json_t *spt, const char *kind, const char *value)
{
    put(spt, "kind", json_string(kind));
    put(spt, "value", json_string(value));
}

static void end_of_trigger_part(struct reading *r, const char *name)
{
    static const char *const kinds[][2] = {
        {"RequestURI",  "uri"   },
        {"Method",      "method"},
        {"Header",      "header"},
        {"SessionCase", "case"  },
        {"Line",        "sdp"   },
    };

    for (size_t i = 0; i < COUNT(kinds); i++) {
        /* Header and Line stand inside SIPHeader and SessionDescription */
        if (strcmp(name, kinds[i][0]) == 0)
            put_kind(r->spt, kinds[i][1], r->text);
    }
    if (strcmp(name, "Content") == 0)
        put(r->spt, "content", json_string(r->text));
    else if (strcmp(name, "ConditionNegated") == 0)
        put(r->spt, "negated", yes(r->text));
    else if (strcmp(name, "Group") == 0 && !json_object_get(r->spt, "group"))
        put(r->spt, "group", number(r->text));
    else if (strcmp(name, "RegistrationType") == 0) {
        json_t *list = json_object_get(r->spt, "registration");
        int bit = r->text[0] && !r->text[1] ? 1 << (r->text[0] - '0') : 0; /* 0, 1, 2 */

        if (!list) {
            list = json_array();
            put(r->spt, "registration", list);
        }
        json_array_append_new(list, json_string(rest_word(rest_registrations, bit)));
    }
}

static void end_of_criterion_part(struct reading *r, const char *name)
{
    if (strcmp(name, "Priority") == 0)
        put(r->one, "priority", number(r->text));
    else if (strcmp(name, "ConditionTypeCNF") == 0)
        put(r->one, "cnf", yes(r->text));
    else if (strcmp(name, "ServerName") == 0)
        put(r->one, "server", json_string(r->text));
    else if (strcmp(name, "DefaultHandling") == 0)
        put(r->one, "default_handling", word(r->text, "continue", "terminate"));
    else if (strcmp(name, "ServiceInfo") == 0)
        put(r->one, "service_info", json_string(r->text));
    else if (strcmp(name, "ProfilePartIndicator") == 0)
        put(r->one, "part", word(r->text, "registered", "unregistered"));
    else if (strcmp(name, "IncludeRegisterRequest") == 0)
        put(r->one, "include_request", json_true());
    else if (strcmp(name, "IncludeRegisterResponse") == 0)
        put(r->one, "include_response", json_true());
}

/* ---- elements ---- */

static void XMLCALL on_start(void *arg, const char *qname, const char **attributes)
{
    struct reading *r = arg;
    const char *name = local_name(qname);

    (void)attributes;
    r->len = 0;
    r->text[0] = '\0';
    if (++r->depth > MOST_DEPTH)
        fail(r, "too deep");
    if (strcmp(name, "InitialFilterCriteria") == 0 && !r->one) {
        if (json_array_size(r->ifc) >= MOST_CRITERIA)
            fail(r, "too many filter criteria");
        r->one = json_pack("{s:[]}", "spt");
    } else if (strcmp(name, "SPT") == 0 && r->one && !r->spt) {
        if (json_array_size(json_object_get(r->one, "spt")) >= MOST_TRIGGERS)
            fail(r, "too many service point triggers");
        r->spt = json_object();
    }
}

static void trim(struct reading *r)
{
    size_t start = strspn(r->text, " \t\r\n");

    while (r->len > start && strchr(" \t\r\n", r->text[r->len - 1]))
        r->text[--r->len] = '\0';
    memmove(r->text, r->text + start, r->len - start + 1);
    r->len -= start;
}

static void XMLCALL on_end(void *arg, const char *qname)
{
    struct reading *r = arg;
    const char *name = local_name(qname);

    r->depth--;
    trim(r);
    if (r->spt && strcmp(name, "SPT") == 0) {
        json_array_append_new(json_object_get(r->one, "spt"), r->spt);
        r->spt = NULL;
    } else if (r->spt) {
        end_of_trigger_part(r, name);
    } else if (r->one && strcmp(name, "InitialFilterCriteria") == 0) {
        json_array_append_new(r->ifc, r->one);
        r->one = NULL;
    } else if (r->one) {
        end_of_criterion_part(r, name);
    } else if (strcmp(name, "SharedIFCSetID") == 0) {
        json_array_append_new(r->shared, number(r->text));
    }
    r->len = 0;
    r->text[0] = '\0';
}

static void XMLCALL on_text(void *arg, const char *text, int len)
{
    struct reading *r = arg;

    if (r->len + len >= sizeof r->text) {
        fail(r, "a text is too long");
        return;
    }
    memcpy(r->text + r->len, text, len);
    r->len += len;
    r->text[r->len] = '\0';
}

/* The way to entity bombs. */
static void XMLCALL on_doctype(void *arg, const char *name, const char *sysid, const char *pubid,
                               int internal)
{
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)internal;
    fail(arg, "a document type");
}

json_t *ifc_from_xml(const char *xml, size_t len, struct why *why)
{
    struct reading r = {
        .parser = XML_ParserCreate(NULL), .ifc = json_array(), .shared = json_array(), .why = why};
    json_t *profile = NULL;

    if (!r.parser)
        abort(); /* no memory */
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    if (XML_Parse(r.parser, xml, len, 1) != XML_STATUS_OK && r.err == 0)
        r.err = why_set(why, EINVAL, "XML: line %lu: %s", XML_GetCurrentLineNumber(r.parser),
                        XML_ErrorString(XML_GetErrorCode(r.parser)));
    XML_ParserFree(r.parser);
    if (r.err == 0)
        profile = json_pack("{s:O, s:O}", "ifc", r.ifc, "shared_ifc", r.shared);
    json_decref(r.ifc);
    json_decref(r.shared);
    json_decref(r.one);
    json_decref(r.spt);
    return profile;
}
