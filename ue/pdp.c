/* SPDX-License-Identifier: Apache-2.0 */
/* PDP context activation and deactivation (TS 24.008 6.1.3): how the terminal gets its address and
 * learns its P-CSCF (TS 24.229 B.2.2.1, 9.2.1).
 *
 *     UE                                    SGSN
 *      |---- Activate PDP Context Request --->|   T3380; APN, PCO: IPCP, P-CSCF, DNS, IM CN, MTU
 *      |<--- Activate PDP Context Accept -----|   address, PCO
 *      |     (address on the interface)       |
 *
 *      |---- Deactivate PDP Context Request ->|   T3390; or from the SGSN
 *      |<--- Deactivate PDP Context Accept ---|
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "hint.h"
#include "pco.h"
#include "ue.h"
#include "xalloc.h"

enum { TI = 0, IPCP_ID = 1 };

static void send_activate(struct ue *ue);
static void on_t3380(void *arg);
static void on_accept(struct ue *ue, const struct nas *m);
static void on_reject(struct ue *ue, const struct nas *m);
static void send_deactivate(struct ue *ue);
static void on_t3390(void *arg);
static void on_deactivate_accept(struct ue *ue, const struct nas *m);
static void on_deactivate_request(struct ue *ue, const struct nas *m);
static void on_status(struct ue *ue, const struct nas *m);
static void fail(struct ue *ue, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static const struct hint hints[] = {
    {SM_CAUSE_INSUFFICIENT_RESOURCES, "the pool of the APN has no free address, most likely"            },
    {SM_CAUSE_UNKNOWN_APN,            "the GGSN has no such APN: compare the terminal's with the GGSN's"},
    {SM_CAUSE_UNKNOWN_PDP_TYPE,       "the APN has no addresses of this kind"                           },
    {SM_CAUSE_REJECTED_BY_GGSN,       "the log of the GGSN has the reason"                              },
    {SM_CAUSE_NOT_SUBSCRIBED,         "the subscriber may not use this APN"                             },
    {SM_CAUSE_NETWORK_FAILURE,        "the GGSN does not answer the SGSN, most likely"                  },
    {SM_CAUSE_V4_ONLY,                "ask for ipv4"                                                    },
    {SM_CAUSE_V6_ONLY,                "ask for ipv6"                                                    },
    {0,                               NULL                                                              },
};

static void say_active(struct ue *ue)
{
    char text[UE_SENTENCE - 16];

    ask_answer(&ue->pdp.ask, 0, "active: %s", address_text(ue, text, sizeof text));
}

void pdp_begin(struct ue *ue, ue_done_fn *done, void *arg)
{
    struct pdp *p = &ue->pdp;

    ask_open(&p->ask, ue->loop, done, arg);
    if (p->state == PDP_ACTIVE) {
        say_active(ue);
        return;
    }
    p->state = PDP_ACTIVATING;
    p->tries = 0;
    send_activate(ue);
}

static unsigned pdp_type(const char *name)
{
    return strcasecmp(name, "ipv6") == 0     ? GSM_PDP_IPV6
           : strcasecmp(name, "ipv4v6") == 0 ? GSM_PDP_IPV4V6
                                             : GSM_PDP_IPV4;
}

static void fill_pco(struct nas_octets *octets, unsigned type, bool signalling_only)
{
    struct pco pco = {.im_cn = signalling_only, .ask_mtu = true};
    int len;

    pco.ask_pcscf_v4 = pco.ask_dns_v4 = type != GSM_PDP_IPV6;
    pco.ask_pcscf_v6 = true; /* a terminal asks for both: the network knows what it has */
    pco.ask_dns_v6 = type != GSM_PDP_IPV4;
    if (type != GSM_PDP_IPV6) {
        pco.ipcp = IPCP_REQUEST;
        pco.ipcp_id = IPCP_ID;
    }
    len = pco_encode(octets->data, sizeof octets->data, &pco);
    octets->len = len > 0 ? len : 0;
}

