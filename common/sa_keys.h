/* SPDX-License-Identifier: Apache-2.0 */
/* From the keys of IMS AKA to those of ESP (TS 33.203 Annex I, RFC 3329 for what left it). Pure. */
#ifndef IMSLAB_SA_KEYS_H
#define IMSLAB_SA_KEYS_H

#include "sec_agree.h"
#include "xfrm.h"

/* sa_keys - what an SA of this pair is made of. The caller wipes auth and crypt. */
void sa_keys(struct sec_pair pair, const uint8_t ck[16], const uint8_t ik[16], struct esp_key *auth,
             struct esp_key *crypt);
/* sa_pair_able - whether this kernel has what the pair needs; when not, *why (may be NULL) says
 * what is missing. */
bool sa_pair_able(const struct esp_ability *able, struct sec_pair pair, struct why *why);

#endif
