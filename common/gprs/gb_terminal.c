/* SPDX-License-Identifier: Apache-2.0 */
/* The terminals of a Gb link: a hash from TLLI to terminal, in which one that was given a new TLLI
 * stands twice until the other end uses the new one (TS 44.064 7.2.1.1). */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "gb_inner.h"
#include "xalloc.h"

static struct gb_key **bucket(struct gb_link *link, uint32_t tlli)
{
    return &link->bucket[(tlli * 2654435761u >> 16) % GB_BUCKETS];
}

struct gb_terminal *gb_find(struct gb_link *link, uint32_t tlli)
{
    for (struct gb_key *k = *bucket(link, tlli); k; k = k->next)
        if (k->tlli == tlli)
            return k->terminal;
    return NULL;
}

/* In front of its bucket: an older terminal with the same TLLI is found no more. */
static void add_key(struct gb_link *link, struct gb_key *key, struct gb_terminal *t, uint32_t tlli)
{
    struct gb_key **head = bucket(link, tlli);

    *key = (struct gb_key){.next = *head, .terminal = t, .tlli = tlli, .used = true};
    *head = key;
}

static void forget_key(struct gb_link *link, struct gb_key *key)
{
    struct gb_key **at = bucket(link, key->tlli);

    if (!key->used)
        return;
    while (*at && *at != key)
        at = &(*at)->next;
    if (*at)
        *at = key->next;
    key->used = false;
}

/* The peer uses the new TLLI: the old one is over. */
void gb_heard(struct gb_terminal *t, uint32_t tlli)
{
    if (!t->other.used || tlli != (t->link->is_sgsn ? t->other.tlli : t->now.tlli))
        return;
    if (t->link->is_sgsn) {
        forget_key(t->link, &t->now);
        add_key(t->link, &t->now, t, tlli);
    }
    forget_key(t->link, &t->other);
}

struct gb_terminal *gb_terminal_open(struct gb_link *link, const struct gb_way *way, uint32_t tlli,
                                     gb_up_fn *up, void *arg)
{
    struct gb_terminal *t = xzalloc(sizeof *t);

    t->link = link;
    t->up = up;
    t->arg = arg;
    if (way) {
        t->way = *way;
    } else {
        t->way.peer = link->conf.sgsn;
        t->way.bvci = link->conf.bvci;
        t->way.cell = link->conf.cell;
    }
    add_key(link, &t->now, t, tlli);
    t->next = link->terminals;
    t->at = &link->terminals;
    if (t->next)
        t->next->at = &t->next;
    link->terminals = t;
    return t;
}

void gb_terminal_close(struct gb_terminal **terminal)
{
    struct gb_terminal *t = *terminal;

    if (!t)
        return;
    forget_key(t->link, &t->now);
    forget_key(t->link, &t->other);
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    free(t);
    *terminal = NULL;
}

void gb_terminal_assign(struct gb_terminal *t, uint32_t tlli)
{
    uint32_t old = t->now.tlli;

    forget_key(t->link, &t->other);
    if (tlli == old)
        return;
    if (t->link->is_sgsn) {
        add_key(t->link, &t->other, t, tlli);
        return;
    }
    forget_key(t->link, &t->now);
    add_key(t->link, &t->now, t, tlli);
    add_key(t->link, &t->other, t, old);
}

uint32_t gb_terminal_tlli(const struct gb_terminal *t)
{
    return t->now.tlli;
}

const struct gb_way *gb_terminal_way(const struct gb_terminal *t)
{
    return &t->way;
}

int gb_terminal_send(struct gb_terminal *t, unsigned sapi, const uint8_t *data, size_t len)
{
    struct llc_frame f = {.sapi = sapi, .command = true, .info = data, .info_len = len};

    if (!t->link->is_sgsn && !gb_is_up(t->link))
        return -ENOTCONN;
    f.nu = llc_next(&t->counters, sapi);
    return gb_send_llc(t->link, &t->way, t->now.tlli, &f);
}

uint32_t gb_local_tlli(uint32_t ptmsi)
{
    return ptmsi | 0xc0000000;
}

uint32_t gb_foreign_tlli(uint32_t ptmsi)
{
    return (ptmsi & 0x3fffffff) | 0x80000000;
}

uint32_t gb_random_tlli(void)
{
    uint32_t r = 0;

    while (getrandom(&r, sizeof r, 0) != sizeof r)
        ;
    return (r & 0x07ffffff) | 0x78000000;
}
