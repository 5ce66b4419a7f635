/* SPDX-License-Identifier: Apache-2.0 */
/* The HSS asks an S-CSCF: three processes on loopback, an HSS with a script, the S-CSCF that it
 * asks, and an I-CSCF of the same realm, which must never see anything of it. */
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

#include "cx.h"
#include "log.h"
#include "xalloc.h"

enum { WAIT_MS = 1000, PEERS = 2 };

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static uint16_t free_port(void)
{
    struct addr a;
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    addr_parse(&a, "127.0.0.1", 0);
    bind(fd, &a.sa, sizeof a.in);
    getsockname(fd, &a.sa, &len);
    close(fd);
    return addr_port(&a);
}

/* ---- the CSCFs ---- */

static void on_rtr(void *env, const struct cx_rtr *rtr, struct cx_reply *reply)
{
    struct cx_rta rta = {.result = CX_SUCCESS, .associated_count = rtr->associated_count};

    (void)env;
    CHECK(strcmp(rtr->impi, "name.private@hims.net") == 0);
    CHECK(rtr->impu_count == 1 && strcmp(rtr->impu[0], "sip:name@hims.net") == 0);
    CHECK(rtr->reason == CX_REASON_REMOVE_SCSCF && strcmp(rtr->reason_info, "bye") == 0);
    memcpy(rta.associated, rtr->associated, sizeof rta.associated);
    cx_answer_rta(reply, &rta);
}

static void on_ppr(void *env, const struct cx_ppr *ppr, struct cx_reply *reply)
{
    struct cx_ppa ppa = {.result = CX_TOO_MUCH_DATA};

    (void)env;
    CHECK(ppr->user_data && strcmp(ppr->user_data, "<IMSSubscription/>") == 0);
    cx_answer_ppa(reply, &ppa);
}

static void on_stop(void *arg, int signal)
{
    (void)signal;
    loop_stop(arg);
}

/* An element without handlers serves nothing. */
static pid_t start_cscf(const char *identity, uint16_t port, bool serves)
{
    static const struct cx_handlers handlers = {.rtr = on_rtr, .ppr = on_ppr};
    struct cx_config config = {.identity = identity,
                               .realm = "hims.net",
                               .peer = {{.identity = "hss.hims.net", .address_count = 1}},
                               .peer_count = 1,
                               .tc_s = 1,
                               .wait_ms = WAIT_MS};
    struct loop *loop;
    struct cx *cx;
    struct why why;
    pid_t pid = fork();

    if (pid)
        return pid;
    alarm(20);
    log_open(identity, LEVEL_ERROR);
    addr_parse(&config.peer[0].address[0], "127.0.0.1", port);
    loop = loop_new();
    loop_signal(loop, SIGTERM, on_stop, loop);
    cx = cx_open(loop, &config, &why);
    CHECK(cx);
    if (serves)
        cx_serve(cx, &handlers, NULL);
    loop_run(loop);
    cx_close(cx);
    _exit(0);
}

/* ---- the HSS: its exit status is the verdict ---- */

struct world {
    struct loop *loop;
    struct cx *cx;
    int err, calls, came;
    struct cx_rta rta;
    struct cx_ppa ppa;
};

static void on_peer_open(void *env, const char *identity)
{
    struct world *w = env;

    CHECK(strcmp(identity, "scscf1.hims.net") == 0 || strcmp(identity, "icscf1.hims.net") == 0);
    if (++w->came == PEERS)
        loop_stop(w->loop);
}

static void on_rta(void *arg, int err, const struct cx_rta *rta)
{
    struct world *w = arg;

    w->err = err;
    w->calls++;
    if (rta)
        w->rta = *rta;
    loop_stop(w->loop);
}

static void on_ppa(void *arg, int err, const struct cx_ppa *ppa)
{
    struct world *w = arg;

    w->err = err;
    w->calls++;
    if (ppa)
        w->ppa = *ppa;
    loop_stop(w->loop);
}

static const struct cx_rtr rtr = {.impi = "name.private@hims.net",
                                  .impu = {"sip:name@hims.net"},
                                  .impu_count = 1,
                                  .reason = CX_REASON_REMOVE_SCSCF,
                                  .reason_info = "bye",
                                  .associated = {"other@hims.net"},
                                  .associated_count = 1};

