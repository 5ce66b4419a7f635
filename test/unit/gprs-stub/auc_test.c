/* SPDX-License-Identifier: Apache-2.0 */
/* The SGSN's authentication centre and its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../gprs-stub/auc.h"
#include "milenage.h"

#define IMSI  "001010000000001"
#define OTHER "001010000000002"

static char dir[] = "/tmp/imslab-auc-XXXXXX", file[64], fresh[80];
static struct conf_sim cards[] = {
    {.imsi = IMSI,  .k = {0x46, 0x5b}, .opc = {0xcd, 0x63}, .amf = {0x80}},
    {.imsi = OTHER, .k = {1},          .opc = {2},          .amf = {0x80}},
};
static struct conf conf = {
    .sims_file = "sims.yaml", .sim = cards, .sim_count = 2, .sgsn = {.sqn_state = "sgsn.sqn"}};
static struct auc *auc;
static struct why why;

static void open_auc(void)
{
    if (auc_open(&auc, &conf, &why) < 0)
        fail_msg("%s", why.text);
}

static int begin(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(conf.state_dir, sizeof conf.state_dir, "%s", dir);
    snprintf(file, sizeof file, "%s/sgsn.sqn", dir);
    snprintf(fresh, sizeof fresh, "%s.new", file);
    auc = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    auc_close(auc);
    unlink(file);
    rmdir(fresh);
    unlink(fresh);
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

static struct aka_key key_of(const struct conf_sim *card)
{
    struct aka_key key;

    memcpy(key.k, card->k, sizeof key.k);
    memcpy(key.opc, card->opc, sizeof key.opc);
    memcpy(key.amf, card->amf, sizeof key.amf);
    return key;
}

static uint64_t sqn_of(const struct aka_vector *v, const struct conf_sim *card)
{
    uint8_t ak[6];
    uint64_t sqn = 0;

    milenage_f2345(card->k, card->opc, v->rand, NULL, NULL, NULL, ak, NULL);
    for (int i = 0; i < 6; i++)
        sqn = sqn << 8 | (v->autn[i] ^ ak[i]);
    return sqn;
}

static struct aka_vector vector(const char *imsi)
{
    struct aka_vector v;

    if (auc_vector(auc, imsi, &v, &why) < 0)
        fail_msg("%s", why.text);
    return v;
}

static const char *text_of_file(char *buf, size_t size)
{
    FILE *f = fopen(file, "r");
    size_t len;

    assert_non_null(f);
    len = fread(buf, 1, size - 1, f);
    fclose(f);
    buf[len] = '\0';
    return buf;
}

static void write_file(const char *text)
{
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A card that the HSS has counted up to seq with its own IND values, and what it says to v. */
static enum aka_verdict ask_card(struct aka_seen *seen, const struct aka_vector *v,
                                 uint8_t auts[14])
{
    struct aka_key key = key_of(&cards[0]);
    uint8_t res[8], ck[16], ik[16];

    return aka_answer(&key, seen, v->rand, v->autn, res, ck, ik, auts);
}

static void vectors_count_with_ind_16_to_31_of_the_card(void **state)
{
    uint64_t before = 0;

    (void)state;
    open_auc();
    for (unsigned i = 0; i < 40; i++) {
        struct aka_vector v = vector(IMSI);
        uint64_t sqn = sqn_of(&v, &cards[0]);

        assert_in_range(sqn % 32, 16, 31);
        assert_int_equal(sqn >> AKA_IND_BITS, (before >> AKA_IND_BITS) + 1);
        before = sqn;
    }
}

static void GPR_01_neither_the_hss_nor_the_sgsn_makes_the_others_vectors_stale(void **state)
{
    struct aka_key key = key_of(&cards[0]);
    struct aka_seen seen = {0};
    struct aka_vector v;
    uint64_t hss = 5000ull << AKA_IND_BITS;
    uint8_t rand[16] = {1}, auts[14];

    (void)state;
    open_auc();
    for (unsigned i = 0; i < 50; i++) {
        hss = aka_next_sqn(hss, 0);
        aka_make(&key, rand, hss, &v);
        assert_int_equal(ask_card(&seen, &v, auts), AKA_FINE);
        v = vector(IMSI);
        assert_int_equal(ask_card(&seen, &v, auts), AKA_FINE);
    }
}

static void the_number_is_in_the_file_when_the_vector_is_there(void **state)
{
    struct aka_vector v;
    struct stat st;
    char text[256], expected[256];

    (void)state;
    open_auc();
    v = vector(IMSI);
    snprintf(expected, sizeof expected, "imslab-auc 1\n" IMSI " %llu\n",
             (unsigned long long)sqn_of(&v, &cards[0]));
    assert_string_equal(text_of_file(text, sizeof text), expected);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(fresh, F_OK), -1);
}

