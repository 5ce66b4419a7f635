/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a subscriber from their JSON into the database. What is absent stays, or has the
 * column's default in a new row. Single values are checked already (rest_field.c); here is what
 * only several of them together, or the database, can say. */
#include <errno.h>
#include <string.h>

#include "rest.h"
#include "rest_words.h"
#include "xalloc.h"

/* ---- columns that are a field as it is ---- */

struct column {
    const char *field;
    bool is_text; /* else yes or no */
    const char *update;
};

static void store_columns(struct rest_call *call, const struct column *columns, size_t count,
                          int64_t id, const json_t *fields)
{
    for (const struct column *c = columns; c < columns + count; c++) {
        if (!json_object_get(fields, c->field))
            continue;
        if (c->is_text)
            sql_run(call->store->sql, c->update, "ti", rest_text(fields, c->field, ""), id);
        else
            sql_run(call->store->sql, c->update, "ii", (int64_t)rest_yes(fields, c->field, false),
                    id);
    }
}

/* ---- public identities ---- */

int rest_store_public(struct rest_call *call, int64_t impu, const json_t *fields)
{
    static const struct column columns[] = {
        {"barred",       false, "UPDATE impu SET barred = ? WHERE id = ?"      },
        {"alias",        true,  "UPDATE impu SET alias_group = ? WHERE id = ?" },
        {"display_name", true,  "UPDATE impu SET display_name = ? WHERE id = ?"},
        {"server",       true,  "UPDATE impu SET as_name = ? WHERE id = ?"     },
        {"active",       false, "UPDATE impu SET active = ? WHERE id = ?"      },
    };
    struct sql *sql = call->store->sql;

    store_columns(call, columns, COUNT(columns), impu, fields);
    if (json_object_get(fields, "kind"))
        sql_run(sql, "UPDATE impu SET kind = ? WHERE id = ?", "ii",
                (int64_t)rest_number_of(rest_kinds, rest_text(fields, "kind", "user")), impu);
    /* the default one is the first that is not barred, else none */
    sql_run(sql,
            "UPDATE impu SET is_default = id IS (SELECT o.id FROM impu AS o WHERE o.implicit_set = "
            "impu.implicit_set AND NOT o.barred ORDER BY o.position LIMIT 1) WHERE implicit_set = "
            "(SELECT implicit_set FROM impu WHERE id = ?)",
            "i", impu);
    return 0;
}

/* ---- the subscription ---- */

static void store_list(struct rest_call *call, int64_t subscription, const json_t *list,
                       const char *drop, const char *add, const char *types)
{
    if (!list)
        return;
    sql_run(call->store->sql, drop, "i", subscription);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);

        if (types[1] == 't')
            sql_run(call->store->sql, add, types, subscription, json_string_value(value),
                    (int64_t)i);
        else
            sql_run(call->store->sql, add, types, subscription, (int64_t)json_integer_value(value),
                    (int64_t)i);
    }
}

int rest_store_subscription(struct rest_call *call, int64_t subscription, const json_t *fields)
{
    static const struct column columns[] = {
        {"registration_allowed", false,
         "UPDATE subscription SET registration_allowed = ? WHERE id = ?"                        },
        {"keep_scscf",           false, "UPDATE subscription SET keep_scscf = ? WHERE id = ?"   },
        {"primary_ecf",          true,  "UPDATE subscription SET primary_ecf = ? WHERE id = ?"  },
        {"secondary_ecf",        true,  "UPDATE subscription SET secondary_ecf = ? WHERE id = ?"},
        {"primary_ccf",          true,  "UPDATE subscription SET primary_ccf = ? WHERE id = ?"  },
        {"secondary_ccf",        true,  "UPDATE subscription SET secondary_ccf = ? WHERE id = ?"},
    };
    const char *msisdn = rest_text(fields, "msisdn", NULL);

    if (msisdn)
        sql_run(call->store->sql, "UPDATE subscription SET msisdn = ? WHERE id = ?", "ti",
                msisdn + (*msisdn == '+'), subscription);
    store_columns(call, columns, COUNT(columns), subscription, fields);
    store_list(call, subscription, json_object_get(fields, "visited_networks"),
               "DELETE FROM visited_network WHERE subscription = ?",
               "INSERT OR IGNORE INTO visited_network (subscription, network) VALUES (?, ?)", "it");
    store_list(call, subscription, json_object_get(fields, "servers"),
               "DELETE FROM capability_server WHERE subscription = ?",
               "INSERT INTO capability_server (subscription, server_name, position) VALUES (?, ?, "
               "?)",
               "iti");
    store_list(call, subscription, json_object_get(fields, "mandatory_capabilities"),
               "DELETE FROM capability WHERE subscription = ? AND mandatory = 1",
               "INSERT OR REPLACE INTO capability (subscription, capability, mandatory) VALUES (?, "
               "?, 1)",
               "ii");
    store_list(call, subscription, json_object_get(fields, "optional_capabilities"),
               "DELETE FROM capability WHERE subscription = ? AND mandatory = 0",
               "INSERT OR IGNORE INTO capability (subscription, capability, mandatory) VALUES (?, "
               "?, 0)",
               "ii");
    return 0;
}

