/* SPDX-License-Identifier: Apache-2.0 */
/* Multimedia-Auth: vectors for the S-CSCF that is about to serve the user (TS 29.228 6.3.1).
 *
 *   S-CSCF                                HSS
 *     MAR impi, impu, server name, -------> answer_mar: 1 known? 3 one user? 4 scheme?
 *         scheme, items, [RAND || AUTS]       5 resynchronise, store the name, make vectors
 *     <------ MAA vectors
 *
 * The SQN of the last vector is committed before the answer leaves (TS 33.102 annex C): a crash may
 * waste numbers, never use one twice. */
#include <errno.h>
#include <string.h>

#include "aka.h"
#include "features.h"
#include "hss.h"
#include "restoration.h"
#include "subscriber.h"
#include "xalloc.h"

enum {
    RAND_LEN = 16,
    AUTS_LEN = 14,
    IND_FIRST = 0,       /* ours: 0..15; the GPRS side has 16..31 of the same card */
    KEPT_CHALLENGES = 32 /* how far back an AUTS may answer */
};

/* ---- 4: the scheme ---- */

static bool is_aka(const char *auth)
{
    return strcmp(auth, "akav1") == 0 || strcmp(auth, "akav2") == 0;
}

/* AKAv1 for every card: AKAv2 is the S-CSCF's matter, with the same vectors (29.229 6.3.9 note 1);
 * one that asks for it by its name is served too. "Unknown" is answered only for those who do not
 * use AKA (29.228 6.3.1). */
static bool scheme_fits(const char *auth, const char *scheme, struct why *why)
{
    bool fits = strcmp(scheme, "SIP Digest") == 0 || strcmp(scheme, "Unknown") == 0;

    if (is_aka(auth))
        fits = strcmp(scheme, "Digest-AKAv1-MD5") == 0 ||
               (strcmp(scheme, "Digest-AKAv2-MD5") == 0 && strcmp(auth, "akav2") == 0);
    if (!fits)
        why_set(why, ENOTSUP, "scheme '%s' does not fit a subscriber with %s", scheme, auth);
    return fits;
}

/* ---- 5: SIP Digest (table 6.3.7) ---- */

/* MD5 goes before, when the user has it: an old S-CSCF knows no alternate. */
static void fill_digest(struct sql_rows *rows, struct cx_digest *d)
{
    char md5[65], sha256[65];

    sql_text(rows, 0, d->realm, sizeof d->realm);
    sql_text(rows, 1, md5, sizeof md5);
    sql_text(rows, 2, sha256, sizeof sha256);
    snprintf(d->qop, sizeof d->qop, "auth");
    snprintf(d->algorithm, sizeof d->algorithm, md5[0] ? "MD5" : "SHA-256");
    memcpy(d->ha1, md5[0] ? md5 : sha256, sizeof d->ha1);
    if (md5[0] && sha256[0]) {
        snprintf(d->alternate_algorithm, sizeof d->alternate_algorithm, "SHA-256");
        memcpy(d->alternate_ha1, sha256, sizeof d->alternate_ha1);
    }
    wipe(md5, sizeof md5);
    wipe(sha256, sizeof sha256);
}

static int digest(struct store *store, const struct subscriber *s, const struct cx_mar *mar,
                  struct cx_maa *maa, struct why *why)
{
    struct cx_vector *item = &maa->vector[0];
    struct sql_rows *rows;

    if (mar->authorization_len) {
        why_set(why, EINVAL, "SIP Digest knows no resynchronisation");
        return CX_UNABLE_TO_COMPLY;
    }
    rows = sql_ask(store->sql, "SELECT realm, ha1_md5, ha1_sha256 FROM impi WHERE id = ?", "i",
                   s->impi);
    while (sql_next(rows))
        fill_digest(rows, &item->digest);
    if (!item->digest.ha1[0]) {
        why_set(why, ENOENT, "'%s' has no password", mar->impi);
        return CX_UNABLE_TO_COMPLY;
    }
    snprintf(item->scheme, sizeof item->scheme, "SIP Digest");
    maa->count = 1;
    return CX_SUCCESS;
}

/* ---- the key and its counter ---- */

