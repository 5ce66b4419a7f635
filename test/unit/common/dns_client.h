/* SPDX-License-Identifier: Apache-2.0 */
/* One client of a name server on loopback, for the tests that go over real sockets. */
#ifndef UNIT_DNS_CLIENT_H
#define UNIT_DNS_CLIENT_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dns.h"
#include "dns_rr.h"
#include "log.h"

#define GUARD_MS 4000

struct outcome {
    struct loop *loop;
    unsigned calls;
    int err;
    struct sip_targets targets;
};

static inline void on_done(void *arg, int err, const struct sip_targets *targets)
{
    struct outcome *o = arg;

    o->calls++;
    o->err = err;
    if (targets)
        o->targets = *targets;
    loop_stop(o->loop);
}

static struct loop_timer *guard;

static inline void on_guard(void *arg)
{
    guard = NULL;
    loop_stop(arg);
}

static inline void run(struct loop *loop, unsigned ms)
{
    guard = loop_after(loop, ms, on_guard, loop);
    loop_run(loop);
    loop_cancel(&guard);
}

static inline uint16_t free_port(void)
{
    struct addr a;
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    addr_parse(&a, "127.0.0.1", 0);
    assert_int_equal(bind(fd, &a.sa, addr_len(&a)), 0);
    getsockname(fd, &a.sa, &len);
    close(fd);
    return addr_port(&a);
}

struct client {
    struct loop *loop;
    struct dns *dns;
};

static inline struct client client(uint16_t port, bool ipv6)
{
    struct dns_config config = {.server_count = 1, .wait_ms = 150, .tries = 2, .ipv6 = ipv6};
    struct client c;

    addr_parse(&config.server[0], "127.0.0.1", port);
    c.loop = loop_new();
    c.dns = dns_open(c.loop, &config);
    return c;
}

static inline void end(struct client *c)
{
    dns_close(c->dns);
    loop_free(c->loop);
}

static inline struct outcome ask(struct client *c, const char *host, uint16_t port,
                                 enum sip_transport transport, bool big)
{
    struct dns_question question = {.port = port, .transport = transport, .big = big};
    struct outcome o = {.loop = c->loop};

    snprintf(question.host, sizeof question.host, "%s", host);
    dns_locate(c->dns, &question, "00c0ffee", on_done, &o);
    assert_int_equal(o.calls, 0); /* never inside the asking call */
    run(c->loop, GUARD_MS);
    assert_int_equal(o.calls, 1);
    return o;
}

/* "udp 192.0.2.1:5060, tcp ..." */
static inline const char *text(const struct outcome *o)
{
    static char buf[2048];
    size_t used = 0;
    char addr[ADDR_TEXT];

    buf[0] = 0;
    for (size_t i = 0; i < o->targets.count; i++)
        used += snprintf(buf + used, sizeof buf - used, "%s%s %s", i ? ", " : "",
                         o->targets.target[i].transport == SIP_TCP ? "tcp" : "udp",
                         addr_text(&o->targets.target[i].addr, addr));
    return buf;
}

static inline void expect(struct client *c, const char *host, uint16_t port,
                          enum sip_transport transport, bool big, const char *targets)
{
    struct outcome o = ask(c, host, port, transport, big);

    assert_int_equal(o.err, 0);
    assert_string_equal(text(&o), targets);
}

static inline void expect_no(struct client *c, const char *host, int err)
{
    struct outcome o = ask(c, host, 0, SIP_ANY, false);

    assert_int_equal(o.err, err);
    assert_int_equal(o.targets.count, 0);
}

/* Run ask() and give what it logged. */
static inline const char *log_of(struct client *c, const char *host, enum sip_transport transport)
{
    static char text[60000];
    FILE *f = tmpfile();
    int saved = dup(STDERR_FILENO);
    struct outcome o = {.loop = c->loop};
    struct dns_question question = {.transport = transport};
    ssize_t len;

    snprintf(question.host, sizeof question.host, "%s", host);
    dup2(fileno(f), STDERR_FILENO);
    log_open("dns", LEVEL_DEBUG);
    dns_locate(c->dns, &question, "00c0ffee", on_done, &o);
    run(c->loop, GUARD_MS);
    log_open("dns", LEVEL_WARN);
    dup2(saved, STDERR_FILENO);
    close(saved);
    len = pread(fileno(f), text, sizeof text - 1, 0);
    fclose(f);
    text[len > 0 ? len : 0] = 0;
    return text;
}

static inline unsigned count(const char *text, const char *word)
{
    unsigned n = 0;

    for (; (text = strstr(text, word)); text++)
        n++;
    return n;
}

#endif
