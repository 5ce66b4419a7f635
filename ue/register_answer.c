/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the answers to a REGISTER. Whatever a network sends ends here as a value in range or as
 * a sentence; nothing is trusted, and what goes to a screen has its control characters replaced. */
#include "register_answer.h"

#include <errno.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/url.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "digest_aka.h"
#include "sip.h"
#include "xalloc.h"

enum { RAND_AUTN = 32, NONCE_MAX = 384 };

/* What a lab should look at, by status; 0 ends. Our own 408 and 503 are register.c's business. */
static const struct hint {
    int status;
    const char *text;
} hints[] = {
    {400, "the request did not parse, or a header that the network wants is missing"               },
    {403, "look for the IMPU and IMPI in the HSS, whether they belong together, whether "
          "registration and this visited network are allowed, and whether K and OPc agree"},
    {404, "the home network does not know this IMPU"                                               },
    {405, "this element does not take REGISTER: is it a P-CSCF"                                    },
    {408, "an element behind the P-CSCF did not answer in time"                                    },
    {420, "the network does not know an extension that the terminal requires"                      },
    {421, "the network requires an extension, most likely sec-agree with IPsec"                    },
    {480, "no S-CSCF could be found or none answered: look at the I-CSCF, the S-CSCF and the HSS"  },
    {483, "a routing loop: look at the DNS of the home domain"                                     },
    {494, "the P-CSCF insists on a security agreement (IPsec), or did not get back what it sent"   },
    {500, "an element failed: its log has the reason"                                              },
    {503, "an element is overloaded or cannot reach the next one"                                  },
    {504, "an element cannot reach the next one: look at the DNS, the S-CSCF and the HSS"          },
    {600, "the network refuses for good"                                                           },
    {0,   NULL                                                                                     },
};

static int read_aka(struct challenge *c, const msg_auth_t *auth, struct why *why);
static int read_nonce(struct challenge *c, struct why *why);
static unsigned contact_expires_s(const sip_t *sip, const struct addr *contact, unsigned asked_s);
static void read_routes(struct registration_accept *a, const sip_t *sip);
static void read_associated(struct registration_accept *a, const sip_t *sip);
static const char *hint_for(int status);
static void clean(char *text);

static bool has_auth(const char *qop)
{
    size_t len;

    for (; *qop; qop += len + (qop[len] != 0)) {
        qop += strspn(qop, " \t");
        len = strcspn(qop, ",");
        if (strncasecmp(qop, "auth", 4) == 0 && strspn(qop + 4, " \t") == len - 4)
            return true;
    }
    return false;
}

/* The first digest challenge of this algorithm, or NULL. */
static const msg_auth_t *find(const msg_auth_t *auth, const char *wanted)
{
    char algorithm[32];

    for (; auth; auth = auth->au_next)
        if (auth->au_scheme && strcasecmp(auth->au_scheme, "Digest") == 0 &&
            sip_auth_param(auth, "algorithm", algorithm, sizeof algorithm) &&
            strcasecmp(algorithm, wanted) == 0)
            return auth;
    return NULL;
}

/* AKAv2 where it is offered: it is the stronger one (RFC 4169 4). */
static const msg_auth_t *find_aka(const msg_auth_t *auth, bool *akav2)
{
    const msg_auth_t *aka = find(auth, "AKAv2-MD5");

    *akav2 = aka != NULL;
    return aka ? aka : find(auth, "AKAv1-MD5");
}

int challenge_read(struct challenge *c, const sip_t *sip, struct why *why)
{
    const msg_auth_t *auth = sip->sip_www_authenticate, *aka;
    char algorithm[32];

    memset(c, 0, sizeof *c);
    c->security_server = sip->sip_security_server != NULL;
    if (!auth)
        return why_set(why, EPROTO, "the 401 has no WWW-Authenticate: nothing to answer");
    aka = find_aka(auth, &c->akav2);
    if (aka)
        return read_aka(c, aka, why);
    if (!sip_auth_param(auth, "algorithm", algorithm, sizeof algorithm))
        snprintf(algorithm, sizeof algorithm, "MD5");
    clean(algorithm);
    return why_set(
        why, EPROTO,
        "the network asks for algorithm %s, a SIM answers only AKAv1-MD5 and "
        "AKAv2-MD5: the subscriber is set up for another kind of authentication in the HSS",
        algorithm);
}

static int read_aka(struct challenge *c, const msg_auth_t *auth, struct why *why)
{
    char qop[64];

    sip_auth_param(auth, "algorithm", c->algorithm, sizeof c->algorithm);
    if (!sip_auth_param(auth, "realm", c->realm, sizeof c->realm) || !*c->realm)
        return why_set(why, EPROTO, "the challenge of the 401 has no realm");
    if (!sip_auth_param(auth, "nonce", c->nonce, sizeof c->nonce) || !*c->nonce)
        return why_set(why, EPROTO, "the challenge of the 401 has no nonce");
    if (strlen(c->realm) + 1 == sizeof c->realm || strlen(c->nonce) + 1 == sizeof c->nonce)
        return why_set(why, EPROTO, "the challenge of the 401 is longer than %d octets",
                       CHALLENGE_TEXT);
    c->has_opaque = sip_auth_param(auth, "opaque", c->opaque, sizeof c->opaque) != NULL;
    c->qop_auth = sip_auth_param(auth, "qop", qop, sizeof qop) && has_auth(qop);
    return read_nonce(c, why);
}

