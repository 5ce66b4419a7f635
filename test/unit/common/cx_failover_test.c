/* SPDX-License-Identifier: Apache-2.0 */
/* A client with two Diameter peers of one realm, both made of octets: the one that is asked first
 * dies, or falls silent, before it answers; the other is asked the same again, marked as such. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cx.h"
#include "log.h"

enum {
    PEERS = 2,
    HEADER = 20,
    LARGEST = 4096,
    CER = 257,
    DWR = 280,
    REQUEST = 0x80,
    AGAIN = 0x10, /* the T bit */
    WAIT_MS = 4500,
};

enum behaviour { DIES, FALLS_SILENT };

struct seen { /* what a peer tells the test of a UAR, through a pipe */
    uint32_t peer, flags, hop_by_hop, end_to_end;
};

/* ---- a peer ---- */

struct message {
    uint8_t octets[LARGEST];
    size_t len;
};

static uint32_t u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static void put_u32(struct message *m, uint32_t value)
{
    uint8_t octets[4] = {value >> 24, value >> 16, value >> 8, value};

    memcpy(m->octets + m->len, octets, 4);
    m->len += 4;
}

static void put_avp(struct message *m, uint32_t code, uint32_t vendor, const void *data, size_t len)
{
    put_u32(m, code);
    put_u32(m, (vendor ? 0xc0u : 0x40u) << 24 | (uint32_t)(len + (vendor ? 12 : 8)));
    if (vendor)
        put_u32(m, vendor);
    memcpy(m->octets + m->len, data, len);
    memset(m->octets + m->len + len, 0, 3);
    m->len += (len + 3) / 4 * 4;
}

static void put_number(struct message *m, uint32_t code, uint32_t vendor, uint32_t value)
{
    uint8_t octets[4] = {value >> 24, value >> 16, value >> 8, value};

    put_avp(m, code, vendor, octets, 4);
}

static void begin_answer(struct message *m, const uint8_t *request)
{
    memcpy(m->octets, request, HEADER);
    m->octets[4] &= (uint8_t) ~(REQUEST | AGAIN);
    m->len = HEADER;
}

static void send_answer(int fd, struct message *m)
{
    m->octets[1] = m->len >> 16;
    m->octets[2] = m->len >> 8;
    m->octets[3] = m->len;
    if (write(fd, m->octets, m->len) != (ssize_t)m->len)
        _exit(3);
}

static void put_origin(struct message *m, int peer)
{
    char host[] = "hss1.hims.net";

    host[3] += peer;
    put_avp(m, 264, 0, host, strlen(host));
    put_avp(m, 296, 0, "hims.net", 8);
}

/* CEA and DWA. */
static void answer_base(int fd, const uint8_t *request, int peer)
{
    static const uint8_t address[] = {0, 1, 127, 0, 0, 1};
    struct message m, application = {.len = 0};

    begin_answer(&m, request);
    put_number(&m, 268, 0, 2001);
    put_origin(&m, peer);
    if ((u32(request + 4) & 0xffffff) == CER) {
        put_number(&application, 266, 0, 10415);
        put_number(&application, 258, 0, 16777216);
        put_avp(&m, 257, 0, address, sizeof address);
        put_number(&m, 266, 0, 0);
        put_avp(&m, 269, 0, "octets", 6);
        put_avp(&m, 260, 0, application.octets, application.len);
    }
    send_answer(fd, &m);
}

static void answer_uar(int fd, const uint8_t *request, int peer)
{
    uint32_t session_len = u32(request + HEADER + 4) & 0xffffff;
    struct message m, result = {.len = 0};

    if (u32(request + HEADER) != 263)
        _exit(4); /* Session-Id comes first */
    begin_answer(&m, request);
    put_avp(&m, 263, 0, request + HEADER + 8, session_len - 8);
    put_number(&m, 277, 0, 1);
    put_origin(&m, peer);
    put_number(&result, 266, 0, 10415);
    put_number(&result, 298, 0, 2001);
    put_avp(&m, 297, 0, result.octets, result.len);
    send_answer(fd, &m);
}

static void read_all(int fd, uint8_t *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = read(fd, to + at, len - at);

        if (got <= 0)
            _exit(0); /* the client has gone */
        at += got;
    }
}

/* Serves one connection. The first UAR of the test is never answered, whichever peer gets it. */
static void serve(int listener, int peer, enum behaviour behaviour, int tell)
{
    static uint8_t request[LARGEST];
    int fd = accept(listener, NULL, NULL);

    close(listener);
    for (;;) {
        struct seen seen = {.peer = peer};
        uint32_t len;

        read_all(fd, request, HEADER);
        len = u32(request) & 0xffffff;
        if (len < HEADER || len > sizeof request)
            _exit(5);
        read_all(fd, request + HEADER, len - HEADER);
        seen.flags = request[4];
        seen.hop_by_hop = u32(request + 12);
        seen.end_to_end = u32(request + 16);
        if (!(seen.flags & REQUEST))
            continue;
        if ((u32(request + 4) & 0xffffff) != 300) {
            answer_base(fd, request, peer);
            continue;
        }
        if (write(tell, &seen, sizeof seen) != sizeof seen)
            _exit(6);
        if (seen.flags & AGAIN)
            answer_uar(fd, request, peer);
        else if (behaviour == DIES)
            _exit(0);
        else
            pause();
    }
}

