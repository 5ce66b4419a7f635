/* SPDX-License-Identifier: Apache-2.0 */
/* The GMM messages, TS 24.008 9.4: a page to hold beside the standard. Elements that it lists and
 * we have no use for are skipped like unknown ones. */
#include "nas_ie.h"

static const struct nas_ie attach_request[] = {
    {"network capability",   0,    IE_LV,   1, IE_OCTETS, M(attach_request, network_capability) },
    {"attach type",          0,    IE_LOW,  0, IE_U8,     M(attach_request, attach_type)        },
    {"CKSN",                 0,    IE_HIGH, 0, IE_U8,     M(attach_request, cksn)               },
    {"DRX parameter",        0,    IE_V,    2, IE_U16,    M(attach_request, drx)                },
    {"mobile identity",      0,    IE_LV,   1, IE_ID,     M(attach_request, identity)           },
    {"old routing area",     0,    IE_V,    6, IE_RAI,    M(attach_request, old_rai)            },
    {"radio capability",     0,    IE_LV,   1, IE_OCTETS, M(attach_request, radio_capability)   },
    {"old P-TMSI signature", 0x19, IE_TV,   3, IE_U24,    O(attach_request, old_ptmsi_signature)},
    {"READY timer",          0x17, IE_TV,   1, IE_U8,     O(attach_request, ready_timer)        },
};

static const struct nas_ie attach_accept[] = {
    {"attach result",    0,    IE_LOW,  0, IE_U8,  M(attach_accept, result)          },
    {"force to standby", 0,    IE_HIGH, 0, IE_U8,  M(attach_accept, force_to_standby)},
    {"T3312",            0,    IE_V,    1, IE_U8,  M(attach_accept, t3312)           },
    {"radio priority",   0,    IE_V,    1, IE_U8,  M(attach_accept, radio_priority)  },
    {"routing area",     0,    IE_V,    6, IE_RAI, M(attach_accept, rai)             },
    {"P-TMSI signature", 0x19, IE_TV,   3, IE_U24, O(attach_accept, ptmsi_signature) },
    {"READY timer",      0x17, IE_TV,   1, IE_U8,  O(attach_accept, ready_timer)     },
    {"allocated P-TMSI", 0x18, IE_TLV,  5, IE_ID,  O(attach_accept, ptmsi)           },
    {"GMM cause",        0x25, IE_TV,   1, IE_U8,  O(attach_accept, cause)           },
};

static const struct nas_ie attach_reject[] = {
    {"GMM cause", 0,    IE_V,   1, IE_U8,     M(attach_reject, cause)},
    {"T3302",     0x2a, IE_TLV, 1, IE_OCTETS, O(attach_reject, t3302)},
};

static const struct nas_ie detach_request_up[] = {
    {"detach type",      0,    IE_LOW, 0, IE_U8,     M(detach_request, type)           },
    {"P-TMSI",           0x18, IE_TLV, 5, IE_ID,     O(detach_request, ptmsi)          },
    {"P-TMSI signature", 0x19, IE_TLV, 3, IE_OCTETS, O(detach_request, ptmsi_signature)},
};

static const struct nas_ie detach_request_down[] = {
    {"detach type",      0,    IE_LOW,  0, IE_U8, M(detach_request, type)            },
    {"force to standby", 0,    IE_HIGH, 0, IE_U8, M(detach_request, force_to_standby)},
    {"GMM cause",        0x25, IE_TV,   1, IE_U8, O(detach_request, cause)           },
};

static const struct nas_ie detach_accept_down[] = {
    {"force to standby", 0, IE_LOW, 0, IE_U8, M(detach_accept, force_to_standby)},
};

