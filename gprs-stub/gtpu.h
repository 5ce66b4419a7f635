/* SPDX-License-Identifier: Apache-2.0 */
/* GTP-U (TS 29.060 9, 29.281): for now port 2152 answers echo requests and counts the rest; the
 * user plane comes on top. */
#ifndef IMSLAB_GTPU_H
#define IMSLAB_GTPU_H

#include "addr.h"
#include "loop.h"
#include "why.h"

struct gtpu;

/* gtpu_open - bind port 2152 of this host, or the port given with it. name and peer_name as in
 * gtp_path_conf; they live as long as the GTP-U end. 0 or -errno with a sentence. */
int gtpu_open(struct gtpu **user, struct loop *loop, const struct addr *here, const char *name,
              const char *peer_name, struct why *why);
/* gtpu_close - NULL is fine. */
void gtpu_close(struct gtpu *user);

#endif
