/* SPDX-License-Identifier: Apache-2.0 */
/* A request for a user of this network, without a route (TS 24.229 5.3.2.1; TS 29.228 6.1.4).
 *
 *   P-CSCF, S-CSCF, AS      I-CSCF             HSS                  S-CSCF
 *     |  SUBSCRIBE IMPU       |  LIR            |                     |
 *     |---------------------->|---------------->|                     |
 *     |                       |  LIA: who serves it                   |
 *     |                       |<----------------|                     |
 *     |                       |  SUBSCRIBE, Route: the S-CSCF         |
 *     |                       |-------------------------------------->|
 *     |  answer               |                                       |
 *     |<----------------------|<--------------------------------------|
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "icscf.h"
#include "log.h"
#include "uar.h"
#include "xalloc.h"

struct locate_txn {
    LIST_ENTRY(locate_txn) entry;
    struct icscf *icscf;
    struct sip_request *request;
    struct cx_op *asking;
    struct cx_lir lir;
    uint64_t born_ms;
};

static cx_lia_fn on_lia;

static void finish(struct locate_txn *t)
{
    cx_cancel(&t->asking);
    LIST_REMOVE(t, entry);
    free(t);
}

static void refuse(struct locate_txn *t, int status, const char *phrase, const char *why)
{
    icscf_refuse(t->icscf, t->request, status, phrase, why);
    assert(sip_is_answered(t->request));
    finish(t);
}

void locate_begin(struct icscf *icscf, struct sip_request *request)
{
    struct locate_txn *t = xzalloc(sizeof *t);
    const sip_t *sip = sip_request_sip(request);

    t->icscf = icscf;
    t->request = request;
    t->lir.type = -1;
    t->born_ms = loop_now_ms(icscf->loop);
    LIST_INSERT_HEAD(&icscf->locates, t, entry);
    if (!sip_identity(sip->sip_request->rq_url, t->lir.impu, sizeof t->lir.impu)) {
        refuse(t, 404, "Not Found", "the Request-URI is no public identity");
        return;
    }
    t->asking = cx_ask_lir(icscf->cx, &t->lir, sip_request_call(request), on_lia, t);
}

static void forward(struct locate_txn *t, const char *scscf)
{
    const struct conf_element *self = &t->icscf->self->element;
    struct way_to to = {.sip = t->icscf->sip, .dns = t->icscf->dns};
    struct sip_request *request = t->request;
    struct icscf *icscf = t->icscf;
    char route[CX_TEXT + 16];
    msg_t *m;

    log_arrow(sip_request_call(request), "==", NULL, "located", "impu", t->lir.impu, "scscf", scscf,
              NULL);
    if (select_where(scscf, &to.where) < 0 || icscf_is_self(icscf, scscf)) {
        refuse(t, 480, "Temporarily Unavailable", "the HSS names no S-CSCF that can be asked");
        return;
    }
    m = sip_copy(request);
    sip_pop_route_if(m, &self->address, self->host);
    sip_pop_route_if(m, &self->address6, self->host);
    snprintf(route, sizeof route, "Route: <%s;lr>", scscf);
    sip_add(m, route);
    finish(t);
    proxy_pass(&icscf->proxy, request, m, &to, NULL, NULL);
}

static void on_lia(void *arg, int err, const struct cx_lia *lia)
{
    struct locate_txn *t = arg;

    t->asking = NULL;
    if (err)
        refuse(t, 480, "Temporarily Unavailable", uar_silence(err));
    else if (lia->result == CX_USER_UNKNOWN)
        refuse(t, 404, "Not Found", "the HSS knows no such identity");
    else if (lia->server_name[0] &&
             (lia->result == CX_SUCCESS || lia->result == CX_UNREGISTERED_SERVICE))
        forward(t, lia->server_name);
    else
        refuse(t, 480, "Temporarily Unavailable", "no S-CSCF serves this identity now");
}

void locate_forget(struct icscf *icscf)
{
    struct locate_txn *t;

    while ((t = LIST_FIRST(&icscf->locates)))
        refuse(t, 503, "Service Unavailable", "this I-CSCF is shutting down");
}

void locate_print_live(const struct icscf *icscf, FILE *out)
{
    const struct locate_txn *t;

    LIST_FOREACH(t, &icscf->locates, entry)
    fprintf(out, "call=%s %s impu=%s step=\"asking the HSS\" age_ms=%llu\n",
            sip_request_call(t->request), sip_request_sip(t->request)->sip_request->rq_method_name,
            t->lir.impu, (unsigned long long)(loop_now_ms(icscf->loop) - t->born_ms));
}
