/* SPDX-License-Identifier: Apache-2.0 */
/* Every set stands in two hash chains, by the peer's client and by its server port; in the second
 * the preferred one stands first. */
#include "sip_protect.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "xalloc.h"

#define BUCKETS 4096

struct port { /* the UDP socket on a client port of ours */
    LIST_ENTRY(port) entry;
    struct addr at;
    unsigned users;
    int fd;
};

struct set {
    TAILQ_ENTRY(set) by_client, by_server;
    struct sip_protection p;
    struct port *port;
    int opened, accepted; /* TCP connections: ours, the peer's; -1: none that was seen */
};

TAILQ_HEAD(chain, set);

static struct {
    struct chain by_client[BUCKETS], by_server[BUCKETS];
    size_t count;
    LIST_HEAD(, port) ports;
    int put_off;  /* the TCP socket whose bind() is put off; -1: none */
    bool binding; /* it is bound now */
    struct addr put_off_at;
} all = {.put_off = -1};

/* ---- finding ---- */

static struct chain *chain_of(struct chain *chains, const struct addr *host, uint16_t port)
{
    uint32_t h = 2166136261u;
    size_t len;
    const uint8_t *octets = addr_octets(host, &len);
    struct chain *c;

    for (; octets && len; len--, octets++)
        h = (h ^ *octets) * 16777619u; /* FNV-1a */
    h = (h ^ (port & 255)) * 16777619u;
    c = &chains[((h ^ port >> 8) * 16777619u) % BUCKETS];
    if (!c->tqh_last)
        TAILQ_INIT(c);
    return c;
}

/* The set with this client port at the peer; local_s 0: whatever it is. */
static struct set *by_client(const struct addr *local, uint16_t local_s, const struct addr *peer,
                             uint16_t peer_c)
{
    struct set *s;

    TAILQ_FOREACH(s, chain_of(all.by_client, peer, peer_c), by_client)
    {
        if (s->p.peer_c == peer_c && (!local_s || s->p.local_s == local_s) &&
            addr_same_host(&s->p.peer, peer) && addr_same_host(&s->p.local, local))
            return s;
    }
    return NULL;
}

static struct set *by_server(const struct addr *local, uint16_t local_s, const struct addr *peer,
                             uint16_t peer_s)
{
    struct set *s;

    TAILQ_FOREACH(s, chain_of(all.by_server, peer, peer_s), by_server)
    {
        if (s->p.peer_s == peer_s && (!local_s || s->p.local_s == local_s) &&
            addr_same_host(&s->p.peer, peer) && addr_same_host(&s->p.local, local))
            return s;
    }
    return NULL;
}

static struct set *towards(const struct addr *local, uint16_t local_s, const struct addr *peer)
{
    struct set *s = by_client(local, local_s, peer, addr_port(peer));

    return s ? s : by_server(local, local_s, peer, addr_port(peer));
}

static struct set *same(const struct sip_protection *p)
{
    return by_client(&p->local, p->local_s, &p->peer, p->peer_c);
}

/* ---- the table ---- */

