/* SPDX-License-Identifier: Apache-2.0 */
/* A REGISTER through the I-CSCF when all goes well, and what the HSS may refuse. */
#include "world.h"

static bool has_line(const char *message, const char *line)
{
    return strstr(message, line);
}

static void M3_the_hss_is_asked_who_where_and_what(void **state)
{
    struct world *w = world();
    const struct cx_uar *uar;
    char tag[CALL_TAG];

    (void)state;
    fake_sip_request(M2, PCSCF);
    uar = fake_cx_uar();
    assert_string_equal(uar->impi, "name.private@hims.net");
    assert_string_equal(uar->impu, "sip:name@hims.net");
    assert_string_equal(uar->visited, "vims.net");
    assert_int_equal(uar->type, CX_UAT_REGISTRATION);
    assert_string_equal(fake_cx_call(), call_tag("apb03a0s09dkjdfglkj49111", tag));
    fake_cx_fail(-ETIMEDOUT);
    turn(w);
    end(w);
}

static void REG_03_M5_the_register_goes_on_with_the_scscf_as_its_target(void **state)
{
    struct world *w = world();
    const char *sent;

    (void)state;
    fake_sip_request(M2, PCSCF);
    hss_asks_for(w, CX_FIRST_REGISTRATION, "");
    expect_sent(0, NAME1, "10.60.4.20:5060");
    sent = fake_sip_sent(0)->text;
    assert_true(has_line(sent, "REGISTER sip:scscf1.hims.net:5060 SIP/2.0\r\n"));
    assert_true(has_line(sent, "\r\nMax-Forwards: 18\r\n"));
    assert_true(has_line(sent, "\r\nPath: <sip:term@pcscf1.vims.net:5060;lr>\r\n"));
    assert_true(has_line(sent, "\r\nRequire: path\r\n"));
    assert_true(has_line(sent, "\r\nP-Visited-Network-ID: \"vims.net\"\r\n"));
    assert_true(has_line(sent, "\r\nP-Charging-Vector: icid-value=\"abc\";orig-ioi=vims.net\r\n"));
    assert_true(has_line(sent, "integrity-protected=\"no\""));
    assert_true(has_line(sent, "\r\nExpires: 90000\r\n"));
    assert_null(fake_sip_sent(0)->sip->sip_record_route);
    assert_null(fake_sip_sent(0)->sip->sip_route);
    assert_null(fake_sip_sent(0)->sip->sip_path->r_next);
    assert_string_equal(fake_sip_sent(0)->sip->sip_via->v_next->v_host, "pcscf1.vims.net");
    scscf_answers(w, 0, 200, NULL);
    expect_reply(200, NULL);
    end(w);
}

static void M7_the_challenge_comes_back_unchanged_without_our_via(void **state)
{
    struct world *w = world();
    const struct fake_sip_reply *reply;

    (void)state;
    fake_sip_request(M2, PCSCF);
    hss_asks_for(w, CX_FIRST_REGISTRATION, "");
    scscf_answers(w, 0, 401,
                  "WWW-Authenticate: Digest realm=\"hims.net\",nonce=\"AAAA\","
                  "algorithm=AKAv1-MD5,ik=\"00\",ck=\"11\"\r\n");
    expect_reply(401, NULL);
    reply = fake_sip_reply(0);
    assert_true(has_line(reply->text, "nonce=\"AAAA\""));
    assert_true(has_line(reply->text, "ik=\"00\""));
    assert_string_equal(reply->sip->sip_via->v_host, "pcscf1.vims.net");
    assert_string_equal(reply->sip->sip_via->v_next->v_host, "10.45.0.2");
    assert_null(reply->sip->sip_via->v_next->v_next);
    end(w);
}

