/* SPDX-License-Identifier: Apache-2.0 */
/* Where to send a request (RFC 3263).
 *
 *   daemon          dns.c              dns_select.c        dns_query.c          DNS server
 *     | dns_locate    |                    |                   |                   |
 *     |-------------->| what next?         |                   |                   |
 *     |               |------------------->|                   |                   |
 *     |               |<-- ask these ------|                   |                   |
 *     |               |--------------------------------------->| NAPTR, SRV, A     |
 *     |               |                                        |------------------>|
 *     |               |<---------------------------------------|<------------------|
 *     |               | what next? ...     |                   |                   |
 *     |<-- targets ---|<-- these targets --|                   |                   |
 */
#include "dns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "dns_query.h"
#include "dns_select.h"
#include "log.h"
#include "xalloc.h"

struct dns {
    struct loop *loop;
    struct dns_config config;
    struct dns_resolver *resolver;
    struct dns_random random;
    LIST_HEAD(, dns_op) ops;
};

struct dns_op { /* one search */
    LIST_ENTRY(dns_op) entry;
    struct dns *dns;
    struct dns_question question;
    char call[CALL_TAG];
    uint64_t born_ms;
    struct loop_timer *start, *deadline;
    struct dns_facts facts;
    struct dns_wait *wait[DNS_MAX_FACTS]; /* of the fact with the same index */
    dns_done_fn *done;
    void *arg;
};

/* The steps of a search. */
static void go_on(struct dns_op *op);
static bool ask(struct dns_op *op, size_t index);
static dns_answer_fn on_answer;
static void on_deadline(void *arg);
static void finish(struct dns_op *op, int err, const struct sip_targets *targets);

struct dns *dns_open(struct loop *loop, const struct dns_config *config)
{
    struct dns *dns = xzalloc(sizeof *dns);

    dns->loop = loop;
    dns->config = *config;
    dns->resolver = dns_resolver_new(loop, config);
    if (getrandom(&dns->random.state, sizeof dns->random.state, 0) < 0)
        dns->random.state = loop_now_ms(loop);
    return dns;
}

/* A search cannot take longer than two questions in a row that are answered at the last moment. */
static unsigned deadline_ms(const struct dns *dns)
{
    unsigned servers = dns->config.server_count ? dns->config.server_count : 1;
    unsigned tries = dns->config.tries ? dns->config.tries : 1;

    return 2 * dns->config.wait_ms * tries * servers;
}

static void on_start(void *arg)
{
    struct dns_op *op = arg;

    op->start = NULL;
    go_on(op);
}

/* "hims.net." is the name hims.net in full (RFC 1034 3.1); an address has no such form. */
static void drop_final_dot(char *host)
{
    size_t len = strlen(host);
    struct addr a;

    if (len < 2 || host[len - 1] != '.' || host[len - 2] == '.')
        return;
    host[len - 1] = 0;
    if (addr_parse(&a, host, 0) == 0)
        host[len - 1] = '.';
}

struct dns_op *dns_locate(struct dns *dns, const struct dns_question *question, const char *call,
                          dns_done_fn *done, void *arg)
{
    struct dns_op *op = xzalloc(sizeof *op);

    op->dns = dns;
    op->question = *question;
    op->question.host[sizeof op->question.host - 1] = 0;
    drop_final_dot(op->question.host);
    strncpy(op->call, call ? call : "", sizeof op->call - 1);
    op->born_ms = loop_now_ms(dns->loop);
    op->done = done;
    op->arg = arg;
    op->start = loop_after(dns->loop, 0, on_start, op);
    op->deadline = loop_after(dns->loop, deadline_ms(dns), on_deadline, op);
    LIST_INSERT_HEAD(&dns->ops, op, entry);
    return op;
}

static void go_on(struct dns_op *op)
{
    struct sip_targets targets;
    bool at_once;
    int err;

    do {
        size_t known = op->facts.count;

        at_once = false;
        err =
            dns_select(&op->question, op->dns->config.ipv6, &op->facts, &op->dns->random, &targets);
        for (size_t i = known; i < op->facts.count; i++)
            at_once = ask(op, i) || at_once;
    } while (at_once);
    if (err != -EAGAIN)
        finish(op, err, err ? NULL : &targets);
}

/* From the cache: true, it is known at once. Otherwise over the wire. */
static bool ask(struct dns_op *op, size_t index)
{
    struct dns_fact *f = &op->facts.fact[index];
    const struct dns_answer *known = dns_known(op->dns->resolver, f->name, f->type, op->call);

    if (known)
        f->answer = dns_answer_copy(known);
    else
        op->wait[index] = dns_ask(op->dns->resolver, f->name, f->type, op->call, on_answer, op);
    return known;
}

static void on_answer(void *arg, const char *name, uint16_t type, const struct dns_answer *answer)
{
    struct dns_op *op = arg;

    for (size_t i = 0; i < op->facts.count; i++) {
        struct dns_fact *f = &op->facts.fact[i];

        if (!op->wait[i] || f->type != type || strcasecmp(f->name, name) != 0)
            continue;
        op->wait[i] = NULL;
        f->answer = dns_answer_copy(answer);
    }
    go_on(op);
}

/* Time is up: what never came counts as silence, and what is known must do. */
static void on_deadline(void *arg)
{
    struct dns_op *op = arg;
    struct sip_targets targets;
    int err;

    op->deadline = NULL;
    do {
        for (size_t i = 0; i < op->facts.count; i++) {
            dns_forget(&op->wait[i]);
            if (!op->facts.fact[i].answer)
                op->facts.fact[i].answer = dns_failure(-ETIMEDOUT, 0);
        }
        err =
            dns_select(&op->question, op->dns->config.ipv6, &op->facts, &op->dns->random, &targets);
    } while (err == -EAGAIN);
    finish(op, err, err ? NULL : &targets);
}

static void forget(struct dns_op *op)
{
    LIST_REMOVE(op, entry);
    loop_cancel(&op->start);
    loop_cancel(&op->deadline);
    for (size_t i = 0; i < op->facts.count; i++) {
        dns_forget(&op->wait[i]);
        free(op->facts.fact[i].answer);
    }
    free(op);
}

static void finish(struct dns_op *op, int err, const struct sip_targets *targets)
{
    dns_done_fn *done = op->done;
    void *arg = op->arg;

    forget(op);
    done(arg, err, targets);
}

void dns_cancel(struct dns_op **op)
{
    if (*op)
        forget(*op);
    *op = NULL;
}

void dns_close(struct dns *dns)
{
    struct dns_op *op;

    while ((op = LIST_FIRST(&dns->ops)))
        forget(op);
    dns_resolver_free(dns->resolver);
    free(dns);
}

void dns_print_live(const struct dns *dns, FILE *out)
{
    const struct dns_op *op;

    LIST_FOREACH(op, &dns->ops, entry)
    {
        fprintf(out, "call=%s dns host=%s age_ms=%llu waiting_for=", op->call, op->question.host,
                (unsigned long long)(loop_now_ms(op->dns->loop) - op->born_ms));
        for (size_t i = 0; i < op->facts.count; i++)
            if (op->wait[i])
                fprintf(out, "%s/%s,", dns_type_name(op->facts.fact[i].type),
                        op->facts.fact[i].name);
        fputc('\n', out);
    }
}
