/* SPDX-License-Identifier: Apache-2.0 */
/* The small file of a program: replaced as a whole, private, never through a symbolic link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_file.h"

static char dir[] = "/tmp/imslab-state-XXXXXX", file[64], fresh[72], target[64];

static int begin(void **state)
{
    (void)state;
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/number", dir);
    snprintf(fresh, sizeof fresh, "%s.new", file);
    snprintf(target, sizeof target, "%s/target", dir);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(file);
    unlink(fresh);
    unlink(target);
    return rmdir(dir);
}

static void expect_text(const char *text)
{
    char line[32] = "";
    FILE *f = state_file_read(file);

    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_true(fcntl(fileno(f), F_GETFD) & FD_CLOEXEC);
    fclose(f);
    assert_string_equal(line, text);
}

static void what_is_written_is_read_again_and_private(void **state)
{
    struct stat st;

    (void)state;
    assert_null(state_file_read(file));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(state_file_write(file, "12\n", 3, true), 0);
    expect_text("12\n");
    assert_int_equal(state_file_write(file, "7\n", 2, false), 0);
    expect_text("7\n");
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(fresh, F_OK), -1);
}

static void what_an_earlier_life_left_open_to_all_is_not_written_into(void **state)
{
    int old = open(fresh, O_RDWR | O_CREAT, 0666);
    struct stat st;

    (void)state;
    assert_int_equal(state_file_write(file, "12\n", 3, true), 0);
    assert_int_equal(fstat(old, &st), 0);
    assert_int_equal(st.st_size, 0);
    close(old);
}

static void a_symbolic_link_is_neither_read_nor_written_through(void **state)
{
    (void)state;
    assert_int_equal(symlink(target, file), 0);
    assert_null(state_file_read(file));
    assert_int_equal(errno, ELOOP);
    assert_string_equal(why_not(ELOOP), "it is a symbolic link");
    assert_int_equal(symlink(target, fresh), 0);
    assert_int_equal(state_file_write(file, "12\n", 3, true), 0); /* takes the link's place */
    assert_int_equal(access(target, F_OK), -1);
    expect_text("12\n");
}

static void what_cannot_be_written_leaves_the_old(void **state)
{
    struct why why;

    (void)state;
    assert_int_equal(state_file_write("/proc/nowhere/number", "1\n", 2, true), -ENOENT);
    assert_int_equal(state_file_dir("/proc/nowhere", &why), -ENOENT);
    assert_non_null(strstr(why.text, "/proc/nowhere"));
    assert_int_equal(state_file_dir(dir, &why), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T(what_is_written_is_read_again_and_private),
        T(what_an_earlier_life_left_open_to_all_is_not_written_into),
        T(a_symbolic_link_is_neither_read_nor_written_through),
        T(what_cannot_be_written_leaves_the_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
