/* SPDX-License-Identifier: Apache-2.0 */
#include "repeat.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

enum { BUCKETS = 4096, KEPT_MS = 240000 };
enum { MAA, SAA };

struct entry {
    struct entry *next, *older; /* of its bucket; towards the newest */
    char peer[128];
    uint32_t id;
    int kind;
    uint64_t at_ms;
    uint8_t *packed; /* the answer's struct, without its zeros */
    size_t packed_len;
    char *user_data; /* SAA */
    struct cx_restoration *restoration;
    size_t restoration_count;
};

struct repeats {
    struct entry *bucket[BUCKETS];
    struct entry *oldest, *newest;
    size_t count, octets, most;
};

/* ---- the answers' structs are nearly all zeros: pieces of "so many zeros, so many octets" ---- */

struct piece {
    uint32_t zeros, octets;
};

static uint8_t *pack(const uint8_t *data, size_t size, size_t *len)
{
    uint8_t *out = xzalloc(5 * size + sizeof(struct piece)); /* a piece: one octet, one zero */
    size_t n = 0;

    for (size_t i = 0; i < size;) {
        struct piece p = {0};

        while (i + p.zeros < size && !data[i + p.zeros])
            p.zeros++;
        i += p.zeros;
        while (i + p.octets < size && data[i + p.octets])
            p.octets++;
        memcpy(out + n, &p, sizeof p);
        memcpy(out + n + sizeof p, data + i, p.octets);
        n += sizeof p + p.octets;
        i += p.octets;
    }
    *len = n;
    return xrealloc(out, n + 1);
}

static void unpack(const struct entry *e, uint8_t *data, size_t size)
{
    struct piece p;
    size_t at = 0;

    memset(data, 0, size);
    for (size_t n = 0; n < e->packed_len; n += sizeof p + p.octets) {
        memcpy(&p, e->packed + n, sizeof p);
        at += p.zeros;
        memcpy(data + at, e->packed + n + sizeof p, p.octets);
        at += p.octets;
    }
}

/* ---- the memory ---- */

static struct entry **bucket_of(struct repeats *r, struct repeat_key key)
{
    return &r->bucket[key.id % BUCKETS]; /* the ids of a peer count upwards */
}

static size_t octets_of(const struct entry *e)
{
    size_t octets = sizeof *e + e->packed_len + (e->user_data ? strlen(e->user_data) : 0);

    for (size_t i = 0; i < e->restoration_count; i++) /* headers of a few hundred octets each */
        octets += sizeof *e->restoration + e->restoration[i].contact_count * 2048;
    return octets;
}

static void free_entry(struct entry *e)
{
    for (size_t i = 0; i < e->restoration_count; i++)
        cx_restoration_free(&e->restoration[i]);
    free(e->restoration);
    free(e->user_data);
    wipe(e->packed, e->packed_len); /* vectors */
    free(e->packed);
    free(e);
}

static void drop_oldest(struct repeats *r)
{
    struct entry *e = r->oldest;
    struct entry **link = bucket_of(r, (struct repeat_key){e->peer, e->id});

    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    r->oldest = e->older;
    if (!r->oldest)
        r->newest = NULL;
    r->count--;
    r->octets -= octets_of(e);
    free_entry(e);
}

static void drop_stale(struct repeats *r, uint64_t now_ms)
{
    while (r->oldest && (now_ms - r->oldest->at_ms >= KEPT_MS || r->octets > r->most))
        drop_oldest(r);
}

static void keep(struct repeats *r, struct repeat_key key, struct entry *e, uint64_t now_ms)
{
    struct entry **bucket = bucket_of(r, key);

    snprintf(e->peer, sizeof e->peer, "%s", key.peer);
    e->id = key.id;
    e->at_ms = now_ms;
    e->next = *bucket;
    *bucket = e;
    if (r->newest)
        r->newest->older = e;
    else
        r->oldest = e;
    r->newest = e;
    r->count++;
    r->octets += octets_of(e);
    drop_stale(r, now_ms);
}

static struct entry *find(struct repeats *r, struct repeat_key key, int kind, uint64_t now_ms)
{
    struct entry *e;

    drop_stale(r, now_ms);
    e = *bucket_of(r, key);
    while (e && (e->id != key.id || e->kind != kind || strcmp(e->peer, key.peer) != 0))
        e = e->next;
    return e;
}

/* ---- outside ---- */

struct repeats *repeats_new(size_t most)
{
    struct repeats *r = xzalloc(sizeof *r);

    r->most = most;
    return r;
}

void repeats_free(struct repeats *r)
{
    while (r->oldest)
        drop_oldest(r);
    free(r);
}

size_t repeats_count(const struct repeats *r)
{
    return r->count;
}

static struct cx_restoration *copy_list(const struct cx_restoration *from, size_t count)
{
    struct cx_restoration *to = count ? xzalloc(count * sizeof *to) : NULL;

    for (size_t i = 0; i < count; i++)
        cx_restoration_copy(&to[i], &from[i]);
    return to;
}

void repeats_keep_maa(struct repeats *r, struct repeat_key key, const struct cx_maa *maa,
                      uint64_t now_ms)
{
    struct entry *e = xzalloc(sizeof *e);

    e->kind = MAA;
    e->packed = pack((const uint8_t *)maa, sizeof *maa, &e->packed_len);
    keep(r, key, e, now_ms);
}

void repeats_keep_saa(struct repeats *r, struct repeat_key key, const struct cx_saa *saa,
                      uint64_t now_ms)
{
    struct entry *e = xzalloc(sizeof *e);
    struct cx_saa plain = *saa;

    e->kind = SAA;
    e->user_data = saa->user_data ? xstrdup(saa->user_data) : NULL;
    e->restoration = copy_list(saa->restoration, saa->restoration_count);
    e->restoration_count = saa->restoration_count;
    plain.user_data = NULL;
    plain.restoration = NULL;
    e->packed = pack((const uint8_t *)&plain, sizeof plain, &e->packed_len);
    keep(r, key, e, now_ms);
}

bool repeats_find_maa(struct repeats *r, struct repeat_key key, struct cx_maa *maa, uint64_t now_ms)
{
    const struct entry *e = find(r, key, MAA, now_ms);

    if (e)
        unpack(e, (uint8_t *)maa, sizeof *maa);
    return e;
}

bool repeats_find_saa(struct repeats *r, struct repeat_key key, struct cx_saa *saa, uint64_t now_ms)
{
    const struct entry *e = find(r, key, SAA, now_ms);

    if (!e)
        return false;
    unpack(e, (uint8_t *)saa, sizeof *saa);
    saa->user_data = e->user_data ? xstrdup(e->user_data) : NULL;
    saa->restoration = copy_list(e->restoration, e->restoration_count);
    return true;
}
