/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are still good. Pure: the clock is passed in. Bounded: the answer that was used
 * longest ago makes room. */
#ifndef IMSLAB_DNS_CACHE_H
#define IMSLAB_DNS_CACHE_H

#include "dns_rr.h"

struct dns_cache;

struct dns_cache *dns_cache_new(size_t max_entries); /* never NULL */
void dns_cache_free(struct dns_cache *);
/* dns_cache_put - keep a copy for answer->ttl_s from now; replaces what was known. TTL 0 is not
 * kept (RFC 1035 3.2.1). */
void dns_cache_put(struct dns_cache *, uint64_t now_ms, const char *name, uint16_t type,
                   const struct dns_answer *answer);
/* dns_cache_get - valid until the next call; NULL when unknown or expired. Case of the name does
 * not matter. */
const struct dns_answer *dns_cache_get(struct dns_cache *, uint64_t now_ms, const char *name,
                                       uint16_t type);
size_t dns_cache_count(const struct dns_cache *);

#endif
