/* SPDX-License-Identifier: Apache-2.0 */
#include "state_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "test 1"

static char folder[64], path[96];
static struct state_line line;
static char words[256]; /* what load gave, one after the other */

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/imslab-log-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    unlink(path);
    snprintf(command, sizeof command, "%s/log.new", folder);
    unlink(command);
    snprintf(command, sizeof command, "%s/target", folder);
    unlink(command);
    rmdir(folder);
    return 0;
}

static struct state_log *opened(void)
{
    struct state_log *log = NULL;
    struct why why;

    if (state_log_open(&log, path, HEADER, &why) < 0)
        fail_msg("%s", why.text);
    return log;
}

static struct state_line *about(const char *word)
{
    line_begin(&line, word);
    line_number(&line, "n", 1);
    return &line;
}

static bool on_line(void *arg, char *text)
{
    (void)arg;
    text[strcspn(text, " ")] = 0;
    snprintf(words + strlen(words), sizeof words - strlen(words), "%s ", text);
    return strcmp(text, "no") != 0;
}

static size_t load(size_t *first)
{
    struct state_log *log = opened();
    size_t bad;

    *words = 0;
    bad = state_log_load(log, on_line, NULL, first);
    state_log_close(log);
    return bad;
}

static void put_text(const char *text, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void what_was_appended_is_read_in_order(void **state)
{
    struct state_log *log = opened();
    struct stat st;
    size_t first;

    (void)state;
    assert_int_equal(state_log_append(log, about("a")), 0);
    assert_int_equal(state_log_append(log, about("b")), 0);
    state_log_close(log);
    log = opened();
    assert_int_equal(state_log_append(log, about("c")), 0);
    state_log_close(log);
    assert_int_equal(load(&first), 0);
    assert_string_equal(words, "a b c ");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void lines_that_are_damaged_or_make_no_sense_are_counted(void **state)
{
    struct state_log *log = opened();
    size_t first;

    (void)state;
    state_log_append(log, about("a"));
    state_log_append(log, about("no"));
    state_log_close(log);
    put_text("b n=1 #00000000\nc n=", O_APPEND);
    log = opened();
    state_log_append(log, about("d"));
    state_log_close(log);
    assert_int_equal(load(&first), 3);
    assert_int_equal(first, 3);
    assert_string_equal(words, "a no d ");
}

static void a_write_that_fails_half_way_costs_only_its_own_line(void **state)
{
    struct state_log *log = opened();
    struct rlimit old, limit;
    size_t first;

    (void)state;
    state_log_append(log, about("a"));
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = 30; /* in the middle of the next line */
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(state_log_append(log, about("b")), -EFBIG);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(state_log_append(log, about("c")), 0);
    state_log_close(log);
    assert_int_equal(load(&first), 1);
    assert_string_equal(words, "a c ");
}

static void the_new_file_has_what_is_copied_and_what_came_meanwhile(void **state)
{
    struct state_log *log = opened();
    size_t first;

    (void)state;
    for (int i = 0; i < 1001; i++)
        state_log_append(log, about("a"));
    assert_true(state_log_has_grown(log));
    assert_int_equal(state_log_begin(log), 0);
    assert_false(state_log_has_grown(log));
    assert_int_equal(state_log_copy(log, about("x")), 0);
    assert_int_equal(state_log_append(log, about("m")), 0);
    assert_int_equal(state_log_copy(log, about("y")), 0);
    assert_int_equal(state_log_commit(log), 0);
    assert_int_equal(state_log_append(log, about("z")), 0);
    assert_false(state_log_has_grown(log));
    state_log_close(log);
    assert_int_equal(load(&first), 0);
    assert_string_equal(words, "x m y z ");
}

static void a_new_file_that_is_not_finished_counts_for_nothing(void **state)
{
    struct state_log *log = opened();
    size_t first;

    (void)state;
    state_log_append(log, about("a"));
    assert_int_equal(state_log_begin(log), 0);
    assert_int_equal(state_log_copy(log, about("x")), 0);
    state_log_close(log);
    assert_int_equal(load(&first), 0);
    assert_string_equal(words, "a ");
}

static void a_line_that_is_too_long_is_refused_and_harms_no_other(void **state)
{
    struct state_log *log = opened();
    char *text = malloc(sizeof line.text + 1);
    size_t first;

    (void)state;
    memset(text, 'x', sizeof line.text);
    text[sizeof line.text] = 0;
    line_begin(&line, "long");
    line_text(&line, "text", text);
    assert_int_equal(state_log_append(log, &line), -EMSGSIZE);
    assert_int_equal(state_log_append(log, about("a")), 0);
    state_log_close(log);
    assert_int_equal(load(&first), 0);
    assert_string_equal(words, "a ");
    free(text);
}

static void refused(int err)
{
    struct state_log *log = NULL;
    struct why why;

    assert_int_equal(state_log_open(&log, path, HEADER, &why), err);
    assert_null(log);
}

static void what_is_no_file_of_ours_is_refused(void **state)
{
    char target[96];

    (void)state;
    put_text("another 1\na n=1\n", 0);
    refused(-EINVAL);
    chmod(path, 0640);
    refused(-EPERM);
    snprintf(target, sizeof target, "%s/target", folder);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    refused(-ELOOP);
}

static void a_file_whose_header_was_cut_off_begins_anew(void **state)
{
    size_t first;

    (void)state;
    put_text("tes", 0);
    assert_int_equal(load(&first), 0);
    assert_string_equal(words, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_appended_is_read_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_that_are_damaged_or_make_no_sense_are_counted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_write_that_fails_half_way_costs_only_its_own_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_new_file_has_what_is_copied_and_what_came_meanwhile,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_file_that_is_not_finished_counts_for_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_refused_and_harms_no_other,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_of_ours_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_whose_header_was_cut_off_begins_anew, setup,
                                        teardown),
    };

    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
