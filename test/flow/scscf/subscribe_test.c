/* SPDX-License-Identifier: Apache-2.0 */
/* Who may watch, and the life of a subscription of the reg event. */
#include "watch.h"

static void EVT_01_a_registered_terminal_gets_200_and_then_its_whole_state(void **state)
{
    const struct fake_sip_reply *reply;
    const struct fake_sip_sent *notify;
    char buf[400];

    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){0});
    reply = expect_answer(200);
    expect_line(reply, "Expires: 600000");
    assert_non_null(reply->sip->sip_contact);
    notify = notified();
    assert_string_equal(notify->to.host, "pcscf1.vims.net");
    assert_string_equal(sip_text(notify->sip, "Route", buf, sizeof buf),
                        "<sip:flow@pcscf1.vims.net:5060;lr>");
    assert_non_null(strstr(notify->text, "NOTIFY sip:10.45.0.2:40002 SIP/2.0"));
    assert_string_equal(notify->sip->sip_to->a_tag, "w");
    assert_string_equal(notify->sip->sip_from->a_tag, reply->sip->sip_to->a_tag);
    assert_string_equal(notify->sip->sip_call_id->i_id, "sub1");
    assert_string_equal(notify->sip->sip_event->o_type, "reg");
    assert_string_equal(notify->sip->sip_content_type->c_type, REGINFO_TYPE);
    expect_state("active;expires=600000");
    assert_int_equal(doc.version, 0);
    assert_false(doc.partial);
    assert_string_equal(aor_is(IMPU), "active");
    taken(*state, 200);
    assert_int_equal(fake_sip_waiting(), 0);
}

static void EVT_02_the_pcscf_of_the_path_may_watch(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.who = "sip:term@pcscf1.vims.net:5060"});
    expect_answer(200);
    notified();
    subscribes(*state,
               (struct subscriber){.who = "sip:term@pcscf2.vims.net:5060", .call_id = "other"});
    expect_answer(403);
    subscribes(*state,
               (struct subscriber){.who = "sip:term@pcscf1.vims.net:5070", .call_id = "third"});
    expect_answer(403);
}

static void EVT_03_somebody_else_may_not_watch(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.who = "sip:ann@hims.net"});
    expect_answer(403);
    assert_int_equal(fake_sip_sent_count(), 0);
}

static void EVT_03_nor_an_identity_that_is_barred_nor_nobody_nor_a_stranger(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.who = "sip:hidden@hims.net"});
    expect_answer(403);
    subscribes(*state, (struct subscriber){.more = "X-None: 1\r\n", .call_id = "2"});
    expect_answer(403);
    subscribes(*state, (struct subscriber){.source = "10.45.0.2:5060", .call_id = "3"});
    expect_answer(403);
    assert_int_equal(fake_sip_sent_count(), 0);
}

static void EVT_04_another_event_or_none_is_489_with_what_there_is(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.event = "presence"});
    expect_line(expect_answer(489), "Allow-Events: reg");
    subscribes(*state, (struct subscriber){.event = "", .call_id = "2"});
    expect_line(expect_answer(489), "Allow-Events: reg");
}

static void EVT_05_an_accept_without_reginfo_is_406(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.accept = "application/pidf+xml"});
    expect_answer(406);
    subscribes(*state, (struct subscriber){.accept = REGINFO_TYPE ";q=0", .call_id = "2"});
    expect_answer(406);
    subscribes(*state, (struct subscriber){.accept = "text/plain, application/*", .call_id = "3"});
    expect_answer(200);
    subscribes(*state, (struct subscriber){.accept = "", .call_id = "4"});
    expect_answer(200);
}

static void an_extension_that_is_not_known_is_420_and_too_short_a_time_423(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){
                           .more = "Require: eventlist\r\nP-Asserted-Identity: <" IMPU ">\r\n"});
    expect_line(expect_answer(420), "Unsupported: eventlist");
    subscribes(*state, (struct subscriber){.expires = "5", .call_id = "2"});
    expect_line(expect_answer(423), "Min-Expires: 60");
    subscribes(*state, (struct subscriber){.expires = "", .call_id = "3"});
    expect_line(expect_answer(200), "Expires: 3761");
    subscribes(*state, (struct subscriber){.expires = "4000000", .call_id = "4"});
    expect_line(expect_answer(200), "Expires: 600000");
}

static void EVT_07_an_identity_that_is_not_registered_is_480(void **state)
{
    subscribes(*state, (struct subscriber){0});
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_UNABLE_TO_COMPLY});
    forward_s(*state, 0);
    expect_answer(480);
    subscribes(*state, (struct subscriber){.impu = "urn:service:sos"});
    expect_answer(404);
}

/* The URI of the subscription that was answered last. */
static const char *contact_of(const struct fake_sip_reply *reply)
{
    static char uri[200];

    url_e(uri, sizeof uri, reply->sip->sip_contact->m_url);
    return uri;
}

