/* SPDX-License-Identifier: Apache-2.0 */
/* What the P-CSCF keeps of a registration that succeeded (M15, M16; TS 24.229 5.2.2.1): each
 * contact with its Service-Route and identities, as long as the S-CSCF keeps it. */
#include <sofia-sip/sip_header.h>
#include <stdlib.h>
#include <string.h>

#include "register.h"

static int64_t seconds(const char *text)
{
    long long s = text ? strtoll(text, NULL, 10) : 0;

    return s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : s;
}

/* How long the registrar keeps this contact; 0: it does not. */
static int64_t granted_s(const sip_t *answer, const url_t *contact)
{
    for (const sip_contact_t *m = answer->sip_contact; m; m = m->m_next) {
        if (url_cmp(m->m_url, contact) != 0)
            continue;
        if (m->m_expires)
            return seconds(m->m_expires);
        return answer->sip_expires ? (int64_t)answer->sip_expires->ex_delta : 3600;
    }
    return 0;
}

/* Where the terminal is when its contact names another host: a softphone behind a NAT, or a lie.
 * Both are served, for what is meant for this contact goes where the REGISTER came from, never to
 * the host that it names; a stranger shall see it in the log. NULL: it names itself. */
static const char *elsewhere(const url_t *contact, const struct addr *source, char text[ADDR_TEXT])
{
    struct addr named;

    if (contact->url_host && addr_parse(&named, contact->url_host, 0) == 0 &&
        addr_same_host(&named, source))
        return NULL;
    return addr_text(source, text);
}

static void remember_contact(struct register_txn *t, const sip_t *answer, struct contact *c,
                             const sip_contact_t *m)
{
    int64_t now_s = loop_wall_s(t->pcscf->loop), expires_s;
    char uri[512], number[24], source[ADDR_TEXT];

    if (strcmp(m->m_url->url_scheme, "*") == 0) {
        contact_remove(t->pcscf->contacts, c->impi, c->impu, NULL);
        log_arrow(t->call, "==", NULL, "deregistered", "impu", c->impu, "contact", "*", NULL);
        return;
    }
    if (url_e(uri, sizeof uri, m->m_url) >= (issize_t)sizeof uri)
        return; /* too long to be a contact of anybody */
    c->uri = uri;
    expires_s = granted_s(answer, m->m_url);
    if (expires_s > t->granted_s)
        t->granted_s = expires_s;
    c->until_s = now_s + expires_s;
    if (expires_s > 0)
        contact_put(t->pcscf->contacts, c, now_s);
    else
        contact_remove(t->pcscf->contacts, c->impi, c->impu, uri);
    log_arrow(t->call, "==", NULL, expires_s > 0 ? "registered" : "deregistered", "impu", c->impu,
              "impi", c->impi, "contact", uri, "came_from", elsewhere(m->m_url, &c->source, source),
              "expires_s", log_number(expires_s, number), "service_route",
              expires_s > 0 ? c->service_route : NULL, NULL);
}

void register_keep(struct register_txn *t, const sip_t *answer)
{
    const sip_t *sip = sip_request_sip(t->request);
    char route[1024], associated[2048];
    struct contact c = {.source = sip_request_source(t->request),
                        .transport = sip_request_transport(t->request),
                        .service_route = sip_list(answer, "Service-Route", route, sizeof route),
                        .associated =
                            sip_list(answer, "P-Associated-URI", associated, sizeof associated)};

    if (!sip_identity(sip->sip_to->a_url, c.impu, sizeof c.impu))
        return;
    if (!sip_auth_param(sip_digest(sip), "username", c.impi, sizeof c.impi))
        snprintf(c.impi, sizeof c.impi, "%s", strchr(c.impu, ':') + 1);
    if (t->agreement.is_protected) /* where the terminal is reached */
        c.source = addr_with_port(c.source, security_port_us(t->pcscf, &t->agreement));
    for (const sip_contact_t *m = sip->sip_contact; m; m = m->m_next)
        remember_contact(t, answer, &c, m);
    if (t->granted_s > 0) {
        c.until_s = loop_wall_s(t->pcscf->loop) + t->granted_s;
        reg_event_watch(t->pcscf, &c, t->call);
    }
    security_succeed(t->pcscf, &t->agreement, t->granted_s,
                     contact_has(t->pcscf->contacts, c.impi, loop_wall_s(t->pcscf->loop)));
}
