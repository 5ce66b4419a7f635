/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a JSON value is what its row says. Every refusal names the field, with its place in the
 * object ("public[1].impu"), and the rule that it breaks. */
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rest.h"
#include "xalloc.h"

enum { PATTERNS = 64, MOST_TEXT = 255 };

static int fault_at(struct rest_fault *fault, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fault_at(struct rest_fault *fault, const char *path, const char *format, ...)
{
    va_list ap;

    snprintf(fault->field, sizeof fault->field, "%s", path);
    va_start(ap, format);
    why_vprint(fault->rule, sizeof fault->rule, format, ap);
    va_end(ap);
    return -EINVAL;
}

/* Patterns are literals: each is compiled once and known by its address. */
static bool matches(const char *pattern, const char *text)
{
    static struct {
        const char *pattern;
        regex_t regex;
    } known[PATTERNS];
    size_t i = 0;

    while (i < PATTERNS && known[i].pattern && known[i].pattern != pattern)
        i++;
    if (i == PATTERNS)
        abort(); /* more patterns in the tables than this knows: make it larger */
    if (!known[i].pattern) {
        if (regcomp(&known[i].regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
            abort(); /* a fault of the table, found by the first test */
        known[i].pattern = pattern;
    }
    return regexec(&known[i].regex, text, 0, NULL, 0) == 0;
}

static bool is_printable(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static int check_text(const struct rest_field *f, const json_t *value, const char *path,
                      struct rest_fault *fault)
{
    const char *text = json_string_value(value);
    size_t least = f->max ? f->min : 1, most = f->max ? f->max : MOST_TEXT;

    if (!text)
        return fault_at(fault, path, "a text: %s", f->rule);
    if (strlen(text) < least || strlen(text) > most || !is_printable(text))
        return fault_at(fault, path, "%s (%zu to %zu printable characters)", f->rule, least, most);
    if (f->pattern && !matches(f->pattern, text))
        return fault_at(fault, path, "%s", f->rule);
    return 0;
}

static int check_number(const struct rest_field *f, const json_t *value, const char *path,
                        struct rest_fault *fault)
{
    if (!json_is_integer(value) || json_integer_value(value) < f->min ||
        json_integer_value(value) > f->max)
        return fault_at(fault, path, "a whole number from %lld to %lld: %s", (long long)f->min,
                        (long long)f->max, f->rule);
    return 0;
}

static int check_fields(const struct rest_field *fields, const json_t *object, const char *path,
                        struct rest_fault *fault);

static int check_value(const struct rest_field *f, const json_t *value, const char *path,
                       struct rest_fault *fault)
{
    switch (f->kind) {
    case REST_TEXT: return check_text(f, value, path, fault);
    case REST_NUMBER: return check_number(f, value, path, fault);
    case REST_BOOL:
        return json_is_boolean(value) ? 0 : fault_at(fault, path, "true or false: %s", f->rule);
    default: return check_fields(f->inside, value, path, fault);
    }
}

static int check_list(const struct rest_field *f, const json_t *list, const char *path,
                      struct rest_fault *fault)
{
    char place[128];
    int rc = 0;

    if (!json_is_array(list))
        return fault_at(fault, path, "a list: %s", f->rule);
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        snprintf(place, sizeof place, "%.100s[%zu]", path, i);
        rc = check_value(f, json_array_get(list, i), place, fault);
    }
    return rc;
}

const struct rest_field *rest_find(const struct rest_field *fields, const char *name)
{
    for (const struct rest_field *f = fields; f && f->kind != REST_END; f++) {
        if (strcmp(f->name, name) == 0)
            return f;
    }
    return NULL;
}

static int check_fields(const struct rest_field *fields, const json_t *object, const char *path,
                        struct rest_fault *fault)
{
    const char *key, *dot = *path ? "." : "";
    json_t *value;
    char place[128];
    int rc = 0;

    if (!json_is_object(object))
        return fault_at(fault, path, "a JSON object");
    for (const struct rest_field *f = fields; f->kind != REST_END; f++) {
        if ((f->flags & REST_REQUIRED) && !json_object_get(object, f->name)) {
            snprintf(place, sizeof place, "%.60s%s%s", path, dot, f->name);
            return fault_at(fault, place, "must be there: %s", f->rule);
        }
    }
    json_object_foreach((json_t *)object, key, value)
    {
        const struct rest_field *f = rest_find(fields, key);

        snprintf(place, sizeof place, "%.60s%s%.60s", path, dot, key);
        if (!f)
            return fault_at(fault, place, "not known here: see /openapi.json");
        if ((f->flags & REST_SHOWN) || ((f->flags & REST_NULL) && json_is_null(value)))
            continue;
        rc = f->flags & REST_LIST ? check_list(f, value, place, fault)
                                  : check_value(f, value, place, fault);
        if (rc < 0)
            break;
    }
    return rc;
}

int rest_check(const struct rest_field *fields, const json_t *object, struct rest_fault *fault)
{
    return check_fields(fields, object, "", fault);
}

/* ---- values ---- */

const char *rest_text(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : otherwise;
}

int64_t rest_number(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool rest_yes(const json_t *object, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(object, name);

    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

bool rest_hex(const json_t *object, const char *name, uint8_t *out, size_t len)
{
    const char *text = rest_text(object, name, NULL);

    for (size_t i = 0; text && i < len; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

        out[i] = strtoul(pair, NULL, 16);
    }
    return text;
}

json_t *rest_column(struct sql_rows *rows, int column)
{
    char text[4 * CX_TEXT];

    sql_text(rows, column, text, sizeof text);
    return json_string(text);
}
