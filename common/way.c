/* SPDX-License-Identifier: Apache-2.0 */
#include "way.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "xalloc.h"

#define BIG 1300 /* octets: RFC 3261 18.1.1 */

struct way {
    struct way_to to;
    char call[CALL_TAG];
    msg_t *m; /* every target gets a copy */
    struct sip_targets targets;
    size_t target; /* which of them is being tried */
    uint64_t until_ms;
    struct dns_op *locating; /* at most one of these two */
    struct sip_op *sending;
    struct loop_timer *soon;
    bool silent; /* one of them did not answer at all */
    char why[WAY_WHY];
    way_done_fn *done;
    void *arg;
};

static dns_done_fn on_located;
static sip_answer_fn on_answer;

int way_where(const url_t *url, struct dns_question *where)
{
    char transport[8] = "";
    unsigned long port = 0;

    memset(where, 0, sizeof *where);
    if ((url->url_type != url_sip && url->url_type != url_sips) || !url->url_host ||
        !*url->url_host || strlen(url->url_host) >= sizeof where->host)
        return -EINVAL;
    if (url->url_port && *url->url_port) {
        port = strtoul(url->url_port, NULL, 10);
        if (url->url_port[strspn(url->url_port, "0123456789")] || port == 0 || port > UINT16_MAX)
            return -EINVAL;
    }
    snprintf(where->host, sizeof where->host, "%s", url->url_host);
    where->port = (uint16_t)port;
    if (url->url_params && url_param(url->url_params, "transport", transport, sizeof transport) > 0)
        where->transport = strcasecmp(transport, "tcp") == 0   ? SIP_TCP
                           : strcasecmp(transport, "udp") == 0 ? SIP_UDP
                                                               : SIP_ANY;
    return 0;
}

int way_next(const sip_t *sip, struct dns_question *where)
{
    return way_where(sip->sip_route ? sip->sip_route->r_url : sip->sip_request->rq_url, where);
}

static void end(struct way *w, int status, const sip_t *sip, msg_t *answer)
{
    way_done_fn *done = w->done;
    void *arg = w->arg;
    char why[WAY_WHY];

    memcpy(why, w->why, sizeof why);
    way_cancel(&w);
    done(arg, status, sip, answer, answer ? NULL : why);
}

/* This target's share of the time: what is left, divided by the targets that are left. */
static unsigned share_ms(const struct way *w)
{
    uint64_t now_ms = loop_now_ms(w->to.loop);
    size_t left = w->targets.count - w->target;

    return now_ms < w->until_ms ? (unsigned)((w->until_ms - now_ms) / left) + 1 : 1;
}

static void try_target(struct way *w)
{
    w->sending = sip_send(w->to.sip, msg_copy(w->m), &w->targets.target[w->target], share_ms(w),
                          on_answer, w);
}

static void note(struct way *w, const char *what)
{
    const struct sip_target *t = &w->targets.target[w->target];
    char address[ADDR_TEXT];
    size_t len = strlen(w->why);

    snprintf(w->why + len, sizeof w->why - len, "%s%s (%s) %s", len ? "; " : "", t->host,
             addr_text(&t->addr, address), what);
}

/* The next target; after silence its host is left, with all its addresses and transports. */
static bool next_target(struct way *w, bool silent)
{
    const struct sip_target *last = &w->targets.target[w->target];

    do
        w->target++;
    while (silent && w->target < w->targets.count &&
           strcasecmp(last->host, w->targets.target[w->target].host) == 0);
    return w->target < w->targets.count;
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    struct way *w = arg;
    bool silent = !answer && status == 408;

    w->sending = NULL;
    if (answer && status != 503) {
        end(w, status, sip, answer);
        return;
    }
    note(w, answer ? "answers 503" : silent ? "does not answer" : "cannot be reached");
    w->silent |= silent;
    if (next_target(w, silent)) {
        log_arrow_at(LEVEL_WARN, w->call, "==", NULL, "next-target", "why", w->why, NULL);
        try_target(w);
        return;
    }
    end(w, w->silent ? 408 : 503, sip, answer);
}

static void on_located(void *arg, int err, const struct sip_targets *targets)
{
    struct way *w = arg;
    char address[ADDR_TEXT];

    w->locating = NULL;
    if (err) {
        snprintf(w->why, sizeof w->why, "dns has no address of '%s': %s", w->to.where.host,
                 dns_why(err));
        end(w, err == -ETIMEDOUT ? 503 : 480, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < targets->count; i++) {
        const struct sip_target *t = &targets->target[i];

        if (!w->to.may || w->to.may(w->to.env, t))
            w->targets.target[w->targets.count++] = *t;
        else
            snprintf(w->why, sizeof w->why, "'%s' is %s, where this may not go", w->to.where.host,
                     addr_text(&t->addr, address));
    }
    if (w->targets.count == 0) {
        end(w, 480, NULL, NULL);
        return;
    }
    w->why[0] = 0;
    try_target(w);
}

static void go(void *arg)
{
    struct way *w = arg;

    w->soon = NULL;
    try_target(w);
}

struct way *way_send(const struct way_to *to, msg_t *m, way_done_fn *done, void *arg)
{
    struct way *w = xzalloc(sizeof *w);

    w->to = *to;
    snprintf(w->call, sizeof w->call, "%s", to->call);
    w->to.call = w->call;
    w->m = m;
    w->done = done;
    w->arg = arg;
    w->until_ms =
        loop_now_ms(to->loop) + (to->wait_ms ? to->wait_ms : to->conf->timers.sip_t1x64_ms);
    if (addr_is_set(&to->target.addr)) {
        w->targets.count = 1;
        w->targets.target[0] = to->target;
        w->soon = loop_after(to->loop, 0, go, w);
    } else {
        w->to.where.big = sip_size(m) > BIG;
        w->locating = dns_locate(to->dns, &w->to.where, w->call, on_located, w);
    }
    return w;
}

void way_cancel(struct way **way)
{
    struct way *w = *way;

    if (!w)
        return;
    *way = NULL;
    loop_cancel(&w->soon);
    dns_cancel(&w->locating);
    sip_cancel(&w->sending);
    sip_drop(w->m);
    free(w);
}
