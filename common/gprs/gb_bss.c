/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's side of a Gb link: the ladder of gb_link.h is the table below, walked from top to
 * bottom; from anywhere, a dead or strange SGSN sends it back to NS-RESET. */
#include <stdio.h>
#include <string.h>

#include "gb_inner.h"

/* What is asked, in this order, and which answer lets the next step begin. */
static const struct {
    bool bssgp;
    uint8_t ask, answer;
    bool of_cell; /* BVC-RESET: of the cell, else of the signalling BVC 0 */
} steps[] = {
    {false, NS_RESET,               NS_RESET_ACK,               false},
    {false, NS_ALIVE,               NS_ALIVE_ACK,               false},
    {false, NS_UNBLOCK,             NS_UNBLOCK_ACK,             false},
    {true,  BSSGP_BVC_RESET,        BSSGP_BVC_RESET_ACK,        false},
    {true,  BSSGP_BVC_RESET,        BSSGP_BVC_RESET_ACK,        true },
    {true,  BSSGP_FLOW_CONTROL_BVC, BSSGP_FLOW_CONTROL_BVC_ACK, true },
};
enum { UP = sizeof steps / sizeof steps[0], ALIVE = UP + 1 }; /* ALIVE: up, NS-ALIVE is out */
enum { RATE = 1000 }; /* flow control: 100 octets, or per s */

static void ask(struct gb_link *link);
static void on_timer(void *arg);
static void begin_again(struct gb_link *link, const char *what);

static void wait_ms(struct gb_link *link, unsigned ms)
{
    loop_cancel(&link->timer);
    link->timer = loop_after(link->loop, ms, on_timer, link);
}

static void ask_ns(struct gb_link *link, unsigned type)
{
    struct ns_pdu pdu = {
        .type = type, .cause = NS_CAUSE_OM, .nsvci = link->conf.nsvci, .nsei = link->conf.nsei};

    gb_send_ns(link, &link->conf.sgsn, &pdu);
}

static void ask_bssgp(struct gb_link *link, unsigned type, bool of_cell)
{
    struct bssgp_pdu pdu = {.type = type,
                            .cause = BSSGP_CAUSE_OM,
                            .tag = 1,
                            .bvci = of_cell ? link->conf.bvci : 0,
                            .has_bvci = type != BSSGP_FLOW_CONTROL_BVC,
                            .has_cell = of_cell,
                            .cell = link->conf.cell,
                            .bucket_size = RATE,
                            .leak_rate = RATE,
                            .ms_bucket_size = RATE,
                            .ms_leak_rate = RATE};

    gb_send_bssgp(link, &link->conf.sgsn, type == BSSGP_FLOW_CONTROL_BVC ? pdu.bvci : 0, &pdu);
}

static void ask(struct gb_link *link)
{
    if (link->step >= UP)
        ask_ns(link, NS_ALIVE);
    else if (steps[link->step].bssgp)
        ask_bssgp(link, steps[link->step].ask, steps[link->step].of_cell);
    else
        ask_ns(link, steps[link->step].ask);
    wait_ms(link, link->conf.reset_ms);
}

void gb_bss_begin(struct gb_link *link)
{
    link->step = 0;
    link->tries = 1;
    ask(link);
}

static void go_on(struct gb_link *link)
{
    link->tries = 1;
    if (++link->step < UP) {
        ask(link);
        return;
    }
    loop_cancel(&link->timer);
    if (link->conf.alive_s)
        wait_ms(link, link->conf.alive_s * 1000);
    link->reported = false;
    link->conf.on_state(link->conf.arg, true, NULL);
}

/* Either an answer did not come, or it is time to ask whether the SGSN lives. */
static void on_timer(void *arg)
{
    struct gb_link *link = arg;
    const char *what;

    link->timer = NULL;
    if (link->step == UP) {
        link->step = ALIVE;
        link->tries = 1;
        ask(link);
        return;
    }
    if (link->tries++ < GB_TRIES) {
        ask(link);
        return;
    }
    if (link->step > UP)
        what = ns_type_text(NS_ALIVE);
    else if (steps[link->step].bssgp)
        what = bssgp_type_text(steps[link->step].ask);
    else
        what = ns_type_text(steps[link->step].ask);
    begin_again(link, what);
}

static void report_down(struct gb_link *link, const struct why *why)
{
    if (link->reported)
        return;
    link->reported = true;
    link->conf.on_state(link->conf.arg, false, why);
}

/* The callback comes last: it may close the link. */
static void begin_again(struct gb_link *link, const char *what)
{
    struct why why;
    char a[ADDR_TEXT];

    why_set(&why, 1, "no answer from the SGSN at '%s' to %s", addr_text(&link->conf.sgsn, a), what);
    gb_bss_begin(link);
    report_down(link, &why);
}

static void lose(struct gb_link *link, const char *what)
{
    struct why why;

    why_set(&why, 1, "the SGSN has lost the link: %s", what);
    gb_bss_begin(link);
    report_down(link, &why);
}

static void on_answer(struct gb_link *link, bool bssgp, unsigned type)
{
    if (link->step == ALIVE && !bssgp && type == NS_ALIVE_ACK) {
        link->step = UP;
        wait_ms(link, link->conf.alive_s * 1000);
    } else if (link->step < UP && steps[link->step].bssgp == bssgp &&
               steps[link->step].answer == type) {
        go_on(link);
    }
}

void gb_bss_on_ns(struct gb_link *link, const struct ns_pdu *pdu)
{
    switch (pdu->type) {
    case NS_RESET: ask_ns(link, NS_RESET_ACK); break;
    case NS_ALIVE: ask_ns(link, NS_ALIVE_ACK); break;
    case NS_BLOCK: ask_ns(link, NS_BLOCK_ACK); break;
    case NS_UNBLOCK: ask_ns(link, NS_UNBLOCK_ACK); break;
    case NS_STATUS:
        if (link->step > 0 && (pdu->cause == NS_CAUSE_NSVC_UNKNOWN || pdu->cause == NS_CAUSE_STATE))
            lose(link, ns_cause_text(pdu->cause));
        break;
    default: on_answer(link, false, pdu->type);
    }
}

void gb_bss_on_bssgp(struct gb_link *link, uint16_t bvci, const struct bssgp_pdu *pdu)
{
    struct gb_way way = {.peer = link->conf.sgsn, .bvci = link->conf.bvci, .cell = link->conf.cell};

    (void)bvci;
    switch (pdu->type) {
    case BSSGP_DL_UNITDATA: gb_on_unitdata(link, &way, pdu); break;
    case BSSGP_BVC_RESET: ask_bssgp(link, BSSGP_BVC_RESET_ACK, pdu->bvci != 0); break;
    case BSSGP_STATUS:
        if (gb_is_up(link) && pdu->cause == BSSGP_CAUSE_BVCI_UNKNOWN)
            lose(link, bssgp_cause_text(pdu->cause));
        break;
    default: on_answer(link, true, pdu->type);
    }
}

bool gb_is_up(const struct gb_link *link)
{
    return link->step >= UP;
}
