/* SPDX-License-Identifier: Apache-2.0 */
/* The registration over time: other P-CSCFs, waiting, renewal, the end. */
#include "ims.h"

static void UE_08_a_503_is_tried_again_after_a_while_and_three_times_at_most(void **state)
{
    (void)state;
    begin_registration();
    for (unsigned wait_ms = 4000; wait_ms <= 8000; wait_ms *= 2) {
        heard_register();
        fake_sip_answer(at - 1, 503, NULL);
        fake_clock_forward_ms(loop, wait_ms / 2 - 1); /* at least half of it */
        heard_no_more();
        heard_nothing_yet();
        fake_clock_forward_ms(loop, wait_ms / 2 + 1); /* at most all of it */
    }
    heard_register();
    fake_sip_answer(at - 1, 503, NULL);
    heard_outcome(-ETIMEDOUT, "failed: 503 Service Unavailable");
    assert_non_null(strstr(outcome.sentence, "tried 3 times"));
    fake_clock_forward_ms(loop, 3600000);
    heard_no_more();
}

static void UE_08_a_480_then_a_good_answer_registers_and_says_so(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    fake_sip_answer(0, 480, "Warning: 399 icscf1.hims.net \"no S-CSCF\"\r\n");
    fake_clock_forward_ms(loop, 4000);
    heard_register();
    challenge();
    heard_register();
    accept_for(600);
    heard_outcome(0, "not at once: 480 Temporarily Unavailable from icscf1.hims.net: no S-CSCF");
}

static void UE_08_retry_after_is_respected_or_told(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    fake_sip_answer(0, 503, "Retry-After: 30\r\n");
    fake_clock_forward_ms(loop, 29999);
    heard_no_more();
    fake_clock_forward_ms(loop, 1);
    heard_register();
    fake_sip_answer(1, 503, "Retry-After: 3600\r\n");
    heard_outcome(-EAGAIN, "come back after 3600 s");
}

static void GPR_32_a_silent_pcscf_is_followed_by_the_next_one(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    be_active(PCSCF1 " " PCSCF2);
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    fake_clock_forward_ms(loop, 32000); /* timer F */
    s = heard_register();
    assert_string_equal(s->to.host, PCSCF2);
    assert_non_null(strstr(s->text, "Route: <sip:" PCSCF2 ";lr>\r\n"));
    challenge();
    assert_string_equal(heard_register()->to.host, PCSCF2);
    accept_for(600);
    heard_outcome(0, "not at once: no answer from the P-CSCF at 10.60.2.10:5060 over UDP");
}

static void GPR_32_a_503_goes_to_the_next_one_at_once(void **state)
{
    (void)state;
    be_active(PCSCF1 " " PCSCF2);
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    fake_sip_answer(0, 503, NULL);
    assert_string_equal(heard_register()->to.host, PCSCF2);
    fake_sip_fail(1, 503);
    heard_no_more(); /* now it waits */
    fake_clock_forward_ms(loop, 4000);
    assert_string_equal(heard_register()->to.host, PCSCF2);
}

static void nobody_answers_at_all(void **state)
{
    (void)state;
    be_active(PCSCF1 " " PCSCF2);
    register_begin(&ue, on_outcome, NULL);
    fake_clock_forward_ms(loop, 6 * 32000 + 4000 + 8000);
    at = fake_sip_sent_count();
    assert_int_equal(at, 6);
    heard_outcome(-ETIMEDOUT, "failed: no answer from the P-CSCF at ");
    assert_non_null(strstr(outcome.sentence, "tried 3 times, every P-CSCF"));
}

static void silence_after_the_answer_is_told_as_such(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    challenge();
    heard_register();
    fake_clock_forward_ms(loop, 32000);
    assert_non_null(strstr(ue.reg.busy, "challenged, but did not answer the REGISTER with the "
                                        "response within 32000 ms"));
}

static void RREG_08_it_is_renewed_600_s_before_the_end_or_at_half_time(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    be_registered_for(1800); /* shorter than asked for: respected */
    fake_clock_forward_ms(loop, 1200000 - 1);
    heard_no_more();
    fake_clock_forward_ms(loop, 1);
    s = heard_register();
    assert_int_equal(s->sip->sip_cseq->cs_seq, 27);
    assert_string_equal(auth_param(s, "response"), "");
    challenge();
    heard_register();
    accept_for(1200);
    heard_nothing_yet();
    fake_clock_forward_ms(loop, 600000 - 1);
    heard_no_more();
    fake_clock_forward_ms(loop, 1);
    heard_register();
    assert_int_equal(steps_level(&ue), UE_REGISTERED);
}

static void a_renewal_that_fails_is_tried_until_the_binding_expires(void **state)
{
    (void)state;
    be_registered_for(1200);
    fake_clock_forward_ms(loop, 600000);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(steps_level(&ue), UE_REGISTERED);
        heard_register();
        fake_sip_answer(at - 1, 504, NULL);
        fake_clock_forward_ms(loop, 4000u << i);
    }
    fake_clock_forward_ms(loop, 2000000);
    assert_int_equal(steps_level(&ue), UE_ACTIVE);
    assert_non_null(strstr(notice, "lost: the registration of sip:name@hims.net: the registration "
                                   "expired before it was renewed: "));
}

