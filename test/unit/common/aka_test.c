/* SPDX-License-Identifier: Apache-2.0 */
#include "aka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "digest_aka.h"
#include "published.h"

#define DELTA (1ull << 28)
#define L     (1ull << 20)

static uint64_t sqn_of(const struct published *p)
{
    uint8_t octets[6];
    uint64_t sqn = 0;

    unhex(p->sqn, octets);
    for (int i = 0; i < 6; i++)
        sqn = sqn << 8 | octets[i];
    return sqn;
}

static struct aka_key key_of(const struct published *p)
{
    struct aka_key key;

    unhex(p->k, key.k);
    unhex(p->opc, key.opc);
    unhex(p->amf, key.amf);
    return key;
}

/* A card of set 1 and what it says to a challenge with this SQN. */
struct card {
    struct aka_key key;
    struct aka_seen seen;
    uint8_t res[8], ck[16], ik[16], auts[14];
};

static struct card new_card(void)
{
    return (struct card){.key = key_of(&published[0])};
}

static enum aka_verdict challenge(struct card *card, uint64_t seq, unsigned ind)
{
    static const uint8_t rand[16] = {0x23, 0x55};
    struct aka_vector v;

    aka_make(&card->key, rand, seq << AKA_IND_BITS | ind, &v);
    return aka_answer(&card->key, &card->seen, v.rand, v.autn, card->res, card->ck, card->ik,
                      card->auts);
}

static uint64_t sqn_in_auts(const struct card *card)
{
    static const uint8_t rand[16] = {0x23, 0x55};
    uint64_t sqn_ms = 0;

    assert_true(aka_check_auts(&card->key, rand, card->auts, &sqn_ms));
    return sqn_ms;
}

static void a_vector_has_the_published_autn_and_keys(void **state)
{
    (void)state;
    for (const struct published *p = published; p < published + PUBLISHED_COUNT; p++) {
        struct aka_key key = key_of(p);
        struct aka_vector v;
        uint8_t rand[16], want[16];

        unhex(p->rand, rand);
        aka_make(&key, rand, sqn_of(p), &v);
        assert_memory_equal(v.rand, rand, 16);
        assert_memory_equal(v.autn, want, unhex(p->autn, want));
        assert_memory_equal(v.xres, want, unhex(p->res, want));
        assert_memory_equal(v.ck, want, unhex(p->ck, want));
        assert_memory_equal(v.ik, want, unhex(p->ik, want));
    }
}

static void the_card_answers_every_published_challenge(void **state)
{
    (void)state;
    for (const struct published *p = published; p < published + PUBLISHED_COUNT; p++) {
        struct card card = {.key = key_of(p)};
        uint8_t rand[16], autn[16], want[16];

        unhex(p->rand, rand);
        unhex(p->autn, autn);
        card.seen.seq[0] = (sqn_of(p) >> AKA_IND_BITS) - 1;
        assert_int_equal(
            aka_answer(&card.key, &card.seen, rand, autn, card.res, card.ck, card.ik, card.auts),
            AKA_FINE);
        assert_memory_equal(card.res, want, unhex(p->res, want));
        assert_memory_equal(card.ck, want, unhex(p->ck, want));
        assert_memory_equal(card.ik, want, unhex(p->ik, want));
        assert_int_equal(card.seen.seq[sqn_of(p) & 31], sqn_of(p) >> AKA_IND_BITS);
    }
}

static void a_card_ahead_of_the_network_makes_the_published_auts(void **state)
{
    (void)state;
    for (const struct published *p = published; p < published + PUBLISHED_COUNT; p++) {
        struct card card = {.key = key_of(p)};
        uint8_t rand[16], want[14];
        struct aka_vector v;
        uint64_t sqn_ms;

        unhex(p->rand, rand);
        assert_int_equal(digest_unbase64(p->auts, want, sizeof want), 14);
        aka_make(&card.key, rand, 1 << AKA_IND_BITS, &v);
        card.seen.seq[sqn_of(p) & 31] = sqn_of(p) >> AKA_IND_BITS;
        assert_int_equal(aka_answer(&card.key, &card.seen, v.rand, v.autn, card.res, card.ck,
                                    card.ik, card.auts),
                         AKA_OUT_OF_RANGE);
        assert_memory_equal(card.auts, want, 14);
        assert_true(aka_check_auts(&card.key, rand, want, &sqn_ms));
        assert_int_equal(sqn_ms, sqn_of(p));
    }
}

static void a_forged_auts_or_one_for_another_rand_is_refused(void **state)
{
    struct aka_key key = key_of(&published[0]);
    uint8_t rand[16], other[16], auts[14];
    uint64_t sqn_ms = 77;

    (void)state;
    unhex(published[0].rand, rand);
    unhex(published[1].rand, other);
    assert_int_equal(digest_unbase64(published[0].auts, auts, sizeof auts), 14);
    assert_false(aka_check_auts(&key, other, auts, &sqn_ms));
    for (int bit = 0; bit < 14 * 8; bit++) {
        auts[bit / 8] ^= 1 << bit % 8;
        assert_false(aka_check_auts(&key, rand, auts, &sqn_ms));
        auts[bit / 8] ^= 1 << bit % 8;
    }
    assert_int_equal(sqn_ms, 77);
}

