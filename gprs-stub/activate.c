/* SPDX-License-Identifier: Apache-2.0 */
/* PDP context activation, TS 24.008 6.1.3.1, TS 23.060 9.2.2.1, the SGSN's side.
 *
 *     UE                              SGSN                          GGSN
 *      |-- Activate PDP Context Req ---->|                             |
 *      |                                 |  27: no such APN, 33: not subscribed
 *      |                                 |-- Create PDP Context Req -->|
 *      |                                 |<- Create PDP Context Rsp ---|
 *      |<- Activate PDP Context Accept --|  address and PCO as the GGSN gave them
 *      |<- Activate PDP Context Reject --|  26, 38, ...: the table below
 */
#include <string.h>
#include <strings.h>

#include "sgsn_inner.h"

static unsigned check(struct mm *mm, const struct sm_activate_request *r);
static void ask_ggsn(struct pdp *pdp);
static gtp_done_fn on_created;
static void admit(struct pdp *pdp, const struct gtp1 *answer);
static void refuse(struct pdp *pdp, unsigned cause);

/* What the GGSN says -> what the terminal hears. The last row is for what is not in it. */
static const struct {
    uint8_t gtp, sm;
} causes[] = {
    {GTP_IMSI_NOT_KNOWN,         SM_CAUSE_NOT_SUBSCRIBED        },
    {GTP_NO_RESOURCES,           SM_CAUSE_INSUFFICIENT_RESOURCES},
    {GTP_SERVICE_NOT_SUPPORTED,  SM_CAUSE_SERVICE_NOT_SUPPORTED },
    {GTP_SYSTEM_FAILURE,         SM_CAUSE_NETWORK_FAILURE       },
    {GTP_AUTH_FAILED,            SM_CAUSE_AUTH_FAILED           },
    {GTP_ALL_ADDRESSES_OCCUPIED, SM_CAUSE_INSUFFICIENT_RESOURCES},
    {GTP_NO_MEMORY,              SM_CAUSE_INSUFFICIENT_RESOURCES},
    {GTP_UNKNOWN_APN,            SM_CAUSE_UNKNOWN_APN           },
    {GTP_UNKNOWN_PDP,            SM_CAUSE_UNKNOWN_PDP_TYPE      },
    {GTP_NO_SUBSCRIPTION,        SM_CAUSE_NOT_SUBSCRIBED        },
    {0,                          SM_CAUSE_REJECTED_BY_GGSN      },
};

/* Best effort as the GGSN's peer in the field ask for it: TS 24.008 10.5.6.5 behind one octet of
 * allocation/retention priority. */
static const struct nas_octets usual_qos = {
    13, {0x02, 0x1b, 0x92, 0x1f, 0x73, 0x96, 0xfe, 0xfe, 0x74, 0xfa, 0xff, 0xff, 0x00}
};

void activate_begin(struct mm *mm, const struct nas *m)
{
    const struct sm_activate_request *r = &m->activate_request;
    struct pdp *same = pdp_find_ti(mm, m->ti), *pdp;
    unsigned cause;

    if (r->nsapi < NSAPI_FIRST || r->nsapi >= NSAPI_END) {
        activate_refuse(mm, m, NAS_CAUSE_MANDATORY);
        return;
    }
    if (same && same->state == PDP_CREATING && same->nsapi == r->nsapi)
        return; /* repeated (T3380): the GGSN has not answered yet */
    if (same)   /* 8.3.2 e: the terminal has forgotten it */
        pdp_abandon(same);
    if (mm->pdp[r->nsapi]) /* 6.1.3.1.5 */
        pdp_abandon(mm->pdp[r->nsapi]);
    pdp = pdp_add(mm, r->nsapi, m->ti);
    pdp->request = *r;
    cause = check(mm, r);
    if (cause)
        refuse(pdp, cause);
    else
        ask_ggsn(pdp);
}

static bool is_subscribed(const struct conf_subscriber *s, const char *apn)
{
    for (size_t i = 0; i < s->apn_count; i++)
        if (strcasecmp(s->apn[i], apn) == 0)
            return true;
    return false;
}

