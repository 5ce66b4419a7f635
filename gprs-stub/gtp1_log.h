/* SPDX-License-Identifier: Apache-2.0 */
/* The arrow line of a GTP message. */
#ifndef IMSLAB_GTP1_LOG_H
#define IMSLAB_GTP1_LOG_H

#include "gtp1.h"

/* gtp1_log - imsi "" when unknown; try counts from 1, only the later ones are shown. Echo is at
 * level debug. */
void gtp1_log(const char *arrow, const char *peer, const struct gtp1 *m, const char *imsi,
              const struct addr *src, const struct addr *dst, unsigned try);

#endif
