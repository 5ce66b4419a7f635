/* SPDX-License-Identifier: Apache-2.0 */
#include "why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int why_set(struct why *why, int err, const char *format, ...)
{
    va_list ap;

    if (why) {
        va_start(ap, format);
        vsnprintf(why->text, sizeof why->text, format, ap);
        va_end(ap);
    }
    return -err;
}

const char *why_not(int err)
{
    err = err < 0 ? -err : err;
    return err == ELOOP ? "it is a symbolic link" : strerror(err);
}
