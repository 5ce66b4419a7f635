/* SPDX-License-Identifier: Apache-2.0 */
/* The reqid says whose and which leg, the SPI in the policy's template says which SA: a packet that
 * came through another set, or another terminal's, fails its policy. */
#include "sa_set.h"

#include <errno.h>
#include <stdlib.h>

#include "sa_keys.h"
#include "xalloc.h"

/* The lowest number wins: first the sets, then the blocks. */
enum { PRIORITY_SET = 100, PRIORITY_BLOCK = 900 };

enum { REQID_UE = 0x49550000, REQID_PCSCF = 0x49500000, REQID_BLOCK = 0x10, REQID_LAST = 0xff };

static uint32_t reqid_base(enum sa_role role)
{
    return role == SA_UE ? REQID_UE : REQID_PCSCF;
}

bool sa_is_ours(enum sa_role role, uint32_t reqid)
{
    return reqid >= reqid_base(role) && reqid <= reqid_base(role) + REQID_LAST;
}

enum sa_leg sa_leg_of(uint32_t reqid)
{
    return reqid % SA_LEGS;
}

uint32_t sa_set_spi(const struct sa_set *set, enum sa_leg leg)
{
    switch (leg) {
    case SA_UC_PS: return set->spi_ps;
    case SA_PS_UC: return set->spi_uc;
    case SA_PC_US: return set->spi_us;
    default: return set->spi_pc;
    }
}

static bool to_pcscf(enum sa_leg leg)
{
    return leg == SA_UC_PS || leg == SA_US_PC;
}

bool sa_leg_in(enum sa_role role, enum sa_leg leg)
{
    return to_pcscf(leg) == (role == SA_PCSCF);
}

void sa_set_wipe(struct sa_set *set)
{
    wipe(set->ck, sizeof set->ck);
    wipe(set->ik, sizeof set->ik);
}

/* ---- one leg ---- */

static struct esp_sa make_sa(const struct sa_set *set, enum sa_leg leg, const struct esp_key *auth,
                             const struct esp_key *crypt)
{
    bool tunnel = set->mode == SEC_UDP_ENC_TUN;
    const struct addr *ue = tunnel ? &set->ue_end : &set->ue;
    const struct addr *pcscf = tunnel ? &set->pcscf_end : &set->pcscf;
    const struct addr *src = to_pcscf(leg) ? ue : pcscf, *dst = to_pcscf(leg) ? pcscf : ue;

    return (struct esp_sa){.src = *src,
                           .dst = *dst,
                           .spi = sa_set_spi(set, leg),
                           .reqid = reqid_base(set->role) | leg,
                           .tunnel = tunnel,
                           .auth = *auth,
                           .crypt = *crypt,
                           .encap_src = tunnel ? addr_port(src) : 0,
                           .encap_dst = tunnel ? addr_port(dst) : 0,
                           .hard_s = set->hard_s,
                           .replay = set->replay[leg],
                           .tell_every = set->tell_every};
}

static struct esp_policy make_policy(const struct sa_set *set, enum sa_leg leg)
{
    struct esp_policy p = {.in = sa_leg_in(set->role, leg),
                           .src = to_pcscf(leg) ? set->ue : set->pcscf,
                           .dst = to_pcscf(leg) ? set->pcscf : set->ue,
                           .priority = PRIORITY_SET,
                           .reqid = reqid_base(set->role) | leg,
                           .spi = sa_set_spi(set, leg),
                           .tunnel = set->mode == SEC_UDP_ENC_TUN};

    switch (leg) {
    case SA_UC_PS: p.sport = set->port_uc, p.dport = set->port_ps; break;
    case SA_PS_UC: p.sport = set->port_ps, p.dport = set->port_uc; break;
    case SA_PC_US: p.sport = set->port_pc, p.dport = set->port_us; break;
    default: p.sport = set->port_us, p.dport = set->port_pc; break;
    }
    if (p.tunnel) {
        p.tunnel_src = to_pcscf(leg) ? set->ue_end : set->pcscf_end;
        p.tunnel_dst = to_pcscf(leg) ? set->pcscf_end : set->ue_end;
    }
    return p;
}

static void each_sa(struct xfrm *x, const struct sa_set *set,
                    void (*put)(struct xfrm *, const struct esp_sa *))
{
    struct esp_key auth, crypt;
    struct esp_sa sa;

    sa_keys(set->pair, set->ck, set->ik, &auth, &crypt);
    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
        sa = make_sa(set, leg, &auth, &crypt);
        put(x, &sa);
        wipe(&sa, sizeof sa);
    }
    wipe(&auth, sizeof auth);
    wipe(&crypt, sizeof crypt);
}

static void each_policy(struct xfrm *x, const struct sa_set *set,
                        void (*put)(struct xfrm *, const struct esp_policy *))
{
    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
        struct esp_policy p = make_policy(set, leg);

        put(x, &p);
    }
}

static void drop_sas(struct xfrm *x, const struct sa_set *set, uint32_t except)
{
    static const struct esp_key none;

    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
        struct esp_sa sa = make_sa(set, leg, &none, &none);

        if (!(except & 1u << leg))
            xfrm_drop_sa(x, &sa.dst, sa.spi);
    }
}

/* ---- a set ---- */

int sa_set_install(struct xfrm *x, const struct sa_set *set, enum sa_leg *leg, struct why *why)
{
    uint32_t failed;
    int err;

    xfrm_begin(x);
    each_sa(x, set, xfrm_put_sa);
    each_policy(x, set, xfrm_put_policy);
    err = xfrm_commit(x, &failed, why);
    if (err == 0)
        return 0;
    if (leg)
        *leg = failed & 1        ? SA_UC_PS
               : failed & 1 << 1 ? SA_PS_UC
               : failed & 1 << 2 ? SA_PC_US
                                 : SA_US_PC;
    xfrm_begin(x);
    each_policy(x, set, xfrm_drop_policy);
    drop_sas(x, set, failed); /* what could not be made may be somebody else's */
    xfrm_commit(x, NULL, NULL);
    return err;
}

