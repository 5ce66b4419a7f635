/* SPDX-License-Identifier: Apache-2.0 */
/* Security agreement with a terminal (RFC 3329, TS 33.203 7): what is agreed and what is refused.
 */
#include "security_world.h"

/* ---- M1 to M16 ---- */

static void a_terminal_that_offers_gets_a_security_server_and_a_set(void **state)
{
    struct sec_list list;
    struct why why;

    (void)state;
    says(PLAIN());
    assert_true(sent_has(0, "integrity-protected=\"no\""));
    assert_false(sent_has(0, "ecurity-"));
    assert_false(sent_has(0, "sec-agree"));
    fake_sip_answer(0, 401, challenge);
    assert_int_equal(fake_sip_reply(0)->status, 401);
    assert_false(reply_has(0, "ffeeddcc"));
    assert_false(reply_has(0, "00112233"));
    assert_int_equal(sec_read(server(), &list, &why), 0);
    assert_int_equal(list.count, SEC_PAIRS);
    assert_int_equal(list.mechanism[0].port_s, 6100);
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(sets(SA_TEMPORARY), 1);
    assert_non_null(fake_xfrm_sa(list.mechanism[0].spi_c));
    assert_non_null(fake_xfrm_sa(list.mechanism[0].spi_s));
    assert_non_null(fake_xfrm_sa(1000001));
    assert_int_equal(fake_xfrm_sa(1000001)->crypt.algo, ESP_AES_CBC);
    assert_memory_equal(fake_xfrm_sa(1000001)->crypt.octets, "\xff\xee\xdd\xcc", 4);
    assert_memory_equal(fake_xfrm_sa(1000001)->auth.octets, "\x00\x11\x22\x33", 4);
}

static void the_answer_in_the_set_is_passed_on_as_protected(void **state)
{
    (void)state;
    registers();
    assert_true(sent_has(1, "integrity-protected=\"yes\""));
    assert_false(sent_has(1, "ecurity-"));
    assert_false(sent_has(1, "sec-agree"));
    assert_ptr_equal(fake_sip_sent(1)->by, pcscf.sip);
    assert_int_equal(sets(SA_ESTABLISHED), 1);
    assert_string_equal(header(last_reply()->sip, "Security-Server"), "none");
    assert_int_equal(contact_count(pcscf.contacts, loop_wall_s(pcscf.loop)), 1);
    assert_int_equal(fake_sip_protection(0)->peer_s, 40002);
}

static void RREG_02_a_re_registration_changes_the_client_ports_alone(void **state)
{
    char first[SEC_VALUE];
    struct sec_list was, is;

    (void)state;
    snprintf(first, sizeof first, "%s", registers());
    challenged(SAFE(.client = SHA_AES CLIENT2, .verify = first, .call = "c2"));
    sec_read(first, &was, NULL);
    sec_read(server(), &is, NULL);
    assert_int_equal(is.mechanism[0].port_s, was.mechanism[0].port_s);
    assert_int_not_equal(is.mechanism[0].port_c, was.mechanism[0].port_c);
    says(SAFE(.source = "10.45.0.2:40003", .client = SHA_AES CLIENT2, .verify = server(),
              .call = "c2"));
    accepts("10.45.0.2", 40002, 600);
    assert_int_equal(sets(SA_ESTABLISHED), 1);
    assert_int_equal(sets(SA_OLD), 1);
    fake_clock_forward_ms(pcscf.loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 4);
}

