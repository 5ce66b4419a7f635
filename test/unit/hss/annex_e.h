/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a document has the structure of the user profile (TS 29.228 annex E, tables E.1 and E.2):
 * which elements stand in which, in their order and number, and what their text may be. */
#ifndef IMSLAB_ANNEX_E_H
#define IMSLAB_ANNEX_E_H

#include <expat.h>
#include <regex.h>

#include "room.h"

#define BOOL   "^[01]$"
#define NUMBER "^[0-9]+$"
#define ANY    "^.*$"

struct shape { /* one element of a parent: in this order, between least and most times */
    const char *name;
    int least, most;            /* most 0: any number */
    const char *text;           /* a leaf: its text; NULL: it has elements */
    const struct shape *inside; /* NULL with text NULL: empty */
    bool choice;                /* one of those that follow it with choice set, too */
};

static const struct shape e_pi3[] = {
    {"WildcardedIMPU", 0, 1, ANY},
    {NULL              }
};
static const struct shape e_pi2[] = {
    {"DisplayName", 0, 1, ANY},
    {"AliasIdentityGroupID",            0, 1, ANY},
    {"Extension",             0, 1, NULL, e_pi3},
    {NULL}
};
static const struct shape e_pi1[] = {
    {"IdentityType", 0, 1, "^[01234]$"},
    {"WildcardedPSI",             0, 1, ANY},
    {"Extension",              0, 1, NULL, e_pi2},
    {NULL}
};
static const struct shape e_identity[] = {
    {"BarringIndication", 0, 1, BOOL},
    {"Identity",                  1, 1, "^(sip|sips|tel):.+$"},
    {"Extension",                   0, 1, NULL, e_pi1},
    {NULL}
};
static const struct shape e_cn[] = {
    {"SubscribedMediaProfileId", 0, 1, NUMBER},
    {NULL                        }
};
static const struct shape e_header[] = {
    {"Header", 1, 1, ANY},
    {"Content",       0, 1, ANY},
    {NULL       }
};
static const struct shape e_line[] = {
    {"Line", 1, 1, ANY},
    {"Content",     0, 1, ANY},
    {NULL     }
};
static const struct shape e_spt1[] = {
    {"RegistrationType", 0, 2, "^[012]$"},
    {NULL                }
};
static const struct shape e_spt[] = {
    {"ConditionNegated", 0, 1, BOOL},
    {"Group",                 1, 0, NUMBER},
    {"RequestURI",                  1, 1, ANY, NULL, true},
    {"Method", 1, 1, ANY, NULL, true},
    {"SIPHeader",            1, 1, NULL, e_header, true},
    {"SessionCase",       1, 1, "^[01234]$", NULL, true},
    {"SessionDescription",                 1, 1, NULL, e_line, true},
    {"Extension",              0, 1, NULL, e_spt1},
    {NULL                 }
};
static const struct shape e_trigger[] = {
    {"ConditionTypeCNF", 1, 1, BOOL},
    {"SPT",                 1, 0, NULL, e_spt},
    {NULL                 }
};
static const struct shape e_as1[] = {
    {"IncludeRegisterRequest", 0, 1, NULL},
    {"IncludeRegisterResponse",                       0, 1, NULL},
    {NULL                       }
};
static const struct shape e_as[] = {
    {"ServerName", 1, 1, "^sips?:.+$"},
    {"DefaultHandling",           0, 1, BOOL},
    {"ServiceInfo",            0, 1, ANY},
    {"Extension", 0, 1, NULL, e_as1},
    {NULL       }
};
static const struct shape e_ifc[] = {
    {"Priority", 1, 1, NUMBER},
    {"TriggerPoint",         0, 1, NULL, e_trigger},
    {"ApplicationServer",          1, 1, NULL, e_as},
    {"ProfilePartIndicator", 0, 1, BOOL},
    {NULL     }
};
static const struct shape e_profile1[] = {
    {"SharedIFCSetID", 0, 0, NUMBER},
    {NULL              }
};
static const struct shape e_profile[] = {
    {"PublicIdentity",                   1, 0, NULL, e_identity},
    {"CoreNetworkServicesAuthorization",                                 0, 1, NULL, e_cn},
    {"InitialFilterCriteria",                        0, 0, NULL, e_ifc},
    {"Extension", 0, 1, NULL, e_profile1},
    {NULL                                }
};
static const struct shape e_subscription1[] = {
    {"IMSI", 0, 1, "^[0-9]{6,15}$"},
    {NULL    }
};
static const struct shape e_subscription[] = {
    {"PrivateID", 1, 1, "^[^@]+@[^@]+$"},
    {"ServiceProfile",          1, 0, NULL, e_profile},
    {"Extension",           0, 1, NULL, e_subscription1},
    {NULL}
};
static const struct shape e_document[] = {
    {"IMSSubscription", 1, 1, NULL, e_subscription},
    {NULL               }
};

