/* SPDX-License-Identifier: Apache-2.0 */
/* The header lines of the registrar's answers, as sip_answer takes them (each with CR LF). Pure. */
#ifndef IMSLAB_SCSCF_ANSWER_H
#define IMSLAB_SCSCF_ANSWER_H

#include <sofia-sip/su_alloc.h>

#include "asked.h"
#include "binding.h"

#define ANSWER_CHALLENGE 512

/* answer_challenge - WWW-Authenticate of the 401 (TS 24.229 5.4.1.2.1A, RFC 3310): the only header
 * with CK and IK, which the P-CSCF takes out again. wipe() headers after sending. */
void answer_challenge(char headers[ANSWER_CHALLENGE], const char *realm, const char *nonce,
                      const char *algorithm, const uint8_t ck[16], const uint8_t ik[16]);

/* answer_accept - what the 200 carries (TS 24.229 5.4.1.2.2F, 5.4.1.4): every contact that is
 * bound, with what is left of its time; Path as received; Service-Route; P-Associated-URI, default
 * identity first, none that is barred; P-Charging-Vector with our term-ioi. reg      NULL: nothing
 * is bound any more (then only Path and P-Charging-Vector) ioi      our network's identifier
 * returns  text that belongs to home */
const char *answer_accept(su_home_t *home, const struct asked *asked,
                          const struct registration *reg, uint64_t now_ms,
                          const char *service_route, const char *ioi);

/* answer_refuse - Warning (RFC 3261 20.43, code 399) with the reason, and what the status needs. */
const char *answer_refuse(su_home_t *home, const struct refusal *refusal, const char *agent);

#endif
