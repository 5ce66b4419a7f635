/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a REGISTER: who (To, Authorization), what (Contact, Expires), by which way (Path), and
 * the refusals that need no look-up: Require (RFC 3261 8.2.2.3), Contact and Expires (10.3 steps 2,
 * 6, 7). */
#include "asked.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_header.h>

#include "sip.h"
#include "xalloc.h"

void refuse_with(struct refusal *r, int status, const char *phrase, const char *reason, ...)
{
    va_list ap;

    r->status = status;
    r->phrase = phrase;
    r->header[0] = 0;
    va_start(ap, reason);
    why_vprint(r->reason, sizeof r->reason, reason, ap);
    va_end(ap);
}

/* Options that this registrar understands; sec-agree ends at the P-CSCF and is harmless here. */
static const char *const understood[] = {"path", "sec-agree"};

static bool is_understood(const char *option)
{
    for (size_t i = 0; i < COUNT(understood); i++)
        if (strcasecmp(option, understood[i]) == 0)
            return true;
    return false;
}

static int read_require(const sip_t *sip, struct refusal *refusal)
{
    char unknown[96] = "";
    size_t len = 0;

    for (const sip_require_t *r = sip->sip_require; r; r = r->k_next) {
        for (size_t i = 0; r->k_items && r->k_items[i]; i++) {
            const char *option = r->k_items[i];

            if (is_understood(option) || strlen(option) + 3 > sizeof unknown - len)
                continue;
            len += snprintf(unknown + len, sizeof unknown - len, "%s%s", len ? ", " : "", option);
        }
    }
    if (len == 0)
        return 0;
    refuse_with(refusal, 420, NULL, "this registrar does not support %s", unknown);
    snprintf(refusal->header, sizeof refusal->header, "Unsupported: %s\r\n", unknown);
    return -1;
}

static char *auth_param(su_home_t *home, const msg_auth_t *au, const char *name)
{
    char value[1024];

    return sip_auth_param(au, name, value, sizeof value) ? su_strdup(home, value) : NULL;
}

/* Without Authorization the private identity is the public one (TS 24.229 5.4.1.1 item 3). */
static int derive_impi(struct asked *asked, struct refusal *refusal)
{
    asked->impi_from_to = true;
    if (strncmp(asked->impu, "sip:", 4) != 0) {
        refuse_with(refusal, 403, NULL, "no Authorization, and no private identity follows from %s",
                    asked->impu);
        return -1;
    }
    snprintf(asked->impi, sizeof asked->impi, "%s", asked->impu + 4);
    return 0;
}

static enum asked_protection protection(su_home_t *home, const msg_auth_t *au)
{
    const char *value = auth_param(home, au, "integrity-protected");

    if (value && strcasecmp(value, "yes") == 0)
        return ASKED_PROTECTED;
    return value && strcasecmp(value, "no") == 0 ? ASKED_UNPROTECTED : ASKED_NO_PARAMETER;
}

/* Which scheme the terminal lives by: the P-CSCF's word on protection speaks for AKA, an algorithm
 * for itself; otherwise the HSS must know. */
static const char *scheme(const struct asked *asked)
{
    const char *algorithm = asked->answer.algorithm;

    if (asked->protection != ASKED_NO_PARAMETER)
        return "Digest-AKAv1-MD5";
    if (!algorithm)
        return "Unknown";
    if (strncasecmp(algorithm, "AKA", 3) == 0)
        return "Digest-AKAv1-MD5";
    if (strcasecmp(algorithm, "MD5") == 0 || strcasecmp(algorithm, "SHA-256") == 0)
        return "SIP Digest";
    return "Unknown";
}

static int read_user(struct asked *asked, su_home_t *home, const sip_t *sip,
                     const struct conf *conf, struct refusal *refusal)
{
    const msg_auth_t *au = sip_digest(sip);
    struct auth_answer *answer = &asked->answer;
    const char *username, *realm;

    if (!sip_identity(sip->sip_to->a_url, asked->impu, sizeof asked->impu)) {
        refuse_with(refusal, 400, NULL, "To has neither a SIP URI with a user nor a tel URI");
        return -1;
    }
    asked->scheme = "Unknown";
    answer->impu = asked->impu;
    answer->impi = asked->impi;
    answer->call_id = asked->call_id;
    if (!au)
        return derive_impi(asked, refusal);
    realm = auth_param(home, au, "realm");
    if (realm && *realm && strcasecmp(realm, conf->home_domain) != 0) {
        refuse_with(refusal, 403, NULL, "realm %.100s is not served here, %s is", realm,
                    conf->home_domain);
        return -1;
    }
    answer->nonce = auth_param(home, au, "nonce");
    answer->algorithm = auth_param(home, au, "algorithm");
    answer->uri = auth_param(home, au, "uri");
    answer->response = auth_param(home, au, "response");
    answer->qop = auth_param(home, au, "qop");
    answer->nc = auth_param(home, au, "nc");
    answer->cnonce = auth_param(home, au, "cnonce");
    answer->auts = auth_param(home, au, "auts");
    asked->protection = protection(home, au);
    asked->scheme = scheme(asked);
    username = auth_param(home, au, "username");
    if (!username || !*username)
        return derive_impi(asked, refusal);
    if (strlen(username) >= sizeof asked->impi) {
        refuse_with(refusal, 403, NULL, "the username of Authorization is too long");
        return -1;
    }
    memcpy(asked->impi, username, strlen(username) + 1);
    return 0;
}

