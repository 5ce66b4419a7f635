/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a set's life, in the order of time (TS 33.203 7.4.2a). Which set an answer leaves by
 * is the port shim's matter: the one that its request came over. */
#include "sa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sa_inner.h"
#include "sa_store.h"
#include "sip_protect.h"
#include "xalloc.h"

enum { SPI_TRIES = 8, LONGEST_TIMER_MS = 1 << 30, A_DAY_S = 86400 };

/* The steps. */
static struct sa *make(struct sas *sas, const struct sa_ask *ask, struct sec_pair pair,
                       const uint8_t ck[16], const uint8_t ik[16]);
static int make_room(struct sas *sas, const struct sa_ask *ask, struct why *why);
static int install(struct sas *sas, struct sa *sa, struct why *why);
static void establish(struct sas *sas, struct sa *sa);
static void keep_on(struct sas *sas, struct sa *sa, uint32_t expires_s);
static void grow_old(struct sas *sas, struct sa *sa, bool retired);
static void on_end(void *arg);

/* ---- one set ---- */

static struct sip_protection protection(const struct sa *sa)
{
    const struct sa_set *set = &sa->set;

    return (struct sip_protection){.local = set->pcscf,
                                   .peer = set->ue,
                                   .local_c = set->port_pc,
                                   .local_s = set->port_ps,
                                   .peer_c = set->port_uc,
                                   .peer_s = set->port_us,
                                   .spi_local_c = set->spi_pc,
                                   .spi_local_s = set->spi_ps,
                                   .spi_peer_c = set->spi_uc,
                                   .spi_peer_s = set->spi_us};
}

int sa_ports(const struct sa *sa, struct why *why)
{
    struct sip_protection p = protection(sa);

    return sip_protect_add(&p, why);
}

void sa_prefer(struct sa *sa)
{
    struct sip_protection p = protection(sa);

    if (!sa->preferred)
        sip_protect_prefer(&p);
    sa->preferred = true;
}

const char *sa_state_name(enum sa_state state)
{
    static const char *const names[] = {"temporary", "established", "old"};

    return names[state];
}

void sa_log(const struct sa *sa, const char *event, const char *why)
{
    const struct sa_set *set = &sa->set;
    char ue[ADDR_TEXT], spi[4][16], port[4][24];

    snprintf(spi[0], sizeof spi[0], "0x%08x", set->spi_uc);
    snprintf(spi[1], sizeof spi[1], "0x%08x", set->spi_us);
    snprintf(spi[2], sizeof spi[2], "0x%08x", set->spi_pc);
    snprintf(spi[3], sizeof spi[3], "0x%08x", set->spi_ps);
    log_arrow(sa->call, "==", NULL, event, "set", sa_state_name(sa->state), "why", why, "impi",
              sa->impi, "ue", addr_host(&set->ue, ue), "spi_uc", spi[0], "spi_us", spi[1], "spi_pc",
              spi[2], "spi_ps", spi[3], "port_uc", log_number(set->port_uc, port[0]), "port_us",
              log_number(set->port_us, port[1]), "port_pc", log_number(set->port_pc, port[2]),
              "port_ps", log_number(set->port_ps, port[3]), "alg", sec_alg_name(set->pair.alg),
              "ealg", sec_ealg_name(set->pair.ealg), "mode", sec_mode_name(set->mode), NULL);
}

void sa_free(struct sa *sa)
{
    loop_cancel(&sa->end);
    free(sa->texts[0]);
    free(sa->texts[1]);
    wipe(sa, sizeof *sa);
    free(sa);
}

void sa_forget(struct sas *sas, struct sa *sa)
{
    struct sip_protection p = protection(sa);

    sip_protect_remove(&p);
    sa_table_take(sas, sa);
    sa_free(sa);
}

void sa_remove(struct sas *sas, struct sa *sa, const char *reason)
{
    struct why why;

    if (sa_set_remove(sas->c.xfrm, &sa->set, &why) < 0)
        log_warn(sa->call, "%s", why.text);
    if (sa->state != SA_TEMPORARY)
        sa_store_gone(sas->store, sas, sa);
    sa_log(sa, "sa-removed", reason);
    sa_forget(sas, sa);
}

static void arm(struct sas *sas, struct sa *sa)
{
    uint64_t now_ms = loop_now_ms(sas->c.loop);
    uint64_t left_ms = sa->until_ms > now_ms ? sa->until_ms - now_ms : 0;

    loop_cancel(&sa->end);
    sa->end = loop_after(sas->c.loop, left_ms < LONGEST_TIMER_MS ? left_ms : LONGEST_TIMER_MS,
                         on_end, sa);
}

void sa_until(struct sas *sas, struct sa *sa, uint64_t until_ms)
{
    sa->until_ms = until_ms;
    arm(sas, sa);
}

