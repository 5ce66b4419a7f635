/* SPDX-License-Identifier: Apache-2.0 */
/* The header helpers of sip.h, judged by the text that would go out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/url.h>
#include <string.h>

#include "sip.h"

static msg_t *m;

static const char text[] =
    "REGISTER sip:hims.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.45.0.2;branch=z9hG4bKx\r\n"
    "Route: <sip:pcscf1.vims.net:5060;lr>, <sip:[2001:db8::7];lr>\r\n"
    "From: <sip:name@hims.net>;tag=1\r\n"
    "To: <sip:name@hims.net>\r\n"
    "Call-ID: hdr\r\n"
    "CSeq: 25 REGISTER\r\n"
    "Require: sec-agree\r\n"
    "X-Odd: kept  as it is\r\n"
    "P-Charging-Vector: icid-value=1\r\n"
    "p-charging-vector: icid-value=2\r\n"
    "Authorization: Digest username=\"na\\\"me\", realm=\"hims.net\", nonce=\"\", "
    "uri=\"sip:hims.net\", "
    "response=\"\", Integrity-Protected=\"yes\", integrity-protected = \"no\"\r\n"
    "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1;spi-s=2;port-c=3;port-s=4\r\n"
    "Security-Client: ;;;\r\n"
    "Content-Length: 4\r\n"
    "\r\n"
    "body";

static int begin(void **state)
{
    (void)state;
    /* not sip_compose: a terminal may send a broken Security-Client, we may not */
    m = msg_make(sip_default_mclass(), 0, text, strlen(text));
    return m ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    sip_drop(m);
    return 0;
}

static const char *out(void)
{
    size_t len;

    return msg_as_string(msg_home(m), m, NULL, 0, &len);
}

static bool has(const char *what)
{
    return strstr(out(), what) != NULL;
}

static void what_is_not_edited_goes_out_as_it_came(void **state)
{
    (void)state;
    sip_add(m, "P-Foo: 1");
    assert_true(has("X-Odd: kept  as it is\r\n"));
    assert_true(has("na\\\"me"));
    assert_true(has("\r\nP-Foo: 1\r\n\r\nbody"));
}

static void a_typed_header_an_unknown_one_and_a_broken_one_are_removed_by_name(void **state)
{
    (void)state;
    sip_remove(m, "P-Charging-Vector");
    assert_false(has("icid-value"));
    sip_remove(m, "security-client");
    assert_false(has("ecurity-"));
    assert_false(has(";;;"));
}

static void a_header_too_many_is_no_name_to_compare_with(void **state)
{
    static const char twice[] = "REGISTER sip:h SIP/2.0\r\nRetry-After: 18000\r\n"
                                "Retry-After: 18000\r\nExpires: 7\r\nExpires: 8\r\n\r\n";

    (void)state;
    sip_drop(m);
    m = msg_make(sip_default_mclass(), 0, twice, strlen(twice));
    assert_non_null(sip_object(m)->sip_error);
    assert_false(sip_is_unreadable(sip_object(m), "Retry-After"));
    sip_remove(m, "Expires");
    assert_null(sip_object(m)->sip_expires);
}

static void what_cannot_be_read_is_known_by_name(void **state)
{
    (void)state;
    assert_true(sip_is_unreadable(sip_object(m), "security-client"));
    assert_false(sip_is_unreadable(sip_object(m), "Authorization"));
}

static void path_is_put_in_front_and_a_token_list_grows(void **state)
{
    (void)state;
    sip_add(m, "Path: <sip:a;lr>");
    sip_add(m, "Path: <sip:b;lr>");
    assert_true(strstr(out(), "<sip:b;lr>") < strstr(out(), "<sip:a;lr>"));
    sip_add(m, "Require: path");
    assert_true(has("\r\nRequire: sec-agree, path\r\n"));
}

static void a_token_is_taken_out_of_a_list_and_an_empty_list_goes(void **state)
{
    (void)state;
    sip_add(m, "Require: path");
    sip_remove_token(m, "Require", "SEC-agree");
    assert_true(has("\r\nRequire: path\r\n"));
    sip_remove_token(m, "Require", "path");
    assert_false(has("Require"));
    sip_remove_token(m, "Proxy-Require", "path");
}

static void the_request_uri_is_replaced(void **state)
{
    (void)state;
    sip_set_request_uri(m, "sip:scscf1.hims.net:5060;lr");
    assert_true(has("REGISTER sip:scscf1.hims.net:5060;lr SIP/2.0\r\n"));
    assert_false(has("REGISTER sip:hims.net"));
}

