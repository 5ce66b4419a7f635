/* SPDX-License-Identifier: Apache-2.0 */
/* SA sets in a real kernel: what passes, what does not. Needs ESP: tools/uml runs it. */
#include "two_ends.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <sys/socket.h>

static const struct sec_pair sha1_aes = {SEC_HMAC_SHA_1_96, SEC_AES_CBC};

static struct sa_counters counters(enum end end)
{
    struct sa_counters c;

    assert_int_equal(sa_set_counters(xfrm[end], &set[end], &c), SA_LEGS);
    return c;
}

static void passes_all_ways(struct sec_pair pair, bool v6)
{
    struct sa_counters c;
    int ps, us;

    agree(pair, v6);
    install_both();
    ps = socket_at(PCSCF, SOCK_DGRAM, PORT_PS);
    us = socket_at(UE, SOCK_DGRAM, PORT_US);
    assert_true(udp_passes(UE, PORT_UC, ps, PORT_PS));
    assert_true(udp_passes(PCSCF, PORT_PC, us, PORT_US));
    assert_true(tcp_passes(UE, PORT_UC, PORT_PS));
    assert_true(tcp_passes(PCSCF, PORT_PC, PORT_US));
    for (enum end end = 0; end < ENDS; end++) {
        c = counters(end);
        for (enum sa_leg leg = 0; leg < SA_LEGS; leg++) {
            assert_true(c.leg[leg].packets >= 2);
            assert_int_equal(c.leg[leg].bad + c.leg[leg].replayed, 0);
        }
    }
    close(ps);
    close(us);
    clear_both();
}

static void every_pair_carries_udp_and_tcp_over_ipv4_and_ipv6(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEC_PAIRS; i++) {
        struct why why;

        if (!sa_pair_able(&able, sec_pairs[i], &why))
            fail_msg("%s: %s", sec_pair_name(sec_pairs[i]), why.text);
        passes_all_ways(sec_pairs[i], false);
        passes_all_ways(sec_pairs[i], true);
    }
}

static void nothing_unprotected_reaches_or_leaves_a_protected_port(void **state)
{
    int ps, pc, other;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    ps = socket_at(PCSCF, SOCK_DGRAM, PORT_PS);
    pc = socket_at(PCSCF, SOCK_DGRAM, PORT_PC);
    other = socket_at(PCSCF, SOCK_DGRAM, 5060);
    assert_false(udp_passes(UE, 40009, ps, PORT_PS)); /* not the port of the set */
    assert_false(udp_passes(UE, 40009, pc, PORT_PC));
    assert_false(tcp_passes(UE, 40009, PORT_PS));
    assert_true(udp_passes(UE, 40009, other, 5060)); /* the first REGISTER */
    enter(UE);
    assert_int_equal(sa_set_remove(xfrm[UE], &set[UE], NULL), 0);
    for (uint16_t port = PORT_UC; port <= PORT_US; port++) {
        struct addr us = place(UE, port);
        assert_int_equal(sa_block_drop(xfrm[UE], SA_UE, &us, NULL), 0);
    }
    assert_false(udp_passes(UE, PORT_UC, ps, PORT_PS)); /* the port, without the SA */
    assert_false(tcp_passes(UE, PORT_UC, PORT_PS));
    assert_int_equal(counters(PCSCF).leg[SA_UC_PS].packets, 0);
    close(ps);
    close(pc);
    close(other);
    clear_both();
}

static void a_port_whose_set_is_gone_says_no_to_the_sender(void **state)
{
    struct addr dst, us;
    int fd;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    dst = place(UE, PORT_US);
    us = place(PCSCF, PORT_PC);
    fd = socket_at(PCSCF, SOCK_DGRAM, PORT_PC);
    assert_int_equal(sendto(fd, "x", 1, 0, &dst.sa, addr_len(&dst)), 1);
    assert_int_equal(sa_set_remove(xfrm[PCSCF], &set[PCSCF], NULL), 0);
    assert_int_equal(sendto(fd, "x", 1, 0, &dst.sa, addr_len(&dst)), -1);
    assert_int_equal(errno, EPERM);
    (void)us;
    close(fd);
    clear_both();
}

