/* SPDX-License-Identifier: Apache-2.0 */
/* One arrow line for every Diameter message that crosses the wire, when it does: also for what the
 * library answers by itself (3001, 5005, ...) and for what it will refuse. Names and results, never
 * vectors or keys. Read from the octets and not from the library's message: to look into a message
 * that the library has not parsed yet would change what it finds there later. Lengths are checked
 * against the message; what does not fit is not read. */
#include "cx_trace.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "xalloc.h"

enum { HEADER = 20, AVP_HEADER = 8, AVP_VENDOR_HEADER = 12 };

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

static const char *const reason_names[] = {"permanent-termination", "new-server-assigned",
                                           "server-change", "remove-s-cscf"};

/* ---- reading ---- */

struct piece { /* one AVP, or what is left of a list of them */
    uint32_t code, vendor;
    const uint8_t *data;
    size_t len;
};

static uint32_t read_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

/* Take the first AVP off the rest. */
static bool take(struct piece *rest, struct piece *avp)
{
    size_t head = AVP_HEADER, whole;

    if (rest->len < AVP_HEADER)
        return false;
    avp->code = read_u32(rest->data);
    avp->vendor = 0;
    whole = read_u32(rest->data + 4) & 0xffffff;
    if (rest->data[4] & AVP_FLAG_VENDOR)
        head = AVP_VENDOR_HEADER;
    if (whole < head || whole > rest->len)
        return false;
    if (head == AVP_VENDOR_HEADER)
        avp->vendor = read_u32(rest->data + AVP_HEADER);
    avp->data = rest->data + head;
    avp->len = whole - head;
    whole = PAD4(whole) < rest->len ? PAD4(whole) : rest->len;
    rest->data += whole;
    rest->len -= whole;
    return true;
}

static bool is(const struct piece *avp, enum cx_avp what)
{
    struct avp_hdr hdr = {.avp_code = avp->code,
                          .avp_flags = avp->vendor ? AVP_FLAG_VENDOR : 0,
                          .avp_vendor = avp->vendor};

    return cx_dict_is(&hdr, what);
}

/* The first of its kind counts. */
static void get_text(const struct piece *avp, char *out, size_t size)
{
    const char *text = (const char *)avp->data;

    if (out[0])
        return;
    if (avp->len < size)
        snprintf(out, size, "%.*s", (int)avp->len, text);
    else
        snprintf(out, size, "%.*s...", (int)size - 4, text);
}

static void get_number(const struct piece *avp, char out[24])
{
    if (avp->len == 4 && !out[0])
        snprintf(out, 24, "%u", read_u32(avp->data));
}

static void get_name(const struct piece *avp, const char *const *names, size_t count,
                     const char **out, char number[24])
{
    uint32_t value = avp->len == 4 ? read_u32(avp->data) : UINT32_MAX;

    if (value < count)
        *out = names[value];
    else
        get_number(avp, number);
}

static void get_capability(const struct piece *avp, char *out, size_t size)
{
    size_t len = strlen(out);

    if (avp->len == 4 && len + 16 < size)
        snprintf(out + len, size - len, "%s%u", len ? "," : "", read_u32(avp->data));
}

static void read_item(struct cx_trace *t, struct piece group)
{
    struct piece avp;

    while (take(&group, &avp)) {
        if (is(&avp, CX_AVP_SIP_AUTHENTICATION_SCHEME))
            get_text(&avp, t->scheme, sizeof t->scheme);
        else if (is(&avp, CX_AVP_SIP_AUTHORIZATION))
            t->resync = t->request;
    }
}

static void read_capabilities(struct cx_trace *t, struct piece group)
{
    struct piece avp;

    while (take(&group, &avp)) {
        if (is(&avp, CX_AVP_MANDATORY_CAPABILITY))
            get_capability(&avp, t->mandatory, sizeof t->mandatory);
        else if (is(&avp, CX_AVP_OPTIONAL_CAPABILITY))
            get_capability(&avp, t->optional, sizeof t->optional);
    }
}

static void read_reason(struct cx_trace *t, struct piece group)
{
    struct piece avp;

    while (take(&group, &avp)) {
        if (is(&avp, CX_AVP_REASON_CODE))
            get_name(&avp, reason_names, COUNT(reason_names), &t->reason_name, t->reason);
    }
}

static void read_experimental(struct cx_trace *t, struct piece group)
{
    struct piece avp;

    while (take(&group, &avp)) {
        if (is(&avp, CX_AVP_EXPERIMENTAL_RESULT_CODE) && avp.len == 4)
            t->result = CX_EXP | (read_u32(avp.data) & 0xffff);
    }
}

/* "icscf1.hims.net;1763992;7;3c26700d": the fourth part, when it looks like one of ours. */
static void read_call(struct cx_trace *t, const struct piece *id)
{
    const char *tail = (const char *)id->data + id->len - 8;

    if (id->len < 9 || tail[-1] != ';')
        return;
    for (int i = 0; i < 8; i++) {
        if (!memchr("0123456789abcdef", tail[i], 16))
            return;
    }
    memcpy(t->call, tail, 8);
}

