/* SPDX-License-Identifier: Apache-2.0 */
#include "state_line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct state_line line;

static const char *finished(void)
{
    assert_true(line_end(&line));
    assert_int_equal(line.text[line.len - 1], '\n');
    line.text[line.len - 1] = 0;
    assert_true(line_check(line.text));
    return line.text;
}

static void what_is_written_is_read(void **state)
{
    static const uint8_t key[] = {0x00, 0x7f, 0xff};
    uint8_t octets[3];
    char text[64], *copy;
    const char *read;
    struct addr a, b;
    uint64_t n;

    (void)state;
    addr_parse(&a, "2001:db8::1", 0);
    line_begin(&line, "set");
    line_text(&line, "a", "x y=%#\n\"\xc3\xa4");
    line_text(&line, "b", "");
    line_text(&line, "c", NULL);
    line_number(&line, "d", 1234567890123);
    line_hex(&line, "e", 0xab);
    line_octets(&line, "f", key, sizeof key);
    line_host(&line, "g", &a);
    read = finished();
    assert_true(line_is(read, "set"));
    assert_false(line_is(read, "se"));
    assert_true(line_get_text(read, "a", text, sizeof text));
    assert_string_equal(text, "x y=%#\n\"\xc3\xa4");
    copy = line_get_copy(read, "a");
    assert_string_equal(copy, text);
    free(copy);
    assert_null(line_get_copy(read, "b"));
    assert_true(line_get_text(read, "c", text, sizeof text));
    assert_string_equal(text, "");
    assert_true(line_get_number(read, "d", 10, &n));
    assert_int_equal(n, 1234567890123);
    assert_true(line_get_number(read, "e", 16, &n));
    assert_int_equal(n, 0xab);
    assert_true(line_get_octets(read, "f", octets, sizeof octets));
    assert_memory_equal(octets, key, sizeof key);
    assert_true(line_get_host(read, "g", &b));
    assert_true(addr_same_host(&a, &b));
}

static void what_is_not_there_or_is_nothing_of_the_kind_is_not_read(void **state)
{
    char text[4];
    uint8_t octets[2];
    uint64_t n;
    struct addr a;
    const char *read;

    (void)state;
    line_begin(&line, "set");
    line_text(&line, "long", "12345");
    line_text(&line, "minus", "-1");
    line_text(&line, "word", "abcx");
    read = finished();
    assert_false(line_get_text(read, "lon", text, sizeof text));
    assert_false(line_get_text(read, "long", text, sizeof text));
    assert_false(line_get_number(read, "minus", 10, &n));
    assert_false(line_get_number(read, "word", 16, &n));
    assert_false(line_get_octets(read, "word", octets, sizeof octets));
    assert_false(line_get_octets(read, "long", octets, sizeof octets));
    assert_false(line_get_host(read, "word", &a));
    assert_false(line_get_text("set a=%4", "a", text, sizeof text));
    assert_false(line_get_text("set a=%zz", "a", text, sizeof text));
}

static void a_changed_line_is_told_by_its_sum(void **state)
{
    char changed[sizeof line.text];

    (void)state;
    line_begin(&line, "gone");
    line_hex(&line, "id", 7);
    assert_true(line_end(&line));
    line.text[--line.len] = 0;
    for (size_t i = 0; i < line.len; i++) {
        memcpy(changed, line.text, line.len + 1);
        changed[i] ^= 1;
        assert_false(line_check(changed));
        memcpy(changed, line.text, line.len + 1);
        changed[i] = 0;
        assert_false(line_check(changed));
    }
}

static void a_line_that_is_too_long_is_none(void **state)
{
    static char big[40000];

    (void)state;
    memset(big, 'x', sizeof big - 1);
    line_begin(&line, "set");
    line_text(&line, "a", big);
    assert_false(line_end(&line));
    assert_int_equal(line.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_not_there_or_is_nothing_of_the_kind_is_not_read),
        cmocka_unit_test(a_changed_line_is_told_by_its_sum),
        cmocka_unit_test(a_line_that_is_too_long_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
