/* SPDX-License-Identifier: Apache-2.0 */
/* Every Cx message through its octets and back, without a network; and what a peer may send wrong.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "xalloc.h"

#define SAME(a, b) assert_memory_equal(&(a), &(b), sizeof(a))

/* ---- every message ---- */

static void a_UAR_comes_back_whole(void **state)
{
    struct cx_uar in = {"name.private@hims.net", "sip:name@hims.net", "vims.net",
                        CX_UAT_DE_REGISTRATION, 1},
                  out;

    (void)state;
    there_and_back(request(CX_UAR, &in), cx_request_fields(CX_UAR), &out);
    SAME(in, out);
}

static void a_UAR_without_a_type_is_a_registration(void **state)
{
    struct cx_uar in = {"i", "sip:i", "v", -1, 0}, out;

    (void)state;
    there_and_back(request(CX_UAR, &in), cx_request_fields(CX_UAR), &out);
    assert_int_equal(out.type, CX_UAT_REGISTRATION);
}

static void a_UAA_comes_back_whole(void **state)
{
    struct cx_uaa in = {.result = CX_FIRST_REGISTRATION, .has_capabilities = true}, out;

    (void)state;
    in.capabilities.mandatory[0] = 1;
    in.capabilities.mandatory[1] = 4294967295;
    in.capabilities.mandatory_count = 2;
    in.capabilities.optional[0] = 3;
    in.capabilities.optional_count = 1;
    strncpy(in.capabilities.server[0], "sip:scscf9.hims.net", CX_TEXT);
    in.capabilities.server_count = 1;
    there_and_back(answer(CX_UAR, &in), cx_answer_fields(CX_UAR), &out);
    SAME(in, out);
    in = (struct cx_uaa){.result = CX_SUCCESS, .server_name = "sip:scscf1.hims.net"};
    there_and_back(answer(CX_UAR, &in), cx_answer_fields(CX_UAR), &out);
    SAME(in, out);
}

static void a_MAR_comes_back_whole(void **state)
{
    struct cx_mar in =
                      {
                          .impi = "i",
                          .impu = "sip:i",
                          .server_name = "sip:s",
                          .items = 3,
                          .scheme = "Digest-AKAv1-MD5",
                          .authorization = {0, 1, 0, 2},
                          .authorization_len = 30
    },
                  out;

    (void)state;
    there_and_back(request(CX_MAR, &in), cx_request_fields(CX_MAR), &out);
    SAME(in, out);
}

static void a_MAA_comes_back_whole(void **state)
{
    struct cx_maa in = {.result = CX_SUCCESS, .impi = "i", .impu = "sip:i", .count = 2}, out;

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        struct cx_vector *v = &in.vector[i];

        v->item = i + 1;
        strncpy(v->scheme, "Digest-AKAv1-MD5", sizeof v->scheme);
        memset(v->rand, 1 + i, 16);
        memset(v->autn, 3 + i, 16);
        memset(v->ck, 5 + i, 16);
        memset(v->ik, 7 + i, 16);
        v->xres_len = 8; /* with zero octets at both ends */
        v->xres[3] = 9;
    }
    there_and_back(answer(CX_MAR, &in), cx_answer_fields(CX_MAR), &out);
    SAME(in, out);
}

static void a_SAR_comes_back_whole(void **state)
{
    struct cx_sar in =
                      {
                          .impi = "i",
                          .impu = {"sip:a", "sip:b", "tel:+1"},
                          .impu_count = 3,
                          .server_name = "sip:s",
                          .type = CX_SAT_USER_DEREGISTRATION,
                          .user_data_available = true
    },
                  out;

    (void)state;
    there_and_back(request(CX_SAR, &in), cx_request_fields(CX_SAR), &out);
    SAME(in, out);
}

