/* SPDX-License-Identifier: Apache-2.0 */
/* Multimedia-Auth, case by case (TS 29.228 6.3.1, TS 33.102 6.3.5). */
#include "room.h"

#include "aka.h"
#include "milenage.h"

#define IMPI "name.private@hims.net"
#define IMPU "sip:name@hims.net"

static const uint8_t set1_rand[16] = {0x23, 0x55, 0x3c, 0xbe, 0x96, 0x37, 0xa8, 0x9d,
                                      0x21, 0x8a, 0xe6, 0x4d, 0xae, 0x47, 0xbf, 0x35};

static int give_set1_rand(void *out, size_t len)
{
    assert_int_equal(len, sizeof set1_rand);
    memcpy(out, set1_rand, len);
    return 0;
}

static int give_no_random(void *out, size_t len)
{
    (void)out;
    (void)len;
    return -1;
}

static uint64_t stored_sqn(struct room *room)
{
    struct sql_rows *rows;
    uint64_t sqn = 0;

    sql_begin(room->store.sql);
    rows =
        sql_ask(room->store.sql, "SELECT sqn FROM impi WHERE impi = 'name.private@hims.net'", "");
    while (sql_next(rows))
        sqn = sql_int(rows, 0);
    assert_int_equal(sql_commit(room->store.sql, &room->why), 0);
    return sqn;
}

/* The SQN inside a vector: AUTN begins with SQN xor AK. */
static uint64_t sqn_of(const struct cx_vector *v)
{
    uint8_t ak[6];
    uint64_t sqn = 0;

    milenage_f2345(room_sim.k, room_sim.opc, v->rand, NULL, NULL, NULL, ak, NULL);
    for (int i = 0; i < 6; i++)
        sqn = sqn << 8 | (v->autn[i] ^ ak[i]);
    return sqn;
}

/* What a card with this counter sends for a RAND (TS 33.102 6.3.3). */
static void make_auts(const uint8_t rand[16], uint64_t sqn_ms, uint8_t auts[14])
{
    uint8_t sqn[6], ak_star[6], zero[2] = {0, 0};

    for (int i = 5; i >= 0; i--, sqn_ms >>= 8)
        sqn[i] = sqn_ms & 0xff;
    milenage_f2345(room_sim.k, room_sim.opc, rand, NULL, NULL, NULL, NULL, ak_star);
    for (int i = 0; i < 6; i++)
        auts[i] = sqn[i] ^ ak_star[i];
    milenage_f1(room_sim.k, room_sim.opc, rand, sqn, zero, NULL, auts + 6);
}

static struct cx_mar resync_of(const struct cx_vector *v, uint64_t sqn_ms, const char *server)
{
    struct cx_mar mar = room_mar_of(IMPI, IMPU, server);

    memcpy(mar.authorization, v->rand, 16);
    make_auts(v->rand, sqn_ms, mar.authorization + 16);
    mar.authorization_len = 30;
    return mar;
}

static void CXM_01_an_unknown_user_and_a_mismatch_are_refused(void **state)
{
    struct cx_mar mar = room_mar_of("who@hims.net", IMPU, A);

    assert_int_equal(room_mar(*state, &mar).result, CX_USER_UNKNOWN);
    mar = room_mar_of(IMPI, "sip:who@hims.net", A);
    assert_int_equal(room_mar(*state, &mar).result, CX_USER_UNKNOWN);
    mar = room_mar_of(IMPI, "tel:+15550002", A);
    assert_int_equal(room_mar(*state, &mar).result, CX_IDENTITIES_DONT_MATCH);
}

static void CXM_02_an_aka_user_gets_a_vector(void **state)
{
    struct cx_maa maa = room_challenge(*state, A);
    struct subscriber s = room_name(*state);

    assert_int_equal(maa.result, CX_SUCCESS);
    assert_string_equal(maa.impi, IMPI);
    assert_string_equal(maa.impu, IMPU);
    assert_int_equal(maa.count, 1);
    assert_int_equal(maa.vector[0].item, 1);
    assert_string_equal(maa.vector[0].scheme, "Digest-AKAv1-MD5");
    assert_int_equal(maa.vector[0].xres_len, 8);
    assert_int_equal(s.state, NOT_REGISTERED);
    assert_true(s.auth_pending);
    assert_string_equal(s.scscf_name, A);
    assert_string_equal(s.scscf_host, HOST_A);
}

