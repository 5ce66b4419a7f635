/* SPDX-License-Identifier: Apache-2.0 */
/* RTM_NEWADDR and RTM_DELADDR through libmnl: the address that the GGSN gave becomes an address of
 * this machine, as a modem's driver would do it. The only file that knows libmnl. */
#include "netif.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <time.h>

static struct nlmsghdr *address_message(char *buf, unsigned type, unsigned index,
                                        const struct addr *a)
{
    struct nlmsghdr *head = mnl_nlmsg_put_header(buf);
    struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(head, sizeof *body);
    const uint8_t *octets;
    size_t len;

    octets = addr_octets(a, &len);
    head->nlmsg_type = type;
    head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    if (type == RTM_NEWADDR)
        head->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
    head->nlmsg_seq = time(NULL);
    body->ifa_family = a->sa.sa_family;
    body->ifa_prefixlen = len * 8;
    body->ifa_flags = addr_is_v6(a) ? IFA_F_NODAD : 0;
    body->ifa_scope = RT_SCOPE_UNIVERSE;
    body->ifa_index = index;
    mnl_attr_put(head, IFA_LOCAL, len, octets);
    mnl_attr_put(head, IFA_ADDRESS, len, octets);
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

static int change(unsigned type, const char *interface, const struct addr *a, struct why *why)
{
    unsigned index = if_nametoindex(interface);
    char buf[512], host[ADDR_TEXT];
    int err;

    if (index == 0)
        return why_set(why, ENODEV, "no interface '%s' here", interface);
    err = ask_kernel(address_message(buf, type, index, a));
    if (type == RTM_DELADDR && err == -EADDRNOTAVAIL)
        return 0;
    if (err == -EPERM)
        return why_set(why, EPERM, "not allowed to change addresses of '%s' (CAP_NET_ADMIN)",
                       interface);
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
