/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a terminal, as the user part of the P-CSCF's Record-Route: what comes back to it from
 * the core finds the terminal again, also after a restart of the P-CSCF (compare RFC 5626 5.2).
 * Only the core is believed; a terminal's own word must name the way that it came by. Pure. */
#ifndef PCSCF_FLOW_H
#define PCSCF_FLOW_H

#include "addr.h"
#include "dns.h" /* enum sip_transport */

#define FLOW_TEXT 48

struct flow {
    struct addr ue; /* where requests to the terminal go */
    enum sip_transport transport;
    bool secured; /* by security associations, and by nothing else */
};

/* flow_write - "flow-su0a2d00021392" into text; returns it. */
const char *flow_write(const struct flow *, char text[FLOW_TEXT]);
/* flow_read - false: text (may be NULL) is no flow. */
bool flow_read(const char *text, struct flow *flow);
/* flow_same - whether both name the same way. */
bool flow_same(const struct flow *, const struct flow *);

#endif
