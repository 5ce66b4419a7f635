/* SPDX-License-Identifier: Apache-2.0 */
/* GTP messages and causes in words, TS 29.060 7.1 and 7.7.1. */
#include <stdio.h>

#include "gtp1.h"

const char *gtp1_text(unsigned type, char buf[24])
{
    switch (type) {
    case GTP_ECHO_REQUEST: return "Echo Request";
    case GTP_ECHO_RESPONSE: return "Echo Response";
    case GTP_VERSION_NOT_SUPPORTED: return "Version Not Supported";
    case GTP_CREATE_REQUEST: return "Create PDP Context Request";
    case GTP_CREATE_RESPONSE: return "Create PDP Context Response";
    case GTP_UPDATE_REQUEST: return "Update PDP Context Request";
    case GTP_UPDATE_RESPONSE: return "Update PDP Context Response";
    case GTP_DELETE_REQUEST: return "Delete PDP Context Request";
    case GTP_DELETE_RESPONSE: return "Delete PDP Context Response";
    case GTP_ERROR_INDICATION: return "Error Indication";
    default: snprintf(buf, 24, "GTP message %u", type & 0xff); return buf;
    }
}

const char *gtp1_cause_text(unsigned cause)
{
    switch (cause) {
    case GTP_ACCEPTED: return "request accepted";
    case GTP_NEW_TYPE_PREFERENCE: return "new PDP type due to network preference";
    case GTP_NEW_TYPE_SINGLE: return "new PDP type due to single address bearer only";
    case GTP_NON_EXISTENT: return "non-existent";
    case GTP_INVALID_FORMAT: return "invalid message format";
    case GTP_IMSI_NOT_KNOWN: return "IMSI not known";
    case GTP_DETACHED: return "MS is GPRS detached";
    case GTP_NO_RESOURCES: return "no resources available";
    case GTP_SERVICE_NOT_SUPPORTED: return "service not supported";
    case GTP_IE_INCORRECT: return "mandatory IE incorrect";
    case GTP_IE_MISSING: return "mandatory IE missing";
    case GTP_SYSTEM_FAILURE: return "system failure";
    case GTP_PTMSI_MISMATCH: return "P-TMSI signature mismatch";
    case GTP_AUTH_FAILED: return "user authentication failed";
    case GTP_ALL_ADDRESSES_OCCUPIED: return "all dynamic PDP addresses are occupied";
    case GTP_NO_MEMORY: return "no memory is available";
    case GTP_UNKNOWN_APN: return "missing or unknown APN";
    case GTP_UNKNOWN_PDP: return "unknown PDP address or PDP type";
    case GTP_NO_SUBSCRIPTION: return "APN access denied, no subscription";
    default: return NULL;
    }
}
