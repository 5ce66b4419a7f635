/* SPDX-License-Identifier: Apache-2.0 */
/* One private or public identity of a subscriber: added, changed, removed. */
#include <errno.h>
#include <string.h>

#include "rest.h"

/* ---- private ---- */

struct found {                             /* an identity's row and where it belongs; id 0: none */
    int64_t id, subscription, set, others; /* others: how many more there are of its kind */
};

static struct found find_private(struct rest_call *call)
{
    struct sql_rows *rows = sql_ask(call->store->sql,
                                    "SELECT id, subscription, (SELECT count(*) FROM impi AS o "
                                    "WHERE o.subscription = impi.subscription) - 1 FROM impi "
                                    "WHERE impi = ?",
                                    "t", call->param[0]);
    struct found f = {0};

    while (sql_next(rows))
        f = (struct found){
            .id = sql_int(rows, 0), .subscription = sql_int(rows, 1), .others = sql_int(rows, 2)};
    if (!f.id)
        rest_refuse(call, 404, "impi", "a private identity: '%s' is none", call->param[0]);
    snprintf(call->summary, sizeof call->summary, "%s", call->param[0]);
    return f;
}

int rest_set_private(struct rest_call *call)
{
    struct found f = find_private(call);

    if (!f.id)
        return -EINVAL;
    if (json_object_get(call->body, "impi"))
        return rest_refuse(call, 400, "impi", "stays as it is: add another one instead");
    if (rest_store_private(call, f.id, call->body, false) < 0)
        return -EINVAL;
    rest_done(call, f.subscription);
    return 0;
}

int rest_add_private(struct rest_call *call)
{
    int64_t subscription = rest_subscription(call, call->param[0]), id;
    const char *impi = rest_text(call->body, "impi", NULL);
    struct sql_rows *rows;

    if (!subscription)
        return -EINVAL;
    if (!impi)
        return rest_refuse(call, 400, "impi", "must be there: a private identity: name@domain");
    rows = sql_ask(call->store->sql, "SELECT 1 FROM impi WHERE impi = ?", "t", impi);
    while (sql_next(rows)) {
        sql_end(rows);
        return rest_refuse(call, 409, "impi", "a new one: '%s' is there already", impi);
    }
    sql_run(call->store->sql, "INSERT INTO impi (subscription, impi, auth) VALUES (?, ?, 'akav1')",
            "it", subscription, impi);
    id = sql_last_id(call->store->sql);
    sql_run(call->store->sql,
            "INSERT INTO registration (impi, implicit_set) SELECT ?, id FROM implicit_set WHERE "
            "subscription = ?",
            "ii", id, subscription);
    if (rest_store_private(call, id, call->body, true) < 0)
        return -EINVAL;
    rest_done(call, subscription);
    return 0;
}

/* Registered ones are de-registered first, by RTR. */
int rest_delete_private(struct rest_call *call)
{
    struct found f = find_private(call);

    if (!f.id)
        return -EINVAL;
    if (!f.others)
        return rest_refuse(call, 409, "impi", "not the last one: delete the subscriber");
    rest_terminate(call, f.subscription, 0, CX_REASON_PERMANENT_TERMINATION, "");
    sql_run(call->store->sql, "DELETE FROM impi WHERE id = ?", "i", f.id);
    rest_done(call, f.subscription);
    return 0;
}

/* ---- public ---- */

static struct found find_public(struct rest_call *call)
{
    struct sql_rows *rows = sql_ask(
        call->store->sql,
        "SELECT impu.id, s.subscription, s.id, (SELECT count(*) FROM impu AS o WHERE "
        "o.implicit_set = s.id) - 1 FROM impu JOIN implicit_set AS s ON s.id = impu.implicit_set "
        "WHERE impu.impu = ?",
        "t", call->param[0]);
    struct found f = {0};

