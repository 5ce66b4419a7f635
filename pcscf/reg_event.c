/* SPDX-License-Identifier: Apache-2.0 */
/* The P-CSCF's own subscription of the reg event (TS 24.229 5.2.3; M19, M20 of the registration).
 *
 *   P-CSCF               I-CSCF            S-CSCF
 *     |  SUBSCRIBE IMPU    |                 |   after the first 200 to a REGISTER: once for each
 *     |------------------->|---------------->|   set (its default identity)
 *     |  200               |                 |
 *     |<-------------------|<----------------|
 *     |  NOTIFY            |                 |   reg_event_apply.c
 *     |<-------------------------------------|
 *
 * It outlives the registration by reg_event_margin: it is renewed with every re-registration, so no
 * timer is needed. When it fails, the next registration tries again; until then the P-CSCF's own
 * timers end what expires (5.2.5). */
#include "reg_event.h"

#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_string.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "log.h"
#include "xalloc.h"

enum { MARGIN_S = 600, RETRY_423 = 1 };

static way_done_fn on_answer;

/* ---- which one ---- */

/* The default identity of the set that was registered (5.2.3). */
static void default_impu(const struct contact *c, char impu[CONF_URI])
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const sip_route_t *first = c->associated ? sip_route_make(home, c->associated) : NULL;

    if (!first || !sip_identity(first->r_url, impu, CONF_URI))
        snprintf(impu, CONF_URI, "%s", c->impu);
    su_home_deinit(home);
}

static struct reg_event *find(const struct pcscf *pcscf, const char *impi, const char *impu)
{
    struct reg_event *e;

    LIST_FOREACH(e, &pcscf->reg_events, entry)
    {
        if (strcmp(e->impi, impi) == 0 && strcmp(e->impu, impu) == 0)
            return e;
    }
    return NULL;
}

void reg_event_end(struct reg_event *e)
{
    way_cancel(&e->asking);
    LIST_REMOVE(e, entry);
    free(e);
}

/* ---- SUBSCRIBE ---- */

static bool may_go(const void *env, const struct sip_target *target)
{
    struct sip_targets found = {.count = 1, .target = {*target}}, kept;
    char why[ENTRY_WHY];

    entry_keep(env, &found, &kept, why);
    return kept.count == 1;
}

static const char *print(su_home_t *home, struct reg_event *e)
{
    const struct pcscf *pcscf = e->pcscf;
    const struct subscription *s = &e->subscription;
    const char *host = pcscf->self->element.host;
    unsigned port = pcscf->self->port;
    char charging[CHARGING_VECTOR];
    const char *text;

    text = su_sprintf(home,
                      "SUBSCRIBE %s SIP/2.0\r\nMax-Forwards: 70\r\nFrom: <sip:%s:%u>;tag=%s\r\n"
                      "To: <%s>%s%s\r\nCall-ID: %s\r\nCSeq: %u SUBSCRIBE\r\n"
                      "Contact: <sip:reg-event@%s:%u>\r\nP-Asserted-Identity: <sip:term@%s:%u>\r\n"
                      "Event: reg\r\nAccept: " REGINFO_TYPE "\r\nExpires: %u\r\n%s\r\n",
                      s->remote_tag[0] ? s->target : e->impu, host, port, s->local_tag, e->impu,
                      s->remote_tag[0] ? ";tag=" : "", s->remote_tag, s->call_id,
                      e->subscription.cseq++, host, port, host, port, e->asked_s,
                      charging_vector(&e->pcscf->charging, host, pcscf->mark.network, charging));
    if (s->routes[0])
        text = su_sprintf(home, "%sRoute: %s\r\n", text, s->routes);
    return su_sprintf(home, "%s\r\n", text);
}

