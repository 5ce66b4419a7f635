/* SPDX-License-Identifier: Apache-2.0 */
/* Restoration information, and who may take a user over (29.228 6.1.2.1, 8.1.2; TS 23.380 4). */
#include "room.h"

#define IMPI "name.private@hims.net"
#define IMPU "sip:name@hims.net"

static struct cx_contact the_contacts[] = {
    {.path = "<sip:pcscf1.vims.net;lr>",
     .contact = "<sip:10.46.0.2:5062>;+sip.instance=\"<urn:gsma:imei:49015420-323751-8>\"",
     .cseq = 25,
     .call_id = "apb03a0s09dkjdfglkj49111",
     .has_subscription = true,
     .subscription = {.call_id = "s1",
                      .from = "<sip:name@hims.net>;tag=a",
                      .to = "<sip:name@hims.net>;tag=b",
                      .record_route = "<sip:pcscf1.vims.net;lr>",
                      .contact = "<sip:10.46.0.2:5062>"},
     .has_pcscf_subscription = true,
     .pcscf_subscription = {.call_id = "p1", .from = "f", .to = "t", .contact = "c"}},
    {.path = "<sip:pcscf2.vims.net;lr>", .contact = "<sip:10.46.0.3:5060>"                                                             },
};

static struct cx_saa ask(struct room *room, const char *impi, const char *server, int type,
                         size_t contacts, bool multiple)
{
    struct cx_sar sar = {
        .type = type,
        .impu = {IMPU                    },
        .impu_count = 1,
        .multiple = multiple,
        .has_restoration = contacts > 0,
        .restoration = {.contact = the_contacts,
                 .contact_count = contacts,
                 .expires_at = 1800000000,
                 .scheme = "Digest-AKAv1-MD5"},
        .features = {.bits = CX_FEATURE_RESTORATION}
    };
    struct cx_saa saa;

    snprintf(sar.impi, sizeof sar.impi, "%s", impi);
    snprintf(sar.restoration.impi, sizeof sar.restoration.impi, "%s", impi);
    snprintf(sar.server_name, sizeof sar.server_name, "%s", server);
    answer_sar(&room->store, strcmp(server, B) ? HOST_A : HOST_B, &sar, &saa, &room->why);
    return saa;
}

static int result_of(struct room *room, const char *impi, const char *server, int type,
                     size_t contacts)
{
    struct cx_saa saa = ask(room, impi, server, type, contacts, false);

    cx_saa_free(&saa);
    return saa.result;
}

/* "name" is registered at A, which wrote down `contacts` of them. */
static void registered(struct room *room, size_t contacts)
{
    room_challenge(room, A);
    assert_int_equal(result_of(room, IMPI, A, CX_SAT_REGISTRATION, contacts), CX_SUCCESS);
}

static size_t stored(struct room *room)
{
    struct cx_saa saa = ask(room, IMPI, room_name(room).scscf_name, CX_SAT_NO_ASSIGNMENT, 0, false);
    size_t count = saa.restoration_count;

    cx_saa_free(&saa);
    return count;
}

/* ---- what is kept comes back ---- */

static void RST_08_what_was_written_comes_back_unmodified(void **state)
{
    struct cx_saa saa;
    const struct cx_contact *c;

    registered(*state, 2);
    saa = ask(*state, IMPI, A, CX_SAT_NO_ASSIGNMENT, 0, false);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_int_equal(saa.restoration_count, 1);
    assert_string_equal(saa.restoration[0].impi, IMPI);
    assert_int_equal(saa.restoration[0].expires_at, 1800000000);
    assert_string_equal(saa.restoration[0].scheme, "Digest-AKAv1-MD5");
    assert_int_equal(saa.restoration[0].contact_count, 2);
    c = saa.restoration[0].contact;
    assert_string_equal(c[0].contact, the_contacts[0].contact);
    assert_string_equal(c[0].path, the_contacts[0].path);
    assert_int_equal(c[0].cseq, 25);
    assert_string_equal(c[0].call_id, the_contacts[0].call_id);
    assert_true(c[0].has_subscription && c[0].has_pcscf_subscription);
    assert_string_equal(c[0].subscription.record_route, "<sip:pcscf1.vims.net;lr>");
    assert_string_equal(c[0].pcscf_subscription.call_id, "p1");
    assert_null(c[0].pcscf_subscription.record_route);
    assert_string_equal(c[1].contact, "<sip:10.46.0.3:5060>");
    assert_false(c[1].has_subscription);
    assert_non_null(saa.user_data);
    cx_saa_free(&saa);
}

