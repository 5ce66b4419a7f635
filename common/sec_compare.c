/* SPDX-License-Identifier: Apache-2.0 */
/* sec_compare: the mirror of a security agreement, word by word: what this program does not know
 * must match, too. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sec_agree.h"
#include "sec_words.h"
#include "xalloc.h"

#define SHOWN 40 /* octets of a stranger's word that a sentence shows */

static int shown(struct sec_word w)
{
    return w.len < SHOWN ? (int)w.len : SHOWN;
}

/* What an absent parameter of ipsec-3gpp stands for (TS 33.203 Annex H). */
static struct sec_word value_or_default(const struct sec_entry *e, struct sec_word name)
{
    static const char *const defaults[][2] = {
        {"prot", "esp"  },
        {"mod",  "trans"},
        {"ealg", "null" }
    };
    const struct sec_param *p = sec_find(e, name);

    if (p)
        return p->value;
    for (size_t i = 0; sec_word_is(e->mechanism, "ipsec-3gpp") && i < COUNT(defaults); i++)
        if (sec_word_is(name, defaults[i][0]))
            return (struct sec_word){defaults[i][1], strlen(defaults[i][1])};
    return (struct sec_word){NULL, 0};
}

static bool is_number(struct sec_word name)
{
    static const char *const numbers[] = {"spi-c", "spi-s", "port-c", "port-s"};

    for (size_t i = 0; i < COUNT(numbers); i++)
        if (sec_word_is(name, numbers[i]))
            return true;
    return false;
}

static bool is_same_value(struct sec_word name, struct sec_word a, struct sec_word b)
{
    int64_t n = -1;

    if (!a.at || !b.at)
        return a.at == b.at;
    if (is_number(name) && (n = sec_number(a, UINT32_MAX)) >= 0)
        return n == sec_number(b, UINT32_MAX);
    if (sec_word_is(name, "q") && (n = sec_thousandths(a)) >= 0)
        return n == sec_thousandths(b);
    return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

/* Every parameter that stands in `with` is the same in both. */
static int compare_params(const struct sec_entry *with, const struct sec_entry *sent,
                          const struct sec_entry *got, size_t which, struct why *why)
{
    for (size_t i = 0; i < with->count; i++) {
        struct sec_word name = with->param[i].name, a = value_or_default(sent, name),
                        b = value_or_default(got, name);

        if (is_same_value(name, a, b))
            continue;
        return why_set(why, EINVAL, "mechanism %zu: %.*s%s%.*s instead of %.*s%s%.*s", which,
                       shown(name), name.at, b.at ? "=" : " absent", shown(b), b.at ? b.at : "",
                       shown(name), name.at, a.at ? "=" : " absent", shown(a), a.at ? a.at : "");
    }
    return 0;
}

static int compare_entries(const struct sec_entry *sent, const struct sec_entry *got, size_t which,
                           struct why *why)
{
    int rc;

    if (!is_same_value((struct sec_word){"", 0}, sent->mechanism, got->mechanism))
        return why_set(why, EINVAL, "mechanism %zu is %.*s instead of %.*s", which,
                       shown(got->mechanism), got->mechanism.at, shown(sent->mechanism),
                       sent->mechanism.at);
    rc = compare_params(sent, sent, got, which, why);
    return rc < 0 ? rc : compare_params(got, sent, got, which, why);
}

int sec_compare(const char *sent, const char *got, struct why *why)
{
    struct sec_entry a, b;
    int more_sent, more_got;

    for (size_t which = 1;; which++) {
        more_sent = sec_next(&sent, &a, why);
        more_got = sec_next(&got, &b, why);
        if (more_sent < 0 || more_got < 0)
            return -EINVAL;
        if (more_sent != more_got)
            return why_set(why, EINVAL, "mechanism %zu is %s", which,
                           more_sent ? "missing" : "one too many");
        if (!more_sent)
            return 0;
        if (compare_entries(&a, &b, which, why) < 0)
            return -EINVAL;
    }
}