static void no_vector_leaves_when_its_number_cannot_be_stored(void **state)
{
    struct aka_vector v;

    (void)state;
    open_auc();
    assert_int_equal(mkdir(fresh, 0700), 0);
    assert_true(auc_vector(auc, IMSI, &v, &why) < 0);
    assert_non_null(strstr(why.text, "cannot store the sequence numbers"));
}

static void the_counting_goes_on_after_a_restart(void **state)
{
    struct aka_vector v;

    (void)state;
    write_file("imslab-auc 1\n" IMSI " 3217\n001019999999999 5\n");
    open_auc();
    v = vector(IMSI);
    assert_int_equal(sqn_of(&v, &cards[0]), 101 << AKA_IND_BITS | 18);
    v = vector(OTHER);
    assert_int_equal(sqn_of(&v, &cards[1]), 1 << AKA_IND_BITS | 17);
}

static void a_file_that_makes_no_sense_is_refused_with_its_line(void **state)
{
    static const char *const bad[] = {
        "",
        "something else\n",
        "imslab-auc 1\n" IMSI "\n",
        "imslab-auc 1\n" IMSI " -1\n",
        "imslab-auc 1\n" IMSI " 281474976710656\n",
        "imslab-auc 1\n" IMSI " 5 6\n",
        "imslab-auc 1\n" IMSI " 5",
        "imslab-auc 1\n0010100000000012345 5\n",
        "imslab-auc 1\n 5\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(bad[i]);
        assert_int_equal(auc_open(&auc, &conf, &why), -EPROTO);
        assert_null(auc);
        assert_non_null(strstr(why.text, i < 2 ? "sgsn.sqn:1: " : "sgsn.sqn:2: "));
    }
}

static void a_symbolic_link_is_not_followed(void **state)
{
    char target[80];

    (void)state;
    snprintf(target, sizeof target, "%s/target", dir);
    assert_int_equal(symlink(target, file), 0);
    assert_int_equal(auc_open(&auc, &conf, &why), -ELOOP);
    unlink(file);
    open_auc();
    assert_int_equal(symlink(target, fresh), 0);
    vector(IMSI);
    assert_int_equal(access(target, F_OK), -1);
}

static void a_card_that_the_sims_file_lacks_has_no_vector(void **state)
{
    struct aka_vector v;

    (void)state;
    open_auc();
    assert_int_equal(auc_vector(auc, "001019999999999", &v, &why), -ENOENT);
    assert_non_null(strstr(why.text, "no card with IMSI '001019999999999'"));
}

static void GPR_04_after_a_genuine_auts_the_next_vector_is_fresh(void **state)
{
    struct aka_seen seen = {.seq = {[3] = 70000}}; /* 3: of the HSS */
    struct aka_vector v;
    uint8_t auts[14];

    (void)state;
    seen.seq[17] = seen.seq[18] = 60000;
    open_auc();
    v = vector(IMSI);
    assert_int_equal(ask_card(&seen, &v, auts), AKA_OUT_OF_RANGE);
    assert_int_equal(auc_resynchronise(auc, IMSI, v.rand, auts, &why), 0);
    v = vector(IMSI);
    assert_int_equal(ask_card(&seen, &v, auts), AKA_FINE);
    assert_int_equal(sqn_of(&v, &cards[0]) >> AKA_IND_BITS, 70001);
    assert_in_range(sqn_of(&v, &cards[0]) % 32, 16, 31);
}

static void GPR_04_a_forged_auts_changes_nothing(void **state)
{
    struct aka_seen seen = {.seq = {[17] = 70000}};
    struct aka_vector v;
    uint8_t auts[14], other[16] = {9};

    (void)state;
    open_auc();
    v = vector(IMSI);
    assert_int_equal(ask_card(&seen, &v, auts), AKA_OUT_OF_RANGE);
    assert_int_equal(auc_resynchronise(auc, IMSI, other, auts, &why), -EPERM);
    for (unsigned i = 0; i < sizeof auts; i++) {
        auts[i] ^= 1;
        assert_int_equal(auc_resynchronise(auc, IMSI, v.rand, auts, &why), -EPERM);
        auts[i] ^= 1;
    }
    v = vector(IMSI);
    assert_int_equal(sqn_of(&v, &cards[0]) >> AKA_IND_BITS, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(vectors_count_with_ind_16_to_31_of_the_card),
        T(GPR_01_neither_the_hss_nor_the_sgsn_makes_the_others_vectors_stale),
        T(the_number_is_in_the_file_when_the_vector_is_there),
        T(no_vector_leaves_when_its_number_cannot_be_stored),
        T(the_counting_goes_on_after_a_restart),
        T(a_file_that_makes_no_sense_is_refused_with_its_line),
        T(a_symbolic_link_is_not_followed),
        T(a_card_that_the_sims_file_lacks_has_no_vector),
        T(GPR_04_after_a_genuine_auts_the_next_vector_is_fresh),
        T(GPR_04_a_forged_auts_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
