/* SPDX-License-Identifier: Apache-2.0 */
/* A subscription of the reg event (TS 24.229 5.4.2.1.1; RFC 6665 4.2.1; RFC 3680 4).
 *
 *   terminal, P-CSCF, AS              S-CSCF
 *     |  SUBSCRIBE IMPU                 |   check: whose state, which event, who asks
 *     |-------------------------------->|   serve
 *     |  200, Expires                   |
 *     |<--------------------------------|
 *     |  NOTIFY, the whole state        |   notify.c
 *     |<--------------------------------|
 *     |  SUBSCRIBE in the dialog        |   refresh; Expires: 0 ends it
 *     |-------------------------------->|
 *
 * Expires: 0 in the first one is a question for the state as it is: one NOTIFY, and the end. */
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/su_string.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "answer.h"
#include "ifc.h"
#include "journal.h"
#include "restoration.h"
#include "watcher.h"
#include "xalloc.h"

#define DEFAULT_S 3761 /* RFC 3680 4.6 */

struct subscribe { /* one SUBSCRIBE, looked at; it is answered, or the HSS asked, before control
                      goes back to the loop */
    su_home_t home[1];
    struct scscf *scscf;
    struct sip_request *request;
    const sip_t *sip;
    char impu[CX_TEXT]; /* whose state: the Request-URI */
    struct registration *reg;
    struct watcher *watcher; /* of this dialog; NULL: it begins one */
    const char *who;         /* the asserted identity */
    unsigned expires_s;
    bool restored; /* the HSS was asked for the user */
    bool lost;     /* it is to be asked */
    struct refusal no;
};

typedef bool check_fn(struct subscribe *s);

static bool refuse(struct subscribe *s, int status, const char *phrase, const char *header,
                   const char *reason)
{
    refuse_with(&s->no, status, phrase, "%s", reason);
    snprintf(s->no.header, sizeof s->no.header, "%s", header);
    return false;
}

/* ---- what it must have ---- */

static bool is_from_core(struct subscribe *s)
{
    struct addr source = sip_request_source(s->request);

    return conf_trusted(s->scscf->conf, &source) ||
           refuse(s, 403, NULL, "", "the sender is not one of the core's elements");
}

static bool is_for_reg(struct subscribe *s)
{
    const sip_event_t *event = s->sip->sip_event;

    if (event && event->o_type && strcasecmp(event->o_type, "reg") == 0)
        return true;
    return refuse(s, 489, "Bad Event", "Allow-Events: reg\r\n",
                  event ? "the only event here is reg" : "it names no event");
}

static bool is_understood(struct subscribe *s)
{
    const msg_param_t *tag = s->sip->sip_require ? s->sip->sip_require->k_items : NULL;
    char header[100];

    if (tag && *tag) {
        snprintf(header, sizeof header, "Unsupported: %.80s\r\n", *tag);
        return refuse(s, 420, NULL, header, "no support for what Require asks");
    }
    if (s->sip->sip_payload && s->sip->sip_payload->pl_len > 0)
        return refuse(s, 415, NULL, "", "no support for a body in a SUBSCRIBE to reg");
    if (!s->sip->sip_from->a_tag || !s->sip->sip_contact || !s->sip->sip_contact->m_url->url_host)
        return refuse(s, 400, NULL, "", "it has no From tag or no Contact to send NOTIFY to");
    return true;
}

static bool takes(const sip_accept_t *a)
{
    static const char *const types[] = {REGINFO_TYPE, "application/*", "*/*"};

    for (size_t i = 0; i < COUNT(types); i++)
        if (a->ac_type && strcasecmp(a->ac_type, types[i]) == 0)
            return !a->ac_q || strtod(a->ac_q, NULL) > 0;
    return false;
}

static bool takes_reginfo(struct subscribe *s)
{
    const sip_accept_t *a = s->sip->sip_accept;

    while (a && !takes(a))
        a = a->ac_next;
    return a || !s->sip->sip_accept ||
           refuse(s, 406, NULL, "", "its Accept leaves out " REGINFO_TYPE);
}

/* ---- whose state, and who asks ---- */

