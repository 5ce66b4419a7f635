/* SPDX-License-Identifier: Apache-2.0 */
/* The SGSN's authentication centre (TS 33.102 6.3): vectors for the SIM cards of the sims file. It
 * counts on its own: its IND values are 16..31 of each card, the HSS has 0..15 (Annex C.1.1.1), so
 * that neither makes the other's vectors stale. */
#ifndef IMSLAB_AUC_H
#define IMSLAB_AUC_H

#include "aka.h"
#include "conf.h"
#include "why.h"

struct auc;

/* auc_open - read the file of sequence numbers (none: every card begins at 0).
 * conf     read with CONF_SIMS; lives as long as the centre
 * returns  0, -ELOOP the file is a symbolic link, -EPROTO it makes no sense, or another -errno of
 *          reading it; each with a sentence */
int auc_open(struct auc **auc, const struct conf *conf, struct why *why);
/* auc_close - NULL is fine. */
void auc_close(struct auc *auc);

/* auc_vector - one fresh vector for this card; its SQN is in the file before this returns.
 * v        wipe() after use; untouched when refused
 * returns  0, -ENOENT the sims file has no such card, or -errno of the file or of the random
 *          numbers; each with a sentence */
int auc_vector(struct auc *auc, const char *imsi, struct aka_vector *v, struct why *why);

/* auc_resynchronise - the card's counter becomes ours (TS 33.102 6.3.5).
 * rand     of the challenge that this AUTS answers: the caller's, never the terminal's
 * returns  0, -ENOENT no such card, -EPERM MAC-S is wrong: nothing changes; with a sentence. The
 *          file follows with the next vector */
int auc_resynchronise(struct auc *auc, const char *imsi, const uint8_t rand[16],
                      const uint8_t auts[14], struct why *why);

#endif
