/* SPDX-License-Identifier: Apache-2.0 */
/* GPRS attach and detach against a scripted SGSN. */
#include "network.h"

static void begin_attach(void)
{
    attach_begin(&ue, on_outcome, NULL);
    sgsn_heard(GMM_ATTACH_REQUEST);
}

static void a_terminal_attaches_with_its_imsi(void **state)
{
    const struct nas *m;
    struct nas accept = gmm(GMM_ATTACH_ACCEPT);

    (void)state;
    attach_begin(&ue, on_outcome, NULL);
    m = sgsn_heard(GMM_ATTACH_REQUEST);
    assert_int_equal(m->attach_request.identity.type, NAS_IMSI);
    assert_string_equal(m->attach_request.identity.digits, IMSI);
    assert_int_equal(m->attach_request.old_rai.lac, 0xfffe);
    assert_int_equal(gb_terminal_tlli(ue.radio), 0x78000001);
    heard_nothing_yet();
    accept.attach_accept.has_ptmsi = true;
    accept.attach_accept.ptmsi = (struct nas_mobile_id){.type = NAS_PTMSI, .ptmsi = 0xc0000007};
    accept.attach_accept.rai = (struct gsm_rai){.mcc = "001", .mnc = "01", .lac = 1, .rac = 2};
    sgsn_says(&accept);
    sgsn_heard(GMM_ATTACH_COMPLETE);
    assert_int_equal(gb_terminal_tlli(ue.radio), 0xc0000007);
    heard_outcome(0, "attached: IMSI " IMSI " to SGSN 10.60.2.1:2157, P-TMSI c0000007, routing "
                     "area 001-01-1-2");
}

static void an_accept_that_comes_again_gets_its_complete_again(void **state)
{
    struct nas accept = gmm(GMM_ATTACH_ACCEPT);

    (void)state;
    attach();
    accept.attach_accept.has_ptmsi = true;
    accept.attach_accept.ptmsi = (struct nas_mobile_id){.type = NAS_PTMSI, .ptmsi = 0xc0000001};
    sgsn_says(&accept);
    sgsn_heard(GMM_ATTACH_COMPLETE);
    heard_nothing_yet();
}

static void identities_are_told_when_the_sgsn_asks(void **state)
{
    static const struct {
        unsigned type;
        const char *digits;
    } rows[] = {
        {NAS_IMSI,   IMSI              },
        {NAS_IMEI,   "356938035643809" },
        {NAS_IMEISV, "3569380356438000"},
    };
    const struct nas *m;
    struct nas ask = gmm(GMM_IDENTITY_REQUEST);

    (void)state;
    begin_attach();
    for (size_t i = 0; i < COUNT(rows); i++) {
        ask.identity_request.type = rows[i].type;
        sgsn_says(&ask);
        m = sgsn_heard(GMM_IDENTITY_RESPONSE);
        assert_int_equal(m->identity_response.identity.type, rows[i].type);
        assert_string_equal(m->identity_response.identity.digits, rows[i].digits);
    }
}

static struct nas challenge(uint64_t sqn, uint8_t first, struct aka_vector *v)
{
    struct nas m = gmm(GMM_AUTH_REQUEST);
    struct aka_key key;
    const uint8_t rand[16] = {first};

    memcpy(key.k, card.k, 16);
    memcpy(key.opc, card.opc, 16);
    memcpy(key.amf, card.amf, 2);
    aka_make(&key, rand, sqn, v);
    m.auth_request.reference = 3;
    m.auth_request.imeisv_request = 1;
    m.auth_request.has_rand = m.auth_request.has_autn = m.auth_request.has_cksn = true;
    memcpy(m.auth_request.rand, v->rand, 16);
    memcpy(m.auth_request.autn, v->autn, 16);
    return m;
}

static void the_card_answers_umts_aka(void **state)
{
    struct aka_vector v;
    struct nas ask = challenge(5 << AKA_IND_BITS, 7, &v);
    const struct nas *m;

    (void)state;
    begin_attach();
    sgsn_says(&ask);
    m = sgsn_heard(GMM_AUTH_RESPONSE);
    assert_int_equal(m->auth_response.reference, 3);
    assert_memory_equal(m->auth_response.res, v.xres, 4);
    assert_int_equal(m->auth_response.res_rest.len, 4);
    assert_memory_equal(m->auth_response.res_rest.data, v.xres + 4, 4);
    assert_string_equal(m->auth_response.imeisv.digits, "3569380356438000");
}

