/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is not a REGISTER: who sent it, and whose it is.
 *
 *   terminal                 P-CSCF                    core
 *     |  OPTIONS sip:pcscf1    |  200                     |
 *     |----------------------->|                          |
 *     |  SUBSCRIBE             |  originate.c             |
 *     |----------------------->|------------------------->|
 *     |  NOTIFY                |  terminate.c             |
 *     |<-----------------------|<-------------------------|
 *     |                        |  NOTIFY: reg_event.c     |
 *     |                        |<-------------------------|
 *     |  INVITE, MESSAGE...    |                          |
 *     |----------------------->|  403 (not registered) or 501
 */
#include <sofia-sip/sip.h>
#include <string.h>

#include "log.h"
#include "originate.h"
#include "sa.h"

#define OPTIONS_HEADERS "Allow: REGISTER, SUBSCRIBE, NOTIFY, OPTIONS, CANCEL\r\nSupported: path\r\n"
#define NO_SESSIONS                                                                                \
    "this P-CSCF serves REGISTER, SUBSCRIBE and OPTIONS; sessions are not in this version"

static bool is_for_us(const struct pcscf *pcscf, const sip_t *sip)
{
    const url_t *url = sip->sip_request->rq_url;

    return url->url_host && pcscf_is_self(pcscf, url->url_host);
}

/* What a registered terminal sent. */
static void originate(struct pcscf *pcscf, struct sip_request *request,
                      const struct contact *sender, bool secured)
{
    if (sip_request_sip(request)->sip_request->rq_method == sip_method_subscribe)
        originate_begin(pcscf, request, sender, secured);
    else
        pcscf_refuse(pcscf, request, 501, "Not Implemented", NULL, NO_SESSIONS);
}

/* Whether the core sent it and it is served here. */
static bool is_from_core(struct pcscf *pcscf, struct sip_request *request)
{
    const sip_t *sip = sip_request_sip(request);
    struct addr source = sip_request_source(request);

    if (!conf_trusted(pcscf->conf, &source))
        return false;
    if (terminate_takes(pcscf, sip))
        terminate_begin(pcscf, request);
    else if (sip->sip_request->rq_method == sip_method_notify && is_for_us(pcscf, sip))
        reg_event_notified(pcscf, request);
    else
        return false;
    return true;
}

void request_begin(void *arg, struct sip_request *request)
{
    struct pcscf *pcscf = arg;
    const sip_t *sip = sip_request_sip(request);
    struct addr source = sip_request_source(request);
    const struct contact *sender = contact_find(pcscf->contacts, &source, loop_wall_s(pcscf->loop));
    bool for_us = is_for_us(pcscf, sip);

    if (is_from_core(pcscf, request))
        return;
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
        originate(pcscf, request, sender, false);
}

/* TS 33.203 7.1 rule 4: who says it is who holds the security association. */
void request_begin_protected(void *arg, struct sip_request *request)
{
    struct pcscf *pcscf = arg;
    const sip_t *sip = sip_request_sip(request);
    const struct sa *sa = security_sender(pcscf, request);
    const struct contact *sender = NULL;

    if (sa) {
        struct addr at = addr_with_port(sa->set.ue, sa->set.port_us);

        sender = contact_find(pcscf->contacts, &at, loop_wall_s(pcscf->loop));
    }
    if (!sa)
        pcscf_refuse(pcscf, request, 403, "Forbidden", NULL,
                     "no established security association stands for these ports");
    else if (is_for_us(pcscf, sip) && sip->sip_request->rq_method == sip_method_options)
        sip_answer(request, 200, "OK", OPTIONS_HEADERS);
    else if (!sender || strcmp(sender->impi, sa->impi) != 0)
        pcscf_refuse(pcscf, request, 403, "Forbidden", NULL, "its sender is not registered");
    else
        originate(pcscf, request, sender, true);
}
