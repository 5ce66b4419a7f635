/* SPDX-License-Identifier: Apache-2.0 */
/* A request to the terminal. It must have come inside one of its own associations (TS 33.203 7.1
 * rules 4 and 7), or, where there are none, from its P-CSCF. NOTIFY is reg_event.c's; the rest is
 * not in this version. */
#include <strings.h>

#include "register.h"

static void serve(struct ue *ue, struct sip_request *request)
{
    const char *method = sip_request_sip(request)->sip_request->rq_method_name;

    if (sip_request_sip(request)->sip_request->rq_method == sip_method_notify) {
        reg_event_notified(ue, request);
        return;
    }
    log_info(sip_request_call(request), "%s is not in this version", method);
    sip_answer(request, 501, "Not Implemented", NULL);
}

static void refuse(struct sip_request *request, const char *why)
{
    struct addr source = sip_request_source(request);
    char text[ADDR_TEXT];

    log_warn(sip_request_call(request), "%s from %s is refused: %s",
             sip_request_sip(request)->sip_request->rq_method_name, addr_text(&source, text), why);
    sip_answer(request, 403, "Forbidden", NULL);
}

void request_begin(void *arg, struct sip_request *request)
{
    struct ue *ue = arg;
    struct addr source = sip_request_source(request);

    if (sa_brought(ue, &source))
        serve(ue, request);
    else
        refuse(request, "it came by no security association of the terminal");
}

void request_begin_plain(void *arg, struct sip_request *request)
{
    struct ue *ue = arg;
    struct addr source = sip_request_source(request);

    if (sa_current(ue))
        refuse(request, "it came outside the security associations of the terminal");
    else if (ue->reg.pcscf >= ue->pdp.pcscf_count ||
             !addr_same_host(&source, &ue->pdp.pcscf[ue->reg.pcscf]))
        refuse(request, "its sender is not the P-CSCF");
    else
        serve(ue, request);
}
