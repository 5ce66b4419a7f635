/* SPDX-License-Identifier: Apache-2.0 */
/* What ends by itself, what may not end meanwhile, and what SIGUSR1 shows of it. */
#include "world.h"

static void DREG_09_the_last_contact_of_a_terminal_ends_the_set_and_the_hss_is_told(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    forward_s(w, 89999);
    expect_quiet();
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
    forward_s(w, 1);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    assert_int_equal(w->scscf.registrar.count, 0);
    hss_accepts(w);
    expect_quiet();
}

static void one_of_two_contacts_that_expires_leaves_the_other(void **state)
{
    struct world *w = *state;

    ue_is_registered(
        w, (struct ue){.contact = "<sip:name@10.45.0.2>, <sip:name@10.45.0.3>;expires=100"});
    forward_s(w, 100);
    expect_quiet();
    forward_s(w, 89900);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    expect_quiet();
}

static void two_contacts_that_expire_together_are_one_end(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.contact = "<sip:name@10.45.0.2>, <sip:name@10.45.0.3>"});
    forward_s(w, 90000);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    expect_quiet();
}

static void a_refresh_moves_the_end(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "100"});
    forward_s(w, 60);
    ue_authenticates(w, (struct ue){.cseq = 30, .expires = "100"});
    hss_accepts(w);
    expect_answer(200);
    forward_s(w, 99);
    expect_quiet();
    forward_s(w, 1);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
}

static void a_set_does_not_expire_while_the_hss_is_asked_about_it(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "100"});
    forward_s(w, 99);
    ue_authenticates(w, (struct ue){.cseq = 30, .expires = "100"});
    forward_s(w, 2);
    expect_sar(CX_SAT_RE_REGISTRATION, IMPI, IMPU);
    assert_int_equal(fake_cx_waiting(), 1);
    hss_accepts(w);
    expect_line(expect_answer(200), "Contact: <sip:name@10.45.0.2:5060>;expires=100");
    expect_quiet();
}

static void a_set_that_could_not_be_renewed_in_time_expires_after_the_refusal(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){.expires = "100"});
    forward_s(w, 99);
    ue_authenticates(w, (struct ue){.cseq = 30, .expires = "100"});
    forward_s(w, 2);
    hss_fails(w, -ETIMEDOUT);
    expect_answer(504);
    expect_sar(CX_SAT_TIMEOUT_DEREGISTRATION, IMPI, IMPU);
    assert_int_equal(w->scscf.registrar.count, 0);
}

static void a_renewal_that_is_overtaken_by_a_deregistration_finds_the_profile(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, (struct ue){.cseq = 27, .protection = "yes", .expires = "0"});
    expect_sar(CX_SAT_USER_DEREGISTRATION, IMPI, IMPU);
    /* its MAR and SAR wait behind the first SAR */
    ue_registers(w, (struct ue){.cseq = 28});
    hss_accepts(w);
    expect_answer(200);
    assert_int_equal(w->scscf.registrar.count, 0);
    hss_gives_vector(w, 1);
    expect_answer(401);
    expect_quiet();
}

static void a_hss_that_is_silent_at_the_end_is_only_logged(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    forward_s(w, 90000);
    hss_fails(w, -ETIMEDOUT);
    expect_quiet();
}

static void the_daemon_may_end_at_any_moment(void **state)
{
    struct world *w = *state;

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, (struct ue){.cseq = 27, .call_id = "b", .impi = "b@hims.net"});
    ue_authenticates(w, (struct ue){.cseq = 27, .call_id = "c", .impi = "c@hims.net"});
    /* world_close: a MAR and a SAR wait, a challenge too */
}

static void what_is_live_is_printed_without_keys(void **state)
{
    struct world *w = *state;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    ue_is_registered(w, (struct ue){0});
    ue_registers(w, (struct ue){.cseq = 1, .call_id = "b", .impi = "b@hims.net"});
    hss_gives_vector(w, 1);
    ue_registers(w, (struct ue){.cseq = 1, .call_id = "c", .impi = "c@hims.net"});
    forward_s(w, 10);
    scscf_print_live(&w->scscf, out);
    fclose(out);
    assert_non_null(strstr(text, "registration impu=" IMPU " impi=" IMPI
                                 " contact=<sip:name@10.45.0.2:5060> expires_s=89990 "
                                 "path=<sip:term@pcscf1.vims.net:5060;lr> "
                                 "service_route=<sip:orig@scscf1.hims.net:5060;lr>\n"));
    assert_non_null(strstr(text, "impi=b@hims.net impu=" IMPU " wrong=0 resyncs=0 left_ms=230000"));
    assert_non_null(strstr(text, "impi=c@hims.net step=asking-vector age_ms=10000\n"));
    assert_null(strstr(text, published[1].res));
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        flow_test(DREG_09_the_last_contact_of_a_terminal_ends_the_set_and_the_hss_is_told),
        flow_test(one_of_two_contacts_that_expires_leaves_the_other),
        flow_test(two_contacts_that_expire_together_are_one_end),
        flow_test(a_refresh_moves_the_end),
        flow_test(a_set_does_not_expire_while_the_hss_is_asked_about_it),
        flow_test(a_set_that_could_not_be_renewed_in_time_expires_after_the_refusal),
        flow_test(a_renewal_that_is_overtaken_by_a_deregistration_finds_the_profile),
        flow_test(a_hss_that_is_silent_at_the_end_is_only_logged),
        flow_test(the_daemon_may_end_at_any_moment),
        flow_test(what_is_live_is_printed_without_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
