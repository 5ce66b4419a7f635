/* SPDX-License-Identifier: Apache-2.0 */
/* A NAT between the terminal and the P-CSCF (TS 33.203 Annex M). */
#include "ipsec.h"

#define PUBLIC "198.51.100.7"

static void begin_behind_nat(void)
{
    terminal.nat_traversal = true;
    fake_xfrm_encap();
    begin_ipsec();
    fake_sip_seen_at(PUBLIC);
    offer.mode = SEC_UDP_ENC_TUN;
}

static bool is_on_interface(const char *host)
{
    for (unsigned i = 0; i < netif.count; i++)
        if (strcmp(strchr(netif.on[i], ' ') + 1, host) == 0)
            return true;
    return false;
}

static void check_public(const struct fake_sip_sent *s, const struct sec_mechanism *mine,
                         const char *public)
{
    const struct sip_protection *p = fake_sip_protection(0);
    char host[ADDR_TEXT];

    assert_string_equal(s->sip->sip_via->v_host, public);
    assert_int_equal(atoi(s->sip->sip_via->v_port), mine->port_s);
    assert_string_equal(s->sip->sip_contact->m_url->url_host, public);
    assert_int_equal(atoi(s->sip->sip_contact->m_url->url_port), mine->port_s);
    assert_ptr_equal(s->by, ue.reg.sas.nat.sip);
    assert_string_equal(addr_host(&p->local, host), public);
    assert_int_equal(p->local_c, mine->port_c);
    assert_true(is_on_interface(public));
}

/* The next REGISTER is challenged, its answer goes through the NAT; what it offered. */
static struct sec_mechanism answered_through_nat(const char *public)
{
    struct sec_mechanism mine = client_of(heard_register()).mechanism[0];

    challenge_securely();
    check_public(heard_register(), &mine, public);
    return mine;
}

static struct sec_mechanism be_registered_through_nat(void)
{
    struct sec_mechanism mine;

    begin_behind_nat();
    mine = answered_through_nat(PUBLIC);
    accept_for(90000);
    heard_outcome(0, "protected by hmac-sha-1-96/aes-cbc through a NAT");
    return mine;
}

static void both_modes_are_offered_with_every_pair(void **state)
{
    struct sec_list list;

    (void)state;
    begin_behind_nat();
    list = client_of(heard_register());
    assert_int_equal(list.count % 2, 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct sec_mechanism *m = &list.mechanism[i];

        assert_int_equal(m->mode, i < list.count / 2 ? SEC_TRANS : SEC_UDP_ENC_TUN);
        assert_memory_equal(&m->pair, &list.mechanism[i % (list.count / 2)].pair, sizeof m->pair);
        assert_int_equal(m->spi_c, list.mechanism[0].spi_c);
        assert_int_equal(m->port_s, list.mechanism[0].port_s);
    }
}

/* What it was with every pair in the one mode that there was: a comma and a blank between them. */
static void the_default_offer_in_both_modes_is_not_longer_than_every_pair_in_one(void **state)
{
    const struct fake_sip_sent *s;
    struct sec_list list, every;
    char value[SEC_VALUE];
    const char *offer_now;

    (void)state;
    begin_behind_nat();
    s = heard_register();
    list = client_of(s);
    sec_offer(&every, &list.mechanism[0], false, sec_pairs, SEC_PAIRS);
    offer_now = strstr(s->text, "Security-Client: ") + strlen("Security-Client: ");
    assert_true(strcspn(offer_now, "\r") <= strlen(sec_write(&every, value)) + SEC_PAIRS - 1);
}

static void switched_off_it_offers_transport_mode_alone_and_looks_at_no_received(void **state)
{
    struct sec_mechanism mine;
    struct sec_list list;

    (void)state;
    terminal.nat_traversal = false;
    begin_ipsec();
    fake_sip_seen_at(PUBLIC);
    list = client_of(heard_register());
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(list.mechanism[i].mode, SEC_TRANS);
    mine = list.mechanism[0];
    challenge_securely();
    check_inside(heard_register(), &mine);
}

