/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the terminal's security associations (TS 33.203 7.1, 7.4.1a): the SA table. A set of
 * four is temporary from the challenge to the answer of the network, then established; the set that
 * it replaces is old, and goes when nothing can be under way on it any more. */
#ifndef IMSLAB_UE_SA_H
#define IMSLAB_UE_SA_H

#include <stdio.h>
#include <sys/queue.h>

#include "sa_set.h"
#include "sa_nat.h"
#include "security.h"
#include "xfrm.h"

struct ue;
struct sa;

struct sas { /* part of the registration */
    bool looked;
    struct xfrm *xfrm;        /* NULL: none here */
    struct why none;          /* then why */
    struct security security; /* the agreement under way */
    struct addr server[2];    /* port_us of every address; closed: not set */
    struct sip *sip;          /* which listens there */
    struct sa_nat nat;
    LIST_HEAD(sa_list, sa) list; /* youngest first */
};

/* sa_look - what the configuration wants and the kernel can; looks once. false: nothing can be
 * offered, and sas.none says why. */
bool sa_look(struct ue *ue);
/* sa_offer - new SPIs and a new port_uc for the next REGISTER that may be challenged, and
 * Security-Client for them; port_us stays as long as there is a set (TS 33.203 7.4.0). With
 * nothing to offer (sa_look), or when reg.offers says not to, there is no Security-Client. */
void sa_offer(struct ue *ue);
/* sa_begin - what was agreed (security_agree) becomes the temporary set: from now on requests leave
 * on it; through the NAT when that is its mode (sa_nat_look before). 0 or -errno with a sentence.
 */
int sa_begin(struct ue *ue, const uint8_t ck[16], const uint8_t ik[16], struct why *why);
/* sa_succeed - a 200 for expires_s: the temporary set is established, and what was is old; without
 * a temporary set the established one lives on. Its life time never becomes shorter. */
void sa_succeed(struct ue *ue, unsigned expires_s);
/* sa_abandon - the temporary set goes at once; the established one is used again. */
void sa_abandon(struct ue *ue, const char *why);
/* sa_retire - de-registered: every set is old; its last answers still leave on it. */
void sa_retire(struct ue *ue);
/* sa_clear - no set any more, at once; port_us stays. */
void sa_clear(struct ue *ue, const char *why);
/* sa_leave - the address goes: no set, no port. sa_close - nor a way to the kernel. */
void sa_leave(struct ue *ue);
void sa_close(struct ue *ue);

/* sa_current - the set that requests leave on: the temporary, else the established one; NULL: they
 * are unprotected. */
const struct sa_set *sa_current(const struct ue *ue);
/* sa_sip - what sends on it. sa_through_nat - the youngest set in mode UDP-enc-tun; NULL: none. */
struct sip *sa_sip(const struct ue *ue);
const struct sa_set *sa_through_nat(const struct ue *ue);
/* sa_verify - the Security-Verify that goes with it (TS 24.229 5.1.1.4.2, 5.1.1.5.1). */
const char *sa_verify(const struct ue *ue);
bool sa_is_temporary(const struct ue *ue); /* there is a temporary set */
/* sa_brought - whether a message from this address and port can have come by one of the sets. */
bool sa_brought(const struct ue *ue, const struct addr *source);
/* sa_text - "protected by hmac-sha-1-96/aes-cbc", "... through a NAT" or "unprotected", into buf;
 * returns it. */
const char *sa_text(const struct ue *ue, char *buf, size_t size);
/* sa_print - the SA table, a line each. */
void sa_print(const struct ue *ue, FILE *out);

#endif
