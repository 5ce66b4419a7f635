/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sec_agree.h"
#include "xalloc.h"

#define ENDS "spi-c=1111111111;spi-s=2222222222;port-c=31000;port-s=32000"

static struct sec_list list;
static struct why why;

static size_t read_it(const char *value)
{
    why.text[0] = 0;
    assert_int_equal(sec_read(value, &list, &why), 0);
    return list.count;
}

static void is_wrong(const char *value, const char *sentence)
{
    assert_int_equal(sec_read(value, &list, &why), -EINVAL);
    assert_string_equal(why.text, sentence);
    assert_int_equal(list.count, 0);
}

static void a_security_client_is_read(void **state)
{
    const struct sec_mechanism *m = &list.mechanism[0];

    (void)state;
    assert_int_equal(
        read_it("ipsec-3gpp;q=0.5;alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans;" ENDS), 1);
    assert_int_equal(m->q, 500);
    assert_int_equal(m->pair.alg, SEC_HMAC_SHA_1_96);
    assert_int_equal(m->pair.ealg, SEC_AES_CBC);
    assert_int_equal(m->mode, SEC_TRANS);
    assert_int_equal(m->spi_c, 1111111111);
    assert_int_equal(m->spi_s, 2222222222);
    assert_int_equal(m->port_c, 31000);
    assert_int_equal(m->port_s, 32000);
}

static void case_blanks_order_and_mode_for_mod_make_no_difference(void **state)
{
    (void)state;
    assert_int_equal(read_it(" IPSEC-3GPP ; port-s = 32000;PORT-C=31000; spi-s=2222222222;\r\n "
                             "Spi-C=0001111111111; Mode=udp-ENC-tun; ALG=\"HMAC-MD5-96\" "),
                     1);
    assert_int_equal(list.mechanism[0].pair.alg, SEC_HMAC_MD5_96);
    assert_int_equal(list.mechanism[0].mode, SEC_UDP_ENC_TUN);
    assert_int_equal(list.mechanism[0].spi_c, 1111111111);
}

static void what_is_absent_has_its_default(void **state)
{
    (void)state;
    assert_int_equal(read_it("ipsec-3gpp;alg=hmac-sha-1-96;" ENDS), 1);
    assert_int_equal(list.mechanism[0].q, SEC_NO_Q);
    assert_int_equal(list.mechanism[0].pair.ealg, SEC_EALG_NULL);
    assert_int_equal(list.mechanism[0].prot, SEC_ESP);
    assert_int_equal(list.mechanism[0].mode, SEC_TRANS);
}

/* the six of a phone of 2024, md5 first, with two mechanisms that are none of ours among them */
static void REGE_27_unknown_mechanisms_algorithms_and_parameters_are_left_out(void **state)
{
    (void)state;
    assert_int_equal(read_it("tls;q=0.9, digest;d-alg=MD5;d-ver=\"00,;ff\", "
                             "ipsec-3gpp;alg=hmac-md5-96;ealg=des-ede3-cbc;new=1;" ENDS ","
                             "ipsec-3gpp;alg=hmac-md5-96;ealg=aes-cbc;" ENDS ",,"
                             "ipsec-3gpp;alg=hmac-sha-2-256;ealg=aes-cbc;" ENDS ","
                             "ipsec-3gpp;alg=hmac-sha-1-96;ealg=chacha;" ENDS ","
                             "ipsec-3gpp;alg=hmac-sha-1-96;prot=ah;" ENDS ","
                             "ipsec-3gpp;alg=hmac-sha-1-96;mod=tun;" ENDS ","
                             "ipsec-3gpp;alg=hmac-sha-1-96;ealg=null;" ENDS),
                     3);
    assert_int_equal(list.mechanism[2].pair.alg, SEC_HMAC_SHA_1_96);
    assert_int_equal(read_it("tls"), 0);
    assert_int_equal(read_it(""), 0);
}

