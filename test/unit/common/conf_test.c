/* SPDX-License-Identifier: Apache-2.0 */
/* lab.yaml: what is read, what it becomes, and what can be asked. */
#include "conf_sample.h"

/* ---- reading ---- */

static void what_the_file_says_is_in_the_struct(void **state)
{
    const struct conf_subscriber *alice;
    char text[ADDR_TEXT];

    (void)state;
    assert_loads(load_changed("", "", 0));
    assert_string_equal(conf.file, "lab.yaml");
    assert_string_equal(conf.sims_file, "sims.yaml");
    assert_string_equal(conf.mcc, "001");
    assert_string_equal(addr_host(&conf.hss.element.address, text), "10.60.4.30");
    assert_int_equal(conf.scscf[0].capability_count, 2);
    assert_int_equal(conf.scscf[0].capability[1], 7);
    assert_int_equal(conf.timers.sip_t1_ms, 250);
    alice = conf_subscriber_by_imsi(&conf, "001010000000002");
    assert_non_null(alice);
    assert_int_equal(alice->impu_count, 3);
    assert_true(alice->impu[0].barred);
    assert_string_equal(alice->impu[1].id, "sip:alice@hims.net");
    assert_false(alice->impu[1].barred);
    assert_int_equal(conf.subscriber[1].auth, AUTH_DIGEST_MD5);
}

static void what_the_file_does_not_say_has_its_default(void **state)
{
    (void)state;
    assert_loads(load_changed("", "", 0));
    assert_string_equal(conf.state_dir, "run/state");
    assert_int_equal(conf.pcscf[0].port, 5060);
    assert_int_equal(conf.pcscf[0].ipsec, IPSEC_OPTIONAL);
    assert_int_equal(conf.scscf[0].min_expires_s, 60);
    assert_int_equal(conf.timers.reg_await_auth_s, 240);
    assert_int_equal(conf.timers.sip_t2_ms, 4000);
    assert_int_equal(conf.dns.prefer, CONF_UDP);
    assert_true(conf.subscriber[0].gprs);
    assert_true(conf.subscriber[0].registration_allowed);
    assert_int_equal(conf.terminal[0].max_forwards, 70);
    assert_string_equal(conf.terminal[0].pdp_type, "ipv4");
    assert_int_equal(conf.ggsn.apn[0].mtu, 1400);
}

static void a_map_that_is_empty_or_absent_has_its_defaults(void **state)
{
    (void)state;
    assert_loads(load_changed("timers:\n  sip_t1_ms: 250\n", "", 0));
    assert_int_equal(conf.timers.sip_t1_ms, 500);
    conf_free(&conf);
    assert_loads(load_changed("  sip_t1_ms: 250\n", "", 0));
    assert_int_equal(conf.timers.sip_t1_ms, 500);
}

static void names_hosts_and_the_hss_follow_from_the_domains(void **state)
{
    (void)state;
    assert_loads(load_changed("", "", 0));
    assert_string_equal(conf.pcscf[0].element.name, "pcscf1");
    assert_string_equal(conf.pcscf[0].element.host, "pcscf1.vims.net");
    assert_string_equal(conf.pcscf[0].visited_network_id, "vims.net");
    assert_string_equal(conf.sgsn.element.host, "sgsn.vims.net");
    assert_string_equal(conf.scscf[0].element.host, "scscf1.hims.net");
    assert_string_equal(conf.hss.identity, "hss.hims.net");
    assert_string_equal(conf.hss.realm, "hims.net");
}

static void an_apn_hands_out_the_pcscfs_and_the_dns_of_the_lab(void **state)
{
    const struct conf_apn *apn = conf.ggsn.apn;
    char text[ADDR_TEXT];

    (void)state;
    assert_loads(load_changed("", "", 0));
    assert_int_equal(apn->pcscf_count, 2);
    assert_string_equal(addr_host(&apn->pcscf[0], text), "10.60.2.10");
    assert_string_equal(addr_host(&apn->pcscf[1], text), "fd00:60::2:10");
    assert_int_equal(apn->dns_count, 1);
    assert_string_equal(addr_host(&apn->dns[0], text), "10.60.3.53");
    assert_string_equal(conf.subscriber[0].apn[0], "ims");
    assert_int_equal(conf.subscriber[1].apn_count, 0);
    assert_string_equal(conf.terminal[0].apn, "ims");
}

static void an_external_element_keeps_its_host_and_has_the_strangers_address(void **state)
{
    char text[ADDR_TEXT];

    (void)state;
    assert_loads(load_changed("hss: {address: 10.60.4.30}",
                              "hss: {external: 192.0.2.7, identity: hss.example.org}", 0));
    assert_true(conf.hss.element.external);
    assert_string_equal(addr_host(&conf.hss.element.address, text), "192.0.2.7");
    assert_string_equal(conf.hss.element.host, "hss.hims.net");
    assert_string_equal(conf.hss.identity, "hss.example.org");
    assert_false(conf.dns.element.external);
}