static void a_SAA_comes_back_whole(void **state)
{
    struct cx_saa in =
                      {
                          .result = CX_IDENTITY_ALREADY_REGISTERED,
                          .impi = "i",
                          .server_name = "sip:s",
                          .user_data = "<IMSSubscription>\xc3\xa9</IMSSubscription>",
                          .charging.primary_ccf = "aaa://ccf.hims.net",
                          .associated = {"i", "j"},
                          .associated_count = 2
    },
                  out;

    (void)state;
    there_and_back(answer(CX_SAR, &in), cx_answer_fields(CX_SAR), &out);
    assert_string_equal(out.user_data, in.user_data);
    cx_decode_free(&out, cx_answer_fields(CX_SAR));
    in.user_data = NULL;
    SAME(in, out);
}

static void a_RTR_comes_back_whole(void **state)
{
    struct cx_rtr in =
                      {
                          .impi = "i",
                          .impu = {"sip:a", "tel:+1"},
                          .impu_count = 2,
                          .reason = CX_REASON_SERVER_CHANGE,
                          .reason_info = "moved",
                          .associated = {"j",     "k"     },
                          .associated_count = 2
    },
                  out;

    (void)state;
    there_and_back(request(CX_RTR, &in), cx_request_fields(CX_RTR), &out);
    SAME(in, out);
    in = (struct cx_rtr){.impi = "i"}; /* permanent termination of everything */
    there_and_back(request(CX_RTR, &in), cx_request_fields(CX_RTR), &out);
    SAME(in, out);
}

static void a_RTA_comes_back_whole(void **state)
{
    struct cx_rta in = {.result = CX_SUCCESS, .associated = {"j"}, .associated_count = 1}, out;

    (void)state;
    there_and_back(answer(CX_RTR, &in), cx_answer_fields(CX_RTR), &out);
    SAME(in, out);
}

static void a_PPR_comes_back_whole(void **state)
{
    struct cx_ppr in =
                      {
                          .impi = "i",
                          .user_data = "<IMSSubscription/>",
                          .charging = {"aaa://e1", "aaa://e2", "aaa://c1", "aaa://c2"}
    },
                  out;

    (void)state;
    there_and_back(request(CX_PPR, &in), cx_request_fields(CX_PPR), &out);
    assert_string_equal(out.user_data, in.user_data);
    assert_string_equal(out.impi, in.impi);
    SAME(in.charging, out.charging);
    cx_decode_free(&out, cx_request_fields(CX_PPR));
    assert_null(out.user_data);
}

static void a_PPA_comes_back_whole(void **state)
{
    struct cx_ppa in = {.result = CX_TOO_MUCH_DATA}, out;

    (void)state;
    there_and_back(answer(CX_PPR, &in), cx_answer_fields(CX_PPR), &out);
    SAME(in, out);
}

static void a_LIR_and_a_LIA_come_back_whole(void **state)
{
    struct cx_lir in = {"sip:i", true, -1}, out;
    struct cx_lia lia_in = {.result = CX_UNREGISTERED_SERVICE}, lia_out;

    (void)state;
    there_and_back(request(CX_LIR, &in), cx_request_fields(CX_LIR), &out);
    SAME(in, out);
    in = (struct cx_lir){"sip:i", false, 2};
    there_and_back(request(CX_LIR, &in), cx_request_fields(CX_LIR), &out);
    SAME(in, out);
    there_and_back(answer(CX_LIR, &lia_in), cx_answer_fields(CX_LIR), &lia_out);
    SAME(lia_in, lia_out);
}

static void results_of_both_spaces_stay_apart(void **state)
{
    static const int results[] = {CX_SUCCESS, CX_AUTHORIZATION_REJECTED, CX_IDENTITY_NOT_REGISTERED,
                                  CX_MISSING_AVP, CX_IDENTITY_ALREADY_REGISTERED};

    (void)state;
    for (size_t i = 0; i < COUNT(results); i++) {
        struct cx_uaa in = {.result = results[i]}, out;

        there_and_back(answer(CX_UAR, &in), cx_answer_fields(CX_UAR), &out);
        assert_int_equal(out.result, results[i]);
    }
}

