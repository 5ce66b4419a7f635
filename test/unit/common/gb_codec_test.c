/* SPDX-License-Identifier: Apache-2.0 */
/* NS, BSSGP and LLC against the octets that osmo-sgsn accepted and sent. */
#include <errno.h>

#include "../gprs_hex.h"
#include "bssgp.h"
#include "llc.h"
#include "ns.h"

static const char *const ns_vectors[] = {
    "02 00 81 01 01 82 0065 04 82 03e9", /* RESET */
    "03 01 82 0065 04 82 03e9",          /* RESET-ACK */
    "06",
    "07",
    "0a",
    "0b",
    "00 00 0000 22 04 82 0000 07 81 08", /* UNITDATA */
    "08 00 81 0a 02 81 0a",              /* STATUS with the PDU in error */
    "08 00 81 04 01 82 0065",            /* STATUS, NS-VC unknown */
    "04 00 81 01 01 82 0065",            /* BLOCK */
};

static const char *const bssgp_vectors[] = {
    "22 04 82 0000 07 81 08",                                            /* BVC-RESET */
    "23 04 82 0000",                                                     /* -ACK */
    "22 04 82 0002 07 81 08 08 88 00f110000100 0001",                    /* of a cell */
    "26 1e 81 01 05 82 03e8 03 82 03e8 01 82 03e8 1c 82 03e8",           /* FLOW-CONTROL */
    "27 1e 81 01",                                                       /* -ACK */
    "01 78000001 000000 08 88 00f110000100 0001 0e 88 01c001080388a6ae", /* UL-UNITDATA */
    "00 78000001 000000 16 82 03e8 0e 88 41c0010803d2b5c5",              /* DL-UNITDATA */
    "24 04 82 0002",                                                     /* BVC-UNBLOCK */
    "20 04 82 0002 07 81 08",                                            /* BVC-BLOCK */
    "29 1f 84 78000001 1e 81 05",                                        /* FLOW-CONTROL-MS-ACK */
    "41 07 81 05 04 82 0007",                                            /* STATUS */
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void ns_pdus_decode_and_encode_to_the_same_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ns_vectors); i++) {
        uint8_t data[HEX_MAX], out[HEX_MAX];
        struct ns_pdu pdu;
        struct why why;
        assert_int_equal(ns_decode(&pdu, data, hex(data, ns_vectors[i]), &why), 0);
        assert_hex(out, ns_encode(out, sizeof out, &pdu), ns_vectors[i]);
    }
}

static void bssgp_pdus_decode_and_encode_to_the_same_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bssgp_vectors); i++) {
        uint8_t data[HEX_MAX], out[HEX_MAX];
        struct bssgp_pdu pdu;
        struct why why;
        assert_int_equal(bssgp_decode(&pdu, data, hex(data, bssgp_vectors[i]), &why), 0);
        assert_hex(out, bssgp_encode(out, sizeof out, &pdu), bssgp_vectors[i]);
    }
}

static void an_ns_reset_names_link_and_entity(void **state)
{
    uint8_t data[HEX_MAX];
    struct ns_pdu pdu;
    struct why why;

    (void)state;
    assert_int_equal(ns_decode(&pdu, data, hex(data, ns_vectors[0]), &why), 0);
    assert_int_equal(pdu.type, NS_RESET);
    assert_int_equal(pdu.cause, NS_CAUSE_OM);
    assert_int_equal(pdu.nsvci, 101);
    assert_int_equal(pdu.nsei, 1001);
}

static void a_long_element_has_two_octets_of_length(void **state)
{
    uint8_t data[HEX_MAX], llc[300] = {1, 2, 3};
    struct bssgp_pdu pdu = {
        .type = BSSGP_UL_UNITDATA, .tlli = 0x78000001, .llc = llc, .llc_len = 300};
    struct why why;
    int len;

    (void)state;
    strcpy(pdu.cell.rai.mcc, "001");
    strcpy(pdu.cell.rai.mnc, "01");
    len = bssgp_encode(data, sizeof data, &pdu);
    assert_hex(data, 18, "01 78000001 000000 08 88 00f110000000 0000");
    assert_hex(data + 18, 6, "0e 012c 010203");
    assert_int_equal(bssgp_decode(&pdu, data, len, &why), 0);
    assert_int_equal(pdu.llc_len, 300);
}

