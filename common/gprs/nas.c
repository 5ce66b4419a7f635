/* SPDX-License-Identifier: Apache-2.0 */
/* One walker for every NAS message: the tables say what is in them, this file says how elements are
 * written (TS 24.007 11.2.1) and what becomes of wrong ones (TS 24.008 8). */
#include "nas.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nas_ie.h"

static const struct nas_message *find(unsigned pd, unsigned type, int direction)
{
    const struct nas_message *m = pd == NAS_GMM ? gmm_messages : sm_messages;
    size_t count = pd == NAS_GMM ? gmm_message_count : sm_message_count;

    for (size_t i = 0; i < count; i++)
        if (m[i].type == type &&
            (direction == BOTH || m[i].direction == BOTH || m[i].direction == direction))
            return &m[i];
    return NULL;
}

const char *nas_text(unsigned pd, unsigned type, char buf[24])
{
    const struct nas_message *m = pd == NAS_GMM || pd == NAS_SM ? find(pd, type, BOTH) : NULL;

    if (m)
        return m->name;
    if (pd == NAS_GMM || pd == NAS_SM)
        snprintf(buf, 24, "%s 0x%02x", pd == NAS_GMM ? "GMM" : "SM", type);
    else
        snprintf(buf, 24, "PD 0x%02x 0x%02x", pd & 0xff, type & 0xff);
    return buf;
}

const char *nas_cause_text(unsigned cause)
{
    switch (cause) {
    case NAS_CAUSE_INCORRECT: return "semantically incorrect message";
    case NAS_CAUSE_MANDATORY: return "invalid mandatory information";
    case NAS_CAUSE_TYPE: return "message type non-existent or not implemented";
    case NAS_CAUSE_STATE: return "message type not compatible with the protocol state";
    case NAS_CAUSE_IE: return "information element non-existent or not implemented";
    case NAS_CAUSE_CONDITIONAL: return "conditional IE error";
    case NAS_CAUSE_STATE_MESSAGE: return "message not compatible with the protocol state";
    case NAS_CAUSE_PROTOCOL: return "protocol error, unspecified";
    default: return NULL;
    }
}

/* --- values ------------------------------------------------------------------------------------
 */

/* TS 24.008 10.5.1.4: type and "odd" stand beside the first digit. */
static int take_identity(struct octets_in *v, struct nas_mobile_id *id)
{
    uint8_t head = take_u8(v);

    memset(id, 0, sizeof *id);
    id->type = head & 0x07;
    switch (id->type) {
    case NAS_NO_IDENTITY: return 0;
    case NAS_IMSI:
    case NAS_IMEI:
    case NAS_IMEISV:
        if (head >> 4 > 9)
            return -EINVAL;
        id->digits[0] = '0' + (head >> 4);
        return gsm_take_tbcd(v, v->left, id->digits + 1, sizeof id->digits - 1);
    case NAS_PTMSI: id->ptmsi = take_u32(v); return v->bad ? -EINVAL : 0;
    default: return -EINVAL;
    }
}

static void put_identity(struct octets_out *out, const struct nas_mobile_id *id)
{
    size_t digits = strlen(id->digits);

    if (id->type == NAS_PTMSI) {
        put_u8(out, 0xf0 | NAS_PTMSI);
        put_u32(out, id->ptmsi);
    } else if (id->type == NAS_NO_IDENTITY || digits == 0) {
        put_u8(out, 0xf0 | NAS_NO_IDENTITY);
    } else {
        put_u8(out, (id->digits[0] - '0') << 4 | (digits % 2 ? 0x08 : 0) | id->type);
        gsm_put_tbcd(out, id->digits + 1, digits / 2);
    }
}

static void take_all(struct octets_in *v, struct nas_octets *o)
{
    o->len = v->left > sizeof o->data ? sizeof o->data : v->left;
    memcpy(o->data, take_octets(v, o->len), o->len);
}

