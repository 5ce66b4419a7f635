/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication and key agreement: vectors for the network, checks for the card (TS 33.102 6.3,
 * Annex C). Pure. Milenage itself is milenage.h. */
#ifndef IMSLAB_AKA_H
#define IMSLAB_AKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AKA_SQN_MAX  ((1ull << 48) - 1)
#define AKA_IND_BITS 5 /* SQN = SEQ || IND, TS 33.102 C.1.1.1 */

struct aka_key { /* wipe() after use */
    uint8_t k[16], opc[16], amf[2];
};

struct aka_vector { /* wipe() after use */
    uint8_t rand[16], autn[16], xres[8], ck[16], ik[16];
};

/* aka_make - one authentication vector for this RAND and SQN (48 bits). */
void aka_make(const struct aka_key *key, const uint8_t rand[16], uint64_t sqn,
              struct aka_vector *v);

/* aka_is_right - whether this is the vector's RES; takes as long for a wrong one. */
bool aka_is_right(const struct aka_vector *v, const uint8_t *res, size_t len);

/* aka_check_auts - the network's side of resynchronisation (TS 33.102 6.3.5): verify MAC-S (AMF
 * 0000) for the RAND of the challenge. true: *sqn_ms is the card's SQN. false: forged or for
 * another RAND; nothing changes. */
bool aka_check_auts(const struct aka_key *key, const uint8_t rand[16], const uint8_t auts[14],
                    uint64_t *sqn_ms);

enum aka_verdict { AKA_FINE, AKA_WRONG_MAC, AKA_OUT_OF_RANGE };

/* The card's memory of accepted sequence numbers: the highest SEQ per IND (TS 33.102 C.2.2). */
struct aka_seen {
    uint64_t seq[1 << AKA_IND_BITS];
};

/* aka_answer - what a card does with RAND and AUTN (TS 33.102 6.3.3).
 * seen   in: what was accepted before; out: updated on AKA_FINE only (the caller stores it before
 * answering) AKA_FINE: res[8], ck[16], ik[16] are set. AKA_OUT_OF_RANGE: auts[14] is set.
 * AKA_WRONG_MAC: nothing is. */
enum aka_verdict aka_answer(const struct aka_key *key, struct aka_seen *seen,
                            const uint8_t rand[16], const uint8_t autn[16], uint8_t res[8],
                            uint8_t ck[16], uint8_t ik[16], uint8_t auts[14]);

/* aka_next_sqn - the SQN after `last` for one client of the authentication centre: SEQ+1, IND
 * cycling through first..first+15 (hss 0, gprs-stub 16). */
uint64_t aka_next_sqn(uint64_t last, unsigned first_ind);

#endif
