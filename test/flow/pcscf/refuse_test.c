/* SPDX-License-Identifier: Apache-2.0 */
/* What the P-CSCF refuses, and what it says of itself. */
#include "world.h"

static void SES_26_max_forwards_0_is_483(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "Max-Forwards: 20", "Max-Forwards: 0"));
    assert_int_equal(fake_sip_reply(0)->status, 483);
    ue_sends("MESSAGE sip:alice@hims.net SIP/2.0\nMax-Forwards: 0\nFrom: <sip:n@h>;tag=1\n"
             "To: <sip:alice@hims.net>\nCall-ID: m\nCSeq: 1 MESSAGE\n\n");
    assert_int_equal(fake_sip_reply(1)->status, 483);
    assert_int_equal(fake_sip_sent_count(), 0);
}

static void a_register_to_the_pcscf_itself_is_refused_and_never_loops(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:10.60.2.10"));
    assert_int_equal(fake_sip_reply(0)->status, 403);
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:PCSCF1.vims.net"));
    assert_int_equal(fake_sip_reply(1)->status, 403);
    fake_dns_set(pcscf.dns, "loop.net", "udp 10.60.2.10:5060");
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:loop.net"));
    assert_int_equal(fake_sip_reply(2)->status, 480);
    assert_true(reply_has(2, "10.60.2.10:5060 is no I-CSCF"));
    assert_int_equal(fake_sip_sent_count(), 0);
}

static void a_terminal_does_not_choose_whom_the_pcscf_talks_to(void **state)
{
    static const char *const lines[] = {
        "REGISTER sip:192.0.2.1",     "REGISTER sip:10.60.4.20:5060",
        "REGISTER sip:[2001:db8::1]", "REGISTER sip:hims.net:99999",
        "REGISTER sip:hims.net:0",    "REGISTER sip:hims.net?Route=x"};
    static const int status[] = {403, 403, 403, 400, 400, 400};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ue_sends(with(seed_register, "REGISTER sip:hims.net", lines[i]));
        assert_int_equal(fake_sip_reply(i)->status, status[i]);
    }
    assert_int_equal(fake_sip_sent_count(), 0);
}

static void a_request_uri_that_is_no_sip_uri_is_416(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER tel:+15550001"));
    assert_int_equal(fake_sip_reply(0)->status, 416);
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sips:hims.net"));
    assert_int_equal(fake_sip_reply(1)->status, 416);
}

static void an_unknown_proxy_require_is_420_and_named(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "Proxy-Require: sec-agree", "Proxy-Require: sec-agree, magic"));
    assert_int_equal(fake_sip_reply(0)->status, 420);
    assert_true(reply_has(0, "\r\nUnsupported: magic\r\n"));
}

#define OTHER(method, uri)                                                                         \
    method " " uri " SIP/2.0\nMax-Forwards: 70\nFrom: <sip:name@hims.net>;tag=1\n"                 \
           "To: <sip:alice@hims.net>\nCall-ID: o\nCSeq: 1 " method "\n\n"

static void other_requests_are_refused_with_a_reason(void **state)
{
    (void)state;
    ue_sends(OTHER("OPTIONS", "sip:pcscf1.vims.net"));
    assert_int_equal(fake_sip_reply(0)->status, 200);
    assert_true(reply_has(0, "\r\nAllow: REGISTER, SUBSCRIBE, NOTIFY, OPTIONS, CANCEL\r\n"));
    ue_sends(OTHER("INVITE", "sip:alice@hims.net"));
    assert_int_equal(fake_sip_reply(1)->status, 403);
    assert_true(reply_has(1, "nobody is registered"));
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(OTHER("INVITE", "sip:alice@hims.net"));
    assert_int_equal(fake_sip_reply(3)->status, 501);
    assert_true(reply_has(3, "not in this version"));
}

static void at_the_end_of_the_process_nobody_is_left_waiting(void **state)
{
    (void)state;
    ue_sends(seed_register);
    register_forget(&pcscf);
    assert_int_equal(fake_sip_reply(0)->status, 503);
}

static void usr1_prints_what_is_live(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(seed_register);
    pcscf_print_live(&pcscf, out);
    fclose(out);
    assert_non_null(
        strstr(text, "register from=10.45.0.2:5060 to=hims.net waiting for the I-CSCF"));
    assert_non_null(strstr(text, "contact sip:10.45.0.2:5060 impu=sip:name@hims.net"));
    free(text);
    fake_sip_answer(1, 401, challenge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(SES_26_max_forwards_0_is_483),
        T(a_register_to_the_pcscf_itself_is_refused_and_never_loops),
        T(a_terminal_does_not_choose_whom_the_pcscf_talks_to),
        T(a_request_uri_that_is_no_sip_uri_is_416),
        T(an_unknown_proxy_require_is_420_and_named),
        T(other_requests_are_refused_with_a_reason),
        T(at_the_end_of_the_process_nobody_is_left_waiting),
        T(usr1_prints_what_is_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
