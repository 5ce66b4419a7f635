/* SPDX-License-Identifier: Apache-2.0 */
/* The registration: the test is P-CSCF, S-CSCF and authentication centre. */
#include "digest_aka.h"
#include "network.h"

#define PCSCF1 "10.60.2.10"
#define PCSCF2 "10.60.2.11"

static uint64_t sqn; /* of the authentication centre */
static size_t at;    /* the next REGISTER to be read */

static void be_active(const char *pcscf)
{
    sqn = 100 << AKA_IND_BITS;
    at = 0;
    attach();
    activate(pcscf);
}

static void begin_registration(void)
{
    be_active(PCSCF1);
    register_begin(&ue, on_outcome, NULL);
}

/* The next REGISTER, which must be there. */
static const struct fake_sip_sent *heard_register(void)
{
    soon();
    return fake_sip_sent(at++);
}

static void heard_no_more(void)
{
    soon();
    assert_int_equal(fake_sip_sent_count(), at);
}

static const char *auth_param(const struct fake_sip_sent *s, const char *name)
{
    static char value[512];

    return sip_auth_param(s->sip->sip_authorization, name, value, sizeof value);
}

static struct aka_key network_key(void)
{
    struct aka_key key;

    memcpy(key.k, card.k, 16);
    memcpy(key.opc, card.opc, 16);
    memcpy(key.amf, card.amf, 2);
    return key;
}

static struct aka_vector vector;

/* A 401 for the REGISTER that was read last; wrong_mac: from a network with another K. */
static void challenge_with(bool wrong_mac, const char *more)
{
    struct aka_key key = network_key();
    uint8_t rand[16] = {1}, octets[32];
    char nonce[64], headers[512];

    rand[1] = at; /* a new one each time */
    key.k[0] ^= wrong_mac;
    aka_make(&key, rand, sqn, &vector);
    sqn += 1 << AKA_IND_BITS;
    memcpy(octets, vector.rand, 16);
    memcpy(octets + 16, vector.autn, 16);
    digest_base64(octets, sizeof octets, nonce);
    snprintf(headers, sizeof headers,
             "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"%s\", algorithm=AKAv1-MD5%s\r\n",
             nonce, more);
    fake_sip_answer(at - 1, 401, headers);
}

static void challenge(void)
{
    challenge_with(false, ", qop=\"auth\", opaque=\"5ccc\"");
}

/* Whether the REGISTER answers the last challenge rightly. */
static void check_response(const struct fake_sip_sent *s)
{
    char nonce[128], cnonce[64] = "", qop[16] = "", response[DIGEST_HEX];
    const msg_auth_t *auth = s->sip->sip_authorization;
    struct digest_input in = {
        .username = "name.private@hims.net",
        .realm = "hims.net",
        .method = "REGISTER",
        .uri = "sip:hims.net",
        .nonce = sip_auth_param(auth, "nonce", nonce, sizeof nonce),
        .qop = sip_auth_param(auth, "qop", qop, sizeof qop),
        .nc = "00000001",
        .cnonce = sip_auth_param(auth, "cnonce", cnonce, sizeof cnonce),
        .password = vector.xres,
        .password_len = 8,
    };

    digest_response(&in, response);
    assert_string_equal(auth_param(s, "response"), response);
}

static void accept_for(unsigned expires_s)
{
    char headers[512];

    snprintf(headers, sizeof headers,
             "Contact: <sip:10.45.0.2:5060>;expires=%u\r\n"
             "P-Associated-URI: <sip:name@hims.net>, <tel:+15550001>\r\n"
             "Service-Route: <sip:orig@scscf1.hims.net;lr>\r\n",
             expires_s);
    fake_sip_answer(at - 1, 200, headers);
}

static void be_registered_for(unsigned expires_s)
{
    begin_registration();
    heard_register();
    challenge();
    heard_register();
    accept_for(expires_s);
    heard_outcome(0, "registered: ");
}