static void CXM_03_a_scheme_that_nobody_knows_is_not_supported(void **state)
{
    struct cx_mar mar = room_mar_of(IMPI, IMPU, A);

    snprintf(mar.scheme, sizeof mar.scheme, "Foo");
    assert_int_equal(room_mar(*state, &mar).result, CX_AUTH_SCHEME_NOT_SUPPORTED);
    assert_string_equal(room_name(*state).scscf_name, "");
}

static void CXM_04_unknown_is_not_for_an_aka_user(void **state)
{
    struct cx_mar mar = room_mar_of(IMPI, IMPU, A);

    snprintf(mar.scheme, sizeof mar.scheme, "Unknown");
    assert_int_equal(room_mar(*state, &mar).result, CX_AUTH_SCHEME_NOT_SUPPORTED);
}

static void CXM_05_sip_digest_is_not_for_an_aka_user(void **state)
{
    struct cx_mar mar = room_mar_of(IMPI, IMPU, A);

    snprintf(mar.scheme, sizeof mar.scheme, "SIP Digest");
    assert_int_equal(room_mar(*state, &mar).result, CX_AUTH_SCHEME_NOT_SUPPORTED);
}

static void a_digest_user_gets_no_aka_vector_and_the_log_says_why(void **state)
{
    struct room *room = *state;
    struct cx_mar mar = room_mar_of("no@hims.net", "sip:no@hims.net", A);

    assert_int_equal(room_mar(room, &mar).result, CX_AUTH_SCHEME_NOT_SUPPORTED);
    assert_string_equal(room->why.text,
                        "scheme 'Digest-AKAv1-MD5' does not fit a subscriber with digest-md5");
}

#define MD5    "939e7578ed9e3c518a452acee763bce9"
#define SHA256 "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"

static struct cx_maa digest_answer(struct room *room, const char *md5, const char *sha256,
                                   const char *scheme)
{
    struct cx_mar mar = room_mar_of("no@hims.net", "sip:no@hims.net", A);
    char sql[256];

    snprintf(sql, sizeof sql,
             "UPDATE impi SET realm = 'hims.net', ha1_md5 = '%s', ha1_sha256 = '%s' "
             "WHERE impi = 'no@hims.net'",
             md5, sha256);
    room_script(room, sql);
    snprintf(mar.scheme, sizeof mar.scheme, "%s", scheme);
    mar.items = 3;
    return room_mar(room, &mar);
}

static void CXM_18_a_digest_user_gets_its_hash_and_one_item(void **state)
{
    struct cx_maa maa = digest_answer(*state, MD5, "", "SIP Digest");
    const struct cx_vector *v = &maa.vector[0];

    assert_int_equal(maa.result, CX_SUCCESS);
    assert_int_equal(maa.count, 1);
    assert_int_equal(v->item, 0); /* item numbers are for AKA only */
    assert_int_equal(v->xres_len, 0);
    assert_string_equal(v->scheme, "SIP Digest");
    assert_string_equal(v->digest.realm, "hims.net");
    assert_string_equal(v->digest.qop, "auth");
    assert_string_equal(v->digest.algorithm, "MD5");
    assert_string_equal(v->digest.ha1, MD5);
    assert_string_equal(v->digest.alternate_ha1, "");
    assert_string_equal(maa.impi, "no@hims.net");
    assert_true(room_load(*state, "no@hims.net", "sip:no@hims.net").auth_pending);
}

static void CXM_18_sha_256_is_the_alternate_or_alone(void **state)
{
    struct cx_maa maa = digest_answer(*state, MD5, SHA256, "SIP Digest");

    assert_string_equal(maa.vector[0].digest.algorithm, "MD5");
    assert_string_equal(maa.vector[0].digest.ha1, MD5);
    assert_string_equal(maa.vector[0].digest.alternate_algorithm, "SHA-256");
    assert_string_equal(maa.vector[0].digest.alternate_ha1, SHA256);
    maa = digest_answer(*state, "", SHA256, "SIP Digest");
    assert_string_equal(maa.vector[0].digest.algorithm, "SHA-256");
    assert_string_equal(maa.vector[0].digest.ha1, SHA256);
    assert_string_equal(maa.vector[0].digest.alternate_algorithm, "");
}

static void unknown_is_sip_digest_for_a_digest_user(void **state)
{
    struct cx_maa maa = digest_answer(*state, MD5, "", "Unknown");

    assert_int_equal(maa.result, CX_SUCCESS);
    assert_string_equal(maa.vector[0].scheme, "SIP Digest");
}

