/* SPDX-License-Identifier: Apache-2.0 */
/* Registration in the IMS (TS 24.229 5.1.1.2 initial, 5.1.1.4 refresh, 5.1.1.5 authentication,
 * 5.1.1.6 de-registration). In this version REGISTER is unprotected: no IPsec yet, so a refresh is
 * challenged as the first one was.
 *
 *     UE                                    P-CSCF
 *      |---- REGISTER nonce="" -------------->|   Security-Client
 *      |<--- 401 nonce=RAND,AUTN -------------|
 *      |---- REGISTER response, or auts ----->|
 *      |<--- 200 -----------------------------|   Service-Route, P-Associated-URI
 *      |     ... before it expires, again     |
 *      |---- REGISTER expires=0 ------------->|
 */
#include "register.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "xalloc.h"

enum reg_event {
    EV_START,      /* the user wants to be registered */
    EV_CHALLENGED, /* 401 */
    EV_ACCEPTED,   /* 2xx */
    EV_TOO_BRIEF,  /* 423 */
    EV_REFUSED,    /* a final answer that another try does not change */
    EV_BUSY,       /* one that it may change: 408, 480, 500, 503, 504, or nobody answered */
    EV_TIMER,      /* back-off is over, or the binding is to be refreshed */
    EV_STOP,       /* the user does not want to be registered any more */
    EV_LOST,       /* the address is gone */
    REG_EVENTS
};

typedef void step_fn(struct ue *ue, const struct register_input *in);

static step_fn begin, refresh, ask_again, join, be_registered, ask_longer, refused, leave, be_gone,
    be_idle, forget;

static step_fn *const on[REG_STATES][REG_EVENTS] = {
    [REG_IDLE] = {[EV_START] = begin,          [EV_STOP] = be_idle, [EV_LOST] = forget},
    [REG_ASKED] =
        {
                  [EV_START] = join,
                  [EV_CHALLENGED] = register_answer_challenge,
                  [EV_ACCEPTED] = be_registered,
                  [EV_TOO_BRIEF] = ask_longer,
                  [EV_REFUSED] = refused,
                  [EV_BUSY] = register_try_next,
                  [EV_STOP] = leave,
                  [EV_LOST] = forget,
                  },
    [REG_ANSWERED] =
        {
                  [EV_START] = join,
                  [EV_CHALLENGED] = register_answer_challenge,
                  [EV_ACCEPTED] = be_registered,
                  [EV_TOO_BRIEF] = ask_longer,
                  [EV_REFUSED] = refused,
                  [EV_BUSY] = register_try_next,
                  [EV_STOP] = leave,
                  [EV_LOST] = forget,
                  },
    [REG_BACKING_OFF] =
        {
                  [EV_START] = join,
                  [EV_TIMER] = ask_again,
                  [EV_STOP] = leave,
                  [EV_LOST] = forget,
                  },
    [REG_REGISTERED] =
        {
                  [EV_START] = refresh,
                  [EV_TIMER] = refresh,
                  [EV_STOP] = leave,
                  [EV_LOST] = forget,
                  },
    [REG_DEREGISTERING] =
        {
                  [EV_CHALLENGED] = register_answer_challenge,
                  [EV_ACCEPTED] = be_gone,
                  [EV_TOO_BRIEF] = be_gone,
                  [EV_REFUSED] = be_gone,
                  [EV_BUSY] = be_gone,
                  [EV_STOP] = join,
                  [EV_LOST] = forget,
                  },
};

static void happen(struct ue *ue, enum reg_event event, const struct register_input *in)
{
    static const struct register_input nothing;
    step_fn *step = on[ue->reg.state][event];

    if (step)
        step(ue, in ? in : &nothing);
    else
        log_warn(ue->reg.call, "event %d does not belong in state %d of the registration", event,
                 ue->reg.state);
}

void register_begin(struct ue *ue, ue_done_fn *done, void *arg)
{
    ask_open(&ue->reg.ask, ue->loop, done, arg);
    happen(ue, EV_START, NULL);
}

void register_end(struct ue *ue, ue_done_fn *done, void *arg)
{
    ask_open(&ue->reg.ask, ue->loop, done, arg);
    happen(ue, EV_STOP, NULL);
}

void register_lost(struct ue *ue)
{
    happen(ue, EV_LOST, NULL);
}

