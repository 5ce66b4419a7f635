/* SPDX-License-Identifier: Apache-2.0 */
/* Address n of a pool is its prefix with n in the last 32 bits. */
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

enum { MOST_BITS = 20 };

void pool_open(struct pool *pool, const struct prefix *prefix)
{
    unsigned width = addr_is_v6(&prefix->base) ? 128 : 32, host_bits = width - prefix->bits;
    uint32_t size;

    memset(pool, 0, sizeof *pool);
    pool->prefix = *prefix;
    if (!addr_is_set(&prefix->base) || host_bits < 2)
        return;
    size = 1u << (host_bits > MOST_BITS ? MOST_BITS : host_bits);
    pool->first = pool->fresh = 2;
    pool->end = size - (width == 32 && host_bits <= MOST_BITS ? 1 : 0);
    pool->back = xzalloc(pool_size(pool) * sizeof *pool->back);
    pool->used = xzalloc(pool_size(pool) / 8 + 1);
}

void pool_close(struct pool *pool)
{
    free(pool->back);
    free(pool->used);
    memset(pool, 0, sizeof *pool);
}

uint32_t pool_size(const struct pool *pool)
{
    return pool->end - pool->first;
}

static uint32_t last_word(const struct addr *a)
{
    size_t len;
    const uint8_t *o = addr_octets(a, &len);

    o += len - 4;
    return (uint32_t)o[0] << 24 | o[1] << 16 | o[2] << 8 | o[3];
}

static struct addr address_of(const struct pool *pool, uint32_t n)
{
    uint8_t octets[16];
    size_t len;
    const uint8_t *base = addr_octets(&pool->prefix.base, &len);
    uint32_t word = last_word(&pool->prefix.base) | n;
    struct addr a;

    memcpy(octets, base, len);
    for (int i = 0; i < 4; i++)
        octets[len - 4 + i] = word >> (24 - 8 * i);
    addr_from_octets(&a, octets, len, 0);
    return a;
}

bool pool_gateway(const struct pool *pool, struct addr *a)
{
    if (!pool->used)
        return false;
    *a = address_of(pool, 1);
    return true;
}

static bool is_used(const struct pool *pool, uint32_t n)
{
    return pool->used[(n - pool->first) / 8] >> ((n - pool->first) % 8) & 1;
}

static void set_used(struct pool *pool, uint32_t n, bool used)
{
    uint8_t bit = 1u << ((n - pool->first) % 8), *at = &pool->used[(n - pool->first) / 8];

    *at = used ? *at | bit : *at & ~bit;
}

int pool_take(struct pool *pool, struct addr *a)
{
    uint32_t n;

    if (pool->fresh < pool->end) {
        n = pool->fresh++;
    } else if (pool->back_count) {
        n = pool->back[pool->back_at];
        pool->back_at = (pool->back_at + 1) % pool_size(pool);
        pool->back_count--;
    } else {
        return -ENOSPC;
    }
    set_used(pool, n, true);
    pool->taken++;
    *a = address_of(pool, n);
    return 0;
}

int pool_give_back(struct pool *pool, const struct addr *a)
{
    uint32_t n;

    if (!addr_is_set(a) || !pool->used || !prefix_has(&pool->prefix, a))
        return -EINVAL;
    n = last_word(a) - last_word(&pool->prefix.base);
    if (n < pool->first || n >= pool->end || !is_used(pool, n))
        return -EINVAL;
    set_used(pool, n, false);
    pool->taken--;
    pool->back[(pool->back_at + pool->back_count++) % pool_size(pool)] = n;
    return 0;
}
