/* SPDX-License-Identifier: Apache-2.0 */
/* Looking users up and changing who serves them. */
#include "subscriber.h"

#include <stdio.h>
#include <string.h>

#include "wildcard.h"

static void load_impi(struct store *store, const char *impi, struct subscriber *s)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT impi.id, subscription.id, auth, registration_allowed FROM impi "
                "JOIN subscription ON subscription.id = impi.subscription WHERE impi = ?",
                "t", impi);

    while (sql_next(rows)) {
        s->impi = sql_int(rows, 0);
        s->subscription = sql_int(rows, 1);
        sql_text(rows, 2, s->auth, sizeof s->auth);
        s->registration_allowed = sql_int(rows, 3);
    }
}

static void load_impu(struct store *store, const char *impu, struct subscriber *s)
{
    struct sql_rows *rows = sql_ask(
        store->sql,
        "SELECT s.id, s.subscription, s.state, s.scscf_name, s.scscf_host, impu.barred, "
        "profile.unregistered_services, "
        "NOT EXISTS (SELECT 1 FROM impu AS other WHERE other.implicit_set = s.id AND NOT "
        "other.barred), "
        "(SELECT count(*) FROM registration AS r WHERE r.implicit_set = s.id), "
        "(SELECT count(*) FROM registration AS r WHERE r.implicit_set = s.id AND r.registered), "
        "impu.kind, impu.active, impu.as_name, s.reassignment_pending, s.loose_route, "
        "subscription.keep_scscf "
        "FROM impu JOIN implicit_set AS s ON s.id = impu.implicit_set "
        "JOIN profile ON profile.id = impu.profile "
        "JOIN subscription ON subscription.id = s.subscription WHERE impu = ?",
        "t", impu);

    while (sql_next(rows)) {
        s->set = sql_int(rows, 0);
        if (!s->subscription)
            s->subscription = sql_int(rows, 1);
        s->state = sql_int(rows, 2);
        sql_text(rows, 3, s->scscf_name, sizeof s->scscf_name);
        sql_text(rows, 4, s->scscf_host, sizeof s->scscf_host);
        s->barred = sql_int(rows, 5);
        s->unregistered_services = sql_int(rows, 6);
        s->all_barred = sql_int(rows, 7);
        s->impis = sql_int(rows, 8);
        s->registered_impis = sql_int(rows, 9);
        s->kind = sql_int(rows, 10);
        s->active = sql_int(rows, 11);
        sql_text(rows, 12, s->as_name, sizeof s->as_name);
        s->reassigning = sql_int(rows, 13);
        s->loose_route = sql_int(rows, 14);
        s->keep_scscf = sql_int(rows, 15);
    }
}

static void load_registration(struct store *store, struct subscriber *s)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT registered, auth_pending FROM registration "
                                    "WHERE impi = ? AND implicit_set = ?",
                                    "ii", s->impi, s->set);

    while (sql_next(rows)) {
        s->associated = true;
        s->registered = sql_int(rows, 0);
        s->auth_pending = sql_int(rows, 1);
    }
}

void subscriber_load(struct store *store, const char *impi, const char *impu, struct subscriber *s)
{
    memset(s, 0, sizeof *s);
    load_impi(store, impi, s);
    load_impu(store, impu, s);
    if (s->impi && s->set)
        load_registration(store, s);
}

/* Of two wildcards that fit, the longer one is the more exact. */
static bool find_wildcard(struct store *store, const char *impu, char wildcard[CX_TEXT])
{
    struct sql_rows *rows = sql_ask(
        store->sql, "SELECT impu FROM impu WHERE kind IN (2, 4) ORDER BY length(impu) DESC", "");
    bool found = false;

    while (!found && sql_next(rows)) {
        sql_text(rows, 0, wildcard, CX_TEXT);
        found = wildcard_matches(wildcard, impu);
    }
    sql_end(rows);
    return found;
}

void subscriber_load_any(struct store *store, const char *impi, const char *impu,
                         struct subscriber *s)
{
    char wildcard[CX_TEXT];

    subscriber_load(store, impi, impu, s);
    if (s->set || !find_wildcard(store, impu, wildcard))
        return;
    subscriber_load(store, impi, wildcard, s);
    memcpy(s->wildcard, wildcard, sizeof s->wildcard);
}

static size_t take_names(struct sql_rows *rows, char name[][CX_TEXT])
{
    size_t n = 0;

    while (sql_next(rows))
        sql_text(rows, 0, name[n++], CX_TEXT);
    return n;
}
_Static_assert(CX_MAX_IDS == 16, "the LIMITs below");

size_t subscriber_impis(struct store *store, int64_t set, char impi[][CX_TEXT])
{
    return take_names(sql_ask(store->sql,
                              "SELECT impi.impi FROM registration AS r JOIN impi ON impi.id = "
                              "r.impi WHERE r.implicit_set = ? ORDER BY impi.id LIMIT 16",
                              "i", set),
                      impi);
}

size_t subscriber_registered_impis(struct store *store, int64_t set, char impi[][CX_TEXT])
{
    return take_names(sql_ask(store->sql,
                              "SELECT impi.impi FROM registration AS r JOIN impi ON impi.id = "
                              "r.impi WHERE r.implicit_set = ? AND r.registered "
                              "ORDER BY impi.id LIMIT 16",
                              "i", set),
                      impi);
}

size_t subscriber_all_impis(struct store *store, int64_t subscription, char impi[][CX_TEXT])
{
    return take_names(sql_ask(store->sql,
                              "SELECT impi FROM impi WHERE subscription = ? ORDER BY id LIMIT 16",
                              "i", subscription),
                      impi);
}

