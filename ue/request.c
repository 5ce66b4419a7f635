/* SPDX-License-Identifier: Apache-2.0 */
/* A request to the terminal. It must have come inside one of its own associations (TS 33.203 7.1
 * rules 4 and 7); what it asks for is not in this version. */
#include "register.h"

void request_begin(void *arg, struct sip_request *request)
{
    const struct ue *ue = arg;
    const char *method = sip_request_sip(request)->sip_request->rq_method_name;
    struct addr source = sip_request_source(request);
    char text[ADDR_TEXT];

    if (!sa_brought(ue, &source)) {
        log_warn(sip_request_call(request),
                 "%s from %s is refused: it came by no security association of the terminal",
                 method, addr_text(&source, text));
        sip_answer(request, 403, "Forbidden", NULL);
        return;
    }
    log_info(sip_request_call(request), "%s is not in this version", method);
    sip_answer(request, 501, "Not Implemented", NULL);
}
