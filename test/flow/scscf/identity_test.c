/* SPDX-License-Identifier: Apache-2.0 */
/* Who registers whom: several identities of a subscriber, identities that are not his, and many
 * subscribers at the same time. */
#include "world.h"

#define OTHER "sip:other@hims.net"

static const char other_data[] = "<IMSSubscription><PrivateID>" IMPI "</PrivateID><ServiceProfile>"
                                 "<PublicIdentity><Identity>" OTHER "</Identity></PublicIdentity>"
                                 "</ServiceProfile></IMSSubscription>";

static void REG_13_another_identity_is_challenged_inside_the_associations_and_both_are_active(
    void **state)
{
    struct world *w = *state;
    struct ue other = {.cseq = 1, .call_id = "other", .impu = OTHER, .protection = "yes"};
    char response[DIGEST_HEX];

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, other); /* it may have been lost: no */
    expect_sar(CX_SAT_NO_ASSIGNMENT, IMPI, OTHER);
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_UNABLE_TO_COMPLY});
    forward_s(w, 0);
    hss_gives_vector(w, 0);
    expect_answer(401);
    make_response(IMPI, 0, response);
    other.cseq = 2;
    other.nonce = published[0].nonce;
    other.response = response;
    ue_registers(w, other);
    expect_sar(CX_SAT_REGISTRATION, IMPI, OTHER);
    hss_gives_profile(w, other_data);
    expect_line(expect_answer(200), "P-Associated-URI: <" OTHER ">");
    expect_quiet();
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU)->bindings);
    assert_non_null(registrar_find(&w->scscf.registrar, OTHER)->bindings);
    assert_ptr_not_equal(registrar_find(&w->scscf.registrar, IMPU),
                         registrar_find(&w->scscf.registrar, OTHER));
}

static void REG_15_the_longest_expiry_is_granted_and_stands_at_the_contact(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "600000"});
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=600000");
}

static void REG_15_what_this_server_does_not_grant_is_cut_to_what_it_does(void **state)
{
    struct world *w = *state;

    w->conf.scscf[0].max_expires_s = 3600;
    ue_is_registered(w, (struct ue){.expires = "600000"});
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=3600");
}

static void REGE_31_a_private_identity_of_somebody_else_is_refused(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .impi = "thief@hims.net"});
    assert_string_equal(fake_cx_mar()->impi, "thief@hims.net");
    assert_string_equal(fake_cx_mar()->impu, IMPU);
    hss_refuses_vector(w, CX_IDENTITIES_DONT_MATCH);
    expect_answer(403);
    expect_quiet();
    assert_null(registrar_find(&w->scscf.registrar, IMPU));
}

static void REGE_35_to_counts_and_not_from(void **state)
{
    struct world *w = *state;

    ue_authenticates(w, (struct ue){.cseq = 25, .from = "sip:clerk@hims.net"});
    expect_sar(CX_SAT_REGISTRATION, IMPI, IMPU);
    hss_gives_profile(w, user_data);
    expect_line(expect_answer(200), "P-Associated-URI: <" IMPU ">, <tel:+15550001>");
    assert_null(registrar_find(&w->scscf.registrar, "sip:clerk@hims.net"));
}

static void REGE_35_nobody_registers_the_identity_of_another_by_his_own_from(void **state)
{
    struct world *w = *state;

    ue_registers(w, (struct ue){.cseq = 25, .impu = "sip:victim@hims.net", .from = IMPU});
    assert_string_equal(fake_cx_mar()->impu, "sip:victim@hims.net");
    hss_refuses_vector(w, CX_IDENTITIES_DONT_MATCH);
    expect_answer(403);
    ue_authenticates(w, (struct ue){.cseq = 27, .impu = "sip:victim@hims.net", .from = IMPU});
    hss_gives_profile(w, user_data); /* an HSS that does not check, either */
    expect_answer(500);
    assert_null(registrar_find(&w->scscf.registrar, "sip:victim@hims.net"));
    assert_null(registrar_find(&w->scscf.registrar, IMPU));
}

