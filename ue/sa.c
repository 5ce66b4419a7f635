/* SPDX-License-Identifier: Apache-2.0 */
/* One file decides which set of associations is used and when it goes (TS 33.203 7.4.1a):
 *
 *                 challenge            200                 another 200, de-registered
 *     nothing ---------------> temporary ----> established ----------------------------> old
 *                              |                   |                                      |
 *                refused, silence, reg_await_auth  | its life time is over                | 64*T1
 *                              v                   v                                      v
 *                           removed             removed                                removed
 *
 * Requests leave on the temporary set while there is one: a terminal sends nothing but the answer
 * to the challenge then. Each set has a port_uc of its own; port_us is one for all of them. Nothing
 * unprotected passes these ports, with or without a set (blocks). */
#include "sa_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "register.h"
#include "sip_protect.h"
#include "xalloc.h"

enum { GRACE_S = 30, KERNEL_GRACE_S = 60 };

static void let_go(struct sa *a, const char *why);
static void live_until(struct sa *a, uint64_t until_ms);

/* ---- what there is ---- */

const char *sa_stage_name(enum sa_stage stage)
{
    static const char *const names[] = {"temporary", "established", "old"};

    return names[stage];
}

static struct sa *find(const struct ue *ue, enum sa_stage stage)
{
    struct sa *a;

    LIST_FOREACH(a, &ue->reg.sas.list, entry)
    if (a->stage == stage)
        break;
    return a;
}

static struct sa *current(const struct ue *ue)
{
    struct sa *a = find(ue, STAGE_TEMPORARY);

    return a ? a : find(ue, STAGE_ESTABLISHED);
}

const struct sa_set *sa_current(const struct ue *ue)
{
    const struct sa *a = current(ue);

    return a ? &a->set : NULL;
}

const char *sa_verify(const struct ue *ue)
{
    const struct sa *a = current(ue);

    return a ? a->verify : NULL;
}

bool sa_is_temporary(const struct ue *ue)
{
    return find(ue, STAGE_TEMPORARY);
}

bool sa_in_use(const struct ue *ue, uint32_t spi, unsigned port)
{
    const struct sa *a;

    LIST_FOREACH(a, &ue->reg.sas.list, entry)
    if (spi == a->set.spi_uc || spi == a->set.spi_us || spi == a->set.spi_pc ||
        spi == a->set.spi_ps || port == a->set.port_uc)
        return true;
    return false;
}

bool sa_brought(const struct ue *ue, const struct addr *source)
{
    const struct sa *a;

    LIST_FOREACH(a, &ue->reg.sas.list, entry)
    if (addr_same_host(source, &a->set.pcscf) &&
        (addr_port(source) == a->set.port_pc || addr_port(source) == a->set.port_ps))
        return true;
    return false;
}

/* ---- its life time ---- */

static void on_over(void *arg)
{
    struct sa *a = arg;
    struct ue *ue = a->ue;

    a->timer = NULL;
    if (loop_now_ms(ue->loop) < a->until_ms) {
        live_until(a, a->until_ms);
        return;
    }
    let_go(a, "its life time is over");
}

static void live_until(struct sa *a, uint64_t until_ms)
{
    uint64_t now_ms = loop_now_ms(a->ue->loop);
    uint64_t wait_ms = until_ms > now_ms ? until_ms - now_ms : 0;

    a->until_ms = until_ms;
    loop_cancel(&a->timer);
    a->timer = loop_after(a->ue->loop, wait_ms > INT32_MAX ? INT32_MAX : wait_ms, on_over, a);
}

/* The kernel takes it away itself when this process cannot, a while later. */
static uint32_t hard_s(uint64_t life_s)
{
    return life_s + KERNEL_GRACE_S > INT32_MAX ? 0 : life_s + KERNEL_GRACE_S;
}

/* ---- one set ---- */

static struct addr client_end(const struct sa *a)
{
    return addr_with_port(a->set.ue, a->set.port_uc);
}

/* How SIP finds its ports. */
static struct sip_protection protection(const struct sa *a)
{
    const struct sa_set *s = &a->set;

    return (struct sip_protection){
        .local = s->ue,
        .peer = s->pcscf,
        .local_c = s->port_uc,
        .local_s = s->port_us,
        .peer_c = s->port_pc,
        .peer_s = s->port_ps,
        .spi_local_c = s->spi_uc,
        .spi_local_s = s->spi_us,
        .spi_peer_c = s->spi_pc,
        .spi_peer_s = s->spi_ps,
    };
}