static void the_seeds_terminal_registers(void **state)
{
    const struct fake_sip_sent *first, *second;
    char call_id[64];

    (void)state;
    begin_registration();
    first = heard_register();
    assert_int_equal(first->sip->sip_cseq->cs_seq, 25);
    assert_int_equal(first->sip->sip_max_forwards->mf_count, 20);
    assert_string_equal(auth_param(first, "username"), "name.private@hims.net");
    assert_string_equal(auth_param(first, "nonce"), "");
    assert_string_equal(auth_param(first, "response"), "");
    assert_non_null(strstr(first->text, "REGISTER sip:hims.net SIP/2.0\r\n"));
    assert_non_null(strstr(first->text, "Contact: <sip:10.45.0.2:5060>;expires=90000\r\n"));
    assert_non_null(strstr(first->text, "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96"));
    assert_string_equal(first->to.host, PCSCF1);
    assert_int_equal(addr_port(&first->to.addr), 5060);
    assert_int_equal(first->to.transport, SIP_UDP);
    snprintf(call_id, sizeof call_id, "%s", first->sip->sip_call_id->i_id);
    challenge();
    second = heard_register();
    assert_int_equal(second->sip->sip_cseq->cs_seq, 26);
    assert_string_equal(second->sip->sip_call_id->i_id, call_id);
    assert_string_equal(auth_param(second, "algorithm"), "AKAv1-MD5");
    assert_string_equal(auth_param(second, "opaque"), "5ccc");
    assert_null(auth_param(second, "auts"));
    check_response(second);
    heard_nothing_yet();
    accept_for(90000);
    heard_outcome(0, "registered: sip:name@hims.net at 10.45.0.2:5060 for 90000 s, S-CSCF "
                     "scscf1.hims.net");
    assert_string_equal(ue.reg.accept.associated, "<sip:name@hims.net>, <tel:+15550001>");
    assert_int_equal(steps_level(&ue), UE_REGISTERED);
}

static void without_qop_the_old_digest_is_made(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    begin_registration();
    heard_register();
    challenge_with(false, "");
    s = heard_register();
    assert_null(auth_param(s, "qop"));
    assert_null(auth_param(s, "cnonce"));
    assert_null(auth_param(s, "opaque"));
    check_response(s);
}

static void UE_01_a_wrong_mac_gets_an_empty_response_and_a_sentence(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    begin_registration();
    heard_register();
    challenge_with(true, ", qop=\"auth\"");
    s = heard_register();
    assert_string_equal(auth_param(s, "response"), "");
    assert_null(auth_param(s, "auts"));
    fake_sip_answer(at - 1, 403, "Warning: 399 scscf1.hims.net \"MAC failure\"\r\n");
    heard_outcome(-EACCES, "failed: wrong K or OPc: the network's MAC does not verify");
    assert_non_null(strstr(outcome.sentence, "403 Forbidden from scscf1.hims.net: MAC failure"));
    heard_no_more();
}

static void UE_02_an_sqn_out_of_range_gets_auts_and_the_next_challenge_its_answer(void **state)
{
    struct aka_key key = network_key();
    const struct fake_sip_sent *s;
    uint8_t auts[14];
    uint64_t sqn_ms;

    (void)state;
    be_registered_for(90000);
    sqn = 50 << AKA_IND_BITS; /* the authentication centre came back from a backup */
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    challenge();
    s = heard_register();
    assert_int_equal(digest_unbase64(auth_param(s, "auts"), auts, sizeof auts), 14);
    assert_true(aka_check_auts(&key, vector.rand, auts, &sqn_ms));
    assert_int_equal(sqn_ms >> AKA_IND_BITS, 100);
    sqn = aka_next_sqn(sqn_ms, 0);
    challenge();
    s = heard_register();
    assert_null(auth_param(s, "auts"));
    check_response(s);
    accept_for(90000);
    heard_outcome(0, "registered: ");
}

static void UE_03_after_two_invalid_challenges_it_stops(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    challenge_with(true, "");
    heard_register();
    challenge_with(true, "");
    heard_register();
    challenge_with(true, "");
    heard_outcome(-EACCES, "wrong K or OPc");
    fake_clock_forward_ms(loop, 3600000);
    heard_no_more();
}

static void UE_03_a_resynchronisation_that_does_not_help_stops_too(void **state)
{
    (void)state;
    be_registered_for(90000);
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    for (int i = 0; i < 3; i++) {
        sqn = 50 << AKA_IND_BITS;
        challenge();
        if (i < 2)
            heard_register();
    }
    heard_outcome(-EACCES, "sequence number is out of range");
    heard_no_more();
}

static void a_network_that_challenges_for_ever_is_left(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    for (int i = 0; i < 5; i++) {
        challenge();
        heard_register();
    }
    challenge();
    heard_outcome(-EACCES, "goes on challenging");
    heard_no_more();
}

