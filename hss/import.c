/* SPDX-License-Identifier: Apache-2.0 */
/* Subscribers of lab.yaml come into the database on the first start, new ones on later starts.
 * After that the database is right: it counts the SQN, and it will be provisioned by other ways
 * too. */
#include <errno.h>
#include <string.h>

#include "digest_aka.h"
#include "hss.h"
#include "log.h"
#include "xalloc.h"

static const char *const auth_names[] = {
    [AUTH_AKAV1] = "akav1",
    [AUTH_AKAV2] = "akav2",
    [AUTH_DIGEST_MD5] = "digest-md5",
    [AUTH_DIGEST_SHA256] = "digest-sha256",
};

static bool needs_key(const struct conf_subscriber *s)
{
    return s->auth == AUTH_AKAV1 || s->auth == AUTH_AKAV2;
}

static int64_t add_impi(struct store *store, int64_t subscription, const struct conf_subscriber *s,
                        const struct conf_sim *sim)
{
    sql_run(store->sql, "INSERT INTO impi (subscription, impi, auth, imsi) VALUES (?, ?, ?, ?)",
            "ittt", subscription, s->impi, auth_names[s->auth], s->imsi);
    int64_t impi = sql_last_id(store->sql);

    if (sim)
        sql_run(store->sql, "UPDATE impi SET k = ?, opc = ?, amf = ? WHERE id = ?", "bbbi", sim->k,
                sizeof sim->k, sim->opc, sizeof sim->opc, sim->amf, sizeof sim->amf, impi);
    return impi;
}

/* The database gets the hash that its `auth` names, and not the password. */
static void set_password(struct store *store, const struct conf *conf,
                         const struct conf_subscriber *s)
{
    const struct conf_password *p = conf_password(conf, s->impi);
    bool sha256 = s->auth == AUTH_DIGEST_SHA256;
    char ha1[DIGEST_HA1];

    if (!p)
        return;
    digest_ha1(sha256, s->impi, conf->home_domain, p->password, ha1);
    sql_run(store->sql,
            "UPDATE impi SET realm = ?, ha1_md5 = ?, ha1_sha256 = ? "
            "WHERE impi = ? AND ha1_md5 = '' AND ha1_sha256 = ''",
            "tttt", conf->home_domain, sha256 ? "" : ha1, sha256 ? ha1 : "", s->impi);
    wipe(ha1, sizeof ha1);
}

/* The home network is no roaming, so it is always among the networks that are allowed. */
static void add_networks(struct store *store, int64_t subscription, const struct conf *conf,
                         const struct conf_subscriber *s)
{
    static const char *const text =
        "INSERT OR IGNORE INTO visited_network (subscription, network) VALUES (?, ?)";

    for (size_t i = 0; i < s->visited_count; i++)
        sql_run(store->sql, text, "it", subscription, s->visited[i]);
    if (s->visited_count)
        sql_run(store->sql, text, "it", subscription, conf->home_domain);
}

static void add_capabilities(struct store *store, int64_t subscription,
                             const struct conf_subscriber *s)
{
    static const char *const text = "INSERT OR IGNORE INTO capability (subscription, capability, "
                                    "mandatory) VALUES (?, ?, ?)";

    for (size_t i = 0; i < s->mandatory_count; i++)
        sql_run(store->sql, text, "iii", subscription, (int64_t)s->mandatory[i], (int64_t)1);
    for (size_t i = 0; i < s->optional_count; i++)
        sql_run(store->sql, text, "iii", subscription, (int64_t)s->optional[i], (int64_t)0);
}

static void add_set(struct store *store, int64_t subscription, int64_t impi,
                    const struct conf_subscriber *s)
{
    int64_t set, profile;
    bool has_default = false;

    sql_run(store->sql,
            "INSERT INTO profile (subscription, position, unregistered_services) VALUES (?, 0, ?)",
            "ii", subscription, (int64_t)s->unregistered_services);
    profile = sql_last_id(store->sql);
    sql_run(store->sql, "INSERT INTO implicit_set (subscription) VALUES (?)", "i", subscription);
    set = sql_last_id(store->sql);
    sql_run(store->sql, "INSERT INTO registration (impi, implicit_set) VALUES (?, ?)", "ii", impi,
            set);
    for (size_t i = 0; i < s->impu_count; i++) {
        bool is_default = !s->impu[i].barred && !has_default;

        has_default |= is_default;
        sql_run(store->sql,
                "INSERT INTO impu (impu, implicit_set, profile, position, barred, is_default, "
                "alias_group) VALUES (?, ?, ?, ?, ?, ?, '1')",
                "tiiiii", s->impu[i].id, set, profile, (int64_t)i, (int64_t)s->impu[i].barred,
                (int64_t)is_default);
    }
}

