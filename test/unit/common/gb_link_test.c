/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of a Gb link on loopback, with the real loop and real datagrams. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../gprs_hex.h"
#include "gb_link.h"
#include "log.h"

enum { PATIENCE_MS = 3000 };

struct world {
    struct loop *loop;
    struct gb_link *sgsn, *bss, *bss2;
    struct gb_conf sgsn_conf, bss_conf;
    struct gb_terminal *at_sgsn; /* opened for the last stranger */
    unsigned up, down, strangers, heard_up, heard_down;
    uint32_t tlli;
    struct gb_way way;
    struct why why;
    char text[64]; /* the last information that came, either way */
    unsigned *wanted, goal;
};

static void keep(struct world *w, unsigned *counter, const uint8_t *data, size_t len)
{
    snprintf(w->text, sizeof w->text, "%.*s", (int)len, (const char *)data);
    ++*counter;
}

static void check(struct world *w)
{
    if (w->wanted && *w->wanted >= w->goal)
        loop_stop(w->loop);
}

static void on_up(void *arg, unsigned sapi, const uint8_t *data, size_t len)
{
    struct world *w = arg;

    assert_int_equal(sapi, LLC_GMM);
    keep(w, &w->heard_up, data, len);
    check(w);
}

static void on_down(void *arg, unsigned sapi, const uint8_t *data, size_t len)
{
    struct world *w = arg;

    assert_int_equal(sapi, LLC_GMM);
    keep(w, &w->heard_down, data, len);
    check(w);
}

static void on_stranger(void *arg, const struct gb_way *way, uint32_t tlli, unsigned sapi,
                        const uint8_t *data, size_t len)
{
    struct world *w = arg;

    assert_int_equal(sapi, LLC_GMM);
    gb_terminal_close(&w->at_sgsn);
    w->at_sgsn = gb_terminal_open(w->sgsn, way, tlli, on_up, w);
    w->tlli = tlli;
    w->way = *way;
    keep(w, &w->strangers, data, len);
    check(w);
}

static void on_state(void *arg, bool up, const struct why *why)
{
    struct world *w = arg;

    if (up) {
        w->up++;
    } else {
        w->down++;
        w->why = *why;
    }
    check(w);
}

static void give_up(void *arg)
{
    struct world *w = arg;

    w->goal = 0;
    loop_stop(w->loop);
}

/* Run until the counter has reached n; false when that did not happen in time. */
static bool until(struct world *w, unsigned *counter, unsigned n)
{
    struct loop_timer *patience;

    if (*counter >= n)
        return true;
    w->wanted = counter;
    w->goal = n;
    patience = loop_after(w->loop, PATIENCE_MS, give_up, w);
    loop_run(w->loop);
    w->wanted = NULL;
    if (*counter < n)
        return false; /* patience ran out: the handle is gone */
    loop_cancel(&patience);
    return true;
}

static void end_of_rest(void *arg)
{
    loop_stop(arg);
}

static void rest(struct world *w, unsigned ms)
{
    loop_after(w->loop, ms, end_of_rest, w->loop);
    loop_run(w->loop);
}

static void open_sgsn(struct world *w)
{
    struct why why;

    assert_int_equal(gb_open_sgsn(&w->sgsn, w->loop, &w->sgsn_conf, &why), 0);
    w->sgsn_conf.local = *gb_local(w->sgsn); /* the same port after a restart */
    w->bss_conf.sgsn = w->sgsn_conf.local;
}

