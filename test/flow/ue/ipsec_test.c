/* SPDX-License-Identifier: Apache-2.0 */
/* The security agreement of the terminal and the life of its associations. */
#include "ipsec.h"

static void the_second_register_goes_inside_four_associations(void **state)
{
    const struct fake_sip_sent *first, *second;
    struct sec_mechanism mine;
    char client[SEC_VALUE];

    (void)state;
    begin_ipsec();
    first = heard_register();
    check_outside(first);
    assert_non_null(strstr(first->text, "Require: sec-agree\r\nProxy-Require: sec-agree\r\n"));
    mine = client_of(first).mechanism[0];
    assert_int_equal(client_of(first).count, SEC_PAIRS - 4); /* no MD5, no DES */
    snprintf(client, sizeof client, "%s", header(first, "Security-Client"));
    assert_int_equal(fake_xfrm_sas(), 0);
    challenge_securely();
    second = heard_register();
    check_inside(second, &mine);
    check_response(second);
    assert_string_equal(header(second, "Security-Client"), client);
    assert_int_equal(
        sec_compare(ue.reg.sas.security.verify, header(second, "Security-Verify"), NULL), 0);
    assert_non_null(strstr(header(second, "Security-Verify"), "q=0.95"));
    assert_non_null(strstr(second->text, "Proxy-Require: sec-agree\r\n"));
    assert_int_equal(second->sip->sip_cseq->cs_seq, first->sip->sip_cseq->cs_seq + 1);
    assert_string_equal(second->sip->sip_call_id->i_id, first->sip->sip_call_id->i_id);
    check_kernel(&mine);
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(fake_xfrm_policies(), 8); /* 4, and in and out blocked at both ports */
    assert_int_equal(fake_xfrm_blocks(), 4);
    assert_memory_equal(fake_xfrm_sa(mine.spi_c)->crypt.octets, vector.ck, 16);
    assert_memory_equal(fake_xfrm_sa(mine.spi_c)->auth.octets, vector.ik, 16);
    accept_for(90000);
    heard_outcome(0, "for 90000 s, S-CSCF scscf1.hims.net, protected by hmac-sha-1-96/aes-cbc");
}

static void TRU_21_the_order_of_the_pcscf_decides(void **state)
{
    static const struct sec_pair pairs[] = {
        {SEC_HMAC_SHA_1_96, SEC_EALG_NULL},
        {SEC_HMAC_SHA_1_96, SEC_AES_CBC  }
    };

    (void)state;
    begin_ipsec();
    heard_register();
    challenge_pairs(pairs, 2);
    heard_register();
    accept_for(600);
    heard_outcome(0, "protected by hmac-sha-1-96/null");
}

static void TRU_22_a_cipher_that_somebody_took_out_of_the_offer_is_chosen_all_the_same(void **state)
{
    (void)state;
    begin_ipsec();
    heard_register(); /* what the P-CSCF gets does not matter: it lists all that it has */
    challenge_securely();
    heard_register();
    assert_int_equal(ue.reg.sas.security.theirs.pair.ealg, SEC_AES_CBC);
}

static void only_what_the_configuration_lists_and_the_kernel_has_is_offered(void **state)
{
    struct sec_list list;

    (void)state;
    fake_xfrm_lacks(ESP_AES_CBC);
    strcpy(terminal.ipsec_algorithm[0], "hmac-md5-96/null");
    strcpy(terminal.ipsec_algorithm[1], "hmac-sha-1-96/aes-cbc");
    strcpy(terminal.ipsec_algorithm[2], "hmac-sha-1-96/null");
    terminal.ipsec_algorithm_count = 3;
    begin_ipsec();
    terminal.ipsec_algorithm_count = 0;
    list = client_of(heard_register());
    assert_int_equal(list.count, 2);
    assert_string_equal(sec_pair_name(list.mechanism[0].pair), "hmac-md5-96/null");
    assert_string_equal(sec_pair_name(list.mechanism[1].pair), "hmac-sha-1-96/null");
}

static void a_security_server_without_anything_that_was_asked_ends_it(void **state)
{
    static const struct {
        const char *server, *words;
    } bad[] = {
        {"ipsec-3gpp;alg=hmac-md5-96;ealg=aes-cbc;spi-c=7001;spi-s=7002;port-c=6001;port-s=6002",
         "the P-CSCF offers hmac-md5-96/aes-cbc, and the terminal has nothing of it"                                                },
        {"ipsec-3gpp;alg=null;ealg=null;spi-c=7001;spi-s=7002;port-c=6001;port-s=6002",
         "the terminal has nothing of it"                                                                                           },
        {"tls",                                                                                     "the terminal has nothing of it"},
        {"ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=7;spi-s=7002;port-c=6001;port-s=6002",
         "the Security-Server of the P-CSCF cannot be used"                                                                         },
        {"ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=7001;spi-s=7002;port-c=6001;port-s=5060",
         "the Security-Server of the P-CSCF cannot be used"                                                                         },
        {"ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=7001;spi-s=7001;port-c=6001;port-s=6002",
         "the Security-Server of the P-CSCF cannot be used"                                                                         },
    };

    (void)state;
    strcpy(terminal.ipsec_algorithm[0], "hmac-sha-1-96/aes-cbc");
    terminal.ipsec_algorithm_count = 1;
    be_active(PCSCF1);
    for (size_t i = 0; i < COUNT(bad); i++) {
        register_begin(&ue, on_outcome, NULL);
        heard_register();
        challenge_with_server(bad[i].server);
        heard_outcome(-EPROTO, bad[i].words);
        heard_no_more();
        assert_int_equal(fake_xfrm_sas(), 0);
        assert_int_equal(fake_xfrm_policies(), 2); /* port_us is blocked */
    }
    terminal.ipsec_algorithm_count = 0;
}

