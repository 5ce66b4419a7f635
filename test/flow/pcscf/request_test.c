/* SPDX-License-Identifier: Apache-2.0 */
/* SUBSCRIBE and NOTIFY through the P-CSCF, in plain text and in security associations. */
#include "security_world.h"
#include "xalloc.h"

#define SCSCF   "10.60.4.20:5060"
#define SUB_TOP "SUBSCRIBE sip:name@hims.net SIP/2.0\r\n"
#define SUB_REST                                                                                   \
    "From: <sip:name@hims.net>;tag=w\r\nTo: <sip:name@hims.net>\r\nCall-ID: s1\r\n"                \
    "CSeq: 1 SUBSCRIBE\r\nContact: <sip:10.45.0.2:5060>\r\nEvent: reg\r\nMax-Forwards: 70\r\n"     \
    "Expires: 600\r\n"
#define END        "Content-Length: 0\r\n\r\n"
#define PLAIN_FLOW "flow-pu0a2d000213c4" /* 10.45.0.2:5060 */
#define SAFE_FLOW  "flow-su0a2d00029c42" /* 10.45.0.2:40002 */

static void core_is_there(void)
{
    strcpy(conf.scscf[0].element.name, "scscf1");
    addr_parse(&conf.scscf[0].element.address, "10.60.4.20", 0);
    conf.scscf_count = 1;
    fake_dns_set(pcscf.dns, "scscf1.hims.net", "udp 10.60.4.20:5060");
}

/* name is registered at 10.45.0.2:5060, without any security association. */
static void is_registered(void)
{
    core_is_there();
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
}

static void EVT_01_a_subscribe_follows_the_service_route_with_who_it_is(void **state)
{
    (void)state;
    is_registered();
    ue_sends(SUB_TOP
             "Route: <sip:10.60.2.10;lr>, <sip:orig@scscf1.hims.net;lr>\r\n"
             "P-Asserted-Identity: <sip:ann@hims.net>\r\nRequire: sec-agree\r\n"
             "Security-Verify: ipsec-3gpp;alg=hmac-sha-1-96\r\n"
             "P-Charging-Vector: icid-value=mine\r\nRecord-Route: <sip:mine;lr>\r\n" SUB_REST END);
    assert_string_equal(fake_sip_sent(1)->to.host, "scscf1.hims.net");
    assert_string_equal(header(fake_sip_sent(1)->sip, "Route"), "<sip:orig@scscf1.hims.net;lr>");
    assert_string_equal(header(fake_sip_sent(1)->sip, "P-Asserted-Identity"),
                        "<sip:name@hims.net>");
    assert_string_equal(header(fake_sip_sent(1)->sip, "Record-Route"),
                        "<sip:" PLAIN_FLOW "@pcscf1.vims.net:5060;lr>");
    assert_string_equal(header(fake_sip_sent(1)->sip, "Max-Forwards"), "69");
    assert_true(sent_has(1, "orig-ioi=vims.net"));
    assert_false(sent_has(1, "icid-value=mine"));
    assert_false(sent_has(1, "Security-Verify"));
    assert_false(sent_has(1, "sec-agree"));
    assert_true(sent_has(1, "SUBSCRIBE sip:name@hims.net SIP/2.0"));
    fake_sip_answer(1, 200,
                    "Expires: 600\r\nP-Charging-Vector: icid-value=1\r\n"
                    "Record-Route: <sip:" PLAIN_FLOW "@pcscf1.vims.net:5060;lr>\r\n");
    assert_int_equal(fake_sip_reply(1)->status, 200);
    assert_false(reply_has(1, "P-Charging-Vector"));
}

static void SES_03_whatever_route_a_terminal_writes_the_kept_one_is_taken(void **state)
{
    (void)state;
    is_registered();
    ue_sends(SUB_TOP "Route: <sip:10.60.2.10;lr>, <sip:10.60.4.30:3868;lr>\r\n" SUB_REST END);
    assert_string_equal(header(fake_sip_sent(1)->sip, "Route"), "<sip:orig@scscf1.hims.net;lr>");
    fake_sip_answer(1, 403, NULL);
    ue_sends(SUB_TOP SUB_REST END);
    assert_string_equal(header(fake_sip_sent(2)->sip, "Route"), "<sip:orig@scscf1.hims.net;lr>");
    fake_sip_answer(2, 403, NULL);
}

