/* SPDX-License-Identifier: Apache-2.0 */
/* The SA table: who is where, and what may be made beside it (TS 33.203 7.1 rule 3, M.7.1). */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "sa_inner.h"
#include "xalloc.h"

enum { SPI_LEAST = 0x1000 }; /* 1..255 are reserved (RFC 4303 2.1) */

static uint32_t hash(const void *data, size_t len)
{
    uint32_t h = 2166136261u;

    for (const uint8_t *octet = data; len; len--, octet++)
        h = (h ^ *octet) * 16777619u; /* FNV-1a */
    return h % SA_BUCKETS;
}

struct sa_head *sa_at(struct sas *sas, const struct addr *ue)
{
    size_t len = 0;
    const uint8_t *octets = addr_octets(ue, &len);

    return &sas->place[octets ? hash(octets, len) : 0];
}

struct sa_head *sa_under(struct sas *sas, const char *impi)
{
    return &sas->impi[hash(impi, strlen(impi))];
}

static struct sa_head *with_spi(struct sas *sas, uint32_t spi)
{
    return &sas->spi[spi % SA_BUCKETS];
}

void sa_table_add(struct sas *sas, struct sa *sa)
{
    LIST_INSERT_HEAD(sa_at(sas, &sa->set.ue), sa, by_place);
    LIST_INSERT_HEAD(sa_under(sas, sa->impi), sa, by_impi);
    LIST_INSERT_HEAD(with_spi(sas, sa->set.spi_ps), sa, by_spi);
    sas->count[sa->state]++;
}

void sa_table_take(struct sas *sas, struct sa *sa)
{
    LIST_REMOVE(sa, by_place);
    LIST_REMOVE(sa, by_impi);
    LIST_REMOVE(sa, by_spi);
    sas->count[sa->state]--;
}

void sa_set_state(struct sas *sas, struct sa *sa, enum sa_state state)
{
    sas->count[sa->state]--;
    sa->state = state;
    sas->count[state]++;
}

size_t sas_count(const struct sas *sas, enum sa_state state)
{
    return sas->count[state];
}

uint32_t sa_id(const struct sa *sa)
{
    return sa->set.spi_ps;
}

struct sa *sa_by_id(struct sas *sas, uint32_t id)
{
    struct sa *sa;

    LIST_FOREACH(sa, with_spi(sas, id), by_spi)
    {
        if (sa->set.spi_ps == id)
            return sa;
    }
    return NULL;
}

static struct sa *with_state(struct sas *sas, const char *impi, enum sa_state state)
{
    struct sa *sa;

    LIST_FOREACH(sa, sa_under(sas, impi), by_impi)
    {
        if (sa->state == state && strcmp(sa->impi, impi) == 0)
            return sa;
    }
    return NULL;
}

struct sa *sa_of_impi(struct sas *sas, const char *impi)
{
    return with_state(sas, impi, SA_ESTABLISHED);
}

struct sa *sa_waiting(struct sas *sas, const char *impi)
{
    return with_state(sas, impi, SA_TEMPORARY);
}

struct sa *sa_find(struct sas *sas, const struct addr *source, const struct addr *local)
{
    uint16_t from = addr_port(source), to = addr_port(local);
    struct sa *sa;

    LIST_FOREACH(sa, sa_at(sas, source), by_place)
    {
        const struct sa_set *set = &sa->set;

        if (!addr_same_host(&set->ue, source) || !addr_same_host(&set->pcscf, local))
            continue;
        if ((from == set->port_uc && to == set->port_ps) ||
            (from == set->port_us && to == set->port_pc))
            break;
    }
    if (sa && sa->state == SA_ESTABLISHED)
        sa_prefer(sa); /* TS 33.203 7.4.2a */
    if (sa && sa->set.mode == SEC_UDP_ENC_TUN)
        sa_hear(sas); /* the answer needs the port that this came through */
    return sa;
}

bool sa_leads_to(struct sas *sas, const struct addr *ue)
{
    const struct sa *sa;

    LIST_FOREACH(sa, sa_at(sas, ue), by_place)
    {
        if (sa->set.port_us == addr_port(ue) && addr_same_host(&sa->set.ue, ue))
            return true;
    }
    return false;
}

/* ---- what may be made ---- */

static bool shares_spi(const struct sa *sa, const struct sa_ask *ask)
{
    return sa->set.spi_uc == ask->spi_c || sa->set.spi_uc == ask->spi_s ||
           sa->set.spi_us == ask->spi_c || sa->set.spi_us == ask->spi_s;
}

