/* SPDX-License-Identifier: Apache-2.0 */
/* What the HSS and the operator do to registrations: RTR, PPR, re-authentication, administrative
 * de-registration (TS 29.228 6.1.3, 6.2.2; TS 24.229 5.4.1.5, 5.4.1.6). */
#include "../../../scscf/network.h"

#include "world.h"

#define HSS    "hss.hims.net"
#define TABLET "tablet@hims.net"

static struct registration *set_of(struct world *w)
{
    return registrar_find(&w->scscf.registrar, IMPU);
}

static const struct cx_rta *hss_ends(struct world *w, struct cx_rtr rtr)
{
    if (!*rtr.impi)
        strcpy(rtr.impi, IMPI);
    fake_cx_ask_rtr(HSS, &rtr);
    fake_clock_forward_ms(w->loop, 0);
    assert_non_null(fake_cx_rta());
    return fake_cx_rta();
}

static int hss_pushes(struct world *w, const char *impi, const char *xml)
{
    struct cx_ppr ppr = {.user_data = (char *)xml};

    strcpy(ppr.impi, impi);
    fake_cx_ask_ppr(HSS, &ppr);
    fake_clock_forward_ms(w->loop, 0);
    assert_non_null(fake_cx_ppa());
    return fake_cx_ppa()->result;
}

/* Two terminals with an IMPI each, and one set. */
static void two_are_registered(struct world *w)
{
    ue_is_registered(w, (struct ue){0});
    ue_is_registered(
        w, (struct ue){.impi = TABLET, .call_id = "tablet", .contact = "<sip:t@10.45.0.7>"});
}

static size_t contacts_of(const struct registration *reg)
{
    size_t count = 0;

    for (const struct binding *b = reg ? reg->bindings : NULL; b; b = b->next)
        count++;
    return count;
}

static void NET_02_a_server_change_ends_the_whole_set(void **state)
{
    struct world *w = *state;
    const struct cx_rta *rta;

    two_are_registered(w);
    rta = hss_ends(w, (struct cx_rtr){.reason = CX_REASON_SERVER_CHANGE});
    assert_int_equal(rta->result, CX_SUCCESS);
    assert_int_equal(rta->associated_count, 1);
    assert_string_equal(rta->associated[0], TABLET);
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_quiet(); /* the HSS knows */
    ue_is_registered(w, (struct ue){.cseq = 60});
}

static void NET_03_a_new_server_has_the_identities_and_all_data_here_is_gone(void **state)
{
    struct world *w = *state;
    const struct cx_rta *rta;

    two_are_registered(w);
    rta = hss_ends(w, (struct cx_rtr){.impu = {"tel:+15550001"},
                                      .impu_count = 1,
                                      .reason = CX_REASON_NEW_SERVER_ASSIGNED});
    assert_int_equal(rta->result, CX_SUCCESS);
    assert_null(set_of(w));
    assert_int_equal(w->scscf.registrar.count, 0);
    forward_s(w, 100000);
    expect_quiet();
}

static void NET_05_only_the_sets_of_the_identities_in_the_list_end(void **state)
{
    struct world *w = *state;
    static const char other[] =
        "<IMSSubscription><ServiceProfile><PublicIdentity><Identity>sip:other@hims.net</Identity>"
        "</PublicIdentity></ServiceProfile></IMSSubscription>";

    ue_is_registered(w, (struct ue){0});
    ue_authenticates(w, (struct ue){.cseq = 1, .call_id = "o", .impu = "sip:other@hims.net"});
    hss_gives_profile(w, other);
    expect_answer(200);
    hss_ends(w, (struct cx_rtr){.impu = {"sip:other@HIMS.net:5060"}, .impu_count = 1});
    assert_null(registrar_find(&w->scscf.registrar, "sip:other@hims.net"));
    assert_int_equal(contacts_of(set_of(w)), 1);
    hss_ends(w, (struct cx_rtr){0});
    assert_null(set_of(w));
}

static void NET_06_the_answer_lists_the_private_identities_that_ended_too(void **state)
{
    struct world *w = *state;
    const struct cx_rta *rta;

    two_are_registered(w);
    rta = hss_ends(w, (struct cx_rtr){
                          .associated = {TABLET, "absent@hims.net"},
                            .associated_count = 2
    });
    assert_int_equal(rta->associated_count, 1);
    assert_string_equal(rta->associated[0], TABLET);
    assert_null(set_of(w));
}

