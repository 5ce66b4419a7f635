/* SPDX-License-Identifier: Apache-2.0 */
/* The sentence for everything that is wrong in lab.yaml. */
#include "conf_sample.h"

/* ---- refusing: one value ---- */

static void a_bad_value_names_file_line_and_range(void **state)
{
    (void)state;
    assert_refused("{address: 10.60.4.30}", "{address: 10.60.4.30, port: soon}",
                   "lab.yaml:19: 'port' must be 1..65535, got 'soon'");
    assert_refused("{address: 10.60.4.30}", "{address: 10.60.4.30, port: 65536}",
                   "lab.yaml:19: 'port' must be 1..65535, got '65536'");
    assert_refused("sip_t1_ms: 250", "sip_t1_ms: 0",
                   "lab.yaml:21: 'sip_t1_ms' must be 1..3600000, got '0'");
    assert_refused("sip_t1_ms: 250", "sip_t1_ms: -1",
                   "lab.yaml:21: 'sip_t1_ms' must be 1..3600000, got '-1'");
    assert_refused("sip_t1_ms: 250", "sip_t1_ms: 99999999999999999999",
                   "lab.yaml:21: 'sip_t1_ms' must be 1..3600000, got '99999999999999999999'");
    assert_refused("address: 10.60.2.2", "address: 10.60.2.256",
                   "lab.yaml:6: 'address' must be an IPv4 or IPv6 address, got '10.60.2.256'");
    assert_refused("address6: fd00:60::2:10", "address6: 10.60.2.11",
                   "lab.yaml:13: 'address6' must be an IPv6 address, got '10.60.2.11'");
    assert_refused("pool: 10.45.0.0/24", "pool: 10.45.0.1/24",
                   "lab.yaml:9: 'pool' must be an IPv4 prefix such as 10.45.0.0/24, its host bits "
                   "zero, got '10.45.0.1/24'");
    assert_refused("auth: digest-md5", "auth: md5",
                   "lab.yaml:31: 'auth' must be akav1, akav2, digest-md5 or digest-sha256, got "
                   "'md5'");
    assert_refused("barred: true", "barred: yes",
                   "lab.yaml:27: 'barred' must be true or false, got 'yes'");
    assert_refused("capabilities: [1, 7]", "capabilities: [1, 4294967296]",
                   "lab.yaml:18: 'capabilities' must be 0..4294967295, got '4294967296'");
    assert_refused("imsi: 001010000000002", "imsi: 00101000000002x",
                   "lab.yaml:24: 'imsi' must be 14..15 digits, got '00101000000002x'");
    assert_refused("imsi: 001010000000002", "imsi: 1234567890123456",
                   "lab.yaml:24: 'imsi' must be 14..15 digits, got '1234567890123456'");
    assert_refused("'tel:+15550002'", "'+15550002'",
                   "lab.yaml:29: 'id' must be a public identity: sip:alice@hims.net or "
                   "tel:+15550001, got '+15550002'");
    assert_refused("domain: vims.net", "domain: vims..net",
                   "lab.yaml:2: 'domain' must be a domain name, got 'vims..net'");
    assert_refused("name: carol", "name: 'carol smith'",
                   "lab.yaml:30: 'name' must be 1..32 letters, digits, '.', '-' or '_', got "
                   "'carol smith'");
}

static void a_bad_value_is_shown_harmless_and_short(void **state)
{
    (void)state;
    assert_refused("domain: vims.net", "domain: \"a\\nb\\0c\"",
                   "lab.yaml:2: 'domain' must be a domain name, got 'a?b?c'");
    assert_refused("sip_t1_ms: 250",
                   "sip_t1_ms: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee",
                   "lab.yaml:21: 'sip_t1_ms' must be 1..3600000, got "
                   "'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...'");
}

static void an_unknown_key_is_refused_and_the_nearest_one_named(void **state)
{
    (void)state;
    assert_refused("hss: {address: 10.60.4.30}", "hss: {adress: 10.60.4.30}",
                   "lab.yaml:19: unknown key 'adress', did you mean 'address'?");
    assert_refused("timers:", "colour: red\ntimers:", "lab.yaml:20: unknown key 'colour'");
    assert_refused("sip_t1_ms: 250", "sip_t9_ms: 250",
                   "lab.yaml:21: unknown key 'sip_t9_ms', did you mean 'sip_t1_ms'?");
}

