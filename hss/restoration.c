/* SPDX-License-Identifier: Apache-2.0 */
#include "restoration.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* ---- keeping ---- */

static const char *text(const char *maybe)
{
    return maybe ? maybe : "";
}

static void keep_watcher(struct store *store, int64_t impi, int64_t set, size_t position,
                         bool pcscf, const struct cx_subscription *w)
{
    sql_run(store->sql,
            "INSERT INTO restoration_watcher (impi, implicit_set, position, pcscf, call_id, "
            "from_header, to_header, record_route, contact) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "iiiittttt", impi, set, (int64_t)position, (int64_t)pcscf, text(w->call_id),
            text(w->from), text(w->to), text(w->record_route), text(w->contact));
}

static void keep_contact(struct store *store, int64_t impi, int64_t set, size_t position,
                         const struct cx_contact *c)
{
    sql_run(store->sql,
            "INSERT INTO restoration (impi, implicit_set, position, path, contact, cseq, call_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            "iiittit", impi, set, (int64_t)position, text(c->path), text(c->contact),
            (int64_t)c->cseq, text(c->call_id));
    if (c->has_subscription)
        keep_watcher(store, impi, set, position, false, &c->subscription);
    if (c->has_pcscf_subscription)
        keep_watcher(store, impi, set, position, true, &c->pcscf_subscription);
}

static void mark(struct store *store, int64_t impi, int64_t set, int64_t expires_at,
                 const char *scheme)
{
    sql_run(store->sql,
            "UPDATE registration SET expires_at = ?, scheme = ? "
            "WHERE impi = ? AND implicit_set = ?",
            "itii", expires_at, scheme, impi, set);
}

void restoration_keep(struct store *store, int64_t impi, int64_t set,
                      const struct cx_restoration *r)
{
    restoration_forget(store, set, impi);
    mark(store, impi, set, r->expires_at, r->scheme);
    for (size_t i = 0; i < r->contact_count; i++)
        keep_contact(store, impi, set, i, &r->contact[i]);
}

void restoration_forget(struct store *store, int64_t set, int64_t impi)
{
    if (impi) {
        sql_run(store->sql, "DELETE FROM restoration WHERE impi = ? AND implicit_set = ?", "ii",
                impi, set);
        mark(store, impi, set, 0, "");
        return;
    }
    sql_run(store->sql,
            "DELETE FROM restoration WHERE implicit_set = ?1 AND impi IN "
            "(SELECT impi FROM registration WHERE implicit_set = ?1)",
            "i", set);
    sql_run(store->sql,
            "UPDATE registration SET expires_at = 0, scheme = '' WHERE implicit_set = ?", "i", set);
}

/* ---- giving back ---- */

static void load_watchers(struct store *store, int64_t impi, int64_t set, struct cx_restoration *r)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT position, pcscf, call_id, from_header, to_header, record_route, contact "
                "FROM restoration_watcher WHERE impi = ? AND implicit_set = ?",
                "ii", impi, set);

    while (sql_next(rows)) {
        size_t position = sql_int(rows, 0);
        bool pcscf = sql_int(rows, 1);
        struct cx_contact *c = r->contact + position;
        struct cx_subscription *w = pcscf ? &c->pcscf_subscription : &c->subscription;

        *(pcscf ? &c->has_pcscf_subscription : &c->has_subscription) = true;
        w->call_id = sql_text_copy(rows, 2);
        w->from = sql_text_copy(rows, 3);
        w->to = sql_text_copy(rows, 4);
        w->record_route = sql_text_copy(rows, 5);
        w->contact = sql_text_copy(rows, 6);
    }
}

static void load_contacts(struct store *store, int64_t impi, int64_t set, struct cx_restoration *r)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT path, contact, cseq, call_id FROM restoration "
                                    "WHERE impi = ? AND implicit_set = ? ORDER BY position",
                                    "ii", impi, set);

    while (sql_next(rows)) {
        struct cx_contact c = {.path = sql_text_copy(rows, 0),
                               .contact = sql_text_copy(rows, 1),
                               .cseq = sql_int(rows, 2),
                               .call_id = sql_text_copy(rows, 3)};

        r->contact = xrealloc(r->contact, (r->contact_count + 1) * sizeof c);
        r->contact[r->contact_count++] = c;
    }
    load_watchers(store, impi, set, r);
}

bool restoration_exists(struct store *store, int64_t set, int64_t impi)
{
    struct sql_rows *rows = sql_ask(
        store->sql, "SELECT EXISTS (SELECT 1 FROM restoration WHERE impi = ? AND implicit_set = ?)",
        "ii", impi, set);
    bool exists = false;

    while (sql_next(rows))
        exists = sql_int(rows, 0);
    return exists;
}

size_t restoration_load(struct store *store, int64_t set, int64_t only,
                        struct cx_restoration **list)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT r.impi, impi.impi, r.expires_at, r.scheme FROM registration AS r "
                "JOIN impi ON impi.id = r.impi WHERE r.implicit_set = ? AND EXISTS "
                "(SELECT 1 FROM restoration AS c WHERE c.impi = r.impi AND c.implicit_set = "
                "r.implicit_set) ORDER BY r.impi LIMIT 16",
                "i", set);
    size_t n = 0;

    *list = NULL;
    while (sql_next(rows)) {
        struct cx_restoration r = {.expires_at = sql_int(rows, 2)};

        if (only && sql_int(rows, 0) != only)
            continue;
        sql_text(rows, 1, r.impi, sizeof r.impi);
        sql_text(rows, 3, r.scheme, sizeof r.scheme);
        load_contacts(store, sql_int(rows, 0), set, &r);
        *list = xrealloc(*list, (n + 1) * sizeof r);
        (*list)[n++] = r;
    }
    return n;
}
_Static_assert(CX_MAX_IDS == 16, "the LIMIT above");