static void the_call_tag_travels_in_the_session_id(void **state)
{
    struct cx_lir lir = {.impu = "sip:i"};
    struct msg *msg = over_the_wire(request(CX_LIR, &lir), NULL);
    char call[9];

    (void)state;
    assert_string_equal(cx_message_call(msg, call), "3c26700d");
    fd_msg_free(msg);
    msg = cx_message_request(CX_LIR, "a.b", "b", NULL, "b", NULL);
    assert_string_equal(cx_message_call(msg, call), "");
    fd_msg_free(msg);
}

/* ---- what a peer may send wrong ---- */

static void put(struct msg *msg, enum cx_avp avp, const void *data, size_t len)
{
    union avp_value value = {
        .os = {.data = (uint8_t *)data, .len = len}
    };
    struct avp *a;

    assert_int_equal(fd_msg_avp_new(cx_dict_avp(avp), 0, &a), 0);
    assert_int_equal(fd_msg_avp_setvalue(a, &value), 0);
    assert_int_equal(fd_msg_avp_add(msg, MSG_BRW_LAST_CHILD, a), 0);
}

static void put_number(struct msg *msg, enum cx_avp avp, uint32_t number)
{
    union avp_value value = {.u32 = number};
    struct avp *a;

    assert_int_equal(fd_msg_avp_new(cx_dict_avp(avp), 0, &a), 0);
    assert_int_equal(fd_msg_avp_setvalue(a, &value), 0);
    assert_int_equal(fd_msg_avp_add(msg, MSG_BRW_LAST_CHILD, a), 0);
}

static void refused(struct msg *msg, const struct cx_fields *fields, enum cx_avp by)
{
    struct avp *fault = NULL;
    struct avp_hdr *hdr;
    char *into = xzalloc(fields->size);

    msg = over_the_wire(msg, NULL);
    assert_int_equal(cx_decode(into, fields, msg, &fault), -EPROTO);
    assert_non_null(fault);
    assert_int_equal(fd_msg_avp_hdr(fault, &hdr), 0);
    assert_true(cx_dict_is(hdr, by));
    fd_msg_free(msg);
    free(into);
}

static struct msg *bare_LIR(void)
{
    return cx_message_request(CX_LIR, "a.b", "b", NULL, "b", NULL);
}

static void a_text_too_long_is_refused_and_not_cut(void **state)
{
    char text[CX_TEXT + 1];
    struct msg *msg = bare_LIR();
    struct cx_lir lir;

    (void)state;
    memset(text, 'x', sizeof text);
    put(msg, CX_AVP_PUBLIC_IDENTITY, text, CX_TEXT);
    refused(msg, cx_request_fields(CX_LIR), CX_AVP_PUBLIC_IDENTITY);
    msg = bare_LIR();
    put(msg, CX_AVP_PUBLIC_IDENTITY, text, CX_TEXT - 1);
    there_and_back(msg, cx_request_fields(CX_LIR), &lir);
    assert_int_equal(strlen(lir.impu), CX_TEXT - 1);
}

static void a_nul_octet_in_a_text_is_refused(void **state)
{
    struct msg *msg = bare_LIR();

    (void)state;
    put(msg, CX_AVP_PUBLIC_IDENTITY, "sip:a\0b", 7);
    refused(msg, cx_request_fields(CX_LIR), CX_AVP_PUBLIC_IDENTITY);
}

static void too_many_identities_are_refused(void **state)
{
    struct cx_sar sar = {.impi = "i", .type = 5};
    struct msg *msg = request(CX_SAR, &sar);

    (void)state;
    for (int i = 0; i <= CX_MAX_IDS; i++)
        put(msg, CX_AVP_PUBLIC_IDENTITY, "sip:a", 5);
    refused(msg, cx_request_fields(CX_SAR), CX_AVP_PUBLIC_IDENTITY);
}