static void GPR_04_an_old_challenge_is_answered_with_auts(void **state)
{
    struct aka_vector v;
    struct nas ask = challenge(5 << AKA_IND_BITS, 7, &v);
    const struct nas *m;

    (void)state;
    begin_attach();
    sgsn_says(&ask);
    sgsn_heard(GMM_AUTH_RESPONSE);
    ask = challenge(5 << AKA_IND_BITS, 8, &v);
    sgsn_says(&ask);
    m = sgsn_heard(GMM_AUTH_FAILURE);
    assert_int_equal(m->auth_failure.cause, GMM_CAUSE_SYNCH_FAILURE);
    assert_true(m->auth_failure.has_auts);
}

static void a_challenge_that_comes_again_gets_its_answer_again(void **state)
{
    struct aka_vector v;
    struct nas ask = challenge(5 << AKA_IND_BITS, 7, &v), accept = gmm(GMM_ATTACH_ACCEPT);

    (void)state;
    begin_attach();
    for (int i = 0; i < 3; i++) {
        sgsn_says(&ask);
        assert_memory_equal(sgsn_heard(GMM_AUTH_RESPONSE)->auth_response.res, v.xres, 4);
    }
    sgsn_says(&accept);
    heard_outcome(0, "attached: IMSI " IMSI);
    sgsn_says(&ask); /* not for ever (24.008 4.7.7.3) */
    sgsn_heard(GMM_AUTH_FAILURE);
}

static void a_wrong_mac_is_told_and_the_reject_explained(void **state)
{
    struct aka_vector v;
    struct nas ask = challenge(5 << AKA_IND_BITS, 7, &v), reject = gmm(GMM_AUTH_REJECT);

    (void)state;
    begin_attach();
    ask.auth_request.autn[15] ^= 1;
    sgsn_says(&ask);
    assert_int_equal(sgsn_heard(GMM_AUTH_FAILURE)->auth_failure.cause, GMM_CAUSE_MAC_FAILURE);
    sgsn_says(&reject);
    heard_outcome(-EACCES, "failed: wrong K or OPc: the SGSN's MAC does not verify");
}

static void GPR_03_a_reject_of_the_answer_is_explained(void **state)
{
    struct aka_vector v;
    struct nas ask = challenge(5 << AKA_IND_BITS, 7, &v), reject = gmm(GMM_AUTH_REJECT);

    (void)state;
    begin_attach();
    sgsn_says(&ask);
    sgsn_heard(GMM_AUTH_RESPONSE);
    sgsn_says(&reject);
    heard_outcome(-EACCES, "the SGSN does not accept the answer of the SIM (IMSI " IMSI
                           ") - K or OPc differ");
    assert_int_equal(steps_level(&ue), UE_OFF);
}

static void GPR_02_an_unknown_imsi_is_rejected_with_a_sentence(void **state)
{
    struct nas reject = gmm(GMM_ATTACH_REJECT);

    (void)state;
    begin_attach();
    reject.attach_reject.cause = GMM_CAUSE_NO_GPRS_AND_NO_OTHER;
    sgsn_says(&reject);
    heard_outcome(-ECONNREFUSED, "failed: Attach Reject, cause 8");
    assert_non_null(strstr(outcome.sentence, "for IMSI " IMSI " - the network does not know"));
    sgsn_heard_no_more();
}

static void GPR_28_a_silent_sgsn_is_asked_as_often_as_t3310_says(void **state)
{
    (void)state;
    attach_begin(&ue, on_outcome, NULL);
    for (int i = 0; i < 5; i++) {
        sgsn_heard(GMM_ATTACH_REQUEST);
        fake_clock_forward_ms(loop, 14999);
        sgsn_heard_no_more();
        heard_nothing_yet();
        fake_clock_forward_ms(loop, 1);
    }
    sgsn_heard_no_more();
    heard_outcome(-ETIMEDOUT, "failed: no answer from the SGSN at 10.60.2.1:2157 to 5 Attach "
                              "Requests, one every 15000 ms (T3310)");
}

static void without_a_gb_link_the_sentence_names_the_sgsn(void **state)
{
    (void)state;
    gb.dead = true;
    attach_begin(&ue, on_outcome, NULL);
    heard_outcome(-ETIMEDOUT, "failed: no Gb link: no answer from the SGSN at '10.60.2.1:2157' to "
                              "NS-RESET - is it running there");
    gb.dead = false;
    attach(); /* and it can be tried again */
}

