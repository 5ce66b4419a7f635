/* SPDX-License-Identifier: Apache-2.0 */
/* The SGSN: terminals attach over Gb, and their PDP contexts are made at the GGSN over GTP. */
#ifndef IMSLAB_SGSN_H
#define IMSLAB_SGSN_H

#include <stdio.h>

#include "conf.h"
#include "loop.h"

struct sgsn;

/* sgsn_open - bind the Gb port, 2123 and 2152 of the SGSN's address, count the restart.
 * conf     lives as long as the SGSN
 * returns  0 or -errno with a sentence */
int sgsn_open(struct sgsn **sgsn, struct loop *loop, const struct conf *conf, struct why *why);
/* sgsn_close - NULL is fine. */
void sgsn_close(struct sgsn *sgsn);
/* sgsn_live - one line for each MM context, PDP context and pending GTP transaction. */
void sgsn_live(const struct sgsn *sgsn, FILE *out);

#endif
