/* SPDX-License-Identifier: Apache-2.0 */
/* NS PDUs, TS 48.016 9.2: a type, then (but for UNITDATA) information elements with a length of one
 * octet (high bit set) or two. */
#include "ns.h"

#include <errno.h>
#include <string.h>

#include "gb_tlv.h"

enum { IE_CAUSE = 0x00, IE_NSVCI = 0x01, IE_PDU = 0x02, IE_BVCI = 0x03, IE_NSEI = 0x04 };
enum { HAS_CAUSE = 1 << IE_CAUSE, HAS_NSVCI = 1 << IE_NSVCI, HAS_NSEI = 1 << IE_NSEI };

/* What a type must carry, and what is sent with it. */
static const struct gb_type types[] = {
    {NS_UNITDATA,    "NS-UNITDATA",    0                               },
    {NS_RESET,       "NS-RESET",       HAS_CAUSE | HAS_NSVCI | HAS_NSEI},
    {NS_RESET_ACK,   "NS-RESET-ACK",   HAS_NSVCI | HAS_NSEI            },
    {NS_BLOCK,       "NS-BLOCK",       HAS_CAUSE | HAS_NSVCI           },
    {NS_BLOCK_ACK,   "NS-BLOCK-ACK",   HAS_NSVCI                       },
    {NS_UNBLOCK,     "NS-UNBLOCK",     0                               },
    {NS_UNBLOCK_ACK, "NS-UNBLOCK-ACK", 0                               },
    {NS_STATUS,      "NS-STATUS",      HAS_CAUSE                       },
    {NS_ALIVE,       "NS-ALIVE",       0                               },
    {NS_ALIVE_ACK,   "NS-ALIVE-ACK",   0                               },
};

static const struct gb_type *find(unsigned type)
{
    return gb_type_find(types, sizeof types / sizeof types[0], type);
}

const char *ns_type_text(unsigned type)
{
    const struct gb_type *known = find(type);

    return known ? known->name : "NS-?";
}

const char *ns_cause_text(unsigned cause)
{
    switch (cause) {
    case NS_CAUSE_TRANSIT: return "transit network failure";
    case NS_CAUSE_OM: return "O&M intervention";
    case NS_CAUSE_EQUIPMENT: return "equipment failure";
    case NS_CAUSE_BLOCKED: return "NS-VC blocked";
    case NS_CAUSE_NSVC_UNKNOWN: return "NS-VC unknown";
    case NS_CAUSE_BVCI_UNKNOWN: return "BVCI unknown";
    case NS_CAUSE_INCORRECT: return "semantically incorrect PDU";
    case NS_CAUSE_STATE: return "PDU not compatible with the protocol state";
    case NS_CAUSE_PROTOCOL: return "protocol error";
    case NS_CAUSE_INVALID_IE: return "invalid essential IE";
    case NS_CAUSE_MISSING_IE: return "missing essential IE";
    default: return "unknown cause";
    }
}

/* One element into the PDU. Its HAS_ bit, 0 when it is none of ours; bad when it is broken. */
static unsigned take_element(struct octets_in *in, struct ns_pdu *pdu)
{
    unsigned iei;
    struct octets_in v = take_tlv(in, &iei);

    switch (iei) {
    case IE_CAUSE: pdu->cause = take_u8(&v); break;
    case IE_NSVCI: pdu->nsvci = take_u16(&v); break;
    case IE_NSEI: pdu->nsei = take_u16(&v); break;
    case IE_BVCI: pdu->bvci = take_u16(&v); break;
    case IE_PDU:
        pdu->sdu_len = v.left;
        pdu->sdu = take_octets(&v, v.left);
        break;
    default: return 0;
    }
    in->bad |= v.bad;
    return 1u << iei;
}

static int fault(struct ns_pdu *pdu, unsigned cause, struct why *why)
{
    const char *name = ns_type_text(pdu->type);

    pdu->cause = cause;
    return why_set(why, EPROTO, "cannot read %s: %s", name, ns_cause_text(cause));
}

int ns_decode(struct ns_pdu *pdu, const uint8_t *data, size_t len, struct why *why)
{
    struct octets_in in = octets_in(data, len);
    unsigned has = 0;
    const struct gb_type *known;

    memset(pdu, 0, sizeof *pdu);
    pdu->type = take_u8(&in);
    known = find(pdu->type);
    if (in.bad || !known)
        return fault(pdu, NS_CAUSE_PROTOCOL, why);
    if (pdu->type == NS_UNITDATA) {
        take_u8(&in); /* control bits, spare */
        pdu->bvci = take_u16(&in);
        pdu->sdu_len = in.left;
        pdu->sdu = take_octets(&in, in.left);
        return in.bad ? fault(pdu, NS_CAUSE_PROTOCOL, why) : 0;
    }
    while (in.left)
        has |= take_element(&in, pdu);
    if (in.bad)
        return fault(pdu, NS_CAUSE_INVALID_IE, why);
    if ((has & known->must) != known->must)
        return fault(pdu, NS_CAUSE_MISSING_IE, why);
    return 0;
}

/* TS 48.016 9.2.7: these causes are about a link, not about a PDU. */
static bool names_nsvc(unsigned cause)
{
    return cause == NS_CAUSE_NSVC_UNKNOWN || cause == NS_CAUSE_BLOCKED;
}

int ns_encode(uint8_t *data, size_t size, const struct ns_pdu *pdu)
{
    struct octets_out out = octets_out(data, size);
    const struct gb_type *known = find(pdu->type);
    unsigned must = known ? known->must : 0;

    put_u8(&out, pdu->type);
    if (pdu->type == NS_UNITDATA) {
        put_u8(&out, 0);
        put_u16(&out, pdu->bvci);
        put_octets(&out, pdu->sdu, pdu->sdu_len);
        return octets_len(&out);
    }
    if (must & HAS_CAUSE)
        put_tlv_u8(&out, IE_CAUSE, pdu->cause);
    if (must & HAS_NSVCI || (pdu->type == NS_STATUS && names_nsvc(pdu->cause)))
        put_tlv_u16(&out, IE_NSVCI, pdu->nsvci);
    if (must & HAS_NSEI)
        put_tlv_u16(&out, IE_NSEI, pdu->nsei);
    if (pdu->type == NS_STATUS && pdu->cause == NS_CAUSE_BVCI_UNKNOWN)
        put_tlv_u16(&out, IE_BVCI, pdu->bvci);
    if (pdu->type == NS_STATUS && pdu->sdu_len) {
        put_tlv_head(&out, IE_PDU, pdu->sdu_len);
        put_octets(&out, pdu->sdu, pdu->sdu_len);
    }
    return octets_len(&out);
}
