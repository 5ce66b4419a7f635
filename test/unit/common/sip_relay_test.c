/* SPDX-License-Identifier: Apache-2.0 */
/* A proxy between two elements, all on sip.h over real sockets: a asks b, b copies to c and relays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sip.h"
#include "xalloc.h"

#define PORT 15061

static struct conf conf;
static struct loop *loop;
static struct loop_timer *stopper;
static struct sip *a, *b, *c;
static struct sip_target c_at;
static struct sip_request *held; /* by b */
static unsigned seen_by_c, answers, last_status;
static char last_text[4096];
static struct addr last_source;
static bool v6;

static struct addr at(int i, unsigned port)
{
    struct addr address;
    char host[32];

    if (v6)
        snprintf(host, sizeof host, "::1");
    else
        snprintf(host, sizeof host, "127.0.0.%d", 10 + i);
    assert_int_equal(addr_parse(&address, host, v6 ? port + i : port), 0);
    return address;
}

static struct sip *open_at(int i, const char *name)
{
    struct sip_config config = {
        .host = name, .listen = {at(i, PORT)}, .listen_count = 1, .conf = &conf};
    struct why why = {""};
    struct sip *sip = sip_open(loop, &config, &why);

    assert_string_equal(why.text, "");
    return sip;
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

static void edit(void *arg, msg_t *answer)
{
    (void)arg;
    sip_remove(answer, "X-Secret");
    sip_add(answer, "X-Edited: yes");
}

static void b_relays(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    struct sip_request *r = arg;

    (void)sip;
    held = NULL;
    if (answer)
        sip_relay(r, answer, edit, NULL);
    else
        sip_answer(r, status, "Made Here", NULL);
}

static void b_forwards(void *env, struct sip_request *r)
{
    msg_t *m = sip_copy(r);

    (void)env;
    held = r;
    assert_true(sip_decrement_max_forwards(m));
    sip_add(m, "Path: <sip:b;lr>");
    sip_send(b, m, &c_at, 0, b_relays, r);
}

static void c_answers(void *env, struct sip_request *r)
{
    char via[512] = "", path[64] = "", mf[16] = "", headers[700];

    (void)env;
    seen_by_c++;
    last_source = sip_request_source(r);
    sip_list(sip_request_sip(r), "Via", via, sizeof via);
    sip_text(sip_request_sip(r), "Path", path, sizeof path);
    sip_text(sip_request_sip(r), "Max-Forwards", mf, sizeof mf);
    snprintf(headers, sizeof headers,
             "X-Seen-Via: %s\r\nX-Seen-Path: %s\r\nX-Seen-Max-Forwards: %s\r\nX-Secret: ck\r\n",
             via, path, mf);
    sip_answer(r, 200, "OK", headers);
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    size_t len;

    (void)arg;
    answers++;
    last_status = status;
    *last_text = 0;
    if (sip)
        snprintf(last_text, sizeof last_text, "%s",
                 msg_as_string(msg_home(answer), answer, NULL, 0, &len));
    loop_stop(loop);
}

static const char ask_text[] = "REGISTER sip:hims.net SIP/2.0\nFrom: <sip:name@hims.net>;tag=1\n"
                               "To: <sip:name@hims.net>\nCall-ID: relay\nCSeq: 25 REGISTER\n"
                               "Max-Forwards: 20\n\n";

static void ask(enum sip_transport transport)
{
    struct sip_target to = {.addr = at(1, PORT), .transport = transport, .host = "b"};
    struct why why;
    msg_t *m = sip_compose(a, ask_text, &why);

    assert_non_null(m);
    sip_send(a, m, &to, 0, on_answer, NULL);
}

static int begin(void **state)
{
    (void)state;
    answers = last_status = seen_by_c = 0;
    held = NULL;
    conf.timers = (struct conf_timers){
        .sip_t1_ms = 50, .sip_t2_ms = 100, .sip_t4_ms = 100, .sip_t1x64_ms = 600};
    loop = loop_new();
    a = open_at(0, NULL);
    b = open_at(1, "b.example");
    c = open_at(2, "c.example");
    c_at = (struct sip_target){.addr = at(2, PORT), .transport = SIP_UDP, .host = "c"};
    sip_serve(b, "REGISTER", b_forwards, NULL);
    sip_serve(c, "REGISTER", c_answers, NULL);
    return 0;
}

static bool has_ipv6(void)
{
    struct addr loopback;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool has;

    addr_parse(&loopback, "::1", 0);
    has = fd >= 0 && bind(fd, &loopback.sa, addr_len(&loopback)) == 0;
    close(fd);
    return has;
}

static int begin_v6(void **state)
{
    v6 = has_ipv6();
    return begin(state);
}

static int end(void **state)
{
    (void)state;
    v6 = false;
    sip_close(a);
    sip_close(b);
    sip_close(c);
    loop_free(loop);
    return 0;
}

static bool got(const char *text)
{
    return strstr(last_text, text) != NULL;
}

static size_t count(const char *text)
{
    size_t n = 0;

    for (const char *p = last_text; (p = strstr(p, text)); p++)
        n++;
    return n;
}

static void it_goes_through(void)
{
    run_ms(2000);
    assert_int_equal(last_status, 200);
    assert_true(got("X-Seen-Path: <sip:b;lr>"));
    assert_true(got("X-Seen-Max-Forwards: 19"));
    assert_true(got("X-Edited: yes"));
    assert_false(got("X-Secret"));
    assert_int_equal(count("\r\nVia: "), 1); /* only a's own is left */
    assert_int_equal(seen_by_c, 1);
}

static void a_request_goes_through_a_proxy_over_udp(void **state)
{
    (void)state;
    ask(SIP_UDP);
    it_goes_through();
    assert_true(got("X-Seen-Via: SIP/2.0/UDP b.example:"));
}

static void a_request_goes_from_udp_to_tcp(void **state)
{
    (void)state;
    c_at.transport = SIP_TCP;
    ask(SIP_UDP);
    it_goes_through();
    assert_true(got("X-Seen-Via: SIP/2.0/TCP b.example:"));
}

static void two_requests_use_one_tcp_connection(void **state)
{
    struct addr first;

    (void)state;
    c_at.transport = SIP_TCP;
    ask(SIP_TCP);
    it_goes_through();
    first = last_source;
    seen_by_c = 0;
    ask(SIP_TCP);
    it_goes_through();
    assert_true(addr_same(&first, &last_source));
}

static void after_the_peer_closed_a_new_tcp_connection_is_made(void **state)
{
    (void)state;
    c_at.transport = SIP_TCP;
    ask(SIP_TCP);
    it_goes_through();
    sip_close(c);
    run_ms(20);
    c = open_at(2, "c.example");
    sip_serve(c, "REGISTER", c_answers, NULL);
    seen_by_c = 0;
    ask(SIP_TCP);
    it_goes_through();
}

static void a_refused_connection_behind_the_proxy_is_503_at_once(void **state)
{
    uint64_t begun_ms = loop_now_ms(loop);

    (void)state;
    c_at.transport = SIP_TCP;
    c_at.addr = addr_with_port(c_at.addr, 1);
    ask(SIP_UDP);
    run_ms(2000);
    assert_int_equal(last_status, 503);
    assert_true(loop_now_ms(loop) - begun_ms < 300);
}

static void a_retransmission_is_answered_again_and_not_served_twice(void **state)
{
    static const char text[] =
        "REGISTER sip:hims.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKagain\r\n"
        "From: <sip:name@hims.net>;tag=1\r\nTo: <sip:name@hims.net>\r\nCall-ID: again\r\n"
        "CSeq: 1 REGISTER\r\nMax-Forwards: 20\r\nContent-Length: 0\r\n\r\n";
    struct addr to = at(1, PORT);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char first[4096], second[4096];
    ssize_t one, two;

    (void)state;
    assert_int_equal(connect(fd, &to.sa, addr_len(&to)), 0);
    assert_true(send(fd, text, strlen(text), 0) > 0);
    run_ms(50);
    one = recv(fd, first, sizeof first, MSG_DONTWAIT);
    assert_true(send(fd, text, strlen(text), 0) > 0);
    run_ms(50);
    two = recv(fd, second, sizeof second, MSG_DONTWAIT);
    close(fd);
    assert_true(one > 0);
    assert_int_equal(one, two);
    assert_memory_equal(first, second, one);
    assert_int_equal(seen_by_c, 1);
}

/* A peer behind b that answers by hand: what b sent to it, answered with this status and these Vias
 * below b's own. */
static int peer_fd;
static struct sockaddr_storage b_addr;
static socklen_t b_len;
static char b_branch[256];

static void peer_takes_the_request(void)
{
    struct addr source = at(3, PORT);
    char request[4096], *branch;
    ssize_t len;

    b_len = sizeof b_addr;
    peer_fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(peer_fd, &source.sa, addr_len(&source)), 0);
    c_at.addr = source;
    ask(SIP_UDP);
    run_ms(30);
    len = recvfrom(peer_fd, request, sizeof request - 1, MSG_DONTWAIT, (struct sockaddr *)&b_addr,
                   &b_len);
    assert_true(len > 0);
    request[len] = 0;
    branch = strstr(request, "branch=");
    snprintf(b_branch, sizeof b_branch, "%.*s", (int)strcspn(branch, ";\r\n"), branch);
}

