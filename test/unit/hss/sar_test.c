/* SPDX-License-Identifier: Apache-2.0 */
/* Server-Assignment and Location-Info, case by case (TS 29.228 6.1.2.1, 6.1.4.1). */
#include "room.h"

#define IMPI "name.private@hims.net"
#define IMPU "sip:name@hims.net"

static struct cx_lia lir(struct room *room, const char *impu, bool originating, int type)
{
    struct cx_lir request = {.originating = originating, .type = type};
    struct cx_lia lia;

    snprintf(request.impu, sizeof request.impu, "%s", impu);
    answer_lir(&room->store, &request, &lia, &room->why);
    return lia;
}

/* ---- SAR ---- */

static void CXS_01_an_unknown_identity_is_user_unknown_for_every_type(void **state)
{
    for (int type = 0; type <= CX_SAT_DEREGISTRATION_TOO_MUCH_DATA; type++) {
        assert_int_equal(room_sar(*state, IMPI, "sip:who@hims.net", A, type).result,
                         CX_USER_UNKNOWN);
        assert_int_equal(room_sar(*state, "who@hims.net", IMPU, A, type).result, CX_USER_UNKNOWN);
    }
}

static void CXS_02_identities_of_two_users_do_not_match(void **state)
{
    assert_int_equal(room_sar(*state, IMPI, "tel:+15550002", A, CX_SAT_REGISTRATION).result,
                     CX_IDENTITIES_DONT_MATCH);
}

static void CXS_04_a_deregistration_may_name_several_identities(void **state)
{
    struct room *room = *state;
    struct cx_sar sar = {
        .impi = IMPI,
        .impu = {IMPU, "tel:+15550001"},
        .impu_count = 2,
        .server_name = A,
        .type = CX_SAT_REGISTRATION
    };
    struct cx_saa saa;

    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    assert_int_equal(saa.result, 5009); /* but a registration names one */
    room_register(room);
    sar.type = CX_SAT_USER_DEREGISTRATION;
    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_int_equal(room_name(room).state, NOT_REGISTERED);
}

static void CXS_07_the_server_of_the_MAR_registers_the_user(void **state)
{
    struct cx_saa saa;
    struct subscriber s;

    room_challenge(*state, A);
    saa = room_sar_text(*state, IMPI, IMPU, A, CX_SAT_REGISTRATION);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_string_equal(saa.impi, IMPI);
    assert_non_null(strstr(saa.user_data, "<Identity>tel:+15550001</Identity>"));
    assert_int_equal(saa.associated_count, 0);
    free(saa.user_data);
    s = room_load(*state, IMPI, "tel:+15550001"); /* the whole implicit set */
    assert_int_equal(s.state, REGISTERED);
    assert_true(s.registered);
    assert_false(s.auth_pending);
    assert_string_equal(s.scscf_name, A);
    assert_string_equal(s.scscf_host, HOST_A);
}

static void CXS_08_another_server_is_told_who_serves_the_user(void **state)
{
    for (int type = CX_SAT_REGISTRATION; type <= CX_SAT_RE_REGISTRATION; type++) {
        struct cx_saa saa;

        room_register(*state);
        saa = room_name_sar(*state, B, type);
        assert_int_equal(saa.result, CX_IDENTITY_ALREADY_REGISTERED);
        assert_string_equal(saa.server_name, A);
        assert_string_equal(room_name(*state).scscf_name, A);
        assert_int_equal(room_name(*state).state, REGISTERED);
    }
}

static void CXS_10_a_profile_that_the_server_has_is_not_sent(void **state)
{
    struct room *room = *state;
    struct cx_sar sar = {.impi = IMPI,
                         .impu = {IMPU},
                         .impu_count = 1,
                         .server_name = A,
                         .type = CX_SAT_REGISTRATION,
                         .user_data_available = true};
    struct cx_saa saa;

    room_challenge(room, A);
    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_null(saa.user_data);
}

