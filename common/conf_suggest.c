/* SPDX-License-Identifier: Apache-2.0 */
/* A mistyped key: which one was meant. Pure. */
#include "conf_schema.h"

#include <string.h>

#define LONGEST  32
#define FARTHEST 2 /* edits: "adress", "adrdess"; more would be guessing */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edits that make b of a: insert, delete or replace one character (Levenshtein). b is shorter than
 * LONGEST. One row of the matrix is kept. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[LONGEST], diagonal, above, n = strlen(b);

    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            above = row[j];
            row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

static const char *nearest(const struct conf_row *rows, const char *word, unsigned *best)
{
    const char *found = NULL, *below;
    unsigned edits;

    for (; rows->key; rows++) {
        if (rows->type == TYPE_KEYS) {
            below = nearest(rows->sub, word, best);
            found = below ? below : found;
            continue;
        }
        edits = distance(word, rows->key);
        if (edits < *best && edits < strlen(rows->key)) {
            *best = edits;
            found = rows->key;
        }
    }
    return found;
}

const char *conf_suggest(const struct conf_row *rows, const char *word)
{
    unsigned best = FARTHEST + 1;

    return strlen(word) < LONGEST ? nearest(rows, word, &best) : NULL;
}
