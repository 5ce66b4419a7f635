/* SPDX-License-Identifier: Apache-2.0 */
/* What the watchers of a set are told, for every event of a registration. */
#include "state_line.h"
#include "watch.h"

#include "../../../scscf/watcher.h"

/* Registered, watched, and the first NOTIFY taken. */
static void is_watched(struct world *w)
{
    ue_is_registered(w, (struct ue){0});
    subscribes(w, (struct subscriber){0});
    expect_answer(200);
    taken(w, 200);
}

static struct registration *set_of(struct world *w)
{
    return registrar_find(&w->scscf.registrar, IMPU);
}

static void registers_again(struct world *w, struct ue ue)
{
    ue.cseq = ue.cseq ? ue.cseq : 40;
    ue_authenticates(w, ue);
    hss_accepts(w);
    expect_answer(200);
}

static void EVT_09_every_identity_that_is_not_barred_is_there_with_its_event(void **state)
{
    struct reginfo_registration *r;
    char name_id[64], contact_id[64], tel_contact_id[64];

    is_watched(*state);
    notified();
    r = doc.registrations;
    assert_string_equal(r->aor, IMPU);
    assert_string_equal(r->next->aor, "tel:+15550001");
    assert_null(r->next->next); /* sip:hidden is barred */
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active registered");
    assert_string_equal(contact_is("tel:+15550001", "10.45.0.2"), "active created");
    assert_string_not_equal(r->contacts->id, r->next->contacts->id);
    assert_string_not_equal(r->id, r->next->id);
    snprintf(name_id, sizeof name_id, "%s", r->id);
    snprintf(contact_id, sizeof contact_id, "%s", r->contacts->id);
    snprintf(tel_contact_id, sizeof tel_contact_id, "%s", r->next->contacts->id);
    for (unsigned version = 1; version < 4; version++) {
        forward_s(*state, 10);
        registers_again(*state, (struct ue){.cseq = 30 + 2 * version});
        notified();
        taken(*state, 200);
        assert_int_equal(doc.version, version);
        r = doc.registrations;
        assert_string_equal(r->id, name_id);
        assert_string_equal(r->contacts->id, contact_id);
        assert_string_equal(r->next->contacts->id, tel_contact_id);
    }
}

static void EVT_09_a_contact_says_its_time_its_request_and_its_parameters(void **state)
{
    const struct reginfo_contact *c;

    ue_is_registered(*state,
                     (struct ue){.contact = "\"A \\\"B\\\" <c>\" <sip:name@10.45.0.2:5060>;q=0.7;"
                                            "expires=5000;+sip.instance=\"<urn:gsma:imei:1>\";"
                                            "+g.3gpp.smsip"});
    forward_s(*state, 100);
    subscribes(*state, (struct subscriber){0});
    notified();
    c = doc.registrations->contacts;
    assert_string_equal(c->uri, "sip:name@10.45.0.2:5060");
    assert_int_equal(c->expires_s, 4900);
    assert_int_equal(c->duration_s, 100);
    assert_string_equal(c->call_id, "reg1");
    assert_int_equal(c->cseq, 26);
    assert_string_equal(c->q, "0.7");
    assert_non_null(strstr(c->display_name, "<c>"));
    assert_string_equal(c->params->name, "+sip.instance");
    assert_string_equal(c->params->value, "\"<urn:gsma:imei:1>\"");
    assert_string_equal(c->params->next->name, "+g.3gpp.smsip");
    assert_string_equal(c->params->next->value, "");
    assert_null(c->params->next->next);
    taken(*state, 200);
}

static void EVT_10_a_re_registration_is_refreshed(void **state)
{
    is_watched(*state);
    forward_s(*state, 10);
    registers_again(*state, (struct ue){0});
    notified();
    expect_state("active;expires=599990");
    assert_string_equal(aor_is(IMPU), "active");
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active refreshed");
    assert_string_equal(contact_is("tel:+15550001", "10.45.0.2"), "active refreshed");
    taken(*state, 200);
}