/* Requests leave on the current set. */
static void prefer_current(const struct ue *ue)
{
    const struct sa *a = current(ue);
    struct sip_protection p;

    if (!a)
        return;
    p = protection(a);
    sip_protect_prefer(&p);
}

static const char *hex(uint32_t spi, char buf[11])
{
    snprintf(buf, 11, "0x%08" PRIx32, spi);
    return buf;
}

static void say(const struct sa *a, const char *what, const char *why)
{
    const struct sa_set *s = &a->set;
    char spi[4][11], port[4][24];

    log_arrow(a->ue->reg.call, "==", NULL, what, "set", sa_stage_name(a->stage), "why", why,
              "spi_uc", hex(s->spi_uc, spi[0]), "spi_us", hex(s->spi_us, spi[1]), "spi_pc",
              hex(s->spi_pc, spi[2]), "spi_ps", hex(s->spi_ps, spi[3]), "port_uc",
              log_number(s->port_uc, port[0]), "port_us", log_number(s->port_us, port[1]),
              "port_pc", log_number(s->port_pc, port[2]), "port_ps",
              log_number(s->port_ps, port[3]), "alg", sec_alg_name(s->pair.alg), "ealg",
              sec_ealg_name(s->pair.ealg), "mode", sec_mode_name(s->mode), NULL);
}

static void let_go(struct sa *a, const char *why)
{
    struct ue *ue = a->ue;
    struct addr client = client_end(a);
    struct sip_protection p = protection(a);
    struct why fault;

    say(a, "sa-removed", why);
    sip_protect_remove(&p);
    if (sa_set_remove(ue->reg.sas.xfrm, &a->set, &fault) < 0)
        log_warn(ue->reg.call, "a security association stays in the kernel: %s", fault.text);
    sa_block_drop(ue->reg.sas.xfrm, SA_UE, &client, NULL);
    loop_cancel(&a->timer);
    sa_set_wipe(&a->set);
    LIST_REMOVE(a, entry);
    free(a);
    prefer_current(ue);
}

/* ---- the steps ---- */

/* In front of a NAT, if there is one. */
static struct addr own_address(const struct ue *ue)
{
    return addr_is_v6(&ue->pdp.pcscf[ue->reg.pcscf]) ? ue->pdp.address6 : ue->pdp.address;
}

static void fill(struct sa *a, const uint8_t ck[16], const uint8_t ik[16])
{
    struct ue *ue = a->ue;
    const struct security *s = &ue->reg.sas.security;
    bool tunnel = s->theirs.mode == SEC_UDP_ENC_TUN;

    a->set = (struct sa_set){
        .role = SA_UE,
        .ue = tunnel ? ue->reg.sas.nat.public : own_address(ue),
        .pcscf = ue->pdp.pcscf[ue->reg.pcscf],
        .ue_end = addr_with_port(own_address(ue), SA_ENCAP_PORT),
        .pcscf_end = addr_with_port(ue->pdp.pcscf[ue->reg.pcscf], SA_ENCAP_PORT),
        .port_uc = s->mine.port_c,
        .port_us = s->mine.port_s,
        .port_pc = s->theirs.port_c,
        .port_ps = s->theirs.port_s,
        .spi_uc = s->mine.spi_c,
        .spi_us = s->mine.spi_s,
        .spi_pc = s->theirs.spi_c,
        .spi_ps = s->theirs.spi_s,
        .pair = s->theirs.pair,
        .mode = s->theirs.mode,
        .hard_s = hard_s(ue->conf->timers.reg_await_auth_s),
    };
    memcpy(a->set.ck, ck, sizeof a->set.ck);
    memcpy(a->set.ik, ik, sizeof a->set.ik);
    memcpy(a->verify, s->verify, sizeof a->verify);
}

/* The port first, then the kernel, then SIP. */
static int install(const struct sa *a, struct why *why)
{
    struct xfrm *x = a->ue->reg.sas.xfrm;
    struct addr client = client_end(a);
    struct sip_protection p = protection(a);
    int err = sa_block_put(x, SA_UE, &client, why);

    if (err)
        return err;
    err = sa_set_install(x, &a->set, NULL, why);
    if (!err) {
        err = sip_protect_add(&p, why);
        if (err)
            sa_set_remove(x, &a->set, NULL);
    }
    if (err)
        sa_block_drop(x, SA_UE, &client, NULL);
    return err;
}

