/* SPDX-License-Identifier: Apache-2.0 */
/* cx.h for flow tests, without a network: see cx_fake.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cx_fake.h"
#include "cx_fake_core.h"
#include "xalloc.h"

struct cx_op {
    struct cx_op *next;
    unsigned id;
    enum kind kind;
    union request request;
    char call[9];
    union {
        cx_uaa_fn *uaa;
        cx_maa_fn *maa;
        cx_saa_fn *saa;
        cx_lia_fn *lia;
        cx_rta_fn *rta;
        cx_ppa_fn *ppa;
    } done;
    void *arg;
    char host[CX_TEXT];
    bool answered; /* done is on its way */
    int err;
    union answer answer;
};

struct cx fake_cx;

static const char *const names[] = {"UAR", "MAR", "SAR", "LIR", "RTR", "PPR"};
static struct cx_op *ops;
static size_t asked;
static unsigned last_id;
static bool is_open = true;

static void free_op(struct cx_op *op)
{
    if (op->kind == SAR) {
        cx_saa_free(&op->answer.saa);
        cx_restoration_free(&op->request.sar.restoration);
    }
    if (op->kind == PPR)
        free(op->request.ppr.user_data);
    free(op);
}

void fake_cx_reset(void)
{
    while (ops) {
        struct cx_op *op = ops;

        ops = op->next;
        free_op(op);
    }
    fake_cx_forget_answer();
    asked = 0;
    is_open = true;
}

/* ---- asking ---- */

static struct cx_op *oldest(void)
{
    struct cx_op *op = ops;

    while (op && op->answered)
        op = op->next;
    return op;
}

static struct cx_op *expect(enum kind kind)
{
    struct cx_op *op = oldest();

    if (!op)
        fail_msg("no question waits, a %s was expected", names[kind]);
    else if (op->kind != kind)
        fail_msg("a %s waits, a %s was expected", names[op->kind], names[kind]);
    return op;
}

size_t fake_cx_waiting(void)
{
    size_t n = 0;

    for (struct cx_op *op = ops; op; op = op->next)
        n += !op->answered;
    return n;
}

size_t fake_cx_asked(void)
{
    return asked;
}

const struct cx_uar *fake_cx_uar(void)
{
    return &expect(UAR)->request.uar;
}

const struct cx_mar *fake_cx_mar(void)
{
    return &expect(MAR)->request.mar;
}

const struct cx_sar *fake_cx_sar(void)
{
    return &expect(SAR)->request.sar;
}

const struct cx_lir *fake_cx_lir(void)
{
    return &expect(LIR)->request.lir;
}

const struct cx_rtr *fake_cx_rtr(void)
{
    return &expect(RTR)->request.rtr;
}

const struct cx_ppr *fake_cx_ppr(void)
{
    return &expect(PPR)->request.ppr;
}

const char *fake_cx_host(void)
{
    if (!oldest())
        fail_msg("no question waits");
    return oldest()->host;
}

const char *fake_cx_call(void)
{
    if (!oldest())
        fail_msg("no question waits");
    return oldest()->call;
}

/* From the loop. The op is found by its number: it may have been cancelled meanwhile. */
static void deliver(void *arg)
{
    struct cx_op **link = &ops, *op;

    while (*link && (*link)->id != (unsigned)(uintptr_t)arg)
        link = &(*link)->next;
    op = *link;
    if (!op)
        return;
    *link = op->next;
    switch (op->kind) {
    case UAR: op->done.uaa(op->arg, op->err, op->err ? NULL : &op->answer.uaa); break;
    case MAR: op->done.maa(op->arg, op->err, op->err ? NULL : &op->answer.maa); break;
    case SAR: op->done.saa(op->arg, op->err, op->err ? NULL : &op->answer.saa); break;
    case LIR: op->done.lia(op->arg, op->err, op->err ? NULL : &op->answer.lia); break;
    case RTR: op->done.rta(op->arg, op->err, op->err ? NULL : &op->answer.rta); break;
    case PPR: op->done.ppa(op->arg, op->err, op->err ? NULL : &op->answer.ppa); break;
    }
    free_op(op);
}

static void answer(struct cx_op *op, int err)
{
    op->answered = true;
    op->err = err;
    loop_post(fake_cx.loop, deliver, (void *)(uintptr_t)op->id);
}

void fake_cx_answer_uaa(const struct cx_uaa *uaa)
{
    struct cx_op *op = expect(UAR);

    op->answer.uaa = *uaa;
    answer(op, 0);
}

void fake_cx_answer_maa(const struct cx_maa *maa)
{
    struct cx_op *op = expect(MAR);

    op->answer.maa = *maa;
    answer(op, 0);
}

