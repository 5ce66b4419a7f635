/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of Cx beyond Release 5 through their octets: restoration, SIP Digest, features,
 * wildcards. */
#include <string.h>

#include "codec.h"

static void restoration_information_crosses_unchanged(void **state)
{
    struct cx_contact contacts[] = {
        {.path = "<sip:pcscf1.vims.net;lr>",
         .contact = "<sip:[fd00::1]:5062>;+sip.instance=\"<urn:gsma:imei:1-2-3>\"",
         .cseq = 25,
         .call_id = "apb03a0s09dkjdfglkj49111",
         .has_subscription = true,
         .subscription = {.call_id = "b89rjhnedlrfjflslj40a222",
                          .from = "<sip:name@hims.net>;tag=31415",
                          .to = "<sip:name@hims.net>;tag=151170",
                          .record_route = "<sip:pcscf1.vims.net;lr>",
                          .contact = "<sip:[fd00::1]:5062>"},
         .has_pcscf_subscription = true,
         .pcscf_subscription = {.call_id = "x@pcscf1",
                                .from = "<sip:pcscf1.vims.net>;tag=1",
                                .to = "<sip:name@hims.net>;tag=2",
                                .contact = "<sip:pcscf1>"}},
        {.path = "<sip:b;lr>", .contact = "<sip:10.0.0.2>"                                                 },
    };
    struct cx_sar in =
                      {
                          .impi = "a@b",
                          .impu = {"sip:a@b"                                                             },
                          .impu_count = 1,
                          .server_name = "sip:s",
                          .type = CX_SAT_REGISTRATION,
                          .multiple = 1,
                          .flags = CX_SAR_PCSCF_RESTORATION,
                          .wildcard = "sip:a!.*!@b",
                          .has_restoration = true,
                          .restoration = { .impi = "a@b",
                                   .contact = contacts,
                                   .contact_count = 2,
                                   .expires_at = 2085978495ll + 100, /* after 2036 */
                                          .scheme = "Digest-AKAv1-MD5"}
    },
                  out;
    const struct cx_restoration *r = &out.restoration;

    (void)state;
    there_and_back(request(CX_SAR, &in), cx_request_fields(CX_SAR), &out);
    assert_true(out.has_restoration);
    assert_int_equal(out.multiple, 1);
    assert_int_equal(out.flags, CX_SAR_PCSCF_RESTORATION);
    assert_string_equal(out.wildcard, in.wildcard);
    assert_int_equal(r->expires_at, in.restoration.expires_at);
    assert_string_equal(r->scheme, "Digest-AKAv1-MD5");
    assert_int_equal(r->contact_count, 2);
    assert_string_equal(r->contact[0].contact, contacts[0].contact);
    assert_int_equal(r->contact[0].cseq, 25);
    assert_string_equal(r->contact[0].subscription.to, contacts[0].subscription.to);
    assert_string_equal(r->contact[0].subscription.record_route, "<sip:pcscf1.vims.net;lr>");
    assert_string_equal(r->contact[0].pcscf_subscription.contact, "<sip:pcscf1>");
    assert_null(r->contact[0].pcscf_subscription.record_route);
    assert_string_equal(r->contact[1].path, "<sip:b;lr>");
    assert_false(r->contact[1].has_subscription);
    cx_decode_free(&out, cx_request_fields(CX_SAR));
}

