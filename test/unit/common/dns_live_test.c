/* SPDX-License-Identifier: Apache-2.0 */
/* dns.h against real servers on loopback: dnsmasq, which the lab uses, for what it can say, and a
 * scripted server in this process for what it would never say (loops, silence, changed records). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

static void on_done(void *arg, int err, const struct sip_targets *targets)
{
    struct outcome *o = arg;

    o->calls++;
    o->err = err;
    if (targets)
        o->targets = *targets;
    loop_stop(o->loop);
}

static struct loop_timer *guard;

static void on_guard(void *arg)
{
    guard = NULL;
    loop_stop(arg);
}

static void run(struct loop *loop, unsigned ms)
{
    guard = loop_after(loop, ms, on_guard, loop);
    loop_run(loop);
    loop_cancel(&guard);
}

/* ---- dnsmasq ---- */

static const char zone[] = "naptr-record=hims.test,20,50,s,SIP+D2T,,_sip._tcp.hims.test\n"
                           "naptr-record=hims.test,10,60,s,SIP+D2U,,_sip._udp.second.test\n"
                           "naptr-record=hims.test,10,50,s,SIP+D2U,,_sip._udp.hims.test\n"
                           "naptr-record=hims.test,5,50,s,SIPS+D2T,,_sips._tcp.hims.test\n"
                           "srv-host=_sip._udp.hims.test,b.hims.test,5070,20,0\n"
                           "srv-host=_sip._udp.hims.test,a.hims.test,5060,10,0\n"
                           "srv-host=_sip._udp.second.test,c.hims.test,5080,0,0\n"
                           "srv-host=_sip._tcp.hims.test,a.hims.test,5060,0,0\n"
                           "srv-host=_sip._udp.nonaptr.test,a.hims.test,5062,0,0\n"
                           "srv-host=_sip._tcp.nonaptr.test,b.hims.test,5063,0,0\n"
                           "srv-host=_sip._udp.gone.test\n"
                           "host-record=a.hims.test,192.0.2.1\n"
                           "host-record=b.hims.test,192.0.2.2,2001:db8::2\n"
                           "host-record=c.hims.test,192.0.2.3\n"
                           "host-record=plain.test,192.0.2.9\n"
                           "cname=alias.test,middle.test\n"
                           "cname=middle.test,plain.test\n"
                           "local=/test/\n";

struct server {
    pid_t pid;
    uint16_t port;
    char conf[32];
};

static uint16_t free_port(void)
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

static bool is_listening(uint16_t port)
{
    struct addr a;
    int fd = socket(AF_INET, SOCK_STREAM, 0), rc;

    addr_parse(&a, "127.0.0.1", port);
    rc = connect(fd, &a.sa, addr_len(&a));
    close(fd);
    return rc == 0;
}

static void write_conf(struct server *s)
{
    FILE *f;
    int fd;

    strcpy(s->conf, "/tmp/dns_live_XXXXXX");
    fd = mkstemp(s->conf);
    assert_true(fd >= 0);
    f = fdopen(fd, "w");
    fprintf(f, "port=%u\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\n",
            s->port);
    fprintf(f, "local-ttl=30\nuser=\npid-file=\n%s", zone);
    for (int i = 0; i < 20; i++) /* more than 512 octets: the UDP answer is truncated */
        fprintf(f,
                "srv-host=_sip._udp.many.test,a-rather-long-host-name-%02d.many.test,5060,%d,0\n",
                i, i);
    fprintf(f, "host-record=a-rather-long-host-name-00.many.test,192.0.2.100\n");
    fclose(f);
}

static void start_dnsmasq(struct server *s)
{
    s->port = free_port();
    write_conf(s);
    s->pid = fork();
    if (s->pid == 0) {
        char option[64];

        snprintf(option, sizeof option, "--conf-file=%s", s->conf);
        execlp("dnsmasq", "dnsmasq", "--keep-in-foreground", "--log-facility=/dev/null", option,
               NULL);
        execl("/usr/sbin/dnsmasq", "dnsmasq", "--keep-in-foreground", "--log-facility=/dev/null",
              option, NULL);
        _exit(127);
    }
    for (int i = 0; i < 100 && !is_listening(s->port); i++)
        poll(NULL, 0, 20);
    assert_true(is_listening(s->port));
}

static void stop_dnsmasq(struct server *s)
{
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    unlink(s->conf);
}

