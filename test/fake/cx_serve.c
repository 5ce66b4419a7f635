/* SPDX-License-Identifier: Apache-2.0 */
/* The answering half of cx.h for flow tests of the HSS: see cx_fake.h. */
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

struct cx_reply {
    enum kind kind;
    union request request;
    char peer[CX_TEXT];
};

static union answer last_answer;
static int last_kind = -1;

void fake_cx_forget_answer(void)
{
    if (last_kind == SAR)
        cx_saa_free(&last_answer.saa);
    last_kind = -1;
}

void cx_serve(struct cx *cx, const struct cx_handlers *handlers, void *env)
{
    cx->handlers = handlers;
    cx->env = env;
}

static void handle(void *arg)
{
    struct cx_reply *r = arg;

    switch (r->kind) {
    case UAR: fake_cx.handlers->uar(fake_cx.env, &r->request.uar, r); break;
    case MAR: fake_cx.handlers->mar(fake_cx.env, &r->request.mar, r); break;
    case SAR: fake_cx.handlers->sar(fake_cx.env, &r->request.sar, r); break;
    case LIR: fake_cx.handlers->lir(fake_cx.env, &r->request.lir, r); break;
    case RTR: fake_cx.handlers->rtr(fake_cx.env, &r->request.rtr, r); break;
    case PPR: fake_cx.handlers->ppr(fake_cx.env, &r->request.ppr, r); break;
    }
}

static struct cx_reply *request_from(const char *peer, enum kind kind)
{
    struct cx_reply *r = xzalloc(sizeof *r);

    assert_non_null(fake_cx.handlers);
    fake_cx_forget_answer();
    r->kind = kind;
    strncpy(r->peer, peer, sizeof r->peer - 1);
    loop_post(fake_cx.loop, handle, r);
    return r;
}

void fake_cx_ask_uar(const char *peer, const struct cx_uar *uar)
{
    request_from(peer, UAR)->request.uar = *uar;
}

void fake_cx_ask_mar(const char *peer, const struct cx_mar *mar)
{
    request_from(peer, MAR)->request.mar = *mar;
}

void fake_cx_ask_sar(const char *peer, const struct cx_sar *sar)
{
    request_from(peer, SAR)->request.sar = *sar;
}

void fake_cx_ask_lir(const char *peer, const struct cx_lir *lir)
{
    request_from(peer, LIR)->request.lir = *lir;
}

void fake_cx_ask_rtr(const char *peer, const struct cx_rtr *rtr)
{
    request_from(peer, RTR)->request.rtr = *rtr;
}

void fake_cx_ask_ppr(const char *peer, const struct cx_ppr *ppr)
{
    struct cx_reply *r = request_from(peer, PPR);

    r->request.ppr = *ppr;
    if (ppr->user_data)
        r->request.ppr.user_data = xstrdup(ppr->user_data);
}

static void finish(struct cx_reply *r, enum kind kind)
{
    assert_int_equal(r->kind, kind);
    fake_cx_forget_answer();
    last_kind = kind;
    if (kind == PPR)
        free(r->request.ppr.user_data);
    free(r);
}

void cx_answer_uaa(struct cx_reply *r, const struct cx_uaa *uaa)
{
    finish(r, UAR);
    last_answer.uaa = *uaa;
}

void cx_answer_maa(struct cx_reply *r, const struct cx_maa *maa)
{
    finish(r, MAR);
    last_answer.maa = *maa;
}

void cx_answer_saa(struct cx_reply *r, struct cx_saa *saa)
{
    finish(r, SAR);
    last_answer.saa = *saa;
    saa->user_data = NULL;
    saa->restoration = NULL;
    saa->restoration_count = 0;
}

void cx_answer_lia(struct cx_reply *r, const struct cx_lia *lia)
{
    finish(r, LIR);
    last_answer.lia = *lia;
}

void cx_answer_rta(struct cx_reply *r, const struct cx_rta *rta)
{
    finish(r, RTR);
    last_answer.rta = *rta;
}

void cx_answer_ppa(struct cx_reply *r, const struct cx_ppa *ppa)
{
    finish(r, PPR);
    last_answer.ppa = *ppa;
}

const char *cx_reply_call(const struct cx_reply *r)
{
    (void)r;
    return "";
}

const char *cx_reply_peer(const struct cx_reply *r)
{
    return r->peer;
}

uint32_t cx_reply_id(const struct cx_reply *r)
{
    (void)r;
    return 0;
}

bool cx_reply_is_again(const struct cx_reply *r)
{
    (void)r;
    return false;
}

const struct cx_uaa *fake_cx_uaa(void)
{
    return last_kind == UAR ? &last_answer.uaa : NULL;
}

const struct cx_maa *fake_cx_maa(void)
{
    return last_kind == MAR ? &last_answer.maa : NULL;
}

const struct cx_saa *fake_cx_saa(void)
{
    return last_kind == SAR ? &last_answer.saa : NULL;
}

const struct cx_lia *fake_cx_lia(void)
{
    return last_kind == LIR ? &last_answer.lia : NULL;
}

const struct cx_rta *fake_cx_rta(void)
{
    return last_kind == RTR ? &last_answer.rta : NULL;
}

const struct cx_ppa *fake_cx_ppa(void)
{
    return last_kind == PPR ? &last_answer.ppa : NULL;
}
