/* SPDX-License-Identifier: Apache-2.0 */
/* From whom and for whom an IP packet is: as much of it as the ends of a GPRS tunnel look at. Pure.
 */
#ifndef IMSLAB_IP_PACKET_H
#define IMSLAB_IP_PACKET_H

#include "addr.h"

struct ip_packet {
    struct addr src, dst; /* port 0 */
    bool link_only;       /* to or from addresses that never leave a link: the kernel's own talk */
};

/* ip_packet_read - IPv4 or IPv6. 0, or -EPROTO: neither, or shorter than its header. */
int ip_packet_read(struct ip_packet *ip, const uint8_t *data, size_t len);

#endif
