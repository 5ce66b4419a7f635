/* SPDX-License-Identifier: Apache-2.0 */
/* The P-CSCF watches what it has registered, and does what the network says of it. */
#include "security_world.h"
#include "xalloc.h"

#define SCSCF "10.60.4.20:5060"

static char call_id[64], tag[32];
static unsigned notify_cseq;

static void core_is_there(void)
{
    strcpy(conf.scscf[0].element.name, "scscf1");
    addr_parse(&conf.scscf[0].element.address, "10.60.4.20", 0);
    conf.scscf_count = 1;
    conf.pcscf[0].reg_event = CONF_ON;
    notify_cseq = 1;
    fake_dns_set(pcscf.dns, "scscf1.hims.net", "udp 10.60.4.20:5060");
}

/* The SUBSCRIBE that was sent last. */
static const struct fake_sip_sent *subscribed(void)
{
    const struct fake_sip_sent *s;

    now();
    s = fake_sip_sent(last_sent());
    assert_string_equal(s->sip->sip_request->rq_method_name, "SUBSCRIBE");
    snprintf(call_id, sizeof call_id, "%s", s->sip->sip_call_id->i_id);
    snprintf(tag, sizeof tag, "%s", s->sip->sip_from->a_tag);
    return s;
}

static void is_accepted(void)
{
    fake_sip_answer(last_sent(), 200, "Expires: 1200\r\nContact: <sip:w@scscf1.hims.net:5060>\r\n");
}

/* name is registered, plain, and its P-CSCF subscribed. */
static void is_watched(void)
{
    core_is_there();
    ue_sends(seed_register);
    fake_sip_answer(last_sent(), 200, accepted);
    subscribed();
    is_accepted();
}

static int told_by(const char *source, const char *state, const char *uri, const char *contact)
{
    char text[4096], body[1024];

    snprintf(body, sizeof body,
             "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"%u\" state=\"full\">"
             "<registration aor=\"sip:name@hims.net\" id=\"1\" state=\"active\">"
             "<contact id=\"2\" %s><uri>%s</uri></contact></registration></reginfo>",
             notify_cseq, contact, uri);
    snprintf(text, sizeof text,
             "NOTIFY sip:reg-event@pcscf1.vims.net:5060 SIP/2.0\r\n"
             "From: <sip:name@hims.net>;tag=answer\r\nTo: <sip:pcscf1.vims.net>;tag=%s\r\n"
             "Call-ID: %s\r\nCSeq: %u NOTIFY\r\nContact: <sip:w@scscf1.hims.net:5060>\r\n"
             "Event: reg\r\nSubscription-State: %s\r\n"
             "Content-Type: application/reginfo+xml\r\nContent-Length: %zu\r\n\r\n%s",
             tag, call_id, notify_cseq++, state, strlen(body), body);
    fake_sip_request_to(pcscf.sip, text, source, HOME ":5060", SIP_UDP);
    now();
    return last_reply()->status;
}

static void told(const char *state, const char *contact)
{
    assert_int_equal(told_by(SCSCF, state, "sip:10.45.0.2:5060", contact), 200);
}

static void EVT_02_after_a_registration_it_subscribes_once_in_its_own_name(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    core_is_there();
    ue_sends(seed_register);
    fake_sip_answer(last_sent(), 200, accepted);
    s = subscribed();
    assert_true(strncmp(s->text, "SUBSCRIBE sip:name@hims.net SIP/2.0\r\n", 37) == 0);
    assert_string_equal(header(s->sip, "P-Asserted-Identity"), "<sip:term@pcscf1.vims.net:5060>");
    assert_string_equal(header(s->sip, "Event"), "reg");
    assert_string_equal(header(s->sip, "Expires"), "1200"); /* longer than the registration's 600 */
    assert_string_equal(header(s->sip, "Route"), "none");
    assert_int_equal(addr_port(&s->to.addr), 5060); /* the I-CSCF of the home network */
    assert_non_null(strstr(s->text, "icid-value="));
    is_accepted();
    ue_sends(with(seed_register, "CSeq: 25", "CSeq: 27"));
    fake_sip_answer(last_sent(), 200, accepted);
    now();
    assert_int_equal(fake_sip_waiting(), 0); /* it lives longer than the registration still */
}

static void a_renewed_registration_renews_the_subscription(void **state)
{
    const struct fake_sip_sent *s;

    (void)state;
    is_watched();
    fake_clock_forward_ms(pcscf.loop, 700000);
    ue_sends(with(seed_register, "CSeq: 25", "CSeq: 27"));
    fake_sip_answer(last_sent(), 200, accepted);
    s = subscribed();
    assert_true(strncmp(s->text, "SUBSCRIBE sip:w@scscf1.hims.net:5060 SIP/2.0", 44) == 0);
    assert_string_equal(s->sip->sip_to->a_tag, "answer");
    fake_sip_answer(last_sent(), 481, NULL); /* lost: anew */
    s = subscribed();
    assert_null(s->sip->sip_to->a_tag);
    is_accepted();
}

