/* SPDX-License-Identifier: Apache-2.0 */
/* The SGSN between Gb and GTP: what comes in goes to its procedure, and what cannot be read is
 * answered with its cause (TS 24.008 8). */
#include "sgsn.h"

#include <stdlib.h>
#include <string.h>

#include "gtpu.h"
#include "nas_log.h"
#include "sgsn_inner.h"
#include "xalloc.h"

/* --- out ---------------------------------------------------------------------------------------
 */

void mm_refused(const char *imsi, const char *what, unsigned cause, const char *cause_text)
{
    char text[96], tag[CALL_TAG];

    snprintf(text, sizeof text, "%u %s", cause, cause_text ? cause_text : "unknown cause");
    log_arrow_at(LEVEL_WARN, *imsi ? call_tag(imsi, tag) : NULL, "==", NULL, what, "imsi",
                 *imsi ? imsi : NULL, "cause", text, NULL);
}

static void send_nas(struct sgsn *sgsn, struct gb_terminal *t, const struct nas *m,
                     const char *imsi)
{
    const struct gb_way *way = gb_terminal_way(t);
    uint8_t data[NAS_MAX];
    int len = nas_encode(data, sizeof data, NAS_DOWN, m), rc;
    char a[ADDR_TEXT];

    if (len < 0) {
        log_error(NULL, "cannot write a NAS message of type 0x%02x: %s", m->type, why_not(len));
        return;
    }
    nas_log("->", "ue", m, imsi, gb_terminal_tlli(t), gb_local(sgsn->gb), &way->peer);
    rc = gb_terminal_send(t, LLC_GMM, data, len);
    if (rc < 0)
        log_warn(NULL, "cannot send to %s: %s", addr_text(&way->peer, a), why_not(rc));
}

void mm_send(struct mm *mm, const struct nas *m)
{
    send_nas(mm->sgsn, mm->terminal, m, mm->imsi);
}

static void on_nothing(void *arg, unsigned sapi, const uint8_t *data, size_t len)
{
    (void)arg;
    (void)sapi;
    (void)data;
    (void)len;
}

void sgsn_send(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli, const struct nas *m,
               const char *imsi)
{
    struct gb_terminal *t = gb_terminal_open(sgsn->gb, way, tlli, on_nothing, NULL);

    send_nas(sgsn, t, m, imsi);
    gb_terminal_close(&t);
}

static struct nas status_for(const struct nas *received, unsigned cause)
{
    struct nas m = {.pd = received->pd, .ti = received->ti};

    if (received->pd == NAS_GMM) {
        m.type = GMM_STATUS;
        m.gmm_status.cause = cause;
    } else {
        m.type = SM_STATUS;
        m.to_originator = !received->to_originator;
        m.sm_status.cause = cause;
    }
    return m;
}

void mm_status(struct mm *mm, const struct nas *received, unsigned cause)
{
    struct nas m = status_for(received, cause);
    char buf[24], text[64];

    snprintf(text, sizeof text, "%s", nas_text(received->pd, received->type, buf));
    mm_refused(mm->imsi, text, cause,
               received->pd == NAS_GMM ? gmm_cause_text(cause) : sm_cause_text(cause));
    mm_send(mm, &m);
}

/* --- in from the terminals ---------------------------------------------------------------------
 */

static void on_gmm(struct mm *mm, const struct nas *m)
{
    switch (m->type) {
    case GMM_ATTACH_REQUEST: attach_again(mm, &m->attach_request); break;
    case GMM_ATTACH_COMPLETE: attach_on_complete(mm, m); break;
    case GMM_IDENTITY_RESPONSE: attach_on_identity(mm, m); break;
    case GMM_AUTH_RESPONSE: authenticate_on_response(mm, m); break;
    case GMM_AUTH_FAILURE: authenticate_on_failure(mm, m); break;
    case GMM_DETACH_REQUEST: detach_begin(mm, &m->detach_request); break;
    case GMM_RAU_REQUEST: rau_begin(mm, m); break;
    case GMM_DETACH_ACCEPT: break; /* the answer to an earlier life's Detach Request */
    case GMM_STATUS: break;        /* in the log, nothing to do */
    default: mm_status(mm, m, NAS_CAUSE_STATE); break;
    }
}

