/* SPDX-License-Identifier: Apache-2.0 */
/* What lab.yaml means for programs that do not read it: ./lab and dnsmasq. */
#ifndef IMSLAB_LABCONF_H
#define IMSLAB_LABCONF_H

#include <stdio.h>

#include "conf.h"

/* topology_print - who stands where, one line each, words with one space between, "-" for none:
 *   element KIND NAME NETNS ADDRESS ADDRESS6 HOST internal|external
 *   pool APN PREFIX
 *   terminal NAME GB_ADDRESS INTERFACE
 * KIND: sgsn ggsn pcscf dns icscf scscf hss; NETNS: visited internet home. */
void topology_print(const struct conf *conf, FILE *out);

/* dnsmasq_print - the configuration of the lab's DNS server: its data (RFC 3263: NAPTR, SRV, A,
 * AAAA) and how it listens. */
void dnsmasq_print(const struct conf *conf, FILE *out);

#endif