static void a_permanent_termination_leaves_the_other_private_identity_alone(void **state)
{
    struct world *w = *state;
    const struct cx_rta *rta;

    two_are_registered(w);
    rta = hss_ends(w, (struct cx_rtr){.reason = CX_REASON_PERMANENT_TERMINATION});
    assert_int_equal(rta->associated_count, 0);
    assert_int_equal(contacts_of(set_of(w)), 1);
    assert_string_equal(set_of(w)->bindings->impi, TABLET);
    scscf_restarts(w);
    assert_int_equal(contacts_of(set_of(w)), 1);
}

static void NET_09_a_reason_that_there_is_not_changes_nothing(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    assert_int_equal(hss_ends(w, (struct cx_rtr){.reason = 17})->result, CX_INVALID_AVP_VALUE);
    assert_int_equal(hss_ends(w, (struct cx_rtr){.reason = -1})->result, CX_INVALID_AVP_VALUE);
    assert_int_equal(contacts_of(set_of(w)), 1);
}

static void NET_10_the_text_of_the_reason_is_for_people_and_the_code_decides(void **state)
{
    struct world *w = *state;

    two_are_registered(w);
    assert_int_equal(hss_ends(w, (struct cx_rtr){.reason = CX_REASON_PERMANENT_TERMINATION,
                                                 .reason_info = "SERVER_CHANGE; 1 \"%s\"\r\nX: y"})
                         ->result,
                     CX_SUCCESS);
    assert_int_equal(contacts_of(set_of(w)), 1); /* a server change would have ended both */
    assert_string_equal(set_of(w)->bindings->impi, TABLET);
    expect_quiet();
}

static void an_rtr_for_somebody_who_is_not_here_is_a_success(void **state)
{
    struct world *w = *state;
    struct cx_rtr rtr = {.impi = "nobody@hims.net"};

    ue_is_registered(w, (struct ue){0});
    assert_int_equal(hss_ends(w, rtr)->result, CX_SUCCESS);
    assert_int_equal(contacts_of(set_of(w)), 1);
}

static void an_rtr_in_the_middle_of_a_refresh_does_not_lose_the_refresh(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_authenticates(w, (struct ue){.cseq = 30});
    hss_ends(w, (struct cx_rtr){.reason = CX_REASON_PERMANENT_TERMINATION});
    hss_accepts(w);
    expect_answer(200);
    assert_int_equal(contacts_of(set_of(w)), 1);
    scscf_restarts(w);
    assert_int_equal(contacts_of(set_of(w)), 1);
}

static const char with_more[] =
    "<IMSSubscription><PrivateID>" IMPI "</PrivateID><ServiceProfile>"
    "<PublicIdentity><Identity>" IMPU "</Identity></PublicIdentity>"
    "<PublicIdentity><Identity>sip:more@hims.net</Identity></PublicIdentity>"
    "</ServiceProfile></IMSSubscription>";

static void NET_13_an_identity_that_a_push_adds_is_usable_at_once(void **state)
{
    struct world *w = *state;
    struct ue fetch = {.cseq = 1, .call_id = "f", .protection = "yes", .no_contact = true};

    ue_is_registered(w, (struct ue){0});
    assert_int_equal(hss_pushes(w, IMPI, with_more), CX_SUCCESS);
    assert_ptr_equal(registrar_find(&w->scscf.registrar, "sip:more@hims.net"), set_of(w));
    assert_null(registrar_find(&w->scscf.registrar, "tel:+15550001"));
    scscf_restarts(w);
    fetch.impu = "sip:more@hims.net";
    ue_registers(w, fetch);
    expect_line(expect_answer(200), "P-Associated-URI: <" IMPU ">, <sip:more@hims.net>");
    expect_quiet();
}

static void a_contact_whose_identity_a_push_takes_away_belongs_to_the_default_one(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.impu = "tel:+15550001"});
    assert_int_equal(hss_pushes(w, IMPI, with_more), CX_SUCCESS);
    assert_string_equal(set_of(w)->bindings->impu, IMPU);
    forward_s(w, 90000);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
}

static void NET_15_a_push_for_a_private_identity_that_is_not_here_is_refused(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    assert_int_equal(hss_pushes(w, TABLET, with_more), CX_USER_UNKNOWN);
    assert_null(registrar_find(&w->scscf.registrar, "sip:more@hims.net"));
}

