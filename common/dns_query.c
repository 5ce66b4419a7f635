/* SPDX-License-Identifier: Apache-2.0 */
/* c-ares as a guest of the loop: its sockets are watched (dns_wire.c), its next timeout is one
 * timer of ours. c-ares doubles its wait from round to round; to keep the bound of the header each
 * round is a c-ares query of its own with one try per server. */
#include "dns_query.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "dns_cache.h"
#include "dns_wire.h"
#include "log.h"
#include "xalloc.h"

#define CACHE_ENTRIES 1024
#define MAX_QUERIES   256 /* different questions under way: more is somebody's mischief */

struct query {
    LIST_ENTRY(query) entry;
    struct dns_resolver *resolver;
    char name[DNS_NAME], call[CALL_TAG];
    uint16_t type;
    unsigned rounds_left, refusals_before;
    bool asking;               /* inside ares_query */
    struct dns_answer *answer; /* when it is there */
    struct loop_timer *later;  /* to tell it from the loop */
    LIST_HEAD(, dns_wait) waits;
};

struct dns_wait {
    LIST_ENTRY(dns_wait) entry;
    dns_answer_fn *done;
    void *arg;
};

struct dns_resolver {
    struct loop *loop;
    struct dns_config config;
    ares_channel channel;
    struct dns_wire *wire;
    struct dns_cache *cache;
    struct loop_timer *timer; /* when c-ares wants to look at its clock */
    bool closing;
    size_t query_count;
    LIST_HEAD(, query) queries;
};

static void begin_round(struct query *q);
static void on_reply(void *arg, int status, int timeouts, unsigned char *packet, int len);
static void tell(void *arg);

static struct query *find(struct dns_resolver *r, const char *name, uint16_t type)
{
    struct query *q;

    LIST_FOREACH(q, &r->queries, entry)
    if (q->type == type && strcasecmp(q->name, name) == 0)
        return q;
    return NULL;
}

static const char *call_of(void *arg, const char *name, uint16_t type)
{
    struct query *q = find(arg, name, type);

    return q && q->call[0] ? q->call : NULL;
}

static void on_clock(void *arg);

static void arm(struct dns_resolver *r)
{
    struct timeval tv, *next = ares_timeout(r->channel, NULL, &tv);

    loop_cancel(&r->timer);
    if (next)
        r->timer = loop_after(r->loop, next->tv_sec * 1000 + next->tv_usec / 1000 + 1, on_clock, r);
}

static void on_clock(void *arg)
{
    struct dns_resolver *r = arg;

    r->timer = NULL;
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(r);
}

