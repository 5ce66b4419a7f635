/* SPDX-License-Identifier: Apache-2.0 */
/* G-PDUs as libgtp and others write them: with and without sequence number and extensions. */
#include <errno.h>

#include "../../../gprs-stub/gtpu_codec.h"
#include "../gprs_hex.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const good[] = {
    "30 ff 0004 aaaa0001 45000004",                       /* ours */
    "32 ff 0008 aaaa0001 0007 00 00 45000004",            /* libgtp: sequence number */
    "33 ff 0008 aaaa0001 0007 0b 00 45000004",            /* and N-PDU number */
    "34 ff 000c aaaa0001 0000 00 40 01 0868 00 45000004", /* UDP port extension */
    "34 ff 0014 aaaa0001 0000 00 85 01 1005 40 02 000000000000 00 45000004",
    "30 ff 0004 aaaa0001 45000004 ffff", /* more octets than it says */
};

static int decode(const char *text, struct gtpu_pdu *pdu, uint8_t *data, struct why *why)
{
    return gtpu_decode(pdu, data, hex(data, text), why);
}

static void the_packet_is_found_behind_every_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        uint8_t data[HEX_MAX];
        struct gtpu_pdu pdu;
        struct why why;
        if (decode(good[i], &pdu, data, &why) < 0)
            fail_msg("%s: %s", good[i], why.text);
        assert_int_equal(pdu.teid, 0xaaaa0001);
        assert_hex(pdu.packet, pdu.len, "45000004");
    }
}

static void what_cannot_be_read_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *pdu, *why;
    } bad[] = {
        {"30 ff 0004 aaaa00",                                  "too short"         },
        {"30 ff 0005 aaaa0001 45000004",                       "too short"         },
        {"32 ff 0003 aaaa0001 000700",                         "too short"         },
        {"34 ff 0008 aaaa0001 0000 00 40 02 0868 00",          "too short"         },
        {"34 ff 0008 aaaa0001 0000 00 40 00 0868 00",          "without length"    },
        {"34 ff 000c aaaa0001 0000 00 c0 01 0868 00 45000004", "must be understood"},
        {"48 ff 0004 aaaa0001 45000004",                       "version 1"         },
        {"20 ff 0004 aaaa0001 45000004",                       "version 1"         },
        {"30 1a 0004 aaaa0001 45000004",                       "not a G-PDU"       },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t data[HEX_MAX];
        struct gtpu_pdu pdu;
        struct why why;
        assert_int_equal(decode(bad[i].pdu, &pdu, data, &why), -EPROTO);
        if (!strstr(why.text, bad[i].why))
            fail_msg("%s: %s", bad[i].pdu, why.text);
    }
}

static void our_header_is_the_shortest(void **state)
{
    uint8_t head[GTPU_HEAD];

    (void)state;
    gtpu_put_head(head, 0xaaaa0001, 1400);
    assert_hex(head, sizeof head, "30ff0578aaaa0001");
}

static void try_pdu(const uint8_t *data, size_t len, void *arg)
{
    struct gtpu_pdu pdu;
    struct why why;

    (void)arg;
    if (gtpu_decode(&pdu, data, len, &why) == 0)
        assert_true(pdu.packet >= data && pdu.packet + pdu.len <= data + len);
}

static void cut_or_changed_octets_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        try_cut(good[i], try_pdu, NULL);
        try_mutated(good[i], 20000, try_pdu, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_packet_is_found_behind_every_header),
        cmocka_unit_test(what_cannot_be_read_is_refused_with_its_reason),
        cmocka_unit_test(our_header_is_the_shortest),
        cmocka_unit_test(cut_or_changed_octets_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
