/* SPDX-License-Identifier: Apache-2.0 */
/* Registration in the IMS (TS 24.229 5.1.1.2 initial, 5.1.1.4 refresh, 5.1.1.5 authentication,
 * 5.1.1.6 de-registration). What stands right of == leaves in ESP, on the set of security
 * associations that sa.c calls temporary (t) or established (e), as far as there is one.
 *
 *     UE                                    P-CSCF
 *      |---- REGISTER nonce="" -------------->|   Security-Client
 *      |<--- 401 nonce=RAND,AUTN -------------|   Security-Server: set t
 *      |==t= REGISTER response ==============>|   Security-Client, Security-Verify
 *      |<=t= 200 =============================|   Service-Route, P-Associated-URI: t is e now
 *      |     ... before it expires, again     |
 *      |==e= REGISTER nonce="" ==============>|   a new Security-Client
 *      |<=e= 200, or 401 and as above ========|
 *      |==e= REGISTER expires=0 =============>|
 *
 * A challenge that the card does not take is answered (auts, or nothing) without a set t: on e, or
 * unprotected (5.1.1.5.3). */
#include "register.h"

#include <errno.h>
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

typedef register_step_fn step_fn;

static step_fn begin, refresh, ask_again, join, be_registered, ask_longer;

static step_fn *const on[REG_STATES][REG_EVENTS] = {
    [REG_IDLE] = {[EV_START] = begin,           [EV_STOP] = register_be_idle, [EV_LOST] = register_forget},
    [REG_ASKED] =
        {
                  [EV_START] = join,
                  [EV_CHALLENGED] = register_answer_challenge,
                  [EV_ACCEPTED] = be_registered,
                  [EV_TOO_BRIEF] = ask_longer,
                  [EV_REFUSED] = register_refused,
                  [EV_BUSY] = register_try_next,
                  [EV_STOP] = register_leave,
                  [EV_LOST] = register_forget,
                  },
    [REG_ANSWERED] =
        {
                  [EV_START] = join,
                  [EV_CHALLENGED] = register_answer_challenge,
                  [EV_ACCEPTED] = be_registered,
                  [EV_TOO_BRIEF] = ask_longer,
                  [EV_REFUSED] = register_refused,
                  [EV_BUSY] = register_try_next,
                  [EV_STOP] = register_leave,
                  [EV_LOST] = register_forget,
                  },
    [REG_BACKING_OFF] =
        {
                  [EV_START] = join,
                  [EV_TIMER] = ask_again,
                  [EV_STOP] = register_leave,
                  [EV_LOST] = register_forget,
                  },
    [REG_REGISTERED] =
        {
                  [EV_START] = refresh,
                  [EV_TIMER] = refresh,
                  [EV_STOP] = register_leave,
                  [EV_LOST] = register_forget,
                  },
    [REG_DEREGISTERING] =
        {
                  [EV_CHALLENGED] = register_answer_challenge,
                  [EV_ACCEPTED] = register_be_gone,
                  [EV_TOO_BRIEF] = register_be_gone,
                  [EV_REFUSED] = register_be_gone,
                  [EV_BUSY] = register_be_gone,
                  [EV_STOP] = join,
                  [EV_LOST] = register_forget,
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

void register_fresh_round(struct registration *r)
{
    r->challenges = r->bad_challenges = r->rounds = r->briefs = r->disagreed = 0;
    r->pcscf_tried = 0;
    *r->complaint = *r->busy = 0;
}

static void begin(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    struct why why;

    (void)in;
    reg_event_stop(ue);
    register_fresh_round(r);
    if (!sim_impu(&ue->sim)) {
        register_give_up(ue, -ENOENT, "the SIM of IMSI %s has no SIP URI to register",
                         ue->sim.imsi);
        return;
    }
    if (ue->pdp.pcscf_count == 0) {
        register_give_up(ue, -ENOENT,
                         "the GGSN gave no P-CSCF address (PCO) for APN %s - the APN of the GGSN "
                         "needs one of the terminal's IP version; and the DNS has none",
                         ue->terminal->apn);
        return;
    }
    if (register_open_sip(ue, &why) < 0) {
        register_give_up(ue, -EADDRNOTAVAIL, "no SIP socket: %s", why.text);
        return;
    }
    if (!sa_look(ue) && ue->terminal->ipsec == IPSEC_REQUIRED) {
        register_give_up(ue, -EPROTONOSUPPORT, "the terminal's `ipsec` is required, but %s",
                         r->sas.none.text);
        return;
    }
    r->offers = true;
    register_random(r->call_id, sizeof r->call_id - 1);
    register_random(r->from_tag, sizeof r->from_tag - 1);
    call_tag(r->call_id, r->call);
    r->cseq = ue->terminal->cseq;
    r->expires_s = ue->terminal->expires_s;
    r->pcscf = register_first_pcscf(ue);
    log_arrow(ue->call, "==", NULL, "register", "sip_call", r->call, "call_id", r->call_id, NULL);
    register_take_identities(ue);
    register_ask(ue);
}

void register_ask(struct ue *ue)
{
    ue->reg.state = REG_ASKED;
    sa_offer(ue);
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
    sa_abandon(ue, "asking for longer");
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
    char text[ADDR_TEXT], s[24], again[UE_SENTENCE / 2] = "", how[64];

    log_arrow(r->call, "==", NULL, "registered", "impu", sim_impu(&ue->sim), "contact",
              addr_text(&at, text), "expires", log_number(r->accept.expires_s, s), "scscf",
              r->accept.scscf, "ipsec", sa_text(ue, how, sizeof how), NULL);
    if (*r->busy)
        snprintf(again, sizeof again, " (not at once: %.200s)", r->busy);
    ask_answer(&r->ask, 0, "registered: %s at %s for %u s, S-CSCF %s, %s%s", sim_impu(&ue->sim),
               text, r->accept.expires_s, *r->accept.scscf ? r->accept.scscf : "not told", how,
               again);
}

static void be_registered(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    struct addr at = register_own_address(ue);
    unsigned refresh_s;

    if (r->state == REG_ASKED && !sa_current(ue))
        log_warn(r->call, "the network accepted the REGISTER without a challenge");
    accept_read(&r->accept, in->sip, &at, r->expires_s);
    if (r->accept.expires_s == 0) {
        register_give_up(ue, -EPROTO, "%d, but our contact is not among those of the answer",
                         in->status);
        return;
    }
    sa_succeed(ue, r->accept.expires_s);
    refresh_s = refresh_after_s(r->accept.expires_s);
    r->state = REG_REGISTERED;
    r->bound = true;
    r->until_s = loop_wall_s(ue->loop) + r->accept.expires_s;
    r->refresh_s = loop_wall_s(ue->loop) + refresh_s;
    register_timer(ue, refresh_s ? refresh_s * 1000ull : 500);
    say_registered(ue);
    reg_event_registered(ue);
}

static void refresh(struct ue *ue, const struct register_input *in)
{
    (void)in;
    loop_cancel(&ue->reg.timer);
    register_fresh_round(&ue->reg);
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

void register_abort(struct ue *ue)
{
    struct registration *r = &ue->reg;

    ask_drop(&r->ask);
    ask_drop(&r->event.ask);
    if (r->state == REG_IDLE || r->state == REG_REGISTERED)
        return;
    loop_cancel(&r->timer);
    sip_cancel(&r->op);
    sa_abandon(ue, "given up");
    r->state = r->bound ? REG_REGISTERED : REG_IDLE;
}
