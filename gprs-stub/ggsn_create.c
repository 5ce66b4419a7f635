/* SPDX-License-Identifier: Apache-2.0 */
/* Create PDP Context, TS 29.060 7.3.1 and 7.3.2: who, which APN, which address, and what the
 * terminal asked for in its PCO.
 *
 *     <- Create PDP Context Request   IMSI, NSAPI, APN, end user address, PCO, TEIDs, QoS
 *        refused: 201, 202 an element; 219 APN; 220 PDP type; 211 no address left
 *     -> Create PDP Context Response  end user address, PCO (P-CSCF, DNS, MTU), TEIDs, QoS
 */
#include <string.h>

#include "ggsn_inner.h"
#include "pco.h"

static unsigned check(struct ggsn *ggsn, const struct gtp1 *request);
static unsigned choose_apn(struct ggsn *ggsn, const struct gtp1 *request, unsigned *apn);
static unsigned choose_type(const struct ggsn *ggsn, const struct gtp1 *request, unsigned apn,
                            struct gsm_pdp_address *address);
static unsigned take_addresses(struct ggsn *ggsn, unsigned apn, struct gsm_pdp_address *address);
static void answer_pco(const struct ggsn *ggsn, const struct gtp1 *request, struct ggsn_context *c,
                       struct gtp1 *answer);
static void admit(struct ggsn *ggsn, const struct gtp1 *request, struct ggsn_context *c,
                  unsigned cause, struct gtp1 *answer);
static void refuse(const struct gtp1 *request, unsigned cause, struct gtp1 *answer);

/* 7.3.1: whoever activates the same NSAPI again has forgotten the old context. */
static void forget_older(struct ggsn *ggsn, const struct gtp1 *request)
{
    struct ggsn_context *older = ggsn_find(ggsn, request->imsi, request->nsapi);

    if (older)
        ggsn_remove(ggsn, older, "the same NSAPI is activated again");
}

void ggsn_create(void *arg, const struct addr *peer, const struct gtp1 *request,
                 struct gtp1 *answer)
{
    struct ggsn *ggsn = arg;
    struct ggsn_context values = {.sgsn = *peer}, *same;
    unsigned cause = check(ggsn, request), type_cause;

    if (!cause)
        cause = choose_apn(ggsn, request, &values.apn);
    if (cause) {
        refuse(request, cause, answer);
        return;
    }
    type_cause = choose_type(ggsn, request, values.apn, &values.address);
    if (!gtp1_is_accepted(type_cause)) {
        refuse(request, type_cause, answer);
        return;
    }
    forget_older(ggsn, request);
    cause = take_addresses(ggsn, values.apn, &values.address);
    if (cause) {
        refuse(request, cause, answer);
        return;
    }
    same = ggsn_find(ggsn, request->imsi, 0);
    values.teid_control = same ? same->teid_control : ggsn_new_teid(ggsn);
    values.their_control = request->has_teid_control ? request->teid_control : same->their_control;
    admit(ggsn, request, &values, type_cause, answer);
}

/* The conditional elements; the mandatory ones were the codec's business. 0 or the cause. */
static unsigned check(struct ggsn *ggsn, const struct gtp1 *request)
{
    if (!request->has_imsi || !request->has_address)
        return GTP_IE_MISSING;
    if (!request->has_teid_control && !ggsn_find(ggsn, request->imsi, 0))
        return GTP_IE_MISSING;
    if (!*request->imsi || request->nsapi < 5)
        return GTP_IE_INCORRECT;
    return 0;
}

/* 0 or the cause. */
static unsigned choose_apn(struct ggsn *ggsn, const struct gtp1 *request, unsigned *apn)
{
    const struct conf_ggsn *conf = &ggsn->conf->ggsn;

    for (*apn = 0; request->has_apn && *apn < conf->apn_count; ++*apn)
        if (strcasecmp(conf->apn[*apn].name, request->apn) == 0)
            return 0;
    return GTP_UNKNOWN_APN;
}

/* Which of the asked types the APN has. An address of the terminal's own choice is nothing that we
 * could keep: unknown PDP address. GTP_ACCEPTED, 129 when less than asked for, or the refusal. */
static unsigned choose_type(const struct ggsn *ggsn, const struct gtp1 *request, unsigned apn,
                            struct gsm_pdp_address *address)
{
    static const uint8_t no_address[16];
    const struct gsm_pdp_address *asked = &request->address;
    bool has4 = pool_size(&ggsn->pool[apn]) > 0, has6 = pool_size(&ggsn->pool6[apn]) > 0;
    bool want4 = asked->type == GSM_PDP_IPV4 || asked->type == GSM_PDP_IPV4V6;
    bool want6 = asked->type == GSM_PDP_IPV6 || asked->type == GSM_PDP_IPV4V6;
    size_t len = 0;
    const uint8_t *own = addr_octets(&asked->v4, &len);

