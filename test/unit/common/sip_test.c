/* SPDX-License-Identifier: Apache-2.0 */
/* sip.h over real sockets on loopback: two elements in one process, and raw sockets against one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sip.h"
#include "xalloc.h"

static struct conf conf;
static struct loop *loop;
static struct sip *a, *b;
static struct sip_request *kept; /* what b got and did not answer yet */
static int answers, last_status;
static bool asking;
static char last_header[256];

static struct sip *open_at(const char *host, const char *ip, unsigned port, struct why *why)
{
    struct sip_config config = {.host = host, .listen_count = 1, .conf = &conf};

    assert_int_equal(addr_parse(&config.listen[0], ip, port), 0);
    return sip_open(loop, &config, why);
}

static void b_answers_200(void *env, struct sip_request *r)
{
    char header[64];

    snprintf(header, sizeof header, "X-Env: %s\r\nContact: <sip:x@y>\r\n", (char *)env);
    sip_answer(r, 200, "OK", header);
    assert_true(sip_is_answered(r));
}

static void b_keeps(void *env, struct sip_request *r)
{
    (void)env;
    kept = r;
}

static struct loop_timer *stopper;

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

static int begin(void **state)
{
    struct why why = {""};

    (void)state;
    answers = last_status = 0;
    kept = NULL;
    *last_header = 0;
    conf.timers = (struct conf_timers){
        .sip_t1_ms = 50, .sip_t2_ms = 100, .sip_t4_ms = 100, .sip_t1x64_ms = 400};
    loop = loop_new();
    a = open_at("a.example", "127.0.0.2", 15060, &why);
    b = open_at(NULL, "127.0.0.3", 15060, &why);
    assert_string_equal(why.text, "");
    assert_non_null(a);
    assert_non_null(b);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sip_close(a);
    sip_close(b);
    loop_free(loop);
    return 0;
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    (void)arg;
    assert_false(asking); /* never inside the call that asked */
    answers++;
    last_status = status;
    assert_int_equal(sip != NULL, answer != NULL);
    if (sip)
        sip_text(sip, "X-Env", last_header, sizeof last_header);
    loop_stop(loop);
}

static const char request[] = "REGISTER sip:hims.net SIP/2.0\n"
                              "From: <sip:name@hims.net>;tag=1\n"
                              "To: <sip:name@hims.net>\n"
                              "Call-ID: sip-test@a\n"
                              "CSeq: 25 REGISTER\n"
                              "Max-Forwards: 20\n"
                              "P-Charging-Vector: icid-value=1\n\n";

static struct sip_op *ask(const char *ip, unsigned port, enum sip_transport transport,
                          unsigned wait_ms)
{
    struct sip_target to = {.transport = transport, .host = "b"};
    struct why why = {""};
    msg_t *m = sip_compose(a, request, &why);
    struct sip_op *op;

    assert_non_null(m);
    addr_parse(&to.addr, ip, port);
    asking = true;
    op = sip_send(a, m, &to, wait_ms, on_answer, NULL);
    asking = false;
    return op;
}

static void a_request_is_answered_over(enum sip_transport transport)
{
    sip_serve(b, "REGISTER", b_answers_200, "here");
    ask("127.0.0.3", 15060, transport, 0);
    run_ms(2000);
    assert_int_equal(answers, 1);
    assert_int_equal(last_status, 200);
    assert_string_equal(last_header, "here");
}

static void a_request_over_udp_is_answered(void **state)
{
    (void)state;
    a_request_is_answered_over(SIP_UDP);
}

static void a_request_over_tcp_is_answered(void **state)
{
    (void)state;
    a_request_is_answered_over(SIP_TCP);
}

static void a_closed_udp_port_is_503(void **state)
{
    (void)state;
    ask("127.0.0.4", 15999, SIP_UDP, 0);
    run_ms(2000);
    assert_int_equal(answers, 1);
    assert_int_equal(last_status, 503);
}

static void a_closed_tcp_port_is_503(void **state)
{
    (void)state;
    ask("127.0.0.4", 15999, SIP_TCP, 0);
    run_ms(2000);
    assert_int_equal(answers, 1);
    assert_int_equal(last_status, 503);
}

static void a_silent_peer_is_408_by_timer_f(void **state)
{
    (void)state;
    sip_serve(b, "REGISTER", b_keeps, NULL);
    ask("127.0.0.3", 15060, SIP_UDP, 0);
    run_ms(2000);
    assert_int_equal(answers, 1);
    assert_int_equal(last_status, 408);
}

static void a_silent_peer_is_408_by_the_askers_deadline_and_a_late_answer_is_not_heard(void **state)
{
    (void)state;
    sip_serve(b, "REGISTER", b_keeps, NULL);
    ask("127.0.0.3", 15060, SIP_UDP, 60);
    run_ms(2000);
    assert_int_equal(answers, 1);
    assert_int_equal(last_status, 408);
    assert_non_null(kept);
    sip_answer(kept, 200, "OK", NULL);
    run_ms(100);
    assert_int_equal(answers, 1);
}

