/* SPDX-License-Identifier: Apache-2.0 */
/* NAS messages against octets that Wireshark and osmo-sgsn agreed with. */
#include <errno.h>

#include "../gprs_hex.h"
#include "nas.h"

static const struct {
    const char *name;
    enum nas_direction direction;
    const char *hex;
} vectors[] = {
    {"Attach Request",                        NAS_UP,   "080102e5e0710a0008091010000000001000f110fffeff061453432aa060"},
    {"Attach Request",                        NAS_UP,   "080102e5e0710a0005f4c000000100f110fffeff061453432aa060"      },
    {"Identity Request",                      NAS_DOWN, "081501"                                                      },
    {"Identity Request",                      NAS_DOWN, "081503"                                                      },
    {"Identity Response",                     NAS_UP,   "0816080910100000000010"                                      },
    {"Identity Response",                     NAS_UP,   "0816093335940096783351f3"                                    },
    {"Authentication and Ciphering Request",  NAS_DOWN,
     "081200002123553cbe9637a89d218ae64dae47bf3580281055f328b43577b9b94a9ffac354dfafb3"                               },
    {"Authentication and Ciphering Response", NAS_UP,   "08130022a54211d52904e3ba50bf"                                },
    {"Authentication and Ciphering Response", NAS_UP,
     "08130722a54211d523093335940096783351f32904e3ba50bf"                                                             },
    {"Authentication and Ciphering Request",  NAS_DOWN,
     "081210702123553cbe9637a89d218ae64dae47bf3580281055f328b43577b9b94a9ffac354dfafb3"                               },
    {"Authentication and Ciphering Failure",  NAS_UP,   "081c15300e000102030405060708090a0b0c0d"                      },
    {"Authentication and Ciphering Reject",   NAS_DOWN, "0814"                                                        },
    {"Attach Accept",                         NAS_DOWN, "080201494400f1100001011900000117241805f4c0000001"            },
    {"Attach Complete",                       NAS_UP,   "0803"                                                        },
    {"Attach Reject",                         NAS_DOWN, "080408"                                                      },
    {"Detach Request",                        NAS_UP,   "0805011805f4c0000001"                                        },
    {"Detach Request",                        NAS_UP,   "0805091805f4c0000001"                                        },
    {"Detach Accept",                         NAS_DOWN, "080600"                                                      },
    {"Detach Request",                        NAS_DOWN, "0805022508"                                                  },
    {"Detach Accept",                         NAS_UP,   "0806"                                                        },
    {"GMM Status",                            NAS_DOWN, "082060"                                                      },
    {"Activate PDP Context Request",          NAS_UP,
     "0a4105030c000000000000000000000000020121280403696d7327208080211001000010810600000000"
     "830600000000000c00000100000d00000200"                                                                           },
    {"Activate PDP Context Request",          NAS_UP,
     "0a4105030c000000000000000000000000020121280403696d73270780000c00000200"                                         },
    {"Activate PDP Context Accept",           NAS_DOWN,
     "8a42030c1b921f7396fefe74faffff00042b0601210a2d00022725808021100200001081060a2d000183"
     "060a2d0001000c040a2d0001000d040a2d0001000200"                                                                   },
    {"Activate PDP Context Accept",           NAS_DOWN,
     "8a42030c1b921f7396fefe74faffff00042b0601210a2d0002272a80000c040a2d000100011020010db8"
     "000000000000000000000001000d040a2d00010010020578000200"                                                         },
    {"Activate PDP Context Reject",           NAS_DOWN, "8a431b"                                                      },
    {"Deactivate PDP Context Request",        NAS_UP,   "0a462491"                                                    },
    {"Deactivate PDP Context Accept",         NAS_DOWN, "8a47"                                                        },
    {"Deactivate PDP Context Request",        NAS_DOWN, "8a462491"                                                    },
    {"Deactivate PDP Context Accept",         NAS_UP,   "0a47"                                                        },
    {"Activate PDP Context Reject",           NAS_DOWN, "8a431a"                                                      },
    {"Activate PDP Context Reject",           NAS_DOWN, "8a4326"                                                      },
    {"Attach Reject",                         NAS_DOWN, "080411"                                                      },
    {"SM Status",                             NAS_DOWN, "8a5551"                                                      },
    {"Routing Area Update Request",           NAS_UP,
     "08087000f11000010106"
     "1453432aa060"
     "32022000"                                                                                                       },
    {"Routing Area Update Accept",            NAS_DOWN,
     "080900e000f110000101"
     "32022000"                                                                                                       },
    {"Routing Area Update Complete",          NAS_UP,   "080a"                                                        },
    {"Routing Area Update Reject",            NAS_DOWN, "080b0a00"                                                    },
};
enum { VECTORS = sizeof vectors / sizeof vectors[0] };

static int decode(struct nas *m, enum nas_direction direction, const char *text)
{
    uint8_t data[HEX_MAX];
    struct why why;

    return nas_decode(m, direction, data, hex(data, text), &why);
}

