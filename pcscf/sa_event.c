/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tells: that sequence numbers have gone on, and which port the NAT in front of a
 * terminal uses now (Annex M.7.2, port_Uenc). */
#include <errno.h>

#include "sa_inner.h"
#include "sa_store.h"

static void on_readable(void *arg, int fd, unsigned what)
{
    (void)fd;
    (void)what;
    sa_hear(arg);
}

int sa_listen(struct sas *sas, struct why *why)
{
    int fd = xfrm_listen(sas->c.xfrm, why);

    if (fd < 0)
        return fd;
    sas->watch = loop_watch(sas->c.loop, fd, LOOP_READ, on_readable, sas);
    return 0;
}

/* The SPI of what arrives is ours alone; that of what leaves is one terminal's. */
struct sa *sa_owner(struct sas *sas, const struct addr *dst, uint32_t spi, enum sa_leg leg)
{
    struct sa *sa;

    if (sa_leg_in(SA_PCSCF, leg))
        return sa_by_id(sas, spi & ~1u);
    LIST_FOREACH(sa, sa_at(sas, dst), by_place)
    {
        if (sa_set_spi(&sa->set, leg) == spi && addr_same_host(&sa->set.ue, dst))
            return sa;
    }
    return NULL;
}

void sa_note_replay(struct sas *sas, struct sa *sa, enum sa_leg leg,
                    const struct esp_replay *replay)
{
    uint32_t *known = &sa->reserved[leg];

    if (sa_leg_in(SA_PCSCF, leg)) {
        if (replay->in < *known + SA_TELL_EVERY)
            return;
        *known = replay->in;
    } else {
        if (replay->out + SA_RESERVE / 2 < *known)
            return;
        *known = replay->out + SA_RESERVE;
    }
    if (sa->state != SA_TEMPORARY)
        sa_store_numbers(sas->store, sas, sa);
}

static void on_mapping(struct sas *sas, struct sa *sa, const struct addr *from)
{
    char text[ADDR_TEXT], was[ADDR_TEXT];
    struct why why;

    if (sa->set.mode != SEC_UDP_ENC_TUN || addr_same(&sa->set.ue_end, from))
        return;
    if (!addr_same_host(&sa->set.ue_end, from)) {
        log_warn(sa->call, "ESP of %s comes from %s now: the terminal must register again",
                 addr_text(&sa->set.ue_end, was), addr_text(from, text));
        return;
    }
    sa->set.ue_end = *from;
    log_arrow(sa->call, "==", NULL, "sa-mapping", "impi", sa->impi, "from", addr_text(from, text),
              NULL);
    if (sa_set_extend(sas->c.xfrm, &sa->set, &why) < 0)
        log_warn(sa->call, "%s", why.text);
    if (sa->state != SA_TEMPORARY)
        sa_store_set(sas->store, sas, sa);
}

static void on_numbers(void *arg, const struct esp_state *state)
{
    struct sas *sas = arg;
    enum sa_leg leg = sa_leg_of(state->reqid);
    struct sa *sa = sa_owner(sas, &state->dst, state->spi, leg);

    if (sa)
        sa_note_replay(sas, sa, leg, &state->replay);
}

static void on_event(void *arg, const struct xfrm_event *event)
{
    struct sas *sas = arg;
    enum sa_leg leg = sa_leg_of(event->reqid);
    struct sa *sa;

    if (event->kind == XFRM_TOLD_LOST) {
        log_warn(NULL, "the kernel told more about IPsec than could be kept: asking it");
        sa_each(sas->c.xfrm, SA_PCSCF, on_numbers, sas);
        return;
    }
    sa = sa_is_ours(SA_PCSCF, event->reqid) ? sa_owner(sas, &event->dst, event->spi, leg) : NULL;
    if (sa && event->kind == XFRM_TOLD_REPLAY)
        sa_note_replay(sas, sa, leg, &event->replay);
    else if (sa)
        on_mapping(sas, sa, &event->from);
}

void sa_hear(struct sas *sas)
{
    xfrm_hear(sas->c.xfrm, on_event, sas);
}
