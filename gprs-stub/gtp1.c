/* SPDX-License-Identifier: Apache-2.0 */
/* GTPv1-C messages, TS 29.060 6 (header), 7.7 (elements), 11.1 (what becomes of wrong ones). */
#include "gtp1.h"

#include <errno.h>
#include <string.h>

enum { VERSION_1 = 0x20, PT = 0x10, E = 0x04, S = 0x02, PN = 0x01 }; /* first octet */
enum { EXTENSION_REQUIRED = 0xc0 };
enum { HEADER = 8 };

enum kind {
    U8,
    U16,
    U32,
    LOW1, /* one bit, the others are ones */
    LOW2, /* two bits, the others are ones */
    LOW4, /* four bits, the others are zero */
    IMSI, /* 8 octets */
    DIGITS,
    MSISDN,
    RAI,
    ADDRESS, /* end user address */
    APN,
    OCTETS,
    HOST,
};

#define AT(member) offsetof(struct gtp1, member), offsetof(struct gtp1, has_##member)

/* The elements in the order in which they are sent. 133 stands twice: signalling, then user. */
static const struct element {
    uint8_t ie;
    uint8_t kind;
    uint16_t at, has;
} elements[] = {
    {1,   U8,      AT(cause)         },
    {2,   IMSI,    AT(imsi)          },
    {3,   RAI,     AT(rai)           },
    {8,   LOW1,    AT(reordering)    },
    {14,  U8,      AT(recovery)      },
    {15,  LOW2,    AT(selection_mode)},
    {16,  U32,     AT(teid_data)     },
    {17,  U32,     AT(teid_control)  },
    {19,  LOW1,    AT(teardown)      },
    {20,  LOW4,    AT(nsapi)         },
    {26,  U16,     AT(charging)      },
    {127, U32,     AT(charging_id)   },
    {128, ADDRESS, AT(address)       },
    {131, APN,     AT(apn)           },
    {132, OCTETS,  AT(pco)           },
    {133, HOST,    AT(gsn_control)   },
    {133, HOST,    AT(gsn_user)      },
    {134, MSISDN,  AT(msisdn)        },
    {135, OCTETS,  AT(qos)           },
    {151, U8,      AT(rat)           },
    {152, OCTETS,  AT(location)      },
    {154, DIGITS,  AT(imeisv)        },
};
enum { ELEMENTS = sizeof elements / sizeof elements[0] };

/* Elements below 128 carry no length: these are all there are (7.7); the value's octets. */
static const uint8_t fixed[128] = {
    [1] = 1,  [2] = 8,  [3] = 6,  [4] = 4,  [5] = 4,  [8] = 1,  [9] = 3,  [11] = 1, [12] = 3,
    [13] = 1, [14] = 1, [15] = 1, [16] = 4, [17] = 4, [18] = 5, [19] = 1, [20] = 1, [21] = 1,
    [22] = 9, [23] = 1, [24] = 1, [25] = 2, [26] = 2, [27] = 2, [28] = 2, [29] = 1, [127] = 4,
};

/* What a message must carry (7.3); the IMSI and the like are conditional and GGSN's to ask for. */
static const struct {
    uint8_t type;
    uint8_t ie[6]; /* 0 ends; 133 stands for its first, 0xff for its second */
} mandatory[] = {
    {GTP_ECHO_RESPONSE,    {14}                    },
    {GTP_CREATE_REQUEST,   {16, 20, 133, 0xff, 135}},
    {GTP_CREATE_RESPONSE,  {1}                     },
    {GTP_UPDATE_REQUEST,   {16, 20, 133, 0xff, 135}},
    {GTP_UPDATE_RESPONSE,  {1}                     },
    {GTP_DELETE_REQUEST,   {20}                    },
    {GTP_DELETE_RESPONSE,  {1}                     },
    {GTP_ERROR_INDICATION, {16, 133}               },
};

bool gtp1_is_request(unsigned type)
{
    return type == GTP_ECHO_REQUEST || type == GTP_CREATE_REQUEST || type == GTP_UPDATE_REQUEST ||
           type == GTP_DELETE_REQUEST;
}

bool gtp1_is_accepted(unsigned cause)
{
    return cause >= 128 && cause < 192;
}

static bool is_known(unsigned type)
{
    char buf[24];

    return gtp1_text(type, buf) != buf;
}

/* --- decode ------------------------------------------------------------------------------------
 */

static void *place(const struct gtp1 *m, unsigned at)
{
    return (char *)(uintptr_t)m + at;
}

