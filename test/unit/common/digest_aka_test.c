/* SPDX-License-Identifier: Apache-2.0 */
#include "digest_aka.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "published.h"

static struct digest_input published_input(const struct published *p, const uint8_t *res)
{
    return (struct digest_input){
        .username = published_username,
        .realm = published_realm,
        .method = "REGISTER",
        .uri = published_uri,
        .nonce = p->nonce,
        .password = res,
        .password_len = 8,
    };
}

static void the_response_agrees_with_all_published_sets_with_and_without_qop(void **state)
{
    (void)state;
    for (const struct published *p = published; p < published + PUBLISHED_COUNT; p++) {
        char response[DIGEST_HEX];
        struct digest_input in;
        uint8_t res[8];

        unhex(p->res, res);
        in = published_input(p, res);
        digest_response(&in, response);
        assert_string_equal(response, p->digest_plain);
        in.qop = "auth";
        in.nc = "00000001";
        in.cnonce = "0a4f113b";
        digest_response(&in, response);
        assert_string_equal(response, p->digest_qop);
    }
}

/* RFC 2617 3.5: the example that everybody knows, so the password need not be binary. */
static void the_response_agrees_with_the_example_of_rfc_2617(void **state)
{
    struct digest_input in = {
        .username = "Mufasa",
        .realm = "testrealm@host.com",
        .method = "GET",
        .uri = "/dir/index.html",
        .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        .qop = "auth",
        .nc = "00000001",
        .cnonce = "0a4f113b",
        .password = "Circle Of Life",
        .password_len = 14,
    };
    char response[DIGEST_HEX];

    (void)state;
    digest_response(&in, response);
    assert_string_equal(response, "6629fae49393a05397450978507c4ef1");
}

/* Computed with nothing but Python's hashlib.md5, HMAC of RFC 2104 written out: k = RES + IK + CK
 * filled with zeros to 64 octets; base64(md5(k^5c.. + md5(k^36.. + "http-digest-akav2-password"))).
 */
static void REG_20_the_password_of_akav2_is_the_prf_of_res_ik_and_ck(void **state)
{
    const struct published *p = &published[0];
    uint8_t res[8], ik[16], ck[16];
    char password[DIGEST_AKAV2];

    (void)state;
    unhex(p->res, res);
    unhex(p->ik, ik);
    unhex(p->ck, ck);
    digest_akav2_password(res, sizeof res, ik, ck, password);
    assert_string_equal(password, "shzt3q8CWaZnCAWqs3WmEQ==");
}

static void REG_21_every_octet_of_res_counts_also_behind_a_zero(void **state)
{
    uint8_t res[8] = {0, 1, 2, 0, 4, 5, 6, 0};
    struct digest_input in = published_input(&published[0], res);
    char first[DIGEST_HEX], other[DIGEST_HEX];

    (void)state;
    digest_response(&in, first);
    for (size_t i = 0; i < sizeof res; i++) {
        res[i] ^= 0x80;
        digest_response(&in, other);
        assert_string_not_equal(first, other);
        res[i] ^= 0x80;
    }
    in.password_len = 7; /* the last octet is zero: its absence counts too */
    digest_response(&in, other);
    assert_string_not_equal(first, other);
}

static void responses_are_compared_without_case_and_an_empty_one_is_never_right(void **state)
{
    (void)state;
    assert_true(digest_same("00aAfF99", "00AaFf99"));
    assert_false(digest_same("00aAfF99", "00AaFf98"));
    assert_false(digest_same("00aaff99", "00aaff990"));
    assert_false(digest_same("00aaff99", ""));
    assert_false(digest_same("", ""));
    assert_false(digest_same("@", "`")); /* differ by the case bit, but are no letters */
}

static void base64_of_rfc_4648_both_ways(void **state)
{
    static const struct {
        const char *plain, *coded;
    } pairs[] = {
        {"",       ""        },
        {"f",      "Zg=="    },
        {"fo",     "Zm8="    },
        {"foo",    "Zm9v"    },
        {"foob",   "Zm9vYg=="},
        {"fooba",  "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        size_t len = strlen(pairs[i].plain);
        char coded[16];
        uint8_t plain[8];

        digest_base64((const uint8_t *)pairs[i].plain, len, coded);
        assert_string_equal(coded, pairs[i].coded);
        assert_int_equal(digest_unbase64(coded, plain, sizeof plain), len);
        assert_memory_equal(plain, pairs[i].plain, len);
    }
}

static void the_nonce_is_base64_of_rand_and_autn(void **state)
{
    (void)state;
    for (const struct published *p = published; p < published + PUBLISHED_COUNT; p++) {
        uint8_t both[32], back[32];
        char nonce[45];

        unhex(p->rand, both);
        unhex(p->autn, both + 16);
        digest_base64(both, sizeof both, nonce);
        assert_string_equal(nonce, p->nonce);
        assert_int_equal(digest_unbase64(nonce, back, sizeof back), 32);
        assert_memory_equal(back, both, sizeof both);
    }
}

static void all_octets_survive_base64(void **state)
{
    uint8_t in[256], back[256];
    char coded[345];

    (void)state;
    for (size_t len = 0; len <= sizeof in; len++) {
        for (size_t i = 0; i < len; i++)
            in[i] = (i * 7 + len) & 0xff;
        digest_base64(in, len, coded);
        assert_int_equal(strlen(coded), (len + 2) / 3 * 4);
        assert_int_equal(digest_unbase64(coded, back, len), len);
        assert_memory_equal(back, in, len);
    }
}

static void what_is_not_base64_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z",
        "Zg",
        "Zg=",
        "Zm8",
        "====",
        "Z===",
        "=",
        "==",
        "Zg=a",
        "Zm=v",
        "Zm9v=",
        "Zm9vZg==x",
        "Zm 9",
        "Zm9v\n",
        "Zm9*",
        "Zm-_",
        "Zg==Zg==",
        "Zm9\xff",
        "Zh==" /* bits below the padding */,
        "Zm9=",
    };
    uint8_t out[16];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(digest_unbase64(bad[i], out, sizeof out), -EINVAL);
}

static void a_buffer_that_is_too_small_is_refused_before_it_is_written(void **state)
{
    uint8_t out[3] = {9, 9, 9};

    (void)state;
    assert_int_equal(digest_unbase64("Zm9vYg==", out, 3), -EINVAL);
    assert_int_equal(out[0], 9);
    assert_int_equal(digest_unbase64("Zm9v", out, 3), 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_response_agrees_with_all_published_sets_with_and_without_qop),
        cmocka_unit_test(the_response_agrees_with_the_example_of_rfc_2617),
        cmocka_unit_test(REG_20_the_password_of_akav2_is_the_prf_of_res_ik_and_ck),
        cmocka_unit_test(REG_21_every_octet_of_res_counts_also_behind_a_zero),
        cmocka_unit_test(responses_are_compared_without_case_and_an_empty_one_is_never_right),
        cmocka_unit_test(base64_of_rfc_4648_both_ways),
        cmocka_unit_test(the_nonce_is_base64_of_rand_and_autn),
        cmocka_unit_test(all_octets_survive_base64),
        cmocka_unit_test(what_is_not_base64_is_refused),
        cmocka_unit_test(a_buffer_that_is_too_small_is_refused_before_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
