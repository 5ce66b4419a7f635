/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as octets, good and hostile. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns_rr.h"

struct packet {
    size_t len;
    uint8_t octets[2048];
};

static void put8(struct packet *p, unsigned v)
{
    p->octets[p->len++] = v;
}

static void put16(struct packet *p, unsigned v)
{
    put8(p, v >> 8);
    put8(p, v & 0xff);
}

static void put32(struct packet *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p, v & 0xffff);
}

static void put_text(struct packet *p, const char *text, size_t len)
{
    put8(p, len);
    memcpy(p->octets + p->len, text, len);
    p->len += len;
}

static void put_name(struct packet *p, const char *name)
{
    while (*name) {
        size_t len = strcspn(name, ".");

        put_text(p, name, len);
        name += len + (name[len] == '.');
    }
    put8(p, 0);
}

#define ASKED 12 /* where the name of the question stands: target of compression pointers */

static struct packet answer_to(const char *name, unsigned type, unsigned rcode)
{
    struct packet p = {0};

    put16(&p, 0x1234);
    put16(&p, 0x8580 | rcode);
    put16(&p, 1);
    put16(&p, 0);
    put16(&p, 0);
    put16(&p, 0);
    put_name(&p, name);
    put16(&p, type);
    put16(&p, 1);
    return p;
}

/* A record, up to and with its length, which end_record corrects. */
static size_t begin_record(struct packet *p, const char *owner, unsigned type, uint32_t ttl_s,
                           int section)
{
    p->octets[5 + 2 * section]++;
    if (owner)
        put_name(p, owner);
    else
        put16(p, 0xc000 | ASKED);
    put16(p, type);
    put16(p, 1);
    put32(p, ttl_s);
    put16(p, 0);
    return p->len;
}

static void end_record(struct packet *p, size_t start)
{
    p->octets[start - 2] = (p->len - start) >> 8;
    p->octets[start - 1] = (p->len - start) & 0xff;
}

static void put_a(struct packet *p, const char *owner, uint32_t ttl_s, unsigned last)
{
    size_t start = begin_record(p, owner, DNS_A, ttl_s, 1);

    put32(p, 0xc0000200 | last);
    end_record(p, start);
}

static void put_srv(struct packet *p, unsigned priority, unsigned weight, const char *target)
{
    size_t start = begin_record(p, NULL, DNS_SRV, 60, 1);

    put16(p, priority);
    put16(p, weight);
    put16(p, 5060);
    put_name(p, target);
    end_record(p, start);
}

static void put_naptr(struct packet *p, const char *service, const char *regexp, const char *to)
{
    size_t start = begin_record(p, NULL, DNS_NAPTR, 60, 1);

    put16(p, 10);
    put16(p, 50);
    put_text(p, "s", 1);
    put_text(p, service, strlen(service));
    put_text(p, regexp, strlen(regexp));
    put_name(p, to);
    end_record(p, start);
}

static void put_cname(struct packet *p, const char *owner, uint32_t ttl_s, const char *to)
{
    size_t start = begin_record(p, owner, DNS_CNAME, ttl_s, 1);

    put_name(p, to);
    end_record(p, start);
}

static void put_soa(struct packet *p, uint32_t ttl_s, uint32_t minimum_s)
{
    size_t start = begin_record(p, "test", DNS_SOA, ttl_s, 2);

    put_name(p, "ns.test");
    put_name(p, "root.test");
    for (int i = 0; i < 4; i++)
        put32(p, 1000);
    put32(p, minimum_s);
    end_record(p, start);
}

/* The answer as one text: "err ttl text". */
static const char *reading(const struct packet *p, const char *name, unsigned type)
{
    static char text[512];
    char records[400];
    /* on the heap and exactly as long, so that a sanitizer sees every step past the end */
    uint8_t *octets = malloc(p->len ? p->len : 1);
    struct dns_answer *a;

    memcpy(octets, p->octets, p->len);
    a = dns_parse(octets, p->len, name, type);
    snprintf(text, sizeof text, "%d %us %s", a->err, a->ttl_s,
             dns_answer_text(a, type, records, sizeof records));
    free(a);
    free(octets);
    return text;
}

static void an_address_is_read_with_its_ttl(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0);

    (void)state;
    put_a(&p, NULL, 60, 1);
    put_a(&p, "A.Test", 30, 2);
    put_a(&p, "other.test", 1, 3);
    assert_string_equal(reading(&p, "a.TEST", DNS_A), "0 30s 192.0.2.1, 192.0.2.2");
}