static bool *has(const struct gtp1 *m, const struct element *e)
{
    return place(m, e->has);
}

/* An international number: 91, then digits. */
static int take_msisdn(struct octets_in *v, char *digits)
{
    take_u8(v);
    return gsm_take_tbcd(v, v->left, digits, GSM_DIGITS);
}

static int take_octets_of(struct octets_in *v, struct nas_octets *o)
{
    if (v->left > sizeof o->data)
        return -EINVAL;
    o->len = v->left;
    memcpy(o->data, take_octets(v, o->len), o->len);
    return 0;
}

/* 0, or -EINVAL; then half of *at may be written. */
static int take_value(struct octets_in *v, unsigned kind, void *at)
{
    size_t len = v->left;

    switch (kind) {
    case U8: *(uint8_t *)at = take_u8(v); break;
    case U16: *(uint16_t *)at = take_u16(v); break;
    case U32: *(uint32_t *)at = take_u32(v); break;
    case LOW1: *(uint8_t *)at = take_u8(v) & 1; break;
    case LOW2: *(uint8_t *)at = take_u8(v) & 3; break;
    case LOW4: *(uint8_t *)at = take_u8(v) & 15; break;
    case IMSI:
    case DIGITS: return gsm_take_tbcd(v, len, at, GSM_DIGITS);
    case MSISDN: return take_msisdn(v, at);
    case RAI: gsm_take_rai(v, at); break;
    case ADDRESS: return gsm_take_pdp_address(v, at);
    case APN: return gsm_take_apn(v, at);
    case OCTETS: return take_octets_of(v, at);
    case HOST: return addr_from_octets(at, take_octets(v, len), len, 0);
    }
    return v->bad ? -EINVAL : 0;
}

/* The row an element goes to: the first of its kind that is still empty. */
static const struct element *row_for(const struct gtp1 *m, unsigned ie)
{
    for (size_t i = 0; i < ELEMENTS; i++)
        if (elements[i].ie == ie && !*has(m, &elements[i]))
            return &elements[i];
    return NULL;
}

static bool is_mandatory(unsigned type, const struct element *e)
{
    unsigned ie = e->ie == 133 && e->at == offsetof(struct gtp1, gsn_user) ? 0xff : e->ie;

    for (size_t i = 0; i < sizeof mandatory / sizeof mandatory[0]; i++)
        if (mandatory[i].type == type)
            return memchr(mandatory[i].ie, ie, sizeof mandatory[i].ie) != NULL;
    return false;
}

static int fault(struct gtp1 *m, unsigned cause, struct why *why, const char *what, unsigned ie)
{
    char buf[24];

    m->fault = gtp1_is_request(m->type) ? cause : 0;
    return why_set(why, EPROTO, "cannot read %s: %s %u", gtp1_text(m->type, buf), what, ie);
}

static int take_element(struct gtp1 *m, struct octets_in *in, struct why *why)
{
    unsigned ie = take_u8(in);
    struct gtp1 before;
    const struct element *e;
    struct octets_in v;

    if (ie < 128 && !fixed[ie])
        return fault(m, GTP_INVALID_FORMAT, why, "unknown element", ie);
    v = take_in(in, ie < 128 ? fixed[ie] : take_u16(in));
    if (in->bad)
        return fault(m, GTP_INVALID_FORMAT, why, "not enough octets for element", ie);
    e = row_for(m, ie);
    if (!e)
        return 0; /* not for us, or repeated */
    before = *m;
    if (take_value(&v, e->kind, place(m, e->at)) < 0) {
        *m = before;
        return is_mandatory(m->type, e) ? fault(m, GTP_IE_INCORRECT, why, "bad element", ie) : 0;
    }
    *has(m, e) = true;
    return 0;
}

/* Extension headers (6.): skipped, unless they say that they must be understood. */
static int skip_extensions(struct gtp1 *m, struct octets_in *in, unsigned type, struct why *why)
{
    while (type) {
        unsigned words = take_u8(in);
        if (words == 0 || (type & EXTENSION_REQUIRED) == EXTENSION_REQUIRED)
            return fault(m, 0, why, "extension header", type);
        take_octets(in, words * 4 - 2);
        type = take_u8(in);
        if (in->bad)
            return fault(m, GTP_INVALID_FORMAT, why, "extension header", type);
    }
    return 0;
}