static void subscribe(struct reg_event *e)
{
    struct pcscf *pcscf = e->pcscf;
    struct way_to to = {.loop = pcscf->loop,
                        .sip = pcscf->sip,
                        .dns = pcscf->dns,
                        .conf = pcscf->conf,
                        .call = e->call};
    su_home_t home[1] = {SU_HOME_INIT(home)};
    struct why why;
    msg_t *m;

    call_tag(e->subscription.call_id, e->call);
    m = sip_compose(pcscf->sip, print(home, e), &why);
    su_home_deinit(home);
    if (!m || way_next(sip_object(m), &to.where) < 0) {
        log_warn(e->call, "no subscription can be made for %s: %s", e->impu,
                 m ? "it names no network" : why.text);
        sip_drop(m);
        reg_event_end(e);
        return;
    }
    if (!e->subscription.remote_tag[0]) { /* an identity leads to a home network, and its I-CSCF */
        to.may = may_go;
        to.env = pcscf->conf;
    }
    e->asking = way_send(&to, m, on_answer, e);
}

void reg_event_anew(struct reg_event *e)
{
    way_cancel(&e->asking);
    subscription_begin(&e->subscription);
    subscribe(e);
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer, const char *why)
{
    struct reg_event *e = arg;
    char text[24];

    (void)answer;
    e->asking = NULL;
    if (status / 100 == 2) {
        subscription_answered(&e->subscription, sip);
        e->until_s = loop_wall_s(e->pcscf->loop) +
                     (sip->sip_expires ? (int64_t)sip->sip_expires->ex_delta : e->asked_s);
        log_arrow(e->call, "==", NULL, "subscribed", "impu", e->impu, "expires_s",
                  log_number(e->until_s - loop_wall_s(e->pcscf->loop), text), NULL);
        return;
    }
    if (status == 481 && e->subscription.remote_tag[0]) {
        reg_event_anew(e);
        return;
    }
    if (status == 423 && sip->sip_min_expires && !e->was_brief++) {
        e->asked_s = sip->sip_min_expires->me_delta;
        subscribe(e);
        return;
    }
    log_arrow_at(LEVEL_WARN, e->call, "==", NULL, "not-subscribed", "impu", e->impu, "status",
                 log_number(status, text), "why", why ? why : sip_status_phrase(status), NULL);
    reg_event_end(e);
}

void reg_event_watch(struct pcscf *pcscf, const struct contact *c, const char *call)
{
    int64_t now_s = loop_wall_s(pcscf->loop);
    struct reg_event *e;
    char impu[CONF_URI];

    if (pcscf->self->reg_event == CONF_OFF)
        return;
    default_impu(c, impu);
    if (strncmp(impu, "sip:", 4) != 0)
        snprintf(impu, sizeof impu, "%s", c->impu);
    e = find(pcscf, c->impi, impu);
    if (e && (e->asking || e->until_s > c->until_s))
        return;
    if (!e) {
        e = xzalloc(sizeof *e);
        e->pcscf = pcscf;
        snprintf(e->impi, sizeof e->impi, "%s", c->impi);
        snprintf(e->impu, sizeof e->impu, "%s", impu);
        subscription_begin(&e->subscription);
        LIST_INSERT_HEAD(&pcscf->reg_events, e, entry);
    }
    e->asked_s = (unsigned)(c->until_s - now_s) + MARGIN_S;
    e->was_brief = 0;
    subscribe(e);
    log_arrow(call, "==", NULL, "watch", "impu", impu, "sip_call", e->call, NULL);
}

void reg_event_forget(struct pcscf *pcscf)
{
    while (!LIST_EMPTY(&pcscf->reg_events))
        reg_event_end(LIST_FIRST(&pcscf->reg_events));
}

void reg_event_print_live(const struct pcscf *pcscf, FILE *out)
{
    const struct reg_event *e;

    LIST_FOREACH(e, &pcscf->reg_events, entry)
    fprintf(out, "live: call=%s reg event of %s (%s) expires_s=%lld version=%u%s\n", e->call,
            e->impu, e->impi, (long long)(e->until_s - loop_wall_s(pcscf->loop)),
            e->subscription.version, e->asking ? ", SUBSCRIBE under way" : "");
}