static void every_verified_message_decodes_and_encodes_to_the_same_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        struct nas m;
        uint8_t out[NAS_MAX];
        char buf[24];
        assert_int_equal(decode(&m, vectors[i].direction, vectors[i].hex), 0);
        assert_string_equal(nas_text(m.pd, m.type, buf), vectors[i].name);
        assert_hex(out, nas_encode(out, sizeof out, vectors[i].direction, &m), vectors[i].hex);
    }
}

static void an_attach_request_shows_imsi_and_old_routing_area(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(decode(&m, NAS_UP, vectors[0].hex), 0);
    assert_int_equal(m.pd, NAS_GMM);
    assert_int_equal(m.type, GMM_ATTACH_REQUEST);
    assert_int_equal(m.attach_request.attach_type, NAS_ATTACH_GPRS);
    assert_int_equal(m.attach_request.cksn, NAS_NO_KEY);
    assert_int_equal(m.attach_request.drx, 0x0a00);
    assert_int_equal(m.attach_request.identity.type, NAS_IMSI);
    assert_string_equal(m.attach_request.identity.digits, "001010000000001");
    assert_string_equal(m.attach_request.old_rai.mcc, "001");
    assert_string_equal(m.attach_request.old_rai.mnc, "01");
    assert_int_equal(m.attach_request.old_rai.lac, 0xfffe);
    assert_int_equal(m.attach_request.radio_capability.len, 6);
}

static void an_attach_request_shows_the_ptmsi(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(decode(&m, NAS_UP, vectors[1].hex), 0);
    assert_int_equal(m.attach_request.identity.type, NAS_PTMSI);
    assert_int_equal(m.attach_request.identity.ptmsi, 0xc0000001);
}

static void an_attach_accept_shows_ptmsi_signature_and_timers(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(decode(&m, NAS_DOWN, vectors[12].hex), 0);
    assert_int_equal(m.attach_accept.result, 1);
    assert_int_equal(m.attach_accept.t3312, 0x49);
    assert_true(m.attach_accept.has_ptmsi);
    assert_int_equal(m.attach_accept.ptmsi.ptmsi, 0xc0000001);
    assert_int_equal(m.attach_accept.ptmsi_signature, 1);
    assert_int_equal(m.attach_accept.ready_timer, 0x24);
    assert_false(m.attach_accept.has_cause);
}

static void an_activate_accept_shows_the_address(void **state)
{
    struct nas m;
    char host[ADDR_TEXT];

    (void)state;
    assert_int_equal(decode(&m, NAS_DOWN, vectors[23].hex), 0);
    assert_int_equal(m.ti, 0);
    assert_true(m.to_originator);
    assert_true(m.activate_accept.has_address);
    assert_string_equal(addr_host(&m.activate_accept.address.v4, host), "10.45.0.2");
    assert_int_equal(m.activate_accept.pco.len, 0x25);
}

static void an_activate_request_shows_apn_nsapi_and_pdp_type(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(decode(&m, NAS_UP, vectors[22].hex), 0);
    assert_int_equal(m.activate_request.nsapi, 5);
    assert_int_equal(m.activate_request.llc_sapi, 3);
    assert_int_equal(m.activate_request.address.type, GSM_PDP_IPV4);
    assert_string_equal(m.activate_request.apn, "ims");
    assert_int_equal(m.activate_request.pco.len, 7);
}

static void an_extended_transaction_identifier_survives(void **state)
{
    struct nas m, again;
    uint8_t out[NAS_MAX];
    char text[64];
    int len;

    (void)state;
    assert_int_equal(decode(&m, NAS_DOWN, "8a431b"), 0);
    m.ti = 9;
    len = nas_encode(out, sizeof out, NAS_DOWN, &m);
    assert_hex(out, len, "fa89431b");
    assert_int_equal(decode(&again, NAS_DOWN, to_hex(text, out, len)), 0);
    assert_int_equal(again.ti, 9);
}

static void a_missing_mandatory_element_is_cause_96(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(decode(&m, NAS_UP, "080102e5e0710a00"), -EPROTO);
    assert_int_equal(m.type, GMM_ATTACH_REQUEST);
    assert_int_equal(m.fault, NAS_CAUSE_MANDATORY);
    assert_int_equal(decode(&m, NAS_UP, "0a410503"), -EPROTO);
    assert_int_equal(m.fault, NAS_CAUSE_MANDATORY);
}

static void a_mobile_identity_that_is_no_number_is_cause_96(void **state)
{
    static const char *const texts[] = {
        "08160809101a0000000010",           /* digit a */
        "08160801e0100000000010",           /* digit e */
        "08160b09101000000000101010101010", /* 21 digits */
        "081603f4c000",                     /* half a P-TMSI */
        "081605f7c0000000",                 /* type 7 */
    };
    struct nas m;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(decode(&m, NAS_UP, texts[i]), -EPROTO);
        assert_int_equal(m.fault, NAS_CAUSE_MANDATORY);
    }
}

