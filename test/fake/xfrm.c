/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"
#include "xfrm_fake.h"

#define MAX_SAS 4096

struct change {
    enum { PUT_SA, KEEP_SA, DROP_SA, PUT_POLICY, DROP_POLICY } what;
    struct esp_sa sa;
    struct esp_policy policy;
};

struct fake_sa {
    struct esp_sa sa;
    uint64_t packets;
    uint32_t bad;
};

static struct {
    struct fake_sa sa[MAX_SAS];
    struct esp_policy policy[2 * MAX_SAS];
    size_t sas, policies;
    bool lacks[ESP_ALGOS];
    int refuse;
    bool encap, deaf;
    unsigned keepalives;
} kernel;

struct xfrm {
    struct change change[XFRM_CHANGES];
    size_t changes;
    struct xfrm_event event[16];
    size_t events;
};

void fake_xfrm_reset(void)
{
    memset(&kernel, 0, sizeof kernel);
}

void fake_xfrm_lacks(enum esp_algo algo)
{
    kernel.lacks[algo] = true;
}

void fake_xfrm_refuse(int err)
{
    kernel.refuse = err;
}

size_t fake_xfrm_sas(void)
{
    return kernel.sas;
}

size_t fake_xfrm_policies(void)
{
    return kernel.policies;
}

size_t fake_xfrm_blocks(void)
{
    size_t n = 0;

    for (size_t i = 0; i < kernel.policies; i++)
        n += kernel.policy[i].block;
    return n;
}

const struct esp_policy *fake_xfrm_policy(size_t number)
{
    assert_true(number < kernel.policies);
    return &kernel.policy[number];
}

static struct fake_sa *by_spi(uint32_t spi)
{
    for (size_t i = 0; i < kernel.sas; i++)
        if (kernel.sa[i].sa.spi == spi)
            return &kernel.sa[i];
    return NULL;
}

const struct esp_sa *fake_xfrm_sa(uint32_t spi)
{
    struct fake_sa *found = by_spi(spi);

    return found ? &found->sa : NULL;
}

void fake_xfrm_count(uint32_t spi, uint64_t packets, uint32_t bad)
{
    struct fake_sa *found = by_spi(spi);

    assert_non_null(found);
    found->packets = packets;
    found->bad = bad;
}

void fake_xfrm_numbers(uint32_t spi, uint32_t out, uint32_t in)
{
    struct fake_sa *found = by_spi(spi);

    assert_non_null(found);
    found->sa.replay.out = out;
    found->sa.replay.in = in;
}

void fake_xfrm_encap(void)
{
    kernel.encap = true;
}

unsigned fake_xfrm_keepalives(void)
{
    return kernel.keepalives;
}

void fake_xfrm_deaf(bool deaf)
{
    kernel.deaf = deaf;
}

void fake_xfrm_tell(struct xfrm *x, const struct xfrm_event *event)
{
    assert_true(x->events < COUNT(x->event));
    x->event[x->events++] = *event;
}

/* ---- xfrm.h ---- */

int xfrm_open(struct xfrm **x, struct why *why)
{
    (void)why;
    *x = xzalloc(sizeof **x);
    return 0;
}

void xfrm_close(struct xfrm *x)
{
    if (x)
        wipe(x, sizeof *x);
    free(x);
}

void xfrm_probe(struct xfrm *x, struct esp_ability *able)
{
    (void)x;
    memset(able, 0, sizeof *able);
    able->esp4 = able->esp6 = !kernel.lacks[ESP_NOTHING];
    if (!able->esp4)
        snprintf(able->esp_why, sizeof able->esp_why, "this kernel has no ESP");
    for (enum esp_algo a = 1; a < ESP_ALGOS; a++) {
        able->algo[a] = able->esp4 && !kernel.lacks[a];
        if (!able->algo[a])
            snprintf(able->why[a], sizeof able->why[a], "this kernel has no algorithm %d", a);
    }
}

void xfrm_begin(struct xfrm *x)
{
    wipe(x->change, sizeof x->change);
    x->changes = 0;
}

static struct change *collect(struct xfrm *x, int what)
{
    assert_true(x->changes < COUNT(x->change));
    x->change[x->changes].what = what;
    return &x->change[x->changes++];
}

void xfrm_put_sa(struct xfrm *x, const struct esp_sa *sa)
{
    assert_true(sa->spi >= 256);
    collect(x, PUT_SA)->sa = *sa;
}

void xfrm_keep_sa(struct xfrm *x, const struct esp_sa *sa)
{
    collect(x, KEEP_SA)->sa = *sa;
}

void xfrm_drop_sa(struct xfrm *x, const struct addr *dst, uint32_t spi)
{
    collect(x, DROP_SA)->sa = (struct esp_sa){.dst = *dst, .spi = spi};
}

void xfrm_put_policy(struct xfrm *x, const struct esp_policy *p)
{
    assert_true(p->reqid != 0);
    collect(x, PUT_POLICY)->policy = *p;
}

void xfrm_drop_policy(struct xfrm *x, const struct esp_policy *p)
{
    collect(x, DROP_POLICY)->policy = *p;
}

static struct fake_sa *find_sa(const struct addr *dst, uint32_t spi)
{
    for (size_t i = 0; i < kernel.sas; i++)
        if (kernel.sa[i].sa.spi == spi && addr_same_host(&kernel.sa[i].sa.dst, dst))
            return &kernel.sa[i];
    return NULL;
}

static bool same_host(const struct addr *a, const struct addr *b)
{
    return addr_is_set(a) == addr_is_set(b) && (!addr_is_set(a) || addr_same_host(a, b));
}

