/* SPDX-License-Identifier: Apache-2.0 */
/* What ends by itself: contacts (TS 24.229 5.4.1.5) and challenges (reg-await-auth, 5.4.1.2.1).
 *
 *   a contact expires          the last of its IMPI:  S-CSCF -> HSS  SAR TIMEOUT_DEREGISTRATION
 *   reg-await-auth runs out    nothing bound:         S-CSCF -> HSS  SAR AUTHENTICATION_TIMEOUT
 *
 * A set that a transaction holds is left alone until the transaction lets go: the HSS must not hear
 * of the end of what is being renewed. */
#include <string.h>

#include "journal.h"
#include "xalloc.h"

/* A timer takes at most this long, longer ones are set again: milliseconds must fit. */
#define LONGEST_MS 3600000u

static unsigned wait_ms(struct scscf *scscf, uint64_t at_ms)
{
    uint64_t now_ms = loop_now_ms(scscf->loop);

    if (at_ms <= now_ms)
        return 0;
    return at_ms - now_ms > LONGEST_MS ? LONGEST_MS : at_ms - now_ms;
}

/* ---- contacts ---- */

/* Two contacts of one IMPI that expire together are one end, not two. */
static bool was_told(const struct binding *expired, const struct binding *b)
{
    for (; expired != b; expired = expired->next)
        if (strcmp(expired->impi, b->impi) == 0)
            return true;
    return false;
}

static void say_expired(struct scscf *scscf, const struct registration *reg,
                        const struct binding *expired)
{
    uint64_t now_ms = loop_now_ms(scscf->loop);

    for (const struct binding *b = expired; b; b = b->next) {
        char call[CALL_TAG];

        call_tag(b->call_id, call);
        log_arrow(call, "==", NULL, "expired", "impu", b->impu, "impi", b->impi, "contact", b->text,
                  NULL);
        if (!was_told(expired, b) && !binding_belongs(reg, b->impi, now_ms))
            sar_tell(scscf, CX_SAT_TIMEOUT_DEREGISTRATION, b->impi, b->impu, call);
    }
}

static void on_expiry(void *arg)
{
    struct registration *reg = arg;
    struct scscf *scscf = reg->owner;
    struct binding *expired;

    reg->timer = NULL;
    if (reg->held > 0)
        return;
    expired = binding_expire(reg, loop_now_ms(scscf->loop));
    if (expired) {
        struct change_cause cause = {0};
        char call[CALL_TAG];

        call_tag(expired->call_id, call);
        cause.call = call;
        say_expired(scscf, reg, expired);
        journal_save(scscf, reg, expired);
        changed(scscf, reg, expired, CHANGE_EXPIRED, &cause);
        binding_list_free(expired);
    }
    expiry_arm(scscf, reg);
}

void expiry_arm(struct scscf *scscf, struct registration *reg)
{
    loop_cancel(&reg->timer);
    if (!reg->bindings) {
        journal_forget(scscf, reg);
        registrar_remove(&scscf->registrar, reg);
        return;
    }
    reg->owner = scscf;
    reg->timer = loop_after(scscf->loop, wait_ms(scscf, binding_next_ms(reg)), on_expiry, reg);
}

/* ---- challenges ---- */

static void on_await_auth(void *arg)
{
    struct scscf *scscf = arg;
    uint64_t now_ms = loop_now_ms(scscf->loop);
    struct challenge c;

    scscf->await_auth = NULL;
    while (auth_take_expired(scscf->auth, now_ms, &c)) {
        log_arrow(c.call, "==", NULL, "challenge unanswered", "impi", c.impi, "impu", c.impu, NULL);
        if (!binding_belongs(registrar_find(&scscf->registrar, c.impu), c.impi, now_ms) &&
            !auth_waits(scscf->auth, c.impi))
            sar_tell(scscf, CX_SAT_AUTHENTICATION_TIMEOUT, c.impi, c.impu, c.call);
        wipe(&c, sizeof c);
    }
    expiry_arm_challenges(scscf);
}

void expiry_arm_challenges(struct scscf *scscf)
{
    uint64_t next_ms = auth_next_ms(scscf->auth);

    if (next_ms != 0 && !scscf->await_auth) /* one that is set is never too late */
        scscf->await_auth = loop_after(scscf->loop, wait_ms(scscf, next_ms), on_await_auth, scscf);
}