/* ---- the client ---- */

struct world {
    struct loop *loop;
    struct cx *cx;
    struct cx_config config;
    pid_t pid[PEERS];
    int heard; /* the pipe's end */
    int calls, err;
    enum cx_result result;
};

static void start_peer(struct world *w, int i, enum behaviour behaviour, int tell)
{
    struct cx_peer *peer = &w->config.peer[i];
    struct addr a;
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    addr_parse(&a, "127.0.0.1", 0);
    assert_int_equal(bind(fd, &a.sa, sizeof a.in), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, &a.sa, &len), 0);
    snprintf(peer->identity, sizeof peer->identity, "hss%d.hims.net", i + 1);
    peer->address[0] = a;
    peer->address_count = 1;
    w->pid[i] = fork();
    if (w->pid[i] == 0) {
        alarm(20);
        serve(fd, i, behaviour, tell);
    }
    close(fd);
}

static void on_uaa(void *arg, int err, const struct cx_uaa *uaa)
{
    struct world *w = arg;

    w->calls++;
    w->err = err;
    w->result = uaa ? uaa->result : 0;
    loop_stop(w->loop);
}

/* Both peers are connected: otherwise it would be no failover. */
static void look_for_peers(void *arg)
{
    struct world *w = arg;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    cx_print_live(w->cx, out);
    fclose(out);
    if (strstr(text, "hss1.hims.net state=open") && strstr(text, "hss2.hims.net state=open"))
        loop_stop(w->loop);
    else
        loop_after(w->loop, 10, look_for_peers, w);
    free(text);
}

static void ask_once(struct world *w)
{
    static const struct cx_uar uar = {
        .impi = "name.private@hims.net", .impu = "sip:name@hims.net", .visited = "vims.net"};
    struct why why;

    alarm(20);
    log_open("icscf1", LEVEL_WARN);
    w->loop = loop_new();
    w->cx = cx_open(w->loop, &w->config, &why);
    if (!w->cx)
        _exit(9);
    look_for_peers(w);
    loop_run(w->loop);
    cx_ask_uar(w->cx, &uar, "3c26700d", on_uaa, w);
    loop_run(w->loop);
    if (w->calls != 1 || w->err != 0 || w->result != CX_FIRST_REGISTRATION) {
        fprintf(stderr, "calls %d err %d result %d\n", w->calls, w->err, w->result);
        _exit(1);
    }
    _exit(0); /* not cx_close: a silent peer would be waited for */
}

static void fail_over(enum behaviour behaviour)
{
    struct world w = {
        .config = {.identity = "icscf1.hims.net",
                   .realm = "hims.net",
                   .peer_count = PEERS,
                   .destination_realm = "hims.net",
                   .tc_s = 1,
                   .tw_s = 1,
                   .wait_ms = WAIT_MS}
    };
    struct seen seen[2];
    int pipe_ends[2], status;
    pid_t client;

    assert_int_equal(pipe(pipe_ends), 0);
    for (int i = 0; i < PEERS; i++)
        start_peer(&w, i, behaviour, pipe_ends[1]);
    close(pipe_ends[1]);
    client = fork();
    if (client == 0)
        ask_once(&w);
    waitpid(client, &status, 0);
    assert_int_equal(status, 0);
    for (int i = 0; i < PEERS; i++) {
        kill(w.pid[i], SIGKILL);
        waitpid(w.pid[i], &status, 0);
    }
    assert_int_equal(read(pipe_ends[0], seen, sizeof seen), sizeof seen);
    assert_int_equal(read(pipe_ends[0], &status, 1), 0); /* asked twice, not more */
    assert_int_equal(seen[0].flags & AGAIN, 0);
    assert_int_equal(seen[1].flags & AGAIN, AGAIN);
    assert_int_equal(seen[0].end_to_end, seen[1].end_to_end);
    assert_int_not_equal(seen[0].peer, seen[1].peer);
    close(pipe_ends[0]);
}

static void DIA_06_what_a_peer_took_and_did_not_answer_is_asked_again_of_the_other(void **state)
{
    (void)state;
    fail_over(DIES);
}

static void DIA_06_a_peer_that_misses_two_watchdogs_is_given_up_for_the_other(void **state)
{
    (void)state;
    fail_over(FALLS_SILENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DIA_06_what_a_peer_took_and_did_not_answer_is_asked_again_of_the_other),
        cmocka_unit_test(DIA_06_a_peer_that_misses_two_watchdogs_is_given_up_for_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