/* ---- filter criteria ---- */

static void store_spt(struct rest_call *call, int64_t ifc, const json_t *spt)
{
    const json_t *kinds = json_object_get(spt, "registration");
    const char *content = rest_text(spt, "content", NULL);
    int64_t bits = 0, id;

    for (size_t i = 0; i < json_array_size(kinds); i++)
        bits |= rest_number_of(rest_registrations, json_string_value(json_array_get(kinds, i)));
    sql_run(call->store->sql,
            "INSERT INTO spt (ifc, grp, negated, kind, value, registration) VALUES (?, ?, ?, ?, ?, "
            "?)",
            "iiitti", ifc, rest_number(spt, "group", 0), (int64_t)rest_yes(spt, "negated", false),
            rest_text(spt, "kind", ""), rest_text(spt, "value", ""), bits);
    id = sql_last_id(call->store->sql);
    if (content)
        sql_run(call->store->sql, "UPDATE spt SET content = ? WHERE id = ?", "ti", content, id);
}

static int store_criterion(struct rest_call *call, int64_t profile, int64_t shared,
                           const json_t *ifc)
{
    const json_t *spt = json_object_get(ifc, "spt");
    const char *part = rest_text(ifc, "part", NULL);
    struct sql *sql = call->store->sql;
    int64_t id;

    sql_run(sql,
            "INSERT INTO ifc (profile, shared_ifc, priority, server, default_handling, "
            "service_info, include_request, include_response) VALUES (nullif(?, 0), nullif(?, 0), "
            "?, ?, ?, ?, ?, ?)",
            "iiititii", profile, shared, rest_number(ifc, "priority", 0),
            rest_text(ifc, "server", ""),
            (int64_t)(strcmp(rest_text(ifc, "default_handling", "continue"), "continue") != 0),
            rest_text(ifc, "service_info", ""), (int64_t)rest_yes(ifc, "include_request", false),
            (int64_t)rest_yes(ifc, "include_response", false));
    id = sql_last_id(sql);
    if (part)
        sql_run(sql, "UPDATE ifc SET part = ? WHERE id = ?", "ii",
                (int64_t)(strcmp(part, "unregistered") == 0), id);
    if (json_array_size(spt))
        sql_run(sql, "UPDATE ifc SET cnf = ? WHERE id = ?", "ii",
                (int64_t)rest_yes(ifc, "cnf", false), id);
    for (size_t i = 0; i < json_array_size(spt); i++)
        store_spt(call, id, json_array_get(spt, i));
    return 0;
}

int rest_store_ifc(struct rest_call *call, int64_t profile, int64_t shared, const json_t *list)
{
    if (!list)
        return 0;
    sql_run(call->store->sql,
            "DELETE FROM ifc WHERE profile = nullif(?, 0) OR shared_ifc = nullif(?, 0)", "ii",
            profile, shared);
    for (size_t i = 0; i < json_array_size(list); i++)
        store_criterion(call, profile, shared, json_array_get(list, i));
    return 0;
}

static bool is_shared(struct store *store, int64_t id)
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT count(*) FROM shared_ifc WHERE id = ?", "i", id);
    bool known = false;

    while (sql_next(rows))
        known = sql_int(rows, 0);
    return known;
}

int rest_store_profile(struct rest_call *call, int64_t profile, const json_t *fields)
{
    const json_t *shared = json_object_get(fields, "shared_ifc");
    const json_t *media = json_object_get(fields, "media_profile");
    struct sql *sql = call->store->sql;

    if (json_object_get(fields, "unregistered_services"))
        sql_run(sql, "UPDATE profile SET unregistered_services = ? WHERE id = ?", "ii",
                (int64_t)rest_yes(fields, "unregistered_services", false), profile);
    if (json_is_null(media))
        sql_run(sql, "UPDATE profile SET media_profile = NULL WHERE id = ?", "i", profile);
    else if (media)
        sql_run(sql, "UPDATE profile SET media_profile = ? WHERE id = ?", "ii",
                (int64_t)json_integer_value(media), profile);
    if (shared)
        sql_run(sql, "DELETE FROM profile_shared_ifc WHERE profile = ?", "i", profile);
    for (size_t i = 0; i < json_array_size(shared); i++) {
        int64_t id = json_integer_value(json_array_get(shared, i));

        if (!is_shared(call->store, id))
            return rest_refuse(call, 400, "shared_ifc",
                               "numbers of sets that exist: PUT /shared-ifc/%d makes one", (int)id);
        sql_run(sql, "INSERT OR IGNORE INTO profile_shared_ifc (profile, shared_ifc) VALUES (?, ?)",
                "ii", profile, id);
    }
    return rest_store_ifc(call, profile, 0, json_object_get(fields, "ifc"));
}
