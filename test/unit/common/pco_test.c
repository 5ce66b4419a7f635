/* SPDX-License-Identifier: Apache-2.0 */
/* PCO values of the verified Activate and Create messages, and what a stranger may send. */
#include "../gprs_hex.h"
#include "gsm.h"
#include "pco.h"

static const char request[] =
    "80 8021 10 01000010 8106 00000000 8306 00000000 000c00 000100 000d00 000200";
static const char answer[] = "80 8021 10 02000010 8106 0a2d0001 8306 0a2d0001"
                             "000c04 0a2d0001 000d04 0a2d0001 000200";
static const char answer6[] = "80 000c04 0a2d0001 000110 20010db8000000000000000000000001"
                              "000d04 0a2d0001 001002 0578 000200";

static void decode(struct pco *pco, bool from_network, const char *text)
{
    uint8_t data[HEX_MAX];

    pco_decode(pco, from_network, data, hex(data, text));
}

static void GPR_08_a_request_asks_for_the_pcscf(void **state)
{
    struct pco pco;

    (void)state;
    decode(&pco, false, request);
    assert_true(pco.ask_pcscf_v4);
    assert_true(pco.ask_pcscf_v6);
    assert_true(pco.ask_dns_v4);
    assert_true(pco.im_cn);
    assert_false(pco.ask_mtu);
    assert_int_equal(pco.ipcp, IPCP_REQUEST);
    assert_int_equal(pco.ipcp_id, 0);
    assert_false(addr_is_set(&pco.ipcp_dns[0]));
    assert_int_equal(pco.ignored, 0);
    assert_false(pco.truncated);
}

static void GPR_08_an_answer_gives_pcscf_dns_and_mtu(void **state)
{
    struct pco pco;
    char host[ADDR_TEXT];

    (void)state;
    decode(&pco, true, answer6);
    assert_int_equal(pco.pcscf_count, 2);
    assert_string_equal(addr_host(&pco.pcscf[0], host), "10.45.0.1");
    assert_string_equal(addr_host(&pco.pcscf[1], host), "2001:db8::1");
    assert_int_equal(pco.dns_count, 1);
    assert_int_equal(pco.mtu, 1400);
    assert_true(pco.im_cn);
    decode(&pco, true, answer);
    assert_int_equal(pco.ipcp, IPCP_ACK);
    assert_string_equal(addr_host(&pco.ipcp_dns[1], host), "10.45.0.1");
}

static void encoding_gives_the_verified_octets(void **state)
{
    static const struct {
        const char *hex;
        bool from_network;
    } values[] = {
        {request,            false},
        {answer,             true },
        {answer6,            true },
        {"80 000c00 000200", false},
        {"80",               true }
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct pco pco;
        uint8_t out[PCO_MAX];
        decode(&pco, values[i].from_network, values[i].hex);
        assert_hex(out, pco_encode(out, sizeof out, &pco), values[i].hex);
    }
}

static void GPR_13_unknown_containers_are_skipped(void **state)
{
    struct pco pco;

    (void)state;
    /* PAP of sgsnemu, a container of the operator's own, then ours */
    decode(&pco, false, "80 c023 11 0101 0011 036d696708 68656d6d656c6967 ff00 03 010203 000c00");
    assert_int_equal(pco.ignored, 2);
    assert_true(pco.ask_pcscf_v4);
    assert_false(pco.truncated);
}

static void GPR_13_a_truncated_pco_gives_what_was_whole(void **state)
{
    struct pco pco;

    (void)state;
    decode(&pco, false, "80 000c00 000d10 01");
    assert_true(pco.truncated);
    assert_true(pco.ask_pcscf_v4);
    assert_false(pco.ask_dns_v4);
    decode(&pco, true, "80 000c04 0a2d"); /* half an address */
    assert_int_equal(pco.pcscf_count, 0);
    decode(&pco, true, "80 000c03 0a2d00");
    assert_int_equal(pco.pcscf_count, 0);
    assert_int_equal(pco.ignored, 1);
}