static void peer_answers(const char *status, const char *vias)
{
    char answer[4096];
    int len = snprintf(answer, sizeof answer,
                       "SIP/2.0 %s\r\nVia: SIP/2.0/UDP b.example:%d;%s\r\n%s"
                       "From: <sip:name@hims.net>;tag=1\r\nTo: <sip:name@hims.net>;tag=2\r\n"
                       "Call-ID: relay\r\nCSeq: 25 REGISTER\r\nContent-Length: 0\r\n\r\n",
                       status, PORT, b_branch, vias);

    assert_true(sendto(peer_fd, answer, len, 0, (struct sockaddr *)&b_addr, b_len) > 0);
    run_ms(50);
}

static void an_answer_with_wrong_vias_still_goes_to_the_asker_with_the_right_ones(void **state)
{
    (void)state;
    peer_takes_the_request();
    peer_answers("200 OK", "Via: SIP/2.0/UDP 192.0.2.66;branch=z9hG4bKevil\r\n"
                           "Via: SIP/2.0/UDP 192.0.2.67;branch=z9hG4bKworse\r\n");
    close(peer_fd);
    assert_int_equal(last_status, 200);
    assert_int_equal(count("\r\nVia: "), 1);
    assert_false(got("evil"));
}

static void an_answer_without_a_second_via_still_goes_to_the_asker(void **state)
{
    (void)state;
    peer_takes_the_request();
    peer_answers("200 OK", "");
    close(peer_fd);
    assert_int_equal(last_status, 200);
    assert_int_equal(count("\r\nVia: "), 1);
}

