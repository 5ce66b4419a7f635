/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns_cache.h"

static void put(struct dns_cache *cache, uint64_t now_ms, const char *name, uint32_t ttl_s, int err)
{
    struct dns_answer *a = dns_failure(err, ttl_s);

    dns_cache_put(cache, now_ms, name, DNS_A, a);
    free(a);
}

static void DNS_09_an_answer_is_good_until_its_ttl_is_over_and_not_a_moment_longer(void **state)
{
    struct dns_cache *cache = dns_cache_new(4);

    (void)state;
    put(cache, 1000, "A.test", 2, -ENOENT);
    assert_non_null(dns_cache_get(cache, 2999, "a.TEST", DNS_A));
    assert_null(dns_cache_get(cache, 2999, "a.test", DNS_SRV));
    assert_null(dns_cache_get(cache, 3000, "a.test", DNS_A));
    assert_int_equal(dns_cache_count(cache), 0);
    dns_cache_free(cache);
}

static void a_ttl_of_zero_is_not_kept_and_drops_what_was_known(void **state)
{
    struct dns_cache *cache = dns_cache_new(4);

    (void)state;
    put(cache, 0, "a.test", 60, 0);
    put(cache, 0, "a.test", 0, 0);
    assert_null(dns_cache_get(cache, 0, "a.test", DNS_A));
    dns_cache_free(cache);
}

static void a_newer_answer_replaces_the_older_one(void **state)
{
    struct dns_cache *cache = dns_cache_new(4);

    (void)state;
    put(cache, 0, "a.test", 60, 0);
    put(cache, 10, "a.test", 60, -ENOENT);
    assert_int_equal(dns_cache_get(cache, 20, "a.test", DNS_A)->err, -ENOENT);
    assert_int_equal(dns_cache_count(cache), 1);
    dns_cache_free(cache);
}

static void a_full_cache_forgets_what_was_used_longest_ago(void **state)
{
    struct dns_cache *cache = dns_cache_new(3);

    (void)state;
    put(cache, 0, "a.test", 60, 0);
    put(cache, 0, "b.test", 60, 0);
    put(cache, 0, "c.test", 60, 0);
    assert_non_null(dns_cache_get(cache, 1, "a.test", DNS_A));
    put(cache, 2, "d.test", 60, 0);
    assert_int_equal(dns_cache_count(cache), 3);
    assert_non_null(dns_cache_get(cache, 3, "a.test", DNS_A));
    assert_null(dns_cache_get(cache, 3, "b.test", DNS_A));
    dns_cache_free(cache);
}

static void a_flood_of_names_does_not_grow_it(void **state)
{
    struct dns_cache *cache = dns_cache_new(100);
    char name[32];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "n%d.test", i);
        put(cache, 0, name, 60, 0);
    }
    assert_int_equal(dns_cache_count(cache), 100);
    assert_non_null(dns_cache_get(cache, 1, "n9999.test", DNS_A));
    dns_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DNS_09_an_answer_is_good_until_its_ttl_is_over_and_not_a_moment_longer),
        cmocka_unit_test(a_ttl_of_zero_is_not_kept_and_drops_what_was_known),
        cmocka_unit_test(a_newer_answer_replaces_the_older_one),
        cmocka_unit_test(a_full_cache_forgets_what_was_used_longest_ago),
        cmocka_unit_test(a_flood_of_names_does_not_grow_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
