/* SPDX-License-Identifier: Apache-2.0 */
/* An S-CSCF that lost all that it had, its journal too, gets its users back from the HSS. */
#include "../../../scscf/restoration.h"
#include "watch.h"

#define CONTACT "<sip:name@10.45.0.2:5060>;q=0.5;+g.x=\"a b\""
#define PATH    "<sip:term@pcscf1.vims.net:5060;lr>"

/* What the S-CSCF wrote with a registration. */
static struct cx_contact contact = {
    .path = PATH, .contact = CONTACT, .cseq = 26, .call_id = "reg1"};
static struct cx_restoration info = {
    .impi = IMPI, .contact = &contact, .contact_count = 1, .expires_at = 0};

/* hss -> scscf SAA of NO_ASSIGNMENT; left_s until Registration-Time-Out. */
static void hss_remembers(struct world *w, long left_s)
{
    info.expires_at = loop_wall_s(w->loop) + left_s;
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_SUCCESS,
                                        .user_data = (char *)user_data,
                                        .restoration = &info,
                                        .restoration_count = 1});
    fake_clock_forward_ms(w->loop, 0);
}

static void hss_knows_nothing(struct world *w)
{
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_UNABLE_TO_COMPLY});
    fake_clock_forward_ms(w->loop, 0);
}

static void RST_08_a_registration_tells_the_hss_path_contact_and_the_end(void **state)
{
    struct world *w = *state;
    const struct cx_sar *sar;

    ue_authenticates(w, (struct ue){.cseq = 25, .contact = CONTACT});
    sar = fake_cx_sar();
    assert_int_equal(sar->type, CX_SAT_REGISTRATION);
    assert_true(sar->features.bits & CX_FEATURE_RESTORATION);
    assert_true(sar->has_restoration);
    assert_string_equal(sar->restoration.impi, IMPI);
    assert_int_equal(sar->restoration.contact_count, 1);
    assert_string_equal(sar->restoration.contact[0].path, PATH);
    assert_string_equal(sar->restoration.contact[0].contact, CONTACT);
    assert_string_equal(sar->restoration.contact[0].call_id, "reg1");
    assert_int_equal(sar->restoration.contact[0].cseq, 26);
    assert_int_equal(sar->restoration.expires_at, loop_wall_s(w->loop) + 90000);
}

static void RST_08_each_impi_is_told_of_alone_and_what_is_replaced_is_not(void **state)
{
    struct world *w = *state;
    const struct cx_sar *sar;

    ue_is_registered(w, (struct ue){0});
    ue_is_registered(
        w, (struct ue){.impi = "b@hims.net", .call_id = "b", .contact = "<sip:b@10.45.0.3>"});
    ue_authenticates(w, (struct ue){.cseq = 1, .call_id = "new", .contact = "<sip:n@10.45.0.9>"});
    sar = fake_cx_sar();
    assert_int_equal(sar->type, CX_SAT_RE_REGISTRATION);
    assert_int_equal(sar->restoration.contact_count, 1);
    assert_string_equal(sar->restoration.contact[0].contact, "<sip:n@10.45.0.9>");
}

static void RST_08_the_end_of_a_registration_carries_none(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, (struct ue){.cseq = 30, .protection = "yes", .expires = "0"});
    expect_sar(CX_SAT_USER_DEREGISTRATION, IMPI, IMPU);
    assert_false(fake_cx_sar()->has_restoration);
}

static void RST_08_a_subscribe_for_a_lost_user_brings_it_back(void **state)
{
    struct world *w = *state;

    subscribes(w, (struct subscriber){0});
    expect_sar(CX_SAT_NO_ASSIGNMENT, "", IMPU);
    assert_true(fake_cx_sar()->features.bits & CX_FEATURE_RESTORATION);
    hss_remembers(w, 3600);
    expect_answer(200);
    notified();
    assert_string_equal(aor_is(IMPU), "active");
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active registered");
    taken(w, 200);
    forward_s(w, 3601);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
}

static void RST_08_a_subscribe_for_a_user_that_the_hss_does_not_hold_is_480(void **state)
{
    struct world *w = *state;

    subscribes(w, (struct subscriber){0});
    hss_knows_nothing(w);
    expect_answer(480);
    subscribes(w, (struct subscriber){.call_id = "2"});
    hss_gives_profile(w, user_data);
    expect_answer(480);
    subscribes(w, (struct subscriber){.call_id = "3"});
    hss_fails(w, -ETIMEDOUT);
    expect_answer(504);
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_quiet();
}

