/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that pass through the P-CSCF, both directions (TS 24.229 5.2.6): originate.c from a
 * terminal, terminate.c to one. */
#ifndef PCSCF_ORIGINATE_H
#define PCSCF_ORIGINATE_H

#include "flow.h"
#include "pcscf.h"

/* originate_begin - a request of this registered terminal; secured: it came by its security
 * associations. */
void originate_begin(struct pcscf *, struct sip_request *, const struct contact *sender,
                     bool secured);
/* originate_identity - who is asserted: what its P-Preferred-Identity says and it may, else the
 * default identity of its registration. */
const char *originate_identity(su_home_t *home, const struct contact *sender, const sip_t *sip);
/* originate_record_route - our Record-Route, which leads back to this terminal. */
void originate_record_route(const struct pcscf *, msg_t *m, const struct flow *, unsigned port);

/* terminate_takes - whether a request's topmost Route is ours and leads to a terminal.
 * terminate_begin - pass it on there. */
bool terminate_takes(const struct pcscf *, const sip_t *);
void terminate_begin(struct pcscf *, struct sip_request *);

#endif
