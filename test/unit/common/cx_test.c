/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes on loopback, a CSCF and an HSS: asking, answering, silence, too many questions, no
 * peer. The library is one per process, so each test forks both. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cx.h"
#include "log.h"
#include "xalloc.h"

enum { WAIT_MS = 1000 };

static volatile pid_t *running_hss; /* shared with the supervisor of ROB_13 */

static struct addr at_port(uint16_t port)
{
    struct addr a;

    addr_parse(&a, "127.0.0.1", port);
    return a;
}

/* A port that nobody uses now. */
static uint16_t free_port(void)
{
    struct addr a = at_port(0);
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    bind(fd, &a.sa, sizeof a.in);
    getsockname(fd, &a.sa, &len);
    close(fd);
    return addr_port(&a);
}

/* ---- the HSS ---- */

static void answer_uar(void *env, const struct cx_uar *uar, struct cx_reply *reply)
{
    struct cx_uaa uaa = {.result = CX_FIRST_REGISTRATION, .has_capabilities = true};

    (void)env;
    if (strcmp(uar->impi, "silence") == 0)
        return; /* the stack answers 5012 */
    uaa.capabilities.mandatory[0] = 7;
    uaa.capabilities.mandatory_count = 1;
    /* what came, back to the asker */
    snprintf(uaa.server_name, sizeof uaa.server_name, "%.40s %.40s %.40s %d %s %.40s", uar->impi,
             uar->impu, uar->visited, uar->type, cx_reply_call(reply), cx_reply_peer(reply));
    cx_answer_uaa(reply, &uaa);
}

static void answer_mar(void *env, const struct cx_mar *mar, struct cx_reply *reply)
{
    struct cx_maa maa = {.result = CX_SUCCESS, .count = mar->items};

    (void)env;
    for (size_t i = 0; i < maa.count; i++) {
        struct cx_vector *v = &maa.vector[i];

        v->item = i + 1;
        strcpy(v->scheme, mar->scheme);
        memset(v->rand, 'r', 16);
        memset(v->autn, 'a', 16);
        v->xres_len = 8; /* with a zero octet: keys are no text */
        v->xres[7] = 'x';
    }
    cx_answer_maa(reply, &maa);
}

static void answer_sar(void *env, const struct cx_sar *sar, struct cx_reply *reply)
{
    struct cx_saa saa = {.result = CX_SUCCESS, .user_data = xstrdup("<IMSSubscription/>")};

    (void)env;
    snprintf(saa.impi, sizeof saa.impi, "%s", sar->impi);
    saa.associated_count = sar->impu_count;
    memcpy(saa.associated, sar->impu, sizeof saa.associated);
    cx_answer_saa(reply, &saa);
}

static void answer_lir(void *env, const struct cx_lir *lir, struct cx_reply *reply)
{
    (void)env;
    (void)lir;
    (void)reply; /* never */
}

static void stop(void *arg, int signal)
{
    (void)signal;
    loop_stop(arg);
}

static void be_hss(uint16_t port, int ready)
{
    static const struct cx_handlers handlers = {answer_uar, answer_mar, answer_sar, answer_lir};
    struct cx_config config = {.identity = "hss.hims.net",
                               .realm = "hims.net",
                               .listen_count = 1,
                               .peer = {{.identity = "icscf1.hims.net"}},
                               .peer_count = 1,
                               .wait_ms = WAIT_MS / 2};
    struct loop *loop = loop_new();
    struct why why;
    struct cx *cx;

    config.listen[0] = at_port(port);
    log_open("hss", LEVEL_WARN);
    loop_signal(loop, SIGTERM, stop, loop);
    cx = cx_open(loop, &config, &why);
    if (!cx) {
        fprintf(stderr, "hss: %s\n", why.text);
        _exit(1);
    }
    cx_serve(cx, &handlers, NULL);
    close(ready);
    loop_run(loop);
    cx_close(cx);
    _exit(0);
}

static pid_t start_hss(uint16_t port)
{
    int ready[2];
    char none;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        alarm(20);
        close(ready[0]);
        be_hss(port, ready[1]);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &none, 1), 0); /* closed: it listens, or it died */
    close(ready[0]);
    return pid;
}

/* ---- the I-CSCF: a script in a child, whose exit status is the verdict ---- */

struct world {
    struct loop *loop;
    struct cx *cx;
    int err, calls;
    struct cx_uaa uaa;
    struct cx_maa maa;
    struct cx_saa saa;
    char user_data[64];
};

static struct cx_config client_config(uint16_t port)
{
    struct cx_config config = {.identity = "icscf1.hims.net",
                               .realm = "hims.net",
                               .peer = {{.identity = "hss.hims.net", .address_count = 1}},
                               .peer_count = 1,
                               .destination_realm = "hims.net",
                               .tc_s = 1,
                               .wait_ms = WAIT_MS,
                               .max_outstanding = 3};

    config.peer[0].address[0] = at_port(port);
    return config;
}