static struct server dnsmasq;

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    log_open("dns", LEVEL_WARN);
    start_dnsmasq(&dnsmasq);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop_dnsmasq(&dnsmasq);
    return 0;
}

/* ---- one client ---- */

struct client {
    struct loop *loop;
    struct dns *dns;
};

static struct client client(uint16_t port, bool ipv6)
{
    struct dns_config config = {.server_count = 1, .wait_ms = 150, .tries = 2, .ipv6 = ipv6};
    struct client c;

    addr_parse(&config.server[0], "127.0.0.1", port);
    c.loop = loop_new();
    c.dns = dns_open(c.loop, &config);
    return c;
}

static void end(struct client *c)
{
    dns_close(c->dns);
    loop_free(c->loop);
}

static struct outcome ask(struct client *c, const char *host, uint16_t port,
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
static const char *text(const struct outcome *o)
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

static void expect(struct client *c, const char *host, uint16_t port, enum sip_transport transport,
                   bool big, const char *targets)
{
    struct outcome o = ask(c, host, port, transport, big);

    assert_int_equal(o.err, 0);
    assert_string_equal(text(&o), targets);
}

static void expect_no(struct client *c, const char *host, int err)
{
    struct outcome o = ask(c, host, 0, SIP_ANY, false);

    assert_int_equal(o.err, err);
    assert_int_equal(o.targets.count, 0);
}

static void DNS_01_naptr_srv_and_a_are_followed_in_the_order_of_the_records(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "hims.test", 0, SIP_ANY, false,
           "udp 192.0.2.1:5060, udp 192.0.2.2:5070, udp 192.0.2.3:5080, tcp 192.0.2.1:5060");
    end(&c);
}

static void DNS_01_with_ipv6_both_families_are_targets(void **state)
{
    struct client c = client(dnsmasq.port, true);

    (void)state;
    expect(&c, "b.hims.test", 5070, SIP_ANY, false, "udp 192.0.2.2:5070, udp [2001:db8::2]:5070");
    end(&c);
}

static void DNS_02_without_naptr_the_srv_of_both_transports_are_tried(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "nonaptr.test", 0, SIP_ANY, false, "udp 192.0.2.1:5062, tcp 192.0.2.2:5063");
    expect(&c, "nonaptr.test", 0, SIP_TCP, false, "tcp 192.0.2.2:5063");
    end(&c);
}

static void DNS_03_without_srv_the_address_records_and_port_5060_are_used(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "plain.test", 0, SIP_ANY, false, "udp 192.0.2.9:5060");
    expect(&c, "plain.test", 0, SIP_TCP, false, "tcp 192.0.2.9:5060");
    expect(&c, "192.0.2.77", 0, SIP_ANY, false, "udp 192.0.2.77:5060");
    expect(&c, "[2001:db8::7]", 5065, SIP_ANY, false, "udp [2001:db8::7]:5065");
    end(&c);
}

static void DNS_06_every_srv_target_is_there_to_fail_over_to_in_order(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "hims.test", 0, SIP_UDP, false, "udp 192.0.2.1:5060, udp 192.0.2.2:5070");
    end(&c);
}

static void DNS_07_a_name_that_does_not_exist_is_reported(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect_no(&c, "nowhere.test", -ENOENT);
    expect_no(&c, "gone.test", -ENOENT);
    expect_no(&c, "not a name", -ENOENT);
    end(&c);
}

static void DNS_10_a_cname_chain_is_followed(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "alias.test", 5060, SIP_ANY, false, "udp 192.0.2.9:5060");
    end(&c);
}

static void DNS_10_a_truncated_answer_is_asked_again_over_tcp(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "many.test", 0, SIP_UDP, false, "udp 192.0.2.100:5060");
    end(&c);
}

static void DNS_13_a_big_request_goes_over_tcp_with_udp_as_the_fallback(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "hims.test", 0, SIP_ANY, true,
           "tcp 192.0.2.1:5060, udp 192.0.2.1:5060, udp 192.0.2.2:5070, udp 192.0.2.3:5080");
    expect(&c, "plain.test", 0, SIP_ANY, true, "tcp 192.0.2.9:5060, udp 192.0.2.9:5060");
    end(&c);
}

/* ---- the scripted server ---- */

struct stub {
    struct loop *loop;
    struct loop_watch *watch;
    int fd;
    uint16_t port;
    bool silent;
    unsigned queries;
    uint8_t last; /* of the address that is given for "changing.test" */
};

