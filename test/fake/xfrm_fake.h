/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm.h with a kernel made of memory: it keeps SAs and policies as the real one does (an SA by
 * destination and SPI, a policy by what it matches), and moves no packet. One kernel for the whole
 * program; every xfrm_open is another socket of it. */
#ifndef IMSLAB_XFRM_FAKE_H
#define IMSLAB_XFRM_FAKE_H

#include "xfrm.h"

/* fake_xfrm_reset - a kernel with everything and nothing in it; at the start of a test. */
void fake_xfrm_reset(void);
/* fake_xfrm_lacks - the algorithm is not there; ESP_NOTHING: no ESP at all. */
void fake_xfrm_lacks(enum esp_algo algo);
/* fake_xfrm_refuse - the next xfrm_commit fails with this errno (positive) and changes nothing. */
void fake_xfrm_refuse(int err);

size_t fake_xfrm_sas(void);
size_t fake_xfrm_policies(void);
size_t fake_xfrm_blocks(void); /* those of the policies that block */
/* fake_xfrm_sa - the one with this SPI; NULL: none. */
const struct esp_sa *fake_xfrm_sa(uint32_t spi);
/* fake_xfrm_policy - the number-th, in no order. */
const struct esp_policy *fake_xfrm_policy(size_t number);
/* fake_xfrm_count - what the kernel says of an SA the next time. */
void fake_xfrm_count(uint32_t spi, uint64_t packets, uint32_t bad);
/* fake_xfrm_numbers - where the sequence numbers of an SA stand now. */
void fake_xfrm_numbers(uint32_t spi, uint32_t out, uint32_t in);
/* fake_xfrm_encap - from now on there is a port 4500 to be had. */
void fake_xfrm_encap(void);
/* fake_xfrm_keepalives - how many octets left for the sake of a NAT's binding. */
unsigned fake_xfrm_keepalives(void);
/* fake_xfrm_deaf - xfrm_commit changes nothing: the process is dead, and only the test knows. */
void fake_xfrm_deaf(bool deaf);

/* fake_xfrm_tell - the kernel has this to tell: xfrm_hear of x gets it. */
void fake_xfrm_tell(struct xfrm *x, const struct xfrm_event *event);

#endif
