/* SPDX-License-Identifier: Apache-2.0 */
/* The P-CSCF's end of the security agreement for the terminal's flow tests. */
#include "ims.h"
#include "sec_agree.h"

#define PORT_PS 5064

/* What the P-CSCF offers the next time; begin_ipsec sets it. */
static struct sec_mechanism offer;

/* Security-Client of a REGISTER. */
static struct sec_list client_of(const struct fake_sip_sent *s)
{
    char value[SEC_VALUE];
    struct sec_list list;
    struct why why;

    assert_non_null(sip_list(s->sip, "Security-Client", value, sizeof value));
    if (sec_read(value, &list, &why) < 0)
        fail_msg("%s", why.text);
    assert_true(list.count > 0);
    return list;
}

/* A header value as text, "" when absent. */
static const char *header(const struct fake_sip_sent *s, const char *name)
{
    static char value[2][SEC_VALUE];
    static unsigned turn;
    char *v = value[turn++ % 2];

    if (!sip_list(s->sip, name, v, SEC_VALUE))
        *v = 0;
    return v;
}

static void begin_ipsec(void)
{
    offer = (struct sec_mechanism){
        .spi_c = 7001, .spi_s = 7002, .port_c = 6001, .port_s = PORT_PS, .mode = SEC_TRANS};
    begin_registration();
}

/* A 401 with this Security-Server. */
static void challenge_with_server(const char *server)
{
    char more[SEC_VALUE + 128];

    snprintf(more, sizeof more, ", qop=\"auth\"\r\nSecurity-Server: %s", server);
    challenge_with(false, more);
}

/* A 401 in which the P-CSCF offers these pairs, with q. */
static void challenge_pairs(const struct sec_pair *pairs, size_t count)
{
    char value[SEC_VALUE];
    struct sec_list list;

    sec_offer(&list, &offer, true, pairs, count);
    challenge_with_server(sec_write(&list, value));
}

static void challenge_securely(void)
{
    challenge_pairs(sec_pairs, SEC_PAIRS);
}

/* The set of four that the terminal and the P-CSCF agreed in the challenge of this REGISTER. */
static void check_kernel(const struct sec_mechanism *mine)
{
    assert_non_null(fake_xfrm_sa(mine->spi_c));
    assert_non_null(fake_xfrm_sa(mine->spi_s));
    assert_non_null(fake_xfrm_sa(offer.spi_c));
    assert_non_null(fake_xfrm_sa(offer.spi_s));
}

/* The REGISTER that was read last went inside the set of these. */
static void check_inside(const struct fake_sip_sent *s, const struct sec_mechanism *mine)
{
    const struct sip_protection *p = fake_sip_protection(0);

    assert_non_null(strstr(s->text, "Route: <sip:10.60.2.10:5064"));
    assert_int_equal(addr_port(&s->to.addr), p->peer_c); /* which names the set */
    assert_int_equal(p->peer_s, PORT_PS);
    assert_ptr_equal(s->by, ue.reg.sas.sip);
    assert_non_null(p);
    assert_int_equal(p->local_c, mine->port_c);
    assert_int_equal(p->local_s, mine->port_s);
    assert_int_equal(atoi(s->sip->sip_contact->m_url->url_port), mine->port_s);
    assert_int_equal(atoi(s->sip->sip_via->v_port), mine->port_s);
}

static void check_outside(const struct fake_sip_sent *s)
{
    assert_int_equal(addr_port(&s->to.addr), 5060);
    assert_ptr_equal(s->by, ue.reg.sip);
    assert_string_equal(header(s, "Security-Verify"), "");
    assert_int_equal(atoi(s->sip->sip_contact->m_url->url_port), 5060);
}

/* The next REGISTER over the set that is agreed; its Security-Client. */
static struct sec_mechanism be_protected_for(unsigned expires_s)
{
    struct sec_mechanism mine;

    begin_ipsec();
    mine = client_of(heard_register()).mechanism[0];
    challenge_securely();
    check_inside(heard_register(), &mine);
    accept_for(expires_s);
    heard_outcome(0, "protected by hmac-sha-1-96/aes-cbc");
    return mine;
}

/* The P-CSCF's next offer: other SPIs and client port, the same server port. */
static void offer_another(void)
{
    offer.spi_c += 10;
    offer.spi_s += 10;
    offer.port_c++;
}
