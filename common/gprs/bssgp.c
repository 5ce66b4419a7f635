/* SPDX-License-Identifier: Apache-2.0 */
/* BSSGP PDUs, TS 48.018 10: a type; for UNITDATA the TLLI and QoS; then elements with a length of
 * one octet (high bit set) or two. */
#include "bssgp.h"

#include <errno.h>
#include <string.h>

#include "gb_tlv.h"

enum {
    IE_LEAK_MS = 0x01, /* "Bmax default MS" */
    IE_LEAK_RATE = 0x03,
    IE_BVCI = 0x04,
    IE_BUCKET = 0x05,
    IE_CAUSE = 0x07,
    IE_CELL = 0x08,
    IE_LLC = 0x0e,
    IE_PDU_IN_ERROR = 0x15,
    IE_LIFETIME = 0x16,
    IE_R_DEFAULT_MS = 0x1c,
    IE_TAG = 0x1e,
    IE_TLLI = 0x1f,
};

enum {
    HAS_BVCI = 1,
    HAS_CAUSE = 2,
    HAS_CELL = 4,
    HAS_LLC = 8,
    HAS_TAG = 16,
    HAS_TLLI = 32,
    HAS_BUCKET = 64
};

static const struct gb_type types[] = {
    {BSSGP_DL_UNITDATA,          "DL-UNITDATA",          HAS_LLC             },
    {BSSGP_UL_UNITDATA,          "UL-UNITDATA",          HAS_LLC | HAS_CELL  },
    {BSSGP_RA_CAPABILITY,        "RA-CAPABILITY",        0                   },
    {BSSGP_RADIO_STATUS,         "RADIO-STATUS",         0                   },
    {BSSGP_SUSPEND,              "SUSPEND",              0                   },
    {BSSGP_BVC_BLOCK,            "BVC-BLOCK",            HAS_BVCI | HAS_CAUSE},
    {BSSGP_BVC_BLOCK_ACK,        "BVC-BLOCK-ACK",        HAS_BVCI            },
    {BSSGP_BVC_RESET,            "BVC-RESET",            HAS_BVCI | HAS_CAUSE},
    {BSSGP_BVC_RESET_ACK,        "BVC-RESET-ACK",        HAS_BVCI            },
    {BSSGP_BVC_UNBLOCK,          "BVC-UNBLOCK",          HAS_BVCI            },
    {BSSGP_BVC_UNBLOCK_ACK,      "BVC-UNBLOCK-ACK",      HAS_BVCI            },
    {BSSGP_FLOW_CONTROL_BVC,     "FLOW-CONTROL-BVC",     HAS_TAG | HAS_BUCKET},
    {BSSGP_FLOW_CONTROL_BVC_ACK, "FLOW-CONTROL-BVC-ACK", HAS_TAG             },
    {BSSGP_FLOW_CONTROL_MS,      "FLOW-CONTROL-MS",      HAS_TAG | HAS_TLLI  },
    {BSSGP_FLOW_CONTROL_MS_ACK,  "FLOW-CONTROL-MS-ACK",  HAS_TAG | HAS_TLLI  },
    {BSSGP_FLUSH_LL,             "FLUSH-LL",             0                   },
    {BSSGP_FLUSH_LL_ACK,         "FLUSH-LL-ACK",         0                   },
    {BSSGP_LLC_DISCARDED,        "LLC-DISCARDED",        0                   },
    {BSSGP_STATUS,               "STATUS",               HAS_CAUSE           },
};

static const struct gb_type *find(unsigned type)
{
    return gb_type_find(types, sizeof types / sizeof types[0], type);
}

const char *bssgp_type_text(unsigned type)
{
    const struct gb_type *known = find(type);

    return known ? known->name : "BSSGP-?";
}

const char *bssgp_cause_text(unsigned cause)
{
    switch (cause) {
    case BSSGP_CAUSE_BVCI_BLOCKED: return "BVCI blocked";
    case BSSGP_CAUSE_BVCI_UNKNOWN: return "BVCI unknown";
    case BSSGP_CAUSE_OM: return "O&M intervention";
    case BSSGP_CAUSE_INCORRECT: return "semantically incorrect PDU";
    case BSSGP_CAUSE_INVALID: return "invalid mandatory information";
    case BSSGP_CAUSE_MISSING: return "missing mandatory IE";
    case BSSGP_CAUSE_STATE: return "PDU not compatible with the protocol state";
    case BSSGP_CAUSE_PROTOCOL: return "protocol error";
    default: return "unknown cause";
    }
}

static void take_cell(struct octets_in *v, struct bssgp_cell *cell)
{
    gsm_take_rai(v, &cell->rai);
    cell->ci = take_u16(v);
}

static unsigned take_value(struct octets_in *v, unsigned iei, struct bssgp_pdu *pdu)
{
    switch (iei) {
    case IE_BVCI: pdu->bvci = take_u16(v); return HAS_BVCI;
    case IE_CAUSE: pdu->cause = take_u8(v); return HAS_CAUSE;
    case IE_TAG: pdu->tag = take_u8(v); return HAS_TAG;
    case IE_TLLI: pdu->tlli = take_u32(v); return HAS_TLLI;
    case IE_CELL: take_cell(v, &pdu->cell); return HAS_CELL;
    case IE_BUCKET: pdu->bucket_size = take_u16(v); return HAS_BUCKET;
    case IE_LEAK_RATE: pdu->leak_rate = take_u16(v); return 0;
    case IE_LEAK_MS: pdu->ms_bucket_size = take_u16(v); return 0;
    case IE_R_DEFAULT_MS: pdu->ms_leak_rate = take_u16(v); return 0;
    case IE_LLC:
    case IE_PDU_IN_ERROR:
        pdu->llc_len = v->left;
        pdu->llc = take_octets(v, v->left);
        return HAS_LLC;
    default: return 0;
    }
}