size_t subscriber_impus(struct store *store, int64_t set, char impu[][CX_TEXT])
{
    return take_names(sql_ask(store->sql,
                              "SELECT impu FROM impu WHERE implicit_set = ? AND kind < 2 "
                              "ORDER BY is_default DESC, position LIMIT 16",
                              "i", set),
                      impu);
}

size_t subscriber_first_impus(struct store *store, int64_t impi, char impu[][CX_TEXT])
{
    return take_names(sql_ask(store->sql,
                              "SELECT impu, min(position) FROM registration AS r "
                              "JOIN impu ON impu.implicit_set = r.implicit_set "
                              "WHERE r.impi = ? GROUP BY impu.implicit_set LIMIT 16",
                              "i", impi),
                      impu);
}

/* P-Visited-Network-ID may be a quoted string (RFC 7315 4.3), and Kamailio's I-CSCF passes it on
 * with its quotes. */
static void unquote(const char *from, char to[CX_TEXT])
{
    size_t len = strlen(from);
    bool quoted = len >= 2 && from[0] == '"' && from[len - 1] == '"';

    snprintf(to, CX_TEXT, "%.*s", (int)(quoted ? len - 2 : len), from + quoted);
}

bool subscriber_may_roam(struct store *store, const struct subscriber *s, const char *given)
{
    char visited[CX_TEXT];
    struct sql_rows *rows;
    bool allowed = false;

    unquote(given, visited);
    rows = sql_ask(store->sql,
                   "SELECT count(*), coalesce(sum(network = ?), 0) "
                   "FROM visited_network WHERE subscription = ?",
                   "ti", visited, s->subscription);
    while (sql_next(rows))
        allowed = sql_int(rows, 0) == 0 || sql_int(rows, 1) > 0;
    return allowed;
}

bool subscriber_capabilities(struct store *store, const struct subscriber *s,
                             struct cx_capabilities *c)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT capability, mandatory FROM capability "
                                    "WHERE subscription = ? ORDER BY capability LIMIT 32",
                                    "i", s->subscription);

    memset(c, 0, sizeof *c);
    while (sql_next(rows)) {
        if (sql_int(rows, 1))
            c->mandatory[c->mandatory_count++] = sql_int(rows, 0);
        else
            c->optional[c->optional_count++] = sql_int(rows, 0);
    }
    c->server_count =
        take_names(sql_ask(store->sql,
                           "SELECT server_name FROM capability_server WHERE subscription = ? "
                           "ORDER BY position LIMIT 8",
                           "i", s->subscription),
                   c->server);
    return c->mandatory_count || c->optional_count || c->server_count;
}
_Static_assert(CX_MAX_CAPS == 32, "the LIMIT above");

void subscriber_scscf(struct store *store, const struct subscriber *s, char name[CX_TEXT])
{
    struct sql_rows *rows;

    memcpy(name, s->scscf_name, CX_TEXT);
    if (name[0])
        return;
    rows =
        sql_ask(store->sql,
                "SELECT scscf_name FROM implicit_set WHERE subscription = ? AND scscf_name <> '' "
                "ORDER BY id LIMIT 1",
                "i", s->subscription);
    while (sql_next(rows))
        sql_text(rows, 0, name, CX_TEXT);
}

void subscriber_serve(struct store *store, struct subscriber *s, enum state state,
                      const char *scscf_name, const char *scscf_host)
{
    sql_run(store->sql,
            "UPDATE implicit_set SET state = ?, scscf_name = ?, scscf_host = ? WHERE id = ?",
            "itti", (int64_t)state, scscf_name, scscf_host, s->set);
    s->state = state;
    if (scscf_name != s->scscf_name)
        snprintf(s->scscf_name, sizeof s->scscf_name, "%s", scscf_name);
    if (scscf_host != s->scscf_host)
        snprintf(s->scscf_host, sizeof s->scscf_host, "%s", scscf_host);
}

void subscriber_mark(struct store *store, struct subscriber *s, bool registered, bool pending)
{
    sql_run(store->sql,
            "UPDATE registration SET registered = ?, auth_pending = ? "
            "WHERE impi = ? AND implicit_set = ?",
            "iiii", (int64_t)registered, (int64_t)pending, s->impi, s->set);
    s->registered_impis += registered - s->registered;
    s->registered = registered;
    s->auth_pending = pending;
}

void subscriber_forget(struct store *store, struct subscriber *s)
{
    sql_run(store->sql,
            "UPDATE registration SET registered = 0, auth_pending = 0 WHERE implicit_set = ?", "i",
            s->set);
    s->registered = s->auth_pending = false;
    s->registered_impis = 0;
}

void subscriber_reassign(struct store *store, struct subscriber *s, bool reassigning)
{
    if (s->reassigning == reassigning)
        return;
    sql_run(store->sql, "UPDATE implicit_set SET reassignment_pending = ? WHERE id = ?", "ii",
            (int64_t)reassigning, s->set);
    s->reassigning = reassigning;
}

void subscriber_charging(struct store *store, int64_t subscription, struct cx_charging *charging)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT primary_ecf, secondary_ecf, primary_ccf, secondary_ccf "
                                    "FROM subscription WHERE id = ?",
                                    "i", subscription);

    while (sql_next(rows)) {
        sql_text(rows, 0, charging->primary_ecf, CX_TEXT);
        sql_text(rows, 1, charging->secondary_ecf, CX_TEXT);
        sql_text(rows, 2, charging->primary_ccf, CX_TEXT);
        sql_text(rows, 3, charging->secondary_ccf, CX_TEXT);
    }
    if (!charging->primary_ecf[0] && !charging->primary_ccf[0])
        memcpy(charging->primary_ccf, store->ccf, sizeof store->ccf);
}
