/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sip_trace.h"

static struct sip_trace t;

static const char protected_register[] =
    "REGISTER sip:hims.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pcscf1.vims.net:5060;rport;branch=z9hG4bKone, SIP/2.0/UDP "
    "10.45.0.2;branch=z9hG4bKtwo\r\n"
    "Via: SIP/2.0/UDP 10.45.0.3;branch=z9hG4bKthree\r\n"
    "Max-Forwards: 19\r\n"
    "f: \"A; <b\" <sip:name@hims.net>;tag=1\r\n"
    "To: sip:name@hims.net;tag=9\r\n"
    "i: abc@10.45.0.2\r\n"
    "CSEQ : 26   REGISTER\r\n"
    "Contact: <sip:10.45.0.2:5060>;\r\n expires=90000\r\n"
    "Path: <sip:term@pcscf1.vims.net;lr>\r\n"
    "Path: <sip:x@y;lr>\r\n"
    "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1;spi-s=2;port-c=3;port-s=4\r\n"
    "Authorization: Digest username=\"name.private@hims.net\", realm=\"hims.net\", "
    "nonce=\"AAECAwQFBgcICQoLDA0ODw==\", algorithm=AKAv1-MD5, uri=\"sip:hims.net\", "
    "response=\"6629fae49393a05397450978507c4ef1\", integrity-protected=\"yes\", "
    "auts=\"c2VjcmV0c2VjcmU=\"\r\n"
    "P-Visited-Network-ID: \"vims.net\"\r\n"
    "P-Charging-Vector: icid-value=\"icid;1\";orig-ioi=vims.net\r\n"
    "Expires: 90000\r\n"
    "Content-Length: 12\r\n"
    "\r\n"
    "Warning: no\n";

static const char challenge[] = "SIP/2.0 401 Unauthorized\r\n"
                                "Via: SIP/2.0/UDP 10.45.0.2;branch=z9hG4bKtwo\r\n"
                                "From: <sip:name@hims.net>;tag=1\r\n"
                                "Call-ID: abc@10.45.0.2\r\n"
                                "CSeq: 25 REGISTER\r\n"
                                "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"short\", "
                                "algorithm=AKAv1-MD5, ik=\"00112233\", ck=\"44556677\"\r\n"
                                "Warning: 399 scscf1 \"why\"\r\n\r\n";

static void is(enum trace_key key, const char *expected)
{
    const char *value = sip_trace_value(&t, key);

    if (!expected)
        assert_null(value);
    else {
        assert_non_null(value);
        assert_string_equal(value, expected);
    }
}

static void a_request_is_read_with_the_keys_of_the_ladder(void **state)
{
    (void)state;
    assert_true(sip_trace_scan(&t, protected_register, strlen(protected_register)));
    assert_string_equal(t.message, "REGISTER");
    assert_string_equal(t.call_id, "abc@10.45.0.2");
    is(TRACE_URI, "sip:hims.net");
    is(TRACE_CSEQ, "26 REGISTER");
    is(TRACE_MAX_FORWARDS, "19");
    is(TRACE_VIA, "pcscf1.vims.net:5060;branch=z9hG4bKone");
    is(TRACE_FROM, "sip:name@hims.net");
    is(TRACE_TO, "sip:name@hims.net");
    is(TRACE_CONTACT, "<sip:10.45.0.2:5060>; expires=90000");
    is(TRACE_EXPIRES, "90000");
    is(TRACE_PATH, "<sip:term@pcscf1.vims.net;lr>, <sip:x@y;lr>");
    is(TRACE_SECURITY_CLIENT, "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1;spi-s=2;port-c=3;port-s=4");
    is(TRACE_USERNAME, "name.private@hims.net");
    is(TRACE_ALGORITHM, "AKAv1-MD5");
    is(TRACE_INTEGRITY_PROTECTED, "yes");
    is(TRACE_P_VISITED, "\"vims.net\"");
    is(TRACE_PCV, "icid;1");
    is(TRACE_WARNING, NULL); /* that was the body */
}

static void a_nonce_is_cut_and_a_response_is_only_said_to_be_there(void **state)
{
    (void)state;
    assert_true(sip_trace_scan(&t, protected_register, strlen(protected_register)));
    is(TRACE_NONCE, "AAECAwQFBgcICQoL..");
    is(TRACE_RESPONSE, "present");
    is(TRACE_AUTS, "present");
}

static void an_empty_response_is_absent(void **state)
{
    static const char first[] = "REGISTER sip:hims.net SIP/2.0\n"
                                "Authorization: Digest username=\"n\",nonce=\"\",response=\"\"\n\n";

    (void)state;
    assert_true(sip_trace_scan(&t, first, strlen(first)));
    is(TRACE_RESPONSE, "absent");
    is(TRACE_NONCE, NULL);
    is(TRACE_AUTS, NULL);
}