static void EVT_10_a_new_contact_is_registered_and_the_other_as_it_was(void **state)
{
    is_watched(*state);
    forward_s(*state, 10);
    registers_again(*state,
                    (struct ue){.contact = "<sip:name@10.45.0.9:5060>;+sip.instance=\"<b>\"",
                                .call_id = "reg2"});
    notified();
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active registered");
    assert_string_equal(contact_is(IMPU, "10.45.0.9"), "active registered");
    assert_string_equal(contact_is("tel:+15550001", "10.45.0.9"), "active created");
    taken(*state, 200);
}

static void EVT_10_a_contact_that_was_replaced_is_in_the_same_document(void **state)
{
    is_watched(*state);
    registers_again(*state, (struct ue){.contact = "<sip:name@10.45.0.7:5060>", .call_id = "reg2"});
    notified(); /* at once: a contact has ended */
    assert_string_equal(aor_is(IMPU), "active");
    assert_string_equal(contact_is(IMPU, "10.45.0.7"), "active registered");
    assert_memory_equal(contact_is(IMPU, "10.45.0.2"), "terminated", 10);
    taken(*state, 200);
}

static void EVT_10_when_the_terminal_deregisters_all_is_unregistered_and_the_end(void **state)
{
    is_watched(*state);
    registers_again(*state, (struct ue){.expires = "0"});
    notified();
    expect_state("terminated;reason=noresource");
    assert_string_equal(aor_is(IMPU), "terminated");
    assert_string_equal(aor_is("tel:+15550001"), "terminated");
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "terminated unregistered");
    assert_string_equal(contact_is("tel:+15550001", "10.45.0.2"), "terminated unregistered");
    taken(*state, 200);
    assert_null(((struct world *)*state)->scscf.leaving);
}

static void EVT_10_one_of_two_contacts_deregisters_and_the_subscription_stays(void **state)
{
    ue_is_registered(*state, (struct ue){.contact = "<sip:a@10.45.0.2>;+sip.instance=\"<a>\""});
    ue_authenticates(*state, (struct ue){.contact = "<sip:b@10.45.0.9>;+sip.instance=\"<b>\"",
                                         .call_id = "reg2",
                                         .cseq = 30});
    hss_accepts(*state);
    subscribes(*state, (struct subscriber){0});
    taken(*state, 200);
    registers_again(*state,
                    (struct ue){.contact = "<sip:b@10.45.0.9>", .call_id = "reg2", .expires = "0"});
    notified();
    expect_state("active;expires=600000");
    assert_string_equal(aor_is(IMPU), "active");
    assert_string_equal(contact_is(IMPU, "10.45.0.9"), "terminated unregistered");
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active registered");
    taken(*state, 200);
    forward_s(*state, 10);
    registers_again(*state,
                    (struct ue){.contact = "<sip:a@10.45.0.2>;+sip.instance=\"<a>\"", .cseq = 50});
    notified();
    assert_string_equal(contact_is(IMPU, "10.45.0.9"), "none"); /* told once */
    taken(*state, 200);
}

static void EVT_10_DREG_09_a_contact_that_expires_is_expired(void **state)
{
    ue_is_registered(*state, (struct ue){.expires = "600"});
    subscribes(*state, (struct subscriber){0});
    taken(*state, 200);
    forward_s(*state, 601);
    hss_accepts(*state); /* the SAR */
    notified();
    expect_state("terminated;reason=noresource");
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "terminated expired");
    taken(*state, 200);
}

/* The network ends all contacts. */
static void network_ends(struct world *w, enum change change, unsigned retry_after_s)
{
    struct registration *reg = set_of(w);
    struct change_cause cause = {.call = "1", .retry_after_s = retry_after_s};
    struct binding *ended = reg->bindings;

    for (struct binding *b = ended; b; b = b->next)
        b->event = change;
    reg->bindings = NULL;
    changed(&w->scscf, reg, ended, change, &cause);
    binding_list_free(ended);
    expiry_arm(&w->scscf, reg);
    fake_clock_forward_ms(w->loop, 0);
}

