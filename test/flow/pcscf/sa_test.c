/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the P-CSCF's SA sets. */
#include "sa_world.h"

static void a_challenge_makes_four_sas_that_end_with_reg_await_auth(void **state)
{
    struct sa *sa;

    (void)state;
    assert_int_equal(fake_xfrm_policies(), BLOCKS);
    sa = challenge(1, NULL);
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(fake_xfrm_policies(), BLOCKS + 4);
    assert_int_equal(sa->state, SA_TEMPORARY);
    assert_ptr_equal(heard(40001), sa);
    assert_null(heard(40002));
    assert_int_equal((int)sip_protect_count(), 1);
    assert_int_equal(preferred(), sa->set.port_pc);
    pass_s(AWAIT_S - 1);
    assert_int_equal(fake_xfrm_sas(), 4);
    pass_s(1);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), BLOCKS);
    assert_int_equal((int)sip_protect_count(), 0);
}

static void the_spis_of_both_ends_are_four_different_ones(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 50; n++) {
        const struct sa_set *set = &challenge(n, NULL)->set;

        assert_true(set->spi_ps >= 256 && set->spi_pc >= 256);
        assert_int_not_equal(set->spi_ps, set->spi_pc);
        assert_int_not_equal(set->spi_ps, set->spi_uc);
        assert_int_not_equal(set->spi_pc, set->spi_us);
    }
    assert_int_equal(sas_count(sas, SA_TEMPORARY), 1); /* each took the place of the one before */
}

static void DREG_10_an_established_set_ends_by_itself_a_margin_after_its_registration(void **state)
{
    (void)state;
    registered(1);
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 1);
    pass_s(3600 + MARGIN_S - 1);
    assert_non_null(heard(40001));
    pass_s(1);
    assert_null(heard(40001));
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void RREG_10_the_life_time_never_decreases(void **state)
{
    struct sa *sa;

    (void)state;
    sa = registered(1);
    sa_succeed(sas, sa, 60); /* without a challenge */
    pass_s(3600);
    sa = heard(40001);
    assert_non_null(sa);
    sa_succeed(sas, sa, 600);
    pass_s(600);
    sa = heard(40001);
    assert_non_null(sa);
    sa_succeed(sas, sa, 9000);
    sa = challenge(2, sa);
    sa_succeed(sas, sa, 60); /* with a challenge: as long as the set before */
    pass_s(9000);
    assert_non_null(heard(40002));
}

static void RREG_02_server_ports_stay_client_ports_change(void **state)
{
    struct sa *first, *second;

    (void)state;
    first = registered(1);
    second = challenge(2, first);
    assert_int_equal(second->set.port_ps, first->set.port_ps);
    assert_int_not_equal(second->set.port_pc, first->set.port_pc);
    assert_null(challenge_at(IMPI, "10.45.0.2", 1, first));
    assert_string_equal(why.text, "a re-registration must change port-c, 40001 is in use");
    struct sa_ask ask = ask_of(IMPI, "10.45.0.2", 3, first);
    ask.port_s = 40101;
    assert_int_equal(sa_check(sas, &ask, &why), -EINVAL);
    assert_string_equal(why.text, "a re-registration must keep port-s 40100, it says 40101");
}

static void RREG_04_05_the_old_set_serves_until_the_terminal_is_heard_on_the_new_one(void **state)
{
    uint16_t old_pc, new_pc;
    struct sa *sa;

    (void)state;
    sa = registered(1);
    old_pc = sa->set.port_pc;
    assert_int_equal(preferred(), old_pc);
    sa = challenge(2, sa);
    new_pc = sa->set.port_pc;
    assert_int_equal(heard(40001)->state, SA_ESTABLISHED); /* an INVITE between 401 and 200 */
    assert_int_equal(heard(40002)->state, SA_TEMPORARY);   /* SM7 */
    assert_int_equal(preferred(), old_pc);
    sa_succeed(sas, sa, 3600);
    assert_int_equal(preferred(), old_pc);
    assert_int_equal(heard(40001)->state, SA_OLD);
    assert_int_equal(preferred(), old_pc);
    assert_int_equal(heard(40002)->state, SA_ESTABLISHED);
    assert_int_equal(preferred(), new_pc);
    pass_s(GRACE_MS / 1000);
    assert_null(heard(40001));
    assert_non_null(heard(40002));
    assert_int_equal(fake_xfrm_sas(), 4);
}

/* REGE-39 asks for an error at six SAs per direction. Here the oldest set whose registration was
 * replaced makes room, so that a terminal that registers again and again is never left outside. */
static void REGE_39_a_thousand_registrations_need_three_client_ports_and_six_sas_per_direction(
    void **state)
{
    struct sa *sa;

    (void)state;
    sa = registered(0);
    for (unsigned i = 1; i <= 1000; i++) {
        sa = challenge(i % 50, sa);
        sa_succeed(sas, sa, 3600);
        assert_true(fake_xfrm_sas() <= 3 * 4);
        if (i % 10 == 0)
            pass_s(GRACE_MS / 1000);
    }
    pass_s(GRACE_MS / 1000);
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(fake_xfrm_policies(), BLOCKS + 4);
    assert_int_equal((int)sip_protect_count(), 1);
}