bool register_is_on(const struct ue *ue)
{
    return ue->reg.bound;
}

static void on_timer(void *arg)
{
    struct ue *ue = arg;

    ue->reg.timer = NULL;
    happen(ue, EV_TIMER, NULL);
}

void register_timer(struct ue *ue, uint64_t ms)
{
    loop_cancel(&ue->reg.timer);
    ue->reg.timer = loop_after(ue->loop, ms > UINT32_MAX ? UINT32_MAX : ms, on_timer, ue);
}

static void join(struct ue *ue, const struct register_input *in)
{
    (void)ue; /* what is under way will answer */
    (void)in;
}

static void fresh_round(struct registration *r)
{
    r->challenges = r->bad_challenges = r->rounds = r->briefs = 0;
    r->pcscf_tried = 0;
    *r->complaint = *r->busy = 0;
}

static void begin(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    struct why why;

    (void)in;
    fresh_round(r);
    if (!sim_impu(&ue->sim)) {
        register_give_up(ue, -ENOENT, "the SIM of IMSI %s has no SIP URI to register",
                         ue->sim.imsi);
        return;
    }
    if (ue->pdp.pcscf_count == 0) {
        register_give_up(ue, -ENOENT,
                         "the GGSN gave no P-CSCF address (PCO) for APN %s - the APN of the GGSN "
                         "needs one of the terminal's IP version",
                         ue->terminal->apn);
        return;
    }
    if (register_open_sip(ue, &why) < 0) {
        register_give_up(ue, -EADDRNOTAVAIL, "no SIP socket: %s", why.text);
        return;
    }
    register_random(r->call_id, sizeof r->call_id - 1);
    register_random(r->from_tag, sizeof r->from_tag - 1);
    call_tag(r->call_id, r->call);
    r->cseq = ue->terminal->cseq;
    r->expires_s = ue->terminal->expires_s;
    r->pcscf = 0;
    log_arrow(ue->call, "==", NULL, "register", "sip_call", r->call, "call_id", r->call_id, NULL);
    register_take_identities(ue);
    register_allocate_ports(ue);
    register_ask(ue);
}

void register_ask(struct ue *ue)
{
    ue->reg.state = REG_ASKED;
    register_send(ue, NULL);
}

static const struct {
    int status;
    enum reg_event event;
} events[] = {
    {401, EV_CHALLENGED},
    {408, EV_BUSY      },
    {423, EV_TOO_BRIEF },
    {480, EV_BUSY      },
    {500, EV_BUSY      },
    {503, EV_BUSY      },
    {504, EV_BUSY      },
};

void register_on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    struct ue *ue = arg;
    struct register_input in = {.status = status, .sip = sip};
    enum reg_event event = status < 300 ? EV_ACCEPTED : EV_REFUSED;

    (void)answer;
    ue->reg.op = NULL;
    for (size_t i = 0; i < COUNT(events); i++)
        if (events[i].status == status)
            event = events[i].event;
    happen(ue, event, &in);
}

static void ask_longer(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    unsigned min_s = answer_min_expires_s(in->sip);

    if (min_s <= r->expires_s || r->briefs++ >= 2) {
        register_give_up(ue, -EACCES,
                         "423 Interval Too Brief, asked for %u s, and Min-Expires says %u s",
                         r->expires_s, min_s);
        return;
    }
    log_info(r->call, "the network wants %u s at least, asking for that", min_s);
    r->expires_s = min_s;
    register_ask(ue);
}

/* 600 s before the end, or at half time (TS 24.229 5.1.1.4.1). */
static unsigned refresh_after_s(unsigned expires_s)
{
    return expires_s > 1200 ? expires_s - 600 : expires_s / 2;
}

static void say_registered(struct ue *ue)
{
    struct registration *r = &ue->reg;
    struct addr at = register_own_address(ue);
    char text[ADDR_TEXT], s[24], again[UE_SENTENCE / 2] = "";

    log_arrow(r->call, "==", NULL, "registered", "impu", sim_impu(&ue->sim), "contact",
              addr_text(&at, text), "expires", log_number(r->accept.expires_s, s), "scscf",
              r->accept.scscf, NULL);
    if (*r->busy)
        snprintf(again, sizeof again, " (not at once: %.200s)", r->busy);
    ask_answer(&r->ask, 0, "registered: %s at %s for %u s, S-CSCF %s%s", sim_impu(&ue->sim), text,
               r->accept.expires_s, *r->accept.scscf ? r->accept.scscf : "not told", again);
}

