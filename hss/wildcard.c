/* SPDX-License-Identifier: Apache-2.0 */
#include "wildcard.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 600 }; /* an identity of 255 characters, each of them escaped, and the frame */

/* What stands outside the exclamation marks is meant literally. False: an open expression, or none.
 */
static bool to_regex(const char *pattern, char out[MOST])
{
    bool inside = false, any = false;
    size_t n = 0;

    out[n++] = '^';
    for (; *pattern && n + 4 < MOST; pattern++) {
        if (*pattern == '!') {
            out[n++] = inside ? ')' : '(';
            inside = !inside;
            any = true;
            continue;
        }
        if (!inside && strchr("\\^.$|()[]*+?{}", *pattern))
            out[n++] = '\\';
        out[n++] = *pattern;
    }
    out[n++] = '$';
    out[n] = '\0';
    return any && !inside && !*pattern;
}

static int compile(const char *pattern, regex_t *regex, struct why *why)
{
    char text[MOST], error[80];
    int rc;

    if (!to_regex(pattern, text))
        return why_set(why, EINVAL, "'%.200s' has no regular expression between two '!'", pattern);
    rc = regcomp(regex, text, REG_EXTENDED | REG_NOSUB);
    if (rc == 0)
        return 0;
    regerror(rc, regex, error, sizeof error);
    return why_set(why, EINVAL, "'%.200s': %s", pattern, error);
}

int wildcard_check(const char *pattern, struct why *why)
{
    regex_t regex;
    int rc = compile(pattern, &regex, why);

    if (rc == 0)
        regfree(&regex);
    return rc;
}

bool wildcard_matches(const char *pattern, const char *identity)
{
    size_t before = strcspn(pattern, "!");
    regex_t regex;
    bool matches;

    if (strncmp(pattern, identity, before) != 0) /* nearly all of them: no need to compile */
        return false;
    if (compile(pattern, &regex, NULL) < 0)
        return false;
    matches = regexec(&regex, identity, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}
