/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are refused, and an HSS that is silent or says no: nothing that is bound is lost.
 */
#include "world.h"

static void REGE_17_a_registration_that_is_too_short_is_told_the_least(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .expires = "5"});
    expect_line(expect_answer(423), "Min-Expires: 60");
    expect_quiet();
    ue_registers(w, (struct ue){.cseq = 26, .expires = "60"});
    fake_cx_mar();
}

static void REGE_18_star_with_a_time_is_refused_and_the_contacts_stay(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_registers(w,
                 (struct ue){.cseq = 27, .protection = "yes", .contact = "*", .expires = "3600"});
    expect_answer(400);
    ue_registers(
        w, (struct ue){.cseq = 28, .protection = "yes", .contact = "*, <sip:a@b>", .expires = "0"});
    expect_answer(400);
    ue_registers(w, (struct ue){.cseq = 29, .protection = "yes", .no_contact = true});
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    expect_quiet();
}

static void REGE_29_an_option_that_is_not_supported_is_named(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_registers(w, (struct ue){.cseq = 25, .more = "Require: sec-agree, foo, bar\r\n"});
    reply = expect_answer(420);
    expect_line(reply, "Unsupported: foo, bar");
    expect_quiet();
}

static void RREG_09_a_late_register_of_the_same_call_changes_nothing(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.cseq = 25});
    for (unsigned cseq = 24; cseq <= 26; cseq++) {
        ue_registers(w, (struct ue){.cseq = cseq, .contact = "<sip:thief@10.45.0.66>"});
        expect_answer(500);
        expect_quiet();
    }
    ue_registers(w, (struct ue){.cseq = 27, .protection = "yes", .no_contact = true});
    expect_no(expect_answer(200), "thief");
}

static void DREG_05_the_end_of_what_was_never_registered_is_refused(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .expires = "0"});
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_UNABLE_TO_COMPLY});
    forward_s(w, 0);
    expect_answer(481);
    ue_registers(w, (struct ue){.cseq = 26, .protection = "yes", .contact = "*", .expires = "0"});
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_UNABLE_TO_COMPLY});
    forward_s(w, 0);
    expect_answer(481);
    expect_quiet();
}

static void TRU_15_a_stranger_is_refused_whatever_it_claims(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, (struct ue){.cseq = 27,
                                .protection = "yes",
                                .contact = "*",
                                .expires = "0",
                                .source = "192.0.2.66:5060"});
    reply = expect_answer(403);
    expect_line(reply, "Warning: 399 scscf1 \"192.0.2.66:5060 is not one of the core's elements: "
                       "register at the P-CSCF\"");
    expect_quiet();
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
}

static void REGE_32_a_foreign_realm_is_never_challenged(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25,
                                .no_authorization = true,
                                .more = "Authorization: Digest username=\"a@b\", "
                                        "realm=\"elsewhere.net\", nonce=\"\", uri=\"sip:b\", "
                                        "response=\"\"\r\n"});
    expect_answer(403);
    expect_quiet();
}

static void ROB_10_a_silent_or_unreachable_hss_is_a_504_that_names_it(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25});
    hss_fails(w, -ETIMEDOUT);
    expect_line(expect_answer(504), "Warning: 399 scscf1 \"hss did not answer within 4000 ms\"");
    ue_registers(w, (struct ue){.cseq = 26});
    hss_fails(w, -EHOSTUNREACH);
    expect_line(expect_answer(504),
                "Warning: 399 scscf1 \"hss cannot be reached: no open Diameter connection\"");
    ue_registers(w, (struct ue){.cseq = 27});
    hss_fails(w, -EBUSY);
    expect_answer(503);
    ue_registers(w, (struct ue){.cseq = 28});
    hss_fails(w, -EPROTO);
    expect_answer(500);
    expect_quiet();
}

static void ROB_20_what_is_under_way_at_the_end_is_a_503_for_the_next_scscf(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25});
    fake_cx_mar();
    register_forget(&w->scscf);
    expect_line(expect_answer(503), "Warning: 399 scscf1 \"this S-CSCF is shutting down\"");
    assert_null(w->scscf.registers);
}

static void ROB_10_a_silent_hss_loses_no_binding(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_authenticates(w, (struct ue){.cseq = 30, .expires = "70000"});
    hss_fails(w, -ETIMEDOUT);
    expect_answer(504);
    ue_registers(w, (struct ue){.cseq = 40, .protection = "yes", .expires = "0"});
    hss_fails(w, -EHOSTUNREACH);
    expect_answer(504);
    ue_registers(w, (struct ue){.cseq = 41, .protection = "yes", .no_contact = true});
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    forward_s(w, 90000); /* and it still expires */
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
}

static void what_the_hss_says_decides_the_status(void **state)
{
    static const struct {
        int result, status;
    } rows[] = {
        {CX_USER_UNKNOWN,           403},
        {CX_IDENTITIES_DONT_MATCH,  403},
        {CX_AUTHORIZATION_REJECTED, 403},
        {CX_ROAMING_NOT_ALLOWED,    403},
        {CX_TOO_BUSY,               503},
        {CX_UNABLE_TO_DELIVER,      504},
        {CX_UNABLE_TO_COMPLY,       500},
        {4999,                      500},
        {CX_EXP | 4999,             500},
    };
    struct world *w = *state;

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ue_registers(w, (struct ue){.cseq = i + 1});
        hss_refuses_vector(w, rows[i].result);
        expect_answer(rows[i].status);
        expect_quiet();
    }
}

