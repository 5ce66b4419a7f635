/* SPDX-License-Identifier: Apache-2.0 */
#include "sec_words.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

bool sec_word_is(struct sec_word w, const char *text)
{
    return w.len == strlen(text) && strncasecmp(w.at, text, w.len) == 0;
}

static bool is_same_word(struct sec_word a, struct sec_word b)
{
    return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

int64_t sec_number(struct sec_word w, int64_t most)
{
    int64_t n = 0;

    for (size_t i = 0; i < w.len; i++) {
        if (!isdigit((unsigned char)w.at[i]))
            return -1;
        n = n * 10 + (w.at[i] - '0');
        if (n > most)
            return -1;
    }
    return w.len ? n : -1;
}

int sec_thousandths(struct sec_word w)
{
    int q = 0, unit = 100;

    if (!w.len || (w.at[0] != '0' && w.at[0] != '1') || (w.len > 1 && w.at[1] != '.') || w.len > 5)
        return -1;
    q = (w.at[0] - '0') * 1000;
    for (size_t i = 2; i < w.len; i++, unit /= 10) {
        if (!isdigit((unsigned char)w.at[i]))
            return -1;
        q += (w.at[i] - '0') * unit;
    }
    return q <= 1000 ? q : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct sec_word trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (struct sec_word){from, to - from};
}

/* Where the piece that starts here ends: at , or ; or the end, outside quotes; NULL: in quotes. */
static const char *end_of_piece(const char *at)
{
    bool quoted = false;

    for (; *at; at++) {
        if (quoted && *at == '\\' && at[1])
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == ',' || *at == ';'))
            break;
    }
    return quoted ? NULL : at;
}

static struct sec_param split(struct sec_word piece)
{
    const char *equals = memchr(piece.at, '=', piece.len), *end = piece.at + piece.len;
    struct sec_param p = {
        .name = piece, .value = {end, 0}
    };

    if (equals) {
        p.name = trimmed(piece.at, equals);
        p.value = trimmed(equals + 1, end);
    }
    if (p.value.len >= 2 && p.value.at[0] == '"' && p.value.at[p.value.len - 1] == '"') {
        p.value.at++;
        p.value.len -= 2;
    }
    if (sec_word_is(p.name,
                    "mode")) /* RFC 3329 writes "mode" in its text and "mod" in its grammar */
        p.name.len = 3;
    return p;
}

const struct sec_param *sec_find(const struct sec_entry *e, struct sec_word name)
{
    for (size_t i = 0; i < e->count; i++)
        if (is_same_word(e->param[i].name, name))
            return &e->param[i];
    return NULL;
}

const struct sec_word *sec_value_of(const struct sec_entry *e, const char *name)
{
    const struct sec_param *p = sec_find(e, (struct sec_word){name, strlen(name)});

    return p ? &p->value : NULL;
}

static int add_param(struct sec_entry *e, struct sec_word piece, struct why *why)
{
    struct sec_param p = split(piece);

    if (!piece.len)
        return 0;
    if (e->count == SEC_PARAMS)
        return why_set(why, EINVAL, "a security mechanism has more than %d parameters", SEC_PARAMS);
    if (sec_find(e, p.name))
        return why_set(why, EINVAL, "a security mechanism has '%.*s' twice",
                       p.name.len < 40 ? (int)p.name.len : 40, p.name.at);
    e->param[e->count++] = p;
    return 0;
}

int sec_next(const char **at, struct sec_entry *e, struct why *why)
{
    const char *end, *start = *at;
    int rc = 0;

    e->count = 0;
    while (is_blank(*start) || *start == ',')
        start++;
    if (!*start)
        return 0;
    for (bool first = true; rc == 0; first = false, start = end + 1) {
        end = end_of_piece(start);
        if (!end)
            return why_set(why, EINVAL, "a quoted text does not end");
        if (first)
            e->mechanism = trimmed(start, end);
        else
            rc = add_param(e, trimmed(start, end), why);
        *at = *end ? end + 1 : end;
        if (*end != ';')
            break;
    }
    return rc < 0 ? rc : 1;
}