static void closes(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    struct sip **closed = arg;

    (void)sip, (void)answer;
    last_status = status;
    answers++;
    sip_close(*closed);
    *closed = NULL;
}

static void an_end_may_be_closed_by_the_one_who_hears_an_answer(void **state)
{
    struct sip_target to = {.transport = SIP_UDP, .host = "there"};
    struct sip *mine;
    struct why why;

    (void)state;
    for (int i = 0; i < 3; i++) {
        mine = open_at("c.example", "127.0.0.6", 15060, &why);
        assert_non_null(mine);
        /* 0: nobody answers, timer F; 1: a deadline; 2: 405 */
        addr_parse(&to.addr, i < 2 ? "127.0.0.3" : "127.0.0.2", 15060);
        if (i < 2)
            sip_serve(b, "REGISTER", b_keeps, NULL);
        sip_send(mine, sip_compose(mine, request, &why), &to, i == 1 ? 60 : 0, closes, &mine);
        sip_send(mine, sip_compose(mine, request, &why), &to, 0, closes, &mine);
        run_ms(2000);
        assert_null(mine);
        assert_int_equal(answers, i + 1);
    }
    assert_int_equal(last_status, 405);
}

static void a_cancelled_question_is_never_answered(void **state)
{
    struct sip_op *op;

    (void)state;
    sip_serve(b, "REGISTER", b_answers_200, "here");
    op = ask("127.0.0.3", 15060, SIP_UDP, 0);
    sip_cancel(&op);
    assert_null(op);
    run_ms(200);
    assert_int_equal(answers, 0);
}

static void beyond_the_cap_of_a_target_a_udp_request_is_503_and_others_are_served(void **state)
{
    struct sip_config config = {
        .host = "c.example", .listen_count = 1, .conf = &conf, .max_outstanding = 1};
    struct why why;

    (void)state;
    sip_close(a);
    addr_parse(&config.listen[0], "127.0.0.5", 15060);
    a = sip_open(loop, &config, &why);
    sip_serve(b, "REGISTER", b_keeps, NULL);
    ask("127.0.0.3", 15060, SIP_UDP, 0);
    ask("127.0.0.3", 15060, SIP_UDP, 0);
    run_ms(200);
    assert_int_equal(answers, 1);
    assert_int_equal(last_status, 503);
    sip_serve(a, "REGISTER", b_answers_200, "here");
    ask("127.0.0.5", 15060, SIP_UDP, 0);
    run_ms(200);
    assert_int_equal(answers, 2);
    assert_int_equal(last_status, 200);
}

static void an_address_in_use_is_said_in_a_sentence(void **state)
{
    struct why why = {""};

    (void)state;
    assert_null(open_at("x.example", "127.0.0.3", 15060, &why));
    assert_non_null(strstr(why.text, "127.0.0.3:15060"));
    assert_non_null(strstr(why.text, "in use"));
}

static void the_wildcard_is_refused(void **state)
{
    struct why why = {""};

    (void)state;
    assert_null(open_at("x.example", "0.0.0.0", 15060, &why));
    assert_null(open_at("x.example", "::", 15060, &why));
    assert_non_null(strstr(why.text, "every address"));
}

/* One raw request to b, its first answer in buf. */
static void raw(const char *text, char *buf, size_t size)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(15060)};
    struct pollfd p = {.events = POLLIN};
    ssize_t len = 0;

    inet_pton(AF_INET, "127.0.0.3", &to.sin_addr);
    p.fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(connect(p.fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(p.fd, text, strlen(text), 0), (ssize_t)strlen(text));
    for (int i = 0; i < 20 && len <= 0; i++) {
        run_ms(20);
        if (poll(&p, 1, 0) == 1)
            len = recv(p.fd, buf, size - 1, 0);
    }
    buf[len > 0 ? len : 0] = 0;
    close(p.fd);
}

#define RAW(method, uri)                                                                           \
    method " " uri " SIP/2.0\r\n"                                                                  \
           "Via: SIP/2.0/UDP 192.0.2.1:9;branch=z9hG4bK" method ";rport\r\n"                       \
           "From: <sip:n@h>;tag=1\r\nTo: <sip:n@h>\r\nCall-ID: raw@" method "\r\n"                 \
           "CSeq: 1 " method "\r\nMax-Forwards: 7\r\nContent-Length: 0\r\n\r\n"

static void an_unknown_method_is_405_with_allow(void **state)
{
    char buf[2048];

    (void)state;
    sip_serve(b, "REGISTER", b_answers_200, "here");
    raw(RAW("FOO", "sip:h"), buf, sizeof buf);
    assert_ptr_equal(strstr(buf, "SIP/2.0 405 "), buf);
    assert_non_null(strstr(buf, "\r\nAllow: CANCEL, REGISTER\r\n"));
}

static void an_unknown_scheme_is_416(void **state)
{
    char buf[2048];

    (void)state;
    sip_serve(b, "REGISTER", b_answers_200, "here");
    raw(RAW("REGISTER", "gopher:h"), buf, sizeof buf);
    assert_ptr_equal(strstr(buf, "SIP/2.0 416 "), buf);
}

