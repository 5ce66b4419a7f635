/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a message by their names on the wire, whether sofia knows them (typed, in sip_t), does
 * not (sip_unknown), or could not parse them (sip_error). Whatever is edited loses its cached text
 * (msg_fragment_clear): sofia would send the old one. */
#include <assert.h>
#include <ctype.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_protos.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sip_engine.h"
#include "xalloc.h"

#define VIA 100 /* octets that a Via of ours takes, about */

/* The place in sip_t of a header that sofia knows; NULL for one it does not. */
static msg_header_t **typed_slot(sip_t *sip, const char *name)
{
    msg_href_t const *href = msg_find_hclass(sip_grammar(), name, NULL);

    if (!href || href == sip_grammar()->mc_unknown || !href->hr_offset)
        return NULL;
    return (msg_header_t **)((char *)sip + href->hr_offset);
}

/* sofia lets a new list of tokens (Require, Supported...) replace the old one: put them together.
 */
static const char *with_old(msg_t *m, const char *name, const char *value)
{
    msg_header_t **slot = typed_slot(sip_object(m), name);
    char old[1024];

    if (!slot || !*slot || (*slot)->sh_class->hc_kind != msg_kind_list ||
        !sip_text(sip_object(m), name, old, sizeof old))
        return value;
    return su_sprintf(msg_home(m), "%s, %s", old, value);
}

/* Not by msg_header_add_str: that one appends behind the empty line of a parsed message. */
void sip_add(msg_t *m, const char *header_line)
{
    const char *colon = strchr(header_line, ':');
    char name[64];
    msg_href_t const *href;
    msg_header_t *h;

    assert(colon && (size_t)(colon - header_line) < sizeof name);
    memcpy(name, header_line, colon - header_line);
    name[colon - header_line] = 0;
    href = msg_find_hclass(sip_grammar(), name, NULL);
    if (href == sip_grammar()->mc_unknown)
        h = (msg_header_t *)sip_unknown_make(msg_home(m), header_line);
    else
        h = msg_header_make(msg_home(m), href->hr_class, with_old(m, name, colon + 1));
    if (h)
        msg_header_insert(m, (msg_pub_t *)sip_object(m), h);
}

/* For a header that came once too often sofia leaves er_name where another field of the header was:
 * it is a name only when it is the name of a header class. */
const char *sip_error_name(const msg_error_t *error)
{
    msg_mclass_t const *grammar = sip_grammar();

    for (int i = 0; error->er_name && i < grammar->mc_hash_size; i++)
        if (grammar->mc_hash[i].hr_class && grammar->mc_hash[i].hr_class->hc_name == error->er_name)
            return error->er_name;
    return NULL;
}

static bool is_error_of(const msg_error_t *error, const char *name)
{
    const char *its = sip_error_name(error);

    return its && strcasecmp(its, name) == 0;
}

bool sip_is_unreadable(const sip_t *sip, const char *name)
{
    for (const msg_error_t *e = sip->sip_error; e; e = e->er_next)
        if (is_error_of(e, name))
            return true;
    return false;
}

void sip_remove(msg_t *m, const char *name)
{
    sip_t *sip = sip_object(m);
    msg_header_t **slot = typed_slot(sip, name);
    msg_unknown_t *unknown, *next;
    msg_error_t *error, *next_error;

    while (slot && *slot)
        msg_header_remove(m, (msg_pub_t *)sip, *slot);
    for (unknown = sip->sip_unknown; unknown; unknown = next) {
        next = unknown->un_next;
        if (strcasecmp(unknown->un_name, name) == 0)
            msg_header_remove(m, (msg_pub_t *)sip, (msg_header_t *)unknown);
    }
    for (error = sip->sip_error; error; error = next_error) {
        next_error = error->er_next;
        if (is_error_of(error, name))
            msg_header_remove(m, (msg_pub_t *)sip, (msg_header_t *)error);
    }
}

void sip_remove_token(msg_t *m, const char *name, const char *token)
{
    msg_header_t **slot = typed_slot(sip_object(m), name);
    msg_list_t *list =
        slot && *slot && (*slot)->sh_class->hc_kind == msg_kind_list ? (msg_list_t *)*slot : NULL;
    size_t kept = 0, was = 0;

    for (; list && list->k_items && list->k_items[was]; was++)
        if (strcasecmp(list->k_items[was], token) != 0)
            list->k_items[kept++] = list->k_items[was];
    if (kept == was)
        return;
    list->k_items[kept] = NULL;
    msg_fragment_clear(list->k_common);
    if (kept == 0)
        msg_header_remove(m, (msg_pub_t *)sip_object(m), *slot);
}

void sip_set_request_uri(msg_t *m, const char *uri)
{
    sip_request_t *request = sip_object(m)->sip_request;
    url_t *url = url_make(msg_home(m), uri);

    if (!url)
        return;
    *request->rq_url = *url;
    msg_fragment_clear(request->rq_common);
}

