/* SPDX-License-Identifier: Apache-2.0 */
#include "dns_select.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIP_PORT 5060

struct search {
    const struct dns_question *question;
    bool ipv6;
    struct dns_facts *facts;
    struct dns_random *random;
    struct sip_targets *out;
    bool waiting; /* something must be asked first */
    int worst;    /* what an answer that failed said */
};

/* The stages, each entered only when the one before found nothing. */
static int by_address(struct search *s);
static void by_naptr(struct search *s);
static void by_srv(struct search *s);
static void by_host(struct search *s, uint16_t port);
static void tcp_first(struct sip_targets *out);

static int verdict(const struct search *s)
{
    if (s->waiting)
        return -EAGAIN;
    if (s->out->count > 0)
        return 0;
    return s->worst ? s->worst : -ENOENT;
}

/* Whether the search ends here. A server that is silent would be silent to the next question. */
static bool is_over(const struct search *s)
{
    return s->waiting || s->out->count > 0 || s->worst == -ETIMEDOUT || s->worst == -ECONNREFUSED;
}

/* Whether it can be a host name at all (RFC 1123 2.1); the rest is not worth a question. */
static bool is_name(const char *host)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    return *host && strspn(host, allowed) == strlen(host) && host[0] != '.' && !strstr(host, "..");
}

int dns_select(const struct dns_question *question, bool ipv6, struct dns_facts *facts,
               struct dns_random *random, struct sip_targets *out)
{
    struct search s = {question, ipv6, facts, random, out, false, 0};
    int err;

    out->count = 0;
    if (by_address(&s) < 0 && is_name(question->host)) {
        if (question->port != 0) {
            by_host(&s, question->port);
        } else {
            if (question->transport == SIP_ANY)
                by_naptr(&s);
            if (!is_over(&s))
                by_srv(&s);
            if (!is_over(&s))
                by_host(&s, SIP_PORT);
        }
    }
    err = verdict(&s);
    if (err == 0 && question->big)
        tcp_first(out);
    return err;
}

static void add(struct search *s, const struct addr *addr, uint16_t port,
                enum sip_transport transport, const char *host)
{
    struct sip_target *t;

    for (size_t i = 0; i < s->out->count; i++) {
        t = &s->out->target[i];
        if (t->transport == transport && addr_port(&t->addr) == port &&
            addr_same_host(&t->addr, addr))
            return;
    }
    if (s->out->count == SIP_MAX_TARGETS)
        return;
    t = &s->out->target[s->out->count++];
    t->addr = addr_with_port(*addr, port);
    t->transport = transport;
    snprintf(t->host, sizeof t->host, "%.*s", (int)sizeof t->host - 1, host);
}

/* The transport when nothing chooses one: UDP for "sip:" (RFC 3263 4.1). */
static enum sip_transport transport_or_udp(const struct search *s)
{
    return s->question->transport == SIP_ANY ? SIP_UDP : s->question->transport;
}

/* A fact, or a note that it must be asked. NULL: not known yet, or not there. */
static const struct dns_answer *find_fact(struct search *s, const char *name, uint16_t type)
{
    struct dns_facts *facts = s->facts;
    struct dns_fact *f;

    for (size_t i = 0; i < facts->count; i++) {
        f = &facts->fact[i];
        if (f->type == type && strcasecmp(f->name, name) == 0) {
            s->waiting = s->waiting || !f->answer;
            return f->answer;
        }
    }
    if (facts->count == DNS_MAX_FACTS) {
        s->worst = -EPROTO;
        return NULL;
    }
    f = &facts->fact[facts->count++];
    snprintf(f->name, sizeof f->name, "%s", name);
    f->type = type;
    f->answer = NULL;
    s->waiting = true;
    return NULL;
}

/* The records of (name, type) at the end of its CNAME chain; NULL: none yet, or none. */
static const struct dns_answer *look_up(struct search *s, const char *name, uint16_t type)
{
    const struct dns_answer *a;

    for (int hop = 0; hop <= DNS_MAX_HOPS; hop++) {
        a = find_fact(s, name, type);
        if (!a)
            return NULL;
        if (a->err) {
            if (a->err != -ENOENT)
                s->worst = a->err;
            return NULL;
        }
        if (!a->next[0])
            return a;
        name = a->next;
    }
    s->worst = -EPROTO;
    return NULL;
}

static void add_host(struct search *s, const char *host, uint16_t port,
                     enum sip_transport transport)
{
    const struct dns_answer *a = look_up(s, host, DNS_A);

    for (size_t i = 0; a && i < a->count; i++)
        add(s, &a->rr[i].addr, port, transport, host);
    if (!s->ipv6)
        return;
    a = look_up(s, host, DNS_AAAA);
    for (size_t i = 0; a && i < a->count; i++)
        add(s, &a->rr[i].addr, port, transport, host);
}

static void add_srv(struct search *s, const char *name, enum sip_transport transport)
{
    const struct dns_answer *a = look_up(s, name, DNS_SRV);
    struct dns_rr rr[DNS_MAX_RR];

    if (!a)
        return;
    memcpy(rr, a->rr, a->count * sizeof rr[0]);
    dns_order_srv(rr, a->count, s->random);
    for (size_t i = 0; i < a->count; i++)
        if (rr[i].name[0]) /* "." says: this service is not here */
            add_host(s, rr[i].name, rr[i].srv.port, transport);
}

