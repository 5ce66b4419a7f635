/* SPDX-License-Identifier: Apache-2.0 */
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

static void *must(void *memory)
{
    if (!memory) {
        log_error(NULL, "out of memory");
        abort();
    }
    return memory;
}

void *xzalloc(size_t size)
{
    return must(calloc(1, size));
}

char *xstrdup(const char *text)
{
    return must(strdup(text));
}

void *xrealloc(void *old, size_t size)
{
    return must(realloc(old, size));
}

void *xmemdup(const void *data, size_t size)
{
    return memcpy(must(malloc(size ? size : 1)), data, size);
}

void wipe(void *data, size_t size)
{
    explicit_bzero(data, size);
}
