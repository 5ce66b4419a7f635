/* SPDX-License-Identifier: Apache-2.0 */
/* A server in a child process, raw octets from here: what is routed, what is refused and how, and
 * clients that go away in the middle. */
#include <errno.h>
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

#include "http.h"
#include "log.h"
#include "xalloc.h"

enum { MOST_BODY = 1000, LATER_MS = 100 };

static pid_t server;
static struct addr where;

/* ---- the server ---- */

static void on_echo(void *env, struct http_request *r)
{
    char text[256];
    size_t len;

    (void)env;
    snprintf(text, sizeof text, "%s|%s|%s|%s|%s", http_route(r)->path, http_param(r, 0),
             http_query(r, "q") ? http_query(r, "q") : "-", http_body(r, &len),
             http_header(r, "x-test") ? http_header(r, "x-test") : "-");
    http_answer(r, 200, "text/plain", text, strlen(text));
}

static void answer_now(void *arg)
{
    http_answer(arg, 200, "text/plain", "late", 4);
}

static void on_later(void *env, struct http_request *r)
{
    loop_after(env, LATER_MS, answer_now, r);
}

static void on_bad(void *env, struct http_request *r)
{
    (void)env;
    http_refuse(r, 422, "na\"me", "r\xc3\xbcle\n");
}

static const struct http_route routes[] = {
    {"GET",    "/things/{name}",            on_echo },
    {"PUT",    "/things/{name}",            on_echo },
    {"DELETE", "/things/{name}/parts/{nr}", on_echo },
    {"GET",    "/later",                    on_later},
    {"GET",    "/bad",                      on_bad  },
};

static void on_stop(void *arg, int signal)
{
    (void)signal;
    loop_stop(arg);
}

static void be_server(int ready)
{
    struct http_config config = {.listen = where, .most_body = MOST_BODY, .idle_s = 1};
    struct loop *loop = loop_new();
    struct http *http;
    struct why why;

    alarm(20);
    signal(SIGPIPE, SIG_IGN);
    loop_signal(loop, SIGTERM, on_stop, loop);
    http = http_open(loop, &config, routes, COUNT(routes), loop, &why);
    if (!http) {
        fprintf(stderr, "%s\n", why.text);
        _exit(1);
    }
    close(ready);
    loop_run(loop);
    http_close(http);
    usleep((LATER_MS + 50) * 1000);
    loop_after(loop, LATER_MS + 50, (loop_fn *)loop_stop, loop);
    loop_run(loop); /* what was late is answered, to nobody */
    loop_free(loop);
    exit(0); /* leaks are looked for */
}

static int start(void **state)
{
    socklen_t len = sizeof where;
    int fd = socket(AF_INET, SOCK_STREAM, 0), ready[2];
    char none;

    (void)state;
    addr_parse(&where, "127.0.0.1", 0);
    assert_int_equal(bind(fd, &where.sa, sizeof where.in), 0);
    getsockname(fd, &where.sa, &len);
    close(fd);
    assert_int_equal(pipe(ready), 0);
    server = fork();
    if (server == 0) {
        close(ready[0]);
        be_server(ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &none, 1), 0);
    close(ready[0]);
    return 0;
}

static int stop(void **state)
{
    int status;

    (void)state;
    kill(server, SIGTERM);
    waitpid(server, &status, 0);
    assert_int_equal(status, 0);
    return 0;
}

/* ---- the client ---- */

static int dial(void)
{
    struct timeval patience = {.tv_sec = 4};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, &where.sa, sizeof where.in), 0);
    return fd;
}

static char answer[8192];

static void hear(int fd)
{
    size_t len = 0;
    ssize_t n;

    while ((n = recv(fd, answer + len, sizeof answer - 1 - len, 0)) > 0)
        len += n;
    answer[len] = '\0';
    close(fd);
}

/* Send it, read until the server hangs up. */
static const char *say(const char *text)
{
    int fd = dial();

    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    hear(fd);
    return answer;
}

#define CLOSE "Host: x\r\nConnection: close\r\n"

static void says(const char *text, const char *what)
{
    if (!strstr(say(text), what))
        fail_msg("'%s' is not in '%s'", what, answer);
}

/* ---- the cases ---- */

static void a_request_finds_its_route_and_its_parts(void **state)
{
    (void)state;
    says("GET /things/sip%3Aname%40hims.net?q=a%20b HTTP/1.1\r\nX-Test: yes\r\n" CLOSE "\r\n",
         "/things/{name}|sip:name@hims.net|a b||yes");
    says("PUT /things/a%2Fb HTTP/1.1\r\nContent-Length: 4\r\n" CLOSE "\r\nbody",
         "/things/{name}|a/b|-|body|-");
    says("DELETE /things/x/parts/7 HTTP/1.1\r\n" CLOSE "\r\n", "/things/{name}/parts/{nr}|x|");
}

