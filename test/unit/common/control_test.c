/* SPDX-License-Identifier: Apache-2.0 */
/* One line in, one line out, over a real socket in a real loop. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"

static struct loop *loop;
static struct control *control;
static char folder[64], path[128];

static void on_line(void *env, const char *line, char *answer, size_t size)
{
    (void)env;
    snprintf(answer, size, "heard %.100s", line);
}

static int start(void **state)
{
    struct why why;

    (void)state;
    snprintf(folder, sizeof folder, "/tmp/imslab-control-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.control", folder);
    loop = loop_new();
    control = control_open(loop, path, on_line, NULL, &why);
    assert_non_null(control);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    control_close(control);
    loop_free(loop);
    assert_int_equal(access(path, F_OK), -1);
    rmdir(folder);
    return 0;
}

static int dial(void)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(where.sun_path, sizeof where.sun_path, "%.100s", path);
    assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof where), 0);
    return fd;
}

static void turn(void)
{
    loop_after(loop, 20, (loop_fn *)loop_stop, loop);
    loop_run(loop);
}

/* What it answers until it hangs up; "" when it still waits. */
static const char *hear(int fd)
{
    static char text[1024];
    size_t len = 0;
    ssize_t n;

    turn();
    while ((n = recv(fd, text + len, sizeof text - 1 - len, MSG_DONTWAIT)) > 0)
        len += n;
    text[len] = '\0';
    return text;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void a_line_gets_a_line(void **state)
{
    int fd = dial();

    (void)state;
    say(fd, "reauth");
    assert_string_equal(hear(fd), "");
    say(fd, "enticate sip:a@b\nand more\n");
    assert_string_equal(hear(fd), "heard reauthenticate sip:a@b\n");
    close(fd);
}

static void silent_and_endless_callers_hold_nobody_up(void **state)
{
    char endless[600];
    int fd[9], one;

    (void)state;
    for (int i = 0; i < 9; i++) {
        fd[i] = dial();
        turn();
    }
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    say(fd[8], endless);
    turn();
    one = dial();
    say(one, "ping\n");
    assert_string_equal(hear(one), "heard ping\n");
    close(one);
    for (int i = 0; i < 9; i++)
        close(fd[i]);
    turn();
}

static void it_is_ours_alone_and_a_left_one_is_replaced(void **state)
{
    struct control *again;
    struct stat st;
    struct why why;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    again = control_open(loop, path, on_line, NULL, &why);
    assert_non_null(again);
    control_close(again);
    assert_null(control_open(loop, "/nonexistent/x", on_line, NULL, &why));
    assert_non_null(strstr(why.text, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_gets_a_line, start, stop),
        cmocka_unit_test_setup_teardown(silent_and_endless_callers_hold_nobody_up, start, stop),
        cmocka_unit_test_setup_teardown(it_is_ours_alone_and_a_left_one_is_replaced, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
