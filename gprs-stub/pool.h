/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of an APN. One that was given back is the last to be given again: whoever still
 * holds a SIP registration of it must not meet the next holder at once. Pure. */
#ifndef IMSLAB_POOL_H
#define IMSLAB_POOL_H

#include "addr.h"

struct pool {
    struct prefix prefix;
    uint32_t first, end; /* host numbers that may be given: first <= n < end */
    uint32_t fresh;      /* the lowest that never was */
    uint32_t taken;
    uint32_t *back, back_at, back_count; /* given back, oldest first: a ring of end - first */
    uint8_t *used;                       /* one bit for each host number from first */
};

/* pool_open - the prefix's addresses but its first (the network), its second (the GGSN's own) and,
 * in IPv4, its last (broadcast). At most 2^20. A prefix that is not set gives an empty pool. */
void pool_open(struct pool *pool, const struct prefix *prefix);
void pool_close(struct pool *pool);
/* pool_take - the lowest that was never given, then the one given back longest ago. 0 or -ENOSPC.
 */
int pool_take(struct pool *pool, struct addr *a);
/* pool_give_back - 0, or -EINVAL for one that was not taken. */
int pool_give_back(struct pool *pool, const struct addr *a);
/* pool_gateway - the GGSN's own address. false: the pool is empty. */
bool pool_gateway(const struct pool *pool, struct addr *a);
uint32_t pool_size(const struct pool *pool);

#endif