static const struct nas_ie rau_request[] = {
    {"update type",        0,    IE_LOW,  0, IE_U8,     M(rau_request, update_type)     },
    {"CKSN",               0,    IE_HIGH, 0, IE_U8,     M(rau_request, cksn)            },
    {"old routing area",   0,    IE_V,    6, IE_RAI,    M(rau_request, old_rai)         },
    {"radio capability",   0,    IE_LV,   1, IE_OCTETS, M(rau_request, radio_capability)},
    {"P-TMSI",             0x18, IE_TLV,  5, IE_ID,     O(rau_request, ptmsi)           },
    {"PDP context status", 0x32, IE_TLV,  2, IE_U16,    O(rau_request, pdp_status)      },
};

static const struct nas_ie rau_accept[] = {
    {"force to standby",   0,    IE_LOW,  0, IE_U8,  M(rau_accept, force_to_standby)},
    {"update result",      0,    IE_HIGH, 0, IE_U8,  M(rau_accept, result)          },
    {"T3312",              0,    IE_V,    1, IE_U8,  M(rau_accept, t3312)           },
    {"routing area",       0,    IE_V,    6, IE_RAI, M(rau_accept, rai)             },
    {"allocated P-TMSI",   0x18, IE_TLV,  5, IE_ID,  O(rau_accept, ptmsi)           },
    {"GMM cause",          0x25, IE_TV,   1, IE_U8,  O(rau_accept, cause)           },
    {"PDP context status", 0x32, IE_TLV,  2, IE_U16, O(rau_accept, pdp_status)      },
};

static const struct nas_ie rau_reject[] = {
    {"GMM cause",        0, IE_V,   1, IE_U8, M(rau_reject, cause)           },
    {"force to standby", 0, IE_LOW, 0, IE_U8, M(rau_reject, force_to_standby)},
};

static const struct nas_ie identity_request[] = {
    {"identity type",    0, IE_LOW,  0, IE_U8, M(identity_request, type)            },
    {"force to standby", 0, IE_HIGH, 0, IE_U8, M(identity_request, force_to_standby)},
};

static const struct nas_ie identity_response[] = {
    {"mobile identity", 0, IE_LV, 1, IE_ID, M(identity_response, identity)},
};

static const struct nas_ie auth_request[] = {
    {"ciphering algorithm", 0,    IE_LOW,  0,  IE_U8,    M(auth_request, algorithm)       },
    {"IMEISV request",      0,    IE_HIGH, 0,  IE_U8,    M(auth_request, imeisv_request)  },
    {"force to standby",    0,    IE_LOW,  0,  IE_U8,    M(auth_request, force_to_standby)},
    {"A&C reference",       0,    IE_HIGH, 0,  IE_U8,    M(auth_request, reference)       },
    {"RAND",                0x21, IE_TV,   16, IE_ARRAY, O(auth_request, rand)            },
    {"CKSN",                0x80, IE_TV1,  0,  IE_U8,    O(auth_request, cksn)            },
    {"AUTN",                0x28, IE_TLV,  16, IE_ARRAY, O(auth_request, autn)            },
};

/* The order 22, 23, 29 is the standard's; Wireshark insists on it. */
static const struct nas_ie auth_response[] = {
    {"A&C reference", 0,    IE_LOW, 0, IE_U8,     M(auth_response, reference)},
    {"RES",           0x22, IE_TV,  4, IE_ARRAY,  O(auth_response, res)      },
    {"IMEISV",        0x23, IE_TLV, 9, IE_ID,     O(auth_response, imeisv)   },
    {"RES, the rest", 0x29, IE_TLV, 1, IE_OCTETS, O(auth_response, res_rest) },
};

static const struct nas_ie auth_failure[] = {
    {"GMM cause", 0,    IE_V,   1,  IE_U8,    M(auth_failure, cause)},
    {"AUTS",      0x30, IE_TLV, 14, IE_ARRAY, O(auth_failure, auts) },
};

static const struct nas_ie status[] = {
    {"GMM cause", 0, IE_V, 1, IE_U8, M(gmm_status, cause)},
};

