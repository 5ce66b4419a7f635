/* SPDX-License-Identifier: Apache-2.0 */
#include "dns_fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "xalloc.h"

struct known {
    LIST_ENTRY(known) entry;
    char host[128];
    int err;
    struct sip_targets targets;
};

struct dns {
    struct loop *loop;
    unsigned delay_ms, asked;
    struct dns_question last;
    LIST_HEAD(, known) known;
    LIST_HEAD(, dns_op) ops;
};

struct dns_op {
    LIST_ENTRY(dns_op) entry;
    struct dns *dns;
    struct dns_question question;
    struct loop_timer *timer;
    dns_done_fn *done;
    void *arg;
};

struct dns *dns_open(struct loop *loop, const struct dns_config *config)
{
    struct dns *dns = xzalloc(sizeof *dns);

    (void)config;
    dns->loop = loop;
    return dns;
}

static void forget(struct dns_op *op)
{
    LIST_REMOVE(op, entry);
    loop_cancel(&op->timer);
    free(op);
}

void dns_close(struct dns *dns)
{
    struct dns_op *op;
    struct known *k;

    while ((op = LIST_FIRST(&dns->ops)))
        forget(op);
    while ((k = LIST_FIRST(&dns->known))) {
        LIST_REMOVE(k, entry);
        free(k);
    }
    free(dns);
}

static struct known *find(struct dns *dns, const char *host)
{
    struct known *k;

    LIST_FOREACH(k, &dns->known, entry)
    if (strcasecmp(k->host, host) == 0)
        return k;
    return NULL;
}

static struct known *make(struct dns *dns, const char *host)
{
    struct known *k = find(dns, host);

    if (!k) {
        k = xzalloc(sizeof *k);
        strncpy(k->host, host, sizeof k->host - 1);
        LIST_INSERT_HEAD(&dns->known, k, entry);
    }
    k->err = 0;
    k->targets.count = 0;
    return k;
}

/* "udp 10.0.0.1:5060", "tcp [::1]:5060" or "udp 10.0.0.1:5060=host"; a wrong script ends the test
 * program. */
static struct sip_target parse(const char *text, const char *host)
{
    struct sip_target t = {.transport = strncmp(text, "tcp ", 4) == 0 ? SIP_TCP : SIP_UDP};
    char copy[ADDR_TEXT + 128] = "", *colon, *name;

    strncpy(copy, text + 4, sizeof copy - 1);
    copy[strcspn(copy, ", ")] = 0;
    if ((name = strchr(copy, '=')))
        *name++ = 0;
    colon = strrchr(copy, ':');
    if (!colon)
        abort();
    *colon = 0;
    if (addr_parse(&t.addr, copy, (uint16_t)strtoul(colon + 1, NULL, 10)) < 0)
        abort();
    strncpy(t.host, name ? name : host, sizeof t.host - 1);
    return t;
}

void fake_dns_set(struct dns *dns, const char *host, const char *targets)
{
    struct known *k = make(dns, host);

    while (*targets && k->targets.count < SIP_MAX_TARGETS) {
        k->targets.target[k->targets.count++] = parse(targets, host);
        targets += strcspn(targets, ",");
        targets += strspn(targets, ", ");
    }
}

void fake_dns_fail(struct dns *dns, const char *host, int err)
{
    make(dns, host)->err = err;
}

void fake_dns_delay_ms(struct dns *dns, unsigned ms)
{
    dns->delay_ms = ms;
}

static int look_up(struct dns_op *op, struct sip_targets *out)
{
    const struct dns_question *q = &op->question;
    const struct known *k = find(op->dns, q->host);

    out->count = 0;
    if (addr_parse(&out->target[0].addr, q->host, q->port ? q->port : 5060) == 0) {
        out->target[0].transport = q->transport == SIP_ANY ? SIP_UDP : q->transport;
        strcpy(out->target[0].host, q->host);
        out->count = 1;
        return 0;
    }
    if (!k || k->err)
        return k ? k->err : -ENOENT;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < k->targets.count; i++)
            if ((q->big && k->targets.target[i].transport == SIP_UDP) == pass)
                out->target[out->count++] = k->targets.target[i];
    return out->count ? 0 : -ENOENT;
}

static void on_time(void *arg)
{
    struct dns_op *op = arg;
    dns_done_fn *done = op->done;
    void *done_arg = op->arg;
    struct sip_targets targets;
    int err = look_up(op, &targets);

    op->timer = NULL;
    forget(op);
    done(done_arg, err, err ? NULL : &targets);
}

struct dns_op *dns_locate(struct dns *dns, const struct dns_question *question, const char *call,
                          dns_done_fn *done, void *arg)
{
    struct dns_op *op = xzalloc(sizeof *op);

    (void)call;
    op->dns = dns;
    op->question = dns->last = *question;
    op->done = done;
    op->arg = arg;
    op->timer = loop_after(dns->loop, dns->delay_ms, on_time, op);
    LIST_INSERT_HEAD(&dns->ops, op, entry);
    dns->asked++;
    return op;
}

void dns_cancel(struct dns_op **op)
{
    if (*op)
        forget(*op);
    *op = NULL;
}

void dns_print_live(const struct dns *dns, FILE *out)
{
    fprintf(out, "dns searches=%u\n", fake_dns_pending(dns));
}

unsigned fake_dns_asked(const struct dns *dns)
{
    return dns->asked;
}

const struct dns_question *fake_dns_last(const struct dns *dns)
{
    return &dns->last;
}

unsigned fake_dns_pending(const struct dns *dns)
{
    const struct dns_op *op;
    unsigned count = 0;

    LIST_FOREACH(op, &dns->ops, entry)
    count++;
    return count;
}