static void only_our_own_route_is_popped(void **state)
{
    struct addr v6;

    (void)state;
    addr_parse(&v6, "2001:db8::7", 0);
    sip_pop_route_if(m, &v6, "icscf1.hims.net");
    assert_true(has("pcscf1.vims.net"));
    sip_pop_route_if(m, &v6, "PCSCF1.vims.net");
    assert_false(has("pcscf1.vims.net"));
    sip_pop_route_if(m, &v6, "PCSCF1.vims.net");
    assert_false(has("Route"));
    sip_pop_route_if(m, &v6, "PCSCF1.vims.net");
}

static void SES_26_max_forwards_goes_down_to_0_and_no_further(void **state)
{
    (void)state;
    assert_true(sip_decrement_max_forwards(m)); /* absent: 70 */
    assert_true(has("\r\nMax-Forwards: 69\r\n"));
    assert_true(sip_decrement_max_forwards(m));
    assert_true(has("\r\nMax-Forwards: 68\r\n"));
    sip_remove(m, "Max-Forwards");
    sip_add(m, "Max-Forwards: 0");
    assert_false(sip_decrement_max_forwards(m));
}

static void text_of_a_header_typed_or_not(void **state)
{
    char buf[128];

    (void)state;
    assert_string_equal(sip_text(sip_object(m), "cseq", buf, sizeof buf), "25 REGISTER");
    assert_string_equal(sip_text(sip_object(m), "X-ODD", buf, sizeof buf), "kept  as it is");
    assert_string_equal(sip_text(sip_object(m), "P-Charging-Vector", buf, sizeof buf),
                        "icid-value=1");
    assert_null(sip_text(sip_object(m), "X-None", buf, sizeof buf));
    assert_null(sip_text(sip_object(m), "Expires", buf, sizeof buf));
}

static void an_auth_parameter_is_read_without_quotes(void **state)
{
    const msg_auth_t *auth = sip_object(m)->sip_authorization;
    char buf[64];

    (void)state;
    assert_string_equal(sip_auth_param(auth, "username", buf, sizeof buf), "na\"me");
    assert_string_equal(sip_auth_param(auth, "REALM", buf, sizeof buf), "hims.net");
    assert_string_equal(sip_auth_param(auth, "nonce", buf, sizeof buf), "");
    assert_string_equal(sip_auth_param(auth, "realm", buf, 5), "hims");
    assert_null(sip_auth_param(auth, "auts", buf, sizeof buf));
    assert_null(sip_auth_param(NULL, "auts", buf, sizeof buf));
    sip_remove(m, "Authorization");
    sip_add(m, "Authorization: Digest username=\"a\r\n live:\x1b[2J\"");
    auth = sip_digest(sip_object(m));
    assert_string_equal(sip_auth_param(auth, "username", buf, sizeof buf), "a   live: [2J");
}

static void REGE_33_an_auth_parameter_is_replaced_however_it_was_written(void **state)
{
    (void)state;
    sip_set_auth_param(m, "integrity-protected", "no");
    assert_true(has("integrity-protected=\"no\""));
    assert_false(has("yes"));
    assert_null(strstr(strstr(out(), "ntegrity-") + 1, "ntegrity-"));
    sip_set_auth_param(m, "integrity-protected", NULL);
    assert_false(has("ntegrity-"));
    assert_true(has("username=\"na\\\"me\""));
}

static void REGE_33_an_auth_parameter_hidden_in_another_is_taken_with_it(void **state)
{
    static const char *const hidden[] = {
        "Basic integrity-protected=\"yes\"", "nc=1;integrity-protected=\"yes\"",
        "qop=\"\"integrity-protected=\"yes\"", "\vINTEGRITY-protected=yes",
        "\xc2\xa0integrity-protected=yes"};
    static const char kept[] = "opaque=\"a \\\" integrity-protected=yes\"";
    char line[200];

    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        sip_remove(m, "Authorization");
        snprintf(line, sizeof line, "Authorization: Digest username=\"u\", %s, %s", hidden[i],
                 kept);
        sip_add(m, line);
        sip_set_auth_param(m, "integrity-protected", NULL);
        assert_true(has("username=\"u\""));
        assert_true(has(kept));
        assert_null(strcasestr(strstr(out(), kept) + strlen(kept), "integrity-"));
        assert_false(has("integrity-protected=\""));
        assert_false(has("protected=yes,"));
    }
}

