/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges that go wrong: resynchronisation, MAC failure, wrong, late, replayed answers. */
#include "world.h"

/* The terminal answers the challenge of a set with these values. */
static void ue_answers(struct world *w, unsigned cseq, size_t set, const char *response,
                       const char *auts)
{
    ue_registers(
        w, (struct ue){
               .cseq = cseq, .nonce = published[set].nonce, .response = response, .auts = auts});
}

static void ue_is_challenged(struct world *w, unsigned cseq, size_t set)
{
    ue_registers(w, (struct ue){.cseq = cseq});
    hss_gives_vector(w, set);
    expect_answer(401);
}

static void expect_challenge_of(size_t set)
{
    assert_non_null(strstr(expect_answer(401)->text, published[set].nonce));
}

static void ue_answers_rightly(struct world *w, unsigned cseq, size_t set)
{
    char response[DIGEST_HEX];

    make_response(IMPI, set, response);
    ue_answers(w, cseq, set, response, NULL);
}

static void REGE_09_auts_asks_the_hss_with_the_stored_rand_and_a_new_challenge_succeeds(
    void **state)
{
    struct world *w = *state;
    uint8_t want[30];

    unhex(published[0].rand, want);
    digest_unbase64(published[0].auts, want + 16, 14);
    ue_is_challenged(w, 25, 0);
    ue_answers(w, 26, 0, "0123456789abcdef0123456789abcdef", published[0].auts);
    assert_int_equal(fake_cx_mar()->authorization_len, 30);
    assert_memory_equal(fake_cx_mar()->authorization, want, 30);
    assert_string_equal(fake_cx_mar()->server_name, SERVER);
    assert_string_equal(fake_cx_mar()->scheme, "Digest-AKAv1-MD5");
    hss_gives_vector(w, 1);
    expect_challenge_of(1);
    ue_answers_rightly(w, 27, 1);
    expect_sar(CX_SAT_REGISTRATION, IMPI, IMPU);
    hss_gives_profile(w, user_data);
    expect_answer(200);
    expect_quiet();
}

static void a_card_that_asks_for_resynchronisation_for_ever_is_refused(void **state)
{
    struct world *w = *state;

    ue_is_challenged(w, 25, 0);
    for (unsigned i = 1; i <= 2; i++) {
        ue_answers(w, 25 + i, i - 1, "", published[i - 1].auts);
        hss_gives_vector(w, i);
        expect_challenge_of(i);
    }
    ue_answers(w, 28, 2, "", published[2].auts);
    expect_answer(403);
    expect_sar(CX_SAT_AUTHENTICATION_FAILURE, IMPI, IMPU);
}

static void REGE_10_auts_that_is_no_auts_is_refused_and_never_reaches_the_hss(void **state)
{
    struct world *w = *state;

    ue_is_challenged(w, 25, 0);
    ue_answers(w, 26, 0, "", "Zm9vYmFy");
    expect_line(expect_answer(403), "Warning: 399 scscf1 \"auts is not base64 of 14 octets\"");
    expect_sar(CX_SAT_AUTHENTICATION_FAILURE, IMPI, IMPU);
}

static void REGE_12_auts_for_a_rand_that_was_never_issued_gets_a_fresh_challenge(void **state)
{
    struct world *w = *state;

    ue_answers(w, 26, 3, "", published[3].auts);
    assert_int_equal(fake_cx_mar()->authorization_len, 0);
    hss_gives_vector(w, 0);
    expect_challenge_of(0);
}

static void REGE_08_a_mac_failure_is_refused_and_the_hss_is_told(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_challenged(w, 25, 0);
    ue_answers(w, 26, 0, "", NULL);
    reply = expect_answer(403);
    expect_no(reply, "WWW-Authenticate");
    assert_non_null(strstr(reply->text, "Warning: 399 scscf1 \"the terminal could not verify"));
    expect_sar(CX_SAT_AUTHENTICATION_FAILURE, IMPI, IMPU);
    hss_accepts(w);
    expect_quiet();
    assert_int_equal(w->scscf.registrar.count, 0);
}

static void REGE_08_a_mac_failure_of_a_registered_terminal_leaves_its_registration(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_is_challenged(w, 30, 1);
    ue_answers(w, 31, 1, "", NULL);
    expect_answer(403);
    expect_quiet();
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
}