static void srv_and_naptr_read_as_they_are_written_in_a_zone(void **state)
{
    struct packet srv = answer_to("_sip._udp.hims.net", DNS_SRV, 0);
    struct packet naptr = answer_to("hims.net", DNS_NAPTR, 0);

    (void)state;
    put_srv(&srv, 1, 2, "icscf1.hims.net");
    put_srv(&srv, 3, 4, "");
    assert_string_equal(reading(&srv, "_sip._udp.hims.net", DNS_SRV),
                        "0 60s 1 2 5060 icscf1.hims.net, 3 4 5060 .");
    put_naptr(&naptr, "SIP+D2U", "", "_sip._udp.hims.net");
    assert_string_equal(reading(&naptr, "hims.net", DNS_NAPTR),
                        "0 60s 10 50 s SIP+D2U _sip._udp.hims.net");
}

static void a_naptr_with_a_regexp_is_marked(void **state)
{
    struct packet p = answer_to("hims.net", DNS_NAPTR, 0);
    struct dns_answer *a;

    (void)state;
    put_naptr(&p, "E2U+sip", "!^.*$!sip:info@hims.net!", "");
    a = dns_parse(p.octets, p.len, "hims.net", DNS_NAPTR);
    assert_int_equal(a->count, 1);
    assert_true(a->rr[0].naptr.regexp);
    free(a);
}

static void DNS_10_a_chain_in_any_order_is_followed_and_the_least_ttl_counts(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0);

    (void)state;
    put_a(&p, "c.test", 60, 1);
    put_cname(&p, "b.test", 7, "c.test");
    put_cname(&p, "a.test", 30, "b.test");
    assert_string_equal(reading(&p, "a.test", DNS_A), "0 7s 192.0.2.1");
}

static void DNS_10_a_chain_that_leaves_the_answer_says_where_to_ask_on(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0);

    (void)state;
    put_cname(&p, "a.test", 30, "b.test");
    assert_string_equal(reading(&p, "a.test", DNS_A), "0 30s CNAME b.test");
}

static void DNS_10_a_loop_inside_one_answer_is_an_error(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0);

    (void)state;
    put_cname(&p, "a.test", 30, "b.test");
    put_cname(&p, "b.test", 30, "a.test");
    assert_int_equal(strtol(reading(&p, "a.test", DNS_A), NULL, 10), -EPROTO);
}

static void what_does_not_exist_is_kept_as_long_as_the_soa_says_and_five_seconds_at_most(
    void **state)
{
    struct packet none = answer_to("a.test", DNS_A, 3), soa = none, shorter = none, empty;

    (void)state;
    assert_string_equal(reading(&none, "a.test", DNS_A), "-2 5s none");
    put_soa(&soa, 3600, 3600);
    assert_string_equal(reading(&soa, "a.test", DNS_A), "-2 5s none");
    put_soa(&shorter, 3600, 2);
    assert_string_equal(reading(&shorter, "a.test", DNS_A), "-2 2s none");
    empty = answer_to("a.test", DNS_A, 0);
    put_soa(&empty, 1, 3600);
    assert_string_equal(reading(&empty, "a.test", DNS_A), "-2 1s none");
}

static void a_ttl_with_the_top_bit_is_zero_and_a_huge_one_is_a_day(void **state)
{
    struct packet top = answer_to("a.test", DNS_A, 0), huge = top;

    (void)state;
    put_a(&top, NULL, 0x80000001, 1);
    assert_string_equal(reading(&top, "a.test", DNS_A), "0 0s 192.0.2.1");
    put_a(&huge, NULL, 0x7fffffff, 1);
    assert_string_equal(reading(&huge, "a.test", DNS_A), "0 86400s 192.0.2.1");
}

static void an_answer_to_another_question_is_refused(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0), query = p,
                  failed = answer_to("a.test", DNS_A, 2);

    (void)state;
    put_a(&p, NULL, 60, 1);
    assert_int_equal(strtol(reading(&p, "b.test", DNS_A), NULL, 10), -EPROTO);
    assert_int_equal(strtol(reading(&p, "a.test", DNS_AAAA), NULL, 10), -EPROTO);
    query.octets[2] &= 0x7f;
    assert_int_equal(strtol(reading(&query, "a.test", DNS_A), NULL, 10), -EPROTO);
    assert_int_equal(strtol(reading(&failed, "a.test", DNS_A), NULL, 10), -EPROTO);
}

static void a_packet_cut_at_any_octet_does_no_harm(void **state)
{
    struct packet p = answer_to("hims.net", DNS_NAPTR, 0);

    (void)state;
    put_naptr(&p, "SIP+D2U", "", "_sip._udp.hims.net");
    put_soa(&p, 60, 60);
    for (struct packet cut = p; cut.len > 0; cut.len--)
        reading(&cut, "hims.net", DNS_NAPTR);
    p.len -= 40; /* inside the SOA, which an answer with records does not need */
    assert_int_equal(strtol(reading(&p, "hims.net", DNS_NAPTR), NULL, 10), 0);
    p.len = 60; /* inside the NAPTR */
    assert_int_equal(strtol(reading(&p, "hims.net", DNS_NAPTR), NULL, 10), -EPROTO);
}

