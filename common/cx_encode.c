/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a table of cx_tables.c and appends what a struct holds as AVPs to a message. */
#include <errno.h>
#include <string.h>

#include "cx_codec.h"

static int put_value(void *parent, enum cx_avp avp, union avp_value *value)
{
    struct avp *a;

    if (fd_msg_avp_new(cx_dict_avp(avp), 0, &a) != 0)
        return -ENOMEM;
    if ((value && fd_msg_avp_setvalue(a, value) != 0) ||
        fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, a) != 0) {
        fd_msg_free(a);
        return -EINVAL;
    }
    return 0;
}

static int put_octets(void *parent, enum cx_avp avp, const void *data, size_t len)
{
    union avp_value value = {
        .os = {.data = (uint8_t *)data, .len = len}
    };

    return put_value(parent, avp, &value);
}

static int put_text(void *parent, enum cx_avp avp, const char *text)
{
    return *text ? put_octets(parent, avp, text, strlen(text)) : 0;
}

static int put_number(void *parent, enum cx_avp avp, uint32_t number)
{
    union avp_value value = {.u32 = number};

    return put_value(parent, avp, &value);
}

static int put_result(void *parent, int result)
{
    struct avp *group;
    int rc;

    if (!(result & CX_EXP))
        return put_number(parent, CX_AVP_RESULT_CODE, result);
    if (fd_msg_avp_new(cx_dict_avp(CX_AVP_EXPERIMENTAL_RESULT), 0, &group) != 0)
        return -ENOMEM;
    rc = put_number(group, CX_AVP_VENDOR_ID, CX_VENDOR);
    if (rc == 0)
        rc = put_number(group, CX_AVP_EXPERIMENTAL_RESULT_CODE, result & ~CX_EXP);
    if (rc == 0 && fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, group) != 0)
        rc = -EINVAL;
    if (rc < 0)
        fd_msg_free(group);
    return rc;
}

static int put_fields(void *parent, const struct cx_field *field, const char *base);

static int put_group(void *parent, const struct cx_field *f, const char *base)
{
    struct avp *group;
    void *member = NULL;
    int rc;

    if (fd_msg_avp_new(cx_dict_avp(f->avp), 0, &group) != 0)
        return -ENOMEM;
    rc = put_fields(group, f->inside, base);
    if (rc == 0)
        fd_msg_browse(group, MSG_BRW_FIRST_CHILD, &member, NULL);
    if (rc == 0 && member && fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, group) == 0)
        return 0;
    fd_msg_free(group);
    return rc;
}

static int put_list(void *parent, const struct cx_field *f, const char *base)
{
    size_t count = *(const size_t *)(base + f->count);
    const char *at = base + f->offset;
    int rc = 0;

    if (f->kind == CX_K_HEAP_GROUPS)
        at = *(const char *const *)at;
    for (size_t i = 0; rc == 0 && i < count && i < f->max; i++) {
        if (f->kind == CX_K_TEXTS)
            rc = put_text(parent, f->avp, at + i * f->size);
        else if (f->kind == CX_K_NUMBERS)
            rc = put_number(parent, f->avp, ((const uint32_t *)at)[i]);
        else
            rc = put_group(parent, f, at + i * f->size);
    }
    return rc;
}

/* TS 29.229 6.3.29; the M bit says that whoever lacks one of them must refuse (7.2.1). */
static int put_features(void *parent, const struct cx_features *features)
{
    struct avp_hdr *hdr;
    struct avp *group;
    int rc;

    if (!features->bits)
        return 0;
    if (fd_msg_avp_new(cx_dict_avp(CX_AVP_SUPPORTED_FEATURES), 0, &group) != 0)
        return -ENOMEM;
    rc = put_number(group, CX_AVP_VENDOR_ID, CX_VENDOR);
    if (rc == 0)
        rc = put_number(group, CX_AVP_FEATURE_LIST_ID, 1);
    if (rc == 0)
        rc = put_number(group, CX_AVP_FEATURE_LIST, features->bits);
    if (rc == 0 && features->required && fd_msg_avp_hdr(group, &hdr) == 0)
        hdr->avp_flags |= AVP_FLAG_MANDATORY;
    if (rc == 0 && fd_msg_avp_add(parent, MSG_BRW_LAST_CHILD, group) == 0)
        return 0;
    fd_msg_free(group);
    return rc < 0 ? rc : -EINVAL;
}

/* Seconds since 1900 in 32 bits, which from 2036 on begin anew (RFC 5905 6). */
static int put_time(void *parent, enum cx_avp avp, int64_t unix_time)
{
    uint32_t since_1900 = (uint32_t)(unix_time + CX_UNIX_IN_1900);
    uint8_t octets[4] = {since_1900 >> 24, since_1900 >> 16, since_1900 >> 8, since_1900};

    return unix_time ? put_octets(parent, avp, octets, sizeof octets) : 0;
}

static bool is_left_out(const struct cx_field *f, const char *base)
{
    return f->kind == CX_K_OCTETS && f->count && !*(const size_t *)(base + f->count);
}

static int put_field(void *parent, const struct cx_field *f, const char *base)
{
    const char *at = base + f->offset;
    uint32_t number = 0;
    size_t count = 0;

    if (f->kind == CX_K_NUMBER || f->kind == CX_K_FLAGS)
        memcpy(&number, at, sizeof number);
    if (f->kind == CX_K_OCTETS_N)
        count = *(const size_t *)(base + f->count);
    if (is_left_out(f, base))
        return 0;
    switch (f->kind) {
    case CX_K_RESULT: return put_result(parent, *(const int *)at);
    case CX_K_TEXT: return put_text(parent, f->avp, at);
    case CX_K_NUMBER: return (int)number < 0 ? 0 : put_number(parent, f->avp, number);
    case CX_K_FLAGS: return number ? put_number(parent, f->avp, number) : 0;
    case CX_K_YES: return put_number(parent, f->avp, *(const bool *)at);
    case CX_K_PRESENT: return *(const bool *)at ? put_number(parent, f->avp, 0) : 0;
    case CX_K_COUNT:
        return *(const size_t *)at ? put_number(parent, f->avp, *(const size_t *)at) : 0;
    case CX_K_OCTETS: return put_octets(parent, f->avp, at, f->size);
    case CX_K_OCTETS_N: return count ? put_octets(parent, f->avp, at, count) : 0;
    case CX_K_HEAP: return *(char *const *)at ? put_text(parent, f->avp, *(char *const *)at) : 0;
    case CX_K_FEATURES: return put_features(parent, (const struct cx_features *)at);
    case CX_K_TIME: return put_time(parent, f->avp, *(const int64_t *)at);
    case CX_K_GROUP:
        if (f->count && !*(const bool *)(base + f->count))
            return 0;
        return put_group(parent, f, at);
    default: return put_list(parent, f, base);
    }
}

static int put_fields(void *parent, const struct cx_field *field, const char *base)
{
    int rc = 0;

    for (; rc == 0 && field->kind != CX_K_END; field++)
        rc = put_field(parent, field, base);
    return rc;
}

int cx_encode(struct msg *msg, const struct cx_fields *fields, const void *from)
{
    return put_fields(msg, fields->field, from);
}
