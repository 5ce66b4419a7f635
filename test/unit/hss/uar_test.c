/* SPDX-License-Identifier: Apache-2.0 */
/* User-Authorization, case by case (TS 29.228 6.1.1.1). */
#include "room.h"

#define NAME "name.private@hims.net", "sip:name@hims.net"
#define BAR  "bar@hims.net"

static void REGE_02_an_unknown_identity_is_user_unknown(void **state)
{
    struct room *room = *state;

    assert_int_equal(room_uar(room, "who@hims.net", "sip:name@hims.net", 0).result,
                     CX_USER_UNKNOWN);
    assert_string_equal(room->why.text, "no subscriber has IMPI 'who@hims.net'");
    assert_int_equal(room_uar(room, "name.private@hims.net", "sip:who@hims.net", 0).result,
                     CX_USER_UNKNOWN);
    assert_string_equal(room->why.text, "no subscriber has IMPU 'sip:who@hims.net'");
}

static void REGE_03_identities_of_two_users_do_not_match(void **state)
{
    assert_int_equal(room_uar(*state, "name.private@hims.net", "tel:+15550002", 0).result,
                     CX_IDENTITIES_DONT_MATCH);
}

static void CXU_04_a_barred_identity_without_others_is_rejected(void **state)
{
    struct cx_uaa uaa = room_uar(*state, "off@hims.net", "sip:off@hims.net", 0);

    assert_int_equal(uaa.result, CX_AUTHORIZATION_REJECTED);
    assert_false(uaa.result & CX_EXP);
}

static void CXU_05_a_barred_identity_with_others_in_its_set_goes_on(void **state)
{
    assert_int_equal(room_uar(*state, BAR, "sip:bar@hims.net", 0).result, CX_FIRST_REGISTRATION);
}

static void REGE_04_a_network_that_is_not_allowed_is_refused(void **state)
{
    struct room *room = *state;
    struct cx_uar uar = {.impi = BAR, .impu = "tel:+15550002", .visited = "other.net"};
    struct cx_uaa uaa;

    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_ROAMING_NOT_ALLOWED);
    assert_string_equal(room->why.text, "may not roam in 'other.net'");
    memcpy(uar.visited, "VIMS.net", 9);
    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_FIRST_REGISTRATION);
    memcpy(uar.visited, "\"vims.net\"", 11); /* as it stands in the header */
    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_FIRST_REGISTRATION);
    memcpy(uar.visited, "hims.net", 9); /* at home */
    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_FIRST_REGISTRATION);
}

static void CXU_07_de_registration_asks_for_no_roaming(void **state)
{
    struct room *room = *state;
    struct cx_uar uar = {.impi = BAR, .impu = "tel:+15550002", .visited = "other.net", .type = 1};
    struct cx_uaa uaa;

    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_IDENTITY_NOT_REGISTERED);
}

static void CXU_08_who_may_not_register_is_rejected(void **state)
{
    assert_int_equal(room_uar(*state, "no@hims.net", "sip:no@hims.net", 0).result,
                     CX_AUTHORIZATION_REJECTED);
}

static void CXU_10_CXU_11_a_registered_identity_has_its_server_name(void **state)
{
    struct cx_uaa uaa;

    room_register(*state);
    uaa = room_uar(*state, NAME, CX_UAT_REGISTRATION);
    assert_int_equal(uaa.result, CX_SUBSEQUENT_REGISTRATION);
    assert_string_equal(uaa.server_name, A);
    assert_false(uaa.has_capabilities);
    uaa = room_uar(*state, NAME, CX_UAT_DE_REGISTRATION);
    assert_int_equal(uaa.result, CX_SUCCESS);
    assert_string_equal(uaa.server_name, A);
    /* another identity of the same implicit set */
    uaa = room_uar(*state, "name.private@hims.net", "tel:+15550001", 0);
    assert_int_equal(uaa.result, CX_SUBSEQUENT_REGISTRATION);
}

static void CXU_12_an_unregistered_identity_has_its_server_name(void **state)
{
    struct cx_uaa uaa;

    room_name_sar(*state, A, CX_SAT_UNREGISTERED_USER);
    uaa = room_uar(*state, NAME, CX_UAT_REGISTRATION);
    assert_int_equal(uaa.result, CX_SUBSEQUENT_REGISTRATION);
    assert_string_equal(uaa.server_name, A);
    uaa = room_uar(*state, NAME, CX_UAT_DE_REGISTRATION);
    assert_int_equal(uaa.result, CX_SUCCESS);
    assert_string_equal(uaa.server_name, A);
}

