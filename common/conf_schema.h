/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the configuration reader: what a row of the schema says, and what reads, writes and
 * checks by it. Only common/conf*.c include this. */
#ifndef IMSLAB_CONF_SCHEMA_H
#define IMSLAB_CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

enum conf_type {
    TYPE_NAME,   /* char[]: letters, digits, '.', '-', '_' */
    TYPE_HOST,   /* char[]: a domain name */
    TYPE_IMPI,   /* char[]: user@realm, or user alone */
    TYPE_IMPU,   /* char[]: sip:, sips: or tel: URI */
    TYPE_PATH,   /* char[]: a file name */
    TYPE_DIGITS, /* char[]: min..max digits */
    TYPE_TEXT,   /* char[]: min..max octets of text without control characters */
    TYPE_WORD,   /* char[]: one of choices */
    TYPE_CHOICE, /* an enum: the position in choices */
    TYPE_BOOL,   /* bool */
    TYPE_UINT,   /* unsigned or uint32_t: min..max */
    TYPE_HEX,    /* uint8_t[size] */
    TYPE_ADDR,   /* struct addr, port 0 */
    TYPE_ADDR6,  /* the same, IPv6 only */
    TYPE_PREFIX, /* struct prefix, IPv4 only */
    TYPE_PREFIX6,
    TYPE_MAP,  /* a map with the keys of sub; a list of them when list is set */
    TYPE_KEYS, /* no key of its own: the keys of sub belong to this map too */
};

/* One key of lab.yaml or of the sims file: reader, checker and reference all work from it. */
struct conf_row {
    const char *key; /* NULL ends a table */
    enum conf_type type;
    size_t at;                  /* where the value goes: offset from the struct of this table */
    size_t size;                /* octets of the value, of one entry in a list */
    unsigned long min;          /* least number, digits, characters */
    unsigned long max;          /* most */
    const char *choices;        /* words with one space between */
    const char *fallback;       /* default as text; CONF_REQUIRED; NULL: stays zero */
    const char *derived;        /* how the default is found (conf_default.c): for the reference */
    const struct conf_row *sub; /* TYPE_MAP, TYPE_KEYS */
    size_t list;                /* most entries; 0: no list */
    size_t fewest;              /* entries a list must have */
    size_t count_at;            /* where a list's length goes (size_t) */
    bool heap;                  /* the list is malloc'd and a pointer to it stands at `at` */
    bool brief;                 /* an entry may be a scalar: the value of sub's first key */
    size_t given_at;            /* a bool that says whether the key was there; 0: none */
    const char *help;           /* for the reference; the unit in it */
};

extern const char CONF_REQUIRED[];
#define CONF_EMPTY "" /* fallback of a map: absent means all its defaults */

extern const struct conf_row conf_lab_rows[];     /* lab.yaml, into struct conf */
extern const struct conf_row conf_element_rows[]; /* what every element of it has */
extern const struct conf_row conf_sims_rows[];    /* the sims file, into struct conf */

/* conf_value_set - one scalar into its place (already moved by `at`). 0 or -EINVAL. */
int conf_value_set(const struct conf_row *row, const char *text, void *place);
/* conf_value_expected - what the row takes, "1..65535", "true or false"; writes buf, returns it. */
const char *conf_value_expected(const struct conf_row *row, char *buf, size_t size);
/* conf_suggest - the key of the table that a mistyped word may have meant, or NULL. */
const char *conf_suggest(const struct conf_row *rows, const char *word);

/* One YAML file, open for the time of conf_load. */
struct conf_source;

/* conf_source_open - read the file and parse it.
 * file    must stay valid until conf_source_close
 * secret  the file holds keys: mode 0600 or stricter, no value in any sentence
 * returns 0 and *source to close; -errno and a sentence in why */
int conf_source_open(struct conf_source **source, const char *file, bool secret, struct why *why);
/* conf_source_close - wipe what was read and free it; NULL is fine. */
void conf_source_close(struct conf_source *source);
/* conf_source_read - the whole file into *base by the table, defaults included. 0 or -EINVAL with
 * a sentence. Heap lists are the caller's even after a failure. */
int conf_source_read(struct conf_source *source, const struct conf_row *rows, void *base,
                     struct why *why);
/* conf_source_bad - refuse a value after reading: writes "FILE:LINE: sentence" and returns -EINVAL.
 * base   the struct that the map was read into
 * key    the key whose line is named; NULL or absent: the line of the map */
int conf_source_bad(const struct conf_source *source, struct why *why, const void *base,
                    const char *key, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* conf_source_line - the line that conf_source_bad would name. */
size_t conf_source_line(const struct conf_source *source, const void *base, const char *key);
/* conf_source_has - whether the map that was read into base has the key. */
bool conf_source_has(const struct conf_source *source, const void *base, const char *key);

struct conf_mark { /* something that only one may have */
    const char *text;
    const void *base; /* where it was read to, and by which key: for the line */
    const char *key;
};

/* conf_check_marks - that no two marks have the same text; sorts them. 0 or -EINVAL. */
int conf_check_marks(struct conf_mark *marks, size_t count, const struct conf_source *source,
                     struct why *why);

/* conf_default - fill what the schema calls derived, after reading lab.yaml. */
void conf_default(struct conf *conf);
/* conf_check - what no single row can see: duplicates, references, addresses. 0 or -EINVAL. */
int conf_check(const struct conf *conf, const struct conf_source *lab, struct why *why);
/* conf_sims_load - the sims file into conf->sim, derivations and checks included; needs what
 * conf_default fills. 0 or -errno with a sentence. */
int conf_sims_load(struct conf *conf, const struct conf_source *lab, struct why *why);

#endif