static void EVT_10_what_the_network_ends_says_how(void **state)
{
    static const struct {
        enum change change;
        unsigned retry_after_s;
        const char *contact, *state;
    } rows[] = {
        {CHANGE_REJECTED,    0,   "terminated rejected",    "terminated;reason=rejected"   },
        {CHANGE_DEACTIVATED, 0,   "terminated deactivated", "terminated;reason=deactivated"},
        {CHANGE_PROBATION,   120, "terminated probation",
         "terminated;reason=probation;retry-after=120"                                     },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        ue_is_registered(*state, (struct ue){.cseq = 100 + 10 * i});
        subscribes(*state, (struct subscriber){0});
        taken(*state, 200);
        network_ends(*state, rows[i].change, rows[i].retry_after_s);
        notified();
        expect_state(rows[i].state);
        assert_string_equal(aor_is("tel:+15550001"), "terminated");
        assert_string_equal(contact_is(IMPU, "10.45.0.2"), rows[i].contact);
        assert_int_equal(doc.registrations->contacts->retry_after_s,
                         rows[i].retry_after_s ? (int)rows[i].retry_after_s : REGINFO_UNSAID);
        taken(*state, 200);
    }
}

static void EVT_10_NET_20_a_shortened_contact_is_told_at_once_with_its_time(void **state)
{
    struct world *w = *state;
    struct change_cause cause = {.call = "1"};

    is_watched(w);
    set_of(w)->bindings->event = CHANGE_SHORTENED;
    set_of(w)->bindings->expires_ms = loop_now_ms(w->loop) + 60000;
    changed(&w->scscf, set_of(w), NULL, CHANGE_SHORTENED, &cause);
    fake_clock_forward_ms(w->loop, 0);
    notified();
    expect_state("active;expires=600000");
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active shortened");
    assert_string_equal(contact_is("tel:+15550001", "10.45.0.2"), "active shortened");
    assert_int_equal(doc.registrations->contacts->expires_s, 60);
    taken(w, 200);
}

static void NET_13_NET_14_an_identity_that_came_is_created_and_one_that_went_terminated(
    void **state)
{
    struct world *w = *state;
    struct profile_impu was[] = {
        {"sip:hidden@hims.net", true },
        {IMPU,                  false},
        {"sip:old@hims.net",    false}
    };
    struct profile before = {.impu = was, .impu_count = 3};
    struct change_cause cause = {.call = "1", .before = &before};

    is_watched(w);
    set_of(w)->bindings->event = CHANGE_REFRESHED;
    changed(&w->scscf, set_of(w), NULL, CHANGE_CREATED, &cause);
    forward_s(w, 6);
    notified();
    assert_string_equal(contact_is("tel:+15550001", "10.45.0.2"), "active created");
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active refreshed");
    assert_string_equal(aor_is("sip:old@hims.net"), "terminated");
    assert_string_equal(contact_is("sip:old@hims.net", "10.45.0.2"), "terminated rejected");
    taken(w, 200);
    forward_s(w, 10);
    registers_again(w, (struct ue){0});
    notified();
    assert_string_equal(aor_is("sip:old@hims.net"), "none");
    taken(w, 200);
}

