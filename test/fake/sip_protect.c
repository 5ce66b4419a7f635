/* SPDX-License-Identifier: Apache-2.0 */
/* sip_protect.h that only remembers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "sip_fake.h"
#include "sip_protect.h"

#define MAX_SETS 64

static struct sip_protection sets[MAX_SETS];
static size_t count;

static size_t place_of(const struct sip_protection *p)
{
    for (size_t i = 0; i < count; i++)
        if (addr_same_host(&sets[i].local, &p->local) && addr_same_host(&sets[i].peer, &p->peer) &&
            sets[i].peer_c == p->peer_c && sets[i].local_s == p->local_s)
            return i;
    return count;
}

int sip_protect_add(const struct sip_protection *p, struct why *why)
{
    if (place_of(p) < count)
        return why_set(why, EEXIST, "port %u is protected already", p->peer_c);
    assert_true(count < MAX_SETS);
    sets[count++] = *p;
    return 0;
}

void sip_protect_remove(const struct sip_protection *p)
{
    size_t i = place_of(p);

    if (i == count)
        return;
    count--;
    memmove(&sets[i], &sets[i + 1], (count - i) * sizeof sets[0]);
}

void sip_protect_prefer(const struct sip_protection *p)
{
    size_t i = place_of(p);
    struct sip_protection it;

    if (i == count)
        return;
    it = sets[i];
    memmove(&sets[1], &sets[0], i * sizeof sets[0]);
    sets[0] = it;
}

size_t sip_protect_count(void)
{
    return count;
}

const struct sip_protection *fake_sip_protection(size_t i)
{
    return i < count ? &sets[i] : NULL;
}

/* what the hooks ask, should they be linked: nothing is protected */
uint32_t sip_protect_spi(const struct addr *src, const struct addr *dst)
{
    (void)src;
    (void)dst;
    return 0;
}

int sip_protect_socket(const struct addr *local, const struct addr *peer, struct addr *to)
{
    (void)local;
    (void)peer;
    (void)to;
    return -1;
}

bool sip_protect_defer(int fd, const struct addr *local)
{
    (void)fd;
    (void)local;
    return false;
}

int sip_protect_connect(int fd, struct addr *to)
{
    (void)fd;
    (void)to;
    return 0;
}

void sip_protect_connection(int fd, const struct addr *src, const struct addr *dst)
{
    (void)fd;
    (void)src;
    (void)dst;
}
