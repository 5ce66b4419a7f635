/* SPDX-License-Identifier: Apache-2.0 */
/* What cx_guard.c frees in the library's place; the sanitizer at the end of this process looks
 * whether it does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cx_stack.h"

enum { MESSAGE = 1501, NEW_CONNECTION = 1505 };

static void a_connection_for_a_peer_whose_queue_is_gone_is_forgotten(void **state)
{
    (void)state;
    assert_int_equal(fd_event_send(NULL, NEW_CONNECTION, 24, malloc(24)), EINVAL);
}

static void what_another_event_carries_is_left_to_its_sender(void **state)
{
    void *data = malloc(24);

    (void)state;
    assert_int_equal(fd_event_send(NULL, MESSAGE, 24, data), EINVAL);
    free(data);
}

static void an_event_reaches_its_queue(void **state)
{
    struct fifo *queue = NULL;
    void *data = malloc(24), *got = NULL;
    size_t size = 0;
    int code = 0;

    (void)state;
    assert_int_equal(fd_fifo_new(&queue, 0), 0);
    assert_int_equal(fd_event_send(queue, NEW_CONNECTION, 24, data), 0);
    assert_int_equal(fd_event_get(queue, &code, &size, &got), 0);
    assert_int_equal(code, NEW_CONNECTION);
    assert_int_equal(size, 24);
    assert_ptr_equal(got, data);
    free(data);
    assert_int_equal(fd_fifo_del(&queue), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_for_a_peer_whose_queue_is_gone_is_forgotten),
        cmocka_unit_test(what_another_event_carries_is_left_to_its_sender),
        cmocka_unit_test(an_event_reaches_its_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
