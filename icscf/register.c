/* SPDX-License-Identifier: Apache-2.0 */
/* A REGISTER (TS 24.229 5.3.1; M2 to M5 and M10 to M13 of the registration).
 *
 *   P-CSCF          I-CSCF             HSS        DNS        S-CSCF
 *     |  REGISTER     |                 |          |            |
 *     |-------------->|  UAR            |          |            |
 *     |               |---------------->|          |            |
 *     |               |  UAA            |          |            |
 *     |               |<----------------|          |            |
 *     |               |  the name of the UAA, or the best by capability
 *     |               |  A (or NAPTR, SRV)         |            |
 *     |               |<-------------------------->|            |
 *     |               |  REGISTER                  |            |
 *     |               |---------------------------------------->|
 *     |  401, 200     |                            |            |
 *     |<--------------|<----------------------------------------|
 *
 * An S-CSCF that is silent, cannot be reached or answers 3xx, 408, 480 or 503 is left: the HSS is
 * asked once for capabilities (User-Authorization-Type 2) and the next one is tried, none twice. */
#include "icscf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "uar.h"
#include "xalloc.h"

#define BIG 1300 /* octets: RFC 3261 18.1.1 */

enum step { STEP_HSS, STEP_LOCATE, STEP_SCSCF };
static const char *const step_names[] = {"asking the HSS", "locating", "waiting for the S-CSCF"};

struct register_txn {
    LIST_ENTRY(register_txn) entry;
    struct icscf *icscf;
    struct sip_request *request;
    char call[CALL_TAG];
    enum step step;
    uint64_t born_ms;
    struct loop_timer *deadline; /* for all of it: the P-CSCF does not wait for ever */
    struct cx_op *asking;        /* at most one of these three */
    struct dns_op *locating;
    struct sip_op *forwarding;
    struct cx_uar uar;
    struct selection selection;
    char scscf[CX_TEXT]; /* the S-CSCF being tried */
    char lost[64];       /* why the one before was left */
    uint64_t until_ms;   /* until when this one may take */
    struct sip_targets targets;
    size_t target; /* which of them */
};

/* The steps, in the order of a registration. */
static int read_request(struct register_txn *t, const sip_t *sip);
static void ask_hss(struct register_txn *t);
static cx_uaa_fn on_uaa;
static void choose_scscf(struct register_txn *t);
static void locate(struct register_txn *t, const char *scscf, const char *by);
static dns_done_fn on_located;
static void forward(struct register_txn *t);
static sip_answer_fn on_answer;
static void leave_scscf(struct register_txn *t, const char *why);
/* The ends. */
static void on_deadline(void *arg);
static void relay(struct register_txn *t, msg_t *answer);
static void refuse(struct register_txn *t, int status, const char *phrase, const char *why, ...)
    __attribute__((format(printf, 4, 5)));
static void finish(struct register_txn *t);

static const char unavailable[] = "Temporarily Unavailable";

/* Time for everything: shorter than the P-CSCF's patience, and than Timer F of its transaction. */
static unsigned patience_ms(const struct conf_timers *timers)
{
    unsigned ms = timers->pcscf_icscf_ms < timers->sip_t1x64_ms ? timers->pcscf_icscf_ms
                                                                : timers->sip_t1x64_ms;

    return ms > 2 * timers->sip_t1_ms ? ms - timers->sip_t1_ms : ms;
}

void register_begin(void *arg, struct sip_request *request)
{
    struct icscf *icscf = arg;
    struct register_txn *t;

    if (!icscf_admits(icscf, request))
        return;
    t = xzalloc(sizeof *t);
    t->icscf = icscf;
    t->request = request;
    t->born_ms = loop_now_ms(icscf->loop);
    strncpy(t->call, sip_request_call(request), sizeof t->call - 1);
    t->deadline = loop_after(icscf->loop, patience_ms(&icscf->conf->timers), on_deadline, t);
    LIST_INSERT_HEAD(&icscf->registers, t, entry);
    if (read_request(t, sip_request_sip(request)) == 0)
        ask_hss(t);
}

static int read_request(struct register_txn *t, const sip_t *sip)
{
    struct why why;

    if (sip->sip_max_forwards && sip->sip_max_forwards->mf_count == 0) {
        refuse(t, 483, "Too Many Hops", "Max-Forwards is 0");
        return -ELOOP;
    }
    if (uar_from(sip, t->icscf->conf->home_domain, &t->uar, &why) < 0) {
        refuse(t, 400, "Bad Identity", "%s", why.text);
        return -EINVAL;
    }
    t->selection.user = t->uar.impi;
    return 0;
}