static void who_says_nothing_of_restoration_gets_none(void **state)
{
    struct cx_saa saa;

    registered(*state, 1);
    saa = room_name_sar(*state, A, CX_SAT_NO_ASSIGNMENT);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_int_equal(saa.restoration_count, 0);
}

static void a_refresh_replaces_it_or_leaves_it(void **state)
{
    struct cx_saa saa;

    registered(*state, 2);
    result_of(*state, IMPI, A, CX_SAT_RE_REGISTRATION, 0);
    assert_int_equal(stored(*state), 1);
    result_of(*state, IMPI, A, CX_SAT_RE_REGISTRATION, 1);
    saa = ask(*state, IMPI, A, CX_SAT_NO_ASSIGNMENT, 0, false);
    assert_int_equal(saa.restoration[0].contact_count, 1);
    cx_saa_free(&saa);
}

static void it_goes_with_the_registration(void **state)
{
    static const int ends[] = {CX_SAT_USER_DEREGISTRATION, CX_SAT_TIMEOUT_DEREGISTRATION,
                               CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME,
                               CX_SAT_ADMINISTRATIVE_DEREGISTRATION};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        registered(*state, 1);
        assert_int_equal(result_of(*state, IMPI, A, ends[i], 0), CX_SUCCESS);
        registered(*state, 0);
        assert_int_equal(stored(*state), 0);
    }
}

static void with_two_cards_each_keeps_its_own(void **state)
{
    struct cx_saa saa;

    room_second_impi(*state);
    registered(*state, 2);
    saa = ask(*state, "second@hims.net", A, CX_SAT_REGISTRATION, 1, false);
    assert_int_equal(saa.also_registered_count, 2);
    assert_string_equal(saa.also_registered[0], IMPI);
    cx_saa_free(&saa);
    saa = ask(*state, IMPI, A, CX_SAT_NO_ASSIGNMENT, 0, false);
    assert_int_equal(saa.restoration_count, 2);
    assert_string_equal(saa.restoration[1].impi, "second@hims.net");
    assert_int_equal(saa.restoration[1].contact_count, 1);
    cx_saa_free(&saa);
    result_of(*state, "second@hims.net", A, CX_SAT_USER_DEREGISTRATION, 0);
    assert_int_equal(stored(*state), 1);
}

static void a_further_contact_is_told_of_those_before_and_overwrites_none(void **state)
{
    struct cx_saa saa;

    registered(*state, 2);
    saa = ask(*state, IMPI, A, CX_SAT_REGISTRATION, 1, true);
    assert_int_equal(saa.result, CX_IN_ASSIGNMENT_TYPE);
    assert_int_equal(saa.restoration[0].contact_count, 2);
    assert_non_null(saa.user_data);
    cx_saa_free(&saa);
    assert_int_equal(room_name(*state).state, REGISTERED);
    saa = ask(*state, IMPI, A, CX_SAT_NO_ASSIGNMENT, 0, false);
    assert_int_equal(saa.restoration[0].contact_count, 2);
    cx_saa_free(&saa);
}

/* ---- a user that is registered, and an S-CSCF that thinks it is not ---- */