static unsigned take_element(struct octets_in *in, struct bssgp_pdu *pdu)
{
    unsigned iei, has;
    struct octets_in v = take_tlv(in, &iei);

    if (v.bad)
        return 0;
    has = take_value(&v, iei, pdu);
    in->bad |= v.bad;
    return has;
}

static int fault(struct bssgp_pdu *pdu, unsigned cause, struct why *why)
{
    const char *name = bssgp_type_text(pdu->type);

    pdu->cause = cause;
    return why_set(why, EPROTO, "cannot read %s: %s", name, bssgp_cause_text(cause));
}

static bool is_unitdata(unsigned type)
{
    return type == BSSGP_DL_UNITDATA || type == BSSGP_UL_UNITDATA;
}

int bssgp_decode(struct bssgp_pdu *pdu, const uint8_t *data, size_t len, struct why *why)
{
    struct octets_in in = octets_in(data, len);
    unsigned has = 0;
    const struct gb_type *known;

    memset(pdu, 0, sizeof *pdu);
    pdu->type = take_u8(&in);
    known = find(pdu->type);
    if (in.bad || !known)
        return fault(pdu, BSSGP_CAUSE_PROTOCOL, why);
    if (is_unitdata(pdu->type)) {
        pdu->tlli = take_u32(&in);
        take_octets(&in, 3); /* QoS profile */
    }
    while (in.left)
        has |= take_element(&in, pdu);
    pdu->has_bvci = has & HAS_BVCI;
    pdu->has_cell = has & HAS_CELL;
    if (in.bad)
        return fault(pdu, BSSGP_CAUSE_INVALID, why);
    if ((has & known->must) != known->must)
        return fault(pdu, BSSGP_CAUSE_MISSING, why);
    return 0;
}

static void put_cell(struct octets_out *out, const struct bssgp_cell *cell)
{
    put_tlv_head(out, IE_CELL, 8);
    gsm_put_rai(out, &cell->rai);
    put_u16(out, cell->ci);
}

/* TS 48.018 10.2: QoS zero is "best effort", no special meaning here. */
static void put_unitdata(struct octets_out *out, const struct bssgp_pdu *pdu)
{
    put_u32(out, pdu->tlli);
    put_u24(out, 0);
    if (pdu->type == BSSGP_UL_UNITDATA)
        put_cell(out, &pdu->cell);
    else
        put_tlv_u16(out, IE_LIFETIME, 1000); /* centiseconds */
    put_tlv_head(out, IE_LLC, pdu->llc_len);
    put_octets(out, pdu->llc, pdu->llc_len);
}

static void put_flow_control(struct octets_out *out, const struct bssgp_pdu *pdu)
{
    put_tlv_u8(out, IE_TAG, pdu->tag);
    put_tlv_u16(out, IE_BUCKET, pdu->bucket_size);
    put_tlv_u16(out, IE_LEAK_RATE, pdu->leak_rate);
    put_tlv_u16(out, IE_LEAK_MS, pdu->ms_bucket_size);
    put_tlv_u16(out, IE_R_DEFAULT_MS, pdu->ms_leak_rate);
}

/* STATUS names the BVCI only for the causes that speak of one (10.4.14). */
static void put_control(struct octets_out *out, const struct bssgp_pdu *pdu, unsigned must)
{
    bool status = pdu->type == BSSGP_STATUS;

    if (status)
        put_tlv_u8(out, IE_CAUSE, pdu->cause);
    if (must & HAS_TLLI) {
        put_tlv_head(out, IE_TLLI, 4);
        put_u32(out, pdu->tlli);
    }
    if (must & HAS_BVCI || (status && pdu->has_bvci))
        put_tlv_u16(out, IE_BVCI, pdu->bvci);
    if (must & HAS_CAUSE && !status)
        put_tlv_u8(out, IE_CAUSE, pdu->cause);
    if (must & HAS_TAG)
        put_tlv_u8(out, IE_TAG, pdu->tag);
    if (pdu->type == BSSGP_BVC_RESET && pdu->has_cell)
        put_cell(out, &pdu->cell);
    if (status && pdu->llc_len) {
        put_tlv_head(out, IE_PDU_IN_ERROR, pdu->llc_len);
        put_octets(out, pdu->llc, pdu->llc_len);
    }
}

int bssgp_encode(uint8_t *data, size_t size, const struct bssgp_pdu *pdu)
{
    struct octets_out out = octets_out(data, size);
    const struct gb_type *known = find(pdu->type);

    put_u8(&out, pdu->type);
    if (is_unitdata(pdu->type))
        put_unitdata(&out, pdu);
    else if (pdu->type == BSSGP_FLOW_CONTROL_BVC)
        put_flow_control(&out, pdu);
    else
        put_control(&out, pdu, known ? known->must : 0);
    return octets_len(&out);
}
