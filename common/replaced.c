/* SPDX-License-Identifier: Apache-2.0 */
#include "replaced.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>

void *replaced_symbol(_Atomic(void *) *cache, const char *name)
{
    void *fn = atomic_load_explicit(cache, memory_order_relaxed);

    if (!fn) {
        fn = dlsym(RTLD_NEXT, name);
        if (!fn)
            abort();
        atomic_store_explicit(cache, fn, memory_order_relaxed);
    }
    return fn;
}
