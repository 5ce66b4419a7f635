/* SPDX-License-Identifier: Apache-2.0 */
/* One arrow line for every Diameter message that crosses the wire, at the moment it does: also for
 * what the library answers by itself (3001, 5005, ...). Names and results, never vectors or keys.
 * Runs on the library's threads; a message just received has not been parsed, so the AVPs of
 * interest are, one by one. */
#include <stdio.h>
#include <string.h>

#include "cx_codec.h"
#include "cx_stack.h"
#include "log.h"
#include "xalloc.h"

static const char *const uat_names[] = {"registration", "de-registration",
                                        "registration-and-capabilities"};
static const char *const sat_names[] = {
    "no-assignment",
    "registration",
    "re-registration",
    "unregistered-user",
    "timeout-deregistration",
    "user-deregistration",
    "timeout-deregistration-store-server-name",
    "user-deregistration-store-server-name",
    "administrative-deregistration",
    "authentication-failure",
    "authentication-timeout",
    "deregistration-too-much-data",
};

/* The text of an AVP in a buffer, NULL when it is not there: log_arrow then leaves the pair out. */
static const char *text_of(void *parent, enum cx_avp avp, char *buf, size_t size)
{
    struct avp_hdr *hdr = parent ? cx_message_find(parent, avp, NULL) : NULL;

    if (!hdr || !hdr->avp_value)
        return NULL;
    snprintf(buf, size, "%.*s", (int)hdr->avp_value->os.len, (char *)hdr->avp_value->os.data);
    return buf;
}

static const char *number_of(void *parent, enum cx_avp avp, char buf[24])
{
    struct avp_hdr *hdr = parent ? cx_message_find(parent, avp, NULL) : NULL;

    return hdr && hdr->avp_value ? log_number(hdr->avp_value->i32, buf) : NULL;
}

static const char *name_of(struct msg *msg, enum cx_avp avp, const char *const *names, size_t count,
                           char buf[24])
{
    struct avp_hdr *hdr = cx_message_find(msg, avp, NULL);

    if (!hdr || !hdr->avp_value)
        return NULL;
    return hdr->avp_value->u32 < count ? names[hdr->avp_value->u32]
                                       : log_number(hdr->avp_value->i32, buf);
}

static struct avp *group_of(struct msg *msg, enum cx_avp avp)
{
    struct avp *group = NULL;

    return cx_message_find(msg, avp, &group) ? group : NULL;
}

/* "1,2" from the capabilities of a group. */
static const char *list_of(struct avp *group, enum cx_avp avp, char *buf, size_t size)
{
    struct avp *a = NULL;
    struct avp_hdr *hdr;
    size_t len = 0;

    if (!group)
        return NULL;
    fd_msg_browse(group, MSG_BRW_FIRST_CHILD, &a, NULL);
    for (; a && len + 16 < size; fd_msg_browse(a, MSG_BRW_NEXT, &a, NULL)) {
        if (fd_msg_avp_hdr(a, &hdr) == 0 && cx_dict_is(hdr, avp) && hdr->avp_value)
            len += snprintf(buf + len, size - len, "%s%u", len ? "," : "", hdr->avp_value->u32);
    }
    return len ? buf : NULL;
}

static const char *result_of(struct msg *msg)
{
    struct avp_hdr *base = cx_message_find(msg, CX_AVP_RESULT_CODE, NULL);
    struct avp *group = group_of(msg, CX_AVP_EXPERIMENTAL_RESULT);
    struct avp_hdr *code = NULL;

    if (base && base->avp_value)
        return cx_result_text(base->avp_value->u32);
    if (group)
        code = cx_message_find(group, CX_AVP_EXPERIMENTAL_RESULT_CODE, NULL);
    return code && code->avp_value ? cx_result_text(CX_EXP | code->avp_value->u32) : NULL;
}

static const char *octets_of(struct msg *msg, enum cx_avp avp, char buf[24])
{
    struct avp_hdr *hdr = cx_message_find(msg, avp, NULL);

    return hdr && hdr->avp_value ? log_number(hdr->avp_value->os.len, buf) : NULL;
}

