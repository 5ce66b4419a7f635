/* SPDX-License-Identifier: Apache-2.0 */
/* The log: what a line looks like, and that no peer can forge one. stderr goes into a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "why.h"

static int kept_stderr, ends[2];
static char written[16384];

static int begin(void **state)
{
    (void)state;
    log_open("icscf1", LEVEL_INFO);
    kept_stderr = dup(STDERR_FILENO);
    if (kept_stderr < 0 || pipe2(ends, O_NONBLOCK) < 0)
        return -1;
    return dup2(ends[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* All that was logged since the last call, without the time stamps of its lines. */
static const char *lines(void)
{
    static char bare[sizeof written];
    ssize_t n = read(ends[0], written, sizeof written - 1);
    char *line = written, *space;

    bare[0] = 0;
    written[n > 0 ? n : 0] = 0;
    while (*line) {
        space = strchr(line, ' ');
        assert_non_null(space);
        line = strchr(line, '\n');
        assert_non_null(line);
        strncat(bare, space + 1, ++line - (space + 1));
    }
    return bare;
}

static void a_sentence_has_time_element_level_and_call(void **state)
{
    unsigned year, micro;

    (void)state;
    log_warn("3c26700d", "cannot reach %s: %s", "dns", "timed out");
    assert_string_equal(lines(), "icscf1 warn call=3c26700d -- cannot reach dns: timed out\n");
    assert_int_equal(sscanf(written, "%4u-%*2u-%*2uT%*2u:%*2u:%*2u.%6uZ ", &year, &micro), 2);
    assert_true(year >= 2024);
}

static void an_arrow_has_peer_message_and_pairs(void **state)
{
    (void)state;
    log_arrow("3c26700d", "->", "hss", "UAR", "proto", "cx", "impu", "sip:name@hims.net", NULL);
    assert_string_equal(lines(),
                        "icscf1 info call=3c26700d -> hss UAR proto=cx impu=sip:name@hims.net\n");
    log_arrow(NULL, "==", NULL, "select", "scscf", "scscf1.hims.net", NULL);
    assert_string_equal(lines(), "icscf1 info call=- == select scscf=scscf1.hims.net\n");
}

static void a_pair_without_a_value_is_left_out(void **state)
{
    (void)state;
    log_arrow(NULL, "<-", "hss", "UAA", "scscf", NULL, "result", "2001", NULL);
    assert_string_equal(lines(), "icscf1 info call=- <- hss UAA result=2001\n");
}

static void a_word_with_space_or_quote_or_nothing_is_quoted(void **state)
{
    (void)state;
    log_arrow(NULL, "<-", "ue", "Attach Request", "a", "", "b", "x y", "c", "say \"hi\" \\o/", "d",
              "\\o/", NULL);
    assert_string_equal(lines(), "icscf1 info call=- <- ue \"Attach Request\" a=\"\" b=\"x y\" "
                                 "c=\"say \\\"hi\\\" \\\\o/\" d=\\o/\n");
}

static void no_peer_can_forge_a_line(void **state)
{
    (void)state;
    log_arrow(NULL, "<-", "ue", "REGISTER", "impu",
              "sip:a\n2026-11-24T13:44:46.000000Z icscf1 info call=- == registered", NULL);
    assert_string_equal(lines(),
                        "icscf1 info call=- <- ue REGISTER impu=\"sip:a\\x0a2026-11-24T13:44:46."
                        "000000Z icscf1 info call=- == registered\"\n");
    log_arrow(NULL, "<-", "u\re", "REG\tISTER", "impu", "a\x1b[2J\x7f", NULL);
    assert_string_equal(lines(),
                        "icscf1 info call=- <- u\\x0de REG\\x09ISTER impu=a\\x1b[2J\\x7f\n");
    log_arrow(NULL, "<-", "ue", "REGISTER", "impu", "\xc3\x9b\xc2\x9b[2J", NULL); /* U+00DB, CSI */
    assert_string_equal(lines(), "icscf1 info call=- <- ue REGISTER impu=\xc3\x9b\\xc2\\x9b[2J\n");
    log_arrow(NULL, "<-", "ue", "REGISTER", "impu", "\x86 \xe2\x82\xac \xe2\x82",
              NULL); /* no UTF-8 */
    assert_string_equal(
        lines(), "icscf1 info call=- <- ue REGISTER impu=\"\\x86 \xe2\x82\xac \\xe2\\x82\"\n");
    log_error(NULL, "refused: %s", "bad\nline\r\x01");
    assert_string_equal(lines(), "icscf1 error call=- -- refused: bad\\x0aline\\x0d\\x01\n");
}

