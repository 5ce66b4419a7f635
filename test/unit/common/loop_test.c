/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"

static char told[64];
static struct loop *loop;

static void note(char c)
{
    size_t n = strlen(told);

    told[n] = c;
    told[n + 1] = 0;
}

static void on_a(void *arg)
{
    (void)arg;
    note('a');
}

static void on_b(void *arg)
{
    (void)arg;
    note('b');
}

static void on_end(void *arg)
{
    (void)arg;
    note('.');
    loop_stop(loop);
}

static int begin(void **state)
{
    (void)state;
    told[0] = 0;
    loop = loop_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void timers_run_in_the_order_of_their_times(void **state)
{
    (void)state;
    loop_after(loop, 20, on_end, NULL);
    loop_after(loop, 10, on_b, NULL);
    loop_after(loop, 1, on_a, NULL);
    loop_run(loop);
    assert_string_equal(told, "ab.");
}

static void a_cancelled_timer_never_runs_and_its_handle_is_null(void **state)
{
    struct loop_timer *t = loop_after(loop, 1, on_a, NULL);

    (void)state;
    loop_after(loop, 10, on_end, NULL);
    loop_cancel(&t);
    assert_null(t);
    loop_cancel(&t);
    loop_run(loop);
    assert_string_equal(told, ".");
}

static void *poster(void *arg)
{
    loop_post(loop, on_a, arg);
    loop_post(loop, on_b, arg);
    loop_post(loop, on_end, arg);
    return NULL;
}

static void what_another_thread_posts_runs_in_the_loop_in_order(void **state)
{
    pthread_t thread;

    (void)state;
    pthread_create(&thread, NULL, poster, NULL);
    loop_run(loop);
    pthread_join(thread, NULL);
    assert_string_equal(told, "ab.");
}

static void posted_work_is_not_lost_when_the_loop_ends(void **state)
{
    (void)state;
    loop_post(loop, on_a, NULL);
    loop_free(loop);
    assert_string_equal(told, "a");
    loop = loop_new();
}

static void on_readable(void *arg, int fd, unsigned what)
{
    char c;

    (void)arg;
    assert_int_equal(what, LOOP_READ);
    assert_int_equal(read(fd, &c, 1), 1);
    note(c);
    if (c == '.')
        loop_stop(loop);
}

static void a_watched_file_is_reported_until_it_is_empty(void **state)
{
    struct loop_watch *w;
    int fd[2];

    (void)state;
    assert_int_equal(pipe(fd), 0);
    w = loop_watch(loop, fd[0], LOOP_READ, on_readable, NULL);
    assert_int_equal(write(fd[1], "xy.", 3), 3);
    loop_run(loop);
    loop_unwatch(&w);
    assert_null(w);
    assert_string_equal(told, "xy.");
    close(fd[0]);
    close(fd[1]);
}

static void on_signal(void *arg, int sig)
{
    (void)arg;
    assert_int_equal(sig, SIGUSR1);
    note('s');
    loop_stop(loop);
}

static void a_signal_arrives_in_the_loop(void **state)
{
    (void)state;
    loop_signal(loop, SIGUSR1, on_signal, NULL);
    raise(SIGUSR1);
    loop_run(loop);
    assert_string_equal(told, "s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(timers_run_in_the_order_of_their_times, begin, end),
        cmocka_unit_test_setup_teardown(a_cancelled_timer_never_runs_and_its_handle_is_null, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_another_thread_posts_runs_in_the_loop_in_order, begin,
                                        end),
        cmocka_unit_test_setup_teardown(posted_work_is_not_lost_when_the_loop_ends, begin, end),
        cmocka_unit_test_setup_teardown(a_watched_file_is_reported_until_it_is_empty, begin, end),
        cmocka_unit_test_setup_teardown(a_signal_arrives_in_the_loop, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
