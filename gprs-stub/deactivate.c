/* SPDX-License-Identifier: Apache-2.0 */
/* PDP context deactivation, TS 24.008 6.1.3.4, the SGSN's side.
 *
 *     UE                               SGSN                          GGSN
 *      |-- Deactivate PDP Context Req --->|                             |
 *      |                                  |-- Delete PDP Context Req -->|
 *      |                                  |<- Delete PDP Context Rsp ---|
 *      |<- Deactivate PDP Context Accept -|
 *
 *      |                                  |<- Delete PDP Context Req ---|   or the GGSN was
 * restarted |                                  |-- Delete PDP Context Rsp -->|
 *      |<- Deactivate PDP Context Req ----|   T3395
 *      |-- Deactivate PDP Context Accept->|
 */
#include "sgsn_inner.h"

static void on_deleted(struct pdp *pdp);
static void tell_terminal(struct pdp *pdp);

void deactivate_begin(struct mm *mm, const struct nas *m)
{
    struct pdp *pdp = pdp_find_ti(mm, m->ti);

    if (!pdp) {
        mm_status(mm, m, SM_CAUSE_INVALID_TI); /* 8.3.2 a */
        return;
    }
    switch (pdp->state) {
    case PDP_ACTIVE: pdp_delete(pdp, on_deleted); break;
    case PDP_DELETING: break; /* repeated (T3390): the GGSN has not answered yet */
    case PDP_CREATING:        /* given up while the GGSN is still asked */
    case PDP_DEACTIVATING: {  /* both want the same: 6.1.3.4.4 */
        struct nas accept = {
            .pd = NAS_SM, .type = SM_DEACTIVATE_ACCEPT, .ti = pdp->ti, .to_originator = true};
        pdp_abandon(pdp);
        mm_send(mm, &accept);
        break;
    }
    }
}

static void on_deleted(struct pdp *pdp)
{
    struct mm *mm = pdp->mm;
    struct nas m = {
        .pd = NAS_SM, .type = SM_DEACTIVATE_ACCEPT, .ti = pdp->ti, .to_originator = true};
    char tag[CALL_TAG];

    log_arrow(call_tag(pdp->imsi, tag), "==", NULL, "deactivated", "imsi", pdp->imsi, "apn",
              pdp->request.apn, "why", "by the terminal", NULL);
    pdp_remove(pdp);
    mm_send(mm, &m);
}

void deactivate_by_network(struct pdp *pdp, unsigned cause)
{
    char tag[CALL_TAG];
    const char *text = sm_cause_text(cause);

    if (pdp->state == PDP_DELETING) { /* both want the same */
        gtp_path_cancel(&pdp->pending);
        pdp->deleted(pdp);
        return;
    }
    log_arrow(call_tag(pdp->imsi, tag), "==", NULL, "deactivated", "imsi", pdp->imsi, "apn",
              pdp->request.apn, "why", text, NULL);
    pdp->state = PDP_DEACTIVATING;
    pdp->cause = cause;
    pdp->tries = 0;
    tell_terminal(pdp);
}

static void on_t3395(void *arg)
{
    struct pdp *pdp = arg;
    char tag[CALL_TAG];

    pdp->timer = NULL;
    if (pdp->tries < pdp->sgsn->conf->timers.nas_tries) {
        tell_terminal(pdp);
        return;
    }
    log_warn(call_tag(pdp->imsi, tag), "no Deactivate PDP Context Accept from IMSI %s", pdp->imsi);
    pdp_remove(pdp);
}

static void tell_terminal(struct pdp *pdp)
{
    struct nas m = {.pd = NAS_SM,
                    .type = SM_DEACTIVATE_REQUEST,
                    .ti = pdp->ti,
                    .to_originator = true,
                    .deactivate_request = {.cause = pdp->cause}};

    pdp->tries++;
    mm_send(pdp->mm, &m);
    loop_cancel(&pdp->timer);
    pdp->timer = loop_after(pdp->sgsn->loop, pdp->sgsn->conf->timers.t3395_ms, on_t3395, pdp);
}

void deactivate_on_accept(struct mm *mm, const struct nas *m)
{
    struct pdp *pdp = pdp_find_ti(mm, m->ti);

    if (pdp && pdp->state == PDP_DEACTIVATING)
        pdp_remove(pdp);
    else
        mm_status(mm, m, pdp ? NAS_CAUSE_STATE : SM_CAUSE_INVALID_TI);
}
