/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../pcscf/contact.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct contacts *contacts;

static int begin(void **state)
{
    (void)state;
    contacts = contacts_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    contacts_free(contacts);
    return 0;
}

static struct addr at(const char *host, unsigned port)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, host, port), 0);
    return a;
}

static void put(const char *host, unsigned port, const char *impu, const char *uri, int64_t until_s)
{
    struct contact c = {.source = at(host, port), .uri = uri, .until_s = until_s};

    snprintf(c.impi, sizeof c.impi, "name.private@hims.net");
    snprintf(c.impu, sizeof c.impu, "%s", impu);
    contact_put(contacts, &c, 100);
}

static const char *who(const char *host, unsigned port, int64_t now_s)
{
    struct addr a = at(host, port);
    const struct contact *c = contact_find(contacts, &a, now_s);

    return c ? c->impu : "nobody";
}

static void a_contact_is_found_by_its_address_and_port_until_it_expires(void **state)
{
    (void)state;
    put("10.45.0.2", 5060, "sip:a@h", "sip:10.45.0.2", 200);
    assert_string_equal(who("10.45.0.2", 5060, 199), "sip:a@h");
    assert_string_equal(who("10.45.0.2", 5060, 200), "nobody");
    assert_string_equal(who("10.45.0.2", 5061, 199), "nobody");
    assert_string_equal(who("10.45.0.3", 5060, 199), "nobody");
    assert_int_equal(contact_count(contacts, 199), 1);
    assert_int_equal(contact_count(contacts, 200), 0);
}

static void an_ipv6_address_is_an_address(void **state)
{
    (void)state;
    put("2001:db8::2", 5060, "sip:a@h", "sip:[2001:db8::2]", 200);
    assert_string_equal(who("2001:db8::2", 5060, 100), "sip:a@h");
    assert_string_equal(who("2001:db8::3", 5060, 100), "nobody");
}

static void two_identities_behind_one_address_live_side_by_side(void **state)
{
    (void)state;
    put("10.45.0.2", 5060, "sip:a@h", "sip:10.45.0.2", 200);
    put("10.45.0.2", 5060, "sip:b@h", "sip:10.45.0.2", 300);
    assert_string_equal(who("10.45.0.2", 5060, 100), "sip:b@h");
    assert_int_equal(contact_remove(contacts, "name.private@hims.net", "sip:b@h", NULL), 1);
    assert_string_equal(who("10.45.0.2", 5060, 100), "sip:a@h");
}

static void the_same_contact_from_a_new_connection_replaces_the_old(void **state)
{
    (void)state;
    put("10.45.0.2", 40001, "sip:a@h", "sip:10.45.0.2", 200);
    put("10.45.0.2", 40002, "sip:a@h", "sip:10.45.0.2", 200);
    assert_string_equal(who("10.45.0.2", 40001, 100), "nobody");
    assert_string_equal(who("10.45.0.2", 40002, 100), "sip:a@h");
    assert_int_equal(contact_count(contacts, 100), 1);
}

static void only_what_was_named_is_removed(void **state)
{
    (void)state;
    put("10.45.0.2", 5060, "sip:a@h", "sip:10.45.0.2", 200);
    put("10.45.0.3", 5060, "sip:a@h", "sip:10.45.0.3", 200);
    assert_int_equal(contact_remove(contacts, "other@hims.net", "sip:a@h", NULL), 0);
    assert_int_equal(contact_remove(contacts, "name.private@hims.net", "sip:a@h", "sip:10.45.0.2"),
                     1);
    assert_int_equal(contact_count(contacts, 100), 1);
    assert_int_equal(contact_remove(contacts, "name.private@hims.net", "sip:a@h", NULL), 1);
    assert_int_equal(contact_count(contacts, 100), 0);
}

static void what_expired_is_swept_away_by_what_comes_later(void **state)
{
    char uri[64];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(uri, sizeof uri, "sip:x:%u", i);
        put("10.45.0.2", 10000 + i, "sip:a@h", uri, 50); /* expired already */
    }
    for (unsigned i = 0; i < 4096; i++)
        put("10.45.0.9", 5060, "sip:b@h", "sip:10.45.0.9", 200);
    assert_int_equal(contact_count(contacts, 0), 1);
}

static void the_texts_are_copies(void **state)
{
    char uri[32] = "sip:10.45.0.2", route[32] = "<sip:s;lr>";
    struct addr a = at("10.45.0.2", 5060);
    struct contact c = {
        .source = a, .impi = "i", .impu = "u", .uri = uri, .service_route = route, .until_s = 200};

    (void)state;
    contact_put(contacts, &c, 100);
    memset(uri, 'x', sizeof uri - 1);
    memset(route, 'x', sizeof route - 1);
    assert_string_equal(contact_find(contacts, &a, 100)->uri, "sip:10.45.0.2");
    assert_string_equal(contact_find(contacts, &a, 100)->service_route, "<sip:s;lr>");
    assert_null(contact_find(contacts, &a, 100)->associated);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_contact_is_found_by_its_address_and_port_until_it_expires),
        T(an_ipv6_address_is_an_address),
        T(two_identities_behind_one_address_live_side_by_side),
        T(the_same_contact_from_a_new_connection_replaces_the_old),
        T(only_what_was_named_is_removed),
        T(what_expired_is_swept_away_by_what_comes_later),
        T(the_texts_are_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
