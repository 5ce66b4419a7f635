/* SPDX-License-Identifier: Apache-2.0 */
/* Asking: the CSCFs the HSS, and the HSS the S-CSCF that serves a user.
 *
 *   loop                                    a thread of the library
 *   cx_ask_uar --fd_msg_send_timeout-->     (queue, TCP, HSS, TCP)
 *                                           on_library_answer: decode into a heap struct
 *   on_answer: find the op by its number  <--loop_post--
 *   done(arg, 0, uaa)
 *
 * The library never learns a pointer to an op, only its number: an op that was cancelled or timed
 * out is simply not found any more. Time is ours: the library's timer starts only when a request
 * was written to a peer, and an answer that breaks its rules is dropped without a word. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cx_core.h"
#include "cx_stack.h"
#include "xalloc.h"

union done_fn {
    cx_uaa_fn *uaa;
    cx_maa_fn *maa;
    cx_saa_fn *saa;
    cx_lia_fn *lia;
    cx_rta_fn *rta;
    cx_ppa_fn *ppa;
};

union answer {
    struct cx_uaa uaa;
    struct cx_maa maa;
    struct cx_saa saa;
    struct cx_lia lia;
    struct cx_rta rta;
    struct cx_ppa ppa;
};

struct cx_op { /* one question under way */
    struct cx_op *next, *prev;
    struct cx *cx;
    uint32_t id;
    enum cx_command command;
    union done_fn done;
    void *arg;
    uint64_t asked_ms, deadline_ms;
    char call[CALL_TAG];
    int err; /* found while asking; told from the loop */
};

struct event { /* from a thread of the library to the loop */
    uint32_t id;
    enum cx_command command;
    int err;
    union answer answer;
};

/* ---- ops ---- */

static void append(struct cx *cx, struct cx_op *op)
{
    op->prev = cx->last;
    if (cx->last)
        cx->last->next = op;
    else
        cx->first = op;
    cx->last = op;
    cx->asked++;
}

static void unlink_op(struct cx_op *op)
{
    struct cx *cx = op->cx;

    *(op->prev ? &op->prev->next : &cx->first) = op->next;
    *(op->next ? &op->next->prev : &cx->last) = op->prev;
    cx->asked--;
}

static struct cx_op *find(struct cx *cx, uint32_t id)
{
    struct cx_op *op = cx->first; /* answers come in order, nearly always */

    while (op && op->id != id)
        op = op->next;
    return op;
}

static void call_done(enum cx_command command, union done_fn done, void *arg, int err,
                      const union answer *a)
{
    switch (command) {
    case CX_UAR: done.uaa(arg, err, a ? &a->uaa : NULL); break;
    case CX_MAR: done.maa(arg, err, a ? &a->maa : NULL); break;
    case CX_SAR: done.saa(arg, err, a ? &a->saa : NULL); break;
    case CX_RTR: done.rta(arg, err, a ? &a->rta : NULL); break;
    case CX_PPR: done.ppa(arg, err, a ? &a->ppa : NULL); break;
    default: done.lia(arg, err, a ? &a->lia : NULL); break;
    }
}

/* The one way out of an op, except cx_cancel. */
static void complete(struct cx_op *op, int err, const union answer *answer)
{
    union done_fn done = op->done;
    enum cx_command command = op->command;
    void *arg = op->arg;

    unlink_op(op);
    free(op);
    call_done(command, done, arg, err, err ? NULL : answer);
}

/* ---- time ---- */

static void on_deadline(void *arg);

static void arm(struct cx *cx)
{
    uint64_t now = loop_now_ms(cx->loop);

    if (!cx->ask_timer && cx->first)
        cx->ask_timer =
            loop_after(cx->loop, cx->first->deadline_ms > now ? cx->first->deadline_ms - now : 0,
                       on_deadline, cx);
}

static void on_deadline(void *arg)
{
    struct cx *cx = arg;
    uint64_t now = loop_now_ms(cx->loop);

    cx->ask_timer = NULL;
    while (cx->first && cx->first->deadline_ms <= now) {
        cx->timed_out++;
        complete(cx->first, -ETIMEDOUT, NULL);
    }
    arm(cx);
}

