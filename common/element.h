/* SPDX-License-Identifier: Apache-2.0 */
/* What several mains open the same way from lab.yaml. Each function is a file of its own, so that a
 * daemon links only the engines that it uses. */
#ifndef IMSLAB_ELEMENT_H
#define IMSLAB_ELEMENT_H

#include "conf.h"
#include "dns.h"
#include "loop.h"

struct cx;
struct sip;

/* element_open_sip - the SIP agent of a CSCF: its host name, its addresses (v4, v6 or both), this
 * port. Ends the process with a sentence when it cannot listen; never NULL. */
struct sip *element_open_sip(struct loop *loop, const struct conf *conf,
                             const struct conf_element *self, unsigned port);

/* element_open_dns - the resolver of a CSCF: the lab's DNS server; AAAA too when the element itself
 * has IPv6. Never NULL. */
struct dns *element_open_dns(struct loop *loop, const struct conf *conf,
                             const struct conf_element *self);

/* element_open_cx - a CSCF's Diameter connection to the HSS of lab.yaml: over every IP version that
 * both have, for an SCTP association uses all of them (freeDiameter refuses to start with an IPv6
 * address on a host without any). The own addresses are those of source_set. Ends the process with
 * a sentence when it does not start; never NULL. */
struct cx *element_open_cx(struct loop *loop, const struct conf *conf,
                           const struct conf_element *self);

#endif
