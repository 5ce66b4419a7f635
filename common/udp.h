/* SPDX-License-Identifier: Apache-2.0 */
/* UDP sockets of the protocols that have no library: Gb, GTP-C, GTP-U. */
#ifndef IMSLAB_UDP_H
#define IMSLAB_UDP_H

#include "addr.h"
#include "why.h"

/* udp_open - a non-blocking socket bound to *here, with room for a burst of datagrams; in *bound
 * (may be NULL) its address, for a port 0 becomes a real one. The descriptor is the caller's;
 * -errno and *why: "cannot bind GTP-C to '10.0.0.1:2123': ...", what being "GTP-C". */
int udp_open(const struct addr *here, struct addr *bound, const char *what, struct why *why);

#endif
