/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal watches its registration, and does what the network says of it. */
#include "ims.h"

static char call_id[64], from_tag[32];
static unsigned notify_cseq;

/* Registered with reg_event on, and the SUBSCRIBE read. */
static const struct fake_sip_sent *is_subscribing(void)
{
    const struct fake_sip_sent *s;

    notice[0] = 0;
    notify_cseq = 1;
    conf.timers.sip_t1_ms = 500;
    ((struct conf_terminal *)ue.terminal)->reg_event = CONF_ON;
    be_registered_for(3600);
    ue.notice = ue.delay = on_notice;
    s = heard_register();
    assert_string_equal(s->sip->sip_request->rq_method_name, "SUBSCRIBE");
    snprintf(call_id, sizeof call_id, "%s", s->sip->sip_call_id->i_id);
    snprintf(from_tag, sizeof from_tag, "%s", s->sip->sip_from->a_tag);
    return s;
}

static void is_subscribed(void)
{
    is_subscribing();
    fake_sip_answer(at - 1, 200,
                    "Expires: 3600\r\nContact: <sip:w1@scscf1.hims.net:5060>\r\n"
                    "Record-Route: <sip:flow-1@pcscf1.vims.net:5060;lr>\r\n");
}

static const struct fake_sip_reply *told_by(const char *source, const char *state, const char *tag,
                                            const char *contact)
{
    char text[4096], body[1024];

    snprintf(body, sizeof body,
             "<?xml version=\"1.0\"?><reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" "
             "version=\"%u\" state=\"full\"><registration aor=\"sip:name@hims.net\" id=\"1\" "
             "state=\"active\"><contact id=\"2\" %s><uri>sip:10.45.0.2:5060</uri></contact>"
             "</registration></reginfo>",
             notify_cseq, contact);
    snprintf(text, sizeof text,
             "NOTIFY sip:10.45.0.2:5060 SIP/2.0\r\nFrom: <sip:name@hims.net>;tag=answer\r\n"
             "To: <sip:name@hims.net>;tag=%s\r\nCall-ID: %s\r\nCSeq: %u NOTIFY\r\n"
             "Contact: <sip:w1@scscf1.hims.net:5060>\r\nEvent: reg\r\nSubscription-State: %s\r\n"
             "Content-Type: application/reginfo+xml\r\nContent-Length: %zu\r\n\r\n%s",
             tag, call_id, notify_cseq++, state, strlen(body), body);
    fake_sip_request_to(ue.reg.sip, text, source, "10.45.0.2:5060", SIP_UDP);
    return fake_sip_reply(fake_sip_reply_count() - 1);
}

static void told(const char *state, const char *contact)
{
    assert_int_equal(told_by(PCSCF1 ":5060", state, from_tag, contact)->status, 200);
}

static void EVT_01_after_its_registration_it_subscribes_by_the_service_route(void **state)
{
    const struct fake_sip_sent *s;
    char route[256];

    (void)state;
    s = is_subscribing();
    assert_non_null(strstr(s->text, "SUBSCRIBE sip:name@hims.net SIP/2.0"));
    assert_string_equal(sip_list(s->sip, "Route", route, sizeof route),
                        "<sip:10.60.2.10:5060;lr>, <sip:orig@scscf1.hims.net;lr>");
    assert_non_null(strstr(s->text, "\r\nEvent: reg\r\n"));
    assert_non_null(strstr(s->text, "\r\nAccept: application/reginfo+xml\r\n"));
    assert_non_null(strstr(s->text, "\r\nExpires: 600000\r\n"));
    assert_non_null(strstr(s->text, "\r\nP-Preferred-Identity: <sip:name@hims.net>\r\n"));
    assert_non_null(strstr(s->text, "\r\nContact: <sip:10.45.0.2:5060>\r\n"));
    fake_sip_answer(at - 1, 200, "Expires: 3600\r\nContact: <sip:w1@scscf1.hims.net>\r\n");
    register_begin(&ue, on_outcome, NULL); /* a re-registration subscribes no second time */
    heard_register();
    accept_for(3600);
    heard_outcome(0, "registered");
    heard_no_more();
}