static void a_renewal_that_is_refused_is_the_end(void **state)
{
    (void)state;
    be_registered_for(1200);
    fake_clock_forward_ms(loop, 600000);
    heard_register();
    fake_sip_answer(at - 1, 403, NULL);
    assert_non_null(strstr(notice, "lost: the registration of sip:name@hims.net: 403 Forbidden"));
    assert_int_equal(steps_level(&ue), UE_ACTIVE);
}

static void it_deregisters_with_expires_0_and_answers_the_challenge(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    be_registered_for(90000);
    register_end(&ue, on_outcome, NULL);
    s = heard_register();
    assert_non_null(strstr(s->text, "Contact: <sip:10.45.0.2:5060>;expires=0\r\n"));
    assert_non_null(strstr(s->text, "Expires: 0\r\n"));
    challenge();
    s = heard_register();
    check_response(s);
    assert_non_null(strstr(s->text, "Expires: 0\r\n"));
    fake_sip_answer(at - 1, 200, NULL);
    heard_outcome(0, "deregistered: sip:name@hims.net");
    assert_int_equal(steps_level(&ue), UE_ACTIVE);
    register_end(&ue, on_outcome, NULL);
    heard_outcome(0, "deregistered: sip:name@hims.net was not registered");
    heard_no_more();
}

static void a_deregistration_that_fails_says_so(void **state)
{
    (void)state;
    be_registered_for(90000);
    register_end(&ue, on_outcome, NULL);
    heard_register();
    fake_clock_forward_ms(loop, 32000);
    heard_outcome(-EACCES, "deregistered here, but not in the network: no answer from the P-CSCF");
    assert_int_equal(steps_level(&ue), UE_ACTIVE);
}

static void deregistering_in_the_middle_of_a_renewal_ends_the_renewal(void **state)
{
    (void)state;
    be_registered_for(1200);
    fake_clock_forward_ms(loop, 600000);
    heard_register();
    register_end(&ue, on_outcome, NULL);
    assert_non_null(strstr(heard_register()->text, "Expires: 0\r\n"));
    assert_false(fake_sip_sent(at - 2)->waiting);
}

static void GPR_27_with_the_context_the_registration_goes(void **state)
{
    struct nas request = sm(SM_DEACTIVATE_REQUEST);

    (void)state;
    be_registered_for(90000);
    request.deactivate_request.cause = SM_CAUSE_REGULAR;
    sgsn_says(&request);
    sgsn_heard(SM_DEACTIVATE_ACCEPT);
    assert_int_equal(steps_level(&ue), UE_ATTACHED);
    assert_null(fake_sip());
    assert_int_equal(fake_loop_timers(loop), 0); /* no renewal */
}

static void GPR_27_a_context_lost_in_the_middle_ends_the_registration(void **state)
{
    struct nas request = sm(SM_DEACTIVATE_REQUEST);

    (void)state;
    begin_registration();
    heard_register();
    request.deactivate_request.cause = SM_CAUSE_REGULAR;
    sgsn_says(&request);
    heard_outcome(-ENETDOWN, "the address of the terminal is gone");
}

static void it_deregisters_before_it_gives_the_address_back(void **state)
{
    struct nas inactive = sm(SM_DEACTIVATE_ACCEPT);
    struct steps *steps = NULL;

    (void)state;
    be_registered_for(90000);
    gb.read = gb.sent_count;
    steps_down(&steps, &ue, UE_ACTIVE, on_outcome, NULL);
    heard_register();
    sgsn_heard_no_more();
    fake_sip_answer(at - 1, 200, NULL);
    sgsn_heard(SM_DEACTIVATE_REQUEST);
    sgsn_says(&inactive);
    heard_outcome(0, "inactive: ");
}

static void over_tcp_when_the_terminal_is_set_so(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    terminal.transport = CONF_TCP;
    begin_registration();
    terminal.transport = CONF_UDP;
    s = heard_register();
    assert_int_equal(s->to.transport, SIP_TCP);
    assert_non_null(strstr(s->text, "Contact: <sip:10.45.0.2:5060;transport=tcp>"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(UE_08_a_503_is_tried_again_after_a_while_and_three_times_at_most),
        T(UE_08_a_480_then_a_good_answer_registers_and_says_so),
        T(UE_08_retry_after_is_respected_or_told),
        T(GPR_32_a_silent_pcscf_is_followed_by_the_next_one),
        T(GPR_32_a_503_goes_to_the_next_one_at_once),
        T(nobody_answers_at_all),
        T(silence_after_the_answer_is_told_as_such),
        T(RREG_08_it_is_renewed_600_s_before_the_end_or_at_half_time),
        T(a_renewal_that_fails_is_tried_until_the_binding_expires),
        T(a_renewal_that_is_refused_is_the_end),
        T(it_deregisters_with_expires_0_and_answers_the_challenge),
        T(a_deregistration_that_fails_says_so),
        T(deregistering_in_the_middle_of_a_renewal_ends_the_renewal),
        T(GPR_27_with_the_context_the_registration_goes),
        T(GPR_27_a_context_lost_in_the_middle_ends_the_registration),
        T(it_deregisters_before_it_gives_the_address_back),
        T(over_tcp_when_the_terminal_is_set_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
