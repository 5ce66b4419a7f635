/* SPDX-License-Identifier: Apache-2.0 */
/* Adding subscribers: one (IMSI, MSISDN, K and OPc are enough), or many, all or none.
 *
 * What is not given is made from what is (TS 23.003): 13.3 the IMPI from the IMSI, 13.4B the SIP
 * URI from the IMSI, barred, good for the first registration only; of the MSISDN a SIP and a tel
 * URI, which are aliases of each other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "rest.h"
#include "xalloc.h"

enum { MOST_SETS = 32 };

/* ---- what is not given ---- */

/* The fields of the one private identity stand in the subscriber itself, or in `private`. */
static int gather_private(struct rest_call *call, json_t *s, json_t **list)
{
    const struct rest_field *fields = rest_fields_of("Private");
    json_t *given = json_object_get(s, "private"), *one = json_object();

    for (const struct rest_field *f = fields; f->kind != REST_END; f++) {
        json_t *value = json_object_get(s, f->name);

        if (value && given) {
            json_decref(one);
            return rest_refuse(call, 400, f->name, "not beside private: put it into that list");
        }
        if (value)
            json_object_set(one, f->name, value);
    }
    *list = given ? json_incref(given) : json_pack("[O]", one);
    json_decref(one);
    if (json_array_size(*list))
        return 0;
    json_decref(*list);
    return rest_refuse(call, 400, "private", "at least one private identity");
}

/* 13.2, 13.3; the domain of whoever asks goes before. */
static int derive_impi(struct rest_call *call, const json_t *s, json_t *private)
{
    const char *imsi = rest_text(private, "imsi", NULL);
    struct identity id;

    if (json_object_get(private, "impi"))
        return 0;
    if (!imsi)
        return rest_refuse(call, 400, "impi", "must be there, or imsi");
    identity_from_imsi(imsi, rest_number(private, "mnc_digits", 2), &id);
    json_object_set_new(private, "impi",
                        json_sprintf("%s@%s", imsi, rest_text(s, "domain", id.domain)));
    json_object_set_new(private, "derived", json_true());
    return 0;
}

static void add_derived(json_t *list, json_t *impu, bool barred, const char *alias)
{
    json_array_append_new(
        list, json_pack("{s:o, s:b, s:s}", "impu", impu, "barred", barred, "alias", alias));
}

static json_t *derive_public(const json_t *s, const json_t *private)
{
    const char *impi = rest_text(private, "impi", ""), *at = strchr(impi, '@');
    const char *imsi = rest_text(private, "imsi", NULL), *msisdn = rest_text(s, "msisdn", "");
    const char *domain = rest_text(s, "domain", at ? at + 1 : impi);
    bool derived = json_object_get(private, "derived");
    json_t *list = json_array();

    msisdn += *msisdn == '+';
    if (derived && imsi)
        add_derived(list, json_sprintf("sip:%s@%s", imsi, domain), true, "");
    else
        add_derived(list, json_sprintf("sip:%.*s@%s", at ? (int)(at - impi) : 0, impi, domain),
                    false, "");
    if (*msisdn) {
        add_derived(list, json_sprintf("sip:+%s@%s", msisdn, domain), false, "msisdn");
        add_derived(list, json_sprintf("tel:+%s", msisdn), false, "msisdn");
    }
    return list;
}

static void derive_name(const json_t *s, const json_t *private, char name[65])
{
    const char *impi = rest_text(private, "impi", "");
    const char *text = rest_text(s, "name", rest_text(private, "imsi", NULL));

    if (text)
        snprintf(name, 65, "%s", text);
    else
        snprintf(name, 65, "%.*s", (int)(strcspn(impi, "@") < 64 ? strcspn(impi, "@") : 64), impi);
}

/* ---- what somebody else has ---- */

static bool is_taken(struct sql_rows *rows)
{
    bool taken = false;

    while (sql_next(rows))
        taken = true;
    return taken;
}