/* Whoever uses the TLLI of its new P-TMSI has the Attach Accept; only the Complete was lost. */
static bool may_do_sm(struct mm *mm, const struct nas *m)
{
    if (mm->state == MM_ACCEPTING && gb_terminal_tlli(mm->terminal) == gb_local_tlli(mm->ptmsi))
        attach_on_complete(mm, m);
    return mm->state == MM_ATTACHED;
}

static void on_sm(struct mm *mm, const struct nas *m)
{
    if (m->type == SM_STATUS)
        return; /* in the log, nothing to do */
    if (!may_do_sm(mm, m)) {
        mm_status(mm, m, NAS_CAUSE_STATE);
        return;
    }
    if (m->to_originator) { /* 8.3.2: no transaction is begun by the network */
        if (m->type != SM_ACTIVATE_REQUEST)
            mm_status(mm, m, SM_CAUSE_INVALID_TI);
        return;
    }
    switch (m->type) {
    case SM_ACTIVATE_REQUEST: activate_begin(mm, m); break;
    case SM_DEACTIVATE_REQUEST: deactivate_begin(mm, m); break;
    case SM_DEACTIVATE_ACCEPT: deactivate_on_accept(mm, m); break;
    }
}

/* What came from somebody who has no context. */
static void on_new_terminal(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli,
                            const struct nas *m)
{
    if (m->pd == NAS_GMM && m->type == GMM_ATTACH_REQUEST)
        attach_begin(sgsn, way, tlli, &m->attach_request);
    else if (m->pd == NAS_GMM && m->type == GMM_DETACH_REQUEST)
        detach_stranger(sgsn, way, tlli, &m->detach_request);
    else if (m->pd == NAS_GMM && m->type == GMM_RAU_REQUEST)
        rau_stranger(sgsn, way, tlli, m);
    else if (m->type != GMM_DETACH_ACCEPT && m->type != GMM_STATUS && m->type != SM_STATUS)
        detach_send_away(sgsn, way, tlli);
}

/* Never a Status for a Status, nor an answer to an activation that claims to be ours (8.3.2 c). */
static bool may_answer(const struct nas *m)
{
    if (m->pd == NAS_GMM)
        return m->fault && m->type != GMM_STATUS;
    return m->fault && m->type != SM_STATUS &&
           !(m->type == SM_ACTIVATE_REQUEST && m->to_originator);
}

/* A message that could not be read: requests are rejected, the rest has a Status (8.5). */
static void on_fault(struct sgsn *sgsn, struct mm *mm, const struct gb_way *way, uint32_t tlli,
                     const struct nas *m, const struct why *why)
{
    char a[ADDR_TEXT], tag[CALL_TAG];
    struct nas answer;

    log_arrow_at(LEVEL_WARN, mm && *mm->imsi ? call_tag(mm->imsi, tag) : NULL, "==", NULL,
                 m->fault ? "refused" : "dropped", "proto", "nas", "src", addr_text(&way->peer, a),
                 "why", why->text, NULL);
    if (!may_answer(m))
        return;
    if (m->pd == NAS_SM && m->type == SM_ACTIVATE_REQUEST && mm && mm->state == MM_ATTACHED) {
        activate_refuse(mm, m, m->fault);
        return;
    }
    answer = status_for(m, m->fault);
    if (m->pd == NAS_GMM && m->type == GMM_ATTACH_REQUEST) {
        answer.type = GMM_ATTACH_REJECT;
        answer.attach_reject.cause = m->fault;
    }
    if (mm)
        mm_send(mm, &answer);
    else
        sgsn_send(sgsn, way, tlli, &answer, "");
}

