/* SPDX-License-Identifier: Apache-2.0 */
/* One scalar of the configuration: text into its member, and what the member would have taken.
 * Pure. */
#include "conf_schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool only(const char *text, const char *also)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(also, *text))
            return false;
    return true;
}

/* Labels of 1..63 letters, digits and inner hyphens (RFC 1123 2.1), no trailing dot. */
static bool is_host(const char *text)
{
    size_t label;

    if (!*text || !only(text, ".-"))
        return false;
    for (;; text += label + 1) {
        label = strcspn(text, ".");
        if (label < 1 || label > 63 || text[0] == '-' || text[label - 1] == '-')
            return false;
        if (!text[label])
            return true;
    }
}

static bool is_visible(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7f || strchr("\"<>\\", *text))
            return false;
    return true;
}

static bool is_impi(const char *text)
{
    const char *at = strchr(text, '@');

    return *text && *text != '@' && is_visible(text) && (!at || is_host(at + 1));
}

static bool is_impu(const char *text)
{
    size_t digits;

    if (strncmp(text, "tel:", 4) == 0) {
        text += 4 + (text[4] == '+');
        digits = strspn(text, "0123456789");
        return digits > 0 && (!text[digits] || (text[digits] == ';' && is_visible(text)));
    }
    if (strncmp(text, "sips:", 5) == 0)
        text += 5;
    else if (strncmp(text, "sip:", 4) == 0)
        text += 4;
    else
        return false;
    return is_impi(text);
}

static bool is_printable(const char *text)
{
    while (*text && (unsigned char)*text >= ' ' && *text != 0x7f)
        text++;
    return !*text;
}

static bool is_text(const struct conf_row *row, const char *text)
{
    size_t len = strlen(text);

    switch (row->type) {
    case TYPE_NAME: return len >= row->min && len <= row->max && only(text, ".-_");
    case TYPE_HOST: return is_host(text);
    case TYPE_IMPI: return is_impi(text);
    case TYPE_IMPU: return is_impu(text);
    case TYPE_PATH: return len > 0;
    case TYPE_TEXT: return len >= row->min && len <= row->max && is_printable(text);
    default: return len >= row->min && len <= row->max && strspn(text, "0123456789") == len;
    }
}

static int set_text(const struct conf_row *row, const char *text, char *place)
{
    if (strlen(text) >= row->size || !is_text(row, text))
        return -EINVAL;
    snprintf(place, row->size, "%s", text);
    return 0;
}

/* The position of text among words with one space between; -EINVAL when it is none of them. */
static int position(const char *words, const char *text)
{
    size_t len = strlen(text), word;

    for (int i = 0; len > 0; i++, words += word + 1) {
        word = strcspn(words, " ");
        if (word == len && memcmp(words, text, len) == 0)
            return i;
        if (!words[word])
            break;
    }
    return -EINVAL;
}

static int set_choice(const struct conf_row *row, const char *text, void *place)
{
    int i = position(row->choices, text);

    if (i < 0)
        return i;
    if (row->type == TYPE_WORD)
        snprintf(place, row->size, "%s", text);
    else
        *(unsigned *)place = i;
    return 0;
}

static int set_bool(const char *text, bool *place)
{
    *place = strcmp(text, "true") == 0;
    return *place || strcmp(text, "false") == 0 ? 0 : -EINVAL;
}

static int set_uint(const struct conf_row *row, const char *text, unsigned *place)
{
    size_t len = strlen(text);
    unsigned long n;

    if (len < 1 || len > 10 || strspn(text, "0123456789") != len)
        return -EINVAL;
    n = strtoul(text, NULL, 10);
    if (n < row->min || n > row->max)
        return -EINVAL;
    *place = n;
    return 0;
}

static int nibble(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, tolower((unsigned char)c));

    return c && at ? at - digits : -EINVAL;
}

static int set_hex(const struct conf_row *row, const char *text, uint8_t *place)
{
    int high, low;

    if (strlen(text) != 2 * row->size)
        return -EINVAL;
    for (size_t i = 0; i < row->size; i++) {
        high = nibble(text[2 * i]);
        low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return -EINVAL;
        place[i] = high << 4 | low;
    }
    return 0;
}

