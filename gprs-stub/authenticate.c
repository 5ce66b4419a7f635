/* SPDX-License-Identifier: Apache-2.0 */
/* UMTS AKA before an attach is accepted, TS 24.008 4.7.7, TS 33.102 6.3, the SGSN's side.
 *
 *     UE                          SGSN
 *      |<- Auth & Ciph Request ------|   RAND, AUTN (T3360)
 *      |-- Auth & Ciph Response ---->|   RES is right: attach.c goes on
 *      |-- Auth & Ciph Failure ----->|   21: AUTS -> counter set, asked again, once
 *      |<- Identity Request ---------|   it came with a P-TMSI: perhaps it is not who we think
 *      |<- Auth & Ciph Reject -------|   RES is wrong, or 20 (MAC), 23, a forged AUTS
 */
#include <string.h>

#include "sgsn_inner.h"
#include "xalloc.h"

static void challenge(struct mm *mm);
static void send_request(struct mm *mm);
static void resynchronise(struct mm *mm, const struct gmm_auth_failure *failure);
static void distrust(struct mm *mm, const char *reason);

void authenticate_begin(struct mm *mm)
{
    mm->resynchronised = false;
    challenge(mm);
}

/* A vector for this question alone; it is repeated with T3360, never used for another. */
static void challenge(struct mm *mm)
{
    struct why why;
    char tag[CALL_TAG];

    mm_wait_no_more(mm);
    if (auc_vector(mm->sgsn->auc, mm->imsi, &mm->vector, &why) < 0) {
        log_error(call_tag(mm->imsi, tag), "%s", why.text);
        attach_refuse(mm, GMM_CAUSE_NETWORK_FAILURE);
        return;
    }
    mm->state = MM_AUTHENTICATING;
    mm->cksn = (mm->cksn + 1) % NAS_NO_KEY;
    mm->reference = (mm->reference + 1) % 16;
    mm->tries = 0;
    send_request(mm);
}

static void on_t3360(void *arg)
{
    struct mm *mm = arg;
    char tag[CALL_TAG];

    mm->timer = NULL;
    if (mm->tries < mm->sgsn->conf->timers.nas_tries) {
        send_request(mm);
        return;
    }
    log_warn(call_tag(mm->imsi, tag),
             "no Authentication and Ciphering Response from IMSI %s, its attach is forgotten",
             mm->imsi);
    mm_remove(mm);
}

static void send_request(struct mm *mm)
{
    struct nas m = {
        .pd = NAS_GMM,
        .type = GMM_AUTH_REQUEST,
        .auth_request = {.reference = mm->reference,
                         .has_rand = true,
                         .has_cksn = true,
                         .cksn = mm->cksn,
                         .has_autn = true}
    };

    memcpy(m.auth_request.rand, mm->vector.rand, sizeof m.auth_request.rand);
    memcpy(m.auth_request.autn, mm->vector.autn, sizeof m.auth_request.autn);
    mm->tries++;
    mm_send(mm, &m);
    mm_wait(mm, mm->sgsn->conf->timers.t3360_ms, on_t3360);
}

static bool is_right(const struct mm *mm, const struct gmm_auth_response *r)
{
    uint8_t res[sizeof mm->vector.xres];
    bool right = false;

    if (r->has_res && r->has_res_rest && r->res_rest.len == sizeof res - sizeof r->res) {
        memcpy(res, r->res, sizeof r->res);
        memcpy(res + sizeof r->res, r->res_rest.data, r->res_rest.len);
        right = aka_is_right(&mm->vector, res, sizeof res);
        wipe(res, sizeof res);
    }
    return right;
}

/* The answer to a question that was asked before this one says nothing. */
void authenticate_on_response(struct mm *mm, const struct nas *m)
{
    char tag[CALL_TAG];

    if (mm->state != MM_AUTHENTICATING) {
        mm_status(mm, m, NAS_CAUSE_STATE);
    } else if (m->auth_response.reference != mm->reference) {
        log_warn(call_tag(mm->imsi, tag), "an answer to an earlier challenge of IMSI %s, ignored",
                 mm->imsi);
    } else if (!is_right(mm, &m->auth_response)) {
        distrust(mm, "RES is wrong");
    } else {
        mm_wait_no_more(mm);
        wipe(&mm->vector, sizeof mm->vector);
        log_arrow(call_tag(mm->imsi, tag), "==", NULL, "authenticated", "imsi", mm->imsi, NULL);
        attach_on_authenticated(mm);
    }
}

void authenticate_on_failure(struct mm *mm, const struct nas *m)
{
    const struct gmm_auth_failure *failure = &m->auth_failure;

    if (mm->state != MM_AUTHENTICATING)
        mm_status(mm, m, NAS_CAUSE_STATE);
    else if (failure->cause == GMM_CAUSE_MAC_FAILURE)
        distrust(mm, "the card finds a wrong MAC: K or OPc differ between card and network");
    else if (failure->cause != GMM_CAUSE_SYNCH_FAILURE)
        distrust(mm, "the terminal refuses UMTS AKA");
    else if (mm->resynchronised)
        distrust(mm, "the card is out of step again, right after it was resynchronised");
    else
        resynchronise(mm, failure);
}

/* 4.7.7.6 f: only for the RAND that is out, and only when the card proves that it is one. */
static void resynchronise(struct mm *mm, const struct gmm_auth_failure *failure)
{
    struct why why = {"the card is out of step and sends no AUTS"};
    char tag[CALL_TAG];

    if (!failure->has_auts ||
        auc_resynchronise(mm->sgsn->auc, mm->imsi, mm->vector.rand, failure->auts, &why) < 0) {
        distrust(mm, why.text);
        return;
    }
    log_arrow(call_tag(mm->imsi, tag), "==", NULL, "resynchronised", "imsi", mm->imsi, NULL);
    mm->resynchronised = true;
    challenge(mm);
}

/* 4.7.7.5, 4.7.7.6 d: a P-TMSI may have named the wrong subscriber. */
static void distrust(struct mm *mm, const char *reason)
{
    char tag[CALL_TAG];

    wipe(&mm->vector, sizeof mm->vector);
    if (mm->request.identity.type == NAS_PTMSI && !mm->asked_imsi) {
        log_arrow(call_tag(mm->imsi, tag), "==", NULL, "identity-doubted", "imsi", mm->imsi, "why",
                  reason, NULL);
        mm->doubted = true;
        attach_ask_identity(mm);
        return;
    }
    authenticate_reject(mm, reason);
}

void authenticate_reject(struct mm *mm, const char *reason)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_AUTH_REJECT};
    char tag[CALL_TAG];

    log_arrow_at(LEVEL_WARN, call_tag(mm->imsi, tag), "==", NULL, "authentication-rejected", "imsi",
                 mm->imsi, "why", reason, NULL);
    mm_send(mm, &m);
    mm_remove(mm);
}