/* nonce = base64(RAND || AUTN || data of the server), RFC 3310 3.2. */
static int read_nonce(struct challenge *c, struct why *why)
{
    uint8_t octets[NONCE_MAX];
    int n = digest_unbase64(c->nonce, octets, sizeof octets);

    if (n < 0)
        return why_set(why, EPROTO, "the nonce of the 401 is not base64, so there is no RAND");
    if (n < RAND_AUTN)
        return why_set(why, EPROTO, "the nonce of the 401 has %d octets, RAND and AUTN are %d", n,
                       RAND_AUTN);
    memcpy(c->rand, octets, 16);
    memcpy(c->autn, octets + 16, 16);
    return 0;
}

void accept_read(struct registration_accept *a, const sip_t *sip, const struct addr *contact,
                 unsigned asked_s)
{
    memset(a, 0, sizeof *a);
    a->expires_s = contact_expires_s(sip, contact, asked_s);
    read_routes(a, sip);
    read_associated(a, sip);
}

static bool is_contact(const sip_contact_t *c, const struct addr *contact)
{
    const char *port = c->m_url->url_port ? c->m_url->url_port : "5060";
    struct addr a;

    return c->m_url->url_host && addr_parse(&a, c->m_url->url_host, 0) == 0 &&
           addr_same_host(&a, contact) && (unsigned)strtoul(port, NULL, 10) == addr_port(contact);
}

/* A decimal number of seconds; what is no number is the default (RFC 3261 20.10). */
static unsigned delta_s(const char *text, unsigned otherwise_s)
{
    unsigned long s;
    char *end;

    if (*text < '0' || *text > '9')
        return otherwise_s;
    errno = 0;
    s = strtoul(text, &end, 10);
    return *end ? otherwise_s : errno || s > UINT32_MAX ? UINT32_MAX : (unsigned)s;
}

static unsigned contact_expires_s(const sip_t *sip, const struct addr *contact, unsigned asked_s)
{
    for (const sip_contact_t *c = sip->sip_contact; c; c = c->m_next) {
        if (!is_contact(c, contact))
            continue;
        if (sip->sip_expires && sip->sip_expires->ex_delta <= UINT32_MAX)
            asked_s = sip->sip_expires->ex_delta;
        return c->m_expires ? delta_s(c->m_expires, asked_s) : asked_s;
    }
    return 0;
}

/* list[len] + ", " + the item, as far as there is room. */
static void append(char list[ACCEPT_LIST], const char *item)
{
    size_t len = strlen(list);

    snprintf(list + len, ACCEPT_LIST - len, "%s%s", len ? ", " : "", item);
}

static void read_routes(struct registration_accept *a, const sip_t *sip)
{
    char uri[256], item[272];

    for (const sip_service_route_t *r = sip->sip_service_route; r; r = r->r_next) {
        if (url_e(uri, sizeof uri, r->r_url) >= (issize_t)sizeof uri)
            continue;
        snprintf(item, sizeof item, "<%s>", uri);
        append(a->service_route, item);
        if (!r->r_next && r->r_url->url_host)
            snprintf(a->scscf, sizeof a->scscf, "%s", r->r_url->url_host);
    }
    clean(a->service_route);
    clean(a->scscf);
}

static void read_associated(struct registration_accept *a, const sip_t *sip)
{
    for (const msg_unknown_t *u = sip->sip_unknown; u; u = u->un_next)
        if (u->un_name && u->un_value && strcasecmp(u->un_name, "P-Associated-URI") == 0)
            append(a->associated, u->un_value);
    clean(a->associated);
}

unsigned answer_min_expires_s(const sip_t *sip)
{
    unsigned long s = sip && sip->sip_min_expires ? sip->sip_min_expires->me_delta : 0;

    return s > UINT32_MAX ? UINT32_MAX : (unsigned)s;
}

unsigned answer_retry_after_s(const sip_t *sip)
{
    return sip && sip->sip_retry_after ? sip->sip_retry_after->af_delta : 0;
}

/* Control characters have no place on a screen or in a sentence. */
static void clean(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '.';
}

static const char *hint_for(int status)
{
    const struct hint *h = hints;

    if (status > 600)
        status = 600;
    while (h->status && h->status != status)
        h++;
    return h->text;
}

/* Who says no, and in what words: Warning: 399 scscf1.hims.net "text", or Reason: ...;text="..." */
static void read_speaker(const sip_t *sip, char *node, size_t node_size, char *text, size_t size)
{
    const sip_warning_t *w = sip ? sip->sip_warning : NULL;
    const sip_reason_t *r = sip ? sip->sip_reason : NULL;
    const char *said = w ? w->w_text : r ? r->re_text : NULL;

    snprintf(node, node_size, "%s", w && w->w_host ? w->w_host : "");
    said = said ? said + (*said == '"') : "";
    snprintf(text, size, "%s", said);
    if (*text && text[strlen(text) - 1] == '"')
        text[strlen(text) - 1] = 0;
}

void refusal_read(char *text, size_t size, int status, const sip_t *sip)
{
    const char *hint, *phrase = NULL;
    char node[128], said[256];

    if (sip && sip->sip_status)
        phrase = sip->sip_status->st_phrase;
    read_speaker(sip, node, sizeof node, said, sizeof said);
    hint = *said ? NULL : hint_for(status); /* whoever refuses knows better than we do */
    snprintf(text, size, "%d%s%s%s%s%s%s%s%s", status, phrase && *phrase ? " " : "",
             phrase ? phrase : "", *node ? " from " : "", node, *said ? ": " : "", said,
             hint ? " - " : "", hint ? hint : "");
    clean(text);
}
