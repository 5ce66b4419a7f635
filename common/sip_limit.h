/* SPDX-License-Identifier: Apache-2.0 */
/* How many client transactions wait for one UDP target. nta repeats a request until Timer F even
 * when we have long given up; without a bound for each target one silent S-CSCF would use up what
 * the healthy ones need. Pure. */
#ifndef IMSLAB_SIP_LIMIT_H
#define IMSLAB_SIP_LIMIT_H

#include <stdbool.h>

#include "addr.h"

struct sip_limit;

/* sip_limit_new - at most per_target for one address and port. Never NULL; sip_limit_free. */
struct sip_limit *sip_limit_new(unsigned per_target);
void sip_limit_free(struct sip_limit *limit);
/* sip_limit_take - one more for this target; false: it has as many as it may. */
bool sip_limit_take(struct sip_limit *limit, const struct addr *target);
/* sip_limit_give - one that was taken has ended. */
void sip_limit_give(struct sip_limit *limit, const struct addr *target);

#endif
