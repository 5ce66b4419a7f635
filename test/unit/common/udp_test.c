/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "udp.h"

enum { BURST = 400 }; /* Linux' own queue holds 256 of these, 512 with its own rmem_max */

static void a_burst_is_kept_until_somebody_reads(void **state)
{
    struct addr here, bound;
    struct why why;
    int fd, from, kept = 0;
    char octet = 'x';

    (void)state;
    addr_parse(&here, "127.0.0.1", 0);
    fd = udp_open(&here, &bound, "a test", &why);
    assert_true(fd >= 0);
    from = socket(AF_INET, SOCK_DGRAM, 0);
    for (int i = 0; i < BURST; i++)
        sendto(from, &octet, 1, 0, &bound.sa, addr_len(&bound));
    while (recv(fd, &octet, 1, 0) == 1)
        kept++;
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(kept, BURST);
    close(from);
    close(fd);
}

static void an_address_in_use_is_named(void **state)
{
    struct addr here, bound;
    struct why why;
    int fd;

    (void)state;
    addr_parse(&here, "127.0.0.1", 0);
    fd = udp_open(&here, &bound, "a test", &why);
    assert_true(fd >= 0);
    assert_int_equal(udp_open(&bound, NULL, "a test", &why), -EADDRINUSE);
    assert_non_null(strstr(why.text, "cannot bind a test to '127.0.0.1:"));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_kept_until_somebody_reads),
        cmocka_unit_test(an_address_in_use_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
