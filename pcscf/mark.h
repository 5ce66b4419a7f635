/* SPDX-License-Identifier: Apache-2.0 */
/* What a REGISTER loses and gains on its way from a terminal into the core, and its answer on the
 * way back (M2, M8, M10, M16; TS 24.229 5.2.2, 4.4). Pure: headers in, headers out. Whoever the
 * sender is, its REGISTER is treated as a terminal's. */
#ifndef PCSCF_MARK_H
#define PCSCF_MARK_H

#include "charging.h"
#include "sip.h"

struct mark {
    const char *host;    /* "pcscf1.vims.net" */
    unsigned port;       /* 5060 */
    const char *visited; /* P-Visited-Network-ID, without quotes */
    const char *network; /* orig-ioi */
};

/* mark_offers_security - whether the terminal sent a Security-Client (readable or not). */
bool mark_offers_security(const sip_t *);

/* mark_register - make m fit for the core: nothing that only the network may say stays in it, no
 * sec-agree, no Route; Path, Require: path, P-Visited-Network-ID and a new P-Charging-Vector are
 * added. integrity: what integrity-protected says ("no", "yes", ...), NULL: it is only taken away.
 */
void mark_register(msg_t *m, const struct mark *, struct charging *, const char *integrity);

/* mark_request - likewise any other request of a terminal, its Route too: who sends it is asserted
 * (TS 24.229 5.2.6.3), and P-Charging-Vector is new. */
void mark_request(msg_t *m, const struct mark *, struct charging *, const char *asserted);

/* mark_answer - what the core says to the P-CSCF alone is taken out of an answer to a terminal: ck,
 * ik, charging (TRU-16). Fits sip_edit_fn. */
void mark_answer(void *unused, msg_t *answer);

#endif
