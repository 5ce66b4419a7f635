/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are given again (RFC 6733 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../hss/repeat.h"
#include "xalloc.h"

static const struct repeat_key key = {"scscf1.hims.net", 0xc0000001};

static struct cx_maa vectors(void)
{
    struct cx_maa maa = {.result = CX_SUCCESS, .impi = "name.private@hims.net", .count = 1};

    memset(maa.vector[0].rand, 0xa5, sizeof maa.vector[0].rand);
    maa.vector[0].ck[15] = 1;
    return maa;
}

static void DIA_16_a_vector_is_given_again_to_who_got_it(void **state)
{
    struct repeats *r = repeats_new(1 << 20);
    struct repeat_key other_peer = {"scscf2.hims.net", key.id};
    struct repeat_key other_id = {key.peer, key.id + 4096};
    struct cx_maa maa = vectors(), found;
    struct cx_saa saa;

    (void)state;
    repeats_keep_maa(r, key, &maa, 1000);
    assert_true(repeats_find_maa(r, key, &found, 2000));
    assert_memory_equal(&found, &maa, sizeof maa);
    assert_false(repeats_find_maa(r, other_peer, &found, 2000));
    assert_false(repeats_find_maa(r, other_id, &found, 2000));
    assert_false(repeats_find_saa(r, key, &saa, 2000));
    repeats_free(r);
}

static void DIA_16_a_profile_is_given_again_whole(void **state)
{
    struct cx_contact contact = {.path = "<sip:p;lr>", .contact = "<sip:c>", .cseq = 25};
    struct cx_restoration restoration = {.impi = "a@b", .contact = &contact, .contact_count = 1};
    struct cx_saa saa =
                      {
                          .result = CX_SUCCESS,
                          .associated = {"a@b", "c@b"},
                          .associated_count = 2,
                          .user_data = "<IMSSubscription/>",
                          .restoration = &restoration,
                          .restoration_count = 1
    },
                  found;
    struct repeats *r = repeats_new(1 << 20);

    (void)state;
    repeats_keep_saa(r, key, &saa, 0);
    for (int i = 0; i < 2; i++) { /* as often as it is asked */
        assert_true(repeats_find_saa(r, key, &found, 1));
        assert_int_equal(found.result, CX_SUCCESS);
        assert_string_equal(found.associated[1], "c@b");
        assert_string_equal(found.user_data, "<IMSSubscription/>");
        assert_string_equal(found.restoration[0].contact[0].path, "<sip:p;lr>");
        assert_int_equal(found.restoration[0].contact[0].cseq, 25);
        cx_saa_free(&found);
    }
    repeats_free(r);
}

static void an_answer_is_forgotten_after_four_minutes(void **state)
{
    struct repeats *r = repeats_new(1 << 20);
    struct cx_maa maa = vectors(), found;

    (void)state;
    repeats_keep_maa(r, key, &maa, 1000);
    assert_true(repeats_find_maa(r, key, &found, 240999));
    assert_false(repeats_find_maa(r, key, &found, 241000));
    assert_int_equal(repeats_count(r), 0);
    repeats_free(r);
}

static void the_oldest_go_when_there_is_no_room(void **state)
{
    struct repeats *r = repeats_new(20000);
    struct cx_maa maa = vectors(), found;
    size_t count;

    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        repeats_keep_maa(r, (struct repeat_key){"s", i}, &maa, i);
    count = repeats_count(r);
    assert_true(count > 10 && count < 200);
    assert_true(repeats_find_maa(r, (struct repeat_key){"s", 4999}, &found, 5000));
    assert_false(repeats_find_maa(r, (struct repeat_key){"s", 4999 - count}, &found, 5000));
    repeats_free(r);
}

static void a_struct_without_any_zero_survives(void **state)
{
    struct repeats *r = repeats_new(1 << 20);
    struct cx_maa maa, found;

    (void)state;
    for (size_t i = 0; i < sizeof maa; i++)
        ((uint8_t *)&maa)[i] = i % 7 ? 0xff : 0;
    repeats_keep_maa(r, key, &maa, 0);
    assert_true(repeats_find_maa(r, key, &found, 0));
    assert_memory_equal(&found, &maa, sizeof maa);
    for (size_t i = 0; i < sizeof maa; i++)
        ((uint8_t *)&maa)[i] = i % 2; /* as many pieces as there can be */
    repeats_keep_maa(r, key, &maa, 0);
    assert_true(repeats_find_maa(r, key, &found, 0));
    assert_memory_equal(&found, &maa, sizeof maa); /* an id used again: the newest counts */
    repeats_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DIA_16_a_vector_is_given_again_to_who_got_it),
        cmocka_unit_test(DIA_16_a_profile_is_given_again_whole),
        cmocka_unit_test(an_answer_is_forgotten_after_four_minutes),
        cmocka_unit_test(the_oldest_go_when_there_is_no_room),
        cmocka_unit_test(a_struct_without_any_zero_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
