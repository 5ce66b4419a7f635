/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../icscf/select.h"
#include "xalloc.h"

static const uint32_t one_two[] = {1, 2}, one_two_three[] = {1, 2, 3}, four[] = {4};

static const struct scscf pool[] = {
    {"sip:a.hims.net:5060", one_two,       2},
    {"sip:b.hims.net:5060", one_two_three, 3},
    {"sip:c.hims.net:5060", four,          1},
    {"sip:d.hims.net:5060", NULL,          0},
};

static struct selection wanting(const uint32_t *mandatory, size_t mandatory_count,
                                const uint32_t *optional, size_t optional_count)
{
    struct selection sel = {0};

    for (size_t i = 0; i < mandatory_count; i++)
        sel.wanted.mandatory[sel.wanted.mandatory_count++] = mandatory[i];
    for (size_t i = 0; i < optional_count; i++)
        sel.wanted.optional[sel.wanted.optional_count++] = optional[i];
    return sel;
}

static void expect(const struct selection *sel, const char *uri)
{
    char got[CX_TEXT];

    assert_int_equal(select_next(sel, pool, COUNT(pool), got), SELECT_FOUND);
    assert_string_equal(got, uri);
}

static void ICS_01_all_mandatory_and_most_optional_capabilities_win(void **state)
{
    struct selection sel = wanting(one_two, 2, one_two_three + 2, 1);

    (void)state;
    expect(&sel, "sip:b.hims.net:5060");
    select_tried(&sel, "sip:b.hims.net:5060");
    expect(&sel, "sip:a.hims.net:5060"); /* best fit: optional ones may be missing */
}

/* How many of 3000 users each of the pool gets; *of: who got which. */
static void spread(const struct scscf *from, size_t count, size_t got[], char of[][CX_TEXT])
{
    for (int i = 0; i < 3000; i++) {
        struct selection sel = {0};
        char user[40];
        size_t k = 0;

        snprintf(user, sizeof user, "user%06d@hims.net", i);
        sel.user = user;
        assert_int_equal(select_next(&sel, from, count, of[i]), SELECT_FOUND);
        while (k < count && strcmp(from[k].uri, of[i]) != 0)
            k++;
        assert_true(k < count);
        got[k]++;
    }
}

static void ICS_01_equals_share_the_users_and_each_finds_the_same_again(void **state)
{
    static char first[3000][CX_TEXT], again[3000][CX_TEXT], without[3000][CX_TEXT];
    size_t got[COUNT(pool)] = {0}, got_again[COUNT(pool)] = {0}, left[COUNT(pool)] = {0};

    (void)state;
    spread(pool, COUNT(pool), got, first);
    spread(pool, COUNT(pool), got_again, again);
    for (size_t i = 0; i < COUNT(pool); i++)
        assert_in_range(got[i], 650, 850); /* 750 each */
    assert_memory_equal(first, again, sizeof first);
    spread(pool, COUNT(pool) - 1, left,
           without); /* d is gone: its users alone move, to all others */
    for (size_t i = 0; i < 3000; i++)
        if (strcmp(first[i], pool[3].uri) != 0)
            assert_string_equal(first[i], without[i]);
    for (size_t i = 0; i < 3; i++)
        assert_in_range(left[i] - got[i], 170, 330); /* 250 each */
}

static void ICS_02_a_mandatory_capability_that_nobody_has_finds_nobody(void **state)
{
    const uint32_t one_nine[] = {1, 9};
    struct selection sel = wanting(one_nine, 2, NULL, 0);
    char uri[CX_TEXT], lacking[64];

    (void)state;
    assert_int_equal(select_next(&sel, pool, COUNT(pool), uri), SELECT_NONE_CAPABLE);
    assert_string_equal(select_lacking(&sel, pool, COUNT(pool), lacking, sizeof lacking), "9");
}

static void capabilities_that_never_stand_together_are_named_together(void **state)
{
    const uint32_t one_four[] = {1, 4};
    struct selection sel = wanting(one_four, 2, NULL, 0);
    char uri[CX_TEXT], lacking[64];

    (void)state;
    assert_int_equal(select_next(&sel, pool, COUNT(pool), uri), SELECT_NONE_CAPABLE);
    assert_string_equal(select_lacking(&sel, pool, COUNT(pool), lacking, sizeof lacking), "1, 4");
}