static void a_missing_element_has_its_own_cause(void **state)
{
    uint8_t data[HEX_MAX];
    struct ns_pdu ns;
    struct bssgp_pdu bssgp;
    struct why why;

    (void)state;
    assert_int_equal(ns_decode(&ns, data, hex(data, "02 00 81 01"), &why), -EPROTO);
    assert_int_equal(ns.cause, NS_CAUSE_MISSING_IE);
    assert_int_equal(ns_decode(&ns, data, hex(data, "02 00 8101 0181 00"), &why), -EPROTO);
    assert_int_equal(ns.cause, NS_CAUSE_INVALID_IE);
    assert_int_equal(bssgp_decode(&bssgp, data, hex(data, "22 04 82 0000"), &why), -EPROTO);
    assert_int_equal(bssgp.cause, BSSGP_CAUSE_MISSING);
    assert_int_equal(bssgp_decode(&bssgp, data, hex(data, "7e"), &why), -EPROTO);
    assert_int_equal(bssgp.cause, BSSGP_CAUSE_PROTOCOL);
}

static void unknown_bssgp_elements_are_skipped(void **state)
{
    uint8_t data[HEX_MAX];
    struct bssgp_pdu pdu;
    struct why why;

    (void)state;
    assert_int_equal(bssgp_decode(&pdu, data,
                                  hex(data, "00 78000001 000000 16 82 03e8 0a 82 aabb 00 81 00"
                                            "0e 88 41c0010803d2b5c5"),
                                  &why),
                     0);
    assert_int_equal(pdu.llc_len, 8);
}

/* TS 44.064 5.5; osmo-sgsn and Wireshark took these checksums for right. */
static void the_checksum_is_that_of_a_verified_frame(void **state)
{
    uint8_t data[] = {0x43, 0xfb, 0x01, 0x00, 0x16, 0x01, 0xf4, 0x1a, 0x05, 0xdf};
    struct llc_frame f = {.format = LLC_U,
                          .sapi = 3,
                          .command = true,
                          .poll = true,
                          .u_command = LLC_XID,
                          .info = data + 2,
                          .info_len = 8};
    uint8_t out[32];
    struct llc_frame back;
    struct why why;
    int len = llc_encode(out, sizeof out, true, &f);

    (void)state;
    assert_int_equal(len, 13);
    assert_memory_equal(out, data, sizeof data);
    assert_int_equal(llc_decode(&back, true, out, len, &why), 0);
    assert_int_equal(back.format, LLC_U);
    assert_int_equal(back.u_command, LLC_XID);
    assert_true(back.command);
    /* the same from x^24+x^23+x^21+...+1, divided bit by bit in another program */
    assert_int_equal(llc_fcs((const uint8_t *)"123456789", 9), 0x4e86cb);
}

static void a_ui_frame_carries_sapi_number_and_information(void **state)
{
    struct llc_frame f = {.sapi = LLC_GMM,
                          .command = true,
                          .nu = 0x1a5,
                          .info = (const uint8_t *)"\x08\x03",
                          .info_len = 2};
    uint8_t out[32];
    struct llc_frame back;
    struct why why;
    int len = llc_encode(out, sizeof out, false, &f);

    (void)state;
    assert_hex(out, 5, "01 c6 95 0803");
    assert_int_equal(llc_decode(&back, false, out, len, &why), 0);
    assert_int_equal(back.nu, 0x1a5);
    assert_int_equal(back.sapi, LLC_GMM);
    assert_true(back.command);
    assert_int_equal(back.info_len, 2);
    llc_encode(out, sizeof out, true, &f);
    assert_int_equal(out[0], 0x41); /* a command of the SGSN */
}

static void a_changed_octet_fails_the_checksum(void **state)
{
    struct llc_frame f = {
        .sapi = LLC_GMM, .command = true, .info = (const uint8_t *)"\x08\x03", .info_len = 2};
    uint8_t out[32];
    struct why why;
    int len = llc_encode(out, sizeof out, false, &f);

    (void)state;
    for (int i = 0; i < len; i++) {
        struct llc_frame back;
        out[i] ^= 0x04;
        assert_int_equal(llc_decode(&back, false, out, len, &why), -EPROTO);
        out[i] ^= 0x04;
    }
}

static void a_frame_without_full_protection_is_checked_as_far_as_it_goes(void **state)
{
    uint8_t out[16] = {0x03, 0xc0, 0x00, 1, 2, 3, 4, 5, 6};
    uint32_t fcs = llc_fcs(out, 7); /* header and four octets */
    struct llc_frame f;
    struct why why;

    (void)state;
    out[9] = fcs;
    out[10] = fcs >> 8;
    out[11] = fcs >> 16;
    assert_int_equal(llc_decode(&f, false, out, 12, &why), 0);
    assert_false(f.protected);
    assert_int_equal(f.info_len, 6);
    out[8] ^= 1; /* not protected */
    assert_int_equal(llc_decode(&f, false, out, 12, &why), 0);
    out[6] ^= 1;
    assert_int_equal(llc_decode(&f, false, out, 12, &why), -EPROTO);
}

