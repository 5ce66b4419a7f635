/* SPDX-License-Identifier: Apache-2.0 */
/* Registration that succeeds: challenge, answer, profile, binding; refresh, fetch, de-registration.
 */
#include "world.h"

static void a_first_register_is_challenged_and_the_right_answer_registers(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;
    char response[DIGEST_HEX];

    ue_registers(w, (struct ue){.cseq = 25});
    assert_string_equal(fake_cx_mar()->impi, IMPI);
    assert_string_equal(fake_cx_mar()->impu, IMPU);
    assert_string_equal(fake_cx_mar()->server_name, SERVER);
    assert_string_equal(fake_cx_mar()->scheme, "Digest-AKAv1-MD5");
    assert_int_equal(fake_cx_mar()->items, 1);
    assert_int_equal(fake_cx_mar()->authorization_len, 0);
    hss_gives_vector(w, 0);
    expect_answer(401);
    expect_quiet();

    make_response(IMPI, 0, response);
    ue_registers(w, (struct ue){.cseq = 26, .nonce = published[0].nonce, .response = response});
    expect_sar(CX_SAT_REGISTRATION, IMPI, IMPU);
    assert_false(fake_cx_sar()->user_data_available);
    hss_gives_profile(w, user_data);
    reply = expect_answer(200);
    expect_line(reply, "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    expect_line(reply, "Path: <sip:term@pcscf1.vims.net:5060;lr>");
    expect_line(reply, "Service-Route: <sip:orig@scscf1.hims.net:5060;lr>");
    expect_line(reply, "P-Charging-Vector: icid-value=icid-1;orig-ioi=vims.net;term-ioi=hims.net");
    assert_non_null(reply->sip->sip_to->a_tag);
    expect_quiet();
}

static void REG_02_the_path_is_required_kept_and_given_back(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.more = "Path: <sip:edge.vims.net;lr>\r\n"});
    assert_string_equal(registrar_find(&w->scscf.registrar, IMPU)->bindings->path,
                        "<sip:term@pcscf1.vims.net:5060;lr>,<sip:edge.vims.net;lr>");
    assert_non_null(strstr(expect_answer(200)->text,
                           "\r\nPath: <sip:term@pcscf1.vims.net:5060;lr>\r\n"
                           "Path: <sip:edge.vims.net;lr>\r\n"));
}

static void REG_05_the_nonce_is_base64_of_rand_and_autn_and_the_keys_go_with_it(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;
    char line[256];

    ue_registers(w, (struct ue){.cseq = 25});
    hss_gives_vector(w, 0);
    reply = expect_answer(401);
    snprintf(line, sizeof line,
             "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"%s\", algorithm=AKAv1-MD5, "
             "qop=\"auth\", ik=\"%s\", ck=\"%s\"",
             published[0].nonce, published[0].ik, published[0].ck);
    expect_line(reply, line);
    assert_non_null(reply->sip->sip_to->a_tag);
}

static void REG_08_the_associated_identities_are_those_not_barred_the_default_first(void **state)
{
    struct world *w = *state;

    ue_authenticates(w, (struct ue){.cseq = 25});
    hss_gives_profile(w, user_data);
    expect_line(expect_answer(200), "P-Associated-URI: <" IMPU ">, <tel:+15550001>");
}

static void REG_09_a_barred_identity_registers_its_set(void **state)
{
    struct world *w = *state;

    ue_authenticates(w, (struct ue){.cseq = 25, .impu = "sip:hidden@hims.net"});
    expect_sar(CX_SAT_REGISTRATION, IMPI, "sip:hidden@hims.net");
    hss_gives_profile(w, user_data);
    expect_line(expect_answer(200), "P-Associated-URI: <" IMPU ">, <tel:+15550001>");
}

static void REG_14_a_protected_fetch_lists_the_contacts_and_asks_nobody(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_registered(w, (struct ue){0});
    forward_s(w, 1000);
    ue_registers(w, (struct ue){.cseq = 27, .protection = "yes", .no_contact = true});
    reply = expect_answer(200);
    expect_line(reply, "Contact: <sip:name@10.45.0.2:5060>;expires=89000");
    expect_line(reply, "P-Associated-URI: <" IMPU ">, <tel:+15550001>");
    expect_quiet();
    forward_s(w, 88000);
    ue_registers(w, (struct ue){.cseq = 28, .protection = "yes", .no_contact = true});
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=1000");
}

static void a_refresh_is_challenged_and_counts_as_re_registration(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    forward_s(w, 5000);
    ue_authenticates(w, (struct ue){.cseq = 30, .protection = "yes", .expires = "70000"});
    expect_sar(CX_SAT_RE_REGISTRATION, IMPI, IMPU);
    assert_true(fake_cx_sar()->user_data_available);
    hss_accepts(w);
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=70000");
    expect_quiet();
}