void import_subscriber(struct store *store, const struct conf *conf,
                       const struct conf_subscriber *s, const struct conf_sim *sim)
{
    int64_t subscription;

    sql_run(store->sql,
            "INSERT INTO subscription (name, msisdn, registration_allowed) VALUES (?, ?, ?)", "tti",
            s->name, s->msisdn, (int64_t)s->registration_allowed);
    subscription = sql_last_id(store->sql);
    add_networks(store, subscription, conf, s);
    add_capabilities(store, subscription, s);
    add_set(store, subscription, add_impi(store, subscription, s, sim), s);
    if (!needs_key(s))
        set_password(store, conf, s);
}

/* ---- those already there ---- */

static bool is_known(struct store *store, const struct conf_subscriber *s)
{
    struct sql_rows *rows = sql_ask(store->sql,
                                    "SELECT EXISTS (SELECT 1 FROM subscription WHERE name = ?) OR "
                                    "EXISTS (SELECT 1 FROM impi WHERE impi = ?)",
                                    "tt", s->name, s->impi);
    bool known = false;

    while (sql_next(rows))
        known = sql_int(rows, 0);
    return known;
}

/* The identity of a new subscriber that somebody else has in the database; NULL: none. */
static const char *taken_impu(struct store *store, const struct conf_subscriber *s)
{
    const char *taken = NULL;

    for (size_t i = 0; !taken && i < s->impu_count; i++) {
        struct sql_rows *rows =
            sql_ask(store->sql, "SELECT 1 FROM impu WHERE impu = ?", "t", s->impu[i].id);

        while (sql_next(rows))
            taken = s->impu[i].id;
    }
    return taken;
}

static bool same_key(struct store *store, const struct conf_subscriber *s,
                     const struct conf_sim *sim)
{
    struct sql_rows *rows =
        sql_ask(store->sql, "SELECT k, opc, amf FROM impi WHERE impi = ?", "t", s->impi);
    uint8_t k[16], opc[16], amf[2];
    bool same = false;

    while (sql_next(rows)) {
        bool has_key = sql_blob(rows, 0, k, sizeof k);

        sql_blob(rows, 1, opc, sizeof opc);
        sql_blob(rows, 2, amf, sizeof amf);
        same = sim ? has_key && memcmp(k, sim->k, 16) == 0 && memcmp(opc, sim->opc, 16) == 0 &&
                         memcmp(amf, sim->amf, 2) == 0
                   : !has_key;
    }
    wipe(k, sizeof k);
    wipe(opc, sizeof opc);
    return same;
}

static bool same_identities(struct store *store, const struct conf_subscriber *s)
{
    struct sql_rows *rows =
        sql_ask(store->sql,
                "SELECT impu, barred FROM impu JOIN registration AS r "
                "ON r.implicit_set = impu.implicit_set JOIN impi ON impi.id = r.impi "
                "WHERE impi.impi = ? ORDER BY impu.implicit_set, position",
                "t", s->impi);
    char impu[CX_TEXT];
    bool same = true;
    size_t n = 0;

    for (; sql_next(rows); n++) {
        sql_text(rows, 0, impu, sizeof impu);
        same &= n < s->impu_count && strcmp(impu, s->impu[n].id) == 0 &&
                sql_int(rows, 1) == s->impu[n].barred;
    }
    return same && n == s->impu_count;
}

static void warn_difference(struct store *store, const struct conf_subscriber *s,
                            const struct conf_sim *sim)
{
    bool identities = same_identities(store, s);

    if (!identities || !same_key(store, s, sim))
        log_warn(
            NULL,
            "subscriber '%s' has %s in the database than in the configuration: the database is "
            "used (remove its file to begin anew)",
            s->name, identities ? "another key" : "other identities");
}

static void import_one(struct store *store, const struct conf *conf,
                       const struct conf_subscriber *s, size_t *added, size_t *known)
{
    const struct conf_sim *sim = needs_key(s) && s->imsi[0] ? conf_sim(conf, s->imsi) : NULL;
    const char *taken;

    if (needs_key(s) && !sim)
        log_warn(NULL, "subscriber '%s' uses AKA and has no card in the sims file", s->name);
    if (!needs_key(s) && !conf_password(conf, s->impi))
        log_warn(NULL, "subscriber '%s' uses SIP Digest and has no password in the sims file",
                 s->name);
    if (is_known(store, s)) {
        if (!needs_key(s)) /* a database of before passwords has none */
            set_password(store, conf, s);
        warn_difference(store, s, sim);
        ++*known;
    } else if ((taken = taken_impu(store, s))) {
        log_warn(NULL, "subscriber '%s' is not added: '%s' belongs to another one in the database",
                 s->name, taken);
    } else {
        import_subscriber(store, conf, s, sim);
        ++*added;
    }
}

int import_subscribers(struct store *store, const struct conf *conf, size_t *added, size_t *known,
                       struct why *why)
{
    *added = *known = 0;
    sql_begin(store->sql);
    for (size_t i = 0; i < conf->subscriber_count; i++)
        import_one(store, conf, &conf->subscriber[i], added, known);
    return sql_commit(store->sql, why);
}
