/* SPDX-License-Identifier: Apache-2.0 */
/* Where a terminal's REGISTER may be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "../../../pcscf/entry.h"

static struct conf conf;
static struct conf_terminal terminal;

static int begin(void **state)
{
    (void)state;
    memset(&conf, 0, sizeof conf);
    conf.icscf_count = conf.scscf_count = 1;
    strcpy(conf.icscf[0].element.name, "icscf1");
    addr_parse(&conf.icscf[0].element.address, "10.60.4.10", 0);
    addr_parse(&conf.icscf[0].element.address6, "fd00:60::4:10", 0);
    conf.icscf[0].port = 5060;
    strcpy(conf.scscf[0].element.name, "scscf1");
    addr_parse(&conf.scscf[0].element.address, "10.60.4.20", 0);
    conf.scscf[0].port = 5060;
    strcpy(conf.hss.element.name, "hss");
    addr_parse(&conf.hss.element.address, "10.60.4.30", 0);
    conf.terminal = &terminal;
    conf.terminal_count = 1;
    addr_parse(&terminal.gb_address, "10.60.1.1", 0);
    return 0;
}

static bool may_go(const char *host, uint16_t port)
{
    struct sip_targets found = {.count = 1}, kept;
    char why[ENTRY_WHY];
    bool left_out;

    addr_parse(&found.target[0].addr, host, port);
    left_out = entry_keep(&conf, &found, &kept, why);
    assert_int_equal(left_out, kept.count == 0);
    assert_int_equal(*why == 0, kept.count == 1);
    return kept.count == 1;
}

static void an_icscf_and_strangers_are_entries(void **state)
{
    (void)state;
    assert_true(may_go("10.60.4.10", 5060));
    assert_true(may_go("fd00:60::4:10", 5060));
    assert_true(may_go("192.0.2.1", 5062));
    assert_true(may_go("2001:db8::1", 5060));
}

static void elements_and_terminals_of_the_lab_are_not(void **state)
{
    (void)state;
    assert_false(may_go("10.60.4.20", 5060));
    assert_false(may_go("10.60.4.30", 3868));
    assert_false(may_go("10.60.4.10", 3868)); /* the I-CSCF's host, not its SIP */
    assert_false(may_go("10.60.1.1", 5060));
}

static void neither_is_what_is_no_address_of_one_host(void **state)
{
    static const char *const hosts[] = {
        "0.0.0.0", "127.0.0.1", "224.0.1.75", "255.255.255.255",  "::", "::1", "ff02::1",
        "fe80::1", "240.1.1.1", "0.1.2.3",    "::ffff:10.60.4.30"};

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        assert_false(may_go(hosts[i], 5060));
}

static void the_order_of_dns_stays_and_the_sentence_names_the_last_left_out(void **state)
{
    struct sip_targets found = {.count = 3}, kept;
    char why[ENTRY_WHY];

    (void)state;
    addr_parse(&found.target[0].addr, "10.60.4.30", 5060);
    addr_parse(&found.target[1].addr, "192.0.2.1", 5060);
    addr_parse(&found.target[2].addr, "10.60.4.10", 5060);
    assert_true(entry_keep(&conf, &found, &kept, why));
    assert_int_equal(kept.count, 2);
    assert_true(addr_same(&kept.target[0].addr, &found.target[1].addr));
    assert_string_equal(why, "10.60.4.30:5060 is no I-CSCF but something else of this lab");
}

static bool is_named(const char *text)
{
    char copy[100];
    url_t url;

    strcpy(copy, text);
    assert_int_equal(url_d(&url, copy), 0);
    return entry_is_named(&conf, &url);
}

static void a_network_is_named_by_its_domain_or_its_icscf(void **state)
{
    (void)state;
    assert_true(is_named("sip:hims.net"));
    assert_true(is_named("sip:10.60.4.10"));
    assert_true(is_named("sip:[fd00:60::4:10]:5060"));
    assert_false(is_named("sip:10.60.4.10:5061"));
    assert_false(is_named("sip:192.0.2.1"));
    assert_false(is_named("sip:[2001:db8::1]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_icscf_and_strangers_are_entries, begin),
        cmocka_unit_test_setup(elements_and_terminals_of_the_lab_are_not, begin),
        cmocka_unit_test_setup(neither_is_what_is_no_address_of_one_host, begin),
        cmocka_unit_test_setup(the_order_of_dns_stays_and_the_sentence_names_the_last_left_out,
                               begin),
        cmocka_unit_test_setup(a_network_is_named_by_its_domain_or_its_icscf, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
