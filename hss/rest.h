/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioning over HTTP. A table of operations (rest_tables.c) gives the routes, the checks of
 * what comes, and the OpenAPI document; each operation has one function, which runs on the store's
 * thread as one transaction and fills a struct rest_call. */
#ifndef IMSLAB_REST_H
#define IMSLAB_REST_H

#include <jansson.h>

#include "conf.h"
#include "http.h"
#include "push.h"
#include "store.h"

/* ---- what a JSON object may hold ---- */

enum rest_kind { REST_END, REST_TEXT, REST_BOOL, REST_NUMBER, REST_OBJECT };
enum {
    REST_REQUIRED = 1,
    REST_LIST = 2,   /* of that kind */
    REST_SECRET = 4, /* written, never shown (but by export with secrets) */
    REST_SHOWN = 8,  /* shown, never written: ignored, so that what was shown can be sent again */
    REST_NULL = 16,  /* null takes the value away */
};

struct rest_field {
    const char *name;
    enum rest_kind kind;
    const char *rule;    /* what its value must be: "32 hexadecimal digits" */
    const char *pattern; /* TEXT: extended regular expression, of the part that ECMA shares */
    int64_t min, max;    /* NUMBER: its range; TEXT: its length (0, 0: 1 to 255) */
    const struct rest_field *inside; /* OBJECT */
    unsigned flags;
    const char *about; /* for the document; NULL: the rule says it all */
};

struct rest_fault {
    char field[128], rule[320];
};

/* rest_check - whether an object has what the table says and nothing else. 0, or -EINVAL and
 * *fault. Pure, but only for one thread at a time (it keeps compiled patterns). */
int rest_check(const struct rest_field *fields, const json_t *object, struct rest_fault *fault);
/* rest_find - the row of a name, or NULL. */
const struct rest_field *rest_find(const struct rest_field *fields, const char *name);

/* ---- operations ---- */

struct rest_call { /* one request, on the store's thread */
    struct store *store;
    const struct conf *conf;
    const struct rest_operation *op;
    const char *param[HTTP_PARAMS];
    json_t *query; /* object, checked by the operation's table; never NULL */
    json_t *body;  /* checked likewise; NULL: none, or no JSON */
    const char *raw;
    size_t raw_len;
    const char *content_type; /* without parameters; "" none */
    /* out */
    int status;    /* 0: the operation's own */
    json_t *reply; /* or, when NULL: */
    char *text;    /* malloc'd, of type text_type */
    size_t text_len;
    const char *text_type;
    struct rest_fault fault;
    struct push *push; /* what the S-CSCFs must be told, sent after the commit */
    char summary[200]; /* for the log: what was done */
};

enum rest_body { REST_NONE, REST_JSON, REST_LINES, REST_PROFILE };

struct rest_operation {
    const char *method, *path;
    const char *id, *summary;
    bool reads;           /* although it is no GET: it changes nothing, and needs no token */
    enum rest_body body;  /* JSON: the schema `in`; LINES: one object of it per line; PROFILE: JSON
                             or  XML */
    const char *in, *out; /* names of schemas; NULL: nothing */
    const struct rest_field *query;      /* NULL: none */
    int status;                          /* of success */
    int (*work)(struct rest_call *call); /* 0, or -errno with rest_refuse: then nothing is stored */
};

extern const struct rest_operation rest_operations[];
extern const size_t rest_operation_count;

struct rest_schema {
    const char *name;
    const struct rest_field *fields;
};
extern const struct rest_schema rest_schemas[];
extern const size_t rest_schema_count;
/* rest_fields_of - the table of a schema, NULL: no such. rest_only_reads - whether an operation
 * changes nothing, and so needs no token. */
const struct rest_field *rest_fields_of(const char *schema);
bool rest_only_reads(const struct rest_operation *operation);