static size_t put_name(uint8_t *p, const char *name)
{
    uint8_t *start = p;

    while (*name) {
        size_t len = strcspn(name, ".");

        *p++ = len;
        memcpy(p, name, len);
        p += len;
        name += len + (name[len] == '.');
    }
    *p++ = 0;
    return p - start;
}

static size_t put_record(uint8_t *p, const char *owner, uint16_t type, uint32_t ttl_s,
                         const uint8_t *data, size_t len)
{
    size_t used = put_name(p, owner);
    const uint8_t fixed[] = {type >> 8,   type,       0,     1, ttl_s >> 24,
                             ttl_s >> 16, ttl_s >> 8, ttl_s, 0, len};

    memcpy(p + used, fixed, sizeof fixed);
    memcpy(p + used + sizeof fixed, data, len);
    return used + sizeof fixed + len;
}

static void on_query(void *arg, int fd, unsigned what)
{
    struct stub *s = arg;
    uint8_t packet[1024], name[64], address[4] = {192, 0, 2, s->last};
    char asked[DNS_NAME];
    struct addr from;
    socklen_t from_len = sizeof from;
    uint16_t type;
    ssize_t len = recvfrom(fd, packet, 512, 0, &from.sa, &from_len);

    (void)what;
    s->queries++;
    if (s->silent || len < 12 || dns_parse_question(packet, len, asked, &type) < 0)
        return;
    packet[2] = 0x85;
    packet[3] = 0x80;
    if (strcmp(asked, "changing.test") == 0 && type == DNS_A) {
        packet[7] = 1;
        len += put_record(packet + len, asked, DNS_A, 1, address, 4);
    } else if (strcmp(asked, "loop1.test") == 0 || strcmp(asked, "loop2.test") == 0) {
        const char *to = strcmp(asked, "loop1.test") == 0 ? "loop2.test" : "loop1.test";

        packet[7] = 1;
        len += put_record(packet + len, asked, DNS_CNAME, 60, name, put_name(name, to));
    } else if (strcmp(asked, "broken.test") == 0) {
        packet[7] = 9; /* promises nine records and has none */
    } else {
        packet[3] = 0x82; /* SERVFAIL */
    }
    sendto(fd, packet, len, 0, &from.sa, from_len);
}

static void start_stub(struct stub *s, struct client *c)
{
    struct addr a;
    socklen_t len = sizeof a;

    memset(s, 0, sizeof *s);
    s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    addr_parse(&a, "127.0.0.1", 0);
    assert_int_equal(bind(s->fd, &a.sa, addr_len(&a)), 0);
    getsockname(s->fd, &a.sa, &len);
    s->port = addr_port(&a);
    s->last = 1;
    *c = client(s->port, false);
    s->loop = c->loop;
    s->watch = loop_watch(s->loop, s->fd, LOOP_READ, on_query, s);
}

static void end_stub(struct stub *s, struct client *c)
{
    loop_unwatch(&s->watch);
    close(s->fd);
    end(c);
}

static uint64_t ms_for(struct client *c, const char *host, int err)
{
    uint64_t before = loop_now_ms(c->loop);

    expect_no(c, host, err);
    return loop_now_ms(c->loop) - before;
}

static void DNS_08_a_silent_server_costs_a_bounded_time_and_cached_names_nothing(void **state)
{
    struct client c;
    struct stub s;
    uint64_t ms;

    (void)state;
    start_stub(&s, &c);
    expect(&c, "changing.test", 5060, SIP_ANY, false, "udp 192.0.2.1:5060");
    s.silent = true;
    s.queries = 0;
    ms = ms_for(&c, "hims.test", -ETIMEDOUT);
    assert_in_range(ms, 280, 600); /* 2 tries of 150 ms */
    assert_int_equal(s.queries, 2);
    assert_in_range(ms_for(&c, "hims.test", -ETIMEDOUT), 0, 50); /* the failure is remembered */
    expect(&c, "changing.test", 5060, SIP_ANY, false, "udp 192.0.2.1:5060");
    assert_int_equal(s.queries, 2);
    end_stub(&s, &c);
}

static void DNS_08_a_server_that_is_not_there_is_noticed_at_once(void **state)
{
    struct client c = client(free_port(), false);

    (void)state;
    assert_in_range(ms_for(&c, "hims.test", -ECONNREFUSED), 0, 100);
    end(&c);
}

