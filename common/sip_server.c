/* SPDX-License-Identifier: Apache-2.0 */
/* Server transactions of sip.h: a request from a peer until it is answered. nta absorbs and answers
 * retransmissions, answers a matching CANCEL, and sends answers where RFC 3261 18.2.2 and RFC 3581
 * say. */
#include "sip_engine.h"

#include <assert.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

static enum sip_transport transport_of(struct sip *sip, msg_t *msg)
{
    tport_t *tport = tport_delivered_by(nta_agent_tports(sip->agent), msg);

    return tport && strcasecmp(tport_name(tport)->tpn_proto, "tcp") == 0 ? SIP_TCP : SIP_UDP;
}

/* A CANCEL that found us: nta has answered it 200. What we serve ends by itself and soon, so the
 * answer to the request is what it would have been (RFC 3261 9.2: only INVITE is cut short). */
static int on_ack_or_cancel(struct sip_request *r, nta_incoming_t *irq, sip_t const *sip)
{
    msg_t *msg = nta_incoming_getrequest_ackcancel(irq);

    (void)sip;
    if (msg) {
        sip_wire_received(msg, r->transport == SIP_TCP);
        msg_destroy(msg);
    }
    return 0;
}

void sip_request_begin(struct sip *sip, msg_t *msg, sip_t *parsed, const struct served *who)
{
    enum sip_transport transport = transport_of(sip, msg);
    struct addr source = addr_from(&msg_addr(msg)->su_sa);
    nta_incoming_t *irq = nta_incoming_create(sip->agent, NULL, msg, parsed, TAG_END());
    struct sip_request *r;

    if (!irq)
        return; /* the message is gone with it */
    r = xzalloc(sizeof *r);
    r->sip = sip;
    r->irq = irq;
    r->msg = nta_incoming_getrequest(irq);
    r->parsed = sip_object(r->msg);
    r->source = source;
    r->local = sip_wire_local();
    r->transport = transport;
    r->since_ms = loop_now_ms(sip->loop);
    call_tag(r->parsed->sip_call_id->i_id, r->call);
    r->next = sip->requests;
    r->link = &sip->requests;
    if (r->next)
        r->next->link = &r->next;
    sip->requests = r;
    nta_incoming_bind(irq, on_ack_or_cancel, r);
    who->fn(who->env, r);
}

const sip_t *sip_request_sip(const struct sip_request *r)
{
    return r->parsed;
}

struct addr sip_request_source(const struct sip_request *r)
{
    return r->source;
}

struct addr sip_request_local(const struct sip_request *r)
{
    return r->local;
}

enum sip_transport sip_request_transport(const struct sip_request *r)
{
    return r->transport;
}

const char *sip_request_call(const struct sip_request *r)
{
    return r->call;
}

bool sip_is_answered(const struct sip_request *r)
{
    return r->answered;
}

msg_t *sip_copy(const struct sip_request *r)
{
    return msg_copy(r->msg);
}

static void end(struct sip_request *r)
{
    r->answered = true;
    nta_incoming_bind(r->irq, NULL, NULL);
    sip_reap_request(r);
    sip_root_kick(r->sip->root);
}

void sip_relay(struct sip_request *r, msg_t *answer, sip_edit_fn *edit, void *arg)
{
    msg_t *m = msg_copy(answer);

    assert(!r->answered);
    sip_restore_vias(m, r->parsed);
    if (edit)
        edit(arg, m);
    nta_incoming_mreply(r->irq, m);
    end(r);
}

const char *sip_request_tag(struct sip_request *r)
{
    const char *tag = r->parsed->sip_to->a_tag;

    return tag ? tag : nta_incoming_tag(r->irq, NULL);
}

void sip_answer(struct sip_request *r, int status, const char *phrase, const char *headers)
{
    assert(!r->answered);
    nta_incoming_tag(r->irq, NULL);
    nta_incoming_treply(r->irq, status, phrase,
                        TAG_IF(headers && *headers, SIPTAG_HEADER_STR(headers)), TAG_END());
    end(r);
}