static void ICS_04_names_override_the_numbers_and_come_in_their_order(void **state)
{
    struct selection sel = wanting(four, 1, NULL, 0);
    char uri[CX_TEXT];

    (void)state;
    strcpy(sel.wanted.server[0], "not a uri");
    strcpy(sel.wanted.server[1], "sip:stranger.example:5070");
    strcpy(sel.wanted.server[2], "sip:a.hims.net");
    sel.wanted.server_count = 3;
    expect(&sel, "sip:stranger.example:5070");
    select_tried(&sel, "sip:stranger.example:5070");
    expect(&sel, "sip:a.hims.net");
    select_tried(&sel, "sip:A.hims.net:5060;transport=udp");
    assert_int_equal(select_next(&sel, pool, COUNT(pool), uri), SELECT_ALL_TRIED);
}

static void ICS_09_when_all_were_tried_there_is_none(void **state)
{
    struct selection sel = wanting(one_two, 2, NULL, 0);
    char uri[CX_TEXT];

    (void)state;
    select_tried(&sel, "sip:a.hims.net:5060");
    select_tried(&sel, "sip:b.hims.net:5060");
    assert_int_equal(select_next(&sel, pool, COUNT(pool), uri), SELECT_ALL_TRIED);
}

static void trying_ends_even_when_the_hss_gives_names_for_ever(void **state)
{
    struct selection sel = {0};
    char uri[CX_TEXT];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(uri, sizeof uri, "sip:s%d.test", i);
        select_tried(&sel, uri);
    }
    assert_int_equal(sel.tried_count, SELECT_MAX_TRIED);
    assert_true(select_was_tried(&sel, "sip:another.test"));
}

static void a_sip_uri_says_where_to_go(void **state)
{
    struct dns_question where;

    (void)state;
    assert_int_equal(select_where("sip:scscf1.hims.net:6060;transport=tcp;lr", &where), 0);
    assert_string_equal(where.host, "scscf1.hims.net");
    assert_int_equal(where.port, 6060);
    assert_int_equal(where.transport, SIP_TCP);
    assert_int_equal(select_where("sip:user@[2001:db8::1]", &where), 0);
    assert_string_equal(where.host, "[2001:db8::1]");
    assert_int_equal(where.port, 0);
    assert_int_equal(where.transport, SIP_ANY);
}

static void ICS_12_what_is_no_sip_uri_goes_nowhere(void **state)
{
    static const char *const bad[] = {
        "",      "scscf1.hims.net",  "tel:+1555",        "sip:",     "sips:s.test",  "sip:s.test:0",
        "sip:@", "sip:s.test:99999", "sip:s.test:5060x", "http://s", "sip:s.test:-1"};
    struct dns_question where;
    char longest[CX_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (select_where(bad[i], &where) != -EINVAL)
            fail_msg("'%s' goes to '%s'", bad[i], where.host);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    memcpy(longest, "sip:", 4);
    assert_int_equal(select_where(longest, &where), -EINVAL);
}

static void the_same_host_and_port_is_the_same_server(void **state)
{
    (void)state;
    assert_true(select_same("sip:s.test", "sip:S.TEST:5060;lr"));
    assert_true(select_same("sip:x@s.test", "sip:s.test"));
    assert_false(select_same("sip:s.test:5070", "sip:s.test"));
    assert_false(select_same("sip:s.test", "nonsense"));
    assert_true(select_same("nonsense", "nonsense"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ICS_01_all_mandatory_and_most_optional_capabilities_win),
        cmocka_unit_test(ICS_01_equals_share_the_users_and_each_finds_the_same_again),
        cmocka_unit_test(ICS_02_a_mandatory_capability_that_nobody_has_finds_nobody),
        cmocka_unit_test(capabilities_that_never_stand_together_are_named_together),
        cmocka_unit_test(ICS_04_names_override_the_numbers_and_come_in_their_order),
        cmocka_unit_test(ICS_09_when_all_were_tried_there_is_none),
        cmocka_unit_test(trying_ends_even_when_the_hss_gives_names_for_ever),
        cmocka_unit_test(a_sip_uri_says_where_to_go),
        cmocka_unit_test(ICS_12_what_is_no_sip_uri_goes_nowhere),
        cmocka_unit_test(the_same_host_and_port_is_the_same_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
