/* SPDX-License-Identifier: Apache-2.0 */
/* Delete PDP Context, TS 29.060 7.3.5 and 7.3.6: the address goes back.
 *
 *     <- Delete PDP Context Request   NSAPI, tear down
 *        refused: 192 no such context, with TEID 0
 *     -> Delete PDP Context Response
 */
#include "ggsn_inner.h"

void ggsn_delete(void *arg, const struct addr *peer, const struct gtp1 *request,
                 struct gtp1 *answer)
{
    struct ggsn *ggsn = arg;
    struct ggsn_context *c = ggsn_find_teid(ggsn, request->teid, request->nsapi);

    (void)peer;
    answer->has_cause = true;
    answer->cause = c ? GTP_ACCEPTED : GTP_NON_EXISTENT;
    answer->teid = c ? c->their_control : 0;
    if (c) /* tear down means the same here: every context has an address of its own */
        ggsn_remove(ggsn, c, "deleted by the SGSN");
}
