/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges that wait for their answer (TS 24.229 5.4.1.2, RFC 3310). One per private identity: a
 * new one takes the place of the old (TS 33.203 6.1.2.3). Pure: the clock is passed in. The only
 * place in the S-CSCF that keeps XRES; CK and IK are not kept at all. */
#ifndef IMSLAB_SCSCF_AUTH_H
#define IMSLAB_SCSCF_AUTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cx.h"
#include "log.h"

#define AUTH_NONCE 45 /* base64 of RAND || AUTN and the NUL */

struct auth; /* all challenges */

struct challenge {
    char impi[CX_TEXT], impu[CX_TEXT];
    char realm[CX_TEXT];
    char call_id[CX_TEXT];
    char call[CALL_TAG];
    char nonce[AUTH_NONCE];
    uint8_t rand[16];
    uint8_t xres[16];
    size_t xres_len;
    unsigned wrong, resyncs; /* answers so far that were wrong, that asked for resynchronisation */
    uint64_t deadline_ms;    /* reg-await-auth */
};

/* auth_new - empty, never NULL; auth_free forgets and wipes what is in it. */
struct auth *auth_new(void);
void auth_free(struct auth *);

/* auth_add - keep a challenge; the one that this IMPI had is forgotten. All times given must be in
 * order: each deadline not earlier than the one before. The struct is copied; wipe() the original.
 */
void auth_add(struct auth *, const struct challenge *);
/* auth_find - the challenge that waits for this IMPI, NULL when none does. */
const struct challenge *auth_find(const struct auth *, const char *impi);
/* auth_take - take it out: true and *c is set (wipe() it), or false. */
bool auth_take(struct auth *, const char *impi, struct challenge *c);
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

/* auth_judge - compare an answer with the challenge c (NULL: none waits). Changes nothing. */
enum auth_verdict auth_judge(const struct challenge *c, const struct auth_answer *answer,
                             uint8_t auts[14]);
/* auth_verdict_text - "the response is wrong" ... for Warning and log. */
const char *auth_verdict_text(enum auth_verdict);

/* auth_print_live - one line per challenge (no keys). */
void auth_print_live(const struct auth *, uint64_t now_ms, FILE *);

#endif