static void M13_the_name_that_the_hss_keeps_is_used_as_it_stands(void **state)
{
    struct world *w = world();

    (void)state;
    fake_dns_set(w->icscf.dns, "s.example.org", "tcp 198.51.100.9:6060");
    fake_sip_request(M2, PCSCF);
    hss_names(w, "sip:s.example.org:6060;transport=tcp");
    expect_sent(0, "sip:s.example.org:6060;transport=tcp", "198.51.100.9:6060");
    assert_int_equal(fake_sip_sent(0)->to.transport, SIP_TCP);
    assert_int_equal(fake_dns_last(w->icscf.dns)->port, 6060);
    scscf_answers(w, 0, 200, NULL);
    expect_reply(200, NULL);
    end(w);
}

static void ICS_01_the_scscf_with_most_of_the_capabilities_is_chosen(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(M2, PCSCF);
    hss_asks_for(w, CX_FIRST_REGISTRATION, "12/3");
    expect_sent(0, NAME2, "10.60.4.21:5060");
    scscf_answers(w, 0, 401, NULL);
    expect_reply(401, NULL);
    end(w);
}

static void ICS_02_a_capability_that_nobody_has_gives_600_and_an_alarm(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(M2, PCSCF);
    begin_capture(LEVEL_ERROR);
    hss_asks_for(w, CX_FIRST_REGISTRATION, "19");
    expect_logged("error call=");
    expect_reply(600, "capability 9");
    assert_int_equal(fake_sip_sent_count(), 0);
    end(w);
}

static void ICS_04_a_list_of_names_overrides_the_capabilities(void **state)
{
    struct world *w = world();
    struct cx_uaa uaa = {.result = CX_FIRST_REGISTRATION, .has_capabilities = true};

    (void)state;
    uaa.capabilities.mandatory[uaa.capabilities.mandatory_count++] = 9;
    strcpy(uaa.capabilities.server[uaa.capabilities.server_count++], NAME3);
    fake_sip_request(M2, PCSCF);
    hss_answers(w, &uaa);
    expect_sent(0, NAME3, "10.60.4.22:5060");
    scscf_answers(w, 0, 401, NULL);
    expect_reply(401, NULL);
    end(w);
}

static void refused(int result, int status, const char *warning)
{
    struct world *w = world();

    fake_sip_request(M2, PCSCF);
    hss_answers(w, &(struct cx_uaa){.result = result});
    expect_reply(status, warning);
    assert_int_equal(fake_sip_sent_count(), 0);
    end(w);
}

static void REGE_02_an_unknown_public_identity_is_403(void **state)
{
    (void)state;
    refused(CX_USER_UNKNOWN, 403, "USER_UNKNOWN (5001)");
}

static void REGE_03_REGE_31_identities_that_do_not_belong_together_are_403(void **state)
{
    (void)state;
    refused(CX_IDENTITIES_DONT_MATCH, 403, "name.private@hims.net, sip:name@hims.net");
}

static void REGE_04_a_visited_network_without_an_agreement_is_403(void **state)
{
    (void)state;
    refused(CX_ROAMING_NOT_ALLOWED, 403, "vims.net");
}

static void REGE_05_an_identity_that_may_not_register_is_403(void **state)
{
    (void)state;
    refused(CX_AUTHORIZATION_REJECTED, 403, "may not register");
}

static void ICS_14_a_busy_or_unable_hss_is_480(void **state)
{
    (void)state;
    refused(CX_TOO_BUSY, 480, "3004");
    refused(CX_UNABLE_TO_COMPLY, 480, "5012");
}

static void no_answer(int err, const char *warning)
{
    struct world *w = world();

    fake_sip_request(M2, PCSCF);
    fake_cx_fail(err);
    turn(w);
    expect_reply(480, warning);
    end(w);
}

static void ICS_11_ROB_10_a_silent_or_unreachable_hss_is_480(void **state)
{
    (void)state;
    no_answer(-ETIMEDOUT, "the HSS does not answer");
    no_answer(-EHOSTUNREACH, "no HSS is connected");
    no_answer(-EBUSY, "too many");
}

