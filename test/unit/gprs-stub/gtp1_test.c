/* SPDX-License-Identifier: Apache-2.0 */
/* GTPv1-C messages against octets that Wireshark, osmo-ggsn and sgsnemu agreed with. */
#include <errno.h>

#include "../../../gprs-stub/gtp1.h"
#include "../gprs_hex.h"

static const struct {
    const char *name;
    const char *hex;
} vectors[] = {
    {"Echo Request",                "320100040000000000010000"                         },
    {"Echo Response",               "3202000600000000000100000e01"                     },
    {"Create PDP Context Request",
     "3210005c00000000000200000200010100000000f10e010ffd101111000111222200011405800002f12183000403"
     "696d7384000a80000c000001000002008500047f00000b8500047f00000b860005915155001087000d021b921f73"
     "96fefe74faffff00"                                                                },
    {"Create PDP Context Response",
     "3211004e2222000100020000018008fe0e0110aaaa000111bbbb00017f0000004d800006f1210a2d000284000b80"
     "000c040a2d00010002008500047f00000c8500047f00000c87000d021b921f7396fefe74faffff00"},
    {"Create PDP Context Request",
     "3210009600000000000300000200010100000000f10300f1100001010e010ffc1011110001112222000114051a08"
     "00800002f12183000403696d738400208080211001000010810600000000830600000000000c00000100000d0000"
     "02008500047f00000b8500047f00000b860005915155001087000d021b921f7396fefe74faffff00970001029800"
     "080100f110000100019a00085343096089371335"                                        },
    {"Create PDP Context Response", "32110006222200010003000001db"                     },
    {"Create PDP Context Response", "32110006222200010004000001d3"                     },
    {"Create PDP Context Response", "32110006222200010005000001ca"                     },
    {"Create PDP Context Response", "32110006222200010006000001c2"                     },
    {"Update PDP Context Response",
     "32130030222200010007000001800e0110aaaa00017f0000004d8500047f00000c8500047f00000c87000d021b92"
     "1f7396fefe74faffff00"                                                            },
    {"Delete PDP Context Request",  "32140008bbbb00010008000013ff1405"                 },
    {"Delete PDP Context Response", "3215000622220001000800000180"                     },
    {"Delete PDP Context Response", "32150006000000000009000001c0"                     },
    {"Version Not Supported",       "320300040000000000000000"                         },
    {"Echo Response",               "3202000600000000000100000e00"                     },
};
enum { VECTORS = sizeof vectors / sizeof vectors[0] };

/* With an element (182, direct tunnel flags) that we skip: it decodes, and encodes without it. */
static const char update_request[] =
    "3212002fbbbb0001000700000e01101111000114058500047f00000b8500047f00001587000d021b921f7396fefe74"
    "faffff00b6000101";
static const char error_indication[] = "321a0010000000000000000010aaaa00018500047f00000c";

static int decode(struct gtp1 *m, const char *text)
{
    uint8_t data[HEX_MAX];
    struct why why;

    return gtp1_decode(m, data, hex(data, text), &why);
}

static void every_verified_message_decodes_and_encodes_to_the_same_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        struct gtp1 m;
        uint8_t out[GTP_MAX];
        char buf[24];
        assert_int_equal(decode(&m, vectors[i].hex), 0);
        assert_string_equal(gtp1_text(m.type, buf), vectors[i].name);
        assert_hex(out, gtp1_encode(out, sizeof out, &m), vectors[i].hex);
    }
}

static void a_create_request_shows_what_it_asks(void **state)
{
    struct gtp1 m;
    char host[ADDR_TEXT];

    (void)state;
    assert_int_equal(decode(&m, vectors[4].hex), 0);
    assert_string_equal(m.imsi, "001010000000001");
    assert_string_equal(m.msisdn, "15550001");
    assert_string_equal(m.imeisv, "3534900698733153");
    assert_string_equal(m.apn, "ims");
    assert_int_equal(m.nsapi, 5);
    assert_int_equal(m.teid, 0);
    assert_int_equal(m.seq, 3);
    assert_int_equal(m.teid_data, 0x11110001);
    assert_int_equal(m.teid_control, 0x22220001);
    assert_int_equal(m.address.type, GSM_PDP_IPV4);
    assert_false(addr_is_set(&m.address.v4));
    assert_string_equal(addr_host(&m.gsn_control, host), "127.0.0.11");
    assert_int_equal(m.rat, GTP_RAT_GERAN);
    assert_int_equal(m.qos.len, 13);
    assert_int_equal(m.pco.len, 0x20);
}

static void an_unknown_element_with_a_length_is_skipped(void **state)
{
    struct gtp1 m;
    char host[ADDR_TEXT];

    (void)state;
    assert_int_equal(decode(&m, update_request), 0);
    assert_string_equal(addr_host(&m.gsn_user, host), "127.0.0.21");
    assert_int_equal(decode(&m, error_indication), 0);
    assert_int_equal(m.teid_data, 0xaaaa0001);
}

static void the_elements_may_come_in_any_order(void **state)
{
    struct gtp1 m;

    (void)state;
    assert_int_equal(decode(&m, "32140008bbbb000100080000140513ff"), 0);
    assert_int_equal(m.nsapi, 5);
    assert_int_equal(m.teardown, 1);
}