/* ---- answers ---- */

static void free_event(struct event *e)
{
    if (e->command == CX_SAR)
        cx_saa_free(&e->answer.saa);
    wipe(e, sizeof *e); /* vectors */
    free(e);
}

static void on_answer(void *arg)
{
    struct event *e = arg;
    struct cx_op *op = cx_only.open ? find(&cx_only, e->id) : NULL;

    if (op) {
        cx_only.answered++;
        complete(op, e->err, &e->answer);
    }
    free_event(e);
}

/* What an answer without error must carry (TS 29.228 6.3). */
static int check(enum cx_command command, const union answer *a)
{
    if (command != CX_MAR || a->maa.result != CX_SUCCESS)
        return 0;
    for (size_t i = 0; i < a->maa.count; i++) {
        const struct cx_vector *v = &a->maa.vector[i];

        if (v->xres_len < 4 && !v->digest.ha1[0])
            return -EPROTO;
    }
    return a->maa.count ? 0 : -EPROTO;
}

static int first_int(const union answer *a)
{
    return a->uaa.result; /* every answer starts with its result */
}
_Static_assert(offsetof(struct cx_uaa, result) == 0 && offsetof(struct cx_maa, result) == 0 &&
                   offsetof(struct cx_saa, result) == 0 && offsetof(struct cx_lia, result) == 0 &&
                   offsetof(struct cx_rta, result) == 0 && offsetof(struct cx_ppa, result) == 0,
               "every answer starts with its result");

/* On a thread of the library: decode, let go of the message, hand over. */
static void on_library_answer(void *data, struct msg **msg)
{
    struct event *e = xzalloc(sizeof *e);
    struct msg_hdr *hdr;

    e->id = (uint32_t)(uintptr_t)data;
    e->err = -EPROTO;
    if (fd_msg_hdr(*msg, &hdr) == 0 && cx_answer_fields(hdr->msg_code)) {
        e->command = hdr->msg_code;
        e->err = cx_decode(&e->answer, cx_answer_fields(e->command), *msg, NULL);
    }
    if (e->err == 0)
        e->err = check(e->command, &e->answer);
    if (e->err == 0 && first_int(&e->answer) == CX_UNABLE_TO_DELIVER)
        e->err = -EHOSTUNREACH;
    fd_msg_free(*msg);
    *msg = NULL;
    loop_post(cx_only.loop, on_answer, e);
}

/* The library's own patience is longer than ours: the asker has been told already. */
static void on_library_timeout(void *data, DiamId_t peer, size_t len, struct msg **msg)
{
    (void)data;
    (void)peer;
    (void)len;
    fd_msg_free(*msg);
    *msg = NULL;
}

/* ---- asking ---- */

/* The HSS asks one certain S-CSCF: it is asked when it is OPEN, for the library would take any peer
 * of the same realm instead (TS 29.228 6.1.3, 6.6.1; cx_hooks.c closes the gap that is left). */
static struct msg *new_request(struct cx *cx, struct cx_op *op, const char *host)
{
    char realm[CX_TEXT];

    if (!host)
        return cx_message_request(op->command, cx->config.identity, cx->config.realm, NULL,
                                  cx->config.destination_realm, op->call);
    if (!cx_peer_realm(host, realm))
        return NULL;
    return cx_message_request(op->command, cx->config.identity, cx->config.realm, host, realm,
                              op->call);
}