static void EVT_01_watch_ends_when_the_first_NOTIFY_came(void **state)
{
    (void)state;
    is_subscribed();
    reg_event_begin(&ue, on_outcome, NULL);
    told("active;expires=3600", "state=\"active\" event=\"registered\" expires=\"3600\"");
    heard_outcome(0, "watching: sip:name@hims.net is active (registered), one of 1 identities");
    reg_event_begin(&ue, on_outcome, NULL);
    heard_outcome(0, "watching: sip:name@hims.net is active");
}

static void a_subscription_that_is_refused_is_told_and_the_registration_stays(void **state)
{
    (void)state;
    is_subscribing();
    reg_event_begin(&ue, on_outcome, NULL);
    fake_sip_answer(at - 1, 403, NULL);
    heard_outcome(-EACCES, "failed: no subscription");
    assert_true(register_is_on(&ue));
}

static void EVT_08_the_subscription_is_refreshed_before_it_ends(void **state)
{
    const struct fake_sip_sent *s;
    char route[256];

    (void)state;
    is_subscribing();
    fake_sip_answer(at - 1, 200,
                    "Expires: 1000\r\nContact: <sip:w1@scscf1.hims.net:5060>\r\n"
                    "Record-Route: <sip:flow-1@pcscf1.vims.net:6100;lr>\r\n");
    fake_clock_forward_ms(loop, 500000);
    s = heard_register();
    assert_non_null(strstr(s->text, "SUBSCRIBE sip:w1@scscf1.hims.net:5060 SIP/2.0"));
    assert_string_equal(sip_list(s->sip, "Route", route, sizeof route),
                        "<sip:flow-1@pcscf1.vims.net:6100;lr>");
    assert_string_equal(s->sip->sip_to->a_tag, "answer");
    assert_int_equal(s->sip->sip_cseq->cs_seq, 2);
    fake_sip_answer(at - 1, 481, NULL); /* the S-CSCF has lost it: a new one */
    s = heard_register();
    assert_null(s->sip->sip_to->a_tag);
    assert_string_not_equal(s->sip->sip_call_id->i_id, call_id);
}

static void EVT_10_NET_20_shortened_it_registers_again_in_half_the_time(void **state)
{
    (void)state;
    is_subscribed();
    told("active;expires=3600", "state=\"active\" event=\"shortened\" expires=\"60\"");
    heard_no_more();
    fake_clock_forward_ms(loop, 30000);
    assert_string_equal(heard_register()->sip->sip_request->rq_method_name, "REGISTER");
    accept_for(3600);
    assert_true(register_is_on(&ue));
    heard_no_more();
}

static void EVT_10_rejected_it_stays_silent(void **state)
{
    (void)state;
    is_subscribed();
    told("terminated;reason=rejected", "state=\"terminated\" event=\"rejected\"");
    assert_false(register_is_on(&ue));
    assert_non_null(strstr(notice, "rejected by the network"));
    fake_clock_forward_ms(loop, 100000000);
    heard_no_more();
}

static void EVT_10_NET_02_deactivated_it_registers_anew_at_once(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    is_subscribed();
    told("terminated;reason=deactivated", "state=\"terminated\" event=\"deactivated\"");
    assert_false(register_is_on(&ue));
    s = heard_register();
    assert_string_equal(s->sip->sip_request->rq_method_name, "REGISTER");
    assert_string_equal(auth_param(s, "nonce"), "");
    challenge();
    heard_register();
    accept_for(3600);
    assert_true(register_is_on(&ue));
    assert_string_equal(heard_register()->sip->sip_request->rq_method_name, "SUBSCRIBE");
}