static void a_digest_user_without_a_password_is_unable_to_comply(void **state)
{
    struct room *room = *state;

    assert_int_equal(digest_answer(room, "", "", "SIP Digest").result, CX_UNABLE_TO_COMPLY);
    assert_string_equal(room->why.text, "'no@hims.net' has no password");
    assert_string_equal(room_load(room, "no@hims.net", "sip:no@hims.net").scscf_name, "");
}

static void sip_digest_knows_no_resynchronisation(void **state)
{
    struct cx_mar mar = room_mar_of("no@hims.net", "sip:no@hims.net", A);

    digest_answer(*state, MD5, "", "SIP Digest");
    snprintf(mar.scheme, sizeof mar.scheme, "SIP Digest");
    mar.authorization_len = 30;
    assert_int_equal(room_mar(*state, &mar).result, CX_UNABLE_TO_COMPLY);
}

static void an_akav2_user_is_asked_for_as_akav1(void **state)
{
    struct cx_mar mar = room_mar_of("bar@hims.net", "tel:+15550002", A);
    struct cx_maa maa = room_mar(*state, &mar);

    assert_int_equal(maa.result, CX_SUCCESS);
    assert_string_equal(maa.vector[0].scheme, "Digest-AKAv1-MD5");
    assert_int_equal(maa.vector[0].xres_len, 8);
}

static void CXM_06_the_vector_is_that_of_ts_35_207_set_1(void **state)
{
    static const uint8_t autn[] = {0x55, 0xf3, 0x28, 0xb4, 0x35, 0x77, 0xb9, 0xb9,
                                   0x4a, 0x9f, 0xfa, 0xc3, 0x54, 0xdf, 0xaf, 0xb3};
    static const uint8_t xres[] = {0xa5, 0x42, 0x11, 0xd5, 0xe3, 0xba, 0x50, 0xbf};
    static const uint8_t ck[] = {0xb4, 0x0b, 0xa9, 0xa3, 0xc5, 0x8b, 0x2a, 0x05,
                                 0xbb, 0xf0, 0xd9, 0x87, 0xb2, 0x1b, 0xf8, 0xcb};
    static const uint8_t ik[] = {0xf7, 0x69, 0xbc, 0xd7, 0x51, 0x04, 0x46, 0x04,
                                 0x12, 0x76, 0x72, 0x71, 0x1c, 0x6d, 0x34, 0x41};
    struct room *room = *state;
    char sql[96];
    struct cx_maa maa;

    /* the SQN of the set is ff9bb4d0b607, whose IND is 7: the last one used was one SEQ and one
       IND less */
    snprintf(sql, sizeof sql, "UPDATE impi SET sqn = %lld WHERE id = 1",
             (long long)(0xff9bb4d0b607ull - (1u << AKA_IND_BITS) - 1));
    room_script(room, sql);
    room->store.random = give_set1_rand;
    maa = room_challenge(room, A);
    assert_int_equal(stored_sqn(room), 0xff9bb4d0b607ull);
    assert_memory_equal(maa.vector[0].rand, set1_rand, 16);
    assert_memory_equal(maa.vector[0].autn, autn, sizeof autn);
    assert_memory_equal(maa.vector[0].xres, xres, sizeof xres);
    assert_memory_equal(maa.vector[0].ck, ck, sizeof ck);
    assert_memory_equal(maa.vector[0].ik, ik, sizeof ik);
}

