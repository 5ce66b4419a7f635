/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of a registration: refused, given up, de-registered (TS 24.229 5.1.1.6), or the address
 * is gone. Whatever the end is, the security associations end with it (TS 33.203 7.4.1a). */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "register.h"
#include "xalloc.h"

enum { DISAGREEMENTS = 1 };

typedef bool remedy_fn(struct ue *ue, const struct register_input *in);

static remedy_fn agree_anew, go_without;

/* Refusals of the agreement, not of the terminal (RFC 3329 2.4, TS 33.203 7.3.2). */
static const struct {
    int status;
    remedy_fn *remedy; /* false: there is none */
} remedies[] = {
    {420, go_without},
    {421, agree_anew},
    {494, agree_anew},
};

/* The P-CSCF wants an agreement, and both ends have something in common: once more from the start.
 */
static bool agree_anew(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;

    if (!sa_look(ue) || !security_has_common(&r->sas.security, in->sip) ||
        r->disagreed++ >= DISAGREEMENTS)
        return false;
    r->offers = true;
    return true;
}

static bool unsupports(const sip_t *sip, const char *tag)
{
    const msg_param_t *p = sip->sip_unsupported ? sip->sip_unsupported->k_items : NULL;

    while (p && *p && strcasecmp(*p, tag) != 0)
        p++;
    return p && *p;
}

/* It does not know sec-agree. That it says so outside of any association is as true as everything
 * else there: whoever does not want to go unprotected sets `ipsec: required`. */
static bool go_without(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;

    if (!r->offers || sa_current(ue) || ue->terminal->ipsec == IPSEC_REQUIRED ||
        !unsupports(in->sip, "sec-agree"))
        return false;
    r->offers = false;
    return true;
}

/* Why there was no agreement, behind a refusal that asks for one. */
static const char *no_offer(struct ue *ue, int status, char *buf, size_t size)
{
    *buf = 0;
    if ((status == 421 || status == 494) && !sa_look(ue))
        snprintf(buf, size, "; the terminal offered no IPsec: %.200s", ue->reg.sas.none.text);
    return buf;
}

void register_refused(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    char text[UE_SENTENCE], none[240];

    refusal_read(text, sizeof text, in->status, in->sip);
    for (size_t i = 0; i < COUNT(remedies); i++) {
        if (in->status != remedies[i].status || !in->sip || !remedies[i].remedy(ue, in))
            continue;
        ue_delayed(ue, "%.400s; once more %s", text,
                   r->offers ? "from the start" : "without IPsec");
        sa_clear(ue, "refused");
        register_ask(ue);
        return;
    }
    no_offer(ue, in->status, none, sizeof none);
    if (*r->complaint)
        register_give_up(ue, -EACCES, "%.300s; the network then said %.250s", r->complaint, text);
    else
        register_give_up(ue, -EACCES, "%.380s%s", text, none);
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
    reg_event_stop(ue);
    sa_clear(ue, "not registered");
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

void register_leave(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;

    loop_cancel(&r->timer);
    sip_cancel(&r->op);
    if (!r->bound) {
        register_be_idle(ue, in);
        return;
    }
    sa_abandon(ue, "de-registering");
    register_fresh_round(r);
    r->state = REG_DEREGISTERING;
    sa_offer(ue);
    register_send(ue, NULL);
}

void register_be_gone(struct ue *ue, const struct register_input *in)
{
    if (in->status >= 300) {
        register_describe(ue, in);
        register_give_up(ue, -EACCES, "%s", ue->reg.busy);
        return;
    }
    log_arrow(ue->reg.call, "==", NULL, "deregistered", "impu", sim_impu(&ue->sim), NULL);
    sa_retire(ue);
    ue->reg.bound = false;
    ue->reg.state = REG_IDLE;
    if (ue->reg.event.on) /* its last words find the terminal still there */
        reg_event_await_end(ue);
    else
        ask_answer(&ue->reg.ask, 0, "deregistered: %s", sim_impu(&ue->sim));
}

void register_be_idle(struct ue *ue, const struct register_input *in)
{
    (void)in;
    reg_event_stop(ue);
    sa_abandon(ue, "given up");
    ue->reg.state = REG_IDLE;
    ask_answer(&ue->reg.ask, 0, "deregistered: %s was not registered", sim_impu(&ue->sim));
}

/* Without its address a terminal is not registered (TS 24.229 5.1.1.6.1, B.2.2.1). */
void register_forget(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;

    (void)in;
    loop_cancel(&r->timer);
    sip_cancel(&r->op);
    reg_event_stop(ue);
    if (r->sip)
        sip_close(r->sip); /* a connection ends inside its association */
    r->sip = NULL;
    sa_leave(ue);
    r->bound = false;
    r->state = REG_IDLE;
    ask_answer(&r->ask, -ENETDOWN, "failed: the address of the terminal is gone");
}
