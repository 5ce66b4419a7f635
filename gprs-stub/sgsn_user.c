/* SPDX-License-Identifier: Apache-2.0 */
/* The SGSN's user plane, TS 23.060 9.3: a terminal's packets between SNDCP on Gb and GTP-U on Gn.
 *
 *     UE              SGSN                GGSN
 *      |== SN-UNITDATA ==>|                   |   LLC SAPI 3, 5, 9 or 11, in segments of N201-U
 *      |  (TLLI, NSAPI)   |====== G-PDU =====>|   to the GGSN's TEID of this context
 *      |                  |<===== G-PDU ======|   to ours
 *      |<= SN-UNITDATA ===|                   |
 *      |                  |<- Error Indication|   it has forgotten the context: deactivate.c
 */
#include <string.h>
#include <sys/random.h>

#include "gtpu.h"
#include "sgsn_inner.h"

static struct pdp **bucket(struct sgsn *sgsn, uint32_t teid)
{
    return &sgsn->by_data[teid % SGSN_BUCKETS];
}

static struct pdp *find(struct sgsn *sgsn, uint32_t teid)
{
    for (struct pdp *pdp = *bucket(sgsn, teid); pdp; pdp = pdp->next_data)
        if (pdp->teid_data == teid)
            return pdp;
    return NULL;
}

void pdp_user_add(struct pdp *pdp)
{
    struct pdp **head;

    while (getrandom(&pdp->teid_data, sizeof pdp->teid_data, 0) != sizeof pdp->teid_data ||
           pdp->teid_data == 0 || find(pdp->sgsn, pdp->teid_data))
        ;
    head = bucket(pdp->sgsn, pdp->teid_data);
    pdp->next_data = *head;
    *head = pdp;
}

void pdp_user_remove(struct pdp *pdp)
{
    struct pdp **at = bucket(pdp->sgsn, pdp->teid_data);

    while (*at != pdp)
        at = &(*at)->next_data;
    *at = pdp->next_data;
}

bool sgsn_is_user_sapi(unsigned sapi)
{
    return sapi == LLC_LL3 || sapi == LLC_LL5 || sapi == LLC_LL9 || sapi == LLC_LL11;
}

static void drop(struct pdp *pdp, const char *proto, const char *why)
{
    char tag[CALL_TAG];

    if (gtpu_worth_saying(++pdp->dropped))
        log_arrow_at(LEVEL_WARN, call_tag(pdp->imsi, tag), "==", NULL, "dropped", "proto", proto,
                     "imsi", pdp->imsi, "why", why, NULL);
}

/* --- from the terminal -------------------------------------------------------------------------
 */

static void to_ggsn(struct pdp *pdp, const uint8_t *packet, size_t len)
{
    int rc = gtpu_send(pdp->sgsn->user, &pdp->ggsn_user, pdp->their_data, packet, len);

    if (rc < 0) {
        drop(pdp, "gtp", why_not(rc));
        return;
    }
    pdp->up.packets++;
    pdp->up.octets += len;
}

void sgsn_user_up(struct mm *mm, unsigned sapi, const uint8_t *data, size_t len)
{
    struct sndcp_pdu pdu;
    struct pdp *pdp;
    const uint8_t *packet;
    size_t n;
    struct why why;
    int rc = sndcp_decode(&pdu, data, len, &why);

    if (rc < 0) {
        log_debug(NULL, "IMSI %s: %s", mm->imsi, why.text);
        return;
    }
    pdp = mm->pdp[pdu.nsapi];
    if (!pdp || pdp->state != PDP_ACTIVE || pdp->request.llc_sapi != sapi)
        return; /* of a context that is not, or no more */
    rc = sndcp_take(&pdp->sndcp, &pdu, &packet, &n, &why);
    if (rc < 0)
        drop(pdp, "sndcp", why.text);
    else if (rc > 0)
        to_ggsn(pdp, packet, n);
}

/* --- from the GGSN -----------------------------------------------------------------------------
 */

static int send_segment(void *arg, const uint8_t *pdu, size_t len)
{
    struct pdp *pdp = arg;

    return gb_terminal_send(pdp->mm->terminal, pdp->request.llc_sapi, pdu, len);
}

static bool on_packet(void *arg, const struct addr *peer, uint32_t teid, const uint8_t *packet,
                      size_t len)
{
    struct sgsn *sgsn = arg;
    struct pdp *pdp = find(sgsn, teid);
    int rc;

    if (!pdp || pdp->state == PDP_DEACTIVATING)
        return false; /* the GGSN should have forgotten it, too */
    if (pdp->state != PDP_ACTIVE || !pdp->mm)
        return true; /* the GGSN is being told */
    if (!addr_same_host(peer, &pdp->ggsn_user)) {
        drop(pdp, "gtp", "a packet that is not from its GGSN");
        return true;
    }
    rc = sndcp_send(&pdp->sndcp, pdp->nsapi, packet, len, sgsn->conf->sgsn.n201_u, send_segment,
                    pdp);
    if (rc < 0) {
        drop(pdp, "sndcp", why_not(rc));
        return true;
    }
    pdp->down.packets++;
    pdp->down.octets += len;
    return true;
}

/* TS 23.060 9.3.1 / 29.281 7.3.1: the GGSN has no such context. Rare: all are looked through. */
static void on_error(void *arg, const struct addr *peer, uint32_t their_teid)
{
    struct sgsn *sgsn = arg;

    for (struct pdp *pdp = sgsn->pdps; pdp; pdp = pdp->next) {
        if (pdp->state == PDP_ACTIVE && pdp->mm && pdp->their_data == their_teid &&
            addr_same_host(peer, &pdp->ggsn_user)) {
            deactivate_by_network(pdp, SM_CAUSE_REACTIVATION);
            return;
        }
    }
}

int sgsn_user_open(struct sgsn *sgsn, struct why *why)
{
    const struct conf *conf = sgsn->conf;
    struct gtpu_conf user = {
        .local = addr_with_port(conf->sgsn.element.address, 0),
        .name = conf->sgsn.element.name,
        .peer_name = conf->ggsn.element.name,
        .on_packet = on_packet,
        .on_error = on_error,
        .arg = sgsn,
    };

    return gtpu_open(&sgsn->user, sgsn->loop, &user, why);
}
