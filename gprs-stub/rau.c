/* SPDX-License-Identifier: Apache-2.0 */
/* Routing area update, TS 24.008 4.7.5, TS 23.060 6.9, the SGSN's side. This SGSN has one routing
 * area: a terminal updates periodically, or comes from somewhere else.
 *
 *     UE                          SGSN
 *      |-- RA Update Request ------->|   its TLLI is made of its P-TMSI
 *      |<- RA Update Accept ---------|   known: the P-TMSI stays, so no Complete is sent
 *      |<- RA Update Reject ---------|   10: it was here and is forgotten; 9: never was
 */
#include <string.h>

#include "sgsn_inner.h"

enum { T3312_DEACTIVATED = 0xe0 }; /* 10.5.7.3: this SGSN asks for no periodic update */
enum { FOREIGN = 2 };              /* the two highest bits of a foreign TLLI (TS 23.003 2.6) */

/* 4.7.5.1.3: what the terminal no longer has is deleted without a word to it. */
static void compare_contexts(struct mm *mm, const struct gmm_rau_request *r)
{
    for (unsigned i = NSAPI_FIRST; r->has_pdp_status && i < NSAPI_END; i++)
        if (mm->pdp[i] && !(r->pdp_status & nas_nsapi_bit(i)))
            pdp_abandon(mm->pdp[i]);
}

static void update(struct mm *mm, const struct gmm_rau_request *r)
{
    struct nas m = {
        .pd = NAS_GMM,
        .type = GMM_RAU_ACCEPT,
        .rau_accept = {.t3312 = T3312_DEACTIVATED, .rai = mm->sgsn->rai, .has_pdp_status = true}
    };
    char tag[CALL_TAG];

    compare_contexts(mm, r);
    for (unsigned i = NSAPI_FIRST; i < NSAPI_END; i++)
        if (mm->pdp[i] && mm->pdp[i]->state == PDP_ACTIVE)
            m.rau_accept.pdp_status |= nas_nsapi_bit(i);
    log_arrow(call_tag(mm->imsi, tag), "==", NULL, "routing-area-updated", "imsi", mm->imsi, NULL);
    mm_send(mm, &m);
}

void rau_begin(struct mm *mm, const struct nas *m)
{
    if (mm->state == MM_ACCEPTING && gb_terminal_tlli(mm->terminal) == gb_local_tlli(mm->ptmsi))
        attach_on_complete(mm, m); /* whoever uses its new TLLI has the Attach Accept */
    if (mm->state == MM_ATTACHED)
        update(mm, &m->rau_request);
    else
        mm_status(mm, m, NAS_CAUSE_STATE);
}

static struct mm *find(struct sgsn *sgsn, uint32_t tlli, const struct gmm_rau_request *r)
{
    if (r->has_ptmsi && r->ptmsi.type == NAS_PTMSI)
        return mm_find_ptmsi(sgsn, r->ptmsi.ptmsi);
    return tlli >> 30 == FOREIGN ? mm_find_ptmsi(sgsn, gb_local_tlli(tlli)) : NULL;
}

static bool is_here(const struct sgsn *sgsn, const struct gsm_rai *a)
{
    const struct gsm_rai *b = &sgsn->rai;

    return strcmp(a->mcc, b->mcc) == 0 && strcmp(a->mnc, b->mnc) == 0 && a->lac == b->lac &&
           a->rac == b->rac;
}

/* The terminal goes on with the local TLLI of the P-TMSI that it keeps. */
static void move(struct mm *mm, const struct gb_way *way, uint32_t tlli)
{
    gb_terminal_close(&mm->terminal);
    mm->terminal = sgsn_terminal(mm->sgsn, way, tlli, mm);
    gb_terminal_assign(mm->terminal, gb_local_tlli(mm->ptmsi));
}

void rau_stranger(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli, const struct nas *m)
{
    const struct gmm_rau_request *r = &m->rau_request;
    bool ours = is_here(sgsn, &r->old_rai);
    struct nas reject = {
        .pd = NAS_GMM,
        .type = GMM_RAU_REJECT,
        .rau_reject = {.cause = ours ? GMM_CAUSE_IMPLICITLY_DETACHED : GMM_CAUSE_IDENTITY_UNKNOWN}};
    struct mm *mm = find(sgsn, tlli, r);

    if (mm && mm->state == MM_ATTACHED) {
        move(mm, way, tlli);
        update(mm, r);
        return;
    }
    mm_refused("", "update-refused", reject.rau_reject.cause,
               gmm_cause_text(reject.rau_reject.cause));
    sgsn_send(sgsn, way, tlli, &reject, "");
}