static void CXS_13_a_registered_user_stays_so_with_restoration(void **state)
{
    struct cx_saa saa;

    registered(*state, 1);
    saa = ask(*state, "", A, CX_SAT_UNREGISTERED_USER, 0, false);
    assert_int_equal(saa.result, CX_IN_ASSIGNMENT_TYPE);
    assert_int_equal(saa.restoration_count, 1);
    assert_string_equal(saa.restoration[0].contact[0].path, "<sip:pcscf1.vims.net;lr>");
    assert_non_null(saa.user_data);
    cx_saa_free(&saa);
    assert_int_equal(room_name(*state).state, REGISTERED);
}

static void CXS_13_a_registered_user_is_unregistered_without_it(void **state)
{
    registered(*state, 1);
    assert_int_equal(room_name_sar(*state, A, CX_SAT_UNREGISTERED_USER).result, CX_SUCCESS);
    assert_int_equal(room_name(*state).state, UNREGISTERED);
    assert_int_equal(stored(*state), 0);
}

/* ---- another S-CSCF ---- */

static void reassign(struct room *room)
{
    assert_int_equal(room_uar(room, IMPI, IMPU, CX_UAT_REGISTRATION_AND_CAPABILITIES).result,
                     CX_SUCCESS);
}

static void CXS_09_after_a_re_selection_another_server_is_accepted_once(void **state)
{
    struct cx_saa saa;

    registered(*state, 1);
    reassign(*state);
    assert_int_equal(result_of(*state, IMPI, B, CX_SAT_REGISTRATION, 1), CX_SUCCESS);
    assert_string_equal(room_name(*state).scscf_name, B);
    assert_string_equal(room_name(*state).scscf_host, HOST_B);
    assert_false(room_name(*state).reassigning);
    saa = room_name_sar(*state, A, CX_SAT_REGISTRATION);
    assert_int_equal(saa.result, CX_IDENTITY_ALREADY_REGISTERED);
    assert_string_equal(saa.server_name, B);
}

static void the_old_server_may_still_come_until_another_does(void **state)
{
    registered(*state, 1);
    reassign(*state);
    assert_int_equal(result_of(*state, IMPI, A, CX_SAT_RE_REGISTRATION, 1), CX_SUCCESS);
    assert_true(room_name(*state).reassigning);
}

static void RST_06_a_new_server_for_a_call_gets_what_the_old_one_left(void **state)
{
    struct room *room = *state;
    struct cx_lir lir = {.impu = IMPU, .type = CX_UAT_REGISTRATION_AND_CAPABILITIES};
    struct cx_lia lia;
    struct cx_saa saa;

    registered(room, 2);
    answer_lir(&room->store, &lir, &lia, &room->why);
    assert_int_equal(lia.result, CX_SUCCESS);
    assert_string_equal(lia.server_name, "");
    saa = ask(room, "", B, CX_SAT_UNREGISTERED_USER, 0, false);
    assert_int_equal(saa.result, CX_IN_ASSIGNMENT_TYPE);
    assert_int_equal(saa.restoration[0].contact_count, 2);
    cx_saa_free(&saa);
    assert_int_equal(room_name(room).state, REGISTERED);
    assert_string_equal(room_name(room).scscf_name, B);
    lir.type = -1;
    answer_lir(&room->store, &lir, &lia, &room->why);
    assert_string_equal(lia.server_name, B);
}

static void a_new_server_may_read_and_then_end_a_registration(void **state)
{
    registered(*state, 1);
    assert_int_equal(result_of(*state, IMPI, B, CX_SAT_NO_ASSIGNMENT, 0), CX_UNABLE_TO_COMPLY);
    reassign(*state);
    assert_int_equal(result_of(*state, IMPI, B, CX_SAT_NO_ASSIGNMENT, 0), CX_SUCCESS);
    assert_int_equal(result_of(*state, IMPI, B, CX_SAT_USER_DEREGISTRATION, 0), CX_SUCCESS);
    assert_int_equal(room_name(*state).state, NOT_REGISTERED);
    assert_false(room_name(*state).reassigning);
}

