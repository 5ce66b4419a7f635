/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include <errno.h>
#include <sofia-sip/url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool has(const struct scscf *s, uint32_t capability)
{
    for (size_t i = 0; i < s->capability_count; i++)
        if (s->capability[i] == capability)
            return true;
    return false;
}

static size_t how_many(const struct scscf *s, const uint32_t *capability, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += has(s, capability[i]);
    return found;
}

/* FNV-1a; the last lines mix, so that names that differ in one digit are as far apart as any. */
static uint64_t rank_of(const char *user, const char *uri)
{
    uint64_t hash = 14695981039346656037u;

    for (const char *c = user ? user : ""; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    for (const char *c = uri; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
    return hash ^ (hash >> 31);
}

static enum select_verdict next_by_name(const struct selection *sel, char uri[CX_TEXT])
{
    for (size_t i = 0; i < sel->wanted.server_count; i++) {
        struct dns_question where;

        if (select_was_tried(sel, sel->wanted.server[i]) ||
            select_where(sel->wanted.server[i], &where) < 0)
            continue;
        snprintf(uri, CX_TEXT, "%s", sel->wanted.server[i]);
        return SELECT_FOUND;
    }
    return SELECT_ALL_TRIED;
}

enum select_verdict select_next(const struct selection *sel, const struct scscf *pool, size_t count,
                                char uri[CX_TEXT])
{
    const struct cx_capabilities *wanted = &sel->wanted;
    const struct scscf *best = NULL;
    size_t best_optional = 0, capable = 0;
    uint64_t best_rank = 0;

    if (wanted->server_count > 0)
        return next_by_name(sel, uri);
    for (const struct scscf *s = pool; s < pool + count; s++) {
        size_t optional = how_many(s, wanted->optional, wanted->optional_count);
        uint64_t rank = rank_of(sel->user, s->uri);

        if (how_many(s, wanted->mandatory, wanted->mandatory_count) < wanted->mandatory_count)
            continue;
        capable++;
        if (select_was_tried(sel, s->uri))
            continue;
        if (best && (optional < best_optional || (optional == best_optional && rank >= best_rank)))
            continue;
        best = s;
        best_optional = optional;
        best_rank = rank;
    }
    if (!best)
        return capable ? SELECT_ALL_TRIED : SELECT_NONE_CAPABLE;
    snprintf(uri, CX_TEXT, "%s", best->uri);
    return SELECT_FOUND;
}

void select_tried(struct selection *sel, const char *uri)
{
    if (sel->tried_count < SELECT_MAX_TRIED && !select_was_tried(sel, uri))
        snprintf(sel->tried[sel->tried_count++], CX_TEXT, "%s", uri);
}

bool select_was_tried(const struct selection *sel, const char *uri)
{
    for (size_t i = 0; i < sel->tried_count; i++)
        if (select_same(sel->tried[i], uri))
            return true;
    return sel->tried_count == SELECT_MAX_TRIED; /* enough is enough */
}

int select_where(const char *uri, struct dns_question *where)
{
    char copy[CX_TEXT], transport[8] = "";
    url_t url;

    memset(where, 0, sizeof *where);
    if (snprintf(copy, sizeof copy, "%s", uri) >= (int)sizeof copy)
        return -EINVAL;
    if (url_d(&url, copy) < 0 || url.url_type != url_sip || !url.url_host || !*url.url_host)
        return -EINVAL;
    if (strlen(url.url_host) >= sizeof where->host)
        return -EINVAL;
    snprintf(where->host, sizeof where->host, "%s", url.url_host);
    if (url.url_port) {
        char *end;
        unsigned long port = strtoul(url.url_port, &end, 10);

        if (*end || port == 0 || port > UINT16_MAX)
            return -EINVAL;
        where->port = port;
    }
    url_param(url.url_params, "transport", transport, sizeof transport);
    if (strcasecmp(transport, "udp") == 0)
        where->transport = SIP_UDP;
    else if (strcasecmp(transport, "tcp") == 0)
        where->transport = SIP_TCP;
    return 0;
}

bool select_same(const char *uri, const char *other)
{
    struct dns_question a, b;

    if (select_where(uri, &a) < 0 || select_where(other, &b) < 0)
        return strcmp(uri, other) == 0;
    return strcasecmp(a.host, b.host) == 0 && (a.port ? a.port : 5060) == (b.port ? b.port : 5060);
}

const char *select_lacking(const struct selection *sel, const struct scscf *pool, size_t count,
                           char *buf, size_t size)
{
    const struct cx_capabilities *wanted = &sel->wanted;
    size_t used = 0;

    buf[0] = 0;
    for (int everything = 0; everything < 2 && used == 0; everything++) {
        for (size_t i = 0; i < wanted->mandatory_count && used + 16 < size; i++) {
            size_t owners = 0;

            for (size_t k = 0; k < count; k++)
                owners += has(&pool[k], wanted->mandatory[i]);
            if (everything || owners == 0)
                used += snprintf(buf + used, size - used, "%s%u", used ? ", " : "",
                                 wanted->mandatory[i]);
        }
    }
    return buf;
}
