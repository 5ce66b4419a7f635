/* SPDX-License-Identifier: Apache-2.0 */
/* sip_trace.h: one pass over the header lines, one row of a table for each header that the log
 * shows. Secrets are not filtered out: they are never looked at. */
#include "sip_trace.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

#define FIRST_LINE 2048 /* no request line is longer than this and still shown */

struct span {
    const char *at;
    size_t len;
};

typedef void take_fn(struct sip_trace *t, enum trace_key key, struct span value);

static struct span trim(struct span s)
{
    while (s.len && isspace((unsigned char)*s.at)) {
        s.at++;
        s.len--;
    }
    while (s.len && isspace((unsigned char)s.at[s.len - 1]))
        s.len--;
    return s;
}

static struct span upto(struct span s, char c)
{
    const char *end = memchr(s.at, c, s.len);

    if (end)
        s.len = end - s.at;
    return s;
}

/* Writes behind what is there; what does not fit ends in "...". */
static void append(char value[TRACE_VALUE], struct span s)
{
    size_t have = strlen(value), i = 0;
    bool space = false;

    for (; i < s.len && have + 1 < TRACE_VALUE; i++) {
        bool blank = isspace((unsigned char)s.at[i]); /* a folded line becomes one space */

        if (!blank || !space)
            value[have++] = blank ? ' ' : s.at[i];
        space = blank;
    }
    value[have] = 0;
    if (i < s.len)
        memcpy(value + TRACE_VALUE - 4, "...", 4);
}

/* Writes or, for a header that comes again, appends behind a comma. */
static void put(struct sip_trace *t, enum trace_key key, struct span s)
{
    if (*t->value[key])
        append(t->value[key], (struct span){", ", 2});
    append(t->value[key], s);
}

static void take_text(struct sip_trace *t, enum trace_key key, struct span s)
{
    put(t, key, s);
}

static void take_first(struct sip_trace *t, enum trace_key key, struct span s)
{
    if (!*t->value[key])
        put(t, key, s);
}

/* From and To: what stands between < and >, or all of it up to the parameters. */
static void take_address(struct sip_trace *t, enum trace_key key, struct span s)
{
    const char *open;

    if (s.len && *s.at == '"') { /* a display name may hold anything */
        s.at++;
        s.len--;
        while (s.len && *s.at != '"') {
            size_t step = *s.at == '\\' && s.len > 1 ? 2 : 1;

            s.at += step;
            s.len -= step;
        }
    }
    open = memchr(s.at, '<', s.len);
    if (open) {
        s.len -= open + 1 - s.at;
        s.at = open + 1;
        take_first(t, key, trim(upto(s, '>')));
        return;
    }
    take_first(t, key, trim(upto(s, ';')));
}

/* The value of ;name=value or name=value, where separators are c; quotes taken away. */
static struct span param(struct span s, const char *name, char c)
{
    size_t name_len = strlen(name), at = 0, start;
    struct span p, none = {NULL, 0};
    bool quoted;

    while (at < s.len) {
        start = at;
        for (quoted = false; at < s.len && (quoted || s.at[at] != c); at++) {
            if (quoted && s.at[at] == '\\')
                at++;
            else if (s.at[at] == '"')
                quoted = !quoted;
        }
        if (at > s.len)
            at = s.len;
        p = trim((struct span){s.at + start, at - start});
        at++;
        if (p.len <= name_len || strncasecmp(p.at, name, name_len) != 0)
            continue;
        p = trim((struct span){p.at + name_len, p.len - name_len});
        if (!p.len || *p.at != '=')
            continue;
        p = trim((struct span){p.at + 1, p.len - 1});
        if (p.len >= 2 && *p.at == '"')
            p = (struct span){p.at + 1, p.len - (p.at[p.len - 1] == '"' ? 2 : 1)};
        return p;
    }
    return none;
}