/* rest_refuse - the answer is this error; returns -EINVAL. */
int rest_refuse(struct rest_call *call, int status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* rest_run - check the body against the operation's table and do its work, as one transaction.
 * Fills call->status always. */
void rest_run(struct rest_call *call);

/* rest_openapi - the document, of all the tables. */
json_t *rest_openapi(void);

/* ---- the daemon's side (rest.c) ---- */

struct rest;
/* rest_open - make the token, listen. Ends the process with a sentence when it cannot; NULL when
 * lab.yaml says off. */
struct rest *rest_open(struct loop *loop, const struct conf *conf, struct store_thread *thread,
                       struct pusher *pusher);
/* rest_stop - no requests any more; what is under way is finished, its answers go nowhere.
 * rest_free after the loop's last work. NULL is fine for both. */
void rest_stop(struct rest *rest);
void rest_free(struct rest *rest);
void rest_print(const struct rest *rest, FILE *out);

/* ---- the operations' functions ---- */

int rest_get_openapi(struct rest_call *call);
int rest_list(struct rest_call *call);
int rest_show(struct rest_call *call);
int rest_export(struct rest_call *call);
int rest_add(struct rest_call *call);
int rest_import(struct rest_call *call);
int rest_set(struct rest_call *call);
int rest_delete(struct rest_call *call);
int rest_deregister(struct rest_call *call);
int rest_set_private(struct rest_call *call);
int rest_add_private(struct rest_call *call);
int rest_delete_private(struct rest_call *call);
int rest_set_public(struct rest_call *call);
int rest_add_public(struct rest_call *call);
int rest_delete_public(struct rest_call *call);
int rest_show_profile(struct rest_call *call);
int rest_set_profile(struct rest_call *call);
int rest_list_shared(struct rest_call *call);
int rest_show_shared(struct rest_call *call);
int rest_set_shared(struct rest_call *call);
int rest_delete_shared(struct rest_call *call);
int rest_verify(struct rest_call *call);

/* ---- shared by them (rest_db.c, rest_show.c, ...) ---- */

/* rest_subscription - the row that a path's {name} means: a subscription's name, one of its
 * identities, its MSISDN. 0: none, and the refusal is written. */
int64_t rest_subscription(struct rest_call *call, const char *name);
/* rest_nth_profile - the row of the n-th profile of a subscription, from 0; 0: none. */
int64_t rest_nth_profile(struct rest_call *call, int64_t subscription, int64_t n);
/* rest_done - the answer of those that change something: the schema Done. */
void rest_done(struct rest_call *call, int64_t subscription);
/* rest_subscriber_json - everything of it. secrets: keys too. */
json_t *rest_subscriber_json(struct store *store, int64_t subscription, bool secrets);
json_t *rest_profile_json(struct store *store, int64_t profile);
json_t *rest_ifc_json(struct store *store, int64_t profile, int64_t shared);
/* rest_add_one - a subscriber as the schema Subscriber has it, checked. 0 and its row, or refused.
 */
int rest_add_one(struct rest_call *call, json_t *subscriber, int64_t *subscription);
/* rest_store_private - the keys of a private identity, from an object with its fields; is_new: what
 * is missing has its default. */
int rest_store_private(struct rest_call *call, int64_t impi, const json_t *fields, bool is_new);
int rest_store_public(struct rest_call *call, int64_t impu, const json_t *fields);
int rest_store_profile(struct rest_call *call, int64_t profile, const json_t *fields);
int rest_store_ifc(struct rest_call *call, int64_t profile, int64_t shared, const json_t *list);
int rest_store_subscription(struct rest_call *call, int64_t subscription, const json_t *fields);

/* rest_push_set - tell the S-CSCF of this set its new profile. rest_push_sets: of each set that the
 * condition (a column of impu or implicit_set: "subscription", "profile") selects. */
void rest_push_profile(struct rest_call *call, int64_t set);
void rest_push_subscription(struct rest_call *call, int64_t subscription);
/* rest_terminate - RTR for every set of the subscription that has an S-CSCF; only impu's when that
 * is not 0; the sets are not registered any more. */
void rest_terminate(struct rest_call *call, int64_t subscription, int64_t set, int reason,
                    const char *info);

/* values of an object; absent or null: the fallback */
const char *rest_text(const json_t *object, const char *name, const char *otherwise);
int64_t rest_number(const json_t *object, const char *name, int64_t otherwise);
bool rest_yes(const json_t *object, const char *name, bool otherwise);
/* rest_hex - hexadecimal text, checked, into len octets; false: it is not there. */
bool rest_hex(const json_t *object, const char *name, uint8_t *out, size_t len);
/* rest_column - a column as JSON text. */
json_t *rest_column(struct sql_rows *rows, int column);

#endif