static void de_registration_of_nobody_is_not_registered(void **state)
{
    assert_int_equal(room_uar(*state, NAME, CX_UAT_DE_REGISTRATION).result,
                     CX_IDENTITY_NOT_REGISTERED);
}

static void de_registration_while_the_authentication_is_pending_has_the_name(void **state)
{
    struct cx_uaa uaa;

    room_challenge(*state, A);
    uaa = room_uar(*state, NAME, CX_UAT_DE_REGISTRATION);
    assert_int_equal(uaa.result, CX_SUCCESS);
    assert_string_equal(uaa.server_name, A);
}

static void CXU_15_the_first_registration_has_capabilities_and_no_name(void **state)
{
    struct cx_uaa uaa = room_uar(*state, NAME, CX_UAT_REGISTRATION);

    assert_int_equal(uaa.result, CX_FIRST_REGISTRATION);
    assert_string_equal(uaa.server_name, "");
    assert_false(uaa.has_capabilities); /* absent: any S-CSCF will do */
    uaa = room_uar(*state, BAR, "tel:+15550002", CX_UAT_REGISTRATION);
    assert_true(uaa.has_capabilities);
    assert_int_equal(uaa.capabilities.mandatory_count, 2);
    assert_int_equal(uaa.capabilities.mandatory[1], 2);
    assert_int_equal(uaa.capabilities.optional_count, 1);
    assert_int_equal(uaa.capabilities.optional[0], 3);
}

static void after_a_MAR_the_second_register_has_the_name(void **state)
{
    struct cx_uaa uaa;

    room_challenge(*state, A);
    uaa = room_uar(*state, NAME, CX_UAT_REGISTRATION);
    assert_int_equal(uaa.result, CX_SUBSEQUENT_REGISTRATION);
    assert_string_equal(uaa.server_name, A);
}

static void another_set_of_the_subscription_gets_the_same_server(void **state)
{
    struct cx_uaa uaa;

    room_script(*state, "INSERT INTO implicit_set (id, subscription) VALUES (90, 1);"
                        "INSERT INTO registration (impi, implicit_set) VALUES (1, 90);"
                        "INSERT INTO impu (impu, implicit_set, profile, position) VALUES "
                        "('sip:work@hims.net', 90, 1, 0);");
    room_register(*state);
    uaa = room_uar(*state, "name.private@hims.net", "sip:work@hims.net", CX_UAT_REGISTRATION);
    assert_int_equal(uaa.result, CX_SUBSEQUENT_REGISTRATION);
    assert_string_equal(uaa.server_name, A);
}

static void CXU_19_CXU_22_re_selection_has_capabilities_and_no_name(void **state)
{
    struct cx_uaa uaa;

    room_script(*state, "UPDATE implicit_set SET state = 1, scscf_name = 'sip:x' WHERE id = 2;");
    uaa = room_uar(*state, BAR, "tel:+15550002", CX_UAT_REGISTRATION_AND_CAPABILITIES);
    assert_int_equal(uaa.result, CX_SUCCESS);
    assert_string_equal(uaa.server_name, "");
    assert_int_equal(uaa.capabilities.mandatory_count, 2);
}

static void CXU_19_re_selection_lets_the_next_server_in(void **state)
{
    room_register(*state);
    assert_false(room_name(*state).reassigning);
    room_uar(*state, NAME, CX_UAT_REGISTRATION_AND_CAPABILITIES);
    assert_true(room_name(*state).reassigning);
}

static void re_selection_of_who_has_no_server_marks_nothing(void **state)
{
    assert_int_equal(room_uar(*state, NAME, CX_UAT_REGISTRATION_AND_CAPABILITIES).result,
                     CX_SUCCESS);
    assert_false(room_name(*state).reassigning);
}

