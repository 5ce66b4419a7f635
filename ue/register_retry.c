/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after an answer that is none: the next P-CSCF of the PCO when this one is silent or
 * says 503 (TS 24.229 5.1.1.2.1, B.2.2.1C), and when there is no other, a while of waiting that
 * doubles (RFC 5626 4.5) before all of it begins anew. A user who waits hears of it after three
 * rounds; a binding that is to be renewed is worth trying as long as it lasts. */
#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

#include "register.h"

enum { ROUNDS = 3, LONGEST_MS = 1800000, PATIENCE_S = 60 };

static void back_off(struct ue *ue, unsigned at_least_ms);

void register_describe(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    char pcscf[2 * ADDR_TEXT];

    register_pcscf_text(ue, pcscf);
    if (in->sip)
        refusal_read(r->busy, sizeof r->busy, in->status, in->sip);
    else if (in->status == 503)
        snprintf(r->busy, sizeof r->busy,
                 "the P-CSCF at %s cannot be reached (refused, or no way there) - is it running",
                 pcscf);
    else if (r->challenges)
        snprintf(r->busy, sizeof r->busy,
                 "the P-CSCF at %s challenged, but did not answer the REGISTER with the response "
                 "within %u ms%s",
                 pcscf, ue->conf->timers.sip_t1x64_ms,
                 sa_is_temporary(ue) ? " - does ESP arrive there, and do the keys agree (K, OPc)"
                                     : "");
    else
        snprintf(r->busy, sizeof r->busy,
                 "no answer from the P-CSCF at %s within %u ms - is it running, and does it know "
                 "the way back to the terminal",
                 pcscf, ue->conf->timers.sip_t1x64_ms);
}

/* The P-CSCF lost the associations, or itself (TS 33.203 7.4.0). */
static void go_unprotected(struct ue *ue)
{
    ue_delayed(ue, "%s; it may have lost the security associations: registering anew, unprotected",
               ue->reg.busy);
    sa_clear(ue, "nobody answers on it");
    register_ask(ue);
}

void register_try_next(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    unsigned retry_after_s = answer_retry_after_s(in->sip);
    bool other = !in->sip || in->status == 503;

    register_describe(ue, in);
    r->challenges = r->bad_challenges = 0;
    if (sa_is_temporary(ue)) {
        sa_abandon(ue, "no answer");
    } else if (!in->sip && sa_current(ue)) {
        go_unprotected(ue);
        return;
    }
    if (other && r->pcscf_tried + 1 < ue->pdp.pcscf_count) {
        ue_delayed(ue, "%s; trying the next P-CSCF", r->busy);
        r->pcscf_tried++;
        r->pcscf = (r->pcscf + 1) % ue->pdp.pcscf_count;
        sa_clear(ue, "another P-CSCF");
        register_ask(ue);
        return;
    }
    r->pcscf_tried = 0;
    if (++r->rounds >= ROUNDS && !r->bound)
        register_give_up(ue, -ETIMEDOUT, "%s; tried %u times%s", r->busy, r->rounds,
                         ue->pdp.pcscf_count > 1 ? ", every P-CSCF of the PCO" : "");
    else if (retry_after_s > PATIENCE_S && !r->bound)
        register_give_up(ue, -EAGAIN, "%s; the network says to come back after %u s", r->busy,
                         retry_after_s);
    else
        back_off(ue, retry_after_s > LONGEST_MS / 1000 ? LONGEST_MS : retry_after_s * 1000);
}

/* Between half of it and all of it, so that terminals do not come back together. */
static unsigned jitter(unsigned ms)
{
    uint32_t r = 0;

    if (getrandom(&r, sizeof r, 0) < 0 || ms < 2)
        return ms;
    return ms / 2 + r % (ms - ms / 2 + 1);
}

static void back_off(struct ue *ue, unsigned at_least_ms)
{
    struct registration *r = &ue->reg;
    uint64_t ms = ue->conf->timers.ue_retry_ms;

    for (unsigned i = 1; i < r->rounds && ms < LONGEST_MS; i++)
        ms *= 2;
    ms = jitter(ms > LONGEST_MS ? LONGEST_MS : ms);
    if (ms < at_least_ms)
        ms = at_least_ms;
    ue_delayed(ue, "%s; trying again in %" PRIu64 " ms", r->busy, ms);
    r->state = REG_BACKING_OFF;
    register_timer(ue, ms);
}
