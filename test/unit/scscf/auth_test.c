/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../scscf/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../common/published.h"
#include "digest_aka.h"

static struct challenge challenge(const char *impi, uint64_t deadline_ms)
{
    struct challenge c = {.deadline_ms = deadline_ms, .password_len = 8};

    strcpy(c.impi, impi);
    strcpy(c.impu, "sip:name@hims.net");
    strcpy(c.realm, published_realm);
    strcpy(c.call_id, "call-1");
    strcpy(c.nonce, published[0].nonce);
    unhex(published[0].rand, c.rand);
    unhex(published[0].res, c.password);
    return c;
}

/* The right answer of the published card, with qop=auth. */
static struct auth_answer right_answer(void)
{
    return (struct auth_answer){
        .impi = published_username,
        .impu = "sip:name@hims.net",
        .call_id = "call-1",
        .nonce = published[0].nonce,
        .algorithm = "AKAv1-MD5",
        .uri = published_uri,
        .response = published[0].digest_qop,
        .qop = "auth",
        .nc = "00000001",
        .cnonce = "0a4f113b",
    };
}

static enum auth_verdict judge(const struct auth_answer *answer)
{
    struct challenge c = challenge(published_username, 1000);
    uint8_t auts[14];

    return auth_judge(&c, answer, auts);
}

static void a_right_response_is_right_with_and_without_qop(void **state)
{
    struct auth_answer a = right_answer();

    (void)state;
    assert_int_equal(judge(&a), AUTH_RIGHT);
    a.response = published[0].digest_plain;
    a.qop = a.nc = a.cnonce = NULL;
    assert_int_equal(judge(&a), AUTH_RIGHT);
    a.algorithm = NULL;
    assert_int_equal(judge(&a), AUTH_RIGHT);
}

static void REG_21_a_res_with_zero_octets_is_checked_whole(void **state)
{
    struct challenge c = challenge(published_username, 1000);
    struct auth_answer a = right_answer();
    char response[DIGEST_HEX];
    uint8_t auts[14];

    (void)state;
    memcpy(c.password, "\0\1\0\2\0\3\0\4", 8);
    digest_response(&(struct digest_input){.username = c.impi,
                                           .realm = c.realm,
                                           .method = "REGISTER",
                                           .uri = a.uri,
                                           .nonce = c.nonce,
                                           .password = "\0\1\0\2\0\3\0\4",
                                           .password_len = 8},
                    response);
    a.qop = NULL;
    a.response = response;
    assert_int_equal(auth_judge(&c, &a, auts), AUTH_RIGHT);
    c.password[7] = 5;
    assert_int_equal(auth_judge(&c, &a, auts), AUTH_WRONG);
}

static void a_wrong_response_or_one_made_otherwise_is_wrong(void **state)
{
    struct auth_answer a = right_answer();

    (void)state;
    a.response = published[1].digest_qop;
    assert_int_equal(judge(&a), AUTH_WRONG);
    a = right_answer();
    a.algorithm = "MD5";
    assert_int_equal(judge(&a), AUTH_WRONG);
    a = right_answer();
    a.qop = "auth-int";
    assert_int_equal(judge(&a), AUTH_WRONG);
    a = right_answer();
    a.cnonce = NULL;
    assert_int_equal(judge(&a), AUTH_WRONG);
    a = right_answer();
    a.uri = NULL;
    assert_int_equal(judge(&a), AUTH_WRONG);
    a.uri = "sip:other.net";
    assert_int_equal(judge(&a), AUTH_WRONG);
}

static void REGE_14_what_answers_no_waiting_nonce_is_no_answer(void **state)
{
    struct auth_answer a = right_answer();
    uint8_t auts[14];

    (void)state;
    assert_int_equal(auth_judge(NULL, &a, auts), AUTH_NO_CHALLENGE);
    a.nonce = published[1].nonce;
    assert_int_equal(judge(&a), AUTH_NO_CHALLENGE);
    a.nonce = "";
    assert_int_equal(judge(&a), AUTH_NO_CHALLENGE);
    a = (struct auth_answer){.impi = a.impi, .impu = a.impu, .call_id = a.call_id};
    assert_int_equal(judge(&a), AUTH_NO_CHALLENGE);
}

