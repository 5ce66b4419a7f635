/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the JSON for numbers of the database and of Cx. */
#ifndef IMSLAB_REST_WORDS_H
#define IMSLAB_REST_WORDS_H

struct rest_word {
    int number;
    const char *word; /* NULL: after the last */
};

extern const struct rest_word rest_kinds[], rest_states[], rest_reasons[], rest_registrations[];

/* rest_word - the word, or "" - rest_number_of - the number, or -1. */
const char *rest_word(const struct rest_word *words, int number);
int rest_number_of(const struct rest_word *words, const char *word);

#endif
