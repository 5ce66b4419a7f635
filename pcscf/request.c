/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is not a REGISTER. OPTIONS to the P-CSCF itself is answered (RFC 3261 11.2); the
 * rest needs sessions, which this version does not have: it says so.
 *
 *   terminal                 P-CSCF
 *     |  OPTIONS sip:pcscf1    |
 *     |----------------------->|
 *     |  200                   |
 *     |<-----------------------|
 *     |  INVITE, MESSAGE...    |
 *     |----------------------->|
 *     |  403 (not registered) or 501
 *     |<-----------------------|
 */
#include <sofia-sip/sip.h>
#include <string.h>

#include "log.h"
#include "pcscf.h"
#include "sa.h"

#define OPTIONS_HEADERS "Allow: REGISTER, OPTIONS, CANCEL\r\nSupported: path\r\n"
#define NO_SESSIONS     "this P-CSCF serves REGISTER and OPTIONS; sessions are not in this version"

void request_begin(void *arg, struct sip_request *request)
{
    const struct pcscf *pcscf = arg;
    const sip_t *sip = sip_request_sip(request);
    const url_t *url = sip->sip_request->rq_url;
    struct addr source = sip_request_source(request);
    const struct contact *sender = contact_find(pcscf->contacts, &source, loop_wall_s(pcscf->loop));
    bool for_us = url->url_host && pcscf_is_self(pcscf, url->url_host);

    if (for_us && sip->sip_request->rq_method == sip_method_options)
        sip_answer(request, 200, "OK", OPTIONS_HEADERS);
    else if (!for_us && sip->sip_max_forwards && sip->sip_max_forwards->mf_count == 0)
        pcscf_refuse(pcscf, request, 483, "Too Many Hops", NULL, "Max-Forwards is 0");
    else if (!sender)
        pcscf_refuse(pcscf, request, 403, "Forbidden", NULL,
                     "nobody is registered at this address");
    else if (pcscf->security.sas && sa_of_impi(pcscf->security.sas, sender->impi))
        pcscf_refuse(pcscf, request, 403, "Forbidden", NULL,
                     "it came outside the security association of its sender");
    else
        pcscf_refuse(pcscf, request, 501, "Not Implemented", NULL, NO_SESSIONS);
}

/* TS 33.203 7.1 rule 4: who says it is who holds the security association. */
void request_begin_protected(void *arg, struct sip_request *request)
{
    struct pcscf *pcscf = arg;
    const url_t *url = sip_request_sip(request)->sip_request->rq_url;

    if (!security_sender(pcscf, request))
        pcscf_refuse(pcscf, request, 403, "Forbidden", NULL,
                     "no established security association stands for these ports");
    else if (url->url_host && pcscf_is_self(pcscf, url->url_host) &&
             sip_request_sip(request)->sip_request->rq_method == sip_method_options)
        sip_answer(request, 200, "OK", OPTIONS_HEADERS);
    else
        pcscf_refuse(pcscf, request, 501, "Not Implemented", NULL, NO_SESSIONS);
}