static void a_MAR_of_the_new_server_keeps_what_the_old_one_left(void **state)
{
    registered(*state, 1);
    reassign(*state);
    room_challenge(*state, B);
    assert_false(room_name(*state).reassigning);
    assert_int_equal(stored(*state), 1);
    room_challenge(*state, A); /* a new choice without a failure: nothing is left behind */
    assert_int_equal(stored(*state), 0);
}

static void an_emergency_registration_reassigns_nobody(void **state)
{
    struct room *room = *state;
    struct cx_uar uar = {.impi = IMPI,
                         .impu = IMPU,
                         .visited = "x",
                         .flags = CX_UAR_EMERGENCY,
                         .type = CX_UAT_REGISTRATION_AND_CAPABILITIES};
    struct cx_uaa uaa;

    registered(room, 1);
    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_SUCCESS);
    assert_false(room_name(room).reassigning);
}

/* ---- features ---- */

static void DIA_22_a_required_feature_that_is_not_here_is_refused(void **state)
{
    struct room *room = *state;
    struct cx_uar uar = {.impi = IMPI, .impu = IMPU, .features = {.bits = 1u << 20}};
    struct cx_sar sar = {.impi = IMPI,
                         .impu = {IMPU},
                         .impu_count = 1,
                         .server_name = A,
                         .type = CX_SAT_REGISTRATION,
                         .features = {.foreign = true}};
    struct cx_uaa uaa;
    struct cx_saa saa;

    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_FIRST_REGISTRATION); /* not required */
    uar.features.required = true;
    answer_uar(&room->store, &uar, &uaa, &room->why);
    assert_int_equal(uaa.result, CX_FEATURE_UNSUPPORTED);
    assert_int_equal(uaa.features.bits, CX_FEATURE_RESTORATION);
    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    assert_int_equal(saa.result, CX_FEATURE_UNSUPPORTED);
    assert_int_equal(saa.features.bits,
                     CX_FEATURE_SIFC | CX_FEATURE_ALIAS | CX_FEATURE_RESTORATION);
    assert_int_equal(room_name(room).state, NOT_REGISTERED);
}

static void a_failed_pcscf_is_nothing_that_can_be_told_to_anybody(void **state)
{
    struct room *room = *state;
    struct cx_sar sar = {.impu = {IMPU},
                         .impu_count = 1,
                         .server_name = A,
                         .type = CX_SAT_UNREGISTERED_USER,
                         .flags = CX_SAR_PCSCF_RESTORATION};
    struct cx_saa saa;

    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    assert_int_equal(saa.result, CX_SERVING_NODE_FEATURE_UNSUPPORTED);
    assert_int_equal(room_name(room).state, NOT_REGISTERED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(RST_08_what_was_written_comes_back_unmodified),
        CASE(who_says_nothing_of_restoration_gets_none),
        CASE(a_refresh_replaces_it_or_leaves_it),
        CASE(it_goes_with_the_registration),
        CASE(with_two_cards_each_keeps_its_own),
        CASE(a_further_contact_is_told_of_those_before_and_overwrites_none),
        CASE(CXS_13_a_registered_user_stays_so_with_restoration),
        CASE(CXS_13_a_registered_user_is_unregistered_without_it),
        CASE(CXS_09_after_a_re_selection_another_server_is_accepted_once),
        CASE(the_old_server_may_still_come_until_another_does),
        CASE(RST_06_a_new_server_for_a_call_gets_what_the_old_one_left),
        CASE(a_new_server_may_read_and_then_end_a_registration),
        CASE(a_MAR_of_the_new_server_keeps_what_the_old_one_left),
        CASE(an_emergency_registration_reassigns_nobody),
        CASE(DIA_22_a_required_feature_that_is_not_here_is_refused),
        CASE(a_failed_pcscf_is_nothing_that_can_be_told_to_anybody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
