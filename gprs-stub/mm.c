/* SPDX-License-Identifier: Apache-2.0 */
/* The SGSN's contexts: an MM context for each terminal (found by IMSI, P-TMSI or the TEID that its
 * GGSN uses), and under it a PDP context for each NSAPI. Here is their life and their end, not
 * what happens between. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sgsn_inner.h"
#include "xalloc.h"

static uint32_t random32(void)
{
    uint32_t r = 0;

    while (getrandom(&r, sizeof r, 0) != sizeof r)
        ;
    return r;
}

static struct mm **imsi_bucket(struct sgsn *sgsn, const char *imsi)
{
    uint32_t hash = 2166136261u;

    while (*imsi)
        hash = (hash ^ (uint8_t)*imsi++) * 16777619u;
    return &sgsn->by_imsi[hash % SGSN_BUCKETS];
}

static struct mm **ptmsi_bucket(struct sgsn *sgsn, uint32_t ptmsi)
{
    return &sgsn->by_ptmsi[ptmsi % SGSN_BUCKETS];
}

static struct mm **teid_bucket(struct sgsn *sgsn, uint32_t teid)
{
    return &sgsn->by_teid[teid % SGSN_BUCKETS];
}

/* --- MM contexts -------------------------------------------------------------------------------
 */

struct mm *mm_find_imsi(struct sgsn *sgsn, const char *imsi)
{
    for (struct mm *mm = *imsi_bucket(sgsn, imsi); mm; mm = mm->next_imsi)
        if (strcmp(mm->imsi, imsi) == 0)
            return mm;
    return NULL;
}

struct mm *mm_find_ptmsi(struct sgsn *sgsn, uint32_t ptmsi)
{
    for (struct mm *mm = *ptmsi_bucket(sgsn, ptmsi); mm; mm = mm->next_ptmsi)
        if (mm->ptmsi == ptmsi)
            return mm;
    return NULL;
}

struct mm *mm_find_teid(struct sgsn *sgsn, uint32_t teid_control)
{
    for (struct mm *mm = *teid_bucket(sgsn, teid_control); mm; mm = mm->next_teid)
        if (mm->teid_control == teid_control)
            return mm;
    return NULL;
}

struct mm *mm_add(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli)
{
    struct mm *mm, **bucket;

    if (sgsn->mm_count >= SGSN_MOST)
        return NULL;
    mm = xzalloc(sizeof *mm);
    mm->sgsn = sgsn;
    do
        mm->teid_control = random32();
    while (mm->teid_control == 0 || mm_find_teid(sgsn, mm->teid_control));
    bucket = teid_bucket(sgsn, mm->teid_control);
    mm->next_teid = *bucket;
    *bucket = mm;
    mm->terminal = sgsn_terminal(sgsn, way, tlli, mm);
    mm->next = sgsn->mms;
    mm->at = &sgsn->mms;
    if (mm->next)
        mm->next->at = &mm->next;
    sgsn->mms = mm;
    sgsn->mm_count++;
    return mm;
}

static void forget_imsi(struct mm *mm)
{
    struct mm **at = imsi_bucket(mm->sgsn, mm->imsi);

    while (*at && *at != mm)
        at = &(*at)->next_imsi;
    if (*at)
        *at = mm->next_imsi;
}

static void forget_ptmsi(struct mm *mm)
{
    struct mm **at = ptmsi_bucket(mm->sgsn, mm->ptmsi);

    while (*at && *at != mm)
        at = &(*at)->next_ptmsi;
    if (*at)
        *at = mm->next_ptmsi;
}

static void forget_teid(struct mm *mm)
{
    struct mm **at = teid_bucket(mm->sgsn, mm->teid_control);

    while (*at && *at != mm)
        at = &(*at)->next_teid;
    if (*at)
        *at = mm->next_teid;
}

void mm_remove(struct mm *mm)
{
    for (unsigned i = NSAPI_FIRST; i < NSAPI_END; i++)
        if (mm->pdp[i])
            pdp_abandon(mm->pdp[i]);
    mm_wait_no_more(mm);
    gb_terminal_close(&mm->terminal);
    forget_imsi(mm);
    forget_ptmsi(mm);
    forget_teid(mm);
    *mm->at = mm->next;
    if (mm->next)
        mm->next->at = mm->at;
    mm->sgsn->mm_count--;
    wipe(&mm->vector, sizeof mm->vector);
    free(mm);
}