static void be_registered(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    struct addr at = register_own_address(ue);
    unsigned refresh_s;

    if (r->state == REG_ASKED)
        log_warn(r->call, "the network accepted the REGISTER without a challenge");
    accept_read(&r->accept, in->sip, &at, r->expires_s);
    if (r->accept.expires_s == 0) {
        register_give_up(ue, -EPROTO, "%d, but our contact is not among those of the answer",
                         in->status);
        return;
    }
    refresh_s = refresh_after_s(r->accept.expires_s);
    r->state = REG_REGISTERED;
    r->bound = true;
    r->until_s = loop_wall_s(ue->loop) + r->accept.expires_s;
    r->refresh_s = loop_wall_s(ue->loop) + refresh_s;
    register_timer(ue, refresh_s ? refresh_s * 1000ull : 500);
    say_registered(ue);
}

static void refresh(struct ue *ue, const struct register_input *in)
{
    (void)in;
    loop_cancel(&ue->reg.timer);
    fresh_round(&ue->reg);
    register_ask(ue);
}

static void ask_again(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;

    (void)in;
    if (r->bound && loop_wall_s(ue->loop) >= r->until_s)
        register_give_up(ue, -ETIMEDOUT, "the registration expired before it was renewed: %s",
                         r->busy);
    else
        register_ask(ue);
}

static void refused(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    char text[UE_SENTENCE];

    refusal_read(text, sizeof text, in->status, in->sip);
    if (*r->complaint)
        register_give_up(ue, -EACCES, "%.300s; the network then said %.250s", r->complaint, text);
    else
        register_give_up(ue, -EACCES, "%s", text);
}

void register_give_up(struct ue *ue, int err, const char *format, ...)
{
    struct registration *r = &ue->reg;
    bool was_bound = r->bound, heard = ask_is_open(&r->ask);
    char text[UE_SENTENCE - 16];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    loop_cancel(&r->timer);
    r->bound = false;
    if (r->state == REG_DEREGISTERING) {
        r->state = REG_IDLE;
        ask_answer(&r->ask, err, "deregistered here, but not in the network: %s", text);
        return;
    }
    r->state = REG_IDLE;
    ask_answer(&r->ask, err, "failed: %s", text);
    if (was_bound && !heard)
        ue_say(ue, "lost: the registration of %s: %s", sim_impu(&ue->sim), text);
}

static void leave(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;

    loop_cancel(&r->timer);
    sip_cancel(&r->op);
    if (!r->bound) {
        be_idle(ue, in);
        return;
    }
    fresh_round(r);
    r->state = REG_DEREGISTERING;
    register_send(ue, NULL);
}

static void be_gone(struct ue *ue, const struct register_input *in)
{
    if (in->status >= 300) {
        register_describe(ue, in);
        register_give_up(ue, -EACCES, "%s", ue->reg.busy);
        return;
    }
    log_arrow(ue->reg.call, "==", NULL, "deregistered", "impu", sim_impu(&ue->sim), NULL);
    ue->reg.bound = false;
    ue->reg.state = REG_IDLE;
    ask_answer(&ue->reg.ask, 0, "deregistered: %s", sim_impu(&ue->sim));
}

static void be_idle(struct ue *ue, const struct register_input *in)
{
    (void)in;
    ue->reg.state = REG_IDLE;
    ask_answer(&ue->reg.ask, 0, "deregistered: %s was not registered", sim_impu(&ue->sim));
}

/* Without its address a terminal is not registered (TS 24.229 5.1.1.6.1, B.2.2.1). */
static void forget(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;

    (void)in;
    loop_cancel(&r->timer);
    sip_cancel(&r->op);
    if (r->sip)
        sip_close(r->sip);
    r->sip = NULL;
    r->bound = false;
    r->state = REG_IDLE;
    ask_answer(&r->ask, -ENETDOWN, "failed: the address of the terminal is gone");
}

void register_abort(struct ue *ue)
{
    struct registration *r = &ue->reg;

    ask_drop(&r->ask);
    if (r->state == REG_IDLE || r->state == REG_REGISTERED)
        return;
    loop_cancel(&r->timer);
    sip_cancel(&r->op);
    r->state = r->bound ? REG_REGISTERED : REG_IDLE;
}