static int open_socket(const struct addr *at, struct why *why)
{
    int one = 1, fd = socket(at->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    char text[ADDR_TEXT];
    int error;

    if (fd >= 0 && addr_is_v6(at))
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (fd >= 0 && bind(fd, &at->sa, addr_len(at)) == 0)
        return fd;
    error = errno;
    if (fd >= 0)
        close(fd);
    return why_set(why, error, "cannot send from the protected client port %s: %s",
                   addr_text(at, text), why_not(error));
}

static struct port *port_take(const struct addr *at, struct why *why, int *rc)
{
    struct port *p;

    LIST_FOREACH(p, &all.ports, entry)
    {
        if (addr_same(&p->at, at)) {
            p->users++;
            return p;
        }
    }
    *rc = open_socket(at, why);
    if (*rc < 0)
        return NULL;
    p = xzalloc(sizeof *p);
    p->at = *at;
    p->users = 1;
    p->fd = *rc;
    LIST_INSERT_HEAD(&all.ports, p, entry);
    return p;
}

static void port_give(struct port *p)
{
    if (--p->users > 0)
        return;
    close(p->fd);
    LIST_REMOVE(p, entry);
    free(p);
}

int sip_protect_add(const struct sip_protection *p, struct why *why)
{
    struct addr from = addr_with_port(p->local, p->local_c);
    char text[ADDR_TEXT];
    struct set *s;
    struct port *port;
    int rc = 0;

    if (same(p))
        return why_set(why, EEXIST, "port %u of %s is protected already", p->peer_c,
                       addr_host(&p->peer, text));
    port = port_take(&from, why, &rc);
    if (!port)
        return rc;
    s = xzalloc(sizeof *s);
    s->p = *p;
    s->port = port;
    s->opened = s->accepted = -1;
    TAILQ_INSERT_TAIL(chain_of(all.by_client, &p->peer, p->peer_c), s, by_client);
    TAILQ_INSERT_TAIL(chain_of(all.by_server, &p->peer, p->peer_s), s, by_server);
    all.count++;
    return 0;
}

void sip_protect_prefer(const struct sip_protection *p)
{
    struct chain *chain = chain_of(all.by_server, &p->peer, p->peer_s);
    struct set *s = same(p);

    if (!s)
        return;
    TAILQ_REMOVE(chain, s, by_server);
    TAILQ_INSERT_HEAD(chain, s, by_server);
}

/* The descriptor may be closed and used for something else since: only when it is this connection.
 */
static void hang_up(int fd, const struct sip_protection *p, uint16_t local_port, uint16_t peer_port)
{
    struct addr local = addr_with_port(p->local, local_port),
                peer = addr_with_port(p->peer, peer_port), found;
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;

    if (fd < 0 || getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
        return;
    found = addr_from((struct sockaddr *)&ss);
    len = sizeof ss;
    if (!addr_same(&found, &local) || getpeername(fd, (struct sockaddr *)&ss, &len) < 0)
        return;
    found = addr_from((struct sockaddr *)&ss);
    if (addr_same(&found, &peer))
        shutdown(fd, SHUT_RDWR);
}

void sip_protect_remove(const struct sip_protection *p)
{
    struct set *s = same(p);

    if (!s)
        return;
    TAILQ_REMOVE(chain_of(all.by_client, &s->p.peer, s->p.peer_c), s, by_client);
    TAILQ_REMOVE(chain_of(all.by_server, &s->p.peer, s->p.peer_s), s, by_server);
    all.count--;
    hang_up(s->opened, &s->p, s->p.local_c, s->p.peer_s);
    hang_up(s->accepted, &s->p, s->p.local_s, s->p.peer_c);
    port_give(s->port);
    free(s);
}

size_t sip_protect_count(void)
{
    return all.count;
}

/* The SPI for this packet of the set when `local` is our end and arriving says which way it goes.
 */
static uint32_t spi_of(const struct addr *local, const struct addr *peer, bool arriving)
{
    uint16_t lp = addr_port(local), pp = addr_port(peer);
    const struct set *s = by_client(local, lp, peer, pp);

    if (s)
        return arriving ? s->p.spi_local_s : s->p.spi_peer_c;
    TAILQ_FOREACH(s, chain_of(all.by_server, peer, pp), by_server)
    {
        if (s->p.peer_s == pp && s->p.local_c == lp && addr_same_host(&s->p.peer, peer) &&
            addr_same_host(&s->p.local, local))
            return arriving ? s->p.spi_local_c : s->p.spi_peer_s;
    }
    return 0;
}

uint32_t sip_protect_spi(const struct addr *src, const struct addr *dst)
{
    uint32_t spi;

    if (!all.count)
        return 0;
    spi = spi_of(src, dst, false);
    return spi ? spi : spi_of(dst, src, true);
}

/* ---- the hooks ---- */

int sip_protect_socket(const struct addr *local, const struct addr *peer, struct addr *to)
{
    const struct set *s = all.count ? towards(local, addr_port(local), peer) : NULL;

    if (!s)
        return -1;
    *to = addr_with_port(s->p.peer, s->p.peer_s);
    return s->port->fd;
}

bool sip_protect_defer(int fd, const struct addr *local)
{
    if (!all.count || addr_port(local) != 0 || all.binding)
        return false;
    all.put_off = fd;
    all.put_off_at = *local;
    return true;
}

int sip_protect_connect(int fd, struct addr *to)
{
    struct addr from = all.put_off_at;
    struct set *s;
    int one = 1, rc;

    if (all.put_off != fd || !addr_is_set(to))
        return 0;
    s = all.count ? towards(&from, 0, to) : NULL;
    if (s) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); /* one port, many peers */
        from = addr_with_port(from, s->p.local_c);
        *to = addr_with_port(*to, s->p.peer_s);
        s->opened = fd;
    }
    all.put_off = -1;
    all.binding = true;
    rc = bind(fd, &from.sa, addr_len(&from));
    all.binding = false;
    return rc;
}

void sip_protect_connection(int fd, const struct addr *src, const struct addr *dst)
{
    struct set *s = all.count ? by_client(dst, addr_port(dst), src, addr_port(src)) : NULL;

    if (s)
        s->accepted = fd;
}