static void send_activate(struct ue *ue)
{
    struct nas m = {.pd = NAS_SM, .type = SM_ACTIVATE_REQUEST, .ti = TI};
    struct sm_activate_request *r = &m.activate_request;

    r->nsapi = UE_NSAPI;
    r->llc_sapi = LLC_LL3;
    r->qos.len = 12; /* zeros: as subscribed */
    r->address.organisation = 1;
    r->address.type = pdp_type(ue->terminal->pdp_type);
    r->has_apn = *ue->terminal->apn != 0;
    memcpy(r->apn, ue->terminal->apn, sizeof r->apn);
    r->has_pco = true;
    fill_pco(&r->pco, r->address.type, ue->terminal->signalling_only);
    ue->pdp.tries++;
    radio_send(ue, &m);
    ue->pdp.timer = loop_after(ue->loop, ue->conf->timers.t3380_ms, on_t3380, ue);
}

static void on_t3380(void *arg)
{
    struct ue *ue = arg;
    char sgsn[ADDR_TEXT];

    ue->pdp.timer = NULL;
    if (ue->pdp.tries < ue->conf->timers.nas_tries)
        send_activate(ue);
    else
        fail(ue, -ETIMEDOUT,
             "no answer from the SGSN at %s to %u Activate PDP Context Requests, one every %u ms "
             "(T3380)",
             radio_sgsn(ue, sgsn), ue->pdp.tries, ue->conf->timers.t3380_ms);
}

static void on_accept(struct ue *ue, const struct nas *m)
{
    const struct sm_activate_accept *accept = &m->activate_accept;
    struct pdp *p = &ue->pdp;

    loop_cancel(&p->timer);
    p->state = PDP_ACTIVE;
    address_read(ue, accept);
    if (!addr_is_set(&p->address) && !addr_is_set(&p->address6)) {
        send_deactivate(ue);
        fail(ue, -ENETUNREACH, "Activate PDP Context Accept without an address");
        return;
    }
    address_put(ue);
    discover_begin(ue, say_active);
}

static void on_reject(struct ue *ue, const struct nas *m)
{
    unsigned cause = m->activate_reject.cause;

    fail(ue, -ECONNREFUSED, "Activate PDP Context Reject, cause %u (%s), for APN %s - %s", cause,
         hint_cause(sm_cause_text(cause)), ue->terminal->apn, hint_for(hints, cause));
}

void pdp_end(struct ue *ue, ue_done_fn *done, void *arg)
{
    struct pdp *p = &ue->pdp;

    ask_open(&p->ask, ue->loop, done, arg);
    if (p->state == PDP_INACTIVE) {
        ask_answer(&p->ask, 0, "inactive: there was no PDP context");
        return;
    }
    p->state = PDP_DEACTIVATING;
    p->tries = 0;
    send_deactivate(ue);
}

static void send_deactivate(struct ue *ue)
{
    struct nas m = {.pd = NAS_SM, .type = SM_DEACTIVATE_REQUEST, .ti = TI};

    m.deactivate_request.cause = SM_CAUSE_REGULAR;
    m.deactivate_request.has_teardown = true;
    m.deactivate_request.teardown = 1;
    ue->pdp.tries++;
    radio_send(ue, &m);
    ue->pdp.timer = loop_after(ue->loop, ue->conf->timers.t3390_ms, on_t3390, ue);
}

/* TS 24.008 6.1.3.4.3: nobody answers, the context is released locally. */
static void on_t3390(void *arg)
{
    struct ue *ue = arg;
    char sgsn[ADDR_TEXT];

    ue->pdp.timer = NULL;
    if (ue->pdp.tries < ue->conf->timers.nas_tries) {
        send_deactivate(ue);
        return;
    }
    pdp_lost(ue);
    ask_answer(&ue->pdp.ask, -ETIMEDOUT,
               "inactive, but the SGSN at %s did not answer %u Deactivate PDP Context Requests "
               "(T3390)",
               radio_sgsn(ue, sgsn), ue->pdp.tries);
}

static void on_deactivate_accept(struct ue *ue, const struct nas *m)
{
    (void)m;
    pdp_lost(ue);
    ask_answer(&ue->pdp.ask, 0, "inactive: the address was given back");
}