static void CXS_11_an_unregistered_user_is_served(void **state)
{
    struct cx_saa saa = room_sar_text(*state, IMPI, IMPU, A, CX_SAT_UNREGISTERED_USER);

    assert_int_equal(saa.result, CX_SUCCESS);
    assert_non_null(saa.user_data);
    free(saa.user_data);
    assert_int_equal(room_name(*state).state, UNREGISTERED);
    assert_string_equal(room_name(*state).scscf_name, A);
    /* and User-Name may be missing: nobody has logged in */
    saa = room_sar_text(*state, "", IMPU, A, CX_SAT_UNREGISTERED_USER);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_non_null(strstr(saa.user_data, "<PrivateID>name.private@hims.net</PrivateID>"));
    free(saa.user_data);
}

static void CXS_12_another_server_cannot_serve_an_unregistered_user(void **state)
{
    struct cx_saa saa;

    room_register(*state);
    saa = room_name_sar(*state, B, CX_SAT_UNREGISTERED_USER);
    assert_int_equal(saa.result, CX_IDENTITY_ALREADY_REGISTERED);
    assert_string_equal(saa.server_name, A);
}

static void CXS_13_a_registered_user_becomes_unregistered_without_restoration(void **state)
{
    room_register(*state);
    assert_int_equal(room_name_sar(*state, A, CX_SAT_UNREGISTERED_USER).result, CX_SUCCESS);
    assert_int_equal(room_name(*state).state, UNREGISTERED);
    assert_false(room_name(*state).registered);
}

static void CXS_14_deregistration_clears_the_server_of_the_whole_set(void **state)
{
    static const int types[] = {CX_SAT_TIMEOUT_DEREGISTRATION, CX_SAT_USER_DEREGISTRATION,
                                CX_SAT_ADMINISTRATIVE_DEREGISTRATION,
                                CX_SAT_DEREGISTRATION_TOO_MUCH_DATA};

    for (size_t i = 0; i < 4; i++) {
        struct cx_saa saa;
        struct subscriber s;

        room_register(*state);
        saa = room_sar_text(*state, IMPI, IMPU, A, types[i]);
        assert_int_equal(saa.result, CX_SUCCESS);
        assert_null(saa.user_data);
        s = room_load(*state, IMPI, "tel:+15550001");
        assert_int_equal(s.state, NOT_REGISTERED);
        assert_false(s.registered);
        assert_string_equal(s.scscf_name, "");
        assert_string_equal(s.scscf_host, "");
        /* the client repeats it after a lost connection */
        assert_int_equal(room_name_sar(*state, A, types[i]).result, CX_SUCCESS);
    }
}

static void CXS_15_a_user_with_two_cards_stays_registered_by_the_other(void **state)
{
    room_second_impi(*state);
    room_register(*state);
    room_sar(*state, "second@hims.net", IMPU, A, CX_SAT_REGISTRATION);
    assert_int_equal(room_name_sar(*state, A, CX_SAT_USER_DEREGISTRATION).result, CX_SUCCESS);
    assert_int_equal(room_name(*state).state, REGISTERED);
    assert_false(room_name(*state).registered);
    assert_string_equal(room_name(*state).scscf_name, A);
    room_sar(*state, "second@hims.net", IMPU, A, CX_SAT_USER_DEREGISTRATION);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
    assert_string_equal(room_name(*state).scscf_name, "");
}

static void CXS_16_without_a_user_name_two_cards_are_one_too_many(void **state)
{
    room_register(*state);
    room_second_impi(*state);
    room_sar(*state, "second@hims.net", IMPU, A, CX_SAT_REGISTRATION);
    assert_int_equal(room_sar(*state, "", IMPU, A, CX_SAT_TIMEOUT_DEREGISTRATION).result,
                     CX_MISSING_AVP);
    assert_int_equal(room_name(*state).state, REGISTERED);
}

