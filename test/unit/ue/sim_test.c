/* SPDX-License-Identifier: Apache-2.0 */
/* The card and its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../ue/sim.h"

#define IMSI "001010000000001"

static char dir[] = "/tmp/imslab-sim-XXXXXX", file[64];
static struct conf_sim card = {
    .imsi = IMSI,
    .imei = "356938035643809",
    .k = {0x46,  0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6,
          0xbc},
    .opc = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e, 0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0,
          0x2b, 0xaf},
    .amf = {0x80, 0x00},
    .isim = true,
    .impi = "name.private@hims.net",
    .domain = "hims.net",
    .impu = {"tel:+15550001", "sip:name@hims.net"},
    .impu_count = 2,
};
static struct conf conf = {.sims_file = "sims.yaml", .sim = &card, .sim_count = 1};
static const uint8_t rand_[16] = {1, 2, 3};

static int begin(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(conf.state_dir, sizeof conf.state_dir, "%s", dir);
    snprintf(file, sizeof file, "%s/ue-" IMSI ".sqn", dir);
    return 0;
}

static int end(void **state)
{
    char new[80];

    (void)state;
    snprintf(new, sizeof new, "%s.new", file);
    unlink(file);
    unlink(new);
    rmdir(dir);
    return 0;
}

static struct aka_key key(void)
{
    struct aka_key k;

    memcpy(k.k, card.k, 16);
    memcpy(k.opc, card.opc, 16);
    memcpy(k.amf, card.amf, 2);
    return k;
}

static struct aka_vector vector(uint64_t sqn)
{
    struct aka_key k = key();
    struct aka_vector v;

    aka_make(&k, rand_, sqn, &v);
    return v;
}

static void open_card(struct sim *sim)
{
    struct why why;

    if (sim_open(sim, &conf, IMSI, &why) < 0)
        fail_msg("%s", why.text);
}

static void a_right_challenge_gives_res_and_is_on_the_disk_when_it_does(void **state)
{
    struct aka_vector v = vector(7 << AKA_IND_BITS | 3);
    struct sim_answer answer;
    struct sim sim, again;
    struct stat st;

    (void)state;
    open_card(&sim);
    assert_int_equal(stat(file, &st), -1);
    assert_int_equal(sim_answer(&sim, v.rand, v.autn, &answer, NULL), 0);
    assert_int_equal(answer.verdict, AKA_FINE);
    assert_memory_equal(answer.res, v.xres, 8);
    assert_memory_equal(answer.ck, v.ck, 16);
    assert_memory_equal(answer.ik, v.ik, 16);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    open_card(&again);
    assert_int_equal(again.seen.seq[3], 7);
    assert_memory_equal(&again.seen, &sim.seen, sizeof sim.seen);
    sim_close(&sim);
    sim_close(&again);
}

static void a_state_file_that_is_a_symbolic_link_is_refused(void **state)
{
    struct sim sim;
    struct why why;

    (void)state;
    assert_int_equal(symlink("/etc/passwd", file), 0);
    assert_int_equal(sim_open(&sim, &conf, IMSI, &why), -ELOOP);
    assert_non_null(strstr(why.text, "symbolic link"));
}

static void the_state_file_is_replaced_as_a_whole(void **state)
{
    struct aka_vector v = vector(1 << AKA_IND_BITS);
    struct sim_answer answer;
    struct sim sim;
    struct dirent *e;
    DIR *d;
    int files = 0;

    (void)state;
    open_card(&sim);
    assert_int_equal(sim_answer(&sim, v.rand, v.autn, &answer, NULL), 0);
    v = vector(2 << AKA_IND_BITS);
    assert_int_equal(sim_answer(&sim, v.rand, v.autn, &answer, NULL), 0);
    d = opendir(dir);
    while ((e = readdir(d)))
        files += e->d_name[0] != '.';
    closedir(d);
    assert_int_equal(files, 1);
}

static void UE_02_an_old_challenge_gives_auts_that_the_network_can_verify(void **state)
{
    struct aka_vector v = vector(9 << AKA_IND_BITS);
    struct aka_key k = key();
    struct sim_answer answer;
    uint64_t sqn_ms;
    struct sim sim, again;

    (void)state;
    open_card(&sim);
    assert_int_equal(sim_answer(&sim, v.rand, v.autn, &answer, NULL), 0);
    open_card(&again); /* another day, the same card */
    assert_int_equal(sim_answer(&again, v.rand, v.autn, &answer, NULL), 0);
    assert_int_equal(answer.verdict, AKA_OUT_OF_RANGE);
    assert_true(aka_check_auts(&k, v.rand, answer.auts, &sqn_ms));
    assert_int_equal(sqn_ms >> AKA_IND_BITS, 9);
}

