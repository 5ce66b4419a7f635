/* SPDX-License-Identifier: Apache-2.0 */
/* GPRS attach (TS 24.008 4.7.3); and which GMM message goes to which function.
 *
 *     UE                              SGSN
 *      |---- Attach Request (IMSI) --->|   T3310
 *      |<--- Identity Request ---------|   when the SGSN wants to know
 *      |---- Identity Response ------->|
 *      |<--- Auth & Ciph Request ------|   when it authenticates: authenticate.c
 *      |---- Auth & Ciph Response ---->|
 *      |<--- Attach Accept ------------|   P-TMSI, routing area
 *      |---- Attach Complete --------->|
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "hint.h"
#include "ue.h"
#include "xalloc.h"

static void send_attach_request(struct ue *ue);
static void on_t3310(void *arg);
static void answer_identity(struct ue *ue, const struct nas *m);
static void on_accept(struct ue *ue, const struct nas *m);
static void on_reject(struct ue *ue, const struct nas *m);
static void on_status(struct ue *ue, const struct nas *m);

static const struct hint hints[] = {
    {GMM_CAUSE_IMSI_UNKNOWN_IN_HLR,  "the network does not know this IMSI: is it a subscriber's"},
    {GMM_CAUSE_ILLEGAL_MS,           "the network refuses this SIM"                             },
    {GMM_CAUSE_IMEI_NOT_ACCEPTED,    "the network refuses this IMEI"                            },
    {GMM_CAUSE_ILLEGAL_ME,           "the network refuses this device"                          },
    {GMM_CAUSE_NO_GPRS,              "the subscriber has no GPRS subscription"                  },
    {GMM_CAUSE_NO_GPRS_AND_NO_OTHER,
     "the network does not know this IMSI, or bars it: is it a subscriber's"                    },
    {GMM_CAUSE_PLMN_NOT_ALLOWED,     "the subscriber may not roam in this network"              },
    {GMM_CAUSE_NO_ROAMING,           "the subscriber may not roam here"                         },
    {GMM_CAUSE_NO_GPRS_IN_PLMN,      "the subscriber may not use GPRS in this network"          },
    {GMM_CAUSE_NETWORK_FAILURE,      "the SGSN could not reach the subscriber database"         },
    {GMM_CAUSE_CONGESTION,           "the SGSN is overloaded"                                   },
    {0,                              NULL                                                       },
};

static void say_attached(struct ue *ue)
{
    char sgsn[ADDR_TEXT], rai[32];

    ask_answer(&ue->attach.ask, 0, "attached: IMSI %s to SGSN %s, P-TMSI %08x, routing area %s",
               ue->sim.imsi, radio_sgsn(ue, sgsn), ue->attach.ptmsi,
               gsm_rai_text(&ue->attach.rai, rai));
}

void attach_begin(struct ue *ue, ue_done_fn *done, void *arg)
{
    struct attach *a = &ue->attach;
    struct why why;
    int err;

    ask_open(&a->ask, ue->loop, done, arg);
    if (a->state == GMM_ATTACHED) {
        say_attached(ue);
        return;
    }
    a->state = GMM_ATTACHING;
    a->tries = 0;
    a->has_ptmsi = a->wrong_mac = false;
    if (ue->gb && gb_is_up(ue->gb)) {
        radio_renew(ue);
        send_attach_request(ue);
        return;
    }
    radio_close(ue);
    err = radio_open(ue, &why);
    if (err)
        attach_fail(ue, err, "no Gb link: %s", why.text);
}

void attach_on_link(struct ue *ue, bool up, const struct why *why)
{
    char sgsn[ADDR_TEXT];

    if (up && ue->attach.state == GMM_ATTACHING && ue->attach.tries == 0)
        send_attach_request(ue);
    else if (!up && ue->attach.state == GMM_ATTACHING)
        attach_fail(ue, -ETIMEDOUT, "no Gb link: %s - is it running there", why->text);
    else if (!up)
        log_warn(ue->call, "the Gb link is down: %s", why->text);
    else if (ue->attach.state != GMM_DETACHED)
        log_info(ue->call, "the Gb link to the SGSN at %s is up again", radio_sgsn(ue, sgsn));
}

static void set_octets(struct nas_octets *o, const void *data, size_t len)
{
    o->len = len;
    memcpy(o->data, data, len);
}

static void send_attach_request(struct ue *ue)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_ATTACH_REQUEST};
    struct gmm_attach_request *r = &m.attach_request;

    set_octets(&r->network_capability, "\xe5\xe0", 2);
    r->attach_type = NAS_ATTACH_GPRS;
    r->cksn = NAS_NO_KEY;
    r->drx = 0x0a00;
    r->identity.type = NAS_IMSI;
    memcpy(r->identity.digits, ue->sim.imsi, sizeof ue->sim.imsi);
    memcpy(r->old_rai.mcc, ue->conf->mcc, sizeof r->old_rai.mcc);
    memcpy(r->old_rai.mnc, ue->conf->mnc, sizeof r->old_rai.mnc);
    r->old_rai.lac = 0xfffe; /* none: TS 24.008 10.5.5.15 */
    r->old_rai.rac = 0xff;
    set_octets(&r->radio_capability, "\x14\x53\x43\x2a\xa0\x60", 6);
    ue->attach.tries++;
    radio_send(ue, &m);
    ue->attach.timer = loop_after(ue->loop, ue->conf->timers.t3310_ms, on_t3310, ue);
}