static bool exists(const struct conf_ggsn *ggsn, const char *apn)
{
    for (size_t i = 0; i < ggsn->apn_count; i++)
        if (strcasecmp(ggsn->apn[i].name, apn) == 0)
            return true;
    return false;
}

/* 0 or the cause. A subscribed APN that we do not know is the GGSN's to judge: it may not be ours.
 */
static unsigned check(struct mm *mm, const struct sm_activate_request *r)
{
    if (!sgsn_is_user_sapi(r->llc_sapi))
        return NAS_CAUSE_MANDATORY;
    if (!r->has_apn)
        return SM_CAUSE_UNKNOWN_APN;
    if (!is_subscribed(mm->subscriber, r->apn))
        return exists(&mm->sgsn->conf->ggsn, r->apn) ? SM_CAUSE_NOT_SUBSCRIBED
                                                     : SM_CAUSE_UNKNOWN_APN;
    return 0;
}

/* All zeros means "as subscribed" (24.008 10.5.6.5); the lab has one QoS for everybody. */
static struct nas_octets requested_qos(const struct nas_octets *asked)
{
    struct nas_octets qos = usual_qos;
    bool zero = true;

    for (size_t i = 0; i < asked->len; i++)
        zero = zero && asked->data[i] == 0;
    if (zero || asked->len > sizeof qos.data - 1)
        return qos;
    memcpy(qos.data + 1, asked->data, asked->len);
    qos.len = asked->len + 1;
    return qos;
}

/* User location: a cell (geographic type 0, CGI) from the Gb side (29.060 7.7.51). */
static void put_location(const struct pdp *pdp, struct gtp1 *m)
{
    const struct bssgp_cell *cell = &gb_terminal_way(pdp->mm->terminal)->cell;
    struct octets_out out = octets_out(m->location.data, sizeof m->location.data);

    put_u8(&out, 0);
    gsm_put_rai(&out, &cell->rai);
    out.len--; /* a CGI has no routing area code: its octet is the cell's */
    put_u16(&out, cell->ci);
    m->location.len = out.len;
    m->has_location = true;
}

static void ask_ggsn(struct pdp *pdp)
{
    struct sgsn *sgsn = pdp->sgsn;
    const struct addr *here = &sgsn->conf->sgsn.element.address;
    struct gtp1 m = {.type = GTP_CREATE_REQUEST,
                     .has_imsi = true,
                     .has_rai = true,
                     .rai = gb_terminal_way(pdp->mm->terminal)->cell.rai,
                     .has_recovery = true,
                     .recovery = sgsn->recovery,
                     .has_selection_mode = true,
                     .has_teid_data = true,
                     .teid_data = pdp->teid_data,
                     .has_teid_control = true,
                     .teid_control = pdp->teid_control,
                     .has_nsapi = true,
                     .nsapi = pdp->nsapi,
                     .has_charging = true,
                     .charging = 0x0800,
                     .has_address = true,
                     .address = pdp->request.address,
                     .has_apn = true,
                     .has_pco = pdp->request.has_pco,
                     .pco = pdp->request.pco,
                     .has_gsn_control = true,
                     .gsn_control = *here,
                     .has_gsn_user = true,
                     .gsn_user = *here,
                     .has_msisdn = *pdp->mm->subscriber->msisdn != '\0',
                     .has_qos = true,
                     .qos = requested_qos(&pdp->request.qos),
                     .has_rat = true,
                     .rat = GTP_RAT_GERAN};

    memcpy(m.imsi, pdp->imsi, sizeof m.imsi);
    memcpy(m.apn, pdp->request.apn, sizeof m.apn);
    snprintf(m.msisdn, sizeof m.msisdn, "%s", pdp->mm->subscriber->msisdn);
    put_location(pdp, &m);
    pdp->ggsn = sgsn->conf->ggsn.element.address;
    pdp->pending = gtp_path_ask(sgsn->path, &pdp->ggsn, &m, pdp->imsi, on_created, pdp);
}

static unsigned sm_cause(unsigned gtp)
{
    size_t i = 0;

    while (causes[i].gtp && causes[i].gtp != gtp)
        i++;
    return causes[i].sm;
}