static void only_the_eight_pairs_exist(void **state)
{
    static const char *const algs[] = {"null", "hmac-sha-1-96", "hmac-md5-96", "aes-gmac"};
    static const char *const ealgs[] = {"null", "aes-cbc", "des-ede3-cbc", "aes-gcm"};
    char value[200], name[64];
    size_t pairs = 0;
    struct sec_pair pair;

    (void)state;
    for (size_t a = 0; a < COUNT(algs); a++) {
        for (size_t e = 0; e < COUNT(ealgs); e++) {
            snprintf(value, sizeof value, "ipsec-3gpp;alg=%s;ealg=%s;" ENDS, algs[a], ealgs[e]);
            snprintf(name, sizeof name, "%s/%s", algs[a], ealgs[e]);
            assert_int_equal(read_it(value), sec_pair_parse(name, &pair) == 0);
            if (list.count)
                assert_string_equal(sec_pair_name(list.mechanism[0].pair), name);
            pairs += list.count;
        }
    }
    assert_int_equal(pairs, SEC_PAIRS);
    assert_int_equal(read_it("ipsec-3gpp;alg=null;ealg=null;" ENDS), 0);
    assert_int_equal(read_it("ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-gcm;" ENDS), 0);
    assert_int_equal(read_it("ipsec-3gpp;alg=aes-gmac;ealg=aes-cbc;" ENDS), 0);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    is_wrong("ipsec-3gpp;" ENDS, "ipsec-3gpp has no alg");
    is_wrong("ipsec-3gpp;alg=x;spi-c=255;spi-s=2222222222;port-c=1;port-s=2",
             "spi-c is no SPI (256 to 4294967295)");
    is_wrong("ipsec-3gpp;alg=x;spi-c=4294967296;spi-s=2222222222;port-c=1;port-s=2",
             "spi-c is no SPI (256 to 4294967295)");
    is_wrong("ipsec-3gpp;alg=x;spi-c=-500;spi-s=2222222222;port-c=1;port-s=2",
             "spi-c is no SPI (256 to 4294967295)");
    is_wrong("ipsec-3gpp;alg=x;spi-c=500;port-c=1;port-s=2", "spi-s is missing");
    is_wrong("ipsec-3gpp;alg=x;spi-c=500;spi-s=0500;port-c=1;port-s=2",
             "spi-c and spi-s are the same");
    is_wrong("ipsec-3gpp;alg=x;spi-c=500;spi-s=501;port-c=7;port-s=7",
             "port-c and port-s are the same");
    is_wrong("ipsec-3gpp;alg=x;spi-c=500;spi-s=501;port-c=0;port-s=7", "port-c is no port number");
    is_wrong("ipsec-3gpp;alg=x;spi-c=500;spi-s=501;port-c=65536;port-s=7",
             "port-c is no port number");
    is_wrong("ipsec-3gpp;alg=x;spi-c=500;spi-s=501;port-c=5062;port-s=5060",
             "port-s is 5060, which is never protected");
    is_wrong("ipsec-3gpp;alg=x;alg=y;" ENDS, "a security mechanism has 'alg' twice");
    is_wrong("ipsec-3gpp;alg=x;mod=trans;mode=trans;" ENDS, "a security mechanism has 'mod' twice");
    is_wrong("ipsec-3gpp;alg=\"x;" ENDS, "a quoted text does not end");
    is_wrong("ipsec-3gpp;q=1.1;alg=null;" ENDS, "q is no number between 0 and 1");
    is_wrong("ipsec-3gpp;alg=hmac-md5-96;" ENDS ",ipsec-3gpp;alg=hmac-sha-1-96;"
             "spi-c=1111111111;spi-s=2222222223;port-c=31000;port-s=32000",
             "mechanisms with different SPIs or ports");
}

static void far_too_much_is_refused(void **state)
{
    char *value = xzalloc(200000);

    (void)state;
    for (int i = 0; i <= SEC_MECHANISMS; i++)
        snprintf(value + strlen(value), 200, ",ipsec-3gpp;alg=hmac-sha-1-96;" ENDS);
    is_wrong(value, "more than 32 security mechanisms");
    snprintf(value, 200000, "tls");
    for (int i = 0; i < 100; i++)
        snprintf(value + strlen(value), 20, ";p%d", i);
    is_wrong(value, "a security mechanism has more than 24 parameters");
    free(value);
}

static struct sec_mechanism the_ends(void)
{
    return (struct sec_mechanism){
        .spi_c = 3333333333, .spi_s = 4000000000, .port_c = 6000, .port_s = 6100};
}

static void what_is_written_is_read_again(void **state)
{
    struct sec_mechanism ends = the_ends();
    struct sec_list offer;
    char value[SEC_VALUE];

    (void)state;
    sec_offer(&offer, &ends, true, sec_pairs, SEC_PAIRS);
    sec_write(&offer, value);
    assert_int_equal(read_it(value), SEC_PAIRS);
    assert_memory_equal(&offer, &list, sizeof list);
    sec_offer(&offer, &ends, false, sec_pairs, 1);
    assert_string_equal(sec_write(&offer, value),
                        "ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans;"
                        "spi-c=3333333333;spi-s=4000000000;port-c=6000;port-s=6100");
}