static void on_end(void *arg)
{
    struct sa *sa = arg;
    struct sas *sas = sa->sas;

    sa->end = NULL;
    if (loop_now_ms(sas->c.loop) < sa->until_ms)
        arm(sas, sa);
    else
        sa_remove(sas, sa, sa->state == SA_OLD ? "grace-over" : "expired");
}

/* ---- SM6: the challenge ---- */

struct sa *sa_challenge(struct sas *sas, const struct sa_ask *ask, struct sec_pair pair,
                        const uint8_t ck[16], const uint8_t ik[16], struct why *why)
{
    struct sa *sa;

    if (sa_check(sas, ask, why) < 0 || make_room(sas, ask, why) < 0)
        return NULL;
    sa = make(sas, ask, pair, ck, ik);
    if (install(sas, sa, why) < 0) {
        sa_free(sa);
        return NULL;
    }
    if (sa_ports(sa, why) < 0) {
        sa_set_remove(sas->c.xfrm, &sa->set, NULL);
        sa_free(sa);
        return NULL;
    }
    sa_table_add(sas, sa);
    sa_until(sas, sa, sa->born_ms + (uint64_t)sas->c.reg_await_auth_s * 1000);
    sa_log(sa, "sa-installed", NULL);
    return sa;
}

/* The subscriber's oldest set of those that only wait for their end. */
static struct sa *oldest(struct sas *sas, const struct sa_ask *ask)
{
    struct sa *sa, *found = NULL;

    LIST_FOREACH(sa, sa_under(sas, ask->impi), by_impi)
    {
        if (sa->state == SA_OLD && sa != ask->over && strcmp(sa->impi, ask->impi) == 0 &&
            (!found || sa->born_ms <= found->born_ms))
            found = sa;
    }
    return found;
}

static size_t sets_of(struct sas *sas, const char *impi)
{
    const struct sa *sa;
    size_t n = 0;

    LIST_FOREACH(sa, sa_under(sas, impi), by_impi)
    n += strcmp(sa->impi, impi) == 0;
    return n;
}

static int make_room(struct sas *sas, const struct sa_ask *ask, struct why *why)
{
    struct sa *sa, *next;

    for (sa = LIST_FIRST(sa_under(sas, ask->impi)); sa; sa = next) {
        next = LIST_NEXT(sa, by_impi);
        if (sa_in_the_way(sa, ask))
            sa_remove(sas, sa, "new-challenge");
    }
    while ((sets_of(sas, ask->impi) >= SA_SETS_OF_IMPI || !sa_client_port(sas, ask)) &&
           (sa = oldest(sas, ask)))
        sa_remove(sas, sa, "room");
    if (sa_client_port(sas, ask))
        return 0;
    return why_set(why, EADDRNOTAVAIL, "every client port towards this terminal is in use");
}

static struct sa *make(struct sas *sas, const struct sa_ask *ask, struct sec_pair pair,
                       const uint8_t ck[16], const uint8_t ik[16])
{
    struct sa *sa = xzalloc(sizeof *sa);
    struct sa_set *set = &sa->set;

    *set = (struct sa_set){.role = SA_PCSCF,
                           .ue = addr_with_port(ask->ue, 0),
                           .pcscf = addr_with_port(ask->pcscf, 0),
                           .port_uc = ask->port_c,
                           .port_us = ask->port_s,
                           .port_pc = sa_client_port(sas, ask),
                           .port_ps = sas->c.port_ps,
                           .spi_uc = ask->spi_c,
                           .spi_us = ask->spi_s,
                           .pair = pair,
                           .mode = ask->mode,
                           .ue_end = addr_with_port(ask->ue, SA_ENCAP_PORT),
                           .pcscf_end = addr_with_port(ask->pcscf, SA_ENCAP_PORT),
                           .hard_s = SA_HARD_S,
                           .tell_every = SA_TELL_EVERY};
    if (ask->over)
        set->ue_end = ask->over->set.ue_end; /* the same way through the NAT */
    memcpy(set->ck, ck, sizeof set->ck);
    memcpy(set->ik, ik, sizeof set->ik);
    snprintf(sa->impi, sizeof sa->impi, "%s", ask->impi);
    snprintf(sa->call, sizeof sa->call, "%s", ask->call);
    sa->sas = sas;
    sa->state = SA_TEMPORARY;
    sa->over = ask->over ? sa_id(ask->over) : 0;
    sa->born_ms = loop_now_ms(sas->c.loop);
    sa->installed_s = loop_wall_s(sas->c.loop);
    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++)
        sa->reserved[leg] = sa_leg_in(SA_PCSCF, leg) ? 0 : SA_RESERVE;
    return sa;
}