static void numbers_count_per_sapi_and_wrap(void **state)
{
    struct llc_counters c = {0};

    (void)state;
    for (unsigned i = 0; i < 1030; i++)
        assert_int_equal(llc_next(&c, LLC_GMM), i % 512);
    assert_int_equal(llc_next(&c, LLC_LL3), 0);
}

static void a_repeated_number_is_a_duplicate_and_zero_is_a_new_beginning(void **state)
{
    struct llc_counters c = {0};

    (void)state;
    assert_false(llc_is_duplicate(&c, LLC_GMM, 7)); /* whatever comes first */
    assert_false(llc_is_duplicate(&c, LLC_GMM, 8));
    assert_true(llc_is_duplicate(&c, LLC_GMM, 8));
    assert_true(llc_is_duplicate(&c, LLC_GMM, 7));
    assert_false(llc_is_duplicate(&c, LLC_LL3, 7));
    assert_false(llc_is_duplicate(&c, LLC_GMM, 12)); /* some were lost */
    assert_false(llc_is_duplicate(&c, LLC_GMM, 0));
    assert_false(llc_is_duplicate(&c, LLC_GMM, 1));
}

static void an_xid_command_is_answered_with_what_we_can(void **state)
{
    uint8_t in[32], out[32];

    (void)state;
    assert_hex(out, llc_answer_xid(out, sizeof out, in, hex(in, "01 00 16 01f4 1a 05df")),
               "01 00 16 01f4 1a 05df");
    /* too large an N201-U is bounded; layer-3 parameters (2d: type 11) are left out */
    assert_hex(out, llc_answer_xid(out, sizeof out, in, hex(in, "16 2000 2d aa")), "16 05f0");
    assert_int_equal(llc_answer_xid(out, sizeof out, in, hex(in, "16 20")), -EPROTO);
}

static void try_ns(const uint8_t *data, size_t len, void *arg)
{
    struct ns_pdu pdu;
    struct why why;
    uint8_t out[HEX_MAX];

    (void)arg;
    if (ns_decode(&pdu, data, len, &why) == 0)
        assert_true(ns_encode(out, sizeof out, &pdu) > 0);
}

static void try_bssgp(const uint8_t *data, size_t len, void *arg)
{
    struct bssgp_pdu pdu;
    struct why why;
    uint8_t out[HEX_MAX];

    (void)arg;
    if (bssgp_decode(&pdu, data, len, &why) == 0)
        assert_true(bssgp_encode(out, sizeof out, &pdu) > 0);
}

static void try_llc(const uint8_t *data, size_t len, void *arg)
{
    struct llc_frame f;
    struct why why;
    uint8_t out[HEX_MAX];

    (void)arg;
    if (llc_decode(&f, false, data, len, &why) == 0 && f.info_len)
        assert_true(f.info + f.info_len + 3 == data + len);
    llc_answer_xid(out, sizeof out, data, len);
}

static void cut_or_changed_octets_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ns_vectors); i++) {
        try_cut(ns_vectors[i], try_ns, NULL);
        try_mutated(ns_vectors[i], 5000, try_ns, NULL);
    }
    for (size_t i = 0; i < COUNT(bssgp_vectors); i++) {
        try_cut(bssgp_vectors[i], try_bssgp, NULL);
        try_mutated(bssgp_vectors[i], 5000, try_bssgp, NULL);
    }
    try_cut("43fb0100 1601f41a05df 000000", try_llc, NULL);
    try_mutated("43fb0100 1601f41a05df 000000", 50000, try_llc, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ns_pdus_decode_and_encode_to_the_same_octets),
        cmocka_unit_test(bssgp_pdus_decode_and_encode_to_the_same_octets),
        cmocka_unit_test(an_ns_reset_names_link_and_entity),
        cmocka_unit_test(a_long_element_has_two_octets_of_length),
        cmocka_unit_test(a_missing_element_has_its_own_cause),
        cmocka_unit_test(unknown_bssgp_elements_are_skipped),
        cmocka_unit_test(the_checksum_is_that_of_a_verified_frame),
        cmocka_unit_test(a_ui_frame_carries_sapi_number_and_information),
        cmocka_unit_test(a_changed_octet_fails_the_checksum),
        cmocka_unit_test(a_frame_without_full_protection_is_checked_as_far_as_it_goes),
        cmocka_unit_test(numbers_count_per_sapi_and_wrap),
        cmocka_unit_test(a_repeated_number_is_a_duplicate_and_zero_is_a_new_beginning),
        cmocka_unit_test(an_xid_command_is_answered_with_what_we_can),
        cmocka_unit_test(cut_or_changed_octets_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