static struct esp_policy *find_policy(const struct esp_policy *p)
{
    for (size_t i = 0; i < kernel.policies; i++) {
        struct esp_policy *k = &kernel.policy[i];

        if (k->in == p->in && k->sport == p->sport && k->dport == p->dport &&
            k->priority == p->priority && same_host(&k->src, &p->src) &&
            same_host(&k->dst, &p->dst))
            return k;
    }
    return NULL;
}

static bool may_be(const struct esp_sa *sa)
{
    return !kernel.lacks[ESP_NOTHING] && !kernel.lacks[sa->crypt.algo] &&
           (sa->auth.algo == ESP_NOTHING || !kernel.lacks[sa->auth.algo]);
}

static int change_sa(const struct change *c)
{
    struct fake_sa *k = find_sa(&c->sa.dst, c->sa.spi);

    if (c->what == DROP_SA) {
        if (k)
            *k = kernel.sa[--kernel.sas];
        return 0;
    }
    if (c->what == KEEP_SA) {
        if (k)
            k->sa = c->sa;
        return k ? 0 : -ESRCH;
    }
    if (k)
        return -EEXIST;
    if (!may_be(&c->sa))
        return -ENOSYS;
    assert_true(kernel.sas < MAX_SAS);
    kernel.sa[kernel.sas++] = (struct fake_sa){.sa = c->sa};
    return 0;
}

static int change(const struct change *c)
{
    struct esp_policy *k;

    if (c->what < PUT_POLICY)
        return change_sa(c);
    k = find_policy(&c->policy);
    if (c->what == DROP_POLICY) {
        if (k)
            *k = kernel.policy[--kernel.policies];
        return 0;
    }
    if (!k) {
        assert_true(kernel.policies < COUNT(kernel.policy));
        k = &kernel.policy[kernel.policies++];
    }
    *k = c->policy;
    return 0;
}

int xfrm_commit(struct xfrm *x, uint32_t *failed, struct why *why)
{
    int err = 0, one;

    if (failed)
        *failed = 0;
    if (kernel.refuse) {
        err = -kernel.refuse;
        kernel.refuse = 0;
        if (failed)
            *failed = UINT32_MAX;
        xfrm_begin(x);
        return why_set(why, -err, "the kernel refuses: %s", why_not(err));
    }
    for (size_t i = 0; i < x->changes && !kernel.deaf; i++) {
        one = change(&x->change[i]);
        if (one && failed)
            *failed |= 1u << i;
        if (one && !err)
            err = why_set(why, -one, "the kernel refuses: %s", why_not(one));
    }
    xfrm_begin(x);
    return err;
}

static struct esp_state state_of(const struct fake_sa *k)
{
    return (struct esp_state){.src = k->sa.src,
                              .dst = k->sa.dst,
                              .spi = k->sa.spi,
                              .reqid = k->sa.reqid,
                              .tunnel = k->sa.tunnel,
                              .encap_src = k->sa.encap_src,
                              .encap_dst = k->sa.encap_dst,
                              .replay = k->sa.replay,
                              .packets = k->packets,
                              .bad = k->bad};
}

int xfrm_get(struct xfrm *x, const struct addr *dst, uint32_t spi, struct esp_state *state)
{
    const struct fake_sa *k = find_sa(dst, spi);

    (void)x;
    if (!k)
        return -ESRCH;
    *state = state_of(k);
    return 0;
}

int xfrm_each_sa(struct xfrm *x, uint32_t first, uint32_t last, xfrm_sa_fn *fn, void *arg)
{
    (void)x;
    for (size_t i = 0; i < kernel.sas; i++) {
        struct esp_state state = state_of(&kernel.sa[i]);

        if (state.reqid >= first && state.reqid <= last)
            fn(arg, &state);
    }
    return 0;
}

int xfrm_each_policy(struct xfrm *x, uint32_t first, uint32_t last, xfrm_policy_fn *fn, void *arg)
{
    (void)x;
    for (size_t i = 0; i < kernel.policies; i++)
        if (kernel.policy[i].reqid >= first && kernel.policy[i].reqid <= last)
            fn(arg, &kernel.policy[i]);
    return 0;
}

int xfrm_listen(struct xfrm *x, struct why *why)
{
    (void)x;
    (void)why;
    return 0; /* the loop of flow tests watches nothing */
}

void xfrm_hear(struct xfrm *x, xfrm_event_fn *fn, void *arg)
{
    struct xfrm_event event[16];
    size_t events = x->events;

    memcpy(event, x->event, sizeof event);
    x->events = 0;
    for (size_t i = 0; i < events; i++)
        fn(arg, &event[i]);
}

int xfrm_encap_socket(const struct addr *local, struct why *why)
{
    (void)local;
    if (kernel.encap)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    return why_set(why, EADDRNOTAVAIL, "no encapsulation in this kernel of memory");
}

void xfrm_encap_keepalive(int fd, const struct addr *peer)
{
    (void)fd;
    assert_int_equal(addr_port(peer), 4500);
    kernel.keepalives++;
}

const char *esp_algo_name(enum esp_algo algo)
{
    static const char *const names[ESP_ALGOS] = {"nothing", "hmac-md5-96", "hmac-sha-1-96",
                                                 "null",    "aes-cbc",     "des-ede3-cbc",
                                                 "aes-gcm", "aes-gmac"};

    return names[algo];
}

size_t esp_key_size(enum esp_algo algo)
{
    static const size_t sizes[ESP_ALGOS] = {0, 16, 20, 0, 16, 24, 20, 20};

    return sizes[algo];
}