static void take_via(struct sip_trace *t, enum trace_key key, struct span s)
{
    struct span top = upto(s, ','), branch, sent_by;
    const char *space;

    if (*t->value[key])
        return;
    sent_by = upto(top, ';');
    space = memchr(sent_by.at, ' ', sent_by.len);
    if (space) {
        sent_by.len -= space - sent_by.at;
        sent_by.at = space;
    }
    sent_by = trim(sent_by);
    branch = param(top, "branch", ';');
    put(t, key, sent_by);
    if (!branch.at)
        return;
    append(t->value[key], (struct span){";branch=", 8});
    append(t->value[key], branch);
}

/* Authorization and WWW-Authenticate: parameters by name, and no others. */
static void take_auth(struct sip_trace *t, enum trace_key key, struct span s)
{
    static const struct {
        const char *name;
        enum trace_key key;
    } shown[] = {
        {"username",            TRACE_USERNAME           },
        {"realm",               TRACE_REALM              },
        {"algorithm",           TRACE_ALGORITHM          },
        {"stale",               TRACE_STALE              },
        {"integrity-protected", TRACE_INTEGRITY_PROTECTED},
    };
    const char *space = memchr(s.at, ' ', s.len);
    struct span p;
    char nonce[24];

    if (!space)
        return;
    s.len -= space - s.at;
    s.at = space;
    for (size_t i = 0; i < COUNT(shown); i++)
        if ((p = param(s, shown[i].name, ',')).at)
            take_first(t, shown[i].key, p);
    p = param(s, "nonce", ',');
    if (p.len) {
        snprintf(nonce, sizeof nonce, "%.*s%s", (int)(p.len > 16 ? 16 : p.len), p.at,
                 p.len > 16 ? ".." : "");
        take_first(t, TRACE_NONCE, (struct span){nonce, strlen(nonce)});
    }
    if (key == TRACE_RESPONSE)
        take_text(t, key,
                  param(s, "response", ',').len ? (struct span){"present", 7}
                                                : (struct span){"absent", 6});
    if (param(s, "auts", ',').len)
        take_first(t, TRACE_AUTS, (struct span){"present", 7});
}

static void take_icid(struct sip_trace *t, enum trace_key key, struct span s)
{
    struct span icid = param(s, "icid-value", ';');

    if (icid.at)
        take_first(t, key, icid);
}

static const struct row {
    const char *name;
    char compact;
    enum trace_key key;
    take_fn *take;
} rows[] = {
    {"CSeq",                 0,   TRACE_CSEQ,            take_first  },
    {"Max-Forwards",         0,   TRACE_MAX_FORWARDS,    take_first  },
    {"Via",                  'v', TRACE_VIA,             take_via    },
    {"Route",                0,   TRACE_ROUTE,           take_text   },
    {"From",                 'f', TRACE_FROM,            take_address},
    {"To",                   't', TRACE_TO,              take_address},
    {"Contact",              'm', TRACE_CONTACT,         take_text   },
    {"Expires",              0,   TRACE_EXPIRES,         take_first  },
    {"Min-Expires",          0,   TRACE_MIN_EXPIRES,     take_first  },
    {"Path",                 0,   TRACE_PATH,            take_text   },
    {"Service-Route",        0,   TRACE_SERVICE_ROUTE,   take_text   },
    {"P-Associated-URI",     0,   TRACE_ASSOCIATED,      take_text   },
    {"Require",              0,   TRACE_REQUIRE,         take_text   },
    {"Proxy-Require",        0,   TRACE_PROXY_REQUIRE,   take_text   },
    {"Supported",            'k', TRACE_SUPPORTED,       take_text   },
    {"Security-Client",      0,   TRACE_SECURITY_CLIENT, take_text   },
    {"Security-Server",      0,   TRACE_SECURITY_SERVER, take_text   },
    {"Security-Verify",      0,   TRACE_SECURITY_VERIFY, take_text   },
    {"Authorization",        0,   TRACE_RESPONSE,        take_auth   },
    {"WWW-Authenticate",     0,   TRACE_NONCE,           take_auth   },
    {"P-Visited-Network-ID", 0,   TRACE_P_VISITED,       take_first  },
    {"P-Charging-Vector",    0,   TRACE_PCV,             take_icid   },
    {"Event",                'o', TRACE_EVENT,           take_first  },
    {"Warning",              0,   TRACE_WARNING,         take_text   },
    {"Reason",               0,   TRACE_REASON,          take_text   },
};