static void REGE_42_a_user_of_another_scscf_is_not_bound(void **state)
{
    struct world *w = *state;

    ue_authenticates(w, (struct ue){.cseq = 25});
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_IDENTITY_ALREADY_REGISTERED,
                                        .server_name = "sip:scscf2.hims.net:5060"});
    fake_clock_forward_ms(w->loop, 0);
    expect_answer(480);
    expect_quiet();
    assert_int_equal(w->scscf.registrar.count, 0);
}

static void REGE_43_a_profile_that_cannot_be_used_is_taken_back_at_the_hss(void **state)
{
    static const char *const profiles[] = {
        NULL,
        "<IMSSubscription>",
        "<IMSSubscription/>",
        "<IMSSubscription><ServiceProfile><PublicIdentity><Identity>sip:other@hims.net</Identity>"
        "</PublicIdentity></ServiceProfile></IMSSubscription>",
        "<IMSSubscription><ServiceProfile><PublicIdentity><BarringIndication>1</BarringIndication>"
        "<Identity>" IMPU "</Identity></PublicIdentity></ServiceProfile></IMSSubscription>",
    };
    struct world *w = *state;

    for (unsigned i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        ue_authenticates(w, (struct ue){.cseq = 25 + 2 * i});
        hss_gives_profile(w, profiles[i]);
        expect_answer(500);
        expect_sar(CX_SAT_ADMINISTRATIVE_DEREGISTRATION, IMPI, IMPU);
        hss_accepts(w);
        expect_quiet();
        assert_int_equal(w->scscf.registrar.count, 0);
    }
}

static void REGE_43_a_bad_profile_of_a_registered_user_leaves_what_is_bound(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_authenticates(w, (struct ue){.cseq = 30});
    hss_gives_profile(w, "<IMSSubscription/>");
    expect_answer(500);
    expect_quiet();
    ue_registers(w, (struct ue){.cseq = 40, .protection = "yes", .no_contact = true});
    expect_line(expect_answer(200), "P-Associated-URI: <" IMPU ">, <tel:+15550001>");
}

static void REGE_44_a_profile_that_is_too_large_lets_the_icscf_choose_again(void **state)
{
    struct world *w = *state;
    char *xml = malloc(PROFILE_MAX_XML + 2);

    memset(xml, ' ', PROFILE_MAX_XML + 1);
    xml[PROFILE_MAX_XML + 1] = 0;
    ue_authenticates(w, (struct ue){.cseq = 25});
    hss_gives_profile(w, xml);
    free(xml);
    expect_answer(480);
    expect_sar(CX_SAT_DEREGISTRATION_TOO_MUCH_DATA, IMPI, IMPU);
}

static void too_many_contacts_are_refused(void **state)
{
    struct world *w = *state;
    char more[1024] = "";

    for (int i = 0; i < ASKED_MAX_CONTACTS; i++)
        sprintf(more + strlen(more), "Contact: <sip:name@10.45.1.%d>\r\n", i);
    ue_registers(w, (struct ue){.cseq = 25, .more = more});
    expect_answer(403);
    expect_quiet();
}

static void REGE_17_no_answer_ever_raises_what_was_asked(void **state)
{
    struct world *w = *state;

    ue_authenticates(w, (struct ue){.cseq = 25, .expires = "4294967295"});
    hss_gives_profile(w, user_data);
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=600000");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        flow_test(REGE_17_a_registration_that_is_too_short_is_told_the_least),
        flow_test(REGE_17_no_answer_ever_raises_what_was_asked),
        flow_test(REGE_18_star_with_a_time_is_refused_and_the_contacts_stay),
        flow_test(REGE_29_an_option_that_is_not_supported_is_named),
        flow_test(RREG_09_a_late_register_of_the_same_call_changes_nothing),
        flow_test(DREG_05_the_end_of_what_was_never_registered_is_refused),
        flow_test(TRU_15_a_stranger_is_refused_whatever_it_claims),
        flow_test(REGE_32_a_foreign_realm_is_never_challenged),
        flow_test(ROB_10_a_silent_or_unreachable_hss_is_a_504_that_names_it),
        flow_test(ROB_10_a_silent_hss_loses_no_binding),
        flow_test(ROB_20_what_is_under_way_at_the_end_is_a_503_for_the_next_scscf),
        flow_test(what_the_hss_says_decides_the_status),
        flow_test(REGE_42_a_user_of_another_scscf_is_not_bound),
        flow_test(REGE_43_a_profile_that_cannot_be_used_is_taken_back_at_the_hss),
        flow_test(REGE_43_a_bad_profile_of_a_registered_user_leaves_what_is_bound),
        flow_test(REGE_44_a_profile_that_is_too_large_lets_the_icscf_choose_again),
        flow_test(too_many_contacts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
