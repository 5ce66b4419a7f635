/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3263 without a network: the test writes the zone, the search asks, the test counts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "dns_select.h"
#include "xalloc.h"

/* One line per record; "FAIL err" for a server that fails on this question. */
struct line {
    const char *name;
    uint16_t type;
    const char *data;
};

static const struct line lab[] = {
    {"hims.net",               DNS_NAPTR, "20 10 s SIP+D2T _sip._tcp.hims.net"  },
    {"hims.net",               DNS_NAPTR, "10 50 s SIP+D2U _sip._udp.hims.net"  },
    {"hims.net",               DNS_NAPTR, "10 10 u E2U+sip ."                   },
    {"_sip._udp.hims.net",     DNS_SRV,   "1 0 5060 icscf1.hims.net"            },
    {"_sip._tcp.hims.net",     DNS_SRV,   "1 0 5060 icscf1.hims.net"            },
    {"_sip._udp.hims.net",     DNS_SRV,   "2 0 5070 icscf2.hims.net"            },
    {"icscf1.hims.net",        DNS_A,     "10.60.4.10"                          },
    {"icscf1.hims.net",        DNS_AAAA,  "fd00::10"                            },
    {"icscf2.hims.net",        DNS_A,     "10.60.4.11"                          },
    {"onlyudp.test",           DNS_NAPTR, "1 1 S sip+d2u _sip._udp.onlyudp.test"},
    {"_sip._udp.onlyudp.test", DNS_SRV,   "0 0 5062 host.test"                  },
    {"host.test",              DNS_A,     "192.0.2.9"                           },
    {"loop.test",              DNS_A,     "CNAME pool.test"                     },
    {"pool.test",              DNS_A,     "CNAME loop.test"                     },
    {"chain.test",             DNS_A,     "CNAME host.test"                     },
    {"dead.test",              DNS_NAPTR, "FAIL 110"                            },
    {"sick.test",              DNS_NAPTR, "FAIL 71"                             },
    {"_sip._udp.sick.test",    DNS_SRV,   "0 0 5060 host.test"                  },
    {"half.test",              DNS_NAPTR, "1 1 s SIP+D2U _sip._udp.half.test"   },
    {"_sip._udp.half.test",    DNS_SRV,   "0 0 5060 lost.test"                  },
    {"_sip._udp.half.test",    DNS_SRV,   "1 0 5060 host.test"                  },
    {"lost.test",              DNS_A,     "FAIL 110"                            },
};

static void read_record(struct dns_answer *a, const struct line *l)
{
    struct dns_rr *rr = &a->rr[a->count++];
    unsigned n[3];

    memset(rr, 0, sizeof *rr);
    if (l->type == DNS_SRV) {
        sscanf(l->data, "%u %u %u %255s", &n[0], &n[1], &n[2], rr->name);
        rr->srv.priority = n[0];
        rr->srv.weight = n[1];
        rr->srv.port = n[2];
    } else if (l->type == DNS_NAPTR) {
        sscanf(l->data, "%u %u %7s %31s %255s", &n[0], &n[1], rr->naptr.flags, rr->naptr.service,
               rr->name);
        rr->naptr.order = n[0];
        rr->naptr.preference = n[1];
    } else {
        assert_int_equal(addr_parse(&rr->addr, l->data, 0), 0);
    }
    if (strcmp(rr->name, ".") == 0)
        rr->name[0] = 0;
}

static struct dns_answer *answer(const char *name, uint16_t type)
{
    struct dns_answer *a = xzalloc(sizeof *a + DNS_MAX_RR * sizeof a->rr[0]);

    a->err = -ENOENT;
    for (size_t i = 0; i < COUNT(lab); i++) {
        if (lab[i].type != type || strcasecmp(lab[i].name, name) != 0)
            continue;
        a->err = 0;
        if (strncmp(lab[i].data, "FAIL ", 5) == 0)
            a->err = -atoi(lab[i].data + 5);
        else if (strncmp(lab[i].data, "CNAME ", 6) == 0)
            snprintf(a->next, sizeof a->next, "%s", lab[i].data + 6);
        else
            read_record(a, &lab[i]);
    }
    return a;
}

static struct dns_facts facts;
static struct dns_random seeded;

