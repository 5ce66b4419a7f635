/* SPDX-License-Identifier: Apache-2.0 */
/* What SIGUSR1 prints of the SGSN. */
#include "gtpu.h"
#include "sgsn_inner.h"

static const char *const mm_states[] = {"identifying", "authenticating", "accepting", "attached",
                                        "detaching"};
static const char *const pdp_states[] = {"creating", "active", "deleting", "deactivating"};

static void mm_live(const struct mm *mm, FILE *out)
{
    const struct gb_way *way = gb_terminal_way(mm->terminal);
    char at[ADDR_TEXT];

    fprintf(out, "mm imsi=%s state=%s p-tmsi=%08x tlli=%08x at=%s bvci=%u tries=%u\n",
            *mm->imsi ? mm->imsi : "-", mm_states[mm->state], mm->ptmsi,
            gb_terminal_tlli(mm->terminal), addr_text(&way->peer, at), way->bvci, mm->tries);
}

static void pdp_live(const struct pdp *pdp, FILE *out)
{
    char v4[ADDR_TEXT], v6[ADDR_TEXT], ggsn[ADDR_TEXT];

    fprintf(out,
            "pdp imsi=%s nsapi=%u ti=%u state=%s apn=%s address=%s address6=%s ggsn=%s "
            "teid-control=%08x teid-data=%08x packets-up=%lu octets-up=%lu packets-down=%lu "
            "octets-down=%lu dropped=%lu packets-lost=%lu%s\n",
            pdp->imsi, pdp->nsapi, pdp->ti, pdp_states[pdp->state], pdp->request.apn,
            addr_host(&pdp->address.v4, v4), addr_host(&pdp->address.v6, v6),
            addr_host(&pdp->ggsn, ggsn), pdp->teid_control, pdp->teid_data, pdp->up.packets,
            pdp->up.octets, pdp->down.packets, pdp->down.octets, pdp->dropped, pdp->sndcp.lost,
            pdp->mm ? "" : " abandoned");
}

void sgsn_live(const struct sgsn *sgsn, FILE *out)
{
    for (const struct mm *mm = sgsn->mms; mm; mm = mm->next)
        mm_live(mm, out);
    for (const struct pdp *pdp = sgsn->pdps; pdp; pdp = pdp->next)
        pdp_live(pdp, out);
    gtp_path_live(sgsn->path, out);
    gtpu_live(sgsn->user, out);
}
