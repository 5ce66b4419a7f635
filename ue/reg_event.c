/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal watches its own registration (TS 24.229 5.1.1.3, 5.1.1.5A, 5.1.1.7; RFC 3680).
 *
 *     UE                          P-CSCF
 *      |==e= SUBSCRIBE reg ========>|   after the 200 to REGISTER: Route P-CSCF and Service-Route
 *      |<=e= 200 ===================|
 *      |<=e= NOTIFY ================|   its own contact:
 *      |==e= 200 ==================>|     shortened    register again in half of what is left
 *                                         deactivated  register anew, at once
 *                                         probation    register anew, after retry-after
 *                                         rejected     stay silent until the user wants
 *                                         unregistered, expired   as rejected
 */
#include <errno.h>
#include <inttypes.h>
#include <sofia-sip/sip_status.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "register.h"
#include "xalloc.h"

enum { EXPIRES_S = 600000 }; /* what is asked for (5.1.1.3) */

static sip_answer_fn on_answer;
static void on_timer(void *arg);

/* ---- SUBSCRIBE ---- */

static void print_routes(FILE *out, struct ue *ue)
{
    const struct reg_watch *e = &ue->reg.event;
    char host[ADDR_TEXT];
    struct sip_target to;

    if (e->subscription.remote_tag[0]) {
        if (e->subscription.routes[0])
            fprintf(out, "Route: %s\r\n", e->subscription.routes);
        return;
    }
    register_way(ue, &to);
    fprintf(out, "Route: <sip:%s:%u;lr>", addr_uri_host(&to.addr, host), register_pcscf_port(ue));
    if (*ue->reg.accept.service_route)
        fprintf(out, ", %s", ue->reg.accept.service_route);
    fprintf(out, "\r\n");
}

static char *print(struct ue *ue)
{
    struct subscription *s = &ue->reg.event.subscription;
    const char *impu = sim_impu(&ue->sim), *verify = sa_verify(ue);
    struct addr own = register_own_address(ue);
    char contact[CONF_URI], *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    fprintf(out, "SUBSCRIBE %s SIP/2.0\r\n", s->remote_tag[0] ? s->target : impu);
    print_routes(out, ue);
    fprintf(out,
            "Max-Forwards: %u\r\nFrom: <%s>;tag=%s\r\nTo: <%s>%s%s\r\nCall-ID: %s\r\n"
            "CSeq: %u SUBSCRIBE\r\nContact: <%s>\r\nP-Preferred-Identity: <%s>\r\n"
            "Event: reg\r\nAccept: " REGINFO_TYPE "\r\nExpires: %d\r\n",
            ue->terminal->max_forwards, impu, s->local_tag, impu, s->remote_tag[0] ? ";tag=" : "",
            s->remote_tag, s->call_id, s->cseq++,
            register_contact(&own, ue->terminal->transport, contact, sizeof contact), impu,
            EXPIRES_S);
    if (verify)
        fprintf(out, "Require: sec-agree\r\nProxy-Require: sec-agree\r\nSecurity-Verify: %s\r\n",
                verify);
    fprintf(out, "\r\n");
    fclose(out);
    return text;
}

static void fail(struct ue *ue, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct ue *ue, const char *format, ...)
{
    struct reg_watch *e = &ue->reg.event;
    char text[UE_SENTENCE - 32];
    va_list ap;

    va_start(ap, format);
    why_vprint(text, sizeof text, format, ap);
    va_end(ap);
    e->on = false;
    log_warn(ue->reg.call, "no subscription to the registration: %s", text);
    ask_answer(&e->ask, -EACCES, "failed: no subscription to the registration: %s", text);
}

static void subscribe(struct ue *ue)
{
    struct reg_watch *e = &ue->reg.event;
    char *text = print(ue), call[CALL_TAG];
    struct sip_target to;
    struct sip *sip = register_way(ue, &to);
    struct why why;
    msg_t *m = sip_compose(sip, text, &why);

    free(text);
    if (!m) {
        fail(ue, "%s", why.text);
        return;
    }
    e->on = true;
    call_tag(e->subscription.call_id, call);
    if (e->subscription.cseq == 2) /* the first: its log belongs to the registration's */
        log_arrow(ue->reg.call, "==", NULL, "watch", "impu", sim_impu(&ue->sim), "sip_call", call,
                  NULL);
    e->op = sip_send(sip, m, &to, 0, on_answer, ue);
}

static void anew(struct ue *ue)
{
    sip_cancel(&ue->reg.event.op);
    loop_cancel(&ue->reg.event.timer);
    subscription_begin(&ue->reg.event.subscription);
    subscribe(ue);
}

