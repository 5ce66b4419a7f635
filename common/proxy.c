/* SPDX-License-Identifier: Apache-2.0 */
/*   previous hop        proxy        next hop
 *     |  request          |             |
 *     |------------------>|  way_send   |
 *     |                   |------------>|
 *     |  answer, 408 as 504, 503 as 500 (RFC 3261 16.7), 480
 *     |<------------------|<------------|
 */
#include "proxy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "xalloc.h"

struct proxied {
    struct proxied *next, **at;
    struct proxy *proxy;
    struct sip_request *request;
    struct way *way;
    sip_edit_fn *edit;
    void *edit_arg;
    uint64_t since_ms;
    char host[128]; /* where to */
};

static void finish(struct proxied *p)
{
    assert(sip_is_answered(p->request));
    way_cancel(&p->way);
    *p->at = p->next;
    if (p->next)
        p->next->at = p->at;
    free(p->edit_arg);
    free(p);
}

static void refuse(struct proxied *p, int status, const char *why)
{
    const char *phrase = status == 504   ? "Server Time-out"
                         : status == 480 ? "Temporarily Unavailable"
                         : status == 483 ? "Too Many Hops"
                         : status == 503 ? "Service Unavailable"
                                         : "Server Internal Error";

    p->proxy->refuse(p->proxy->env, p->request, status, phrase, why);
    finish(p);
}

static void on_done(void *arg, int status, const sip_t *sip, msg_t *answer, const char *why)
{
    struct proxied *p = arg;

    (void)sip;
    p->way = NULL;
    if (!answer) {
        refuse(p, status == 408 ? 504 : status == 503 ? 500 : status, why);
    } else if (status == 503) {
        refuse(p, 500, "the next hop answers 503");
    } else {
        sip_relay(p->request, answer, p->edit, p->edit_arg);
        finish(p);
    }
}

void proxy_pass(struct proxy *proxy, struct sip_request *request, msg_t *m,
                const struct way_to *where, sip_edit_fn *edit, void *edit_arg)
{
    struct proxied *p = xzalloc(sizeof *p);
    struct way_to to = *where;
    unsigned t1x64_ms = proxy->conf->timers.sip_t1x64_ms;

    p->proxy = proxy;
    p->request = request;
    p->edit = edit;
    p->edit_arg = edit_arg;
    p->since_ms = loop_now_ms(proxy->loop);
    snprintf(p->host, sizeof p->host, "%s", *to.where.host ? to.where.host : to.target.host);
    p->at = &proxy->live;
    p->next = proxy->live;
    if (p->next)
        p->next->at = &p->next;
    proxy->live = p;
    if (!sip_decrement_max_forwards(m)) {
        sip_drop(m);
        refuse(p, 483, "Max-Forwards is 0");
        return;
    }
    to.loop = proxy->loop;
    to.conf = proxy->conf;
    to.call = sip_request_call(request);
    if (!to.wait_ms)
        to.wait_ms = t1x64_ms - t1x64_ms / 16;
    p->way = way_send(&to, m, on_done, p);
}

void proxy_forget(struct proxy *proxy)
{
    while (proxy->live)
        refuse(proxy->live, 503, "this element is shutting down");
}

void proxy_print_live(const struct proxy *proxy, FILE *out)
{
    for (const struct proxied *p = proxy->live; p; p = p->next)
        fprintf(out, "live: call=%s %s passed on to %s, age_ms=%llu\n",
                sip_request_call(p->request),
                sip_request_sip(p->request)->sip_request->rq_method_name, p->host,
                (unsigned long long)(loop_now_ms(proxy->loop) - p->since_ms));
}