static void the_longest_value_has_room(void **state)
{
    struct sec_mechanism ends = {
        .q = 950,
        .pair = {SEC_HMAC_SHA_1_96, SEC_DES_EDE3_CBC},
        .mode = SEC_UDP_ENC_TUN,
        .spi_c = UINT32_MAX,
        .spi_s = UINT32_MAX - 1,
        .port_c = 65535,
        .port_s = 65534
    };
    struct sec_list offer = {0};
    char value[SEC_VALUE];

    (void)state;
    while (offer.count < SEC_MECHANISMS)
        offer.mechanism[offer.count++] = ends;
    assert_int_equal(read_it(sec_write(&offer, value)), SEC_MECHANISMS);
}

static const struct sec_pair pcscf_list[] = {
    {SEC_HMAC_SHA_1_96, SEC_AES_CBC  },
    {SEC_HMAC_SHA_1_96, SEC_EALG_NULL},
    {SEC_HMAC_MD5_96,   SEC_EALG_NULL}
};

static const char *selected(const char *offered)
{
    const struct sec_mechanism *m;

    read_it(offered);
    m = sec_select(&list, SEC_TRANS, pcscf_list, COUNT(pcscf_list));
    return m ? sec_pair_name(m->pair) : "none";
}

static void TRU_21_the_order_of_the_pcscf_counts(void **state)
{
    (void)state;
    assert_string_equal(selected("ipsec-3gpp;q=0.9;alg=hmac-md5-96;" ENDS
                                 ",ipsec-3gpp;q=0.8;alg=hmac-sha-1-96;" ENDS
                                 ",ipsec-3gpp;q=0.1;alg=hmac-sha-1-96;ealg=aes-cbc;" ENDS),
                        "hmac-sha-1-96/aes-cbc");
    assert_string_equal(selected("ipsec-3gpp;alg=hmac-md5-96;" ENDS), "hmac-md5-96/null");
    assert_string_equal(selected("ipsec-3gpp;alg=aes-gmac;" ENDS), "none");
    assert_string_equal(selected("ipsec-3gpp;alg=hmac-md5-96;mod=UDP-enc-tun;" ENDS), "none");
    assert_string_equal(selected("tls"), "none");
}

/* Somebody between them took the cipher out of the Security-Client: the P-CSCF takes null, but
 * says all that it can; the terminal chooses the cipher, and their SAs do not meet. */
static void TRU_22_who_takes_the_cipher_out_gains_nothing(void **state)
{
    struct sec_mechanism ends = the_ends();
    const struct sec_mechanism *chosen;
    struct sec_list server;
    char value[SEC_VALUE];

    (void)state;
    assert_string_equal(selected("ipsec-3gpp;alg=hmac-sha-1-96;" ENDS), "hmac-sha-1-96/null");
    sec_offer(&server, &ends, true, pcscf_list, COUNT(pcscf_list));
    read_it(sec_write(&server, value));
    chosen = sec_choose(&list, SEC_TRANS, sec_pairs, SEC_PAIRS);
    assert_string_equal(sec_pair_name(chosen->pair), "hmac-sha-1-96/aes-cbc");
}

static void the_terminal_goes_by_q_and_then_by_order(void **state)
{
    (void)state;
    read_it("ipsec-3gpp;q=0.1;alg=hmac-sha-1-96;" ENDS ",ipsec-3gpp;q=0.3;alg=hmac-md5-96;" ENDS
            ",ipsec-3gpp;q=0.3;alg=aes-gmac;" ENDS);
    assert_string_equal(sec_pair_name(sec_choose(&list, SEC_TRANS, sec_pairs, SEC_PAIRS)->pair),
                        "hmac-md5-96/null");
    assert_null(sec_choose(&list, SEC_TRANS, sec_pairs, 1));
    assert_null(sec_choose(&list, SEC_UDP_ENC_TUN, sec_pairs, SEC_PAIRS));
}

#define SENT                                                                                       \
    "ipsec-3gpp;q=0.95;alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans;spi-c=3001;spi-s=3002;"   \
    "port-c=6000;port-s=6100, ipsec-3gpp;q=0.9;alg=hmac-md5-96;ealg=null;prot=esp;mod=trans;"      \
    "spi-c=3001;spi-s=3002;port-c=6000;port-s=6100"

static void a_mirror_is_the_same(void **state)
{
    (void)state;
    assert_int_equal(sec_compare(SENT, SENT, &why), 0);
    assert_int_equal(
        sec_compare(SENT,
                    "IPSEC-3GPP; alg=HMAC-SHA-1-96; q=0.950; ealg=aes-cbc; spi-c=0000003001;"
                    "spi-s=3002; port-c=6000; port-s=6100,ipsec-3gpp;mode=trans;q=0.9;"
                    "alg=hmac-md5-96;spi-c=3001;spi-s=3002;port-c=6000;port-s=6100",
                    &why),
        0);
    assert_int_equal(sec_compare("tls;q=0.1;d-ver=\"a,b\"", "tls;d-ver=\"a,b\";q=0.1", &why), 0);
}