static void a_key_that_is_here_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("sip_t1_ms: 250", "sip_t1_ms: 250\n  sip_t1_ms: 300",
                   "lab.yaml:22: 'sip_t1_ms' is here twice");
}

static void a_missing_key_names_the_map_it_is_missing_in(void **state)
{
    (void)state;
    assert_refused("sgsn: {address: 10.60.2.1}\n", "", "lab.yaml:1: 'sgsn' is missing here");
    assert_refused("    impi: carol@hims.net\n", "", "lab.yaml:30: 'impi' is missing here");
    assert_refused("sgsn: {address: 10.60.2.1}", "sgsn: {}",
                   "lab.yaml:4: 'address' (or 'external') of sgsn is missing here");
    assert_refused("      pool: 10.45.0.0/24\n", "",
                   "lab.yaml:8: 'pool' (or 'pool6') is missing here");
}

static void the_wrong_kind_of_node_is_refused(void **state)
{
    (void)state;
    assert_refused("sgsn: {address: 10.60.2.1}", "sgsn: 10.60.2.1",
                   "lab.yaml:4: a map of keys is expected here, got a value");
    assert_refused("capabilities: [1, 7]", "capabilities: 1",
                   "lab.yaml:18: 'capabilities' must be a list, got a value");
    assert_refused("domain: vims.net", "domain: [vims.net]",
                   "lab.yaml:2: 'domain' must be a domain name, got a list");
    assert_refused("sip_t1_ms: 250", "? [a]\n  : 250",
                   "lab.yaml:21: a key must be a word, got a list");
}

static void a_list_that_is_too_long_or_too_short_is_refused(void **state)
{
    (void)state;
    assert_refused("      pool: 10.45.0.0/24",
                   "      pool: 10.45.0.0/24\n      dns: [1.1.1.1, 1.1.1.2, 1.1.1.3]",
                   "lab.yaml:10: 'dns' must have at most 2 entries, got 3");
    assert_refused("impus: ['sip:carol@hims.net']", "impus: []",
                   "lab.yaml:33: 'impus' must have at least 1 entry");
    assert_refused("icscf:\n  - address: 10.60.4.10\n", "icscf:\n",
                   "lab.yaml:14: 'icscf' must have at least 1 entry");
}

static void a_file_that_is_not_yaml_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_int_equal(load_changed("  sip_t1_ms: 250", "\tsip_t1_ms: 250", 0), -EINVAL);
    assert_string_equal(why.text, "lab.yaml:21: this is not YAML: found character that cannot "
                                  "start any token while scanning for the next token");
    write_file("lab.yaml", "", 0644);
    assert_int_equal(conf_load(&conf, "lab.yaml", 0, &why), -EINVAL);
    assert_string_equal(why.text, "lab.yaml:1: the file is empty");
    write_file("lab.yaml", "a: \xff\n", 0644);
    assert_int_equal(conf_load(&conf, "lab.yaml", 0, &why), -EINVAL);
    assert_non_null(strstr(why.text, "lab.yaml: not UTF-8 text"));
    assert_refused("timers:", "---\ntimers:", "lab.yaml:21: a second document ('---') is not read");
}

static void a_file_that_is_not_there_is_refused_with_its_name(void **state)
{
    (void)state;
    assert_int_equal(conf_load(&conf, "nowhere.yaml", 0, &why), -ENOENT);
    assert_string_equal(why.text, "cannot open 'nowhere.yaml': No such file or directory");
    assert_int_equal(conf_load(&conf, folder, 0, &why), -EINVAL);
    assert_int_equal(conf_load(&conf, "nowhere.yaml", 0, NULL), -ENOENT);
}

/* ---- refusing: what does not fit together ---- */

static void what_only_one_may_have_is_refused_the_second_time(void **state)
{
    (void)state;
    assert_refused("name: carol", "name: alice", "lab.yaml:30: 'name' is taken already: line 23");
    assert_refused("impi: carol@hims.net", "impi: alice@hims.net",
                   "lab.yaml:32: 'impi' is taken already: line 25");
    assert_refused("'sip:carol@hims.net'", "'sip:alice@hims.net'",
                   "lab.yaml:33: 'id' is taken already: line 28");
    assert_refused("hss: {", "hss: {name: pcscf1, ",
                   "lab.yaml:19: 'name' is taken already: line 12");
    assert_refused("hss: {", "hss: {host: dns.hims.net, ",
                   "lab.yaml:19: 'host' is taken already: line 10");
}

