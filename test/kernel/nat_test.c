/* SPDX-License-Identifier: Apache-2.0 */
/* UDP-encapsulated ESP through real NATs (TS 33.203 Annex M): two terminals with the same address
 * of their own, each behind a masquerading router.
 *
 *   ue0 192.168.1.2 -- nat0 10.9.0.10 --.
 *                                       bridge -- pcscf 10.9.0.2
 *   ue1 192.168.1.2 -- nat1 10.9.0.11 --'
 *
 * Needs ESP and iptables-legacy: tools/uml runs it. */
#include "two_ends.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define PATHS "PATH=$PATH:/sbin:/usr/sbin; set -e; "

static int core, nat[2], ue[2];
static struct xfrm *at_core, *at_ue[2];
static struct sa_set core_set[2], ue_set[2];
static int encap[3];

static int new_namespace(void)
{
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    run(PATHS "ip link set lo up");
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void into(int fd)
{
    assert_int_equal(setns(fd, CLONE_NEWNET), 0);
}

static void in(int fd, const char *format, ...)
{
    char command[1000] = PATHS;
    va_list ap;

    va_start(ap, format);
    vsnprintf(command + strlen(command), sizeof command - strlen(command), format, ap);
    va_end(ap);
    into(fd);
    run(command);
}

static void wire(void)
{
    core = new_namespace();
    in(core, "ip link add br0 type bridge; ip link set br0 up; ip addr add 10.9.0.2/24 dev br0");
    for (int i = 0; i < 2; i++) {
        nat[i] = new_namespace();
        ue[i] = new_namespace();
        in(core,
           "ip link add nat%d type veth peer name eth1 netns /proc/%d/fd/%d;"
           "ip link set nat%d up; ip link set nat%d master br0",
           i, getpid(), nat[i], i, i);
        in(nat[i],
           "ip link set eth1 up; ip addr add 10.9.0.1%d/24 dev eth1;"
           "ip link add eth0 type veth peer name eth0 netns /proc/%d/fd/%d;"
           "ip link set eth0 up; ip addr add 192.168.1.1/24 dev eth0;"
           "echo 1 > /proc/sys/net/ipv4/ip_forward;"
           "iptables-legacy -t nat -A POSTROUTING -o eth1 -p udp -j MASQUERADE --to-ports "
           "6%d000-6%d999",
           i, getpid(), ue[i], i, i);
        in(ue[i],
           "ip link set eth0 up; ip addr add 192.168.1.2/24 dev eth0;"
           "ip route add default via 192.168.1.1; ip addr add 10.9.0.1%d/32 dev lo",
           i);
    }
}

static struct sa_set set_of(int i, enum sa_role role)
{
    struct sa_set s = {
        .role = role,
        .port_uc = PORT_UC,
        .port_us = PORT_US,
        .port_pc = PORT_PC,
        .port_ps = PORT_PS,
        .spi_uc = 0x1001, /* the same at both: they know nothing of each other */
        .spi_us = 0x1002,
        .spi_pc = 0x2003 + 16 * i,
        .spi_ps = 0x2004 + 16 * i,
        .pair = {SEC_HMAC_SHA_1_96, SEC_AES_CBC},
        .mode = SEC_UDP_ENC_TUN,
        .ck = {1,                 i          },
        .ik = {2,                 i          }
    };
    char host[16];

    snprintf(host, sizeof host, "10.9.0.1%d", i);
    addr_parse(&s.ue, host, 0);
    addr_parse(&s.pcscf, "10.9.0.2", 0);
    addr_parse(&s.pcscf_end, "10.9.0.2", SA_ENCAP_PORT);
    addr_parse(&s.ue_end, role == SA_UE ? "192.168.1.2" : host, SA_ENCAP_PORT);
    return s;
}

static void open_all(void)
{
    struct addr a;
    struct why why = {"?"};

    into(core);
    assert_int_equal(xfrm_open(&at_core, &why), 0);
    assert_true(xfrm_listen(at_core, &why) >= 0);
    addr_parse(&a, "10.9.0.2", SA_ENCAP_PORT);
    encap[2] = xfrm_encap_socket(&a, &why);
    addr_parse(&a, "192.168.1.2", SA_ENCAP_PORT);
    for (int i = 0; i < 2; i++) {
        core_set[i] = set_of(i, SA_PCSCF);
        ue_set[i] = set_of(i, SA_UE);
        if (sa_set_install(at_core, &core_set[i], NULL, &why) < 0)
            fail_msg("%s", why.text);
        into(ue[i]);
        assert_int_equal(xfrm_open(&at_ue[i], &why), 0);
        encap[i] = xfrm_encap_socket(&a, &why);
        if (encap[i] < 0 || sa_set_install(at_ue[i], &ue_set[i], NULL, &why) < 0)
            fail_msg("%s", why.text);
        into(core);
    }
    addr_parse(&a, "10.9.0.2", PORT_PS);
    assert_int_equal(sa_block_put(at_core, SA_PCSCF, &a, NULL), 0);
}

static int udp(int namespace, const struct addr *host, uint16_t port)
{
    struct addr a = addr_with_port(*host, port);
    int fd, on = 1;

    into(namespace);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, &a.sa, addr_len(&a)), 0);
    return fd;
}