/* The network ends the context (TS 24.008 6.1.3.4.2), and with it the registration. */
static void on_deactivate_request(struct ue *ue, const struct nas *m)
{
    struct nas accept = {.pd = NAS_SM, .type = SM_DEACTIVATE_ACCEPT, .ti = m->ti};
    unsigned cause = m->deactivate_request.cause;
    bool asked = ue->pdp.state == PDP_DEACTIVATING;

    radio_send(ue, &accept);
    pdp_lost(ue);
    if (asked)
        ask_answer(&ue->pdp.ask, 0, "inactive: the address was given back");
    else
        ue_say(ue, "lost: the network deactivated the PDP context, cause %u (%s)", cause,
               hint_cause(sm_cause_text(cause)));
}

static void on_status(struct ue *ue, const struct nas *m)
{
    unsigned cause = m->sm_status.cause;

    if (ue->pdp.state == PDP_ACTIVATING)
        fail(ue, -EPROTO, "the SGSN answers the activation with SM Status, cause %u (%s)", cause,
             hint_cause(sm_cause_text(cause)));
    else
        log_warn(ue->call, "SM Status from the SGSN, cause %u (%s)", cause,
                 hint_cause(sm_cause_text(cause)));
}

static void refuse_message(struct ue *ue, const struct nas *m, unsigned cause)
{
    struct nas status = {.pd = NAS_SM, .type = SM_STATUS, .ti = m->ti};
    char buf[24];

    log_warn(ue->call, "%s does not belong here: cause %u", nas_text(m->pd, m->type, buf), cause);
    if (m->type == SM_STATUS)
        return;
    status.to_originator = !m->to_originator;
    status.sm_status.cause = cause;
    radio_send(ue, &status);
}

void pdp_on_nas(struct ue *ue, const struct nas *m)
{
    static const struct {
        uint8_t type;
        void (*fn)(struct ue *, const struct nas *);
        unsigned states; /* bits of pdp.state where it belongs */
    } rows[] = {
        {SM_ACTIVATE_ACCEPT,    on_accept,             1 << PDP_ACTIVATING  },
        {SM_ACTIVATE_REJECT,    on_reject,             1 << PDP_ACTIVATING  },
        {SM_DEACTIVATE_ACCEPT,  on_deactivate_accept,  1 << PDP_DEACTIVATING},
        {SM_DEACTIVATE_REQUEST, on_deactivate_request, 0xe                  },
        {SM_STATUS,             on_status,             0xf                  },
    };

    if (m->ti != TI || !m->to_originator) {
        refuse_message(ue, m, SM_CAUSE_INVALID_TI);
        return;
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].type == m->type && rows[i].states & 1u << ue->pdp.state) {
            rows[i].fn(ue, m);
            return;
        }
    }
    refuse_message(ue, m,
                   ue->pdp.state == PDP_INACTIVE ? SM_CAUSE_INVALID_TI : NAS_CAUSE_STATE_MESSAGE);
}

void pdp_lost(struct ue *ue)
{
    struct pdp *p = &ue->pdp;

    loop_cancel(&p->timer);
    discover_cancel(ue);
    register_lost(ue);
    address_take(ue);
    p->state = PDP_INACTIVE;
}

static void fail(struct ue *ue, int err, const char *format, ...)
{
    char sentence[UE_SENTENCE - 16];
    va_list ap;

    va_start(ap, format);
    why_vprint(sentence, sizeof sentence, format, ap);
    va_end(ap);
    pdp_lost(ue);
    ask_answer(&ue->pdp.ask, err, "failed: %s", sentence);
}

void pdp_abort(struct ue *ue)
{
    discover_cancel(ue);
    loop_cancel(&ue->pdp.timer);
    ask_drop(&ue->pdp.ask);
    if (ue->pdp.state == PDP_ACTIVATING)
        ue->pdp.state = PDP_INACTIVE;
    else if (ue->pdp.state == PDP_DEACTIVATING)
        ue->pdp.state = PDP_ACTIVE;
}