/* ---- packets of a stranger ---- */

static int sniffer(enum end end)
{
    struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
    int fd;

    enter(end);
    fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
    ll.sll_ifindex = if_nametoindex("eth0");
    assert_int_equal(bind(fd, (struct sockaddr *)&ll, sizeof ll), 0);
    return fd;
}

static size_t catch_esp(int fd, uint8_t *buf, size_t size)
{
    ssize_t n;

    while (arrives(fd, SOON_MS) && (n = recv(fd, buf, size, 0)) > 0)
        if (buf[9] == IPPROTO_ESP)
            return n;
    fail_msg("no ESP on the wire");
    return 0;
}

static void inject(uint8_t *packet, size_t len, const char *source)
{
    struct addr dst = place(PCSCF, 0), src;
    size_t octets;
    int fd;

    enter(UE);
    addr_parse(&src, source, 0);
    memcpy(packet + 12, addr_octets(&src, &octets), 4);
    fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW); /* the kernel writes the header's check sum */
    assert_int_equal(sendto(fd, packet, len, 0, &dst.sa, addr_len(&dst)), (ssize_t)len);
    close(fd);
}

static void TRU_05_06_a_stranger_s_replayed_and_changed_packets_are_dropped(void **state)
{
    uint8_t packet[2048];
    struct sa_counters c;
    size_t len;
    int ps, wire;

    (void)state;
    agree((struct sec_pair){SEC_HMAC_SHA_1_96, SEC_EALG_NULL}, false);
    install_both();
    ps = socket_at(PCSCF, SOCK_DGRAM, PORT_PS);
    wire = sniffer(PCSCF);
    assert_true(udp_passes(UE, PORT_UC, ps, PORT_PS));
    len = catch_esp(wire, packet, sizeof packet);

    inject(packet, len, "10.9.0.1"); /* the same once more */
    assert_false(arrives(ps, QUIET_MS));
    c = counters(PCSCF);
    assert_int_equal(c.leg[SA_UC_PS].replayed, 1);

    packet[27]++; /* the next sequence number: the packet is no longer the one that was signed */
    inject(packet, len, "10.9.0.1");
    assert_false(arrives(ps, QUIET_MS));
    c = counters(PCSCF);
    assert_int_equal(c.leg[SA_UC_PS].bad, 1);
    close(wire);

    /* right keys, wrong place: the terminal sends from another address of its own */
    assert_int_equal(sa_set_remove(xfrm[UE], &set[UE], NULL), 0);
    enter(UE);
    run("PATH=$PATH:/sbin:/usr/sbin ip addr add 10.9.0.7/24 dev eth0");
    addr_parse(&set[UE].ue, "10.9.0.7", 0);
    set[UE].replay[SA_UC_PS].out = 100;
    install(UE);
    assert_false(udp_passes(UE, PORT_UC, ps, PORT_PS));
    assert_int_equal(counters(PCSCF).leg[SA_UC_PS].packets, 2); /* decrypted, and then refused */
    run("PATH=$PATH:/sbin:/usr/sbin ip addr del 10.9.0.7/24 dev eth0");
    close(ps);
    clear_both();
}

static void TRU_08_a_packet_of_ours_that_is_sent_back_is_dropped(void **state)
{
    uint8_t packet[2048];
    size_t len;
    int us, ps, wire;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    us = socket_at(UE, SOCK_DGRAM, PORT_US);
    ps = socket_at(PCSCF, SOCK_DGRAM, PORT_PS);
    wire = sniffer(UE);
    assert_true(udp_passes(PCSCF, PORT_PC, us, PORT_US));
    len = catch_esp(wire, packet, sizeof packet);
    memcpy(packet + 16, "\x0a\x09\x00\x02", 4);
    inject(packet, len, "10.9.0.1");
    assert_false(arrives(ps, QUIET_MS));
    close(us);
    close(ps);
    close(wire);
    clear_both();
}

/* ---- sequence numbers ---- */