static void an_answer_holds_the_restoration_information_of_each_impi(void **state)
{
    struct cx_contact contact = {.path = "<sip:p;lr>", .contact = "<sip:c>"};
    struct cx_restoration two[] = {
        {.impi = "a@b", .contact = &contact, .contact_count = 1},
        {.impi = "c@b", .contact = &contact, .contact_count = 1}
    };
    struct cx_saa in = {.result = CX_IN_ASSIGNMENT_TYPE,
                        .restoration = two,
                        .loose_route = 1,
                        .restoration_count = 2,
                        .wildcard = "sip:a!.*!@b",
                        .charging.primary_ecf = "aaa://e1",
                        .charging.secondary_ecf = "aaa://e2",
                        .charging.secondary_ccf = "aaa://c2",
                        .also_registered = {"x@b"},
                        .also_registered_count = 1},
                  out;
    struct cx_restoration copy;

    (void)state;
    there_and_back(answer(CX_SAR, &in), cx_answer_fields(CX_SAR), &out);
    assert_int_equal(out.restoration_count, 2);
    assert_string_equal(out.restoration[1].impi, "c@b");
    assert_string_equal(out.restoration[1].contact[0].path, "<sip:p;lr>");
    assert_int_equal(out.loose_route, 1);
    assert_string_equal(out.wildcard, "sip:a!.*!@b");
    assert_string_equal(out.charging.primary_ecf, "aaa://e1");
    assert_string_equal(out.charging.secondary_ecf, "aaa://e2");
    assert_string_equal(out.charging.secondary_ccf, "aaa://c2");
    assert_string_equal(out.also_registered[0], "x@b");
    cx_restoration_copy(&copy, &out.restoration[0]);
    cx_saa_free(&out);
    assert_int_equal(out.restoration_count, 0);
    assert_string_equal(copy.contact[0].contact, "<sip:c>");
    cx_restoration_free(&copy);
    assert_null(copy.contact);
}

static void CXM_18_a_digest_item_has_no_aka_in_it(void **state)
{
    struct cx_maa in = {.result = CX_SUCCESS, .count = 1}, out;
    struct cx_digest *d = &in.vector[0].digest;
    struct msg *msg;

    (void)state;
    *d = (struct cx_digest){.realm = "hims.net",
                            .qop = "auth",
                            .algorithm = "MD5",
                            .ha1 = "4f5c1c4e2b7c7a6d7b8a9c0d1e2f3a4b",
                            .alternate_algorithm = "SHA-256"};
    memset(d->alternate_ha1, 'a', 64);
    strcpy(in.vector[0].scheme, "SIP Digest");
    msg = over_the_wire(answer(CX_MAR, &in), NULL);
    assert_non_null(cx_message_find(msg, CX_AVP_SIP_AUTH_DATA_ITEM, NULL));
    assert_int_equal(cx_decode(&out, cx_answer_fields(CX_MAR), msg, NULL), 0);
    fd_msg_free(msg);
    assert_int_equal(out.vector[0].xres_len, 0);
    assert_memory_equal(&out.vector[0].digest, d, sizeof *d);
}

static void supported_features_say_what_is_required(void **state)
{
    struct cx_uar in =
                      {
                          .impi = "a@b",
                          .impu = "sip:a@b",
                          .visited = "v",
                          .features = {.bits = CX_FEATURE_RESTORATION, .required = true}
    },
                  out;
    struct cx_uaa ask = {.result = CX_FEATURE_UNSUPPORTED,
                         .features = {.bits = CX_FEATURE_SIFC | CX_FEATURE_ALIAS}},
                  uaa;

    (void)state;
    there_and_back(request(CX_UAR, &in), cx_request_fields(CX_UAR), &out);
    assert_int_equal(out.features.bits, CX_FEATURE_RESTORATION);
    assert_true(out.features.required);
    assert_false(out.features.foreign);
    there_and_back(answer(CX_UAR, &ask), cx_answer_fields(CX_UAR), &uaa);
    assert_int_equal(uaa.features.bits, CX_FEATURE_SIFC | CX_FEATURE_ALIAS);
    assert_false(uaa.features.required);
}

static void a_location_answer_names_the_wildcard(void **state)
{
    struct cx_lia in = {.result = CX_SUCCESS,
                        .server_name = "sip:as",
                        .flags = CX_LIA_PSI_DIRECT,
                        .wildcard = "sip:chat-!.*!@hims.net"},
                  out;

    (void)state;
    there_and_back(answer(CX_LIR, &in), cx_answer_fields(CX_LIR), &out);
    assert_string_equal(out.wildcard, in.wildcard);
    assert_int_equal(out.flags, CX_LIA_PSI_DIRECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restoration_information_crosses_unchanged),
        cmocka_unit_test(an_answer_holds_the_restoration_information_of_each_impi),
        cmocka_unit_test(CXM_18_a_digest_item_has_no_aka_in_it),
        cmocka_unit_test(supported_features_say_what_is_required),
        cmocka_unit_test(a_location_answer_names_the_wildcard),
    };

    return cmocka_run_group_tests(tests, load_library, NULL);
}
