/* SPDX-License-Identifier: Apache-2.0 */
/* Attach and PDP context end alike: a cause, and a hint where there is one. */
#include "hint.h"

#include <stddef.h>

const char *hint_for(const struct hint *hints, unsigned cause)
{
    while (hints->cause && hints->cause != cause)
        hints++;
    return hints->text ? hints->text : "the log of the SGSN has the reason";
}

const char *hint_cause(const char *name)
{
    return name ? name : "not a cause that is known";
}
