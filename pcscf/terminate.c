/* SPDX-License-Identifier: Apache-2.0 */
/* A request of the core to a terminal (TS 24.229 5.2.6.4; M20 of the registration).
 *
 *   S-CSCF             P-CSCF                    terminal
 *     |  NOTIFY           | Route: our flow         |
 *     |------------------>| Record-Route            |
 *     |                   |------------------------>|  in its security associations, or plain
 *     |  200              |                         |
 *     |<------------------|<------------------------|
 *
 * What was agreed to be secured never goes plain: without a set of SAs it is refused. A set whose
 * registration has just ended still carries the NOTIFY that says so (TS 33.203 7.4.2a). */
#include <string.h>

#include "log.h"
#include "originate.h"
#include "sa.h"

static bool read_flow(const struct pcscf *pcscf, const sip_t *sip, struct flow *flow)
{
    const url_t *url = sip->sip_route ? sip->sip_route->r_url : NULL;

    return url && url->url_host && pcscf_is_self(pcscf, url->url_host) &&
           flow_read(url->url_user, flow);
}

bool terminate_takes(const struct pcscf *pcscf, const sip_t *sip)
{
    struct flow flow;

    return read_flow(pcscf, sip, &flow);
}

static const char *const not_for_a_terminal[] = {
    "P-Charging-Vector",
    "P-Charging-Function-Addresses",
    "P-Charging-Info",
    "P-Served-User",
    "P-Profile-Key",
    "P-User-Database",
    "Route",
};

static bool is_reachable(const struct pcscf *pcscf, const struct flow *flow)
{
    if (flow->secured)
        return pcscf->security.sas && sa_leads_to(pcscf->security.sas, &flow->ue);
    /* who has a set is not spoken to in plain text */
    return !pcscf->security.sas || !sa_leads_to(pcscf->security.sas, &flow->ue);
}

void terminate_begin(struct pcscf *pcscf, struct sip_request *request)
{
    struct way_to to = {.dns = pcscf->dns};
    struct flow flow;
    char address[ADDR_TEXT];
    msg_t *m;

    if (!read_flow(pcscf, sip_request_sip(request), &flow) || !is_reachable(pcscf, &flow)) {
        pcscf_refuse(pcscf, request, 480, "Temporarily Unavailable", NULL,
                     "there is no way to this terminal any more");
        return;
    }
    m = sip_copy(request);
    for (size_t i = 0; i < sizeof not_for_a_terminal / sizeof not_for_a_terminal[0]; i++)
        sip_remove(m, not_for_a_terminal[i]);
    originate_record_route(pcscf, m, &flow,
                           flow.secured ? pcscf->self->port_ps : pcscf->self->port);
    to.sip = flow.secured ? pcscf->security.sip : pcscf->sip;
    to.target.addr = flow.ue;
    to.target.transport = flow.transport;
    snprintf(to.target.host, sizeof to.target.host, "%s", addr_host(&flow.ue, address));
    log_arrow(sip_request_call(request), "==", NULL, "terminate", "method",
              sip_object(m)->sip_request->rq_method_name, "at", addr_text(&flow.ue, address),
              "secured", flow.secured ? "yes" : "no", NULL);
    proxy_pass(&pcscf->proxy, request, m, &to, NULL, NULL);
}
