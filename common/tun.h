/* SPDX-License-Identifier: Apache-2.0 */
/* TUN devices: a network interface whose packets a program reads and writes (the terminal's modem,
 * the GGSN's Gi). */
#ifndef IMSLAB_TUN_H
#define IMSLAB_TUN_H

#include <net/if.h>

#include "why.h"

/* tun_open - make the device in the network namespace of the calling thread; each read and write of
 * the descriptor is one IP packet. It is gone when the descriptor is closed.
 * name     at most IFNAMSIZ - 1 characters
 * returns  a non-blocking descriptor, or -errno with a sentence: -ENOENT no /dev/net/tun here,
 *          -EACCES or -EPERM not allowed, -EBUSY the name is in use */
int tun_open(const char *name, struct why *why);
/* tun_probe - whether tun_open can be expected to work here. 0, or -errno with the sentence. */
int tun_probe(struct why *why);
/* tun_name - "tun-name", cut so that it fits, into buf; returns it. */
const char *tun_name(const char *prefix, const char *name, char buf[IFNAMSIZ]);

#endif
