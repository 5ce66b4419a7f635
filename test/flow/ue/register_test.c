/* SPDX-License-Identifier: Apache-2.0 */
/* The registration: challenges, answers, refusals. */
#include "ims.h"

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

/* The same vector under both algorithms, the weaker one first. */
static void REG_20_akav2_is_answered_by_its_own_password_where_it_is_offered(void **state)
{
    const struct fake_sip_sent *s;
    char password[DIGEST_AKAV2], headers[512], nonce[64];
    uint8_t octets[32], rand[16] = {7};
    struct aka_key key = network_key();

    (void)state;
    begin_registration();
    heard_register();
    aka_make(&key, rand, sqn, &vector);
    memcpy(octets, vector.rand, 16);
    memcpy(octets + 16, vector.autn, 16);
    digest_base64(octets, sizeof octets, nonce);
    snprintf(headers, sizeof headers,
             "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"%s\", algorithm=AKAv1-MD5\r\n"
             "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"%s\", algorithm=AKAv2-MD5, "
             "qop=\"auth\"\r\n",
             nonce, nonce);
    fake_sip_answer(at - 1, 401, headers);
    s = heard_register();
    assert_string_equal(auth_param(s, "algorithm"), "AKAv2-MD5");
    digest_akav2_password(vector.xres, 8, vector.ik, vector.ck, password);
    check_response_by(s, password, strlen(password));
    accept_for(90000);
    soon();
    assert_int_equal(steps_level(&ue), UE_REGISTERED);
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
    heard_outcome(-EACCES, "failed: 403 Forbidden from icscf1.hims.net: not a subscriber");
    fake_clock_forward_ms(loop, 3600000);
    heard_no_more();
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(the_seeds_terminal_registers),
        T(without_qop_the_old_digest_is_made),
        T(REG_20_akav2_is_answered_by_its_own_password_where_it_is_offered),
        T(UE_01_a_wrong_mac_gets_an_empty_response_and_a_sentence),
        T(UE_02_an_sqn_out_of_range_gets_auts_and_the_next_challenge_its_answer),
        T(UE_03_after_two_invalid_challenges_it_stops),
        T(UE_03_a_resynchronisation_that_does_not_help_stops_too),
        T(a_network_that_challenges_for_ever_is_left),
        T(UE_06_a_423_makes_it_ask_for_longer),
        T(a_423_without_a_longer_time_ends_it),
        T(UE_07_a_403_is_not_tried_again),
        T(a_challenge_that_no_sim_can_answer_is_told),
        T(the_card_that_cannot_store_its_sqn_does_not_answer),
        T(without_a_pcscf_the_sentence_names_the_apn),
        T(a_200_that_does_not_list_the_contact_is_no_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