/* 600 s before the end, or at half time (5.1.1.3). */
static void arm(struct ue *ue, unsigned expires_s)
{
    struct reg_watch *e = &ue->reg.event;
    unsigned after_s = expires_s > 1200 ? expires_s - 600 : expires_s / 2;

    loop_cancel(&e->timer);
    e->timer = loop_after(ue->loop, after_s > 3000000 ? 3000000000u : 1000 * after_s, on_timer, ue);
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    struct ue *ue = arg;
    struct reg_watch *e = &ue->reg.event;
    char text[UE_SENTENCE / 2];

    (void)answer;
    e->op = NULL;
    if (status / 100 == 2) {
        subscription_answered(&e->subscription, sip);
        arm(ue, sip->sip_expires ? (unsigned)sip->sip_expires->ex_delta : EXPIRES_S);
        return;
    }
    if (status == 481 && e->subscription.remote_tag[0]) {
        anew(ue);
        return;
    }
    if (!sip) {
        fail(ue, "%s",
             status == 408 ? "nobody answers the SUBSCRIBE" : "the SUBSCRIBE cannot be sent");
        return;
    }
    refusal_read(text, sizeof text, status, sip);
    fail(ue, "%s", text);
}

static void on_timer(void *arg)
{
    struct ue *ue = arg;
    struct reg_watch *e = &ue->reg.event;

    e->timer = NULL;
    if (!ue->reg.bound) { /* the network wanted a new registration, now or after a while */
        e->is_anew = true;
        register_begin(ue, NULL, NULL);
    } else if (!e->op) {
        subscribe(ue);
    }
}

void reg_event_registered(struct ue *ue)
{
    struct reg_watch *e = &ue->reg.event;

    if (e->is_anew)
        log_info(ue->reg.call, "registered again, as the network wanted");
    e->is_anew = false;
    if (!e->on && ue->terminal->reg_event == CONF_ON)
        anew(ue);
}

void reg_event_stop(struct ue *ue)
{
    struct reg_watch *e = &ue->reg.event;

    sip_cancel(&e->op);
    loop_cancel(&e->timer);
    e->on = e->told = e->leaving = e->over = false;
    ask_answer(&e->ask, -ENOTCONN, "failed: the registration that was watched has ended");
}

/* The de-registration is over: the last NOTIFY came, or does not come. */
static void on_last(void *arg)
{
    struct ue *ue = arg;

    ue->reg.event.timer = NULL;
    ue->reg.event.leaving = false;
    ask_answer(&ue->reg.ask, 0, "deregistered: %s", sim_impu(&ue->sim));
}

/* Until the last NOTIFY came, at most 2 T1; then until its answer is across: without an address it
 * would come again and again. */
static void await(struct ue *ue)
{
    unsigned t1_ms = ue->conf->timers.sip_t1_ms;

    loop_cancel(&ue->reg.event.timer);
    ue->reg.event.timer =
        loop_after(ue->loop, ue->reg.event.over ? t1_ms / 4 : 2 * t1_ms, on_last, ue);
}

void reg_event_await_end(struct ue *ue)
{
    bool over = ue->reg.event.over;

    reg_event_stop(ue);
    ue->reg.event.leaving = true;
    ue->reg.event.over = over;
    await(ue);
}

void reg_event_begin(struct ue *ue, ue_done_fn *done, void *arg)
{
    struct reg_watch *e = &ue->reg.event;

    ask_open(&e->ask, ue->loop, done, arg);
    if (!ue->reg.bound)
        ask_answer(&e->ask, -ENOTCONN, "failed: not registered");
    else if (e->told)
        ask_answer(&e->ask, 0, "watching: %s", e->sentence);
    else if (!e->on)
        anew(ue);
}

/* ---- NOTIFY ---- */

/* The registration ends here, for the network has ended it already. */
static void end_here(struct ue *ue)
{
    struct registration *r = &ue->reg;

    loop_cancel(&r->timer);
    sip_cancel(&r->op);
    reg_event_stop(ue);
    sa_clear(ue, "ended by the network");
    r->bound = false;
    r->state = REG_IDLE;
    ask_answer(&r->ask, -ECONNRESET, "failed: the network has ended the registration");
}

static void on_lost(struct ue *ue, const struct reginfo_contact *c)
{
    end_here(ue);
    ue_say(ue, "lost: the registration of %s: %s by the network%s", sim_impu(&ue->sim),
           reginfo_event_name(c->event),
           c->event == REGINFO_REJECTED ? "; it does not want this terminal to try again" : "");
}

static void on_anew(struct ue *ue, const struct reginfo_contact *c)
{
    unsigned wait_ms = 0;

    if (c->event == REGINFO_PROBATION)
        wait_ms = c->retry_after_s >= 0 && c->retry_after_s < 1000000
                      ? (unsigned)c->retry_after_s * 1000
                      : ue->conf->timers.ue_retry_ms;
    end_here(ue);
    ue_delayed(ue, "the network ended the registration of %s (%s) and wants a new one in %u s",
               sim_impu(&ue->sim), reginfo_event_name(c->event), wait_ms / 1000);
    ue->reg.event.timer = loop_after(ue->loop, wait_ms, on_timer, ue);
}