static void NET_16_a_push_that_cannot_be_read_leaves_the_profile(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    assert_int_equal(hss_pushes(w, IMPI, "<IMSSubscription><Serv"), CX_NOT_SUPPORTED_USER_DATA);
    assert_int_equal(hss_pushes(w, IMPI, "<IMSSubscription/>"), CX_NOT_SUPPORTED_USER_DATA);
    assert_ptr_equal(registrar_find(&w->scscf.registrar, "tel:+15550001"), set_of(w));
}

static void NET_17_a_push_that_is_too_large_leaves_the_profile(void **state)
{
    struct world *w = *state;
    char *xml = xzalloc(PROFILE_MAX_XML + 2);

    memset(xml, ' ', PROFILE_MAX_XML + 1);
    ue_is_registered(w, (struct ue){0});
    assert_int_equal(hss_pushes(w, IMPI, xml), CX_TOO_MUCH_DATA);
    assert_ptr_equal(registrar_find(&w->scscf.registrar, "tel:+15550001"), set_of(w));
    free(xml);
}

static void NET_19_a_push_of_nothing_is_refused(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    assert_int_equal(hss_pushes(w, IMPI, NULL), CX_UNABLE_TO_COMPLY);
}

static void NET_20_re_authentication_shortens_the_contact_and_challenges_its_refresh(void **state)
{
    struct world *w = *state;

    two_are_registered(w);
    assert_int_equal(
        network_reauthenticate(&w->scscf, set_of(w), IMPI, &(struct change_cause){.call = "-"}), 1);
    assert_int_equal(set_of(w)->bindings->event, CHANGE_SHORTENED);
    assert_int_equal(binding_left_s(set_of(w)->bindings, loop_now_ms(w->loop)), 30);
    forward_s(w, 29);
    ue_authenticates(w, (struct ue){.cseq = 30, .protection = "yes"});
    expect_sar(CX_SAT_RE_REGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    forward_s(w, 10);
    assert_int_equal(contacts_of(set_of(w)), 2);
}

static void NET_21_a_terminal_that_does_not_care_ends_when_its_time_is_up(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    network_reauthenticate(&w->scscf, set_of(w), NULL, &(struct change_cause){.call = "-"});
    scscf_restarts(w);
    forward_s(w, 30);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    assert_int_equal(w->scscf.registrar.count, 0);
}

static void NET_22_an_administrative_end_is_told_to_the_hss_for_each_terminal(void **state)
{
    struct world *w = *state;

    two_are_registered(w);
    network_deregister(&w->scscf, set_of(w), CHANGE_DEACTIVATED,
                       &(struct change_cause){.call = "-"});
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_sar(CX_SAT_ADMINISTRATIVE_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    expect_sar(CX_SAT_ADMINISTRATIVE_DEREGISTRATION, TABLET, IMPU);
    hss_accepts(w);
    expect_quiet();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        journal_test(NET_02_a_server_change_ends_the_whole_set),
        journal_test(NET_03_a_new_server_has_the_identities_and_all_data_here_is_gone),
        journal_test(NET_05_only_the_sets_of_the_identities_in_the_list_end),
        journal_test(NET_06_the_answer_lists_the_private_identities_that_ended_too),
        journal_test(a_permanent_termination_leaves_the_other_private_identity_alone),
        journal_test(NET_09_a_reason_that_there_is_not_changes_nothing),
        journal_test(NET_10_the_text_of_the_reason_is_for_people_and_the_code_decides),
        journal_test(an_rtr_for_somebody_who_is_not_here_is_a_success),
        journal_test(an_rtr_in_the_middle_of_a_refresh_does_not_lose_the_refresh),
        journal_test(NET_13_an_identity_that_a_push_adds_is_usable_at_once),
        journal_test(a_contact_whose_identity_a_push_takes_away_belongs_to_the_default_one),
        journal_test(NET_15_a_push_for_a_private_identity_that_is_not_here_is_refused),
        journal_test(NET_16_a_push_that_cannot_be_read_leaves_the_profile),
        journal_test(NET_17_a_push_that_is_too_large_leaves_the_profile),
        journal_test(NET_19_a_push_of_nothing_is_refused),
        journal_test(NET_20_re_authentication_shortens_the_contact_and_challenges_its_refresh),
        journal_test(NET_21_a_terminal_that_does_not_care_ends_when_its_time_is_up),
        journal_test(NET_22_an_administrative_end_is_told_to_the_hss_for_each_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