static void GPR_13_an_empty_pco_asks_nothing(void **state)
{
    struct pco pco;

    (void)state;
    decode(&pco, false, "80");
    assert_false(pco.ask_pcscf_v4);
    assert_false(pco.truncated);
    decode(&pco, false, "");
    assert_false(pco.ask_pcscf_v4);
}

static void more_pcscfs_than_fit_are_left_out(void **state)
{
    char text[1024] = "80";
    struct pco pco;

    (void)state;
    for (int i = 0; i < 12; i++)
        strcat(text, "000c040a2d0001");
    decode(&pco, true, text);
    assert_int_equal(pco.pcscf_count, 8);
}

static void try_pco(const uint8_t *data, size_t len, void *arg)
{
    uint8_t out[PCO_MAX];
    struct pco pco;

    pco_decode(&pco, *(bool *)arg, data, len);
    assert_true(pco_encode(out, sizeof out, &pco) > 0);
}

static void cut_or_changed_octets_do_no_harm(void **state)
{
    bool up = false, down = true;

    (void)state;
    try_cut(request, try_pco, &up);
    try_cut(answer, try_pco, &down);
    try_cut(answer6, try_pco, &down);
    try_mutated(request, 50000, try_pco, &up);
    try_mutated(answer, 50000, try_pco, &down);
    try_mutated(answer6, 50000, try_pco, &down);
}

static void a_routing_area_keeps_two_and_three_digit_networks(void **state)
{
    static const struct {
        const char *hex, *text;
    } areas[] = {
        {"00f110000100", "001-01-1-0"       },
        {"130062fffeff", "310-260-65534-255"}
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t data[HEX_MAX], out[8];
        struct octets_in in = octets_in(data, hex(data, areas[i].hex));
        struct octets_out o = octets_out(out, sizeof out);
        struct gsm_rai rai;
        char buf[32];
        gsm_take_rai(&in, &rai);
        assert_string_equal(gsm_rai_text(&rai, buf), areas[i].text);
        gsm_put_rai(&o, &rai);
        assert_hex(out, octets_len(&o), areas[i].hex);
    }
}

static void an_apn_is_labels_and_nothing_else(void **state)
{
    static const struct {
        const char *hex, *apn;
    } apns[] = {
        {"03696d73",                "ims"       },
        {"03494d53 066d6e63303031", "ims.mnc001"},
        {"04696d73",                NULL        },
        {"00",                      NULL        },
        {"03692073",                NULL        },
        {"02696d 05",               NULL        }
    };

    (void)state;
    for (size_t i = 0; i < sizeof apns / sizeof apns[0]; i++) {
        uint8_t data[HEX_MAX];
        char apn[GSM_APN];
        struct octets_in in = octets_in(data, hex(data, apns[i].hex));
        int rc = gsm_take_apn(&in, apn);
        assert_int_equal(rc == 0, apns[i].apn != NULL);
        assert_string_equal(apn, apns[i].apn ? apns[i].apn : "");
    }
}

static void an_apn_longer_than_our_room_is_refused(void **state)
{
    uint8_t data[66] = {0};
    char apn[GSM_APN];
    struct octets_in in = octets_in(data, sizeof data);

    (void)state;
    memset(data, 'a', sizeof data);
    data[0] = 65;
    assert_true(gsm_take_apn(&in, apn) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GPR_08_a_request_asks_for_the_pcscf),
        cmocka_unit_test(GPR_08_an_answer_gives_pcscf_dns_and_mtu),
        cmocka_unit_test(encoding_gives_the_verified_octets),
        cmocka_unit_test(GPR_13_unknown_containers_are_skipped),
        cmocka_unit_test(GPR_13_a_truncated_pco_gives_what_was_whole),
        cmocka_unit_test(GPR_13_an_empty_pco_asks_nothing),
        cmocka_unit_test(more_pcscfs_than_fit_are_left_out),
        cmocka_unit_test(cut_or_changed_octets_do_no_harm),
        cmocka_unit_test(a_routing_area_keeps_two_and_three_digit_networks),
        cmocka_unit_test(an_apn_is_labels_and_nothing_else),
        cmocka_unit_test(an_apn_longer_than_our_room_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