static void on_shortened(struct ue *ue, const struct reginfo_contact *c)
{
    struct registration *r = &ue->reg;
    int64_t now_s = loop_wall_s(ue->loop);

    if (c->expires_s < 0 || now_s + c->expires_s >= r->until_s)
        return;
    r->until_s = now_s + c->expires_s;
    r->refresh_s = now_s + c->expires_s / 2;
    if (r->state == REG_REGISTERED)
        register_timer(ue, c->expires_s ? 500ull * (uint64_t)c->expires_s : 1);
    ue_delayed(ue, "the network shortened the registration to %" PRId64 " s: registering again",
               c->expires_s);
}

typedef void told_fn(struct ue *ue, const struct reginfo_contact *c);

static told_fn *const terminated[REGINFO_EVENTS] = {
    [REGINFO_EXPIRED] = on_lost,   [REGINFO_DEACTIVATED] = on_anew,
    [REGINFO_PROBATION] = on_anew, [REGINFO_UNREGISTERED] = on_lost,
    [REGINFO_REJECTED] = on_lost,
};

static bool is_own_contact(const struct ue *ue, const char *uri)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    struct addr own = register_own_address(ue), a;
    const url_t *url = url_make(home, uri);
    bool same = url && url->url_host &&
                addr_parse(&a, url->url_host, (uint16_t)strtoul(url_port(url), NULL, 10)) == 0 &&
                addr_same(&a, &own);

    su_home_deinit(home);
    return same;
}

/* The terminal's own contact; NULL: nothing is said of it. */
static const struct reginfo_contact *own(const struct ue *ue, const struct reginfo *info)
{
    for (const struct reginfo_registration *r = info->registrations; r; r = r->next)
        for (const struct reginfo_contact *c = r->contacts; c; c = c->next)
            if (strcmp(r->aor, sim_impu(&ue->sim)) == 0 && is_own_contact(ue, c->uri))
                return c;
    return NULL;
}

static void tell(struct ue *ue, const struct reginfo *info, const struct reginfo_contact *c)
{
    struct reg_watch *e = &ue->reg.event;
    unsigned aors = 0, contacts = 0;
    char version[24];

    for (const struct reginfo_registration *r = info->registrations; r; r = r->next) {
        aors++;
        for (const struct reginfo_contact *m = r == info->registrations ? r->contacts : NULL; m;
             m = m->next)
            contacts += m->state == REGINFO_ACTIVE;
    }
    snprintf(e->sentence, sizeof e->sentence, "%s is %s (%s), one of %u identities, %u contacts",
             sim_impu(&ue->sim), c ? reginfo_state_name(c->state) : "not there",
             c ? reginfo_event_name(c->event) : "-", aors, contacts);
    e->told = true;
    log_arrow(ue->reg.call, "==", NULL, "told", "impu", sim_impu(&ue->sim), "state",
              c ? reginfo_state_name(c->state) : "absent", "event",
              c ? reginfo_event_name(c->event) : NULL, "version",
              log_number(info->version, version), NULL);
    ask_answer(&e->ask, 0, "watching: %s", e->sentence);
}

static void apply(struct ue *ue, const struct subscription_news *news)
{
    const struct reginfo_contact *c = own(ue, &news->info);

    tell(ue, &news->info, c);
    if (!c || !ue->reg.bound || ue->reg.state == REG_DEREGISTERING)
        return;
    if (c->state == REGINFO_TERMINATED && terminated[c->event])
        terminated[c->event](ue, c);
    else if (c->state == REGINFO_ACTIVE && c->event == REGINFO_SHORTENED)
        on_shortened(ue, c);
}

void reg_event_notified(struct ue *ue, struct sip_request *request)
{
    struct reg_watch *e = &ue->reg.event;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    struct subscription_news news;
    struct why why;
    int status =
        subscription_notified(&e->subscription, home, sip_request_sip(request), &news, &why);

    if (status != 200)
        log_info(sip_request_call(request), "a NOTIFY is refused: %s", why.text);
    sip_answer(request, status, sip_status_phrase(status),
               status == 489 ? "Allow-Events: reg\r\n" : NULL);
    if (status == 200 && news.has_info)
        apply(ue, &news);
    e->over |= status == 200 && news.is_over && e->on;
    if (status == 200 && news.is_over && e->leaving) {
        e->over = true;
        await(ue);
    }
    if (status == 200 && news.is_over && e->on && ue->reg.bound &&
        ue->reg.state != REG_DEREGISTERING) {
        e->on = false;
        loop_cancel(&e->timer);
        if (strcmp(news.reason, "timeout") == 0 || strcmp(news.reason, "deactivated") == 0)
            anew(ue);
    }
    su_home_deinit(home);
}
