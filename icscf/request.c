/* SPDX-License-Identifier: Apache-2.0 */
/* Any request but REGISTER (TS 24.229 5.3.2).
 *
 *   P-CSCF, S-CSCF          I-CSCF
 *     |  OPTIONS to the I-CSCF |
 *     |----------------------->|
 *     |<--- 200, 480 ----------|
 *
 * An OPTIONS to the I-CSCF itself is answered: that is how a user asks whether it lives. SUBSCRIBE
 * is locate.c's; the other requests for a user come with calls. */
#include "icscf.h"

#include <string.h>

#include "log.h"

static bool is_to_us(const struct icscf *icscf, const sip_t *sip)
{
    char uri[CX_TEXT];

    if (sip->sip_request->rq_url->url_user)
        return false;
    return url_e(uri, sizeof uri, sip->sip_request->rq_url) < (issize_t)sizeof uri &&
           icscf_is_self(icscf, uri);
}

void request_begin(void *arg, struct sip_request *request)
{
    const struct icscf *icscf = arg;
    const sip_t *sip = sip_request_sip(request);

    if (!icscf_admits(icscf, request))
        return;
    if (sip->sip_request->rq_method == sip_method_subscribe) {
        locate_begin(arg, request);
        return;
    }
    if (sip->sip_request->rq_method == sip_method_options && is_to_us(icscf, sip)) {
        sip_answer(request, 200, "OK", "Allow: REGISTER, SUBSCRIBE, OPTIONS\r\n");
        return;
    }
    icscf_refuse(icscf, request, 480, "Temporarily Unavailable",
                 "this version routes registrations only; calls come with a later one");
}
