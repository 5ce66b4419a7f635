/* SPDX-License-Identifier: Apache-2.0 */
/* Answering: as the HSS, or as the S-CSCF that the HSS asks.
 *
 *   a thread of the library                     loop
 *   on_library_request: decode into a reply
 *     (what cannot be decoded is refused here)  --loop_post--> on_request -> handlers->uar(...)
 *                                               cx_answer_uaa -> fd_msg_send
 *
 * A handler of the library must always answer: an error from it drops the request and the client
 * waits for nothing. So does a reply that nobody answers: it becomes 5012 in wait_ms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cx_core.h"
#include "cx_stack.h"
#include "xalloc.h"

enum {
    MOST_TO_ANSWER = 2000, /* then 3004: the library's queues have no limit any more */
};

struct cx_reply { /* one request, until answered */
    struct cx_reply *next, *prev;
    struct cx *cx;
    struct msg *msg; /* the request */
    enum cx_command command;
    union {
        struct cx_uar uar;
        struct cx_mar mar;
        struct cx_sar sar;
        struct cx_lir lir;
        struct cx_rtr rtr;
        struct cx_ppr ppr;
    } request;
    uint64_t came_ms, deadline_ms;
    uint32_t id; /* End-to-End */
    bool again;  /* T bit */
    char call[CALL_TAG];
    char peer[128];
};

const char *cx_reply_call(const struct cx_reply *reply)
{
    return reply->call;
}

const char *cx_reply_peer(const struct cx_reply *reply)
{
    return reply->peer;
}

uint32_t cx_reply_id(const struct cx_reply *reply)
{
    return reply->id;
}

bool cx_reply_is_again(const struct cx_reply *reply)
{
    return reply->again;
}

/* ---- the answer ---- */

/* Protocol errors have the E bit, permanent failures have not (RFC 6733 7.1, 7.2). */
static void set_error_bit(struct msg *msg, int result)
{
    struct msg_hdr *hdr;

    if (result >= 3000 && result < 4000 && fd_msg_hdr(msg, &hdr) == 0)
        hdr->msg_flags |= CMD_FLAG_ERROR;
}

/* The message is gone afterwards, whatever happens. */
static void send_answer(struct cx *cx, struct msg *msg, enum cx_command command, const void *answer,
                        struct avp *bad, enum cx_avp missing)
{
    int result = *(const int *)answer;
    int rc = cx_message_answer(&msg, cx->config.identity, cx->config.realm);

    if (rc == 0)
        rc = cx_encode(msg, cx_answer_fields(command), answer);
    if (rc == 0 && (bad || result == CX_MISSING_AVP))
        cx_message_fail(msg, bad, missing);
    set_error_bit(msg, result);
    if (rc == 0 && fd_msg_send(&msg, NULL, NULL) == 0)
        return;
    log_error(NULL, "cannot build an answer: out of memory?");
    fd_msg_free(msg);
}

/* An answer that is nothing but a result. */
static void send_result(struct cx *cx, struct msg *msg, enum cx_command command, int result,
                        struct avp *bad)
{
    union {
        struct cx_uaa uaa;
        struct cx_maa maa;
        struct cx_saa saa;
        struct cx_lia lia;
        struct cx_rta rta;
        struct cx_ppa ppa;
    } answer = {0};

    answer.uaa.result = result;
    send_answer(cx, msg, command, &answer, bad, CX_AVP_SESSION_ID);
}

static void unlink_reply(struct cx_reply *reply)
{
    struct cx *cx = reply->cx;

    *(reply->prev ? &reply->prev->next : &cx->first_reply) = reply->next;
    *(reply->next ? &reply->next->prev : &cx->last_reply) = reply->prev;
    atomic_fetch_sub(&cx->to_answer, 1);
    if (reply->msg)
        fd_msg_free(reply->msg);
    cx_decode_free(&reply->request, cx_request_fields(reply->command));
    free(reply);
}

/* What a handler misses when it answers 5005: the library has checked the rest. */
static enum cx_avp missing_in(const struct cx_reply *reply)
{
    const struct cx_sar *sar = &reply->request.sar;

    if (reply->command != CX_SAR || !sar->impi[0])
        return CX_AVP_USER_NAME;
    return sar->impu_count ? CX_AVP_SERVER_NAME : CX_AVP_PUBLIC_IDENTITY;
}