static int set_addr(const struct conf_row *row, const char *text, struct addr *place)
{
    if (addr_parse(place, text, 0) < 0)
        return -EINVAL;
    return row->type == TYPE_ADDR6 && !addr_is_v6(place) ? -EINVAL : 0;
}

static int set_prefix(const struct conf_row *row, const char *text, struct prefix *place)
{
    if (prefix_parse(place, text) < 0)
        return -EINVAL;
    return addr_is_v6(&place->base) == (row->type == TYPE_PREFIX6) ? 0 : -EINVAL;
}

int conf_value_set(const struct conf_row *row, const char *text, void *place)
{
    switch (row->type) {
    case TYPE_NAME:
    case TYPE_HOST:
    case TYPE_IMPI:
    case TYPE_IMPU:
    case TYPE_PATH:
    case TYPE_TEXT:
    case TYPE_DIGITS: return set_text(row, text, place);
    case TYPE_WORD:
    case TYPE_CHOICE: return set_choice(row, text, place);
    case TYPE_BOOL: return set_bool(text, place);
    case TYPE_UINT: return set_uint(row, text, place);
    case TYPE_HEX: return set_hex(row, text, place);
    case TYPE_ADDR:
    case TYPE_ADDR6: return set_addr(row, text, place);
    case TYPE_PREFIX:
    case TYPE_PREFIX6: return set_prefix(row, text, place);
    case TYPE_MAP:
    case TYPE_KEYS: break;
    }
    return -EINVAL;
}

/* "off optional required" -> "off, optional or required" */
static void say_choices(const char *words, char *buf, size_t size)
{
    size_t used = 0, word;

    for (; *words && used + 1 < size; words += word + (words[word] == ' ')) {
        word = strcspn(words, " ");
        used += snprintf(buf + used, size - used, "%.*s", (int)word, words);
        if (words[word] && used + 1 < size)
            used += snprintf(buf + used, size - used, "%s",
                             strchr(words + word + 1, ' ') ? ", " : " or ");
    }
}

static void say_range(const struct conf_row *row, const char *unit, char *buf, size_t size)
{
    if (row->min == row->max)
        snprintf(buf, size, "%lu%s", row->min, unit);
    else
        snprintf(buf, size, "%lu..%lu%s", row->min, row->max, unit);
}

const char *conf_value_expected(const struct conf_row *row, char *buf, size_t size)
{
    const char *what = "";

    switch (row->type) {
    case TYPE_NAME: say_range(row, " letters, digits, '.', '-' or '_'", buf, size); return buf;
    case TYPE_HOST: what = "a domain name"; break;
    case TYPE_IMPI: what = "a private identity such as alice@hims.net"; break;
    case TYPE_IMPU: what = "a public identity: sip:alice@hims.net or tel:+15550001"; break;
    case TYPE_PATH: what = "a file name"; break;
    case TYPE_DIGITS: say_range(row, " digits", buf, size); return buf;
    case TYPE_TEXT: say_range(row, " octets of text", buf, size); return buf;
    case TYPE_WORD:
    case TYPE_CHOICE: say_choices(row->choices, buf, size); return buf;
    case TYPE_BOOL: what = "true or false"; break;
    case TYPE_UINT: say_range(row, "", buf, size); return buf;
    case TYPE_HEX: snprintf(buf, size, "%zu hexadecimal digits", 2 * row->size); return buf;
    case TYPE_ADDR: what = "an IPv4 or IPv6 address"; break;
    case TYPE_ADDR6: what = "an IPv6 address"; break;
    case TYPE_PREFIX: what = "an IPv4 prefix such as 10.45.0.0/24, its host bits zero"; break;
    case TYPE_PREFIX6: what = "an IPv6 prefix such as fd00:45::/64, its host bits zero"; break;
    case TYPE_MAP:
    case TYPE_KEYS: what = "a map of keys"; break;
    }
    snprintf(buf, size, "%s", what);
    return buf;
}