/* The P-CSCF may have let go of an old set before we do, and then it uses the port again. The set
 * in use would lose its policies to the new one (TS 33.203 7.4.0: port_pc changes). */
static int make_room(struct ue *ue, struct why *why)
{
    const struct sec_mechanism *theirs = &ue->reg.sas.security.theirs;
    struct sa *a, *next;

    for (a = LIST_FIRST(&ue->reg.sas.list); a; a = next) {
        next = LIST_NEXT(a, entry);
        if (a->set.port_pc != theirs->port_c ||
            !addr_same_host(&a->set.pcscf, &ue->pdp.pcscf[ue->reg.pcscf]))
            continue;
        if (a->stage != STAGE_OLD)
            return why_set(why, EPROTO,
                           "the P-CSCF's port-c %u is that of the set in use: it must change",
                           (unsigned)theirs->port_c);
        let_go(a, "the P-CSCF gives its client port to another set");
    }
    return 0;
}

int sa_begin(struct ue *ue, const uint8_t ck[16], const uint8_t ik[16], struct why *why)
{
    bool tunnel = ue->reg.sas.security.theirs.mode == SEC_UDP_ENC_TUN;
    struct sa *a;
    int err = tunnel ? sa_nat_open(ue, why) : 0;

    if (!err)
        err = make_room(ue, why);
    if (err)
        return err;
    if (!tunnel)
        sa_nat_close(ue);
    a = xzalloc(sizeof *a);
    a->ue = ue;
    a->stage = STAGE_TEMPORARY;
    a->born_ms = loop_now_ms(ue->loop);
    fill(a, ck, ik);
    err = install(a, why);
    if (err) {
        sa_set_wipe(&a->set);
        free(a);
        return err;
    }
    LIST_INSERT_HEAD(&ue->reg.sas.list, a, entry);
    prefer_current(ue);
    live_until(a, a->born_ms + 1000ull * ue->conf->timers.reg_await_auth_s);
    say(a, "sa-installed", NULL);
    if (tunnel)
        sa_nat_keep_alive(ue);
    return 0;
}

/* Nothing can be under way on it longer than a transaction lasts. */
static void grow_old(struct sa *a)
{
    a->stage = STAGE_OLD;
    live_until(a, loop_now_ms(a->ue->loop) + a->ue->conf->timers.sip_t1x64_ms);
}

void sa_succeed(struct ue *ue, unsigned expires_s)
{
    struct sa *new = find(ue, STAGE_TEMPORARY), *a = find(ue, STAGE_ESTABLISHED);
    uint64_t now_ms = loop_now_ms(ue->loop), until_ms = now_ms + 1000ull * (expires_s + GRACE_S);
    struct why why;

    if (!new && !a)
        return;
    if (a && a->until_ms > until_ms)
        until_ms = a->until_ms; /* never decreased */
    if (new &&a)
        grow_old(a);
    if (!new)
        new = a;
    if (new->stage == STAGE_TEMPORARY) {
        new->stage = STAGE_ESTABLISHED;
        say(new, "sa-installed", NULL);
    }
    live_until(new, until_ms);
    new->set.hard_s = hard_s((until_ms - new->born_ms) / 1000);
    if (sa_set_extend(ue->reg.sas.xfrm, &new->set, &why) < 0)
        log_warn(ue->reg.call, "the kernel does not keep the security associations: %s", why.text);
}

void sa_abandon(struct ue *ue, const char *why)
{
    struct sa *a = find(ue, STAGE_TEMPORARY);

    if (a)
        let_go(a, why);
}

void sa_retire(struct ue *ue)
{
    struct sa *a;

    LIST_FOREACH(a, &ue->reg.sas.list, entry)
    if (a->stage != STAGE_OLD)
        grow_old(a);
}

void sa_clear(struct ue *ue, const char *why)
{
    struct sa *a;

    while ((a = LIST_FIRST(&ue->reg.sas.list)))
        let_go(a, why);
}

void sa_leave(struct ue *ue)
{
    sa_clear(ue, "the address is gone");
    sa_close_port(ue);
}

void sa_close(struct ue *ue)
{
    struct sas *s = &ue->reg.sas;

    sa_leave(ue);
    xfrm_close(s->xfrm);
    s->xfrm = NULL;
    s->looked = false;
}