static void open_bss(struct world *w)
{
    struct why why;

    assert_int_equal(gb_open_bss(&w->bss, w->loop, &w->bss_conf, &why), 0);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    log_open("test", LEVEL_ERROR);
    w->loop = loop_new();
    w->sgsn_conf.on_stranger = on_stranger;
    w->sgsn_conf.arg = w;
    addr_parse(&w->sgsn_conf.local, "127.0.0.1", 0);
    w->bss_conf = (struct gb_conf){.nsei = 1001, .nsvci = 101, .bvci = 2, .reset_ms = 40};
    w->bss_conf.cell = (struct bssgp_cell){
        {"001", "01", 1, 0},
        7
    };
    w->bss_conf.on_state = on_state;
    w->bss_conf.arg = w;
    addr_parse(&w->bss_conf.local, "127.0.0.1", 0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    gb_close(w->bss);
    gb_close(w->bss2);
    gb_close(w->sgsn);
    loop_free(w->loop);
    free(w);
    return 0;
}

static int say(struct gb_terminal *t, const char *text)
{
    return gb_terminal_send(t, LLC_GMM, (const uint8_t *)text, strlen(text));
}

static void the_link_comes_up(void **state)
{
    struct world *w = *state;

    open_sgsn(w);
    open_bss(w);
    assert_false(gb_is_up(w->bss));
    assert_true(until(w, &w->up, 1));
    assert_true(gb_is_up(w->bss));
}

static void a_terminal_is_a_stranger_first_and_then_answered(void **state)
{
    struct world *w = *state;
    struct gb_terminal *t;

    open_sgsn(w);
    open_bss(w);
    t = gb_terminal_open(w->bss, NULL, 0x78000001, on_down, w);
    assert_int_equal(say(t, "too early"), -ENOTCONN);
    assert_true(until(w, &w->up, 1));
    assert_int_equal(say(t, "hello"), 0);
    assert_true(until(w, &w->strangers, 1));
    assert_string_equal(w->text, "hello");
    assert_int_equal(w->tlli, 0x78000001);
    assert_int_equal(w->way.bvci, 2);
    assert_int_equal(w->way.cell.ci, 7);
    assert_string_equal(w->way.cell.rai.mcc, "001");
    assert_int_equal(say(w->at_sgsn, "welcome"), 0);
    assert_true(until(w, &w->heard_down, 1));
    assert_string_equal(w->text, "welcome");
    gb_terminal_close(&t);
    assert_null(t);
}

static void an_assigned_tlli_is_heard_beside_the_old_one(void **state)
{
    struct world *w = *state;
    struct gb_terminal *t;

    open_sgsn(w);
    open_bss(w);
    assert_true(until(w, &w->up, 1));
    t = gb_terminal_open(w->bss, NULL, 0x78000001, on_down, w);
    say(t, "attach");
    assert_true(until(w, &w->strangers, 1));
    gb_terminal_assign(w->at_sgsn, gb_local_tlli(0xc0000001));
    say(t, "still the old");
    assert_true(until(w, &w->heard_up, 1));
    gb_terminal_assign(t, gb_local_tlli(0xc0000001));
    assert_int_equal(gb_terminal_tlli(t), 0xc0000001);
    say(w->at_sgsn, "down to the new");
    assert_true(until(w, &w->heard_down, 1));
    say(t, "the new");
    assert_true(until(w, &w->heard_up, 2));
    assert_string_equal(w->text, "the new");
    gb_terminal_assign(t, 0x78000001); /* the old one means nothing to the SGSN now */
    say(t, "again the old");
    assert_true(until(w, &w->strangers, 2));
}

static void a_silent_sgsn_is_reported_and_tried_on(void **state)
{
    struct world *w = *state;

    open_sgsn(w);
    gb_close(w->sgsn);
    w->sgsn = NULL;
    open_bss(w);
    assert_true(until(w, &w->down, 1));
    assert_non_null(strstr(w->why.text, "no answer from the SGSN at '127.0.0.1:"));
    assert_non_null(strstr(w->why.text, "NS-RESET"));
    rest(w, 200);
    assert_int_equal(w->down, 1); /* said once */
    open_sgsn(w);
    assert_true(until(w, &w->up, 1));
}

static void a_restarted_sgsn_makes_the_link_begin_anew(void **state)
{
    struct world *w = *state;
    struct gb_terminal *t;

    open_sgsn(w);
    open_bss(w);
    t = gb_terminal_open(w->bss, NULL, 0x78000001, on_down, w);
    assert_true(until(w, &w->up, 1));
    gb_close(w->sgsn);
    w->at_sgsn = NULL;
    open_sgsn(w);
    say(t, "lost");
    assert_true(until(w, &w->down, 1));
    assert_true(until(w, &w->up, 2));
    say(t, "found");
    assert_true(until(w, &w->strangers, 1));
}

static void a_dead_sgsn_is_noticed_by_ns_alive(void **state)
{
    struct world *w = *state;

    w->bss_conf.alive_s = 1;
    open_sgsn(w);
    open_bss(w);
    assert_true(until(w, &w->up, 1));
    gb_close(w->sgsn);
    w->sgsn = NULL;
    assert_true(until(w, &w->down, 1));
    assert_non_null(strstr(w->why.text, "NS-ALIVE"));
}

static void many_terminals_share_a_link(void **state)
{
    enum { MANY = 500 };
    struct world *w = *state;
    struct gb_terminal *t[MANY];

    open_sgsn(w);
    open_bss(w);
    assert_true(until(w, &w->up, 1));
    for (unsigned i = 0; i < MANY; i++)
        t[i] = gb_terminal_open(w->bss, NULL, 0x78000000 + i, on_down, w);
    for (unsigned i = 0; i < MANY; i++) {
        char text[16];
        snprintf(text, sizeof text, "t%u", i);
        say(t[i], text);
        assert_true(until(w, &w->strangers, i + 1));
        assert_string_equal(w->text, text);
        assert_int_equal(w->tlli, 0x78000000 + i);
    }
    for (unsigned i = 0; i < MANY; i += 2)
        gb_terminal_close(&t[i]);
    say(w->at_sgsn, "to the last");
    assert_true(until(w, &w->heard_down, 1));
}

static void many_links_share_an_sgsn(void **state)
{
    struct world *w = *state;
    struct gb_terminal *a, *b;
    struct addr first;
    struct why why;

    open_sgsn(w);
    open_bss(w);
    assert_int_equal(gb_open_bss(&w->bss2, w->loop, &w->bss_conf, &why), 0);
    assert_true(until(w, &w->up, 2));
    a = gb_terminal_open(w->bss, NULL, 0x78000001, on_down, w);
    b = gb_terminal_open(w->bss2, NULL, 0x78000002, on_down, w);
    say(a, "a");
    assert_true(until(w, &w->strangers, 1));
    first = w->way.peer;
    say(b, "b");
    assert_true(until(w, &w->strangers, 2));
    assert_true(addr_same(&first, gb_local(w->bss)));
    assert_true(addr_same(&w->way.peer, gb_local(w->bss2)));
}

static void an_address_in_use_is_a_sentence(void **state)
{
    struct world *w = *state;
    struct gb_link *second;
    struct why why;

    open_sgsn(w);
    assert_int_equal(gb_open_sgsn(&second, w->loop, &w->sgsn_conf, &why), -EADDRINUSE);
    assert_null(second);
    assert_non_null(strstr(why.text, "cannot bind Gb to '127.0.0.1:"));
}

/* --- a raw peer --------------------------------------------------------------------------------
 */

static int raw_socket(struct world *w)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &w->sgsn_conf.local.sa, addr_len(&w->sgsn_conf.local)), 0);
    return fd;
}