static void behind_a_nat_the_answer_goes_from_the_public_address_in_a_tunnel(void **state)
{
    struct sec_mechanism mine = be_registered_through_nat();
    const struct esp_sa *in = fake_xfrm_sa(mine.spi_s), *out = fake_xfrm_sa(offer.spi_s);
    char host[ADDR_TEXT];

    (void)state;
    assert_int_equal(fake_xfrm_sas(), 4);
    assert_true(in->tunnel && out->tunnel);
    assert_string_equal(addr_host(&in->src, host), PCSCF1);
    assert_string_equal(addr_host(&in->dst, host), "10.45.0.2");
    assert_string_equal(addr_host(&out->src, host), "10.45.0.2");
    assert_int_equal(out->encap_src, 4500);
    assert_int_equal(out->encap_dst, 4500);
    /* 4, and in and out blocked at port_us of both addresses, and at port_uc */
    assert_int_equal(fake_xfrm_policies(), 4 + 6);
    for (size_t i = 0; i < fake_xfrm_policies(); i++) {
        const struct esp_policy *p = fake_xfrm_policy(i);

        if (p->block)
            continue;
        assert_true(p->tunnel);
        assert_string_equal(addr_host(p->in ? &p->dst : &p->src, host), PUBLIC);
        assert_string_equal(addr_host(p->in ? &p->tunnel_dst : &p->tunnel_src, host), "10.45.0.2");
    }
}

static void a_received_that_names_our_own_address_is_no_nat(void **state)
{
    struct sec_mechanism mine;

    (void)state;
    begin_behind_nat();
    fake_sip_seen_at("10.45.0.2");
    offer.mode = SEC_TRANS;
    mine = client_of(heard_register()).mechanism[0];
    challenge_securely();
    check_inside(heard_register(), &mine);
    assert_false(fake_xfrm_sa(mine.spi_c)->tunnel);
    accept_for(600);
    heard_outcome(0, "protected by hmac-sha-1-96/aes-cbc");
}