static int check_free(struct rest_call *call, const char *name, const json_t *privates,
                      const json_t *publics)
{
    struct sql *sql = call->store->sql;

    if (is_taken(sql_ask(sql, "SELECT 1 FROM subscription WHERE name = ?", "t", name)))
        return rest_refuse(call, 409, "name", "a new one: '%s' is there already", name);
    for (size_t i = 0; i < json_array_size(privates); i++) {
        const char *impi = rest_text(json_array_get(privates, i), "impi", "");

        if (is_taken(sql_ask(sql, "SELECT 1 FROM impi WHERE impi = ?", "t", impi)))
            return rest_refuse(call, 409, "impi", "a new one: '%s' is there already", impi);
    }
    for (size_t i = 0; i < json_array_size(publics); i++) {
        const char *impu = rest_text(json_array_get(publics, i), "impu", "");

        if (is_taken(sql_ask(sql, "SELECT 1 FROM impu WHERE impu = ?", "t", impu)))
            return rest_refuse(call, 409, "impu", "a new one: '%s' is there already", impu);
    }
    return 0;
}

/* ---- the rows ---- */

static int insert_privates(struct rest_call *call, int64_t subscription, const json_t *list)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        const char *impi = rest_text(o, "impi", "");

        if (is_taken(sql_ask(call->store->sql, "SELECT 1 FROM impi WHERE impi = ?", "t", impi)))
            return rest_refuse(call, 409, "impi", "twice '%s'", impi);
        sql_run(call->store->sql,
                "INSERT INTO impi (subscription, impi, auth) VALUES (?, ?, 'akav1')", "it",
                subscription, impi);
        rc = rest_store_private(call, sql_last_id(call->store->sql), o, true);
    }
    return rc;
}

static int insert_profiles(struct rest_call *call, int64_t subscription, const json_t *list,
                           int64_t id[MOST_SETS], size_t *count)
{
    int rc = 0;

    *count = json_array_size(list) ? json_array_size(list) : 1;
    if (*count > MOST_SETS)
        return rest_refuse(call, 400, "profiles", "at most %d", MOST_SETS);
    for (size_t i = 0; rc == 0 && i < *count; i++) {
        sql_run(call->store->sql, "INSERT INTO profile (subscription, position) VALUES (?, ?)",
                "ii", subscription, (int64_t)i);
        id[i] = sql_last_id(call->store->sql);
        if (json_array_size(list))
            rc = rest_store_profile(call, id[i], json_array_get(list, i));
    }
    return rc;
}

/* Every private identity of the subscription may use every set of it. */
static int64_t insert_set(struct rest_call *call, int64_t subscription)
{
    int64_t set;

    sql_run(call->store->sql, "INSERT INTO implicit_set (subscription) VALUES (?)", "i",
            subscription);
    set = sql_last_id(call->store->sql);
    sql_run(call->store->sql,
            "INSERT INTO registration (impi, implicit_set) SELECT id, ? FROM impi WHERE "
            "subscription = ?",
            "ii", set, subscription);
    return set;
}

static int insert_publics(struct rest_call *call, int64_t subscription, const json_t *list,
                          const int64_t *profile, size_t profiles)
{
    int64_t set[MOST_SETS] = {0}, most = 0;
    int rc = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t n = rest_number(json_array_get(list, i), "set", 0);

        most = n > most ? n : most;
    }
    for (int64_t n = 0; n <= most; n++)
        set[n] = insert_set(call, subscription);
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        size_t which = rest_number(o, "profile", 0);
        const char *impu = rest_text(o, "impu", "");

        if (which >= profiles)
            return rest_refuse(call, 400, "public.profile", "one of the %zu profiles, from 0",
                               profiles);
        if (is_taken(sql_ask(call->store->sql, "SELECT 1 FROM impu WHERE impu = ?", "t", impu)))
            return rest_refuse(call, 409, "impu", "twice '%s'", impu);
        sql_run(call->store->sql,
                "INSERT INTO impu (impu, implicit_set, profile, position) VALUES (?, ?, ?, ?)",
                "tiii", impu, set[rest_number(o, "set", 0)], profile[which], (int64_t)i);
        rc = rest_store_public(call, sql_last_id(call->store->sql), o);
    }
    return rc;
}

