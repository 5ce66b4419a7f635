/* SPDX-License-Identifier: Apache-2.0 */
/* Service identities and ranges of identities (29.228 6.1.1.1 step 2, 6.1.2.1 step 4, 6.1.4.1 step
 * 2; TS 23.003 13.4A). */
#include "room.h"

#include "../../../hss/wildcard.h"

#define CHAT  "sip:chat-!.*!@hims.net"  /* a range of services with a server of their own */
#define CONF  "sip:conference@hims.net" /* a service that an S-CSCF serves */
#define RANGE "sip:extension!1[0-9]+!@pbx.hims.net" /* a range of users */

static int setup(void **state)
{
    room_setup(state);
    room_script(
        *state,
        "INSERT INTO subscription (id, name) VALUES (70, 'services'), (71, 'pbx');"
        "INSERT INTO impi (id, subscription, impi, auth) VALUES (70, 70, 'service@hims.net', "
        "'akav1'), (71, 71, 'pbx@hims.net', 'akav1');"
        "INSERT INTO profile (id, subscription, position, unregistered_services) VALUES "
        "(70, 70, 0, 1), (71, 71, 0, 1);"
        "INSERT INTO implicit_set (id, subscription) VALUES (70, 70), (71, 70), (72, 71);"
        "INSERT INTO registration (impi, implicit_set) VALUES (70, 70), (70, 71), (71, 72);"
        "INSERT INTO impu (impu, implicit_set, profile, position, kind, as_name) VALUES "
        "('" CHAT "', 70, 70, 0, 2, 'sip:as.hims.net'), ('" CONF "', 71, 70, 0, 1, ''),"
        "('" RANGE "', 72, 71, 0, 4, '');");
    return 0;
}

static struct cx_lia lir_of(struct room *room, const char *impu, int type, bool originating)
{
    struct cx_lir lir = {.type = type, .originating = originating};
    struct cx_lia lia;

    snprintf(lir.impu, sizeof lir.impu, "%s", impu);
    answer_lir(&room->store, &lir, &lia, &room->why);
    return lia;
}

/* ---- pure ---- */

static void a_wildcard_matches_its_range_and_nothing_else(void **state)
{
    (void)state;
    assert_true(wildcard_matches(CHAT, "sip:chat-12@hims.net"));
    assert_true(wildcard_matches(CHAT, "sip:chat-@hims.net"));
    assert_false(wildcard_matches(CHAT, "sip:chat@hims.net"));
    assert_false(wildcard_matches(CHAT, "sip:chat-1@himsXnet")); /* a dot outside is a dot */
    assert_false(wildcard_matches(CHAT, "sip:chat-1@hims.net.evil.org"));
    assert_true(wildcard_matches("tel:+4!(1|2)[0-9]{3}!", "tel:+41234"));
    assert_false(wildcard_matches("tel:+4!(1|2)[0-9]{3}!", "tel:+43234"));
    assert_false(wildcard_matches("tel:+4!1|2!", "tel:+41999")); /* whole, in spite of the bar */
    assert_true(wildcard_matches("sip:a!x*!b!y+!@h", "sip:axxby@h"));
}

static void a_wildcard_that_is_none_is_told(void **state)
{
    char longest[400];
    struct why why;

    (void)state;
    assert_int_equal(wildcard_check(CHAT, &why), 0);
    assert_true(wildcard_check("sip:a@b", &why) < 0);
    assert_true(wildcard_check("sip:a!b@c", &why) < 0);
    assert_true(wildcard_check("sip:a!(!@b", &why) < 0);
    assert_non_null(strstr(why.text, "sip:a!(!@b"));
    memset(longest, '.', sizeof longest - 1);
    longest[399] = '\0';
    assert_true(wildcard_check(longest, &why) < 0);
    assert_false(wildcard_matches("sip:a!(!@b", "sip:a(@b"));
}

/* ---- UAR, MAR ---- */

