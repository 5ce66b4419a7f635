/* SPDX-License-Identifier: Apache-2.0 */
/* A request of a registered terminal, into the core (TS 24.229 5.2.6.3; M18 of the registration).
 *
 *   terminal                    P-CSCF                                   S-CSCF
 *     |  SUBSCRIBE                | who: its SA, or its address             |
 *     |-------------------------->| strip; P-Asserted-Identity, Record-Route|
 *     |                           | Route: the Service-Route that was kept  |
 *     |                           |---------------------------------------->|
 *     |  200, Record-Route with the protected port                          |
 *     |<--------------------------|<----------------------------------------|
 *
 * Where it goes is not the terminal's to say: a request that begins something follows the
 * Service-Route of the registration, whatever Route it brought; one inside a dialog must have come
 * by the way that the P-CSCF gave it, and goes nowhere but to the S-CSCF of its user. */
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_string.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "originate.h"
#include "xalloc.h"

struct ours { /* our own Record-Route, in answers */
    char flow[FLOW_TEXT];
    unsigned port;
};

/* ---- who it is ---- */

static bool is_identity(const url_t *url, const char *impu)
{
    char text[CONF_URI * 2];

    return sip_identity(url, text, sizeof text) && strcmp(text, impu) == 0;
}

/* Whether the terminal may say that it is this one: it was registered with it, or with its set. */
static bool may_claim(su_home_t *home, const struct contact *sender, const url_t *claim)
{
    const sip_route_t *r = sender->associated ? sip_route_make(home, sender->associated) : NULL;
    char text[CONF_URI * 2];

    if (!sip_identity(claim, text, sizeof text))
        return false;
    while (r && !is_identity(r->r_url, text))
        r = r->r_next;
    return r || (!sender->associated && strcmp(sender->impu, text) == 0);
}

const char *originate_identity(su_home_t *home, const struct contact *sender, const sip_t *sip)
{
    const sip_p_preferred_identity_t *ppid = sip_p_preferred_identity(sip);
    const sip_route_t *first = sender->associated ? sip_route_make(home, sender->associated) : NULL;

    for (; ppid; ppid = ppid->ppid_next)
        if (may_claim(home, sender, ppid->ppid_url))
            return url_as_string(home, ppid->ppid_url);
    return first ? url_as_string(home, first->r_url) : sender->impu;
}

/* ---- where it goes ---- */

static bool pop_own(struct pcscf *pcscf, msg_t *m)
{
    const sip_route_t *route = sip_object(m)->sip_route;

    if (!route || !route->r_url->url_host || !pcscf_is_self(pcscf, route->r_url->url_host))
        return false;
    sip_route_remove(m, sip_object(m));
    return true;
}

/* The way in our Record-Route, as the terminal gives it back. */
static bool is_own_flow(const struct pcscf *pcscf, const sip_t *sip, const struct flow *flow)
{
    const url_t *url = sip->sip_route ? sip->sip_route->r_url : NULL;
    struct flow said;

    return url && url->url_host && pcscf_is_self(pcscf, url->url_host) &&
           flow_read(url->url_user, &said) && flow_same(&said, flow);
}

static bool is_service_route(su_home_t *home, const struct contact *sender,
                             const struct dns_question *where)
{
    const sip_route_t *r =
        sender->service_route ? sip_route_make(home, sender->service_route) : NULL;
    struct dns_question known;

    for (; r; r = r->r_next)
        if (way_where(r->r_url, &known) == 0 && known.port == where->port &&
            strcasecmp(known.host, where->host) == 0)
            return true;
    return false;
}

/* Inside a dialog: what is left of its Route. NULL: it may not go there. */
static const char *dialog_route(struct pcscf *pcscf, const struct contact *sender,
                                const struct flow *flow, msg_t *m)
{
    struct dns_question where;
    char *list = xzalloc(4096);

    if (!is_own_flow(pcscf, sip_object(m), flow)) {
        free(list);
        return NULL;
    }
    while (pop_own(pcscf, m))
        ;
    if (way_next(sip_object(m), &where) < 0 || !is_service_route(msg_home(m), sender, &where)) {
        free(list);
        return NULL;
    }
    if (!sip_list(sip_object(m), "Route", list, 4096))
        *list = 0;
    return list;
}

static const char *route_for(struct pcscf *pcscf, const struct contact *sender,
                             const struct flow *flow, msg_t *m)
{
    if (sip_object(m)->sip_to->a_tag)
        return dialog_route(pcscf, sender, flow, m);
    return sender->service_route ? xstrdup(sender->service_route) : NULL;
}

/* ---- there and back ---- */

static void mark_for_terminal(void *arg, msg_t *answer)
{
    const struct ours *ours = arg;
    sip_record_route_t *r = sip_object(answer)->sip_record_route;

    mark_answer(NULL, answer);
    for (; r; r = r->r_next) {
        if (!r->r_url->url_user || strcmp(r->r_url->url_user, ours->flow) != 0)
            continue;
        r->r_url->url_port = su_sprintf(msg_home(answer), "%u", ours->port);
        msg_fragment_clear(r->r_common);
    }
}

void originate_record_route(const struct pcscf *pcscf, msg_t *m, const struct flow *flow,
                            unsigned port)
{
    char text[FLOW_TEXT], line[400];

    snprintf(line, sizeof line, "Record-Route: <sip:%s@%s:%u;lr>", flow_write(flow, text),
             pcscf->self->element.host, port);
    sip_add(m, line);
}

static void pass_on(struct pcscf *pcscf, struct sip_request *request, const struct contact *sender,
                    const struct flow *flow, msg_t *m, const char *route)
{
    struct way_to to = {.sip = pcscf->sip, .dns = pcscf->dns};
    struct ours *ours = xzalloc(sizeof *ours);
    const char *who = originate_identity(msg_home(m), sender, sip_request_sip(request));
    char line[4200];

    flow_write(flow, ours->flow);
    ours->port = flow->secured ? pcscf->self->port_ps : pcscf->self->port;
    mark_request(m, &pcscf->mark, &pcscf->charging, who);
    snprintf(line, sizeof line, "Route: %s", route);
    if (*route)
        sip_add(m, line);
    originate_record_route(pcscf, m, flow, pcscf->self->port);
    way_next(sip_object(m), &to.where); /* looked at before */
    log_arrow(sip_request_call(request), "==", NULL, "originate", "method",
              sip_object(m)->sip_request->rq_method_name, "asserted", who, "next", to.where.host,
              NULL);
    proxy_pass(&pcscf->proxy, request, m, &to, mark_for_terminal, ours);
}

void originate_begin(struct pcscf *pcscf, struct sip_request *request, const struct contact *sender,
                     bool secured)
{
    struct flow flow = {.ue = sender->source, .transport = sender->transport, .secured = secured};
    msg_t *m = sip_copy(request);
    const char *route = route_for(pcscf, sender, &flow, m);

    if (route) {
        pass_on(pcscf, request, sender, &flow, m, route);
        free((char *)route);
        return;
    }
    sip_drop(m);
    pcscf_refuse(pcscf, request, 403, "Forbidden", NULL,
                 sip_request_sip(request)->sip_to->a_tag
                     ? "its Route does not lead the way that this dialog was made"
                     : "its registration has no Service-Route");
}
