/* SPDX-License-Identifier: Apache-2.0 */
#include "ip_packet.h"

#include <errno.h>

enum { HEAD4 = 20, HEAD6 = 40 };

static bool is_link_only6(const struct addr *a)
{
    const struct in6_addr *v6 = &a->in6.sin6_addr;

    return IN6_IS_ADDR_MULTICAST(v6) || IN6_IS_ADDR_LINKLOCAL(v6) || IN6_IS_ADDR_UNSPECIFIED(v6);
}

int ip_packet_read(struct ip_packet *ip, const uint8_t *data, size_t len)
{
    unsigned version = len ? data[0] >> 4 : 0;

    if (version == 4 && len >= HEAD4) {
        addr_from_octets(&ip->src, data + 12, 4, 0);
        addr_from_octets(&ip->dst, data + 16, 4, 0);
        ip->link_only = data[16] >= 224; /* 224.0.0.0 and above: many, or none */
        return 0;
    }
    if (version == 6 && len >= HEAD6) {
        addr_from_octets(&ip->src, data + 8, 16, 0);
        addr_from_octets(&ip->dst, data + 24, 16, 0);
        ip->link_only = is_link_only6(&ip->src) || is_link_only6(&ip->dst);
        return 0;
    }
    return -EPROTO;
}
