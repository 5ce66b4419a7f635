/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses on the terminal's network interface, by rtnetlink. */
#ifndef IMSLAB_UE_NETIF_H
#define IMSLAB_UE_NETIF_H

#include "addr.h"
#include "why.h"

/* netif_put - put a host address (/32, or /128 without duplicate address detection) on an
 * interface; one that is there already is fine. Waits for the kernel's answer, which is immediate.
 * 0, or -errno with a sentence: -EPERM not allowed here, -ENODEV no such interface, others. */
int netif_put(const char *interface, const struct addr *a, struct why *why);
/* netif_take - take it off again; one that is gone already is fine. Errors as netif_put. */
int netif_take(const char *interface, const struct addr *a, struct why *why);

#endif