static void a_100_is_not_an_answer_and_a_second_200_is_nobodys(void **state)
{
    (void)state;
    peer_takes_the_request();
    peer_answers("100 Trying", "");
    assert_int_equal(answers, 0);
    peer_answers("200 OK", "");
    assert_int_equal(answers, 1);
    peer_answers("200 OK", "");
    peer_answers("403 Forbidden", "");
    close(peer_fd);
    assert_int_equal(answers, 1);
    assert_int_equal(last_status, 200);
}

static void TRU_24_an_answer_with_a_guessed_branch_is_dropped(void **state)
{
    (void)state;
    peer_takes_the_request();
    snprintf(b_branch, sizeof b_branch, "branch=z9hG4bKguessed");
    peer_answers("200 OK", "Via: SIP/2.0/UDP 127.0.0.10:15061;branch=z9hG4bKx\r\n");
    close(peer_fd);
    assert_int_equal(answers, 0);
}

static void sip_close_with_work_under_way_calls_nobody(void **state)
{
    (void)state;
    c_at.addr = addr_with_port(c_at.addr, PORT + 7);
    ask(SIP_UDP);
    sip_close(a);
    a = open_at(4, NULL);
    run_ms(100);
    assert_int_equal(answers, 0);
}

static void over_ipv6_the_same(void **state)
{
    (void)state;
    if (!v6)
        skip();
    ask(SIP_UDP);
    it_goes_through();
    assert_true(got("Via: SIP/2.0/UDP [::1]:"));
    seen_by_c = 0;
    c_at.transport = SIP_TCP;
    ask(SIP_TCP);
    it_goes_through();
}

static void what_is_live_is_printed_and_then_gone(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out;

    (void)state;
    c_at.addr = addr_with_port(c_at.addr, PORT + 7);
    ask(SIP_UDP);
    out = open_memstream(&text, &size);
    sip_print_live(a, out);
    fclose(out);
    assert_non_null(strstr(text, "sip REGISTER to b (127.0.0.11:15061), waits for the answer"));
    free(text);
    run_ms(2000);
    run_ms(50);
    out = open_memstream(&text, &size);
    sip_print_live(a, out);
    sip_print_live(b, out);
    fclose(out);
    assert_string_equal(text, "");
    free(text);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_request_goes_through_a_proxy_over_udp),
        T(a_request_goes_from_udp_to_tcp),
        T(two_requests_use_one_tcp_connection),
        T(after_the_peer_closed_a_new_tcp_connection_is_made),
        T(a_refused_connection_behind_the_proxy_is_503_at_once),
        T(a_retransmission_is_answered_again_and_not_served_twice),
        T(an_answer_with_wrong_vias_still_goes_to_the_asker_with_the_right_ones),
        T(an_answer_without_a_second_via_still_goes_to_the_asker),
        T(a_100_is_not_an_answer_and_a_second_200_is_nobodys),
        T(TRU_24_an_answer_with_a_guessed_branch_is_dropped),
        T(sip_close_with_work_under_way_calls_nobody),
        T(what_is_live_is_printed_and_then_gone),
        cmocka_unit_test_setup_teardown(over_ipv6_the_same, begin_v6, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