static void without_a_user_name_the_card_that_is_registered_is_meant(void **state)
{
    struct cx_saa saa;

    room_register(*state);
    room_second_impi(*state); /* not registered */
    saa = room_sar(*state, "", IMPU, A, CX_SAT_TIMEOUT_DEREGISTRATION);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_string_equal(saa.impi, IMPI);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
}

static void without_a_user_name_the_only_card_is_meant(void **state)
{
    struct cx_saa saa;

    room_register(*state);
    saa = room_sar(*state, "", IMPU, A, CX_SAT_TIMEOUT_DEREGISTRATION);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_string_equal(saa.impi, IMPI);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
}

static void CXS_17_without_an_identity_all_of_the_card_are_meant(void **state)
{
    room_register(*state);
    assert_int_equal(room_sar(*state, IMPI, "", A, CX_SAT_TIMEOUT_DEREGISTRATION).result,
                     CX_SUCCESS);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
    assert_int_equal(room_sar(*state, "who@hims.net", "", A, CX_SAT_TIMEOUT_DEREGISTRATION).result,
                     CX_USER_UNKNOWN);
}

static void CXS_18_nobody_named_is_a_missing_avp(void **state)
{
    assert_int_equal(room_sar(*state, "", "", A, CX_SAT_TIMEOUT_DEREGISTRATION).result,
                     CX_MISSING_AVP);
    assert_int_equal(room_sar(*state, IMPI, "", A, CX_SAT_REGISTRATION).result, CX_MISSING_AVP);
}

static void CXS_19_DREG_11_the_server_stays_when_it_is_to_be_stored(void **state)
{
    for (int type = CX_SAT_TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME;
         type <= CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME; type++) {
        room_register(*state);
        assert_int_equal(room_name_sar(*state, A, type).result, CX_SUCCESS);
        assert_int_equal(room_name(*state).state, UNREGISTERED);
        assert_string_equal(lir(*state, IMPU, false, -1).server_name, A);
    }
}

static void CXS_20_DREG_12_the_server_goes_when_the_subscription_keeps_none(void **state)
{
    struct cx_saa saa;

    room_register(*state);
    room_script(*state, "UPDATE subscription SET keep_scscf = 0;");
    saa = room_name_sar(*state, A, CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME);
    assert_int_equal(saa.result, CX_SERVER_NAME_NOT_STORED);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
    assert_string_equal(room_name(*state).scscf_name, "");
}

static void CXS_20_another_card_keeps_the_set_registered(void **state)
{
    room_second_impi(*state);
    room_register(*state);
    room_sar(*state, "second@hims.net", IMPU, A, CX_SAT_REGISTRATION);
    room_script(*state, "UPDATE subscription SET keep_scscf = 0;");
    assert_int_equal(
        room_name_sar(*state, A, CX_SAT_TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME).result,
        CX_SERVER_NAME_NOT_STORED);
    assert_int_equal(room_name(*state).state, REGISTERED);
    assert_string_equal(room_name(*state).scscf_name, A);
}

static void charging_functions_come_with_the_profile_and_not_without(void **state)
{
    struct room *room = *state;
    struct cx_sar sar = {.impi = IMPI,
                         .impu = {IMPU},
                         .impu_count = 1,
                         .server_name = A,
                         .type = CX_SAT_REGISTRATION};
    struct cx_saa saa;

    room_script(room, "UPDATE subscription SET primary_ccf = 'aaa://ccf.hims.net', "
                      "secondary_ecf = 'aaa://ecf2.hims.net';"
                      "UPDATE implicit_set SET loose_route = 1;");
    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    assert_string_equal(saa.charging.primary_ccf, "aaa://ccf.hims.net");
    assert_string_equal(saa.charging.secondary_ecf, "aaa://ecf2.hims.net");
    assert_string_equal(saa.charging.secondary_ccf, "");
    assert_int_equal(saa.loose_route, 1);
    cx_saa_free(&saa);
    sar.user_data_available = true;
    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    assert_string_equal(saa.charging.primary_ccf, "");
}

