/* SPDX-License-Identifier: Apache-2.0 */
/* Every Server-Assignment-Type in every state of a set, asked by the S-CSCF that serves it and by
 * another one (29.228 6.1.2.1, 8.1.2; 29.229 6.3.15). */
#include "room.h"

#define IMPI "name.private@hims.net"
#define IMPU "sip:name@hims.net"

#define N NOT_REGISTERED
#define R REGISTERED
#define U UNREGISTERED

static const struct row {
    int type;
    int after[3]; /* in state NOT_REGISTERED, REGISTERED, UNREGISTERED, with A */
    int result[3];
    bool user_data;
} rows[] = {
    {CX_SAT_NO_ASSIGNMENT,                            {N, R, U}, {CX_UNABLE_TO_COMPLY, CX_SUCCESS, CX_SUCCESS}, true },
    {CX_SAT_REGISTRATION,                             {R, R, R}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          true },
    {CX_SAT_RE_REGISTRATION,                          {R, R, R}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          true },
    {CX_SAT_UNREGISTERED_USER,                        {U, U, U}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          true },
    {CX_SAT_TIMEOUT_DEREGISTRATION,                   {N, N, N}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          false},
    {CX_SAT_USER_DEREGISTRATION,                      {N, N, N}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          false},
    {CX_SAT_TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME,
     {N, U, U},
     {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},
     false                                                                                                           },
    {CX_SAT_USER_DEREGISTRATION_STORE_SERVER_NAME,
     {N, U, U},
     {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},
     false                                                                                                           },
    {CX_SAT_ADMINISTRATIVE_DEREGISTRATION,            {N, N, N}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          false},
    {CX_SAT_AUTHENTICATION_FAILURE,                   {N, R, U}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          false},
    {CX_SAT_AUTHENTICATION_TIMEOUT,                   {N, R, U}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          false},
    {CX_SAT_DEREGISTRATION_TOO_MUCH_DATA,             {N, N, N}, {CX_SUCCESS, CX_SUCCESS, CX_SUCCESS},          false},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void put_in(struct room *room, int state)
{
    char sql[400];

    snprintf(sql, sizeof sql,
             "UPDATE implicit_set SET state = %d, scscf_name = '%s', scscf_host = '%s' "
             "WHERE id = 1; UPDATE registration SET registered = %d, auth_pending = 0 "
             "WHERE implicit_set = 1;",
             state, state == N ? "" : A, state == N ? "" : HOST_A, state == R);
    room_script(room, sql);
}

static void every_type_has_its_effect_in_every_state(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (int before = N; before <= U; before++) {
            struct subscriber s;
            struct cx_saa saa;
            bool ok;

            put_in(*state, before);
            saa = room_sar_text(*state, IMPI, IMPU, A, rows[i].type);
            s = room_name(*state);
            ok = saa.result == CX_SUCCESS;
            if (saa.result != rows[i].result[before] || (int)s.state != rows[i].after[before] ||
                !!saa.user_data != (ok && rows[i].user_data) ||
                strcmp(s.scscf_name, s.state == N ? "" : A) != 0 || s.registered != (s.state == R))
                fail_msg("type %d in state %d: %s, state %d, at '%s'", rows[i].type, before,
                         cx_result_text(saa.result), s.state, s.scscf_name);
            cx_saa_free(&saa);
        }
    }
}

static void CXS_08_CXS_12_CXS_24_CXS_30_another_server_changes_nothing(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (int before = R; before <= U; before++) {
            int expected = rows[i].type == CX_SAT_NO_ASSIGNMENT ? CX_UNABLE_TO_COMPLY
                                                                : CX_IDENTITY_ALREADY_REGISTERED;
            struct subscriber s;
            struct cx_saa saa;

            put_in(*state, before);
            saa = room_sar(*state, IMPI, IMPU, B, rows[i].type);
            s = room_name(*state);
            if (saa.result != expected || (int)s.state != before || strcmp(s.scscf_name, A) != 0)
                fail_msg("type %d in state %d: %s, state %d, at '%s'", rows[i].type, before,
                         cx_result_text(saa.result), s.state, s.scscf_name);
            assert_string_equal(saa.server_name,
                                expected == CX_IDENTITY_ALREADY_REGISTERED ? A : "");
        }
    }
}

/* A client repeats what it does not know to be done; also when the memory of answers was lost. */
static void DIA_16_twice_is_as_good_as_once(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (int before = N; before <= U; before++) {
            struct subscriber once, twice;

            if (rows[i].type == CX_SAT_NO_ASSIGNMENT)
                continue;
            put_in(*state, before);
            assert_int_equal(room_name_sar(*state, A, rows[i].type).result, CX_SUCCESS);
            once = room_name(*state);
            assert_int_equal(room_name_sar(*state, A, rows[i].type).result, CX_SUCCESS);
            twice = room_name(*state);
            assert_memory_equal(&once, &twice, sizeof once);
        }
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_type_has_its_effect_in_every_state),
        CASE(CXS_08_CXS_12_CXS_24_CXS_30_another_server_changes_nothing),
        CASE(DIA_16_twice_is_as_good_as_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
