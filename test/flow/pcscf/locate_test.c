/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the I-CSCF: dns, the next target, the time it may take. */
#include "world.h"

static void DNS_06_the_next_target_is_tried_with_a_new_branch(void **state)
{
    (void)state;
    fake_dns_set(pcscf.dns, "hims.net",
                 "udp 10.60.4.10:5060, udp 10.60.4.11:5060, tcp 10.60.4.12:5062, udp "
                 "10.60.4.13:5060");
    ue_sends(seed_register);
    fake_sip_fail(0, 503);                         /* refused */
    fake_clock_forward_ms(pcscf.loop, 8000);       /* silent */
    fake_sip_answer(2, 503, "Retry-After: 1\r\n"); /* overloaded */
    assert_int_equal(fake_sip_sent_count(), 4);
    assert_true(sent_has(0, "z9hG4bKfake0"));
    assert_true(sent_has(3, "z9hG4bKfake3"));
    assert_false(sent_has(3, "z9hG4bKfake0"));
    assert_string_equal(header(fake_sip_sent(3)->sip, "Path"),
                        "<sip:term@pcscf1.vims.net:5060;lr>");
    assert_string_equal(header(fake_sip_sent(3)->sip, "Max-Forwards"), "19");
    assert_int_equal(addr_port(&fake_sip_sent(2)->to.addr), 5062);
    assert_int_equal(fake_sip_sent(2)->to.transport, SIP_TCP);
    fake_sip_answer(3, 401, challenge);
    assert_int_equal(fake_sip_reply_count(), 1);
    assert_int_equal(fake_sip_reply(0)->status, 401);
}

static void DNS_06_when_no_icscf_answers_it_is_504_and_says_who_was_tried(void **state)
{
    (void)state;
    fake_dns_set(pcscf.dns, "hims.net", "udp 10.60.4.10:5060, udp 10.60.4.11:5060");
    ue_sends(seed_register);
    fake_clock_forward_ms(pcscf.loop, 8000);
    fake_sip_fail(1, 503);
    assert_int_equal(fake_sip_reply(0)->status, 504);
    assert_true(reply_has(0, "\r\nWarning: 399 pcscf1 \""));
    assert_true(reply_has(0, "10.60.4.10:5060) does not answer"));
    assert_true(reply_has(0, "10.60.4.11:5060) cannot be reached"));
}

static void a_503_of_the_only_icscf_becomes_500(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 503, NULL);
    fake_sip_answer(1, 503, NULL);
    assert_int_equal(fake_sip_reply(0)->status, 500);
}

static void every_registration_ends_before_timer_f_of_the_terminal(void **state)
{
    (void)state;
    conf.timers.pcscf_icscf_ms = 20000;
    ue_sends(seed_register);
    fake_clock_forward_ms(pcscf.loop, 31000);
    assert_int_equal(fake_sip_reply(0)->status, 504);
    assert_int_equal(fake_sip_waiting(), 0);
}

static void DNS_07_a_domain_that_does_not_exist_is_480_and_names_dns(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:nowhere.net"));
    assert_int_equal(fake_sip_reply(0)->status, 480);
    assert_true(reply_has(0, "\r\nWarning: 399 pcscf1 \"dns has no I-CSCF for 'nowhere.net'"));
}

static void DNS_08_a_dead_dns_server_is_503_and_other_domains_are_served(void **state)
{
    (void)state;
    fake_dns_fail(pcscf.dns, "dead.net", -ETIMEDOUT);
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:dead.net"));
    assert_int_equal(fake_sip_reply(0)->status, 503);
    assert_true(reply_has(0, "dns does not answer"));
    ue_sends(seed_register);
    assert_int_equal(fake_sip_sent_count(), 1);
    fake_sip_answer(0, 401, challenge);
}

static void DNS_08_a_dns_that_never_comes_back_ends_with_504(void **state)
{
    (void)state;
    fake_dns_delay_ms(pcscf.dns, 100000);
    ue_sends(seed_register);
    fake_clock_forward_ms(pcscf.loop, 31000);
    assert_int_equal(fake_sip_reply(0)->status, 504);
}

static void DNS_13_a_request_over_1300_octets_asks_for_tcp_first(void **state)
{
    char line[1200];

    (void)state;
    ue_sends(seed_register);
    assert_false(fake_dns_last(pcscf.dns)->big);
    fake_sip_answer(0, 401, challenge);
    snprintf(line, sizeof line, "X-Unknown: %01000d", 0);
    ue_sends(with(seed_register, "X-Unknown: is passed on", line));
    assert_true(fake_dns_last(pcscf.dns)->big);
    assert_int_equal(fake_sip_sent(1)->to.transport, SIP_TCP);
    fake_sip_fail(1, 503); /* nobody listens on TCP */
    assert_int_equal(fake_sip_sent(2)->to.transport, SIP_UDP);
    fake_sip_answer(2, 401, challenge);
}

static void port_and_transport_of_the_request_uri_are_asked_for(void **state)
{
    (void)state;
    conf.icscf[0].port = 5062;
    ue_sends(
        with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:10.60.4.10:5062;transport=tcp"));
    assert_int_equal(fake_dns_last(pcscf.dns)->port, 5062);
    assert_int_equal(fake_dns_last(pcscf.dns)->transport, SIP_TCP);
    fake_sip_answer(0, 401, challenge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(DNS_06_the_next_target_is_tried_with_a_new_branch),
        T(DNS_06_when_no_icscf_answers_it_is_504_and_says_who_was_tried),
        T(a_503_of_the_only_icscf_becomes_500),
        T(every_registration_ends_before_timer_f_of_the_terminal),
        T(DNS_07_a_domain_that_does_not_exist_is_480_and_names_dns),
        T(DNS_08_a_dead_dns_server_is_503_and_other_domains_are_served),
        T(DNS_08_a_dns_that_never_comes_back_ends_with_504),
        T(DNS_13_a_request_over_1300_octets_asks_for_tcp_first),
        T(port_and_transport_of_the_request_uri_are_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
