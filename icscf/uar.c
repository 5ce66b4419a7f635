/* SPDX-License-Identifier: Apache-2.0 */
#include "uar.h"

#include <errno.h>
#include <sofia-sip/msg_header.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip.h"

#define VIA_ROOM 120 /* octets: our Via, and what a received= adds to the one below */

/* Whether no contact is left (RFC 3261 10.2.1.1: a contact's own expires wins). */
static bool is_de_registration(const sip_t *sip)
{
    bool all_zero =
        sip->sip_expires && sip->sip_expires->ex_delta == 0 && sip->sip_expires->ex_date == 0;

    if (!sip->sip_contact)
        return false; /* asks for the bindings, changes none */
    for (const sip_contact_t *c = sip->sip_contact; c; c = c->m_next)
        if (c->m_expires ? strtoul(c->m_expires, NULL, 10) != 0 : !all_zero)
            return false;
    return true;
}

/* The first value of P-Visited-Network-ID without its quotes (RFC 7315 4.3); false: none. */
static bool read_visited(const sip_t *sip, char visited[CX_TEXT])
{
    char text[CX_TEXT];
    const char *p = sip_text(sip, "P-Visited-Network-ID", text, sizeof text);
    size_t used = 0;

    if (!p)
        return false;
    if (*p == '"') {
        for (p++; *p && *p != '"'; p++) {
            if (*p == '\\' && p[1])
                p++;
            visited[used++] = *p;
        }
    } else {
        for (; *p && !strchr(" \t,;", *p); p++)
            visited[used++] = *p;
    }
    visited[used] = 0;
    return used > 0;
}

static bool read_impi(const sip_t *sip, char impi[CX_TEXT])
{
    return sip_auth_param(sip_digest(sip), "username", impi, CX_TEXT) && impi[0];
}

int uar_from(const sip_t *sip, const char *home_domain, struct cx_uar *uar, struct why *why)
{
    memset(uar, 0, sizeof *uar);
    if (!sip->sip_to || !sip_identity(sip->sip_to->a_url, uar->impu, sizeof uar->impu))
        return why_set(why, EINVAL, "To is neither a sip nor a tel identity");
    if (!read_impi(sip, uar->impi)) {
        const char *colon = strchr(uar->impu, ':');

        memcpy(uar->impi, uar->impu, sizeof uar->impi);
        if (colon)
            snprintf(uar->impi, sizeof uar->impi, "%s", colon + 1);
    }
    if (!read_visited(sip, uar->visited))
        snprintf(uar->visited, sizeof uar->visited, "%s", home_domain);
    uar->type = is_de_registration(sip) ? CX_UAT_DE_REGISTRATION : CX_UAT_REGISTRATION;
    return 0;
}

/* TS 29.228 6.1.1.1 on the left, TS 24.229 5.3.1.3 on the right. The last row is for every other
 * failure. */
static const struct uar_refusal refusals[] = {
    {CX_USER_UNKNOWN,            403, "User Unknown",             "the HSS knows no such subscriber"               },
    {CX_IDENTITIES_DONT_MATCH,   403, "Identities Do Not Match",
     "the private and the public identity belong to different subscribers"                                         },
    {CX_ROAMING_NOT_ALLOWED,     403, "Roaming Not Allowed",
     "the subscriber may not roam in this visited network"                                                         },
    {CX_AUTHORIZATION_REJECTED,  403, "Registration Not Allowed",
     "the identity is barred or may not register"                                                                  },
    {CX_IDENTITY_NOT_REGISTERED, 403, "Not Registered",
     "the identity to be de-registered is not registered"                                                          },
    {0,                          480, "Temporarily Unavailable",  "the HSS could not say who serves the subscriber"},
};

const struct uar_refusal *uar_refusal_for(int result)
{
    const struct uar_refusal *r = refusals;

    if (result == CX_FIRST_REGISTRATION || result == CX_SUBSEQUENT_REGISTRATION ||
        result == CX_SUCCESS)
        return NULL;
    while (r->result && r->result != result)
        r++;
    return r;
}

const char *uar_silence(int err)
{
    switch (err) {
    case -ETIMEDOUT: return "the HSS does not answer";
    case -EHOSTUNREACH: return "no HSS is connected";
    case -EBUSY: return "too many questions to the HSS are under way";
    case -EPROTO: return "the answer of the HSS makes no sense";
    }
    return why_not(err);
}

size_t uar_register_size(const sip_t *sip)
{
    const msg_common_t *h = sip->sip_request->rq_common;
    size_t size = VIA_ROOM;
    char text[16]; /* too short on purpose: only the length counts */

    while (h) {
        issize_t len = h->h_len; /* as it came; 0 when it was made or changed here */

        if (len == 0)
            len = msg_header_e(text, sizeof text, (const msg_header_t *)h, 0);
        size += len > 0 ? (size_t)len : 0;
        h = h->h_succ ? h->h_succ->sh_common : NULL;
    }
    return size;
}
