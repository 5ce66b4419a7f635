/* SPDX-License-Identifier: Apache-2.0 */
/* dns.h with answers that the test writes down beforehand. Numeric hosts are their own answer, as
 * with the real one; a name that nobody wrote down does not exist. Runs on the fake loop. */
#ifndef IMSLAB_DNS_FAKE_H
#define IMSLAB_DNS_FAKE_H

#include "dns.h"

/* fake_dns_set - what a host has: "udp 10.60.4.20:5060, tcp 10.60.4.20:5060", in order; replaces.
 * "udp 10.60.4.21:5060=other.hims.net": a target of another name, as SRV records give.
 * With `big` in the question the tcp targets come first, as with the real one. */
void fake_dns_set(struct dns *, const char *host, const char *targets);
/* fake_dns_fail - the search for this host ends with err (-ETIMEDOUT, ...). */
void fake_dns_fail(struct dns *, const char *host, int err);
/* fake_dns_delay_ms - how long every later search takes; 0 at first. */
void fake_dns_delay_ms(struct dns *, unsigned ms);
/* fake_dns_asked - how many searches were begun; fake_dns_last - the latest question. */
unsigned fake_dns_asked(const struct dns *);
const struct dns_question *fake_dns_last(const struct dns *);
/* fake_dns_pending - searches that are neither answered nor cancelled; 0 at the end of a test. */
unsigned fake_dns_pending(const struct dns *);

#endif