static void raw_send(int fd, const char *text)
{
    uint8_t data[HEX_MAX];
    size_t len = hex(data, text);

    assert_int_equal(send(fd, data, len, 0), len);
}

/* What the SGSN answered, as hex; "" when nothing. */
static const char *raw_answer(struct world *w, int fd, char text[2 * HEX_MAX])
{
    uint8_t data[HEX_MAX];
    ssize_t len;

    rest(w, 20);
    len = recv(fd, data, sizeof data, MSG_DONTWAIT);
    return to_hex(text, data, len < 0 ? 0 : len);
}

static void what_comes_before_a_reset_is_answered_by_status(void **state)
{
    struct world *w = *state;
    char text[2 * HEX_MAX];
    int fd;

    open_sgsn(w);
    fd = raw_socket(w);
    raw_send(fd, "0a");
    assert_string_equal(raw_answer(w, fd, text), "0800810a02810a");
    raw_send(fd, "0200810101820065048203e9");
    assert_string_equal(raw_answer(w, fd, text), "0301820065048203e9");
    raw_send(fd, "000000022b00"); /* UNITDATA while blocked */
    assert_string_equal(raw_answer(w, fd, text), "0800810301820065");
    raw_send(fd, "06");
    assert_string_equal(raw_answer(w, fd, text), "07");
    raw_send(fd, "0a");
    assert_string_equal(raw_answer(w, fd, text), "0b");
    close(fd);
}

static void traffic_in_an_unknown_cell_is_answered_by_status(void **state)
{
    struct world *w = *state;
    char text[2 * HEX_MAX];
    int fd;

    open_sgsn(w);
    fd = raw_socket(w);
    raw_send(fd, "0200810101820065048203e9");
    raw_answer(w, fd, text);
    raw_send(fd, "06");
    raw_answer(w, fd, text);
    raw_send(fd, "00000009 01 78000001 000000 08 88 00f1100001000001 0e 88 01c001080388a6ae");
    assert_string_equal(raw_answer(w, fd, text), "0000000041"
                                                 "078105"
                                                 "04820009");
    assert_int_equal(w->strangers, 0);
    close(fd);
}

