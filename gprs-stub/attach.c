/* SPDX-License-Identifier: Apache-2.0 */
/* GPRS attach, TS 24.008 4.7.3, the SGSN's side.
 *
 *     UE                          SGSN
 *      |-- Attach Request ---------->|   IMSI, or a P-TMSI
 *      |<- Identity Request ---------|   when nobody has that P-TMSI (T3370)
 *      |-- Identity Response ------->|   IMSI
 *      |                             |   subscribed? 8: unknown, 7: no GPRS, 11: may not roam here
 *      |                             |   is it? authenticate.c
 *      |<- Attach Accept ------------|   new P-TMSI (T3350)
 *      |-- Attach Complete --------->|   in the TLLI made of it
 */
#include <string.h>
#include <strings.h>

#include "sgsn_inner.h"

static void identify(struct mm *mm, const struct gmm_attach_request *request);
static void send_identity_request(struct mm *mm);
static void check_subscription(struct mm *mm, const char *imsi);
static void send_accept(struct mm *mm);
static void become_attached(struct mm *mm);

enum { T3312_DEACTIVATED = 0xe0 }; /* 10.5.7.3: no periodic update, this SGSN has none */
enum { RADIO_PRIORITY = 0x44 };    /* SMS and TOM8: lowest */

static void send_reject(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli, unsigned cause)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_ATTACH_REJECT, .attach_reject = {.cause = cause}};

    mm_refused("", "attach-refused", cause, gmm_cause_text(cause));
    sgsn_send(sgsn, way, tlli, &m, "");
}

/* A TLLI that has no context. A P-TMSI of ours may have one under its TLLI of before. */
void attach_begin(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli,
                  const struct gmm_attach_request *request)
{
    struct mm *mm = mm_add(sgsn, way, tlli);

    if (mm)
        identify(mm, request);
    else
        send_reject(sgsn, way, tlli, GMM_CAUSE_CONGESTION);
}

static bool is_same(const struct gmm_attach_request *a, const struct gmm_attach_request *b)
{
    return memcmp(&a->identity, &b->identity, sizeof a->identity) == 0 &&
           a->attach_type == b->attach_type &&
           memcmp(&a->old_rai, &b->old_rai, sizeof a->old_rai) == 0;
}

/* What an earlier life of the terminal had; not before it is known to be the same (4.7.3.1.6 f). */
static void abandon_contexts(struct mm *mm)
{
    for (unsigned i = NSAPI_FIRST; i < NSAPI_END; i++)
        if (mm->pdp[i])
            pdp_abandon(mm->pdp[i]);
}

/* 4.7.3.1.6 d, e: the same request again is an answer lost; another one begins anew. */
void attach_again(struct mm *mm, const struct gmm_attach_request *request)
{
    bool same = is_same(&mm->request, request);

    if (mm->state == MM_ACCEPTING && same) {
        mm->tries = 0;
        send_accept(mm);
    } else if ((mm->state != MM_IDENTIFYING && mm->state != MM_AUTHENTICATING) || !same) {
        if (mm->state == MM_DETACHING)
            abandon_contexts(mm);
        identify(mm, request);
    }
}

static void identify(struct mm *mm, const struct gmm_attach_request *request)
{
    const struct nas_mobile_id *id = &request->identity;
    struct mm *known = NULL;
    char imsi[GSM_DIGITS];

    mm_wait_no_more(mm);
    mm->request = *request;
    mm->asked_imsi = mm->doubted = false;
    if (id->type == NAS_PTMSI)
        known = mm_find_ptmsi(mm->sgsn, id->ptmsi);
    if (id->type == NAS_IMSI || (known && *known->imsi)) {
        snprintf(imsi, sizeof imsi, "%s", known ? known->imsi : id->digits);
        check_subscription(mm, imsi);
    } else {
        attach_ask_identity(mm);
    }
}

void attach_ask_identity(struct mm *mm)
{
    mm->state = MM_IDENTIFYING;
    mm->asked_imsi = true;
    mm->tries = 0;
    send_identity_request(mm);
}

static void on_t3370(void *arg)
{
    struct mm *mm = arg;

    mm->timer = NULL;
    if (mm->tries < mm->sgsn->conf->timers.nas_tries) {
        send_identity_request(mm);
        return;
    }
    log_warn(NULL, "no Identity Response from tlli %08x, its attach is forgotten",
             gb_terminal_tlli(mm->terminal));
    mm_remove(mm);
}

