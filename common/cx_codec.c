/* SPDX-License-Identifier: Apache-2.0 */
/* The engine behind cx_tables.c: walks a table to write AVPs, walks the AVPs to fill a struct. */
#include "cx_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* ---- writing ---- */

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

static int put_field(void *parent, const struct cx_field *f, const char *base)
{
    const char *at = base + f->offset;
    uint32_t number = 0;
    size_t count = 0;

    if (f->kind == CX_K_NUMBER || f->kind == CX_K_FLAGS)
        memcpy(&number, at, sizeof number);
    if (f->kind == CX_K_OCTETS_N)
        count = *(const size_t *)(base + f->count);
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

/* ---- reading ---- */

struct reader {
    struct avp *fault;
    int results; /* how many results were seen */
};

static int get_fields(struct reader *r, void *parent, const struct cx_field *fields, char *base);

static int get_text(char *to, size_t size, const union avp_value *v)
{
    if (v->os.len >= size || memchr(v->os.data, '\0', v->os.len))
        return -EPROTO;
    memcpy(to, v->os.data, v->os.len);
    to[v->os.len] = '\0';
    return 0;
}

static int get_heap(char **to, const union avp_value *v)
{
    if (*to || memchr(v->os.data, '\0', v->os.len))
        return -EPROTO;
    *to = xzalloc(v->os.len + 1);
    memcpy(*to, v->os.data, v->os.len);
    return 0;
}

static int get_experimental(int *result, struct avp *group)
{
    struct avp_hdr *code = cx_message_find(group, CX_AVP_EXPERIMENTAL_RESULT_CODE, NULL);
    struct avp_hdr *of = cx_message_find(group, CX_AVP_VENDOR_ID, NULL);

    if (!code || !code->avp_value || !of || !of->avp_value || of->avp_value->u32 != CX_VENDOR ||
        code->avp_value->u32 >= CX_EXP)
        return -EPROTO;
    *result = CX_EXP | (int)code->avp_value->u32;
    return 0;
}

/* One more member of a list: where it goes, or NULL when there is no room. */
static void *list_place(const struct cx_field *f, char *base, size_t size)
{
    size_t *count = (size_t *)(base + f->count);

    return *count < f->max ? base + f->offset + (*count)++ * size : NULL;
}

static int get_member(struct reader *r, const struct cx_field *f, char *base, struct avp *avp,
                      const union avp_value *v)
{
    char *at;

    if (f->kind == CX_K_NUMBERS) {
        at = list_place(f, base, sizeof v->u32);
        if (at)
            memcpy(at, &v->u32, sizeof v->u32);
        return at ? 0 : -EPROTO;
    }
    at = list_place(f, base, f->size);
    if (!at)
        return -EPROTO;
    return f->kind == CX_K_TEXTS ? get_text(at, f->size, v) : get_fields(r, avp, f->inside, at);
}

static int get_octets(const struct cx_field *f, char *base, const union avp_value *v)
{
    if (f->kind == CX_K_OCTETS ? v->os.len != f->size : v->os.len > f->size)
        return -EPROTO;
    memcpy(base + f->offset, v->os.data, v->os.len);
    if (f->kind == CX_K_OCTETS_N)
        *(size_t *)(base + f->count) = v->os.len;
    return 0;
}

static int get_field(struct reader *r, const struct cx_field *f, char *base, struct avp *avp,
                     const union avp_value *v)
{
    char *at = base + f->offset;

    switch (f->kind) {
    case CX_K_TEXT: return get_text(at, f->size, v);
    case CX_K_NUMBER:
    case CX_K_FLAGS: memcpy(at, &v->u32, sizeof v->u32); return 0;
    case CX_K_YES: *(bool *)at = v->u32 == 1; return v->u32 > 1 ? -EPROTO : 0;
    case CX_K_PRESENT: *(bool *)at = true; return v->u32 ? -EPROTO : 0;
    case CX_K_COUNT: return 0;
    case CX_K_OCTETS:
    case CX_K_OCTETS_N: return get_octets(f, base, v);
    case CX_K_HEAP: return get_heap((char **)at, v);
    case CX_K_GROUP:
        if (f->count)
            *(bool *)(base + f->count) = true;
        return get_fields(r, avp, f->inside, at);
    default: return get_member(r, f, base, avp, v);
    }
}

static int get_result(struct reader *r, int *result, struct avp *avp, const struct avp_hdr *hdr)
{
    r->results++;
    if (cx_dict_is(hdr, CX_AVP_EXPERIMENTAL_RESULT))
        return get_experimental(result, avp);
    if (!hdr->avp_value || hdr->avp_value->u32 >= CX_EXP)
        return -EPROTO;
    *result = hdr->avp_value->u32;
    return 0;
}

static bool is_group(const struct cx_field *f)
{
    return f->kind == CX_K_GROUP || f->kind == CX_K_GROUPS;
}

/* What one AVP says goes where its row says; AVPs without a row are not ours to judge. */
static int get_avp(struct reader *r, const struct cx_field *fields, char *base, struct avp *avp)
{
    struct avp_hdr *hdr;

    if (fd_msg_avp_hdr(avp, &hdr) != 0)
        return -EPROTO;
    for (const struct cx_field *f = fields; f->kind != CX_K_END; f++) {
        if (f->kind == CX_K_RESULT &&
            (cx_dict_is(hdr, CX_AVP_RESULT_CODE) || cx_dict_is(hdr, CX_AVP_EXPERIMENTAL_RESULT)))
            return get_result(r, (int *)(base + f->offset), avp, hdr);
        if (f->kind == CX_K_RESULT || !cx_dict_is(hdr, f->avp))
            continue;
        if (!hdr->avp_value && !is_group(f))
            return -EPROTO; /* the library could not read it */
        return get_field(r, f, base, avp, hdr->avp_value);
    }
    return 0;
}

static int get_fields(struct reader *r, void *parent, const struct cx_field *fields, char *base)
{
    struct avp *avp = NULL;
    int rc = 0;

    for (const struct cx_field *f = fields; f->kind != CX_K_END; f++) {
        if (f->kind == CX_K_NUMBER)
            memcpy(base + f->offset, &f->otherwise, sizeof f->otherwise);
    }
    fd_msg_browse(parent, MSG_BRW_FIRST_CHILD, &avp, NULL);
    while (rc == 0 && avp) {
        rc = get_avp(r, fields, base, avp);
        if (rc < 0 && !r->fault)
            r->fault = avp;
        fd_msg_browse(avp, MSG_BRW_NEXT, &avp, NULL);
    }
    return rc;
}

int cx_decode(void *into, const struct cx_fields *fields, struct msg *msg, struct avp **fault)
{
    struct reader r = {0};
    int rc;

    memset(into, 0, fields->size);
    rc = get_fields(&r, msg, fields->field, into);
    if (rc == 0 && fields->field[0].kind == CX_K_RESULT && r.results != 1)
        rc = -EPROTO; /* TS 29.229 6.2: exactly one of the two */
    if (fault)
        *fault = r.fault;
    if (rc < 0)
        cx_decode_free(into, fields);
    return rc;
}

void cx_decode_free(void *decoded, const struct cx_fields *fields)
{
    for (const struct cx_field *f = fields->field; f->kind != CX_K_END; f++) {
        if (f->kind == CX_K_HEAP) {
            free(*(char **)((char *)decoded + f->offset));
            *(char **)((char *)decoded + f->offset) = NULL;
        }
    }
}