static void any_single_wrong_octet_does_no_harm(void **state)
{
    struct packet p = answer_to("_sip._udp.hims.net", DNS_SRV, 0);

    (void)state;
    put_cname(&p, "_sip._udp.hims.net", 60, "x.test");
    put_srv(&p, 1, 2, "icscf1.hims.net");
    put_soa(&p, 60, 60);
    for (size_t at = 0; at < p.len; at++) {
        for (unsigned value = 0; value < 256; value += at % 3 ? 5 : 1) {
            struct packet wrong = p;

            wrong.octets[at] = value;
            reading(&wrong, "_sip._udp.hims.net", DNS_SRV);
        }
    }
}

static void a_name_whose_pointer_goes_forward_or_to_itself_ends(void **state)
{
    struct packet self = answer_to("a.test", DNS_A, 0), forward = self;

    (void)state;
    self.octets[7] = 1;
    put16(&self, 0xc000 | self.len);
    put32(&self, 0x00010001);
    put32(&self, 60);
    put16(&self, 0);
    assert_int_equal(strtol(reading(&self, "a.test", DNS_A), NULL, 10), -EPROTO);
    forward.octets[7] = 1;
    put16(&forward, 0xc000 | (forward.len + 2));
    put16(&forward, 0xc000 | forward.len);
    put32(&forward, 60);
    put32(&forward, 0);
    assert_int_equal(strtol(reading(&forward, "a.test", DNS_A), NULL, 10), -EPROTO);
}

static void a_name_longer_than_a_name_may_be_is_refused(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0);
    static const char label[] = "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij";

    (void)state;
    p.octets[7] = 1;
    for (int i = 0; i < 5; i++)
        put_text(&p, label, 60);
    put8(&p, 0);
    put32(&p, 0x00010001);
    put32(&p, 60);
    put16(&p, 0);
    assert_int_equal(strtol(reading(&p, "a.test", DNS_A), NULL, 10), -EPROTO);
}

static void odd_octets_in_a_name_cannot_pass_for_another_name(void **state)
{
    struct packet p = answer_to("_sip._udp.hims.net", DNS_SRV, 0);
    size_t start = begin_record(&p, NULL, DNS_SRV, 60, 1);

    (void)state;
    put32(&p, 0);
    put16(&p, 5060);
    put_text(&p, "a.b\n\"", 5);
    put8(&p, 0);
    end_record(&p, start);
    assert_string_equal(reading(&p, "_sip._udp.hims.net", DNS_SRV), "0 60s 0 0 5060 a?b??");
}

static void more_records_than_anybody_needs_are_cut(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0);
    struct dns_answer *a;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        put_a(&p, NULL, 60, i);
    a = dns_parse(p.octets, p.len, "a.test", DNS_A);
    assert_int_equal(a->err, 0);
    assert_int_equal(a->count, DNS_MAX_RR);
    free(a);
}

static void data_that_does_not_fill_its_length_is_refused(void **state)
{
    struct packet p = answer_to("a.test", DNS_A, 0);
    size_t start = begin_record(&p, NULL, DNS_A, 60, 1);

    (void)state;
    put16(&p, 0xc000);
    end_record(&p, start);
    assert_int_equal(strtol(reading(&p, "a.test", DNS_A), NULL, 10), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_read_with_its_ttl),
        cmocka_unit_test(srv_and_naptr_read_as_they_are_written_in_a_zone),
        cmocka_unit_test(a_naptr_with_a_regexp_is_marked),
        cmocka_unit_test(DNS_10_a_chain_in_any_order_is_followed_and_the_least_ttl_counts),
        cmocka_unit_test(DNS_10_a_chain_that_leaves_the_answer_says_where_to_ask_on),
        cmocka_unit_test(DNS_10_a_loop_inside_one_answer_is_an_error),
        cmocka_unit_test(
            what_does_not_exist_is_kept_as_long_as_the_soa_says_and_five_seconds_at_most),
        cmocka_unit_test(a_ttl_with_the_top_bit_is_zero_and_a_huge_one_is_a_day),
        cmocka_unit_test(an_answer_to_another_question_is_refused),
        cmocka_unit_test(a_packet_cut_at_any_octet_does_no_harm),
        cmocka_unit_test(any_single_wrong_octet_does_no_harm),
        cmocka_unit_test(a_name_whose_pointer_goes_forward_or_to_itself_ends),
        cmocka_unit_test(a_name_longer_than_a_name_may_be_is_refused),
        cmocka_unit_test(odd_octets_in_a_name_cannot_pass_for_another_name),
        cmocka_unit_test(more_records_than_anybody_needs_are_cut),
        cmocka_unit_test(data_that_does_not_fill_its_length_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
