/* SPDX-License-Identifier: Apache-2.0 */
/* The salts were computed with another implementation of HMAC-SHA-256 (Python's hmac) from the text
 * of TS 33.203 Annex I. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sa_keys.h"
#include "sa_set.h"

static uint8_t ck[16], ik[16];
static struct esp_key auth, crypt_key;

static int begin(void **state)
{
    (void)state;
    for (int i = 0; i < 16; i++) {
        ck[i] = 0x10 + i;
        ik[i] = 0xa0 + i;
    }
    return 0;
}

static void expand(enum sec_alg alg, enum sec_ealg ealg)
{
    sa_keys((struct sec_pair){alg, ealg}, ck, ik, &auth, &crypt_key);
}

static void sha1_takes_ik_and_32_zero_bits(void **state)
{
    (void)state;
    expand(SEC_HMAC_SHA_1_96, SEC_EALG_NULL);
    assert_int_equal(auth.algo, ESP_HMAC_SHA1_96);
    assert_int_equal(crypt_key.algo, ESP_NULL);
    assert_memory_equal(auth.octets, ik, 16);
    assert_memory_equal(auth.octets + 16, "\0\0\0\0", 4);
}

static void md5_takes_ik_and_aes_cbc_ck(void **state)
{
    (void)state;
    expand(SEC_HMAC_MD5_96, SEC_AES_CBC);
    assert_int_equal(auth.algo, ESP_HMAC_MD5_96);
    assert_memory_equal(auth.octets, ik, 16);
    assert_int_equal(crypt_key.algo, ESP_AES_CBC);
    assert_memory_equal(crypt_key.octets, ck, 16);
}

static void triple_des_takes_the_first_half_of_ck_twice(void **state)
{
    (void)state;
    expand(SEC_HMAC_SHA_1_96, SEC_DES_EDE3_CBC);
    assert_int_equal(crypt_key.algo, ESP_3DES_CBC);
    assert_memory_equal(crypt_key.octets, ck, 16);
    assert_memory_equal(crypt_key.octets + 16, ck, 8);
}

static void aes_gcm_takes_ck_and_a_salt_from_both_keys(void **state)
{
    (void)state;
    expand(SEC_ALG_NULL, SEC_AES_GCM);
    assert_int_equal(auth.algo, ESP_NOTHING);
    assert_int_equal(crypt_key.algo, ESP_AES_GCM);
    assert_memory_equal(crypt_key.octets, ck, 16);
    assert_memory_equal(crypt_key.octets + 16, "\x8e\xdb\xc5\xe5", 4);
}

static void aes_gmac_takes_ik_and_a_salt_of_its_own(void **state)
{
    (void)state;
    expand(SEC_AES_GMAC, SEC_EALG_NULL);
    assert_int_equal(auth.algo, ESP_NOTHING);
    assert_int_equal(crypt_key.algo, ESP_AES_GMAC);
    assert_memory_equal(crypt_key.octets, ik, 16);
    assert_memory_equal(crypt_key.octets + 16, "\x96\xa3\x15\x6f", 4);
}

static void what_a_kernel_lacks_is_named(void **state)
{
    struct esp_ability able = {
        .esp4 = true,
        .algo = {[ESP_HMAC_SHA1_96] = true, [ESP_NULL] = true},
        .why = {[ESP_AES_CBC] = "this kernel has no aes-cbc"                        }
    };
    struct why why;

    (void)state;
    assert_true(sa_pair_able(&able, (struct sec_pair){SEC_HMAC_SHA_1_96, SEC_EALG_NULL}, &why));
    assert_false(sa_pair_able(&able, (struct sec_pair){SEC_HMAC_SHA_1_96, SEC_AES_CBC}, &why));
    assert_string_equal(why.text, "this kernel has no aes-cbc");
    able = (struct esp_ability){.esp_why = "this kernel has no ESP"};
    assert_false(sa_pair_able(&able, (struct sec_pair){SEC_ALG_NULL, SEC_AES_GCM}, &why));
    assert_string_equal(why.text, "this kernel has no ESP");
}

/* The kernel of the machine: with ESP everything is there, without it it says so. */
static void the_probe_and_an_installation_say_the_same(void **state)
{
    struct sa_set set = {
        .role = SA_UE,
        .port_uc = 1001,
        .port_us = 1002,
        .port_pc = 1003,
        .port_ps = 1004,
        .spi_uc = 1001,
        .spi_us = 1002,
        .spi_pc = 1003,
        .spi_ps = 1004,
        .pair = {SEC_HMAC_SHA_1_96, SEC_EALG_NULL}
    };
    struct esp_ability able;
    struct sa_counters counters;
    struct xfrm *x;
    struct why why;
    int err;

    (void)state;
    addr_parse(&set.ue, "192.0.2.1", 0);
    addr_parse(&set.pcscf, "192.0.2.2", 0);
    if (xfrm_open(&x, &why) < 0)
        skip();
    xfrm_probe(x, &able);
    err = sa_set_install(x, &set, NULL, &why);
    if (err == -EPERM) {
        xfrm_close(x);
        skip();
    }
    if (able.esp4) {
        assert_int_equal(err, 0);
        assert_int_equal(sa_set_counters(x, &set, &counters), SA_LEGS);
        assert_int_equal(sa_set_remove(x, &set, NULL), 0);
    } else {
        assert_int_equal(err, -EPROTONOSUPPORT);
        assert_string_equal(why.text, "cannot make an SA: this kernel has no ESP");
        assert_string_equal(able.esp_why, "this kernel has no ESP");
        assert_false(able.algo[ESP_HMAC_SHA1_96]);
    }
    assert_int_equal(sa_set_counters(x, &set, &counters), 0);
    assert_int_equal(sa_flush(x, SA_UE, &set.ue, NULL, NULL, NULL), 0); /* and no policy */
    xfrm_close(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_takes_ik_and_32_zero_bits),
        cmocka_unit_test(md5_takes_ik_and_aes_cbc_ck),
        cmocka_unit_test(triple_des_takes_the_first_half_of_ck_twice),
        cmocka_unit_test(aes_gcm_takes_ck_and_a_salt_from_both_keys),
        cmocka_unit_test(aes_gmac_takes_ik_and_a_salt_of_its_own),
        cmocka_unit_test(what_a_kernel_lacks_is_named),
        cmocka_unit_test(the_probe_and_an_installation_say_the_same),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
