/* SPDX-License-Identifier: Apache-2.0 */
/* A REGISTER (TS 24.229 5.2.2; M1, M2, M7, M8, M10, M15, M16 of the registration).
 *
 *   terminal        P-CSCF              DNS        I-CSCF
 *     |  REGISTER     |                   |           |
 *     |-------------->| who, over which security association (security.c); strip and mark:
 *     |               | Path, P-Visited-Network-ID, integrity-protected
 *     |               |  NAPTR, SRV, A    |           |
 *     |               |<----------------->|           |
 *     |               |  REGISTER                     |
 *     |               |------------------------------>|
 *     |               |  401 with ck, ik; 200; ...    |
 *     |               |<------------------------------|
 *     |  401 without ck, ik, with Security-Server; 200 (remembered); ...
 *     |<--------------|
 *
 * An I-CSCF that is silent, cannot be reached or answers 408 or 503 is left for the next that DNS
 * named (RFC 3263 4.3), in a new transaction. */
#include <assert.h>
#include <errno.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/sip_header.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "entry.h"
#include "log.h"
#include "register.h"
#include "xalloc.h"

#define BIG 1300 /* octets: RFC 3261 18.1.1 */

static const char *const step_names[] = {"asking dns for the I-CSCF", "waiting for the I-CSCF"};

/* The steps, in the order of a registration. */
static bool may_pass(struct register_txn *t, const sip_t *sip);
static bool is_secure(struct register_txn *t);
static void mark_visited(struct register_txn *t);
static void locate_icscf(struct register_txn *t, const url_t *url);
static dns_done_fn on_located;
static void forward(struct register_txn *t);
static sip_answer_fn on_answer;
static bool challenge(struct register_txn *t, const sip_t *answer);
static void leave_icscf(struct register_txn *t, int status, bool answered);
/* The ends. */
static void on_deadline(void *arg);
static void relay(struct register_txn *t, msg_t *answer);
static void refuse(struct register_txn *t, int status, const char *phrase, const char *why, ...)
    __attribute__((format(printf, 4, 5)));
static void finish(struct register_txn *t);

/* Time for everything: an answer must be there before Timer F of the terminal. */
static unsigned patience_ms(const struct conf_timers *timers)
{
    return timers->sip_t1x64_ms - timers->sip_t1x64_ms / 16;
}

void register_begin(void *arg, struct sip_request *request)
{
    struct register_txn *t = xzalloc(sizeof *t);
    const sip_t *sip = sip_request_sip(request);

    t->pcscf = arg;
    t->request = request;
    t->born_ms = loop_now_ms(t->pcscf->loop);
    memcpy(t->call, sip_request_call(request), sizeof t->call);
    t->deadline = loop_after(t->pcscf->loop, patience_ms(&t->pcscf->conf->timers), on_deadline, t);
    LIST_INSERT_HEAD(&t->pcscf->registers, t, entry);
    if (!may_pass(t, sip) || !is_secure(t))
        return;
    mark_visited(t);
    locate_icscf(t, sip->sip_request->rq_url);
}

/* ---- what a terminal may send ---- */

/* The Proxy-Require tags that this proxy does not know (RFC 3261 16.3); "" when there are none. */
static const char *unknown_tags(const sip_t *sip, char *buf, size_t size)
{
    const msg_param_t *tag = sip->sip_proxy_require ? sip->sip_proxy_require->k_items : NULL;

    *buf = 0;
    for (; tag && *tag; tag++)
        if (strcasecmp(*tag, "sec-agree") != 0 && strcasecmp(*tag, "path") != 0)
            snprintf(buf + strlen(buf), size - strlen(buf), "%s%s", *buf ? ", " : "", *tag);
    return buf;
}

static void refuse_extension(struct register_txn *t, const char *tags)
{
    char header[256];

    snprintf(header, sizeof header, "Unsupported: %s\r\n", tags);
    pcscf_refuse(t->pcscf, t->request, 420, "Bad Extension", header,
                 "no support for what Proxy-Require asks");
    finish(t);
}

