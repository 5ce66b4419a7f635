/* SPDX-License-Identifier: Apache-2.0 */
/* sip_protect.h over real sockets on loopback, without ESP: one protected end and many terminals
 * made of raw sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "sip.h"
#include "sip_protect.h"

enum { TERMINALS = 100, PORT_PS = 16100, PORT_PC = 16101, PORT_UC = 17001, PORT_US = 17002 };
#define OURS "127.0.0.3"

static struct conf conf;
static struct loop *loop;
static struct sip *sip;
static struct loop_timer *stopper;
static int answers;

static struct addr at(const char *host, unsigned port)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, host, port), 0);
    return a;
}

static struct addr terminal(unsigned n, unsigned port)
{
    char host[32];

    snprintf(host, sizeof host, "127.0.1.%u", n + 1);
    return at(host, port);
}

/* The n-th terminal's set; generation 0 and 1 differ in both client ports. */
static struct sip_protection set_of(unsigned n, unsigned generation)
{
    return (struct sip_protection){.local = at(OURS, 0),
                                   .peer = terminal(n, 0),
                                   .local_c = PORT_PC + generation,
                                   .local_s = PORT_PS,
                                   .peer_c = PORT_UC + 10 * generation,
                                   .peer_s = PORT_US,
                                   .spi_local_c = 1000 + generation,
                                   .spi_local_s = 2000 + generation,
                                   .spi_peer_c = 3000 + generation,
                                   .spi_peer_s = 4000 + generation};
}

static void stop(void *arg)
{
    (void)arg;
    stopper = NULL;
    loop_stop(loop);
}

static void run_ms(unsigned ms)
{
    stopper = loop_after(loop, ms, stop, NULL);
    loop_run(loop);
    loop_cancel(&stopper);
}

static void answer_200(void *env, struct sip_request *r)
{
    struct addr local = sip_request_local(r);

    (void)env;
    assert_int_equal(addr_port(&local), PORT_PS);
    sip_answer(r, 200, "OK", NULL);
}

static int begin(void **state)
{
    struct sip_config config = {
        .listen = {at(OURS, PORT_PS)}, .listen_count = 1, .conf = &conf, .protect = true};
    struct sip_protection set;
    struct why why = {""};

    (void)state;
    answers = 0;
    conf.timers = (struct conf_timers){
        .sip_t1_ms = 100, .sip_t2_ms = 200, .sip_t4_ms = 100, .sip_t1x64_ms = 1000};
    log_open("test", LEVEL_ERROR);
    loop = loop_new();
    sip = sip_open(loop, &config, &why);
    if (!sip)
        fail_msg("%s", why.text);
    sip_serve(sip, "REGISTER", answer_200, NULL);
    for (unsigned n = 0; n < TERMINALS; n++) {
        set = set_of(n, 0);
        assert_int_equal(sip_protect_add(&set, &why), 0);
    }
    return 0;
}

static int end(void **state)
{
    struct sip_protection set;

    (void)state;
    for (unsigned n = 0; n < TERMINALS; n++) {
        for (unsigned generation = 0; generation < 2; generation++) {
            set = set_of(n, generation);
            sip_protect_remove(&set);
        }
    }
    assert_int_equal(sip_protect_count(), 0);
    sip_close(sip);
    loop_free(loop);
    return 0;
}

/* ---- terminals ---- */

static int socket_at(int type, struct addr a)
{
    int fd = socket(a.sa.sa_family, type, 0), one = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    assert_int_equal(bind(fd, &a.sa, addr_len(&a)), 0);
    return fd;
}

static const char *text(unsigned n, const char *transport, const char *method, const char *more)
{
    static char buf[1024];
    static unsigned branch;

    branch++;
    snprintf(buf, sizeof buf,
             "%s sip:hims.net SIP/2.0\r\nVia: SIP/2.0/%s 127.0.1.%u:%u;branch=z9hG4bK%u\r\n"
             "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c%u\r\nCSeq: 1 %s\r\n%s"
             "Content-Length: 0\r\n\r\n",
             method, transport, n + 1, PORT_US, branch, branch, method, more);
    return buf;
}