static void an_authorization_too_long_is_refused(void **state)
{
    struct cx_mar mar = {.impi = "i",
                         .impu = "sip:i",
                         .server_name = "s",
                         .items = 1,
                         .scheme = "x",
                         .authorization_len = 64};
    struct msg *msg = request(CX_MAR, &mar);
    struct avp *item = NULL, *scheme = NULL;
    union avp_value value = {
        .os = {.data = mar.authorization, .len = 65}
    };
    uint8_t octets[65] = {0};

    (void)state;
    value.os.data = octets;
    assert_non_null(cx_message_find(msg, CX_AVP_SIP_AUTH_DATA_ITEM, &item));
    assert_non_null(cx_message_find(item, CX_AVP_SIP_AUTHORIZATION, &scheme));
    assert_int_equal(fd_msg_avp_setvalue(scheme, &value), 0);
    refused(msg, cx_request_fields(CX_MAR), CX_AVP_SIP_AUTHORIZATION);
}

static void keys_of_a_wrong_length_are_refused(void **state)
{
    struct cx_maa maa = {.result = CX_SUCCESS, .count = 1, .vector = {{.xres_len = 8}}};
    struct msg *msg = answer(CX_MAR, &maa);
    struct avp *item = NULL, *ck = NULL;
    union avp_value value = {
        .os = {.data = (uint8_t *)"short", .len = 5}
    };

    (void)state;
    assert_non_null(cx_message_find(msg, CX_AVP_SIP_AUTH_DATA_ITEM, &item));
    assert_non_null(cx_message_find(item, CX_AVP_CONFIDENTIALITY_KEY, &ck));
    assert_int_equal(fd_msg_avp_setvalue(ck, &value), 0);
    refused(msg, cx_answer_fields(CX_MAR), CX_AVP_CONFIDENTIALITY_KEY);
}

static void more_vectors_than_there_is_room_for_are_refused(void **state)
{
    struct cx_maa maa = {.result = CX_SUCCESS, .count = CX_MAX_VECTORS};
    struct avp *item;
    struct msg *msg;

    (void)state;
    for (uint32_t i = 0; i < CX_MAX_VECTORS; i++)
        maa.vector[i].item = i + 1;
    msg = answer(CX_MAR, &maa);
    assert_int_equal(fd_msg_avp_new(cx_dict_avp(CX_AVP_SIP_AUTH_DATA_ITEM), 0, &item), 0);
    assert_int_equal(fd_msg_avp_add(msg, MSG_BRW_LAST_CHILD, item), 0);
    refused(msg, cx_answer_fields(CX_MAR), CX_AVP_SIP_AUTH_DATA_ITEM);
}

static void DIA_20_two_results_or_none_are_an_error(void **state)
{
    struct cx_uaa uaa = {.result = CX_FIRST_REGISTRATION};
    struct msg *msg = answer(CX_UAR, &uaa);

    (void)state;
    put_number(msg, CX_AVP_RESULT_CODE, 2001);
    msg = over_the_wire(msg, NULL);
    assert_int_equal(cx_decode(&uaa, cx_answer_fields(CX_UAR), msg, NULL), -EPROTO);
    fd_msg_free(msg);
    msg = bare_LIR();
    assert_int_equal(cx_message_answer(&msg, "a.b", "b"), 0);
    msg = over_the_wire(msg, NULL);
    assert_int_equal(cx_decode(&uaa, cx_answer_fields(CX_UAR), msg, NULL), -EPROTO);
    fd_msg_free(msg);
}

static void enumerated_values_outside_their_range_arrive_as_they_are(void **state)
{
    struct cx_uar in = {"i", "sip:i", "v", -1, 0}, out;
    struct msg *msg = request(CX_UAR, &in);

    (void)state;
    put_number(msg, CX_AVP_USER_AUTHORIZATION_TYPE, 77);
    there_and_back(msg, cx_request_fields(CX_UAR), &out);
    assert_int_equal(out.type, 77);
}