static void take_header(struct sip_trace *t, struct span line)
{
    struct span name = trim(upto(line, ':')), value;
    const char *colon = memchr(line.at, ':', line.len);

    if (!colon)
        return;
    value = trim((struct span){colon + 1, line.len - (colon + 1 - line.at)});
    for (const struct row *r = rows; r < rows + COUNT(rows); r++) {
        bool compact =
            name.len == 1 && r->compact && tolower((unsigned char)*name.at) == r->compact;

        if (compact || (name.len == strlen(r->name) && !strncasecmp(name.at, r->name, name.len))) {
            r->take(t, r->key, value);
            return;
        }
    }
    if ((name.len == 7 && !strncasecmp(name.at, "Call-ID", 7)) ||
        (name.len == 1 && tolower((unsigned char)*name.at) == 'i'))
        snprintf(t->call_id, sizeof t->call_id, "%.*s", (int)value.len, value.at);
}

/* The next header line with its folded continuations; len 0 at the empty line or the end. */
static struct span next_line(struct span *rest)
{
    size_t at = 0;
    struct span line;

    for (;;) {
        const char *end = memchr(rest->at + at, '\n', rest->len - at);

        at = end ? (size_t)(end + 1 - rest->at) : rest->len;
        if (at == rest->len || (rest->at[at] != ' ' && rest->at[at] != '\t'))
            break;
        if (trim((struct span){rest->at, at}).len == 0)
            break; /* an empty line is never folded */
    }
    line = trim((struct span){rest->at, at});
    rest->at += at;
    rest->len -= at;
    return line;
}

static struct span first_line(const char *data, size_t len)
{
    return trim(upto((struct span){data, len < FIRST_LINE ? len : FIRST_LINE}, '\n'));
}

bool sip_trace_is_start(const char *data, size_t len)
{
    struct span line;

    if (len < 12 || (unsigned char)*data < 'A' || (unsigned char)*data > 'z')
        return false; /* at once for what is not SIP */
    line = first_line(data, len);
    if (line.len >= 11 && strncmp(line.at, "SIP/2.0 ", 8) == 0)
        return isdigit((unsigned char)line.at[8]);
    return line.len > 10 && strncmp(line.at + line.len - 8, " SIP/2.0", 8) == 0;
}

bool sip_trace_scan(struct sip_trace *t, const char *data, size_t len)
{
    struct span rest = {data, len}, line, word;

    if (!sip_trace_is_start(data, len))
        return false;
    for (size_t i = 0; i < TRACE_KEYS; i++)
        *t->value[i] = 0;
    *t->call_id = 0;
    line = next_line(&rest);
    if (strncmp(line.at, "SIP/2.0 ", 8) == 0) {
        snprintf(t->message, sizeof t->message, "%.3s", line.at + 8);
    } else {
        word = upto(line, ' ');
        snprintf(t->message, sizeof t->message, "%.*s%s", (int)(word.len > 36 ? 36 : word.len),
                 word.at, word.len > 36 ? "..." : "");
        if (line.len > word.len + 8)
            put(t, TRACE_URI, trim((struct span){line.at + word.len, line.len - word.len - 8}));
    }
    while ((line = next_line(&rest)).len)
        take_header(t, line);
    return true;
}

const char *sip_trace_value(const struct sip_trace *t, enum trace_key key)
{
    return *t->value[key] ? t->value[key] : NULL;
}