static void our_own_spis_as_the_pcscfs_are_refused(void **state)
{
    (void)state;
    begin_ipsec();
    offer.spi_s = client_of(heard_register()).mechanism[0].spi_c;
    challenge_securely();
    heard_outcome(-EPROTO, "offers an SPI of the terminal as its own");
}

static void a_pcscf_without_ipsec_is_registered_with_unprotected_by_auto(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    begin_ipsec();
    heard_register();
    challenge();
    s = heard_register();
    check_outside(s);
    assert_string_not_equal(header(s, "Security-Client"), "");
    accept_for(600);
    heard_outcome(0, "S-CSCF scscf1.hims.net, unprotected");
}

static void a_pcscf_without_ipsec_is_left_by_required(void **state)
{
    (void)state;
    terminal.ipsec = IPSEC_REQUIRED;
    begin_ipsec();
    heard_register();
    challenge();
    heard_outcome(-EPROTO, "`ipsec` is required, and the P-CSCF offers none");
    terminal.ipsec = IPSEC_OPTIONAL;
    heard_no_more();
}

static void without_esp_auto_offers_nothing(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    fake_xfrm_lacks(ESP_NOTHING);
    begin_ipsec();
    s = heard_register();
    assert_string_equal(header(s, "Security-Client"), "");
    assert_null(strstr(s->text, "sec-agree"));
    challenge();
    check_outside(heard_register());
    accept_for(600);
    heard_outcome(0, "unprotected");
}

static void without_esp_required_does_not_even_ask(void **state)
{
    (void)state;
    fake_xfrm_lacks(ESP_NOTHING);
    terminal.ipsec = IPSEC_REQUIRED;
    begin_ipsec();
    terminal.ipsec = IPSEC_OPTIONAL;
    heard_outcome(-EPROTONOSUPPORT, "`ipsec` is required, but this kernel has no ESP");
    heard_no_more();
}

static void off_offers_nothing(void **state)
{
    (void)state;
    terminal.ipsec = IPSEC_OFF;
    begin_ipsec();
    assert_null(strstr(heard_register()->text, "sec-agree"));
    challenge();
    check_outside(heard_register());
    terminal.ipsec = IPSEC_OPTIONAL;
}

static void a_kernel_that_refuses_the_associations_ends_it_with_its_reason(void **state)
{
    (void)state;
    begin_ipsec();
    heard_register();
    fake_xfrm_refuse(EPERM);
    challenge_securely();
    heard_outcome(-EPROTO, "the kernel refuses: ");
    assert_int_equal(fake_xfrm_policies(), 2); /* port_us is blocked */
}

static void UE_01_after_a_wrong_mac_no_association_is_made_and_the_offer_is_new(void **state)
{
    struct sec_mechanism first, second;
    const struct fake_sip_sent *s;

    (void)state;
    begin_ipsec();
    first = client_of(heard_register()).mechanism[0];
    challenge_with(true,
                   ", qop=\"auth\"\r\nSecurity-Server: ipsec-3gpp;alg=hmac-sha-1-96;ealg=null;"
                   "spi-c=7001;spi-s=7002;port-c=6001;port-s=6002");
    s = heard_register();
    check_outside(s);
    second = client_of(s).mechanism[0];
    assert_int_not_equal(second.spi_c, first.spi_c);
    assert_int_not_equal(second.port_c, first.port_c);
    assert_int_equal(fake_xfrm_sas(), 0);
    fake_sip_answer(at - 1, 403, NULL);
    heard_outcome(-EACCES, "wrong K or OPc");
}

static void UE_02_auts_goes_over_the_old_set_and_the_next_challenge_makes_the_new_one(void **state)
{
    struct sec_mechanism old = be_protected_for(90000), mine;
    const struct fake_sip_sent *s;

    (void)state;
    sqn = 50 << AKA_IND_BITS;
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    offer_another();
    challenge_securely();
    s = heard_register();
    assert_non_null(auth_param(s, "auts"));
    check_inside(s, &old);
    assert_int_equal(fake_xfrm_sas(), 4);
    mine = client_of(s).mechanism[0];
    sqn = 200 << AKA_IND_BITS;
    offer_another();
    challenge_securely();
    check_inside(heard_register(), &mine);
    assert_int_equal(fake_xfrm_sas(), 8);
    accept_for(90000);
    heard_outcome(0, "protected");
}