static void REGE_06_wrong_answers_get_new_challenges_until_the_limit(void **state)
{
    struct world *w = *state;

    ue_is_challenged(w, 25, 0);
    ue_answers(w, 26, 0, "0123456789abcdef0123456789abcdef", NULL);
    hss_gives_vector(w, 1);
    expect_challenge_of(1);
    ue_answers(w, 27, 1, "0123456789abcdef0123456789abcdef", NULL);
    hss_gives_vector(w, 2);
    expect_challenge_of(2);
    ue_answers(w, 28, 2, "0123456789abcdef0123456789abcdef", NULL);
    assert_non_null(strstr(expect_answer(403)->text, "the response is wrong"));
    expect_sar(CX_SAT_AUTHENTICATION_FAILURE, IMPI, IMPU);
    hss_accepts(w);
    expect_quiet();
}

static void REGE_46_a_right_answer_after_two_wrong_ones_is_accepted(void **state)
{
    struct world *w = *state;

    ue_is_challenged(w, 25, 0);
    for (unsigned i = 0; i < 2; i++) {
        ue_answers(w, 26 + i, i, "00", NULL);
        hss_gives_vector(w, i + 1);
    }
    ue_answers_rightly(w, 28, 2);
    expect_sar(CX_SAT_REGISTRATION, IMPI, IMPU);
}

static void REGE_13_an_unanswered_challenge_ends_and_the_hss_is_told(void **state)
{
    struct world *w = *state;

    ue_is_challenged(w, 25, 0);
    forward_s(w, 239);
    expect_quiet();
    forward_s(w, 1);
    expect_sar(CX_SAT_AUTHENTICATION_TIMEOUT, IMPI, IMPU);
    hss_accepts(w);
    ue_answers_rightly(w, 26, 0); /* too late */
    fake_cx_mar();
    hss_gives_vector(w, 1);
    expect_challenge_of(1);
}

static void an_unanswered_challenge_of_a_registered_terminal_changes_nothing(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_is_challenged(w, 30, 1);
    forward_s(w, 240);
    expect_quiet();
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
}

static void REGE_14_an_answer_that_was_used_is_challenged_again(void **state)
{
    struct world *w = *state;
    char response[DIGEST_HEX];

    ue_is_registered(w, (struct ue){0});
    make_response(IMPI, 0, response);
    ue_registers(
        w, (struct ue){
               .cseq = 27, .nonce = published[0].nonce, .response = response, .protection = "yes"});
    fake_cx_mar();
    hss_gives_vector(w, 1);
    expect_challenge_of(1);
}

static void REGE_15_a_new_register_makes_the_old_challenge_void(void **state)
{
    struct world *w = *state;

    ue_is_challenged(w, 25, 0);
    ue_registers(w, (struct ue){.cseq = 1, .call_id = "reg2"});
    ue_answers_rightly(w, 26, 0); /* while the HSS still thinks about the new one */
    hss_gives_vector(w, 1);
    hss_gives_vector(w, 2);
    expect_challenge_of(2);
    expect_quiet();
    assert_int_equal(w->scscf.registrar.count, 0);
}

/* The right answer of a device that is told from others by its contact. */
static void device_answers(struct world *w, struct ue device, size_t set)
{
    char response[DIGEST_HEX];

    make_response(IMPI, set, response);
    device.cseq++;
    device.nonce = published[set].nonce;
    device.response = response;
    ue_registers(w, device);
}

static void two_devices_of_one_impi_that_register_at_the_same_time_both_succeed(void **state)
{
    struct world *w = *state;
    const struct ue a = {.cseq = 1,
                         .call_id = "a",
                         .contact = "<sip:name@10.45.0.2:5060>;+sip.instance=\"<urn:a>\""};
    const struct ue b = {.cseq = 1,
                         .call_id = "b",
                         .contact = "<sip:name@10.45.0.3:5060>;+sip.instance=\"<urn:b>\""};

    ue_registers(w, a);
    hss_gives_vector(w, 0);
    ue_registers(w, b);
    hss_gives_vector(w, 1);
    device_answers(w, a, 0);
    expect_sar(CX_SAT_REGISTRATION, IMPI, IMPU);
    hss_gives_profile(w, user_data);
    expect_answer(200);
    device_answers(w, b, 1);
    hss_accepts(w);
    expect_answer(200);
    expect_quiet();
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU)->bindings->next);
}