/* One value, its octets all in v. 0 or -EINVAL; only then may *at hold half of it. */
static int take_value(struct octets_in *v, const struct nas_ie *ie, void *at)
{
    const uint8_t *octets;

    if (v->left < ie->len)
        return -EINVAL;
    switch (ie->kind) {
    case IE_U8: *(uint8_t *)at = take_u8(v); return 0;
    case IE_U16: *(uint16_t *)at = take_u16(v); return 0;
    case IE_U24: *(uint32_t *)at = take_u24(v); return 0;
    case IE_OCTETS: take_all(v, at); return 0;
    case IE_ARRAY:
        octets = take_octets(v, ie->len);
        memcpy(at, octets, ie->len);
        return 0;
    case IE_ID: return take_identity(v, at);
    case IE_RAI: gsm_take_rai(v, at); return 0;
    case IE_APN: return gsm_take_apn(v, at);
    case IE_ADDRESS: return gsm_take_pdp_address(v, at);
    default: return -EINVAL;
    }
}

static void put_value(struct octets_out *out, const struct nas_ie *ie, const void *at)
{
    const struct nas_octets *o = at;

    switch (ie->kind) {
    case IE_U8: put_u8(out, *(const uint8_t *)at); break;
    case IE_U16: put_u16(out, *(const uint16_t *)at); break;
    case IE_U24: put_u24(out, *(const uint32_t *)at); break;
    case IE_OCTETS: put_octets(out, o->data, o->len); break;
    case IE_ARRAY: put_octets(out, at, ie->len); break;
    case IE_ID: put_identity(out, at); break;
    case IE_RAI: gsm_put_rai(out, at); break;
    case IE_APN: gsm_put_apn(out, at); break;
    case IE_ADDRESS: gsm_put_pdp_address(out, at, 0); break;
    default: out->bad = true;
    }
}

/* --- decode ------------------------------------------------------------------------------------
 */

struct walk {
    struct nas *m;
    struct octets_in in;
    const struct nas_message *message;
    uint8_t shared; /* the octet of the last IE_LOW */
};

static void *place(struct nas *m, unsigned at)
{
    return (char *)m + at;
}

static int fault(struct nas *m, unsigned cause, struct why *why, const char *what)
{
    char buf[24];

    m->fault = cause;
    return why_set(why, EPROTO, "cannot read %s: %s", nas_text(m->pd, m->type, buf), what);
}

/* A mandatory element: 0, or -EINVAL when it is missing or broken (24.008 8.5: cause 96). */
static int take_mandatory(struct walk *w, const struct nas_ie *ie)
{
    void *at = place(w->m, ie->at);
    struct octets_in v;

    switch (ie->format) {
    case IE_LOW:
        w->shared = take_u8(&w->in);
        *(uint8_t *)at = w->shared & 0x0f;
        return w->in.bad ? -EINVAL : 0;
    case IE_HIGH: *(uint8_t *)at = w->shared >> 4; return 0;
    case IE_V: v = take_in(&w->in, ie->len); break;
    default: v = take_in(&w->in, take_u8(&w->in)); break;
    }
    return w->in.bad ? -EINVAL : take_value(&v, ie, at);
}

static const struct nas_ie *find_optional(const struct nas_message *message, unsigned iei)
{
    for (size_t i = 0; i < message->count; i++) {
        const struct nas_ie *ie = &message->ie[i];
        if (ie->has && (ie->format == IE_TV1 ? ie->iei == (iei & 0xf0) : ie->iei == iei))
            return ie;
    }
    return NULL;
}

/* An optional element that is broken, or comes again, is as if it were not there (8.6, 8.7). */
static void take_optional(struct walk *w, const struct nas_ie *ie, uint8_t iei)
{
    bool *has = place(w->m, ie->has);
    uint8_t small = iei & 0x0f;
    struct octets_in v;
    struct nas before;

    if (ie->format == IE_TV1)
        v = octets_in(&small, 1);
    else
        v = take_in(&w->in, ie->format == IE_TV ? ie->len : take_u8(&w->in));
    if (v.bad || *has)
        return;
    before = *w->m;
    *has = take_value(&v, ie, place(w->m, ie->at)) == 0;
    if (!*has)
        *w->m = before;
}

/* What follows the mandatory part. 0, or -EINVAL: an unknown element that has to be understood. */
static int take_optionals(struct walk *w)
{
    while (w->in.left) {
        uint8_t iei = take_u8(&w->in);
        const struct nas_ie *ie = find_optional(w->message, iei);

        if (ie)
            take_optional(w, ie, iei);
        else if ((iei & 0xf0) == 0)
            return -EINVAL;
        else if (!(iei & 0x80)) /* 24.007 11.2.4: unknown means TLV, or one octet */
            take_in(&w->in, take_u8(&w->in));
    }
    return 0;
}

