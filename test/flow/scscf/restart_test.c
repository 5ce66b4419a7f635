/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: an S-CSCF that was killed and started again goes on as if nothing had happened. */
#include <sys/stat.h>

#include "world.h"

static const struct ue fetch = {.cseq = 40, .protection = "yes", .no_contact = true};

static void append_text(struct world *w, const char *text)
{
    FILE *f = fopen(w->journal, "a");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static char *text_of(struct world *w)
{
    FILE *f = fopen(w->journal, "r");
    char *text = xzalloc(1 << 20);

    assert_non_null(f);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static void RST_04_a_fetch_after_a_restart_lists_the_contact_with_what_is_left(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_registered(w,
                     (struct ue){.contact = "\"N\" <sip:name@10.45.0.2:5060>;q=0.5;+g.x=\"a b\""});
    forward_s(w, 1000);
    scscf_restarts(w);
    forward_s(w, 1000);
    ue_registers(w, fetch);
    reply = expect_answer(200);
    expect_line(reply, "Contact: \"N\" <sip:name@10.45.0.2:5060>;q=0.5;+g.x=\"a b\";expires=88000");
    expect_line(reply, "P-Associated-URI: <" IMPU ">, <tel:+15550001>");
    expect_quiet();
}

static void RST_04_a_refresh_after_a_restart_is_a_re_registration(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    scscf_restarts(w);
    ue_authenticates(w, (struct ue){.cseq = 30, .protection = "yes"});
    expect_sar(CX_SAT_RE_REGISTRATION, IMPI, IMPU);
    assert_true(fake_cx_sar()->user_data_available);
    hss_accepts(w);
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    assert_int_equal(w->scscf.registrar.count, 1);
    expect_quiet();
}

static void a_deregistration_after_a_restart_needs_no_challenge_and_is_not_forgotten(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    scscf_restarts(w);
    ue_registers(w, (struct ue){.cseq = 30, .protection = "yes", .expires = "0"});
    expect_sar(CX_SAT_USER_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    expect_answer(200);
    scscf_restarts(w);
    assert_int_equal(w->scscf.registrar.count, 0);
    expect_quiet();
}

static void one_of_two_contacts_that_was_taken_away_does_not_come_back(void **state)
{
    struct world *w = *state;
    const struct fake_sip_reply *reply;

    ue_is_registered(w, (struct ue){.contact = "<sip:name@10.45.0.2:5060>, <sip:n@10.45.0.2:9>"});
    ue_registers(
        w,
        (struct ue){.cseq = 27, .protection = "yes", .contact = "<sip:n@10.45.0.2:9>;expires=0"});
    hss_accepts(w);
    expect_answer(200);
    scscf_restarts(w);
    ue_registers(w, fetch);
    reply = expect_answer(200);
    expect_line(reply, "Contact: <sip:name@10.45.0.2:5060>;expires=90000");
    expect_no(reply, "10.45.0.2:9");
}

static void what_expires_while_the_scscf_is_dead_ends_at_its_start(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "100"});
    scscf_stops(w);
    fake_cx_reset();
    forward_s(w, 100);
    scscf_starts(w);
    forward_s(w, 0);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    assert_int_equal(w->scscf.registrar.count, 0);
    scscf_restarts(w);
    assert_int_equal(w->scscf.registrar.count, 0);
    forward_s(w, 10);
    expect_quiet();
}

static void what_has_not_expired_yet_expires_on_time(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "100"});
    forward_s(w, 50);
    scscf_restarts(w);
    fake_clock_forward_ms(w->loop, 49999);
    expect_quiet();
    fake_clock_forward_ms(w->loop, 1);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
}

static void a_late_request_is_late_after_a_restart_too(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    scscf_restarts(w);
    ue_registers(w, (struct ue){.cseq = 26, .protection = "yes"});
    expect_answer(500);
    expect_quiet();
}

static void an_end_that_the_hss_could_not_be_told_is_told_after_a_restart(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "100"});
    fake_cx_set_open(false);
    forward_s(w, 110);
    expect_quiet();
    scscf_restarts(w);
    forward_s(w, 2);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_fails(w, -ETIMEDOUT);
    expect_quiet();
    forward_s(w, 2);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    scscf_restarts(w);
    forward_s(w, 10);
    expect_quiet();
}

static void an_end_is_not_told_when_the_user_is_back(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "100"});
    fake_cx_set_open(false);
    forward_s(w, 100);
    fake_cx_set_open(true);
    ue_is_registered(w, (struct ue){.cseq = 50});
    forward_s(w, 10);
    expect_quiet();
    scscf_restarts(w);
    forward_s(w, 10);
    expect_quiet();
}

