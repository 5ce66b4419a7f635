/* SPDX-License-Identifier: Apache-2.0 */
/* The SGSN's side of its Gb links: it answers. A link is what sent an NS-RESET from some UDP
 * address; it is forgotten when it no longer answers NS-ALIVE. */
#include <stdlib.h>
#include <string.h>

#include "gb_inner.h"
#include "xalloc.h"

static struct gb_nsvc *find(struct gb_link *link, const struct addr *peer)
{
    for (struct gb_nsvc *n = link->nsvcs; n; n = n->next)
        if (addr_same(&n->peer, peer))
            return n;
    return NULL;
}

static void answer(struct gb_link *link, const struct addr *peer, unsigned type,
                   const struct gb_nsvc *n)
{
    struct ns_pdu pdu = {.type = type, .nsvci = n ? n->nsvci : 0, .nsei = n ? n->nsei : 0};

    gb_send_ns(link, peer, &pdu);
}

/* Somebody talks who never said NS-RESET: we were restarted. TS 48.016 7.6 has no better cause. */
static void refuse(struct gb_link *link, const struct addr *peer, const uint8_t *data, size_t len)
{
    struct ns_pdu status = {.type = NS_STATUS, .cause = NS_CAUSE_STATE, .sdu = data};

    gb_drop(link, peer, "no NS-RESET came before");
    status.sdu_len = len > 512 ? 512 : len;
    gb_send_ns(link, peer, &status);
}

static void on_reset(struct gb_link *link, const struct addr *peer, const struct ns_pdu *pdu)
{
    struct gb_nsvc *n = find(link, peer);

    if (!n && link->nsvc_count >= GB_LINKS) {
        gb_drop(link, peer, "too many links");
        return;
    }
    if (!n) {
        n = xzalloc(sizeof *n);
        n->next = link->nsvcs;
        link->nsvcs = n;
        link->nsvc_count++;
    }
    n->peer = *peer;
    n->nsvci = pdu->nsvci;
    n->nsei = pdu->nsei;
    n->blocked = true; /* TS 48.016 7.3.1: until NS-UNBLOCK */
    n->missed = 0;
    n->cell_count = 0;
    answer(link, peer, NS_RESET_ACK, n);
}

void gb_sgsn_on_ns(struct gb_link *link, const struct addr *peer, const struct ns_pdu *pdu,
                   const uint8_t *data, size_t len)
{
    struct gb_nsvc *n = find(link, peer);

    if (pdu->type == NS_RESET) {
        on_reset(link, peer, pdu);
        return;
    }
    if (!n) {
        if (pdu->type != NS_STATUS)
            refuse(link, peer, data, len);
        return;
    }
    n->missed = 0;
    switch (pdu->type) {
    case NS_ALIVE: answer(link, peer, NS_ALIVE_ACK, n); break;
    case NS_UNBLOCK:
        n->blocked = false;
        answer(link, peer, NS_UNBLOCK_ACK, n);
        break;
    case NS_BLOCK:
        n->blocked = true;
        answer(link, peer, NS_BLOCK_ACK, n);
        break;
    default: break; /* answers to our NS-ALIVE, STATUS */
    }
}

bool gb_sgsn_may_carry(struct gb_link *link, const struct addr *peer, const uint8_t *data,
                       size_t len)
{
    struct gb_nsvc *n = find(link, peer);
    struct ns_pdu status = {.type = NS_STATUS, .cause = NS_CAUSE_BLOCKED};

    if (!n) {
        refuse(link, peer, data, len);
        return false;
    }
    if (n->blocked) {
        status.nsvci = n->nsvci;
        gb_drop(link, peer, "the NS-VC is blocked");
        gb_send_ns(link, peer, &status);
    }
    return !n->blocked;
}

static struct gb_nsvc_cell *find_cell(struct gb_nsvc *n, uint16_t bvci)
{
    for (size_t i = 0; i < n->cell_count; i++)
        if (n->cell[i].bvci == bvci)
            return &n->cell[i];
    return NULL;
}

static void on_bvc_reset(struct gb_nsvc *n, const struct bssgp_pdu *pdu)
{
    struct gb_nsvc_cell *c = find_cell(n, pdu->bvci);

    if (pdu->bvci == 0)
        return;
    if (!c && n->cell_count < GB_CELLS)
        c = &n->cell[n->cell_count++];
    if (c)
        *c = (struct gb_nsvc_cell){.bvci = pdu->bvci, .cell = pdu->cell};
}

static void on_uplink(struct gb_link *link, struct gb_nsvc *n, uint16_t bvci,
                      const struct bssgp_pdu *pdu)
{
    struct gb_way way = {.peer = n->peer, .bvci = bvci, .cell = pdu->cell};
    struct bssgp_pdu status = {
        .type = BSSGP_STATUS, .cause = BSSGP_CAUSE_BVCI_UNKNOWN, .bvci = bvci, .has_bvci = true};

    if (find_cell(n, bvci)) {
        gb_on_unitdata(link, &way, pdu);
        return;
    }
    gb_drop(link, &n->peer, "UL-UNITDATA in a cell that was not reset");
    gb_send_bssgp(link, &n->peer, 0, &status);
}

void gb_sgsn_on_bssgp(struct gb_link *link, const struct addr *peer, uint16_t bvci,
                      const struct bssgp_pdu *pdu)
{
    struct gb_nsvc *n = find(link, peer);
    struct bssgp_pdu ack = {.type = pdu->type + 1, /* every ACK is its request plus one */
                            .bvci = pdu->bvci,
                            .has_bvci = pdu->has_bvci,
                            .tag = pdu->tag,
                            .tlli = pdu->tlli};

    switch (pdu->type) {
    case BSSGP_UL_UNITDATA: on_uplink(link, n, bvci, pdu); break;
    case BSSGP_BVC_RESET: on_bvc_reset(n, pdu); /* fall through */
    case BSSGP_BVC_BLOCK:
    case BSSGP_BVC_UNBLOCK: gb_send_bssgp(link, peer, 0, &ack); break;
    case BSSGP_FLOW_CONTROL_BVC:
    case BSSGP_FLOW_CONTROL_MS: gb_send_bssgp(link, peer, bvci, &ack); break;
    default: break; /* radio events: this lab has no radio */
    }
}

/* Every alive_s: who did not answer three times is gone. */
static void on_alive_timer(void *arg)
{
    struct gb_link *link = arg;
    struct gb_nsvc **at = &link->nsvcs, *n;

    link->timer = loop_after(link->loop, link->conf.alive_s * 1000, on_alive_timer, link);
    while ((n = *at)) {
        if (n->missed++ >= GB_TRIES) {
            gb_drop(link, &n->peer, "no answer to NS-ALIVE, the link is forgotten");
            *at = n->next;
            link->nsvc_count--;
            free(n);
            continue;
        }
        answer(link, &n->peer, NS_ALIVE, n);
        at = &n->next;
    }
}

void gb_sgsn_begin(struct gb_link *link)
{
    if (link->conf.alive_s)
        link->timer = loop_after(link->loop, link->conf.alive_s * 1000, on_alive_timer, link);
}

void gb_sgsn_end(struct gb_link *link)
{
    struct gb_nsvc *n;

    while ((n = link->nsvcs)) {
        link->nsvcs = n->next;
        free(n);
    }
    link->nsvc_count = 0;
}