/* PD, transaction or skip indicator, type. 0, or -EPROTO with the fault set. */
static int take_head(struct walk *w, struct why *why)
{
    struct nas *m = w->m;
    uint8_t first = take_u8(&w->in);

    m->pd = first & 0x0f;
    if (m->pd == NAS_SM) {
        m->ti = first >> 4 & 7;
        m->to_originator = first & 0x80;
        if (m->ti == 7) {
            uint8_t extension = take_u8(&w->in);
            if (!(extension & 0x80))
                return fault(m, 0, why, "transaction identifier not extended");
            m->ti = extension & 0x7f;
        }
    }
    m->type = take_u8(&w->in);
    if (w->in.bad)
        return fault(m, 0, why, "too short");
    if (m->pd != NAS_GMM && m->pd != NAS_SM)
        return fault(m, 0, why, "protocol discriminator is neither GMM nor SM");
    if (m->pd == NAS_GMM && first >> 4)
        return fault(m, 0, why, "skip indicator set");
    return 0;
}

int nas_decode(struct nas *m, enum nas_direction direction, const uint8_t *data, size_t len,
               struct why *why)
{
    struct walk w = {.m = m, .in = octets_in(data, len)};
    int rc;

    memset(m, 0, sizeof *m);
    rc = take_head(&w, why);
    if (rc < 0)
        return rc;
    w.message = find(m->pd, m->type, direction);
    if (!w.message)
        return fault(m, NAS_CAUSE_TYPE, why, nas_cause_text(NAS_CAUSE_TYPE));
    for (size_t i = 0; i < w.message->count; i++) {
        const struct nas_ie *ie = &w.message->ie[i];
        if (!ie->has && take_mandatory(&w, ie) < 0)
            return fault(m, NAS_CAUSE_MANDATORY, why, ie->name);
    }
    if (take_optionals(&w) < 0)
        return fault(m, NAS_CAUSE_MANDATORY, why, "unknown element that must be understood");
    return 0;
}

/* --- encode ------------------------------------------------------------------------------------
 */

static void put_head(struct octets_out *out, const struct nas *m)
{
    uint8_t flag = m->to_originator ? 0x80 : 0;

    if (m->pd == NAS_GMM) {
        put_u8(out, NAS_GMM);
    } else if (m->ti < 7) {
        put_u8(out, flag | m->ti << 4 | NAS_SM);
    } else {
        put_u8(out, flag | 0x70 | NAS_SM);
        put_u8(out, 0x80 | m->ti);
    }
    put_u8(out, m->type);
}

static void put_with_length(struct octets_out *out, const struct nas_ie *ie, const void *at)
{
    size_t length_at = out->len, len;

    put_u8(out, 0);
    put_value(out, ie, at);
    if (out->bad)
        return;
    len = out->len - length_at - 1;
    if (len > 255)
        out->bad = true;
    else
        out->data[length_at] = len;
}

static void put_element(struct octets_out *out, const struct nas_ie *ie, const struct nas *m)
{
    const void *at = (const char *)m + ie->at;
    uint8_t small = ie->kind == IE_U8 ? *(const uint8_t *)at : 0;

    switch (ie->format) {
    case IE_LOW: put_u8(out, small & 0x0f); return;
    case IE_HIGH:
        if (!out->bad)
            out->data[out->len - 1] |= small << 4;
        return;
    case IE_TV1: put_u8(out, ie->iei | (small & 0x0f)); return;
    case IE_TV:
    case IE_TLV: put_u8(out, ie->iei); break;
    default: break;
    }
    if (ie->format == IE_LV || ie->format == IE_TLV)
        put_with_length(out, ie, at);
    else
        put_value(out, ie, at);
}

int nas_encode(uint8_t *data, size_t size, enum nas_direction direction, const struct nas *m)
{
    struct octets_out out = octets_out(data, size);
    const struct nas_message *message = find(m->pd, m->type, direction);

    if (!message)
        return -EINVAL;
    put_head(&out, m);
    for (size_t i = 0; i < message->count; i++) {
        const struct nas_ie *ie = &message->ie[i];
        if (!ie->has || *((const char *)m + ie->has))
            put_element(&out, ie, m);
    }
    return octets_len(&out);
}
