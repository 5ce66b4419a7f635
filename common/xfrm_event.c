/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tells by itself, and the socket of UDP-encapsulated ESP. */
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xfrm_core.h"

enum { EVENT_BUFFER = 1 << 20 }; /* octets that wait while we are busy */

int xfrm_listen(struct xfrm *x, struct why *why)
{
    unsigned groups = 1u << (XFRMNLGRP_AEVENTS - 1) | 1u << (XFRMNLGRP_MAPPING - 1);
    int size = EVENT_BUFFER, fd, err;

    if (x->events)
        return mnl_socket_get_fd(x->events);
    x->events = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!x->events)
        return why_set(why, errno, "cannot open a netlink socket: %s", why_not(errno));
    fd = mnl_socket_get_fd(x->events);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* as much as is allowed */
    if (mnl_socket_bind(x->events, groups, MNL_SOCKET_AUTOPID) == 0)
        return fd;
    err = errno;
    mnl_socket_close(x->events);
    x->events = NULL;
    return why_set(why, err, "cannot listen to the kernel's IPsec events: %s", why_not(err));
}

void xfrm_hear(struct xfrm *x, xfrm_event_fn *fn, void *arg)
{
    struct xfrm_event event = {.kind = XFRM_TOLD_LOST};
    char buf[8192];
    ssize_t n;

    while ((n = mnl_socket_recvfrom(x->events, buf, sizeof buf)) >= 0 || errno == ENOBUFS) {
        const struct nlmsghdr *head = (const struct nlmsghdr *)buf;
        int left = n;

        if (n < 0) {
            fn(arg, &(struct xfrm_event){.kind = XFRM_TOLD_LOST});
            continue;
        }
        for (; mnl_nlmsg_ok(head, left); head = mnl_nlmsg_next(head, &left))
            if (message_read_event(head, &event) == 0)
                fn(arg, &event);
    }
}

int xfrm_encap_socket(const struct addr *local, struct why *why)
{
    int type = UDP_ENCAP_ESPINUDP, on = 1, err;
    int fd = socket(local->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char text[ADDR_TEXT];

    if (fd < 0)
        return why_set(why, errno, "cannot open a UDP socket: %s", why_not(errno));
    if (addr_is_v6(local))
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &local->sa, addr_len(local)) == 0 &&
        setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof type) == 0)
        return fd;
    err = errno;
    close(fd);
    return why_set(why, err, "no UDP-encapsulated ESP at %s: %s", addr_text(local, text),
                   why_not(err));
}

void xfrm_encap_keepalive(int fd, const struct addr *peer)
{
    static const char octet = (char)0xff;

    if (sendto(fd, &octet, 1, 0, &peer->sa, addr_len(peer)) < 0)
        return; /* the next one may pass */
}