static void look_for_peers(void *arg)
{
    struct world *w = arg;

    if (cx_peer_is_open(w->cx, "scscf1.hims.net") && cx_peer_is_open(w->cx, "icscf1.hims.net"))
        loop_stop(w->loop);
    else
        loop_after(w->loop, 10, look_for_peers, w);
}

static void script(struct world *w)
{
    struct cx_ppr ppr = {.impi = "name.private@hims.net"};

    cx_ask_rtr(w->cx, "scscf1.hims.net", &rtr, "3c26700d", on_rta, w);
    CHECK(w->calls == 0);
    loop_run(w->loop);
    CHECK(w->err == 0 && w->rta.result == CX_SUCCESS);
    CHECK(w->rta.associated_count == 1 && strcmp(w->rta.associated[0], "other@hims.net") == 0);
    ppr.user_data = xstrdup("<IMSSubscription/>");
    cx_ask_ppr(w->cx, "scscf1.hims.net", &ppr, NULL, on_ppa, w);
    free(ppr.user_data); /* it is in the message */
    loop_run(w->loop);
    CHECK(w->err == 0 && w->ppa.result == CX_TOO_MUCH_DATA);
    /* one that is not there: nobody else of its realm gets it (icscf1 would answer 3001) */
    cx_ask_rtr(w->cx, "scscf9.hims.net", &rtr, NULL, on_rta, w);
    CHECK(w->calls == 2);
    loop_run(w->loop);
    CHECK(w->err == -EHOSTUNREACH);
    /* one that serves nothing */
    cx_ask_rtr(w->cx, "icscf1.hims.net", &rtr, NULL, on_rta, w);
    loop_run(w->loop);
    CHECK(w->err == 0 && w->rta.result == CX_COMMAND_UNSUPPORTED);
    /* more than a message holds */
    ppr.user_data = xzalloc(70000);
    memset(ppr.user_data, ' ', 69999);
    cx_ask_ppr(w->cx, "scscf1.hims.net", &ppr, NULL, on_ppa, w);
    free(ppr.user_data);
    loop_run(w->loop);
    CHECK(w->err == -EMSGSIZE);
    CHECK(cx_peer_is_open(w->cx, "scscf1.hims.net"));
}

static void be_hss(uint16_t port, int ready)
{
    static const struct cx_handlers handlers = {.peer_open = on_peer_open};
    struct cx_config config = {
        .identity = "hss.hims.net",
        .realm = "hims.net",
        .listen_count = 1,
        .peer = {{.identity = "icscf1.hims.net"},
                 {.identity = "scscf1.hims.net"},
                 {.identity = "scscf9.hims.net"}},
        .peer_count = 3,
        .wait_ms = WAIT_MS
    };
    struct world w = {.loop = loop_new()};
    struct why why;

    addr_parse(&config.listen[0], "127.0.0.1", port);
    log_open("hss", LEVEL_ERROR);
    w.cx = cx_open(w.loop, &config, &why);
    CHECK(w.cx);
    cx_serve(w.cx, &handlers, &w);
    close(ready);
    loop_run(w.loop); /* until both have come */
    look_for_peers(&w);
    loop_run(w.loop);
    script(&w);
    cx_close(w.cx);
    loop_free(w.loop);
    _exit(0);
}

static void the_HSS_asks_the_scscf_it_names_and_nobody_else(void **state)
{
    uint16_t port = free_port();
    int ready[2], status;
    char none;
    pid_t hss, cscf[PEERS];

    (void)state;
    assert_int_equal(pipe(ready), 0);
    hss = fork();
    if (hss == 0) {
        alarm(20);
        close(ready[0]);
        be_hss(port, ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &none, 1), 0);
    close(ready[0]);
    cscf[0] = start_cscf("scscf1.hims.net", port, true);
    cscf[1] = start_cscf("icscf1.hims.net", port, false);
    waitpid(hss, &status, 0);
    assert_int_equal(status, 0);
    for (int i = 0; i < PEERS; i++) {
        kill(cscf[i], SIGTERM);
        waitpid(cscf[i], &status, 0);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_HSS_asks_the_scscf_it_names_and_nobody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