static void a_detach_is_answered(void **state)
{
    struct nas accept = gmm(GMM_DETACH_ACCEPT);
    const struct nas *m;

    (void)state;
    attach();
    detach_begin(&ue, on_outcome, NULL);
    m = sgsn_heard(GMM_DETACH_REQUEST);
    assert_int_equal(m->detach_request.type, NAS_DETACH_GPRS);
    assert_int_equal(m->detach_request.ptmsi.ptmsi, 0xc0000001);
    heard_nothing_yet();
    sgsn_says(&accept);
    heard_outcome(0, "detached: IMSI " IMSI);
    assert_int_equal(steps_level(&ue), UE_OFF);
}

static void a_detach_that_nobody_answers_ends_all_the_same(void **state)
{
    (void)state;
    attach();
    detach_begin(&ue, on_outcome, NULL);
    fake_clock_forward_ms(loop, 5 * 15000);
    heard_outcome(-ETIMEDOUT, "did not answer 5 Detach Requests (T3321)");
    assert_int_equal(steps_level(&ue), UE_OFF);
}

static void GPR_29_power_off_waits_for_nobody(void **state)
{
    (void)state;
    attach();
    detach_power_off(&ue);
    assert_int_equal(sgsn_heard(GMM_DETACH_REQUEST)->detach_request.type,
                     NAS_DETACH_GPRS | NAS_DETACH_POWER_OFF);
    assert_int_equal(steps_level(&ue), UE_OFF);
}

static void a_detach_by_the_network_takes_everything_away(void **state)
{
    struct nas request = gmm(GMM_DETACH_REQUEST);

    (void)state;
    attach();
    activate("10.60.2.10");
    request.detach_request.type = NAS_DETACH_NO_REATTACH;
    sgsn_says(&request);
    sgsn_heard(GMM_DETACH_ACCEPT);
    assert_int_equal(steps_level(&ue), UE_OFF);
    assert_int_equal(netif.count, 0);
    assert_non_null(strstr(notice, "lost: the SGSN detached the terminal"));
}

static void what_does_not_belong_here_is_ignored(void **state)
{
    struct nas reject = gmm(GMM_ATTACH_REJECT), accept = gmm(GMM_DETACH_ACCEPT);

    (void)state;
    attach();
    sgsn_says(&reject);
    sgsn_says(&accept);
    sgsn_heard_no_more();
    assert_int_equal(steps_level(&ue), UE_ATTACHED);
}

static void what_cannot_be_read_gets_a_status(void **state)
{
    static const uint8_t unknown[] = {0x08, 0x7f}, cut[] = {0x08, 0x04}, empty[1];

    (void)state;
    attach();
    gb.terminal->up(gb.terminal->arg, LLC_GMM, unknown, sizeof unknown);
    assert_int_equal(sgsn_heard(GMM_STATUS)->gmm_status.cause, NAS_CAUSE_TYPE);
    gb.terminal->up(gb.terminal->arg, LLC_GMM, cut, sizeof cut);
    assert_int_equal(sgsn_heard(GMM_STATUS)->gmm_status.cause, NAS_CAUSE_MANDATORY);
    gb.terminal->up(gb.terminal->arg, LLC_GMM, empty, 0);
    gb.terminal->up(gb.terminal->arg, LLC_LL3, empty, 1);
    sgsn_heard_no_more();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_terminal_attaches_with_its_imsi),
        T(an_accept_that_comes_again_gets_its_complete_again),
        T(identities_are_told_when_the_sgsn_asks),
        T(the_card_answers_umts_aka),
        T(GPR_04_an_old_challenge_is_answered_with_auts),
        T(a_challenge_that_comes_again_gets_its_answer_again),
        T(GPR_03_a_reject_of_the_answer_is_explained),
        T(a_wrong_mac_is_told_and_the_reject_explained),
        T(GPR_02_an_unknown_imsi_is_rejected_with_a_sentence),
        T(GPR_28_a_silent_sgsn_is_asked_as_often_as_t3310_says),
        T(without_a_gb_link_the_sentence_names_the_sgsn),
        T(a_detach_is_answered),
        T(a_detach_that_nobody_answers_ends_all_the_same),
        T(GPR_29_power_off_waits_for_nobody),
        T(a_detach_by_the_network_takes_everything_away),
        T(what_does_not_belong_here_is_ignored),
        T(what_cannot_be_read_gets_a_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
