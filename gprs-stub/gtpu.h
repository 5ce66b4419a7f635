/* SPDX-License-Identifier: Apache-2.0 */
/* GTP-U on port 2152 (TS 29.060 9, 29.281): packets in and out by TEID, echo, and Error Indications
 * for TEIDs that nobody has, both ways. */
#ifndef IMSLAB_GTPU_H
#define IMSLAB_GTPU_H

#include <stdio.h>

#include "addr.h"
#include "loop.h"
#include "why.h"

struct gtpu;

/* gtpu_packet_fn - a terminal's packet came for this TEID of ours; valid during the call. false:
 * nobody has it, the peer is told so (29.281 7.3.1). */
typedef bool gtpu_packet_fn(void *arg, const struct addr *peer, uint32_t teid,
                            const uint8_t *packet, size_t len);
/* gtpu_error_fn - the peer has no tunnel end with this TEID (a TEID of its own). */
typedef void gtpu_error_fn(void *arg, const struct addr *peer, uint32_t their_teid);

struct gtpu_conf {
    struct addr local; /* port 2152 unless it says another */
    const char *name;  /* element of the log lines; these two live as long as it */
    const char *peer_name;
    gtpu_packet_fn *on_packet;
    gtpu_error_fn *on_error;
    void *arg;
};

/* gtpu_open - bind. 0 or -errno with a sentence. *conf is copied. */
int gtpu_open(struct gtpu **user, struct loop *loop, const struct gtpu_conf *conf, struct why *why);
/* gtpu_close - NULL is fine. */
void gtpu_close(struct gtpu *user);
/* gtpu_send - one packet to a peer's TEID, on port 2152. 0; -EMSGSIZE; a socket's -errno: lost. */
int gtpu_send(struct gtpu *user, const struct addr *peer, uint32_t teid, const uint8_t *packet,
              size_t len);
/* gtpu_live - one line: packets and octets in and out, what was dropped. */
void gtpu_live(const struct gtpu *user, FILE *out);

/* gtpu_worth_saying - whether the n-th of the same kind gets a line in the log: the 1st, 2nd, 4th,
 * 8th ... Whoever sends a million of them shall not fill the disk. */
bool gtpu_worth_saying(unsigned long n);

#endif