static void EVT_10_DREG_09_what_the_network_ends_is_forgotten(void **state)
{
    static const char *const events[] = {"expired", "unregistered", "deactivated", "rejected",
                                         "probation"};
    char contact[96];

    (void)state;
    for (size_t i = 0; i < COUNT(events); i++) {
        is_watched();
        assert_non_null(registered());
        snprintf(contact, sizeof contact, "state=\"terminated\" event=\"%s\"", events[i]);
        told("terminated;reason=noresource", contact);
        assert_null(registered());
        assert_int_equal(fake_sip_waiting(), 0);
    }
}

static void NET_20_shortened_it_is_kept_no_longer(void **state)
{
    (void)state;
    is_watched();
    told("active", "state=\"active\" event=\"shortened\" expires=\"60\"");
    assert_int_equal(registered()->until_s - loop_wall_s(pcscf.loop), 60);
    assert_string_equal(registered()->service_route, "<sip:orig@scscf1.hims.net;lr>");
    told("active", "state=\"active\" event=\"shortened\" expires=\"600\"");
    assert_int_equal(registered()->until_s - loop_wall_s(pcscf.loop), 60);
}

static void what_is_not_its_subscription_changes_nothing(void **state)
{
    static const char rejected[] = "state=\"terminated\" event=\"rejected\"";

    (void)state;
    is_watched();
    assert_int_equal(told_by("10.45.0.7:5060", "active", "sip:10.45.0.2:5060", rejected), 403);
    assert_int_equal(told_by(SCSCF, "active", "sip:10.45.0.3:5060", rejected), 200);
    assert_int_equal(told_by(SCSCF, "active", "sip:10.45.0.2:5060", "odd=\"1\""), 400);
    notify_cseq = 1;
    assert_int_equal(told_by(SCSCF, "active", "sip:10.45.0.2:5060", rejected), 500);
    strcpy(tag, "other");
    assert_int_equal(told_by(SCSCF, "active", "sip:10.45.0.2:5060", rejected), 481);
    assert_non_null(registered());
}

static void EVT_15_a_subscription_that_timed_out_is_made_anew_while_somebody_is_registered(
    void **state)
{
    (void)state;
    is_watched();
    told("terminated;reason=timeout", "state=\"active\" event=\"registered\"");
    assert_null(subscribed()->sip->sip_to->a_tag);
    is_accepted();
}

static void a_refused_subscription_is_tried_again_with_the_next_registration(void **state)
{
    (void)state;
    core_is_there();
    ue_sends(seed_register);
    fake_sip_answer(last_sent(), 200, accepted);
    subscribed();
    fake_sip_answer(last_sent(), 403, NULL);
    assert_non_null(registered());
    ue_sends(with(seed_register, "CSeq: 25", "CSeq: 27"));
    fake_sip_answer(last_sent(), 200, accepted);
    subscribed();
    is_accepted();
}

static void DREG_13_NET_02_the_sets_of_a_subscriber_that_was_ended_go_after_the_grace(void **state)
{
    (void)state;
    registers();
    core_is_there();
    {
        struct addr at;
        const struct contact *c;

        addr_parse(&at, "10.45.0.2", 40002);
        c = contact_find(pcscf.contacts, &at, loop_wall_s(pcscf.loop));
        assert_non_null(c);
        reg_event_watch(&pcscf, c, "call");
    }
    subscribed();
    is_accepted();
    assert_int_equal(sets(SA_ESTABLISHED), 1);
    assert_int_equal(told_by(SCSCF, "terminated;reason=deactivated", "sip:10.45.0.2:40002",
                             "state=\"terminated\" event=\"deactivated\""),
                     200);
    assert_int_equal(sets(SA_ESTABLISHED), 0);
    fake_clock_forward_ms(pcscf.loop, 40000);
    assert_int_equal(fake_xfrm_sas(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(EVT_02_after_a_registration_it_subscribes_once_in_its_own_name),
        T(a_renewed_registration_renews_the_subscription),
        T(EVT_10_DREG_09_what_the_network_ends_is_forgotten),
        T(NET_20_shortened_it_is_kept_no_longer),
        T(what_is_not_its_subscription_changes_nothing),
        T(EVT_15_a_subscription_that_timed_out_is_made_anew_while_somebody_is_registered),
        T(a_refused_subscription_is_tried_again_with_the_next_registration),
        SECURE(DREG_13_NET_02_the_sets_of_a_subscriber_that_was_ended_go_after_the_grace, optional),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