int sa_set_remove(struct xfrm *x, const struct sa_set *set, struct why *why)
{
    xfrm_begin(x);
    each_policy(x, set, xfrm_drop_policy); /* first: a policy without its SA asks for one */
    drop_sas(x, set, 0);
    return xfrm_commit(x, NULL, why);
}

int sa_set_extend(struct xfrm *x, const struct sa_set *set, struct why *why)
{
    xfrm_begin(x);
    each_sa(x, set, xfrm_keep_sa);
    return xfrm_commit(x, NULL, why);
}

int sa_set_policies(struct xfrm *x, const struct sa_set *set, struct why *why)
{
    xfrm_begin(x);
    each_policy(x, set, xfrm_put_policy);
    return xfrm_commit(x, NULL, why);
}

size_t sa_set_counters(struct xfrm *x, const struct sa_set *set, struct sa_counters *out)
{
    static const struct esp_key none;
    size_t there = 0;

    *out = (struct sa_counters){0};
    for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
        struct esp_sa sa = make_sa(set, leg, &none, &none);

        out->there[leg] =
            xfrm_get(x, &sa.dst, sa.spi, &out->leg[leg]) == 0 && out->leg[leg].reqid == sa.reqid;
        there += out->there[leg];
    }
    return there;
}

/* ---- the blocks ---- */

static int block(struct xfrm *x, enum sa_role role, const struct addr *local,
                 void (*put)(struct xfrm *, const struct esp_policy *), struct why *why)
{
    struct esp_policy in = {.in = true,
                            .block = true,
                            .dst = *local,
                            .dport = addr_port(local),
                            .priority = PRIORITY_BLOCK,
                            .reqid = reqid_base(role) | REQID_BLOCK};
    struct esp_policy out = {.block = true,
                             .src = *local,
                             .sport = addr_port(local),
                             .priority = PRIORITY_BLOCK,
                             .reqid = reqid_base(role) | REQID_BLOCK};

    xfrm_begin(x);
    put(x, &in);
    put(x, &out);
    return xfrm_commit(x, NULL, why);
}

int sa_block_put(struct xfrm *x, enum sa_role role, const struct addr *local, struct why *why)
{
    return block(x, role, local, xfrm_put_policy, why);
}

int sa_block_drop(struct xfrm *x, enum sa_role role, const struct addr *local, struct why *why)
{
    return block(x, role, local, xfrm_drop_policy, why);
}

/* ---- what is left over ---- */

int sa_each(struct xfrm *x, enum sa_role role, xfrm_sa_fn *fn, void *arg)
{
    return xfrm_each_sa(x, reqid_base(role), reqid_base(role) + REQID_LAST, fn, arg);
}

struct doomed { /* collected first: the kernel's list must not change under the question */
    const struct addr *local;
    sa_keep_fn *keep;
    void *arg;
    struct esp_policy *policy;
    struct esp_state *state;
    size_t policies, states;
};

static void grow(void **list, size_t count, size_t size)
{
    void *more;

    if (count & (count - 1))
        return; /* doubles at every power of two */
    more = realloc(*list, (count ? count * 2 : 1) * size);
    if (!more)
        abort();
    *list = more;
}

static void doom_policy(void *arg, const struct esp_policy *p)
{
    struct doomed *d = arg;
    uint32_t spi = p->block ? 0 : p->spi;
    uint16_t port = !p->block ? 0 : p->in ? p->dport : p->sport;

    if (!addr_same_host(p->in ? &p->dst : &p->src, d->local) ||
        (d->keep && d->keep(d->arg, spi, port)))
        return;
    grow((void **)&d->policy, d->policies, sizeof *d->policy);
    d->policy[d->policies++] = *p;
}

static void doom_sa(void *arg, const struct esp_state *s)
{
    struct doomed *d = arg;

    if ((!addr_same_host(&s->src, d->local) && !addr_same_host(&s->dst, d->local)) ||
        (d->keep && d->keep(d->arg, s->spi, 0)))
        return;
    grow((void **)&d->state, d->states, sizeof *d->state);
    d->state[d->states++] = *s;
}

static int drop_doomed(struct xfrm *x, const struct doomed *d, struct why *why)
{
    size_t total = d->policies + d->states, collected = 0;
    int err = 0;

    xfrm_begin(x);
    for (size_t i = 0; i < total && !err; i++) {
        if (i < d->policies)
            xfrm_drop_policy(x, &d->policy[i]);
        else
            xfrm_drop_sa(x, &d->state[i - d->policies].dst, d->state[i - d->policies].spi);
        if (++collected % XFRM_CHANGES == 0 || i + 1 == total) {
            err = xfrm_commit(x, NULL, why);
            xfrm_begin(x);
        }
    }
    return err ? err : (int)total;
}

int sa_flush(struct xfrm *x, enum sa_role role, const struct addr *local, sa_keep_fn *keep,
             void *arg, struct why *why)
{
    struct doomed d = {.local = local, .keep = keep, .arg = arg};
    uint32_t first = reqid_base(role), last = first + REQID_LAST;
    int err = xfrm_each_policy(x, first, last, doom_policy, &d);

    if (!err)
        err = xfrm_each_sa(x, first, last, doom_sa, &d);
    if (err)
        why_set(why, -err, "cannot list the kernel's SAs: %s", why_not(err));
    else
        err = drop_doomed(x, &d, why);
    free(d.policy);
    free(d.state);
    return err;
}
