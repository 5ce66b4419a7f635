/* SPDX-License-Identifier: Apache-2.0 */
/* One operation on the store's thread: the body read and checked, the work as one transaction. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ifc_xml.h"
#include "rest.h"
#include "xalloc.h"

int rest_refuse(struct rest_call *call, int status, const char *field, const char *format, ...)
{
    va_list ap;

    call->status = status;
    snprintf(call->fault.field, sizeof call->fault.field, "%s", field);
    va_start(ap, format);
    why_vprint(call->fault.rule, sizeof call->fault.rule, format, ap);
    va_end(ap);
    return -EINVAL;
}

static int read_json(struct rest_call *call)
{
    const struct rest_field *fields = rest_fields_of(call->op->in);
    json_error_t error;

    call->body = json_loadb(call->raw, call->raw_len, JSON_REJECT_DUPLICATES, &error);
    if (!call->body)
        return rest_refuse(call, 400, "body", "JSON: line %d, column %d: %s", error.line,
                           error.column, error.text);
    if (rest_check(fields, call->body, &call->fault) < 0) {
        call->status = 400;
        return -EINVAL;
    }
    return 0;
}

static int read_xml(struct rest_call *call)
{
    struct why why;

    call->body = ifc_from_xml(call->raw, call->raw_len, &why);
    if (!call->body)
        return rest_refuse(call, 400, "body", "%s", why.text);
    if (rest_check(rest_fields_of(call->op->in), call->body, &call->fault) < 0) {
        call->status = 400;
        return -EINVAL;
    }
    return 0;
}

static int read_body(struct rest_call *call)
{
    bool xml = strcmp(call->content_type, "application/xml") == 0 ||
               strcmp(call->content_type, "text/xml") == 0;

    switch (call->op->body) {
    case REST_JSON: return read_json(call);
    case REST_PROFILE: return xml ? read_xml(call) : read_json(call);
    default: return 0; /* import reads its own lines */
    }
}

static void drop_pushes(struct rest_call *call)
{
    while (call->push) {
        struct push *next = call->push->next;

        push_free(call->push);
        call->push = next;
    }
}

void rest_run(struct rest_call *call)
{
    struct why why;
    int rc = read_body(call);

    if (rc < 0)
        return;
    sql_begin(call->store->sql);
    rc = call->op->work(call);
    if (rc < 0)
        sql_rollback(call->store->sql, NULL);
    else if (sql_commit(call->store->sql, &why) < 0)
        rc = rest_refuse(call, 500, "", "the database: %s", why.text);
    if (rc < 0)
        drop_pushes(call);
    else if (!call->status)
        call->status = call->op->status;
}

/* ---- pushes ---- */

static void add_push(struct rest_call *call, struct push *push)
{
    push->next = call->push;
    call->push = push;
}

void rest_push_profile(struct rest_call *call, int64_t set)
{
    struct sql_rows *rows = sql_ask(
        call->store->sql,
        "SELECT scscf_host FROM implicit_set WHERE id = ? AND state <> 0 AND scscf_host <> ''", "i",
        set);
    char host[128];

    while (sql_next(rows)) {
        sql_text(rows, 0, host, sizeof host);
        add_push(call, push_ppr_new(host, set));
    }
}

void rest_push_subscription(struct rest_call *call, int64_t subscription)
{
    struct sql_rows *rows = sql_ask(call->store->sql,
                                    "SELECT scscf_host, id FROM implicit_set WHERE subscription = "
                                    "? AND state <> 0 AND scscf_host <> ''",
                                    "i", subscription);
    char host[128];

    while (sql_next(rows)) {
        sql_text(rows, 0, host, sizeof host);
        add_push(call, push_ppr_new(host, sql_int(rows, 1)));
    }
}

/* The private identities of one set, or of all of the subscription's at this S-CSCF: the first is
 * User-Name, the others Associated-Identities. */
static void load_rtr_impis(struct store *store, int64_t subscription, int64_t set, const char *host,
                           struct cx_rtr *rtr)
{
    struct sql_rows *rows = sql_ask(
        store->sql,
        "SELECT DISTINCT impi.impi FROM impi JOIN registration AS r ON r.impi = impi.id JOIN "
        "implicit_set AS s ON s.id = r.implicit_set WHERE s.subscription = ? AND s.scscf_host = ? "
        "AND (? = 0 OR s.id = ?) AND (r.registered OR s.state = 2) ORDER BY impi.id LIMIT ?",
        "itiii", subscription, host, set, set, (int64_t)CX_MAX_IDS);

    while (sql_next(rows)) {
        if (rtr->impi[0])
            sql_text(rows, 0, rtr->associated[rtr->associated_count++], CX_TEXT);
        else
            sql_text(rows, 0, rtr->impi, CX_TEXT);
    }
}

static void load_rtr_impus(struct store *store, int64_t set, struct cx_rtr *rtr)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT impu FROM impu WHERE implicit_set = ? AND kind < 2 "
                                    "ORDER BY is_default DESC, position LIMIT ?",
                                    "ii", set, (int64_t)CX_MAX_IDS);

    while (sql_next(rows))
        sql_text(rows, 0, rtr->impu[rtr->impu_count++], CX_TEXT);
}

/* NEW_SERVER_ASSIGNED speaks of Public-Identities always (29.228 6.1.3.1). */
static void push_rtr(struct rest_call *call, int64_t subscription, int64_t set, const char *host,
                     int reason, const char *info)
{
    struct cx_rtr *rtr = xzalloc(sizeof *rtr);

    rtr->reason = reason;
    snprintf(rtr->reason_info, sizeof rtr->reason_info, "%s", info);
    load_rtr_impis(call->store, subscription, set, host, rtr);
    if (set)
        load_rtr_impus(call->store, set, rtr);
    if (rtr->impi[0])
        add_push(call, push_rtr_new(host, rtr));
    free(rtr);
}

void rest_terminate(struct rest_call *call, int64_t subscription, int64_t set, int reason,
                    const char *info)
{
    struct sql_rows *rows =
        sql_ask(call->store->sql,
                "SELECT DISTINCT scscf_host FROM implicit_set WHERE subscription = ? AND (? = 0 OR "
                "id = ?) AND state <> 0 AND scscf_host <> '' LIMIT 8",
                "iii", subscription, set, set);
    char host[8][128];
    size_t hosts = 0;

    while (sql_next(rows))
        sql_text(rows, 0, host[hosts++], sizeof host[0]);
    for (size_t i = 0; i < hosts; i++)
        push_rtr(call, subscription, set, host[i], reason, info);
    sql_run(call->store->sql,
            "UPDATE registration SET registered = 0, auth_pending = 0, expires_at = 0 WHERE "
            "implicit_set IN (SELECT id FROM implicit_set WHERE subscription = ? AND (? = 0 OR id "
            "= ?))",
            "iii", subscription, set, set);
    sql_run(call->store->sql,
            "DELETE FROM restoration WHERE implicit_set IN (SELECT id FROM implicit_set WHERE "
            "subscription = ? AND (? = 0 OR id = ?))",
            "iii", subscription, set, set);
    sql_run(call->store->sql,
            "UPDATE implicit_set SET state = 0, scscf_name = '', scscf_host = '' WHERE "
            "subscription = ? AND (? = 0 OR id = ?)",
            "iii", subscription, set, set);
}