static void EVT_10_probation_it_registers_anew_after_the_time(void **state)
{
    (void)state;
    is_subscribed();
    told("terminated;reason=probation",
         "state=\"terminated\" event=\"probation\" retry-after=\"100\"");
    assert_false(register_is_on(&ue));
    fake_clock_forward_ms(loop, 99000);
    heard_no_more();
    fake_clock_forward_ms(loop, 2000);
    assert_string_equal(heard_register()->sip->sip_request->rq_method_name, "REGISTER");
    challenge();
    heard_register();
    accept_for(3600);
    assert_string_equal(heard_register()->sip->sip_request->rq_method_name, "SUBSCRIBE");
}

static void EVT_10_unregistered_and_expired_end_it(void **state)
{
    (void)state;
    is_subscribed();
    told("terminated;reason=noresource", "state=\"terminated\" event=\"unregistered\"");
    assert_false(register_is_on(&ue));
    assert_non_null(strstr(notice, "unregistered by the network"));
    fake_clock_forward_ms(loop, 100000000);
    heard_no_more();
}

static void EVT_15_a_subscription_that_timed_out_is_made_anew(void **state)
{
    (void)state;
    is_subscribed();
    told("terminated;reason=timeout", "state=\"active\" event=\"registered\"");
    assert_string_equal(heard_register()->sip->sip_request->rq_method_name, "SUBSCRIBE");
    assert_true(register_is_on(&ue));
}

static void what_is_not_its_own_NOTIFY_changes_nothing(void **state)
{
    static const char rejected[] = "state=\"terminated\" event=\"rejected\"";

    (void)state;
    is_subscribed();
    assert_int_equal(told_by("10.60.2.99:5060", "terminated", from_tag, rejected)->status, 403);
    assert_int_equal(told_by(PCSCF1 ":5060", "terminated", "wrong", rejected)->status, 481);
    assert_int_equal(told_by(PCSCF1 ":5060", "active", from_tag, "odd=\"1\"")->status, 400);
    assert_true(register_is_on(&ue));
    told("active", "state=\"active\" event=\"registered\"");
    notify_cseq--; /* the same once more */
    assert_int_equal(told_by(PCSCF1 ":5060", "terminated", from_tag, rejected)->status, 500);
    assert_true(register_is_on(&ue));
}

static void EVT_10_a_deregistration_is_over_when_its_last_NOTIFY_came_or_after_a_while(void **state)
{
    (void)state;
    is_subscribed();
    for (int silent = 0; silent < 2; silent++) {
        register_end(&ue, on_outcome, NULL);
        heard_register();
        accept_for(0);
        soon();
        assert_int_equal(outcome.count, 0);
        if (silent)
            fake_clock_forward_ms(loop, 2 * conf.timers.sip_t1_ms);
        else
            told("terminated;reason=noresource", "state=\"terminated\" event=\"unregistered\"");
        fake_clock_forward_ms(loop, conf.timers.sip_t1_ms / 4);
        heard_outcome(0, "deregistered: sip:name@hims.net");
        if (silent)
            break;
        register_begin(&ue, on_outcome, NULL);
        heard_register();
        accept_for(3600);
        heard_outcome(0, "registered");
        heard_register();
        fake_sip_answer(at - 1, 200, "Expires: 3600\r\nContact: <sip:w2@scscf1.hims.net>\r\n");
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(EVT_01_after_its_registration_it_subscribes_by_the_service_route),
        T(EVT_01_watch_ends_when_the_first_NOTIFY_came),
        T(a_subscription_that_is_refused_is_told_and_the_registration_stays),
        T(EVT_08_the_subscription_is_refreshed_before_it_ends),
        T(EVT_10_NET_20_shortened_it_registers_again_in_half_the_time),
        T(EVT_10_rejected_it_stays_silent),
        T(EVT_10_NET_02_deactivated_it_registers_anew_at_once),
        T(EVT_10_probation_it_registers_anew_after_the_time),
        T(EVT_10_unregistered_and_expired_end_it),
        T(EVT_15_a_subscription_that_timed_out_is_made_anew),
        T(EVT_10_a_deregistration_is_over_when_its_last_NOTIFY_came_or_after_a_while),
        T(what_is_not_its_own_NOTIFY_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