static void DREG_12_when_the_hss_keeps_no_name_the_profile_goes(void **state)
{
    struct world *w = *state;
    struct ue end = {.cseq = 27, .protection = "yes", .expires = "0"};

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, end);
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_SERVER_NAME_NOT_STORED});
    fake_clock_forward_ms(w->loop, 0);
    expect_answer(200);
    assert_int_equal(w->scscf.registrar.count, 0);
    ue_authenticates(w, (struct ue){.cseq = 28});
    assert_false(fake_cx_sar()->user_data_available);
    hss_gives_profile(w, user_data);
    expect_answer(200);
}

/* ---- many at the same time ---- */

enum { MANY = 100 };

struct one { /* of many */
    char impi[32], impu[32], call_id[16], contact[48], path[64], response[DIGEST_HEX];
};

static struct ue ue_of(struct one *one, unsigned i)
{
    snprintf(one->impi, sizeof one->impi, "u%u@hims.net", i);
    snprintf(one->impu, sizeof one->impu, "sip:u%u@hims.net", i);
    snprintf(one->call_id, sizeof one->call_id, "c%u", i);
    snprintf(one->contact, sizeof one->contact, "<sip:u@10.46.%u.%u:5060>", i / 250, i % 250 + 1);
    snprintf(one->path, sizeof one->path, "Path: <sip:edge%u.vims.net;lr>\r\n", i);
    return (struct ue){.impi = one->impi,
                       .impu = one->impu,
                       .call_id = one->call_id,
                       .contact = one->contact,
                       .more = one->path,
                       .cseq = 25};
}

static void all_ask(struct world *w)
{
    struct one one;

    for (unsigned i = 0; i < MANY; i++)
        ue_registers(w, ue_of(&one, i));
    assert_int_equal(fake_cx_waiting(), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(one.impi, sizeof one.impi, "u%u@hims.net", i);
        assert_string_equal(fake_cx_mar()->impi, one.impi);
        hss_gives_vector(w, i % PUBLISHED_COUNT);
        assert_non_null(strstr(expect_answer(401)->text, published[i % PUBLISHED_COUNT].nonce));
    }
}

/* The last one first: not in the order of the challenges. */
static void all_answer(struct world *w)
{
    struct one one;

    for (unsigned i = MANY; i-- > 0;) {
        struct ue ue = ue_of(&one, i);

        make_response(one.impi, i % PUBLISHED_COUNT, one.response);
        ue.nonce = published[i % PUBLISHED_COUNT].nonce;
        ue.response = one.response;
        ue.cseq++;
        ue_registers(w, ue);
    }
    assert_int_equal(fake_cx_waiting(), MANY);
}

static void REG_23_many_register_at_the_same_time_and_each_gets_his_own(void **state)
{
    struct world *w = *state;
    struct one one;
    char xml[512], line[128];

    all_ask(w);
    all_answer(w);
    for (unsigned i = MANY; i-- > 0;) {
        const struct fake_sip_reply *reply;

        ue_of(&one, i);
        expect_sar(CX_SAT_REGISTRATION, one.impi, one.impu);
        snprintf(xml, sizeof xml,
                 "<IMSSubscription><PrivateID>%s</PrivateID><ServiceProfile><PublicIdentity>"
                 "<Identity>%s</Identity></PublicIdentity></ServiceProfile></IMSSubscription>",
                 one.impi, one.impu);
        hss_gives_profile(w, xml);
        reply = expect_answer(200);
        snprintf(line, sizeof line, "P-Associated-URI: <%s>", one.impu);
        expect_line(reply, line);
        snprintf(line, sizeof line, "Contact: %s;expires=90000", one.contact);
        expect_line(reply, line);
        assert_non_null(strstr(reply->text, one.path));
        assert_string_equal(reply->sip->sip_call_id->i_id, one.call_id);
    }
    expect_quiet();
    assert_int_equal(w->scscf.registrar.count, MANY);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        flow_test(
            REG_13_another_identity_is_challenged_inside_the_associations_and_both_are_active),
        flow_test(REG_15_the_longest_expiry_is_granted_and_stands_at_the_contact),
        flow_test(REG_15_what_this_server_does_not_grant_is_cut_to_what_it_does),
        flow_test(REGE_31_a_private_identity_of_somebody_else_is_refused),
        flow_test(REGE_35_to_counts_and_not_from),
        flow_test(REGE_35_nobody_registers_the_identity_of_another_by_his_own_from),
        flow_test(DREG_12_when_the_hss_keeps_no_name_the_profile_goes),
        flow_test(REG_23_many_register_at_the_same_time_and_each_gets_his_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