static void CXS_21_a_failed_authentication_clears_the_server(void **state)
{
    struct cx_uaa uaa;

    for (int type = CX_SAT_AUTHENTICATION_FAILURE; type <= CX_SAT_AUTHENTICATION_TIMEOUT; type++) {
        room_challenge(*state, A);
        assert_int_equal(room_name_sar(*state, A, type).result, CX_SUCCESS);
        assert_string_equal(room_name(*state).scscf_name, "");
        assert_false(room_name(*state).auth_pending);
        uaa = room_uar(*state, IMPI, IMPU, CX_UAT_REGISTRATION);
        assert_int_equal(uaa.result, CX_FIRST_REGISTRATION);
    }
}

static void CXS_22_a_failed_re_authentication_leaves_the_user_registered(void **state)
{
    room_register(*state);
    room_challenge(*state, A);
    assert_int_equal(room_name_sar(*state, A, CX_SAT_AUTHENTICATION_FAILURE).result, CX_SUCCESS);
    assert_int_equal(room_name(*state).state, REGISTERED);
    assert_true(room_name(*state).registered);
    assert_false(room_name(*state).auth_pending);
    assert_string_equal(room_name(*state).scscf_name, A);
}

static void CXS_23_CXS_24_the_profile_is_for_the_server_of_the_user(void **state)
{
    struct cx_saa saa;

    room_register(*state);
    saa = room_sar_text(*state, IMPI, IMPU, A, CX_SAT_NO_ASSIGNMENT);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_non_null(saa.user_data);
    free(saa.user_data);
    saa = room_sar_text(*state, IMPI, IMPU, B, CX_SAT_NO_ASSIGNMENT);
    assert_int_equal(saa.result, CX_UNABLE_TO_COMPLY);
    assert_null(saa.user_data);
    assert_int_equal(room_name(*state).state, REGISTERED);
}

static void CXS_25_two_cards_are_associated_identities(void **state)
{
    struct cx_saa saa;

    room_second_impi(*state);
    room_challenge(*state, A);
    saa = room_name_sar(*state, A, CX_SAT_REGISTRATION);
    assert_int_equal(saa.associated_count, 2);
    assert_string_equal(saa.associated[0], IMPI);
    assert_string_equal(saa.associated[1], "second@hims.net");
}

static void CXS_28_other_types_change_nothing(void **state)
{
    room_register(*state);
    for (int type = 12; type <= 14; type++)
        assert_int_equal(room_name_sar(*state, A, type).result, CX_IN_ASSIGNMENT_TYPE);
    assert_int_equal(room_name_sar(*state, A, 15).result, CX_INVALID_AVP_VALUE);
    assert_int_equal(room_name_sar(*state, A, 99).result, CX_INVALID_AVP_VALUE);
    assert_int_equal(room_name_sar(*state, A, -1).result, CX_INVALID_AVP_VALUE);
    assert_int_equal(room_name(*state).state, REGISTERED);
}

static void CXS_30_another_server_cannot_deregister(void **state)
{
    struct cx_saa saa;

    room_register(*state);
    saa = room_name_sar(*state, B, CX_SAT_USER_DEREGISTRATION);
    assert_int_equal(saa.result, CX_IDENTITY_ALREADY_REGISTERED);
    assert_int_equal(room_name(*state).state, REGISTERED);
    assert_true(room_name(*state).registered);
}

static void a_registration_without_a_server_name_is_a_missing_avp(void **state)
{
    assert_int_equal(room_name_sar(*state, "", CX_SAT_REGISTRATION).result, CX_MISSING_AVP);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
}

static void a_database_that_fails_is_unable_to_comply_and_nothing_is_half_done(void **state)
{
    struct cx_saa saa;

    room_challenge(*state, A);
    room_break(*state);
    saa = room_sar_text(*state, IMPI, IMPU, A, CX_SAT_REGISTRATION);
    assert_int_equal(saa.result, CX_UNABLE_TO_COMPLY);
    assert_null(saa.user_data);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
    assert_true(room_name(*state).auth_pending);
}

