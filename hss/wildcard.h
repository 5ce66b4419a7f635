/* SPDX-License-Identifier: Apache-2.0 */
/* Wildcarded public identities (TS 23.003 13.4A, 13.5): an identity with one or more extended
 * regular expressions between exclamation marks, "sip:chat-!.*!@hims.net". Pure. */
#ifndef IMSLAB_WILDCARD_H
#define IMSLAB_WILDCARD_H

#include <stdbool.h>

#include "why.h"

/* wildcard_check - whether this is a wildcarded identity that can be used: 0, or -EINVAL and *why.
 */
int wildcard_check(const char *pattern, struct why *why);
/* wildcard_matches - whether the whole identity falls in its range. A pattern that cannot be used
 * matches nothing. */
bool wildcard_matches(const char *pattern, const char *identity);

#endif