static void CXU_02_a_service_or_a_range_is_registered_by_nobody(void **state)
{
    struct cx_mar mar = room_mar_of("service@hims.net", CONF, A);

    assert_int_equal(room_uar(*state, "service@hims.net", CONF, 0).result, CX_USER_UNKNOWN);
    assert_int_equal(room_uar(*state, "service@hims.net", CHAT, 0).result, CX_USER_UNKNOWN);
    assert_int_equal(room_uar(*state, "pbx@hims.net", "sip:extension12@pbx.hims.net", 0).result,
                     CX_USER_UNKNOWN);
    assert_int_equal(room_mar(*state, &mar).result, CX_USER_UNKNOWN);
}

/* ---- SAR ---- */

static void CXS_05_a_service_is_not_registered(void **state)
{
    static const int types[] = {
        CX_SAT_REGISTRATION,           CX_SAT_RE_REGISTRATION,
        CX_SAT_USER_DEREGISTRATION,    CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME,
        CX_SAT_AUTHENTICATION_FAILURE, CX_SAT_AUTHENTICATION_TIMEOUT};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_int_equal(room_sar(*state, "service@hims.net", CONF, A, types[i]).result,
                         CX_IN_ASSIGNMENT_TYPE);
    assert_int_equal(room_load(*state, "", CONF).state, NOT_REGISTERED);
}

static void a_service_is_served_unregistered_and_let_go(void **state)
{
    struct cx_saa saa =
        room_sar_text(*state, "service@hims.net", CONF, A, CX_SAT_UNREGISTERED_USER);

    assert_int_equal(saa.result, CX_SUCCESS);
    assert_non_null(strstr(saa.user_data, "<Identity>" CONF "</Identity><Extension><IdentityType>1"
                                          "</IdentityType></Extension>"));
    cx_saa_free(&saa);
    assert_int_equal(room_load(*state, "", CONF).state, UNREGISTERED);
    assert_int_equal(
        room_sar(*state, "service@hims.net", CONF, A, CX_SAT_TIMEOUT_DEREGISTRATION).result,
        CX_SUCCESS);
    assert_int_equal(room_load(*state, "", CONF).state, NOT_REGISTERED);
}

static void CXS_06_a_service_that_is_not_active_is_unknown(void **state)
{
    room_script(*state, "UPDATE impu SET active = 0 WHERE impu = '" CONF "';");
    assert_int_equal(room_sar(*state, "service@hims.net", CONF, A, CX_SAT_UNREGISTERED_USER).result,
                     CX_USER_UNKNOWN);
}

static struct cx_saa range_sar(struct room *room, const char *impu, const char *wildcard, int type)
{
    struct cx_sar sar = {.type = type, .impu_count = 1, .server_name = A};
    struct cx_saa saa;

    snprintf(sar.impu[0], sizeof sar.impu[0], "%s", impu);
    snprintf(sar.wildcard, sizeof sar.wildcard, "%s", wildcard);
    answer_sar(&room->store, HOST_A, &sar, &saa, &room->why);
    return saa;
}

static void an_identity_of_a_range_is_served_as_the_range(void **state)
{
    struct cx_saa saa =
        range_sar(*state, "sip:extension12@pbx.hims.net", "", CX_SAT_UNREGISTERED_USER);

    assert_int_equal(saa.result, CX_SUCCESS);
    assert_non_null(strstr(saa.user_data, "<IdentityType>4</IdentityType>"));
    assert_string_equal(saa.impi, "pbx@hims.net");
    cx_saa_free(&saa);
    assert_int_equal(room_load(*state, "", RANGE).state, UNREGISTERED);
    /* the next identity of it: the S-CSCF learns the range */
    saa = range_sar(*state, "sip:extension13@pbx.hims.net", "", CX_SAT_UNREGISTERED_USER);
    assert_int_equal(saa.result, CX_SUCCESS);
    assert_string_equal(saa.wildcard, RANGE);
    cx_saa_free(&saa);
    saa = range_sar(*state, "sip:extension13@pbx.hims.net", RANGE, CX_SAT_NO_ASSIGNMENT);
    assert_int_equal(saa.result, CX_SUCCESS);
    cx_saa_free(&saa);
}