static void a_set_made_again_goes_on_after_its_numbers(void **state)
{
    struct esp_replay now;
    int us;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    us = socket_at(UE, SOCK_DGRAM, PORT_US);
    for (int i = 0; i < 40; i++)
        assert_true(udp_passes(PCSCF, PORT_PC, us, PORT_US));
    now = counters(PCSCF).leg[SA_PC_US].replay;
    assert_int_equal(now.out, 40);
    now = counters(UE).leg[SA_PC_US].replay;
    assert_int_equal(now.in, 40);
    assert_int_equal(now.seen, UINT32_MAX);
    assert_int_equal(sa_set_remove(xfrm[PCSCF], &set[PCSCF], NULL), 0);
    install(PCSCF); /* from 1: the terminal has seen these */
    assert_false(udp_passes(PCSCF, PORT_PC, us, PORT_US));
    assert_int_equal(counters(UE).leg[SA_PC_US].replayed, 1);
    assert_int_equal(sa_set_remove(xfrm[PCSCF], &set[PCSCF], NULL), 0);
    set[PCSCF].replay[SA_PC_US].out = 1024;
    install(PCSCF);
    assert_true(udp_passes(PCSCF, PORT_PC, us, PORT_US));
    assert_int_equal(counters(PCSCF).leg[SA_PC_US].replay.out, 1025);
    close(us);
    clear_both();
}

static void a_set_made_again_takes_nothing_it_has_seen(void **state)
{
    uint8_t packet[2048];
    size_t len;
    int ps, wire;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    ps = socket_at(PCSCF, SOCK_DGRAM, PORT_PS);
    wire = sniffer(PCSCF);
    assert_true(udp_passes(UE, PORT_UC, ps, PORT_PS));
    len = catch_esp(wire, packet, sizeof packet);
    assert_int_equal(sa_set_remove(xfrm[PCSCF], &set[PCSCF], NULL), 0);
    set[PCSCF].replay[SA_UC_PS] = (struct esp_replay){.in = 1, .seen = UINT32_MAX};
    install(PCSCF);
    inject(packet, len, "10.9.0.1");
    assert_false(arrives(ps, QUIET_MS));
    assert_int_equal(counters(PCSCF).leg[SA_UC_PS].replayed, 1);
    assert_true(udp_passes(UE, PORT_UC, ps, PORT_PS)); /* number 2 */
    close(ps);
    close(wire);
    clear_both();
}

struct heard {
    unsigned replay, mapping;
    struct xfrm_event last;
};

static void on_event(void *arg, const struct xfrm_event *event)
{
    struct heard *heard = arg;

    heard->replay += event->kind == XFRM_TOLD_REPLAY;
    heard->mapping += event->kind == XFRM_TOLD_MAPPING;
    heard->last = *event;
}

static void the_kernel_tells_when_numbers_have_gone_on(void **state)
{
    struct heard heard = {0};
    int us;

    (void)state;
    agree(sha1_aes, false);
    enter(PCSCF);
    assert_true(xfrm_listen(xfrm[PCSCF], NULL) >= 0);
    install_both();
    us = socket_at(UE, SOCK_DGRAM, PORT_US);
    for (int i = 0; i < 9; i++)
        assert_true(udp_passes(PCSCF, PORT_PC, us, PORT_US));
    xfrm_hear(xfrm[PCSCF], on_event, &heard);
    assert_in_range(heard.replay, 2, 3); /* every 4, and at the first */
    assert_int_equal(heard.last.spi, set[PCSCF].spi_us);
    assert_true(sa_is_ours(SA_PCSCF, heard.last.reqid));
    assert_int_equal(sa_leg_of(heard.last.reqid), SA_PC_US);
    assert_true(heard.last.replay.out >= 5);
    assert_true(addr_same_host(&heard.last.dst, &set[PCSCF].ue));
    close(us);
    clear_both();
}

/* ---- what the kernel holds ---- */

static void count_sa(void *arg, const struct esp_state *s)
{
    (void)s;
    ++*(size_t *)arg;
}

static void count_policy(void *arg, const struct esp_policy *p)
{
    (void)p;
    ++*(size_t *)arg;
}

