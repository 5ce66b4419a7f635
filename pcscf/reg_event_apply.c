/* SPDX-License-Identifier: Apache-2.0 */
/* What a NOTIFY of the reg event does to the P-CSCF (TS 24.229 5.2.3, 5.2.5; TS 33.203 7.4.2a).
 *
 *   contact terminated   expired, unregistered, deactivated, rejected, probation: it is forgotten;
 *                        after the last one of the subscriber its SAs are old and go after a grace
 *   contact active       shortened: it is kept no longer than that
 *   terminated           the subscription: made anew while something is still registered
 *
 * Only contacts of the subscriber that was watched are touched. */
#include <string.h>

#include "reg_event.h"
#include "sa.h"

static bool is_place(const char *a, const char *b)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const url_t *x = url_make(home, a), *y = url_make(home, b);
    bool same = x && y && url_cmp(x, y) == 0;

    su_home_deinit(home);
    return same;
}

struct search {
    const struct reg_event *e;
    const char *aor, *uri;
    const struct contact *found;
};

static void look(void *arg, const struct contact *c)
{
    struct search *s = arg;

    if (strcmp(c->impi, s->e->impi) == 0 && strcmp(c->impu, s->aor) == 0 &&
        is_place(c->uri, s->uri))
        s->found = c;
}

static const struct contact *kept(const struct reg_event *e, const char *aor, const char *uri)
{
    struct search s = {.e = e, .aor = aor, .uri = uri};

    contact_each(e->pcscf->contacts, look, &s);
    return s.found;
}

static void forget(struct reg_event *e, const struct contact *c, enum reginfo_event event)
{
    struct pcscf *pcscf = e->pcscf;
    char uri[512], impu[CONF_URI];

    log_arrow(e->call, "==", NULL, "deregistered", "impu", c->impu, "impi", c->impi, "contact",
              c->uri, "event", reginfo_event_name(event), NULL);
    snprintf(uri, sizeof uri, "%s", c->uri);
    snprintf(impu, sizeof impu, "%s", c->impu);
    contact_remove(pcscf->contacts, e->impi, impu, uri);
    if (pcscf->security.sas && !contact_has(pcscf->contacts, e->impi, loop_wall_s(pcscf->loop)))
        sa_retire(pcscf->security.sas, e->impi, reginfo_event_name(event));
}

static void shorten(struct reg_event *e, const struct contact *c, int64_t expires_s)
{
    int64_t now_s = loop_wall_s(e->pcscf->loop);
    struct contact shorter = *c;
    char number[24], uri[512], route[2048], associated[4096];

    if (expires_s < 0 || now_s + expires_s >= c->until_s)
        return;
    log_arrow(e->call, "==", NULL, "shortened", "impu", c->impu, "contact", c->uri, "expires_s",
              log_number(expires_s, number), NULL);
    snprintf(uri, sizeof uri, "%s", c->uri);
    snprintf(route, sizeof route, "%s", c->service_route ? c->service_route : "");
    snprintf(associated, sizeof associated, "%s", c->associated ? c->associated : "");
    shorter.uri = uri;
    shorter.service_route = c->service_route ? route : NULL;
    shorter.associated = c->associated ? associated : NULL;
    shorter.until_s = now_s + expires_s;
    contact_put(e->pcscf->contacts, &shorter, now_s);
}

static void apply(struct reg_event *e, const struct reginfo *info)
{
    for (const struct reginfo_registration *r = info->registrations; r; r = r->next)
        for (const struct reginfo_contact *c = r->contacts; c; c = c->next) {
            const struct contact *known = kept(e, r->aor, c->uri);

            if (known && c->state == REGINFO_TERMINATED)
                forget(e, known, c->event);
            else if (known && c->event == REGINFO_SHORTENED)
                shorten(e, known, c->expires_s);
        }
}

static struct reg_event *owner(struct pcscf *pcscf, const sip_t *sip)
{
    struct reg_event *e;

    LIST_FOREACH(e, &pcscf->reg_events, entry)
    {
        if (subscription_owns(&e->subscription, sip))
            return e;
    }
    return NULL;
}

static void end(struct reg_event *e, const struct subscription_news *news)
{
    struct pcscf *pcscf = e->pcscf;

    log_arrow(e->call, "==", NULL, "subscription-ended", "impu", e->impu, "reason", news->reason,
              NULL);
    if (contact_has(pcscf->contacts, e->impi, loop_wall_s(pcscf->loop)) &&
        (strcmp(news->reason, "timeout") == 0 || strcmp(news->reason, "deactivated") == 0))
        reg_event_anew(e);
    else
        reg_event_end(e);
}

void reg_event_notified(struct pcscf *pcscf, struct sip_request *request)
{
    const sip_t *sip = sip_request_sip(request);
    struct reg_event *e = owner(pcscf, sip);
    struct subscription_news news;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    struct why why;
    int status;

    if (!e) {
        pcscf_refuse(pcscf, request, 481, "Subscription Does Not Exist", NULL,
                     "this P-CSCF has no such subscription");
        su_home_deinit(home);
        return;
    }
    status = subscription_notified(&e->subscription, home, sip, &news, &why);
    if (status != 200) {
        pcscf_refuse(pcscf, request, status,
                     status == 415 ? "Unsupported Media Type" : "Bad NOTIFY",
                     status == 489 ? "Allow-Events: reg\r\n" : NULL, why.text);
        su_home_deinit(home);
        return;
    }
    sip_answer(request, 200, "OK", NULL);
    if (news.has_info)
        apply(e, &news.info);
    if (news.is_over)
        end(e, &news);
    su_home_deinit(home);
}