static void an_address_that_no_terminal_has_is_not_believed(void **state)
{
    static const char *const bad[] = {PCSCF1,      "127.0.0.1", "0.0.0.0",
                                      "224.0.0.1", "::1",       "2001:db8::1"};

    (void)state;
    terminal.nat_traversal = true;
    be_active(PCSCF1);
    offer = (struct sec_mechanism){
        .spi_c = 7001, .spi_s = 7002, .port_c = 6001, .port_s = PORT_PS, .mode = SEC_UDP_ENC_TUN};
    for (size_t i = 0; i < COUNT(bad); i++) {
        register_begin(&ue, on_outcome, NULL);
        heard_register();
        fake_sip_seen_at(bad[i]);
        challenge_securely();
        heard_outcome(-EPROTO, "nothing but mod=UDP-enc-tun");
        assert_false(is_on_interface(bad[i]));
    }
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void a_pcscf_that_offers_transport_mode_through_a_nat_is_left(void **state)
{
    (void)state;
    begin_behind_nat();
    heard_register();
    offer.mode = SEC_TRANS;
    challenge_securely();
    heard_outcome(-EPROTO, "behind a NAT, and the P-CSCF does not offer mod=UDP-enc-tun");
    heard_no_more();
    assert_int_equal(fake_xfrm_sas(), 0);
    assert_false(is_on_interface(PUBLIC));
}

static void without_a_port_4500_it_says_so(void **state)
{
    (void)state;
    begin_behind_nat();
    fake_xfrm_reset();
    heard_register();
    challenge_securely();
    heard_outcome(-EPROTO, "no encapsulation in this kernel of memory");
    assert_false(is_on_interface(PUBLIC));
    assert_int_equal(fake_xfrm_sas(), 0);
}

static void the_binding_of_the_nat_is_kept_while_nothing_else_is_sent(void **state)
{
    (void)state;
    be_registered_through_nat();
    fake_xfrm_count(offer.spi_s, 3, 0);
    fake_clock_forward_ms(loop, 20000);
    assert_int_equal(fake_xfrm_keepalives(), 0); /* three packets have left */
    fake_clock_forward_ms(loop, 20000);
    assert_int_equal(fake_xfrm_keepalives(), 1);
    fake_clock_forward_ms(loop, 20000);
    assert_int_equal(fake_xfrm_keepalives(), 2);
}

static void a_renewal_goes_the_same_way(void **state)
{
    struct sec_mechanism old = be_registered_through_nat(), mine;

    (void)state;
    register_begin(&ue, on_outcome, NULL);
    check_public(heard_register(), &old, PUBLIC);
    mine = client_of(fake_sip_sent(at - 1)).mechanism[0];
    assert_int_equal(mine.port_s, old.port_s);
    offer_another();
    challenge_securely();
    check_public(heard_register(), &mine, PUBLIC);
    accept_for(90000);
    heard_outcome(0, "through a NAT");
    fake_clock_forward_ms(loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 4);
    check_kernel(&mine);
    assert_true(fake_xfrm_sa(mine.spi_c)->tunnel);
}

static void de_registered_it_keeps_the_binding_no_longer_than_the_set(void **state)
{
    unsigned kept;

    (void)state;
    be_registered_through_nat();
    register_end(&ue, on_outcome, NULL);
    heard_register();
    fake_sip_answer(at - 1, 200, NULL);
    heard_outcome(0, "deregistered: ");
    fake_clock_forward_ms(loop, 32000);
    assert_int_equal(fake_xfrm_sas(), 0);
    kept = fake_xfrm_keepalives();
    fake_clock_forward_ms(loop, 100000);
    assert_int_equal(fake_xfrm_keepalives(), kept);
}

static void another_public_address_after_silence_takes_the_place_of_the_first(void **state)
{
    (void)state;
    be_registered_through_nat();
    register_begin(&ue, on_outcome, NULL);
    heard_register();
    fake_clock_forward_ms(loop, 32000);
    fake_sip_seen_at("198.51.100.8");
    offer_another();
    answered_through_nat("198.51.100.8");
    assert_false(is_on_interface(PUBLIC));
    accept_for(600);
    heard_outcome(0, "registered: sip:name@hims.net at 198.51.100.8:");
    assert_int_equal(fake_xfrm_sas(), 4);
}

static void a_request_of_the_pcscf_reaches_it_at_the_public_address(void **state)
{
    struct sec_mechanism mine = be_registered_through_nat();
    char local[ADDR_TEXT];

    (void)state;
    snprintf(local, sizeof local, PUBLIC ":%u", mine.port_s);
    fake_sip_request_to(ue.reg.sas.nat.sip,
                        "OPTIONS sip:name@" PUBLIC " SIP/2.0\n"
                        "From: <sip:a@hims.net>;tag=1\nTo: <sip:name@hims.net>\n"
                        "Call-ID: x\nCSeq: 1 OPTIONS\nMax-Forwards: 70\n\n",
                        "10.60.2.10:6001", local, SIP_UDP);
    assert_int_equal(fake_sip_reply_count(), 1);
    assert_int_not_equal(fake_sip_reply(0)->status, 403);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(both_modes_are_offered_with_every_pair),
        T(the_default_offer_in_both_modes_is_not_longer_than_every_pair_in_one),
        T(switched_off_it_offers_transport_mode_alone_and_looks_at_no_received),
        T(behind_a_nat_the_answer_goes_from_the_public_address_in_a_tunnel),
        T(a_received_that_names_our_own_address_is_no_nat),
        T(an_address_that_no_terminal_has_is_not_believed),
        T(a_pcscf_that_offers_transport_mode_through_a_nat_is_left),
        T(without_a_port_4500_it_says_so),
        T(the_binding_of_the_nat_is_kept_while_nothing_else_is_sent),
        T(a_renewal_goes_the_same_way),
        T(de_registered_it_keeps_the_binding_no_longer_than_the_set),
        T(another_public_address_after_silence_takes_the_place_of_the_first),
        T(a_request_of_the_pcscf_reaches_it_at_the_public_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
