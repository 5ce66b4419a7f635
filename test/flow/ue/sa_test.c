/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's security associations over time: renewal, the end, and a P-CSCF that lost them. */
#include "ipsec.h"

static struct sec_mechanism renew(const struct sec_mechanism *old)
{
    const struct fake_sip_sent *s;
    struct sec_mechanism mine;

    register_begin(&ue, on_outcome, NULL);
    s = heard_register();
    check_inside(s, old);
    assert_string_not_equal(header(s, "Security-Verify"), "");
    mine = client_of(s).mechanism[0];
    offer_another();
    challenge_securely();
    check_inside(heard_register(), &mine);
    return mine;
}

static void RREG_02_a_renewal_is_asked_for_on_the_old_set_and_answered_on_the_new(void **state)
{
    struct sec_mechanism old = be_protected_for(90000), mine;

    (void)state;
    mine = renew(&old);
    assert_int_equal(mine.port_s, old.port_s); /* port_us is fixed, the others are new */
    assert_int_not_equal(mine.port_c, old.port_c);
    assert_int_not_equal(mine.spi_c, old.spi_c);
    assert_int_not_equal(mine.spi_s, old.spi_s);
    assert_int_equal(fake_xfrm_sas(), 8);
    accept_for(90000);
    heard_outcome(0, "protected");
    assert_int_equal(fake_xfrm_sas(), 8); /* the old one for what may be under way */
    fake_clock_forward_ms(loop, 31999);
    assert_int_equal(fake_xfrm_sas(), 8);
    fake_clock_forward_ms(loop, 1);
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_int_equal(fake_xfrm_policies(), 8);
    check_kernel(&mine);
    assert_null(fake_xfrm_sa(old.spi_c));
}

static void a_hundred_renewals_leave_one_set(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);

    (void)state;
    for (int i = 0; i < 100; i++) {
        mine = renew(&mine);
        accept_for(90000);
        heard_outcome(0, "protected");
        fake_clock_forward_ms(loop, 32000);
        assert_int_equal(fake_xfrm_sas(), 4);
        assert_int_equal(fake_xfrm_policies(), 8);
        assert_int_equal(sip_protect_count(), 1);
    }
}

static void a_renewal_without_a_challenge_keeps_the_set_and_its_verify(void **state)
{
    struct sec_mechanism mine = be_protected_for(1200);

    (void)state;
    fake_clock_forward_ms(loop, 600000); /* at half time */
    check_inside(heard_register(), &mine);
    accept_for(1200);
    fake_clock_forward_ms(loop, 600000);
    check_inside(heard_register(), &mine);
    assert_string_not_equal(header(fake_sip_sent(at - 1), "Security-Verify"), "");
    accept_for(1200);
    assert_int_equal(fake_xfrm_sas(), 4);
    check_kernel(&mine);
}

static void RREG_10_a_shorter_registration_does_not_shorten_the_set(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);

    (void)state;
    mine = renew(&mine);
    accept_for(60);
    heard_outcome(0, "for 60 s");
    assert_true(fake_xfrm_sa(mine.spi_c)->hard_s >= 90000);
    register_abort(&ue);
    loop_cancel(&ue.reg.timer);
    fake_clock_forward_ms(loop, 120000);
    check_kernel(&mine);
}

static void the_set_ends_shortly_after_the_registration(void **state)
{
    struct sec_mechanism mine = be_protected_for(1200);

    (void)state;
    assert_in_range(fake_xfrm_sa(mine.spi_c)->hard_s, 1230, 1400);
    loop_cancel(&ue.reg.timer); /* nobody renews it */
    fake_clock_forward_ms(loop, 1229999);
    assert_int_equal(fake_xfrm_sas(), 4);
    fake_clock_forward_ms(loop, 1);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 2); /* port_us is blocked */
}

static void a_refused_renewal_takes_both_sets(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);

    (void)state;
    renew(&mine);
    fake_sip_answer(at - 1, 403, NULL);
    heard_outcome(-EACCES, "403");
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 2); /* port_us is blocked */
}

static void REGE_07_a_renewal_that_dies_on_the_new_set_goes_on_with_the_old(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);

    (void)state;
    renew(&mine);
    fake_clock_forward_ms(loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 4);
    fake_clock_forward_ms(loop, 4000);
    check_inside(heard_register(), &mine);
    accept_for(90000);
    heard_outcome(0, "protected");
}

