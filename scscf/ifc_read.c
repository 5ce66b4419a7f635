/* SPDX-License-Identifier: Apache-2.0 */
/* Initial filter criteria out of User-Data (TS 29.228 annex E). The document was read once already
 * (profile_parse: well-formed, no DOCTYPE, bounded); here only the criteria are taken. */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "ifc.h"
#include "xalloc.h"

enum { MAX_IFC = 256, MAX_SPT = 256 };
#define TEXT_MAX 8192

struct reading {
    struct ifc *all, *ifc; /* ifc: the one being read */
    struct ifc_spt *spt;
    unsigned ifcs, spts;
    bool bad; /* the one being read cannot be evaluated */
    char text[TEXT_MAX];
    size_t len;
};

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

static void free_ifc(struct ifc *ifc)
{
    struct ifc_spt *spt;

    while ((spt = ifc->spts)) {
        ifc->spts = spt->next;
        free(spt->text);
        free(spt->content);
        free(spt);
    }
    free(ifc->server);
    free(ifc->service_info);
    free(ifc);
}

void ifc_free(struct ifc *ifc)
{
    while (ifc) {
        struct ifc *next = ifc->next;

        free_ifc(ifc);
        ifc = next;
    }
}

static void begin_spt(struct reading *r)
{
    struct ifc_spt **end = &r->ifc->spts;

    if (++r->spts > MAX_SPT) {
        r->bad = true;
        return;
    }
    while (*end)
        end = &(*end)->next;
    r->spt = *end = xzalloc(sizeof **end);
}

static void on_start(void *arg, const char *name, const char **attributes)
{
    struct reading *r = arg;
    const char *local = local_name(name);

    (void)attributes;
    r->len = 0;
    r->text[0] = 0;
    if (strcmp(local, "InitialFilterCriteria") == 0 && !r->ifc) {
        r->ifc = xzalloc(sizeof *r->ifc);
        r->ifc->part = -1;
        r->bad = ++r->ifcs > MAX_IFC;
        r->spts = 0;
    }
    if (!r->ifc)
        return;
    if (strcmp(local, "TriggerPoint") == 0)
        r->ifc->has_trigger = true;
    else if (strcmp(local, "SPT") == 0 && !r->spt)
        begin_spt(r);
    else if (strcmp(local, "IncludeRegisterRequest") == 0)
        r->ifc->include_request = true;
    else if (strcmp(local, "IncludeRegisterResponse") == 0)
        r->ifc->include_response = true;
}

static void on_text(void *arg, const char *text, int len)
{
    struct reading *r = arg;

    if (!r->ifc)
        return;
    if ((size_t)len >= sizeof r->text - r->len) {
        r->bad = true;
        return;
    }
    memcpy(r->text + r->len, text, len);
    r->len += len;
    r->text[r->len] = 0;
}

static bool is_true(const char *text)
{
    return strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
}

static void keep(char **at, const char *text)
{
    free(*at);
    *at = xstrdup(text);
}

static void condition(struct ifc_spt *spt, enum ifc_condition condition, const char *text)
{
    spt->condition = condition;
    keep(&spt->text, text);
}

/* An element inside an SPT. */
static void end_in_spt(struct reading *r, const char *name)
{
    static const struct {
        const char *name;
        enum ifc_condition condition;
    } conditions[] = {
        {"Method",      IFC_METHOD },
        {"RequestURI",  IFC_URI    },
        {"Header",      IFC_HEADER },
        {"SessionCase", IFC_CASE   },
        {"Line",        IFC_SESSION},
    };
    struct ifc_spt *spt = r->spt;
    unsigned long n = strtoul(r->text, NULL, 10);

    for (size_t i = 0; i < COUNT(conditions); i++)
        if (strcmp(name, conditions[i].name) == 0)
            condition(spt, conditions[i].condition, r->text);
    if (strcmp(name, "Content") == 0)
        keep(&spt->content, r->text);
    else if (strcmp(name, "ConditionNegated") == 0)
        spt->negated = is_true(r->text);
    else if (strcmp(name, "RegistrationType") == 0 && n <= IFC_END)
        spt->types |= 1u << n;
    else if (strcmp(name, "Group") == 0 && spt->group_count < IFC_GROUPS)
        spt->group[spt->group_count++] = (unsigned)n;
    else if (strcmp(name, "SPT") == 0) {
        r->bad |= !spt->text || spt->group_count == 0;
        r->spt = NULL;
    }
}

static void insert(struct reading *r)
{
    struct ifc **at = &r->all;

    while (*at && (*at)->priority <= r->ifc->priority)
        at = &(*at)->next;
    r->ifc->next = *at;
    *at = r->ifc;
}

static void end_in_ifc(struct reading *r, const char *name)
{
    struct ifc *ifc = r->ifc;

    if (strcmp(name, "Priority") == 0)
        ifc->priority = (unsigned)strtoul(r->text, NULL, 10);
    else if (strcmp(name, "ProfilePartIndicator") == 0)
        ifc->part = is_true(r->text);
    else if (strcmp(name, "ConditionTypeCNF") == 0)
        ifc->cnf = is_true(r->text);
    else if (strcmp(name, "ServerName") == 0)
        keep(&ifc->server, r->text);
    else if (strcmp(name, "DefaultHandling") == 0)
        ifc->terminates = is_true(r->text);
    else if (strcmp(name, "ServiceInfo") == 0)
        keep(&ifc->service_info, r->text);
    else if (strcmp(name, "InitialFilterCriteria") == 0) {
        if (r->bad || !ifc->server)
            free_ifc(ifc);
        else
            insert(r);
        r->ifc = NULL;
    }
}

/* Blanks around a value are the printer's; those of ServiceInfo are the server's. */
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
    const char *local = local_name(name);

    if (!r->ifc)
        return;
    if (strcmp(local, "ServiceInfo") != 0)
        trim(r);
    if (r->spt)
        end_in_spt(r, local);
    else
        end_in_ifc(r, local);
    r->len = 0;
    r->text[0] = 0;
}

struct ifc *ifc_read(const char *xml)
{
    XML_Parser parser;
    struct reading *r;
    struct ifc *all;

    if (!strstr(xml, "InitialFilterCriteria") || strstr(xml, "<!DOCTYPE"))
        return NULL;
    parser = XML_ParserCreate(NULL);
    if (!parser)
        return NULL;
    r = xzalloc(sizeof *r);
    XML_SetUserData(parser, r);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_Parse(parser, xml, (int)strlen(xml), 1);
    XML_ParserFree(parser);
    if (r->ifc)
        free_ifc(r->ifc);
    all = r->all;
    free(r);
    return all;
}
