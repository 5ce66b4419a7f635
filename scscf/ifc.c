/* SPDX-License-Identifier: Apache-2.0 */
/* A trigger is groups of conditions: in CNF every group needs one that holds, in DNF one group
 * needs all of them (TS 29.228 annex C). Content is a regular expression (annex F: POSIX extended).
 */
#include "ifc.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sip.h"

static bool is_like(const char *pattern, const char *text)
{
    regex_t regex;
    bool same;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return strcmp(pattern, text) == 0;
    same = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return same;
}

static bool has_method(const struct ifc_spt *spt, const struct ifc_request *r)
{
    if (strcasecmp(spt->text, r->method) != 0)
        return false;
    return strcasecmp(r->method, "REGISTER") != 0 || spt->types == 0 ||
           (spt->types >> r->registration & 1);
}

static bool has_uri(const struct ifc_spt *spt, const struct ifc_request *r)
{
    char uri[512];

    return url_e(uri, sizeof uri, r->sip->sip_request->rq_url) < (issize_t)sizeof uri &&
           is_like(spt->text, uri);
}

static bool has_header(const struct ifc_spt *spt, const struct ifc_request *r)
{
    char value[4096];

    if (!sip_list(r->sip, spt->text, value, sizeof value))
        return false;
    return !spt->content || is_like(spt->content, value);
}

/* A line of the session description: "m", and what stands behind "m=". */
static bool has_line(const struct ifc_spt *spt, const struct ifc_request *r)
{
    const sip_payload_t *body = r->sip->sip_payload;
    const char *at = body ? body->pl_data : NULL, *end = at ? at + body->pl_len : NULL;
    size_t name = strlen(spt->text);
    char value[512];

    while (at && at < end) {
        const char *stop = memchr(at, '\n', end - at);
        size_t len = (stop ? stop : end) - at;

        if (len > name && strncmp(at, spt->text, name) == 0 && at[name] == '=') {
            snprintf(value, sizeof value, "%.*s", (int)(len - name - 1), at + name + 1);
            value[strcspn(value, "\r")] = 0;
            if (!spt->content || is_like(spt->content, value))
                return true;
        }
        at = stop ? stop + 1 : end;
    }
    return false;
}

static bool holds(const struct ifc_spt *spt, const struct ifc_request *r)
{
    bool known = true, is = false;

    switch (spt->condition) {
    case IFC_METHOD: is = has_method(spt, r); break;
    case IFC_CASE: is = strtoul(spt->text, NULL, 10) == r->session_case; break;
    case IFC_URI: is = (known = r->sip) && has_uri(spt, r); break;
    case IFC_HEADER: is = (known = r->sip) && has_header(spt, r); break;
    case IFC_SESSION: is = (known = r->sip) && has_line(spt, r); break;
    }
    return !known || is != spt->negated;
}

static bool is_in(const struct ifc_spt *spt, unsigned group)
{
    for (unsigned i = 0; i < spt->group_count; i++)
        if (spt->group[i] == group)
            return true;
    return false;
}

/* CNF: whether any of the group holds; DNF: whether all do. */
static bool group_holds(const struct ifc *ifc, unsigned group, const struct ifc_request *r)
{
    for (const struct ifc_spt *spt = ifc->spts; spt; spt = spt->next)
        if (is_in(spt, group) && holds(spt, r) == ifc->cnf)
            return ifc->cnf;
    return !ifc->cnf;
}

bool ifc_matches(const struct ifc *ifc, const struct ifc_request *r)
{
    bool registered = r->session_case != IFC_TERMINATING_UNREGISTERED &&
                      r->session_case != IFC_ORIGINATING_UNREGISTERED;

    if (ifc->part >= 0 && (ifc->part == 0) != registered)
        return false;
    if (!ifc->has_trigger)
        return true;
    for (const struct ifc_spt *spt = ifc->spts; spt; spt = spt->next)
        for (unsigned i = 0; i < spt->group_count; i++)
            if (group_holds(ifc, spt->group[i], r) != ifc->cnf)
                return !ifc->cnf;
    return ifc->cnf && ifc->spts;
}
