/* SPDX-License-Identifier: Apache-2.0 */
/* The arrow line of a NAS message, the same at terminal and SGSN: who, where, key contents. Never a
 * RAND, RES or AUTS. */
#ifndef IMSLAB_NAS_LOG_H
#define IMSLAB_NAS_LOG_H

#include "nas.h"

/* nas_log - log one message that was sent ("->") or received ("<-").
 * peer      "sgsn" or "ue"
 * imsi      digits, "" or NULL when not known yet; makes the call tag
 * src, dst  the UDP addresses of the Gb link, NULL when not known */
void nas_log(const char *arrow, const char *peer, const struct nas *m, const char *imsi,
             uint32_t tlli, const struct addr *src, const struct addr *dst);

#endif