/* SENT with one piece replaced at its last place. */
static void differs(const char *piece, const char *other, const char *sentence)
{
    char got[600];
    const char *at = strstr(SENT, piece), *next;

    assert_non_null(at);
    while ((next = strstr(at + 1, piece)))
        at = next;
    snprintf(got, sizeof got, "%.*s%s%s", (int)(at - SENT), SENT, other, at + strlen(piece));
    assert_int_equal(sec_compare(SENT, got, &why), -EINVAL);
    assert_string_equal(why.text, sentence);
}

static void REGE_22_one_different_parameter_is_a_difference(void **state)
{
    (void)state;
    differs("q=0.9;", "q=0.8;", "mechanism 2: q=0.8 instead of q=0.9");
    differs("q=0.9;", "", "mechanism 2: q absent instead of q=0.9");
    differs("alg=hmac-md5-96", "alg=hmac-sha-1-96",
            "mechanism 2: alg=hmac-sha-1-96 instead of alg=hmac-md5-96");
    differs("ealg=null", "ealg=aes-cbc", "mechanism 2: ealg=aes-cbc instead of ealg=null");
    differs("ealg=aes-cbc;", "", "mechanism 1: ealg=null instead of ealg=aes-cbc");
    differs("prot=esp", "prot=ah", "mechanism 2: prot=ah instead of prot=esp");
    differs("mod=trans", "mod=tun", "mechanism 2: mod=tun instead of mod=trans");
    differs("spi-c=3001", "spi-c=3003", "mechanism 2: spi-c=3003 instead of spi-c=3001");
    differs("spi-s=3002", "spi-s=30020", "mechanism 2: spi-s=30020 instead of spi-s=3002");
    differs("port-c=6000", "port-c=6001", "mechanism 2: port-c=6001 instead of port-c=6000");
    differs("port-s=6100", "port-s=x", "mechanism 2: port-s=x instead of port-s=6100");
    differs("port-s=6100", "port-s=6100;new=1", "mechanism 2: new=1 instead of new absent");
    differs(", ipsec-3gpp;q=0.9", ", tls;q=0.9", "mechanism 2 is tls instead of ipsec-3gpp");
    differs("port-s=6100", "port-s=6100,tls", "mechanism 3 is one too many");
    differs("port-s=6100", "port-s=6100;x=\"", "a quoted text does not end");
    assert_int_equal(sec_compare(SENT, "", &why), -EINVAL);
    assert_string_equal(why.text, "mechanism 1 is missing");
    assert_int_equal(sec_compare("tls;q=0.2, sec;q=0.1", "sec;q=0.1, tls;q=0.2", &why), -EINVAL);
}

static unsigned next_random(void)
{
    static unsigned long long state = 88172645463325252ull;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state >> 16;
}

/* With ASan and UBSan this finds what reads beyond the text. */
static void mutated_values_do_no_harm(void **state)
{
    static const char bits[] = ",;=\"\\ \t09ealgspi-cx.";
    char value[600], *copy;
    size_t len;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        snprintf(value, sizeof value, "%s", SENT);
        len = strlen(value);
        for (unsigned n = 1 + next_random() % 4; n; n--)
            value[next_random() % len] = next_random() % 3 ? bits[next_random() % (sizeof bits - 1)]
                                                           : (char)(next_random() % 256);
        if (next_random() % 4 == 0)
            value[next_random() % len] = 0;
        copy = xstrdup(value); /* of its very size */
        if (sec_read(copy, &list, &why) == 0 && list.count) {
            assert_true(list.count <= 2);
            assert_true(list.mechanism[0].spi_c >= 256);
            assert_int_not_equal(list.mechanism[0].spi_c, list.mechanism[0].spi_s);
        }
        sec_compare(SENT, copy, &why);
        sec_compare(copy, SENT, &why);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_security_client_is_read),
        cmocka_unit_test(case_blanks_order_and_mode_for_mod_make_no_difference),
        cmocka_unit_test(what_is_absent_has_its_default),
        cmocka_unit_test(REGE_27_unknown_mechanisms_algorithms_and_parameters_are_left_out),
        cmocka_unit_test(only_the_eight_pairs_exist),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(far_too_much_is_refused),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(the_longest_value_has_room),
        cmocka_unit_test(TRU_21_the_order_of_the_pcscf_counts),
        cmocka_unit_test(TRU_22_who_takes_the_cipher_out_gains_nothing),
        cmocka_unit_test(the_terminal_goes_by_q_and_then_by_order),
        cmocka_unit_test(a_mirror_is_the_same),
        cmocka_unit_test(REGE_22_one_different_parameter_is_a_difference),
        cmocka_unit_test(mutated_values_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
