/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../scscf/ifc.h"

#include <setjmp.h>
#include <sofia-sip/sip_header.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sip.h"

#define SPT(negated, groups, condition)                                                            \
    "<SPT><ConditionNegated>" negated "</ConditionNegated>" groups condition "</SPT>"
#define G(n)         "<Group>" n "</Group>"
#define METHOD(m)    "<Method>" m "</Method>"
#define CASE(n)      "<SessionCase>" n "</SessionCase>"
#define HEADER(n, c) "<SIPHeader><Header>" n "</Header>" c "</SIPHeader>"
#define CONTENT(c)   "<Content>" c "</Content>"

static const char *profile(const char *cnf, const char *spts, const char *more)
{
    static char xml[8192];

    snprintf(xml, sizeof xml,
             "<IMSSubscription><PrivateID>a</PrivateID><ServiceProfile><PublicIdentity><Identity>"
             "sip:a@b</Identity></PublicIdentity><InitialFilterCriteria><Priority>1</Priority>"
             "<TriggerPoint><ConditionTypeCNF>%s</ConditionTypeCNF>%s</TriggerPoint>"
             "<ApplicationServer><ServerName>sip:as.hims.net</ServerName>%s</ApplicationServer>"
             "</InitialFilterCriteria></ServiceProfile></IMSSubscription>",
             cnf, spts, more);
    return xml;
}

static bool matches(const char *xml, const char *method, const char *from, enum ifc_case c,
                    enum ifc_registration type)
{
    struct ifc *ifc = ifc_read(xml);
    char text[1024];
    struct why why;
    bool found;
    msg_t *m;

    snprintf(text, sizeof text,
             "%s sip:home1.net SIP/2.0\r\nFrom: <sip:%s@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n"
             "CSeq: 1 %s\r\nSubject: red tulips\r\nContent-Type: application/sdp\r\n\r\n"
             "v=0\r\nm=audio 1 RTP/AVP 0\r\n",
             method, from, method);
    m = sip_compose(NULL, text, &why);
    assert_non_null(m);
    assert_non_null(ifc);
    found = ifc_matches(
        ifc, &(struct ifc_request){
                 .method = method, .sip = sip_object(m), .session_case = c, .registration = type});
    sip_drop(m);
    ifc_free(ifc);
    return found;
}

static bool matches_method(const char *xml, const char *method, const char *from)
{
    return matches(xml, method, from, IFC_ORIGINATING_REGISTERED, IFC_INITIAL);
}

/* INVITE or MESSAGE or (SUBSCRIBE and not From joe), TS 29.228 annex C */
static void IFC_25_the_example_of_annex_C_matches_in_both_forms(void **state)
{
    static const struct {
        const char *method, *from;
        bool matches;
    } rows[] = {
        {"INVITE",    "joe", true },
        {"MESSAGE",   "joe", true },
        {"SUBSCRIBE", "joe", false},
        {"SUBSCRIBE", "ann", true },
        {"OPTIONS",   "ann", false}
    };
    char cnf[8192], dnf[8192];

    (void)state;
    snprintf(cnf, sizeof cnf, "%s",
             profile("1",
                     SPT("0", G("0") G("1"), METHOD("INVITE"))
                         SPT("0", G("0") G("1"), METHOD("MESSAGE"))
                             SPT("0", G("0"), METHOD("SUBSCRIBE"))
                                 SPT("1", G("1"), HEADER("From", CONTENT("joe"))),
                     ""));
    snprintf(dnf, sizeof dnf, "%s",
             profile("0",
                     SPT("0", G("0"), METHOD("INVITE")) SPT("0", G("1"), METHOD("MESSAGE"))
                         SPT("0", G("2"), METHOD("SUBSCRIBE"))
                             SPT("1", G("2"), HEADER("From", CONTENT("joe"))),
                     ""));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(matches_method(cnf, rows[i].method, rows[i].from), rows[i].matches);
        assert_int_equal(matches_method(dnf, rows[i].method, rows[i].from), rows[i].matches);
    }
}

static void IFC_26_a_header_that_must_be_absent(void **state)
{
    (void)state;
    assert_false(
        matches_method(profile("0", SPT("1", G("0"), HEADER("Subject", "")), ""), "INVITE", "a"));
    assert_true(
        matches_method(profile("0", SPT("1", G("0"), HEADER("X-Other", "")), ""), "INVITE", "a"));
    assert_true(
        matches_method(profile("0", SPT("0", G("0"), HEADER("Subject", "")), ""), "INVITE", "a"));
}

static void IFC_27_a_negated_session_case_matches_all_others(void **state)
{
    (void)state;
    for (int c = IFC_ORIGINATING_REGISTERED; c <= IFC_ORIGINATING_CDIV; c++)
        assert_int_equal(
            matches(profile("0", SPT("1", G("0"), CASE("0")), ""), "INVITE", "a", c, 0),
            c != IFC_ORIGINATING_REGISTERED);
}