const struct nas_message gmm_messages[] = {
    {GMM_ATTACH_REQUEST,    UP,   "Attach Request",                        IES(attach_request)     },
    {GMM_ATTACH_ACCEPT,     DOWN, "Attach Accept",                         IES(attach_accept)      },
    {GMM_ATTACH_COMPLETE,   UP,   "Attach Complete",                       NO_IES                  },
    {GMM_ATTACH_REJECT,     DOWN, "Attach Reject",                         IES(attach_reject)      },
    {GMM_DETACH_REQUEST,    UP,   "Detach Request",                        IES(detach_request_up)  },
    {GMM_DETACH_REQUEST,    DOWN, "Detach Request",                        IES(detach_request_down)},
    {GMM_DETACH_ACCEPT,     DOWN, "Detach Accept",                         IES(detach_accept_down) },
    {GMM_DETACH_ACCEPT,     UP,   "Detach Accept",                         NO_IES                  },
    {GMM_RAU_REQUEST,       UP,   "Routing Area Update Request",           IES(rau_request)        },
    {GMM_RAU_ACCEPT,        DOWN, "Routing Area Update Accept",            IES(rau_accept)         },
    {GMM_RAU_COMPLETE,      UP,   "Routing Area Update Complete",          NO_IES                  },
    {GMM_RAU_REJECT,        DOWN, "Routing Area Update Reject",            IES(rau_reject)         },
    {GMM_AUTH_REQUEST,      DOWN, "Authentication and Ciphering Request",  IES(auth_request)       },
    {GMM_AUTH_RESPONSE,     UP,   "Authentication and Ciphering Response", IES(auth_response)      },
    {GMM_AUTH_REJECT,       DOWN, "Authentication and Ciphering Reject",   NO_IES                  },
    {GMM_AUTH_FAILURE,      UP,   "Authentication and Ciphering Failure",  IES(auth_failure)       },
    {GMM_IDENTITY_REQUEST,  DOWN, "Identity Request",                      IES(identity_request)   },
    {GMM_IDENTITY_RESPONSE, UP,   "Identity Response",                     IES(identity_response)  },
    {GMM_STATUS,            BOTH, "GMM Status",                            IES(status)             },
};
const size_t gmm_message_count = sizeof gmm_messages / sizeof gmm_messages[0];

const char *gmm_cause_text(unsigned cause)
{
    switch (cause) {
    case GMM_CAUSE_IMSI_UNKNOWN_IN_HLR: return "IMSI unknown in HLR";
    case GMM_CAUSE_ILLEGAL_MS: return "illegal MS";
    case GMM_CAUSE_IMEI_NOT_ACCEPTED: return "IMEI not accepted";
    case GMM_CAUSE_ILLEGAL_ME: return "illegal ME";
    case GMM_CAUSE_NO_GPRS: return "GPRS services not allowed";
    case GMM_CAUSE_NO_GPRS_AND_NO_OTHER: return "GPRS services and non-GPRS services not allowed";
    case GMM_CAUSE_IDENTITY_UNKNOWN: return "MS identity cannot be derived by the network";
    case GMM_CAUSE_IMPLICITLY_DETACHED: return "implicitly detached";
    case GMM_CAUSE_PLMN_NOT_ALLOWED: return "PLMN not allowed";
    case GMM_CAUSE_NO_ROAMING: return "roaming not allowed in this location area";
    case GMM_CAUSE_NO_GPRS_IN_PLMN: return "GPRS services not allowed in this PLMN";
    case GMM_CAUSE_NETWORK_FAILURE: return "network failure";
    case GMM_CAUSE_MAC_FAILURE: return "MAC failure";
    case GMM_CAUSE_SYNCH_FAILURE: return "synch failure";
    case GMM_CAUSE_CONGESTION: return "congestion";
    case GMM_CAUSE_GSM_AUTH_UNACCEPTABLE: return "GSM authentication unacceptable";
    case GMM_CAUSE_NO_PDP_CONTEXT: return "no PDP context activated";
    default: return nas_cause_text(cause);
    }
}
