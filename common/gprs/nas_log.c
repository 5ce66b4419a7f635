/* SPDX-License-Identifier: Apache-2.0 */
/* What of a NAS message a reader of the ladder wants to see. */
#include "nas_log.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "pco.h"

struct keys { /* the text of what this message has; empty strings are left out of the line */
    char src[ADDR_TEXT], dst[ADDR_TEXT], tlli[12], ti[8], cause[96], identity[32], ptmsi[12];
    char apn[GSM_APN], pdp[8], address[ADDR_TEXT], pcscf[PCO_TEXT], pco[PCO_TEXT], rai[32],
        nsapi[8], rand[40], autn[40], auts[40];
};

static const char *shown(const char *text)
{
    return *text ? text : NULL;
}

static void identity_text(char buf[32], const struct nas_mobile_id *id)
{
    static const char *const names[] = {"none", "imsi", "imei", "imeisv", "p-tmsi"};

    if (id->type == NAS_PTMSI)
        snprintf(buf, 32, "p-tmsi:%08x", id->ptmsi);
    else
        snprintf(buf, 32, "%s:%s", names[id->type > 4 ? 0 : id->type], id->digits);
}

static void cause_keys(struct keys *k, unsigned pd, unsigned cause)
{
    const char *text = pd == NAS_GMM ? gmm_cause_text(cause) : sm_cause_text(cause);

    snprintf(k->cause, sizeof k->cause, "%u %s", cause, text ? text : "unknown cause");
}

static void add(char *list, size_t size, const char *word)
{
    size_t len = strlen(list);

    snprintf(list + len, size - len, "%s%s", len ? "," : "", word);
}

static void pco_keys(struct keys *k, bool from_network, const struct nas_octets *octets)
{
    struct pco pco;

    pco_decode(&pco, from_network, octets->data, octets->len);
    pco_pcscf_text(&pco, k->pcscf);
    pco_asks_text(&pco, k->pco);
}

static void address_keys(struct keys *k, const struct gsm_pdp_address *a)
{
    char host[ADDR_TEXT];

    snprintf(k->pdp, sizeof k->pdp, "%s", gsm_pdp_type_text(a->type));
    if (addr_is_set(&a->v4))
        add(k->address, sizeof k->address, addr_host(&a->v4, host));
    if (addr_is_set(&a->v6))
        add(k->address, sizeof k->address, addr_host(&a->v6, host));
}

static void hex_text(char buf[40], const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        snprintf(buf + 2 * i, 3, "%02x", octets[i]);
}

/* What goes over the air in the clear; RES does too, but a log is read by more people. */
static void challenge_keys(struct keys *k, const struct gmm_auth_request *r)
{
    if (r->has_rand)
        hex_text(k->rand, r->rand, sizeof r->rand);
    if (r->has_autn)
        hex_text(k->autn, r->autn, sizeof r->autn);
}

static void gmm_keys(struct keys *k, const struct nas *m)
{
    switch (m->type) {
    case GMM_ATTACH_REQUEST: identity_text(k->identity, &m->attach_request.identity); break;
    case GMM_IDENTITY_RESPONSE: identity_text(k->identity, &m->identity_response.identity); break;
    case GMM_ATTACH_ACCEPT:
        gsm_rai_text(&m->attach_accept.rai, k->rai);
        if (m->attach_accept.has_ptmsi)
            snprintf(k->ptmsi, sizeof k->ptmsi, "%08x", m->attach_accept.ptmsi.ptmsi);
        break;
    case GMM_ATTACH_REJECT: cause_keys(k, NAS_GMM, m->attach_reject.cause); break;
    case GMM_RAU_REQUEST: gsm_rai_text(&m->rau_request.old_rai, k->rai); break;
    case GMM_RAU_ACCEPT: gsm_rai_text(&m->rau_accept.rai, k->rai); break;
    case GMM_RAU_REJECT: cause_keys(k, NAS_GMM, m->rau_reject.cause); break;
    case GMM_AUTH_REQUEST: challenge_keys(k, &m->auth_request); break;
    case GMM_AUTH_FAILURE:
        cause_keys(k, NAS_GMM, m->auth_failure.cause);
        if (m->auth_failure.has_auts)
            hex_text(k->auts, m->auth_failure.auts, sizeof m->auth_failure.auts);
        break;
    case GMM_STATUS: cause_keys(k, NAS_GMM, m->gmm_status.cause); break;
    case GMM_DETACH_REQUEST:
        if (m->detach_request.has_cause)
            cause_keys(k, NAS_GMM, m->detach_request.cause);
        break;
    default: break;
    }
}

static void activate_keys(struct keys *k, const struct sm_activate_request *r)
{
    snprintf(k->nsapi, sizeof k->nsapi, "%u", r->nsapi);
    snprintf(k->apn, sizeof k->apn, "%s", r->has_apn ? r->apn : "");
    address_keys(k, &r->address);
    if (r->has_pco)
        pco_keys(k, false, &r->pco);
}

static void sm_keys(struct keys *k, const struct nas *m)
{
    snprintf(k->ti, sizeof k->ti, "%u", m->ti);
    switch (m->type) {
    case SM_ACTIVATE_REQUEST: activate_keys(k, &m->activate_request); break;
    case SM_ACTIVATE_ACCEPT:
        if (m->activate_accept.has_address)
            address_keys(k, &m->activate_accept.address);
        if (m->activate_accept.has_pco)
            pco_keys(k, true, &m->activate_accept.pco);
        if (m->activate_accept.has_cause)
            cause_keys(k, NAS_SM, m->activate_accept.cause);
        break;
    case SM_ACTIVATE_REJECT: cause_keys(k, NAS_SM, m->activate_reject.cause); break;
    case SM_DEACTIVATE_REQUEST: cause_keys(k, NAS_SM, m->deactivate_request.cause); break;
    case SM_STATUS: cause_keys(k, NAS_SM, m->sm_status.cause); break;
    default: break;
    }
}

void nas_log(const char *arrow, const char *peer, const struct nas *m, const char *imsi,
             uint32_t tlli, const struct addr *src, const struct addr *dst)
{
    struct keys keys = {0};
    char buf[24], tag[CALL_TAG];
    bool known = imsi && *imsi;

    if (!log_on(LEVEL_INFO))
        return;
    if (src)
        addr_text(src, keys.src);
    if (dst)
        addr_text(dst, keys.dst);
    snprintf(keys.tlli, sizeof keys.tlli, "%08x", tlli);
    if (m->pd == NAS_GMM)
        gmm_keys(&keys, m);
    else
        sm_keys(&keys, m);
    log_arrow(known ? call_tag(imsi, tag) : NULL, arrow, peer, nas_text(m->pd, m->type, buf),
              "proto", "nas", "src", shown(keys.src), "dst", shown(keys.dst), "imsi",
              known ? imsi : NULL, "tlli", keys.tlli, "ti", shown(keys.ti), "identity",
              shown(keys.identity), "rai", shown(keys.rai), "p-tmsi", shown(keys.ptmsi), "nsapi",
              shown(keys.nsapi), "apn", shown(keys.apn), "pdp", shown(keys.pdp), "address",
              shown(keys.address), "rand", shown(keys.rand), "autn", shown(keys.autn), "auts",
              shown(keys.auts), "pcscf", shown(keys.pcscf), "pco", shown(keys.pco), "cause",
              shown(keys.cause), NULL);
}
