/* SPDX-License-Identifier: Apache-2.0 */
/* The S-CSCF's state: made, printed, given back. */
#include "journal.h"

#include <string.h>

#include "third_party.h"
#include "restoration.h"
#include "watcher.h"

void scscf_init(struct scscf *scscf, const struct conf *conf, const struct conf_scscf *me)
{
    memset(scscf, 0, sizeof *scscf);
    scscf->conf = conf;
    scscf->me = me;
    snprintf(scscf->uri, sizeof scscf->uri, "sip:%s:%u", me->element.host, me->port);
    snprintf(scscf->service_route, sizeof scscf->service_route, "<sip:orig@%s:%u;lr>",
             me->element.host, me->port);
    scscf->auth = auth_new();
}

void scscf_end(struct scscf *scscf)
{
    journal_close(scscf); /* what is forgotten from here on is not forgotten for ever */
    register_forget(scscf);
    lost_forget(scscf);
    sar_abandon(scscf);
    watchers_abandon(scscf);
    third_party_abandon(scscf);
    loop_cancel(&scscf->await_auth);
    for (struct registration *reg = scscf->registrar.all; reg; reg = reg->next)
        loop_cancel(&reg->timer);
    registrar_free(&scscf->registrar);
    auth_free(scscf->auth);
}

void scscf_print_live(void *arg, FILE *out)
{
    const struct scscf *scscf = arg;
    uint64_t now_ms = loop_now_ms(scscf->loop);

    registrar_print_live(&scscf->registrar, now_ms, scscf->service_route, out);
    auth_print_live(scscf->auth, now_ms, out);
    register_print_live(scscf, out);
    lost_print_live(scscf, out);
    sar_print_live(scscf, out);
    watchers_print_live(scscf, out);
    third_party_print_live(scscf, out);
    if (scscf->sip)
        sip_print_live(scscf->sip, out);
    if (scscf->dns)
        dns_print_live(scscf->dns, out);
    if (scscf->cx)
        cx_print_live(scscf->cx, out);
}