static void every_identity_of_the_set_finds_the_contact(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, (struct ue){.cseq = 1,
                                .call_id = "other",
                                .impu = "tel:+15550001",
                                .protection = "yes",
                                .no_contact = true});
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
}

static void a_terminal_that_starts_anew_replaces_its_old_contact(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_registered(w, (struct ue){0});
    ue_authenticates(
        w, (struct ue){.cseq = 1, .call_id = "reg2", .contact = "<sip:name@10.45.0.9:5060>"});
    expect_sar(CX_SAT_RE_REGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    reply = expect_answer(200);
    expect_line(reply, "Contact: <sip:name@10.45.0.9:5060>;expires=90000");
    expect_no(reply, "10.45.0.2");
}

static void REG_12_a_second_terminal_of_the_identity_gets_both_contacts(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_registered(w, (struct ue){0});
    ue_authenticates(w, (struct ue){.cseq = 1,
                                    .impi = "tablet@hims.net",
                                    .call_id = "tablet",
                                    .contact = "<sip:name@10.45.0.7>"});
    expect_sar(CX_SAT_REGISTRATION, "tablet@hims.net", IMPU);
    hss_gives_profile(w, user_data);
    reply = expect_answer(200);
    expect_line(reply, "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    expect_line(reply, "Contact: <sip:name@10.45.0.7>;expires=90000");
}

static void DREG_02_star_takes_all_contacts_away_and_tells_the_hss_first(void **state)
{
    struct world *w = *state;
    struct ue star = {.cseq = 27, .protection = "yes", .contact = "*", .expires = "0"};
    const struct fake_sip_reply *reply;

    ue_is_registered(w, (struct ue){.contact = "<sip:name@10.45.0.2:5060>, <sip:n@10.45.0.2:9>"});
    ue_registers(w, star);
    expect_sar(CX_SAT_USER_DEREGISTRATION, IMPI, IMPU);
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
    hss_accepts(w);
    reply = expect_answer(200);
    expect_no(reply, "\r\nContact:");
    assert_null(registrar_find(&w->scscf.registrar, IMPU));
    expect_quiet();
}

static void DREG_04_one_identity_takes_the_whole_set_away(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_authenticates(w, (struct ue){.cseq = 27, .impu = "tel:+15550001", .expires = "0"});
    expect_sar(CX_SAT_USER_DEREGISTRATION, IMPI, "tel:+15550001");
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_SERVER_NAME_NOT_STORED});
    fake_clock_forward_ms(w->loop, 0);
    expect_answer(200);
    assert_null(registrar_find(&w->scscf.registrar, IMPU));
    assert_null(registrar_find(&w->scscf.registrar, "sip:hidden@hims.net"));
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_quiet();
}

static void DREG_03_the_end_of_one_of_two_contacts_is_no_end_at_the_hss(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_registered(w, (struct ue){.contact = "<sip:name@10.45.0.2:5060>, <sip:n@10.45.0.2:9>"});
    ue_registers(
        w,
        (struct ue){.cseq = 27, .protection = "yes", .contact = "<sip:n@10.45.0.2:9>;expires=0"});
    expect_sar(CX_SAT_RE_REGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    reply = expect_answer(200);
    expect_line(reply, "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    expect_no(reply, "10.45.0.2:9");
}

static void an_unprotected_deregistration_is_challenged(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, (struct ue){.cseq = 27, .expires = "0"});
    fake_cx_mar();
    hss_gives_vector(w, 1);
    expect_answer(401);
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        flow_test(a_first_register_is_challenged_and_the_right_answer_registers),
        flow_test(REG_02_the_path_is_required_kept_and_given_back),
        flow_test(REG_05_the_nonce_is_base64_of_rand_and_autn_and_the_keys_go_with_it),
        flow_test(REG_08_the_associated_identities_are_those_not_barred_the_default_first),
        flow_test(REG_09_a_barred_identity_registers_its_set),
        flow_test(REG_14_a_protected_fetch_lists_the_contacts_and_asks_nobody),
        flow_test(a_refresh_is_challenged_and_counts_as_re_registration),
        flow_test(every_identity_of_the_set_finds_the_contact),
        flow_test(a_terminal_that_starts_anew_replaces_its_old_contact),
        flow_test(REG_12_a_second_terminal_of_the_identity_gets_both_contacts),
        flow_test(DREG_02_star_takes_all_contacts_away_and_tells_the_hss_first),
        flow_test(DREG_04_one_identity_takes_the_whole_set_away),
        flow_test(DREG_03_the_end_of_one_of_two_contacts_is_no_end_at_the_hss),
        flow_test(an_unprotected_deregistration_is_challenged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
