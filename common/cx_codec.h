/* SPDX-License-Identifier: Apache-2.0 */
/* Plain structs of cx.h <-> AVPs of a freeDiameter message, by field tables (cx_tables.c). Needs
 * the library initialised and cx_dict_load, but no network. */
#ifndef IMSLAB_CX_CODEC_H
#define IMSLAB_CX_CODEC_H

#include "cx.h"
#include "cx_dict.h"

#define CX_UNIX_IN_1900 2208988800ll /* AVPs of type Time count from 1900: the seconds to 1970 */

enum cx_kind {
    CX_K_END,     /* after the last row */
    CX_K_RESULT,  /* int: Result-Code or Experimental-Result; both or none is a fault of the peer */
    CX_K_TEXT,    /* char[size]: "" is not sent */
    CX_K_TEXTS,   /* char[max][size], count in size_t */
    CX_K_NUMBER,  /* int or uint32_t: negative is not sent; `otherwise` when it does not come */
    CX_K_FLAGS,   /* uint32_t: 0 is not sent */
    CX_K_NUMBERS, /* uint32_t[max], count in size_t */
    CX_K_YES,     /* bool as 0 or 1, always sent */
    CX_K_PRESENT, /* bool: the AVP with value 0 is there or not */
    CX_K_COUNT,   /* size_t: sent, not read */
    CX_K_OCTETS,  /* uint8_t[size], exactly that many; sent unless the size_t at count is 0 */
    CX_K_OCTETS_N, /* uint8_t[size], length in size_t: 0 is not sent */
    CX_K_HEAP,     /* char *, NUL-terminated, malloc'd when read: NULL is not sent */
    CX_K_GROUP,    /* the members lie in the struct itself; a group without members is not sent */
    CX_K_GROUPS,   /* struct[max] of `size` bytes each, count in size_t */
    CX_K_HEAP_GROUPS, /* struct *, malloc'd array of `size` bytes each, count in size_t */
    CX_K_FEATURES,    /* struct cx_features: no bits are not sent */
    CX_K_TIME,        /* int64_t Unix time: 0 is not sent (RFC 6733 4.3.1) */
};

struct cx_field {
    enum cx_avp avp;
    enum cx_kind kind;
    size_t offset;
    size_t size;
    size_t count; /* offset of the count (or length); GROUP: of a bool that tells presence, or 0 */
    size_t max;
    int otherwise;
    const struct cx_field *inside; /* members of a group */
};
struct cx_fields { /* a command's table */
    const struct cx_field *field;
    size_t size; /* of the struct */
};

/* The tables (cx_tables.c). */
const struct cx_fields *cx_request_fields(enum cx_command command);
const struct cx_fields *cx_answer_fields(enum cx_command command);

/* cx_encode - append what the struct holds to the message. 0 or -errno. */
int cx_encode(struct msg *msg, const struct cx_fields *fields, const void *from);

/* cx_decode - fill the struct (zeroed first) from a message whose AVPs were parsed. *from is never
 * trusted: texts too long or with a NUL octet, octets of a wrong length, too many members and
 * nonsense results are faults. 0, or -EPROTO; then *fault, when not NULL, is the offending AVP
 * (NULL: one is missing). cx_decode_free: what CX_K_HEAP and CX_K_HEAP_GROUPS took. */
int cx_decode(void *into, const struct cx_fields *fields, struct msg *msg, struct avp **fault);
void cx_decode_free(void *decoded, const struct cx_fields *fields);

/* cx_message_request - a new request with its head: Session-Id of identity with the call tag as its
 * optional part, Vendor-Specific-Application-Id, Auth-Session-State, Origin-*, Destination-Host
 * unless host is NULL, Destination-Realm. NULL: the library refused. */
struct msg *cx_message_request(enum cx_command command, const char *identity, const char *realm,
                               const char *host, const char *destination_realm, const char *call);
/* cx_message_answer - turn the request into its answer, with its head. The request then belongs to
 * the answer. 0 or -errno. */
int cx_message_answer(struct msg **msg, const char *identity, const char *realm);
/* cx_message_fail - append Failed-AVP with a copy of the AVP `bad`, or, when that is NULL, an
 * example of what is missing (RFC 6733 7.5). */
void cx_message_fail(struct msg *msg, struct avp *bad, enum cx_avp missing);

/* cx_message_find - the first child (of a message or group) that is this AVP; NULL: none. Its
 * avp_value is NULL when it is a group, or was not parsed. */
struct avp_hdr *cx_message_find(void *parent, enum cx_avp avp, struct avp **where);
/* cx_message_call - the call tag in Session-Id, "" when there is none. */
const char *cx_message_call(struct msg *msg, char call[9]);

#endif
