/* SPDX-License-Identifier: Apache-2.0 */
/* Gi: a TUN device for each APN, "gi-APN", that has the GGSN's own address of the pool; the pool is
 * routed to it, so whoever is in this network namespace, or forwards to it, reaches the terminals.
 * Where there are no TUN devices the GGSN works on without: packets are counted and dropped. */
#include <errno.h>
#include <unistd.h>

#include "ggsn_inner.h"
#include "netif.h"
#include "tun.h"

enum { AT_ONCE = 64 };   /* packets read before the loop looks at something else */
enum { LONGEST = 2048 }; /* of a packet: the MTU is 1500 at most */

static void on_readable(void *arg, int fd, unsigned what)
{
    struct ggsn_gi *gi = arg;
    uint8_t packet[LONGEST];
    char before[64];

    (void)what;
    snprintf(before, sizeof before, "%s", log_element());
    log_as(gi->ggsn->conf->ggsn.element.name);
    for (int i = 0; i < AT_ONCE; i++) {
        ssize_t len = read(fd, packet, sizeof packet);
        if (len < 0)
            break;
        ggsn_user_down(gi->ggsn, gi - gi->ggsn->gi, packet, len);
    }
    log_as(before);
}

int ggsn_gi_send(struct ggsn *ggsn, unsigned apn, const uint8_t *packet, size_t len)
{
    int fd = ggsn->gi[apn].fd;

    if (fd < 0)
        return -ENETDOWN;
    return write(fd, packet, len) == (ssize_t)len ? 0 : -errno;
}

/* The pool's own address on the device, and its route. */
static int set_pool(const char *name, const struct pool *pool, struct why *why)
{
    struct addr gateway;
    int rc;

    if (!pool_gateway(pool, &gateway))
        return 0;
    rc = netif_put(name, &gateway, why);
    return rc < 0 ? rc : netif_route(name, &pool->prefix, why);
}

static int open_one(struct ggsn *ggsn, unsigned apn, struct why *why)
{
    const struct conf_apn *conf = &ggsn->conf->ggsn.apn[apn];
    struct ggsn_gi *gi = &ggsn->gi[apn];
    char name[IFNAMSIZ];
    int rc;

    gi->ggsn = ggsn;
    tun_name("gi-", conf->name, name);
    gi->fd = tun_open(name, why);
    if (gi->fd < 0)
        return gi->fd;
    rc = netif_up(name, conf->mtu, why);
    if (rc == 0)
        rc = set_pool(name, &ggsn->pool[apn], why);
    if (rc == 0)
        rc = set_pool(name, &ggsn->pool6[apn], why);
    if (rc < 0)
        return rc;
    gi->watch = loop_watch(ggsn->loop, gi->fd, LOOP_READ, on_readable, gi);
    log_info(NULL, "user plane: APN %s is interface %s, MTU %u", conf->name, name, conf->mtu);
    return 0;
}

int ggsn_gi_open(struct ggsn *ggsn, struct why *why)
{
    enum conf_user_plane wanted = ggsn->conf->user_plane;
    int rc = 0;

    for (unsigned i = 0; i < GGSN_APNS; i++)
        ggsn->gi[i].fd = -1;
    if (wanted == PLANE_OFF) {
        log_info(NULL, "user plane off by configuration: packets are counted and dropped");
        return 0;
    }
    for (unsigned i = 0; rc == 0 && i < ggsn->conf->ggsn.apn_count; i++)
        rc = open_one(ggsn, i, why);
    if (rc == 0 || wanted == PLANE_ON)
        return rc;
    ggsn_gi_close(ggsn);
    log_warn(NULL, "user plane off: %s; packets are counted and dropped", why->text);
    return 0;
}

void ggsn_gi_close(struct ggsn *ggsn)
{
    for (unsigned i = 0; i < GGSN_APNS; i++) {
        loop_unwatch(&ggsn->gi[i].watch);
        if (ggsn->gi[i].ggsn && ggsn->gi[i].fd >= 0)
            close(ggsn->gi[i].fd);
        ggsn->gi[i].fd = -1;
    }
}