static void on_t3310(void *arg)
{
    struct ue *ue = arg;
    char sgsn[ADDR_TEXT];

    ue->attach.timer = NULL;
    if (ue->attach.tries < ue->conf->timers.nas_tries)
        send_attach_request(ue);
    else
        attach_fail(ue, -ETIMEDOUT,
                    "no answer from the SGSN at %s to %u Attach Requests, one every %u ms (T3310)",
                    radio_sgsn(ue, sgsn), ue->attach.tries, ue->conf->timers.t3310_ms);
}

/* IMEI and IMEISV share 14 digits; the 15th is a check digit, 15th and 16th the software version
 * (TS 23.003 6.2). */
void attach_identity(struct nas_mobile_id *id, const struct sim *sim, unsigned type)
{
    id->type = type;
    if (type == NAS_IMSI)
        memcpy(id->digits, sim->imsi, sizeof sim->imsi);
    else if (type == NAS_IMEI && strlen(sim->imei) >= 15)
        memcpy(id->digits, sim->imei, 15);
    else if (type == NAS_IMEISV && strlen(sim->imei) == 16)
        memcpy(id->digits, sim->imei, 16);
    else if (type == NAS_IMEISV && strlen(sim->imei) == 15)
        snprintf(id->digits, sizeof id->digits, "%.14s00", sim->imei);
    else
        id->type = NAS_NO_IDENTITY;
}

static void answer_identity(struct ue *ue, const struct nas *request)
{
    struct nas m = {.pd = NAS_GMM, .type = GMM_IDENTITY_RESPONSE};

    attach_identity(&m.identity_response.identity, &ue->sim, request->identity_request.type);
    if (request->identity_request.type == NAS_PTMSI && ue->attach.has_ptmsi) {
        m.identity_response.identity.type = NAS_PTMSI;
        m.identity_response.identity.ptmsi = ue->attach.ptmsi;
    }
    radio_send(ue, &m);
}

/* Again when our Attach Complete was lost: TS 24.008 4.7.3.1.6 d. */
static void on_accept(struct ue *ue, const struct nas *m)
{
    struct nas complete = {.pd = NAS_GMM, .type = GMM_ATTACH_COMPLETE};
    const struct gmm_attach_accept *accept = &m->attach_accept;
    struct attach *a = &ue->attach;

    loop_cancel(&a->timer);
    authenticate_forget(ue);
    a->rai = accept->rai;
    if (accept->has_ptmsi) {
        a->has_ptmsi = true;
        a->ptmsi = accept->ptmsi.ptmsi;
        gb_terminal_assign(ue->radio, gb_local_tlli(a->ptmsi));
        radio_send(ue, &complete);
    }
    a->state = GMM_ATTACHED;
    say_attached(ue);
}

static void on_reject(struct ue *ue, const struct nas *m)
{
    unsigned cause = m->attach_reject.cause;

    attach_fail(ue, -ECONNREFUSED, "Attach Reject, cause %u (%s), for IMSI %s - %s", cause,
                hint_cause(gmm_cause_text(cause)), ue->sim.imsi, hint_for(hints, cause));
}

static void on_status(struct ue *ue, const struct nas *m)
{
    unsigned cause = m->gmm_status.cause;

    if (ue->attach.state == GMM_ATTACHING)
        attach_fail(ue, -EPROTO, "the SGSN answers the attach with GMM Status, cause %u (%s)",
                    cause, hint_cause(gmm_cause_text(cause)));
    else
        log_warn(ue->call, "GMM Status from the SGSN, cause %u (%s)", cause,
                 hint_cause(gmm_cause_text(cause)));
}

void attach_on_nas(struct ue *ue, const struct nas *m)
{
    static const struct {
        uint8_t type;
        void (*fn)(struct ue *, const struct nas *);
        unsigned states; /* bits of attach.state where it belongs */
    } rows[] = {
        {GMM_IDENTITY_REQUEST, answer_identity,         0xf                                   },
        {GMM_AUTH_REQUEST,     authenticate_on_request, 1 << GMM_ATTACHING | 1 << GMM_ATTACHED},
        {GMM_AUTH_REJECT,      authenticate_on_reject,  1 << GMM_ATTACHING                    },
        {GMM_ATTACH_ACCEPT,    on_accept,               1 << GMM_ATTACHING | 1 << GMM_ATTACHED},
        {GMM_ATTACH_REJECT,    on_reject,               1 << GMM_ATTACHING                    },
        {GMM_DETACH_ACCEPT,    detach_on_accept,        0xf                                   },
        {GMM_DETACH_REQUEST,   detach_on_request,       0xf                                   },
        {GMM_STATUS,           on_status,               0xf                                   },
    };
    char buf[24];

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].type == m->type && rows[i].states & 1u << ue->attach.state) {
            rows[i].fn(ue, m);
            return;
        }
    }
    log_warn(ue->call, "%s does not belong here, ignored", nas_text(m->pd, m->type, buf));
}

void attach_fail(struct ue *ue, int err, const char *format, ...)
{
    char sentence[UE_SENTENCE];
    va_list ap;

    va_start(ap, format);
    why_vprint(sentence, sizeof sentence, format, ap);
    va_end(ap);
    authenticate_forget(ue);
    detach_locally(ue);
    ask_answer(&ue->attach.ask, err, "failed: %s", sentence);
}

void attach_abort(struct ue *ue)
{
    loop_cancel(&ue->attach.timer);
    authenticate_forget(ue);
    ask_drop(&ue->attach.ask);
    if (ue->attach.state == GMM_ATTACHING)
        ue->attach.state = GMM_DETACHED;
    else if (ue->attach.state == GMM_DETACHING)
        ue->attach.state = GMM_ATTACHED;
}
