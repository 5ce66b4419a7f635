/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's user plane: a TUN device in a network namespace of its own. Whatever the machine
 * sends from the terminal's address enters the device, crosses Gb as SNDCP (TS 44.065), and comes
 * out at the GGSN; and back.
 *
 *     SIP socket, ping, ...          this program              SGSN
 *      |== packet ==> tun-NAME ====== N-PDU =====> SN-UNITDATA ==>|
 *      |<= packet === tun-NAME <===== N-PDU <===== SN-UNITDATA ===|
 *
 * A namespace is necessary on one machine: with both ends of the tunnel among the kernel's own
 * addresses it would never send anything into it. The Gb link's sockets belong to the namespace the
 * program was started in; all others to the terminal's. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "ip_packet.h"
#include "netif.h"
#include "tun.h"
#include "ue.h"

enum { AT_ONCE = 64 };   /* packets read before the loop looks at something else */
enum { LONGEST = 2048 }; /* of a packet: the MTU is 1500 at most */
enum { MTU_LEAST = 576, MTU_MOST = 1500 };

static void on_readable(void *arg, int fd, unsigned what);

/* --- into the terminal's namespace -------------------------------------------------------------
 */

static int open_namespaces(struct ue *ue, struct why *why)
{
    char path[32 + CONF_NAME];

    snprintf(path, sizeof path, "/run/netns/ue-%s", ue->terminal->name);
    ue->plane.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (ue->plane.home < 0)
        return why_set(why, errno, "cannot open this network namespace: %s", why_not(errno));
    ue->plane.own = open(path, O_RDONLY | O_CLOEXEC);
    if (ue->plane.own < 0 && errno == ENOENT)
        return why_set(why, ENOENT, "the lab has made no network namespace ue-%s for this terminal",
                       ue->terminal->name);
    if (ue->plane.own < 0)
        return why_set(why, errno, "cannot open the terminal's network namespace %s: %s", path,
                       why_not(errno));
    return 0;
}

static int enter(int namespace, struct why *why)
{
    if (setns(namespace, CLONE_NEWNET) < 0)
        return why_set(why, errno, "cannot enter a network namespace: %s", why_not(errno));
    return 0;
}

static int move_in(struct ue *ue, struct why *why)
{
    struct why back;
    int rc = open_namespaces(ue, why);

    if (rc == 0)
        rc = enter(ue->plane.own, why);
    if (rc == 0) {
        rc = tun_probe(why);
        if (rc < 0)
            (void)enter(ue->plane.home, &back);
    }
    return rc;
}

int plane_open(struct ue *ue, struct why *why)
{
    enum conf_user_plane wanted = ue->conf->user_plane;
    int rc;

    ue->plane.home = ue->plane.own = ue->plane.fd = -1;
    if (wanted == PLANE_OFF)
        return 0;
    rc = move_in(ue, why);
    ue->plane.on = rc == 0;
    if (rc == 0 || wanted == PLANE_ON)
        return rc;
    log_warn(ue->call, "user plane off: %s; the address will be put on interface '%s'", why->text,
             ue->terminal->interface);
    plane_close(ue);
    return 0;
}

void plane_close(struct ue *ue)
{
    struct plane *p = &ue->plane;

    plane_down(ue);
    if (p->home >= 0)
        close(p->home);
    if (p->own >= 0)
        close(p->own);
    p->home = p->own = -1;
    p->on = false;
}

void plane_go_home(struct ue *ue)
{
    struct why why;

    if (ue->plane.on && enter(ue->plane.home, &why) < 0)
        log_error(ue->call, "%s", why.text);
}

void plane_come_back(struct ue *ue)
{
    struct why why;

    if (ue->plane.on && enter(ue->plane.own, &why) < 0)
        log_error(ue->call, "%s", why.text);
}

/* --- up and down -------------------------------------------------------------------------------
 */

/* The address, and everything else is behind it. */
static int put_address(struct ue *ue, const struct addr *a, bool *on, struct why *why)
{
    struct prefix all = {.base = *a};
    int rc;

    if (!addr_is_set(a))
        return 0;
    rc = netif_put(ue->plane.interface, a, why);
    if (rc == 0)
        rc = netif_route(ue->plane.interface, &all, why);
    *on = rc == 0;
    return rc;
}

static unsigned mtu_of(const struct ue *ue)
{
    unsigned mtu = ue->pdp.mtu;

    return mtu < MTU_LEAST || mtu > MTU_MOST ? MTU_MOST : mtu;
}

