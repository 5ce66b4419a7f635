/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "addr.h"

static struct addr address(const char *host, uint16_t port)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, host, port), 0);
    return a;
}

static struct prefix prefix(const char *text)
{
    struct prefix p;

    assert_int_equal(prefix_parse(&p, text), 0);
    return p;
}

static bool has(const char *text, const char *host)
{
    struct prefix p = prefix(text);
    struct addr a = address(host, 0);

    return prefix_has(&p, &a);
}

static void an_address_is_written_as_it_was_read(void **state)
{
    struct addr v4 = address("10.60.2.10", 5060), v6 = address("2001:DB8:0::1", 5060);
    char text[ADDR_TEXT];

    (void)state;
    assert_string_equal(addr_host(&v4, text), "10.60.2.10");
    assert_string_equal(addr_uri_host(&v4, text), "10.60.2.10");
    assert_string_equal(addr_text(&v4, text), "10.60.2.10:5060");
    assert_string_equal(addr_host(&v6, text), "2001:db8::1");
    assert_string_equal(addr_uri_host(&v6, text), "[2001:db8::1]");
    assert_string_equal(addr_text(&v6, text), "[2001:db8::1]:5060");
    assert_true(addr_is_v6(&v6));
    assert_false(addr_is_v6(&v4));
    assert_int_equal(addr_len(&v4), sizeof(struct sockaddr_in));
    assert_int_equal(addr_len(&v6), sizeof(struct sockaddr_in6));
}

static void the_longest_address_fits_its_text(void **state)
{
    struct addr a = address("fedc:ba98:7654:3210:fedc:ba98:7654:3210", 65535);
    char text[ADDR_TEXT];

    (void)state;
    assert_string_equal(addr_text(&a, text), "[fedc:ba98:7654:3210:fedc:ba98:7654:3210]:65535");
    a = address("::ffff:255.255.255.255", 65535);
    assert_string_equal(addr_text(&a, text), "[::ffff:255.255.255.255]:65535");
}

static void brackets_are_taken_off(void **state)
{
    struct addr with = address("[2001:db8::1]", 1), without = address("2001:db8::1", 1);

    (void)state;
    assert_true(addr_same(&with, &without));
}

static void what_is_no_address_is_refused_and_left_unset(void **state)
{
    static const char *const bad[] = {"",
                                      "10.60.2",
                                      "10.60.2.256",
                                      "hims.net",
                                      "[",
                                      "[]",
                                      "[10.0.0.1",
                                      "10.0.0.1:5060",
                                      "10.0.0.1 ",
                                      "2001:db8::g",
                                      "fe80::1%eth0",
                                      "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"};
    struct addr a;
    char text[ADDR_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memset(&a, 0xff, sizeof a);
        assert_int_equal(addr_parse(&a, bad[i], 5060), -EINVAL);
        assert_false(addr_is_set(&a));
        assert_string_equal(addr_text(&a, text), "-");
        assert_string_equal(addr_uri_host(&a, text), "-");
    }
}

static void same_compares_host_and_port_and_family(void **state)
{
    struct addr a = address("10.0.0.1", 5060), b = address("10.0.0.1", 5061);
    struct addr mapped = address("::ffff:10.0.0.1", 5060), unset;

    (void)state;
    memset(&unset, 0, sizeof unset);
    assert_true(addr_same_host(&a, &b));
    assert_false(addr_same(&a, &b));
    b = addr_with_port(b, 5060);
    assert_true(addr_same(&a, &b));
    assert_false(addr_same_host(&a, &mapped));
    assert_false(addr_same_host(&a, &unset));
}

static void a_socket_address_is_copied_by_its_family(void **state)
{
    struct addr v6 = address("2001:db8::1", 5060), copy = addr_from(&v6.sa);
    struct sockaddr_un local = {.sun_family = AF_UNIX};

    (void)state;
    assert_true(addr_same(&copy, &v6));
    copy = addr_from((struct sockaddr *)&local);
    assert_false(addr_is_set(&copy));
}

static void octets_go_both_ways(void **state)
{
    struct addr a = address("10.60.2.10", 2152), b;
    const uint8_t *octets;
    size_t len;

    (void)state;
    octets = addr_octets(&a, &len);
    assert_int_equal(len, 4);
    assert_int_equal(octets[0], 10);
    assert_int_equal(octets[3], 10);
    assert_int_equal(addr_from_octets(&b, octets, len, 2152), 0);
    assert_true(addr_same(&a, &b));
    a = address("2001:db8::7", 2152);
    octets = addr_octets(&a, &len);
    assert_int_equal(len, 16);
    assert_int_equal(addr_from_octets(&b, octets, len, 2152), 0);
    assert_true(addr_same(&a, &b));
    assert_int_equal(addr_from_octets(&b, octets, 5, 2152), -EINVAL);
    assert_false(addr_is_set(&b));
    assert_null(addr_octets(&b, &len));
}

static void a_prefix_has_what_its_bits_say(void **state)
{
    (void)state;
    assert_true(has("10.45.0.0/24", "10.45.0.0"));
    assert_true(has("10.45.0.0/24", "10.45.0.255"));
    assert_false(has("10.45.0.0/24", "10.45.1.0"));
    assert_true(has("10.45.0.128/25", "10.45.0.200"));
    assert_false(has("10.45.0.128/25", "10.45.0.127"));
    assert_true(has("10.45.0.4/30", "10.45.0.7"));
    assert_false(has("10.45.0.4/30", "10.45.0.8"));
    assert_true(has("0.0.0.0/0", "192.0.2.1"));
    assert_true(has("10.45.0.9/32", "10.45.0.9"));
    assert_false(has("10.45.0.9/32", "10.45.0.8"));
    assert_true(has("fd00:45::/64", "fd00:45::ffff:1"));
    assert_false(has("fd00:45::/64", "fd00:45:0:1::"));
    assert_false(has("::/0", "10.0.0.1"));
}

static void a_prefix_that_is_not_set_has_nothing(void **state)
{
    struct prefix none;
    struct addr a = address("10.0.0.1", 0), unset;

    (void)state;
    memset(&none, 0, sizeof none);
    memset(&unset, 0, sizeof unset);
    assert_false(prefix_has(&none, &a));
    assert_false(prefix_has(&none, &unset));
}

static void what_is_no_prefix_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "10.45.0.0",
                                      "10.45.0.0/",
                                      "10.45.0.0/33",
                                      "10.45.0.1/24",
                                      "fd00:45::/129",
                                      "fd00:45::1/64",
                                      "10.45.0.0/24x",
                                      "10.45.0.0/ 24",
                                      "10.45.0.0/+24",
                                      "10.45.0.0/-1",
                                      "/24"};
    struct prefix p;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (prefix_parse(&p, bad[i]) != -EINVAL)
            fail_msg("'%s' was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_written_as_it_was_read),
        cmocka_unit_test(the_longest_address_fits_its_text),
        cmocka_unit_test(brackets_are_taken_off),
        cmocka_unit_test(what_is_no_address_is_refused_and_left_unset),
        cmocka_unit_test(same_compares_host_and_port_and_family),
        cmocka_unit_test(a_socket_address_is_copied_by_its_family),
        cmocka_unit_test(octets_go_both_ways),
        cmocka_unit_test(a_prefix_has_what_its_bits_say),
        cmocka_unit_test(a_prefix_that_is_not_set_has_nothing),
        cmocka_unit_test(what_is_no_prefix_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