static void a_range_that_is_registered_stays_so(void **state)
{
    struct cx_saa saa;

    room_script(*state, "UPDATE implicit_set SET state = 1, scscf_name = '" A "' WHERE id = 72;");
    saa = range_sar(*state, "sip:extension12@pbx.hims.net", "", CX_SAT_UNREGISTERED_USER);
    assert_int_equal(saa.result, CX_IN_ASSIGNMENT_TYPE);
    assert_string_equal(saa.wildcard, RANGE);
    assert_null(saa.user_data);
    assert_int_equal(room_load(*state, "", RANGE).state, REGISTERED);
}

static void a_wildcard_that_the_request_names_must_be_one(void **state)
{
    assert_int_equal(range_sar(*state, "sip:extension12@pbx.hims.net", "sip:name@hims.net",
                               CX_SAT_UNREGISTERED_USER)
                         .result,
                     CX_USER_UNKNOWN);
}

/* ---- LIR ---- */

static void CXL_09_a_service_is_asked_at_its_server(void **state)
{
    struct cx_lia lia = lir_of(*state, "sip:chat-7@hims.net", -1, false);

    assert_int_equal(lia.result, CX_SUCCESS);
    assert_string_equal(lia.server_name, "sip:as.hims.net");
    assert_int_equal(lia.flags, CX_LIA_PSI_DIRECT);
    assert_string_equal(lia.wildcard, CHAT);
    lia = lir_of(*state, "sip:chat-7@hims.net", CX_UAT_REGISTRATION_AND_CAPABILITIES, false);
    assert_int_equal(lia.result, CX_UNABLE_TO_COMPLY);
    assert_string_equal(lia.server_name, "");
    /* what it sends itself goes by an S-CSCF */
    lia = lir_of(*state, "sip:chat-7@hims.net", -1, true);
    assert_int_equal(lia.result, CX_UNREGISTERED_SERVICE);
    room_script(*state, "UPDATE impu SET active = 0 WHERE impu = '" CHAT "';");
    assert_int_equal(lir_of(*state, "sip:chat-7@hims.net", -1, false).result, CX_USER_UNKNOWN);
}

static void CXL_11_a_distinct_identity_goes_before_a_range(void **state)
{
    struct cx_lia lia;

    room_script(*state, "INSERT INTO impu (impu, implicit_set, profile, position) VALUES "
                        "('sip:extension12@pbx.hims.net', 1, 1, 9);");
    lia = lir_of(*state, "sip:extension12@pbx.hims.net", -1, true);
    assert_string_equal(lia.wildcard, "");
    lia = lir_of(*state, "sip:extension13@pbx.hims.net", -1, false);
    assert_int_equal(lia.result, CX_UNREGISTERED_SERVICE);
    assert_string_equal(lia.wildcard, RANGE);
    assert_int_equal(lir_of(*state, "sip:extension2@pbx.hims.net", -1, false).result,
                     CX_USER_UNKNOWN);
}

static void the_longer_of_two_ranges_counts(void **state)
{
    room_script(*state, "INSERT INTO impu (impu, implicit_set, profile, position, kind) VALUES "
                        "('sip:!.*!@pbx.hims.net', 72, 71, 1, 4);");
    assert_string_equal(lir_of(*state, "sip:extension12@pbx.hims.net", -1, false).wildcard, RANGE);
    assert_string_equal(lir_of(*state, "sip:other@pbx.hims.net", -1, false).wildcard,
                        "sip:!.*!@pbx.hims.net");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wildcard_matches_its_range_and_nothing_else),
        cmocka_unit_test(a_wildcard_that_is_none_is_told),
        CASE(CXU_02_a_service_or_a_range_is_registered_by_nobody),
        CASE(CXS_05_a_service_is_not_registered),
        CASE(a_service_is_served_unregistered_and_let_go),
        CASE(CXS_06_a_service_that_is_not_active_is_unknown),
        CASE(an_identity_of_a_range_is_served_as_the_range),
        CASE(a_range_that_is_registered_stays_so),
        CASE(a_wildcard_that_the_request_names_must_be_one),
        CASE(CXL_09_a_service_is_asked_at_its_server),
        CASE(CXL_11_a_distinct_identity_goes_before_a_range),
        CASE(the_longer_of_two_ranges_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
