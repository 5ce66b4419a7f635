/* SPDX-License-Identifier: Apache-2.0 */
/* The database as JSON, in the shape that add and import take. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rest.h"
#include "rest_words.h"
#include "xalloc.h"

static void set_text(json_t *object, const char *name, struct sql_rows *rows, int column)
{
    json_object_set_new(object, name, rest_column(rows, column));
}

static void set_bool(json_t *object, const char *name, bool yes)
{
    json_object_set_new(object, name, json_boolean(yes));
}

static void set_hex(json_t *object, const char *name, struct sql_rows *rows, int column, size_t len)
{
    uint8_t octets[16];
    char text[33];

    if (!sql_blob(rows, column, octets, len))
        return;
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
    json_object_set_new(object, name, json_string(text));
    wipe(octets, sizeof octets);
    wipe(text, sizeof text);
}

/* One column of every row as a list. */
static json_t *texts(struct sql_rows *rows)
{
    json_t *list = json_array();

    while (sql_next(rows))
        json_array_append_new(list, rest_column(rows, 0));
    return list;
}

static json_t *numbers(struct sql_rows *rows)
{
    json_t *list = json_array();

    while (sql_next(rows))
        json_array_append_new(list, json_integer(sql_int(rows, 0)));
    return list;
}

/* ---- the parts ---- */

static json_t *privates(struct store *store, int64_t subscription, bool secrets)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT impi, imsi, auth, realm, sqn, k IS NOT NULL AND opc IS NOT NULL, "
                "ha1_md5 <> '' OR ha1_sha256 <> '', ha1_md5, ha1_sha256, k, op, opc, amf "
                "FROM impi WHERE subscription = ? ORDER BY id",
                "i", subscription);
    json_t *list = json_array();

    while (sql_next(rows)) {
        json_t *o = json_object();

        set_text(o, "impi", rows, 0);
        if (sql_int(rows, 1))
            set_text(o, "imsi", rows, 1);
        set_text(o, "auth", rows, 2);
        set_bool(o, "has_key", sql_int(rows, 5));
        set_bool(o, "has_password", sql_int(rows, 6));
        if (sql_int(rows, 6))
            set_text(o, "realm", rows, 3);
        if (sql_int(rows, 5)) {
            set_hex(o, "amf", rows, 12, 2);
            json_object_set_new(o, "sqn", json_integer(sql_int(rows, 4)));
        }
        if (secrets) {
            set_hex(o, "k", rows, 9, 16);
            set_hex(o, "op", rows, 10, 16);
            set_hex(o, "opc", rows, 11, 16);
            for (int c = 7; c < 9; c++) {
                json_t *ha1 = rest_column(rows, c);

                if (*json_string_value(ha1))
                    json_object_set(o, c == 7 ? "ha1_md5" : "ha1_sha256", ha1);
                json_decref(ha1);
            }
        }
        json_array_append_new(list, o);
    }
    return list;
}

/* Sets and profiles are numbered from 0 within their subscription, in the order of their rows. */
static json_t *publics(struct store *store, int64_t subscription)
{
    struct sql_rows *rows = sql_ask(
        store->sql,
        "SELECT impu.impu, "
        "(SELECT count(*) FROM implicit_set AS o WHERE o.subscription = s.subscription AND o.id < "
        "s.id), (SELECT count(*) FROM profile AS o WHERE o.subscription = p.subscription AND "
        "(o.position, o.id) < (p.position, p.id)), impu.barred, impu.is_default, impu.alias_group, "
        "impu.display_name, impu.kind, impu.as_name, impu.active FROM impu JOIN implicit_set AS s "
        "ON s.id = impu.implicit_set JOIN profile AS p ON p.id = impu.profile WHERE "
        "s.subscription = ? ORDER BY s.id, impu.position",
        "i", subscription);
    json_t *list = json_array();

    while (sql_next(rows)) {
        json_t *o = json_object();

        set_text(o, "impu", rows, 0);
        json_object_set_new(o, "set", json_integer(sql_int(rows, 1)));
        json_object_set_new(o, "profile", json_integer(sql_int(rows, 2)));
        set_bool(o, "barred", sql_int(rows, 3));
        set_bool(o, "default", sql_int(rows, 4));
        set_text(o, "alias", rows, 5);
        set_text(o, "display_name", rows, 6);
        json_object_set_new(o, "kind", json_string(rest_word(rest_kinds, sql_int(rows, 7))));
        if (sql_int(rows, 7)) {
            set_text(o, "server", rows, 8);
            set_bool(o, "active", sql_int(rows, 9));
        }
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *sets(struct store *store, int64_t subscription)
{
    struct sql_rows *rows = sql_ask(
        store->sql,
        "SELECT id, state, scscf_name, scscf_host FROM implicit_set WHERE subscription = ? ORDER "
        "BY id",
        "i", subscription);
    json_t *list = json_array();
    int64_t number = 0;

    while (sql_next(rows)) {
        json_t *o = json_object();

        json_object_set_new(o, "set", json_integer(number++));
        json_object_set_new(o, "state", json_string(rest_word(rest_states, sql_int(rows, 1))));
        set_text(o, "scscf", rows, 2);
        set_text(o, "scscf_host", rows, 3);
        json_object_set_new(
            o, "registered",
            texts(sql_ask(store->sql,
                          "SELECT impi.impi FROM registration AS r JOIN impi ON impi.id = r.impi "
                          "WHERE r.implicit_set = ? AND r.registered ORDER BY impi.id",
                          "i", sql_int(rows, 0))));
        json_array_append_new(list, o);
    }
    return list;
}

/* ---- profiles ---- */

static json_t *triggers(struct store *store, int64_t ifc)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT kind, value, content, content IS NOT NULL, negated, "
                                    "grp, registration FROM spt WHERE ifc = ? ORDER BY grp, id",
                                    "i", ifc);
    json_t *list = json_array();

    while (sql_next(rows)) {
        json_t *o = json_object(), *kinds = json_array();

        set_text(o, "kind", rows, 0);
        set_text(o, "value", rows, 1);
        if (sql_int(rows, 3))
            set_text(o, "content", rows, 2);
        set_bool(o, "negated", sql_int(rows, 4));
        json_object_set_new(o, "group", json_integer(sql_int(rows, 5)));
        for (int bit = 0; bit < 3; bit++) {
            if (sql_int(rows, 6) & 1 << bit)
                json_array_append_new(kinds, json_string(rest_word(rest_registrations, 1 << bit)));
        }
        if (json_array_size(kinds))
            json_object_set(o, "registration", kinds);
        json_decref(kinds);
        json_array_append_new(list, o);
    }
    return list;
}

