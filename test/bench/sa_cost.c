/* SPDX-License-Identifier: Apache-2.0 */
/* What the SAs of one terminal cost: made and removed beside 10 and beside 2,000 others, as one
 * message to the kernel and as one message each. Needs ESP:
 *   make bench-sa
 * One JSON object per line. CPU is user and system time of this process; what the kernel does for
 * netlink it does in the caller's time. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "sa_keys.h"
#include "sa_set.h"

enum { ROUNDS = 200 };

static struct xfrm *x;

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double cpu_us(void)
{
    struct rusage r;

    getrusage(RUSAGE_SELF, &r);
    return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 + r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

static struct sa_set terminal(unsigned n, struct sec_pair pair)
{
    struct sa_set s = {
        .role = SA_PCSCF,
        .port_uc = 40001,
        .port_us = 40002,
        .port_pc = 5062,
        .port_ps = 5061,
        .spi_uc = 0x1001,
        .spi_us = 0x1002,
        .spi_pc = 0x10001 + 2 * n,
        .spi_ps = 0x10000 + 2 * n,
        .pair = pair,
        .ck = {n,      n >> 8},
        .ik = {n >> 8, n     },
        .hard_s = 3600,
        .tell_every = 256
    };
    char host[20];

    snprintf(host, sizeof host, "10.45.%u.%u", n / 250, 1 + n % 250);
    addr_parse(&s.ue, host, 0);
    addr_parse(&s.pcscf, "10.60.2.10", 0);
    return s;
}

static int one_by_one(const struct sa_set *set)
{
    struct esp_key auth, crypt;
    int err = 0;

    sa_keys(set->pair, set->ck, set->ik, &auth, &crypt);
    for (enum sa_leg leg = 0; leg < SA_LEGS && !err; leg++) {
        bool arrives = sa_leg_in(SA_PCSCF, leg);
        struct esp_sa sa = {.src = arrives ? set->ue : set->pcscf,
                            .dst = arrives ? set->pcscf : set->ue,
                            .spi = sa_set_spi(set, leg),
                            .reqid = 0x49500000 | leg,
                            .auth = auth,
                            .crypt = crypt,
                            .hard_s = 3600};
        struct esp_policy p = {.in = arrives,
                               .src = sa.src,
                               .dst = sa.dst,
                               .sport = 1000 + leg,
                               .dport = 2000,
                               .priority = 100,
                               .reqid = 0x49500000 | leg,
                               .spi = sa.spi};
        xfrm_begin(x);
        xfrm_put_sa(x, &sa);
        err = xfrm_commit(x, NULL, NULL);
        xfrm_begin(x);
        xfrm_put_policy(x, &p);
        err = err ? err : xfrm_commit(x, NULL, NULL);
    }
    return err;
}

struct times {
    double wall[ROUNDS], cpu; /* CPU is counted in ticks: only the sum says something */
    double from_wall, from_cpu;
};

static void begin(struct times *t)
{
    t->from_wall = now_us();
    t->from_cpu = cpu_us();
}

static void end(struct times *t, int round)
{
    t->wall[round] = now_us() - t->from_wall;
    t->cpu += cpu_us() - t->from_cpu;
}

static int compare(const void *a, const void *b)
{
    return *(const double *)a > *(const double *)b ? 1 : -1;
}

static void report(const char *what, struct sec_pair pair, unsigned present, struct times *t)
{
    qsort(t->wall, ROUNDS, sizeof t->wall[0], compare);
    printf("{\"what\": \"%s\", \"pair\": \"%s\", \"present\": %u, \"fastest_us\": %.0f, "
           "\"median_us\": %.0f, \"cpu_us\": %.0f}\n",
           what, sec_pair_name(pair), present, t->wall[0], t->wall[ROUNDS / 2], t->cpu / ROUNDS);
    memset(t, 0, sizeof *t);
}

static void measure(unsigned present, struct sec_pair pair)
{
    static struct times install, ask, removal;
    struct sa_set set = terminal(present, pair);
    struct sa_counters counters;

    for (int i = 0; i < ROUNDS; i++) {
        begin(&install);
        sa_set_install(x, &set, NULL, NULL);
        end(&install, i);
        begin(&ask);
        sa_set_counters(x, &set, &counters);
        end(&ask, i);
        begin(&removal);
        sa_set_remove(x, &set, NULL);
        end(&removal, i);
    }
    report("install", pair, present, &install);
    report("counters", pair, present, &ask);
    report("remove", pair, present, &removal);
}

static void count(void *arg, const struct esp_state *s)
{
    (void)s;
    ++*(unsigned *)arg;
}

int main(void)
{
    static const struct sec_pair pairs[] = {
        {SEC_HMAC_SHA_1_96, SEC_EALG_NULL},
        {SEC_HMAC_SHA_1_96, SEC_AES_CBC  },
        {SEC_ALG_NULL,      SEC_AES_GCM  }
    };
    static struct times each;
    unsigned present = 0, found = 0;
    struct esp_ability able;
    struct why why;
    double w, c;

    if (unshare(CLONE_NEWNET) < 0 || xfrm_open(&x, &why) < 0)
        return fprintf(stderr, "no namespace or no XFRM: %s\n", strerror(errno)), 77;
    xfrm_probe(x, &able);
    if (!able.esp4)
        return fprintf(stderr, "%s\n", able.esp_why), 77;
    for (unsigned goal = 10; goal <= 2000; goal *= 200) {
        for (; present < goal; present++) {
            struct sa_set set = terminal(present, pairs[1]);
            if (sa_set_install(x, &set, NULL, &why) < 0)
                return fprintf(stderr, "%s\n", why.text), 1;
        }
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
            measure(present, pairs[i]);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct sa_set set = terminal(3000 + i, pairs[1]);
        begin(&each);
        if (one_by_one(&set) < 0)
            return fprintf(stderr, "one by one does not work\n"), 1;
        end(&each, i);
    }
    report("install, a message each", pairs[1], present, &each);
    w = now_us(), c = cpu_us();
    sa_each(x, SA_PCSCF, count, &found);
    printf("{\"what\": \"list all\", \"sas\": %u, \"wall_us\": %.0f, \"cpu_us\": %.0f}\n", found,
           now_us() - w, cpu_us() - c);
    w = now_us(), c = cpu_us();
    struct sa_set any = terminal(0, pairs[0]);
    int gone = sa_flush(x, SA_PCSCF, &any.pcscf, NULL, NULL, &why);
    printf("{\"what\": \"remove all\", \"count\": %d, \"wall_us\": %.0f, \"cpu_us\": %.0f}\n", gone,
           now_us() - w, cpu_us() - c);
    xfrm_close(x);
    return 0;
}