static void ROB_12_nobody_answers_on_the_set_and_it_registers_unprotected(void **state)
{
    struct sec_mechanism old = be_protected_for(90000), mine;
    const struct fake_sip_sent *s;

    (void)state;
    register_begin(&ue, on_outcome, NULL);
    check_inside(heard_register(), &old);
    fake_clock_forward_ms(loop, 32000);
    s = heard_register();
    check_outside(s);
    assert_int_equal(fake_xfrm_sas(), 0);
    mine = client_of(s).mechanism[0];
    offer_another();
    challenge_securely();
    check_inside(heard_register(), &mine);
    accept_for(90000);
    heard_outcome(0, "protected");
    assert_int_equal(fake_xfrm_sas(), 4);
}

static void GPR_32_another_pcscf_is_asked_unprotected(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);

    (void)state;
    addr_parse(&ue.pdp.pcscf[1], PCSCF2, 0);
    ue.pdp.pcscf_count = 2;
    register_begin(&ue, on_outcome, NULL);
    check_inside(heard_register(), &mine);
    fake_sip_answer(at - 1, 503, NULL);
    assert_string_equal(heard_register()->to.host, PCSCF2);
    check_outside(fake_sip_sent(at - 1));
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void DREG_01_de_registration_is_protected_and_the_set_stays_for_its_answer(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);
    const struct fake_sip_sent *s;

    (void)state;
    register_end(&ue, on_outcome, NULL);
    s = heard_register();
    check_inside(s, &mine);
    assert_non_null(strstr(s->text, "Expires: 0\r\n"));
    assert_string_not_equal(header(s, "Security-Client"), "");
    fake_sip_answer(at - 1, 200, NULL);
    heard_outcome(0, "deregistered: ");
    check_kernel(&mine);
    fake_clock_forward_ms(loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 2); /* port_us is blocked */
}

static void DREG_01_a_challenged_de_registration_is_answered_on_a_new_set(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);
    const struct fake_sip_sent *s;

    (void)state;
    register_end(&ue, on_outcome, NULL);
    mine = client_of(heard_register()).mechanism[0];
    offer_another();
    challenge_securely();
    s = heard_register();
    check_inside(s, &mine);
    assert_non_null(strstr(s->text, "Expires: 0\r\n"));
    fake_sip_answer(at - 1, 200, NULL);
    heard_outcome(0, "deregistered: ");
    fake_clock_forward_ms(loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void it_registers_again_while_the_old_set_is_in_its_grace(void **state)
{
    struct sec_mechanism old = be_protected_for(90000), mine;

    (void)state;
    register_end(&ue, on_outcome, NULL);
    heard_register();
    fake_sip_answer(at - 1, 200, NULL);
    heard_outcome(0, "deregistered: ");
    register_begin(&ue, on_outcome, NULL);
    check_outside(heard_register());
    mine = client_of(fake_sip_sent(at - 1)).mechanism[0];
    assert_int_not_equal(mine.port_c, old.port_c);
    offer_another();
    challenge_securely();
    check_inside(heard_register(), &mine);
    accept_for(90000);
    heard_outcome(0, "protected");
    fake_clock_forward_ms(loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 4);
    check_kernel(&mine);
}

static void a_client_port_of_the_pcscf_that_an_old_set_has_goes_to_the_new_one(void **state)
{
    struct sec_mechanism old = be_protected_for(90000), mine = renew(&old);

    (void)state;
    accept_for(90000);
    heard_outcome(0, "protected");
    offer.port_c -= 2; /* offer_another makes the first's of it, within its 32 s */
    mine = renew(&mine);
    accept_for(90000);
    heard_outcome(0, "protected");
    check_kernel(&mine);
    assert_null(fake_xfrm_sa(old.spi_c));
    assert_int_equal(fake_xfrm_sas(), 8);
    assert_int_equal(sip_protect_count(), 2);
}

static void a_challenge_with_the_client_port_of_the_set_in_use_is_given_up(void **state)
{
    uint16_t port = (be_protected_for(90000), offer.port_c);

    (void)state;
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    offer_another();
    offer.port_c = port;
    challenge_securely();
    heard_outcome(-EPROTO, "the P-CSCF's port-c 6001 is that of the set in use: it must change");
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 2); /* port_us is blocked */
}