static bool may_pass(struct register_txn *t, const sip_t *sip)
{
    const url_t *url = sip->sip_request->rq_url;
    char tags[200];

    if (sip->sip_max_forwards && sip->sip_max_forwards->mf_count == 0)
        refuse(t, 483, "Too Many Hops", "Max-Forwards is 0");
    else if (url->url_type != url_sip)
        refuse(t, 416, "Unsupported URI Scheme", "the Request-URI must be a sip: URI");
    else if (!url->url_host || !*url->url_host || strlen(url->url_host) >= sizeof t->domain)
        refuse(t, 400, "Bad Request-URI", "the Request-URI must name the home network");
    else if (pcscf_is_self(t->pcscf, url->url_host) || !entry_is_named(t->pcscf->conf, url))
        refuse(t, 403, "Forbidden", "the Request-URI must name the home network, not an element");
    else if (url->url_headers || entry_port(url) < 0)
        refuse(t, 400, "Bad Request-URI", "the Request-URI has headers or no port number");
    else if (*unknown_tags(sip, tags, sizeof tags))
        refuse_extension(t, tags);
    else
        return true;
    return false;
}

static void refuse_by(struct register_txn *t, const struct security_refusal *refusal)
{
    pcscf_refuse(t->pcscf, t->request, refusal->status, refusal->phrase, refusal->headers,
                 refusal->why.text);
    finish(t);
}

static bool is_secure(struct register_txn *t)
{
    struct security_refusal refusal;
    bool may = security_admit(t->pcscf, t->request, &t->agreement, &refusal);

    if (!may)
        refuse_by(t, &refusal);
    return may;
}

static void mark_visited(struct register_txn *t)
{
    t->marked = sip_copy(t->request);
    mark_register(t->marked, &t->pcscf->mark, &t->pcscf->charging, t->agreement.integrity);
    sip_decrement_max_forwards(t->marked);
}

/* ---- the way to the home network ---- */

static enum sip_transport transport_of(const url_t *url)
{
    char text[8];

    if (url_param(url->url_params, "transport", text, sizeof text) <= 0)
        return SIP_ANY;
    if (strcasecmp(text, "tcp") == 0)
        return SIP_TCP;
    return strcasecmp(text, "udp") == 0 ? SIP_UDP : SIP_ANY;
}

static void locate_icscf(struct register_txn *t, const url_t *url)
{
    struct dns_question question = {.transport = transport_of(url),
                                    .big = sip_size(t->marked) > BIG};

    t->step = STEP_LOCATE;
    snprintf(t->domain, sizeof t->domain, "%s", url->url_host);
    snprintf(question.host, sizeof question.host, "%s", url->url_host);
    question.port = entry_port(url);
    t->locating = dns_locate(t->pcscf->dns, &question, t->call, on_located, t);
}

static void on_located(void *arg, int err, const struct sip_targets *targets)
{
    struct register_txn *t = arg;
    char why[ENTRY_WHY];

    t->locating = NULL;
    if (err == -ETIMEDOUT) {
        refuse(t, 503, "Service Unavailable", "dns does not answer: no way to the I-CSCF of '%s'",
               t->domain);
        return;
    }
    if (err) {
        refuse(t, 480, "Temporarily Unavailable", "dns has no I-CSCF for '%s': %s", t->domain,
               err == -ENOENT ? "no such name" : dns_why(err));
        return;
    }
    if (entry_keep(t->pcscf->conf, targets, &t->targets, why))
        log_arrow_at(LEVEL_WARN, t->call, "==", NULL, "left-out", "domain", t->domain, "why", why,
                     NULL);
    if (t->targets.count == 0) {
        refuse(t, 480, "Temporarily Unavailable", "dns has no I-CSCF for '%s': %s", t->domain, why);
        return;
    }
    forward(t);
}

static void forward(struct register_txn *t)
{
    const struct sip_target *to = &t->targets.target[t->target];
    char address[ADDR_TEXT], number[24];

    t->step = STEP_ICSCF;
    log_arrow(t->call, "==", NULL, "icscf", "host", to->host, "address",
              addr_text(&to->addr, address), "transport", to->transport == SIP_TCP ? "tcp" : "udp",
              "candidate", log_number((long long)t->target + 1, number), NULL);
    t->forwarding = sip_send(t->pcscf->sip, msg_copy(t->marked), to,
                             t->pcscf->conf->timers.pcscf_icscf_ms, on_answer, t);
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    struct register_txn *t = arg;

    t->forwarding = NULL;
    if (status == 408 || status == 503) {
        leave_icscf(t, status, answer != NULL);
        return;
    }
    if (status / 100 == 2)
        register_keep(t, sip);
    else if (status != 401)
        security_fail(t->pcscf, &t->agreement, "refused");
    if (status != 401 || challenge(t, sip))
        relay(t, answer);
}