bool sa_in_the_way(const struct sa *sa, const struct sa_ask *ask)
{
    if (strcmp(sa->impi, ask->impi) != 0)
        return false; /* nobody can throw out others */
    if (sa->state == SA_TEMPORARY)
        return true; /* TS 33.203 7.4.2a: the registration SAs shall be deleted if they exist */
    /* A terminal that has lost its SAs may well choose the same numbers again. */
    return !ask->over && addr_same_host(&sa->set.ue, &ask->ue) &&
           (sa->set.port_uc == ask->port_c || shares_spi(sa, ask));
}

/* One set at the same address that will stay. 0 or -errno. */
static int check_beside(const struct sa *sa, const struct sa_ask *ask, struct why *why)
{
    bool same = strcmp(sa->impi, ask->impi) == 0;

    if (sa->set.port_uc == ask->port_c && same)
        return why_set(why, EINVAL, "a re-registration must change port-c, %u is in use",
                       (unsigned)ask->port_c);
    if (sa->set.port_uc == ask->port_c)
        return why_set(why, EADDRINUSE, "port-c %u of this address belongs to another subscriber",
                       (unsigned)ask->port_c);
    if (sa->set.port_us == ask->port_s && !same)
        return why_set(why, EADDRINUSE, "port-s %u of this address belongs to another subscriber",
                       (unsigned)ask->port_s);
    if (shares_spi(sa, ask))
        return why_set(why, EADDRINUSE, "an SPI of the terminal is in use already");
    return 0;
}

static int check_over(const struct sa *over, const struct sa_ask *ask, struct why *why)
{
    if (over->set.port_us != ask->port_s)
        return why_set(why, EINVAL, "a re-registration must keep port-s %u, it says %u",
                       (unsigned)over->set.port_us, (unsigned)ask->port_s);
    if (over->set.mode != ask->mode)
        return why_set(why, EINVAL, "a re-registration must keep its mode");
    return 0;
}

/* The sets of this subscriber that cannot make room. */
static size_t lasting(struct sas *sas, const struct sa_ask *ask)
{
    struct sa *sa;
    size_t n = 0;

    LIST_FOREACH(sa, sa_under(sas, ask->impi), by_impi)
    n += strcmp(sa->impi, ask->impi) == 0 && !sa_in_the_way(sa, ask) &&
         (sa->state == SA_ESTABLISHED || sa == ask->over);
    return n;
}

int sa_check(struct sas *sas, const struct sa_ask *ask, struct why *why)
{
    const struct sa *sa;
    int err = ask->over ? check_over(ask->over, ask, why) : 0;

    if (!err && ask->mode == SEC_UDP_ENC_TUN && !sas_can_encap(sas, &ask->pcscf, why))
        return -EOPNOTSUPP;
    LIST_FOREACH(sa, sa_at(sas, &ask->ue), by_place)
    {
        if (!err && addr_same_host(&sa->set.ue, &ask->ue) && !sa_in_the_way(sa, ask))
            err = check_beside(sa, ask, why);
    }
    if (!err && lasting(sas, ask) >= SA_SETS_OF_IMPI)
        err = why_set(why, EMFILE, "this subscriber has six SAs in each direction already");
    return err;
}

/* ---- what we choose ---- */

static bool port_is_free(struct sas *sas, const struct sa_ask *ask, uint16_t port)
{
    const struct sa *sa;

    LIST_FOREACH(sa, sa_at(sas, &ask->ue), by_place)
    {
        if (sa->set.port_pc == port && sa->set.port_us == ask->port_s &&
            addr_same_host(&sa->set.ue, &ask->ue))
            return false;
    }
    return true;
}

uint16_t sa_client_port(struct sas *sas, const struct sa_ask *ask)
{
    const struct sa_config *c = &sas->c;
    size_t first = 0, i;

    for (i = 0; ask->over && i < c->port_pc_count; i++)
        if (c->port_pc[i] == ask->over->set.port_pc)
            first = i + 1;
    for (i = 0; i < c->port_pc_count; i++) {
        uint16_t port = c->port_pc[(first + i) % c->port_pc_count];

        if (port_is_free(sas, ask, port))
            return port;
    }
    return 0;
}

static uint32_t random_spi(void)
{
    uint32_t spi;

    do {
        if (getrandom(&spi, sizeof spi, 0) != sizeof spi)
            spi = 0; /* interrupted */
    } while (spi < SPI_LEAST);
    return spi;
}

/* The two are neighbours, spi_ps the even one: either finds the set. */
void sa_new_spis(struct sas *sas, struct sa_set *set)
{
    do {
        set->spi_ps = random_spi() & ~1u;
        set->spi_pc = set->spi_ps | 1;
    } while (set->spi_ps == (set->spi_uc & ~1u) || set->spi_ps == (set->spi_us & ~1u) ||
             sa_by_id(sas, set->spi_ps));
}