static void EVT_08_expires_0_ends_it_with_the_state_still_full(void **state)
{
    const char *to;

    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){0});
    to = contact_of(expect_answer(200));
    taken(*state, 200);
    subscribes(*state, (struct subscriber){.to = to, .cseq = 2, .expires = "0"});
    expect_line(expect_answer(200), "Expires: 0");
    notified();
    expect_state("terminated;reason=timeout");
    assert_int_equal(doc.version, 1);
    assert_false(doc.partial);
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active registered");
    taken(*state, 200);
    subscribes(*state, (struct subscriber){.to = to, .cseq = 3});
    expect_answer(481);
}

static void EVT_08_a_refresh_gets_200_and_the_state_and_lives_on(void **state)
{
    const char *to;

    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.expires = "100"});
    to = contact_of(expect_answer(200));
    taken(*state, 200);
    forward_s(*state, 90);
    subscribes(*state, (struct subscriber){.to = to, .cseq = 2, .expires = "100"});
    expect_answer(200);
    notified();
    expect_state("active;expires=100");
    assert_int_equal(doc.version, 1);
    taken(*state, 200);
    forward_s(*state, 90);
    assert_int_equal(fake_sip_sent_count(), 2);
    subscribes(*state, (struct subscriber){.to = to, .cseq = 2, .expires = "100"});
    expect_answer(500);
}

static void EVT_08_a_fetch_gets_the_state_once(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.expires = "0"});
    expect_line(expect_answer(200), "Expires: 0");
    notified();
    expect_state("terminated;reason=timeout");
    assert_string_equal(aor_is(IMPU), "active");
    taken(*state, 200);
    forward_s(*state, 80000);
    assert_int_equal(fake_sip_sent_count(), 1);
}

static void EVT_14_two_watchers_have_a_dialog_and_a_version_each(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){0});
    notified();
    assert_int_equal(doc.version, 0);
    taken(*state, 200);
    forward_s(*state, 10);
    ue_authenticates(*state, (struct ue){.cseq = 30});
    hss_accepts(*state);
    notified();
    assert_int_equal(doc.version, 1);
    taken(*state, 200);
    subscribes(*state, (struct subscriber){.call_id = "sub2"});
    notified();
    assert_int_equal(doc.version, 0);
    assert_string_equal(fake_sip_sent(last())->sip->sip_call_id->i_id, "sub2");
    taken(*state, 200);
}

static void EVT_14_more_watchers_than_a_set_can_have_are_sent_away(void **state)
{
    char call_id[16];

    ue_is_registered(*state, (struct ue){0});
    for (int i = 0; i < 32; i++) {
        snprintf(call_id, sizeof call_id, "s%d", i);
        subscribes(*state, (struct subscriber){.call_id = call_id});
        expect_answer(200);
        taken(*state, 200);
    }
    subscribes(*state, (struct subscriber){.call_id = "onemore"});
    expect_answer(480);
}

static void EVT_15_when_its_time_is_over_it_ends_with_timeout(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){.expires = "60"});
    taken(*state, 200);
    forward_s(*state, 59);
    assert_int_equal(fake_sip_sent_count(), 1);
    forward_s(*state, 2);
    notified();
    expect_state("terminated;reason=timeout");
    assert_int_equal(doc.version, 1);
    taken(*state, 200);
}

static void a_watcher_that_answers_481_or_never_is_forgotten(void **state)
{
    ue_is_registered(*state, (struct ue){0});
    subscribes(*state, (struct subscriber){0});
    taken(*state, 481);
    subscribes(*state, (struct subscriber){.call_id = "silent"});
    assert_int_equal(fake_sip_sent_count(), 2);
    forward_s(*state, 33);
    ue_authenticates(*state, (struct ue){.cseq = 30});
    hss_accepts(*state);
    expect_answer(200);
    forward_s(*state, 10);
    assert_int_equal(fake_sip_sent_count(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        watch_test(EVT_01_a_registered_terminal_gets_200_and_then_its_whole_state),
        watch_test(EVT_02_the_pcscf_of_the_path_may_watch),
        watch_test(EVT_03_somebody_else_may_not_watch),
        watch_test(EVT_03_nor_an_identity_that_is_barred_nor_nobody_nor_a_stranger),
        watch_test(EVT_04_another_event_or_none_is_489_with_what_there_is),
        watch_test(EVT_05_an_accept_without_reginfo_is_406),
        watch_test(an_extension_that_is_not_known_is_420_and_too_short_a_time_423),
        watch_test(EVT_07_an_identity_that_is_not_registered_is_480),
        watch_test(EVT_08_expires_0_ends_it_with_the_state_still_full),
        watch_test(EVT_08_a_refresh_gets_200_and_the_state_and_lives_on),
        watch_test(EVT_08_a_fetch_gets_the_state_once),
        watch_test(EVT_14_two_watchers_have_a_dialog_and_a_version_each),
        watch_test(EVT_14_more_watchers_than_a_set_can_have_are_sent_away),
        watch_test(EVT_15_when_its_time_is_over_it_ends_with_timeout),
        watch_test(a_watcher_that_answers_481_or_never_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