static void on_socket(void *arg, int fd, unsigned what)
{
    struct dns_resolver *r = arg;

    ares_process_fd(r->channel, what & LOOP_READ ? fd : ARES_SOCKET_BAD,
                    what & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
    arm(r);
}

static void set_servers(struct dns_resolver *r)
{
    struct ares_addr_port_node node[COUNT(r->config.server)];
    size_t count = r->config.server_count, len;

    memset(node, 0, sizeof node);
    for (size_t i = 0; i < count; i++) {
        const struct addr *a = &r->config.server[i];

        node[i].family = a->sa.sa_family;
        node[i].udp_port = node[i].tcp_port = addr_port(a) ? addr_port(a) : NS_DEFAULTPORT;
        if (addr_is_set(a))
            memcpy(&node[i].addr, addr_octets(a, &len), addr_is_v6(a) ? 16 : 4);
        node[i].next = i + 1 < count ? &node[i + 1] : NULL;
    }
    if (count > 0)
        ares_set_servers_ports(r->channel, node);
}

struct dns_resolver *dns_resolver_new(struct loop *loop, const struct dns_config *config)
{
    struct dns_resolver *r = xzalloc(sizeof *r);
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
        .timeout = config->wait_ms,
        .tries = 1,
        .lookups = "b", /* DNS alone, no hosts file */
        .sock_state_cb = dns_wire_state,
    };
    int status;

    r->loop = loop;
    r->config = *config;
    r->cache = dns_cache_new(CACHE_ENTRIES);
    r->wire = dns_wire_new(loop, on_socket, call_of, r);
    options.sock_state_cb_data = r->wire;
    status = ares_init_options(&r->channel, &options,
                               ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                   ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    assert(status == ARES_SUCCESS);
    (void)status;
    dns_wire_attach(r->wire, r->channel);
    set_servers(r);
    return r;
}

static void free_query(struct query *q)
{
    struct dns_wait *w;

    while ((w = LIST_FIRST(&q->waits))) {
        LIST_REMOVE(w, entry);
        free(w);
    }
    loop_cancel(&q->later);
    free(q->answer);
    free(q);
}

void dns_resolver_free(struct dns_resolver *r)
{
    struct query *q;

    r->closing = true;
    ares_destroy(r->channel);
    while ((q = LIST_FIRST(&r->queries))) {
        LIST_REMOVE(q, entry);
        free_query(q);
    }
    loop_cancel(&r->timer);
    dns_wire_free(r->wire);
    dns_cache_free(r->cache);
    free(r);
}

const struct dns_answer *dns_known(struct dns_resolver *r, const char *name, uint16_t type,
                                   const char *call)
{
    const struct dns_answer *answer = dns_cache_get(r->cache, loop_now_ms(r->loop), name, type);
    char text[512];

    if (answer && log_on(LEVEL_DEBUG))
        log_arrow_at(LEVEL_DEBUG, call, "==", NULL, "dns-cached", "type", dns_type_name(type),
                     "name", name, "answer", dns_answer_text(answer, type, text, sizeof text),
                     NULL);
    return answer;
}

/* Have the answer told from the loop, never inside dns_ask. */
static void settle(struct query *q, struct dns_answer *answer)
{
    struct dns_resolver *r = q->resolver;

    q->answer = answer;
    dns_cache_put(r->cache, loop_now_ms(r->loop), q->name, q->type, answer);
    if (q->asking)
        q->later = loop_after(r->loop, 0, tell, q);
    else
        tell(q);
}

struct dns_wait *dns_ask(struct dns_resolver *r, const char *name, uint16_t type, const char *call,
                         dns_answer_fn *done, void *arg)
{
    struct dns_wait *w = xzalloc(sizeof *w);
    struct query *q = find(r, name, type);

    w->done = done;
    w->arg = arg;
    if (q) {
        LIST_INSERT_HEAD(&q->waits, w, entry);
        return w;
    }
    q = xzalloc(sizeof *q);
    q->resolver = r;
    strncpy(q->name, name, sizeof q->name - 1);
    strncpy(q->call, call ? call : "", sizeof q->call - 1);
    q->type = type;
    q->rounds_left = r->config.tries ? r->config.tries : 1;
    LIST_INSERT_HEAD(&r->queries, q, entry);
    LIST_INSERT_HEAD(&q->waits, w, entry);
    r->query_count++;
    begin_round(q);
    arm(r);
    return w;
}

static void begin_round(struct query *q)
{
    struct dns_resolver *r = q->resolver;

    q->rounds_left--;
    q->refusals_before = dns_wire_refusals(r->wire);
    q->asking = true;
    if (r->config.server_count == 0)
        settle(q, dns_failure(-ECONNREFUSED, 0));
    else if (r->query_count > MAX_QUERIES)
        settle(q, dns_failure(-ETIMEDOUT, 0));
    else
        ares_query(r->channel, q->name, ns_c_in, q->type, on_reply, q);
    q->asking = false;
}

static struct dns_answer *read_reply(const struct query *q, int status, const uint8_t *packet,
                                     int len)
{
    if (status == ARES_ETIMEOUT)
        return dns_failure(-ETIMEDOUT, DNS_FAILED_S);
    if (packet)
        return dns_parse(packet, len, q->name, q->type);
    if (dns_wire_refusals(q->resolver->wire) != q->refusals_before)
        return dns_failure(-ECONNREFUSED, DNS_FAILED_S);
    return dns_failure(-EPROTO, DNS_FAILED_S); /* SERVFAIL, REFUSED, NOTIMP */
}

static void on_reply(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
    struct query *q = arg;

    (void)timeouts;
    if (q->resolver->closing)
        return;
    if (status == ARES_ETIMEOUT && q->rounds_left > 0)
        begin_round(q);
    else
        settle(q, read_reply(q, status, packet, len));
}

static void tell(void *arg)
{
    struct query *q = arg;
    struct dns_wait *w;

    q->later = NULL;
    LIST_REMOVE(q, entry);
    q->resolver->query_count--;
    while ((w = LIST_FIRST(&q->waits))) {
        struct dns_wait told = *w;

        LIST_REMOVE(w, entry);
        free(w);
        told.done(told.arg, q->name, q->type, q->answer);
    }
    free_query(q);
}

void dns_forget(struct dns_wait **wait)
{
    if (!*wait)
        return;
    LIST_REMOVE(*wait, entry);
    free(*wait);
    *wait = NULL;
}