static void ICS_11_even_when_cx_never_calls_back_the_register_is_answered_in_time(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(M2, PCSCF);
    fake_clock_forward_ms(w->icscf.loop, 15499);
    assert_int_equal(fake_sip_reply_count(), 0);
    fake_clock_forward_ms(w->icscf.loop, 1); /* before the 16 s of the P-CSCF */
    expect_reply(480, "asking the HSS");
    end(w);
}

static void ICS_12_an_answer_of_the_hss_without_sense_is_480(void **state)
{
    struct world *w;

    (void)state;
    no_answer(-EPROTO, "makes no sense");
    refused(0, 480, NULL);
    w = world();
    fake_sip_request(M2, PCSCF);
    hss_names(w, "scscf1 \"the\" first");
    expect_reply(480, "not the SIP URI");
    end(w);
    refused(CX_SUBSEQUENT_REGISTRATION, 480, "names no S-CSCF");
}

static void ICS_13_a_loop_through_ourselves_is_refused(void **state)
{
    static const char *const selves[] = {"sip:ICSCF1.hims.net", "sip:icscf1.hims.net:5060;lr",
                                         "sip:10.60.4.10:5060"};

    (void)state;
    for (size_t i = 0; i < COUNT(selves); i++) {
        struct world *w = world();

        fake_sip_request(M2, PCSCF);
        hss_names(w, selves[i]);
        expect_reply(482, "this I-CSCF");
        assert_int_equal(fake_sip_sent_count(), 0);
        end(w);
    }
}

static void DREG_01_a_de_registration_asks_with_type_1_and_goes_to_the_named_scscf(void **state)
{
    struct world *w = world();
    struct cx_uaa uaa = {.result = CX_SUCCESS, .server_name = NAME2};

    (void)state;
    fake_sip_request(MBYE, PCSCF);
    assert_int_equal(fake_cx_uar()->type, CX_UAT_DE_REGISTRATION);
    hss_answers(w, &uaa);
    expect_sent(0, NAME2, "10.60.4.21:5060");
    scscf_answers(w, 0, 200, NULL);
    expect_reply(200, NULL);
    end(w);
}

static void DREG_05_who_is_not_registered_cannot_de_register(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(MBYE, PCSCF);
    hss_answers(w, &(struct cx_uaa){.result = CX_IDENTITY_NOT_REGISTERED});
    expect_reply(403, "IDENTITY_NOT_REGISTERED");
    end(w);
}

static void TRU_14_a_stranger_is_refused_and_the_hss_not_asked(void **state)
{
    struct world *w = world();

    (void)state;
    begin_capture(LEVEL_INFO);
    fake_sip_request(M2, STRANGER);
    expect_logged("== 403 reason=Forbidden why=\"the sender 192.0.2.66 is not an element");
    expect_reply(403, "192.0.2.66");
    assert_int_equal(fake_cx_asked(), 0);
    end(w);
}

static void TRU_15_a_stranger_who_claims_protection_does_not_register(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(M2_TOP "Authorization: Digest username=\"name.private@hims.net\","
                            "realm=\"hims.net\",integrity-protected=\"yes\"\r\n\r\n",
                     STRANGER);
    expect_reply(403, NULL);
    assert_int_equal(fake_cx_asked(), 0);
    end(w);
}

static void max_forwards_0_goes_no_further(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(M2_TOP "Max-Forwards: 0\r\n\r\n", PCSCF);
    expect_reply(483, NULL);
    assert_int_equal(fake_cx_asked(), 0);
    end(w);
}

static void a_to_that_is_no_identity_is_400(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request("REGISTER sip:hims.net SIP/2.0\r\nFrom: <sip:a@hims.net>;tag=1\r\n"
                     "To: <urn:service:sos>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\n\r\n",
                     PCSCF);
    expect_reply(400, "identity");
    end(w);
}

