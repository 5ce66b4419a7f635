/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_limit.h"

#include <stdint.h>
#include <stdlib.h>

#include "xalloc.h"

#define BUCKETS 256

struct waiting { /* only targets with something outstanding have one */
    struct waiting *next;
    struct addr target;
    unsigned count;
};

struct sip_limit {
    unsigned per_target;
    struct waiting *bucket[BUCKETS];
};

struct sip_limit *sip_limit_new(unsigned per_target)
{
    struct sip_limit *limit = xzalloc(sizeof *limit);

    limit->per_target = per_target;
    return limit;
}

void sip_limit_free(struct sip_limit *limit)
{
    struct waiting *w;

    for (size_t i = 0; i < BUCKETS; i++) {
        while ((w = limit->bucket[i])) {
            limit->bucket[i] = w->next;
            free(w);
        }
    }
    free(limit);
}

static struct waiting **find(struct sip_limit *limit, const struct addr *target)
{
    size_t len;
    const uint8_t *octet = addr_octets(target, &len);
    uint32_t hash = addr_port(target);
    struct waiting **w;

    for (size_t i = 0; octet && i < len; i++)
        hash = (hash ^ octet[i]) * 16777619u; /* FNV-1a */
    for (w = &limit->bucket[hash % BUCKETS]; *w && !addr_same(&(*w)->target, target);)
        w = &(*w)->next;
    return w;
}

bool sip_limit_take(struct sip_limit *limit, const struct addr *target)
{
    struct waiting **w = find(limit, target);

    if (!*w) {
        *w = xzalloc(sizeof **w);
        (*w)->target = *target;
    }
    if ((*w)->count >= limit->per_target)
        return false;
    (*w)->count++;
    return true;
}

void sip_limit_give(struct sip_limit *limit, const struct addr *target)
{
    struct waiting **w = find(limit, target), *last = *w;

    if (last && --last->count == 0) {
        *w = last->next;
        free(last);
    }
}
