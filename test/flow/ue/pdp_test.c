/* SPDX-License-Identifier: Apache-2.0 */
/* PDP context activation and deactivation against a scripted SGSN. */
#include "network.h"

static void GPR_08_the_terminal_asks_for_an_address_and_its_pcscf(void **state)
{
    const struct sm_activate_request *r;
    const struct nas *m;
    struct pco pco;

    (void)state;
    attach();
    pdp_begin(&ue, on_outcome, NULL);
    m = sgsn_heard(SM_ACTIVATE_REQUEST);
    r = &m->activate_request;
    assert_int_equal(m->ti, 0);
    assert_false(m->to_originator);
    assert_int_equal(r->nsapi, 5);
    assert_int_equal(r->address.type, GSM_PDP_IPV4);
    assert_string_equal(r->apn, "ims");
    pco_decode(&pco, false, r->pco.data, r->pco.len);
    assert_true(pco.ask_pcscf_v4 && pco.ask_pcscf_v6 && pco.ask_dns_v4 && pco.ask_mtu);
    assert_true(pco.im_cn);
    assert_int_equal(pco.ipcp, IPCP_REQUEST);
}

static void the_address_of_the_accept_is_put_on_the_interface(void **state)
{
    struct nas m = activate_accept("10.45.0.2", "10.60.2.10 10.60.2.11");

    (void)state;
    attach();
    pdp_begin(&ue, on_outcome, NULL);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    sgsn_says(&m);
    heard_outcome(0, "active: 10.45.0.2 on ue0, APN ims, P-CSCF 10.60.2.10, 10.60.2.11, DNS "
                     "10.60.3.53, MTU 1400");
    assert_int_equal(netif.count, 1);
    assert_string_equal(netif.on[0], "ue0 10.45.0.2");
    assert_int_equal(ue.pdp.pcscf_count, 2);
    assert_true(ue.pdp.im_cn);
}

static void an_ipv6_context_has_an_ipv6_address_and_only_pcscfs_it_can_reach(void **state)
{
    struct nas m = activate_accept("2001:db8:45::2", "10.60.2.10 2001:db8::7");

    (void)state;
    attach();
    pdp_begin(&ue, on_outcome, NULL);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    sgsn_says(&m);
    heard_outcome(0, "active: 2001:db8:45::2 on ue0, APN ims, P-CSCF 2001:db8::7, ");
    assert_string_equal(netif.on[0], "ue0 2001:db8:45::2");
}

static void without_the_right_to_set_addresses_it_goes_on(void **state)
{
    (void)state;
    netif.err = EPERM;
    attach();
    activate("10.60.2.10");
    assert_int_equal(netif.count, 0);
    assert_non_null(strstr(outcome.sentence, "10.45.0.2 on no interface"));
}

static void rejected(unsigned cause, const char *words)
{
    struct nas m = sm(SM_ACTIVATE_REJECT);

    pdp_begin(&ue, on_outcome, NULL);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    m.activate_reject.cause = cause;
    sgsn_says(&m);
    heard_outcome(-ECONNREFUSED, "failed: Activate PDP Context Reject, cause ");
    assert_non_null(strstr(outcome.sentence, words));
    assert_int_equal(steps_level(&ue), UE_ATTACHED);
}

static void rejects_are_explained(void **state)
{
    (void)state;
    attach();
    rejected(SM_CAUSE_INSUFFICIENT_RESOURCES, "no free address");
    rejected(SM_CAUSE_UNKNOWN_APN, "for APN ims - the GGSN has no such APN");
    rejected(SM_CAUSE_NOT_SUBSCRIBED, "may not use this APN");
    rejected(SM_CAUSE_NETWORK_FAILURE, "the GGSN does not answer the SGSN");
    rejected(200, "cause 200 (not a cause that is known)");
}

static void GPR_28_a_silent_sgsn_is_asked_as_often_as_t3380_says(void **state)
{
    (void)state;
    attach();
    pdp_begin(&ue, on_outcome, NULL);
    for (int i = 0; i < 5; i++) {
        sgsn_heard(SM_ACTIVATE_REQUEST);
        sgsn_heard_no_more();
        fake_clock_forward_ms(loop, 30000);
    }
    sgsn_heard_no_more();
    heard_outcome(-ETIMEDOUT, "to 5 Activate PDP Context Requests, one every 30000 ms (T3380)");
}

static void an_accept_without_an_address_is_no_success(void **state)
{
    struct nas m = activate_accept("10.45.0.2", "10.60.2.10");

    (void)state;
    attach();
    pdp_begin(&ue, on_outcome, NULL);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    m.activate_accept.has_address = false;
    sgsn_says(&m);
    heard_outcome(-ENETUNREACH, "without an address");
    sgsn_heard(SM_DEACTIVATE_REQUEST); /* the network believes in it */
}

