/* SPDX-License-Identifier: Apache-2.0 */
/* dns.h against a server in this process that says what dnsmasq never would: loops, nonsense,
 * silence, records that change. */
#include "dns_client.h"

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

/* What somebody sends who cannot read the question: a wrong id, the answer to another question, and
 * the right words from another port. All say 192.0.2.66. */
static void spoof(const struct stub *s, const uint8_t *packet, size_t len, const struct addr *to)
{
    static const uint8_t bad[] = {192, 0, 2, 66};
    int other = socket(AF_INET, SOCK_DGRAM, 0);
    uint8_t lie[512];
    size_t size = len;

    memcpy(lie, packet, len);
    lie[7] = 1;
    size += put_record(lie + len, "spoofed.test", DNS_A, 60, bad, sizeof bad);
    sendto(other, lie, size, 0, &to->sa, addr_len(to));
    for (unsigned i = 1; i <= 50; i++) {
        lie[1] = packet[1] + i;
        sendto(s->fd, lie, size, 0, &to->sa, addr_len(to));
    }
    lie[1] = packet[1];
    lie[13] = 'x'; /* xpoofed.test */
    sendto(s->fd, lie, size, 0, &to->sa, addr_len(to));
    close(other);
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
    if (strcmp(asked, "spoofed.test") == 0)
        spoof(s, packet, len, &from);
    if ((strcmp(asked, "changing.test") == 0 || strcmp(asked, "spoofed.test") == 0) &&
        type == DNS_A) {
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
    assert_int_equal(count(log_of(&c, "quiet.test", SIP_UDP), "-> dns SRV"), 2); /* repeated */
    s.queries = 2;
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

static void DNS_12_an_answer_with_a_wrong_id_question_or_port_is_ignored(void **state)
{
    struct client c;
    struct stub s;

    (void)state;
    start_stub(&s, &c);
    expect(&c, "spoofed.test", 5060, SIP_ANY, false, "udp 192.0.2.1:5060");
    assert_int_equal(s.queries, 1);
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

static void a_name_with_its_final_dot_is_the_same_name_and_an_address_with_one_is_none(void **state)
{
    struct stub s;
    struct client c;

    (void)state;
    start_stub(&s, &c);
    expect(&c, "changing.test.", 5060, SIP_ANY, false, "udp 192.0.2.1:5060");
    expect(&c, "changing.test", 5060, SIP_ANY, false, "udp 192.0.2.1:5060");
    assert_int_equal(s.queries, 1);
    expect_no(&c, "192.0.2.1.", -EPROTO);
    expect_no(&c, "changing.test..", -ENOENT);
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

static int setup(void **state)
{
    (void)state;
    log_open("dns", LEVEL_WARN);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DNS_08_a_silent_server_costs_a_bounded_time_and_cached_names_nothing),
        cmocka_unit_test(DNS_08_a_server_that_is_not_there_is_noticed_at_once),
        cmocka_unit_test(DNS_09_a_changed_record_is_used_after_its_ttl_and_not_before),
        cmocka_unit_test(DNS_10_a_cname_loop_is_stopped),
        cmocka_unit_test(DNS_12_an_answer_with_a_wrong_id_question_or_port_is_ignored),
        cmocka_unit_test(a_server_that_fails_or_talks_nonsense_is_reported_at_once),
        cmocka_unit_test(two_searches_for_one_name_cost_one_query),
        cmocka_unit_test(
            a_name_with_its_final_dot_is_the_same_name_and_an_address_with_one_is_none),
        cmocka_unit_test(a_cancelled_search_is_silent),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