void fake_cx_answer_saa(const struct cx_saa *saa)
{
    struct cx_op *op = expect(SAR);

    op->answer.saa = *saa;
    if (saa->user_data)
        op->answer.saa.user_data = xstrdup(saa->user_data);
    if (saa->restoration_count)
        op->answer.saa.restoration =
            xzalloc(saa->restoration_count * sizeof *op->answer.saa.restoration);
    for (size_t i = 0; i < saa->restoration_count; i++)
        cx_restoration_copy(&op->answer.saa.restoration[i], &saa->restoration[i]);
    answer(op, 0);
}

void fake_cx_answer_lia(const struct cx_lia *lia)
{
    struct cx_op *op = expect(LIR);

    op->answer.lia = *lia;
    answer(op, 0);
}

void fake_cx_answer_rta(const struct cx_rta *rta)
{
    struct cx_op *op = expect(RTR);

    op->answer.rta = *rta;
    answer(op, 0);
}

void fake_cx_answer_ppa(const struct cx_ppa *ppa)
{
    struct cx_op *op = expect(PPR);

    op->answer.ppa = *ppa;
    answer(op, 0);
}

void fake_cx_fail(int err)
{
    if (!oldest())
        fail_msg("no question waits");
    answer(oldest(), err);
}

void fake_cx_set_open(bool open)
{
    is_open = open;
}

/* ---- cx.h, the asking side ---- */

struct cx *cx_open(struct loop *loop, const struct cx_config *config, struct why *why)
{
    (void)config;
    (void)why;
    fake_cx = (struct cx){.loop = loop};
    return &fake_cx;
}

void cx_close(struct cx *cx)
{
    (void)cx;
    fake_cx_reset();
}

static struct cx_op *ask(struct cx *cx, enum kind kind, const char *call, void *arg)
{
    struct cx_op *op = xzalloc(sizeof *op), **end = &ops;

    assert_ptr_equal(cx, &fake_cx);
    while (*end)
        end = &(*end)->next;
    *end = op;
    op->id = ++last_id;
    op->kind = kind;
    op->arg = arg;
    if (call)
        memcpy(op->call, call, strnlen(call, 8));
    asked++;
    return op;
}

struct cx_op *cx_ask_uar(struct cx *cx, const struct cx_uar *uar, const char *call, cx_uaa_fn *done,
                         void *arg)
{
    struct cx_op *op = ask(cx, UAR, call, arg);

    op->request.uar = *uar;
    op->done.uaa = done;
    return op;
}

struct cx_op *cx_ask_mar(struct cx *cx, const struct cx_mar *mar, const char *call, cx_maa_fn *done,
                         void *arg)
{
    struct cx_op *op = ask(cx, MAR, call, arg);

    op->request.mar = *mar;
    op->done.maa = done;
    return op;
}

struct cx_op *cx_ask_sar(struct cx *cx, const struct cx_sar *sar, const char *call, cx_saa_fn *done,
                         void *arg)
{
    struct cx_op *op = ask(cx, SAR, call, arg);

    op->request.sar = *sar;
    cx_restoration_copy(&op->request.sar.restoration, &sar->restoration);
    op->done.saa = done;
    return op;
}

struct cx_op *cx_ask_lir(struct cx *cx, const struct cx_lir *lir, const char *call, cx_lia_fn *done,
                         void *arg)
{
    struct cx_op *op = ask(cx, LIR, call, arg);

    op->request.lir = *lir;
    op->done.lia = done;
    return op;
}

struct cx_op *cx_ask_rtr(struct cx *cx, const char *host, const struct cx_rtr *rtr,
                         const char *call, cx_rta_fn *done, void *arg)
{
    struct cx_op *op = ask(cx, RTR, call, arg);

    snprintf(op->host, sizeof op->host, "%s", host);
    op->request.rtr = *rtr;
    op->done.rta = done;
    return op;
}

struct cx_op *cx_ask_ppr(struct cx *cx, const char *host, const struct cx_ppr *ppr,
                         const char *call, cx_ppa_fn *done, void *arg)
{
    struct cx_op *op = ask(cx, PPR, call, arg);

    snprintf(op->host, sizeof op->host, "%s", host);
    op->request.ppr = *ppr;
    if (ppr->user_data)
        op->request.ppr.user_data = xstrdup(ppr->user_data);
    op->done.ppa = done;
    return op;
}

void cx_cancel(struct cx_op **op)
{
    struct cx_op **link = &ops;

    if (!*op)
        return;
    while (*link && *link != *op)
        link = &(*link)->next;
    assert_non_null(*link); /* cancelled twice, or after done */
    *link = (*op)->next;
    free_op(*op);
    *op = NULL;
}

bool cx_is_open(const struct cx *cx)
{
    (void)cx;
    return is_open;
}

bool cx_peer_is_open(const struct cx *cx, const char *identity)
{
    (void)cx;
    (void)identity;
    return is_open;
}

void fake_cx_peer_open(const char *identity)
{
    fake_cx.handlers->peer_open(fake_cx.env, identity);
}

void cx_print_live(const struct cx *cx, FILE *out)
{
    (void)cx;
    (void)out;
}
