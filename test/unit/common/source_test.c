/* SPDX-License-Identifier: Apache-2.0 */
/* Where connections leave from: loopback has many addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

static struct addr at(const char *host, uint16_t port)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, host, port), 0);
    return a;
}

/* The local address of a socket after it was connected to `to`. */
static struct addr connected(int type, const char *bound, const char *to)
{
    struct addr peer = at(to, 9), from = {0};
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    int fd = socket(peer.sa.sa_family, type, 0);

    assert_true(fd >= 0);
    if (bound) {
        from = at(bound, 0);
        assert_int_equal(bind(fd, &from.sa, addr_len(&from)), 0);
    }
    assert_int_equal(connect(fd, &peer.sa, addr_len(&peer)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
    close(fd);
    return addr_from((struct sockaddr *)&ss);
}

static void assert_from(const struct addr *a, const char *host)
{
    char text[ADDR_TEXT];

    assert_string_equal(addr_host(a, text), host);
}

static void set(const char *v4, const char *v6)
{
    struct addr a = at(v4, 5060), b = {0};

    if (v6)
        b = at(v6, 5060);
    source_set(&a, &b);
}

static void a_connection_leaves_from_the_elements_address(void **state)
{
    struct addr a;

    (void)state;
    set("127.0.0.5", NULL);
    a = connected(SOCK_DGRAM, NULL, "127.0.0.1");
    assert_from(&a, "127.0.0.5");
    assert_int_not_equal(addr_port(&a), 0);
    assert_int_not_equal(addr_port(&a), 5060);
}

static void a_bound_socket_keeps_its_address(void **state)
{
    struct addr a;

    (void)state;
    set("127.0.0.5", NULL);
    a = connected(SOCK_DGRAM, "127.0.0.6", "127.0.0.1");
    assert_from(&a, "127.0.0.6");
}

static void a_family_without_an_address_is_left_alone(void **state)
{
    struct addr a;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);

    (void)state;
    if (fd < 0)
        skip();
    close(fd);
    set("127.0.0.5", NULL);
    a = connected(SOCK_DGRAM, NULL, "::1");
    assert_from(&a, "::1");
}

static void loopback_is_not_reached_from_an_outer_address(void **state)
{
    struct addr a;

    (void)state;
    set("10.60.4.10", NULL);
    a = connected(SOCK_DGRAM, NULL, "127.0.0.1");
    assert_from(&a, "127.0.0.1");
}

static void an_address_that_is_not_ours_is_an_error_not_another_address(void **state)
{
    struct addr peer = at("192.0.2.1", 9);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    set("198.51.100.77", NULL);
    assert_int_equal(connect(fd, &peer.sa, addr_len(&peer)), -1);
    assert_int_equal(errno, EADDRNOTAVAIL);
    close(fd);
}

static void a_name_is_never_asked_for(void **state)
{
    struct addr a = at("127.0.0.1", 3868);
    char host[64], serv[16];

    (void)state;
    assert_int_equal(getnameinfo(&a.sa, addr_len(&a), host, sizeof host, serv, sizeof serv, 0), 0);
    assert_string_equal(host, "127.0.0.1");
    assert_string_equal(serv, "3868");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_leaves_from_the_elements_address),
        cmocka_unit_test(a_bound_socket_keeps_its_address),
        cmocka_unit_test(a_family_without_an_address_is_left_alone),
        cmocka_unit_test(loopback_is_not_reached_from_an_outer_address),
        cmocka_unit_test(an_address_that_is_not_ours_is_an_error_not_another_address),
        cmocka_unit_test(a_name_is_never_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