static void UE_01_a_wrong_mac_gives_nothing_and_changes_nothing(void **state)
{
    static const uint8_t none[16];
    struct aka_vector v = vector(9 << AKA_IND_BITS);
    struct sim_answer answer;
    struct sim sim;
    struct stat st;

    (void)state;
    open_card(&sim);
    v.autn[15] ^= 1;
    assert_int_equal(sim_answer(&sim, v.rand, v.autn, &answer, NULL), 0);
    assert_int_equal(answer.verdict, AKA_WRONG_MAC);
    assert_memory_equal(answer.res, none, 8);
    assert_memory_equal(answer.auts, none, 14);
    assert_int_equal(stat(file, &st), -1);
}

static void no_answer_leaves_when_the_sequence_number_cannot_be_stored(void **state)
{
    static const struct sim_answer none;
    struct aka_vector v = vector(9 << AKA_IND_BITS);
    struct sim_answer answer;
    struct why why;
    struct sim sim;

    (void)state;
    open_card(&sim);
    rmdir(dir);
    assert_int_equal(sim_answer(&sim, v.rand, v.autn, &answer, &why), -ENOENT);
    assert_memory_equal(&answer, &none, sizeof none);
    assert_non_null(strstr(why.text, file));
    assert_int_equal(sim.seen.seq[0], 0);
    assert_int_equal(mkdir(dir, 0700), 0);
}

static void a_state_file_that_makes_no_sense_is_refused_with_its_line(void **state)
{
    static const char *const bad[] = {
        "",
        "something else\n",
        "imslab-sim 1\n1\n2\n",
        "imslab-sim 1\n-1\n",
        "imslab-sim 1\n99999999999999999999999\n",
        "imslab-sim 1\n12x\n",
    };
    struct why why;
    struct sim sim;
    FILE *f;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        f = fopen(file, "w");
        fputs(bad[i], f);
        fclose(f);
        assert_int_equal(sim_open(&sim, &conf, IMSI, &why), -EPROTO);
        assert_non_null(strstr(why.text, ".sqn:"));
    }
}

static void an_imsi_without_a_sim_is_refused(void **state)
{
    struct why why;
    struct sim sim;

    (void)state;
    assert_int_equal(sim_open(&sim, &conf, "001019999999999", &why), -ENOENT);
    assert_string_equal(why.text, "no SIM with IMSI '001019999999999' in 'sims.yaml'");
}

static void the_identity_to_register_is_the_first_sip_uri(void **state)
{
    struct sim sim;

    (void)state;
    open_card(&sim);
    assert_string_equal(sim_impu(&sim), "sip:name@hims.net");
    sim.impu_count = 1;
    assert_null(sim_impu(&sim));
}

static void a_closed_card_holds_no_keys(void **state)
{
    static const struct aka_key none;
    struct sim sim;

    (void)state;
    open_card(&sim);
    sim_close(&sim);
    assert_memory_equal(&sim.key, &none, sizeof none);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_right_challenge_gives_res_and_is_on_the_disk_when_it_does),
        T(a_state_file_that_is_a_symbolic_link_is_refused),
        T(the_state_file_is_replaced_as_a_whole),
        T(UE_02_an_old_challenge_gives_auts_that_the_network_can_verify),
        T(UE_01_a_wrong_mac_gives_nothing_and_changes_nothing),
        T(no_answer_leaves_when_the_sequence_number_cannot_be_stored),
        T(a_state_file_that_makes_no_sense_is_refused_with_its_line),
        T(an_imsi_without_a_sim_is_refused),
        T(the_identity_to_register_is_the_first_sip_uri),
        T(a_closed_card_holds_no_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