static size_t in_kernel(enum end end)
{
    size_t n = 0;

    assert_int_equal(xfrm_each_sa(xfrm[end], 0, UINT32_MAX, count_sa, &n), 0);
    assert_int_equal(xfrm_each_policy(xfrm[end], 0, UINT32_MAX, count_policy, &n), 0);
    return n;
}

static void a_set_that_cannot_be_made_whole_leaves_nothing(void **state)
{
    struct sa_set other;
    enum sa_leg leg = SA_UC_PS;
    size_t before;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    before = in_kernel(PCSCF);
    other = set[PCSCF];
    other.spi_ps = 0x2004;
    other.spi_pc = 0x2003;
    other.spi_uc = 0x2001; /* but spi_us is the one of the set that is there */
    other.port_uc = 40011, other.port_us = 40012;
    assert_int_equal(sa_set_install(xfrm[PCSCF], &other, &leg, NULL), -EEXIST);
    assert_int_equal(leg, SA_PC_US);
    assert_int_equal(in_kernel(PCSCF), before);
    assert_int_equal(counters(PCSCF).leg[SA_PC_US].spi, set[PCSCF].spi_us);
    clear_both();
}

static bool keep_1(void *arg, uint32_t spi, uint16_t port)
{
    (void)arg;
    return spi < 0x2000 && port != PORT_PC;
}

static void only_what_nobody_knows_is_flushed(void **state)
{
    struct sa_set other;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    other = set[PCSCF];
    other.spi_ps = 0x2004, other.spi_pc = 0x2003, other.spi_uc = 0x2001, other.spi_us = 0x2002;
    other.port_uc = 40011, other.port_us = 40012;
    assert_int_equal(sa_set_install(xfrm[PCSCF], &other, NULL, NULL), 0);
    assert_int_equal(sa_flush(xfrm[PCSCF], SA_PCSCF, &set[PCSCF].pcscf, keep_1, NULL, NULL), 10);
    assert_int_equal(in_kernel(PCSCF), 4 + 4 + 2); /* SAs, policies, blocks of one port */
    assert_int_equal(sa_flush(xfrm[PCSCF], SA_UE, &set[PCSCF].pcscf, NULL, NULL, NULL), 0);
    clear_both();
    assert_int_equal(in_kernel(PCSCF), 0);
    assert_int_equal(in_kernel(UE), 0);
}

static void a_set_can_be_extended_and_keeps_its_counters(void **state)
{
    int ps;

    (void)state;
    agree(sha1_aes, false);
    install_both();
    ps = socket_at(PCSCF, SOCK_DGRAM, PORT_PS);
    assert_true(udp_passes(UE, PORT_UC, ps, PORT_PS));
    set[PCSCF].hard_s = 100000;
    assert_int_equal(sa_set_extend(xfrm[PCSCF], &set[PCSCF], NULL), 0);
    assert_int_equal(counters(PCSCF).leg[SA_UC_PS].packets, 1);
    assert_true(udp_passes(UE, PORT_UC, ps, PORT_PS));
    close(ps);
    clear_both();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_carries_udp_and_tcp_over_ipv4_and_ipv6),
        cmocka_unit_test(nothing_unprotected_reaches_or_leaves_a_protected_port),
        cmocka_unit_test(a_port_whose_set_is_gone_says_no_to_the_sender),
        cmocka_unit_test(TRU_05_06_a_stranger_s_replayed_and_changed_packets_are_dropped),
        cmocka_unit_test(TRU_08_a_packet_of_ours_that_is_sent_back_is_dropped),
        cmocka_unit_test(a_set_made_again_goes_on_after_its_numbers),
        cmocka_unit_test(a_set_made_again_takes_nothing_it_has_seen),
        cmocka_unit_test(the_kernel_tells_when_numbers_have_gone_on),
        cmocka_unit_test(a_set_that_cannot_be_made_whole_leaves_nothing),
        cmocka_unit_test(only_what_nobody_knows_is_flushed),
        cmocka_unit_test(a_set_can_be_extended_and_keeps_its_counters),
    };

    make_ends();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