static int install(struct sas *sas, struct sa *sa, struct why *why)
{
    enum sa_leg leg = SA_UC_PS;
    int err = -EEXIST;

    for (int i = 0; i < SPI_TRIES && err == -EEXIST && sa_leg_in(SA_PCSCF, leg); i++) {
        sa_new_spis(sas, &sa->set);
        err = sa_set_install(sas->c.xfrm, &sa->set, &leg, why);
    }
    if (err == -EEXIST && !sa_leg_in(SA_PCSCF, leg))
        why_set(why, EADDRINUSE, "an SPI of the terminal is in use already");
    return err;
}

void sa_remember(struct sas *sas, struct sa *sa, const char *client, const char *server)
{
    free(sa->texts[0]);
    free(sa->texts[1]);
    sa->client = sa->texts[0] = xstrdup(client);
    sa->server = sa->texts[1] = xstrdup(server);
    if (sa->state != SA_TEMPORARY)
        sa_store_set(sas->store, sas, sa);
}

/* ---- SM12: the answer ---- */

void sa_succeed(struct sas *sas, struct sa *sa, uint32_t expires_s)
{
    struct sa *established = sa_of_impi(sas, sa->impi);

    if (sa->state == SA_OLD && established)
        sa = established; /* asked over the old set, and not challenged */
    if (sa->state == SA_TEMPORARY)
        establish(sas, sa);
    else if (sa->state == SA_OLD)
        sa_set_state(sas, sa, SA_ESTABLISHED);
    sa->retired = false;
    keep_on(sas, sa, expires_s);
    sa_store_set(sas->store, sas, sa);
}

static void establish(struct sas *sas, struct sa *sa)
{
    struct sa *other, *next;

    sa_set_state(sas, sa, SA_ESTABLISHED);
    if (sa->over == 0)
        sa_prefer(sa); /* else when the terminal is heard on it */
    sa_log(sa, "sa-established", NULL);
    for (other = LIST_FIRST(sa_under(sas, sa->impi)); other; other = next) {
        next = LIST_NEXT(other, by_impi);
        if (other == sa || strcmp(other->impi, sa->impi) != 0)
            continue;
        if (other->state == SA_ESTABLISHED && other->until_ms > sa->until_ms)
            sa->until_ms = other->until_ms; /* never decreased */
        if (sa->over != 0 && sa_id(other) == sa->over)
            grow_old(sas, other, false);
        else
            sa_remove(sas, other, "replaced");
    }
}

/* Life time by the registration; the kernel's own when it would come first. */
static void keep_on(struct sas *sas, struct sa *sa, uint32_t expires_s)
{
    uint64_t left_ms = ((uint64_t)expires_s + sas->c.margin_s) * 1000;
    uint64_t until_ms = loop_now_ms(sas->c.loop) + left_ms;
    int64_t end_s = loop_wall_s(sas->c.loop) + (int64_t)(left_ms / 1000) - sa->installed_s;
    struct why why;

    sa_until(sas, sa, until_ms > sa->until_ms ? until_ms : sa->until_ms);
    if (end_s + A_DAY_S < sa->set.hard_s || sa->set.hard_s == 0)
        return;
    sa->set.hard_s = end_s + SA_HARD_S < UINT32_MAX ? end_s + SA_HARD_S : 0;
    if (sa_set_extend(sas->c.xfrm, &sa->set, &why) < 0)
        log_warn(sa->call, "%s", why.text);
}

static void grow_old(struct sas *sas, struct sa *sa, bool retired)
{
    uint64_t end_ms = loop_now_ms(sas->c.loop) + sas->c.grace_ms;
    bool kept = sa->state != SA_TEMPORARY;

    sa_set_state(sas, sa, SA_OLD);
    sa->retired = retired;
    sa_until(sas, sa, end_ms < sa->until_ms ? end_ms : sa->until_ms);
    if (kept)
        sa_store_set(sas->store, sas, sa);
}

/* ---- the other ends ---- */

void sa_fail(struct sas *sas, struct sa *sa, const char *why)
{
    if (sa->state != SA_TEMPORARY)
        return;
    sa_log(sa, "sa-refused", why);
    grow_old(sas, sa, true);
}

void sa_abort(struct sas *sas, const char *impi, const char *why)
{
    struct sa *sa, *next;

    for (sa = LIST_FIRST(sa_under(sas, impi)); sa; sa = next) {
        next = LIST_NEXT(sa, by_impi);
        if (sa->state == SA_TEMPORARY && strcmp(sa->impi, impi) == 0)
            sa_remove(sas, sa, why);
    }
}

void sa_retire(struct sas *sas, const char *impi, const char *why)
{
    struct sa *sa;

    LIST_FOREACH(sa, sa_under(sas, impi), by_impi)
    {
        if (strcmp(sa->impi, impi) != 0 || sa->state == SA_TEMPORARY)
            continue;
        if (sa->state == SA_ESTABLISHED)
            sa_log(sa, "sa-retired", why);
        grow_old(sas, sa, true);
    }
}
