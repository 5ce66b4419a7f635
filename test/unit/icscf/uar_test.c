/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sip.h"
#include "../../../icscf/uar.h"

#define START                                                                                      \
    "REGISTER sip:hims.net SIP/2.0\r\nFrom: <sip:name@hims.net>;tag=1\r\n"                         \
    "Call-ID: c1\r\nCSeq: 1 REGISTER\r\n"
#define TO      "To: <sip:name@HIMS.net;x=y>\r\n"
#define CONTACT "Contact: <sip:10.45.0.2>"
#define AUTH    "Authorization: Digest username=\"name.private@hims.net\", realm=\"hims.net\"\r\n"

static struct cx_uar uar;

static int ask(const char *headers)
{
    char text[2048];
    struct why why = {"not said"};
    msg_t *m;
    int err;

    snprintf(text, sizeof text, START "%s\r\n", headers);
    m = sip_compose(NULL, text, &why);
    if (!m)
        fail_msg("%s", why.text);
    err = uar_from(sip_object(m), "hims.net", &uar, &why);
    msg_destroy(m);
    return err;
}

static void M3_the_question_holds_who_where_and_what(void **state)
{
    (void)state;
    assert_int_equal(ask(TO AUTH CONTACT "\r\nExpires: 600000\r\n"
                                         "P-Visited-Network-ID: \"vims.net\"\r\n"),
                     0);
    assert_string_equal(uar.impi, "name.private@hims.net");
    assert_string_equal(uar.impu, "sip:name@hims.net");
    assert_string_equal(uar.visited, "vims.net");
    assert_int_equal(uar.type, CX_UAT_REGISTRATION);
}

static void without_authorization_the_private_identity_comes_from_the_public_one(void **state)
{
    (void)state;
    assert_int_equal(ask(TO CONTACT "\r\n"), 0);
    assert_string_equal(uar.impi, "name@hims.net");
    assert_int_equal(ask("To: <tel:+1-555-0001>\r\n" CONTACT "\r\n"), 0);
    assert_string_equal(uar.impu, "tel:+15550001");
    assert_string_equal(uar.impi, "+15550001");
    assert_int_equal(ask(TO "Authorization: Digest username=\"\", realm=\"x\"\r\n"), 0);
    assert_string_equal(uar.impi, "name@hims.net");
    assert_int_equal(ask(TO "Authorization: Basic username=\"evil@hims.net\"\r\n" AUTH), 0);
    assert_string_equal(uar.impi, "name.private@hims.net"); /* whom the S-CSCF will ask for */
}

static void the_visited_network_is_read_quoted_or_plain_and_its_first_value_counts(void **state)
{
    (void)state;
    ask(TO "P-Visited-Network-ID: vims.net;x=1, other.net\r\n");
    assert_string_equal(uar.visited, "vims.net");
    ask(TO "P-Visited-Network-ID: \"Visited \\\"network\\\" 1\", \"two\"\r\n");
    assert_string_equal(uar.visited, "Visited \"network\" 1");
    ask(TO "P-Visited-Network-ID: \"\"\r\n");
    assert_string_equal(uar.visited, "hims.net");
    ask(TO);
    assert_string_equal(uar.visited, "hims.net");
}

static void DREG_01_no_contact_left_is_a_de_registration(void **state)
{
    static const struct {
        const char *headers;
        int type;
    } cases[] = {
        {CONTACT "\r\nExpires: 0\r\n",                            CX_UAT_DE_REGISTRATION},
        {CONTACT ";expires=0\r\nExpires: 600\r\n",                CX_UAT_DE_REGISTRATION},
        {"Contact: *\r\nExpires: 0\r\n",                          CX_UAT_DE_REGISTRATION},
        {CONTACT ";expires=600\r\nExpires: 0\r\n",                CX_UAT_REGISTRATION   },
        {CONTACT ";expires=0, <sip:10.45.0.3>;expires=60\r\n",    CX_UAT_REGISTRATION   },
        {CONTACT ";expires=0, <sip:10.45.0.3>\r\nExpires: 0\r\n", CX_UAT_DE_REGISTRATION},
        {CONTACT "\r\n",                                          CX_UAT_REGISTRATION   },
        {"Expires: 0\r\n",                                        CX_UAT_REGISTRATION   }, /* a fetch changes nothing */
    };
    char headers[512];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(headers, sizeof headers, TO "%s", cases[i].headers);
        assert_int_equal(ask(headers), 0);
        if (uar.type != cases[i].type)
            fail_msg("type %d for %s", uar.type, cases[i].headers);
    }
}

static void a_to_without_an_identity_is_refused(void **state)
{
    (void)state;
    assert_int_equal(ask("To: <http://hims.net>\r\n"), -EINVAL);
}

static void REGE_02_03_04_refusals_of_the_hss_are_403_and_everything_else_480(void **state)
{
    static const struct {
        int result, status;
    } cases[] = {
        {CX_USER_UNKNOWN,            403},
        {CX_IDENTITIES_DONT_MATCH,   403},
        {CX_ROAMING_NOT_ALLOWED,     403},
        {CX_AUTHORIZATION_REJECTED,  403},
        {CX_IDENTITY_NOT_REGISTERED, 403},
        {CX_TOO_BUSY,                480},
        {CX_UNABLE_TO_COMPLY,        480},
        {CX_UNABLE_TO_DELIVER,       480},
        {CX_EXP | 4711,              480},
        {0,                          480},
        {-1,                         480},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_non_null(uar_refusal_for(cases[i].result));
        assert_int_equal(uar_refusal_for(cases[i].result)->status, cases[i].status);
    }
    assert_null(uar_refusal_for(CX_FIRST_REGISTRATION));
    assert_null(uar_refusal_for(CX_SUBSEQUENT_REGISTRATION));
    assert_null(uar_refusal_for(CX_SUCCESS));
}

static void the_size_of_a_register_is_estimated_from_its_text(void **state)
{
    static const char text[] = START TO AUTH CONTACT "\r\n\r\n";
    struct why why;
    msg_t *m = sip_compose(NULL, text, &why);

    (void)state;
    assert_non_null(m);
    assert_in_range(uar_register_size(sip_object(m)), sizeof text, sizeof text + 200);
    msg_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M3_the_question_holds_who_where_and_what),
        cmocka_unit_test(without_authorization_the_private_identity_comes_from_the_public_one),
        cmocka_unit_test(the_visited_network_is_read_quoted_or_plain_and_its_first_value_counts),
        cmocka_unit_test(DREG_01_no_contact_left_is_a_de_registration),
        cmocka_unit_test(a_to_without_an_identity_is_refused),
        cmocka_unit_test(REGE_02_03_04_refusals_of_the_hss_are_403_and_everything_else_480),
        cmocka_unit_test(the_size_of_a_register_is_estimated_from_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
