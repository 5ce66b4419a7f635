/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML document against a table of the schema. libyaml's document keeps the line of every node,
 * so that each refusal can name it; what was read into which struct is remembered until the checks
 * are done, because they name lines too. */
#include "conf_source.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define SHOWN 40  /* octets of a bad value in a sentence */
#define NAMED 120 /* of the end of the file name */

static int read_map(struct conf_source *s, const struct conf_row *rows, char *base, int node);

/* ---- sentences ---- */

static size_t line_of(const struct conf_source *s, int node)
{
    const yaml_node_t *n = yaml_document_get_node((yaml_document_t *)&s->document, node);

    return n ? n->start_mark.line + 1 : 1;
}

static int vbad(const struct conf_source *s, struct why *why, size_t line, const char *format,
                va_list ap)
{
    size_t len = strlen(s->file);
    char text[256];

    why_vprint(text, sizeof text, format, ap);
    return why_set(why, EINVAL, "%s%s:%zu: %s", len > NAMED ? "..." : "",
                   s->file + (len > NAMED ? len - NAMED : 0), line, text);
}

static int bad(struct conf_source *s, int node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int bad(struct conf_source *s, int node, const char *format, ...)
{
    va_list ap;
    int err;

    va_start(ap, format);
    err = vbad(s, s->why, line_of(s, node), format, ap);
    va_end(ap);
    return err;
}

/* What stands in the file, harmless; in a file of keys only how long it is. */
static const char *shown(const struct conf_source *s, const char *text, size_t len,
                         char buf[SHOWN + 24])
{
    size_t n = 0;

    if (s->secret) {
        snprintf(buf, SHOWN + 24, "%zu characters", len);
        return buf;
    }
    buf[n++] = '\'';
    for (size_t i = 0; i < len && i < SHOWN; i++)
        buf[n++] = iscntrl((unsigned char)text[i]) ? '?' : text[i];
    snprintf(buf + n, SHOWN + 24 - n, "%s", len > SHOWN ? "...'" : "'");
    return buf;
}

/* ---- the tree ---- */

static const yaml_node_t *get(const struct conf_source *s, int node)
{
    return yaml_document_get_node((yaml_document_t *)&s->document, node);
}

/* "key:" with nothing behind it: somebody commented the rest out. */
static bool is_nothing(const yaml_node_t *n)
{
    return n->type == YAML_SCALAR_NODE && n->data.scalar.length == 0 &&
           n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_key(const struct conf_source *s, int node, const char *key)
{
    const yaml_node_t *n = get(s, node);

    return n->type == YAML_SCALAR_NODE && strcmp((char *)n->data.scalar.value, key) == 0;
}

/* The value of a key of a map; 0 when it is not there. */
static int value_of(const struct conf_source *s, int map, const char *key)
{
    const yaml_node_t *n = get(s, map);

    if (!n || n->type != YAML_MAPPING_NODE)
        return 0;
    for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++)
        if (is_key(s, p->key, key))
            return p->value;
    return 0;
}

static const char *kind_of(const yaml_node_t *n)
{
    if (n->type == YAML_MAPPING_NODE)
        return "a map";
    return n->type == YAML_SEQUENCE_NODE ? "a list" : "a value";
}

static void remember(struct conf_source *s, const void *base, int node)
{
    struct conf_spot *wider;

    if (s->spots == s->room) {
        s->room = s->room ? 2 * s->room : 64;
        wider = xzalloc(s->room * sizeof *wider);
        if (s->spots)
            memcpy(wider, s->spot, s->spots * sizeof *wider);
        free(s->spot);
        s->spot = wider;
    }
    s->spot[s->spots++] = (struct conf_spot){base, node};
}

/* In a file of keys the word itself is not shown: it may be a key that stands at the wrong place.
 */
static int unknown(struct conf_source *s, const struct conf_row *rows, const yaml_node_t *key,
                   int node)
{
    const char *text = (const char *)key->data.scalar.value, *near = conf_suggest(rows, text);
    char word[SHOWN + 24] = "", hint[64] = "";

    if (!s->secret)
        shown(s, text, key->data.scalar.length, word);
    if (near)
        snprintf(hint, sizeof hint, ", did you mean '%s'?", near);
    return bad(s, node, "unknown key%s%s%s", *word ? " " : "", word, hint);
}

/* ---- values ---- */

static int read_scalar(struct conf_source *s, const struct conf_row *row, void *place, int node)
{
    const yaml_node_t *n = get(s, node);
    char expected[256], got[SHOWN + 24];
    const char *text;

    conf_value_expected(row, expected, sizeof expected);
    if (n->type != YAML_SCALAR_NODE)
        return bad(s, node, "'%s' must be %s, got %s", row->key, expected, kind_of(n));
    text = (const char *)n->data.scalar.value;
    if (strlen(text) != n->data.scalar.length || conf_value_set(row, text, place) < 0)
        return bad(s, node, "'%s' must be %s, got %s", row->key, expected,
                   shown(s, text, n->data.scalar.length, got));
    return 0;
}

/* One value, or one entry of a list. */
static int read_one(struct conf_source *s, const struct conf_row *row, char *place, int node)
{
    const yaml_node_t *n = get(s, node);
    const struct conf_row *first = row->sub;
    int err;

    if (row->type != TYPE_MAP)
        return read_scalar(s, row, place, node);
    if (!row->brief || n->type != YAML_SCALAR_NODE)
        return read_map(s, row->sub, place, node);
    err = read_scalar(s, first, place + first->at, node);
    if (err)
        return err;
    remember(s, place, node);
    for (const struct conf_row *other = first + 1; other->key; other++)
        if (other->fallback)
            conf_value_set(other, other->fallback, place + other->at);
    return 0;
}

static int read_list(struct conf_source *s, const struct conf_row *row, char *base, int node)
{
    const yaml_node_t *n = get(s, node);
    char *first = base + row->at;
    size_t count;
    int err = 0;

    if (is_nothing(n)) {
        count = 0;
    } else {
        if (n->type != YAML_SEQUENCE_NODE)
            return bad(s, node, "'%s' must be a list, got %s", row->key, kind_of(n));
        count = n->data.sequence.items.top - n->data.sequence.items.start;
    }
    if (count < row->fewest)
        return bad(s, node, "'%s' must have at least %zu %s", row->key, row->fewest,
                   row->fewest == 1 ? "entry" : "entries");
    if (count > row->list)
        return bad(s, node, "'%s' must have at most %zu entries, got %zu", row->key, row->list,
                   count);
    if (row->heap && count > 0) {
        first = xzalloc(count * row->size);
        memcpy(base + row->at, &first, sizeof first);
    }
    memcpy(base + row->count_at, &count, sizeof count);
    for (size_t i = 0; i < count && !err; i++)
        err = read_one(s, row, first + i * row->size, n->data.sequence.items.start[i]);
    return err;
}

static int read_row(struct conf_source *s, const struct conf_row *row, char *base, int node)
{
    if (row->given_at)
        *(bool *)(base + row->given_at) = true;
    if (row->list)
        return read_list(s, row, base, node);
    return read_one(s, row, base + row->at, node);
}

/* What the file does not say. */
static int read_absent(struct conf_source *s, const struct conf_row *row, char *base, int map)
{
    if (!row->fallback)
        return 0;
    if (row->fallback == CONF_REQUIRED)
        return bad(s, map, "'%s' is missing here", row->key);
    if (row->type == TYPE_MAP)
        return read_map(s, row->sub, base + row->at, 0);
    return conf_value_set(row, row->fallback, base + row->at);
}

static int read_absents(struct conf_source *s, const struct conf_row *rows, char *base, int map)
{
    int err = 0;

    for (; rows->key && !err; rows++) {
        if (rows->type == TYPE_KEYS)
            err = read_absents(s, rows->sub, base + rows->at, map);
        else if (!value_of(s, map, rows->key))
            err = read_absent(s, rows, base, map);
    }
    return err;
}

/* The row of a key; *base moves along when it stands in a table of TYPE_KEYS. */
static const struct conf_row *row_of(const struct conf_row *rows, const char *key, char **base)
{
    const struct conf_row *found;
    char *below;

    for (; rows->key; rows++) {
        below = *base + rows->at;
        if (rows->type != TYPE_KEYS) {
            if (strcmp(rows->key, key) == 0)
                return rows;
        } else if ((found = row_of(rows->sub, key, &below))) {
            *base = below;
            return found;
        }
    }
    return NULL;
}

static int read_pair(struct conf_source *s, const struct conf_row *rows, char *base, int map,
                     const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = get(s, pair->key);
    const struct conf_row *row;

    if (key->type != YAML_SCALAR_NODE)
        return bad(s, pair->key, "a key must be a word, got %s", kind_of(key));
    row = row_of(rows, (const char *)key->data.scalar.value, &base);
    if (!row)
        return unknown(s, rows, key, pair->key);
    if (value_of(s, map, row->key) != pair->value)
        return bad(s, pair->key, "'%s' is here twice", row->key);
    return read_row(s, row, base, pair->value);
}

/* node 0: a map that the file does not have. */
static int read_map(struct conf_source *s, const struct conf_row *rows, char *base, int node)
{
    const yaml_node_t *n = get(s, node);
    int err = 0;

    remember(s, base, node);
    if (n && n->type == YAML_MAPPING_NODE) {
        for (yaml_node_pair_t *p = n->data.mapping.pairs.start;
             p < n->data.mapping.pairs.top && !err; p++)
            err = read_pair(s, rows, base, node, p);
    } else if (n && !is_nothing(n)) {
        return bad(s, node, "a map of keys is expected here, got %s", kind_of(n));
    }
    return err ? err : read_absents(s, rows, base, node);
}

/* By struct; the maps of one struct in the order of the file (a child's number is the larger). */
static int by_base(const void *a, const void *b)
{
    const struct conf_spot *x = a, *y = b;

    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

int conf_source_read(struct conf_source *s, const struct conf_row *rows, void *base,
                     struct why *why)
{
    int err;

    s->why = why;
    if (!get(s, 1))
        return bad(s, 0, "the file is empty");
    err = read_map(s, rows, base, 1);
    qsort(s->spot, s->spots, sizeof *s->spot, by_base);
    return err;
}

/* ---- after reading ---- */

/* The first spot of the struct, or of the one after it. */
static size_t first_spot(const struct conf_source *s, const void *base)
{
    size_t low = 0, high = s->spots, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        if (s->spot[middle].base < base)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The value of the key in a map that was read into base (a struct may be filled by two maps); 0
 * when it is in none. Without a key: the map. */
static int find(const struct conf_source *s, const void *base, const char *key)
{
    int node = 0;

    for (size_t i = first_spot(s, base); i < s->spots && s->spot[i].base == base && !node; i++)
        node = key ? value_of(s, s->spot[i].node, key) : s->spot[i].node;
    return node;
}

bool conf_source_has(const struct conf_source *s, const void *base, const char *key)
{
    return find(s, base, key) != 0;
}

size_t conf_source_line(const struct conf_source *s, const void *base, const char *key)
{
    int node = find(s, base, key);

    return line_of(s, node ? node : find(s, base, NULL));
}

int conf_source_bad(const struct conf_source *s, struct why *why, const void *base, const char *key,
                    const char *format, ...)
{
    va_list ap;
    int err;

    va_start(ap, format);
    err = vbad(s, why, conf_source_line(s, base, key), format, ap);
    va_end(ap);
    return err;
}