/* 0 with *in at the first element. */
static int take_header(struct gtp1 *m, struct octets_in *in, struct why *why)
{
    unsigned flags = take_u8(in), length, extension = 0;
    size_t after;

    m->type = take_u8(in);
    length = take_u16(in);
    after = in->left;
    if ((flags & 0xe0) != VERSION_1)
        return why_set(why, EPROTONOSUPPORT, "GTP version %u is not served", flags >> 5);
    m->teid = take_u32(in);
    if (in->bad || !(flags & PT))
        return why_set(why, EPROTO, "not a GTP message");
    if (!is_known(m->type))
        return fault(m, 0, why, "type", m->type);
    if (!(flags & S)) /* signalling without a sequence number cannot be answered */
        return fault(m, 0, why, "no sequence number, flags", flags);
    m->seq = take_u16(in);
    take_u8(in); /* N-PDU number */
    extension = take_u8(in);
    if (in->bad || length != after - 4)
        return fault(m, in->bad ? 0 : GTP_INVALID_FORMAT, why, "length", length);
    return flags & E ? skip_extensions(m, in, extension, why) : 0;
}

int gtp1_decode(struct gtp1 *m, const uint8_t *data, size_t len, struct why *why)
{
    struct octets_in in = octets_in(data, len);
    int rc;

    memset(m, 0, sizeof *m);
    if (len < HEADER)
        return why_set(why, EPROTO, "GTP message is too short: %zu octets", len);
    rc = take_header(m, &in, why);
    while (rc == 0 && in.left)
        rc = take_element(m, &in, why);
    for (size_t i = 0; rc == 0 && i < ELEMENTS; i++)
        if (is_mandatory(m->type, &elements[i]) && !*has(m, &elements[i]))
            rc = fault(m, GTP_IE_MISSING, why, "no element", elements[i].ie);
    return rc;
}

/* --- encode ------------------------------------------------------------------------------------
 */

static void put_digits(struct octets_out *out, const char *digits)
{
    gsm_put_tbcd(out, digits, (strlen(digits) + 1) / 2);
}

static void put_host(struct octets_out *out, const struct addr *a)
{
    size_t len;
    const uint8_t *octets = addr_octets(a, &len);

    if (octets)
        put_octets(out, octets, len);
}

static void put_value(struct octets_out *out, unsigned kind, const void *at)
{
    const struct nas_octets *o = at;

    switch (kind) {
    case U8: put_u8(out, *(const uint8_t *)at); break;
    case U16: put_u16(out, *(const uint16_t *)at); break;
    case U32: put_u32(out, *(const uint32_t *)at); break;
    case LOW1: put_u8(out, 0xfe | *(const uint8_t *)at); break;
    case LOW2: put_u8(out, 0xfc | *(const uint8_t *)at); break;
    case LOW4: put_u8(out, *(const uint8_t *)at & 15); break;
    case IMSI: gsm_put_tbcd(out, at, 8); break;
    case DIGITS: put_digits(out, at); break;
    case MSISDN:
        put_u8(out, 0x91);
        put_digits(out, at);
        break;
    case RAI: gsm_put_rai(out, at); break;
    case ADDRESS: gsm_put_pdp_address(out, at, 0xf0); break;
    case APN: gsm_put_apn(out, at); break;
    case OCTETS: put_octets(out, o->data, o->len); break;
    case HOST: put_host(out, at); break;
    }
}

static void put_length(struct octets_out *out, size_t at, size_t len)
{
    if (out->bad)
        return;
    out->data[at] = len >> 8;
    out->data[at + 1] = len;
}

static void put_element(struct octets_out *out, const struct element *e, const struct gtp1 *m)
{
    size_t length_at;

    put_u8(out, e->ie);
    length_at = out->len;
    if (e->ie >= 128)
        put_u16(out, 0);
    put_value(out, e->kind, place(m, e->at));
    if (e->ie >= 128)
        put_length(out, length_at, out->len - length_at - 2);
}

int gtp1_encode(uint8_t *data, size_t size, const struct gtp1 *m)
{
    struct octets_out out = octets_out(data, size);

    put_u8(&out, VERSION_1 | PT | S);
    put_u8(&out, m->type);
    put_u16(&out, 0);
    put_u32(&out, m->teid);
    put_u16(&out, m->seq);
    put_u16(&out, 0); /* N-PDU number, next extension: none */
    for (size_t i = 0; i < ELEMENTS; i++)
        if (*has(m, &elements[i]))
            put_element(&out, &elements[i], m);
    put_length(&out, 2, out.len - HEADER);
    return octets_len(&out);
}