static void two_client_ports_do_as_well(void **state)
{
    struct sa *sa;

    (void)state;
    stopped();
    config.port_pc_count = 2;
    start();
    sa = registered(0);
    for (unsigned i = 1; i <= 20; i++) {
        sa = challenge(i, sa);
        sa_succeed(sas, sa, 3600);
    }
    assert_int_equal(fake_xfrm_sas(), 8);
}

static void a_new_unprotected_registration_replaces_all_when_it_succeeds(void **state)
{
    struct sa *sa;

    (void)state;
    registered(1);
    sa = challenge(2, NULL);
    assert_int_equal(heard(40001)->state, SA_ESTABLISHED); /* anybody can ask */
    sa_succeed(sas, sa, 3600);
    assert_null(heard(40001));
    assert_non_null(heard(40002));
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(preferred(), sa->set.port_pc);
}

static void a_terminal_that_lost_its_sas_may_choose_the_same_numbers(void **state)
{
    (void)state;
    registered(1);
    registered(1);
    assert_int_equal(fake_xfrm_sas(), 4);
    registered(1);
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 1);
}

static void a_newer_challenge_takes_the_place_of_an_older_one(void **state)
{
    struct sa *sa;

    (void)state;
    sa = registered(1);
    challenge(2, sa);
    challenge(3, sa);
    assert_null(heard(40002));
    assert_non_null(heard(40003));
    assert_int_equal(fake_xfrm_sas(), 8);
}

static void TRU_20_numbers_of_another_subscriber_at_this_address_are_refused(void **state)
{
    (void)state;
    registered(1);
    assert_null(challenge_at("other@hims.net", "10.45.0.2", 1, NULL));
    assert_string_equal(why.text, "port-c 40001 of this address belongs to another subscriber");
    assert_null(challenge_at("other@hims.net", "10.45.0.2", 2, NULL));
    assert_string_equal(why.text, "port-s 40100 of this address belongs to another subscriber");
    assert_non_null(challenge_at("other@hims.net", "10.45.0.3", 1, NULL));
    assert_int_equal(sas_count(sas, SA_ESTABLISHED), 1);
}

static void REGE_06_a_refused_registration_leaves_the_set_before(void **state)
{
    uint16_t pc;
    struct sa *sa;

    (void)state;
    sa = registered(1);
    pc = sa->set.port_pc;
    sa = challenge(2, sa);
    sa_fail(sas, sa, "403");
    assert_true(heard(40002)->retired); /* the 403 leaves over it */
    assert_int_equal(heard(40001)->state, SA_ESTABLISHED);
    assert_int_equal(preferred(), pc);
    pass_s(GRACE_MS / 1000);
    assert_null(heard(40002));
    assert_int_equal(fake_xfrm_sas(), 4);
}

static void REGE_08_a_set_that_the_terminal_does_not_want_goes_at_once(void **state)
{
    (void)state;
    challenge(2, registered(1));
    sa_abort(sas, IMPI, "mac-failure");
    assert_null(heard(40002));
    assert_non_null(heard(40001));
}

static void DREG_13_after_the_last_identity_all_sets_of_the_subscriber_go(void **state)
{
    (void)state;
    registered(1);
    assert_non_null(challenge_at("other@hims.net", "10.45.0.3", 1, NULL));
    sa_retire(sas, IMPI, "deregistered");
    assert_int_equal(fake_xfrm_sas(), 8); /* the 200 and the NOTIFY leave over it */
    assert_true(heard(40001)->retired);
    pass_s(GRACE_MS / 1000);
    assert_null(heard(40001));
    assert_int_equal(fake_xfrm_sas(), 4);
}

static void a_retired_set_may_be_registered_over_again(void **state)
{
    struct sa *sa;

    (void)state;
    sa = registered(1);
    sa_retire(sas, IMPI, "deregistered");
    sa_succeed(sas, sa, 3600); /* the S-CSCF did not challenge */
    pass_s(3600);
    assert_int_equal(heard(40001)->state, SA_ESTABLISHED);
    assert_false(heard(40001)->retired);
}

static void a_refresh_over_the_old_set_lengthens_the_new_one(void **state)
{
    struct sa *sa;

    (void)state;
    sa = challenge(2, registered(1));
    sa_succeed(sas, sa, 3600);
    sa_succeed(sas, heard(40001), 7200);
    pass_s(7200);
    assert_null(heard(40001));
    assert_non_null(heard(40002));
}

static void a_kernel_that_refuses_leaves_nothing(void **state)
{
    (void)state;
    fake_xfrm_refuse(ENOBUFS);
    assert_null(challenge_at(IMPI, "10.45.0.2", 1, NULL));
    assert_true(*why.text);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal((int)sip_protect_count(), 0);
    assert_int_equal(sas_count(sas, SA_TEMPORARY), 0);
}

