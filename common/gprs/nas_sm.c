/* SPDX-License-Identifier: Apache-2.0 */
/* The SM messages, TS 24.008 9.5: a page to hold beside the standard. */
#include "nas_ie.h"

static const struct nas_ie activate_request[] = {
    {"requested NSAPI",       0,    IE_V,   1, IE_U8,      M(activate_request, nsapi)   },
    {"requested LLC SAPI",    0,    IE_V,   1, IE_U8,      M(activate_request, llc_sapi)},
    {"requested QoS",         0,    IE_LV,  3, IE_OCTETS,  M(activate_request, qos)     },
    {"requested PDP address", 0,    IE_LV,  2, IE_ADDRESS, M(activate_request, address) },
    {"access point name",     0x28, IE_TLV, 1, IE_APN,     O(activate_request, apn)     },
    {"protocol options",      0x27, IE_TLV, 1, IE_OCTETS,  O(activate_request, pco)     },
};

static const struct nas_ie activate_accept[] = {
    {"negotiated LLC SAPI",    0,    IE_V,   1, IE_U8,      M(activate_accept, llc_sapi)      },
    {"negotiated QoS",         0,    IE_LV,  3, IE_OCTETS,  M(activate_accept, qos)           },
    {"radio priority",         0,    IE_LOW, 0, IE_U8,      M(activate_accept, radio_priority)},
    {"PDP address",            0x2b, IE_TLV, 2, IE_ADDRESS, O(activate_accept, address)       },
    {"protocol options",       0x27, IE_TLV, 1, IE_OCTETS,  O(activate_accept, pco)           },
    {"packet flow identifier", 0x34, IE_TLV, 1, IE_OCTETS,  O(activate_accept, pfi)           },
    {"SM cause",               0x39, IE_TLV, 1, IE_U8,      O(activate_accept, cause)         },
};

static const struct nas_ie activate_reject[] = {
    {"SM cause",         0,    IE_V,   1, IE_U8,     M(activate_reject, cause)},
    {"protocol options", 0x27, IE_TLV, 1, IE_OCTETS, O(activate_reject, pco)  },
};

static const struct nas_ie deactivate_request[] = {
    {"SM cause",            0,    IE_V,   1, IE_U8,     M(deactivate_request, cause)   },
    {"tear down indicator", 0x90, IE_TV1, 0, IE_U8,     O(deactivate_request, teardown)},
    {"protocol options",    0x27, IE_TLV, 1, IE_OCTETS, O(deactivate_request, pco)     },
};

static const struct nas_ie deactivate_accept[] = {
    {"protocol options", 0x27, IE_TLV, 1, IE_OCTETS, O(deactivate_accept, pco)},
};

static const struct nas_ie status[] = {
    {"SM cause", 0, IE_V, 1, IE_U8, M(sm_status, cause)},
};

const struct nas_message sm_messages[] = {
    {SM_ACTIVATE_REQUEST,   UP,   "Activate PDP Context Request",   IES(activate_request)  },
    {SM_ACTIVATE_ACCEPT,    DOWN, "Activate PDP Context Accept",    IES(activate_accept)   },
    {SM_ACTIVATE_REJECT,    DOWN, "Activate PDP Context Reject",    IES(activate_reject)   },
    {SM_DEACTIVATE_REQUEST, BOTH, "Deactivate PDP Context Request", IES(deactivate_request)},
    {SM_DEACTIVATE_ACCEPT,  BOTH, "Deactivate PDP Context Accept",  IES(deactivate_accept) },
    {SM_STATUS,             BOTH, "SM Status",                      IES(status)            },
};
const size_t sm_message_count = sizeof sm_messages / sizeof sm_messages[0];

const char *sm_cause_text(unsigned cause)
{
    switch (cause) {
    case SM_CAUSE_INSUFFICIENT_RESOURCES: return "insufficient resources";
    case SM_CAUSE_UNKNOWN_APN: return "missing or unknown APN";
    case SM_CAUSE_UNKNOWN_PDP_TYPE: return "unknown PDP address or PDP type";
    case SM_CAUSE_AUTH_FAILED: return "user authentication failed";
    case SM_CAUSE_REJECTED_BY_GGSN: return "activation rejected by GGSN";
    case SM_CAUSE_REJECTED: return "activation rejected, unspecified";
    case SM_CAUSE_SERVICE_NOT_SUPPORTED: return "service option not supported";
    case SM_CAUSE_NOT_SUBSCRIBED: return "requested service option not subscribed";
    case SM_CAUSE_OUT_OF_ORDER: return "service option temporarily out of order";
    case SM_CAUSE_NSAPI_IN_USE: return "NSAPI already used";
    case SM_CAUSE_REGULAR: return "regular deactivation";
    case SM_CAUSE_QOS: return "QoS not accepted";
    case SM_CAUSE_NETWORK_FAILURE: return "network failure";
    case SM_CAUSE_REACTIVATION: return "reactivation requested";
    case SM_CAUSE_V4_ONLY: return "PDP type IPv4 only allowed";
    case SM_CAUSE_V6_ONLY: return "PDP type IPv6 only allowed";
    case SM_CAUSE_SINGLE_ONLY: return "single address bearers only allowed";
    case SM_CAUSE_INVALID_TI: return "invalid transaction identifier value";
    default: return nas_cause_text(cause);
    }
}