/* ---- User-Data ---- */

static void REG_08_barred_identities_are_marked_and_the_default_one_is_first(void **state)
{
    struct cx_saa saa = room_sar_text(*state, "bar@hims.net", "tel:+15550002", A, 1);

    assert_string_equal(
        saa.user_data,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><IMSSubscription>"
        "<PrivateID>bar@hims.net</PrivateID><ServiceProfile>"
        "<PublicIdentity><Identity>sip:b&lt;&amp;&gt;r@hims.net</Identity></PublicIdentity>"
        "<PublicIdentity><BarringIndication>1</BarringIndication>"
        "<Identity>sip:bar@hims.net</Identity></PublicIdentity>"
        "<PublicIdentity><Identity>tel:+15550002</Identity></PublicIdentity>"
        "</ServiceProfile></IMSSubscription>");
    free(saa.user_data);
}

static void every_profile_of_the_set_is_sent(void **state)
{
    struct cx_saa saa;

    room_script(*state, "INSERT INTO profile (id, subscription, position) VALUES (50, 1, 1);"
                        "UPDATE impu SET profile = 50 WHERE impu = 'tel:+15550001';");
    saa = room_sar_text(*state, IMPI, IMPU, A, CX_SAT_REGISTRATION);
    assert_non_null(strstr(saa.user_data, "<ServiceProfile><PublicIdentity><Identity>"
                                          "sip:name@hims.net</Identity></PublicIdentity>"
                                          "</ServiceProfile><ServiceProfile><PublicIdentity>"
                                          "<Identity>tel:+15550001</Identity>"));
    free(saa.user_data);
}

/* ---- LIR ---- */

static void CXL_01_an_unknown_identity_is_user_unknown(void **state)
{
    assert_int_equal(lir(*state, "sip:who@hims.net", false, -1).result, CX_USER_UNKNOWN);
}

static void a_registered_identity_has_its_server(void **state)
{
    struct cx_lia lia;

    room_register(*state);
    lia = lir(*state, "tel:+15550001", false, -1);
    assert_int_equal(lia.result, CX_SUCCESS);
    assert_string_equal(lia.server_name, A);
    assert_false(lia.has_capabilities);
}

static void CXL_03_an_unregistered_identity_has_its_server(void **state)
{
    struct cx_lia lia;

    room_name_sar(*state, A, CX_SAT_UNREGISTERED_USER);
    lia = lir(*state, IMPU, false, -1);
    assert_int_equal(lia.result, CX_SUCCESS);
    assert_string_equal(lia.server_name, A);
}

static void CXL_04_unregistered_services_need_a_server_to_be_chosen(void **state)
{
    struct cx_lia lia = lir(*state, "tel:+15550002", false, -1);

    assert_int_equal(lia.result, CX_UNREGISTERED_SERVICE);
    assert_string_equal(lia.server_name, "");
    assert_int_equal(lia.capabilities.mandatory_count, 2);
}

static void CXL_05_unregistered_services_stay_with_the_server_of_the_subscription(void **state)
{
    struct cx_lia lia;

    room_script(*state, "INSERT INTO implicit_set (id, subscription, state, scscf_name) "
                        "VALUES (90, 2, 1, 'sip:scscf1.hims.net');");
    lia = lir(*state, "tel:+15550002", false, -1);
    assert_int_equal(lia.result, CX_SUCCESS);
    assert_string_equal(lia.server_name, A);
}

static void CXL_06_without_unregistered_services_it_is_not_registered(void **state)
{
    assert_int_equal(lir(*state, IMPU, false, -1).result, CX_IDENTITY_NOT_REGISTERED);
    room_challenge(*state, A); /* still nobody there */
    assert_int_equal(lir(*state, IMPU, false, -1).result, CX_IDENTITY_NOT_REGISTERED);
}