static void a_line_of_the_session_and_the_request_uri_match_by_expression(void **state)
{
    (void)state;
    assert_true(matches_method(
        profile("0",
                SPT("0", G("0"),
                    "<SessionDescription><Line>m</Line>" CONTENT("^audio") "</SessionDescription>"),
                ""),
        "INVITE", "a"));
    assert_false(matches_method(
        profile("0",
                SPT("0", G("0"),
                    "<SessionDescription><Line>m</Line>" CONTENT("^video") "</SessionDescription>"),
                ""),
        "INVITE", "a"));
    assert_true(matches_method(
        profile("0", SPT("0", G("0"), "<RequestURI>home1\\.net</RequestURI>"), ""), "INVITE", "a"));
    assert_false(matches_method(
        profile("0", SPT("0", G("0"), "<RequestURI>home2</RequestURI>"), ""), "INVITE", "a"));
}

static void a_registration_type_narrows_REGISTER(void **state)
{
    const char *xml =
        profile("0",
                SPT("0", G("0"),
                    METHOD("REGISTER") "<Extension><RegistrationType>0</RegistrationType>"
                                       "<RegistrationType>2</RegistrationType></Extension>"),
                "");

    (void)state;
    assert_true(matches(xml, "REGISTER", "a", 0, IFC_INITIAL));
    assert_false(matches(xml, "REGISTER", "a", 0, IFC_AGAIN));
    assert_true(matches(xml, "REGISTER", "a", 0, IFC_END));
}

static void without_a_message_only_method_and_case_decide(void **state)
{
    struct ifc_request r = {.method = "REGISTER", .registration = IFC_END};
    struct ifc *ifc = ifc_read(profile(
        "0", SPT("0", G("0"), METHOD("REGISTER")) SPT("1", G("0"), HEADER("Subject", "")), ""));

    (void)state;
    assert_true(ifc_matches(ifc, &r));
    r.method = "INVITE";
    assert_false(ifc_matches(ifc, &r));
    ifc_free(ifc);
}

static void what_the_server_is_to_get_is_read_and_the_order_is_by_priority(void **state)
{
    struct ifc *ifc = ifc_read(
        "<x:IMSSubscription xmlns:x='y'><ServiceProfile>"
        "<InitialFilterCriteria><Priority>7</Priority><ApplicationServer><ServerName>sip:late"
        "</ServerName><DefaultHandling>1</DefaultHandling></ApplicationServer>"
        "<ProfilePartIndicator>1</ProfilePartIndicator></InitialFilterCriteria>"
        "<InitialFilterCriteria><Priority>9</Priority></InitialFilterCriteria>"
        "<InitialFilterCriteria><Priority>2</Priority><ApplicationServer><ServerName> sip:early "
        "</ServerName><ServiceInfo> a &lt;b&gt; </ServiceInfo><Extension><IncludeRegisterRequest/>"
        "<IncludeRegisterResponse/></Extension></ApplicationServer></InitialFilterCriteria>"
        "</ServiceProfile></x:IMSSubscription>");
    struct ifc_request r = {.method = "REGISTER"};

    (void)state;
    assert_string_equal(ifc->server, "sip:early");
    assert_string_equal(ifc->service_info, " a <b> ");
    assert_true(ifc->include_request && ifc->include_response);
    assert_false(ifc->terminates);
    assert_true(ifc_matches(ifc, &r)); /* without a trigger: always */
    assert_string_equal(ifc->next->server, "sip:late");
    assert_true(ifc->next->terminates);
    assert_false(ifc_matches(ifc->next, &r)); /* for the unregistered */
    assert_null(ifc->next->next);             /* without a server: none */
    ifc_free(ifc);
}

static void a_profile_without_criteria_or_with_a_broken_one_has_none(void **state)
{
    (void)state;
    assert_null(ifc_read("<IMSSubscription/>"));
    assert_null(ifc_read(profile("1", SPT("0", G("0"), ""), "")));
    assert_null(ifc_read(profile("1", SPT("0", "", METHOD("INVITE")), "")));
    assert_null(ifc_read("<InitialFilterCriteria><Priority>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(IFC_25_the_example_of_annex_C_matches_in_both_forms),
        cmocka_unit_test(IFC_26_a_header_that_must_be_absent),
        cmocka_unit_test(IFC_27_a_negated_session_case_matches_all_others),
        cmocka_unit_test(a_line_of_the_session_and_the_request_uri_match_by_expression),
        cmocka_unit_test(a_registration_type_narrows_REGISTER),
        cmocka_unit_test(without_a_message_only_method_and_case_decide),
        cmocka_unit_test(what_the_server_is_to_get_is_read_and_the_order_is_by_priority),
        cmocka_unit_test(a_profile_without_criteria_or_with_a_broken_one_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
