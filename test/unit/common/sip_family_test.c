/* SPDX-License-Identifier: Apache-2.0 */
/* An element with an address of each family reaches peers of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "sip.h"

static struct loop *loop;
static int got;

static void on_request(void *env, struct sip_request *request)
{
    (void)env;
    sip_answer(request, 200, "OK", NULL);
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer)
{
    (void)arg;
    (void)sip;
    (void)answer;
    got = status;
    loop_stop(loop);
}

/* A port that is free for both families; 0: this machine has no IPv6. */
static uint16_t free_port(void)
{
    struct addr a;
    socklen_t len = sizeof a;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    addr_parse(&a, "::1", 0);
    if (fd < 0 || bind(fd, &a.sa, addr_len(&a)) < 0) {
        close(fd);
        return 0;
    }
    getsockname(fd, &a.sa, &len);
    close(fd);
    return addr_port(&a);
}

static int status_from(struct sip *sip, const char *host, uint16_t port,
                       enum sip_transport transport)
{
    struct sip_target to = {.transport = transport};
    struct why why;

    addr_parse(&to.addr, host, port);
    got = 0;
    sip_send(sip,
             sip_compose(sip,
                         "OPTIONS sip:peer SIP/2.0\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>\n"
                         "Call-ID: c\nCSeq: 1 OPTIONS\n\n",
                         &why),
             &to, 3000, on_answer, NULL);
    loop_run(loop);
    return got;
}

static void peers_of_both_families_are_reached_over_both_transports(void **state)
{
    struct conf conf = {
        .timers = {.sip_t1_ms = 500, .sip_t2_ms = 500, .sip_t4_ms = 500, .sip_t1x64_ms = 3000}
    };
    struct sip_config config = {.host = "icscf1.hims.net", .conf = &conf, .listen_count = 2};
    uint16_t port = free_port();
    struct why why;
    struct sip *sip;

    (void)state;
    if (port == 0)
        skip();
    log_open("sip", LEVEL_ERROR);
    loop = loop_new();
    addr_parse(&config.listen[0], "127.0.0.1", port);
    addr_parse(&config.listen[1], "::1", port);
    sip = sip_open(loop, &config, &why);
    assert_non_null(sip);
    sip_serve(sip, "*", on_request, NULL);
    assert_int_equal(status_from(sip, "127.0.0.1", port, SIP_UDP), 200);
    assert_int_equal(status_from(sip, "::1", port, SIP_UDP), 200);
    assert_int_equal(status_from(sip, "127.0.0.1", port, SIP_TCP), 200);
    assert_int_equal(status_from(sip, "::1", port, SIP_TCP), 200);
    sip_close(sip);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_of_both_families_are_reached_over_both_transports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
