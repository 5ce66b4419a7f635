/* SPDX-License-Identifier: Apache-2.0 */
/* What every Cx message has before its own AVPs (TS 29.229 6.1), and finding things in one. */
#include "cx_codec.h"

#include <errno.h>
#include <string.h>

/* Auth-Session-State: the HSS keeps no Diameter session (TS 29.228 5.4, RFC 6733 8.11) */
enum { NO_STATE_MAINTAINED = 1 };

static int add(void *parent, enum cx_avp avp, union avp_value *value, enum msg_brw_dir where)
{
    struct avp *a;

    if (fd_msg_avp_new(cx_dict_avp(avp), 0, &a) != 0)
        return -ENOMEM;
    if (fd_msg_avp_setvalue(a, value) != 0 || fd_msg_avp_add(parent, where, a) != 0) {
        fd_msg_free(a);
        return -EINVAL;
    }
    return 0;
}

static int add_text(void *parent, enum cx_avp avp, const char *text)
{
    union avp_value value = {
        .os = {.data = (uint8_t *)text, .len = strlen(text)}
    };

    return add(parent, avp, &value, MSG_BRW_LAST_CHILD);
}

static int add_number(void *parent, enum cx_avp avp, uint32_t number)
{
    union avp_value value = {.u32 = number};

    return add(parent, avp, &value, MSG_BRW_LAST_CHILD);
}

static int add_session(struct msg *msg, const char *identity, const char *call)
{
    struct session *session;
    union avp_value value;
    int rc = fd_sess_new(&session, (char *)identity, strlen(identity),
                         call && *call ? (uint8_t *)call : NULL, call ? strlen(call) : 0);

    if (rc != 0 || fd_sess_getsid(session, &value.os.data, &value.os.len) != 0)
        return -EINVAL;
    if (add(msg, CX_AVP_SESSION_ID, &value, MSG_BRW_FIRST_CHILD) < 0)
        return -EINVAL;
    return fd_msg_sess_set(msg, session) == 0 ? 0 : -EINVAL;
}

static int add_head(struct msg *msg, const char *identity, const char *realm)
{
    struct avp *vsai;
    int rc;

    if (fd_msg_avp_new(cx_dict_avp(CX_AVP_VENDOR_SPECIFIC_APPLICATION_ID), 0, &vsai) != 0 ||
        fd_msg_avp_add(msg, MSG_BRW_LAST_CHILD, vsai) != 0)
        return -EINVAL;
    rc = add_number(vsai, CX_AVP_VENDOR_ID, CX_VENDOR);
    if (rc == 0)
        rc = add_number(vsai, CX_AVP_AUTH_APPLICATION_ID, CX_APPLICATION);
    if (rc == 0)
        rc = add_number(msg, CX_AVP_AUTH_SESSION_STATE, NO_STATE_MAINTAINED);
    if (rc == 0)
        rc = add_text(msg, CX_AVP_ORIGIN_HOST, identity);
    if (rc == 0)
        rc = add_text(msg, CX_AVP_ORIGIN_REALM, realm);
    return rc;
}

struct msg *cx_message_request(enum cx_command command, const char *identity, const char *realm,
                               const char *host, const char *destination_realm, const char *call)
{
    struct msg *msg;

    if (fd_msg_new(cx_dict_request(command), MSGFL_ALLOC_ETEID, &msg) != 0)
        return NULL;
    if (add_session(msg, identity, call) == 0 && add_head(msg, identity, realm) == 0 &&
        (!host || add_text(msg, CX_AVP_DESTINATION_HOST, host) == 0) &&
        add_text(msg, CX_AVP_DESTINATION_REALM, destination_realm) == 0)
        return msg;
    fd_msg_free(msg);
    return NULL;
}

int cx_message_answer(struct msg **msg, const char *identity, const char *realm)
{
    if (fd_msg_new_answer_from_req(fd_g_config->cnf_dict, msg, 0) != 0)
        return -EINVAL;
    return add_head(*msg, identity, realm);
}

void cx_message_fail(struct msg *msg, struct avp *bad, enum cx_avp missing)
{
    struct avp *failed, *copy;
    struct avp_hdr *from, *to;
    union avp_value empty = {
        .os = {.data = (uint8_t *)"", .len = 0}
    };

    if (fd_msg_avp_new(cx_dict_avp(CX_AVP_FAILED_AVP), 0, &failed) != 0)
        return;
    if (!bad) {
        add(failed, missing, &empty, MSG_BRW_LAST_CHILD);
    } else if (fd_msg_avp_hdr(bad, &from) == 0 && from->avp_value) {
        struct dict_object *model;

        if (fd_msg_model(bad, &model) == 0 && model && fd_msg_avp_new(model, 0, &copy) == 0) {
            if (fd_msg_avp_hdr(copy, &to) != 0 || fd_msg_avp_setvalue(copy, from->avp_value) != 0 ||
                fd_msg_avp_add(failed, MSG_BRW_LAST_CHILD, copy) != 0)
                fd_msg_free(copy);
        }
    }
    if (fd_msg_avp_add(msg, MSG_BRW_LAST_CHILD, failed) != 0)
        fd_msg_free(failed);
}

struct avp_hdr *cx_message_find(void *parent, enum cx_avp avp, struct avp **where)
{
    struct avp *a = NULL;
    struct avp_hdr *hdr;

    fd_msg_browse(parent, MSG_BRW_FIRST_CHILD, &a, NULL);
    for (; a; fd_msg_browse(a, MSG_BRW_NEXT, &a, NULL)) {
        if (fd_msg_avp_hdr(a, &hdr) != 0 || !cx_dict_is(hdr, avp))
            continue;
        if (where)
            *where = a;
        return hdr;
    }
    return NULL;
}

/* "icscf1.hims.net;1763992;7;3c26700d": the fourth part, when it looks like one of ours. */
const char *cx_message_call(struct msg *msg, char call[9])
{
    struct avp_hdr *id = cx_message_find(msg, CX_AVP_SESSION_ID, NULL);
    const char *text;
    size_t len;

    call[0] = '\0';
    if (!id || !id->avp_value || id->avp_value->os.len < 9)
        return call;
    text = (const char *)id->avp_value->os.data;
    len = id->avp_value->os.len;
    if (text[len - 9] != ';')
        return call;
    for (size_t i = len - 8; i < len; i++) {
        if (!strchr("0123456789abcdef", text[i]) || text[i] == '\0')
            return call;
    }
    memcpy(call, text + len - 8, 8);
    call[8] = '\0';
    return call;
}
