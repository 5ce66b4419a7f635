/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by test/fake/cx.c (the room asks) and test/fake/cx_serve.c (the room answers). */
#ifndef IMSLAB_CX_FAKE_CORE_H
#define IMSLAB_CX_FAKE_CORE_H

#include "cx.h"

enum kind { UAR, MAR, SAR, LIR, RTR, PPR };

union request {
    struct cx_uar uar;
    struct cx_mar mar;
    struct cx_sar sar;
    struct cx_lir lir;
    struct cx_rtr rtr;
    struct cx_ppr ppr;
};

union answer {
    struct cx_uaa uaa;
    struct cx_maa maa;
    struct cx_saa saa;
    struct cx_lia lia;
    struct cx_rta rta;
    struct cx_ppa ppa;
};

struct cx {
    struct loop *loop;
    const struct cx_handlers *handlers;
    void *env;
};

extern struct cx fake_cx;
void fake_cx_forget_answer(void);

#endif