/* The expiry that is granted: the contact's, else that of Expires, else the default; never more
 * than allowed. What is not a number counts as not said (RFC 3261 20.10). */
static unsigned granted_s(const sip_t *sip, const sip_contact_t *m, const struct conf_scscf *me)
{
    unsigned long long s = me->default_expires_s;
    const char *text = m->m_expires;

    if (sip->sip_expires)
        s = sip->sip_expires->ex_delta;
    if (text && *text && text[strspn(text, "0123456789")] == 0)
        s = strtoull(text, NULL, 10); /* too large a number becomes the largest */
    return s > me->max_expires_s ? me->max_expires_s : s;
}

static int read_contact(struct asked *asked, su_home_t *home, const sip_t *sip,
                        const sip_contact_t *m, const struct conf_scscf *me,
                        struct refusal *refusal)
{
    struct asked_contact *c = &asked->contact[asked->contact_count];
    sip_contact_t *listed;
    const char *instance = msg_header_find_param(m->m_common, "+sip.instance");

    if ((m->m_url->url_type != url_sip && m->m_url->url_type != url_sips) || !m->m_url->url_host) {
        refuse_with(refusal, 400, NULL, "a Contact is not a SIP URI");
        return -1;
    }
    if (asked->contact_count == ASKED_MAX_CONTACTS) {
        refuse_with(refusal, 403, NULL, "more than %d contacts in one REGISTER",
                    ASKED_MAX_CONTACTS);
        return -1;
    }
    listed = (sip_contact_t *)msg_header_dup_one(home, (msg_header_t const *)m);
    msg_header_remove_param(listed->m_common, "expires");
    c->uri = m->m_url;
    c->text = sip_header_as_string(home, (sip_header_t *)listed);
    c->instance = instance ? instance : "";
    c->q = m->m_q ? m->m_q : "";
    c->has_reg_id = msg_header_find_param(m->m_common, "reg-id") != NULL;
    c->expires_s = granted_s(sip, m, me);
    asked->contact_count++;
    if (c->expires_s == 0 || c->expires_s >= me->min_expires_s)
        return 0;
    refuse_with(refusal, 423, NULL, "a registration of %u s is too short, %u s is the least",
                c->expires_s, me->min_expires_s);
    snprintf(refusal->header, sizeof refusal->header, "Min-Expires: %u\r\n", me->min_expires_s);
    return -1;
}

static void name_terminal(struct asked *asked, su_home_t *home)
{
    const struct asked_contact *first = asked->contact;
    const char *name = "";

    if (asked->contact_count > 0)
        name = *first->instance ? first->instance : url_as_string(home, first->uri);
    snprintf(asked->terminal, sizeof asked->terminal, "%s", name);
}

static int read_star(struct asked *asked, const sip_t *sip, struct refusal *refusal)
{
    if (sip->sip_contact->m_next || !sip->sip_expires || sip->sip_expires->ex_delta != 0 ||
        sip->sip_expires->ex_date != 0) {
        refuse_with(refusal, 400, NULL, "Contact: * must stand alone and with Expires: 0");
        return -1;
    }
    asked->star = true;
    asked->kind = ASKED_DEREGISTRATION;
    return 0;
}

static bool has_star(const sip_t *sip)
{
    for (const sip_contact_t *m = sip->sip_contact; m; m = m->m_next)
        if (m->m_url->url_type == url_any)
            return true;
    return false;
}

static int read_contacts(struct asked *asked, su_home_t *home, const sip_t *sip,
                         const struct conf_scscf *me, struct refusal *refusal)
{
    asked->kind = ASKED_FETCH;
    if (has_star(sip))
        return read_star(asked, sip, refusal);
    for (const sip_contact_t *m = sip->sip_contact; m; m = m->m_next) {
        if (read_contact(asked, home, sip, m, me, refusal) < 0)
            return -1;
        if (asked->contact[asked->contact_count - 1].expires_s > 0)
            asked->kind = ASKED_REGISTRATION;
        else if (asked->kind == ASKED_FETCH)
            asked->kind = ASKED_DEREGISTRATION;
    }
    return 0;
}

static const char *path_text(su_home_t *home, const sip_t *sip)
{
    char *all = "";

    for (const sip_path_t *p = sip->sip_path; p; p = p->r_next) {
        char *one = sip_header_as_string(home, (sip_header_t const *)p);

        all = *all ? su_sprintf(home, "%s,%s", all, one) : one;
    }
    return all;
}

int asked_read(struct asked *asked, su_home_t *home, const sip_t *sip, const struct conf *conf,
               const struct conf_scscf *me, struct refusal *refusal)
{
    char vector[1024];

    memset(asked, 0, sizeof *asked);
    if (strlen(sip->sip_call_id->i_id) >= CX_TEXT) {
        refuse_with(refusal, 400, NULL, "the Call-ID is longer than %d octets", CX_TEXT - 1);
        return -1;
    }
    asked->call_id = su_strdup(home, sip->sip_call_id->i_id);
    asked->cseq = sip->sip_cseq->cs_seq;
    asked->path = path_text(home, sip);
    asked->charging_vector = "";
    if (sip_text(sip, "P-Charging-Vector", vector, sizeof vector))
        asked->charging_vector = su_strdup(home, vector);
    if (read_require(sip, refusal) < 0 || read_user(asked, home, sip, conf, refusal) < 0)
        return -1;
    if (read_contacts(asked, home, sip, me, refusal) < 0)
        return -1;
    name_terminal(asked, home);
    return 0;
}