static bool challenge(struct register_txn *t, const sip_t *answer)
{
    struct security_refusal refusal;
    bool may;

    t->security_server = xzalloc(SEC_VALUE + 32);
    may = security_challenge(t->pcscf, &t->agreement, answer, t->security_server, &refusal);
    if (!may)
        refuse_by(t, &refusal);
    return may;
}

static void leave_icscf(struct register_txn *t, int status, bool answered)
{
    const struct sip_target *to = &t->targets.target[t->target];
    const char *what = answered        ? (status == 503 ? "answers 503" : "answers 408")
                       : status == 408 ? "does not answer"
                                       : "cannot be reached";
    char address[ADDR_TEXT];
    size_t len = strlen(t->failures);

    snprintf(t->failures + len, sizeof t->failures - len, "%s%s (%s) %s", len ? "; " : "", to->host,
             addr_text(&to->addr, address), what);
    t->silent |= !answered || status == 408;
    if (++t->target < t->targets.count) {
        log_arrow_at(LEVEL_WARN, t->call, "==", NULL, "next-icscf", "left", to->host, "why", what,
                     NULL);
        forward(t);
        return;
    }
    if (t->silent)
        refuse(t, 504, "Server Time-out", "no I-CSCF of '%s': %s", t->domain, t->failures);
    else /* a 503 of one hop is not the next hop's (RFC 3261 16.7) */
        refuse(t, 500, "Server Internal Error", "no I-CSCF of '%s': %s", t->domain, t->failures);
}

/* ---- the ends ---- */

static void on_deadline(void *arg)
{
    struct register_txn *t = arg;

    t->deadline = NULL;
    refuse(t, 504, "Server Time-out", "no answer in time: %s of '%s'%s%s", step_names[t->step],
           t->domain, *t->failures ? "; before that " : "", t->failures);
}

static void mark_for_terminal(void *arg, msg_t *answer)
{
    const struct register_txn *t = arg;

    mark_answer(NULL, answer);
    if (t->security_server && *t->security_server)
        sip_add(answer, t->security_server);
}

static void relay(struct register_txn *t, msg_t *answer)
{
    sip_relay(t->request, answer, mark_for_terminal, t);
    finish(t);
}

static void refuse(struct register_txn *t, int status, const char *phrase, const char *why, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, why);
    vsnprintf(text, sizeof text, why, ap);
    va_end(ap);
    security_fail(t->pcscf, &t->agreement, "refused");
    pcscf_refuse(t->pcscf, t->request, status, phrase, NULL, text);
    finish(t);
}

static void finish(struct register_txn *t)
{
    assert(sip_is_answered(t->request));
    loop_cancel(&t->deadline);
    dns_cancel(&t->locating);
    sip_cancel(&t->forwarding);
    sip_drop(t->marked);
    free(t->security_server);
    LIST_REMOVE(t, entry);
    free(t);
}

void register_forget(struct pcscf *pcscf)
{
    struct register_txn *t;

    while ((t = LIST_FIRST(&pcscf->registers)))
        refuse(t, 503, "Service Unavailable", "this P-CSCF is shutting down");
}

void register_print_live(const struct pcscf *pcscf, FILE *out)
{
    const struct register_txn *t;
    char source[ADDR_TEXT];
    struct addr a;

    LIST_FOREACH(t, &pcscf->registers, entry)
    {
        a = sip_request_source(t->request);
        fprintf(out, "live: call=%s register from=%s to=%s %s%s age_ms=%llu\n", t->call,
                addr_text(&a, source), t->domain, step_names[t->step],
                t->target ? " (not the first)" : "",
                (unsigned long long)(loop_now_ms(pcscf->loop) - t->born_ms));
    }
}
