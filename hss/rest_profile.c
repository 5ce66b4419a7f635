/* SPDX-License-Identifier: Apache-2.0 */
/* Service profiles and shared sets of filter criteria. A change is pushed to every S-CSCF that
 * serves somebody with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rest.h"

/* A number in the path: 0..999999999, or -1. */
static int64_t number_of(const char *text)
{
    size_t len = strspn(text, "0123456789");

    return len && len < 10 && !text[len] ? strtol(text, NULL, 10) : -1;
}

static int64_t find_profile(struct rest_call *call, int64_t *subscription)
{
    int64_t n = number_of(call->param[1]), profile = 0;

    *subscription = rest_subscription(call, call->param[0]);
    if (!*subscription)
        return 0;
    if (n >= 0)
        profile = rest_nth_profile(call, *subscription, n);
    if (!profile)
        rest_refuse(call, 404, "number", "one of the subscriber's profiles, from 0");
    return profile;
}

int rest_show_profile(struct rest_call *call)
{
    int64_t subscription, profile = find_profile(call, &subscription);

    if (!profile)
        return -EINVAL;
    call->reply = rest_profile_json(call->store, profile);
    return 0;
}

/* Each set with an identity that has the profile, once. */
static void push_users(struct rest_call *call, int64_t profile)
{
    struct sql_rows *rows = sql_ask(
        call->store->sql, "SELECT DISTINCT implicit_set FROM impu WHERE profile = ?", "i", profile);

    while (sql_next(rows))
        rest_push_profile(call, sql_int(rows, 0));
}

int rest_set_profile(struct rest_call *call)
{
    int64_t subscription, profile = find_profile(call, &subscription);

    if (!profile || rest_store_profile(call, profile, call->body) < 0)
        return -EINVAL;
    push_users(call, profile);
    rest_done(call, subscription);
    return 0;
}

/* ---- shared ---- */

static json_t *shared_json(struct store *store, int64_t id, json_t *name)
{
    return json_pack("{s:I, s:o, s:o}", "id", (json_int_t)id, "name", name, "ifc",
                     rest_ifc_json(store, 0, id));
}

int rest_list_shared(struct rest_call *call)
{
    struct sql_rows *rows =
        sql_ask(call->store->sql, "SELECT id, name FROM shared_ifc ORDER BY id", "");
    json_t *list = json_array();

    while (sql_next(rows))
        json_array_append_new(list,
                              shared_json(call->store, sql_int(rows, 0), rest_column(rows, 1)));
    call->reply = json_pack("{s:o}", "shared_ifc", list);
    return 0;
}

/* false: there is none, and *reply stays. */
static bool find_shared(struct rest_call *call, int64_t id, json_t **reply)
{
    struct sql_rows *rows =
        sql_ask(call->store->sql, "SELECT name FROM shared_ifc WHERE id = ?", "i", id);
    bool found = false;

    while (sql_next(rows)) {
        found = true;
        if (reply)
            *reply = shared_json(call->store, id, rest_column(rows, 0));
    }
    return found;
}

int rest_show_shared(struct rest_call *call)
{
    if (find_shared(call, number_of(call->param[0]), &call->reply))
        return 0;
    return rest_refuse(call, 404, "id", "the number of a shared set");
}

static bool name_is_taken(struct rest_call *call, int64_t id, const char *name)
{
    struct sql_rows *rows =
        sql_ask(call->store->sql, "SELECT count(*) FROM shared_ifc WHERE name = ? AND id <> ?",
                "ti", name, id);
    bool taken = false;

    while (sql_next(rows))
        taken = sql_int(rows, 0) > 0;
    return taken;
}

int rest_set_shared(struct rest_call *call)
{
    int64_t id = number_of(call->param[0]);
    const char *name = rest_text(call->body, "name", "");
    struct sql_rows *rows;

    if (id < 0)
        return rest_refuse(call, 400, "id", "a number from 0 to 999999999");
    if (name_is_taken(call, id, name))
        return rest_refuse(call, 409, "name", "a new one: '%s' is there already", name);
    sql_run(call->store->sql,
            "INSERT INTO shared_ifc (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = "
            "excluded.name",
            "it", id, name);
    if (json_object_get(call->body, "ifc"))
        rest_store_ifc(call, 0, id, json_object_get(call->body, "ifc"));
    rows = sql_ask(call->store->sql,
                   "SELECT DISTINCT impu.implicit_set FROM impu JOIN profile_shared_ifc AS p ON "
                   "p.profile = impu.profile WHERE p.shared_ifc = ?",
                   "i", id);
    while (sql_next(rows))
        rest_push_profile(call, sql_int(rows, 0));
    snprintf(call->summary, sizeof call->summary, "%s", name);
    rest_done(call, 0);
    return 0;
}

int rest_delete_shared(struct rest_call *call)
{
    int64_t id = number_of(call->param[0]), users = 0;
    struct sql_rows *rows;

    if (!find_shared(call, id, NULL))
        return rest_refuse(call, 404, "id", "the number of a shared set");
    rows = sql_ask(call->store->sql, "SELECT count(*) FROM profile_shared_ifc WHERE shared_ifc = ?",
                   "i", id);
    while (sql_next(rows))
        users = sql_int(rows, 0);
    if (users)
        return rest_refuse(call, 409, "id", "a set that no profile has: %d have this one",
                           (int)users);
    sql_run(call->store->sql, "DELETE FROM shared_ifc WHERE id = ?", "i", id);
    rest_done(call, 0);
    return 0;
}
