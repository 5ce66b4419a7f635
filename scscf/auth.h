/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges that wait for their answer (TS 24.229 5.4.1.2, RFC 3310, RFC 4169). A challenge
 * belongs to one private identity and one Call-ID. A terminal that begins anew makes its old
 * challenge void (TS 33.203 6.1.2.3); the challenges of another terminal with the same private
 * identity are none of its business: neither a second device nor a stranger who knows the identity
 * can end them. Pure: the clock is passed in. The only place in the S-CSCF that keeps XRES; CK and
 * IK are not kept at all. */
#ifndef IMSLAB_SCSCF_AUTH_H
#define IMSLAB_SCSCF_AUTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cx.h"
#include "log.h"

#define AUTH_NONCE    45 /* base64 of RAND || AUTN and the NUL */
#define AUTH_PER_IMPI 8  /* challenges of one IMPI that wait; one more, and the oldest is void */

struct auth; /* all challenges */

struct challenge {
    char impi[CX_TEXT], impu[CX_TEXT];
    char realm[CX_TEXT];
    char call_id[CX_TEXT];
    char terminal[CX_TEXT]; /* +sip.instance, else the contact, else "": whose challenge it is */
    char call[CALL_TAG];
    char nonce[AUTH_NONCE];
    uint8_t rand[16];
    bool akav2;           /* AKAv2-MD5 was asked for, not AKAv1-MD5 */
    uint8_t password[24]; /* XRES; AKAv2: what RFC 4169 makes of it, IK and CK */
    size_t password_len;
    unsigned wrong, resyncs; /* answers so far that were wrong, that asked for resynchronisation */
    uint64_t deadline_ms;    /* reg-await-auth */
};

/* auth_new - empty, never NULL; auth_free forgets and wipes what is in it. */
struct auth *auth_new(void);
void auth_free(struct auth *);

/* auth_add - keep a challenge, after auth_forget for its Call-ID and terminal. All times given must
 * be in order: each deadline not earlier than the one before. The struct is copied; wipe() the
 * original. */
void auth_add(struct auth *, const struct challenge *);
/* auth_forget - a new request of this IMPI makes void what waits for its Call-ID or its terminal.
 */
void auth_forget(struct auth *, const char *impi, const char *call_id, const char *terminal);
/* auth_find - the challenge of this IMPI with this nonce (may be NULL); NULL when none waits. */
const struct challenge *auth_find(const struct auth *, const char *impi, const char *nonce);
/* auth_take - take it out: true and *c is set (wipe() it), or false. */
bool auth_take(struct auth *, const char *impi, const char *nonce, struct challenge *c);
/* auth_waits - whether any challenge of this IMPI waits. */
bool auth_waits(const struct auth *, const char *impi);
/* auth_take_expired - the oldest whose deadline is not after now_ms, as auth_take. */
bool auth_take_expired(struct auth *, uint64_t now_ms, struct challenge *c);
/* auth_next_ms - the earliest deadline; 0: nothing waits. */
uint64_t auth_next_ms(const struct auth *);

/* What an Authorization header says, as text without quotes; NULL what it does not say. */
struct auth_answer {
    const char *impi, *impu, *call_id;
    const char *nonce, *algorithm, *uri, *response, *qop, *nc, *cnonce, *auts;
};

enum auth_verdict {
    AUTH_NO_CHALLENGE, /* not an answer to anything that waits: a new registration, or a replay */
    AUTH_RIGHT,
    AUTH_WRONG,
    AUTH_OTHER_CALL,  /* right nonce, but Call-ID or IMPU are not those of the challenge */
    AUTH_RESYNC,      /* the card's counter is elsewhere: auts[14] is set */
    AUTH_BAD_AUTS,    /* auts is not base64 of 14 octets */
    AUTH_MAC_FAILURE, /* the terminal could not verify the network: empty response, no auts */
};

/* auth_algorithm - "AKAv2-MD5" or "AKAv1-MD5", as it stands in the headers. */
const char *auth_algorithm(bool akav2);
/* auth_judge - compare an answer with the challenge c (NULL: none waits). Changes nothing. */
enum auth_verdict auth_judge(const struct challenge *c, const struct auth_answer *answer,
                             uint8_t auts[14]);
/* auth_verdict_text - "the response is wrong" ... for Warning and log. */
const char *auth_verdict_text(enum auth_verdict);

/* auth_print_live - one line per challenge (no keys). */
void auth_print_live(const struct auth *, uint64_t now_ms, FILE *);

#endif
