/* SPDX-License-Identifier: Apache-2.0 */
/* Ends that the HSS is told of after they happened: a contact expired, a challenge was never
 * answered or answered wrongly, a profile could not be used (TS 29.228 6.1.2, TS 24.229 5.4.1.5).
 *
 *   S-CSCF -> HSS  SAR  TIMEOUT_DEREGISTRATION, AUTHENTICATION_TIMEOUT, AUTHENTICATION_FAILURE ..
 *   S-CSCF <- HSS  SAA  nothing here depends on it; a refusal is logged
 *
 * While the HSS cannot be reached they wait, and are tried as often as its connection is (Tc): it
 * would hold the user for registered for ever. A user who comes back meanwhile has not ended. */
#include <errno.h>
#include <stdlib.h>

#include "journal.h"
#include "told.h"
#include "xalloc.h"

#define AT_ONCE 50  /* SARs of this file under way when many wait */
#define PACE_MS 100 /* until the next of them */

static void again_later(struct scscf *scscf, unsigned ms);

static unsigned tc_ms(const struct scscf *scscf)
{
    return 1000 * scscf->conf->timers.diameter_tc_s;
}

static void finish(struct told *t)
{
    cx_cancel(&t->pending);
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    free(t);
}

/* Whether another question, at another time, may have another answer. */
static bool is_for_later(int err, int result)
{
    if (err)
        return err == -ETIMEDOUT || err == -EHOSTUNREACH || err == -EBUSY;
    return result == CX_TOO_BUSY || result == CX_UNABLE_TO_DELIVER;
}

static void on_saa(void *arg, int err, const struct cx_saa *saa)
{
    struct told *t = arg;
    struct scscf *scscf = t->scscf;
    int result = err ? 0 : saa->result;

    t->pending = NULL;
    if (is_for_later(err, result)) {
        if (t->tries++ == 0)
            log_warn(t->call, "cannot tell hss that %s is no longer served here, trying again: %s",
                     t->impu, err ? why_not(err) : cx_result_text(result));
        again_later(scscf, tc_ms(scscf));
        return;
    }
    if (err)
        log_warn(t->call, "cannot tell hss that %s is no longer served here: %s", t->impu,
                 why_not(err));
    else if (result != CX_SUCCESS && result != CX_SERVER_NAME_NOT_STORED)
        log_warn(t->call, "hss does not take the end of %s: %s", t->impu, cx_result_text(result));
    journal_heard(scscf, t);
    finish(t);
}

static void tell(struct told *t)
{
    struct scscf *scscf = t->scscf;
    struct cx_sar *sar = xzalloc(sizeof *sar);

    snprintf(sar->impi, sizeof sar->impi, "%s", t->impi);
    snprintf(sar->impu[0], sizeof sar->impu[0], "%s", t->impu);
    sar->impu_count = 1;
    snprintf(sar->server_name, sizeof sar->server_name, "%s", scscf->uri);
    sar->type = t->type;
    sar->user_data_available = true; /* nobody reads it: spare the HSS the profile */
    t->pending = cx_ask_sar(scscf->cx, sar, t->call, on_saa, t);
    free(sar);
}

static struct told *add(struct scscf *scscf, const struct told *what)
{
    struct told *t = xmemdup(what, sizeof *what);

    t->scscf = scscf;
    t->since_ms = loop_now_ms(scscf->loop);
    t->at = &scscf->told;
    t->next = scscf->told;
    if (t->next)
        t->next->at = &t->next;
    scscf->told = t;
    return t;
}

void sar_tell(struct scscf *scscf, int type, const char *impi, const char *impu, const char *call)
{
    struct told t = {.id = ++scscf->registrar.last_id, .type = type};

    snprintf(t.call, sizeof t.call, "%s", call);
    snprintf(t.impi, sizeof t.impi, "%s", impi);
    snprintf(t.impu, sizeof t.impu, "%s", impu);
    journal_told(scscf, &t);
    if (cx_is_open(scscf->cx))
        tell(add(scscf, &t));
    else
        sar_tell_again(scscf, &t);
}

void sar_tell_again(struct scscf *scscf, const struct told *what)
{
    add(scscf, what);
    again_later(scscf, tc_ms(scscf));
}

/* ---- what waits ---- */

static bool is_back(const struct told *t)
{
    const struct scscf *scscf = t->scscf;

    return binding_belongs(registrar_find(&scscf->registrar, t->impu), t->impi,
                           loop_now_ms(scscf->loop));
}

static void on_again(void *arg)
{
    struct scscf *scscf = arg;
    struct told *next;
    size_t asking = 0;
    bool open = cx_is_open(scscf->cx), waiting = false, many = false;

    scscf->tell_again = NULL;
    for (struct told *t = scscf->told; t; t = t->next)
        asking += t->pending != NULL;
    for (struct told *t = scscf->told; t; t = next) {
        next = t->next;
        if (t->pending)
            continue;
        if (is_back(t)) {
            journal_heard(scscf, t);
            finish(t);
        } else if (!open || auth_waits(scscf->auth, t->impi)) {
            waiting = true;
        } else if (asking == AT_ONCE) {
            many = true;
        } else {
            tell(t);
            asking++;
        }
    }
    if (waiting || many)
        again_later(scscf, many ? PACE_MS : tc_ms(scscf));
}

static void again_later(struct scscf *scscf, unsigned ms)
{
    if (!scscf->tell_again)
        scscf->tell_again = loop_after(scscf->loop, ms, on_again, scscf);
}

void sar_print_live(const struct scscf *scscf, FILE *out)
{
    for (const struct told *t = scscf->told; t; t = t->next)
        fprintf(out, "told call=%s impu=%s type=%d age_ms=%llu\n", t->call, t->impu, t->type,
                (unsigned long long)(loop_now_ms(scscf->loop) - t->since_ms));
}

void sar_abandon(struct scscf *scscf)
{
    loop_cancel(&scscf->tell_again);
    while (scscf->told)
        finish(scscf->told);
}
