/* SPDX-License-Identifier: Apache-2.0 */
/* What the database says of a push before it is sent, and what an S-CSCF's refusal means (TS 29.228
 * 6.1.3.1, 6.2.2.1). */
#include "../../../hss/push.h"
#include "room.h"

static void register_name(struct room *room)
{
    room_script(room,
                "UPDATE implicit_set SET state = 1, scscf_name = '" A "', scscf_host = '" HOST_A
                "' WHERE id = 1; UPDATE registration SET registered = 1 WHERE implicit_set = "
                "1;");
}

static void an_RTR_spares_who_has_registered_there_again(void **state)
{
    struct room *room = *state;
    struct cx_rtr rtr = {.impi = "name.private@hims.net"};
    struct push *push = push_rtr_new(HOST_A, &rtr), *other = push_rtr_new(HOST_B, &rtr);

    rtr_check(&room->store, push);
    assert_true(push->due);
    register_name(room);
    rtr_check(&room->store, push);
    assert_false(push->due);
    rtr_check(&room->store, other); /* where it was before: that one forgets it */
    assert_true(other->due);
    push_free(push);
    rtr.impu_count = 1;
    strcpy(rtr.impu[0], "tel:+15550001");
    push = push_rtr_new(HOST_A, &rtr);
    rtr_check(&room->store, push);
    assert_false(push->due);
    push_free(push);
    push_free(other);
}

static void a_PPR_is_due_while_an_scscf_serves_the_set(void **state)
{
    struct room *room = *state;
    struct push *push = push_ppr_new(HOST_A, 1);

    ppr_check(&room->store, push);
    assert_false(push->due);
    register_name(room);
    room_script(room, "UPDATE subscription SET primary_ccf = 'aaa://ccf' WHERE id = 1");
    ppr_check(&room->store, push);
    assert_true(push->due);
    assert_string_equal(push->ppr.impi, "name.private@hims.net");
    assert_string_equal(push->ppr.charging.primary_ccf, "aaa://ccf");
    assert_non_null(strstr(push->ppr.user_data, "<Identity>sip:name@hims.net</Identity>"));
    room_script(room, "UPDATE implicit_set SET scscf_name = '" B "', scscf_host = '" HOST_B
                      "' WHERE id = 1"); /* meanwhile elsewhere: that one is told */
    ppr_check(&room->store, push);
    assert_string_equal(push->host, HOST_B);
    push_free(push);
}

static void NET_15_an_unknown_user_is_tried_by_the_next_identity_and_stays(void **state)
{
    struct room *room = *state;
    struct push *push = push_ppr_new(HOST_A, 1);

    room_second_impi(room);
    register_name(room);
    ppr_check(&room->store, push);
    assert_int_equal(push->impi_count, 2);
    push->result = CX_USER_UNKNOWN;
    ppr_settle(&room->store, push);
    assert_true(push->due);
    ppr_check(&room->store, push);
    assert_string_equal(push->ppr.impi, "second@hims.net");
    ppr_settle(&room->store, push);
    assert_false(push->due);
    ppr_check(&room->store, push);
    assert_false(push->due);
    assert_null(push->follows);
    push_free(push);
}

static void NET_16_17_a_profile_it_cannot_take_changes_the_server(void **state)
{
    static const int results[] = {CX_NOT_SUPPORTED_USER_DATA, CX_TOO_MUCH_DATA,
                                  CX_UNABLE_TO_COMPLY};
    struct room *room = *state;

    room_second_impi(room);
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        struct push *push = push_ppr_new(HOST_A, 1);

        register_name(room);
        ppr_check(&room->store, push);
        push->result = results[i];
        ppr_settle(&room->store, push);
        assert_false(push->due);
        assert_non_null(push->follows);
        assert_int_equal(push->follows->kind, PUSH_RTR);
        assert_int_equal(push->follows->rtr->reason, CX_REASON_SERVER_CHANGE);
        assert_string_equal(push->follows->rtr->impu[0], "sip:name@hims.net");
        assert_string_equal(push->follows->rtr->associated[0], "second@hims.net");
        rtr_check(&room->store, push->follows);
        assert_true(push->follows->due); /* nobody is registered there any more */
        push_free(push);
    }
}

static void another_refusal_is_only_told(void **state)
{
    struct room *room = *state;
    struct push *push = push_ppr_new(HOST_A, 1);

    register_name(room);
    ppr_check(&room->store, push);
    push->result = CX_COMMAND_UNSUPPORTED;
    ppr_settle(&room->store, push);
    assert_false(push->due);
    assert_null(push->follows);
    push_free(push);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)
    const struct CMUnitTest tests[] = {
        CASE(an_RTR_spares_who_has_registered_there_again),
        CASE(a_PPR_is_due_while_an_scscf_serves_the_set),
        CASE(NET_15_an_unknown_user_is_tried_by_the_next_identity_and_stays),
        CASE(NET_16_17_a_profile_it_cannot_take_changes_the_server),
        CASE(another_refusal_is_only_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
