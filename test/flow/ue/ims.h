/* SPDX-License-Identifier: Apache-2.0 */
/* The IMS for the terminal's flow tests: the test is P-CSCF, S-CSCF and authentication centre.
 * heard_register reads the next REGISTER; challenge, accept_for and fake_sip_answer answer the one
 * that was read last. */
#include "digest_aka.h"
#include "network.h"

#define PCSCF1 "10.60.2.10"
#define PCSCF2 "10.60.2.11"

static uint64_t sqn; /* of the authentication centre */
static size_t at;    /* the next REGISTER to be read */

static void be_active(const char *pcscf)
{
    sqn = 100 << AKA_IND_BITS;
    at = 0;
    attach();
    activate(pcscf);
}

static void begin_registration(void)
{
    be_active(PCSCF1);
    register_begin(&ue, on_outcome, NULL);
}

/* The next REGISTER, which must be there. */
static const struct fake_sip_sent *heard_register(void)
{
    soon();
    return fake_sip_sent(at++);
}

static void heard_no_more(void)
{
    soon();
    assert_int_equal(fake_sip_sent_count(), at);
}

static const char *auth_param(const struct fake_sip_sent *s, const char *name)
{
    static char value[512];

    return sip_auth_param(s->sip->sip_authorization, name, value, sizeof value);
}

static struct aka_key network_key(void)
{
    struct aka_key key;

    memcpy(key.k, card.k, 16);
    memcpy(key.opc, card.opc, 16);
    memcpy(key.amf, card.amf, 2);
    return key;
}

static struct aka_vector vector;

/* A 401 for the REGISTER that was read last; wrong_mac: from a network with another K. */
static void challenge_with(bool wrong_mac, const char *more)
{
    struct aka_key key = network_key();
    uint8_t rand[16] = {1}, octets[32];
    char nonce[64], headers[6144];

    rand[1] = at; /* a new one each time */
    key.k[0] ^= wrong_mac;
    aka_make(&key, rand, sqn, &vector);
    sqn += 1 << AKA_IND_BITS;
    memcpy(octets, vector.rand, 16);
    memcpy(octets + 16, vector.autn, 16);
    digest_base64(octets, sizeof octets, nonce);
    snprintf(headers, sizeof headers,
             "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"%s\", algorithm=AKAv1-MD5%s\r\n",
             nonce, more);
    fake_sip_answer(at - 1, 401, headers);
}

static void challenge(void)
{
    challenge_with(false, ", qop=\"auth\", opaque=\"5ccc\"");
}

/* Whether the REGISTER answers the last challenge rightly, with this in the place of RES. */
static void check_response_by(const struct fake_sip_sent *s, const void *password, size_t len)
{
    char nonce[128], cnonce[64] = "", qop[16] = "", response[DIGEST_HEX];
    const msg_auth_t *auth = s->sip->sip_authorization;
    struct digest_input in = {
        .username = "name.private@hims.net",
        .realm = "hims.net",
        .method = "REGISTER",
        .uri = "sip:hims.net",
        .nonce = sip_auth_param(auth, "nonce", nonce, sizeof nonce),
        .qop = sip_auth_param(auth, "qop", qop, sizeof qop),
        .nc = "00000001",
        .cnonce = sip_auth_param(auth, "cnonce", cnonce, sizeof cnonce),
        .password = password,
        .password_len = len,
    };

    digest_response(&in, response);
    assert_string_equal(auth_param(s, "response"), response);
}

static void check_response(const struct fake_sip_sent *s)
{
    check_response_by(s, vector.xres, 8);
}

/* As the registrar does, with the Contact of the request. */
static void accept_for(unsigned expires_s)
{
    const url_t *contact = fake_sip_sent(at - 1)->sip->sip_contact->m_url;
    char headers[512];

    snprintf(headers, sizeof headers,
             "Contact: <sip:%s:%s>;expires=%u\r\n"
             "P-Associated-URI: <sip:name@hims.net>, <tel:+15550001>\r\n"
             "Service-Route: <sip:orig@scscf1.hims.net;lr>\r\n",
             contact->url_host, contact->url_port, expires_s);
    fake_sip_answer(at - 1, 200, headers);
}

static void be_registered_for(unsigned expires_s)
{
    begin_registration();
    heard_register();
    challenge();
    heard_register();
    accept_for(expires_s);
    heard_outcome(0, "registered: ");
}