static void REGE_16_another_call_id_or_identity_is_not_accepted(void **state)
{
    struct auth_answer a = right_answer();

    (void)state;
    a.call_id = "call-2";
    assert_int_equal(judge(&a), AUTH_OTHER_CALL);
    a = right_answer();
    a.impu = "sip:other@hims.net";
    assert_int_equal(judge(&a), AUTH_OTHER_CALL);
}

static void REGE_08_an_empty_response_without_auts_is_a_mac_failure(void **state)
{
    struct auth_answer a = right_answer();

    (void)state;
    a.response = "";
    assert_int_equal(judge(&a), AUTH_MAC_FAILURE);
    a.response = NULL;
    assert_int_equal(judge(&a), AUTH_MAC_FAILURE);
}

static void REGE_09_auts_is_handed_out_whatever_the_response_is(void **state)
{
    struct challenge c = challenge(published_username, 1000);
    struct auth_answer a = right_answer();
    uint8_t auts[14], want[14];

    (void)state;
    digest_unbase64(published[0].auts, want, sizeof want);
    a.auts = published[0].auts;
    assert_int_equal(auth_judge(&c, &a, auts), AUTH_RESYNC);
    assert_memory_equal(auts, want, 14);
    a.response = "";
    assert_int_equal(auth_judge(&c, &a, auts), AUTH_RESYNC);
}

static void REGE_10_auts_of_the_wrong_length_or_no_base64_is_refused(void **state)
{
    static const char *const bad[] = {"AAAA", "uoU/PBI8z0TpNZbjVcYA", "not base64 !", "=",
                                      "uoU/PBI8z0TpNZbjVcYAuoU/PBI8z0TpNZbjVcYA"};
    struct auth_answer a = right_answer();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        a.auts = bad[i];
        assert_int_equal(judge(&a), AUTH_BAD_AUTS);
    }
}

/* A challenge with a nonce, a call and a terminal of its own. */
static void add(struct auth *auth, const char *nonce, const char *call_id, const char *terminal,
                uint64_t deadline_ms)
{
    struct challenge c = challenge("a@hims.net", deadline_ms);

    strcpy(c.nonce, nonce);
    strcpy(c.call_id, call_id);
    strcpy(c.terminal, terminal);
    auth_add(auth, &c);
}

static bool waits(const struct auth *auth, const char *nonce)
{
    return auth_find(auth, "a@hims.net", nonce) != NULL;
}

static void REGE_15_a_new_challenge_takes_the_place_of_the_old_of_its_terminal_or_call(void **state)
{
    struct auth *auth = auth_new();
    struct challenge c;

    (void)state;
    add(auth, "n1", "call-1", "phone", 100);
    add(auth, "n2", "call-2", "phone", 200);
    assert_false(waits(auth, "n1"));
    add(auth, "n3", "call-2", "tablet", 300);
    assert_false(waits(auth, "n2"));
    assert_int_equal(auth_next_ms(auth), 300);
    assert_true(auth_take(auth, "a@hims.net", "n3", &c));
    assert_false(auth_take(auth, "a@hims.net", "n3", &c));
    assert_int_equal(auth_next_ms(auth), 0);
    auth_free(auth);
}

static void the_challenges_of_two_terminals_of_one_impi_wait_beside_each_other(void **state)
{
    struct auth *auth = auth_new();
    struct challenge c;

    (void)state;
    add(auth, "n1", "call-1", "phone", 100);
    add(auth, "n2", "call-2", "tablet", 200);
    assert_true(waits(auth, "n1") && waits(auth, "n2"));
    auth_forget(auth, "a@hims.net", "call-3", "phone");
    assert_false(waits(auth, "n1"));
    assert_true(auth_take(auth, "a@hims.net", "n2", &c));
    assert_string_equal(c.call_id, "call-2");
    assert_false(auth_waits(auth, "a@hims.net"));
    auth_free(auth);
}