static void a_cancel_of_nothing_is_481(void **state)
{
    char buf[2048];

    (void)state;
    raw(RAW("CANCEL", "sip:h"), buf, sizeof buf);
    assert_ptr_equal(strstr(buf, "SIP/2.0 481 "), buf);
}

static void an_ack_is_not_answered(void **state)
{
    char buf[2048];

    (void)state;
    raw(RAW("ACK", "sip:h"), buf, sizeof buf);
    assert_string_equal(buf, "");
}

static void an_answer_goes_where_the_request_came_from_with_received_and_rport(void **state)
{
    char buf[2048];

    (void)state;
    sip_serve(b, "REGISTER", b_answers_200, "here");
    raw(RAW("REGISTER", "sip:h"), buf, sizeof buf);
    assert_ptr_equal(strstr(buf, "SIP/2.0 200 OK\r\n"), buf);
    assert_non_null(strstr(buf, "received=127.0.0.1"));
    assert_non_null(strstr(buf, "rport="));
    assert_non_null(strstr(buf, "\r\nX-Env: here\r\n"));
    assert_non_null(strstr(buf, "\r\nContact: <sip:x@y>\r\n"));
    assert_non_null(strstr(strstr(buf, "\r\nTo: "), ";tag="));
}

static void a_terminal_may_listen_on_an_address_that_is_not_here_yet(void **state)
{
    static const char *const absent[] = {"192.0.2.99", "2001:db8::99"};
    struct sip_config config = {.listen_count = 1, .conf = &conf, .terminal = true};
    struct why why;
    struct sip *sip;

    (void)state;
    for (int i = 0; i < 2; i++) {
        addr_parse(&config.listen[0], absent[i], 5060);
        config.numeric_nonlocal = false;
        assert_null(sip_open(loop, &config, &why));
        config.numeric_nonlocal = true;
        sip = sip_open(loop, &config, &why);
        if (!sip && i == 1)
            skip(); /* no IPv6 here */
        assert_non_null(sip);
        sip_close(sip);
    }
}

static void a_cancel_is_answered_and_the_register_keeps_its_own_answer(void **state)
{
    char buf[4096] = "";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(15060)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ssize_t len;

    (void)state;
    sip_serve(b, "REGISTER", b_keeps, NULL);
    inet_pton(AF_INET, "127.0.0.3", &to.sin_addr);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
#define MESSAGE(method)                                                                            \
    method " sip:h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:9;branch=z9hG4bKcancel;rport\r\n"         \
           "From: <sip:n@h>;tag=1\r\nTo: <sip:n@h>\r\nCall-ID: c\r\nCSeq: 1 " method "\r\n"        \
           "Max-Forwards: 7\r\nContent-Length: 0\r\n\r\n"
    send(fd, MESSAGE("REGISTER"), strlen(MESSAGE("REGISTER")), 0);
    run_ms(30);
    assert_non_null(kept);
    send(fd, MESSAGE("CANCEL"), strlen(MESSAGE("CANCEL")), 0);
    run_ms(30);
    len = recv(fd, buf, sizeof buf - 1, MSG_DONTWAIT);
    assert_true(len > 0 && strncmp(buf, "SIP/2.0 200", 11) == 0);
    assert_non_null(strstr(buf, "CSeq: 1 CANCEL"));
    assert_false(sip_is_answered(kept));
    sip_answer(kept, 403, "Forbidden", NULL);
    run_ms(30);
    len = recv(fd, buf, sizeof buf - 1, MSG_DONTWAIT);
    close(fd);
    assert_true(len > 0 && strncmp(buf, "SIP/2.0 403", 11) == 0);
}

static void an_idle_agent_lets_the_process_sleep(void **state)
{
    struct rusage before, after;

    (void)state;
    run_ms(50);
    getrusage(RUSAGE_SELF, &before);
    run_ms(300);
    getrusage(RUSAGE_SELF, &after);
    assert_in_range(after.ru_nvcsw - before.ru_nvcsw, 0, 20);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_request_over_udp_is_answered),
        T(a_request_over_tcp_is_answered),
        T(a_closed_udp_port_is_503),
        T(a_closed_tcp_port_is_503),
        T(a_silent_peer_is_408_by_timer_f),
        T(a_silent_peer_is_408_by_the_askers_deadline_and_a_late_answer_is_not_heard),
        T(an_end_may_be_closed_by_the_one_who_hears_an_answer),
        T(a_cancelled_question_is_never_answered),
        T(beyond_the_cap_of_a_target_a_udp_request_is_503_and_others_are_served),
        T(an_address_in_use_is_said_in_a_sentence),
        T(the_wildcard_is_refused),
        T(an_unknown_method_is_405_with_allow),
        T(an_unknown_scheme_is_416),
        T(a_cancel_of_nothing_is_481),
        T(an_ack_is_not_answered),
        T(an_answer_goes_where_the_request_came_from_with_received_and_rport),
        T(a_terminal_may_listen_on_an_address_that_is_not_here_yet),
        T(a_cancel_is_answered_and_the_register_keeps_its_own_answer),
        T(an_idle_agent_lets_the_process_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