/* Whose message it is, for the log: a terminal that is not known yet may say its IMSI itself. */
static const char *imsi_of_message(struct sgsn *sgsn, const struct mm *mm, const struct nas *m)
{
    const struct nas_mobile_id *id = NULL;
    const struct mm *known;

    if (mm && *mm->imsi)
        return mm->imsi;
    if (m->pd == NAS_GMM && m->type == GMM_ATTACH_REQUEST)
        id = &m->attach_request.identity;
    if (m->pd == NAS_GMM && m->type == GMM_IDENTITY_RESPONSE)
        id = &m->identity_response.identity;
    if (!id)
        return "";
    if (id->type == NAS_IMSI)
        return id->digits;
    known = id->type == NAS_PTMSI ? mm_find_ptmsi(sgsn, id->ptmsi) : NULL;
    return known ? known->imsi : "";
}

static void on_message(struct sgsn *sgsn, struct mm *mm, const struct gb_way *way, uint32_t tlli,
                       const uint8_t *data, size_t len)
{
    struct nas m;
    struct why why;
    int rc = nas_decode(&m, NAS_UP, data, len, &why);

    if (rc == 0 || m.fault)
        nas_log("<-", "ue", &m, imsi_of_message(sgsn, mm, &m), tlli, &way->peer,
                gb_local(sgsn->gb));
    if (rc < 0)
        on_fault(sgsn, mm, way, tlli, &m, &why);
    else if (!mm)
        on_new_terminal(sgsn, way, tlli, &m);
    else if (m.pd == NAS_GMM)
        on_gmm(mm, &m);
    else
        on_sm(mm, &m);
}

static void on_up(void *arg, unsigned sapi, const uint8_t *data, size_t len)
{
    struct mm *mm = arg;
    struct gb_way way = *gb_terminal_way(mm->terminal); /* the context may end */

    if (sapi == LLC_GMM)
        on_message(mm->sgsn, mm, &way, gb_terminal_tlli(mm->terminal), data, len);
    else
        sgsn_user_up(mm, sapi, data, len);
}

static void on_stranger(void *arg, const struct gb_way *way, uint32_t tlli, unsigned sapi,
                        const uint8_t *data, size_t len)
{
    if (sapi == LLC_GMM)
        on_message(arg, NULL, way, tlli, data, len);
    else if (sgsn_is_user_sapi(sapi)) /* it was attached before we were restarted */
        detach_send_away(arg, way, tlli);
}

struct gb_terminal *sgsn_terminal(struct sgsn *sgsn, const struct gb_way *way, uint32_t tlli,
                                  struct mm *mm)
{
    return gb_terminal_open(sgsn->gb, way, tlli, on_up, mm);
}

/* --- in from the GGSN --------------------------------------------------------------------------
 */

static struct pdp *find_context(struct sgsn *sgsn, const struct addr *peer,
                                const struct gtp1 *request)
{
    struct mm *mm = mm_find_teid(sgsn, request->teid);
    struct pdp *pdp = mm ? mm->pdp[request->nsapi] : NULL;

    bool there = pdp && (pdp->state == PDP_ACTIVE || pdp->state == PDP_DELETING);

    return there && addr_same_host(&pdp->ggsn, peer) ? pdp : NULL;
}

static void on_request(void *arg, const struct addr *peer, const struct gtp1 *request,
                       struct gtp1 *answer)
{
    struct pdp *pdp = find_context(arg, peer, request);

    if (request->type == GTP_CREATE_REQUEST) { /* nobody activates contexts at an SGSN */
        answer->type = 0;
        return;
    }
    answer->has_cause = true;
    answer->cause = pdp ? GTP_ACCEPTED : GTP_NON_EXISTENT;
    answer->teid = pdp ? pdp->their_control : 0;
    if (pdp && request->type == GTP_DELETE_REQUEST)
        deactivate_by_network(pdp, SM_CAUSE_REGULAR);
}

