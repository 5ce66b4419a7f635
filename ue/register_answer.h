/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers to a REGISTER say: the challenge of a 401, the binding of a 200, the reason of a
 * refusal. Pure: sofia's parse tree in, plain values out. */
#ifndef IMSLAB_UE_REGISTER_ANSWER_H
#define IMSLAB_UE_REGISTER_ANSWER_H

#include <sofia-sip/sip.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "why.h"

#define CHALLENGE_TEXT 512 /* longest realm, nonce, opaque taken */

struct challenge {
    char realm[CHALLENGE_TEXT], nonce[CHALLENGE_TEXT], opaque[CHALLENGE_TEXT];
    bool has_opaque;
    bool qop_auth; /* qop was offered and "auth" is in it */
    char algorithm[32];
    bool akav2; /* the algorithm is AKAv2-MD5, else it is AKAv1-MD5 */
    uint8_t rand[16], autn[16];
    bool security_server; /* the P-CSCF offers IPsec */
};

/* challenge_read - the WWW-Authenticate of a 401 (RFC 3310 3.2, RFC 4169): AKAv2-MD5 when it
 * is among those offered. 0, or -EPROTO with a sentence: no
 * challenge, an algorithm that no SIM can answer, a nonce that does not hold RAND and AUTN. */
int challenge_read(struct challenge *c, const sip_t *sip, struct why *why);

#define ACCEPT_LIST 1024 /* P-Associated-URI, Service-Route as text, cut when longer */

struct registration_accept {
    unsigned expires_s;              /* of our contact; 0: the answer does not list it */
    char associated[ACCEPT_LIST];    /* P-Associated-URI, "" when absent */
    char service_route[ACCEPT_LIST]; /* Service-Route, "" when absent */
    char scscf[128];                 /* host of the last Service-Route, "" when absent */
};

/* accept_read - a 200 (TS 24.229 5.1.1.2.1).
 * contact   the address in our Contact
 * asked_s   what was asked for: holds when the 200 names our contact without an expiry and has no
 *           Expires */
void accept_read(struct registration_accept *a, const sip_t *sip, const struct addr *contact,
                 unsigned asked_s);

/* answer_min_expires_s - Min-Expires of a 423; 0: absent. */
unsigned answer_min_expires_s(const sip_t *sip);
/* answer_retry_after_s - Retry-After; 0: absent. */
unsigned answer_retry_after_s(const sip_t *sip);

/* refusal_read - one sentence for a final answer that ends the try: status, phrase, who said so and
 * its text (Warning, RFC 3261 20.43, or Reason); without such a text what a lab should look at.
 * sip NULL: made by our own transport. */
void refusal_read(char *text, size_t size, int status, const sip_t *sip);

#endif