static bool is_whole(const struct gtp1 *answer)
{
    return answer->teid_control && answer->has_teid_data && answer->has_address &&
           answer->has_gsn_control && answer->has_gsn_user && answer->has_qos;
}

static void on_created(void *arg, int err, const struct gtp1 *answer)
{
    struct pdp *pdp = arg;
    bool created = !err && gtp1_is_accepted(answer->cause);

    pdp->pending = NULL;
    if (created && answer->teid_control) {
        pdp->state = PDP_ACTIVE;
        pdp->their_control = answer->teid_control;
        gtp_path_use(pdp->sgsn->path, &pdp->ggsn);
    }
    if (!pdp->mm) { /* the terminal has gone meanwhile */
        if (pdp->state == PDP_ACTIVE)
            pdp_delete(pdp, pdp_remove);
        else
            pdp_remove(pdp);
    } else if (err || (created && !is_whole(answer))) {
        refuse(pdp, SM_CAUSE_NETWORK_FAILURE);
    } else if (!created) {
        refuse(pdp, sm_cause(answer->cause));
    } else {
        admit(pdp, answer);
    }
}

/* Which cause tells the terminal that it got less than IPv4v6 (24.008 6.1.3.1.1); 0: it did not. */
static unsigned less_than_asked(const struct pdp *pdp, const struct gtp1 *answer)
{
    if (pdp->request.address.type == answer->address.type)
        return 0;
    if (answer->cause == GTP_NEW_TYPE_SINGLE)
        return SM_CAUSE_SINGLE_ONLY;
    return answer->address.type == GSM_PDP_IPV6 ? SM_CAUSE_V6_ONLY : SM_CAUSE_V4_ONLY;
}

static void admit(struct pdp *pdp, const struct gtp1 *answer)
{
    unsigned less = less_than_asked(pdp, answer);
    struct nas m = {
        .pd = NAS_SM,
        .type = SM_ACTIVATE_ACCEPT,
        .ti = pdp->ti,
        .to_originator = true,
        .activate_accept = {.llc_sapi = pdp->request.llc_sapi,
                            .radio_priority = 4,
                            .has_address = true,
                            .address = answer->address,
                            .has_pco = answer->has_pco,
                            .pco = answer->pco,
                            .has_cause = less != 0,
                            .cause = less}
    };
    struct nas_octets *qos = &m.activate_accept.qos;
    char v4[ADDR_TEXT], v6[ADDR_TEXT], tag[CALL_TAG];

    if (answer->qos.len > 1) { /* without the priority octet */
        qos->len = answer->qos.len - 1;
        memcpy(qos->data, answer->qos.data + 1, qos->len);
    }
    pdp->their_data = answer->teid_data;
    pdp->ggsn_user = answer->gsn_user;
    pdp->address = answer->address;
    log_arrow(call_tag(pdp->imsi, tag), "==", NULL, "activated", "imsi", pdp->imsi, "apn",
              pdp->request.apn, "address",
              addr_is_set(&pdp->address.v4) ? addr_host(&pdp->address.v4, v4) : NULL, "address6",
              addr_is_set(&pdp->address.v6) ? addr_host(&pdp->address.v6, v6) : NULL, NULL);
    mm_send(pdp->mm, &m);
}

void activate_refuse(struct mm *mm, const struct nas *received, unsigned cause)
{
    struct nas m = {.pd = NAS_SM,
                    .type = SM_ACTIVATE_REJECT,
                    .ti = received->ti,
                    .to_originator = true,
                    .activate_reject = {.cause = cause}};

    mm_refused(mm->imsi, "activation-refused", cause, sm_cause_text(cause));
    mm_send(mm, &m);
}

/* The end of an activation that fails. */
static void refuse(struct pdp *pdp, unsigned cause)
{
    struct nas m = {.pd = NAS_SM,
                    .type = SM_ACTIVATE_REJECT,
                    .ti = pdp->ti,
                    .to_originator = true,
                    .activate_reject = {.cause = cause}};

    mm_refused(pdp->imsi, "activation-refused", cause, sm_cause_text(cause));
    mm_send(pdp->mm, &m);
    if (pdp->state == PDP_ACTIVE)
        pdp_abandon(pdp); /* the GGSN thinks that it was made */
    else
        pdp_remove(pdp);
}
