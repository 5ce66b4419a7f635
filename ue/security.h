/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's side of the security agreement (RFC 3329, TS 33.203 7.2, TS 24.229 5.1.1.5.1):
 * what it offers, what it takes of what the P-CSCF offers, what it says back. Pure. */
#ifndef IMSLAB_UE_SECURITY_H
#define IMSLAB_UE_SECURITY_H

#include <sofia-sip/sip.h>

#include "sec_agree.h"
#include "why.h"

struct security {
    struct sec_pair pair[SEC_PAIRS]; /* offered, in the order of the configuration */
    size_t pair_count;               /* 0: nothing is offered */
    bool tunnels;                    /* mod=UDP-enc-tun is offered, beside mod=trans */
    struct sec_mechanism mine;       /* SPIs, ports of the present offer */
    struct sec_mechanism theirs;     /* what was chosen of the Security-Server */
    char client[SEC_VALUE];          /* Security-Client; "": nothing is offered */
    char verify[SEC_VALUE];          /* Security-Verify; "": nothing is agreed */
};

/* security_offer - begin a new agreement: client is written, verify is empty. mine: spi_* and
 * port_* of the terminal. pair, pair_count and tunnels are set by the caller before, once. */
void security_offer(struct security *s, const struct sec_mechanism *mine);
/* security_withdraw - offer nothing. */
void security_withdraw(struct security *s);

/* security_agree - the Security-Server of a 401: the first of the P-CSCF's mechanisms that was
 * offered is in theirs, and verify is the mirror. behind_nat: only mod=UDP-enc-tun will do, else
 * only mod=trans (TS 33.203 M.7.1).
 * returns 0; -ENOENT there is no Security-Server; -EPROTO and a sentence: one that cannot be read,
 * that has nothing of what was offered, or that has our own SPIs (TS 33.203 7.2: a reflected packet
 * would be taken). The registration is given up then (TS 33.203 7.3.2.2). */
int security_agree(struct security *s, const sip_t *answer, bool behind_nat, struct why *why);

/* security_has_common - whether the Security-Server of a refusal (494, 421) has something that
 * pair holds, whatever was offered. */
bool security_has_common(const struct security *s, const sip_t *answer);

#endif