static void a_stranger_who_knows_the_impi_cannot_end_its_challenge(void **state)
{
    struct world *w = *state;
    struct ue stranger = {.cseq = 1, .call_id = "x", .contact = "<sip:x@10.45.0.66:5060>"};

    ue_is_challenged(w, 25, 0);
    stranger.nonce = published[2].nonce; /* made up, with auts of somebody */
    stranger.response = "00";
    stranger.auts = published[2].auts;
    ue_registers(w, stranger);
    hss_gives_vector(w, 1);
    expect_challenge_of(1);
    stranger = (struct ue){.cseq = 2,
                           .call_id = "x",
                           .nonce = published[1].nonce,
                           .response = "",
                           .contact = stranger.contact};
    ue_registers(w, stranger); /* "MAC failure": the HSS must not forget us now */
    expect_answer(403);
    expect_quiet();
    ue_answers_rightly(w, 26, 0);
    expect_sar(CX_SAT_REGISTRATION, IMPI, IMPU);
}

static void REGE_16_an_answer_in_another_call_is_refused_and_the_challenge_waits_on(void **state)
{
    struct world *w = *state;
    char response[DIGEST_HEX];

    ue_is_challenged(w, 25, 0);
    make_response(IMPI, 0, response);
    ue_registers(
        w, (struct ue){
               .cseq = 26, .call_id = "other", .nonce = published[0].nonce, .response = response});
    expect_answer(403);
    expect_quiet();
    ue_answers_rightly(w, 26, 0);
    expect_sar(CX_SAT_REGISTRATION, IMPI, IMPU);
}

static void without_any_hint_the_hss_is_asked_for_its_scheme_and_then_for_aka(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .protection = ""});
    assert_string_equal(fake_cx_mar()->scheme, "Unknown");
    hss_refuses_vector(w, CX_AUTH_SCHEME_NOT_SUPPORTED);
    assert_string_equal(fake_cx_mar()->scheme, "Digest-AKAv1-MD5");
    hss_gives_vector(w, 0);
    expect_challenge_of(0);
}

static void REGE_40_a_scheme_that_the_hss_does_not_have_is_refused_once(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .protection = "", .algorithm = "MD5"});
    assert_string_equal(fake_cx_mar()->scheme, "SIP Digest");
    hss_refuses_vector(w, CX_AUTH_SCHEME_NOT_SUPPORTED);
    expect_answer(403);
    expect_quiet();
}

static void REGE_30_without_authorization_the_impi_is_made_of_the_public_identity(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .no_authorization = true});
    assert_string_equal(fake_cx_mar()->impi, "name@hims.net");
    assert_string_equal(fake_cx_mar()->scheme, "Unknown");
    hss_refuses_vector(w, CX_USER_UNKNOWN);
    expect_answer(403);
}

static void REGE_41_a_vector_that_cannot_be_used_makes_no_challenge(void **state)
{
    struct world *w = *state;
    struct cx_maa bad[4];

    for (size_t i = 0; i < 4; i++)
        bad[i] = maa_of_set(0);
    bad[0].count = 0;
    bad[1].vector[0].xres_len = 0;
    bad[2].vector[0].xres_len = 17;
    strcpy(bad[3].vector[0].scheme, "SIP Digest");
    for (unsigned i = 0; i < 4; i++) {
        ue_registers(w, (struct ue){.cseq = 25 + i});
        fake_cx_answer_maa(&bad[i]);
        fake_clock_forward_ms(w->loop, 0);
        expect_answer(500);
        expect_quiet();
    }
}

static void where_the_pcscf_requires_ipsec_an_unprotected_answer_is_refused(void **state)
{
    struct world *w = *state;

    w->conf.pcscf[0].ipsec = IPSEC_REQUIRED;
    ue_is_challenged(w, 25, 0);
    ue_answers_rightly(w, 26, 0);
    assert_non_null(strstr(expect_answer(403)->text, "outside IPsec"));
    expect_sar(CX_SAT_AUTHENTICATION_FAILURE, IMPI, IMPU);
}

static void make_akav2_response(size_t set, char response[DIGEST_HEX])
{
    struct cx_maa maa = maa_of_set(set);
    const struct cx_vector *v = &maa.vector[0];
    char password[DIGEST_AKAV2];

    digest_akav2_password(v->xres, v->xres_len, v->ik, v->ck, password);
    digest_response(&(struct digest_input){.username = IMPI,
                                           .realm = "hims.net",
                                           .method = "REGISTER",
                                           .uri = "sip:hims.net",
                                           .nonce = published[set].nonce,
                                           .password = password,
                                           .password_len = strlen(password)},
                    response);
}

