/* SPDX-License-Identifier: Apache-2.0 */
/* Two chained hash tables over the same entries: by where a terminal is, and by what was
 * registered. Expired entries are swept one bucket at a time, with every contact_put. */
#include "contact.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xalloc.h"

#define BUCKETS 4096

struct entry {
    LIST_ENTRY(entry) by_source, by_name;
    struct contact contact;
    char *uri, *service_route, *associated; /* what contact points to */
};

LIST_HEAD(bucket, entry);

struct contacts {
    struct bucket source[BUCKETS], name[BUCKETS];
    size_t swept;            /* the bucket that is looked through next */
    contact_watch_fn *watch; /* NULL: nobody */
    void *watch_arg;
};

static uint32_t hash(uint32_t h, const void *data, size_t len)
{
    for (const uint8_t *octet = data; len; len--, octet++)
        h = (h ^ *octet) * 16777619u; /* FNV-1a */
    return h;
}

static struct bucket *bucket_of_source(const struct contacts *c, const struct addr *a)
{
    uint16_t port = addr_port(a);
    size_t len;
    const uint8_t *octets = addr_octets(a, &len);
    uint32_t h = octets ? hash(2166136261u, octets, len) : 0;

    return (struct bucket *)&c->source[hash(h, &port, sizeof port) % BUCKETS];
}

static struct bucket *bucket_of_name(const struct contacts *c, const char *impi, const char *impu)
{
    uint32_t h = hash(2166136261u, impi, strlen(impi));

    return (struct bucket *)&c->name[hash(h, impu, strlen(impu)) % BUCKETS];
}

struct contacts *contacts_new(void)
{
    return xzalloc(sizeof(struct contacts));
}

static void forget(struct entry *e)
{
    LIST_REMOVE(e, by_source);
    LIST_REMOVE(e, by_name);
    free(e->uri);
    free(e->service_route);
    free(e->associated);
    free(e);
}

void contacts_free(struct contacts *c)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (!LIST_EMPTY(&c->source[i]))
            forget(LIST_FIRST(&c->source[i]));
    free(c);
}

static void sweep(struct contacts *c, int64_t now_s)
{
    struct entry *e, *next;

    c->swept = (c->swept + 1) % BUCKETS;
    for (e = LIST_FIRST(&c->source[c->swept]); e; e = next) {
        next = LIST_NEXT(e, by_source);
        if (e->contact.until_s <= now_s)
            forget(e);
    }
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

void contact_put(struct contacts *c, const struct contact *contact, int64_t now_s)
{
    struct entry *e = xzalloc(sizeof *e);

    e->contact = *contact;
    e->contact.uri = e->uri = copy(contact->uri);
    e->contact.service_route = e->service_route = copy(contact->service_route);
    e->contact.associated = e->associated = copy(contact->associated);
    contact_remove(c, contact->impi, contact->impu, contact->uri);
    sweep(c, now_s);
    LIST_INSERT_HEAD(bucket_of_source(c, &e->contact.source), e, by_source);
    LIST_INSERT_HEAD(bucket_of_name(c, e->contact.impi, e->contact.impu), e, by_name);
    if (c->watch)
        c->watch(c->watch_arg, &e->contact, false);
}

void contact_watch(struct contacts *c, contact_watch_fn *fn, void *arg)
{
    c->watch = fn;
    c->watch_arg = arg;
}

void contact_each(const struct contacts *c, contact_each_fn *fn, void *arg)
{
    const struct entry *e;

    for (size_t i = 0; i < BUCKETS; i++)
        LIST_FOREACH(e, &c->source[i], by_source)
    fn(arg, &e->contact);
}

size_t contact_remove(struct contacts *c, const char *impi, const char *impu, const char *uri)
{
    struct entry *e, *next;
    size_t gone = 0;

    for (e = LIST_FIRST(bucket_of_name(c, impi, impu)); e; e = next) {
        next = LIST_NEXT(e, by_name);
        if (strcmp(e->contact.impi, impi) != 0 || strcmp(e->contact.impu, impu) != 0 ||
            (uri && strcmp(e->uri, uri) != 0))
            continue;
        if (c->watch)
            c->watch(c->watch_arg, &e->contact, true);
        forget(e);
        gone++;
    }
    return gone;
}

const struct contact *contact_find(const struct contacts *c, const struct addr *source,
                                   int64_t now_s)
{
    const struct entry *e;

    LIST_FOREACH(e, bucket_of_source(c, source), by_source)
    {
        if (e->contact.until_s > now_s && addr_same(&e->contact.source, source))
            return &e->contact;
    }
    return NULL;
}

bool contact_has(const struct contacts *c, const char *impi, int64_t now_s)
{
    const struct entry *e;

    for (size_t i = 0; i < BUCKETS; i++) {
        LIST_FOREACH(e, &c->source[i], by_source)
        {
            if (e->contact.until_s > now_s && strcmp(e->contact.impi, impi) == 0)
                return true;
        }
    }
    return false;
}

size_t contact_count(const struct contacts *c, int64_t now_s)
{
    const struct entry *e;
    size_t n = 0;

    for (size_t i = 0; i < BUCKETS; i++)
        LIST_FOREACH(e, &c->source[i], by_source)
    n += e->contact.until_s > now_s;
    return n;
}

void contact_print(const struct contacts *c, int64_t now_s, FILE *out)
{
    char source[ADDR_TEXT];
    const struct entry *e;

    for (size_t i = 0; i < BUCKETS; i++) {
        LIST_FOREACH(e, &c->source[i], by_source)
        {
            if (e->contact.until_s <= now_s)
                continue;
            fprintf(out, "live: contact %s impu=%s impi=%s at=%s expires_s=%lld service_route=%s\n",
                    e->uri, e->contact.impu, e->contact.impi, addr_text(&e->contact.source, source),
                    (long long)(e->contact.until_s - now_s),
                    e->service_route ? e->service_route : "-");
        }
    }
}