static bool passes(int from, int to, const struct addr *host, uint16_t port, const char *text)
{
    struct addr dst = addr_with_port(*host, port);
    char buf[64] = "";

    return sendto(from, text, strlen(text), 0, &dst.sa, addr_len(&dst)) > 0 &&
           arrives(to, QUIET_MS) && recv(to, buf, sizeof buf - 1, 0) > 0 && strcmp(buf, text) == 0;
}

static void on_event(void *arg, const struct xfrm_event *event)
{
    (void)arg;
    if (event->kind != XFRM_TOLD_MAPPING)
        return;
    for (int i = 0; i < 2; i++) {
        if (event->spi != core_set[i].spi_ps && event->spi != core_set[i].spi_pc)
            continue;
        assert_true(addr_same_host(&event->from, &core_set[i].ue));
        core_set[i].ue_end = event->from;
        assert_int_equal(sa_set_extend(at_core, &core_set[i], NULL), 0);
    }
}

static void two_terminals_with_one_address_behind_two_nats_are_served(void **state)
{
    int ps, pc, uc[2], us[2];

    (void)state;
    ps = udp(core, &core_set[0].pcscf, PORT_PS);
    pc = udp(core, &core_set[0].pcscf, PORT_PC);
    for (int i = 0; i < 2; i++) {
        uc[i] = udp(ue[i], &ue_set[i].ue, PORT_UC);
        us[i] = udp(ue[i], &ue_set[i].ue, PORT_US);
        assert_true(passes(uc[i], ps, &core_set[i].pcscf, PORT_PS, i ? "SM7 of 1" : "SM7 of 0"));
    }
    xfrm_hear(at_core, on_event, NULL);
    for (int i = 0; i < 2; i++) {
        assert_in_range(addr_port(&core_set[i].ue_end), 60000 + 1000 * i, 60999 + 1000 * i);
        assert_true(passes(pc, us[i], &core_set[i].ue, PORT_US, i ? "SM12 of 1" : "SM12 of 0"));
        assert_true(passes(uc[i], ps, &core_set[i].pcscf, PORT_PS, "again"));
    }
    xfrm_encap_keepalive(encap[0], &core_set[0].pcscf_end);
    assert_false(arrives(encap[2], QUIET_MS)); /* the kernel keeps it to itself */
    for (int i = 0; i < 2; i++) {
        close(uc[i]);
        close(us[i]);
    }
    close(ps);
    close(pc);
}

static void tcp_passes_a_nat_both_ways(void **state)
{
    struct addr ps, us, src;
    int listener, fd, other, on = 1;
    char buf[8];

    (void)state;
    for (int up = 0; up < 2; up++) { /* opened by the P-CSCF, by the terminal */
        ps = addr_with_port(core_set[0].pcscf, up ? PORT_PS : PORT_PC);
        us = addr_with_port(core_set[0].ue, up ? PORT_UC : PORT_US);
        into(up ? core : ue[0]);
        listener = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        assert_int_equal(bind(listener, up ? &ps.sa : &us.sa, sizeof ps.in), 0);
        listen(listener, 1);
        into(up ? ue[0] : core);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        src = up ? us : ps;
        assert_int_equal(bind(fd, &src.sa, sizeof src.in), 0);
        connect(fd, up ? &ps.sa : &us.sa, sizeof ps.in);
        assert_true(arrives(listener, SOON_MS));
        other = accept(listener, NULL, NULL);
        assert_int_equal(send(other, "ping", 4, 0), 4);
        assert_true(arrives(fd, SOON_MS));
        assert_int_equal(recv(fd, buf, sizeof buf, 0), 4);
        close(other);
        close(fd);
        close(listener);
    }
}

static void nothing_but_encapsulated_esp_passes_the_nat(void **state)
{
    struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    uint8_t packet[2048];
    int wire_fd, ps, uc;
    ssize_t n;

    (void)state;
    into(nat[0]);
    wire_fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
    ll.sll_ifindex = if_nametoindex("eth1");
    assert_int_equal(bind(wire_fd, (struct sockaddr *)&ll, sizeof ll), 0);
    ps = udp(core, &core_set[0].pcscf, PORT_PS);
    uc = udp(ue[0], &ue_set[0].ue, PORT_UC);
    assert_true(passes(uc, ps, &core_set[0].pcscf, PORT_PS, "secret"));
    while (arrives(wire_fd, QUIET_MS) && (n = recv(wire_fd, packet, sizeof packet, 0)) > 28)
        if (packet[9] == IPPROTO_UDP) {
            assert_int_equal(packet[22] << 8 | packet[23], SA_ENCAP_PORT);
            assert_null(memmem(packet, n, "secret", 6));
        }
    close(wire_fd);
    close(ps);
    close(uc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_terminals_with_one_address_behind_two_nats_are_served),
        cmocka_unit_test(tcp_passes_a_nat_both_ways),
        cmocka_unit_test(nothing_but_encapsulated_esp_passes_the_nat),
    };

    wire();
    open_all();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
