/* SPDX-License-Identifier: Apache-2.0 */
/* Ends that the HSS is told of after they happened: a contact expired, a challenge was never
 * answered or answered wrongly, a profile could not be used (TS 29.228 6.1.2, TS 24.229 5.4.1.5).
 *
 *   S-CSCF -> HSS  SAR  TIMEOUT_DEREGISTRATION, AUTHENTICATION_TIMEOUT, AUTHENTICATION_FAILURE ..
 *   S-CSCF <- HSS  SAA  nothing here depends on it; a refusal is logged
 */
#include <stdlib.h>

#include "scscf.h"
#include "xalloc.h"

struct told { /* one SAR under way */
    struct told *next, **at;
    struct scscf *scscf;
    struct cx_op *pending;
    int type;
    uint64_t since_ms;
    char call[CALL_TAG];
    char impu[CX_TEXT];
};

static void finish(struct told *t)
{
    cx_cancel(&t->pending);
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    free(t);
}

static void on_saa(void *arg, int err, const struct cx_saa *saa)
{
    struct told *t = arg;

    t->pending = NULL;
    if (err)
        log_warn(t->call, "cannot tell hss that %s is no longer served here: %s", t->impu,
                 why_not(err));
    else if (saa->result != CX_SUCCESS && saa->result != CX_SERVER_NAME_NOT_STORED)
        log_warn(t->call, "hss does not take the end of %s: %s", t->impu,
                 cx_result_text(saa->result));
    finish(t);
}

void sar_tell(struct scscf *scscf, int type, const char *impi, const char *impu, const char *call)
{
    struct told *t = xzalloc(sizeof *t);
    struct cx_sar *sar = xzalloc(sizeof *sar);

    t->scscf = scscf;
    t->type = type;
    t->since_ms = loop_now_ms(scscf->loop);
    snprintf(t->call, sizeof t->call, "%s", call);
    snprintf(t->impu, sizeof t->impu, "%s", impu);
    t->at = &scscf->told;
    t->next = scscf->told;
    if (t->next)
        t->next->at = &t->next;
    scscf->told = t;

    snprintf(sar->impi, sizeof sar->impi, "%s", impi);
    snprintf(sar->impu[0], sizeof sar->impu[0], "%s", impu);
    sar->impu_count = 1;
    snprintf(sar->server_name, sizeof sar->server_name, "%s", scscf->uri);
    sar->type = type;
    sar->user_data_available = true; /* nobody reads it: spare the HSS the profile */
    t->pending = cx_ask_sar(scscf->cx, sar, t->call, on_saa, t);
    free(sar);
}

void sar_print_live(const struct scscf *scscf, FILE *out)
{
    for (const struct told *t = scscf->told; t; t = t->next)
        fprintf(out, "told call=%s impu=%s type=%d age_ms=%llu\n", t->call, t->impu, t->type,
                (unsigned long long)(loop_now_ms(scscf->loop) - t->since_ms));
}

void sar_abandon(struct scscf *scscf)
{
    while (scscf->told)
        finish(scscf->told);
}