static void what_is_for_a_screen_has_no_command_for_it(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    log_harmless(out, "\x1b[2Ja\r\n\xc2\x9b"
                      "2J\xc3\x9b\x7f\n");
    fclose(out);
    assert_string_equal(text, "\\x1b[2Ja\\x0d\n\\xc2\\x9b2J\xc3\x9b\\x7f\n");
    free(text);
}

static void a_value_cannot_pretend_to_be_a_second_pair(void **state)
{
    (void)state;
    log_arrow(NULL, "<-", "ue", "REGISTER", "impu", "a proto=sip", "x", "a=b", NULL);
    assert_string_equal(lines(), "icscf1 info call=- <- ue REGISTER impu=\"a proto=sip\" x=a=b\n");
}

static void a_level_that_is_off_writes_nothing(void **state)
{
    (void)state;
    log_debug(NULL, "why");
    assert_string_equal(lines(), "");
    assert_false(log_on(LEVEL_DEBUG));
    log_open("icscf1", LEVEL_WARN);
    log_info(NULL, "x");
    log_arrow(NULL, "->", "hss", "UAR", NULL);
    log_arrow_at(LEVEL_DEBUG, NULL, "->", "hss", "UAR", NULL);
    assert_string_equal(lines(), "");
    log_arrow_at(LEVEL_ERROR, NULL, "->", "hss", "UAR", NULL);
    assert_string_equal(lines(), "icscf1 error call=- -> hss UAR\n");
}

static void what_is_cut_is_marked_and_its_quotes_are_closed(void **state)
{
    static char octets[9000];
    struct why why;

    (void)state;
    memset(octets, 'x', sizeof octets - 1);
    log_arrow(NULL, "<-", "ue", "REGISTER", "key", octets, "more", "y", NULL);
    assert_string_equal(strstr(lines(), "xxx...") ? "cut" : "", "cut");
    assert_string_equal(written + strlen(written) - 5, "x...\n");
    for (size_t n = 0; n < 8; n++) { /* wherever in an escape the line is full */
        for (size_t i = 0; i < sizeof octets - 1; i++)
            octets[i] = i < n ? 'x' : "\" \\\n"[i % 4];
        log_arrow(NULL, "<-", "ue", "REGISTER", "key", octets, "impu", "a b", NULL);
        lines();
        assert_string_equal(written + strlen(written) - 5, "...\"\n");
    }
    memset(octets, 'x', sizeof octets - 1);
    log_error(NULL, "%s", octets);
    assert_non_null(strstr(lines(), "xxx...\n"));
    assert_int_equal(why_set(&why, 1, "%s", octets), -1);
    assert_string_equal(why.text + sizeof why.text - 5, "x...");
}

static void a_line_that_is_too_long_is_cut_and_still_ends(void **state)
{
    static char octets[9000];
    size_t n;

    (void)state;
    memset(octets, 'x', sizeof octets - 1);
    log_arrow(NULL, "<-", octets, octets, "key", octets, NULL);
    n = strlen(lines());
    assert_true(n > 4000 && n <= 4096);
    memset(octets, '\n', sizeof octets - 1);
    log_arrow(NULL, "<-", "ue", "REGISTER", "key", octets, NULL);
    log_error(NULL, "%s", octets);
    lines(); /* one newline each: lines() asserts the shape */
    assert_non_null(strchr(written, '\n'));
    assert_ptr_equal(strchr(strchr(written, '\n') + 1, '\n') + 1, written + strlen(written));
}

static void a_call_tag_is_eight_digits_of_the_id(void **state)
{
    char a[CALL_TAG], b[CALL_TAG], number[24];

    (void)state;
    assert_int_equal(strlen(call_tag("3c26700d@10.45.0.1", a)), 8);
    assert_string_not_equal(a, call_tag("3c26700e@10.45.0.1", b));
    assert_string_equal(a, call_tag("3c26700d@10.45.0.1", b));
    assert_string_equal(call_tag("", a), "811c9dc5"); /* FNV-1a of nothing */
    assert_string_equal(log_number(-42, number), "-42");
    assert_string_equal(log_number(9223372036854775807ll, number), "9223372036854775807");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sentence_has_time_element_level_and_call),
        TEST(an_arrow_has_peer_message_and_pairs),
        TEST(a_pair_without_a_value_is_left_out),
        TEST(a_word_with_space_or_quote_or_nothing_is_quoted),
        TEST(no_peer_can_forge_a_line),
        TEST(what_is_for_a_screen_has_no_command_for_it),
        TEST(a_value_cannot_pretend_to_be_a_second_pair),
        TEST(a_level_that_is_off_writes_nothing),
        TEST(what_is_cut_is_marked_and_its_quotes_are_closed),
        TEST(a_line_that_is_too_long_is_cut_and_still_ends),
        TEST(a_call_tag_is_eight_digits_of_the_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