static bool is_host(const url_t *url, const struct addr *host, const char *name)
{
    struct addr a;

    if (!url->url_host)
        return false;
    if (name && strcasecmp(url->url_host, name) == 0)
        return true;
    return host && addr_parse(&a, url->url_host, 0) == 0 && addr_same_host(&a, host);
}

void sip_pop_route_if(msg_t *m, const struct addr *host, const char *name)
{
    sip_t *sip = sip_object(m);

    if (sip->sip_route && is_host(sip->sip_route->r_url, host, name))
        sip_route_remove(m, sip);
}

bool sip_decrement_max_forwards(msg_t *m)
{
    sip_t *sip = sip_object(m);

    if (!sip->sip_max_forwards) {
        sip_add(m, "Max-Forwards: 69");
        return true;
    }
    if (sip->sip_max_forwards->mf_count == 0)
        return false;
    sip->sip_max_forwards->mf_count--;
    msg_fragment_clear(sip->sip_max_forwards->mf_common);
    return true;
}

const char *sip_text(const sip_t *sip, const char *name, char *buf, size_t size)
{
    msg_header_t **slot = typed_slot((sip_t *)sip, name);
    issize_t len;

    if (slot && *slot) {
        len = msg_header_field_e(buf, size, *slot, 0);
        if (len < 0)
            return NULL;
        buf[(size_t)len < size ? (size_t)len : size - 1] = 0;
        return buf;
    }
    for (const msg_unknown_t *u = sip->sip_unknown; u; u = u->un_next) {
        if (strcasecmp(u->un_name, name) == 0) {
            snprintf(buf, size, "%s", u->un_value ? u->un_value : "");
            return buf;
        }
    }
    return NULL;
}

const char *sip_list(const sip_t *sip, const char *name, char *buf, size_t size)
{
    msg_header_t **slot = typed_slot((sip_t *)sip, name);
    size_t len = 0;
    issize_t one;

    for (msg_header_t *h = slot ? *slot : NULL; h; h = h->sh_next) {
        len += snprintf(buf + len, size - len, "%s", len ? ", " : "");
        one = len < size ? msg_header_field_e(buf + len, size - len, h, 0) : -1;
        if (one < 0 || (len += one) >= size)
            return NULL;
    }
    for (const msg_unknown_t *u = slot ? NULL : sip->sip_unknown; u; u = u->un_next) {
        if (strcasecmp(u->un_name, name) != 0)
            continue;
        len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", u->un_value);
        if (len >= size)
            return NULL;
    }
    return len ? buf : NULL;
}

size_t sip_size(msg_t *m)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    size_t len = 0;

    msg_as_string(home, m, NULL, 0, &len);
    su_home_deinit(home);
    return len + VIA;
}

static int hex_of(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    c = tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copies a user part; an escape that stands for an unreserved character is that character (RFC 3261
 * 19.1.4), other escapes are written in capitals. */
static size_t put_user(const char *user, char *buf, size_t size)
{
    size_t len = 0;
    int high, low, c;

    for (; *user && len + 4 < size; user++) {
        high = *user == '%' ? hex_of(user[1]) : -1;
        low = high >= 0 ? hex_of(user[2]) : -1;
        if (low < 0) {
            buf[len++] = *user;
            continue;
        }
        c = high * 16 + low;
        if (c && (isalnum(c) || strchr("-_.!~*'()&=+$,;?/", c)))
            buf[len++] = c;
        else
            len += snprintf(buf + len, 4, "%%%02X", c);
        user += 2;
    }
    buf[len] = 0;
    return len;
}

static const char *tel_identity(const url_t *url, char *buf, size_t size)
{
    const char *number = url->url_user ? url->url_user : url->url_host;
    size_t len;

    if (!number || !*number)
        return NULL;
    len = snprintf(buf, size, "tel:");
    for (; *number && *number != ';' && len + 1 < size; number++)
        if (!strchr("-.()", *number))
            buf[len++] = *number;
    buf[len] = 0;
    return *number && *number != ';' ? NULL : buf;
}

const char *sip_identity(const url_t *url, char *buf, size_t size)
{
    char user[256] = "";
    size_t at, len;

    if (url->url_type == url_tel)
        return tel_identity(url, buf, size);
    if ((url->url_type != url_sip && url->url_type != url_sips) || !url->url_host ||
        !*url->url_host)
        return NULL;
    if (url->url_user && (strlen(url->url_user) + 4 >= sizeof user ||
                          put_user(url->url_user, user, sizeof user) == 0))
        return NULL;
    at = snprintf(buf, size, "%s:%s%s", url->url_type == url_sip ? "sip" : "sips", user,
                  *user ? "@" : "");
    len = strlen(url->url_host);
    if (at + len >= size)
        return NULL;
    for (size_t i = 0; i <= len; i++)
        buf[at + i] = tolower((unsigned char)url->url_host[i]);
    return buf;
}
