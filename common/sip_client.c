/* SPDX-License-Identifier: Apache-2.0 */
/* Client transactions of sip.h: a request of ours until its final answer. nta makes Via and branch,
 * retransmits, and says by an answer of its own what went wrong: 408 nobody answered, 503 it could
 * not be sent (ICMP, TCP refused). */
#include <sofia-sip/sip_status.h>
#include <sofia-sip/tport_tag.h>
#include <stdlib.h>
#include <string.h>

#include "sip_engine.h"
#include "xalloc.h"

/* The one place that calls done; afterwards the operation is forgotten by its owner. */
static void tell(struct sip_op *op, int status, const sip_t *sip, msg_t *answer)
{
    sip_answer_fn *done = op->done;

    op->done = NULL;
    loop_cancel(&op->deadline);
    op->sip->telling++;
    if (done)
        done(op->arg, status, sip, answer);
    op->sip->telling--;
}

/* nta has said its last word. */
static void retire(struct sip_op *op)
{
    if (op->counted)
        sip_limit_give(op->sip->limit, &op->to.addr);
    op->counted = false;
    loop_cancel(&op->deadline);
    sip_reap_op(op);
}

static int on_answer(struct sip_op *op, nta_outgoing_t *orq, sip_t const *sip)
{
    int status = nta_outgoing_status(orq);
    bool ours = !sip || nta_sip_is_internal(sip);
    msg_t *answer = ours ? NULL : nta_outgoing_getresponse(orq);

    if (op->over || !op->orq) { /* a second final answer; or no later than while it is sent */
        op->over = true;
        if (answer)
            msg_destroy(answer);
        return 0;
    }
    if (answer)
        sip_wire_received(answer, op->to.transport == SIP_TCP);
    if (status >= 200 && answer) {
        op->over = true;
        tell(op, status, sip_object(answer), answer);
        retire(op);
    } else if (status >= 200) {
        op->over = true;
        tell(op, status == 408 ? 408 : 503, NULL, NULL);
        retire(op);
    }
    if (answer)
        msg_destroy(answer);
    return 0;
}

static void give_up(void *arg)
{
    struct sip_op *op = arg;

    op->deadline = NULL;
    tell(op, 408, NULL,
         NULL); /* nta goes on until its own timer: only then it is not outstanding */
}

static void report_unsent(void *arg)
{
    struct sip_op *op = arg;

    op->deadline = NULL;
    op->over = true;
    tell(op, 503, NULL, NULL);
    retire(op);
}

static struct sip_op *op_new(struct sip *sip, msg_t *m, const struct sip_target *to,
                             sip_answer_fn *done, void *arg)
{
    struct sip_op *op = xzalloc(sizeof *op);
    const sip_t *parsed = sip_object(m);

    op->sip = sip;
    op->to = *to;
    op->done = done;
    op->arg = arg;
    op->since_ms = loop_now_ms(sip->loop);
    snprintf(op->method, sizeof op->method, "%s", parsed->sip_request->rq_method_name);
    call_tag(parsed->sip_call_id ? parsed->sip_call_id->i_id : "-", op->call);
    op->next = sip->ops;
    op->link = &sip->ops;
    if (op->next)
        op->next->link = &op->next;
    sip->ops = op;
    return op;
}

struct sip_op *sip_send(struct sip *sip, msg_t *m, const struct sip_target *to, unsigned wait_ms,
                        sip_answer_fn *done, void *arg)
{
    struct sip_op *op = op_new(sip, m, to, done, arg);
    bool tcp = to->transport == SIP_TCP;
    char url[160], text[ADDR_TEXT];

    snprintf(url, sizeof url, "sip:%s;transport=%s", addr_text(&to->addr, text),
             tcp ? "tcp" : "udp");
    op->counted = !tcp && sip_limit_take(sip->limit, &to->addr);
    if (tcp || op->counted)
        op->orq = nta_outgoing_mcreate(sip->agent, on_answer, op, (url_string_t const *)url, m,
                                       TPTAG_IDENT(sip_family(&to->addr)), TAG_END());
    sip_root_kick(sip->root);
    if (!op->orq) {
        msg_destroy(m);
        op->deadline = loop_after(sip->loop, 0, report_unsent, op);
        return op;
    }
    if (op->over)
        op->deadline = loop_after(sip->loop, 0, report_unsent, op);
    else if (wait_ms)
        op->deadline = loop_after(sip->loop, wait_ms, give_up, op);
    return op;
}

void sip_cancel(struct sip_op **op)
{
    if (!*op)
        return;
    (*op)->done = NULL;
    if (!(*op)->over && (*op)->orq)
        loop_cancel(&(*op)->deadline);
    *op = NULL;
}

void sip_ops_hush(struct sip *sip)
{
    for (struct sip_op *op = sip->ops; op; op = op->next)
        op->done = NULL;
}

void sip_ops_forget(struct sip *sip)
{
    while (sip->ops) {
        sip->ops->done = NULL;
        retire(sip->ops);
    }
}