/* Sends a datagram from the client port, and expects the answer on the server port, from ours. */
static void asks(unsigned n, unsigned generation, const char *request, const char *status)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    struct sip_protection set = set_of(n, generation);
    struct addr to = at(OURS, PORT_PS), expected = at(OURS, set.local_c), source;
    int client = socket_at(SOCK_DGRAM, terminal(n, set.peer_c));
    int server = socket_at(SOCK_DGRAM, terminal(n, PORT_US));
    char buf[2048] = "";

    for (int times = 0; times < 2; times++) { /* the second is a retransmission */
        struct pollfd p = {server, POLLIN, 0};

        assert_true(sendto(client, request, strlen(request), 0, &to.sa, addr_len(&to)) > 0);
        for (int i = 0; i < 100 && poll(&p, 1, 0) == 0; i++)
            run_ms(5);
        assert_true(recvfrom(server, buf, sizeof buf - 1, MSG_DONTWAIT, (struct sockaddr *)&from,
                             &len) > 0);
        source = addr_from((struct sockaddr *)&from);
        assert_true(addr_same(&source, &expected));
        assert_memory_equal(buf, status, strlen(status));
    }
    assert_true(recv(client, buf, sizeof buf, MSG_DONTWAIT) < 0);
    close(client);
    close(server);
}

static void answers_and_their_repetitions_leave_from_the_client_port(void **state)
{
    (void)state;
    for (unsigned n = 0; n < TERMINALS; n++)
        asks(n, 0, text(n, "UDP", "REGISTER", ""), "SIP/2.0 200");
}

static void what_sofia_itself_answers_does_so_too(void **state)
{
    (void)state;
    asks(3, 0, text(3, "UDP", "MESSAGE", ""), "SIP/2.0 405");
    asks(4, 0, text(4, "UDP", "REGISTER", "Require: ,=;\r\nMax-Forwards: x\r\n"), "SIP/2.0 400");
}

static void a_via_with_rport_changes_nothing(void **state)
{
    char request[1024];
    const char *plain = text(5, "UDP", "REGISTER", ""), *cut = strstr(plain, ";branch");

    (void)state;
    snprintf(request, sizeof request, "%.*s;rport%s", (int)(cut - plain), plain, cut);
    asks(5, 0, request, "SIP/2.0 200");
}

/* During a re-authentication there are two: each answer goes by the set of its request. */
static void each_answer_goes_by_the_set_of_its_request(void **state)
{
    struct sip_protection new = set_of(7, 1);

    (void)state;
    assert_int_equal(sip_protect_add(&new, NULL), 0);
    asks(7, 1, text(7, "UDP", "REGISTER", ""), "SIP/2.0 200");
    asks(7, 0, text(7, "UDP", "REGISTER", ""), "SIP/2.0 200");
    sip_protect_prefer(&new);
    asks(7, 0, text(7, "UDP", "REGISTER", ""), "SIP/2.0 200");
}

static void on_answer(void *arg, int status, const sip_t *parsed, msg_t *answer)
{
    (void)arg;
    (void)parsed;
    (void)answer;
    answers = status;
}

static void we_ask(unsigned n, enum sip_transport transport)
{
    struct sip_target to = {.addr = terminal(n, PORT_US), .transport = transport, .host = "ue"};
    struct why why = {""};
    msg_t *m = sip_compose(sip,
                           "OPTIONS sip:a@b SIP/2.0\nFrom: <sip:x@y>;tag=1\nTo: <sip:a@b>\n"
                           "Call-ID: ask\nCSeq: 1 OPTIONS\nMax-Forwards: 70\n\n",
                           &why);

    assert_non_null(m);
    sip_send(sip, m, &to, 0, on_answer, NULL);
}

static void requests_go_by_the_preferred_set(void **state)
{
    struct sip_protection new = set_of(8, 1);
    int server = socket_at(SOCK_DGRAM, terminal(8, PORT_US));
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    struct addr source;
    char buf[2048] = "";

    (void)state;
    assert_int_equal(sip_protect_add(&new, NULL), 0);
    for (unsigned generation = 0; generation < 2; generation++) {
        if (generation)
            sip_protect_prefer(&new);
        we_ask(8, SIP_UDP);
        run_ms(20);
        assert_true(recvfrom(server, buf, sizeof buf - 1, MSG_DONTWAIT, (struct sockaddr *)&from,
                             &len) > 0);
        source = addr_from((struct sockaddr *)&from);
        assert_int_equal(addr_port(&source), PORT_PC + generation);
        assert_non_null(strstr(buf, "Via: SIP/2.0/UDP 127.0.0.3:16100;"));
        assert_null(strstr(buf, "rport"));
    }
    run_ms(1100); /* nobody answers */
    close(server);
}

