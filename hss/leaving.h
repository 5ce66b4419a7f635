/* SPDX-License-Identifier: Apache-2.0 */
/* Who is left when another S-CSCF starts to serve a registered user (TS 29.228 8.1.1). */
#ifndef IMSLAB_LEAVING_H
#define IMSLAB_LEAVING_H

#include "push.h"

/* leaving_find - before answer_mar, on the store's thread: the RTR (NEW_SERVER_ASSIGNED) for the
 * S-CSCF that has the identity registered, when that is another one than the peer by its Diameter
 * identity. To be sent when the MAR is answered with success, else push_free. NULL: nobody. */
struct push *leaving_find(struct store *store, const char *peer, const struct cx_mar *mar);

#endif
