/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink through libmnl: the address that the GGSN gave becomes an address of this machine, as a
 * modem's driver would do it. */
#include "netif.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

static struct nlmsghdr *begin(char *buf, unsigned type, unsigned flags)
{
    struct nlmsghdr *head = mnl_nlmsg_put_header(buf);

    head->nlmsg_type = type;
    head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    head->nlmsg_seq = 1;
    return head;
}

/* One request, one answer. 0 or -errno. */
static int ask_kernel(struct nlmsghdr *head)
{
    char buf[8192]; /* MNL_SOCKET_BUFFER_SIZE is no constant */
    unsigned seq = head->nlmsg_seq, port;
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    int err = 0;
    ssize_t n;

    if (!nl)
        return -errno;
    if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
        err = -errno;
    port = mnl_socket_get_portid(nl);
    if (!err && mnl_socket_sendto(nl, head, head->nlmsg_len) < 0)
        err = -errno;
    if (!err) {
        n = mnl_socket_recvfrom(nl, buf, sizeof buf);
        if (n < 0 || mnl_cb_run(buf, n, seq, port, NULL, NULL) < 0)
            err = -errno;
    }
    mnl_socket_close(nl);
    return err;
}

/* The index, or 0 with the sentence. */
static unsigned index_of(const char *interface, struct why *why)
{
    unsigned index = if_nametoindex(interface);

    if (index == 0)
        why_set(why, ENODEV, "no interface '%s' here", interface);
    return index;
}

static int not_allowed(const char *what, const char *interface, struct why *why)
{
    return why_set(why, EPERM, "not allowed to change %s of '%s' (CAP_NET_ADMIN)", what, interface);
}

/* --- addresses ---------------------------------------------------------------------------------
 */

static struct nlmsghdr *address_message(char *buf, unsigned type, unsigned index,
                                        const struct addr *a)
{
    struct nlmsghdr *head =
        begin(buf, type, type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_REPLACE : 0);
    struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(head, sizeof *body);
    const uint8_t *octets;
    size_t len;

    octets = addr_octets(a, &len);
    body->ifa_family = a->sa.sa_family;
    body->ifa_prefixlen = len * 8;
    body->ifa_flags = addr_is_v6(a) ? IFA_F_NODAD : 0;
    body->ifa_scope = RT_SCOPE_UNIVERSE;
    body->ifa_index = index;
    mnl_attr_put(head, IFA_LOCAL, len, octets);
    mnl_attr_put(head, IFA_ADDRESS, len, octets);
    return head;
}

static int change(unsigned type, const char *interface, const struct addr *a, struct why *why)
{
    unsigned index = index_of(interface, why);
    char buf[512], host[ADDR_TEXT];
    int err;

    if (index == 0)
        return -ENODEV;
    err = ask_kernel(address_message(buf, type, index, a));
    if (type == RTM_DELADDR && err == -EADDRNOTAVAIL)
        return 0;
    if (err == -EPERM)
        return not_allowed("addresses", interface, why);
    if (err)
        return why_set(why, -err, "cannot %s %s %s '%s': %s", type == RTM_NEWADDR ? "put" : "take",
                       addr_host(a, host), type == RTM_NEWADDR ? "on" : "off", interface,
                       why_not(err));
    return 0;
}

int netif_put(const char *interface, const struct addr *a, struct why *why)
{
    return change(RTM_NEWADDR, interface, a, why);
}

int netif_take(const char *interface, const struct addr *a, struct why *why)
{
    return change(RTM_DELADDR, interface, a, why);
}

/* --- link and routes ---------------------------------------------------------------------------
 */

/* A point-to-point link has no use for a link-local address, nor for what the kernel sends when it
 * has one. A kernel without IPv6 refuses this, and needs it not. */
static void want_no_address(unsigned index)
{
    char buf[512];
    struct nlmsghdr *head = begin(buf, RTM_NEWLINK, 0);
    struct ifinfomsg *body = mnl_nlmsg_put_extra_header(head, sizeof *body);
    struct nlattr *spec, *v6;

    body->ifi_index = index;
    spec = mnl_attr_nest_start(head, IFLA_AF_SPEC);
    v6 = mnl_attr_nest_start(head, AF_INET6);
    mnl_attr_put_u8(head, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(head, v6);
    mnl_attr_nest_end(head, spec);
    (void)ask_kernel(head);
}

int netif_up(const char *interface, unsigned mtu, struct why *why)
{
    unsigned index = index_of(interface, why);
    char buf[512];
    struct nlmsghdr *head;
    struct ifinfomsg *body;
    int err;

    if (index == 0)
        return -ENODEV;
    want_no_address(index);
    head = begin(buf, RTM_NEWLINK, 0);
    body = mnl_nlmsg_put_extra_header(head, sizeof *body);
    body->ifi_index = index;
    body->ifi_flags = body->ifi_change = IFF_UP;
    mnl_attr_put_u32(head, IFLA_MTU, mtu);
    err = ask_kernel(head);
    if (err == -EPERM)
        return not_allowed("the MTU", interface, why);
    if (err)
        return why_set(why, -err, "cannot bring '%s' up with MTU %u: %s", interface, mtu,
                       why_not(err));
    return 0;
}

int netif_route(const char *interface, const struct prefix *to, struct why *why)
{
    unsigned index = index_of(interface, why);
    char buf[512], host[ADDR_TEXT];
    struct nlmsghdr *head;
    struct rtmsg *body;
    const uint8_t *octets;
    size_t len;
    int err;

    if (index == 0)
        return -ENODEV;
    octets = addr_octets(&to->base, &len);
    head = begin(buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    body = mnl_nlmsg_put_extra_header(head, sizeof *body);
    body->rtm_family = to->base.sa.sa_family;
    body->rtm_dst_len = to->bits;
    body->rtm_table = RT_TABLE_MAIN;
    body->rtm_protocol = RTPROT_STATIC;
    body->rtm_scope = addr_is_v6(&to->base) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    body->rtm_type = RTN_UNICAST;
    if (to->bits)
        mnl_attr_put(head, RTA_DST, len, octets);
    mnl_attr_put_u32(head, RTA_OIF, index);
    err = ask_kernel(head);
    if (err == -EPERM)
        return not_allowed("routes", interface, why);
    if (err)
        return why_set(why, -err, "cannot route %s/%u through '%s': %s", addr_host(&to->base, host),
                       to->bits, interface, why_not(err));
    return 0;
}