static bool load_key(struct store *store, int64_t impi, struct aka_key *key, uint64_t *sqn)
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT k, opc, amf, sqn FROM impi WHERE id = ?", "i", impi);
    bool whole = false;

    while (sql_next(rows)) {
        whole = sql_blob(rows, 0, key->k, sizeof key->k);
        whole &= sql_blob(rows, 1, key->opc, sizeof key->opc);
        whole &= sql_blob(rows, 2, key->amf, sizeof key->amf);
        *sqn = sql_int(rows, 3);
    }
    return whole;
}

static void store_sqn(struct store *store, int64_t impi, uint64_t sqn)
{
    sql_run(store->sql, "UPDATE impi SET sqn = ? WHERE id = ?", "ii", (int64_t)sqn, impi);
}

/* ---- 5: resynchronisation (33.102 6.3.5) ---- */

static bool was_issued(struct store *store, int64_t impi, const uint8_t rand[16])
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT count(*) FROM challenge WHERE impi = ? AND rand = ?", "ib",
                impi, rand, (size_t)RAND_LEN);
    bool issued = false;

    while (sql_next(rows))
        issued = sql_int(rows, 0) > 0;
    return issued;
}

/* An AUTS counts once, and none that is older: their numbers were used meanwhile. */
static void forget_challenges(struct store *store, int64_t impi)
{
    sql_run(store->sql, "DELETE FROM challenge WHERE impi = ?", "i", impi);
}

/* The card's counter becomes ours, when the card proves that it is one and answers a RAND of ours.
 * Whatever is wrong leaves ours alone. */
static int resynchronise(struct store *store, const struct subscriber *s, const struct aka_key *key,
                         const struct cx_mar *mar, uint64_t *sqn, struct why *why)
{
    const uint8_t *rand = mar->authorization, *auts = mar->authorization + RAND_LEN;
    uint64_t sqn_ms;

    if (mar->authorization_len != RAND_LEN + AUTS_LEN) {
        why_set(why, EINVAL, "SIP-Authorization has %zu octets, RAND and AUTS have 30",
                mar->authorization_len);
        return CX_INVALID_AVP_VALUE;
    }
    if (strcmp(mar->server_name, s->scscf_name) != 0) {
        why_set(why, EPERM, "resynchronisation asked by '%s', but '%s' sent the challenge",
                mar->server_name, s->scscf_name);
        return CX_UNABLE_TO_COMPLY;
    }
    if (!was_issued(store, s->impi, rand)) {
        why_set(why, EPERM, "resynchronisation for a RAND that was not issued");
        return CX_UNABLE_TO_COMPLY;
    }
    if (!aka_check_auts(key, rand, auts, &sqn_ms)) {
        why_set(why, EPERM, "AUTS is forged: its MAC-S is wrong (or the card has another key)");
        return CX_UNABLE_TO_COMPLY;
    }
    *sqn = sqn_ms;
    forget_challenges(store, s->impi);
    return 0;
}

/* ---- 5: vectors ---- */

static void keep_challenge(struct store *store, int64_t impi, const uint8_t rand[16])
{
    sql_run(store->sql, "INSERT INTO challenge (impi, rand) VALUES (?, ?)", "ib", impi, rand,
            (size_t)RAND_LEN);
    sql_run(
        store->sql,
        "DELETE FROM challenge WHERE impi = ? AND id <= (SELECT id FROM challenge WHERE impi = ? "
        "ORDER BY id DESC LIMIT 1 OFFSET ?)",
        "iii", impi, impi, (int64_t)KEPT_CHALLENGES);
}

static void fill_vector(struct cx_vector *out, uint32_t item, const struct cx_mar *mar,
                        const struct aka_vector *v)
{
    out->item = item;
    memcpy(out->scheme, mar->scheme, sizeof out->scheme);
    memcpy(out->rand, v->rand, sizeof out->rand);
    memcpy(out->autn, v->autn, sizeof out->autn);
    memcpy(out->xres, v->xres, sizeof v->xres);
    out->xres_len = sizeof v->xres;
    memcpy(out->ck, v->ck, sizeof out->ck);
    memcpy(out->ik, v->ik, sizeof out->ik);
}

static int make_vectors(struct store *store, const struct subscriber *s, const struct aka_key *key,
                        const struct cx_mar *mar, uint64_t *sqn, struct cx_maa *maa)
{
    uint32_t wanted = mar->items ? mar->items : 1;
    struct aka_vector v;
    uint8_t rand[RAND_LEN];

    for (uint32_t i = 0; i < wanted && i < CX_MAX_VECTORS; i++) {
        if (store->random(rand, sizeof rand) < 0)
            return -EIO;
        *sqn = aka_next_sqn(*sqn, IND_FIRST);
        aka_make(key, rand, *sqn, &v);
        fill_vector(&maa->vector[maa->count++], i + 1, mar, &v);
        keep_challenge(store, s->impi, rand);
    }
    wipe(&v, sizeof v);
    return 0;
}