static void DIA_12_the_rules_name_what_is_missing(void **state)
{
    const char *rules = NULL;
    struct msg *msg = over_the_wire(bare_LIR(), &rules);

    (void)state;
    assert_string_equal(rules, "DIAMETER_MISSING_AVP");
    fd_msg_free(msg);
}

/* ---- the guard ---- */

static void a_session_id_with_a_nul_octet_is_an_invalid_value(void **state)
{
    struct cx_lir lir = {.impu = "sip:i"};
    struct msg *msg = request(CX_LIR, &lir);
    union avp_value value = {
        .os = {.data = (uint8_t *)"icscf1.hims.net;1\0;2", .len = 19}
    };
    const char *rules = NULL;
    struct avp *avp;

    (void)state;
    assert_non_null(cx_message_find(msg, CX_AVP_SESSION_ID, &avp));
    assert_int_equal(fd_msg_avp_setvalue(avp, &value), 0);
    msg = over_the_wire(msg, &rules);
    assert_string_equal(rules, "DIAMETER_INVALID_AVP_VALUE");
    fd_msg_free(msg);
}

static void the_guard_reads_no_octet_beyond_the_message(void **state)
{
    struct cx_lir lir = {.impu = "sip:i"};
    struct msg *msg = request(CX_LIR, &lir);
    uint8_t *whole, *copy;
    size_t len;

    (void)state;
    assert_int_equal(fd_msg_bufferize(msg, &whole, &len), 0);
    fd_msg_free(msg);
    for (size_t cut = 0; cut <= len; cut++) { /* a sanitizer looks on */
        copy = malloc(cut ? cut : 1);
        memcpy(copy, whole, cut);
        cx_guard_message(copy, cut);
        free(copy);
    }
    for (size_t at = 20; at < len; at++) { /* and with every octet of it broken */
        copy = xmemdup(whole, len);
        copy[at] ^= 0xff;
        cx_guard_message(copy, len);
        free(copy);
    }
    free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_UAR_comes_back_whole),
        cmocka_unit_test(a_UAR_without_a_type_is_a_registration),
        cmocka_unit_test(a_UAA_comes_back_whole),
        cmocka_unit_test(a_MAR_comes_back_whole),
        cmocka_unit_test(a_MAA_comes_back_whole),
        cmocka_unit_test(a_SAR_comes_back_whole),
        cmocka_unit_test(a_SAA_comes_back_whole),
        cmocka_unit_test(a_RTR_comes_back_whole),
        cmocka_unit_test(a_RTA_comes_back_whole),
        cmocka_unit_test(a_PPR_comes_back_whole),
        cmocka_unit_test(a_PPA_comes_back_whole),
        cmocka_unit_test(a_LIR_and_a_LIA_come_back_whole),
        cmocka_unit_test(results_of_both_spaces_stay_apart),
        cmocka_unit_test(the_call_tag_travels_in_the_session_id),
        cmocka_unit_test(a_text_too_long_is_refused_and_not_cut),
        cmocka_unit_test(a_nul_octet_in_a_text_is_refused),
        cmocka_unit_test(too_many_identities_are_refused),
        cmocka_unit_test(an_authorization_too_long_is_refused),
        cmocka_unit_test(keys_of_a_wrong_length_are_refused),
        cmocka_unit_test(more_vectors_than_there_is_room_for_are_refused),
        cmocka_unit_test(DIA_20_two_results_or_none_are_an_error),
        cmocka_unit_test(enumerated_values_outside_their_range_arrive_as_they_are),
        cmocka_unit_test(DIA_12_the_rules_name_what_is_missing),
        cmocka_unit_test(a_session_id_with_a_nul_octet_is_an_invalid_value),
        cmocka_unit_test(the_guard_reads_no_octet_beyond_the_message),
    };

    return cmocka_run_group_tests(tests, load_library, NULL);
}