static void GPR_27_with_the_address_the_associations_go(void **state)
{
    struct nas request = sm(SM_DEACTIVATE_REQUEST);

    (void)state;
    be_protected_for(90000);
    request.deactivate_request.cause = SM_CAUSE_REGULAR;
    sgsn_says(&request);
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_int_equal(fake_xfrm_policies(), 0);
    assert_null(fake_sip());
}

static void what_a_killed_terminal_left_in_the_kernel_is_removed(void **state)
{
    struct sec_mechanism mine = be_protected_for(90000);
    struct sa_set set = *sa_current(&ue);
    struct xfrm *x = ue.reg.sas.xfrm;

    (void)state;
    sa_leave(&ue);
    ue.reg.state = REG_IDLE;
    ue.reg.bound = false;
    loop_cancel(&ue.reg.timer);
    assert_int_equal(sa_set_install(x, &set, NULL, NULL), 0);
    assert_int_equal(fake_xfrm_sas(), 4);
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_null(fake_xfrm_sa(mine.spi_c));
}

static void TRU_09_a_request_by_no_set_of_the_terminal_is_refused(void **state)
{
    static const char text[] = "OPTIONS sip:name@10.45.0.2 SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n"
                               "To: <sip:name@hims.net>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    static const struct {
        const char *source;
        int status;
    } cases[] = {
        {"10.60.2.10:6001", 501},
        {"10.60.2.10:5060", 403},
        {"10.60.2.99:6001", 403}
    };

    (void)state;
    be_protected_for(90000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        fake_sip_request(text, cases[i].source);
        assert_int_equal(fake_sip_reply(i)->status, cases[i].status);
    }
}

static void over_tcp_the_contact_says_so_with_the_protected_port(void **state)
{
    struct sec_mechanism mine;
    char contact[64];

    (void)state;
    terminal.transport = CONF_TCP;
    mine = be_protected_for(600);
    terminal.transport = CONF_UDP;
    assert_int_equal(fake_sip_sent(at - 1)->to.transport, SIP_TCP);
    snprintf(contact, sizeof contact, "Contact: <sip:10.45.0.2:%u;transport=tcp>", mine.port_s);
    assert_non_null(strstr(fake_sip_sent(at - 1)->text, contact));
}

static void the_state_shows_the_four_associations(void **state)
{
    struct sec_mechanism mine = be_protected_for(600);
    char *text = NULL, spi[64];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    fake_xfrm_count(mine.spi_s, 7, 2);
    ue_print(&ue, out);
    fclose(out);
    assert_non_null(
        strstr(text, "IPsec     established, hmac-sha-1-96/aes-cbc, mode trans, another 630 s"));
    snprintf(spi, sizeof spi, "spi_us 0x%08x 10.60.2.10:6001", mine.spi_s);
    assert_non_null(strstr(text, spi));
    assert_non_null(strstr(text, "7 packets, 0 octets, ESP arrives but does not decrypt"));
    free(text);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(RREG_02_a_renewal_is_asked_for_on_the_old_set_and_answered_on_the_new),
        T(a_hundred_renewals_leave_one_set),
        T(a_renewal_without_a_challenge_keeps_the_set_and_its_verify),
        T(RREG_10_a_shorter_registration_does_not_shorten_the_set),
        T(the_set_ends_shortly_after_the_registration),
        T(a_refused_renewal_takes_both_sets),
        T(REGE_07_a_renewal_that_dies_on_the_new_set_goes_on_with_the_old),
        T(ROB_12_nobody_answers_on_the_set_and_it_registers_unprotected),
        T(GPR_32_another_pcscf_is_asked_unprotected),
        T(DREG_01_de_registration_is_protected_and_the_set_stays_for_its_answer),
        T(DREG_01_a_challenged_de_registration_is_answered_on_a_new_set),
        T(it_registers_again_while_the_old_set_is_in_its_grace),
        T(a_client_port_of_the_pcscf_that_an_old_set_has_goes_to_the_new_one),
        T(a_challenge_with_the_client_port_of_the_set_in_use_is_given_up),
        T(GPR_27_with_the_address_the_associations_go),
        T(what_a_killed_terminal_left_in_the_kernel_is_removed),
        T(TRU_09_a_request_by_no_set_of_the_terminal_is_refused),
        T(over_tcp_the_contact_says_so_with_the_protected_port),
        T(the_state_shows_the_four_associations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
