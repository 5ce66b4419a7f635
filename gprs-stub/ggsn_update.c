/* SPDX-License-Identifier: Apache-2.0 */
/* Update PDP Context, TS 29.060 7.3.3 and 7.3.4: the SGSN's tunnel ends move (another SGSN, or the
 * RNC itself for a direct tunnel).
 *
 *     <- Update PDP Context Request   NSAPI, TEIDs, addresses, QoS
 *        refused: 192 no such context
 *     -> Update PDP Context Response  our TEID and addresses, QoS
 */
#include "ggsn_inner.h"

void ggsn_update(void *arg, const struct addr *peer, const struct gtp1 *request,
                 struct gtp1 *answer)
{
    struct ggsn *ggsn = arg;
    struct ggsn_context *c = ggsn_find_teid(ggsn, request->teid, request->nsapi);

    answer->has_cause = true;
    if (!c) {
        answer->cause = GTP_NON_EXISTENT;
        return;
    }
    if (request->has_teid_control)
        c->their_control = request->teid_control;
    c->their_data = request->teid_data;
    c->gsn_control = request->gsn_control;
    c->gsn_user = request->gsn_user;
    c->qos = request->qos;
    if (!addr_same_host(&c->sgsn, peer)) {
        gtp_path_leave(ggsn->path, &c->sgsn);
        gtp_path_use(ggsn->path, peer);
        c->sgsn = *peer;
    }
    answer->teid = c->their_control;
    answer->cause = GTP_ACCEPTED;
    answer->teid_data = c->teid_data;
    answer->charging_id = c->charging_id;
    answer->qos = c->qos;
    answer->has_teid_data = answer->has_charging_id = answer->has_qos = true;
    ggsn_addresses(ggsn, answer);
}