/* "icscf1" of "icscf1.hims.net": elements are named by their first label. */
static const char *element_of(struct msg *msg, const char *identity, char buf[CX_TEXT])
{
    if (identity)
        snprintf(buf, CX_TEXT, "%s", identity);
    else if (!text_of(msg, CX_AVP_ORIGIN_HOST, buf, CX_TEXT))
        return "(unknown)";
    buf[strcspn(buf, ".")] = '\0';
    return buf;
}

struct ends {
    char src[ADDR_TEXT], dst[ADDR_TEXT];
};

static void find_ends(struct ends *e, bool sent, const char *identity)
{
    cx_hooks_link(identity, sent ? e->src : e->dst, sent ? e->dst : e->src);
}

/* CER, DWR, DPR and what is not Cx: one short line for debugging. */
static void trace_base(const char *arrow, struct msg *msg, const struct msg_hdr *hdr,
                       const char *identity)
{
    char name[24], peer[CX_TEXT];
    bool request = hdr->msg_flags & CMD_FLAG_REQUEST;

    log_arrow_at(LEVEL_DEBUG, NULL, arrow, element_of(msg, identity, peer),
                 cx_dict_command_name(hdr->msg_code, request, name), "proto", "cx", "result",
                 request ? NULL : result_of(msg), NULL);
}

static void trace_cx(const char *arrow, struct msg *msg, const struct msg_hdr *hdr,
                     const char *identity)
{
    char call[9], peer[CX_TEXT], name[24], e2e[16], impi[CX_TEXT], impu[CX_TEXT], visited[CX_TEXT];
    char server[CX_TEXT], scheme[64], error[CX_TEXT], uat[24], sat[24], items[24], data[24];
    char must[128], may[128];
    bool request = hdr->msg_flags & CMD_FLAG_REQUEST;
    struct avp *item = group_of(msg, CX_AVP_SIP_AUTH_DATA_ITEM);
    struct avp *caps = group_of(msg, CX_AVP_SERVER_CAPABILITIES);
    struct ends e = {0};

    find_ends(&e, arrow[0] == '-', identity);
    snprintf(e2e, sizeof e2e, "0x%08x", hdr->msg_eteid);
    log_arrow(
        cx_message_call(msg, call), arrow, element_of(msg, identity, peer),
        cx_dict_command_name(hdr->msg_code, request, name), "proto", "cx", "src",
        e.src[0] ? e.src : NULL, "dst", e.dst[0] ? e.dst : NULL, "impi",
        text_of(msg, CX_AVP_USER_NAME, impi, sizeof impi), "impu",
        text_of(msg, CX_AVP_PUBLIC_IDENTITY, impu, sizeof impu), "visited",
        text_of(msg, CX_AVP_VISITED_NETWORK_IDENTIFIER, visited, sizeof visited), "type",
        name_of(msg, CX_AVP_USER_AUTHORIZATION_TYPE, uat_names, COUNT(uat_names), uat),
        "assignment", name_of(msg, CX_AVP_SERVER_ASSIGNMENT_TYPE, sat_names, COUNT(sat_names), sat),
        "scheme", text_of(item, CX_AVP_SIP_AUTHENTICATION_SCHEME, scheme, sizeof scheme), "resync",
        request && item && cx_message_find(item, CX_AVP_SIP_AUTHORIZATION, NULL) ? "yes" : NULL,
        "items", number_of(msg, CX_AVP_SIP_NUMBER_AUTH_ITEMS, items), "result",
        request ? NULL : result_of(msg), "server_name",
        text_of(msg, CX_AVP_SERVER_NAME, server, sizeof server), "mandatory",
        list_of(caps, CX_AVP_MANDATORY_CAPABILITY, must, sizeof must), "optional",
        list_of(caps, CX_AVP_OPTIONAL_CAPABILITY, may, sizeof may), "user_data_octets",
        octets_of(msg, CX_AVP_USER_DATA, data), "error",
        text_of(msg, CX_AVP_ERROR_MESSAGE, error, sizeof error), "e2e", e2e, NULL);
}

void cx_trace(const char *arrow, struct msg *msg, const char *identity)
{
    struct msg_hdr *hdr;

    if (!log_on(LEVEL_INFO) || fd_msg_hdr(msg, &hdr) != 0)
        return;
    if (hdr->msg_appl == CX_APPLICATION)
        trace_cx(arrow, msg, hdr, identity);
    else if (log_on(LEVEL_DEBUG))
        trace_base(arrow, msg, hdr, identity);
}