static bool is_registered(struct subscribe *s)
{
    if (!sip_identity(s->sip->sip_request->rq_url, s->impu, sizeof s->impu))
        return refuse(s, 404, NULL, "", "the Request-URI is no public identity");
    s->reg = registrar_find(&s->scscf->registrar, s->impu);
    s->lost = !s->restored && !s->reg;
    return (s->reg && s->reg->bindings) ||
           refuse(s, 480, NULL, "", "this identity is not registered here");
}

static bool is_barred(const struct profile *profile, const char *impu)
{
    for (size_t i = 0; i < profile->impu_count; i++)
        if (strcmp(profile->impu[i].id, impu) == 0)
            return profile->impu[i].barred;
    return true;
}

static bool is_same_place(const url_t *a, const url_t *b)
{
    return a->url_host && b->url_host && strcasecmp(a->url_host, b->url_host) == 0 &&
           strcmp(url_port(a), url_port(b)) == 0;
}

/* The P-CSCF in the Path of one of its contacts. */
static bool is_its_pcscf(struct subscribe *s, const url_t *who)
{
    for (const struct binding *b = s->reg->bindings; b; b = b->next) {
        const sip_route_t *path = *b->path ? sip_route_make(s->home, b->path) : NULL;

        if (path && is_same_place(path->r_url, who))
            return true;
    }
    return false;
}

/* An application server that its filter criteria name (TS 24.229 5.4.2.1.1). */
static bool is_its_server(struct subscribe *s, const url_t *who)
{
    struct ifc *all = s->reg->profile.xml ? ifc_read(s->reg->profile.xml) : NULL;
    const struct ifc *ifc = all;
    bool found = false;

    for (; ifc && !found; ifc = ifc->next) {
        const url_t *server = url_make(s->home, ifc->server);

        found = server && is_same_place(server, who);
    }
    ifc_free(all);
    return found;
}

static bool is_allowed(struct subscribe *s, const url_t *who)
{
    char impu[CX_TEXT];

    if (sip_identity(who, impu, sizeof impu) && profile_has(&s->reg->profile, impu) &&
        !is_barred(&s->reg->profile, impu))
        return true;
    return is_its_pcscf(s, who) || is_its_server(s, who);
}

static bool may_ask(struct subscribe *s)
{
    const sip_p_asserted_identity_t *paid = sip_p_asserted_identity(s->sip);

    if (!paid)
        return refuse(s, 403, NULL, "", "nobody asserts who the subscriber is");
    for (; paid; paid = paid->paid_next) {
        if (!is_allowed(s, paid->paid_url))
            continue;
        s->who = url_as_string(s->home, paid->paid_url);
        return true;
    }
    return refuse(s, 403, NULL, "",
                  "neither one of the identities registered with it, nor its P-CSCF, nor an "
                  "application server of it");
}

static bool has_room(struct subscribe *s)
{
    size_t count = 0;

    for (const struct watcher *w = s->reg->watchers; w; w = w->next)
        count++;
    return count < WATCHERS_MAX || refuse(s, 480, NULL, "Retry-After: 60\r\n",
                                          "this identity has as many watchers as it can have");
}

static bool has_time(struct subscribe *s)
{
    const struct conf_scscf *me = s->scscf->me;
    unsigned long asked_s = s->sip->sip_expires ? s->sip->sip_expires->ex_delta : DEFAULT_S;
    char header[48];

    s->expires_s = asked_s > me->max_expires_s ? me->max_expires_s : (unsigned)asked_s;
    if (asked_s == 0 || asked_s >= me->min_expires_s)
        return true;
    snprintf(header, sizeof header, "Min-Expires: %u\r\n", me->min_expires_s);
    return refuse(s, 423, NULL, header, "the time asked for is too short");
}

/* ---- the dialog ---- */