static void two_external_elements_may_share_an_address(void **state)
{
    char *changed = with(lab_yaml, "  - address: 10.60.4.10", "  - external: 192.0.2.7");
    char *both = with(changed, "  - address: 10.60.4.20", "  - external: 192.0.2.7");

    (void)state;
    write_file("lab.yaml", both, 0644);
    free(changed);
    free(both);
    assert_loads(conf_load(&conf, "lab.yaml", 0, &why));
}

/* ---- asking ---- */

static void an_address_has_the_name_of_its_element(void **state)
{
    struct addr a;

    (void)state;
    assert_loads(load_changed("      pool: 10.45.0.0/24\n",
                              "      pool: 10.45.0.0/24\n      pool6: 'fd00:45::/64'\n", 0));
    a = address("10.60.2.10");
    assert_string_equal(conf_name_of(&conf, &a), "pcscf1");
    a = address("fd00:60::2:10");
    assert_string_equal(conf_name_of(&conf, &a), "pcscf1");
    a = address("10.60.3.53");
    assert_string_equal(conf_name_of(&conf, &a), "dns");
    a = address("10.45.0.77");
    assert_string_equal(conf_name_of(&conf, &a), "ue");
    a = address("fd00:45::77");
    assert_string_equal(conf_name_of(&conf, &a), "ue");
    a = address("10.60.1.1");
    assert_string_equal(conf_name_of(&conf, &a), "ue");
    a = address("10.46.0.1");
    assert_null(conf_name_of(&conf, &a));
    memset(&a, 0, sizeof a);
    assert_null(conf_name_of(&conf, &a));
}

static void only_the_cores_sip_elements_are_trusted(void **state)
{
    static const char *const trusted[] = {"10.60.2.10", "fd00:60::2:10", "10.60.4.10",
                                          "10.60.4.20"};
    static const char *const others[] = {"10.60.2.1", "10.60.3.53", "10.60.4.30", "10.45.0.1",
                                         "192.0.2.1"};
    struct addr a;

    (void)state;
    assert_loads(load_changed("", "", 0));
    for (size_t i = 0; i < COUNT(trusted); i++) {
        a = address(trusted[i]);
        assert_true(conf_trusted(&conf, &a));
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        a = address(others[i]);
        assert_false(conf_trusted(&conf, &a));
    }
}

static void elements_are_found_by_name_and_the_first_without(void **state)
{
    (void)state;
    assert_loads(load_changed("icscf:\n", "icscf:\n  - {name: other, address: 10.60.4.11}\n", 0));
    assert_ptr_equal(conf_icscf(&conf, "icscf2"), &conf.icscf[1]);
    assert_ptr_equal(conf_icscf(&conf, NULL), &conf.icscf[0]);
    assert_null(conf_icscf(&conf, "nobody"));
    assert_ptr_equal(conf_pcscf(&conf, "pcscf1"), &conf.pcscf[0]);
    assert_ptr_equal(conf_scscf(&conf, NULL), &conf.scscf[0]);
    assert_ptr_equal(conf_terminal(&conf, "alice"), &conf.terminal[0]);
    assert_null(conf_terminal(&conf, "bob"));
    assert_null(conf_subscriber_by_imsi(&conf, "")); /* carol has none */
}

static void the_entries_are_all_elements_in_the_order_of_the_ladder(void **state)
{
    static const char *const names[] = {"sgsn", "ggsn", "pcscf1", "dns", "icscf1", "scscf1", "hss"};
    struct conf_entry entry[CONF_ENTRIES];

    (void)state;
    assert_loads(load_changed("", "", 0));
    assert_int_equal(conf_entries(&conf, entry), COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(entry[i].element->name, names[i]);
    assert_int_equal(entry[6].port, 3868);
    assert_string_equal(conf_kind_name(entry[4].kind), "icscf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_file_says_is_in_the_struct),
        TEST(what_the_file_does_not_say_has_its_default),
        TEST(a_map_that_is_empty_or_absent_has_its_defaults),
        TEST(names_hosts_and_the_hss_follow_from_the_domains),
        TEST(an_apn_hands_out_the_pcscfs_and_the_dns_of_the_lab),
        TEST(an_external_element_keeps_its_host_and_has_the_strangers_address),
        TEST(two_external_elements_may_share_an_address),
        TEST(an_address_has_the_name_of_its_element),
        TEST(only_the_cores_sip_elements_are_trusted),
        TEST(elements_are_found_by_name_and_the_first_without),
        TEST(the_entries_are_all_elements_in_the_order_of_the_ladder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
