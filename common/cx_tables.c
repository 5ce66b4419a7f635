/* SPDX-License-Identifier: Apache-2.0 */
/* The Cx messages as tables: one row per AVP, in the order of TS 29.229 6.1. */
#include "cx_codec.h"

#include <stddef.h>

#include "xalloc.h"

#define END                                                                                        \
    {                                                                                              \
        .kind = CX_K_END                                                                           \
    }
/* what most rows are made of: S is the struct, m the member */
#define TEXT(S, m, AVP)                                                                            \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_TEXT, .offset = offsetof(S, m), .size = sizeof((S *)0)->m         \
    }
#define TEXTS(S, m, n, AVP)                                                                        \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_TEXTS, .offset = offsetof(S, m), .size = sizeof((S *)0)->m[0],    \
        .count = offsetof(S, n), .max = COUNT(((S *)0)->m)                                         \
    }
#define NUMBER(S, m, AVP, none)                                                                    \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_NUMBER, .offset = offsetof(S, m), .otherwise = none               \
    }
#define NUMBERS(S, m, n, AVP)                                                                      \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_NUMBERS, .offset = offsetof(S, m), .count = offsetof(S, n),       \
        .max = COUNT(((S *)0)->m)                                                                  \
    }
#define OCTETS(S, m, length, n, AVP)                                                               \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_OCTETS, .offset = offsetof(S, m), .size = length,                 \
        .count = offsetof(S, n)                                                                    \
    }
#define OCTETS_N(S, m, n, AVP)                                                                     \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_OCTETS_N, .offset = offsetof(S, m), .size = sizeof((S *)0)->m,    \
        .count = offsetof(S, n)                                                                    \
    }
#define GROUP(AVP, members)                                                                        \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_GROUP, .inside = members                                          \
    }
#define RESULT(S)                                                                                  \
    {                                                                                              \
        .kind = CX_K_RESULT, .offset = offsetof(S, result)                                         \
    }
#define SIMPLE(S, m, AVP, how)                                                                     \
    {                                                                                              \
        .avp = AVP, .kind = how, .offset = offsetof(S, m)                                          \
    }

#define HEAP(S, m, AVP)                                                                            \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_HEAP, .offset = offsetof(S, m)                                    \
    }
#define MAYBE_GROUP(S, m, there, AVP, members)                                                     \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_GROUP, .offset = offsetof(S, m), .count = offsetof(S, there),     \
        .inside = members                                                                          \
    }
#define HEAP_GROUPS(S, m, n, T, most, AVP, members)                                                \
    {                                                                                              \
        .avp = AVP, .kind = CX_K_HEAP_GROUPS, .offset = offsetof(S, m), .size = sizeof(T),         \
        .count = offsetof(S, n), .max = most, .inside = members                                    \
    }
#define FEATURES(S)                                                                                \
    {                                                                                              \
        .avp = CX_AVP_SUPPORTED_FEATURES, .kind = CX_K_FEATURES, .offset = offsetof(S, features)   \
    }

static const struct cx_field capabilities[] = {
    NUMBERS(struct cx_capabilities, mandatory, mandatory_count, CX_AVP_MANDATORY_CAPABILITY),
    NUMBERS(struct cx_capabilities, optional, optional_count, CX_AVP_OPTIONAL_CAPABILITY),
    TEXTS(struct cx_capabilities, server, server_count, CX_AVP_SERVER_NAME),
    END,
};
#define CAPABILITIES(S)                                                                            \
    MAYBE_GROUP(S, capabilities, has_capabilities, CX_AVP_SERVER_CAPABILITIES, capabilities)

static const struct cx_field uar[] = {
    TEXT(struct cx_uar, impi, CX_AVP_USER_NAME),
    TEXT(struct cx_uar, impu, CX_AVP_PUBLIC_IDENTITY),
    TEXT(struct cx_uar, visited, CX_AVP_VISITED_NETWORK_IDENTIFIER),
    NUMBER(struct cx_uar, type, CX_AVP_USER_AUTHORIZATION_TYPE, CX_UAT_REGISTRATION),
    SIMPLE(struct cx_uar, flags, CX_AVP_UAR_FLAGS, CX_K_FLAGS),
    FEATURES(struct cx_uar),
    END,
};
static const struct cx_field uaa[] = {
    RESULT(struct cx_uaa),
    FEATURES(struct cx_uaa),
    TEXT(struct cx_uaa, server_name, CX_AVP_SERVER_NAME),
    CAPABILITIES(struct cx_uaa),
    END,
};