static void a_changed_autn_is_a_wrong_mac_and_leaves_the_card_as_it_was(void **state)
{
    struct card card = new_card();
    struct aka_seen before = card.seen;
    uint8_t rand[16] = {1};
    struct aka_vector v;

    (void)state;
    for (int bit = 0; bit < 128; bit++) {
        aka_make(&card.key, rand, 5 << AKA_IND_BITS, &v);
        v.autn[bit / 8] ^= 1 << bit % 8;
        assert_int_equal(aka_answer(&card.key, &card.seen, v.rand, v.autn, card.res, card.ck,
                                    card.ik, card.auts),
                         AKA_WRONG_MAC);
    }
    assert_memory_equal(&card.seen, &before, sizeof before);
}

static void a_replayed_sqn_is_refused_and_auts_names_ours(void **state)
{
    struct card card = new_card();

    (void)state;
    assert_int_equal(challenge(&card, 100, 3), AKA_FINE);
    assert_int_equal(challenge(&card, 100, 3), AKA_OUT_OF_RANGE);
    assert_int_equal(sqn_in_auts(&card), 100 << AKA_IND_BITS | 3);
    assert_int_equal(challenge(&card, 99, 3), AKA_OUT_OF_RANGE);
    assert_int_equal(challenge(&card, 101, 3), AKA_FINE);
}

static void an_older_vector_of_another_index_still_passes_once(void **state)
{
    struct card card = new_card();

    (void)state;
    assert_int_equal(challenge(&card, 100, 3), AKA_FINE);
    assert_int_equal(challenge(&card, 98, 4), AKA_FINE);
    assert_int_equal(challenge(&card, 98, 4), AKA_OUT_OF_RANGE);
    assert_int_equal(sqn_in_auts(&card), 100 << AKA_IND_BITS | 3);
}

static void the_highest_sqn_is_accepted_and_nothing_after_it_wraps(void **state)
{
    struct card card = new_card();
    uint64_t top = AKA_SQN_MAX >> AKA_IND_BITS;

    (void)state;
    card.seen.seq[0] = top - 1;
    assert_int_equal(challenge(&card, top, 31), AKA_FINE);
    assert_int_equal(challenge(&card, 1, 5), AKA_OUT_OF_RANGE);
    assert_int_equal(sqn_in_auts(&card), AKA_SQN_MAX);
}

static void a_jump_longer_than_delta_is_refused(void **state)
{
    struct card card = new_card();

    (void)state;
    assert_int_equal(challenge(&card, 10, 0), AKA_FINE);
    assert_int_equal(challenge(&card, 10 + DELTA + 1, 1), AKA_OUT_OF_RANGE);
    assert_int_equal(challenge(&card, 10 + DELTA, 1), AKA_FINE);
}

static void a_vector_older_than_the_age_limit_is_refused(void **state)
{
    struct card card = new_card();

    (void)state;
    assert_int_equal(challenge(&card, 2 * L, 0), AKA_FINE);
    assert_int_equal(challenge(&card, L, 1), AKA_OUT_OF_RANGE);
    assert_int_equal(challenge(&card, L + 1, 1), AKA_FINE);
}

static void the_next_sqn_has_the_next_seq_and_cycles_through_its_clients_indexes(void **state)
{
    (void)state;
    for (unsigned first = 0; first <= 16; first += 16) {
        uint64_t sqn = 0, before;

        for (unsigned i = 0; i < 100; i++) {
            before = sqn;
            sqn = aka_next_sqn(sqn, first);
            assert_int_equal(sqn >> AKA_IND_BITS, (before >> AKA_IND_BITS) + 1);
            assert_in_range(sqn & 31, first, first + 15);
            if (i > 0)
                assert_int_equal((sqn & 15), ((before & 15) + 1) % 16);
        }
    }
    assert_in_range(aka_next_sqn(AKA_SQN_MAX, 0), 0, 31);
}

static void after_resynchronisation_the_next_vector_is_accepted(void **state)
{
    struct card card = new_card();
    uint64_t sqn;

    (void)state;
    assert_int_equal(challenge(&card, 5000, 20), AKA_FINE);
    assert_int_equal(challenge(&card, 7, 20), AKA_OUT_OF_RANGE);
    sqn = aka_next_sqn(sqn_in_auts(&card), 0);
    assert_int_equal(challenge(&card, sqn >> AKA_IND_BITS, sqn & 31), AKA_FINE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_has_the_published_autn_and_keys),
        cmocka_unit_test(the_card_answers_every_published_challenge),
        cmocka_unit_test(a_card_ahead_of_the_network_makes_the_published_auts),
        cmocka_unit_test(a_forged_auts_or_one_for_another_rand_is_refused),
        cmocka_unit_test(a_changed_autn_is_a_wrong_mac_and_leaves_the_card_as_it_was),
        cmocka_unit_test(a_replayed_sqn_is_refused_and_auts_names_ours),
        cmocka_unit_test(an_older_vector_of_another_index_still_passes_once),
        cmocka_unit_test(the_highest_sqn_is_accepted_and_nothing_after_it_wraps),
        cmocka_unit_test(a_jump_longer_than_delta_is_refused),
        cmocka_unit_test(a_vector_older_than_the_age_limit_is_refused),
        cmocka_unit_test(the_next_sqn_has_the_next_seq_and_cycles_through_its_clients_indexes),
        cmocka_unit_test(after_resynchronisation_the_next_vector_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
