/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows SQLite. */
#include "store_sql.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xalloc.h"

enum { BUSY_MS = 2000 };

struct sql_rows { /* a prepared statement, kept for the next time */
    struct sql_rows *next;
    struct sql *sql;
    const char *text;
    sqlite3_stmt *stmt;
    bool running;
};

struct sql {
    sqlite3 *db;
    struct sql_rows *kept;
    bool failed;
    struct why why; /* the first failure of this transaction */
};

static void fail(struct sql *sql, const char *doing)
{
    if (!sql->failed)
        why_set(&sql->why, EIO, "database: %s: %s", doing, sqlite3_errmsg(sql->db));
    sql->failed = true;
}

/* Nobody but the owner may read the keys; SQLite gives its other files the same mode. A symbolic
 * link is refused: it would have us make and open a file of somebody's choice. */
static int make_private(const char *path, struct why *why)
{
    int fd;

    if (strcmp(path, ":memory:") == 0)
        return 0;
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fchmod(fd, 0600) < 0) {
        int err = errno;

        if (fd >= 0)
            close(fd);
        return why_set(why, err, "cannot open database '%s': %s", path, why_not(err));
    }
    close(fd);
    return 0;
}

struct sql *sql_open(const char *path, struct why *why)
{
    struct sql *sql;

    if (make_private(path, why) < 0)
        return NULL;
    sql = xzalloc(sizeof *sql);
    if (sqlite3_open_v2(path, &sql->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK)
        fail(sql, "open");
    sqlite3_busy_timeout(sql->db, BUSY_MS);
    /* synchronous NORMAL: what was committed survives a crash of the process; after a power failure
       the last commits may be missing, and a card then resynchronises its SQN (TS 33.102 6.3.5) */
    sql_script(sql, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                    "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; "
                    /* a big import leaves no big log behind; 16 MB of pages are kept in memory */
                    "PRAGMA journal_size_limit = 8388608; PRAGMA cache_size = -16384;");
    if (sql->failed) {
        *why = sql->why;
        sql_close(sql);
        return NULL;
    }
    return sql;
}

void sql_close(struct sql *sql)
{
    struct sql_rows *rows;

    while ((rows = sql->kept)) {
        sql->kept = rows->next;
        sqlite3_finalize(rows->stmt);
        free(rows);
    }
    sqlite3_close(sql->db);
    free(sql);
}

/* ---- statements ---- */

static struct sql_rows *find_statement(struct sql *sql, const char *text)
{
    struct sql_rows *rows = sql->kept;

    while (rows && rows->text != text)
        rows = rows->next;
    if (!rows) {
        rows = xzalloc(sizeof *rows);
        rows->sql = sql;
        rows->text = text;
        rows->next = sql->kept;
        sql->kept = rows;
    }
    if (!rows->stmt && sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &rows->stmt,
                                          NULL) != SQLITE_OK)
        fail(sql, text);
    return rows;
}

static void bind(struct sql_rows *rows, const char *types, va_list ap)
{
    for (int i = 1; *types; types++, i++) {
        const void *data;

        switch (*types) {
        case 't':
            sqlite3_bind_text(rows->stmt, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
            break;
        case 'i': sqlite3_bind_int64(rows->stmt, i, va_arg(ap, int64_t)); break;
        case 'b':
            data = va_arg(ap, const void *);
            sqlite3_bind_blob(rows->stmt, i, data, va_arg(ap, size_t), SQLITE_STATIC);
            break;
        default: assert(!"a type of sql_run");
        }
    }
}

static void step(struct sql_rows *rows)
{
    int rc = sqlite3_step(rows->stmt);

    rows->running = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        fail(rows->sql, rows->text);
    if (rc != SQLITE_ROW)
        sqlite3_reset(rows->stmt);
}

void sql_run(struct sql *sql, const char *text, const char *types, ...)
{
    struct sql_rows *rows;
    va_list ap;

    if (sql->failed)
        return;
    rows = find_statement(sql, text);
    va_start(ap, types);
    bind(rows, types, ap);
    va_end(ap);
    if (!sql->failed)
        step(rows);
    sql_end(rows);
}

void sql_script(struct sql *sql, const char *text)
{
    if (!sql->failed && sqlite3_exec(sql->db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail(sql, "script");
}

int64_t sql_last_id(struct sql *sql)
{
    return sqlite3_last_insert_rowid(sql->db);
}

struct sql_rows *sql_ask(struct sql *sql, const char *text, const char *types, ...)
{
    struct sql_rows *rows = find_statement(sql, text);
    va_list ap;

    assert(!rows->running);
    va_start(ap, types);
    if (!sql->failed)
        bind(rows, types, ap);
    va_end(ap);
    return rows;
}

bool sql_next(struct sql_rows *rows)
{
    if (!rows->sql->failed)
        step(rows);
    if (rows->sql->failed || !rows->running) {
        sql_end(rows);
        return false;
    }
    return true;
}

void sql_end(struct sql_rows *rows)
{
    rows->running = false;
    if (!rows->stmt)
        return;
    sqlite3_reset(rows->stmt);
    sqlite3_clear_bindings(rows->stmt); /* they point to the caller's memory */
}

int64_t sql_int(struct sql_rows *rows, int column)
{
    return sqlite3_column_int64(rows->stmt, column);
}

void sql_text(struct sql_rows *rows, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(rows->stmt, column);
    size_t len = text ? strnlen(text, size - 1) : 0;

    if (len)
        memcpy(out, text, len);
    out[len] = '\0';
}

char *sql_text_copy(struct sql_rows *rows, int column)
{
    const char *text = (const char *)sqlite3_column_text(rows->stmt, column);

    return text && *text ? xstrdup(text) : NULL;
}

bool sql_is_null(struct sql_rows *rows, int column)
{
    return sqlite3_column_type(rows->stmt, column) == SQLITE_NULL;
}

bool sql_blob(struct sql_rows *rows, int column, void *out, size_t len)
{
    const void *data = sqlite3_column_blob(rows->stmt, column);
    bool fits = data && (size_t)sqlite3_column_bytes(rows->stmt, column) == len;

    memset(out, 0, len);
    if (fits)
        memcpy(out, data, len);
    return fits;
}

/* ---- transactions ---- */

void sql_begin(struct sql *sql)
{
    sql->failed = false;
    sql_script(sql, "BEGIN IMMEDIATE");
}

int sql_rollback(struct sql *sql, struct why *why)
{
    bool failed = sql->failed;

    for (struct sql_rows *rows = sql->kept; rows; rows = rows->next)
        sql_end(rows);
    if (!sqlite3_get_autocommit(sql->db))
        sqlite3_exec(sql->db, "ROLLBACK", NULL, NULL, NULL);
    sql->failed = false;
    if (failed && why)
        *why = sql->why;
    return failed ? -EIO : 0;
}

int sql_commit(struct sql *sql, struct why *why)
{
    sql_script(sql, "COMMIT");
    return sql->failed ? sql_rollback(sql, why) : 0;
}