/* A connection of ours: from the client port, and again after the terminal closed it. */
static void TCP_connections_are_dialled_from_the_client_port_again_and_again(void **state)
{
    int listener[TERMINALS], fd;
    struct sockaddr_storage from;
    socklen_t len;
    struct addr source;
    char buf[2048];

    (void)state;
    for (unsigned n = 0; n < TERMINALS; n++) {
        listener[n] = socket_at(SOCK_STREAM, terminal(n, PORT_US));
        assert_int_equal(listen(listener[n], 1), 0);
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned n = 0; n < TERMINALS; n++)
            we_ask(n, SIP_TCP);
        run_ms(100);
        for (unsigned n = 0; n < TERMINALS; n++) {
            struct pollfd p = {listener[n], POLLIN, 0};

            assert_int_equal(poll(&p, 1, 500), 1);
            len = sizeof from;
            fd = accept(listener[n], (struct sockaddr *)&from, &len);
            assert_true(fd >= 0);
            source = addr_from((struct sockaddr *)&from);
            assert_int_equal(addr_port(&source), PORT_PC);
            assert_true(recv(fd, buf, sizeof buf, MSG_DONTWAIT) > 0);
            close(fd);
        }
        run_ms(100);
    }
    for (unsigned n = 0; n < TERMINALS; n++)
        close(listener[n]);
}

static void a_TCP_answer_uses_the_connection_of_its_request(void **state)
{
    const char *request = text(9, "TCP", "REGISTER", "");
    int fd = socket_at(SOCK_STREAM, terminal(9, PORT_UC));
    struct addr to = at(OURS, PORT_PS);
    struct sip_protection set = set_of(9, 0);
    char buf[2048] = "";

    (void)state;
    assert_int_equal(connect(fd, &to.sa, addr_len(&to)), 0);
    assert_true(send(fd, request, strlen(request), 0) > 0);
    run_ms(50);
    assert_true(recv(fd, buf, sizeof buf - 1, MSG_DONTWAIT) > 0);
    assert_memory_equal(buf, "SIP/2.0 200", 11);
    sip_protect_remove(&set); /* hangs up */
    run_ms(20);
    assert_int_equal(recv(fd, buf, sizeof buf, MSG_DONTWAIT), 0);
    close(fd);
}

static void every_way_has_its_spi(void **state)
{
    struct addr ps = at(OURS, PORT_PS), pc = at(OURS, PORT_PC), uc = terminal(1, PORT_UC),
                us = terminal(1, PORT_US), stranger = terminal(200, PORT_US);

    (void)state;
    assert_int_equal(sip_protect_spi(&uc, &ps), 2000);
    assert_int_equal(sip_protect_spi(&ps, &uc), 3000);
    assert_int_equal(sip_protect_spi(&pc, &us), 4000);
    assert_int_equal(sip_protect_spi(&us, &pc), 1000);
    assert_int_equal(sip_protect_spi(&us, &ps), 0);
    assert_int_equal(sip_protect_spi(&stranger, &pc), 0);
}

static void a_set_is_there_once(void **state)
{
    struct sip_protection set = set_of(0, 0);
    struct why why;

    (void)state;
    assert_int_equal(sip_protect_add(&set, &why), -EEXIST);
    assert_int_equal(sip_protect_count(), TERMINALS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(answers_and_their_repetitions_leave_from_the_client_port),
        T(what_sofia_itself_answers_does_so_too),
        T(a_via_with_rport_changes_nothing),
        T(each_answer_goes_by_the_set_of_its_request),
        T(requests_go_by_the_preferred_set),
        T(TCP_connections_are_dialled_from_the_client_port_again_and_again),
        T(a_TCP_answer_uses_the_connection_of_its_request),
        T(every_way_has_its_spi),
        T(a_set_is_there_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
