/* SPDX-License-Identifier: Apache-2.0 */
/* The GGSN: one PDP context for each Create PDP Context Request that it can serve, with an address
 * of the APN's pool and the P-CSCF in the PCO. */
#ifndef IMSLAB_GGSN_H
#define IMSLAB_GGSN_H

#include <stdio.h>

#include "conf.h"
#include "gtp1_path.h"

struct ggsn;

/* ggsn_open - bind 2123 and 2152 of the GGSN's address, count the restart.
 * conf     lives as long as the GGSN
 * returns  0 or -errno with a sentence */
int ggsn_open(struct ggsn **ggsn, struct loop *loop, const struct conf *conf, struct why *why);
/* ggsn_close - NULL is fine. */
void ggsn_close(struct ggsn *ggsn);
/* ggsn_live - one line for each context, pool and pending transaction. */
void ggsn_live(const struct ggsn *ggsn, FILE *out);

#endif
