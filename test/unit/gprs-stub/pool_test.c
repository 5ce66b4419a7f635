/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../gprs-stub/pool.h"

#include <errno.h>

#include "../gprs_hex.h"

static struct pool open_pool(const char *text)
{
    struct prefix prefix;
    struct pool pool;

    assert_int_equal(prefix_parse(&prefix, text), 0);
    pool_open(&pool, &prefix);
    return pool;
}

static const char *take(struct pool *pool, char host[ADDR_TEXT])
{
    struct addr a;

    return pool_take(pool, &a) == 0 ? addr_host(&a, host) : "none";
}

static int give_back(struct pool *pool, const char *text)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, text, 0), 0);
    return pool_give_back(pool, &a);
}

static void addresses_are_given_from_the_lowest(void **state)
{
    struct pool pool = open_pool("10.45.0.0/24");
    char host[ADDR_TEXT];

    (void)state;
    assert_string_equal(take(&pool, host), "10.45.0.2"); /* .1 is the GGSN's own */
    assert_string_equal(take(&pool, host), "10.45.0.3");
    assert_int_equal(pool_size(&pool), 253);
    assert_int_equal(pool.taken, 2);
    pool_close(&pool);
}

static void GPR_17_an_exhausted_pool_gives_none_until_one_comes_back(void **state)
{
    struct pool pool = open_pool("10.45.0.0/29");
    char host[ADDR_TEXT];

    (void)state;
    for (int i = 2; i < 7; i++)
        assert_string_not_equal(take(&pool, host), "none");
    assert_string_equal(host, "10.45.0.6"); /* .7 is broadcast */
    assert_string_equal(take(&pool, host), "none");
    assert_int_equal(give_back(&pool, "10.45.0.4"), 0);
    assert_string_equal(take(&pool, host), "10.45.0.4");
    assert_string_equal(take(&pool, host), "none");
    pool_close(&pool);
}

static void GPR_27_an_address_that_came_back_is_the_last_to_be_given_again(void **state)
{
    struct pool pool = open_pool("10.45.0.0/29");
    char host[ADDR_TEXT];

    (void)state;
    assert_string_equal(take(&pool, host), "10.45.0.2");
    assert_string_equal(take(&pool, host), "10.45.0.3");
    assert_int_equal(give_back(&pool, "10.45.0.3"), 0);
    assert_int_equal(give_back(&pool, "10.45.0.2"), 0);
    for (int i = 4; i < 7; i++)
        take(&pool, host);
    assert_string_equal(host, "10.45.0.6");
    assert_string_equal(take(&pool, host), "10.45.0.3");
    assert_string_equal(take(&pool, host), "10.45.0.2");
    assert_string_equal(take(&pool, host), "none");
    pool_close(&pool);
}

static void what_was_not_taken_does_not_come_back(void **state)
{
    struct pool pool = open_pool("10.45.0.0/29");
    char host[ADDR_TEXT];
    struct addr none = {0};

    (void)state;
    take(&pool, host);
    assert_int_equal(give_back(&pool, "10.45.0.3"), -EINVAL);
    assert_int_equal(give_back(&pool, "10.45.0.1"), -EINVAL);
    assert_int_equal(give_back(&pool, "10.45.1.2"), -EINVAL);
    assert_int_equal(give_back(&pool, "2001:db8::2"), -EINVAL);
    assert_int_equal(pool_give_back(&pool, &none), -EINVAL);
    assert_int_equal(give_back(&pool, "10.45.0.2"), 0);
    assert_int_equal(give_back(&pool, "10.45.0.2"), -EINVAL);
    pool_close(&pool);
}

static void ipv6_pools_give_addresses_of_their_prefix(void **state)
{
    struct pool pool = open_pool("fd00:45::/64");
    char host[ADDR_TEXT];

    (void)state;
    assert_string_equal(take(&pool, host), "fd00:45::2");
    assert_string_equal(take(&pool, host), "fd00:45::3");
    assert_int_equal(give_back(&pool, "fd00:45::3"), 0);
    pool_close(&pool);
    pool = open_pool("fd00:45::f0/125");
    for (int i = 2; i < 8; i++)
        take(&pool, host);
    assert_string_equal(host, "fd00:45::f7");
    assert_string_equal(take(&pool, host), "none");
    pool_close(&pool);
}

static void a_pool_that_is_not_configured_is_empty(void **state)
{
    struct prefix none = {0};
    struct pool pool;
    char host[ADDR_TEXT];

    (void)state;
    pool_open(&pool, &none);
    assert_int_equal(pool_size(&pool), 0);
    assert_string_equal(take(&pool, host), "none");
    assert_int_equal(give_back(&pool, "10.45.0.2"), -EINVAL);
    pool_close(&pool);
}

static void a_large_pool_is_bounded_and_whole(void **state)
{
    struct pool pool = open_pool("10.0.0.0/8");
    struct addr a;
    uint32_t n = 0;

    (void)state;
    while (pool_take(&pool, &a) == 0)
        n++;
    assert_int_equal(n, pool_size(&pool));
    assert_int_equal(n, (1 << 20) - 2);
    pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_given_from_the_lowest),
        cmocka_unit_test(GPR_17_an_exhausted_pool_gives_none_until_one_comes_back),
        cmocka_unit_test(GPR_27_an_address_that_came_back_is_the_last_to_be_given_again),
        cmocka_unit_test(what_was_not_taken_does_not_come_back),
        cmocka_unit_test(ipv6_pools_give_addresses_of_their_prefix),
        cmocka_unit_test(a_pool_that_is_not_configured_is_empty),
        cmocka_unit_test(a_large_pool_is_bounded_and_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
