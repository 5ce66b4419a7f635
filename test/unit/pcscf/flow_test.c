/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../pcscf/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct flow flow_to(const char *host, unsigned port, enum sip_transport transport,
                           bool secured)
{
    struct flow f = {.transport = transport, .secured = secured};

    assert_int_equal(addr_parse(&f.ue, host, port), 0);
    return f;
}

static void a_flow_is_read_as_it_was_written(void **state)
{
    const struct flow flows[] = {
        flow_to("10.45.0.2", 5010, SIP_UDP, true),
        flow_to("10.45.0.2", 65535, SIP_TCP, false),
        flow_to("2001:db8::2", 1, SIP_UDP, false),
    };
    char text[FLOW_TEXT];
    struct flow f;

    (void)state;
    assert_string_equal(flow_write(&flows[0], text), "flow-su0a2d00021392");
    for (size_t i = 0; i < sizeof flows / sizeof flows[0]; i++) {
        assert_true(flow_read(flow_write(&flows[i], text), &f));
        assert_true(flow_same(&f, &flows[i]));
        assert_int_equal(flow_same(&f, &flows[0]), i == 0);
    }
}

static void what_is_no_flow_is_none(void **state)
{
    static const char *const bad[] = {NULL,
                                      "",
                                      "term",
                                      "flow-",
                                      "flow-s",
                                      "flow-su",
                                      "flow-xu0a2d00021392",
                                      "flow-sx0a2d00021392",
                                      "flow-su0a2d0002139",
                                      "flow-su0a2d0002139z",
                                      "flow-su0a2d000213920",
                                      "flow-su0a2d00020000"};
    struct flow f;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(flow_read(bad[i], &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_flow_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
