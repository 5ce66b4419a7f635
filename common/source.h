/* SPDX-License-Identifier: Apache-2.0 */
/* Where this daemon's own connections leave from. Several elements share a host; what one of them
 * sends must come from its own address, or its peers (trust lists, captures, people) take it for a
 * neighbour. c-ares and freeDiameter connect without asking for an address: source.c defines
 * connect() for the whole program and binds first. It also defines getnameinfo(), which then never
 * asks the DNS: freeDiameter wants the name of every address it talks to, only for its log, and
 * stands still for many seconds when the DNS is dead. */
#ifndef IMSLAB_SOURCE_H
#define IMSLAB_SOURCE_H

#include "addr.h"

/* source_set - from now on a socket that connects and is not bound leaves from v4 or v6, by its
 * family; an address that is not set leaves its family alone. Ports are ignored. Once, before there
 * are threads. */
void source_set(const struct addr *v4, const struct addr *v6);

/* source_of_family - what source_set said for AF_INET or AF_INET6; not set: nothing. */
const struct addr *source_of_family(int family);

#endif