static bool is_text(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* The subscription that a SUBSCRIBE with a To tag belongs to. */
static bool is_in_dialog(struct subscribe *s)
{
    const sip_t *sip = s->sip;
    const char *id = sip->sip_request->rq_url->url_user;
    struct watcher *w = id ? watcher_find(s->scscf, id) : NULL;

    if (!w || !w->reg || !is_text(sip->sip_to->a_tag, w->local_tag) ||
        !is_text(sip->sip_from->a_tag, w->remote_tag) ||
        !is_text(sip->sip_call_id->i_id, w->call_id))
        return refuse(s, 481, "Subscription Does Not Exist", "", "there is no such subscription");
    if (sip->sip_cseq->cs_seq <= w->remote_cseq)
        return refuse(s, 500, NULL, "", "its CSeq is not higher than the last");
    s->watcher = w;
    s->reg = w->reg;
    return true;
}

static const char *url_text(struct subscribe *s, const url_t *url)
{
    const char *text = url_as_string(s->home, url);

    if (!text)
        abort();
    return text;
}

static void begin_dialog(struct subscribe *s)
{
    const sip_t *sip = s->sip;
    struct watcher *w = watcher_new(s->scscf, s->reg);
    const char *id = sip->sip_event->o_id;
    char routes[4096];

    snprintf(w->call, sizeof w->call, "%s", sip_request_call(s->request));
    w->who = xstrdup(s->who);
    w->call_id = xstrdup(sip->sip_call_id->i_id);
    w->local_tag = xstrdup(sip_request_tag(s->request));
    w->remote_tag = xstrdup(sip->sip_from->a_tag);
    w->local_uri = xstrdup(url_text(s, sip->sip_to->a_url));
    w->remote_uri = xstrdup(url_text(s, sip->sip_from->a_url));
    w->target = xstrdup("");
    w->routes = xstrdup(sip_list(sip, "Record-Route", routes, sizeof routes) ? routes : "");
    w->event_id = xstrdup(id ? id : "");
    s->watcher = w;
}

static void serve(struct subscribe *s)
{
    struct scscf *scscf = s->scscf;
    bool begins = !s->watcher;
    struct watcher *w;
    char number[24];

    if (begins)
        begin_dialog(s);
    w = s->watcher;
    w->remote_cseq = s->sip->sip_cseq->cs_seq;
    free(w->target);
    w->target = xstrdup(url_text(s, s->sip->sip_contact->m_url));
    w->expires_ms = loop_now_ms(scscf->loop) + 1000ull * s->expires_s;
    sip_answer(s->request, 200, "OK",
               su_sprintf(s->home, "Expires: %u\r\nContact: <sip:%s@%s:%u>\r\n", s->expires_s,
                          w->id, scscf->me->element.host, scscf->me->port));
    log_arrow(w->call, "==", NULL,
              s->expires_s == 0 ? (begins ? "fetched" : "unsubscribed")
              : begins          ? "subscribed"
                                : "subscription-refreshed",
              "impu", w->local_uri, "who", w->who, "expires_s", log_number(s->expires_s, number),
              NULL);
    if (s->expires_s == 0)
        notify_end(w, "timeout");
    else
        notify_now(w);
}

void subscribe_refuse(struct scscf *scscf, struct sip_request *request, const char *impu,
                      const struct refusal *no)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    char status[24];

    log_arrow(sip_request_call(request), "==", NULL, "refuse", "status",
              log_number(no->status, status), "impu", *impu ? impu : NULL, "reason", no->reason,
              NULL);
    sip_answer(request, no->status, no->phrase ? no->phrase : sip_status_phrase(no->status),
               answer_refuse(home, no, scscf->me->element.name));
    su_home_deinit(home);
}

/* ---- the whole ---- */

void subscribe_look(struct scscf *scscf, struct sip_request *request, bool restored)
{
    static check_fn *const first[] = {is_from_core,  is_for_reg, is_understood, takes_reginfo,
                                      is_registered, may_ask,    has_room,      has_time};
    static check_fn *const later[] = {is_from_core,  is_in_dialog,  is_for_reg,
                                      is_understood, takes_reginfo, has_time};
    struct subscribe s = {
        .home = {SU_HOME_INIT(s.home)}, .scscf = scscf, .request = request, .restored = restored};
    check_fn *const *check = first;
    size_t count = COUNT(first), i = 0;

    s.sip = sip_request_sip(request);
    if (s.sip->sip_to->a_tag) {
        check = later;
        count = COUNT(later);
    }
    while (i < count && check[i](&s))
        i++;
    if (i == count)
        serve(&s);
    else if (s.lost)
        lost_ask(scscf, request, s.impu);
    else
        subscribe_refuse(scscf, request, s.impu, &s.no);
    su_home_deinit(s.home);
}

void subscribe_begin(void *env, struct sip_request *request)
{
    subscribe_look(env, request, false);
}
