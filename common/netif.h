/* SPDX-License-Identifier: Apache-2.0 */
/* A network interface's addresses, MTU and routes, by rtnetlink, in the network namespace of the
 * calling thread. Every call waits for the kernel's answer, which is immediate. All return 0, or
 * -errno with a sentence: -EPERM not allowed here, -ENODEV no such interface, others. */
#ifndef IMSLAB_NETIF_H
#define IMSLAB_NETIF_H

#include "addr.h"
#include "why.h"

/* netif_put - put a host address (/32, or /128 without duplicate address detection) on an
 * interface; one that is there already is fine. */
int netif_put(const char *interface, const struct addr *a, struct why *why);
/* netif_take - take it off again; one that is gone already is fine. */
int netif_take(const char *interface, const struct addr *a, struct why *why);
/* netif_up - up, with this MTU, and without an IPv6 address of the kernel's own choice. */
int netif_up(const char *interface, unsigned mtu, struct why *why);
/* netif_route - whatever goes to this prefix leaves through the interface; bits 0: the default
 * route of that family. A route that is there already is replaced. */
int netif_route(const char *interface, const struct prefix *to, struct why *why);

#endif