/* ---- UAR, UAA ---- */

static void ask_hss(struct register_txn *t)
{
    t->step = STEP_HSS;
    t->asking = cx_ask_uar(t->icscf->cx, &t->uar, t->call, on_uaa, t);
}

static void on_uaa(void *arg, int err, const struct cx_uaa *uaa)
{
    struct register_txn *t = arg;
    const struct uar_refusal *no;

    t->asking = NULL;
    if (err) {
        refuse(t, 480, unavailable, "%s", uar_silence(err));
        return;
    }
    if ((no = uar_refusal_for(uaa->result))) {
        refuse(t, no->status, no->phrase, "%s: UAA %s for %s, %s in %s", no->why,
               cx_result_text(uaa->result), t->uar.impi, t->uar.impu, t->uar.visited);
        return;
    }
    if (uaa->has_capabilities)
        t->selection.wanted = uaa->capabilities;
    if (uaa->server_name[0] && !select_was_tried(&t->selection, uaa->server_name))
        locate(t, uaa->server_name, "hss");
    else if (t->uar.type == CX_UAT_DE_REGISTRATION ||
             (uaa->result == CX_SUBSEQUENT_REGISTRATION && !uaa->has_capabilities &&
              t->uar.type == CX_UAT_REGISTRATION))
        refuse(t, 480, unavailable, "the HSS says that %s is registered and names no S-CSCF",
               t->uar.impu);
    else
        choose_scscf(t);
}

/* ---- which S-CSCF ---- */

static void choose_scscf(struct register_txn *t)
{
    const struct icscf *icscf = t->icscf;
    char uri[CX_TEXT], lacking[128];

    switch (select_next(&t->selection, icscf->pool, icscf->pool_count, uri)) {
    case SELECT_FOUND:
        locate(t, uri, t->selection.wanted.server_count ? "name list" : "capabilities");
        break;
    case SELECT_ALL_TRIED:
        refuse(t, 504, "Server Time-out", "no S-CSCF is left, %zu tried, the last was %s: %s",
               t->selection.tried_count, t->scscf, t->lost);
        break;
    case SELECT_NONE_CAPABLE:
        select_lacking(&t->selection, icscf->pool, icscf->pool_count, lacking, sizeof lacking);
        log_error(t->call, "no S-CSCF has what the HSS demands for %s: capability %s", t->uar.impu,
                  lacking);
        refuse(t, 600, "Busy Everywhere", "no S-CSCF has the mandatory capability %s", lacking);
        break;
    }
}

/* The lab's S-CSCFs are named with their port, so NAPTR, which says what the core prefers, is not
 * asked (RFC 3263 4.1) and the configuration must say it. */
static bool prefers_tcp(const struct register_txn *t, const struct dns_question *where)
{
    return where->port != 0 && where->transport == SIP_ANY &&
           t->icscf->conf->dns.prefer == CONF_TCP;
}

static void locate(struct register_txn *t, const char *scscf, const char *by)
{
    struct dns_question where;

    snprintf(t->scscf, sizeof t->scscf, "%s", scscf);
    log_arrow(t->call, "==", NULL, "select", "scscf", t->scscf, "by", by, NULL);
    if (select_where(t->scscf, &where) < 0) {
        refuse(t, 480, unavailable, "'%s' is not the SIP URI of an S-CSCF", t->scscf);
        return;
    }
    if (icscf_is_self(t->icscf, t->scscf)) {
        refuse(t, 482, "Loop Detected", "the HSS names this I-CSCF as the S-CSCF: %s", t->scscf);
        return;
    }
    t->step = STEP_LOCATE;
    where.big = uar_register_size(sip_request_sip(t->request)) > BIG || prefers_tcp(t, &where);
    t->locating = dns_locate(t->icscf->dns, &where, t->call, on_located, t);
}

static void on_located(void *arg, int err, const struct sip_targets *targets)
{
    struct register_txn *t = arg;

    t->locating = NULL;
    if (err) {
        leave_scscf(t, dns_why(err));
        return;
    }
    t->targets = *targets;
    t->target = 0;
    t->until_ms = loop_now_ms(t->icscf->loop) + t->icscf->conf->timers.icscf_scscf_ms;
    forward(t);
}

/* ---- the REGISTER goes on ---- */

/* Targets of one host name are one machine: its addresses and transports share one wait. */
static bool is_same_host(const struct sip_target *a, const struct sip_target *b)
{
    return strcasecmp(a->host, b->host) == 0;
}

