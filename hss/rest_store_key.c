/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and passwords of a private identity from their JSON into the database. OPc is derived from
 * OP when that is given; of a password only its HA1 values are kept. */
#include <errno.h>
#include <string.h>

#include "aka.h"
#include "digest_aka.h"
#include "milenage.h"
#include "rest.h"
#include "xalloc.h"

/* ---- keys ---- */

struct key { /* what is known of K, OP and OPc; wiped */
    uint8_t k[16], op[16], opc[16];
    bool has_k, has_op, has_opc;
};

static void load_key(struct store *store, int64_t impi, struct key *key)
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT k, op, opc FROM impi WHERE id = ?", "i", impi);

    while (sql_next(rows)) {
        key->has_k = sql_blob(rows, 0, key->k, 16);
        key->has_op = sql_blob(rows, 1, key->op, 16);
        key->has_opc = sql_blob(rows, 2, key->opc, 16);
    }
}

/* OPc comes from OP, or is given; it belongs to its K. */
static int complete_key(struct rest_call *call, const json_t *fields, struct key *key)
{
    bool new_k = rest_hex(fields, "k", key->k, 16), new_op = rest_hex(fields, "op", key->op, 16);
    uint8_t derived[16];

    key->has_k |= new_k;
    if (!key->has_k)
        return rest_refuse(call, 400, "k", "must be there, with op or opc: 32 hexadecimal digits");
    if (rest_hex(fields, "opc", key->opc, 16)) {
        milenage_opc(key->k, key->op, derived);
        if (new_op && memcmp(derived, key->opc, 16) != 0)
            return rest_refuse(call, 400, "opc",
                               "what K and OP give (TS 35.206 4.1), or leave one of the two out");
        key->has_op = new_op;
        key->has_opc = true;
    } else if (new_op || (new_k && key->has_op)) {
        milenage_opc(key->k, key->op, key->opc);
        key->has_op = key->has_opc = true;
    } else if (new_k) {
        return rest_refuse(call, 400, "opc", "must be there with a new k, or op: OPc depends on K");
    }
    if (!key->has_opc)
        return rest_refuse(call, 400, "opc", "must be there, or op: 32 hexadecimal digits");
    return 0;
}

static int store_key(struct rest_call *call, int64_t impi, const json_t *fields)
{
    struct key key = {0};
    int rc;

    load_key(call->store, impi, &key);
    rc = complete_key(call, fields, &key);
    if (rc == 0) {
        sql_run(call->store->sql, "UPDATE impi SET k = ?, opc = ?, op = NULL WHERE id = ?", "bbi",
                key.k, sizeof key.k, key.opc, sizeof key.opc, impi);
        if (key.has_op)
            sql_run(call->store->sql, "UPDATE impi SET op = ? WHERE id = ?", "bi", key.op,
                    sizeof key.op, impi);
        if (!json_object_get(fields, "sqn") && json_object_get(fields, "k"))
            sql_run(call->store->sql, "UPDATE impi SET sqn = 0 WHERE id = ?", "i", impi);
        sql_run(call->store->sql, "UPDATE impi SET amf = x'8000' WHERE id = ? AND amf IS NULL", "i",
                impi);
    }
    wipe(&key, sizeof key);
    return rc;
}

/* ---- passwords ---- */

static void set_ha1(struct rest_call *call, int64_t impi, bool sha256, const char *ha1)
{
    if (sha256)
        sql_run(call->store->sql, "UPDATE impi SET ha1_sha256 = ? WHERE id = ?", "ti", ha1, impi);
    else
        sql_run(call->store->sql, "UPDATE impi SET ha1_md5 = ? WHERE id = ?", "ti", ha1, impi);
}

static void load_name(struct store *store, int64_t impi, char name[CX_TEXT], char realm[CX_TEXT])
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT impi, realm FROM impi WHERE id = ?", "i", impi);

    name[0] = realm[0] = '\0';
    while (sql_next(rows)) {
        sql_text(rows, 0, name, CX_TEXT);
        sql_text(rows, 1, realm, CX_TEXT);
    }
}

