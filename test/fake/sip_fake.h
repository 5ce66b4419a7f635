/* SPDX-License-Identifier: Apache-2.0 */
/* sip.h without a network: the test is the peers. Messages are sofia's, parsed and written by its
 * parser; sip_hdr.c and sip_msg.c are the real ones.
 *
 *   fake_sip_request(ue_register, "10.45.0.2:5060");      a terminal sends
 *   assert_string_equal(fake_sip_sent(0)->to.host, "icscf1.hims.net");
 *   fake_sip_answer(0, 401, "WWW-Authenticate: ...\r\n");  the I-CSCF answers
 *   assert_int_equal(fake_sip_reply(0)->status, 401);      the terminal gets
 *
 * There may be several, of one daemon: messages are counted over all of them, requests arrive at
 * the one opened last that is still open, and all is freed when the last one is closed. */
#ifndef IMSLAB_SIP_FAKE_H
#define IMSLAB_SIP_FAKE_H

#include "sip.h"
#include "sip_protect.h"

struct fake_sip_sent { /* what the daemon sent with sip_send, the first is 0 */
    const char *text;  /* as on the wire, with a Via on top whose branch is z9hG4bKfake and the
                          number */
    const sip_t *sip;
    struct sip_target to;
    const struct sip *by; /* which of the daemon's */
    unsigned wait_ms;
    bool waiting; /* neither answered, nor timed out, nor cancelled */
};

struct fake_sip_reply { /* what the daemon answered, in order of the answers */
    const char *text;
    const sip_t *sip;
    int status;
    size_t request; /* the number that fake_sip_request returned */
};

/* fake_sip_request - a peer sends this; lines end in \n or \r\n; a Via is added when the text has
 * none. source: "10.45.0.2:5060" or "[2001:db8::2]:5060". The serving function runs inside the
 * call. A method that nobody serves gets the 405 of sip.c. Returns the request's number. */
size_t fake_sip_request(const char *text, const char *source);
size_t fake_sip_request_over(const char *text, const char *source, enum sip_transport transport);

/* fake_sip_request_to - the same, arriving at one of the daemon's, at this address and port. */
size_t fake_sip_request_to(struct sip *sip, const char *text, const char *source, const char *local,
                           enum sip_transport transport);

size_t fake_sip_sent_count(void);
const struct fake_sip_sent *fake_sip_sent(size_t i); /* fails the test when there is none */
/* fake_sip_answer - the peer answers request i: Via, From, To (with a tag), Call-ID and CSeq are
 * made from it; headers: further lines, each ended by \r\n, or NULL. done runs inside the call. */
void fake_sip_answer(size_t i, int status, const char *headers);
/* fake_sip_seen_at - from now on the Via of answers says `received` with this host; NULL: it does
 * not. host must stay; with the last of the daemon's sip it is forgotten. */
void fake_sip_seen_at(const char *host);
/* fake_sip_fail - the answer that sip.c makes: 408 or 503, no message. A peer that stays silent
 * needs no call: turn the clock, and wait_ms (or sip_t1x64_ms) after sip_send done gets its 408. */
void fake_sip_fail(size_t i, int status);

size_t fake_sip_reply_count(void);
const struct fake_sip_reply *fake_sip_reply(size_t i);
size_t fake_sip_unanswered(void); /* requests that still wait for the daemon */
size_t fake_sip_waiting(void);    /* requests of the daemon that still wait for their peer */
struct sip *fake_sip(void);       /* the one opened last that is open; NULL: none */

/* What sip_protect.h was told (its fake opens no socket): the sets, the preferred one first; NULL:
 * no more. */
const struct sip_protection *fake_sip_protection(size_t i);

#endif