static void one_NOTIFY_is_under_way_and_the_next_has_all_that_happened_meanwhile(void **state)
{
    is_watched(*state);
    forward_s(*state, 10);
    registers_again(*state, (struct ue){.cseq = 30});
    assert_int_equal(fake_sip_sent_count(), 2);
    registers_again(*state, (struct ue){.contact = "<sip:name@10.45.0.7:5060>", .call_id = "reg2"});
    registers_again(*state, (struct ue){.contact = "<sip:name@10.45.0.8:5060>", .call_id = "reg3"});
    assert_int_equal(fake_sip_sent_count(), 2);
    taken(*state, 200);
    assert_int_equal(fake_sip_sent_count(), 3);
    notified();
    assert_int_equal(doc.version, 2);
    assert_memory_equal(contact_is(IMPU, "10.45.0.2"), "terminated", 10);
    assert_memory_equal(contact_is(IMPU, "10.45.0.7"), "terminated", 10);
    assert_string_equal(contact_is(IMPU, "10.45.0.8"), "active registered");
    registers_again(*state, (struct ue){.contact = "<sip:name@10.45.0.8:5060>",
                                        .call_id = "reg3",
                                        .cseq = 60,
                                        .expires = "0"});
    assert_int_equal(fake_sip_sent_count(), 3);
    taken(*state, 200);
    notified();
    assert_int_equal(doc.version, 3);
    expect_state("terminated;reason=noresource");
    taken(*state, 200);
    assert_int_equal(fake_sip_sent_count(), 4);
}

static void what_is_not_urgent_waits_until_the_interval_is_over(void **state)
{
    is_watched(*state);
    registers_again(*state, (struct ue){0});
    assert_int_equal(fake_sip_sent_count(), 1);
    forward_s(*state, 4);
    assert_int_equal(fake_sip_sent_count(), 1);
    forward_s(*state, 2);
    assert_int_equal(fake_sip_sent_count(), 2);
    notified();
    assert_string_equal(contact_is(IMPU, "10.45.0.2"), "active refreshed");
    taken(*state, 200);
}

static void the_journal_line_of_a_watcher_makes_the_same_watcher(void **state)
{
    struct world *w = *state;
    static struct state_line line;
    struct registration *reg;
    char id[WATCHER_ID];

    is_watched(w);
    reg = set_of(w);
    snprintf(id, sizeof id, "%s", watcher_id(reg->watchers));
    line_begin(&line, "watcher");
    watcher_write(&w->scscf, reg->watchers, &line);
    assert_true(line_end(&line));
    line.text[strcspn(line.text, "\n")] = 0;
    assert_true(line_check(line.text));
    watchers_free(reg->watchers);
    reg->watchers = NULL;
    assert_false(watcher_read(&w->scscf, reg, id, "watcher version=1"));
    assert_true(watcher_read(&w->scscf, reg, id, line.text));
    assert_false(watcher_read(&w->scscf, reg, id, line.text)); /* it is there */
    assert_null(watcher_next(reg->watchers));
    forward_s(w, 10);
    registers_again(w, (struct ue){0});
    notified();
    assert_int_equal(doc.version, 1);
    assert_int_equal(fake_sip_sent(last())->sip->sip_cseq->cs_seq, 2);
    assert_string_equal(fake_sip_sent(last())->sip->sip_from->a_tag, "answer");
    expect_state("active;expires=599990");
    taken(w, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        watch_test(EVT_09_every_identity_that_is_not_barred_is_there_with_its_event),
        watch_test(EVT_09_a_contact_says_its_time_its_request_and_its_parameters),
        watch_test(EVT_10_a_re_registration_is_refreshed),
        watch_test(EVT_10_a_new_contact_is_registered_and_the_other_as_it_was),
        watch_test(EVT_10_a_contact_that_was_replaced_is_in_the_same_document),
        watch_test(EVT_10_when_the_terminal_deregisters_all_is_unregistered_and_the_end),
        watch_test(EVT_10_one_of_two_contacts_deregisters_and_the_subscription_stays),
        watch_test(EVT_10_DREG_09_a_contact_that_expires_is_expired),
        watch_test(EVT_10_what_the_network_ends_says_how),
        watch_test(EVT_10_NET_20_a_shortened_contact_is_told_at_once_with_its_time),
        watch_test(NET_13_NET_14_an_identity_that_came_is_created_and_one_that_went_terminated),
        watch_test(one_NOTIFY_is_under_way_and_the_next_has_all_that_happened_meanwhile),
        watch_test(what_is_not_urgent_waits_until_the_interval_is_over),
        watch_test(the_journal_line_of_a_watcher_makes_the_same_watcher),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