static void REGE_06_a_refused_answer_takes_the_set_away(void **state)
{
    (void)state;
    begin_ipsec();
    heard_register();
    challenge_securely();
    heard_register();
    assert_int_equal(fake_xfrm_sas(), 4);
    fake_sip_answer(at - 1, 403, NULL);
    heard_outcome(-EACCES, "403");
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 2); /* port_us is blocked */
}

static void REGE_06_a_challenged_answer_begins_anew_with_a_new_offer(void **state)
{
    struct sec_mechanism first, mine;
    const struct fake_sip_sent *s;

    (void)state;
    begin_ipsec();
    first = client_of(heard_register()).mechanism[0];
    challenge_securely();
    heard_register();
    challenge_securely();
    s = heard_register();
    check_outside(s);
    assert_string_equal(auth_param(s, "nonce"), "");
    mine = client_of(s).mechanism[0];
    assert_int_not_equal(mine.spi_s, first.spi_s);
    assert_int_equal(fake_xfrm_sas(), 0);
    offer_another();
    challenge_securely();
    check_inside(heard_register(), &mine);
    accept_for(600);
    heard_outcome(0, "protected");
}

static void REGE_07_silence_inside_the_set_takes_it_away_and_is_told(void **state)
{
    (void)state;
    begin_ipsec();
    heard_register();
    challenge_securely();
    heard_register();
    fake_clock_forward_ms(loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_non_null(strstr(ue.reg.busy, "10.60.2.10:5064 over UDP in ESP challenged, but did not"));
    assert_non_null(strstr(ue.reg.busy, "do the keys agree"));
    fake_clock_forward_ms(loop, 4000);
    check_outside(heard_register());
}

static void UE_14_a_494_for_the_answer_begins_anew_once(void **state)
{
    (void)state;
    begin_ipsec();
    heard_register();
    for (int i = 0; i < 2; i++) {
        char server[] = "Security-Server: ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=7001;"
                        "spi-s=7002;port-c=6001;port-s=6002\r\n";

        challenge_securely();
        heard_register();
        fake_sip_answer(at - 1, 494, server);
        if (i == 0)
            check_outside(heard_register());
    }
    heard_outcome(-EACCES, "failed: 494");
    heard_no_more();
}

static void UE_14_a_494_that_nothing_can_be_done_about_says_why(void **state)
{
    (void)state;
    fake_xfrm_lacks(ESP_NOTHING);
    begin_ipsec();
    heard_register();
    fake_sip_answer(at - 1, 494,
                    "Security-Server: ipsec-3gpp;alg=hmac-sha-1-96;spi-c=7001;"
                    "spi-s=7002;port-c=6001;port-s=6002\r\n");
    heard_outcome(-EACCES, "the terminal offered no IPsec: this kernel has no ESP");
    heard_no_more();
}

static void a_420_for_sec_agree_is_gone_round_by_auto(void **state)
{
    (void)state;
    begin_ipsec();
    heard_register();
    fake_sip_answer(at - 1, 420, "Unsupported: sec-agree\r\n");
    assert_null(strstr(heard_register()->text, "sec-agree"));
    challenge();
    check_outside(heard_register());
    accept_for(600);
    heard_outcome(0, "unprotected");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(the_second_register_goes_inside_four_associations),
        T(TRU_21_the_order_of_the_pcscf_decides),
        T(TRU_22_a_cipher_that_somebody_took_out_of_the_offer_is_chosen_all_the_same),
        T(only_what_the_configuration_lists_and_the_kernel_has_is_offered),
        T(a_security_server_without_anything_that_was_asked_ends_it),
        T(our_own_spis_as_the_pcscfs_are_refused),
        T(a_pcscf_without_ipsec_is_registered_with_unprotected_by_auto),
        T(a_pcscf_without_ipsec_is_left_by_required),
        T(without_esp_auto_offers_nothing),
        T(without_esp_required_does_not_even_ask),
        T(off_offers_nothing),
        T(a_kernel_that_refuses_the_associations_ends_it_with_its_reason),
        T(UE_01_after_a_wrong_mac_no_association_is_made_and_the_offer_is_new),
        T(UE_02_auts_goes_over_the_old_set_and_the_next_challenge_makes_the_new_one),
        T(REGE_06_a_refused_answer_takes_the_set_away),
        T(REGE_06_a_challenged_answer_begins_anew_with_a_new_offer),
        T(REGE_07_silence_inside_the_set_takes_it_away_and_is_told),
        T(UE_14_a_494_for_the_answer_begins_anew_once),
        T(UE_14_a_494_that_nothing_can_be_done_about_says_why),
        T(a_420_for_sec_agree_is_gone_round_by_auto),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