static void a_repeated_frame_is_heard_once_and_a_broken_one_never(void **state)
{
    struct world *w = *state;
    struct llc_frame f = {
        .sapi = LLC_GMM, .command = true, .nu = 1, .info = (const uint8_t *)"x", .info_len = 1};
    uint8_t llc[32];
    char text[2 * HEX_MAX], frame[256], octets[64];
    int fd;

    open_sgsn(w);
    fd = raw_socket(w);
    raw_send(fd, "0200810101820065048203e9");
    raw_answer(w, fd, text);
    raw_send(fd, "06");
    raw_answer(w, fd, text);
    raw_send(fd, "00000000 22 04820000 078108");
    assert_string_equal(raw_answer(w, fd, text), "000000002304820000");
    raw_send(fd, "00000000 22 04820002 078108 0888 00f1100001000001");
    assert_string_equal(raw_answer(w, fd, text), "000000002304820002");
    raw_send(fd, "00000002 26 1e8101 058203e8 038203e8 018203e8 1c8203e8");
    assert_string_equal(raw_answer(w, fd, text), "00000002271e8101");
    raw_send(fd, "00000002 01 78000001 000000 0888 00f1100001000001 0e87 01c001080388a6");
    assert_string_equal(raw_answer(w, fd, text), "");
    assert_int_equal(w->strangers, 0); /* wrong checksum */
    for (int i = 0; i < 3; i++) {
        f.nu = i ? 2 : 1;
        to_hex(octets, llc, llc_encode(llc, sizeof llc, false, &f));
        snprintf(frame, sizeof frame, "00000002 01 78000001 000000 0888 00f1100001000001 0e87 %s",
                 octets);
        raw_send(fd, frame);
        raw_answer(w, fd, text);
    }
    assert_int_equal(w->strangers, 1);
    assert_int_equal(w->heard_up, 1); /* number 2 came twice */
    close(fd);
}

static void an_xid_command_gets_its_response(void **state)
{
    struct world *w = *state;
    struct llc_frame f = {.format = LLC_U,
                          .sapi = 3,
                          .command = true,
                          .poll = true,
                          .u_command = LLC_XID,
                          .info = (const uint8_t *)"\x16\x01\xf4",
                          .info_len = 3},
                     back;
    uint8_t llc[32], data[64];
    char text[2 * HEX_MAX], frame[256], octets[64];
    struct why why;
    int fd;

    open_sgsn(w);
    fd = raw_socket(w);
    raw_send(fd, "0200810101820065048203e9");
    raw_answer(w, fd, text);
    raw_send(fd, "06");
    raw_answer(w, fd, text);
    raw_send(fd, "00000000 22 04820002 078108 0888 00f1100001000001");
    raw_answer(w, fd, text);
    to_hex(octets, llc, llc_encode(llc, sizeof llc, false, &f));
    snprintf(frame, sizeof frame, "00000002 01 78000001 000000 0888 00f1100001000001 0e88 %s",
             octets);
    raw_send(fd, frame);
    raw_answer(w, fd, text);
    assert_memory_equal(text, "0000000200780000010000001682", 28);
    assert_int_equal(llc_decode(&back, true, data, hex(data, text + 2 * 18), &why), 0);
    assert_int_equal(back.u_command, LLC_XID);
    assert_false(back.command);
    assert_int_equal(back.info_len, 3);
    close(fd);
}

static void octets_at_random_do_no_harm(void **state)
{
    struct world *w = *state;
    uint32_t seed = 42;
    int fd;

    open_sgsn(w);
    open_bss(w);
    assert_true(until(w, &w->up, 1));
    fd = raw_socket(w);
    raw_send(fd, "0200810101820065048203e9");
    raw_send(fd, "06");
    for (int i = 0; i < 3000; i++) {
        uint8_t data[64];
        size_t len = i % sizeof data;
        for (size_t k = 0; k < len; k++) {
            seed = seed * 1664525u + 1013904223u;
            data[k] = seed >> 24;
        }
        if (len)
            data[0] = i % 12;
        send(fd, data, len, 0);
        if (i % 100 == 0)
            rest(w, 1);
    }
    rest(w, 20);
    gb_close(w->bss);
    open_bss(w);
    assert_true(until(w, &w->up, 2)); /* still serving */
    close(fd);
}

#define ROOM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM(the_link_comes_up),
        ROOM(a_terminal_is_a_stranger_first_and_then_answered),
        ROOM(an_assigned_tlli_is_heard_beside_the_old_one),
        ROOM(a_silent_sgsn_is_reported_and_tried_on),
        ROOM(a_restarted_sgsn_makes_the_link_begin_anew),
        ROOM(a_dead_sgsn_is_noticed_by_ns_alive),
        ROOM(many_terminals_share_a_link),
        ROOM(many_links_share_an_sgsn),
        ROOM(an_address_in_use_is_a_sentence),
        ROOM(what_comes_before_a_reset_is_answered_by_status),
        ROOM(traffic_in_an_unknown_cell_is_answered_by_status),
        ROOM(a_repeated_frame_is_heard_once_and_a_broken_one_never),
        ROOM(an_xid_command_gets_its_response),
        ROOM(octets_at_random_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
