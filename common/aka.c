/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication and key agreement: what the authentication centre makes, what the card checks, and
 * how the two find each other again when their counters differ (TS 33.102 6.3). The card keeps the
 * highest accepted SEQ of every IND (Annex C.2), so vectors used out of order still pass. */
#include "aka.h"

#include <openssl/crypto.h>
#include <string.h>

#include "milenage.h"
#include "xalloc.h"

#define IND_COUNT (1u << AKA_IND_BITS)
#define SEQ_MAX   (AKA_SQN_MAX >> AKA_IND_BITS)
#define CLIENT_IND                                                                                 \
    16 /* how many IND values one client of the authentication centre cycles through */

/* C.2.1: no accepted step forward is longer than DELTA (Annex C.3 proposes 2^28), and nothing is
 * accepted that lies L or more behind the highest. L is the operator's choice; it is wide because
 * the HSS and the SGSN count on their own and one of them may be idle for long. */
#define DELTA (1ull << 28)
#define L     (1ull << 20)

static const uint8_t AMF_ZERO[2] = {0, 0}; /* AMF* of a resynchronisation, TS 33.102 6.3.3 */

static void put_sqn(uint8_t octets[6], uint64_t sqn)
{
    for (int i = 5; i >= 0; i--, sqn >>= 8)
        octets[i] = sqn & 0xff;
}

static uint64_t get_sqn(const uint8_t octets[6])
{
    uint64_t sqn = 0;

    for (int i = 0; i < 6; i++)
        sqn = sqn << 8 | octets[i];
    return sqn;
}

static void xor6(uint8_t out[6], const uint8_t a[6], const uint8_t b[6])
{
    for (int i = 0; i < 6; i++)
        out[i] = a[i] ^ b[i];
}

void aka_make(const struct aka_key *key, const uint8_t rand[16], uint64_t sqn, struct aka_vector *v)
{
    uint8_t sqn6[6], ak[6];

    put_sqn(sqn6, sqn);
    memcpy(v->rand, rand, sizeof v->rand);
    milenage_f2345(key->k, key->opc, rand, v->xres, v->ck, v->ik, ak, NULL);
    xor6(v->autn, sqn6, ak);
    memcpy(v->autn + 6, key->amf, 2);
    milenage_f1(key->k, key->opc, rand, sqn6, key->amf, v->autn + 8, NULL);
    wipe(ak, sizeof ak);
}

bool aka_is_right(const struct aka_vector *v, const uint8_t *res, size_t len)
{
    return len == sizeof v->xres && CRYPTO_memcmp(res, v->xres, len) == 0;
}

bool aka_check_auts(const struct aka_key *key, const uint8_t rand[16], const uint8_t auts[14],
                    uint64_t *sqn_ms)
{
    uint8_t sqn6[6], ak_star[6], mac_s[8];

    milenage_f2345(key->k, key->opc, rand, NULL, NULL, NULL, NULL, ak_star);
    xor6(sqn6, auts, ak_star);
    milenage_f1(key->k, key->opc, rand, sqn6, AMF_ZERO, NULL, mac_s);
    wipe(ak_star, sizeof ak_star);
    if (CRYPTO_memcmp(mac_s, auts + 6, sizeof mac_s) != 0)
        return false;
    *sqn_ms = get_sqn(sqn6);
    return true;
}

/* The highest SQN that was ever accepted: SQN_MS. */
static uint64_t highest(const struct aka_seen *seen)
{
    unsigned best = 0;

    for (unsigned ind = 1; ind < IND_COUNT; ind++)
        if (seen->seq[ind] > seen->seq[best])
            best = ind;
    return seen->seq[best] << AKA_IND_BITS | best;
}

/* Annex C.2.1 and C.2.2: the jump limit, the age limit, and newer than the last of its IND. */
static bool is_fresh(const struct aka_seen *seen, uint64_t sqn)
{
    uint64_t seq = sqn >> AKA_IND_BITS, seq_ms = highest(seen) >> AKA_IND_BITS;

    if (seq > seq_ms && seq - seq_ms > DELTA)
        return false;
    if (seq < seq_ms && seq_ms - seq >= L)
        return false;
    return seq > seen->seq[sqn % IND_COUNT];
}

static void make_auts(const struct aka_key *key, const uint8_t rand[16], uint64_t sqn_ms,
                      uint8_t auts[14])
{
    uint8_t sqn6[6], ak_star[6];

    put_sqn(sqn6, sqn_ms);
    milenage_f2345(key->k, key->opc, rand, NULL, NULL, NULL, NULL, ak_star);
    xor6(auts, sqn6, ak_star);
    milenage_f1(key->k, key->opc, rand, sqn6, AMF_ZERO, NULL, auts + 6);
    wipe(ak_star, sizeof ak_star);
}

enum aka_verdict aka_answer(const struct aka_key *key, struct aka_seen *seen,
                            const uint8_t rand[16], const uint8_t autn[16], uint8_t res[8],
                            uint8_t ck[16], uint8_t ik[16], uint8_t auts[14])
{
    uint8_t sqn6[6], ak[6], mac_a[8];
    uint64_t sqn;

    milenage_f2345(key->k, key->opc, rand, NULL, NULL, NULL, ak, NULL);
    xor6(sqn6, autn, ak);
    wipe(ak, sizeof ak);
    /* the AMF is the network's, as it came: the card only proves that it was not changed */
    milenage_f1(key->k, key->opc, rand, sqn6, autn + 6, mac_a, NULL);
    if (CRYPTO_memcmp(mac_a, autn + 8, sizeof mac_a) != 0)
        return AKA_WRONG_MAC;
    sqn = get_sqn(sqn6);
    if (!is_fresh(seen, sqn)) {
        make_auts(key, rand, highest(seen), auts);
        return AKA_OUT_OF_RANGE;
    }
    seen->seq[sqn % IND_COUNT] = sqn >> AKA_IND_BITS;
    milenage_f2345(key->k, key->opc, rand, res, ck, ik, NULL, NULL);
    return AKA_FINE;
}

uint64_t aka_next_sqn(uint64_t last, unsigned first_ind)
{
    uint64_t seq = ((last >> AKA_IND_BITS) + 1) & SEQ_MAX;
    unsigned next = ((unsigned)(last % IND_COUNT) + IND_COUNT - first_ind + 1) % CLIENT_IND;

    return seq << AKA_IND_BITS | (first_ind + next);
}