static void an_unknown_type_or_a_wrong_direction_is_cause_97(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(decode(&m, NAS_UP, "087f"), -EPROTO);
    assert_int_equal(m.fault, NAS_CAUSE_TYPE);
    assert_int_equal(decode(&m, NAS_UP, "080408"), -EPROTO); /* Attach Reject from a terminal */
    assert_int_equal(m.fault, NAS_CAUSE_TYPE);
    assert_int_equal(decode(&m, NAS_UP, "0a7f"), -EPROTO);
    assert_int_equal(m.pd, NAS_SM);
    assert_int_equal(m.fault, NAS_CAUSE_TYPE);
}

static void what_is_no_gmm_or_sm_is_not_answered(void **state)
{
    static const char *const texts[] = {"", "08", "0501", "1801", "7a41", "7a0041"};
    struct nas m;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(decode(&m, NAS_UP, texts[i]), -EPROTO);
        assert_int_equal(m.fault, 0);
    }
}

static void unknown_elements_are_skipped(void **state)
{
    struct nas m;

    (void)state;
    /* TLV 33, one octet 9f, TLV 58 in front of the APN and PCO that we know */
    assert_int_equal(decode(&m, NAS_UP,
                            "0a4105030c000000000000000000000000020121"
                            "330101 9f 5802aabb 280403696d73 270780000c00000200"),
                     0);
    assert_string_equal(m.activate_request.apn, "ims");
    assert_int_equal(m.activate_request.pco.len, 7);
}

static void an_unknown_element_that_must_be_understood_is_cause_96(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(decode(&m, NAS_UP, "0a462491 0101ff"), -EPROTO);
    assert_int_equal(m.fault, NAS_CAUSE_MANDATORY);
}

static void a_broken_optional_element_counts_as_absent(void **state)
{
    struct nas m;

    (void)state;
    /* an APN whose label is longer than the element; then a PCO longer than the message */
    assert_int_equal(
        decode(&m, NAS_UP, "0a4105030c000000000000000000000000020121 280409696d73 277780000c"), 0);
    assert_false(m.activate_request.has_apn);
    assert_string_equal(m.activate_request.apn, "");
    assert_false(m.activate_request.has_pco);
}

static void the_first_of_a_repeated_element_wins(void **state)
{
    struct nas m;

    (void)state;
    assert_int_equal(
        decode(&m, NAS_UP, "0a4105030c000000000000000000000000020121 280403696d73 280403777777"),
        0);
    assert_string_equal(m.activate_request.apn, "ims");
}

static void a_message_that_does_not_fit_is_refused(void **state)
{
    struct nas m;
    uint8_t out[NAS_MAX];

    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        int len;
        decode(&m, vectors[i].direction, vectors[i].hex);
        len = nas_encode(out, sizeof out, vectors[i].direction, &m);
        for (int size = 0; size < len; size++)
            assert_int_equal(nas_encode(out, size, vectors[i].direction, &m), -EMSGSIZE);
    }
}

/* What decodes also encodes, and decodes again to the same. */
static void try_nas(const uint8_t *data, size_t len, void *arg)
{
    enum nas_direction direction = *(enum nas_direction *)arg;
    struct nas m, again;
    uint8_t out[4 * NAS_MAX];
    struct why why;
    int n;

    if (nas_decode(&m, direction, data, len, &why) < 0) {
        assert_true(m.fault == 0 || m.fault >= NAS_CAUSE_INCORRECT);
        return;
    }
    n = nas_encode(out, sizeof out, direction, &m);
    assert_true(n >= 2);
    assert_int_equal(nas_decode(&again, direction, out, n, &why), 0);
}

static void truncated_messages_are_never_read_beyond_their_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++)
        try_cut(vectors[i].hex, try_nas, &(enum nas_direction){vectors[i].direction});
}

static void mutated_messages_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++)
        try_mutated(vectors[i].hex, 2000, try_nas, &(enum nas_direction){vectors[i].direction});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verified_message_decodes_and_encodes_to_the_same_octets),
        cmocka_unit_test(an_attach_request_shows_imsi_and_old_routing_area),
        cmocka_unit_test(an_attach_request_shows_the_ptmsi),
        cmocka_unit_test(an_attach_accept_shows_ptmsi_signature_and_timers),
        cmocka_unit_test(an_activate_accept_shows_the_address),
        cmocka_unit_test(an_activate_request_shows_apn_nsapi_and_pdp_type),
        cmocka_unit_test(an_extended_transaction_identifier_survives),
        cmocka_unit_test(a_missing_mandatory_element_is_cause_96),
        cmocka_unit_test(a_mobile_identity_that_is_no_number_is_cause_96),
        cmocka_unit_test(an_unknown_type_or_a_wrong_direction_is_cause_97),
        cmocka_unit_test(what_is_no_gmm_or_sm_is_not_answered),
        cmocka_unit_test(unknown_elements_are_skipped),
        cmocka_unit_test(an_unknown_element_that_must_be_understood_is_cause_96),
        cmocka_unit_test(a_broken_optional_element_counts_as_absent),
        cmocka_unit_test(the_first_of_a_repeated_element_wins),
        cmocka_unit_test(a_message_that_does_not_fit_is_refused),
        cmocka_unit_test(truncated_messages_are_never_read_beyond_their_end),
        cmocka_unit_test(mutated_messages_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
