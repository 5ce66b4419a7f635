/* SPDX-License-Identifier: Apache-2.0 */
#include "why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CUT "..."

void why_vprint(char *buf, size_t size, const char *format, va_list ap)
{
    int wanted = vsnprintf(buf, size, format, ap);

    if (wanted >= 0 && (size_t)wanted >= size && size >= sizeof CUT)
        memcpy(buf + size - sizeof CUT, CUT, sizeof CUT);
}

int why_set(struct why *why, int err, const char *format, ...)
{
    va_list ap;

    if (why) {
        va_start(ap, format);
        why_vprint(why->text, sizeof why->text, format, ap);
        va_end(ap);
    }
    return -err;
}

const char *why_not(int err)
{
    err = err < 0 ? -err : err;
    return err == ELOOP ? "it is a symbolic link" : strerror(err);
}