static void GPR_27_the_terminal_deactivates_and_gives_the_address_back(void **state)
{
    struct nas accept = sm(SM_DEACTIVATE_ACCEPT);
    const struct nas *m;

    (void)state;
    attach();
    activate("10.60.2.10");
    pdp_end(&ue, on_outcome, NULL);
    m = sgsn_heard(SM_DEACTIVATE_REQUEST);
    assert_int_equal(m->deactivate_request.cause, SM_CAUSE_REGULAR);
    assert_int_equal(netif.count, 1); /* ours until the network says so */
    sgsn_says(&accept);
    heard_outcome(0, "inactive: the address was given back");
    assert_int_equal(netif.count, 0);
}

static void GPR_27_the_network_deactivates_and_the_address_goes(void **state)
{
    struct nas request = sm(SM_DEACTIVATE_REQUEST);

    (void)state;
    attach();
    activate("10.60.2.10");
    request.deactivate_request.cause = SM_CAUSE_REGULAR;
    sgsn_says(&request);
    sgsn_heard(SM_DEACTIVATE_ACCEPT);
    assert_int_equal(netif.count, 0);
    assert_int_equal(steps_level(&ue), UE_ATTACHED);
    assert_non_null(strstr(notice, "lost: the network deactivated the PDP context, cause 36"));
    sgsn_says(&request); /* there is none any more */
    assert_int_equal(sgsn_heard(SM_STATUS)->sm_status.cause, SM_CAUSE_INVALID_TI);
}

static void a_deactivation_that_nobody_answers_ends_all_the_same(void **state)
{
    (void)state;
    attach();
    activate("10.60.2.10");
    pdp_end(&ue, on_outcome, NULL);
    fake_clock_forward_ms(loop, 5 * 8000);
    heard_outcome(-ETIMEDOUT, "did not answer 5 Deactivate PDP Context Requests (T3390)");
    assert_int_equal(netif.count, 0);
}

static void another_transaction_is_refused_with_status_81(void **state)
{
    struct nas request = sm(SM_DEACTIVATE_REQUEST);

    (void)state;
    attach();
    activate("10.60.2.10");
    request.deactivate_request.cause = SM_CAUSE_REGULAR;
    request.ti = 3;
    sgsn_says(&request);
    assert_int_equal(sgsn_heard(SM_STATUS)->sm_status.cause, SM_CAUSE_INVALID_TI);
    assert_int_equal(steps_level(&ue), UE_ACTIVE);
}

static void a_detach_in_the_middle_ends_the_activation(void **state)
{
    struct nas request = gmm(GMM_DETACH_REQUEST);

    (void)state;
    attach();
    pdp_begin(&ue, on_outcome, NULL);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    request.detach_request.type = NAS_DETACH_REATTACH;
    sgsn_says(&request);
    heard_outcome(-ENETDOWN, "the terminal is detached");
}

static void climbing_passes_every_level_and_coming_down_too(void **state)
{
    struct nas accept = gmm(GMM_ATTACH_ACCEPT), active = activate_accept("10.45.0.2", "10.60.2.10");
    struct nas inactive = sm(SM_DEACTIVATE_ACCEPT), detached = gmm(GMM_DETACH_ACCEPT);
    struct steps *steps = NULL;

    (void)state;
    steps_up(&steps, &ue, UE_ACTIVE, on_outcome, NULL);
    sgsn_heard(GMM_ATTACH_REQUEST);
    sgsn_says(&accept);
    sgsn_heard(SM_ACTIVATE_REQUEST);
    sgsn_says(&active);
    heard_outcome(0, "active: ");
    assert_null(steps);
    steps_up(&steps, &ue, UE_ACTIVE, on_outcome, NULL);
    heard_outcome(0, "active: "); /* still */
    steps_down(&steps, &ue, UE_ATTACHED, on_outcome, NULL);
    sgsn_heard(SM_DEACTIVATE_REQUEST);
    sgsn_says(&inactive);
    sgsn_heard(GMM_DETACH_REQUEST);
    sgsn_says(&detached);
    heard_outcome(0, "detached: ");
    steps_down(&steps, &ue, UE_ACTIVE, on_outcome, NULL);
    heard_outcome(0, "inactive: there was no PDP context");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(GPR_08_the_terminal_asks_for_an_address_and_its_pcscf),
        T(the_address_of_the_accept_is_put_on_the_interface),
        T(an_ipv6_context_has_an_ipv6_address_and_only_pcscfs_it_can_reach),
        T(without_the_right_to_set_addresses_it_goes_on),
        T(rejects_are_explained),
        T(GPR_28_a_silent_sgsn_is_asked_as_often_as_t3380_says),
        T(an_accept_without_an_address_is_no_success),
        T(GPR_27_the_terminal_deactivates_and_gives_the_address_back),
        T(GPR_27_the_network_deactivates_and_the_address_goes),
        T(a_deactivation_that_nobody_answers_ends_all_the_same),
        T(another_transaction_is_refused_with_status_81),
        T(a_detach_in_the_middle_ends_the_activation),
        T(climbing_passes_every_level_and_coming_down_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