static void a_copy_can_be_edited_and_the_original_keeps_its_own(void **state)
{
    msg_t *copy = msg_copy(m), *original = m;

    (void)state;
    m = copy;
    sip_set_auth_param(m, "integrity-protected", NULL);
    sip_remove(m, "Require");
    sip_set_request_uri(m, "sip:other");
    m = original;
    assert_true(has("Integrity-Protected=\"yes\""));
    assert_true(has("Require: sec-agree"));
    assert_true(has("REGISTER sip:hims.net SIP"));
    sip_drop(copy);
}

static void identities_are_canonical(void **state)
{
    static const struct {
        const char *uri, *identity;
    } rows[] = {
        {"sip:name@hims.net",                              "sip:name@hims.net"     },
        {"sip:Name@HIMS.net:5060;transport=tcp?Subject=x", "sip:Name@hims.net"     },
        {"sip:n%61me@hims.net",                            "sip:name@hims.net"     },
        {"sip:a%40b%2fc@hims.net",                         "sip:a%40b/c@hims.net"  },
        {"sips:name@hims.net",                             "sips:name@hims.net"    },
        {"sip:name:secret@hims.net",                       "sip:name@hims.net"     },
        {"sip:hims.net",                                   "sip:hims.net"          },
        {"sip:name@[2001:DB8::1]:5060",                    "sip:name@[2001:db8::1]"},
        {"tel:+1-555-(0001)",                              "tel:+15550001"         },
        {"tel:+1.555.0001;phone-context=hims.net",         "tel:+15550001"         },
        {"http://hims.net/",                               NULL                    },
        {"urn:service:sos",                                NULL                    },
        {"sip:",                                           NULL                    },
        {"tel:",                                           NULL                    },
    };
    char buf[128], uri[128];
    url_t url;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *identity;

        strcpy(uri, rows[i].uri);
        url_d(&url, uri);
        identity = sip_identity(&url, buf, sizeof buf);
        assert_string_equal(identity ? identity : "none",
                            rows[i].identity ? rows[i].identity : "none");
    }
    strcpy(uri, "sip:name@hims.net");
    url_d(&url, uri);
    assert_null(sip_identity(&url, buf, 12));
}

static void a_message_of_our_own_is_composed_from_text(void **state)
{
    struct why why;
    msg_t *own = sip_compose(NULL,
                             "OPTIONS sip:x SIP/2.0\nFrom: <sip:a@b>;tag=1\nTo: <sip:x>\n"
                             "Call-ID: own\nCSeq: 1 OPTIONS\n\nv=0\n",
                             &why),
          *before = m;

    (void)state;
    assert_non_null(own);
    m = own;
    assert_true(has("\r\nContent-Length: 4\r\n\r\nv=0\n"));
    m = before;
    sip_drop(own);
}

static void a_message_that_sofia_cannot_parse_is_refused_with_a_sentence(void **state)
{
    struct why why = {""};

    (void)state;
    assert_null(sip_compose(NULL, "nonsense", &why));
    assert_non_null(strstr(why.text, "first line"));
    assert_null(sip_compose(NULL, "OPTIONS sip:x SIP/2.0\nFrom: <sip:a@b>\n\n", &why));
    assert_non_null(strstr(why.text, "CSeq"));
    assert_null(sip_compose(NULL,
                            "OPTIONS sip:x SIP/2.0\nFrom: <sip:a@b>\nTo: <sip:x>\nCall-ID: own\n"
                            "CSeq: 1 OPTIONS\nContact: <<\n\n",
                            &why));
    assert_non_null(strstr(why.text, "Contact"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_not_edited_goes_out_as_it_came),
        T(a_typed_header_an_unknown_one_and_a_broken_one_are_removed_by_name),
        T(a_header_too_many_is_no_name_to_compare_with),
        T(what_cannot_be_read_is_known_by_name),
        T(path_is_put_in_front_and_a_token_list_grows),
        T(a_token_is_taken_out_of_a_list_and_an_empty_list_goes),
        T(the_request_uri_is_replaced),
        T(only_our_own_route_is_popped),
        T(SES_26_max_forwards_goes_down_to_0_and_no_further),
        T(text_of_a_header_typed_or_not),
        T(an_auth_parameter_is_read_without_quotes),
        T(REGE_33_an_auth_parameter_is_replaced_however_it_was_written),
        T(REGE_33_an_auth_parameter_hidden_in_another_is_taken_with_it),
        T(a_copy_can_be_edited_and_the_original_keeps_its_own),
        T(identities_are_canonical),
        T(a_message_of_our_own_is_composed_from_text),
        T(a_message_that_sofia_cannot_parse_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