static int insert_all(struct rest_call *call, const json_t *s, const char *name,
                      const json_t *privates, const json_t *publics, int64_t *subscription)
{
    int64_t profile[MOST_SETS];
    size_t profiles;
    int rc = check_free(call, name, privates, publics);

    if (rc < 0)
        return rc;
    sql_run(call->store->sql, "INSERT INTO subscription (name) VALUES (?)", "t", name);
    *subscription = sql_last_id(call->store->sql);
    rc = rest_store_subscription(call, *subscription, s);
    if (rc == 0)
        rc = insert_privates(call, *subscription, privates);
    if (rc == 0)
        rc = insert_profiles(call, *subscription, json_object_get(s, "profiles"), profile,
                             &profiles);
    if (rc == 0)
        rc = insert_publics(call, *subscription, publics, profile, profiles);
    return rc;
}

int rest_add_one(struct rest_call *call, json_t *s, int64_t *subscription)
{
    json_t *privates = NULL, *publics = json_object_get(s, "public"), *list;
    char name[65];
    int rc = gather_private(call, s, &privates);

    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < json_array_size(privates); i++)
        rc = derive_impi(call, s, json_array_get(privates, i));
    if (rc == 0 && publics && !json_array_size(publics))
        rc = rest_refuse(call, 400, "public", "at least one, or leave it out");
    if (rc == 0) {
        list = publics ? json_incref(publics) : derive_public(s, json_array_get(privates, 0));
        derive_name(s, json_array_get(privates, 0), name);
        rc = insert_all(call, s, name, privates, list, subscription);
        snprintf(call->summary, sizeof call->summary, "%s", name);
        json_decref(list);
    }
    json_decref(privates);
    return rc;
}

/* ---- the operations ---- */

int rest_add(struct rest_call *call)
{
    int64_t subscription;

    if (rest_add_one(call, call->body, &subscription) < 0)
        return -EINVAL;
    call->reply = rest_subscriber_json(call->store, subscription, false);
    return 0;
}

/* A line's fault names the line. */
static int fault_of_line(struct rest_call *call, size_t line)
{
    char field[sizeof call->fault.field];

    memcpy(field, call->fault.field, sizeof field);
    snprintf(call->fault.field, sizeof call->fault.field, "line %zu%s%.90s", line,
             field[0] ? ": " : "", field);
    if (!call->status)
        call->status = 400;
    return -EINVAL;
}

static int import_line(struct rest_call *call, const char *line, size_t len)
{
    json_error_t error;
    json_t *s = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    int64_t subscription;
    int rc;

    if (!s)
        return rest_refuse(call, 400, "", "JSON: column %d: %s", error.column, error.text);
    rc = rest_check(rest_fields_of("Subscriber"), s, &call->fault);
    if (rc == 0)
        rc = rest_add_one(call, s, &subscription);
    json_decref(s);
    return rc;
}

int rest_import(struct rest_call *call)
{
    const char *at = call->raw, *end = at + call->raw_len;
    size_t line = 0, count = 0;

    while (at < end) {
        const char *newline = memchr(at, '\n', end - at);
        size_t len = (newline ? newline : end) - at;

        line++;
        if (len > strspn(at, " \t\r")) {
            if (import_line(call, at, len) < 0)
                return fault_of_line(call, line);
            count++;
        }
        at += len + 1;
    }
    snprintf(call->summary, sizeof call->summary, "%zu subscribers", count);
    call->reply = json_pack("{s:I}", "count", (json_int_t)count);
    return 0;
}