void mm_set_imsi(struct mm *mm, const char *imsi)
{
    if (strcmp(mm->imsi, imsi) == 0)
        return;
    forget_imsi(mm);
    snprintf(mm->imsi, sizeof mm->imsi, "%s", imsi);
}

void mm_claim_imsi(struct mm *mm)
{
    struct mm *older = mm_find_imsi(mm->sgsn, mm->imsi), **bucket;

    if (older == mm)
        return;
    if (older)
        mm_remove(older);
    bucket = imsi_bucket(mm->sgsn, mm->imsi);
    mm->next_imsi = *bucket;
    *bucket = mm;
}

void mm_new_ptmsi(struct mm *mm)
{
    struct mm **bucket;
    uint32_t ptmsi;

    do
        ptmsi = random32() | 0xc0000000; /* TS 23.003 2.4: the two highest bits are an SGSN's */
    while (mm_find_ptmsi(mm->sgsn, ptmsi));
    forget_ptmsi(mm);
    mm->ptmsi = ptmsi;
    bucket = ptmsi_bucket(mm->sgsn, ptmsi);
    mm->next_ptmsi = *bucket;
    *bucket = mm;
}

void mm_wait(struct mm *mm, unsigned ms, loop_fn *fn)
{
    loop_cancel(&mm->timer);
    mm->timer = loop_after(mm->sgsn->loop, ms, fn, mm);
}

void mm_wait_no_more(struct mm *mm)
{
    loop_cancel(&mm->timer);
}

/* --- PDP contexts ------------------------------------------------------------------------------
 */

struct pdp *pdp_add(struct mm *mm, unsigned nsapi, unsigned ti)
{
    struct pdp *pdp = xzalloc(sizeof *pdp);

    pdp->sgsn = mm->sgsn;
    pdp->mm = mm;
    pdp->nsapi = nsapi;
    pdp->ti = ti;
    memcpy(pdp->imsi, mm->imsi, sizeof pdp->imsi);
    pdp->teid_control = mm->teid_control;
    pdp_user_add(pdp);
    pdp->next = mm->sgsn->pdps;
    pdp->at = &mm->sgsn->pdps;
    if (pdp->next)
        pdp->next->at = &pdp->next;
    mm->sgsn->pdps = pdp;
    mm->pdp[nsapi] = pdp;
    return pdp;
}

struct pdp *pdp_find_ti(struct mm *mm, unsigned ti)
{
    for (unsigned i = NSAPI_FIRST; i < NSAPI_END; i++)
        if (mm->pdp[i] && mm->pdp[i]->ti == ti)
            return mm->pdp[i];
    return NULL;
}

void pdp_remove(struct pdp *pdp)
{
    if (pdp->mm)
        pdp->mm->pdp[pdp->nsapi] = NULL;
    if (pdp->their_control)
        gtp_path_leave(pdp->sgsn->path, &pdp->ggsn);
    gtp_path_cancel(&pdp->pending);
    loop_cancel(&pdp->timer);
    pdp_user_remove(pdp);
    *pdp->at = pdp->next;
    if (pdp->next)
        pdp->next->at = pdp->at;
    free(pdp);
}

static void on_deleted(void *arg, int err, const struct gtp1 *answer)
{
    struct pdp *pdp = arg;

    (void)err; /* silent or refused (192): either way nothing is left to delete */
    (void)answer;
    pdp->pending = NULL;
    pdp->deleted(pdp);
}

void pdp_delete(struct pdp *pdp, pdp_fn *deleted)
{
    struct gtp1 m = {.type = GTP_DELETE_REQUEST,
                     .teid = pdp->their_control,
                     .has_teardown = true,
                     .teardown = 1,
                     .has_nsapi = true,
                     .nsapi = pdp->nsapi};

    loop_cancel(&pdp->timer);
    pdp->state = PDP_DELETING;
    pdp->deleted = deleted;
    pdp->pending = gtp_path_ask(pdp->sgsn->path, &pdp->ggsn, &m, pdp->imsi, on_deleted, pdp);
}

void pdp_abandon(struct pdp *pdp)
{
    if (pdp->mm)
        pdp->mm->pdp[pdp->nsapi] = NULL;
    pdp->mm = NULL;
    switch (pdp->state) {
    case PDP_CREATING: break; /* activate.c: deletes it when the answer comes */
    case PDP_DELETING: pdp->deleted = pdp_remove; break;
    case PDP_ACTIVE: pdp_delete(pdp, pdp_remove); break;
    case PDP_DEACTIVATING: pdp_remove(pdp); break;
    }
}
