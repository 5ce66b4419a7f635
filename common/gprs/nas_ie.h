/* SPDX-License-Identifier: Apache-2.0 */
/* What nas.c and the message tables of nas_gmm.c and nas_sm.c share; nobody else includes this. */
#ifndef IMSLAB_NAS_IE_H
#define IMSLAB_NAS_IE_H

#include <stddef.h>

#include "nas.h"

enum ie_format {          /* TS 24.007 11.2.1.1 */
                 IE_LOW,  /* V, bits 1-4 of the next octet */
                 IE_HIGH, /* V, bits 5-8 of the octet of the IE_LOW before it */
                 IE_V,
                 IE_LV,
                 IE_TV,
                 IE_TV1, /* IEI in bits 5-8, value in bits 1-4 */
                 IE_TLV,
};

enum ie_kind { /* the C type at `at` */
               IE_U8,
               IE_U16,
               IE_U24,    /* uint32_t */
               IE_OCTETS, /* struct nas_octets */
               IE_ARRAY,  /* uint8_t[len] */
               IE_ID,     /* struct nas_mobile_id */
               IE_RAI,
               IE_APN,     /* char[GSM_APN] */
               IE_ADDRESS, /* struct gsm_pdp_address */
};

struct nas_ie {
    const char *name;
    uint8_t iei;    /* 0: none */
    uint8_t format; /* enum ie_format */
    uint8_t len;    /* V, TV: octets of the value; LV, TLV: the fewest that make sense */
    uint8_t kind;   /* enum ie_kind */
    uint16_t at;    /* offset in struct nas */
    uint16_t has;   /* offset of the has_ flag; 0: mandatory */
};

enum { UP = NAS_UP, DOWN = NAS_DOWN, BOTH = 2 };

struct nas_message {
    uint8_t type;
    uint8_t direction; /* UP, DOWN or BOTH */
    const char *name;
    const struct nas_ie *ie;
    size_t count;
};

extern const struct nas_message gmm_messages[], sm_messages[];
extern const size_t gmm_message_count, sm_message_count;

/* The columns at and has of a row; all rows have equally many cells, or clang-format gives up. */
#define NAS_AT(member)     offsetof(struct nas, member)
#define M(message, member) NAS_AT(message.member), 0
#define O(message, member) NAS_AT(message.member), NAS_AT(message.has_##member)
#define IES(table)         table, sizeof(table) / sizeof((table)[0])
#define NO_IES             NULL, 0

#endif
