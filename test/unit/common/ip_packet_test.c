/* SPDX-License-Identifier: Apache-2.0 */
/* From whom and for whom a packet is, whatever a terminal claims to be one. */
#include <errno.h>

#include "../gprs_hex.h"
#include "ip_packet.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define V4       "45000014 00000000 40110000 "
#define V6       "60000000 0000 3b 40 "

static const struct {
    const char *packet, *src, *dst;
    bool link_only;
} packets[] = {
    {V4 "0a2d0002 0a3c020a",                                                 "10.45.0.2",  "10.60.2.10",      false},
    {V4 "0a2d0002 e0000016",                                                 "10.45.0.2",  "224.0.0.22",      true },
    {V4 "0a2d0002 ffffffff",                                                 "10.45.0.2",  "255.255.255.255", true },
    {V6 "fd000045000000000000000000000002 fd000060000000000000000000020010", "fd00:45::2",
     "fd00:60::2:10",                                                                                         false},
    {V6 "fe800000000000000000000000000001 ff020000000000000000000000000002", "fe80::1",    "ff02::2",
     true                                                                                                          },
    {V6 "00000000000000000000000000000000 fd000060000000000000000000020010", "::",         "fd00:60::2:10",
     true                                                                                                          },
};

static void source_destination_and_reach_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(packets); i++) {
        uint8_t data[HEX_MAX];
        struct ip_packet ip;
        char src[ADDR_TEXT], dst[ADDR_TEXT];
        assert_int_equal(ip_packet_read(&ip, data, hex(data, packets[i].packet)), 0);
        assert_string_equal(addr_host(&ip.src, src), packets[i].src);
        assert_string_equal(addr_host(&ip.dst, dst), packets[i].dst);
        assert_int_equal(ip.link_only, packets[i].link_only);
    }
}

static void what_is_no_whole_header_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "45",
                                      "4500001400000000401100000a2d00020a3c02",
                                      V6 "fd000045000000000000000000000002 fd0000600000",
                                      "00",
                                      "55000014000000004011 0000 0a2d0002 0a3c020a"};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t data[HEX_MAX];
        struct ip_packet ip;
        assert_int_equal(ip_packet_read(&ip, data, hex(data, bad[i])), -EPROTO);
    }
}

static void try_packet(const uint8_t *data, size_t len, void *arg)
{
    struct ip_packet ip;

    (void)arg;
    if (ip_packet_read(&ip, data, len) == 0)
        assert_true(addr_is_set(&ip.src) && addr_is_set(&ip.dst));
}

static void cut_or_changed_octets_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(packets); i++) {
        try_cut(packets[i].packet, try_packet, NULL);
        try_mutated(packets[i].packet, 5000, try_packet, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(source_destination_and_reach_are_read),
        cmocka_unit_test(what_is_no_whole_header_is_refused),
        cmocka_unit_test(cut_or_changed_octets_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
