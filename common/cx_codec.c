/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the AVPs of a message and fills the struct that a table of cx_tables.c describes; the other
 * direction is cx_encode.c. */
#include "cx_codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

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
    char *list = base + f->offset;

    if (*count >= f->max)
        return NULL;
    if (f->kind == CX_K_HEAP_GROUPS) {
        char **heap = (char **)list;

        *heap = xrealloc(*heap, (*count + 1) * size);
        list = *heap;
        memset(list + *count * size, 0, size);
    }
    return list + (*count)++ * size;
}

static uint32_t number_in(void *group, enum cx_avp avp)
{
    struct avp_hdr *hdr = cx_message_find(group, avp, NULL);

    return hdr && hdr->avp_value ? hdr->avp_value->u32 : 0;
}

/* A list of other features that must be supported is remembered; of others nothing is known. */
static int get_features(struct cx_features *features, struct avp *group)
{
    struct avp_hdr *hdr;
    bool required = fd_msg_avp_hdr(group, &hdr) == 0 && hdr->avp_flags & AVP_FLAG_MANDATORY;

    if (number_in(group, CX_AVP_VENDOR_ID) != CX_VENDOR ||
        number_in(group, CX_AVP_FEATURE_LIST_ID) != 1) {
        features->foreign |= required;
        return 0;
    }
    features->bits |= number_in(group, CX_AVP_FEATURE_LIST);
    features->required |= required;
    return 0;
}

static int get_time(int64_t *unix_time, const union avp_value *v)
{
    uint32_t since_1900 = 0;

    if (v->os.len != 4)
        return -EPROTO;
    for (int i = 0; i < 4; i++)
        since_1900 = since_1900 << 8 | v->os.data[i];
    *unix_time = (int64_t)since_1900 - CX_UNIX_IN_1900;
    if (!(since_1900 >> 31)) /* of the era that begins in 2036 */
        *unix_time += (int64_t)1 << 32;
    return 0;
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
    case CX_K_FEATURES: return get_features((struct cx_features *)at, avp);
    case CX_K_TIME: return get_time((int64_t *)at, v);
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
    return f->kind == CX_K_GROUP || f->kind == CX_K_GROUPS || f->kind == CX_K_HEAP_GROUPS ||
           f->kind == CX_K_FEATURES;
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

static void free_fields(const struct cx_field *fields, char *base)
{
    for (const struct cx_field *f = fields; f->kind != CX_K_END; f++) {
        char *at = base + f->offset, **heap = (char **)at;
        size_t *count = (size_t *)(base + f->count);

        if (f->kind == CX_K_GROUP)
            free_fields(f->inside, at);
        if (f->kind == CX_K_HEAP_GROUPS) {
            for (size_t i = 0; i < *count; i++)
                free_fields(f->inside, *heap + i * f->size);
            *count = 0;
        }
        if (f->kind == CX_K_HEAP || f->kind == CX_K_HEAP_GROUPS) {
            free(*heap);
            *heap = NULL;
        }
    }
}

void cx_decode_free(void *decoded, const struct cx_fields *fields)
{
    free_fields(fields->field, decoded);
}