static void CXM_07_three_items_rise_and_differ(void **state)
{
    struct room *room = *state;
    struct cx_mar mar = room_mar_of(IMPI, IMPU, A);
    struct cx_maa maa;

    mar.items = 3;
    maa = room_mar(room, &mar);
    assert_int_equal(maa.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(maa.vector[i].item, i + 1);
    assert_true(sqn_of(&maa.vector[0]) < sqn_of(&maa.vector[1]));
    assert_true(sqn_of(&maa.vector[1]) < sqn_of(&maa.vector[2]));
    assert_int_equal(stored_sqn(room), sqn_of(&maa.vector[2]));
    assert_memory_not_equal(maa.vector[0].rand, maa.vector[1].rand, 16);
    assert_memory_not_equal(maa.vector[1].rand, maa.vector[2].rand, 16);
    mar.items = 4000000000u;
    assert_int_equal(room_mar(room, &mar).count, CX_MAX_VECTORS);
    mar.items = 0;
    assert_int_equal(room_mar(room, &mar).count, 1);
}

static void the_ind_stays_among_those_of_the_hss(void **state)
{
    for (int i = 0; i < 40; i++)
        assert_true((sqn_of(&room_challenge(*state, A).vector[0]) & 31) < 16);
}

static void CXM_09_another_server_takes_a_registered_user_over(void **state)
{
    struct subscriber s;

    room_register(*state);
    assert_int_equal(room_challenge(*state, B).result, CX_SUCCESS);
    s = room_name(*state);
    assert_int_equal(s.state, REGISTERED);
    assert_true(s.auth_pending);
    assert_string_equal(s.scscf_name, B);
    assert_string_equal(s.scscf_host, HOST_B);
}

static void CXM_10_the_same_server_authenticates_a_registered_user_again(void **state)
{
    room_register(*state);
    assert_int_equal(room_challenge(*state, A).result, CX_SUCCESS);
    assert_int_equal(room_name(*state).state, REGISTERED);
    assert_string_equal(room_name(*state).scscf_name, A);
}

static void CXM_11_resynchronisation_takes_the_counter_of_the_card(void **state)
{
    const uint64_t sqn_ms = 0x123456789abc;
    struct room *room = *state;
    struct cx_vector v = room_challenge(room, A).vector[0];
    struct cx_mar mar = resync_of(&v, sqn_ms, A);
    struct cx_maa maa = room_mar(room, &mar);

    assert_int_equal(maa.result, CX_SUCCESS);
    assert_true(sqn_of(&maa.vector[0]) > sqn_ms);
    assert_true(sqn_of(&maa.vector[0]) >> AKA_IND_BITS == (sqn_ms >> AKA_IND_BITS) + 1);
    assert_int_equal(stored_sqn(room), sqn_of(&maa.vector[0]));
}

static void an_AUTS_moves_the_counter_once(void **state)
{
    struct room *room = *state;
    struct cx_vector older = room_challenge(room, A).vector[0];
    struct cx_vector v = room_challenge(room, A).vector[0];
    struct cx_mar mar = resync_of(&v, 1000 << AKA_IND_BITS, A);
    uint64_t after;

    assert_int_equal(room_mar(room, &mar).result, CX_SUCCESS);
    assert_int_equal(room_challenge(room, A).result, CX_SUCCESS);
    after = stored_sqn(room);
    assert_int_equal(room_mar(room, &mar).result, CX_UNABLE_TO_COMPLY); /* replayed */
    mar = resync_of(&older, 900 << AKA_IND_BITS, A);
    assert_int_equal(room_mar(room, &mar).result, CX_UNABLE_TO_COMPLY);
    assert_int_equal(stored_sqn(room), after);
}

static void CXM_12_resynchronisation_by_another_server_is_refused(void **state)
{
    struct room *room = *state;
    struct cx_vector v = room_challenge(room, A).vector[0];
    uint64_t before = stored_sqn(room);
    struct cx_mar mar = resync_of(&v, 0x123456789abc, B);
    struct cx_maa maa = room_mar(room, &mar);

    assert_int_equal(maa.result, CX_UNABLE_TO_COMPLY);
    assert_int_equal(maa.count, 0);
    assert_string_equal(room_name(room).scscf_name, A);
    assert_int_equal(stored_sqn(room), before);
    /* and when no server has challenged the user at all */
    room_name_sar(room, A, CX_SAT_AUTHENTICATION_TIMEOUT);
    mar = resync_of(&v, 0x123456789abc, A);
    assert_int_equal(room_mar(room, &mar).result, CX_UNABLE_TO_COMPLY);
    assert_string_equal(room_name(room).scscf_name, "");
}

static void CXM_13_a_forged_auts_never_moves_the_counter(void **state)
{
    struct room *room = *state;
    struct cx_vector v = room_challenge(room, A).vector[0];
    uint64_t before = stored_sqn(room);

    for (int bit = 0; bit < 14 * 8; bit++) {
        struct cx_mar mar = resync_of(&v, 0x123456789abc, A);

        mar.authorization[16 + bit / 8] ^= 1 << bit % 8;
        assert_int_equal(room_mar(room, &mar).result, CX_UNABLE_TO_COMPLY);
        assert_int_equal(stored_sqn(room), before);
    }
}

static void an_auts_for_a_rand_that_was_never_issued_is_refused(void **state)
{
    struct room *room = *state;
    struct cx_vector v = room_challenge(room, A).vector[0];
    struct cx_mar mar;

    v.rand[0] ^= 1;
    mar = resync_of(&v, 0x123456789abc, A); /* rightly computed, for another RAND */
    assert_int_equal(room_mar(room, &mar).result, CX_UNABLE_TO_COMPLY);
    assert_string_equal(room->why.text, "resynchronisation for a RAND that was not issued");
}

static void the_list_of_issued_rands_does_not_grow(void **state)
{
    struct room *room = *state;
    struct sql_rows *rows;
    int64_t kept = 0;

    for (int i = 0; i < 100; i++)
        room_challenge(room, A);
    sql_begin(room->store.sql);
    rows = sql_ask(room->store.sql, "SELECT count(*) FROM challenge", "");
    while (sql_next(rows))
        kept = sql_int(rows, 0);
    sql_commit(room->store.sql, &room->why);
    assert_int_equal(kept, 32);
}

static void CXM_14_an_authorization_of_29_octets_is_an_invalid_value(void **state)
{
    struct room *room = *state;
    struct cx_vector v = room_challenge(room, A).vector[0];
    struct cx_mar mar = resync_of(&v, 1 << 20, A);

    mar.authorization_len = 29;
    assert_int_equal(room_mar(room, &mar).result, CX_INVALID_AVP_VALUE);
    mar.authorization_len = 1;
    assert_int_equal(room_mar(room, &mar).result, CX_INVALID_AVP_VALUE);
    mar.authorization_len = 64;
    assert_int_equal(room_mar(room, &mar).result, CX_INVALID_AVP_VALUE);
}

static void a_user_without_a_card_is_unable_to_comply(void **state)
{
    struct room *room = *state;
    struct cx_mar mar = room_mar_of("off@hims.net", "sip:off@hims.net", A);

    assert_int_equal(room_mar(room, &mar).result, CX_UNABLE_TO_COMPLY);
    assert_string_equal(room->why.text,
                        "'off@hims.net' has no key: its SIM is not in the sims file");
}

static void a_failure_gives_no_vector_and_changes_nothing(void **state)
{
    static const struct cx_maa none = {.result = CX_UNABLE_TO_COMPLY};
    struct room *room = *state;
    struct cx_maa maa;

    room->store.random = give_no_random;
    maa = room_challenge(room, A);
    assert_memory_equal(&maa, &none, sizeof maa);
    assert_string_equal(room_name(room).scscf_name, "");
    room_teardown(state);
    room_setup(state);
    room = *state;
    room_break(room);
    maa = room_challenge(room, A);
    assert_memory_equal(&maa, &none, sizeof maa);
    assert_int_equal(stored_sqn(room), 0);
    assert_string_equal(room_name(room).scscf_name, "");
    assert_false(room_name(room).auth_pending);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(CXM_01_an_unknown_user_and_a_mismatch_are_refused),
        CASE(CXM_02_an_aka_user_gets_a_vector),
        CASE(CXM_03_a_scheme_that_nobody_knows_is_not_supported),
        CASE(CXM_04_unknown_is_not_for_an_aka_user),
        CASE(CXM_05_sip_digest_is_not_for_an_aka_user),
        CASE(a_digest_user_gets_no_aka_vector_and_the_log_says_why),
        CASE(CXM_18_a_digest_user_gets_its_hash_and_one_item),
        CASE(CXM_18_sha_256_is_the_alternate_or_alone),
        CASE(unknown_is_sip_digest_for_a_digest_user),
        CASE(a_digest_user_without_a_password_is_unable_to_comply),
        CASE(sip_digest_knows_no_resynchronisation),
        CASE(an_akav2_user_is_asked_for_as_akav1),
        CASE(CXM_06_the_vector_is_that_of_ts_35_207_set_1),
        CASE(CXM_07_three_items_rise_and_differ),
        CASE(the_ind_stays_among_those_of_the_hss),
        CASE(CXM_09_another_server_takes_a_registered_user_over),
        CASE(CXM_10_the_same_server_authenticates_a_registered_user_again),
        CASE(CXM_11_resynchronisation_takes_the_counter_of_the_card),
        CASE(an_AUTS_moves_the_counter_once),
        CASE(CXM_12_resynchronisation_by_another_server_is_refused),
        CASE(CXM_13_a_forged_auts_never_moves_the_counter),
        CASE(an_auts_for_a_rand_that_was_never_issued_is_refused),
        CASE(the_list_of_issued_rands_does_not_grow),
        CASE(CXM_14_an_authorization_of_29_octets_is_an_invalid_value),
        CASE(a_user_without_a_card_is_unable_to_comply),
        CASE(a_failure_gives_no_vector_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