static void REG_20_a_terminal_that_asks_for_akav2_is_challenged_by_it(void **state)
{
    struct world *w = *state;
    struct ue ue = {.cseq = 25, .algorithm = "AKAv2-MD5"};
    char response[DIGEST_HEX];

    ue_registers(w, ue);
    assert_string_equal(fake_cx_mar()->scheme, "Digest-AKAv1-MD5");
    hss_gives_vector(w, 0);
    assert_non_null(strstr(expect_answer(401)->text, "algorithm=AKAv2-MD5,"));
    make_akav2_response(0, response);
    ue.cseq++;
    ue.nonce = published[0].nonce;
    ue.response = response;
    ue_registers(w, ue);
    hss_gives_profile(w, user_data);
    expect_answer(200);
    expect_quiet();
}

static void REG_20_what_the_configuration_says_is_not_bid_down_to_akav1(void **state)
{
    struct world *w = *state;
    struct conf_subscriber subscriber = {.impi = IMPI, .auth = AUTH_AKAV2};
    struct ue ue = {.cseq = 25};
    char response[DIGEST_HEX];

    w->conf.subscriber = &subscriber;
    w->conf.subscriber_count = 1;
    ue_registers(w, ue);
    hss_gives_vector(w, 0);
    assert_non_null(strstr(expect_answer(401)->text, "algorithm=AKAv2-MD5,"));
    ue_answers_rightly(w, 26, 0); /* as AKAv1 has it */
    hss_gives_vector(w, 1);
    assert_non_null(strstr(expect_answer(401)->text, "algorithm=AKAv2-MD5,"));
    make_akav2_response(1, response);
    ue = (struct ue){
        .cseq = 27, .algorithm = "AKAv2-MD5", .nonce = published[1].nonce, .response = response};
    ue_registers(w, ue);
    hss_gives_profile(w, user_data);
    expect_answer(200);
    w->conf.subscriber_count = 0;
}

static void REGE_34_md5_of_a_subscriber_with_a_card_still_gets_an_aka_challenge(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .algorithm = "MD5"});
    assert_string_equal(fake_cx_mar()->scheme, "Digest-AKAv1-MD5");
    hss_gives_vector(w, 0);
    assert_non_null(strstr(expect_answer(401)->text, "algorithm=AKAv1-MD5,"));
    ue_answers_rightly(w, 26, 0);
    hss_gives_profile(w, user_data);
    expect_answer(200);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        flow_test(REGE_09_auts_asks_the_hss_with_the_stored_rand_and_a_new_challenge_succeeds),
        flow_test(a_card_that_asks_for_resynchronisation_for_ever_is_refused),
        flow_test(REGE_10_auts_that_is_no_auts_is_refused_and_never_reaches_the_hss),
        flow_test(REGE_12_auts_for_a_rand_that_was_never_issued_gets_a_fresh_challenge),
        flow_test(REGE_08_a_mac_failure_is_refused_and_the_hss_is_told),
        flow_test(REGE_08_a_mac_failure_of_a_registered_terminal_leaves_its_registration),
        flow_test(REGE_06_wrong_answers_get_new_challenges_until_the_limit),
        flow_test(REGE_46_a_right_answer_after_two_wrong_ones_is_accepted),
        flow_test(REGE_13_an_unanswered_challenge_ends_and_the_hss_is_told),
        flow_test(an_unanswered_challenge_of_a_registered_terminal_changes_nothing),
        flow_test(REGE_14_an_answer_that_was_used_is_challenged_again),
        flow_test(REGE_15_a_new_register_makes_the_old_challenge_void),
        flow_test(two_devices_of_one_impi_that_register_at_the_same_time_both_succeed),
        flow_test(a_stranger_who_knows_the_impi_cannot_end_its_challenge),
        flow_test(REGE_16_an_answer_in_another_call_is_refused_and_the_challenge_waits_on),
        flow_test(without_any_hint_the_hss_is_asked_for_its_scheme_and_then_for_aka),
        flow_test(REGE_40_a_scheme_that_the_hss_does_not_have_is_refused_once),
        flow_test(REGE_30_without_authorization_the_impi_is_made_of_the_public_identity),
        flow_test(REGE_41_a_vector_that_cannot_be_used_makes_no_challenge),
        flow_test(REG_20_a_terminal_that_asks_for_akav2_is_challenged_by_it),
        flow_test(REG_20_what_the_configuration_says_is_not_bid_down_to_akav1),
        flow_test(REGE_34_md5_of_a_subscriber_with_a_card_still_gets_an_aka_challenge),
        flow_test(where_the_pcscf_requires_ipsec_an_unprotected_answer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
