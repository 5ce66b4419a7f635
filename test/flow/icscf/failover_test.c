/* SPDX-License-Identifier: Apache-2.0 */
/* What happens when an S-CSCF is lost (TS 24.229 5.3.1.3): another is chosen, once each, and the
 * P-CSCF hears exactly one answer in time. */
#include "world.h"

/* The HSS is asked again, now for capabilities (User-Authorization-Type 2). */
static void expect_second_question(void)
{
    assert_int_equal(fake_cx_uar()->type, CX_UAT_REGISTRATION_AND_CAPABILITIES);
    assert_string_equal(fake_cx_uar()->impi, "name.private@hims.net");
    assert_int_equal(fake_cx_asked(), 2);
}

/* A REGISTER that was sent to scscf1, because the HSS named it. */
static struct world *at_scscf1(const char *m2)
{
    struct world *w = world();

    fake_sip_request(m2, PCSCF);
    hss_names(w, NAME1);
    expect_sent(0, NAME1, "10.60.4.20:5060");
    return w;
}

static void finish_at_scscf2(struct world *w)
{
    expect_second_question();
    hss_asks_for(w, CX_SUCCESS, "12");
    expect_sent(1, NAME2, "10.60.4.21:5060");
    scscf_answers(w, 1, 200, NULL);
    expect_reply(200, NULL);
    end(w);
}

static void ICS_05_ICS_15_a_silent_scscf_is_replaced_and_not_tried_twice(void **state)
{
    struct world *w = at_scscf1(M2);

    (void)state;
    fake_clock_forward_ms(w->icscf.loop, 3990);
    assert_int_equal(fake_cx_asked(), 1);
    fake_clock_forward_ms(w->icscf.loop, 20); /* icscf_scscf_ms is 4000 */
    finish_at_scscf2(w);
}

static void ICS_05_also_when_it_was_chosen_by_capabilities(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(M2, PCSCF);
    hss_asks_for(w, CX_FIRST_REGISTRATION, "12");
    expect_sent(0, NAME1, "10.60.4.20:5060");
    fake_clock_forward_ms(w->icscf.loop, 4010);
    finish_at_scscf2(w);
}

static void an_unwilling_scscf_is_replaced(int status)
{
    struct world *w = at_scscf1(M2);

    scscf_answers(w, 0, status, status == 302 ? "Contact: <sip:x@scscf9.hims.net>\r\n" : NULL);
    assert_int_equal(fake_sip_reply_count(), 0);
    finish_at_scscf2(w);
}

static void ICS_06_a_480_makes_the_icscf_try_the_next_scscf(void **state)
{
    (void)state;
    an_unwilling_scscf_is_replaced(480);
}

static void ICS_07_a_3xx_makes_the_icscf_try_the_next_scscf(void **state)
{
    (void)state;
    an_unwilling_scscf_is_replaced(302);
    an_unwilling_scscf_is_replaced(305);
}

static void a_408_or_503_of_the_scscf_makes_the_icscf_try_the_next(void **state)
{
    (void)state;
    an_unwilling_scscf_is_replaced(408);
    an_unwilling_scscf_is_replaced(503);
}

static void ICS_08_any_other_answer_is_passed_back(void **state)
{
    static const int passed[] = {200, 401, 403, 404, 420, 423, 500, 504, 600};

    (void)state;
    for (size_t i = 0; i < COUNT(passed); i++) {
        struct world *w = at_scscf1(M2);

        scscf_answers(w, 0, passed[i], NULL);
        expect_reply(passed[i], NULL);
        assert_int_equal(fake_cx_asked(), 1);
        end(w);
    }
}

static void ICS_09_ROB_11_when_every_scscf_is_lost_the_answer_is_504(void **state)
{
    struct world *w = at_scscf1(M2);

    (void)state;
    fake_clock_forward_ms(w->icscf.loop, 4010); /* scscf1 is silent */
    hss_asks_for(w, CX_SUCCESS, "");
    expect_sent(1, NAME3, "10.60.4.22:5060");
    scscf_answers(w, 1, 480, NULL); /* scscf3 is unwilling */
    expect_sent(2, NAME2, "10.60.4.21:5060");
    fake_sip_fail(2, 503); /* scscf2 refuses the connection */
    turn(w);
    expect_reply(504, "3 tried");
    assert_int_equal(fake_cx_asked(), 2);
    end(w);
}

static void ROB_11_the_only_capable_scscf_is_stopped(void **state)
{
    struct world *w = at_scscf1(M2);

    (void)state;
    w->icscf.pool_count = 1;
    fake_sip_fail(0, 503);
    turn(w);
    hss_asks_for(w, CX_SUCCESS, "12");
    expect_reply(504, "scscf1.hims.net");
    end(w);
}