static void the_kernel_s_own_end_moves_on_with_a_long_registration(void **state)
{
    uint32_t spi;
    struct sa *sa;

    (void)state;
    sa = registered(1);
    spi = sa->set.spi_ps;
    for (int week = 0; week < 5; week++) {
        sa_succeed(sas, heard(40001), 604800);
        pass_s(604000);
    }
    assert_non_null(heard(40001));
    assert_true(fake_xfrm_sa(spi)->hard_s > 5 * 604800u);
}

static void behind_a_nat_the_port_is_the_one_that_the_kernel_tells(void **state)
{
    struct sa_ask ask = ask_of(IMPI, "192.0.2.1", 1, NULL);
    struct xfrm_event event = {.kind = XFRM_TOLD_MAPPING, .from = at("192.0.2.1", 61234)};
    struct addr source = at("192.0.2.1", 40001), local = at("10.60.2.10", 5061);
    struct sa *sa;

    (void)state;
    ask.mode = SEC_UDP_ENC_TUN;
    assert_int_equal(sa_check(sas, &ask, &why), -EOPNOTSUPP);
    stopped();
    fake_xfrm_encap();
    start();
    sa = sa_challenge(sas, &ask, sha1_aes, test_ck, test_ik, &why);
    assert_non_null(sa);
    assert_true(fake_xfrm_sa(sa->set.spi_us)->tunnel);
    assert_int_equal(fake_xfrm_sa(sa->set.spi_us)->encap_dst, 4500);
    event.dst = sa->set.pcscf;
    event.spi = sa->set.spi_ps;
    event.reqid = fake_xfrm_sa(sa->set.spi_ps)->reqid;
    fake_xfrm_tell(config.xfrm, &event);
    assert_ptr_equal(sa_find(sas, &source, &local), sa);
    assert_int_equal(fake_xfrm_sa(sa->set.spi_us)->encap_dst, 61234);
    event.from = at("192.0.2.99", 4500); /* another NAT: not this terminal */
    fake_xfrm_tell(config.xfrm, &event);
    sa_find(sas, &source, &local);
    assert_int_equal(fake_xfrm_sa(sa->set.spi_us)->encap_dst, 61234);
    ask.impi = "other@hims.net";
    ask.port_c++;
    ask.spi_c += 100, ask.spi_s += 100;
    assert_int_equal(sa_check(sas, &ask, &why), -EADDRINUSE);
    assert_string_equal(why.text, "port-s 40100 of this address belongs to another subscriber");
}

static void the_table_prints_what_the_kernel_counted(void **state)
{
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    struct sa *sa;

    (void)state;
    sa = registered(1);
    fake_xfrm_count(sa->set.spi_ps, 3, 5);
    fake_xfrm_count(sa->set.spi_us, 7, 0);
    sa_print(sas, out);
    fclose(out);
    assert_non_null(strstr(text, "live: sa set=established impi=" IMPI " ue=10.45.0.2 spi_uc=0x"));
    assert_non_null(strstr(text, " alg=hmac-sha-1-96 ealg=aes-cbc mode=trans "));
    assert_non_null(strstr(text, " packets_in=3 "));
    assert_non_null(strstr(text, " packets_out=7 "));
    assert_non_null(strstr(text, " bad=5 replayed=0 hint=\"ESP arrives but does not decrypt\"\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_challenge_makes_four_sas_that_end_with_reg_await_auth),
        T(the_spis_of_both_ends_are_four_different_ones),
        T(DREG_10_an_established_set_ends_by_itself_a_margin_after_its_registration),
        T(RREG_10_the_life_time_never_decreases),
        T(RREG_02_server_ports_stay_client_ports_change),
        T(RREG_04_05_the_old_set_serves_until_the_terminal_is_heard_on_the_new_one),
        T(REGE_39_a_thousand_registrations_need_three_client_ports_and_six_sas_per_direction),
        T(two_client_ports_do_as_well),
        T(a_new_unprotected_registration_replaces_all_when_it_succeeds),
        T(a_terminal_that_lost_its_sas_may_choose_the_same_numbers),
        T(a_newer_challenge_takes_the_place_of_an_older_one),
        T(TRU_20_numbers_of_another_subscriber_at_this_address_are_refused),
        T(REGE_06_a_refused_registration_leaves_the_set_before),
        T(REGE_08_a_set_that_the_terminal_does_not_want_goes_at_once),
        T(DREG_13_after_the_last_identity_all_sets_of_the_subscriber_go),
        T(a_retired_set_may_be_registered_over_again),
        T(a_refresh_over_the_old_set_lengthens_the_new_one),
        T(a_kernel_that_refuses_leaves_nothing),
        T(the_kernel_s_own_end_moves_on_with_a_long_registration),
        T(behind_a_nat_the_port_is_the_one_that_the_kernel_tells),
        T(the_table_prints_what_the_kernel_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
