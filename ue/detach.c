/* SPDX-License-Identifier: Apache-2.0 */
/* GPRS detach, from either side (TS 24.008 4.7.4). Whoever detaches, the PDP context and what
 * stands on it are gone with it.
 *
 *     UE                              SGSN
 *      |---- Detach Request ---------->|   T3321; power off: no answer comes
 *      |<--- Detach Accept ------------|
 *
 *      |<--- Detach Request -----------|
 *      |---- Detach Accept ----------->|
 */
#include <errno.h>
#include <string.h>

#include "ue.h"

static void send_detach_request(struct ue *ue);
static void on_t3321(void *arg);

void detach_begin(struct ue *ue, ue_done_fn *done, void *arg)
{
    struct attach *a = &ue->attach;

    ask_open(&a->ask, ue->loop, done, arg);
    if (a->state == GMM_DETACHED) {
        ask_answer(&a->ask, 0, "detached: IMSI %s was not attached", ue->sim.imsi);
        return;
    }
    if (!ue->gb || !gb_is_up(ue->gb)) {
        detach_locally(ue);
        ask_answer(&a->ask, -ENOTCONN, "detached, but the Gb link is down: the SGSN does not know");
        return;
    }
    a->state = GMM_DETACHING;
    a->tries = 0;
    send_detach_request(ue);
}

static void fill_detach(const struct ue *ue, struct nas *m, unsigned type)
{
    m->pd = NAS_GMM;
    m->type = GMM_DETACH_REQUEST;
    m->detach_request.type = type;
    m->detach_request.has_ptmsi = ue->attach.has_ptmsi;
    m->detach_request.ptmsi.type = NAS_PTMSI;
    m->detach_request.ptmsi.ptmsi = ue->attach.ptmsi;
}

static void send_detach_request(struct ue *ue)
{
    struct nas m = {0};

    fill_detach(ue, &m, NAS_DETACH_GPRS);
    ue->attach.tries++;
    radio_send(ue, &m);
    ue->attach.timer = loop_after(ue->loop, ue->conf->timers.t3321_ms, on_t3321, ue);
}

/* TS 24.008 4.7.4.1.4 c: nobody answers, so be it. */
static void on_t3321(void *arg)
{
    struct ue *ue = arg;
    char sgsn[ADDR_TEXT];

    ue->attach.timer = NULL;
    if (ue->attach.tries < ue->conf->timers.nas_tries) {
        send_detach_request(ue);
        return;
    }
    detach_locally(ue);
    ask_answer(&ue->attach.ask, -ETIMEDOUT,
               "detached, but the SGSN at %s did not answer %u Detach Requests (T3321)",
               radio_sgsn(ue, sgsn), ue->attach.tries);
}

void detach_on_accept(struct ue *ue, const struct nas *m)
{
    (void)m;
    if (ue->attach.state != GMM_DETACHING)
        return;
    detach_locally(ue);
    ask_answer(&ue->attach.ask, 0, "detached: IMSI %s", ue->sim.imsi);
}

/* The network throws the terminal out (TS 24.008 4.7.4.2). */
void detach_on_request(struct ue *ue, const struct nas *m)
{
    struct nas accept = {.pd = NAS_GMM, .type = GMM_DETACH_ACCEPT};
    unsigned cause = m->detach_request.has_cause ? m->detach_request.cause : 0;
    const char *text = cause ? gmm_cause_text(cause) : NULL;
    unsigned state = ue->attach.state;

    radio_send(ue, &accept);
    detach_locally(ue);
    if (state == GMM_DETACHING)
        ask_answer(&ue->attach.ask, 0, "detached: IMSI %s", ue->sim.imsi);
    else if (state == GMM_ATTACHING)
        ask_answer(&ue->attach.ask, -ECONNREFUSED,
                   "failed: the SGSN answers the attach with a Detach Request, cause %u (%s)",
                   cause, text ? text : "-");
    else
        ue_say(ue, "lost: the SGSN detached the terminal%s%s", text ? ": " : "", text ? text : "");
}

void detach_power_off(struct ue *ue)
{
    struct nas m = {0};

    if (ue->attach.state == GMM_DETACHED || !ue->gb || !gb_is_up(ue->gb))
        return;
    fill_detach(ue, &m, NAS_DETACH_GPRS | NAS_DETACH_POWER_OFF);
    radio_send(ue, &m);
    detach_locally(ue);
}

void detach_locally(struct ue *ue)
{
    loop_cancel(&ue->attach.timer);
    authenticate_forget(ue);
    ue->attach.state = GMM_DETACHED;
    pdp_lost(ue);
    ask_answer(&ue->pdp.ask, -ENETDOWN, "failed: the terminal is detached");
}