    if (asked->organisation != 1 || (own && memcmp(own, no_address, len) != 0))
        return GTP_UNKNOWN_PDP;
    want4 = want4 && has4;
    want6 = want6 && has6;
    if (!want4 && !want6)
        return GTP_UNKNOWN_PDP;
    address->organisation = 1;
    address->type = want4 && want6 ? GSM_PDP_IPV4V6 : want4 ? GSM_PDP_IPV4 : GSM_PDP_IPV6;
    return address->type == asked->type ? GTP_ACCEPTED : GTP_NEW_TYPE_PREFERENCE;
}

/* 0 or the cause; then nothing is taken. */
static unsigned take_addresses(struct ggsn *ggsn, unsigned apn, struct gsm_pdp_address *address)
{
    if (address->type != GSM_PDP_IPV6 && pool_take(&ggsn->pool[apn], &address->v4) < 0)
        return GTP_ALL_ADDRESSES_OCCUPIED;
    if (address->type != GSM_PDP_IPV4 && pool_take(&ggsn->pool6[apn], &address->v6) < 0) {
        pool_give_back(&ggsn->pool[apn], &address->v4);
        return GTP_ALL_ADDRESSES_OCCUPIED;
    }
    return 0;
}

static void give_dns(const struct conf_apn *apn, const struct pco *asked, struct pco *given)
{
    size_t v4 = 0;

    for (size_t i = 0; i < apn->dns_count; i++) {
        bool v6 = addr_is_v6(&apn->dns[i]);
        if (v6 ? asked->ask_dns_v6 : asked->ask_dns_v4)
            given->dns[given->dns_count++] = apn->dns[i];
        if (!v6 && v4 < 2)
            given->ipcp_dns[v4++] = apn->dns[i];
    }
    if (asked->ipcp == IPCP_REQUEST) {
        given->ipcp = IPCP_ACK;
        given->ipcp_id = asked->ipcp_id;
    }
}

/* Only what was asked for is given; a terminal that sent no PCO gets none (24.008 6.1.3.1). */
static void answer_pco(const struct ggsn *ggsn, const struct gtp1 *request, struct ggsn_context *c,
                       struct gtp1 *answer)
{
    const struct conf_apn *apn = &ggsn->conf->ggsn.apn[c->apn];
    struct pco asked, given = {0};
    int len;

    if (!request->has_pco)
        return;
    pco_decode(&asked, false, request->pco.data, request->pco.len);
    for (size_t i = 0; i < apn->pcscf_count; i++)
        if (addr_is_v6(&apn->pcscf[i]) ? asked.ask_pcscf_v6 : asked.ask_pcscf_v4)
            given.pcscf[given.pcscf_count++] = apn->pcscf[i];
    give_dns(apn, &asked, &given);
    given.mtu = asked.ask_mtu ? apn->mtu : 0;
    given.im_cn = c->im_cn = asked.im_cn;
    len = pco_encode(answer->pco.data, PCO_MAX, &given);
    if (len > 0) {
        answer->pco.len = len;
        answer->has_pco = true;
    }
}

static void admit(struct ggsn *ggsn, const struct gtp1 *request, struct ggsn_context *c,
                  unsigned cause, struct gtp1 *answer)
{
    memcpy(c->imsi, request->imsi, sizeof c->imsi);
    memcpy(c->msisdn, request->msisdn, sizeof c->msisdn);
    c->nsapi = request->nsapi;
    c->qos = request->qos;
    c->their_data = request->teid_data;
    c->gsn_control = request->gsn_control;
    c->gsn_user = request->gsn_user;
    c->teid_data = ggsn_new_teid(ggsn);
    c->charging_id = ++ggsn->charging_id;
    answer_pco(ggsn, request, c, answer);
    answer->teid = c->their_control;
    answer->cause = cause;
    answer->recovery = ggsn->recovery;
    answer->teid_data = c->teid_data;
    answer->teid_control = c->teid_control;
    answer->charging_id = c->charging_id;
    answer->address = c->address;
    answer->qos = c->qos;
    answer->has_cause = answer->has_reordering = answer->has_recovery = answer->has_teid_data =
        answer->has_teid_control = answer->has_charging_id = answer->has_address = answer->has_qos =
            true;
    ggsn_addresses(ggsn, answer);
    ggsn_add(ggsn, c);
}

static void refuse(const struct gtp1 *request, unsigned cause, struct gtp1 *answer)
{
    char text[80], tag[CALL_TAG];

    answer->teid = request->has_teid_control ? request->teid_control : 0;
    answer->cause = cause;
    answer->has_cause = true;
    snprintf(text, sizeof text, "%u %s", cause, gtp1_cause_text(cause));
    log_arrow_at(LEVEL_WARN, *request->imsi ? call_tag(request->imsi, tag) : NULL, "==", NULL,
                 "refused", "imsi", *request->imsi ? request->imsi : NULL, "apn",
                 request->has_apn ? request->apn : NULL, "pdp",
                 request->has_address ? gsm_pdp_type_text(request->address.type) : NULL, "cause",
                 text, NULL);
}