static void start_client(struct world *w, uint16_t port)
{
    struct cx_config config = client_config(port);
    struct why why;

    log_open("icscf1", LEVEL_WARN);
    w->loop = loop_new();
    w->cx = cx_open(w->loop, &config, &why);
    if (!w->cx) {
        fprintf(stderr, "client: %s\n", why.text);
        _exit(9);
    }
}

static void look_for_peer(void *arg)
{
    struct world *w = arg;

    if (cx_is_open(w->cx))
        loop_stop(w->loop);
    else
        loop_after(w->loop, 10, look_for_peer, w);
}

static void on_uaa(void *arg, int err, const struct cx_uaa *uaa)
{
    struct world *w = arg;

    w->err = err;
    w->calls++;
    if (uaa)
        w->uaa = *uaa;
    loop_stop(w->loop);
}

static void on_maa(void *arg, int err, const struct cx_maa *maa)
{
    struct world *w = arg;

    w->err = err;
    w->calls++;
    if (maa)
        w->maa = *maa;
    loop_stop(w->loop);
}

static void on_saa(void *arg, int err, const struct cx_saa *saa)
{
    struct world *w = arg;

    w->err = err;
    w->calls++;
    if (saa) {
        w->saa = *saa;
        snprintf(w->user_data, sizeof w->user_data, "%s", saa->user_data ? saa->user_data : "");
    }
    loop_stop(w->loop);
}

static void on_lia(void *arg, int err, const struct cx_lia *lia)
{
    struct world *w = arg;

    (void)lia;
    w->err = err;
    w->calls++;
    if (w->calls == 4)
        loop_stop(w->loop);
}

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x);                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static const struct cx_uar uar = {.impi = "name.private@hims.net",
                                  .impu = "sip:name@hims.net",
                                  .visited = "vims.net",
                                  .type = CX_UAT_DE_REGISTRATION};

static void script_ask(struct world *w, uint16_t port)
{
    struct cx_mar mar = {.impi = "i", .impu = "sip:i", .server_name = "sip:s", .items = 2};
    struct cx_sar sar = {
        .impi = "i", .impu = {"sip:a", "sip:b"},
             .impu_count = 2
    };

    start_client(w, port);
    look_for_peer(w);
    loop_run(w->loop);
    cx_ask_uar(w->cx, &uar, "3c26700d", on_uaa, w);
    CHECK(w->calls == 0); /* never inside the asking call */
    loop_run(w->loop);
    CHECK(w->err == 0 && w->uaa.result == CX_FIRST_REGISTRATION);
    CHECK(strcmp(w->uaa.server_name, "name.private@hims.net sip:name@hims.net vims.net 1 3c26700d "
                                     "icscf1.hims.net") == 0);
    CHECK(w->uaa.has_capabilities && w->uaa.capabilities.mandatory[0] == 7);
    strcpy(mar.scheme, "Digest-AKAv1-MD5");
    cx_ask_mar(w->cx, &mar, NULL, on_maa, w);
    loop_run(w->loop);
    CHECK(w->err == 0 && w->maa.count == 2 && w->maa.vector[1].item == 2);
    CHECK(w->maa.vector[1].xres_len == 8 && w->maa.vector[1].xres[7] == 'x');
    CHECK(w->maa.vector[0].autn[15] == 'a');
    cx_ask_sar(w->cx, &sar, NULL, on_saa, w);
    loop_run(w->loop);
    CHECK(w->err == 0 && w->saa.associated_count == 2);
    CHECK(strcmp(w->saa.associated[1], "sip:b") == 0);
    CHECK(strcmp(w->user_data, "<IMSSubscription/>") == 0);
    mar.items = 0; /* the HSS answers 2001 without a vector */
    cx_ask_mar(w->cx, &mar, NULL, on_maa, w);
    loop_run(w->loop);
    CHECK(w->err == -EPROTO);
}

static void script_silence(struct world *w, uint16_t port)
{
    struct cx_uar silent = uar;

    start_client(w, port);
    look_for_peer(w);
    loop_run(w->loop);
    strcpy(silent.impi, "silence");
    cx_ask_uar(w->cx, &silent, NULL, on_uaa, w);
    loop_run(w->loop);
    CHECK(w->err == 0 && w->uaa.result == CX_UNABLE_TO_COMPLY);
}

static void script_cap(struct world *w, uint16_t port)
{
    struct cx_lir lir = {.impu = "sip:i"};
    struct cx_op *op = NULL;

    start_client(w, port);
    look_for_peer(w);
    loop_run(w->loop);
    for (int i = 0; i < 5; i++)
        op = cx_ask_lir(w->cx, &lir, NULL, on_lia, w);
    CHECK(w->calls == 0);
    cx_cancel(&op);
    CHECK(!op);
    loop_run(w->loop);
    CHECK(w->calls == 4);
    CHECK(w->err == 0); /* three 5012 after one -EBUSY; the fifth was cancelled */
}

static void script_frozen(struct world *w, uint16_t port)
{
    uint64_t before;

    start_client(w, port);
    look_for_peer(w);
    loop_run(w->loop);
    kill(atoi(getenv("HSS_PID")), SIGSTOP);
    before = loop_now_ms(w->loop);
    cx_ask_uar(w->cx, &uar, NULL, on_uaa, w);
    loop_run(w->loop);
    CHECK(w->err == -ETIMEDOUT);
    CHECK(loop_now_ms(w->loop) - before >= WAIT_MS);
    cx_close(w->cx); /* the peer does not answer DPR: else the alarm */
    kill(atoi(getenv("HSS_PID")), SIGCONT);
    _exit(0);
}