/* MAR carries one SIP-Auth-Data-Item whose members lie in struct cx_mar itself. */
static const struct cx_field mar_item[] = {
    TEXT(struct cx_mar, scheme, CX_AVP_SIP_AUTHENTICATION_SCHEME),
    OCTETS_N(struct cx_mar, authorization, authorization_len, CX_AVP_SIP_AUTHORIZATION),
    END,
};
static const struct cx_field mar[] = {
    TEXT(struct cx_mar, impi, CX_AVP_USER_NAME),
    TEXT(struct cx_mar, impu, CX_AVP_PUBLIC_IDENTITY),
    GROUP(CX_AVP_SIP_AUTH_DATA_ITEM, mar_item),
    SIMPLE(struct cx_mar, items, CX_AVP_SIP_NUMBER_AUTH_ITEMS, CX_K_NUMBER),
    TEXT(struct cx_mar, server_name, CX_AVP_SERVER_NAME),
    FEATURES(struct cx_mar),
    END,
};
static const struct cx_field digest[] = {
    TEXT(struct cx_digest, realm, CX_AVP_DIGEST_REALM),
    TEXT(struct cx_digest, algorithm, CX_AVP_DIGEST_ALGORITHM),
    TEXT(struct cx_digest, qop, CX_AVP_DIGEST_QOP),
    TEXT(struct cx_digest, ha1, CX_AVP_DIGEST_HA1),
    TEXT(struct cx_digest, alternate_algorithm, CX_AVP_ALTERNATE_DIGEST_ALGORITHM),
    TEXT(struct cx_digest, alternate_ha1, CX_AVP_ALTERNATE_DIGEST_HA1),
    END,
};
/* SIP-Authenticate is RAND || AUTN: the two members lie side by side. */
_Static_assert(offsetof(struct cx_vector, autn) == offsetof(struct cx_vector, rand) + 16,
               "rand and autn must be one piece");
static const struct cx_field vector[] = {
    SIMPLE(struct cx_vector, item, CX_AVP_SIP_ITEM_NUMBER, CX_K_FLAGS),
    TEXT(struct cx_vector, scheme, CX_AVP_SIP_AUTHENTICATION_SCHEME),
    OCTETS(struct cx_vector, rand, 32, xres_len, CX_AVP_SIP_AUTHENTICATE),
    OCTETS_N(struct cx_vector, xres, xres_len, CX_AVP_SIP_AUTHORIZATION),
    OCTETS(struct cx_vector, ck, 16, xres_len, CX_AVP_CONFIDENTIALITY_KEY),
    OCTETS(struct cx_vector, ik, 16, xres_len, CX_AVP_INTEGRITY_KEY),
    {.avp = CX_AVP_SIP_DIGEST_AUTHENTICATE,
                                                                .kind = CX_K_GROUP,
                                                                .offset = offsetof(struct cx_vector, digest),
                                                                .inside = digest},
    END,
};
static const struct cx_field maa[] = {
    RESULT(struct cx_maa),
    FEATURES(struct cx_maa),
    TEXT(struct cx_maa, impi, CX_AVP_USER_NAME),
    TEXT(struct cx_maa, impu, CX_AVP_PUBLIC_IDENTITY),
    SIMPLE(struct cx_maa, count, CX_AVP_SIP_NUMBER_AUTH_ITEMS, CX_K_COUNT),
    {.avp = CX_AVP_SIP_AUTH_DATA_ITEM,
                                                                      .kind = CX_K_GROUPS,
                                                                      .offset = offsetof(struct cx_maa, vector),
                                                                      .size = sizeof(struct cx_vector),
                                                                      .count = offsetof(struct cx_maa, count),
                                                                      .max = CX_MAX_VECTORS,
                                                                      .inside = vector},
    END,
};