static void a_200_without_a_challenge_keeps_the_set(void **state)
{
    const char *verify;

    (void)state;
    verify = registers();
    says(SAFE(.client = SHA_AES CLIENT2, .verify = verify));
    assert_true(sent_has(last_sent(), "integrity-protected=\"yes\""));
    accepts("10.45.0.2", 40002, 6000);
    assert_int_equal(sets(SA_ESTABLISHED), 1);
    fake_clock_forward_ms(pcscf.loop, 6000 * 1000);
    assert_int_equal(sets(SA_ESTABLISHED), 1);
    fake_clock_forward_ms(pcscf.loop, 31 * 1000);
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void RREG_03_an_unprotected_registration_replaces_the_sets(void **state)
{
    (void)state;
    registers();
    challenged(PLAIN(.client = SHA_AES CLIENT2, .call = "c2"));
    says(SAFE(.source = "10.45.0.2:40003", .client = SHA_AES CLIENT2, .verify = server(),
              .call = "c2"));
    accepts("10.45.0.2", 40002, 600);
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_non_null(fake_xfrm_sa(1000003));
}

static void DREG_13_after_the_last_identity_the_set_serves_out_its_grace(void **state)
{
    const char *verify;

    (void)state;
    verify = registers();
    says(SAFE(.client = "", .verify = verify, .ends = true));
    accepts("10.45.0.2", 40002, 0);
    assert_int_equal(sets(SA_OLD), 1);
    says(SAFE(.client = "", .verify = verify));
    is_refused(403, "no security association");
    fake_clock_forward_ms(pcscf.loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 0);
}

/* ---- what is refused before the core sees it ---- */

static void REGE_21_sec_agree_without_a_security_client_is_a_494(void **state)
{
    (void)state;
    says(PLAIN(.client = ""));
    is_refused(494, "sec-agree without a Security-Client");
    assert_non_null(strstr(server(), "hmac-sha-1-96"));
}

static void REGE_25_nothing_that_is_accepted_is_a_494(void **state)
{
    (void)state;
    says(PLAIN(.client = "ipsec-3gpp;alg=hmac-sha-2-256;" CLIENT1 ", tls"));
    is_refused(494, "nothing that is accepted");
    says(PLAIN(.client = "tls;q=0.1", .require = ""));
    is_refused(494, "nothing that is accepted");
    says(PLAIN(.client = "ipsec-3gpp;alg=null;ealg=null;" CLIENT1));
    is_refused(494, "nothing that is accepted");
}

static void what_is_wrong_in_a_security_client_is_a_400(void **state)
{
    (void)state;
    says(PLAIN(.client = SHA_AES "spi-c=200;spi-s=1000002;port-c=40001;port-s=40002"));
    is_refused(400, "spi-c is no SPI");
    says(PLAIN(.client = SHA_AES "spi-c=1000001;spi-s=1000001;port-c=40001;port-s=40002"));
    is_refused(400, "are the same");
}

static void REGE_27_of_several_mechanisms_the_ipsec_ones_count(void **state)
{
    (void)state;
    challenged(PLAIN(.client = "tls;q=0.9, digest;d-alg=MD5, ipsec-3gpp;alg=hmac-md5-96;" CLIENT1
                               ", ipsec-3gpp;alg=hmac-sha-1-96;" CLIENT1));
    assert_int_equal(fake_xfrm_sa(1000001)->auth.algo, ESP_HMAC_SHA1_96);
}

static void TRU_21_the_order_of_the_pcscf_counts(void **state)
{
    (void)state;
    challenged(PLAIN(.client = "ipsec-3gpp;q=0.9;alg=hmac-sha-1-96;ealg=null;" CLIENT1
                               ", ipsec-3gpp;q=0.1;alg=hmac-sha-1-96;ealg=aes-cbc;" CLIENT1));
    assert_int_equal(fake_xfrm_sa(1000001)->crypt.algo, ESP_AES_CBC);
}

static void TRU_22_ciphers_are_listed_for_a_terminal_that_offers_none(void **state)
{
    (void)state;
    assert_non_null(
        strstr(challenged(PLAIN(.client = "ipsec-3gpp;alg=hmac-sha-1-96;" CLIENT1)), "aes-cbc"));
    assert_int_equal(fake_xfrm_sa(1000001)->crypt.algo, ESP_NULL);
}

static void TRU_22_the_answer_outside_the_set_is_refused(void **state)
{
    (void)state;
    challenged(PLAIN());
    says(PLAIN(.auth = right_answer, .client = "", .require = ""));
    is_refused(403, "inside the security association");
    says(PLAIN(.auth = right_answer));
    is_refused(403, "inside the security association");
}

/* ---- the answer in the set ---- */

/* The Security-Server with one piece replaced, or NULL: without the header. */
static void a_changed_verify_is_refused(const char *piece, const char *other)
{
    char verify[SEC_VALUE];
    const char *at;

    snprintf(verify, sizeof verify, "%s", challenged(PLAIN()));
    at = strstr(verify, piece);
    assert_non_null(at);
    says(SAFE(.verify = with(verify, piece, other)));
    is_refused(494, "Security-Verify is not what was sent");
    assert_int_equal(sets(SA_TEMPORARY), 0);
    fake_clock_forward_ms(pcscf.loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void REGE_22_one_changed_parameter_of_the_mirror_is_a_494(void **state)
{
    (void)state;
    a_changed_verify_is_refused("alg=hmac-sha-1-96", "alg=hmac-md5-96");
    a_changed_verify_is_refused("ealg=aes-cbc", "ealg=null");
    a_changed_verify_is_refused("spi-c=", "spi-c=9");
    a_changed_verify_is_refused("spi-s=", "spi-s=9");
    a_changed_verify_is_refused("port-c=610", "port-c=611");
    a_changed_verify_is_refused("port-s=6100", "port-s=6101");
    a_changed_verify_is_refused("q=0.950", "q=0.951");
    a_changed_verify_is_refused("ipsec-3gpp;", "tls, ipsec-3gpp;");
}

static void REGE_22_without_a_mirror_or_in_another_order_it_is_a_494(void **state)
{
    char verify[SEC_VALUE], swapped[SEC_VALUE];
    char *comma;

    (void)state;
    challenged(PLAIN());
    says(SAFE(.verify = NULL));
    is_refused(494, "Security-Verify is not what was sent");
    fake_clock_forward_ms(pcscf.loop, 32000);
    snprintf(verify, sizeof verify, "%s", challenged(PLAIN()));
    comma = strchr(verify, ',');
    snprintf(swapped, sizeof swapped, "%s, %.*s", comma + 1, (int)(comma - verify), verify);
    says(SAFE(.verify = swapped));
    is_refused(494, "Security-Verify is not what was sent");
}

static void REGE_24_another_security_client_is_refused(void **state)
{
    (void)state;
    challenged(PLAIN());
    says(SAFE(.verify = server(), .client = SHA_AES CLIENT2));
    is_refused(494, "Security-Client is not what it was before");
    assert_int_equal(sets(SA_TEMPORARY), 0);
}

static void the_answer_must_be_of_the_one_who_was_challenged(void **state)
{
    (void)state;
    challenged(PLAIN());
    says(SAFE(.verify = server(), .impi = "other@hims.net"));
    is_refused(403, "belongs to 'name.private@hims.net', not to 'other@hims.net'");
}

static void the_via_must_name_where_it_came_from(void **state)
{
    (void)state;
    challenged(PLAIN());
    says(SAFE(.verify = server(), .via = "10.45.0.3"));
    is_refused(403, "not where it came from");
}

static void REGE_06_a_wrong_digest_ends_the_temporary_set(void **state)
{
    (void)state;
    challenged(PLAIN());
    says(SAFE(.verify = server()));
    fake_sip_answer(last_sent(), 403, NULL);
    is_refused(403, "");
    assert_int_equal(sets(SA_TEMPORARY), 0);
    assert_int_equal(fake_xfrm_sas(), 4); /* the 403 leaves by it */
    fake_clock_forward_ms(pcscf.loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void REGE_06_a_second_challenge_to_the_answer_is_a_403(void **state)
{
    (void)state;
    challenged(PLAIN());
    says(SAFE(.verify = server()));
    fake_sip_answer(last_sent(), 401, challenge);
    is_refused(403, "the answer to the challenge was wrong");
    assert_int_equal(sets(SA_TEMPORARY), 0);
}

static void REGE_13_what_is_not_answered_in_time_is_gone(void **state)
{
    (void)state;
    challenged(PLAIN());
    fake_clock_forward_ms(pcscf.loop, 240 * 1000);
    assert_int_equal(fake_xfrm_sas(), 0);
    says(SAFE(.verify = server()));
    is_refused(403, "no security association");
}

static void REGE_47_a_challenge_without_keys_is_a_500(void **state)
{
    (void)state;
    says(PLAIN());
    fake_sip_answer(0, 401,
                    "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"bm9uY2U=\", "
                    "algorithm=AKAv1-MD5, ck=\"ffeeddccbbaa99887766554433221100\"\r\n");
    is_refused(500, "has no keys");
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void auts_takes_the_temporary_set_away(void **state)
{
    (void)state;
    challenged(PLAIN());
    says(PLAIN(.auth = "nonce=\"bm9uY2U=\", algorithm=AKAv1-MD5, uri=\"sip:hims.net\", "
                       "auts=\"AAAAAAAAAAAAAAAAAAA=\", response=\"\""));
    assert_int_equal(fake_xfrm_sas(), 0);
    fake_sip_answer(last_sent(), 401, challenge);
    assert_int_equal(sets(SA_TEMPORARY), 1);
    says(SAFE(.verify = server()));
    accepts("10.45.0.2", 40002, 600);
}

/* ---- whose set is it ---- */

static void TRU_03_nobody_registers_another_over_a_set_of_his_own(void **state)
{
    const char *verify;

    (void)state;
    verify = registers();
    says(SAFE(.verify = verify, .user = "bob", .client = ""));
    is_refused(403, "belongs to");
}

static void REGE_38_a_port_in_use_is_refused(void **state)
{
    const char *verify;

    (void)state;
    verify = registers();
    says(PLAIN(.user = "bob", .call = "b1")); /* another subscriber at the same place */
    is_refused(403, "no security association");
    says(SAFE(.verify = verify, .client = SHA_AES CLIENT1)); /* the same one keeps its port_uc */
    is_refused(403, "no security association");
    assert_int_equal(sets(SA_ESTABLISHED), 1);
}

static void TRU_02_what_no_set_stands_for_is_refused(void **state)
{
    (void)state;
    says(SAFE(.source = "10.45.0.9:40001", .via = "10.45.0.9"));
    is_refused(403, "no security association");
    fake_sip_request_to(pcscf.security.sip,
                        "MESSAGE sip:bob@hims.net SIP/2.0\r\nFrom: <sip:name@hims.net>;tag=f\r\n"
                        "To: <sip:bob@hims.net>\r\nCall-ID: m\r\nCSeq: 1 MESSAGE\r\n\r\n",
                        "10.45.0.9:40001", HOME ":6100", SIP_UDP);
    is_refused(403, "no established security association");
}

static void a_temporary_set_carries_nothing_but_the_answer(void **state)
{
    static const char message[] =
        "MESSAGE sip:bob@hims.net SIP/2.0\r\nFrom: <sip:name@hims.net>;tag=f\r\n"
        "To: <sip:bob@hims.net>\r\nCall-ID: m\r\nCSeq: 1 MESSAGE\r\n\r\n";

    char verify[SEC_VALUE];

    (void)state;
    snprintf(verify, sizeof verify, "%s", challenged(PLAIN()));
    fake_sip_request_to(pcscf.security.sip, message, "10.45.0.2:40001", HOME ":6100", SIP_UDP);
    is_refused(403, "no established security association");
    says(SAFE(.verify = verify));
    accepts("10.45.0.2", 40002, 600);
    fake_sip_request_to(pcscf.security.sip, message, "10.45.0.2:40001", HOME ":6100", SIP_UDP);
    is_refused(501, "sessions");
    fake_sip_request_to(pcscf.sip, message, "10.45.0.2:40002", HOME ":5060", SIP_UDP);
    is_refused(403, "outside the security association");
}

/* ---- the modes ---- */

static void optional_serves_a_terminal_that_offers_nothing(void **state)
{
    (void)state;
    says(PLAIN(.client = "", .require = ""));
    assert_false(sent_has(0, "integrity-protected"));
    fake_sip_answer(0, 401, challenge);
    assert_string_equal(server(), "none");
    assert_int_equal(fake_xfrm_sas(), 0);
    says(PLAIN(.client = "", .require = "", .auth = right_answer));
    accepts("10.45.0.2", 40002, 600);
}

static void required_asks_for_the_extension(void **state)
{
    (void)state;
    says(PLAIN(.client = "", .require = ""));
    is_refused(421, "requires security agreement");
    assert_string_equal(header(last_reply()->sip, "Require"), "sec-agree");
    assert_non_null(strstr(server(), "ipsec-3gpp"));
    says(PLAIN(.client = ""));
    is_refused(494, "sec-agree without");
}

static void required_lets_no_challenge_without_keys_pass(void **state)
{
    (void)state;
    says(PLAIN());
    fake_sip_answer(0, 401,
                    "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"n\", algorithm=MD5\r\n");
    is_refused(500, "without AKA");
}

static void without_esp_optional_works_as_off(void **state)
{
    (void)state;
    fake_xfrm_lacks(ESP_NOTHING);
    open_security(IPSEC_OPTIONAL);
    assert_int_equal(pcscf.security.mode, IPSEC_OFF);
    challenged(PLAIN());
    assert_string_equal(server(), "none");
    assert_int_equal(fake_xfrm_policies(), 0);
}

static void without_esp_required_does_not_start(void **state)
{
    struct why why = {""};

    (void)state;
    fake_xfrm_lacks(ESP_NOTHING);
    conf.pcscf[0].ipsec = IPSEC_REQUIRED;
    assert_true(security_open(&pcscf, &why) < 0);
    assert_string_not_equal(why.text, "");
}

static void what_the_kernel_lacks_is_not_offered(void **state)
{
    (void)state;
    fake_xfrm_lacks(ESP_AES_CBC);
    strcpy(conf.pcscf[0].ipsec_algorithm[0], "hmac-sha-1-96/aes-cbc");
    strcpy(conf.pcscf[0].ipsec_algorithm[1], "hmac-sha-1-96/null");
    conf.pcscf[0].ipsec_algorithm_count = 2;
    open_security(IPSEC_OPTIONAL);
    assert_null(
        strstr(challenged(PLAIN(.client = "ipsec-3gpp;alg=hmac-sha-1-96;" CLIENT1)), "aes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECURE(a_terminal_that_offers_gets_a_security_server_and_a_set, optional),
        SECURE(the_answer_in_the_set_is_passed_on_as_protected, optional),
        SECURE(RREG_02_a_re_registration_changes_the_client_ports_alone, optional),
        SECURE(a_200_without_a_challenge_keeps_the_set, optional),
        SECURE(RREG_03_an_unprotected_registration_replaces_the_sets, optional),
        SECURE(DREG_13_after_the_last_identity_the_set_serves_out_its_grace, optional),
        SECURE(REGE_21_sec_agree_without_a_security_client_is_a_494, optional),
        SECURE(REGE_25_nothing_that_is_accepted_is_a_494, optional),
        SECURE(what_is_wrong_in_a_security_client_is_a_400, optional),
        SECURE(REGE_27_of_several_mechanisms_the_ipsec_ones_count, optional),
        SECURE(TRU_21_the_order_of_the_pcscf_counts, optional),
        SECURE(TRU_22_ciphers_are_listed_for_a_terminal_that_offers_none, optional),
        SECURE(TRU_22_the_answer_outside_the_set_is_refused, optional),
        SECURE(REGE_22_one_changed_parameter_of_the_mirror_is_a_494, optional),
        SECURE(REGE_22_without_a_mirror_or_in_another_order_it_is_a_494, optional),
        SECURE(REGE_24_another_security_client_is_refused, optional),
        SECURE(the_answer_must_be_of_the_one_who_was_challenged, optional),
        SECURE(the_via_must_name_where_it_came_from, optional),
        SECURE(REGE_06_a_wrong_digest_ends_the_temporary_set, optional),
        SECURE(REGE_06_a_second_challenge_to_the_answer_is_a_403, optional),
        SECURE(REGE_13_what_is_not_answered_in_time_is_gone, optional),
        SECURE(REGE_47_a_challenge_without_keys_is_a_500, optional),
        SECURE(auts_takes_the_temporary_set_away, optional),
        SECURE(TRU_03_nobody_registers_another_over_a_set_of_his_own, optional),
        SECURE(REGE_38_a_port_in_use_is_refused, optional),
        SECURE(TRU_02_what_no_set_stands_for_is_refused, optional),
        SECURE(a_temporary_set_carries_nothing_but_the_answer, optional),
        SECURE(optional_serves_a_terminal_that_offers_nothing, optional),
        SECURE(required_asks_for_the_extension, required),
        SECURE(required_lets_no_challenge_without_keys_pass, required),
        SECURE(without_esp_optional_works_as_off, closed),
        SECURE(without_esp_required_does_not_start, closed),
        SECURE(what_the_kernel_lacks_is_not_offered, closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