static int store_password(struct rest_call *call, int64_t impi, const json_t *fields)
{
    const char *password = rest_text(fields, "password", NULL), *given;
    char name[CX_TEXT], realm[CX_TEXT], ha1[DIGEST_HA1];

    load_name(call->store, impi, name, realm);
    given = rest_text(fields, "realm", NULL);
    if (given && strcmp(given, realm) != 0 && realm[0] && !password &&
        !json_object_get(fields, "ha1_md5") && !json_object_get(fields, "ha1_sha256"))
        return rest_refuse(call, 400, "password",
                           "must be there with a new realm: HA1 is made of both");
    if (given)
        snprintf(realm, sizeof realm, "%s", given);
    if (!realm[0])
        snprintf(realm, sizeof realm, "%s", strchr(name, '@') ? strchr(name, '@') + 1 : name);
    sql_run(call->store->sql, "UPDATE impi SET realm = ? WHERE id = ?", "ti", realm, impi);
    for (int sha256 = 0; sha256 < 2; sha256++) {
        given = rest_text(fields, sha256 ? "ha1_sha256" : "ha1_md5", NULL);
        if (given && password)
            return rest_refuse(call, 400, "password", "not beside an HA1: keep one");
        if (password)
            digest_ha1(sha256, name, realm, password, ha1);
        if (password || given)
            set_ha1(call, impi, sha256, given ? given : ha1);
    }
    wipe(ha1, sizeof ha1);
    return 0;
}

static bool has_any(const json_t *fields, const char *const *names)
{
    for (; *names; names++) {
        if (json_object_get(fields, *names))
            return true;
    }
    return false;
}

static const char *const password_fields[] = {"password", "ha1_md5", "ha1_sha256", NULL};
static const char *const key_fields[] = {"k", "op", "opc", NULL};

static const char *auth_of(const json_t *fields)
{
    return rest_text(fields, "auth",
                     has_any(fields, key_fields)        ? "akav1"
                     : has_any(fields, password_fields) ? "digest-md5"
                                                        : "akav1");
}

/* A digest user needs the HA1 of its algorithm, an AKA user its key. */
static int check_auth(struct rest_call *call, int64_t impi)
{
    struct sql_rows *rows = sql_ask(call->store->sql,
                                    "SELECT auth LIKE 'aka%', k IS NOT NULL AND opc IS NOT NULL, "
                                    "auth = 'digest-md5', ha1_md5 <> '', ha1_sha256 <> '' FROM "
                                    "impi WHERE id = ?",
                                    "i", impi);
    bool aka = false, key = false, md5 = false, has_md5 = false, has_sha = false;

    while (sql_next(rows)) {
        aka = sql_int(rows, 0);
        key = sql_int(rows, 1);
        md5 = sql_int(rows, 2);
        has_md5 = sql_int(rows, 3);
        has_sha = sql_int(rows, 4);
    }
    if (aka && !key)
        return rest_refuse(call, 400, "k", "must be there, with op or opc: AKA needs them");
    if (!aka && !(md5 ? has_md5 : has_sha))
        return rest_refuse(call, 400, "password", "must be there, or %s: SIP Digest needs it",
                           md5 ? "ha1_md5" : "ha1_sha256");
    return 0;
}

int rest_store_private(struct rest_call *call, int64_t impi, const json_t *fields, bool is_new)
{
    struct sql *sql = call->store->sql;
    uint8_t amf[2];
    int rc = 0;

    if (is_new || json_object_get(fields, "auth"))
        sql_run(sql, "UPDATE impi SET auth = ? WHERE id = ?", "ti", auth_of(fields), impi);
    if (json_object_get(fields, "imsi"))
        sql_run(sql, "UPDATE impi SET imsi = ? WHERE id = ?", "ti", rest_text(fields, "imsi", ""),
                impi);
    if (has_any(fields, key_fields))
        rc = store_key(call, impi, fields);
    if (rc == 0 && rest_hex(fields, "amf", amf, sizeof amf))
        sql_run(sql, "UPDATE impi SET amf = ? WHERE id = ?", "bi", amf, sizeof amf, impi);
    if (rc == 0 && json_object_get(fields, "sqn"))
        sql_run(sql, "UPDATE impi SET sqn = ? WHERE id = ?", "ii", rest_number(fields, "sqn", 0),
                impi);
    if (rc == 0 && (has_any(fields, password_fields) || json_object_get(fields, "realm")))
        rc = store_password(call, impi, fields);
    return rc < 0 ? rc : check_auth(call, impi);
}