/* The one way out of a reply; nothing is sent when on_deadline did that already. */
static void finish(struct cx_reply *reply, const void *answer)
{
    if (reply->msg) {
        send_answer(reply->cx, reply->msg, reply->command, answer, NULL, missing_in(reply));
        reply->msg = NULL;
        reply->cx->served++;
    }
    unlink_reply(reply);
}

void cx_answer_uaa(struct cx_reply *reply, const struct cx_uaa *uaa)
{
    finish(reply, uaa);
}

void cx_answer_maa(struct cx_reply *reply, const struct cx_maa *maa)
{
    finish(reply, maa);
}

void cx_answer_lia(struct cx_reply *reply, const struct cx_lia *lia)
{
    finish(reply, lia);
}

void cx_answer_rta(struct cx_reply *reply, const struct cx_rta *rta)
{
    finish(reply, rta);
}

void cx_answer_ppa(struct cx_reply *reply, const struct cx_ppa *ppa)
{
    finish(reply, ppa);
}

void cx_answer_saa(struct cx_reply *reply, struct cx_saa *saa)
{
    if (saa->user_data && strlen(saa->user_data) > CX_MOST_USER_DATA) {
        log_error(reply->call,
                  "the profile of %s has %zu octets, more than a Diameter message holds", saa->impi,
                  strlen(saa->user_data));
        cx_saa_free(saa);
        *saa = (struct cx_saa){.result = CX_UNABLE_TO_COMPLY};
    }
    finish(reply, saa);
    cx_saa_free(saa);
}

/* ---- time ---- */

static void on_deadline(void *arg);

/* The first that still waits: those before it were answered for their handler, who will come. */
static struct cx_reply *first_waiting(struct cx *cx)
{
    struct cx_reply *reply = cx->first_reply;

    while (reply && !reply->msg)
        reply = reply->next;
    return reply;
}

static void arm(struct cx *cx)
{
    struct cx_reply *first = first_waiting(cx);
    uint64_t now = loop_now_ms(cx->loop);

    if (!cx->answer_timer && first)
        cx->answer_timer = loop_after(
            cx->loop, first->deadline_ms > now ? first->deadline_ms - now : 0, on_deadline, cx);
}

static void on_deadline(void *arg)
{
    struct cx *cx = arg;
    struct cx_reply *reply;
    uint64_t now = loop_now_ms(cx->loop);
    char name[24];

    cx->answer_timer = NULL;
    while ((reply = first_waiting(cx)) && reply->deadline_ms <= now) {
        log_error(reply->call, "no answer to %s in %u ms: answering 5012",
                  cx_dict_command_name(reply->command, true, name), cx->config.wait_ms);
        send_result(cx, reply->msg, reply->command, CX_UNABLE_TO_COMPLY, NULL);
        reply->msg = NULL;
    }
    arm(cx);
}

/* ---- the request ---- */

static bool has_handler(const struct cx_handlers *h, enum cx_command command)
{
    switch (command) {
    case CX_UAR: return h->uar;
    case CX_MAR: return h->mar;
    case CX_SAR: return h->sar;
    case CX_LIR: return h->lir;
    case CX_RTR: return h->rtr;
    default: return h->ppr;
    }
}

static void call_handler(struct cx *cx, struct cx_reply *reply)
{
    switch (reply->command) {
    case CX_UAR: cx->handlers->uar(cx->env, &reply->request.uar, reply); break;
    case CX_MAR: cx->handlers->mar(cx->env, &reply->request.mar, reply); break;
    case CX_SAR: cx->handlers->sar(cx->env, &reply->request.sar, reply); break;
    case CX_LIR: cx->handlers->lir(cx->env, &reply->request.lir, reply); break;
    case CX_RTR: cx->handlers->rtr(cx->env, &reply->request.rtr, reply); break;
    default: cx->handlers->ppr(cx->env, &reply->request.ppr, reply); break;
    }
}

static void on_request(void *arg)
{
    struct cx_reply *reply = arg;
    struct cx *cx = reply->cx;
    char name[24];

    reply->came_ms = loop_now_ms(cx->loop);
    reply->deadline_ms = reply->came_ms + cx->config.wait_ms;
    reply->prev = cx->last_reply;
    if (cx->last_reply)
        cx->last_reply->next = reply;
    else
        cx->first_reply = reply;
    cx->last_reply = reply;
    if (!cx->open) {
        unlink_reply(reply);
        return;
    }
    arm(cx);
    if (cx->handlers && has_handler(cx->handlers, reply->command)) {
        call_handler(cx, reply);
        return;
    }
    log_warn(reply->call, "%s of %s: nothing for this element: answering 3001",
             cx_dict_command_name(reply->command, true, name), reply->peer);
    send_result(cx, reply->msg, reply->command, CX_COMMAND_UNSUPPORTED, NULL);
    reply->msg = NULL;
    unlink_reply(reply);
}