static void ICS_09_the_deadline_bounds_it_all(void **state)
{
    struct world *w = at_scscf1(M2);

    (void)state;
    w->conf.timers.icscf_scscf_ms = 30000;
    fake_clock_forward_ms(w->icscf.loop, 4010);
    hss_asks_for(w, CX_SUCCESS, "12");
    expect_sent(1, NAME2, "10.60.4.21:5060");
    fake_clock_forward_ms(w->icscf.loop, 11500);
    expect_reply(504, "scscf2.hims.net");
    end(w);
}

static void ICS_10_a_refusal_of_the_second_question_is_passed_on(void **state)
{
    struct world *w = at_scscf1(M2);

    (void)state;
    scscf_answers(w, 0, 480, NULL);
    hss_answers(w, &(struct cx_uaa){.result = CX_USER_UNKNOWN});
    expect_reply(403, "5001");
    end(w);
}

static void ICS_11_a_hss_that_is_silent_the_second_time_is_480(void **state)
{
    struct world *w = at_scscf1(M2);

    (void)state;
    scscf_answers(w, 0, 480, NULL);
    fake_cx_fail(-ETIMEDOUT);
    turn(w);
    expect_reply(480, "the HSS does not answer");
    end(w);
}

static void a_hss_that_insists_on_the_lost_scscf_is_not_obeyed(void **state)
{
    struct world *w = at_scscf1(M2);

    (void)state;
    scscf_answers(w, 0, 480, NULL);
    hss_names(w, "sip:SCSCF1.hims.net");
    expect_sent(1, NAME3, "10.60.4.22:5060");
    scscf_answers(w, 1, 401, NULL);
    expect_reply(401, NULL);
    end(w);
}

static void a_de_registration_at_a_lost_scscf_is_not_taken_elsewhere(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(MBYE, PCSCF);
    hss_answers(w, &(struct cx_uaa){.result = CX_SUCCESS, .server_name = NAME1});
    scscf_answers(w, 0, 480, NULL);
    expect_reply(504, "scscf1.hims.net");
    assert_int_equal(fake_cx_asked(), 1);
    end(w);
}

static void DNS_06_the_next_target_of_an_scscf_is_tried_with_a_new_branch(void **state)
{
    struct world *w = world();

    (void)state;
    fake_dns_set(w->icscf.dns, "scscf1.hims.net", "udp 10.60.4.20:5060, tcp 10.60.4.20:5060");
    fake_sip_request(M2, PCSCF);
    hss_names(w, NAME1);
    expect_sent(0, NAME1, "10.60.4.20:5060");
    fake_sip_fail(0, 503);
    turn(w);
    expect_sent(1, NAME1, "10.60.4.20:5060");
    assert_int_equal(fake_sip_sent(1)->to.transport, SIP_TCP);
    assert_string_not_equal(fake_sip_sent(0)->sip->sip_via->v_branch,
                            fake_sip_sent(1)->sip->sip_via->v_branch);
    scscf_answers(w, 1, 200, NULL);
    expect_reply(200, NULL);
    end(w);
}

static void DNS_06_two_hosts_of_one_scscf_share_its_time(void **state)
{
    struct world *w = world();

    (void)state;
    fake_dns_set(w->icscf.dns, "scscf1.hims.net",
                 "udp 10.60.4.20:5060, udp [fd00:60::4:20]:5060, tcp 10.60.4.20:5060, "
                 "udp 10.60.4.30:5060=other.hims.net");
    fake_sip_request(M2, PCSCF);
    hss_names(w, NAME1);
    assert_in_range(fake_sip_sent(0)->wait_ms, 1990, 2010);
    fake_clock_forward_ms(w->icscf.loop, 2010);
    expect_sent(1, NAME1, "10.60.4.30:5060"); /* a silent host is left with all its addresses */
    scscf_answers(w, 1, 200, NULL);
    expect_reply(200, NULL);
    end(w);
}

static void DNS_07_an_scscf_that_the_dns_does_not_know_is_lost(void **state)
{
    struct world *w = world();

    (void)state;
    fake_dns_fail(w->icscf.dns, "scscf1.hims.net", -ENOENT);
    fake_sip_request(M2, PCSCF);
    hss_names(w, NAME1);
    assert_int_equal(fake_sip_sent_count(), 0);
    expect_second_question();
    hss_asks_for(w, CX_SUCCESS, "12");
    expect_sent(0, NAME2, "10.60.4.21:5060");
    scscf_answers(w, 0, 200, NULL);
    end(w);
}

