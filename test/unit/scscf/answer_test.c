/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../scscf/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUTE "<sip:orig@scscf1.hims.net:5060;lr>"

static su_home_t *home;

static int setup(void **state)
{
    (void)state;
    home = su_home_new(sizeof *home);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    su_home_unref(home);
    return 0;
}

static const char *vector(const char *received)
{
    struct asked asked = {.path = "", .charging_vector = received};

    return answer_accept(home, &asked, NULL, 0, ROUTE, "hims.net");
}

static void the_challenge_has_the_keys_as_hex(void **state)
{
    static const uint8_t ck[16] = {0x0f, 0xa0}, ik[16] = {0xff};
    char headers[ANSWER_CHALLENGE];

    (void)state;
    answer_challenge(headers, "hims.net", "bm9uY2U=", "AKAv1-MD5", ck, ik);
    assert_string_equal(headers, "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"bm9uY2U=\", "
                                 "algorithm=AKAv1-MD5, qop=\"auth\", "
                                 "ik=\"ff000000000000000000000000000000\", "
                                 "ck=\"0fa00000000000000000000000000000\"\r\n");
}

static void REG_08_the_200_lists_live_contacts_routes_and_identities(void **state)
{
    struct profile_impu impus[] = {
        {.id = "sip:hidden@h", .barred = true},
        {.id = "sip:a@h"     },
        {.id = "tel:+1"                   },
        {.id = "sip:off@h",                    .barred = true              },
    };
    struct binding second = {.text = "<sip:a@10.0.0.2>;q=0.5", .expires_ms = 60500};
    struct binding old = {.text = "<sip:a@10.0.0.3>", .expires_ms = 1000, .next = &second};
    struct binding first = {.text = "<sip:a@10.0.0.1>", .expires_ms = 100000, .next = &old};
    struct registration reg = {
        .profile = {impus, 4},
          .bindings = &first
    };
    struct asked asked = {.path = "<sip:p;lr>, <sip:e;lr>", .charging_vector = "icid-value=1"};

    (void)state;
    assert_string_equal(answer_accept(home, &asked, &reg, 1000, ROUTE, "hims.net"),
                        "Contact: <sip:a@10.0.0.1>;expires=99\r\n"
                        "Contact: <sip:a@10.0.0.2>;q=0.5;expires=60\r\n"
                        "Service-Route: " ROUTE "\r\n"
                        "P-Associated-URI: <sip:a@h>, <tel:+1>\r\n"
                        "Path: <sip:p;lr>, <sip:e;lr>\r\n"
                        "P-Charging-Vector: icid-value=1;term-ioi=hims.net\r\n");
}

static void the_charging_vector_keeps_icid_and_orig_ioi_and_gets_our_term_ioi(void **state)
{
    (void)state;
    assert_string_equal(vector("icid-value=\"a;b\\\"c\" ; orig-ioi=vims.net;term-ioi=evil;x=y"),
                        "P-Charging-Vector: icid-value=\"a;b\\\"c\";orig-ioi=vims.net;"
                        "term-ioi=hims.net\r\n");
    assert_string_equal(vector("ICID-Value=1;icid-generated-at=10.0.0.1"),
                        "P-Charging-Vector: ICID-Value=1;icid-generated-at=10.0.0.1;"
                        "term-ioi=hims.net\r\n");
}

static void without_an_icid_there_is_no_charging_vector(void **state)
{
    (void)state;
    assert_string_equal(vector(""), "");
    assert_string_equal(vector(";;; ;"), "");
    assert_string_equal(vector("icid-value="), "");
    assert_string_equal(vector("icid-value=1\r\nX-Evil: 1"), "");
    assert_string_equal(vector("\"unterminated;icid-value=1"), "");
}

static void a_refusal_has_its_reason_as_warning(void **state)
{
    struct refusal no;

    (void)state;
    refuse_with(&no, 403, NULL, "realm \"%s\" is not ours\r\nX: y", "a\\b");
    assert_string_equal(answer_refuse(home, &no, "scscf1"),
                        "Warning: 399 scscf1 \"realm \\\"a\\\\b\\\" is not ours??X: y\"\r\n");
    strcpy(no.header, "Min-Expires: 60\r\n");
    strcpy(no.reason, "short");
    assert_string_equal(answer_refuse(home, &no, "scscf1"),
                        "Min-Expires: 60\r\nWarning: 399 scscf1 \"short\"\r\n");
}

static void the_longest_reason_fits(void **state)
{
    struct refusal no = {0};

    (void)state;
    memset(no.reason, '"', sizeof no.reason - 1);
    assert_int_equal(strlen(answer_refuse(home, &no, "s")),
                     strlen("Warning: 399 s \"\"\r\n") + 2 * (sizeof no.reason - 1));
}

#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        t(the_challenge_has_the_keys_as_hex),
        t(REG_08_the_200_lists_live_contacts_routes_and_identities),
        t(the_charging_vector_keeps_icid_and_orig_ioi_and_gets_our_term_ioi),
        t(without_an_icid_there_is_no_charging_vector),
        t(a_refusal_has_its_reason_as_warning),
        t(the_longest_reason_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