static const struct cx_field subscription[] = {
    HEAP(struct cx_subscription, call_id, CX_AVP_CALL_ID_SIP_HEADER),
    HEAP(struct cx_subscription, from, CX_AVP_FROM_SIP_HEADER),
    HEAP(struct cx_subscription, to, CX_AVP_TO_SIP_HEADER),
    HEAP(struct cx_subscription, record_route, CX_AVP_RECORD_ROUTE),
    HEAP(struct cx_subscription, contact, CX_AVP_CONTACT),
    END,
};
static const struct cx_field contact[] = {
    HEAP(struct cx_contact, path, CX_AVP_PATH),
    HEAP(struct cx_contact, contact, CX_AVP_CONTACT),
    SIMPLE(struct cx_contact, cseq, CX_AVP_INITIAL_CSEQ_SEQUENCE_NUMBER, CX_K_FLAGS),
    HEAP(struct cx_contact, call_id, CX_AVP_CALL_ID_SIP_HEADER),
    MAYBE_GROUP(struct cx_contact, subscription, has_subscription, CX_AVP_SUBSCRIPTION_INFO,
                subscription),
    MAYBE_GROUP(struct cx_contact, pcscf_subscription, has_pcscf_subscription,
                CX_AVP_P_CSCF_SUBSCRIPTION_INFO, subscription),
    END,
};
static const struct cx_field restoration[] = {
    TEXT(struct cx_restoration, impi, CX_AVP_USER_NAME),
    HEAP_GROUPS(struct cx_restoration, contact, contact_count, struct cx_contact, CX_MAX_CONTACTS,
                CX_AVP_RESTORATION_INFO, contact),
    SIMPLE(struct cx_restoration, expires_at, CX_AVP_REGISTRATION_TIME_OUT, CX_K_TIME),
    TEXT(struct cx_restoration, scheme, CX_AVP_SIP_AUTHENTICATION_SCHEME),
    END,
};

static const struct cx_field sar[] = {
    TEXT(struct cx_sar, impi, CX_AVP_USER_NAME),
    TEXTS(struct cx_sar, impu, impu_count, CX_AVP_PUBLIC_IDENTITY),
    TEXT(struct cx_sar, server_name, CX_AVP_SERVER_NAME),
    NUMBER(struct cx_sar, type, CX_AVP_SERVER_ASSIGNMENT_TYPE, -1),
    SIMPLE(struct cx_sar, user_data_available, CX_AVP_USER_DATA_ALREADY_AVAILABLE, CX_K_YES),
    TEXT(struct cx_sar, wildcard, CX_AVP_WILDCARDED_PUBLIC_IDENTITY),
    MAYBE_GROUP(struct cx_sar, restoration, has_restoration, CX_AVP_SCSCF_RESTORATION_INFO,
                restoration),
    SIMPLE(struct cx_sar, multiple, CX_AVP_MULTIPLE_REGISTRATION_INDICATION, CX_K_FLAGS),
    SIMPLE(struct cx_sar, flags, CX_AVP_SAR_FLAGS, CX_K_FLAGS),
    FEATURES(struct cx_sar),
    END,
};
static const struct cx_field charging[] = {
    TEXT(struct cx_charging, primary_ecf, CX_AVP_PRIMARY_ECF),
    TEXT(struct cx_charging, secondary_ecf, CX_AVP_SECONDARY_ECF),
    TEXT(struct cx_charging, primary_ccf, CX_AVP_PRIMARY_CCF),
    TEXT(struct cx_charging, secondary_ccf, CX_AVP_SECONDARY_CCF),
    END,
};
#define CHARGING(S)                                                                                \
    {                                                                                              \
        .avp = CX_AVP_CHARGING_INFORMATION, .kind = CX_K_GROUP, .offset = offsetof(S, charging),   \
        .inside = charging                                                                         \
    }
static const struct cx_field also_registered[] = {
    TEXTS(struct cx_saa, also_registered, also_registered_count, CX_AVP_USER_NAME),
    END,
};
static const struct cx_field associated[] = {
    TEXTS(struct cx_saa, associated, associated_count, CX_AVP_USER_NAME),
    END,
};
static const struct cx_field saa[] = {
    RESULT(struct cx_saa),
    FEATURES(struct cx_saa),
    TEXT(struct cx_saa, impi, CX_AVP_USER_NAME),
    TEXT(struct cx_saa, server_name, CX_AVP_SERVER_NAME),
    SIMPLE(struct cx_saa, user_data, CX_AVP_USER_DATA, CX_K_HEAP),
    CHARGING(struct cx_saa),
    GROUP(CX_AVP_ASSOCIATED_IDENTITIES, associated),
    SIMPLE(struct cx_saa, loose_route, CX_AVP_LOOSE_ROUTE_INDICATION, CX_K_FLAGS),
    HEAP_GROUPS(struct cx_saa, restoration, restoration_count, struct cx_restoration, CX_MAX_IDS,
                CX_AVP_SCSCF_RESTORATION_INFO, restoration),
    GROUP(CX_AVP_ASSOCIATED_REGISTERED_IDENTITIES, also_registered),
    TEXT(struct cx_saa, wildcard, CX_AVP_WILDCARDED_PUBLIC_IDENTITY),
    END,
};