static void read_identity(struct cx_trace *t, const struct piece *avp)
{
    if (is(avp, CX_AVP_SESSION_ID))
        read_call(t, avp);
    else if (is(avp, CX_AVP_ORIGIN_HOST))
        get_text(avp, t->origin, sizeof t->origin);
    else if (is(avp, CX_AVP_USER_NAME))
        get_text(avp, t->impi, sizeof t->impi);
    else if (is(avp, CX_AVP_PUBLIC_IDENTITY))
        get_text(avp, t->impu, sizeof t->impu);
    else if (is(avp, CX_AVP_VISITED_NETWORK_IDENTIFIER))
        get_text(avp, t->visited, sizeof t->visited);
    else if (is(avp, CX_AVP_SERVER_NAME))
        get_text(avp, t->server_name, sizeof t->server_name);
}

static void read_avp(struct cx_trace *t, const struct piece *avp)
{
    if (is(avp, CX_AVP_USER_AUTHORIZATION_TYPE))
        get_name(avp, uat_names, COUNT(uat_names), &t->type_name, t->type);
    else if (is(avp, CX_AVP_SERVER_ASSIGNMENT_TYPE))
        get_name(avp, sat_names, COUNT(sat_names), &t->assignment_name, t->assignment);
    else if (is(avp, CX_AVP_SIP_NUMBER_AUTH_ITEMS))
        get_number(avp, t->items);
    else if (is(avp, CX_AVP_SIP_AUTH_DATA_ITEM))
        read_item(t, *avp);
    else if (is(avp, CX_AVP_SERVER_CAPABILITIES))
        read_capabilities(t, *avp);
    else if (is(avp, CX_AVP_DEREGISTRATION_REASON))
        read_reason(t, *avp);
    else if (is(avp, CX_AVP_RESULT_CODE) && avp->len == 4)
        t->result = read_u32(avp->data) & 0xffff;
    else if (is(avp, CX_AVP_EXPERIMENTAL_RESULT))
        read_experimental(t, *avp);
    else if (is(avp, CX_AVP_USER_DATA))
        snprintf(t->user_data, sizeof t->user_data, "%zu", avp->len);
    else if (is(avp, CX_AVP_ERROR_MESSAGE))
        get_text(avp, t->error, sizeof t->error);
}

void cx_trace_read(struct cx_trace *t, const uint8_t *octets, size_t len)
{
    struct piece rest = {0}, avp;

    memset(t, 0, sizeof *t);
    if (len < HEADER)
        return;
    rest.data = octets + HEADER;
    rest.len = len - HEADER;
    t->request = octets[4] & CMD_FLAG_REQUEST;
    t->again = octets[4] & CMD_FLAG_RETRANSMIT;
    t->command = read_u32(octets + 4) & 0xffffff;
    t->application = read_u32(octets + 8);
    t->end_to_end = read_u32(octets + 16);
    while (take(&rest, &avp)) {
        read_identity(t, &avp);
        read_avp(t, &avp);
    }
}

/* ---- writing ---- */

/* A pair without a value is left out of the line. */
static const char *some(const char *text)
{
    return text && *text ? text : NULL;
}

void cx_trace_write(const struct cx_trace *t, const char *arrow, const char *identity)
{
    char peer[CX_TEXT], name[24], e2e[16], src[ADDR_TEXT], dst[ADDR_TEXT];
    bool sent = arrow[0] == '-', is_cx = t->application == CX_APPLICATION;
    const char *message = cx_dict_command_name(t->command, t->request, name);
    const char *result = t->result ? cx_result_text(t->result) : NULL, *net;

    snprintf(peer, sizeof peer, "%s", identity ? identity : t->origin);
    peer[strcspn(peer, ".")] = '\0'; /* elements are named by the first label of their host */
    net = cx_hooks_link(identity, sent ? src : dst, sent ? dst : src);
    snprintf(e2e, sizeof e2e, "0x%08x", t->end_to_end);
    log_arrow_at(is_cx ? LEVEL_INFO : LEVEL_DEBUG, t->call, arrow, peer[0] ? peer : "(unknown)",
                 message, "proto", "cx", "net", net, "src", some(src), "dst", some(dst), "impi",
                 some(t->impi), "impu", some(t->impu), "visited", some(t->visited), "type",
                 some(t->type_name ? t->type_name : t->type), "assignment",
                 some(t->assignment_name ? t->assignment_name : t->assignment), "reason",
                 some(t->reason_name ? t->reason_name : t->reason), "scheme", some(t->scheme),
                 "resync", t->resync ? "yes" : NULL, "items", some(t->items), "result", result,
                 "server_name", some(t->server_name), "mandatory", some(t->mandatory), "optional",
                 some(t->optional), "user_data_octets", some(t->user_data), "error", some(t->error),
                 "e2e", e2e, "again", t->again ? "yes" : NULL, NULL);
}