static void CXL_07_an_originating_request_needs_a_server_all_the_same(void **state)
{
    assert_int_equal(lir(*state, IMPU, true, -1).result, CX_UNREGISTERED_SERVICE);
}

static void CXL_08_re_selection_has_capabilities_and_no_name(void **state)
{
    struct cx_lia lia = lir(*state, "tel:+15550002", false, 2);

    assert_int_equal(lia.result, CX_SUCCESS);
    assert_true(lia.has_capabilities);
    assert_string_equal(lia.server_name, "");
}

static void CXL_12_a_database_that_fails_is_unable_to_comply(void **state)
{
    room_script(*state, "ALTER TABLE profile RENAME TO gone;");
    room_script(*state, "ALTER TABLE impu RENAME TO gone_too;");
    assert_int_equal(lir(*state, IMPU, false, -1).result, CX_UNABLE_TO_COMPLY);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(CXS_01_an_unknown_identity_is_user_unknown_for_every_type),
        CASE(CXS_02_identities_of_two_users_do_not_match),
        CASE(CXS_04_a_deregistration_may_name_several_identities),
        CASE(CXS_07_the_server_of_the_MAR_registers_the_user),
        CASE(CXS_08_another_server_is_told_who_serves_the_user),
        CASE(CXS_10_a_profile_that_the_server_has_is_not_sent),
        CASE(CXS_11_an_unregistered_user_is_served),
        CASE(CXS_12_another_server_cannot_serve_an_unregistered_user),
        CASE(CXS_13_a_registered_user_becomes_unregistered_without_restoration),
        CASE(CXS_14_deregistration_clears_the_server_of_the_whole_set),
        CASE(CXS_15_a_user_with_two_cards_stays_registered_by_the_other),
        CASE(CXS_16_without_a_user_name_two_cards_are_one_too_many),
        CASE(without_a_user_name_the_card_that_is_registered_is_meant),
        CASE(without_a_user_name_the_only_card_is_meant),
        CASE(CXS_17_without_an_identity_all_of_the_card_are_meant),
        CASE(CXS_18_nobody_named_is_a_missing_avp),
        CASE(CXS_19_DREG_11_the_server_stays_when_it_is_to_be_stored),
        CASE(CXS_20_DREG_12_the_server_goes_when_the_subscription_keeps_none),
        CASE(CXS_20_another_card_keeps_the_set_registered),
        CASE(charging_functions_come_with_the_profile_and_not_without),
        CASE(CXS_21_a_failed_authentication_clears_the_server),
        CASE(CXS_22_a_failed_re_authentication_leaves_the_user_registered),
        CASE(CXS_23_CXS_24_the_profile_is_for_the_server_of_the_user),
        CASE(CXS_25_two_cards_are_associated_identities),
        CASE(CXS_28_other_types_change_nothing),
        CASE(CXS_30_another_server_cannot_deregister),
        CASE(a_registration_without_a_server_name_is_a_missing_avp),
        CASE(a_database_that_fails_is_unable_to_comply_and_nothing_is_half_done),
        CASE(REG_08_barred_identities_are_marked_and_the_default_one_is_first),
        CASE(every_profile_of_the_set_is_sent),
        CASE(CXL_01_an_unknown_identity_is_user_unknown),
        CASE(a_registered_identity_has_its_server),
        CASE(CXL_03_an_unregistered_identity_has_its_server),
        CASE(CXL_04_unregistered_services_need_a_server_to_be_chosen),
        CASE(CXL_05_unregistered_services_stay_with_the_server_of_the_subscription),
        CASE(CXL_06_without_unregistered_services_it_is_not_registered),
        CASE(CXL_07_an_originating_request_needs_a_server_all_the_same),
        CASE(CXL_08_re_selection_has_capabilities_and_no_name),
        CASE(CXL_12_a_database_that_fails_is_unable_to_comply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