static void RST_08_two_who_ask_at_once_bring_it_back_once(void **state)
{
    struct world *w = *state;

    subscribes(w, (struct subscriber){0});
    subscribes(w, (struct subscriber){.call_id = "2", .who = "sip:term@pcscf1.vims.net:5060"});
    hss_remembers(w, 3600);
    hss_remembers(w, 3600);
    expect_answer(200);
    assert_int_equal(w->scscf.registrar.count, 1);
    assert_null(w->scscf.registrar.all->bindings->next);
    expect_quiet();
}

static void RST_08_what_is_no_contact_is_left_out(void **state)
{
    struct world *w = *state;
    struct cx_contact usual = contact;

    contact.contact = "<<<";
    subscribes(w, (struct subscriber){0});
    hss_remembers(w, 3600);
    contact = usual;
    expect_answer(480);
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_quiet();
}

static void RST_08_what_is_over_meanwhile_expires_and_the_hss_hears_it(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 30, .protection = "yes", .expires = "0"});
    hss_remembers(w, -1);
    expect_answer(481);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_quiet();
}

static void RST_04_a_protected_refresh_of_a_lost_user_goes_on_as_one(void **state)
{
    struct world *w = *state;
    struct ue ue = {.cseq = 30, .protection = "yes", .contact = CONTACT};
    char response[DIGEST_HEX];

    ue_registers(w, ue);
    expect_sar(CX_SAT_NO_ASSIGNMENT, IMPI, IMPU);
    hss_remembers(w, 3600);
    hss_gives_vector(w, 0);
    expect_answer(401);
    make_response(IMPI, 0, response);
    ue.cseq = 31;
    ue.nonce = published[0].nonce;
    ue.response = response;
    ue_registers(w, ue);
    expect_sar(CX_SAT_RE_REGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    expect_line(expect_answer(200), "Contact: " CONTACT ";expires=90000");
    expect_quiet();
}

static void RST_04_a_protected_refresh_of_whom_nobody_knows_is_challenged(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 30, .protection = "yes"});
    hss_knows_nothing(w);
    hss_gives_vector(w, 0);
    expect_answer(401);
    expect_quiet();
}

static void RST_04_a_lost_user_may_still_sign_off(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 30, .protection = "yes", .expires = "0"});
    expect_sar(CX_SAT_NO_ASSIGNMENT, IMPI, IMPU);
    hss_remembers(w, 3600);
    expect_sar(CX_SAT_USER_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    expect_answer(200);
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_quiet();
}

static void RST_04_a_sign_off_without_protection_is_challenged_also_when_lost(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 30, .expires = "0"});
    hss_remembers(w, 3600);
    hss_gives_vector(w, 0);
    expect_answer(401);
    assert_int_equal(w->scscf.registrar.count, 1);
    expect_quiet();
}

static void RST_08_what_was_restored_is_in_the_journal(void **state)
{
    struct world *w = *state;

    subscribes(w, (struct subscriber){0});
    hss_remembers(w, 3600);
    scscf_restarts(w);
    ue_registers(w, (struct ue){.cseq = 40, .protection = "yes", .no_contact = true});
    expect_line(expect_answer(200), "Contact: " CONTACT ";expires=3600");
}

static void RST_08_who_waits_for_the_hss_at_the_end_gets_503(void **state)
{
    struct world *w = *state;

    subscribes(w, (struct subscriber){0});
    lost_forget(&w->scscf);
    expect_answer(503);
    expect_quiet();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        watch_test(RST_08_a_registration_tells_the_hss_path_contact_and_the_end),
        watch_test(RST_08_each_impi_is_told_of_alone_and_what_is_replaced_is_not),
        watch_test(RST_08_the_end_of_a_registration_carries_none),
        watch_test(RST_08_a_subscribe_for_a_lost_user_brings_it_back),
        watch_test(RST_08_a_subscribe_for_a_user_that_the_hss_does_not_hold_is_480),
        watch_test(RST_08_two_who_ask_at_once_bring_it_back_once),
        watch_test(RST_08_what_is_no_contact_is_left_out),
        watch_test(RST_08_what_is_over_meanwhile_expires_and_the_hss_hears_it),
        watch_test(RST_04_a_protected_refresh_of_a_lost_user_goes_on_as_one),
        watch_test(RST_04_a_protected_refresh_of_whom_nobody_knows_is_challenged),
        watch_test(RST_04_a_lost_user_may_still_sign_off),
        watch_test(RST_04_a_sign_off_without_protection_is_challenged_also_when_lost),
        journal_test(RST_08_what_was_restored_is_in_the_journal),
        watch_test(RST_08_who_waits_for_the_hss_at_the_end_gets_503),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