/* A numeric host needs no DNS. -ENOENT: it is a name. */
static int by_address(struct search *s)
{
    uint16_t port = s->question->port ? s->question->port : SIP_PORT;
    struct addr addr;

    if (addr_parse(&addr, s->question->host, port) < 0)
        return -ENOENT;
    add(s, &addr, port, transport_or_udp(s), s->question->host);
    return 0;
}

static enum sip_transport naptr_transport(const struct dns_rr *rr)
{
    if (strcasecmp(rr->naptr.flags, "s") != 0 || rr->naptr.regexp || !rr->name[0])
        return SIP_ANY;
    if (strcasecmp(rr->naptr.service, "SIP+D2U") == 0)
        return SIP_UDP;
    return strcasecmp(rr->naptr.service, "SIP+D2T") == 0 ? SIP_TCP : SIP_ANY;
}

static void by_naptr(struct search *s)
{
    const struct dns_answer *a = look_up(s, s->question->host, DNS_NAPTR);
    struct dns_rr rr[DNS_MAX_RR];

    if (!a)
        return;
    memcpy(rr, a->rr, a->count * sizeof rr[0]);
    dns_order_naptr(rr, a->count);
    for (size_t i = 0; i < a->count; i++)
        if (naptr_transport(&rr[i]) != SIP_ANY)
            add_srv(s, rr[i].name, naptr_transport(&rr[i]));
}

static void by_srv(struct search *s)
{
    char name[DNS_NAME];

    if (s->question->transport != SIP_TCP) {
        snprintf(name, sizeof name, "_sip._udp.%s", s->question->host);
        add_srv(s, name, SIP_UDP);
    }
    if (s->question->transport != SIP_UDP) {
        snprintf(name, sizeof name, "_sip._tcp.%s", s->question->host);
        add_srv(s, name, SIP_TCP);
    }
}

static void by_host(struct search *s, uint16_t port)
{
    add_host(s, s->question->host, port, transport_or_udp(s));
}

static size_t append(struct sip_targets *to, const struct sip_targets *from,
                     enum sip_transport which, enum sip_transport as)
{
    size_t before = to->count;

    for (size_t i = 0; i < from->count && to->count < SIP_MAX_TARGETS; i++) {
        if (from->target[i].transport != which)
            continue;
        to->target[to->count] = from->target[i];
        to->target[to->count++].transport = as;
    }
    return to->count - before;
}

/* RFC 3261 18.1.1: a big request goes over TCP, and over UDP only when TCP is refused. Every
 * element speaks both, so a place that DNS names for UDP alone is asked over TCP too. */
static void tcp_first(struct sip_targets *out)
{
    struct sip_targets all = *out;

    out->count = 0;
    if (append(out, &all, SIP_TCP, SIP_TCP) == 0)
        append(out, &all, SIP_UDP, SIP_TCP);
    append(out, &all, SIP_UDP, SIP_UDP);
}

static int compare_naptr(const void *left, const void *right)
{
    const struct dns_rr *a = left, *b = right;

    if (a->naptr.order != b->naptr.order)
        return a->naptr.order < b->naptr.order ? -1 : 1;
    return (int)a->naptr.preference - (int)b->naptr.preference;
}

void dns_order_naptr(struct dns_rr *rr, size_t count)
{
    qsort(rr, count, sizeof rr[0], compare_naptr);
}

/* Weight 0 first, so that the lots below can fall on it only when the draw is 0 (RFC 2782). */
static int compare_srv(const void *left, const void *right)
{
    const struct dns_rr *a = left, *b = right;

    if (a->srv.priority != b->srv.priority)
        return a->srv.priority < b->srv.priority ? -1 : 1;
    return (b->srv.weight == 0) - (a->srv.weight == 0);
}

uint32_t dns_random(struct dns_random *random, uint32_t limit)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    return limit == UINT32_MAX ? (uint32_t)z : (uint32_t)((z >> 32) * (limit + 1ull) >> 32);
}

/* Draw one of `count` records of one priority by weight and bring it to the front. */
static void draw(struct dns_rr *rr, size_t count, struct dns_random *random)
{
    uint32_t sum = 0, lot;
    struct dns_rr drawn;
    size_t i = 0;

    for (size_t k = 0; k < count; k++)
        sum += rr[k].srv.weight;
    lot = dns_random(random, sum);
    for (sum = rr[0].srv.weight; sum < lot; sum += rr[i].srv.weight)
        i++;
    drawn = rr[i];
    memmove(rr + 1, rr, i * sizeof rr[0]);
    rr[0] = drawn;
}

void dns_order_srv(struct dns_rr *rr, size_t count, struct dns_random *random)
{
    size_t end;

    qsort(rr, count, sizeof rr[0], compare_srv);
    for (size_t i = 0; i < count; i = end) {
        for (end = i; end < count && rr[end].srv.priority == rr[i].srv.priority; end++)
            ;
        for (size_t k = i; k + 1 < end; k++)
            draw(rr + k, end - k, random);
    }
}

const char *dns_why(int err)
{
    switch (err) {
    case -ENOENT: return "the name is not in the DNS";
    case -ETIMEDOUT: return "the DNS server does not answer";
    case -ECONNREFUSED: return "nobody listens at the DNS server";
    case -EPROTO: return "the DNS server answers with an error or nonsense";
    }
    return strerror(err < 0 ? -err : err);
}