static void TRU_16_no_secret_is_in_any_value(void **state)
{
    static const char *const secrets[] = {"6629fae4", "c2VjcmV0", "00112233", "44556677"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *text = i ? challenge : protected_register;

        assert_true(sip_trace_scan(&t, text, strlen(text)));
        for (size_t key = 0; key < TRACE_KEYS; key++)
            for (size_t s = 0; s < sizeof secrets / sizeof secrets[0]; s++)
                assert_null(strstr(t.value[key], secrets[s]));
    }
}

static void an_answer_is_called_by_its_status(void **state)
{
    (void)state;
    assert_true(sip_trace_scan(&t, challenge, strlen(challenge)));
    assert_string_equal(t.message, "401");
    is(TRACE_URI, NULL);
    is(TRACE_CSEQ, "25 REGISTER");
    is(TRACE_NONCE, "short");
    is(TRACE_REALM, "hims.net");
    is(TRACE_RESPONSE, NULL);
    is(TRACE_WARNING, "399 scscf1 \"why\"");
}

static void what_is_not_sip_is_not_taken_for_it(void **state)
{
    static const char *const not [] = {"",
                                       "\r\n\r\n",
                                       "GET / HTTP/1.1\r\n\r\n",
                                       "\x01\x00\x00\x10 SIP/2.0\r\n",
                                       "v=0\r\no=- SIP/2.0 x\r\n",
                                       "SIP/2.0 abc\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof not / sizeof not [0]; i++)
        assert_false(sip_trace_scan(&t, not [i], strlen(not [i])));
}

/* Every prefix of a message, in memory that ends right there (for the sanitizer). */
static void a_message_that_ends_anywhere_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    for (size_t len = 0; len <= strlen(protected_register); len++) {
        char *cut = test_malloc(len ? len : 1);

        memcpy(cut, protected_register, len);
        sip_trace_scan(&t, cut, len);
        test_free(cut);
    }
}

static void a_very_long_value_is_cut(void **state)
{
    static char text[20000];
    size_t n;

    (void)state;
    n = strlen(strcpy(text, "OPTIONS sip:h SIP/2.0\r\nPath: "));
    memset(text + n, 'x', sizeof text - n - 1);
    assert_true(sip_trace_scan(&t, text, sizeof text - 1));
    assert_int_equal(strlen(t.value[TRACE_PATH]), TRACE_VALUE - 1);
    assert_string_equal(t.value[TRACE_PATH] + TRACE_VALUE - 5, "x...");
}

static void a_value_that_just_fits_is_not_marked_and_more_of_it_is(void **state)
{
    char text[2000], value[TRACE_VALUE];

    (void)state;
    memset(value, 'x', sizeof value);
    value[TRACE_VALUE - 1] = 0;
    snprintf(text, sizeof text, "OPTIONS sip:h SIP/2.0\r\nPath: %s\r\n\r\n", value);
    assert_true(sip_trace_scan(&t, text, strlen(text)));
    assert_string_equal(t.value[TRACE_PATH], value);
    snprintf(text, sizeof text, "OPTIONS sip:h SIP/2.0\r\nPath: %s\r\nPath: y\r\n\r\n", value);
    assert_true(sip_trace_scan(&t, text, strlen(text)));
    assert_string_equal(t.value[TRACE_PATH] + TRACE_VALUE - 5, "x...");
    snprintf(text, sizeof text, "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=%s\r\n\r\n",
             value);
    assert_true(sip_trace_scan(&t, text, strlen(text)));
    assert_string_equal(t.value[TRACE_VIA] + TRACE_VALUE - 5, "x...");
}

static void a_long_call_id_is_kept_whole_for_its_tag(void **state)
{
    char text[2000], id[300];

    (void)state;
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = 0;
    snprintf(text, sizeof text, "OPTIONS sip:h SIP/2.0\r\nCall-ID: %s\r\n\r\n", id);
    assert_true(sip_trace_scan(&t, text, strlen(text)));
    assert_string_equal(t.call_id, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_with_the_keys_of_the_ladder),
        cmocka_unit_test(a_nonce_is_cut_and_a_response_is_only_said_to_be_there),
        cmocka_unit_test(an_empty_response_is_absent),
        cmocka_unit_test(TRU_16_no_secret_is_in_any_value),
        cmocka_unit_test(an_answer_is_called_by_its_status),
        cmocka_unit_test(what_is_not_sip_is_not_taken_for_it),
        cmocka_unit_test(a_message_that_ends_anywhere_is_read_as_far_as_it_goes),
        cmocka_unit_test(a_very_long_value_is_cut),
        cmocka_unit_test(a_value_that_just_fits_is_not_marked_and_more_of_it_is),
        cmocka_unit_test(a_long_call_id_is_kept_whole_for_its_tag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