static int search(const char *host, uint16_t port, enum sip_transport transport, bool big,
                  bool ipv6, struct sip_targets *out)
{
    struct dns_question q = {.port = port, .transport = transport, .big = big};
    int err;

    snprintf(q.host, sizeof q.host, "%s", host);
    for (size_t i = 0; i < facts.count; i++)
        free(facts.fact[i].answer);
    facts.count = 0;
    while ((err = dns_select(&q, ipv6, &facts, &seeded, out)) == -EAGAIN)
        for (size_t i = 0; i < facts.count; i++)
            if (!facts.fact[i].answer)
                facts.fact[i].answer = answer(facts.fact[i].name, facts.fact[i].type);
    return err;
}

static void expect(const char *host, uint16_t port, enum sip_transport transport, bool big,
                   const char *expected)
{
    struct sip_targets out;
    char text[1024] = "", addr[ADDR_TEXT];
    size_t used = 0;

    assert_int_equal(search(host, port, transport, big, false, &out), 0);
    for (size_t i = 0; i < out.count; i++)
        used += snprintf(text + used, sizeof text - used, "%s%s %s", i ? ", " : "",
                         out.target[i].transport == SIP_TCP ? "tcp" : "udp",
                         addr_text(&out.target[i].addr, addr));
    assert_string_equal(text, expected);
}

static void DNS_01_order_and_preference_then_priority(void **state)
{
    (void)state;
    expect("hims.net", 0, SIP_ANY, false,
           "udp 10.60.4.10:5060, udp 10.60.4.11:5070, tcp 10.60.4.10:5060");
    assert_int_equal(facts.count, 5); /* NAPTR, two SRV, two A: nothing is asked twice */
}

static void DNS_01_services_of_others_are_passed_over_and_case_does_not_matter(void **state)
{
    (void)state;
    expect("onlyudp.test", 0, SIP_ANY, false, "udp 192.0.2.9:5062");
}

static void DNS_01_a_given_transport_asks_for_its_srv_alone(void **state)
{
    (void)state;
    expect("hims.net", 0, SIP_TCP, false, "tcp 10.60.4.10:5060");
    assert_int_equal(facts.count, 2);
}

static void DNS_03_a_given_port_asks_for_the_address_alone(void **state)
{
    (void)state;
    expect("icscf1.hims.net", 5099, SIP_ANY, false, "udp 10.60.4.10:5099");
    assert_int_equal(facts.count, 1);
}

static void DNS_03_a_numeric_host_asks_nothing(void **state)
{
    (void)state;
    expect("10.0.0.1", 0, SIP_ANY, false, "udp 10.0.0.1:5060");
    assert_int_equal(facts.count, 0);
    expect("[2001:db8::1]", 5061, SIP_TCP, false, "tcp [2001:db8::1]:5061");
    assert_int_equal(facts.count, 0);
}

static void what_cannot_be_a_host_name_asks_nothing(void **state)
{
    static const char *const bad[] = {"", ".", "a..b", "a b", "a\\.b", "a/b", "\x80"};
    struct sip_targets out;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(search(bad[i], 0, SIP_ANY, false, false, &out), -ENOENT);
        assert_int_equal(facts.count, 0);
    }
}

static void with_ipv6_both_families_are_asked_and_used(void **state)
{
    struct sip_targets out;

    (void)state;
    assert_int_equal(search("icscf1.hims.net", 5060, SIP_ANY, false, true, &out), 0);
    assert_int_equal(out.count, 2);
    assert_false(addr_is_v6(&out.target[0].addr));
    assert_true(addr_is_v6(&out.target[1].addr));
}

static void DNS_08_a_silent_server_is_not_asked_a_second_question(void **state)
{
    struct sip_targets out;

    (void)state;
    assert_int_equal(search("dead.test", 0, SIP_ANY, false, false, &out), -ETIMEDOUT);
    assert_int_equal(facts.count, 1);
}

static void a_server_that_fails_on_naptr_alone_is_asked_for_srv(void **state)
{
    (void)state;
    expect("sick.test", 0, SIP_ANY, false, "udp 192.0.2.9:5060");
}

static void one_host_that_cannot_be_found_does_not_hide_the_others(void **state)
{
    (void)state;
    expect("half.test", 0, SIP_ANY, false, "udp 192.0.2.9:5060");
}

