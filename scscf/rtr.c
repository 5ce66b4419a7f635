/* SPDX-License-Identifier: Apache-2.0 */
/* The HSS ends registrations: TS 29.228 6.1.3, TS 24.229 5.4.1.5.
 *
 *   HSS -> S-CSCF  RTR  IMPI, its public identities or none (all), the reason
 *   HSS <- S-CSCF  RTA  who else was de-registered with it
 *   then the terminals hear, by the reg event:
 *     PERMANENT_TERMINATION   rejected: the contacts of the IMPIs that are named
 *     SERVER_CHANGE           deactivated: the whole sets, and everybody registers anew
 *     NEW_SERVER_ASSIGNED     nothing: they are served elsewhere already
 *     REMOVE_S-CSCF           nothing: nobody is registered
 *
 * What is not registered here is de-registered: success. */
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "xalloc.h"

static bool is_named(const void *arg, const char *impi)
{
    const struct cx_rtr *rtr = arg;

    if (strcmp(rtr->impi, impi) == 0)
        return true;
    for (size_t i = 0; i < rtr->associated_count; i++)
        if (strcmp(rtr->associated[i], impi) == 0)
            return true;
    return false;
}

/* Whether all contacts of the sets end, whosoever they are. */
static bool ends_sets(const struct cx_rtr *rtr)
{
    return rtr->reason != CX_REASON_PERMANENT_TERMINATION;
}

static bool has_any(const struct registration *reg, const struct cx_rtr *rtr)
{
    for (size_t i = 0; i < rtr->impu_count; i++) {
        char impu[CX_TEXT];

        if (profile_has(&reg->profile, profile_canonical(rtr->impu[i], impu, sizeof impu)))
            return true;
    }
    return false;
}

static bool has_named(const struct registration *reg, const struct cx_rtr *rtr)
{
    for (const struct binding *b = reg->bindings; b; b = b->next)
        if (is_named(rtr, b->impi))
            return true;
    return false;
}

static bool is_concerned(const struct registration *reg, const struct cx_rtr *rtr)
{
    if (rtr->impu_count > 0)
        return has_any(reg, rtr) && (ends_sets(rtr) || has_named(reg, rtr));
    return has_named(reg, rtr);
}

static void list_impi(struct cx_rta *rta, const struct cx_rtr *rtr, const char *impi)
{
    if (strcmp(impi, rtr->impi) == 0 || strlen(impi) >= CX_TEXT)
        return;
    for (size_t i = 0; i < rta->associated_count; i++)
        if (strcmp(rta->associated[i], impi) == 0)
            return;
    if (rta->associated_count < CX_MAX_IDS)
        memcpy(rta->associated[rta->associated_count++], impi, strlen(impi) + 1);
}

/* The IMPIs that end with the one of the request, before they do. */
static void list_others(const struct scscf *scscf, const struct cx_rtr *rtr, struct cx_rta *rta)
{
    for (const struct registration *reg = scscf->registrar.all; reg; reg = reg->next) {
        if (!is_concerned(reg, rtr))
            continue;
        for (const struct binding *b = reg->bindings; b; b = b->next)
            if (ends_sets(rtr) || is_named(rtr, b->impi))
                list_impi(rta, rtr, b->impi);
    }
}

static bool is_silent(const struct cx_rtr *rtr)
{
    return rtr->reason == CX_REASON_NEW_SERVER_ASSIGNED || rtr->reason == CX_REASON_REMOVE_SCSCF;
}

static size_t end_all(struct scscf *scscf, const struct cx_rtr *rtr, const char *call)
{
    enum change event =
        rtr->reason == CX_REASON_PERMANENT_TERMINATION ? CHANGE_REJECTED : CHANGE_DEACTIVATED;
    struct change_cause cause = {.call = call,
                                 .reason = *rtr->reason_info ? rtr->reason_info : NULL};
    struct registration *next;
    size_t count = 0;

    for (struct registration *reg = scscf->registrar.all; reg; reg = next) {
        next = reg->next;
        if (is_concerned(reg, rtr))
            count += network_end(scscf, reg, ends_sets(rtr) ? NULL : is_named, rtr, event,
                                 is_silent(rtr) ? NULL : &cause);
    }
    return count;
}

void rtr_serve(void *env, const struct cx_rtr *asked, struct cx_reply *reply)
{
    struct scscf *scscf = env;
    struct cx_rta *rta = xzalloc(sizeof *rta);
    struct cx_rtr *rtr = xmemdup(asked, sizeof *asked); /* it goes with the answer */
    char call[CALL_TAG], count[24], reason[24];

    snprintf(call, sizeof call, "%s", cx_reply_call(reply));
    if (rtr->reason < CX_REASON_PERMANENT_TERMINATION || rtr->reason > CX_REASON_REMOVE_SCSCF) {
        log_warn(call, "hss gives a Reason-Code that there is not: %d", rtr->reason);
        rta->result = CX_INVALID_AVP_VALUE;
        cx_answer_rta(reply, rta);
        free(rta);
        free(rtr);
        return;
    }
    list_others(scscf, rtr, rta);
    rta->result = CX_SUCCESS;
    cx_answer_rta(reply, rta);
    free(rta);
    log_arrow(call, "==", NULL, "hss-ends-registrations", "impi", rtr->impi, "reason",
              log_number(rtr->reason, reason), "contacts",
              log_number(end_all(scscf, rtr, call), count), NULL);
    free(rtr);
}
