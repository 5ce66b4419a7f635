/* SPDX-License-Identifier: Apache-2.0 */
/* Subscribers: found, listed, shown, exported, changed, removed, de-registered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rest.h"
#include "rest_words.h"
#include "xalloc.h"

enum { PAGE = 100 };

int64_t rest_subscription(struct rest_call *call, const char *name)
{
    struct sql_rows *rows = sql_ask(
        call->store->sql,
        "SELECT id FROM subscription WHERE name = ? UNION ALL SELECT subscription FROM impi WHERE "
        "impi = ? UNION ALL SELECT subscription FROM implicit_set WHERE id = (SELECT implicit_set "
        "FROM impu WHERE impu = ?) UNION ALL SELECT subscription FROM impi WHERE imsi <> '' AND "
        "imsi = ? UNION ALL SELECT id FROM subscription WHERE msisdn <> '' AND msisdn = ltrim(?, "
        "'+') LIMIT 1",
        "ttttt", name, name, name, name, name);
    int64_t id = 0;

    while (sql_next(rows))
        id = sql_int(rows, 0);
    if (!id)
        rest_refuse(call, 404, "name",
                    "a subscriber's name, identity, IMSI or MSISDN: '%s' is none", name);
    snprintf(call->summary, sizeof call->summary, "%s", name);
    return id;
}

/* ---- looking ---- */

int rest_show(struct rest_call *call)
{
    int64_t id = rest_subscription(call, call->param[0]);

    if (!id)
        return -EINVAL;
    call->reply = rest_subscriber_json(call->store, id, false);
    return 0;
}

int rest_list(struct rest_call *call)
{
    const char *word = rest_text(call->query, "state", "");
    int64_t state = rest_number_of(rest_states, word);
    struct sql_rows *rows;
    json_t *list = json_array();
    int64_t total = 0;

    rows = sql_ask(call->store->sql,
                   "SELECT count(*) FROM subscription AS u WHERE ? < 0 OR EXISTS (SELECT 1 FROM "
                   "implicit_set AS s WHERE s.subscription = u.id AND s.state = ?)",
                   "ii", state, state);
    while (sql_next(rows))
        total = sql_int(rows, 0);
    rows = sql_ask(call->store->sql,
                   "SELECT id FROM subscription AS u WHERE ? < 0 OR EXISTS (SELECT 1 FROM "
                   "implicit_set AS s WHERE s.subscription = u.id AND s.state = ?) ORDER BY name "
                   "LIMIT ? OFFSET ?",
                   "iiii", state, state, rest_number(call->query, "limit", PAGE),
                   rest_number(call->query, "offset", 0));
    while (sql_next(rows))
        json_array_append_new(list, rest_subscriber_json(call->store, sql_int(rows, 0), false));
    call->reply = json_pack("{s:I, s:o}", "total", (json_int_t)total, "subscribers", list);
    return 0;
}

/* What import ignores (the state of registrations, the words "has_key") is left out. */
static void drop_shown(json_t *object, const struct rest_field *fields)
{
    for (const struct rest_field *f = fields; f->kind != REST_END; f++) {
        json_t *value = json_object_get(object, f->name), *one;
        size_t i;

        if (f->flags & REST_SHOWN) {
            json_object_del(object, f->name);
        } else if (f->kind == REST_OBJECT) {
            json_array_foreach(value, i, one) drop_shown(one, f->inside);
        }
    }
}

/* Shared filter criteria have their own paths: a subscriber names them by number only. */
int rest_export(struct rest_call *call)
{
    bool secrets = rest_yes(call->query, "secrets", false);
    struct sql_rows *rows =
        sql_ask(call->store->sql, "SELECT id FROM subscription ORDER BY name", "");
    FILE *out = open_memstream(&call->text, &call->text_len);

    if (!out)
        abort(); /* no memory */
    while (sql_next(rows)) {
        json_t *s = rest_subscriber_json(call->store, sql_int(rows, 0), secrets);
        char *line;

        drop_shown(s, rest_fields_of("Subscriber"));
        line = json_dumps(s, JSON_COMPACT | JSON_PRESERVE_ORDER);
        fprintf(out, "%s\n", line);
        wipe(line, strlen(line));
        free(line);
        json_decref(s);
    }
    fclose(out);
    call->text_type = "application/x-ndjson";
    snprintf(call->summary, sizeof call->summary, "%s", secrets ? "with secrets" : "");
    return 0;
}

/* ---- changing ---- */

/* "done", with what is sent to S-CSCFs for it. */
static json_t *done_json(const struct rest_call *call, const char *name)
{
    json_t *pushed = json_array();

    for (const struct push *p = call->push; p; p = p->next)
        json_array_append_new(pushed,
                              json_pack("{s:s, s:s}", "command",
                                        p->kind == PUSH_RTR ? "RTR" : "PPR", "scscf", p->host));
    return json_pack("{s:s, s:o}", "name", name, "pushed", pushed);
}

void rest_done(struct rest_call *call, int64_t subscription)
{
    struct sql_rows *rows =
        sql_ask(call->store->sql, "SELECT name FROM subscription WHERE id = ?", "i", subscription);
    char name[CX_TEXT] = "";

    while (sql_next(rows))
        sql_text(rows, 0, name, sizeof name);
    call->reply = done_json(call, name);
}

int rest_set(struct rest_call *call)
{
    static const char *const charging[] = {"primary_ecf", "secondary_ecf", "primary_ccf",
                                           "secondary_ccf"};
    int64_t id = rest_subscription(call, call->param[0]);
    bool push = false;

    if (!id || rest_store_subscription(call, id, call->body) < 0)
        return -EINVAL;
    for (size_t i = 0; i < COUNT(charging); i++)
        push |= json_object_get(call->body, charging[i]) != NULL;
    if (push)
        rest_push_subscription(call, id);
    rest_done(call, id);
    return 0;
}

static int reason_of(const json_t *from)
{
    return rest_number_of(rest_reasons, rest_text(from, "reason", "permanent-termination"));
}

int rest_delete(struct rest_call *call)
{
    int64_t id = rest_subscription(call, call->param[0]);

    if (!id)
        return -EINVAL;
    rest_terminate(call, id, 0, reason_of(call->query), rest_text(call->query, "info", ""));
    rest_done(call, id);
    /* the identities first: they refer to the profiles, too */
    sql_run(call->store->sql,
            "DELETE FROM impu WHERE implicit_set IN (SELECT id FROM implicit_set WHERE "
            "subscription = ?)",
            "i", id);
    sql_run(call->store->sql, "DELETE FROM subscription WHERE id = ?", "i", id);
    return 0;
}

static int64_t set_of(struct rest_call *call, int64_t subscription, const char *impu)
{
    struct sql_rows *rows =
        sql_ask(call->store->sql,
                "SELECT s.id FROM impu JOIN implicit_set AS s ON s.id = impu.implicit_set WHERE "
                "impu.impu = ? AND s.subscription = ?",
                "ti", impu, subscription);
    int64_t set = 0;

    while (sql_next(rows))
        set = sql_int(rows, 0);
    return set;
}

int rest_deregister(struct rest_call *call)
{
    const char *impu = rest_text(call->body, "impu", NULL);
    int64_t id = rest_subscription(call, call->param[0]), set = 0;

    if (!id)
        return -EINVAL;
    if (impu && !(set = set_of(call, id, impu)))
        return rest_refuse(call, 404, "impu", "an identity of the subscriber");
    rest_terminate(call, id, set, reason_of(call->body), rest_text(call->body, "info", ""));
    rest_done(call, id);
    return 0;
}
