/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says about one SIP message, read from its text as it is on the wire. Pure. It never
 * takes ck, ik, response, auts or a password out of the text. */
#ifndef IMSLAB_SIP_TRACE_H
#define IMSLAB_SIP_TRACE_H

#include <stdbool.h>
#include <stddef.h>

enum trace_key { /* in the order of the log line */
                 TRACE_URI,
                 TRACE_CSEQ,
                 TRACE_MAX_FORWARDS,
                 TRACE_VIA, /* the top one: sent-by;branch */
                 TRACE_ROUTE,
                 TRACE_FROM, /* the address alone */
                 TRACE_TO,
                 TRACE_CONTACT,
                 TRACE_EXPIRES,
                 TRACE_MIN_EXPIRES,
                 TRACE_PATH,
                 TRACE_SERVICE_ROUTE,
                 TRACE_ASSOCIATED, /* P-Associated-URI */
                 TRACE_REQUIRE,
                 TRACE_PROXY_REQUIRE,
                 TRACE_SUPPORTED,
                 TRACE_SECURITY_CLIENT,
                 TRACE_SECURITY_SERVER,
                 TRACE_SECURITY_VERIFY,
                 TRACE_USERNAME, /* of Authorization */
                 TRACE_REALM,
                 TRACE_NONCE, /* the first 16 characters and ".." */
                 TRACE_ALGORITHM,
                 TRACE_STALE,
                 TRACE_INTEGRITY_PROTECTED,
                 TRACE_RESPONSE, /* "present" or "absent" */
                 TRACE_AUTS,     /* "present" */
                 TRACE_P_VISITED,
                 TRACE_PCV, /* the icid of P-Charging-Vector */
                 TRACE_EVENT,
                 TRACE_WARNING,
                 TRACE_REASON,
                 TRACE_KEYS
};

#define TRACE_VALUE 224

struct sip_trace {
    char message[40];                    /* "REGISTER" or "401" */
    char call_id[1024];                  /* for call_tag */
    char value[TRACE_KEYS][TRACE_VALUE]; /* "": not in the message; cut: it ends in "..." */
};

/* sip_trace_is_start - whether these octets are the start of a SIP message, judged by its first
 * line. */
bool sip_trace_is_start(const char *data, size_t len);
/* sip_trace_scan - fill *t from a message; whatever is cut short or odd is taken as far as it goes.
 * false when the octets are not the start of a SIP message. */
bool sip_trace_scan(struct sip_trace *t, const char *data, size_t len);
/* sip_trace_value - the value of a key, or NULL when the message has none: ready for log_arrow. */
const char *sip_trace_value(const struct sip_trace *t, enum trace_key key);

#endif