static void DNS_08_a_dead_dns_ends_in_504(void **state)
{
    struct world *w = world();

    (void)state;
    fake_dns_fail(w->icscf.dns, "scscf1.hims.net", -ETIMEDOUT);
    fake_dns_fail(w->icscf.dns, "scscf2.hims.net", -ETIMEDOUT);
    fake_dns_delay_ms(w->icscf.dns, 2000);
    fake_sip_request(M2, PCSCF);
    hss_names(w, NAME1);
    fake_clock_forward_ms(w->icscf.loop, 2000);
    hss_asks_for(w, CX_SUCCESS, "12");
    fake_clock_forward_ms(w->icscf.loop, 2000);
    expect_reply(504, "the DNS server does not answer");
    end(w);
}

static void DNS_13_a_register_over_1300_octets_is_located_as_big(void **state)
{
    struct world *w = world();
    char big[4000];

    (void)state;
    snprintf(big, sizeof big, M2_TOP "P-Pad: %0800d\r\n\r\n", 1);
    fake_sip_request(M2, PCSCF);
    hss_names(w, NAME1);
    assert_false(fake_dns_last(w->icscf.dns)->big);
    scscf_answers(w, 0, 200, NULL);
    fake_sip_request(big, PCSCF);
    hss_names(w, NAME1);
    assert_true(fake_dns_last(w->icscf.dns)->big);
    scscf_answers(w, 1, 200, NULL);
    end(w);
}

static void a_core_that_prefers_tcp_uses_it_towards_the_scscf(void **state)
{
    struct world *w = world();

    (void)state;
    w->conf.dns.prefer = CONF_TCP;
    fake_dns_set(w->icscf.dns, "scscf1.hims.net", "udp 10.60.4.20:5060, tcp 10.60.4.20:5060");
    fake_sip_request(M2, PCSCF);
    hss_names(w, NAME1);
    assert_int_equal(fake_sip_sent(0)->to.transport, SIP_TCP);
    fake_sip_fail(0, 503);
    turn(w);
    assert_int_equal(fake_sip_sent(1)->to.transport, SIP_UDP);
    scscf_answers(w, 1, 200, NULL);
    end(w);
}

static void many_at_once_do_not_disturb_each_other(void **state)
{
    struct world *w = world();
    char text[3000];

    (void)state;
    for (int i = 0; i < 50; i++) {
        snprintf(text, sizeof text,
                 "REGISTER sip:hims.net SIP/2.0\r\nFrom: <sip:u%d@hims.net>;tag=1\r\n"
                 "To: <sip:u%d@hims.net>\r\nCall-ID: c%d\r\nCSeq: 1 REGISTER\r\n\r\n",
                 i, i, i);
        fake_sip_request(text, PCSCF);
    }
    for (int i = 0; i < 50; i++)
        hss_names(w, i % 2 ? NAME1 : NAME2);
    for (int i = 49; i >= 0; i--)
        scscf_answers(w, i, i % 2 ? 401 : 200, NULL);
    assert_int_equal(fake_sip_reply_count(), 50);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(fake_sip_reply(i)->status, fake_sip_reply(i)->request % 2 ? 401 : 200);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ICS_05_ICS_15_a_silent_scscf_is_replaced_and_not_tried_twice),
        cmocka_unit_test(ICS_05_also_when_it_was_chosen_by_capabilities),
        cmocka_unit_test(ICS_06_a_480_makes_the_icscf_try_the_next_scscf),
        cmocka_unit_test(ICS_07_a_3xx_makes_the_icscf_try_the_next_scscf),
        cmocka_unit_test(a_408_or_503_of_the_scscf_makes_the_icscf_try_the_next),
        cmocka_unit_test(ICS_08_any_other_answer_is_passed_back),
        cmocka_unit_test(ICS_09_ROB_11_when_every_scscf_is_lost_the_answer_is_504),
        cmocka_unit_test(ROB_11_the_only_capable_scscf_is_stopped),
        cmocka_unit_test(ICS_09_the_deadline_bounds_it_all),
        cmocka_unit_test(ICS_10_a_refusal_of_the_second_question_is_passed_on),
        cmocka_unit_test(ICS_11_a_hss_that_is_silent_the_second_time_is_480),
        cmocka_unit_test(a_hss_that_insists_on_the_lost_scscf_is_not_obeyed),
        cmocka_unit_test(a_de_registration_at_a_lost_scscf_is_not_taken_elsewhere),
        cmocka_unit_test(DNS_06_the_next_target_of_an_scscf_is_tried_with_a_new_branch),
        cmocka_unit_test(DNS_06_two_hosts_of_one_scscf_share_its_time),
        cmocka_unit_test(DNS_07_an_scscf_that_the_dns_does_not_know_is_lost),
        cmocka_unit_test(DNS_08_a_dead_dns_ends_in_504),
        cmocka_unit_test(DNS_13_a_register_over_1300_octets_is_located_as_big),
        cmocka_unit_test(a_core_that_prefers_tcp_uses_it_towards_the_scscf),
        cmocka_unit_test(many_at_once_do_not_disturb_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