static void send_identity_request(struct mm *mm)
{
    struct nas m = {
        .pd = NAS_GMM, .type = GMM_IDENTITY_REQUEST, .identity_request = {.type = NAS_IMSI}};

    mm->tries++;
    mm_send(mm, &m);
    mm_wait(mm, mm->sgsn->conf->timers.t3370_ms, on_t3370);
}

void attach_on_identity(struct mm *mm, const struct nas *m)
{
    const struct nas_mobile_id *id = &m->identity_response.identity;

    if (mm->state != MM_IDENTIFYING) {
        mm_status(mm, m, NAS_CAUSE_STATE);
        return;
    }
    mm_wait_no_more(mm);
    if (id->type != NAS_IMSI)
        attach_refuse(mm, GMM_CAUSE_IDENTITY_UNKNOWN);
    else if (mm->doubted && strcmp(id->digits, mm->imsi) == 0)
        authenticate_reject(mm, "it is the subscriber that its P-TMSI said, with a wrong card");
    else
        check_subscription(mm, id->digits);
}

/* No network is listed: all are fine. */
static bool may_roam(const struct conf_subscriber *s, const char *network)
{
    for (size_t i = 0; i < s->visited_count; i++)
        if (strcasecmp(s->visited[i], network) == 0)
            return true;
    return s->visited_count == 0;
}

/* The HLR's part: a subscriber of lab.yaml, and one that may use GPRS here. */
static void check_subscription(struct mm *mm, const char *imsi)
{
    mm_set_imsi(mm, imsi);
    mm->subscriber = conf_subscriber_by_imsi(mm->sgsn->conf, imsi);
    if (!mm->subscriber)
        attach_refuse(mm, GMM_CAUSE_NO_GPRS_AND_NO_OTHER);
    else if (!mm->subscriber->gprs)
        attach_refuse(mm, GMM_CAUSE_NO_GPRS);
    else if (!may_roam(mm->subscriber, mm->sgsn->conf->visited_domain))
        attach_refuse(mm, GMM_CAUSE_PLMN_NOT_ALLOWED);
    else if (mm->sgsn->auc)
        authenticate_begin(mm);
    else
        attach_on_authenticated(mm);
}

void attach_on_authenticated(struct mm *mm)
{
    abandon_contexts(mm);
    mm_claim_imsi(mm);
    mm_new_ptmsi(mm);
    mm->tries = 0;
    send_accept(mm);
    gb_terminal_assign(mm->terminal, gb_local_tlli(mm->ptmsi));
}

static void on_t3350(void *arg)
{
    struct mm *mm = arg;
    char tag[CALL_TAG];

    mm->timer = NULL;
    if (mm->tries < mm->sgsn->conf->timers.nas_tries) {
        send_accept(mm);
        return;
    }
    log_warn(call_tag(mm->imsi, tag), "no Attach Complete from IMSI %s, its attach is forgotten",
             mm->imsi);
    mm_remove(mm);
}

static void send_accept(struct mm *mm)
{
    struct nas m = {
        .pd = NAS_GMM,
        .type = GMM_ATTACH_ACCEPT,
        .attach_accept = {.result = NAS_ATTACH_GPRS,
                          .t3312 = T3312_DEACTIVATED,
                          .radio_priority = RADIO_PRIORITY,
                          .rai = mm->sgsn->rai,
                          .has_ptmsi = true,
                          .ptmsi = {.type = NAS_PTMSI, .ptmsi = mm->ptmsi}}
    };

    mm->state = MM_ACCEPTING;
    mm->tries++;
    mm_send(mm, &m);
    mm_wait(mm, mm->sgsn->conf->timers.t3350_ms, on_t3350);
}

void attach_on_complete(struct mm *mm, const struct nas *m)
{
    if (mm->state == MM_ACCEPTING)
        become_attached(mm);
    else
        mm_status(mm, m, NAS_CAUSE_STATE);
}

static void become_attached(struct mm *mm)
{
    char ptmsi[12], tag[CALL_TAG];

    mm_wait_no_more(mm);
    mm->state = MM_ATTACHED;
    snprintf(ptmsi, sizeof ptmsi, "%08x", mm->ptmsi);
    log_arrow(call_tag(mm->imsi, tag), "==", NULL, "attached", "imsi", mm->imsi, "p-tmsi", ptmsi,
              NULL);
}

/* The end of an attach that fails. */
void attach_refuse(struct mm *mm, unsigned cause)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_ATTACH_REJECT, .attach_reject = {.cause = cause}};

    mm_refused(mm->imsi, "attach-refused", cause, gmm_cause_text(cause));
    mm_send(mm, &m);
    mm_remove(mm);
}