/* This target's share of the time: what is left, divided by the hosts that are left. */
static unsigned share_ms(const struct register_txn *t)
{
    const struct sip_target *target = t->targets.target;
    uint64_t now_ms = loop_now_ms(t->icscf->loop);
    unsigned hosts = 1;

    for (size_t i = t->target + 1; i < t->targets.count; i++)
        hosts += !is_same_host(&target[i - 1], &target[i]);
    return now_ms < t->until_ms ? (unsigned)(t->until_ms - now_ms) / hosts + 1 : 1;
}

static void forward(struct register_txn *t)
{
    const struct conf_element *self = &t->icscf->self->element;
    msg_t *m = sip_copy(t->request);

    t->step = STEP_SCSCF;
    sip_decrement_max_forwards(m);
    sip_pop_route_if(m, &self->address, self->host);
    sip_set_request_uri(m, t->scscf);
    t->forwarding =
        sip_send(t->icscf->sip, m, &t->targets.target[t->target], share_ms(t), on_answer, t);
}

/* The next target of the same S-CSCF. After silence its host is left, with all its targets. */
static void try_next_target(struct register_txn *t, bool silent)
{
    const struct sip_target *last = &t->targets.target[t->target];

    do
        t->target++;
    while (silent && t->target < t->targets.count &&
           is_same_host(last, &t->targets.target[t->target]));
    if (t->target < t->targets.count)
        forward(t);
    else
        leave_scscf(t, silent ? "it does not answer" : "it cannot be reached");
}

static bool is_unwilling(int status)
{
    return (status >= 300 && status < 400) || status == 408 || status == 480 || status == 503;
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    struct register_txn *t = arg;
    char why[32];

    t->forwarding = NULL;
    if (!sip) {
        try_next_target(t, status == 408);
    } else if (is_unwilling(status)) {
        snprintf(why, sizeof why, "it answered %d", status);
        leave_scscf(t, why);
    } else {
        relay(t, answer);
    }
}

/* This S-CSCF is out. De-registering at another one would not help anybody. */
static void leave_scscf(struct register_txn *t, const char *why)
{
    log_arrow_at(LEVEL_WARN, t->call, "==", NULL, "scscf-failed", "scscf", t->scscf, "why", why,
                 NULL);
    select_tried(&t->selection, t->scscf);
    snprintf(t->lost, sizeof t->lost, "%s", why);
    if (t->uar.type == CX_UAT_DE_REGISTRATION) {
        refuse(t, 504, "Server Time-out", "the S-CSCF %s is lost: %s", t->scscf, why);
        return;
    }
    if (t->uar.type == CX_UAT_REGISTRATION_AND_CAPABILITIES) {
        choose_scscf(t);
        return;
    }
    t->uar.type = CX_UAT_REGISTRATION_AND_CAPABILITIES;
    ask_hss(t);
}

/* ---- the ends ---- */

static void on_deadline(void *arg)
{
    struct register_txn *t = arg;
    int status = t->step == STEP_HSS ? 480 : 504;

    t->deadline = NULL;
    refuse(t, status, status == 480 ? unavailable : "Server Time-out",
           "not done in %u ms, last step: %s %s", patience_ms(&t->icscf->conf->timers),
           step_names[t->step], t->step == STEP_HSS ? "" : t->scscf);
}

static void relay(struct register_txn *t, msg_t *answer)
{
    sip_relay(t->request, answer, NULL, NULL);
    finish(t);
}

static void refuse(struct register_txn *t, int status, const char *phrase, const char *why, ...)
{
    char text[700];
    va_list ap;

    va_start(ap, why);
    why_vprint(text, sizeof text, why, ap);
    va_end(ap);
    icscf_refuse(t->icscf, t->request, status, phrase, text);
    finish(t);
}

static void finish(struct register_txn *t)
{
    assert(sip_is_answered(t->request)); /* nobody is left waiting */
    cx_cancel(&t->asking);
    dns_cancel(&t->locating);
    sip_cancel(&t->forwarding);
    loop_cancel(&t->deadline);
    LIST_REMOVE(t, entry);
    free(t);
}

void register_forget(struct icscf *icscf)
{
    struct register_txn *t;

    while ((t = LIST_FIRST(&icscf->registers)))
        refuse(t, 503, "Service Unavailable", "this I-CSCF is shutting down");
}

void register_print_live(const struct icscf *icscf, FILE *out)
{
    const struct register_txn *t;

    LIST_FOREACH(t, &icscf->registers, entry)
    fprintf(out, "call=%s REGISTER impu=%s step=\"%s\" scscf=%s age_ms=%llu\n", t->call,
            t->uar.impu, step_names[t->step], t->scscf[0] ? t->scscf : "-",
            (unsigned long long)(loop_now_ms(icscf->loop) - t->born_ms));
}