static void read_peer(struct cx_reply *reply, struct msg *msg)
{
    struct avp_hdr *host = cx_message_find(msg, CX_AVP_ORIGIN_HOST, NULL);
    DiamId_t peer = NULL;
    size_t len = 0;

    fd_msg_source_get(msg, &peer, &len); /* who sent it; Origin-Host may say anything */
    if (peer)
        snprintf(reply->peer, sizeof reply->peer, "%.*s", (int)len, peer);
    if (host && host->avp_value && peer &&
        fd_os_almostcasesrch(host->avp_value->os.data, host->avp_value->os.len, peer, len, NULL))
        log_warn(reply->call, "%s sends for Origin-Host '%.*s': taken as from %s", reply->peer,
                 (int)host->avp_value->os.len, (char *)host->avp_value->os.data, reply->peer);
}

/* On a thread of the library. Returns 0 always, see above. */
static int on_library_request(struct msg **msg, struct avp *avp, struct session *session,
                              void *opaque, enum disp_action *action)
{
    struct cx *cx = opaque;
    struct cx_reply *reply = xzalloc(sizeof *reply);
    struct avp *bad = NULL;
    struct msg_hdr *hdr;
    int refuse = 0;

    (void)avp;
    (void)session;
    fd_msg_hdr(*msg, &hdr);
    reply->cx = cx;
    reply->command = hdr->msg_code;
    reply->id = hdr->msg_eteid;
    reply->again = hdr->msg_flags & CMD_FLAG_RETRANSMIT;
    cx_message_call(*msg, reply->call);
    read_peer(reply, *msg);
    if (atomic_fetch_add(&cx->to_answer, 1) >= MOST_TO_ANSWER)
        refuse = CX_TOO_BUSY;
    else if (cx_decode(&reply->request, cx_request_fields(reply->command), *msg, &bad) < 0)
        refuse = CX_INVALID_AVP_VALUE;
    if (refuse) {
        atomic_fetch_sub(&cx->to_answer, 1);
        send_result(cx, *msg, reply->command, refuse, bad);
        free(reply);
    } else {
        reply->msg = *msg;
        loop_post(cx->loop, on_request, reply);
    }
    *msg = NULL;
    *action = DISP_ACT_CONT;
    return 0;
}

/* ---- registering, closing ---- */

void cx_serve(struct cx *cx, const struct cx_handlers *handlers, void *env)
{
    cx->handlers = handlers;
    cx->env = env;
}

int cx_serve_register(struct cx *cx, struct why *why)
{
    static const enum cx_command hss[] = {CX_UAR, CX_MAR, CX_SAR, CX_LIR},
                                 scscf[] = {CX_RTR, CX_PPR};
    bool is_hss = cx->config.listen_count;

    for (size_t i = 0; i < (is_hss ? COUNT(hss) : COUNT(scscf)); i++) {
        struct disp_when when = {.app = cx_dict_application(),
                                 .command = cx_dict_request(is_hss ? hss[i] : scscf[i])};

        if (fd_disp_register(on_library_request, DISP_HOW_CC, &when, cx, NULL) != 0)
            return why_set(why, EINVAL, "the Diameter library refuses our handlers");
    }
    return 0;
}

void cx_serve_close(struct cx *cx)
{
    loop_cancel(&cx->answer_timer);
    for (struct cx_reply *reply = cx->first_reply; reply; reply = reply->next) {
        if (reply->msg)
            fd_msg_free(reply->msg);
        reply->msg = NULL; /* its handler may still come and answer: that ends it */
    }
}

void cx_serve_print(const struct cx *cx, FILE *out)
{
    char name[24];
    uint64_t now = loop_now_ms(cx->loop);

    for (const struct cx_reply *r = cx->first_reply; r; r = r->next)
        fprintf(out, "cx call=%s answering=%s peer=%s age_ms=%llu%s\n", r->call[0] ? r->call : "-",
                cx_dict_command_name(r->command, true, name), r->peer,
                (unsigned long long)(now - r->came_ms), r->msg ? "" : " late");
}