static void SES_05_an_identity_of_the_set_may_be_preferred_and_no_other(void **state)
{
    (void)state;
    is_registered();
    ue_sends(SUB_TOP "P-Preferred-Identity: <tel:+15550001>\r\n" SUB_REST END);
    assert_string_equal(header(fake_sip_sent(1)->sip, "P-Asserted-Identity"), "<tel:+15550001>");
    assert_false(sent_has(1, "P-Preferred-Identity"));
    fake_sip_answer(1, 403, NULL);
    ue_sends(SUB_TOP "P-Preferred-Identity: <sip:ann@hims.net>\r\n" SUB_REST END);
    assert_string_equal(header(fake_sip_sent(2)->sip, "P-Asserted-Identity"),
                        "<sip:name@hims.net>");
    fake_sip_answer(2, 403, NULL);
}

#define IN_DIALOG(target, route)                                                                   \
    "SUBSCRIBE " target " SIP/2.0\r\nRoute: " route "\r\n"                                         \
    "From: <sip:name@hims.net>;tag=w\r\nTo: <sip:name@hims.net>;tag=n\r\nCall-ID: s1\r\n"          \
    "CSeq: 2 SUBSCRIBE\r\nContact: <sip:10.45.0.2:5060>\r\nEvent: reg\r\nExpires: 600\r\n" END

static void in_a_dialog_it_goes_the_way_that_was_made_and_only_to_its_scscf(void **state)
{
    static const char *const bad[] = {
        IN_DIALOG("sip:hss.hims.net:3868", "<sip:" PLAIN_FLOW "@pcscf1.vims.net:5060;lr>"),
        IN_DIALOG("sip:x@scscf1.hims.net",
                  "<sip:" PLAIN_FLOW "@pcscf1.vims.net;lr>, <sip:icscf1.hims.net;lr>"),
        IN_DIALOG("sip:x@scscf1.hims.net", "<sip:flow-pu0a2d000313c4@pcscf1.vims.net;lr>"),
        IN_DIALOG("sip:x@scscf1.hims.net", "<sip:pcscf1.vims.net;lr>"),
        IN_DIALOG("sip:x@scscf1.hims.net", "<sip:scscf1.hims.net;lr>"),
    };

    (void)state;
    is_registered();
    for (size_t i = 0; i < COUNT(bad); i++) {
        ue_sends(bad[i]);
        assert_int_equal(last_reply()->status, 403);
    }
    assert_int_equal(fake_sip_sent_count(), 1);
    ue_sends(IN_DIALOG("sip:x@scscf1.hims.net", "<sip:" PLAIN_FLOW "@pcscf1.vims.net:5060;lr>"));
    assert_string_equal(fake_sip_sent(1)->to.host, "scscf1.hims.net");
    assert_string_equal(header(fake_sip_sent(1)->sip, "Route"), "none");
    assert_true(sent_has(1, "SUBSCRIBE sip:x@scscf1.hims.net SIP/2.0"));
    fake_sip_answer(1, 200, "Expires: 600\r\n");
}

static void a_silent_scscf_is_504_and_max_forwards_0_is_483(void **state)
{
    (void)state;
    is_registered();
    ue_sends(SUB_TOP SUB_REST END);
    fake_clock_forward_ms(pcscf.loop, 31000);
    assert_int_equal(last_reply()->status, 504);
    ue_sends(with(SUB_TOP SUB_REST END, "Max-Forwards: 70", "Max-Forwards: 0"));
    assert_int_equal(last_reply()->status, 483);
}

static void who_is_not_registered_is_403(void **state)
{
    (void)state;
    core_is_there();
    ue_sends(SUB_TOP SUB_REST END);
    assert_int_equal(last_reply()->status, 403);
}

#define NOTIFY(target, route)                                                                      \
    "NOTIFY " target " SIP/2.0\r\n" route                                                          \
    "From: <sip:name@hims.net>;tag=n\r\nTo: <sip:name@hims.net>;tag=w\r\nCall-ID: s1\r\n"          \
    "CSeq: 1 NOTIFY\r\nContact: <sip:x@scscf1.hims.net>\r\nEvent: reg\r\n"                         \
    "Subscription-State: active\r\nP-Charging-Vector: icid-value=1\r\n" END

static void EVT_01_a_notify_finds_the_terminal_by_the_flow(void **state)
{
    (void)state;
    is_registered();
    fake_sip_request(
        NOTIFY("sip:10.45.0.2:5060", "Route: <sip:" PLAIN_FLOW "@pcscf1.vims.net:5060;lr>\r\n"),
        SCSCF);
    now();
    assert_string_equal(header(fake_sip_sent(1)->sip, "Route"), "none");
    assert_string_equal(header(fake_sip_sent(1)->sip, "Record-Route"),
                        "<sip:" PLAIN_FLOW "@pcscf1.vims.net:5060;lr>");
    assert_false(sent_has(1, "P-Charging-Vector"));
    assert_int_equal(addr_port(&fake_sip_sent(1)->to.addr), 5060);
    fake_sip_answer(1, 200, NULL);
    assert_int_equal(last_reply()->status, 200);
}

