/* SPDX-License-Identifier: Apache-2.0 */
/* The start: three things may have happened to the sets that the file knows.
 *
 *   the process was killed             the kernel still has the SAs, and they are adopted
 *   it was stopped, or the namespace   they are made again: what leaves goes on after the numbers
 *   is a new one                       that were set aside, or the terminal's window would drop it;
 *                                      of what arrives, nothing up to the last number known is
 *                                      taken a second time
 *   the ports or addresses of          they are removed; the terminal registers again
 *   lab.yaml have changed
 *
 * and what the kernel has and the file does not know is removed (TS 33.203 has no word for it). */
#include <errno.h>
#include <string.h>

#include "sa_inner.h"
#include "sa_store.h"

struct tally {
    size_t adopted, restored, lost, unknown;
};

static void on_contact(void *arg, const struct contact *c, bool gone)
{
    struct sas *sas = arg;

    sa_store_contact(sas->store, sas, c, gone);
}

static bool is_own_port(const struct sa_config *c, uint16_t port)
{
    bool own = port == c->port_ps;

    for (size_t i = 0; i < c->port_pc_count; i++)
        own |= port == c->port_pc[i];
    return own;
}

static bool is_configured(const struct sas *sas, const struct sa_set *set)
{
    const struct sa_config *c = &sas->c;

    return set->port_pc != c->port_ps && is_own_port(c, set->port_pc) &&
           set->port_ps == c->port_ps &&
           (addr_same_host(&set->pcscf, &c->address) || addr_same_host(&set->pcscf, &c->address6));
}

static int put_back(struct sas *sas, struct sa *sa, struct tally *tally, struct why *why)
{
    struct sa_counters counters;
    int err;

    if (sa_set_counters(sas->c.xfrm, &sa->set, &counters) == SA_LEGS) {
        err = sa_set_policies(sas->c.xfrm, &sa->set, why);
        for (enum sa_leg leg = 0; leg < SA_LEGS && !err; leg++)
            sa_note_replay(sas, sa, leg, &counters.leg[leg].replay);
        tally->adopted += !err;
    } else {
        sa_set_remove(sas->c.xfrm, &sa->set, NULL); /* a part of it may be there */
        for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
            bool in = sa_leg_in(SA_PCSCF, leg);

            sa->set.replay[leg] = (struct esp_replay){.out = in ? 0 : sa->reserved[leg],
                                                      .in = in ? sa->reserved[leg] : 0,
                                                      .seen = in && sa->reserved[leg] ? ~0u : 0};
            if (!in)
                sa->reserved[leg] += SA_RESERVE;
        }
        sa->set.hard_s = SA_HARD_S;
        sa->installed_s = loop_wall_s(sas->c.loop);
        err = sa_set_install(sas->c.xfrm, &sa->set, NULL, why);
        tally->restored += !err;
    }
    return err ? err : sa_ports(sa, why);
}

static void restore_one(struct sas *sas, struct sa *sa, struct tally *tally)
{
    uint64_t now_ms = loop_now_ms(sas->c.loop);
    struct why why = {"its ports or addresses are not those of lab.yaml any more"};

    if (sa->until_ms <= now_ms || !is_configured(sas, &sa->set) ||
        put_back(sas, sa, tally, &why) < 0) {
        if (sa->until_ms > now_ms)
            log_warn(sa->call, "an SA set of %s is lost: %s", sa->impi, why.text);
        tally->lost++;
        sa_remove(sas, sa, sa->until_ms <= now_ms ? "expired" : "not-restored");
        return;
    }
    sa_until(sas, sa, sa->until_ms);
    if (sa->state == SA_ESTABLISHED)
        sa_prefer(sa);
    sa_log(sa, "sa-restored", NULL);
}

static bool is_known(void *arg, uint32_t spi, uint16_t port)
{
    struct sas *sas = arg;
    const struct sa *sa;

    if (port)
        return is_own_port(&sas->c, port);
    if (sa_by_id(sas, spi & ~1u))
        return true;
    for (size_t i = 0; i < SA_BUCKETS; i++) { /* a terminal's SPI: only at the start */
        LIST_FOREACH(sa, &sas->place[i], by_place)
        {
            if (sa->set.spi_uc == spi || sa->set.spi_us == spi)
                return true;
        }
    }
    return false;
}

static int remove_unknown(struct sas *sas, const struct addr *own, struct tally *tally,
                          struct why *why)
{
    int n = addr_is_set(own) ? sa_flush(sas->c.xfrm, SA_PCSCF, own, is_known, sas, why) : 0;

    if (n > 0)
        tally->unknown += n;
    return n < 0 ? n : 0;
}

static void restore_all(struct sas *sas, struct tally *tally)
{
    for (size_t i = 0; i < SA_BUCKETS; i++) {
        struct sa *sa, *next;

        for (sa = LIST_FIRST(&sas->place[i]); sa; sa = next) {
            next = LIST_NEXT(sa, by_place);
            restore_one(sas, sa, tally);
        }
    }
}

int sa_restore(struct sas *sas, struct why *why)
{
    struct tally tally = {0};
    int err = sas->c.file ? sa_store_open(&sas->store, sas->c.file, why) : 0;

    if (err)
        return err;
    if (sas->store) {
        struct sa_store *store = sas->store;

        sa_store_load(store, sas);
        sas->store = NULL; /* one new file afterwards, not a line for each */
        restore_all(sas, &tally);
        sas->store = store;
        sa_store_rewrite(sas->store, sas);
    }
    err = remove_unknown(sas, &sas->c.address, &tally, why);
    if (!err)
        err = remove_unknown(sas, &sas->c.address6, &tally, why);
    if (tally.adopted + tally.restored + tally.lost + tally.unknown)
        log_info(NULL,
                 "SA sets: %zu taken over from the kernel, %zu made again, %zu lost; %zu SAs and "
                 "policies of nobody removed",
                 tally.adopted, tally.restored, tally.lost, tally.unknown);
    if (sas->store && sas->c.contacts)
        contact_watch(sas->c.contacts, on_contact, sas);
    return err;
}

/* ---- the end ---- */

static void on_exact(void *arg, const struct esp_state *state)
{
    struct sas *sas = arg;
    enum sa_leg leg = sa_leg_of(state->reqid);
    struct sa *sa = sa_owner(sas, &state->dst, state->spi, leg);

    if (sa)
        sa->reserved[leg] = sa_leg_in(SA_PCSCF, leg) ? state->replay.in : state->replay.out;
}

void sa_save(struct sas *sas)
{
    if (!sas->store)
        return;
    if (sas->c.contacts)
        contact_watch(sas->c.contacts, NULL, NULL);
    sa_each(sas->c.xfrm, SA_PCSCF, on_exact, sas);
    sa_store_rewrite(sas->store, sas);
    sa_store_close(sas->store);
    sas->store = NULL;
}