json_t *rest_ifc_json(struct store *store, int64_t profile, int64_t shared)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT id, priority, server, default_handling, part, part IS NOT NULL, cnf, cnf "
                "IS NOT NULL, service_info, include_request, include_response FROM ifc WHERE "
                "profile = nullif(?, 0) OR shared_ifc = nullif(?, 0) ORDER BY priority, id",
                "ii", profile, shared);
    json_t *list = json_array();

    while (sql_next(rows)) {
        json_t *o = json_object();

        json_object_set_new(o, "priority", json_integer(sql_int(rows, 1)));
        set_text(o, "server", rows, 2);
        json_object_set_new(o, "default_handling",
                            json_string(sql_int(rows, 3) ? "terminate" : "continue"));
        if (sql_int(rows, 5))
            json_object_set_new(o, "part",
                                json_string(sql_int(rows, 4) ? "unregistered" : "registered"));
        if (sql_int(rows, 7))
            set_bool(o, "cnf", sql_int(rows, 6));
        set_text(o, "service_info", rows, 8);
        set_bool(o, "include_request", sql_int(rows, 9));
        set_bool(o, "include_response", sql_int(rows, 10));
        json_object_set_new(o, "spt", triggers(store, sql_int(rows, 0)));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *rest_profile_json(struct store *store, int64_t profile)
{
    json_t *o = json_object();
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT unregistered_services, media_profile, media_profile IS "
                                    "NOT NULL FROM profile WHERE id = ?",
                                    "i", profile);

    while (sql_next(rows)) {
        set_bool(o, "unregistered_services", sql_int(rows, 0));
        if (sql_int(rows, 2))
            json_object_set_new(o, "media_profile", json_integer(sql_int(rows, 1)));
    }
    json_object_set_new(o, "ifc", rest_ifc_json(store, profile, 0));
    json_object_set_new(
        o, "shared_ifc",
        numbers(sql_ask(
            store->sql,
            "SELECT shared_ifc FROM profile_shared_ifc WHERE profile = ? ORDER BY shared_ifc", "i",
            profile)));
    return o;
}

static json_t *profiles(struct store *store, int64_t subscription)
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT id FROM profile WHERE subscription = ? ORDER BY position, id",
                "i", subscription);
    json_t *list = json_array();

    while (sql_next(rows))
        json_array_append_new(list, rest_profile_json(store, sql_int(rows, 0)));
    return list;
}

/* ---- the whole ---- */

static json_t *subscription_json(struct store *store, int64_t subscription)
{
    static const char *const uris[] = {"primary_ecf", "secondary_ecf", "primary_ccf",
                                       "secondary_ccf"};
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT name, msisdn, registration_allowed, keep_scscf, primary_ecf, "
                "secondary_ecf, primary_ccf, secondary_ccf FROM subscription WHERE id = ?",
                "i", subscription);
    json_t *o = json_object();

    while (sql_next(rows)) {
        set_text(o, "name", rows, 0);
        set_text(o, "msisdn", rows, 1);
        set_bool(o, "registration_allowed", sql_int(rows, 2));
        set_bool(o, "keep_scscf", sql_int(rows, 3));
        for (size_t i = 0; i < COUNT(uris); i++)
            set_text(o, uris[i], rows, 4 + i);
    }
    return o;
}

json_t *rest_subscriber_json(struct store *store, int64_t subscription, bool secrets)
{
    json_t *o = subscription_json(store, subscription);

    json_object_set_new(
        o, "visited_networks",
        texts(sql_ask(store->sql, "SELECT network FROM visited_network WHERE subscription = ?", "i",
                      subscription)));
    for (int mandatory = 0; mandatory < 2; mandatory++)
        json_object_set_new(o, mandatory ? "mandatory_capabilities" : "optional_capabilities",
                            numbers(sql_ask(store->sql,
                                            "SELECT capability FROM capability WHERE subscription "
                                            "= ? AND mandatory = ? ORDER BY capability",
                                            "ii", subscription, (int64_t)mandatory)));
    json_object_set_new(o, "servers",
                        texts(sql_ask(store->sql,
                                      "SELECT server_name FROM capability_server WHERE "
                                      "subscription = ? ORDER BY position",
                                      "i", subscription)));
    json_object_set_new(o, "private", privates(store, subscription, secrets));
    json_object_set_new(o, "public", publics(store, subscription));
    json_object_set_new(o, "profiles", profiles(store, subscription));
    json_object_set_new(o, "sets", sets(store, subscription));
    return o;
}