static void a_route_to_ourselves_is_taken_off(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(M2_TOP "Route: <sip:icscf1.hims.net;lr>\r\n\r\n", PCSCF);
    hss_names(w, NAME1);
    assert_null(fake_sip_sent(0)->sip->sip_route);
    scscf_answers(w, 0, 200, NULL);
    end(w);
}

static void sigusr1_prints_who_waits_for_what(void **state)
{
    struct world *w = world();
    char text[2000] = "";
    FILE *f = tmpfile();

    (void)state;
    fake_sip_request(M2, PCSCF);
    icscf_print_live(&w->icscf, f);
    fseek(f, 0, SEEK_SET);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_non_null(strstr(text, "REGISTER impu=sip:name@hims.net step=\"asking the HSS\""));
    fake_cx_fail(-ETIMEDOUT);
    turn(w);
    end(w);
}

static void an_options_to_the_icscf_is_answered_and_calls_come_later(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request("OPTIONS sip:icscf1.hims.net SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n"
                     "To: <sip:icscf1.hims.net>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n\r\n",
                     PCSCF);
    assert_int_equal(fake_sip_reply(0)->status, 200);
    fake_sip_request("INVITE sip:bob@hims.net SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n"
                     "To: <sip:bob@hims.net>\r\nCall-ID: i\r\nCSeq: 1 INVITE\r\n\r\n",
                     PCSCF);
    assert_int_equal(fake_sip_reply(1)->status, 480);
    fake_sip_request("MESSAGE sip:bob@hims.net SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n"
                     "To: <sip:bob@hims.net>\r\nCall-ID: m\r\nCSeq: 1 MESSAGE\r\n\r\n",
                     STRANGER);
    assert_int_equal(fake_sip_reply(2)->status, 403);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M3_the_hss_is_asked_who_where_and_what),
        cmocka_unit_test(REG_03_M5_the_register_goes_on_with_the_scscf_as_its_target),
        cmocka_unit_test(M7_the_challenge_comes_back_unchanged_without_our_via),
        cmocka_unit_test(M13_the_name_that_the_hss_keeps_is_used_as_it_stands),
        cmocka_unit_test(ICS_01_the_scscf_with_most_of_the_capabilities_is_chosen),
        cmocka_unit_test(ICS_02_a_capability_that_nobody_has_gives_600_and_an_alarm),
        cmocka_unit_test(ICS_04_a_list_of_names_overrides_the_capabilities),
        cmocka_unit_test(REGE_02_an_unknown_public_identity_is_403),
        cmocka_unit_test(REGE_03_REGE_31_identities_that_do_not_belong_together_are_403),
        cmocka_unit_test(REGE_04_a_visited_network_without_an_agreement_is_403),
        cmocka_unit_test(REGE_05_an_identity_that_may_not_register_is_403),
        cmocka_unit_test(ICS_11_ROB_10_a_silent_or_unreachable_hss_is_480),
        cmocka_unit_test(ICS_11_even_when_cx_never_calls_back_the_register_is_answered_in_time),
        cmocka_unit_test(ICS_12_an_answer_of_the_hss_without_sense_is_480),
        cmocka_unit_test(ICS_13_a_loop_through_ourselves_is_refused),
        cmocka_unit_test(ICS_14_a_busy_or_unable_hss_is_480),
        cmocka_unit_test(DREG_01_a_de_registration_asks_with_type_1_and_goes_to_the_named_scscf),
        cmocka_unit_test(DREG_05_who_is_not_registered_cannot_de_register),
        cmocka_unit_test(TRU_14_a_stranger_is_refused_and_the_hss_not_asked),
        cmocka_unit_test(TRU_15_a_stranger_who_claims_protection_does_not_register),
        cmocka_unit_test(max_forwards_0_goes_no_further),
        cmocka_unit_test(a_to_that_is_no_identity_is_400),
        cmocka_unit_test(a_route_to_ourselves_is_taken_off),
        cmocka_unit_test(sigusr1_prints_who_waits_for_what),
        cmocka_unit_test(an_options_to_the_icscf_is_answered_and_calls_come_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