static void a_damaged_line_is_left_out_and_the_others_count(void **state)
{
    struct world *w = *state;
    char *text;
    FILE *f;

    ue_is_registered(w, (struct ue){0});
    append_text(w, "contact set=1 id=2 nonsense\n\n\xff\xfe #00000000\ncontact set=7 id=");
    ue_authenticates(w, (struct ue){.cseq = 30, .contact = "<sip:name@10.45.0.2:5060>"});
    hss_accepts(w); /* its line stands behind one that was cut off, and is lost with it */
    scscf_restarts(w);
    assert_int_equal(w->scscf.registrar.count, 1);
    ue_registers(w, (struct ue){.cseq = 31, .protection = "yes", .no_contact = true});
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=90000");

    text = text_of(w);
    *strchr(text + strlen("imslab-registrar 1\n"), 'I') = 'J'; /* in the profile */
    f = fopen(w->journal, "w");
    fputs(text, f);
    fclose(f);
    free(text);
    scscf_restarts(w);
    assert_int_equal(w->scscf.registrar.count, 0);
    ue_is_registered(w, (struct ue){.cseq = 60});
    assert_int_equal(w->scscf.registrar.count, 1);
}

static void a_profile_too_long_for_a_line_is_asked_for_again(void **state)
{
    struct world *w = *state;
    char *xml = xzalloc(60000), *at = strstr(user_data, "</IMSSubscription>");
    size_t len = at - user_data;

    memcpy(xml, user_data, len);
    memset(xml + len, ' ', 40000);
    strcpy(xml + len + 40000, at);
    ue_authenticates(w, (struct ue){.cseq = 25});
    hss_gives_profile(w, xml);
    expect_answer(200);
    scscf_restarts(w);
    ue_registers(w, fetch);
    expect_line(expect_answer(200), "P-Associated-URI: <" IMPU ">, <tel:+15550001>");
    ue_authenticates(w, (struct ue){.cseq = 41});
    assert_false(fake_cx_sar()->user_data_available);
    hss_gives_profile(w, user_data);
    expect_answer(200);
    ue_authenticates(w, (struct ue){.cseq = 50});
    assert_true(fake_cx_sar()->user_data_available);
    free(xml);
}

static void the_journal_is_written_anew_and_nothing_is_lost(void **state)
{
    struct world *w = *state;
    struct registration *reg;
    struct stat st;

    ue_is_registered(
        w,
        (struct ue){.impi = "tablet@hims.net", .call_id = "tab", .contact = "<sip:t@10.45.0.7>"});
    ue_is_registered(w, (struct ue){0});
    reg = registrar_find(&w->scscf.registrar, IMPU);
    for (unsigned i = 0; i < 1100; i++) {
        reg->bindings->unsaved = true;
        journal_save(&w->scscf, reg, NULL);
        if (i == 1050) /* while the new file is being made */
            ue_is_registered(w, (struct ue){.cseq = 60});
        fake_clock_forward_ms(w->loop, i % 2);
    }
    assert_int_equal(stat(w->journal, &st), 0);
    assert_true(st.st_size < 100000);
    assert_int_equal(st.st_mode & 0777, 0600);
    scscf_restarts(w);
    ue_registers(w, (struct ue){.cseq = 4000, .protection = "yes", .no_contact = true});
    assert_non_null(strstr(expect_answer(200)->text, "Contact: <sip:t@10.45.0.7>;"));
    assert_non_null(strstr(expect_answer(200)->text, "Contact: <sip:name@10.45.0.2:5060>;"));
    assert_int_equal(w->scscf.registrar.count, 1);
}

static void the_number_of_a_contact_never_comes_again(void **state)
{
    struct world *w = *state;
    uint64_t id;

    ue_is_registered(w, (struct ue){0});
    id = registrar_find(&w->scscf.registrar, IMPU)->bindings->id;
    ue_registers(w, (struct ue){.cseq = 30, .protection = "yes", .expires = "0"});
    hss_accepts(w);
    scscf_restarts(w);
    ue_is_registered(w, (struct ue){.cseq = 60});
    assert_true(registrar_find(&w->scscf.registrar, IMPU)->bindings->id > id);
}

static void a_journal_that_cannot_be_written_stops_nobody(void **state)
{
    struct world *w = *state;
    struct why why;

    journal_close(&w->scscf);
    assert_int_equal(journal_open(&w->scscf, "/proc/self/status", &why), -EPERM);
    assert_null(w->scscf.journal);
    ue_is_registered(w, (struct ue){0});
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        journal_test(RST_04_a_fetch_after_a_restart_lists_the_contact_with_what_is_left),
        journal_test(RST_04_a_refresh_after_a_restart_is_a_re_registration),
        journal_test(a_deregistration_after_a_restart_needs_no_challenge_and_is_not_forgotten),
        journal_test(one_of_two_contacts_that_was_taken_away_does_not_come_back),
        journal_test(what_expires_while_the_scscf_is_dead_ends_at_its_start),
        journal_test(what_has_not_expired_yet_expires_on_time),
        journal_test(a_late_request_is_late_after_a_restart_too),
        journal_test(an_end_that_the_hss_could_not_be_told_is_told_after_a_restart),
        journal_test(an_end_is_not_told_when_the_user_is_back),
        journal_test(a_damaged_line_is_left_out_and_the_others_count),
        journal_test(a_profile_too_long_for_a_line_is_asked_for_again),
        journal_test(the_journal_is_written_anew_and_nothing_is_lost),
        journal_test(the_number_of_a_contact_never_comes_again),
        journal_test(a_journal_that_cannot_be_written_stops_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
