/* SPDX-License-Identifier: Apache-2.0 */
/* The sims file: keys, derivations, and that no sentence shows a value. */
#include "conf_sample.h"

static void a_sim_has_its_keys_and_its_isim(void **state)
{
    static const uint8_t opc[16] = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e,
                                    0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf};
    const struct conf_sim *sim;

    (void)state;
    assert_loads(load_sims("", "", 0600));
    sim = conf_sim(&conf, "001010000000002");
    assert_non_null(sim);
    assert_int_equal(sim->k[0], 0x46);
    assert_int_equal(sim->k[15], 0xbc);
    assert_memory_equal(sim->opc, opc, sizeof opc);
    assert_int_equal(sim->amf[0], 0x80);
    assert_int_equal(sim->amf[1], 0x00);
    assert_true(sim->isim);
    assert_string_equal(sim->impi, "alice@hims.net");
    assert_string_equal(sim->domain, "hims.net");
    assert_null(conf_sim(&conf, "001010000000009"));
}

static void opc_is_derived_from_op(void **state)
{
    static const uint8_t opc[16] = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e,
                                    0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf};

    (void)state;
    assert_loads(load_sims("opc: cd63cb71954a9f4e48a5994e37a02baf",
                           "op: CDC202D5123E20F62B6D676AC72CB318", 0600));
    assert_memory_equal(conf.sim[0].opc, opc, sizeof opc);
    assert_sims_refused("    opc:", "    op: cdc202d5123e20f62b6d676ac72cb318\n    opc:",
                        "sims.yaml:4: 'opc' and 'op' are both here: keep one");
    assert_sims_refused("    opc: cd63cb71954a9f4e48a5994e37a02baf\n", "",
                        "sims.yaml:2: 'opc' (or 'op') is missing here");
}

static void a_card_without_isim_has_identities_from_its_imsi(void **state)
{
    (void)state;
    assert_loads(
        load_sims("    isim: {impi: alice@hims.net, impus: ['sip:alice@hims.net']}\n", "", 0600));
    assert_false(conf.sim[0].isim);
    assert_string_equal(conf.sim[0].domain, "ims.mnc001.mcc001.3gppnetwork.org");
    assert_string_equal(conf.sim[0].impi, "001010000000002@ims.mnc001.mcc001.3gppnetwork.org");
    assert_int_equal(conf.sim[0].impu_count, 1);
    assert_string_equal(conf.sim[0].impu[0],
                        "sip:001010000000002@ims.mnc001.mcc001.3gppnetwork.org");
}

static void a_sims_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    assert_int_equal(load_sims("", "", 0640), -EPERM);
    assert_string_equal(why.text,
                        "'sims.yaml' holds keys but its mode is 0640: chmod 600 sims.yaml");
    assert_int_equal(load_sims("", "", 0604), -EPERM);
    assert_loads(load_sims("", "", 0400));
}

static void the_sims_file_is_opened_only_when_asked_for(void **state)
{
    (void)state;
    assert_loads(load_changed("", "", 0));
    assert_null(conf.sim);
    conf_free(&conf);
    assert_int_equal(load_changed("", "", CONF_SIMS), -ENOENT);
    assert_int_equal(load_changed("sims: sims.yaml\n", "", CONF_SIMS), -EINVAL);
    assert_string_equal(why.text, "lab.yaml:1: 'sims' is missing here: this program needs the SIM "
                                  "cards' keys");
}

static void the_sims_file_is_found_beside_lab_yaml(void **state)
{
    char path[64];

    (void)state;
    assert_loads(load_sims("", "", 0600));
    conf_free(&conf);
    snprintf(path, sizeof path, "%s/lab.yaml", folder);
    assert_int_equal(chdir("/"), 0);
    assert_loads(conf_load(&conf, path, CONF_SIMS, &why));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(conf.sim_count, 1);
}

static void a_terminal_without_a_sim_is_refused_where_sims_are_known(void **state)
{
    (void)state;
    write_file("sims.yaml", sims_yaml, 0600);
    assert_int_equal(load_changed("    imsi: 001010000000002\n    gb",
                                  "    imsi: 001010000000003\n    gb", CONF_SIMS),
                     -EINVAL);
    assert_string_equal(why.text,
                        "lab.yaml:36: 'imsi' of terminal 'alice' names no SIM of 'sims.yaml'");
}

static void no_sentence_about_the_sims_file_shows_a_value(void **state)
{
    (void)state;
    assert_sims_refused("k: 465b5ce8b199b49faa5f0a2ee238a6bc", "k: 465b5ce8b199b49f",
                        "sims.yaml:3: 'k' must be 32 hexadecimal digits, got 16 characters");
    assert_sims_refused("k: 465b", "k: zzzz",
                        "sims.yaml:3: 'k' must be 32 hexadecimal digits, got 32 characters");
    assert_sims_refused("imsi: 001010000000002", "imsi: 465b5ce8b199b49faa5f0a2ee238a6bc",
                        "sims.yaml:2: 'imsi' must be 14..15 digits, got 32 characters");
    assert_sims_refused("k: 465b5ce8b199b49faa5f0a2ee238a6bc",
                        "465b5ce8b199b49faa5f0a2ee238a6bc: k", "sims.yaml:3: unknown key");
    assert_sims_refused("opc:", "Opc:", "sims.yaml:4: unknown key, did you mean 'opc'?");
    assert_sims_refused("    k:", "  k:",
                        "sims.yaml:3: this is not YAML: did not find expected '-' indicator while "
                        "parsing a block collection");
    assert_sims_refused("  - imsi",
                        "  - {imsi: 001010000000002, k: 465b5ce8b199b49faa5f0a2ee238a6bc, "
                        "opc: cd63cb71954a9f4e48a5994e37a02baf}\n  - imsi",
                        "sims.yaml:3: 'imsi' is taken already: line 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sim_has_its_keys_and_its_isim),
        TEST(opc_is_derived_from_op),
        TEST(a_card_without_isim_has_identities_from_its_imsi),
        TEST(a_sims_file_that_others_can_read_is_refused),
        TEST(the_sims_file_is_opened_only_when_asked_for),
        TEST(the_sims_file_is_found_beside_lab_yaml),
        TEST(a_terminal_without_a_sim_is_refused_where_sims_are_known),
        TEST(no_sentence_about_the_sims_file_shows_a_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
