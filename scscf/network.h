/* SPDX-License-Identifier: Apache-2.0 */
/* What the network does to a registration by itself: to end it (TS 24.229 5.4.1.5), to ask for
 * authentication again (5.4.1.6). */
#ifndef IMSLAB_SCSCF_NETWORK_H
#define IMSLAB_SCSCF_NETWORK_H

#include "scscf.h"

/* network_concerns_fn - whether the contacts of this IMPI are meant. */
typedef bool network_concerns_fn(const void *arg, const char *impi);

/* network_end - the contacts of a set that are meant (concerns NULL: all) end, with this event:
 * CHANGE_REJECTED, CHANGE_DEACTIVATED, CHANGE_PROBATION. The set ends with its last one: reg is
 * gone then, unless a transaction holds it. The HSS is not told.
 * cause   NULL: nobody else is told either (29.228 6.1.3.1 NEW_SERVER_ASSIGNED, REMOVE_S-CSCF)
 * returns how many contacts have ended */
size_t network_end(struct scscf *, struct registration *reg, network_concerns_fn *concerns,
                   const void *arg, enum change event, const struct change_cause *cause);

/* network_deregister - the S-CSCF itself ends a whole set: the HSS is told
 * ADMINISTRATIVE_DEREGISTRATION for each IMPI (29.228 6.1.2.1), and the terminals event. reg is
 * gone, unless it is held. */
void network_deregister(struct scscf *, struct registration *reg, enum change event,
                        const struct change_cause *cause);

/* network_reauthenticate - the contacts of this set (impi NULL: of all its terminals) end after
 * reauth_expires_s, unless they end sooner, and the terminals are told: shortened. Their REGISTERs
 * are challenged. Returns how many contacts were shortened. */
size_t network_reauthenticate(struct scscf *, struct registration *reg, const char *impi,
                              const struct change_cause *cause);

#endif
