/* SPDX-License-Identifier: Apache-2.0 */
/* The Cx dictionary as freeDiameter wants it: AVPs and commands of TS 29.229, each one row. */
#ifndef IMSLAB_CX_DICT_H
#define IMSLAB_CX_DICT_H

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>
#include <stdbool.h>

#include "why.h"

#define CX_VENDOR      10415u
#define CX_APPLICATION 16777216u

enum cx_command {
    CX_UAR = 300,
    CX_SAR = 301,
    CX_LIR = 302,
    CX_MAR = 303,
    CX_RTR = 304,
    CX_PPR = 305,
};

/* The AVPs that the codec and the log speak of; the rows of cx_dict.c stand in the same order. */
enum cx_avp {
    /* base protocol, known to the library */
    CX_AVP_SESSION_ID,
    CX_AVP_USER_NAME,
    CX_AVP_VENDOR_SPECIFIC_APPLICATION_ID,
    CX_AVP_VENDOR_ID,
    CX_AVP_AUTH_APPLICATION_ID,
    CX_AVP_AUTH_SESSION_STATE,
    CX_AVP_ORIGIN_HOST,
    CX_AVP_ORIGIN_REALM,
    CX_AVP_DESTINATION_HOST,
    CX_AVP_DESTINATION_REALM,
    CX_AVP_RESULT_CODE,
    CX_AVP_EXPERIMENTAL_RESULT,
    CX_AVP_EXPERIMENTAL_RESULT_CODE,
    CX_AVP_FAILED_AVP,
    CX_AVP_ERROR_MESSAGE,
    CX_AVP_BASE_COUNT, /* what follows is defined by us */
    CX_AVP_VISITED_NETWORK_IDENTIFIER = CX_AVP_BASE_COUNT,
    CX_AVP_PUBLIC_IDENTITY,
    CX_AVP_SERVER_NAME,
    CX_AVP_SERVER_CAPABILITIES,
    CX_AVP_MANDATORY_CAPABILITY,
    CX_AVP_OPTIONAL_CAPABILITY,
    CX_AVP_USER_DATA,
    CX_AVP_SIP_NUMBER_AUTH_ITEMS,
    CX_AVP_SIP_AUTHENTICATION_SCHEME,
    CX_AVP_SIP_AUTHENTICATE,
    CX_AVP_SIP_AUTHORIZATION,
    CX_AVP_SIP_AUTH_DATA_ITEM,
    CX_AVP_SIP_ITEM_NUMBER,
    CX_AVP_SERVER_ASSIGNMENT_TYPE,
    CX_AVP_DEREGISTRATION_REASON,
    CX_AVP_REASON_CODE,
    CX_AVP_REASON_INFO,
    CX_AVP_CHARGING_INFORMATION,
    CX_AVP_PRIMARY_ECF,
    CX_AVP_SECONDARY_ECF,
    CX_AVP_PRIMARY_CCF,
    CX_AVP_SECONDARY_CCF,
    CX_AVP_USER_AUTHORIZATION_TYPE,
    CX_AVP_USER_DATA_ALREADY_AVAILABLE,
    CX_AVP_CONFIDENTIALITY_KEY,
    CX_AVP_INTEGRITY_KEY,
    CX_AVP_ASSOCIATED_IDENTITIES,
    CX_AVP_ORIGINATING_REQUEST,
    CX_AVP_UAR_FLAGS,
    CX_AVP_SUPPORTED_FEATURES,
    CX_AVP_FEATURE_LIST_ID,
    CX_AVP_FEATURE_LIST,
    CX_AVP_WILDCARDED_PUBLIC_IDENTITY,
    CX_AVP_SIP_DIGEST_AUTHENTICATE,
    CX_AVP_LOOSE_ROUTE_INDICATION,
    CX_AVP_SCSCF_RESTORATION_INFO,
    CX_AVP_PATH,
    CX_AVP_CONTACT,
    CX_AVP_SUBSCRIPTION_INFO,
    CX_AVP_CALL_ID_SIP_HEADER,
    CX_AVP_FROM_SIP_HEADER,
    CX_AVP_TO_SIP_HEADER,
    CX_AVP_RECORD_ROUTE,
    CX_AVP_ASSOCIATED_REGISTERED_IDENTITIES,
    CX_AVP_MULTIPLE_REGISTRATION_INDICATION,
    CX_AVP_RESTORATION_INFO,
    CX_AVP_LIA_FLAGS,
    CX_AVP_INITIAL_CSEQ_SEQUENCE_NUMBER,
    CX_AVP_SAR_FLAGS,
    CX_AVP_P_CSCF_SUBSCRIPTION_INFO,
    CX_AVP_REGISTRATION_TIME_OUT,
    CX_AVP_ALTERNATE_DIGEST_ALGORITHM,
    CX_AVP_ALTERNATE_DIGEST_HA1,
    CX_AVP_DIGEST_REALM,
    CX_AVP_DIGEST_QOP,
    CX_AVP_DIGEST_ALGORITHM,
    CX_AVP_DIGEST_HA1,
    CX_AVP_NAMED_COUNT,
};

/* The AVP that stands for a Session-Id the library would choke on (cx_guard.c). */
#define CX_AVP_BAD_SESSION_ID 16777214u

/* cx_dict_load - define vendor, application, AVPs and commands in the library's dictionary. Once,
 * after fd_core_initialize and before fd_core_start. 0, or -EINVAL with the row that was refused.
 */
int cx_dict_load(struct why *why);

/* The dictionary's objects, after cx_dict_load. answer false: the request. */
struct dict_object *cx_dict_vendor(void);
struct dict_object *cx_dict_application(void);
struct dict_object *cx_dict_avp(enum cx_avp avp);
struct dict_object *cx_dict_request(enum cx_command command);

/* cx_dict_is - whether a received AVP is this one. */
bool cx_dict_is(const struct avp_hdr *hdr, enum cx_avp avp);
/* cx_dict_command_name - "UAR" or "UAA", also "CER", "DWA"...; "command 999" in buf for others. */
const char *cx_dict_command_name(uint32_t code, bool request, char buf[24]);

#endif