static void CXU_22_the_capabilities_are_those_of_a_LIA_and_name_servers_too(void **state)
{
    struct room *room = *state;
    struct cx_lir lir = {.impu = "tel:+15550002", .type = -1};
    struct cx_uaa uaa;
    struct cx_lia lia;

    room_script(room, "INSERT INTO capability_server SELECT id, 1, 'sip:scscf2.hims.net' FROM "
                      "subscription WHERE name = 'bar';"
                      "INSERT INTO capability_server SELECT id, 0, 'sip:scscf1.hims.net' FROM "
                      "subscription WHERE name = 'bar';");
    uaa = room_uar(room, BAR, "tel:+15550002", CX_UAT_REGISTRATION);
    answer_lir(&room->store, &lir, &lia, &room->why);
    assert_int_equal(lia.result, CX_UNREGISTERED_SERVICE);
    assert_memory_equal(&uaa.capabilities, &lia.capabilities, sizeof lia.capabilities);
    assert_int_equal(uaa.capabilities.server_count, 2);
    assert_string_equal(uaa.capabilities.server[0], "sip:scscf1.hims.net");
    assert_int_equal(uaa.features.bits, CX_FEATURE_RESTORATION);
}

static void CXU_20_an_emergency_registration_asks_for_no_roaming(void **state)
{
    struct room *room = *state;
    struct cx_uar uar = {.impi = BAR, .impu = "tel:+15550002", .visited = "x", .flags = 1};
    struct cx_uaa uaa;

    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_FIRST_REGISTRATION);
}

static void CXU_20_an_emergency_registration_is_never_refused(void **state)
{
    struct room *room = *state;
    struct cx_uar uar = {
        .impi = "off@hims.net", .impu = "sip:off@hims.net", .visited = "x", .flags = 1};
    struct cx_uaa uaa;

    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_FIRST_REGISTRATION);
}

static void CXU_21_a_database_that_fails_is_unable_to_comply(void **state)
{
    struct room *room = *state;
    struct cx_uaa uaa;

    room_script(room, "ALTER TABLE visited_network RENAME TO gone;");
    uaa = room_uar(room, NAME, CX_UAT_REGISTRATION);
    assert_int_equal(uaa.result, CX_UNABLE_TO_COMPLY);
    assert_string_equal(uaa.server_name, "");
    assert_false(uaa.has_capabilities);
    assert_non_null(strstr(room->why.text, "no such table"));
    room_script(room, "ALTER TABLE gone RENAME TO visited_network;");
    assert_int_equal(room_uar(room, NAME, 0).result, CX_FIRST_REGISTRATION);
}

static void a_type_that_does_not_exist_is_an_invalid_value(void **state)
{
    assert_int_equal(room_uar(*state, NAME, 3).result, CX_INVALID_AVP_VALUE);
    assert_int_equal(room_uar(*state, NAME, -1).result, CX_INVALID_AVP_VALUE);
}

static void identities_are_values_and_never_part_of_a_statement(void **state)
{
    assert_int_equal(room_uar(*state, "' OR 1=1 --", "sip:name@hims.net", 0).result,
                     CX_USER_UNKNOWN);
    assert_int_equal(room_uar(*state, NAME, 0).result, CX_FIRST_REGISTRATION);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(REGE_02_an_unknown_identity_is_user_unknown),
        CASE(REGE_03_identities_of_two_users_do_not_match),
        CASE(CXU_04_a_barred_identity_without_others_is_rejected),
        CASE(CXU_05_a_barred_identity_with_others_in_its_set_goes_on),
        CASE(REGE_04_a_network_that_is_not_allowed_is_refused),
        CASE(CXU_07_de_registration_asks_for_no_roaming),
        CASE(CXU_08_who_may_not_register_is_rejected),
        CASE(CXU_10_CXU_11_a_registered_identity_has_its_server_name),
        CASE(CXU_12_an_unregistered_identity_has_its_server_name),
        CASE(de_registration_of_nobody_is_not_registered),
        CASE(de_registration_while_the_authentication_is_pending_has_the_name),
        CASE(CXU_15_the_first_registration_has_capabilities_and_no_name),
        CASE(after_a_MAR_the_second_register_has_the_name),
        CASE(another_set_of_the_subscription_gets_the_same_server),
        CASE(CXU_19_CXU_22_re_selection_has_capabilities_and_no_name),
        CASE(CXU_19_re_selection_lets_the_next_server_in),
        CASE(re_selection_of_who_has_no_server_marks_nothing),
        CASE(CXU_22_the_capabilities_are_those_of_a_LIA_and_name_servers_too),
        CASE(CXU_20_an_emergency_registration_asks_for_no_roaming),
        CASE(CXU_20_an_emergency_registration_is_never_refused),
        CASE(CXU_21_a_database_that_fails_is_unable_to_comply),
        CASE(a_type_that_does_not_exist_is_an_invalid_value),
        CASE(identities_are_values_and_never_part_of_a_statement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