static int aka(struct store *store, const struct subscriber *s, const struct cx_mar *mar,
               struct cx_maa *maa, struct why *why)
{
    struct aka_key key;
    uint64_t sqn = 0;
    int result = CX_SUCCESS;

    if (!load_key(store, s->impi, &key, &sqn)) {
        why_set(why, ENOENT, "'%s' has no key: its SIM is not in the sims file", mar->impi);
        result = CX_UNABLE_TO_COMPLY;
    }
    if (result == CX_SUCCESS && mar->authorization_len) {
        int refused = resynchronise(store, s, &key, mar, &sqn, why);

        result = refused ? refused : CX_SUCCESS;
    }
    if (result == CX_SUCCESS && make_vectors(store, s, &key, mar, &sqn, maa) < 0) {
        why_set(why, EIO, "no random numbers");
        result = CX_UNABLE_TO_COMPLY;
    }
    if (result == CX_SUCCESS)
        store_sqn(store, s->impi, sqn);
    wipe(&key, sizeof key);
    return result;
}

/* ---- the whole ---- */

/* Another S-CSCF than before: after a failure of that one it goes on with what it left behind;
 * otherwise its restoration information is worth nothing any more (29.228 6.3.1 step 5). */
static void take_over(struct store *store, struct subscriber *s, const char *server_name)
{
    if (!s->scscf_name[0] || strcmp(s->scscf_name, server_name) == 0)
        return;
    if (!s->reassigning)
        restoration_forget(store, s->set, 0);
    subscriber_reassign(store, s, false);
}

static int decide(struct store *store, const char *peer, const struct cx_mar *mar,
                  struct cx_maa *maa, struct why *why)
{
    struct subscriber s;
    int result;

    if (!features_fit(&mar->features, why))
        return CX_FEATURE_UNSUPPORTED;
    /* 1: both identities exist; 2: nobody authenticates as a service, or as a range */
    subscriber_load(store, mar->impi, mar->impu, &s);
    if (!s.impi || !s.set || s.kind != USER) {
        why_set(why, ENOENT, "no subscriber has %s '%s'", s.impi ? "IMPU" : "IMPI",
                s.impi ? mar->impu : mar->impi);
        return CX_USER_UNKNOWN;
    }
    /* 3: of the same user */
    if (!s.associated) {
        why_set(why, EPERM, "'%s' is no identity of '%s'", mar->impu, mar->impi);
        return CX_IDENTITIES_DONT_MATCH;
    }
    /* 4: the scheme is the user's */
    if (!scheme_fits(s.auth, mar->scheme, why))
        return CX_AUTH_SCHEME_NOT_SUPPORTED;
    if (!mar->server_name[0]) {
        why_set(why, EINVAL, "Server-Name is empty");
        return CX_INVALID_AVP_VALUE;
    }
    /* 5: vectors; who asks serves the user from now on, whoever did before (8.1.1), in whatever
       state; a registered one stays registered while it is authenticated again */
    result = (is_aka(s.auth) ? aka : digest)(store, &s, mar, maa, why);
    if (result != CX_SUCCESS)
        return result;
    take_over(store, &s, mar->server_name);
    subscriber_serve(store, &s, s.state, mar->server_name, peer);
    subscriber_mark(store, &s, s.registered, true);
    memcpy(maa->impi, mar->impi, sizeof maa->impi);
    memcpy(maa->impu, mar->impu, sizeof maa->impu);
    return CX_SUCCESS;
}

void answer_mar(struct store *store, const char *peer, const struct cx_mar *mar, struct cx_maa *maa,
                struct why *why)
{
    int result;

    *maa = (struct cx_maa){0};
    why->text[0] = '\0';
    sql_begin(store->sql);
    result = decide(store, peer, mar, maa, why);
    if ((result == CX_SUCCESS ? sql_commit(store->sql, why) : sql_rollback(store->sql, why)) < 0)
        result = CX_UNABLE_TO_COMPLY;
    if (result != CX_SUCCESS)
        wipe(maa, sizeof *maa); /* no vector leaves that the database does not know of */
    maa->result = result;
}
