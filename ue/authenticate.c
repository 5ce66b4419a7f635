/* SPDX-License-Identifier: Apache-2.0 */
/* UMTS AKA on the GPRS side (TS 24.008 4.7.7, TS 33.102 6.3): the network asks the card, the card
 * asks itself whether it is the network.
 *
 *     UE                              SGSN
 *      |<--- Auth & Ciph Request ------|   RAND, AUTN
 *      |---- Auth & Ciph Response ---->|   RES
 *      |---- Auth & Ciph Failure ----->|   20: MAC, 21: AUTS, 23: no AUTN
 *      |<--- Auth & Ciph Reject -------|   the network does not believe the card
 */
#include <errno.h>
#include <string.h>

#include "ue.h"
#include "xalloc.h"

static void send_auth_failure(struct ue *ue, unsigned cause, const uint8_t *auts)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_AUTH_FAILURE};

    m.auth_failure.cause = cause;
    m.auth_failure.has_auts = auts != NULL;
    if (auts)
        memcpy(m.auth_failure.auts, auts, sizeof m.auth_failure.auts);
    radio_send(ue, &m);
}

/* TS 24.008 4.7.7.3: a RAND that comes again is not the card's business; its answer was lost. */
static void send_auth_response(struct ue *ue, const struct gmm_auth_request *r)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_AUTH_RESPONSE};
    struct gmm_auth_response *a = &m.auth_response;
    const struct auth_answer *answer = &ue->attach.answer;

    a->reference = r->reference;
    a->has_res = a->has_res_rest = true;
    memcpy(a->res, answer->res, sizeof a->res);
    a->res_rest.len = sizeof answer->res - sizeof a->res;
    memcpy(a->res_rest.data, answer->res + sizeof a->res, a->res_rest.len);
    a->has_imeisv = r->imeisv_request == 1 && *ue->sim.imei;
    if (a->has_imeisv)
        attach_identity(&a->imeisv, &ue->sim, NAS_IMEISV);
    radio_send(ue, &m);
    wipe(&m, sizeof m);
}

static void on_verdict(struct ue *ue, const struct gmm_auth_request *r,
                       const struct sim_answer *said)
{
    struct auth_answer *answer = &ue->attach.answer;

    log_arrow(ue->call, "==", NULL, "check AUTN", "result", sim_verdict_text(said->verdict), NULL);
    ue->attach.wrong_mac = said->verdict == AKA_WRONG_MAC;
    if (said->verdict == AKA_FINE) {
        answer->held = true;
        memcpy(answer->rand, r->rand, sizeof answer->rand);
        memcpy(answer->res, said->res, sizeof answer->res);
        send_auth_response(ue, r);
    } else if (said->verdict == AKA_WRONG_MAC) {
        send_auth_failure(ue, GMM_CAUSE_MAC_FAILURE, NULL);
    } else {
        send_auth_failure(ue, GMM_CAUSE_SYNCH_FAILURE, said->auts);
    }
}

void authenticate_on_request(struct ue *ue, const struct nas *request)
{
    const struct gmm_auth_request *r = &request->auth_request;
    const struct auth_answer *before = &ue->attach.answer;
    struct sim_answer answer;
    struct why why;

    if (!r->has_rand || !r->has_autn) {
        log_warn(ue->call, "the SGSN challenges without AUTN: a USIM answers UMTS AKA only");
        send_auth_failure(ue, GMM_CAUSE_GSM_AUTH_UNACCEPTABLE, NULL);
        return;
    }
    if (before->held && memcmp(before->rand, r->rand, sizeof r->rand) == 0) {
        send_auth_response(ue, r);
        return;
    }
    authenticate_forget(ue);
    if (sim_answer(&ue->sim, r->rand, r->autn, &answer, &why) < 0) {
        log_error(ue->call, "%s", why.text);
        attach_fail(ue, -EIO, "the SIM cannot answer the SGSN: %s", why.text);
        return;
    }
    on_verdict(ue, r, &answer);
    wipe(&answer, sizeof answer);
}

void authenticate_on_reject(struct ue *ue, const struct nas *m)
{
    (void)m;
    if (ue->attach.wrong_mac)
        attach_fail(ue, -EACCES,
                    "wrong K or OPc: the SGSN's MAC does not verify for IMSI %s - they differ "
                    "between terminal and network",
                    ue->sim.imsi);
    else
        attach_fail(ue, -EACCES,
                    "the SGSN does not accept the answer of the SIM (IMSI %s) - K or OPc differ "
                    "between terminal and network",
                    ue->sim.imsi);
}

void authenticate_forget(struct ue *ue)
{
    wipe(&ue->attach.answer, sizeof ue->attach.answer);
}
