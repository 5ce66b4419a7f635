/* SPDX-License-Identifier: Apache-2.0 */
/* Network-initiated de-registration and re-authentication (TS 24.229 5.4.1.5, 5.4.1.6).
 *
 *   the S-CSCF decides   HSS <- SAR ADMINISTRATIVE_DEREGISTRATION (sar.c); terminals: the event
 *   the HSS decides      rtr.c; terminals: the event
 *   re-authentication    contacts are shortened; terminals register again and are challenged
 */
#include <string.h>

#include "journal.h"
#include "network.h"
#include "xalloc.h"

static struct binding *take_out(struct registration *reg, network_concerns_fn *concerns,
                                const void *arg, enum change event)
{
    struct binding *ended = NULL, **at = &reg->bindings, *b;

    while ((b = *at)) {
        if (concerns && !concerns(arg, b->impi)) {
            at = &b->next;
            continue;
        }
        *at = b->next;
        b->next = ended;
        b->event = event;
        ended = b;
    }
    return ended;
}

static void say_ended(const struct binding *ended, const struct change_cause *cause)
{
    for (; ended; ended = ended->next) {
        char call[CALL_TAG];

        call_tag(ended->call_id, call);
        log_arrow(call, "==", NULL, "deregistered-by-network", "impu", ended->impu, "impi",
                  ended->impi, "contact", ended->text, "event", change_text(ended->event), "why",
                  cause ? cause->reason : NULL, NULL);
    }
}

size_t network_end(struct scscf *scscf, struct registration *reg, network_concerns_fn *concerns,
                   const void *arg, enum change event, const struct change_cause *cause)
{
    struct binding *ended = take_out(reg, concerns, arg, event);
    size_t count = 0;

    if (!ended)
        return 0;
    for (const struct binding *b = ended; b; b = b->next)
        count++;
    say_ended(ended, cause);
    journal_save(scscf, reg, ended);
    if (cause)
        changed(scscf, reg, ended, event, cause);
    binding_list_free(ended);
    if (reg->held == 0) /* else whoever holds it lets it go */
        expiry_arm(scscf, reg);
    return count;
}

static bool was_told(const struct registration *reg, const struct binding *b)
{
    for (const struct binding *before = reg->bindings; before != b; before = before->next)
        if (strcmp(before->impi, b->impi) == 0)
            return true;
    return false;
}

void network_deregister(struct scscf *scscf, struct registration *reg, enum change event,
                        const struct change_cause *cause)
{
    for (const struct binding *b = reg->bindings; b; b = b->next)
        if (!was_told(reg, b))
            sar_tell(scscf, CX_SAT_ADMINISTRATIVE_DEREGISTRATION, b->impi, b->impu, cause->call);
    network_end(scscf, reg, NULL, NULL, event, cause);
}

size_t network_reauthenticate(struct scscf *scscf, struct registration *reg, const char *impi,
                              const struct change_cause *cause)
{
    uint64_t until_ms = loop_now_ms(scscf->loop) + 1000ull * scscf->me->reauth_expires_s;
    size_t count = 0;

    for (struct binding *b = reg->bindings; b; b = b->next) {
        if ((impi && strcmp(b->impi, impi) != 0) || b->expires_ms <= until_ms)
            continue;
        b->expires_ms = until_ms;
        b->event = CHANGE_SHORTENED;
        b->unsaved = true;
        count++;
        log_arrow(cause->call, "==", NULL, "shortened", "impu", b->impu, "impi", b->impi, "contact",
                  b->text, NULL);
    }
    if (count == 0)
        return 0;
    journal_save(scscf, reg, NULL);
    if (reg->held == 0)
        expiry_arm(scscf, reg);
    changed(scscf, reg, NULL, CHANGE_SHORTENED, cause);
    return count;
}