static void UE_06_a_423_makes_it_ask_for_longer(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    terminal.expires_s = 30;
    begin_registration();
    terminal.expires_s = 90000;
    heard_register();
    fake_sip_answer(0, 423, "Min-Expires: 60\r\n");
    s = heard_register();
    assert_non_null(strstr(s->text, ";expires=60\r\n"));
    assert_int_equal(s->sip->sip_cseq->cs_seq, 26);
    challenge();
    heard_register();
    accept_for(60);
    heard_outcome(0, "for 60 s");
}

static void a_423_without_a_longer_time_ends_it(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    fake_sip_answer(0, 423, "Min-Expires: 60\r\n");
    heard_outcome(-EACCES, "423 Interval Too Brief, asked for 90000 s, and Min-Expires says 60 s");
    heard_no_more();
}

static void UE_07_a_403_is_not_tried_again(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    fake_sip_answer(0, 403, "Warning: 399 icscf1.hims.net \"not a subscriber\"\r\n");
    heard_outcome(-EACCES, "failed: 403 Forbidden from icscf1.hims.net: not a subscriber - look");
    fake_clock_forward_ms(loop, 3600000);
    heard_no_more();
}

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
    assert_non_null(strstr(outcome.sentence, "tried 3 times, 2 P-CSCFs"));
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

static void a_challenge_that_no_sim_can_answer_is_told(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    fake_sip_answer(0, 401, "WWW-Authenticate: Digest realm=\"r\", nonce=\"x\", algorithm=MD5\r\n");
    heard_outcome(-EPROTO, "failed: the network asks for algorithm MD5");
    register_begin(&ue, on_outcome, NULL);
    soon();
    at = fake_sip_sent_count();
    fake_sip_answer(at - 1, 401,
                    "WWW-Authenticate: Digest realm=\"r\", nonce=\"%%\", algorithm=AKAv1-MD5\r\n");
    heard_outcome(-EPROTO, "failed: the nonce of the 401 is not base64");
}

static void the_card_that_cannot_store_its_sqn_does_not_answer(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    rmdir(dir);
    challenge();
    heard_outcome(-EIO, "failed: cannot store the sequence number");
    heard_no_more();
}

static void without_a_pcscf_the_sentence_names_the_apn(void **state)
{
    (void)state;
    be_active("2001:db8::7"); /* none that an IPv4 terminal can reach */
    register_begin(&ue, on_outcome, NULL);
    heard_outcome(-ENOENT, "failed: the GGSN gave no P-CSCF address (PCO) for APN ims");
}

static void a_200_that_does_not_list_the_contact_is_no_success(void **state)
{
    (void)state;
    begin_registration();
    heard_register();
    challenge();
    heard_register();
    fake_sip_answer(1, 200, "Contact: <sip:10.45.0.99:5060>;expires=9\r\n");
    heard_outcome(-EPROTO, "our contact is not among those of the answer");
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
        T(the_seeds_terminal_registers),
        T(without_qop_the_old_digest_is_made),
        T(UE_01_a_wrong_mac_gets_an_empty_response_and_a_sentence),
        T(UE_02_an_sqn_out_of_range_gets_auts_and_the_next_challenge_its_answer),
        T(UE_03_after_two_invalid_challenges_it_stops),
        T(UE_03_a_resynchronisation_that_does_not_help_stops_too),
        T(a_network_that_challenges_for_ever_is_left),
        T(UE_06_a_423_makes_it_ask_for_longer),
        T(a_423_without_a_longer_time_ends_it),
        T(UE_07_a_403_is_not_tried_again),
        T(UE_08_a_503_is_tried_again_after_a_while_and_three_times_at_most),
        T(UE_08_a_480_then_a_good_answer_registers_and_says_so),
        T(UE_08_retry_after_is_respected_or_told),
        T(GPR_32_a_silent_pcscf_is_followed_by_the_next_one),
        T(GPR_32_a_503_goes_to_the_next_one_at_once),
        T(nobody_answers_at_all),
        T(silence_after_the_answer_is_told_as_such),
        T(a_challenge_that_no_sim_can_answer_is_told),
        T(the_card_that_cannot_store_its_sqn_does_not_answer),
        T(without_a_pcscf_the_sentence_names_the_apn),
        T(a_200_that_does_not_list_the_contact_is_no_success),
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
