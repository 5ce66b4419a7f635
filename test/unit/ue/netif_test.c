/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses on a real interface, in a network namespace of the test's own. */
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

#include "../../../ue/netif.h"

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
        cmocka_unit_test(an_interface_that_is_not_there_is_named),
        cmocka_unit_test(without_the_right_there_is_one_clear_sentence),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