static void GPR_20_a_missing_element_is_cause_202(void **state)
{
    struct gtp1 m;

    (void)state;
    assert_int_equal(decode(&m, "32140006bbbb00010008000013ff"), -EPROTO);
    assert_int_equal(m.type, GTP_DELETE_REQUEST);
    assert_int_equal(m.seq, 8);
    assert_int_equal(m.fault, GTP_IE_MISSING);
}

static void GPR_20_a_wrong_mandatory_element_is_cause_201(void **state)
{
    struct gtp1 m;

    (void)state;
    /* a GSN address of five octets */
    assert_int_equal(decode(&m,
                            "32120030bbbb000100070000 101111000114058500057f00000b008500047f000015"
                            "87000d021b921f7396fefe74faffff00 b6000101 0e01"),
                     -EPROTO);
    assert_int_equal(m.fault, GTP_IE_INCORRECT);
}

static void a_wrong_optional_element_counts_as_absent(void **state)
{
    struct gtp1 m;

    (void)state;
    /* an MSISDN with a digit a */
    assert_int_equal(decode(&m,
                            "3210002f0000000000020000 1011110001 1405 8500047f00000b8500047f00000b"
                            "860003915a55 87000d021b921f7396fefe74faffff00"),
                     0);
    assert_false(m.has_msisdn);
    assert_string_equal(m.msisdn, "");
}

static void GPR_20_lengths_that_lie_are_cause_193(void **state)
{
    static const char *const texts[] = {
        "32140009bbbb00010008000013ff1405",       /* header: one too many */
        "32140007bbbb00010008000013ff1405",       /* one too few */
        "3214000bbbbb00010008000013ff1405840009", /* an element beyond the end */
        "32140009bbbb00010008000013ff140510",     /* a fixed one beyond the end */
        "3214000abbbb00010008000013ff14057e01",   /* 126: nobody knows how long it is */
    };
    struct gtp1 m;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(decode(&m, texts[i]), -EPROTO);
        assert_int_equal(m.fault, GTP_INVALID_FORMAT);
        assert_int_equal(m.seq, 8);
    }
}

static void GPR_20_another_version_is_not_supported(void **state)
{
    struct gtp1 m;

    (void)state;
    assert_int_equal(decode(&m, "4820000800000000"
                                "00010000"),
                     -EPROTONOSUPPORT);
    assert_int_equal(decode(&m, "1e01000000010000ffffffffffffffff"), -EPROTONOSUPPORT);
}

static void what_is_no_request_is_not_answered(void **state)
{
    static const char *const texts[] = {
        "",
        "32",
        "32100000000000",
        "3263000400000000"
        "00010000",
        "2201000400000000"
        "00010000",
        "3010000400000000"
        "00010000",
        "32110004222200010003"
        "0000",
        "32020004000000000001"
        "0000",
    };
    struct gtp1 m;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(decode(&m, texts[i]), -EPROTO);
        assert_int_equal(m.fault, 0);
    }
}

static void extension_headers_are_skipped_unless_they_must_be_understood(void **state)
{
    struct gtp1 m;

    (void)state;
    assert_int_equal(decode(&m, "3614000cbbbb00010008000101000000 13ff1405"), 0);
    assert_int_equal(m.nsapi, 5);
    assert_int_equal(decode(&m, "3614000cbbbb000100080 0c0 01000000 13ff1405"), -EPROTO);
    assert_int_equal(m.fault, 0);
    assert_int_equal(decode(&m, "3614000cbbbb00010008000100000000 13ff1405"),
                     -EPROTO); /* length 0 */
}

static void what_does_not_fit_is_refused(void **state)
{
    struct gtp1 m;
    uint8_t out[GTP_MAX];
    int len;

    (void)state;
    decode(&m, vectors[4].hex);
    len = gtp1_encode(out, sizeof out, &m);
    for (int size = 0; size < len; size++)
        assert_int_equal(gtp1_encode(out, size, &m), -EMSGSIZE);
}

/* What decodes also encodes, and decodes again. */
static void try_gtp(const uint8_t *data, size_t len, void *arg)
{
    struct gtp1 m, again;
    struct why why;
    uint8_t out[4096];
    int n;

    (void)arg;
    if (gtp1_decode(&m, data, len, &why) < 0)
        return;
    n = gtp1_encode(out, sizeof out, &m);
    assert_true(n >= 12);
    assert_int_equal(gtp1_decode(&again, out, n, &why), 0);
}

static void GPR_34_cut_or_changed_octets_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        try_cut(vectors[i].hex, try_gtp, NULL);
        try_mutated(vectors[i].hex, 5000, try_gtp, NULL);
    }
    try_mutated(update_request, 5000, try_gtp, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verified_message_decodes_and_encodes_to_the_same_octets),
        cmocka_unit_test(a_create_request_shows_what_it_asks),
        cmocka_unit_test(an_unknown_element_with_a_length_is_skipped),
        cmocka_unit_test(the_elements_may_come_in_any_order),
        cmocka_unit_test(GPR_20_a_missing_element_is_cause_202),
        cmocka_unit_test(GPR_20_a_wrong_mandatory_element_is_cause_201),
        cmocka_unit_test(a_wrong_optional_element_counts_as_absent),
        cmocka_unit_test(GPR_20_lengths_that_lie_are_cause_193),
        cmocka_unit_test(GPR_20_another_version_is_not_supported),
        cmocka_unit_test(what_is_no_request_is_not_answered),
        cmocka_unit_test(extension_headers_are_skipped_unless_they_must_be_understood),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(GPR_34_cut_or_changed_octets_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