static int send_request(struct cx *cx, struct cx_op *op, const char *host, const void *request)
{
    struct msg *msg = new_request(cx, op, host);
    struct timespec until;

    if (!msg)
        return host ? -EHOSTUNREACH : -ENOMEM;
    if (cx_encode(msg, cx_request_fields(op->command), request) < 0) {
        fd_msg_free(msg);
        return -EINVAL;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += cx->config.wait_ms / 1000 + 2;
    if (fd_msg_send_timeout(&msg, on_library_answer, (void *)(uintptr_t)op->id, on_library_timeout,
                            &until) != 0) {
        fd_msg_free(msg);
        return -EHOSTUNREACH;
    }
    cx->sent++;
    return 0;
}

static void on_failed(void *arg)
{
    struct cx_op *op = find(&cx_only, (uint32_t)(uintptr_t)arg);

    if (op)
        complete(op, op->err, NULL);
}

static int may_ask(const struct cx *cx, enum cx_command command, const void *request)
{
    const struct cx_ppr *ppr = request;

    if (cx->asked >= cx->config.max_outstanding)
        return -EBUSY;
    if (command == CX_PPR && ppr->user_data && strlen(ppr->user_data) > CX_MOST_USER_DATA)
        return -EMSGSIZE;
    return 0;
}

/* host: who is asked by name, NULL: whoever serves the realm. */
static struct cx_op *ask(struct cx *cx, enum cx_command command, const char *host,
                         const void *request, const char *call, union done_fn done, void *arg)
{
    struct cx_op *op = xzalloc(sizeof *op);

    op->cx = cx;
    op->id = ++cx->next_id;
    op->command = command;
    op->done = done;
    op->arg = arg;
    op->asked_ms = loop_now_ms(cx->loop);
    op->deadline_ms = op->asked_ms + cx->config.wait_ms;
    if (call)
        memcpy(op->call, call, strnlen(call, CALL_TAG - 1));
    op->err = may_ask(cx, command, request);
    if (op->err == 0)
        op->err = send_request(cx, op, host, request);
    append(cx, op);
    if (op->err)
        loop_post(cx->loop, on_failed, (void *)(uintptr_t)op->id);
    arm(cx);
    return op;
}

struct cx_op *cx_ask_uar(struct cx *cx, const struct cx_uar *uar, const char *call, cx_uaa_fn *done,
                         void *arg)
{
    return ask(cx, CX_UAR, NULL, uar, call, (union done_fn){.uaa = done}, arg);
}

struct cx_op *cx_ask_mar(struct cx *cx, const struct cx_mar *mar, const char *call, cx_maa_fn *done,
                         void *arg)
{
    return ask(cx, CX_MAR, NULL, mar, call, (union done_fn){.maa = done}, arg);
}

struct cx_op *cx_ask_sar(struct cx *cx, const struct cx_sar *sar, const char *call, cx_saa_fn *done,
                         void *arg)
{
    return ask(cx, CX_SAR, NULL, sar, call, (union done_fn){.saa = done}, arg);
}

struct cx_op *cx_ask_lir(struct cx *cx, const struct cx_lir *lir, const char *call, cx_lia_fn *done,
                         void *arg)
{
    return ask(cx, CX_LIR, NULL, lir, call, (union done_fn){.lia = done}, arg);
}

struct cx_op *cx_ask_rtr(struct cx *cx, const char *host, const struct cx_rtr *rtr,
                         const char *call, cx_rta_fn *done, void *arg)
{
    return ask(cx, CX_RTR, host, rtr, call, (union done_fn){.rta = done}, arg);
}

struct cx_op *cx_ask_ppr(struct cx *cx, const char *host, const struct cx_ppr *ppr,
                         const char *call, cx_ppa_fn *done, void *arg)
{
    return ask(cx, CX_PPR, host, ppr, call, (union done_fn){.ppa = done}, arg);
}

void cx_cancel(struct cx_op **op)
{
    if (!*op)
        return;
    unlink_op(*op);
    free(*op);
    *op = NULL;
}

void cx_ask_close(struct cx *cx)
{
    loop_cancel(&cx->ask_timer);
    while (cx->first) {
        struct cx_op *op = cx->first;

        unlink_op(op);
        free(op);
    }
}

void cx_ask_print(const struct cx *cx, FILE *out)
{
    char name[24];
    uint64_t now = loop_now_ms(cx->loop);

    for (const struct cx_op *op = cx->first; op; op = op->next)
        fprintf(out, "cx call=%s asking=%s age_ms=%llu\n", op->call[0] ? op->call : "-",
                cx_dict_command_name(op->command, true, name),
                (unsigned long long)(now - op->asked_ms));
}