struct annex_e {
    struct {
        const struct shape *children; /* of the open element; NULL: none allowed */
        const struct shape *at;       /* the row that the last child was of */
        int count;                    /* of that row's */
        const char *text_rule;
        char text[512];
    } level[16];
    int depth;
    char fault[200];
};

static inline void annex_e_fault(struct annex_e *e, const char *what, const char *name)
{
    if (!e->fault[0])
        snprintf(e->fault, sizeof e->fault, "%s <%s>", what, name);
}

/* The rows between the last child's and this one's may be left out only when they may be absent. */
static inline void annex_e_skip(struct annex_e *e, const struct shape *to)
{
    const struct shape *row = e->level[e->depth].at;
    bool chosen = row->choice && e->level[e->depth].count > 0;

    if (e->level[e->depth].count < row->least && !row->choice)
        annex_e_fault(e, "missing", row->name);
    for (; row != to && row->name; row++) {
        if (row->choice && !chosen && !(row + 1)->choice && !(to->name && to->choice))
            annex_e_fault(e, "no condition before", to->name ? to->name : "end");
        if (row != e->level[e->depth].at && row->least && !row->choice)
            annex_e_fault(e, "missing", row->name);
    }
    if (to->name && to->choice && chosen)
        annex_e_fault(e, "two conditions", to->name);
}

static inline void XMLCALL annex_e_start(void *arg, const char *name, const char **attributes)
{
    struct annex_e *e = arg;
    const struct shape *row = e->level[e->depth].at;

    (void)attributes;
    while (row && row->name && strcmp(row->name, name) != 0)
        row++;
    if (!row || !row->name) {
        annex_e_fault(e, "not allowed here", name);
        row = NULL;
    } else if (row != e->level[e->depth].at) {
        annex_e_skip(e, row);
        e->level[e->depth].at = row;
        e->level[e->depth].count = 1;
    } else if (++e->level[e->depth].count > row->most && row->most) {
        annex_e_fault(e, "too many", name);
    }
    if (++e->depth >= 15)
        abort();
    memset(&e->level[e->depth], 0, sizeof e->level[0]);
    e->level[e->depth].children = e->level[e->depth].at = row ? row->inside : NULL;
    e->level[e->depth].text_rule = row && row->text ? row->text : "^$";
}

static inline void XMLCALL annex_e_text(void *arg, const char *text, int len)
{
    struct annex_e *e = arg;
    char *to = e->level[e->depth].text;

    snprintf(to + strlen(to), sizeof e->level[0].text - strlen(to), "%.*s", len, text);
}

static inline void XMLCALL annex_e_end(void *arg, const char *name)
{
    struct annex_e *e = arg;
    const struct shape *end = e->level[e->depth].children;
    regex_t regex;

    while (end && end->name)
        end++;
    if (end)
        annex_e_skip(e, end);
    assert_int_equal(regcomp(&regex, e->level[e->depth].text_rule, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, e->level[e->depth].text, 0, NULL, 0) != 0)
        annex_e_fault(e, "wrong text in", name);
    regfree(&regex);
    e->depth--;
}

/* What is wrong with it; "" nothing. */
static inline const char *annex_e_check(const char *xml, struct annex_e *e)
{
    XML_Parser parser = XML_ParserCreate(NULL);

    memset(e, 0, sizeof *e);
    e->level[0].children = e->level[0].at = e_document;
    XML_SetUserData(parser, e);
    XML_SetElementHandler(parser, annex_e_start, annex_e_end);
    XML_SetCharacterDataHandler(parser, annex_e_text);
    if (XML_Parse(parser, xml, (int)strlen(xml), 1) != XML_STATUS_OK)
        snprintf(e->fault, sizeof e->fault, "no XML: %s",
                 XML_ErrorString(XML_GetErrorCode(parser)));
    XML_ParserFree(parser);
    return e->fault;
}

#endif
