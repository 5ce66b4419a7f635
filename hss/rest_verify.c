/* SPDX-License-Identifier: Apache-2.0 */
/* verify-sim: the first question when a terminal stays silent after its challenge. The HSS
 * recomputes what the network sent (AUTN) or what the card sent back (AUTS) with the key it has,
 * and says whether both have the same one and whose counter is ahead (TS 33.102 6.3.3, 6.3.5). No
 * key leaves. */
#include <errno.h>
#include <string.h>

#include "aka.h"
#include "milenage.h"
#include "rest.h"
#include "xalloc.h"

struct sim { /* wiped */
    struct aka_key key;
    uint64_t sqn;
    bool has_sqn;
    int64_t impi; /* 0: the keys were given */
};

static int load_sim(struct rest_call *call, const char *name, struct sim *sim)
{
    int64_t subscription = rest_subscription(call, name);
    struct sql_rows *rows;
    bool whole = false;

    if (!subscription)
        return -EINVAL;
    rows = sql_ask(call->store->sql,
                   "SELECT k, opc, sqn, id FROM impi WHERE subscription = ? AND k IS NOT NULL "
                   "ORDER BY impi = ? DESC, imsi = ? DESC, id LIMIT 1",
                   "itt", subscription, name, name);
    while (sql_next(rows)) {
        whole = sql_blob(rows, 0, sim->key.k, 16) & sql_blob(rows, 1, sim->key.opc, 16);
        sim->sqn = sql_int(rows, 2);
        sim->has_sqn = true;
        sim->impi = sql_int(rows, 3);
    }
    return whole ? 0 : rest_refuse(call, 409, "name", "a subscriber with a key");
}

static int given_sim(struct rest_call *call, struct sim *sim)
{
    uint8_t op[16];

    if (!rest_hex(call->body, "k", sim->key.k, 16))
        return rest_refuse(call, 400, "name", "must be there, or k with op or opc");
    if (rest_hex(call->body, "op", op, 16))
        milenage_opc(sim->key.k, op, sim->key.opc);
    else if (!rest_hex(call->body, "opc", sim->key.opc, 16))
        return rest_refuse(call, 400, "opc", "must be there, or op");
    sim->has_sqn = json_object_get(call->body, "sqn");
    sim->sqn = rest_number(call->body, "sqn", 0);
    return 0;
}

static void say(struct rest_call *call, const char *verdict, const char *sentence)
{
    call->reply = json_pack("{s:s, s:s}", "verdict", verdict, "sentence", sentence);
}

static void say_number(struct rest_call *call, const char *name, uint64_t number)
{
    json_object_set_new(call->reply, name, json_integer((json_int_t)number));
}

static uint64_t to_sqn(const uint8_t octets[6])
{
    uint64_t sqn = 0;

    for (int i = 0; i < 6; i++)
        sqn = sqn << 8 | octets[i];
    return sqn;
}

/* ---- AUTN: what the network sent ---- */

static void verify_autn(struct rest_call *call, const struct sim *sim, const uint8_t rand[16],
                        const uint8_t autn[16])
{
    uint8_t ak[6], sqn[6], mac[8];
    char amf[5];

    milenage_f2345(sim->key.k, sim->key.opc, rand, NULL, NULL, NULL, ak, NULL);
    for (int i = 0; i < 6; i++)
        sqn[i] = autn[i] ^ ak[i];
    milenage_f1(sim->key.k, sim->key.opc, rand, sqn, autn + 6, mac, NULL);
    if (memcmp(mac, autn + 8, 8) != 0) {
        say(call, "wrong K or OPc",
            "the MAC in AUTN was not made with this K and OPc (or RAND and AUTN are not of one "
            "challenge): a card with this key answers with a MAC failure");
        return;
    }
    if (sim->has_sqn && to_sqn(sqn) > sim->sqn)
        say(call, "SQN behind",
            "the key is right, but this HSS has not used that sequence number yet: its counter is "
            "behind, and the card will ask for resynchronisation");
    else
        say(call, "fine",
            "K and OPc are right; a card that refuses this AUTN has seen a later sequence number "
            "and answers with AUTS: verify that");
    say_number(call, "sqn", to_sqn(sqn));
    snprintf(amf, sizeof amf, "%02x%02x", autn[6], autn[7]);
    json_object_set_new(call->reply, "amf", json_string(amf));
}

/* ---- AUTS: what the card sent back ---- */

static bool was_issued(struct rest_call *call, int64_t impi, const uint8_t rand[16])
{
    struct sql_rows *rows =
        sql_ask(call->store->sql, "SELECT count(*) FROM challenge WHERE impi = ? AND rand = ?",
                "ib", impi, rand, (size_t)16);
    bool issued = false;

    while (sql_next(rows))
        issued = sql_int(rows, 0) > 0;
    return issued;
}

static void verify_auts(struct rest_call *call, const struct sim *sim, const uint8_t rand[16],
                        const uint8_t auts[14])
{
    uint64_t sqn_ms;

    if (!aka_check_auts(&sim->key, rand, auts, &sqn_ms)) {
        say(call, "wrong K or OPc",
            "the MAC in AUTS was not made with this K and OPc for this RAND: the card has another "
            "key, or AUTS is forged, or RAND is of another challenge");
        return;
    }
    if (sim->has_sqn && sqn_ms > sim->sqn)
        say(call, "SQN behind",
            "the key is right, and the card's counter is ahead of this HSS's: the next "
            "resynchronisation brings them together");
    else
        say(call, "fine",
            "the key is right, and this HSS's counter is not behind the card's: its next vector "
            "is accepted");
    if (sim->impi && !was_issued(call, sim->impi, rand))
        json_object_set_new(call->reply, "sentence",
                            json_string("the key is right, but this RAND is none of the last that "
                                        "this HSS made: it would not take this AUTS"));
    say_number(call, "sqn", sqn_ms);
}

/* ---- the whole ---- */

int rest_verify(struct rest_call *call)
{
    const char *name = rest_text(call->body, "name", NULL);
    uint8_t rand[16] = {0}, autn[16], auts[14];
    bool has_autn = rest_hex(call->body, "autn", autn, 16);
    bool has_auts = rest_hex(call->body, "auts", auts, 14);
    struct sim sim = {0};
    int rc;

    rest_hex(call->body, "rand", rand, 16);
    if (has_autn == has_auts)
        return rest_refuse(call, 400, "autn", "this one or auts, and not both");
    if (name && json_object_get(call->body, "k"))
        return rest_refuse(call, 400, "k", "not beside name: keep one");
    rc = name ? load_sim(call, name, &sim) : given_sim(call, &sim);
    if (rc == 0 && has_autn)
        verify_autn(call, &sim, rand, autn);
    else if (rc == 0)
        verify_auts(call, &sim, rand, auts);
    if (rc == 0 && sim.has_sqn)
        say_number(call, "network_sqn", sim.sqn);
    wipe(&sim, sizeof sim);
    return rc;
}