static void two_elements_with_one_address_are_refused(void **state)
{
    (void)state;
    assert_refused("address: 10.60.4.20", "address: 10.60.2.10",
                   "lab.yaml:17: 'address' is the address of pcscf1 already");
    assert_refused("hss: {address: 10.60.4.30}",
                   "hss: {address: 10.60.4.30, address6: 'fd00:60::2:10'}",
                   "lab.yaml:19: 'address6' is an address of pcscf1 already");
    assert_refused("hss: {address: 10.60.4.30}", "hss: {external: 10.60.2.1}",
                   "lab.yaml:19: 'external' is the address of sgsn already");
    assert_refused("hss: {address: 10.60.4.30}", "hss: {address: 10.60.4.30, external: 192.0.2.7}",
                   "lab.yaml:19: 'address' and 'external' are both here: keep one");
    assert_refused("address: 10.60.2.10", "address: 'fd00:60::2:11'",
                   "lab.yaml:13: 'address6' is one IPv6 address too many: 'address' is one");
}

static void a_pool_with_somebody_elses_address_is_refused(void **state)
{
    (void)state;
    assert_refused("pool: 10.45.0.0/24", "pool: 10.60.4.0/24",
                   "lab.yaml:9: 'pool' contains an address of icscf1");
    assert_refused("pool: 10.45.0.0/24", "pool: 10.60.1.0/24",
                   "lab.yaml:9: 'pool' contains the 'gb_address' of terminal 'alice'");
    assert_refused("      pool: 10.45.0.0/24\n",
                   "      pool: 10.45.0.0/16\n    - {name: web, pool: 10.45.9.0/24}\n",
                   "lab.yaml:10: 'pool' overlaps a pool of APN 'ims'");
    assert_refused("      pool: 10.45.0.0/24\n",
                   "      pool: 10.45.0.0/24\n    - {name: ims, pool: 10.46.0.0/24}\n",
                   "lab.yaml:10: APN 'ims' is here twice");
}

static void an_apn_that_is_not_there_is_refused(void **state)
{
    (void)state;
    assert_refused("    gb_address", "    apn: web\n    gb_address",
                   "lab.yaml:37: the lab has no APN 'web'");
    assert_refused(
        "    impus:", "    apns: [ims, web]\n    impus:", "lab.yaml:26: the lab has no APN 'web'");
}

static void a_pdp_type_without_a_pool_is_refused(void **state)
{
    (void)state;
    assert_refused("    gb_address", "    pdp_type: ipv4v6\n    gb_address",
                   "lab.yaml:37: 'pdp_type' ipv4v6 needs a 'pool6' in APN 'ims'");
    assert_refused("pool: 10.45.0.0/24", "pool6: 'fd00:45::/64'",
                   "lab.yaml:35: 'pdp_type' ipv4 needs a 'pool' in APN 'ims'");
}

static void a_subscriber_that_nobody_can_use_is_refused(void **state)
{
    (void)state;
    assert_refused("['sip:carol@hims.net']", "[{id: 'sip:carol@hims.net', barred: true}]",
                   "lab.yaml:33: every identity of subscriber 'carol' is barred");
    assert_refused("    auth: digest-md5\n", "",
                   "lab.yaml:30: 'imsi' of subscriber 'carol' is missing: AKA needs a SIM");
}

static void expiry_times_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    assert_refused("capabilities: [1, 7]", "max_expires_s: 3600",
                   "lab.yaml:17: 'default_expires_s' must lie between 'min_expires_s' and "
                   "'max_expires_s'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bad_value_names_file_line_and_range),
        TEST(a_bad_value_is_shown_harmless_and_short),
        TEST(an_unknown_key_is_refused_and_the_nearest_one_named),
        TEST(a_key_that_is_here_twice_is_refused),
        TEST(a_missing_key_names_the_map_it_is_missing_in),
        TEST(the_wrong_kind_of_node_is_refused),
        TEST(a_list_that_is_too_long_or_too_short_is_refused),
        TEST(a_file_that_is_not_yaml_is_refused_with_its_line),
        TEST(a_file_that_is_not_there_is_refused_with_its_name),
        TEST(what_only_one_may_have_is_refused_the_second_time),
        TEST(two_elements_with_one_address_are_refused),
        TEST(a_pool_with_somebody_elses_address_is_refused),
        TEST(an_apn_that_is_not_there_is_refused),
        TEST(a_pdp_type_without_a_pool_is_refused),
        TEST(a_subscriber_that_nobody_can_use_is_refused),
        TEST(expiry_times_that_contradict_each_other_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