static void what_has_no_route_is_told_so_in_JSON(void **state)
{
    (void)state;
    says("GET /nothing HTTP/1.1\r\n" CLOSE "\r\n", "{\"error\":{\"field\":\"path\",");
    assert_non_null(strstr(answer, "HTTP/1.1 404"));
    says("GET /things/ HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 404");
    says("GET /things/a/ HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 404");
    says("GET /things/a%00b HTTP/1.1\r\n" CLOSE "\r\n", "HTTP/1.1 404");
    says("POST /things/x HTTP/1.1\r\nContent-Length: 0\r\n" CLOSE "\r\n", "HTTP/1.1 405");
    assert_non_null(strstr(answer, "Allow: GET, PUT"));
    says("BREW /things/x HTTP/1.1\r\n" CLOSE "\r\n", "{\"error\":{\"rule\":");
}

static void an_error_is_JSON_whatever_is_in_it(void **state)
{
    (void)state;
    says("GET /bad HTTP/1.1\r\n" CLOSE "\r\n",
         "{\"error\":{\"field\":\"na\\\"me\",\"rule\":\"r\\u00c3\\u00bcle\\u000a\"}}");
    assert_non_null(strstr(answer, "HTTP/1.1 422"));
}

/* The whole body is read and dropped first: a client that writes does not listen. */
static void a_body_that_is_too_long_is_refused_in_JSON(void **state)
{
    char text[2048] = "PUT /things/x HTTP/1.1\r\nContent-Length: 1001\r\n" CLOSE "\r\n";

    (void)state;
    memset(text + strlen(text), 'x', MOST_BODY + 1);
    says(text, "HTTP/1.1 413");
    assert_non_null(strstr(answer, "\"field\":\"body\""));
}

static void what_is_no_HTTP_is_refused_in_JSON(void **state)
{
    (void)state;
    says("\x16\x03\x01 hello\r\n\r\n", "{\"error\":");
    says("GET /things/x HTTP/1.1\r\nContent-Length: -1\r\n" CLOSE "\r\n", "{\"error\":");
}

static void a_client_that_goes_before_the_answer_does_no_harm(void **state)
{
    static const char text[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char half[] =
        "PUT /things/x HTTP/1.1\r\nContent-Length: 500\r\nHost: x\r\n\r\nabc";

    (void)state;
    for (int i = 0; i < 5; i++) {
        int fd = dial();

        send(fd, text, strlen(text), MSG_NOSIGNAL);
        if (i % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
        usleep(20000);
        close(fd);
        fd = dial();
        send(fd, half, strlen(half), MSG_NOSIGNAL);
        close(fd);
    }
    usleep((LATER_MS + 50) * 1000);
    says("GET /later HTTP/1.1\r\n" CLOSE "\r\n", "late");
}

static void a_silent_client_is_hung_up_on(void **state)
{
    int fd = dial();

    (void)state;
    hear(fd); /* returns: idle_s is 1, our patience 4 */
    assert_int_not_equal(errno, EAGAIN);
}

static void the_end_comes_with_requests_unanswered(void **state)
{
    static const char text[] = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
    int fd = dial();

    send(fd, text, strlen(text), MSG_NOSIGNAL);
    usleep(20000);
    stop(state);
    close(fd);
    start(state);
}

static void an_address_of_somebody_else_is_told_in_one_sentence(void **state)
{
    struct http_config config = {.most_body = MOST_BODY, .idle_s = 1};
    struct loop *loop = loop_new();
    struct why why;

    (void)state;
    config.listen = where;
    assert_null(http_open(loop, &config, routes, COUNT(routes), loop, &why));
    assert_non_null(strstr(why.text, "Address already in use"));
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_finds_its_route_and_its_parts),
        cmocka_unit_test(what_has_no_route_is_told_so_in_JSON),
        cmocka_unit_test(an_error_is_JSON_whatever_is_in_it),
        cmocka_unit_test(a_body_that_is_too_long_is_refused_in_JSON),
        cmocka_unit_test(what_is_no_HTTP_is_refused_in_JSON),
        cmocka_unit_test(a_client_that_goes_before_the_answer_does_no_harm),
        cmocka_unit_test(a_silent_client_is_hung_up_on),
        cmocka_unit_test(the_end_comes_with_requests_unanswered),
        cmocka_unit_test(an_address_of_somebody_else_is_told_in_one_sentence),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
