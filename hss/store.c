/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the database, and how an older file becomes the present one: PRAGMA user_version counts
 * the migrations (schema.c) that a file has seen. */
#include "store.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "schema.h"

static int random_octets(void *out, size_t len)
{
    return getrandom(out, len, 0) == (ssize_t)len ? 0 : -EIO;
}

static int64_t version_of(struct sql *sql)
{
    struct sql_rows *rows = sql_ask(sql, "PRAGMA user_version", "");
    int64_t version = -1;

    while (sql_next(rows))
        version = sql_int(rows, 0);
    return version;
}

/* Each migration is one transaction: a file is never half way. */
static int migrate(struct sql *sql, struct why *why)
{
    char set_version[48];
    int64_t version;
    int rc = 0;

    sql_begin(sql);
    version = version_of(sql);
    if (version > (int64_t)schema_version()) {
        sql_rollback(sql, NULL);
        return why_set(why, EINVAL,
                       "the database was made by a later version of imslab (%d, not %zu)",
                       (int)version, schema_version());
    }
    rc = sql_commit(sql, why);
    for (; rc == 0 && version < (int64_t)schema_version(); version++) {
        snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", (int)version + 1);
        sql_begin(sql);
        sql_script(sql, schema_migration(version));
        sql_script(sql, set_version);
        rc = sql_commit(sql, why);
    }
    return rc;
}

int store_open(struct store *store, const char *path, struct why *why)
{
    int rc;

    store->random = random_octets;
    store->ccf[0] = '\0';
    store->sql = sql_open(path, why);
    if (!store->sql)
        return -EIO;
    rc = migrate(store->sql, why);
    if (rc < 0)
        store_close(store);
    return rc;
}

void store_close(struct store *store)
{
    sql_close(store->sql);
    store->sql = NULL;
}
