/* SPDX-License-Identifier: Apache-2.0 */
/* The S-CSCF that a MAR of another one leaves behind (29.228 8.1.1). */
#include "room.h"

#include "../../../hss/leaving.h"

static struct push *leaving(struct room *room, const char *peer)
{
    struct cx_mar mar = room_mar_of("name.private@hims.net", "tel:+15550001", B);

    return leaving_find(&room->store, peer, &mar);
}

static void CXM_09_the_old_server_is_told_of_the_new_one(void **state)
{
    struct push *push;

    room_second_impi(*state);
    room_register(*state);
    room_sar(*state, "second@hims.net", "sip:name@hims.net", A, CX_SAT_REGISTRATION);
    push = leaving(*state, HOST_B);
    assert_non_null(push);
    assert_string_equal(push->host, HOST_A);
    assert_int_equal(push->rtr->reason, CX_REASON_NEW_SERVER_ASSIGNED);
    assert_string_equal(push->rtr->impi, "name.private@hims.net");
    assert_int_equal(push->rtr->associated_count, 1);
    assert_string_equal(push->rtr->associated[0], "second@hims.net");
    assert_int_equal(push->rtr->impu_count, 2);
    assert_string_equal(push->rtr->impu[0], "sip:name@hims.net");
    push_free(push);
}

static void who_asks_for_its_own_user_leaves_nobody(void **state)
{
    room_register(*state);
    assert_null(leaving(*state, HOST_A));
}

static void who_is_not_registered_leaves_nobody(void **state)
{
    assert_null(leaving(*state, HOST_B));
    room_challenge(*state, A); /* chosen, and not yet registered */
    assert_null(leaving(*state, HOST_B));
    room_name_sar(*state, A, CX_SAT_UNREGISTERED_USER);
    assert_null(leaving(*state, HOST_B));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(CXM_09_the_old_server_is_told_of_the_new_one),
        CASE(who_asks_for_its_own_user_leaves_nobody),
        CASE(who_is_not_registered_leaves_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