static void DNS_09_a_changed_record_is_used_after_its_ttl_and_not_before(void **state)
{
    struct client c;
    struct stub s;

    (void)state;
    start_stub(&s, &c);
    expect(&c, "changing.test", 5060, SIP_ANY, false, "udp 192.0.2.1:5060");
    s.last = 2;
    expect(&c, "changing.test", 5060, SIP_ANY, false, "udp 192.0.2.1:5060");
    assert_int_equal(s.queries, 1);
    run(c.loop, 1020);
    expect(&c, "changing.test", 5060, SIP_ANY, false, "udp 192.0.2.2:5060");
    assert_int_equal(s.queries, 2);
    end_stub(&s, &c);
}

static void DNS_10_a_cname_loop_is_stopped(void **state)
{
    struct client c;
    struct stub s;

    (void)state;
    start_stub(&s, &c);
    assert_in_range(ms_for(&c, "loop1.test", -EPROTO), 0, 200);
    assert_in_range(s.queries, 1, 30);
    end_stub(&s, &c);
}

static void a_server_that_fails_or_talks_nonsense_is_reported_at_once(void **state)
{
    struct client c;
    struct stub s;

    (void)state;
    start_stub(&s, &c);
    assert_in_range(ms_for(&c, "other.test", -EPROTO), 0, 200);
    assert_in_range(ms_for(&c, "broken.test", -EPROTO), 0, 200);
    end_stub(&s, &c);
}

static void two_searches_for_one_name_cost_one_query(void **state)
{
    struct dns_question question = {.host = "changing.test", .port = 5060};
    struct outcome first, second;
    struct client c;
    struct stub s;

    (void)state;
    start_stub(&s, &c);
    first = second = (struct outcome){.loop = c.loop};
    dns_locate(c.dns, &question, NULL, on_done, &first);
    dns_locate(c.dns, &question, NULL, on_done, &second);
    while (first.calls + second.calls < 2)
        run(c.loop, GUARD_MS);
    assert_int_equal(s.queries, 1);
    assert_string_equal(text(&second), "udp 192.0.2.1:5060");
    end_stub(&s, &c);
}

static void a_cancelled_search_is_silent(void **state)
{
    struct dns_question question = {.host = "changing.test", .port = 5060};
    struct dns_op *early, *late;
    struct outcome o;
    struct client c;
    struct stub s;

    (void)state;
    start_stub(&s, &c);
    s.silent = true;
    o = (struct outcome){.loop = c.loop};
    early = dns_locate(c.dns, &question, NULL, on_done, &o);
    dns_cancel(&early);
    assert_null(early);
    late = dns_locate(c.dns, &question, NULL, on_done, &o);
    run(c.loop, 50);
    dns_cancel(&late);
    run(c.loop, 400);
    assert_int_equal(o.calls, 0);
    dns_locate(c.dns, &question, NULL, on_done, &o); /* under way when the client is closed */
    run(c.loop, 20);
    end_stub(&s, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DNS_01_naptr_srv_and_a_are_followed_in_the_order_of_the_records),
        cmocka_unit_test(DNS_01_with_ipv6_both_families_are_targets),
        cmocka_unit_test(DNS_02_without_naptr_the_srv_of_both_transports_are_tried),
        cmocka_unit_test(DNS_03_without_srv_the_address_records_and_port_5060_are_used),
        cmocka_unit_test(DNS_06_every_srv_target_is_there_to_fail_over_to_in_order),
        cmocka_unit_test(DNS_07_a_name_that_does_not_exist_is_reported),
        cmocka_unit_test(DNS_08_a_silent_server_costs_a_bounded_time_and_cached_names_nothing),
        cmocka_unit_test(DNS_08_a_server_that_is_not_there_is_noticed_at_once),
        cmocka_unit_test(DNS_09_a_changed_record_is_used_after_its_ttl_and_not_before),
        cmocka_unit_test(DNS_10_a_cname_chain_is_followed),
        cmocka_unit_test(DNS_10_a_cname_loop_is_stopped),
        cmocka_unit_test(DNS_10_a_truncated_answer_is_asked_again_over_tcp),
        cmocka_unit_test(DNS_13_a_big_request_goes_over_tcp_with_udp_as_the_fallback),
        cmocka_unit_test(a_server_that_fails_or_talks_nonsense_is_reported_at_once),
        cmocka_unit_test(two_searches_for_one_name_cost_one_query),
        cmocka_unit_test(a_cancelled_search_is_silent),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