static void DNS_10_chains_end_and_loops_are_stopped(void **state)
{
    struct sip_targets out;

    (void)state;
    expect("chain.test", 5060, SIP_ANY, false, "udp 192.0.2.9:5060");
    assert_int_equal(search("loop.test", 5060, SIP_ANY, false, false, &out), -EPROTO);
    assert_int_equal(facts.count, 2);
}

static void DNS_13_a_big_request_tries_tcp_first_and_udp_after_it(void **state)
{
    (void)state;
    expect("hims.net", 0, SIP_ANY, true,
           "tcp 10.60.4.10:5060, udp 10.60.4.10:5060, udp 10.60.4.11:5070");
    expect("onlyudp.test", 0, SIP_ANY, true, "tcp 192.0.2.9:5062, udp 192.0.2.9:5062");
    expect("10.0.0.1", 5060, SIP_UDP, true, "tcp 10.0.0.1:5060, udp 10.0.0.1:5060");
    expect("10.0.0.1", 5060, SIP_TCP, true, "tcp 10.0.0.1:5060");
}

static void naptr_sort_by_order_before_preference(void **state)
{
    struct dns_rr rr[3] = {
        {.naptr = {2, 1}, .name = "c"},
        {.naptr = {1, 9}, .name = "b"},
        {.naptr = {1, 3}, .name = "a"}
    };

    (void)state;
    dns_order_naptr(rr, 3);
    assert_string_equal(rr[0].name, "a");
    assert_string_equal(rr[1].name, "b");
    assert_string_equal(rr[2].name, "c");
}

static void DNS_11_weights_10_and_90_split_like_that(void **state)
{
    struct dns_random random = {.state = 42};
    unsigned first = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct dns_rr rr[3] = {
            {.srv = {1, 10, 5060}, .name = "ten"   },
            {.srv = {1, 90, 5060}, .name = "ninety"},
            {.srv = {0, 0, 5060},  .name = "prior" }
        };

        dns_order_srv(rr, 3, &random);
        assert_string_equal(rr[0].name, "prior");
        first += strcmp(rr[1].name, "ninety") == 0;
        assert_string_not_equal(rr[1].name, rr[2].name);
    }
    assert_in_range(first, 870, 930);
}

static void weights_of_zero_are_reached_and_the_same_seed_draws_the_same(void **state)
{
    struct dns_random one = {.state = 7}, other = {.state = 7};
    unsigned zero_first = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct dns_rr a[2] = {{.srv = {1, 0, 1}}, {.srv = {1, 3, 2}}}, b[2] = {a[0], a[1]};

        dns_order_srv(a, 2, &one);
        dns_order_srv(b, 2, &other);
        assert_int_equal(a[0].srv.port, b[0].srv.port);
        zero_first += a[0].srv.weight == 0;
    }
    assert_in_range(zero_first, 150, 350); /* a draw of 0 out of 0..3 */
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < facts.count; i++)
        free(facts.fact[i].answer);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DNS_01_order_and_preference_then_priority),
        cmocka_unit_test(DNS_01_services_of_others_are_passed_over_and_case_does_not_matter),
        cmocka_unit_test(DNS_01_a_given_transport_asks_for_its_srv_alone),
        cmocka_unit_test(DNS_03_a_given_port_asks_for_the_address_alone),
        cmocka_unit_test(DNS_03_a_numeric_host_asks_nothing),
        cmocka_unit_test(what_cannot_be_a_host_name_asks_nothing),
        cmocka_unit_test(with_ipv6_both_families_are_asked_and_used),
        cmocka_unit_test(DNS_08_a_silent_server_is_not_asked_a_second_question),
        cmocka_unit_test(a_server_that_fails_on_naptr_alone_is_asked_for_srv),
        cmocka_unit_test(one_host_that_cannot_be_found_does_not_hide_the_others),
        cmocka_unit_test(DNS_10_chains_end_and_loops_are_stopped),
        cmocka_unit_test(DNS_13_a_big_request_tries_tcp_first_and_udp_after_it),
        cmocka_unit_test(naptr_sort_by_order_before_preference),
        cmocka_unit_test(DNS_11_weights_10_and_90_split_like_that),
        cmocka_unit_test(weights_of_zero_are_reached_and_the_same_seed_draws_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