static const struct cx_field lir[] = {
    SIMPLE(struct cx_lir, originating, CX_AVP_ORIGINATING_REQUEST, CX_K_PRESENT),
    TEXT(struct cx_lir, impu, CX_AVP_PUBLIC_IDENTITY),
    NUMBER(struct cx_lir, type, CX_AVP_USER_AUTHORIZATION_TYPE, -1),
    FEATURES(struct cx_lir),
    END,
};
static const struct cx_field lia[] = {
    RESULT(struct cx_lia),
    FEATURES(struct cx_lia),
    TEXT(struct cx_lia, server_name, CX_AVP_SERVER_NAME),
    CAPABILITIES(struct cx_lia),
    TEXT(struct cx_lia, wildcard, CX_AVP_WILDCARDED_PUBLIC_IDENTITY),
    SIMPLE(struct cx_lia, flags, CX_AVP_LIA_FLAGS, CX_K_FLAGS),
    END,
};

static const struct cx_field reason[] = {
    NUMBER(struct cx_rtr, reason, CX_AVP_REASON_CODE, -1),
    TEXT(struct cx_rtr, reason_info, CX_AVP_REASON_INFO),
    END,
};
static const struct cx_field rtr_associated[] = {
    TEXTS(struct cx_rtr, associated, associated_count, CX_AVP_USER_NAME),
    END,
};
static const struct cx_field rtr[] = {
    TEXT(struct cx_rtr, impi, CX_AVP_USER_NAME),
    GROUP(CX_AVP_ASSOCIATED_IDENTITIES, rtr_associated),
    TEXTS(struct cx_rtr, impu, impu_count, CX_AVP_PUBLIC_IDENTITY),
    GROUP(CX_AVP_DEREGISTRATION_REASON, reason),
    END,
};
static const struct cx_field rta_associated[] = {
    TEXTS(struct cx_rta, associated, associated_count, CX_AVP_USER_NAME),
    END,
};
static const struct cx_field rta[] = {
    RESULT(struct cx_rta),
    GROUP(CX_AVP_ASSOCIATED_IDENTITIES, rta_associated),
    END,
};

static const struct cx_field ppr[] = {
    TEXT(struct cx_ppr, impi, CX_AVP_USER_NAME),
    SIMPLE(struct cx_ppr, user_data, CX_AVP_USER_DATA, CX_K_HEAP),
    CHARGING(struct cx_ppr),
    END,
};
static const struct cx_field ppa[] = {
    RESULT(struct cx_ppa),
    END,
};

static const struct {
    enum cx_command command;
    struct cx_fields request, answer;
} tables[] = {
    {CX_UAR, {uar, sizeof(struct cx_uar)}, {uaa, sizeof(struct cx_uaa)}},
    {CX_MAR, {mar, sizeof(struct cx_mar)}, {maa, sizeof(struct cx_maa)}},
    {CX_SAR, {sar, sizeof(struct cx_sar)}, {saa, sizeof(struct cx_saa)}},
    {CX_LIR, {lir, sizeof(struct cx_lir)}, {lia, sizeof(struct cx_lia)}},
    {CX_RTR, {rtr, sizeof(struct cx_rtr)}, {rta, sizeof(struct cx_rta)}},
    {CX_PPR, {ppr, sizeof(struct cx_ppr)}, {ppa, sizeof(struct cx_ppa)}},
};

const struct cx_fields *cx_request_fields(enum cx_command command)
{
    for (size_t i = 0; i < COUNT(tables); i++) {
        if (tables[i].command == command)
            return &tables[i].request;
    }
    return NULL;
}

const struct cx_fields *cx_answer_fields(enum cx_command command)
{
    for (size_t i = 0; i < COUNT(tables); i++) {
        if (tables[i].command == command)
            return &tables[i].answer;
    }
    return NULL;
}