static void TRU_18_of_too_many_challenges_of_one_impi_the_oldest_is_void(void **state)
{
    struct auth *auth = auth_new();
    char text[] = "0";

    (void)state;
    for (int i = 0; i < 2 * AUTH_PER_IMPI; i++, text[0]++)
        add(auth, text, text, text, 100 + i);
    text[0] = '0' + AUTH_PER_IMPI - 1;
    assert_false(waits(auth, text));
    text[0]++;
    assert_true(waits(auth, text));
    assert_int_equal(auth_next_ms(auth), 100 + AUTH_PER_IMPI);
    auth_free(auth);
}

static void REGE_13_challenges_expire_in_their_order(void **state)
{
    struct auth *auth = auth_new();
    struct challenge c;

    (void)state;
    for (int i = 0; i < 5; i++) {
        char impi[] = "0@hims.net";

        impi[0] += i;
        c = challenge(impi, 100 + i);
        auth_add(auth, &c);
    }
    assert_true(auth_take(auth, "2@hims.net", published[0].nonce, &c));
    assert_false(auth_take_expired(auth, 99, &c));
    assert_true(auth_take_expired(auth, 101, &c));
    assert_string_equal(c.impi, "0@hims.net");
    assert_true(auth_take_expired(auth, 101, &c));
    assert_string_equal(c.impi, "1@hims.net");
    assert_false(auth_take_expired(auth, 101, &c));
    assert_int_equal(auth_next_ms(auth), 103);
    assert_false(auth_waits(auth, "0@hims.net"));
    assert_true(auth_waits(auth, "4@hims.net"));
    auth_free(auth); /* with two still in it */
}

static void an_impi_that_is_too_long_is_not_found(void **state)
{
    struct auth *auth = auth_new();
    char impi[CX_TEXT + 10];

    (void)state;
    memset(impi, 'x', sizeof impi - 1);
    impi[sizeof impi - 1] = 0;
    assert_null(auth_find(auth, impi, "n"));
    auth_free(auth);
}

static void what_is_printed_has_no_keys(void **state)
{
    struct auth *auth = auth_new();
    struct challenge c = challenge("a@hims.net", 5000);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    auth_add(auth, &c);
    auth_print_live(auth, 1000, out);
    fclose(out);
    assert_string_equal(text, "challenge call= impi=a@hims.net impu=sip:name@hims.net wrong=0 "
                              "resyncs=0 left_ms=4000\n");
    free(text);
    auth_free(auth);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_response_is_right_with_and_without_qop),
        cmocka_unit_test(REG_21_a_res_with_zero_octets_is_checked_whole),
        cmocka_unit_test(a_wrong_response_or_one_made_otherwise_is_wrong),
        cmocka_unit_test(REGE_14_what_answers_no_waiting_nonce_is_no_answer),
        cmocka_unit_test(REGE_16_another_call_id_or_identity_is_not_accepted),
        cmocka_unit_test(REGE_08_an_empty_response_without_auts_is_a_mac_failure),
        cmocka_unit_test(REGE_09_auts_is_handed_out_whatever_the_response_is),
        cmocka_unit_test(REGE_10_auts_of_the_wrong_length_or_no_base64_is_refused),
        cmocka_unit_test(
            REGE_15_a_new_challenge_takes_the_place_of_the_old_of_its_terminal_or_call),
        cmocka_unit_test(the_challenges_of_two_terminals_of_one_impi_wait_beside_each_other),
        cmocka_unit_test(TRU_18_of_too_many_challenges_of_one_impi_the_oldest_is_void),
        cmocka_unit_test(REGE_13_challenges_expire_in_their_order),
        cmocka_unit_test(an_impi_that_is_too_long_is_not_found),
        cmocka_unit_test(what_is_printed_has_no_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