/* The HSS dies and comes back; the questions of the meantime fail at once. */
static void script_restart(struct world *w, uint16_t port)
{
    start_client(w, port);
    look_for_peer(w);
    loop_run(w->loop);
    kill(*running_hss, SIGKILL);
    while (cx_is_open(w->cx))
        usleep(1000);
    cx_ask_uar(w->cx, &uar, NULL, on_uaa, w);
    loop_run(w->loop);
    CHECK(w->err == -EHOSTUNREACH);
    look_for_peer(w);
    loop_run(w->loop);
    cx_ask_uar(w->cx, &uar, NULL, on_uaa, w);
    loop_run(w->loop);
    CHECK(w->err == 0);
    kill(*running_hss, SIGTERM);
}

static void script_nobody(struct world *w, uint16_t port)
{
    start_client(w, port);
    cx_ask_uar(w->cx, &uar, NULL, on_uaa, w);
    loop_run(w->loop);
    CHECK(w->err == -EHOSTUNREACH);
}

static int run(void (*script)(struct world *, uint16_t), uint16_t port)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct world w = {0};

        alarm(20); /* nothing here may hang */
        script(&w, port);
        cx_close(w.cx);
        loop_free(w.loop);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void with_hss(void (*script)(struct world *, uint16_t))
{
    uint16_t port = free_port();
    pid_t hss = start_hss(port);
    char pid[16];
    int status;

    snprintf(pid, sizeof pid, "%d", hss);
    setenv("HSS_PID", pid, 1);
    assert_int_equal(run(script, port), 0);
    kill(hss, SIGTERM);
    waitpid(hss, &status, 0);
    assert_int_equal(status, 0);
}

static void every_question_gets_its_answer(void **state)
{
    (void)state;
    with_hss(script_ask);
}

static void a_reply_that_nobody_answers_becomes_5012(void **state)
{
    (void)state;
    with_hss(script_silence);
}

static void too_many_questions_are_busy_and_a_cancelled_one_is_silent(void **state)
{
    (void)state;
    with_hss(script_cap);
}

static void a_frozen_hss_is_a_timeout_and_does_not_hold_the_end(void **state)
{
    (void)state;
    with_hss(script_frozen);
}

static void ROB_13_an_hss_that_comes_back_is_asked_again(void **state)
{
    uint16_t port = free_port();
    pid_t supervisor;
    int status;

    (void)state;
    running_hss =
        mmap(NULL, sizeof *running_hss, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(running_hss, MAP_FAILED);
    supervisor = fork();
    if (supervisor == 0) {
        for (int life = 0; life < 2; life++) {
            *running_hss = start_hss(port);
            waitpid(*running_hss, &status, 0);
        }
        _exit(status);
    }
    while (!*running_hss)
        usleep(1000);
    assert_int_equal(run(script_restart, port), 0);
    waitpid(supervisor, &status, 0);
    assert_int_equal(status, 0);
    munmap((void *)running_hss, sizeof *running_hss);
}

static void ICS_11_no_hss_is_told_at_once(void **state)
{
    (void)state;
    assert_int_equal(run(script_nobody, free_port()), 0);
}

static void the_wildcard_is_refused(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0) {
        struct cx_config config = client_config(1);
        struct why why;

        addr_parse(&config.listen[0], "0.0.0.0", 3868);
        config.listen_count = 1;
        log_open("hss", LEVEL_ERROR);
        CHECK(!cx_open(loop_new(), &config, &why));
        CHECK(strstr(why.text, "every address"));
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void a_taken_address_is_told_in_one_sentence(void **state)
{
    uint16_t port = free_port();
    struct addr a = at_port(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0), status;
    pid_t pid;

    (void)state;
    assert_int_equal(bind(fd, &a.sa, sizeof a.in), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid = fork();
    if (pid == 0) {
        struct cx_config config = client_config(1);
        struct why why;

        config.listen[0] = a;
        config.listen_count = 1;
        log_open("hss", LEVEL_ERROR);
        CHECK(!cx_open(loop_new(), &config, &why));
        CHECK(strstr(why.text, "Address already in use"));
        _exit(0);
    }
    waitpid(pid, &status, 0);
    close(fd);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_gets_its_answer),
        cmocka_unit_test(a_reply_that_nobody_answers_becomes_5012),
        cmocka_unit_test(too_many_questions_are_busy_and_a_cancelled_one_is_silent),
        cmocka_unit_test(a_frozen_hss_is_a_timeout_and_does_not_hold_the_end),
        cmocka_unit_test(ROB_13_an_hss_that_comes_back_is_asked_again),
        cmocka_unit_test(ICS_11_no_hss_is_told_at_once),
        cmocka_unit_test(the_wildcard_is_refused),
        cmocka_unit_test(a_taken_address_is_told_in_one_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
