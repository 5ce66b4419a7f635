/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and routes on a real interface, and a TUN device that carries packets, in a network
 * namespace of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netif.h"
#include "tun.h"

static bool own_namespace;

/* A namespace whose lo is down takes any IPv4 address for its own. */
static bool lo_up(void)
{
    struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool up = ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;

    close(fd);
    return up;
}

static int begin(void **state)
{
    (void)state;
    own_namespace =
        (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) && lo_up();
    return 0;
}

/* Whether a socket can have this address: 0 or -errno. */
static int can_bind(const char *host)
{
    struct addr a;
    int fd, err = 0;

    assert_int_equal(addr_parse(&a, host, 5060), 0);
    fd = socket(a.sa.sa_family, SOCK_DGRAM, 0);
    if (bind(fd, &a.sa, addr_len(&a)) < 0)
        err = -errno;
    close(fd);
    return err;
}

static void put_and_take(const char *host)
{
    struct addr a;
    struct why why = {""};

    if (!own_namespace)
        skip();
    addr_parse(&a, host, 0);
    assert_int_equal(can_bind(host), -EADDRNOTAVAIL);
    if (netif_put("lo", &a, &why) < 0)
        fail_msg("%s", why.text);
    assert_int_equal(can_bind(host), 0); /* at once: no duplicate address detection */
    assert_int_equal(netif_put("lo", &a, &why), 0);
    assert_int_equal(netif_take("lo", &a, &why), 0);
    assert_int_equal(can_bind(host), -EADDRNOTAVAIL);
    assert_int_equal(netif_take("lo", &a, &why), 0);
}

static void an_ipv4_address_is_put_and_taken(void **state)
{
    (void)state;
    put_and_take("10.45.0.2");
}

static void an_ipv6_address_is_put_and_taken(void **state)
{
    (void)state;
    if (can_bind("::1") == -EAFNOSUPPORT)
        skip();
    put_and_take("2001:db8:45::2");
}

/* A UDP datagram to this host goes through the TUN device, whole. */
static void goes_through(int tun, const char *host)
{
    struct addr to;
    uint8_t packet[2000];
    int fd;
    ssize_t n;

    assert_int_equal(addr_parse(&to, host, 9), 0);
    fd = socket(to.sa.sa_family, SOCK_DGRAM, 0);
    assert_int_equal(sendto(fd, "hello", 5, 0, &to.sa, addr_len(&to)), 5);
    close(fd);
    n = read(tun, packet, sizeof packet);
    assert_int_equal(n, addr_is_v6(&to) ? 40 + 8 + 5 : 20 + 8 + 5);
    assert_memory_equal(packet + n - 5, "hello", 5);
}

static void a_tun_device_carries_what_its_routes_say(void **state)
{
    struct prefix all = {.bits = 0}, net;
    struct addr a;
    struct why why;
    char name[IFNAMSIZ];
    uint8_t packet[64];
    int tun;

    (void)state;
    if (!own_namespace || tun_probe(&why) < 0)
        skip();
    assert_string_equal(tun_name("tun-", "a-very-long-terminal", name), "tun-a-very-long");
    tun = tun_open(name, &why);
    assert_true(tun >= 0);
    assert_int_equal(tun_open(name, &why), -EBUSY);
    addr_parse(&a, "10.45.0.2", 0);
    assert_int_equal(netif_put(name, &a, &why), 0);
    assert_int_equal(netif_up(name, 1358, &why), 0);
    prefix_parse(&net, "192.0.2.0/24");
    assert_int_equal(netif_route(name, &net, &why), 0);
    goes_through(tun, "192.0.2.7");
    addr_parse(&all.base, "0.0.0.0", 0);
    assert_int_equal(netif_route(name, &all, &why), 0);
    goes_through(tun, "198.51.100.1");
    if (can_bind("::1") != -EAFNOSUPPORT) {
        addr_parse(&a, "2001:db8::2", 0);
        assert_int_equal(netif_put(name, &a, &why), 0);
        addr_parse(&all.base, "::", 0);
        assert_int_equal(netif_route(name, &all, &why), 0);
        goes_through(tun, "2001:db8:1::1");
    }
    assert_int_equal(read(tun, packet, sizeof packet), -1); /* nothing of the kernel's own */
    close(tun);
    assert_int_equal(netif_up(name, 1358, &why), -ENODEV);
}

static void an_interface_that_is_not_there_is_named(void **state)
{
    struct addr a;
    struct why why;

    (void)state;
    addr_parse(&a, "10.45.0.2", 0);
    assert_int_equal(netif_put("nowhere0", &a, &why), -ENODEV);
    assert_string_equal(why.text, "no interface 'nowhere0' here");
}

static void without_the_right_there_is_one_clear_sentence(void **state)
{
    struct addr a;
    struct why why;
    int status;

    (void)state;
    addr_parse(&a, "10.45.0.2", 0);
    if (fork() == 0) {
        if (setresuid(65534, 65534, 65534) < 0)
            _exit(77);
        if (netif_put("lo", &a, &why) != -EPERM)
            _exit(1);
        _exit(strcmp(why.text, "not allowed to change addresses of 'lo' (CAP_NET_ADMIN)") != 0);
    }
    wait(&status);
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv4_address_is_put_and_taken),
        cmocka_unit_test(an_ipv6_address_is_put_and_taken),
        cmocka_unit_test(a_tun_device_carries_what_its_routes_say),
        cmocka_unit_test(an_interface_that_is_not_there_is_named),
        cmocka_unit_test(without_the_right_there_is_one_clear_sentence),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