static int set_up(struct ue *ue, struct why *why)
{
    struct plane *p = &ue->plane;
    int rc;

    tun_name("tun-", ue->terminal->name, p->interface);
    p->fd = tun_open(p->interface, why);
    if (p->fd < 0)
        return p->fd;
    rc = netif_up(p->interface, mtu_of(ue), why);
    if (rc == 0)
        rc = put_address(ue, &ue->pdp.address, &ue->pdp.on_interface, why);
    if (rc == 0)
        rc = put_address(ue, &ue->pdp.address6, &ue->pdp.on_interface6, why);
    return rc;
}

void plane_up(struct ue *ue)
{
    struct plane *p = &ue->plane;
    struct why why;

    plane_down(ue);
    memset(&p->sndcp, 0, sizeof p->sndcp);
    p->up = p->down = (struct plane_count){0};
    p->dropped = 0;
    if (set_up(ue, &why) < 0) {
        log_warn(ue->call, "the address is on no interface: %s; going on without", why.text);
        plane_down(ue);
        return;
    }
    p->watch = loop_watch(ue->loop, p->fd, LOOP_READ, on_readable, ue);
    log_info(ue->call, "user plane: interface %s, MTU %u, N201-U %u", p->interface, mtu_of(ue),
             ue->conf->sgsn.n201_u);
}

/* Address and routes go with the device. */
void plane_down(struct ue *ue)
{
    struct plane *p = &ue->plane;

    if (!p->on || p->fd < 0)
        return;
    loop_unwatch(&p->watch);
    close(p->fd);
    p->fd = -1;
    ue->pdp.on_interface = ue->pdp.on_interface6 = false;
}

/* --- packets -----------------------------------------------------------------------------------
 */

static bool is_own(const struct ue *ue, const struct addr *a)
{
    return addr_same_host(a, addr_is_v6(a) ? &ue->pdp.address6 : &ue->pdp.address);
}

static int send_segment(void *arg, const uint8_t *pdu, size_t len)
{
    struct ue *ue = arg;

    return ue->radio ? gb_terminal_send(ue->radio, ue->pdp.llc_sapi, pdu, len) : -ENOTCONN;
}

static void send_packet(struct ue *ue, const uint8_t *packet, size_t len)
{
    struct plane *p = &ue->plane;
    struct ip_packet ip;

    if (ip_packet_read(&ip, packet, len) < 0 || ip.link_only)
        return; /* the kernel's own talk on a new link */
    if (!is_own(ue, &ip.src) ||
        sndcp_send(&p->sndcp, UE_NSAPI, packet, len, ue->conf->sgsn.n201_u, send_segment, ue) < 0) {
        p->dropped++;
        return;
    }
    p->up.packets++;
    p->up.octets += len;
}

static void on_readable(void *arg, int fd, unsigned what)
{
    struct ue *ue = arg;
    uint8_t packet[LONGEST];

    (void)what;
    for (int i = 0; i < AT_ONCE; i++) {
        ssize_t len = read(fd, packet, sizeof packet);
        if (len < 0)
            return;
        send_packet(ue, packet, len);
    }
}

static void take_packet(struct ue *ue, const uint8_t *packet, size_t len)
{
    struct plane *p = &ue->plane;
    struct ip_packet ip;

    if (ip_packet_read(&ip, packet, len) < 0 || !is_own(ue, &ip.dst) ||
        write(p->fd, packet, len) != (ssize_t)len) {
        p->dropped++;
        return;
    }
    p->down.packets++;
    p->down.octets += len;
}

void plane_on_data(struct ue *ue, unsigned sapi, const uint8_t *data, size_t len)
{
    struct plane *p = &ue->plane;
    struct sndcp_pdu pdu;
    const uint8_t *packet;
    size_t n;
    struct why why;
    int rc;

    if (!p->on || p->fd < 0)
        return;
    rc = sndcp_decode(&pdu, data, len, &why);
    if (rc == 0 && (pdu.nsapi != UE_NSAPI || sapi != ue->pdp.llc_sapi))
        rc = why_set(&why, EPROTO, "SNDCP PDU dropped: of another context");
    if (rc == 0)
        rc = sndcp_take(&p->sndcp, &pdu, &packet, &n, &why);
    if (rc < 0) {
        p->dropped++;
        log_debug(ue->call, "%s", why.text);
    } else if (rc > 0) {
        take_packet(ue, packet, n);
    }
}
