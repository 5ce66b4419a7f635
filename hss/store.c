/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the HSS (data of TS 29.228 annex B and TS 33.102 6.3), and how an older file
 * becomes the present one: PRAGMA user_version counts the migrations that a file has seen. */
#include "store.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "xalloc.h"

/* A migration, once published, is never changed: the next one changes what it did. */
static const char *const migrations[] = {
    /* 1: the first tables */
    "CREATE TABLE subscription (" /* an IMS subscription: what one contract covers */
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE," /* as lab.yaml calls it */
    "  registration_allowed INTEGER NOT NULL DEFAULT 1 CHECK (registration_allowed IN (0, 1))"
    ");"

    "CREATE TABLE visited_network (" /* where it may roam; no row: everywhere */
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  network TEXT NOT NULL COLLATE NOCASE," /* as in P-Visited-Network-ID */
    "  PRIMARY KEY (subscription, network)"
    ") WITHOUT ROWID;"

    "CREATE TABLE capability (" /* what its S-CSCF must or should be able to do (29.228 6.7) */
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  capability INTEGER NOT NULL CHECK (capability BETWEEN 0 AND 4294967295),"
    "  mandatory INTEGER NOT NULL CHECK (mandatory IN (0, 1)),"
    "  PRIMARY KEY (subscription, capability)"
    ") WITHOUT ROWID;"

    "CREATE TABLE impi (" /* a private identity: one card or one password */
    "  id INTEGER PRIMARY KEY,"
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  impi TEXT NOT NULL UNIQUE,"
    "  auth TEXT NOT NULL CHECK (auth IN ('akav1', 'akav2', 'digest-md5', 'digest-sha256')),"
    "  k BLOB CHECK (k IS NULL OR length(k) = 16),"       /* the card's key; secret */
    "  opc BLOB CHECK (opc IS NULL OR length(opc) = 16)," /* the operator's part of it; secret */
    "  amf BLOB CHECK (amf IS NULL OR length(amf) = 2),"
    "  sqn INTEGER NOT NULL DEFAULT 0 CHECK (sqn BETWEEN 0 AND 281474976710655)" /* the last used */
    ");"

    "CREATE TABLE challenge (" /* the RANDs of the last vectors: an AUTS must answer one of them */
    "  id INTEGER PRIMARY KEY,"
    "  impi INTEGER NOT NULL REFERENCES impi ON DELETE CASCADE,"
    "  rand BLOB NOT NULL CHECK (length(rand) = 16)"
    ");"
    "CREATE INDEX challenge_of_impi ON challenge (impi, id);"

    "CREATE TABLE profile (" /* a service profile: what a set of identities gets */
    "  id INTEGER PRIMARY KEY,"
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    "  position INTEGER NOT NULL," /* order in User-Data */
    /* whether something happens for an identity that nobody has registered (29.228 6.1.4.1) */
    "  unregistered_services INTEGER NOT NULL DEFAULT 0 CHECK (unregistered_services IN (0, 1))"
    ");"
    "CREATE INDEX profile_of_subscription ON profile (subscription, position);"

    "CREATE TABLE implicit_set (" /* identities registered together (29.228 6.5) */
    "  id INTEGER PRIMARY KEY,"
    "  subscription INTEGER NOT NULL REFERENCES subscription ON DELETE CASCADE,"
    /* 0 not registered, 1 registered, 2 unregistered (an S-CSCF keeps it for its services) */
    "  state INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)),"
    "  scscf_name TEXT NOT NULL DEFAULT '',"  /* SIP URI of Server-Name; '' none */
    "  scscf_host TEXT NOT NULL DEFAULT '',"  /* its Diameter identity, for RTR and PPR */
    "  CHECK (state = 0 OR scscf_name <> '')" /* registered somewhere */
    ");"
    "CREATE INDEX set_of_subscription ON implicit_set (subscription);"

    "CREATE TABLE impu (" /* a public identity, SIP or tel URI in canonical form */
    "  id INTEGER PRIMARY KEY,"
    "  impu TEXT NOT NULL UNIQUE,"
    "  implicit_set INTEGER NOT NULL REFERENCES implicit_set ON DELETE CASCADE,"
    "  profile INTEGER NOT NULL REFERENCES profile,"
    "  position INTEGER NOT NULL," /* order in the set: the first one not barred is the default */
    "  barred INTEGER NOT NULL DEFAULT 0 CHECK (barred IN (0, 1)),"
    "  is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1))"
    ");"
    "CREATE INDEX impu_of_set ON impu (implicit_set, position);"

    "CREATE TABLE registration (" /* which private identity may use which set, and does */
    "  impi INTEGER NOT NULL REFERENCES impi ON DELETE CASCADE,"
    "  implicit_set INTEGER NOT NULL REFERENCES implicit_set ON DELETE CASCADE,"
    "  registered INTEGER NOT NULL DEFAULT 0 CHECK (registered IN (0, 1)),"
    "  auth_pending INTEGER NOT NULL DEFAULT 0 CHECK (auth_pending IN (0, 1))," /* MAR, no SAR yet
                                                                                 */
    "  PRIMARY KEY (impi, implicit_set)"
    ") WITHOUT ROWID;"
    "CREATE INDEX registration_of_set ON registration (implicit_set);",
};

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
    if (version > (int64_t)COUNT(migrations)) {
        sql_rollback(sql, NULL);
        return why_set(why, EINVAL,
                       "the database was made by a later version of imslab (%d, not %zu)",
                       (int)version, COUNT(migrations));
    }
    rc = sql_commit(sql, why);
    for (; rc == 0 && version < (int64_t)COUNT(migrations); version++) {
        snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", (int)version + 1);
        sql_begin(sql);
        sql_script(sql, migrations[version]);
        sql_script(sql, set_version);
        rc = sql_commit(sql, why);
    }
    return rc;
}

int store_open(struct store *store, const char *path, struct why *why)
{
    int rc;

    store->random = random_octets;
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