static void a_flow_of_a_stranger_leads_nowhere(void **state)
{
    (void)state;
    is_registered();
    fake_sip_request(
        NOTIFY("sip:10.45.0.2:5060", "Route: <sip:" PLAIN_FLOW "@pcscf1.vims.net:5060;lr>\r\n"),
        "10.45.0.7:5060");
    assert_int_equal(last_reply()->status, 403);
    fake_sip_request(
        NOTIFY("sip:10.45.0.2:5060", "Route: <sip:" SAFE_FLOW "@pcscf1.vims.net:5060;lr>\r\n"),
        SCSCF);
    assert_int_equal(last_reply()->status, 480);
    assert_int_equal(fake_sip_sent_count(), 1);
}

/* ---- in security associations ---- */

static size_t says_protected(const char *text)
{
    size_t i =
        fake_sip_request_to(pcscf.security.sip, text, "10.45.0.2:40001", HOME ":6100", SIP_UDP);

    now();
    return i;
}

static void in_the_set_its_answer_names_the_protected_port(void **state)
{
    (void)state;
    core_is_there();
    registers();
    says_protected(SUB_TOP SUB_REST END);
    assert_true(is_passed_on());
    assert_ptr_equal(fake_sip_sent(last_sent())->by, pcscf.sip);
    assert_string_equal(header(fake_sip_sent(last_sent())->sip, "Record-Route"),
                        "<sip:" SAFE_FLOW "@pcscf1.vims.net:5060;lr>");
    fake_sip_answer(last_sent(), 200,
                    "Record-Route: <sip:" SAFE_FLOW "@pcscf1.vims.net:5060;lr>\r\n");
    assert_string_equal(header(last_reply()->sip, "Record-Route"),
                        "<sip:" SAFE_FLOW "@pcscf1.vims.net:6100;lr>");
}

static void a_notify_leaves_in_the_set_also_after_its_registration_ended(void **state)
{
    const char *notify =
        NOTIFY("sip:10.45.0.2:40002", "Route: <sip:" SAFE_FLOW "@pcscf1.vims.net:5060;lr>\r\n");
    const char *verify;

    (void)state;
    core_is_there();
    verify = registers();
    for (int gone = 0; gone < 2; gone++) {
        fake_sip_request_to(pcscf.sip, notify, SCSCF, HOME ":5060", SIP_UDP);
        now();
        assert_true(is_passed_on());
        assert_ptr_equal(fake_sip_sent(last_sent())->by, pcscf.security.sip);
        assert_int_equal(addr_port(&fake_sip_sent(last_sent())->to.addr), 40002);
        fake_sip_answer(last_sent(), 200, NULL);
        if (gone)
            break;
        says(SAFE(.client = "", .verify = verify, .ends = true));
        accepts("10.45.0.2", 40002, 0);
    }
    fake_clock_forward_ms(pcscf.loop, 40000); /* the grace is over */
    fake_sip_request_to(pcscf.sip, notify, SCSCF, HOME ":5060", SIP_UDP);
    assert_int_equal(last_reply()->status, 480);
}

static void who_has_a_set_is_not_spoken_to_in_plain_text(void **state)
{
    (void)state;
    core_is_there();
    registers();
    fake_sip_request_to(pcscf.sip,
                        NOTIFY("sip:10.45.0.2:40002",
                               "Route: <sip:flow-pu0a2d00029c42@pcscf1.vims.net:5060;lr>\r\n"),
                        SCSCF, HOME ":5060", SIP_UDP);
    assert_int_equal(last_reply()->status, 480);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(EVT_01_a_subscribe_follows_the_service_route_with_who_it_is),
        T(SES_03_whatever_route_a_terminal_writes_the_kept_one_is_taken),
        T(SES_05_an_identity_of_the_set_may_be_preferred_and_no_other),
        T(in_a_dialog_it_goes_the_way_that_was_made_and_only_to_its_scscf),
        T(a_silent_scscf_is_504_and_max_forwards_0_is_483),
        T(who_is_not_registered_is_403),
        T(EVT_01_a_notify_finds_the_terminal_by_the_flow),
        T(a_flow_of_a_stranger_leads_nowhere),
        SECURE(in_the_set_its_answer_names_the_protected_port, optional),
        SECURE(a_notify_leaves_in_the_set_also_after_its_registration_ended, optional),
        SECURE(who_has_a_set_is_not_spoken_to_in_plain_text, optional),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
