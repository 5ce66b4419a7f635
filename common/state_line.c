/* SPDX-License-Identifier: Apache-2.0 */
#include "state_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

enum { SUM = 10 }; /* " #" and 8 digits */

static uint32_t sum_of(const char *text, size_t len)
{
    uint32_t h = 2166136261u;

    for (; len; len--, text++)
        h = (h ^ (uint8_t)*text) * 16777619u; /* FNV-1a */
    return h;
}

/* ---- writing ---- */

static void put(struct state_line *line, const char *text, size_t len)
{
    if (line->full || line->len + len + SUM + 2 > sizeof line->text) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_key(struct state_line *line, const char *key)
{
    put(line, " ", 1);
    put(line, key, strlen(key));
    put(line, "=", 1);
}

void line_begin(struct state_line *line, const char *word)
{
    line->len = 0;
    line->full = false;
    put(line, word, strlen(word));
}

void line_text(struct state_line *line, const char *key, const char *value)
{
    char escape[4];

    put_key(line, key);
    if (!value || !*value)
        put(line, "%", 1);
    for (; value && *value; value++) {
        unsigned char c = *value;

        if (c > 0x20 && c < 0x7f && c != '%' && c != '=' && c != '#') {
            put(line, value, 1);
            continue;
        }
        snprintf(escape, sizeof escape, "%%%02X", c);
        put(line, escape, 3);
    }
}

void line_number(struct state_line *line, const char *key, int64_t n)
{
    char digits[24];

    put_key(line, key);
    put(line, digits, snprintf(digits, sizeof digits, "%lld", (long long)n));
}

void line_hex(struct state_line *line, const char *key, uint32_t n)
{
    char digits[12];

    put_key(line, key);
    put(line, digits, snprintf(digits, sizeof digits, "%08x", n));
}

void line_octets(struct state_line *line, const char *key, const uint8_t *octets, size_t len)
{
    char digits[3];

    put_key(line, key);
    for (; len; len--, octets++) {
        snprintf(digits, sizeof digits, "%02x", *octets);
        put(line, digits, 2);
    }
    wipe(digits, sizeof digits);
}

void line_host(struct state_line *line, const char *key, const struct addr *a)
{
    char host[ADDR_TEXT];

    line_text(line, key, addr_host(a, host));
}

bool line_end(struct state_line *line)
{
    if (line->full) {
        line_wipe(line);
        return false;
    }
    line->len +=
        snprintf(line->text + line->len, SUM + 2, " #%08x\n", sum_of(line->text, line->len));
    return true;
}

void line_wipe(struct state_line *line)
{
    wipe(line->text, line->len);
    line->len = 0;
    line->full = false;
}

/* ---- reading ---- */

bool line_check(char *line)
{
    size_t len = strlen(line);
    char *end;
    uint32_t sum;

    if (len < SUM || strncmp(line + len - SUM, " #", 2) != 0)
        return false;
    sum = strtoul(line + len - 8, &end, 16);
    if (*end || sum != sum_of(line, len - SUM))
        return false;
    line[len - SUM] = 0;
    return true;
}

bool line_is(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && (line[len] == ' ' || !line[len]);
}

static const char *find(const char *line, const char *key, size_t *len)
{
    size_t key_len = strlen(key);
    const char *word = strchr(line, ' ');

    for (; word; word = strchr(word + 1, ' ')) {
        if (strncmp(word + 1, key, key_len) != 0 || word[1 + key_len] != '=')
            continue;
        word += key_len + 2;
        *len = strcspn(word, " ");
        return word;
    }
    return NULL;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool line_get_text(const char *line, const char *key, char *out, size_t size)
{
    size_t len, used = 0;
    const char *value = find(line, key, &len);

    if (!value || size == 0)
        return false;
    *out = 0;
    if (len == 1 && *value == '%')
        return true;
    for (size_t i = 0; i < len; i++, used++) {
        if (used + 1 >= size)
            return false;
        out[used] = value[i];
        if (value[i] != '%')
            continue;
        if (i + 2 >= len || digit(value[i + 1]) < 0 || digit(value[i + 2]) < 0)
            return false;
        out[used] = (char)(digit(value[i + 1]) << 4 | digit(value[i + 2]));
        i += 2;
    }
    out[used] = 0;
    return true;
}

char *line_get_copy(const char *line, const char *key)
{
    size_t len;
    char *copy;

    if (!find(line, key, &len))
        return NULL;
    copy = xzalloc(len + 1);
    if (line_get_text(line, key, copy, len + 1) && *copy)
        return copy;
    free(copy);
    return NULL;
}

bool line_get_number(const char *line, const char *key, int base, uint64_t *n)
{
    size_t len;
    const char *value = find(line, key, &len);
    char *end;

    if (!value || len == 0 || *value == '-' || *value == '+')
        return false;
    *n = strtoull(value, &end, base);
    return end == value + len;
}

static int hex(char c)
{
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= '0' && c <= '9' ? c - '0' : -1;
}

bool line_get_octets(const char *line, const char *key, uint8_t *out, size_t len)
{
    size_t digits;
    const char *value = find(line, key, &digits);

    if (!value || digits != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (hex(value[2 * i]) < 0 || hex(value[2 * i + 1]) < 0)
            return false;
        out[i] = hex(value[2 * i]) << 4 | hex(value[2 * i + 1]);
    }
    return true;
}

bool line_get_host(const char *line, const char *key, struct addr *a)
{
    char host[ADDR_TEXT];

    return line_get_text(line, key, host, sizeof host) && addr_parse(a, host, 0) == 0;
}
