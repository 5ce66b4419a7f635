/* SPDX-License-Identifier: Apache-2.0 */
/* The card in the terminal: USIM and ISIM (TS 31.102, 31.103). It knows who the subscriber is, and
 * it alone answers challenges. Its memory of sequence numbers lives in a state file. */
#ifndef IMSLAB_UE_SIM_H
#define IMSLAB_UE_SIM_H

#include "aka.h"
#include "conf.h"
#include "why.h"

struct sim {
    char imsi[16], imei[17];
    bool isim; /* false: impi, impu and domain are derived from the IMSI (TS 23.003 13) */
    char impi[CONF_URI], domain[CONF_HOST];
    char impu[8][CONF_URI];
    size_t impu_count;
    char state[CONF_PATH]; /* the state file */
    struct aka_key key;    /* wiped by sim_close */
    struct aka_seen seen;  /* as in the state file */
};

/* What the card says to a challenge. wipe() after use. */
struct sim_answer {
    enum aka_verdict verdict;
    uint8_t res[8], ck[16], ik[16]; /* AKA_FINE */
    uint8_t auts[14];               /* AKA_OUT_OF_RANGE */
};

/* sim_open - take the card out of the configuration and read DIR/ue-IMSI.sqn (no file: a new card).
 * 0, -ENOENT the configuration has no SIM of this IMSI, -EPROTO the state file makes no sense, or
 * another -errno of reading it; each with a sentence. */
int sim_open(struct sim *sim, const struct conf *conf, const char *imsi, struct why *why);
void sim_close(struct sim *sim);

/* sim_answer - RAND and AUTN into RES, CK, IK or AUTS (TS 33.102 6.3.3). An accepted sequence
 * number is on the disk before this returns; when it cannot be written there is no answer: -errno
 * with a sentence. 0 otherwise, whatever the verdict is. */
int sim_answer(struct sim *sim, const uint8_t rand[16], const uint8_t autn[16],
               struct sim_answer *answer, struct why *why);

/* sim_verdict_text - "fine", "wrong MAC", "sequence number out of range". */
const char *sim_verdict_text(enum aka_verdict verdict);

/* sim_impu - the identity to register: the first SIP URI of the card. NULL: there is none. */
const char *sim_impu(const struct sim *sim);

#endif