static const char *imsi_of(void *arg, uint32_t teid)
{
    const struct mm *mm = mm_find_teid(arg, teid);

    return mm ? mm->imsi : "";
}

/* TS 23.007 7: its contexts are gone with it. One that is being made is of its new life. */
static void on_restart(void *arg, const struct addr *peer)
{
    struct sgsn *sgsn = arg;
    struct pdp *pdp = sgsn->pdps, *next;

    for (; pdp; pdp = next) {
        next = pdp->next;
        if (addr_same_host(&pdp->ggsn, peer) && pdp->state == PDP_ACTIVE)
            deactivate_by_network(pdp, SM_CAUSE_REACTIVATION);
    }
}

/* --- open, close, live -------------------------------------------------------------------------
 */

static int open_gb(struct sgsn *sgsn, struct why *why)
{
    const struct conf *conf = sgsn->conf;
    struct gb_conf gb = {
        .local = addr_with_port(conf->sgsn.element.address, conf->sgsn.gb_port),
        .reset_ms = conf->timers.ns_reset_ms,
        .alive_s = conf->timers.ns_alive_s,
        .on_stranger = on_stranger,
        .arg = sgsn,
    };

    return gb_open_sgsn(&sgsn->gb, sgsn->loop, &gb, why);
}

static int open_gtp(struct sgsn *sgsn, struct why *why)
{
    const struct conf *conf = sgsn->conf;
    struct gtp_path_conf path = {
        .local = addr_with_port(conf->sgsn.element.address, GTP_C_PORT),
        .peer_port = GTP_C_PORT,
        .name = conf->sgsn.element.name,
        .peer_name = conf->ggsn.element.name,
        .t3_ms = conf->timers.gtp_t3_ms,
        .n3 = conf->timers.gtp_n3,
        .echo_s = conf->timers.gtp_echo_s,
        .recovery = sgsn->recovery,
        .on_request = on_request,
        .imsi_of = imsi_of,
        .on_restart = on_restart,
        .arg = sgsn,
    };
    int rc = gtp_path_open(&sgsn->path, sgsn->loop, &path, why);

    return rc < 0 ? rc : sgsn_user_open(sgsn, why);
}

int sgsn_open(struct sgsn **result, struct loop *loop, const struct conf *conf, struct why *why)
{
    struct sgsn *sgsn = xzalloc(sizeof *sgsn);
    int rc;

    *result = NULL;
    sgsn->conf = conf;
    sgsn->loop = loop;
    memcpy(sgsn->rai.mcc, conf->mcc, sizeof conf->mcc);
    memcpy(sgsn->rai.mnc, conf->mnc, sizeof conf->mnc);
    sgsn->rai.lac = conf->sgsn.lac;
    sgsn->rai.rac = conf->sgsn.rac;
    rc = gtp_restart_counter(conf->state_dir, conf->sgsn.state, &sgsn->recovery, why);
    if (rc == 0 && conf->sgsn.authentication == CONF_ON)
        rc = auc_open(&sgsn->auc, conf, why);
    if (rc == 0)
        rc = open_gtp(sgsn, why);
    if (rc == 0)
        rc = open_gb(sgsn, why);
    if (rc < 0) {
        sgsn_close(sgsn);
        return rc;
    }
    *result = sgsn;
    return 0;
}

void sgsn_close(struct sgsn *sgsn)
{
    if (!sgsn)
        return;
    while (sgsn->pdps)
        pdp_remove(sgsn->pdps);
    while (sgsn->mms)
        mm_remove(sgsn->mms);
    gb_close(sgsn->gb);
    gtp_path_close(sgsn->path);
    gtpu_close(sgsn->user);
    auc_close(sgsn->auc);
    free(sgsn);
}
