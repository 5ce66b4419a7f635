/* SPDX-License-Identifier: Apache-2.0 */
/* GPRS detach, TS 24.008 4.7.4, TS 23.060 6.6, the SGSN's side.
 *
 *     UE                          SGSN                          GGSN
 *      |-- Detach Request ---------->|                             |
 *      |                             |-- Delete PDP Context Req -->|   for each context
 *      |                             |<- Delete PDP Context Rsp ---|
 *      |<- Detach Accept ------------|   unless the terminal switches off
 */
#include "sgsn_inner.h"

static void on_context_deleted(struct pdp *pdp);
static void go_on(struct mm *mm);
static void finish(struct mm *mm);

void detach_begin(struct mm *mm, const struct gmm_detach_request *request)
{
    if (mm->state == MM_DETACHING) /* repeated (T3321): the GGSN has not answered yet */
        return;
    mm_wait_no_more(mm);
    mm->state = MM_DETACHING;
    mm->power_off = request->type & NAS_DETACH_POWER_OFF;
    for (unsigned i = NSAPI_FIRST; i < NSAPI_END; i++) {
        struct pdp *pdp = mm->pdp[i];
        if (pdp && pdp->state == PDP_ACTIVE)
            pdp_delete(pdp, on_context_deleted);
        else if (pdp && pdp->state == PDP_DELETING)
            pdp->deleted = on_context_deleted;
        else if (pdp)
            pdp_abandon(pdp);
    }
    go_on(mm);
}

static void on_context_deleted(struct pdp *pdp)
{
    struct mm *mm = pdp->mm;

    pdp_remove(pdp);
    go_on(mm);
}

static void go_on(struct mm *mm)
{
    for (unsigned i = NSAPI_FIRST; i < NSAPI_END; i++)
        if (mm->pdp[i])
            return;
    finish(mm);
}

static void finish(struct mm *mm)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_DETACH_ACCEPT};
    char tag[CALL_TAG];

    if (!mm->power_off)
        mm_send(mm, &m);
    log_arrow(*mm->imsi ? call_tag(mm->imsi, tag) : NULL, "==", NULL, "detached", "imsi",
              *mm->imsi ? mm->imsi : NULL, "why", mm->power_off ? "power off" : "by the terminal",
              NULL);
    mm_remove(mm);
}

void detach_stranger(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli,
                     const struct gmm_detach_request *request)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_DETACH_ACCEPT};

    if (!(request->type & NAS_DETACH_POWER_OFF))
        sgsn_send(sgsn, way, tlli, &m, "");
}

void detach_send_away(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli)
{
    struct nas m = {
        .pd = NAS_GMM,
        .type = GMM_DETACH_REQUEST,
        .detach_request = {.type = NAS_DETACH_REATTACH,
                           .has_cause = true,
                           .cause = GMM_CAUSE_IMPLICITLY_DETACHED}
    };

    mm_refused("", "not-attached", GMM_CAUSE_IMPLICITLY_DETACHED,
               gmm_cause_text(GMM_CAUSE_IMPLICITLY_DETACHED));
    sgsn_send(sgsn, way, tlli, &m, "");
}