    while (sql_next(rows))
        f = (struct found){sql_int(rows, 0), sql_int(rows, 1), sql_int(rows, 2), sql_int(rows, 3)};
    if (!f.id)
        rest_refuse(call, 404, "impu", "a public identity: '%s' is none", call->param[0]);
    snprintf(call->summary, sizeof call->summary, "%s", call->param[0]);
    return f;
}

/* The n-th profile or set of a subscription, from 0; 0: none. */
static int64_t nth(struct rest_call *call, int64_t subscription, int64_t n, bool set)
{
    struct sql_rows *rows;
    int64_t id = 0;

    if (set)
        rows = sql_ask(
            call->store->sql,
            "SELECT id FROM implicit_set WHERE subscription = ? ORDER BY id LIMIT 1 OFFSET ?", "ii",
            subscription, n);
    else
        rows = sql_ask(call->store->sql,
                       "SELECT id FROM profile WHERE subscription = ? ORDER BY position, id LIMIT "
                       "1 OFFSET ?",
                       "ii", subscription, n);
    while (sql_next(rows))
        id = sql_int(rows, 0);
    return id;
}

int64_t rest_nth_profile(struct rest_call *call, int64_t subscription, int64_t n)
{
    return nth(call, subscription, n, false);
}

int rest_set_public(struct rest_call *call)
{
    struct found f = find_public(call);
    const json_t *n = json_object_get(call->body, "profile");
    int64_t profile = 0;

    if (!f.id)
        return -EINVAL;
    if (n && !(profile = nth(call, f.subscription, json_integer_value(n), false)))
        return rest_refuse(call, 400, "profile", "one of the subscriber's profiles, from 0");
    if (profile)
        sql_run(call->store->sql, "UPDATE impu SET profile = ? WHERE id = ?", "ii", profile, f.id);
    rest_store_public(call, f.id, call->body);
    rest_push_profile(call, f.set);
    rest_done(call, f.subscription);
    return 0;
}

int rest_add_public(struct rest_call *call)
{
    int64_t subscription = rest_subscription(call, call->param[0]), set, profile;
    const char *impu = rest_text(call->body, "impu", "");
    struct sql_rows *rows;

    if (!subscription)
        return -EINVAL;
    set = nth(call, subscription, rest_number(call->body, "set", 0), true);
    profile = nth(call, subscription, rest_number(call->body, "profile", 0), false);
    if (!set)
        return rest_refuse(call, 400, "set", "one of the subscriber's implicit sets, from 0");
    if (!profile)
        return rest_refuse(call, 400, "profile", "one of the subscriber's profiles, from 0");
    rows = sql_ask(call->store->sql, "SELECT 1 FROM impu WHERE impu = ?", "t", impu);
    while (sql_next(rows)) {
        sql_end(rows);
        return rest_refuse(call, 409, "impu", "a new one: '%s' is there already", impu);
    }
    sql_run(call->store->sql,
            "INSERT INTO impu (impu, implicit_set, profile, position) VALUES (?, ?, ?, (SELECT "
            "ifnull(max(position), 0) + 1 FROM impu WHERE implicit_set = ?))",
            "tiii", impu, set, profile, set);
    rest_store_public(call, sql_last_id(call->store->sql), call->body);
    rest_push_profile(call, set);
    rest_done(call, subscription);
    return 0;
}

int rest_delete_public(struct rest_call *call)
{
    struct found f = find_public(call);

    if (!f.id)
        return -EINVAL;
    if (!f.others)
        return rest_refuse(call, 409, "impu", "not the last one of its set: delete the subscriber");
    sql_run(call->store->sql, "DELETE FROM impu WHERE id = ?", "i", f.id);
    /* another one is the default now */
    sql_run(call->store->sql,
            "UPDATE impu SET is_default = id IS (SELECT o.id FROM impu AS o WHERE o.implicit_set = "
            "impu.implicit_set AND NOT o.barred ORDER BY o.position LIMIT 1) WHERE implicit_set = "
            "?",
            "i", f.set);
    rest_push_profile(call, f.set);
    rest_done(call, f.subscription);
    return 0;
}
