/* SPDX-License-Identifier: Apache-2.0 */
/* A SUBSCRIBE for a user who is unknown here, who may have been lost: it waits for what the HSS
 * says, and is then looked at once more (TS 23.380 4.3). */
#include <stdlib.h>

#include "restoration.h"
#include "results.h"
#include "xalloc.h"

struct restoring { /* one SUBSCRIBE that waits for the HSS */
    struct restoring *next, **at;
    struct scscf *scscf;
    struct sip_request *request;
    struct cx_op *pending;
    char impu[CX_TEXT];
};

static void leave(struct restoring *r)
{
    cx_cancel(&r->pending);
    *r->at = r->next;
    if (r->next)
        r->next->at = r->at;
    free(r);
}

static void on_saa(void *arg, int err, const struct cx_saa *saa)
{
    struct restoring *r = arg;
    struct scscf *scscf = r->scscf;
    struct sip_request *request = r->request;
    struct refusal no;

    r->pending = NULL;
    if (err && refusal_for(err, 0, scscf->conf->timers.cx_wait_ms, &no)) {
        subscribe_refuse(scscf, request, r->impu, &no);
        leave(r);
        return;
    }
    restoration_take(scscf, r->impu, sip_request_call(request), err, saa);
    leave(r);
    subscribe_look(scscf, request, true);
}

void lost_ask(struct scscf *scscf, struct sip_request *request, const char *impu)
{
    struct restoring *r = xzalloc(sizeof *r);

    r->scscf = scscf;
    r->request = request;
    snprintf(r->impu, sizeof r->impu, "%s", impu);
    r->at = &scscf->restoring;
    r->next = scscf->restoring;
    if (r->next)
        r->next->at = &r->next;
    scscf->restoring = r;
    r->pending = restoration_ask(scscf, "", impu, sip_request_call(request), on_saa, r);
}

void lost_forget(struct scscf *scscf)
{
    struct refusal no;

    refuse_with(&no, 503, NULL, "this S-CSCF is shutting down");
    while (scscf->restoring) {
        subscribe_refuse(scscf, scscf->restoring->request, scscf->restoring->impu, &no);
        leave(scscf->restoring);
    }
}

void lost_print_live(const struct scscf *scscf, FILE *out)
{
    for (const struct restoring *r = scscf->restoring; r; r = r->next)
        fprintf(out, "subscribe call=%s impu=%s step=restoring\n", sip_request_call(r->request),
                r->impu);
}
