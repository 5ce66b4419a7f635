/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of rest_words.h. */
#include "rest_words.h"

#include <stddef.h>
#include <string.h>

#include "cx.h"

const struct rest_word rest_kinds[] = {
    {0, "user"           },
    {1, "psi"            },
    {2, "wildcarded-psi" },
    {4, "wildcarded-user"},
    {0, NULL             },
};
const struct rest_word rest_states[] = {
    {0, "not-registered"},
    {1, "registered"    },
    {2, "unregistered"  },
    {0, NULL            },
};
const struct rest_word rest_reasons[] = {
    {CX_REASON_PERMANENT_TERMINATION, "permanent-termination"},
    {CX_REASON_NEW_SERVER_ASSIGNED,   "new-server-assigned"  },
    {CX_REASON_SERVER_CHANGE,         "server-change"        },
    {CX_REASON_REMOVE_SCSCF,          "remove-s-cscf"        },
    {0,                               NULL                   },
};
/* bits of spt.registration */
const struct rest_word rest_registrations[] = {
    {1, "initial"},
    {2, "re"     },
    {4, "de"     },
    {0, NULL     },
};

const char *rest_word(const struct rest_word *words, int number)
{
    for (; words->word; words++) {
        if (words->number == number)
            return words->word;
    }
    return "";
}

int rest_number_of(const struct rest_word *words, const char *word)
{
    for (; words->word; words++) {
        if (strcmp(words->word, word) == 0)
            return words->number;
    }
    return -1;
}
