/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table of lists for finding, one more list in order of use for forgetting. */
#include "dns_cache.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/queue.h>

#include "xalloc.h"

#define BUCKETS 256

struct entry {
    LIST_ENTRY(entry) same_hash;
    TAILQ_ENTRY(entry) by_use; /* first: used longest ago */
    uint64_t until_ms;
    uint16_t type;
    char *name;
    struct dns_answer *answer;
};

struct dns_cache {
    LIST_HEAD(, entry) bucket[BUCKETS];
    TAILQ_HEAD(by_use, entry) by_use;
    size_t count, max;
};

struct dns_cache *dns_cache_new(size_t max_entries)
{
    struct dns_cache *cache = xzalloc(sizeof *cache);

    TAILQ_INIT(&cache->by_use);
    cache->max = max_entries;
    return cache;
}

static void forget(struct dns_cache *cache, struct entry *e)
{
    LIST_REMOVE(e, same_hash);
    TAILQ_REMOVE(&cache->by_use, e, by_use);
    cache->count--;
    free(e->name);
    free(e->answer);
    free(e);
}

void dns_cache_free(struct dns_cache *cache)
{
    struct entry *e;

    while ((e = TAILQ_FIRST(&cache->by_use)))
        forget(cache, e);
    free(cache);
}

static unsigned hash(const char *name, uint16_t type)
{
    uint32_t h = 2166136261u ^ type;

    for (; *name; name++)
        h = (h ^ (uint32_t)tolower((unsigned char)*name)) * 16777619u;
    return h % BUCKETS;
}

static struct entry *find(struct dns_cache *cache, const char *name, uint16_t type)
{
    struct entry *e;

    LIST_FOREACH(e, &cache->bucket[hash(name, type)], same_hash)
    if (e->type == type && strcasecmp(e->name, name) == 0)
        return e;
    return NULL;
}

void dns_cache_put(struct dns_cache *cache, uint64_t now_ms, const char *name, uint16_t type,
                   const struct dns_answer *answer)
{
    struct entry *e = find(cache, name, type);

    if (e)
        forget(cache, e);
    if (answer->ttl_s == 0 || cache->max == 0)
        return;
    if (cache->count >= cache->max)
        forget(cache, TAILQ_FIRST(&cache->by_use));
    e = xzalloc(sizeof *e);
    e->until_ms = now_ms + answer->ttl_s * 1000ull;
    e->type = type;
    e->name = xstrdup(name);
    e->answer = dns_answer_copy(answer);
    LIST_INSERT_HEAD(&cache->bucket[hash(name, type)], e, same_hash);
    TAILQ_INSERT_TAIL(&cache->by_use, e, by_use);
    cache->count++;
}

const struct dns_answer *dns_cache_get(struct dns_cache *cache, uint64_t now_ms, const char *name,
                                       uint16_t type)
{
    struct entry *e = find(cache, name, type);

    if (!e)
        return NULL;
    if (now_ms >= e->until_ms) {
        forget(cache, e);
        return NULL;
    }
    TAILQ_REMOVE(&cache->by_use, e, by_use);
    TAILQ_INSERT_TAIL(&cache->by_use, e, by_use);
    return e->answer;
}

size_t dns_cache_count(const struct dns_cache *cache)
{
    return cache->count;
}
