/* SPDX-License-Identifier: Apache-2.0 */
/* The GTP path: real datagrams on loopback, a clock turned by hand. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../gprs-stub/gtp1_path.h"
#include "../../unit/gprs_hex.h"
#include "log.h"
#include "loop_fake.h"

struct world {
    struct loop *loop;
    struct gtp_path *path;
    int peer;          /* a raw socket: the other node */
    struct addr local; /* ours */
    unsigned served, restarts, done;
    int err;
    uint8_t cause;
    struct gtp_request *other; /* cancelled when the peer restarts */
};

static void on_request(void *arg, const struct addr *peer, const struct gtp1 *request,
                       struct gtp1 *answer)
{
    struct world *w = arg;

    (void)peer;
    w->served++;
    if (request->type == GTP_UPDATE_REQUEST) {
        answer->type = 0;
        return;
    }
    answer->teid = request->teid_control;
    answer->has_cause = true;
    answer->cause = GTP_ACCEPTED;
}

static const char *imsi_of(void *arg, uint32_t teid)
{
    (void)arg;
    return teid == 0xbbbb0001 ? "001010000000001" : "";
}

static void on_restart(void *arg, const struct addr *peer)
{
    struct world *w = arg;

    (void)peer;
    w->restarts++;
    gtp_path_cancel(&w->other);
}

static void on_done(void *arg, int err, const struct gtp1 *answer)
{
    struct world *w = arg;

    w->done++;
    w->err = err;
    w->cause = answer ? answer->cause : 0;
}

static struct addr peer_addr(struct world *w)
{
    struct addr a = {0};
    socklen_t size = sizeof a;

    assert_int_equal(getsockname(w->peer, &a.sa, &size), 0);
    return a;
}

/* An address of this host with a port that is free. */
static struct addr free_addr(void)
{
    struct world other;
    struct addr a;

    addr_parse(&a, "127.0.0.1", 0);
    other.peer = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(other.peer, &a.sa, addr_len(&a)), 0);
    a = peer_addr(&other);
    close(other.peer);
    return a;
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct gtp_path_conf conf = {.name = "ggsn",
                                 .peer_name = "sgsn",
                                 .t3_ms = 3000,
                                 .n3 = 5,
                                 .echo_s = 60,
                                 .recovery = 7,
                                 .on_request = on_request,
                                 .imsi_of = imsi_of,
                                 .on_restart = on_restart,
                                 .arg = w};
    struct addr local, a;
    struct why why;

    log_open("test", LEVEL_ERROR);
    w->loop = loop_new();
    addr_parse(&local, "127.0.0.1", 0);
    w->peer = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(w->peer, &local.sa, addr_len(&local)), 0);
    a = peer_addr(w);
    conf.peer_port = addr_port(&a);
    conf.local = w->local = free_addr();
    assert_int_equal(gtp_path_open(&w->path, w->loop, &conf, &why), 0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    gtp_path_close(w->path);
    assert_int_equal(fake_loop_timers(w->loop), 0);
    close(w->peer);
    loop_free(w->loop);
    free(w);
    return 0;
}

static void peer_sends_octets(struct world *w, const uint8_t *data, size_t len)
{
    const struct addr *to = &w->local;

    assert_int_equal(sendto(w->peer, data, len, 0, &to->sa, addr_len(to)), len);
    gtp_path_read(w->path);
}

static void peer_sends(struct world *w, const char *text)
{
    uint8_t data[HEX_MAX];

    peer_sends_octets(w, data, hex(data, text));
}

/* What the peer has got, as hex; "" when nothing. */
static const char *peer_got(struct world *w, char text[2 * HEX_MAX])
{
    uint8_t data[HEX_MAX];
    ssize_t len = recv(w->peer, data, sizeof data, MSG_DONTWAIT);

    return to_hex(text, data, len < 0 ? 0 : len);
}

static struct gtp_request *ask(struct world *w, gtp_done_fn *done)
{
    struct gtp1 m = {.type = GTP_DELETE_REQUEST, .teid = 1, .has_nsapi = true, .nsapi = 5};
    struct addr peer = peer_addr(w);

    return gtp_path_ask(w->path, &peer, &m, "001010000000001", done, w);
}

/* The answer to what the peer got: accepted, with a restart counter. */
static void peer_answers(struct world *w, unsigned recovery)
{
    uint8_t data[HEX_MAX], out[GTP_MAX];
    struct gtp1 m, answer = {.type = GTP_DELETE_RESPONSE, .has_cause = true, .cause = GTP_ACCEPTED};
    struct why why;
    ssize_t len = recv(w->peer, data, sizeof data, MSG_DONTWAIT);
    int n;

    assert_true(len > 0);
    assert_int_equal(gtp1_decode(&m, data, len, &why), 0);
    answer.type = m.type + 1;
    answer.seq = m.seq;
    answer.has_cause = m.type != GTP_ECHO_REQUEST;
    answer.has_recovery = true;
    answer.recovery = recovery;
    n = gtp1_encode(out, sizeof out, &answer);
    peer_sends_octets(w, out, n);
}

static void an_answer_ends_the_request(void **state)
{
    struct world *w = *state;

    ask(w, on_done);
    assert_int_equal(w->done, 0); /* never inside the asking call */
    peer_answers(w, 1);
    assert_int_equal(w->done, 1);
    assert_int_equal(w->err, 0);
    assert_int_equal(w->cause, GTP_ACCEPTED);
    assert_int_equal(fake_loop_timers(w->loop), 0);
}

static void GPR_28_a_request_is_sent_n3_times_every_t3_and_then_times_out(void **state)
{
    struct world *w = *state;
    char first[2 * HEX_MAX], again[2 * HEX_MAX];

    ask(w, on_done);
    assert_string_not_equal(peer_got(w, first), "");
    for (int i = 0; i < 4; i++) {
        fake_clock_forward_ms(w->loop, 2999);
        assert_string_equal(peer_got(w, again), "");
        fake_clock_forward_ms(w->loop, 1);
        assert_string_equal(peer_got(w, again), first);
    }
    assert_int_equal(w->done, 0);
    fake_clock_forward_ms(w->loop, 3000);
    assert_string_equal(peer_got(w, again), "");
    assert_int_equal(w->done, 1);
    assert_int_equal(w->err, -ETIMEDOUT);
}

static void a_late_or_second_answer_is_nobodys(void **state)
{
    struct world *w = *state;
    uint8_t data[HEX_MAX], out[GTP_MAX];
    struct gtp1 m, answer = {.type = GTP_DELETE_RESPONSE, .has_cause = true, .cause = GTP_ACCEPTED};
    struct why why;
    ssize_t len;
    int n;

    ask(w, on_done);
    len = recv(w->peer, data, sizeof data, MSG_DONTWAIT);
    assert_int_equal(gtp1_decode(&m, data, len, &why), 0);
    answer.seq = m.seq + 1;
    n = gtp1_encode(out, sizeof out, &answer);
    peer_sends_octets(w, out, n);
    assert_int_equal(w->done, 0);
    answer.seq = m.seq;
    n = gtp1_encode(out, sizeof out, &answer);
    peer_sends_octets(w, out, n);
    peer_sends_octets(w, out, n);
    assert_int_equal(w->done, 1);
}

static void a_cancelled_request_is_never_heard_of(void **state)
{
    struct world *w = *state;
    struct gtp_request *r = ask(w, on_done);

    gtp_path_cancel(&r);
    assert_null(r);
    peer_answers(w, 1);
    fake_clock_forward_ms(w->loop, 60000);
    assert_int_equal(w->done, 0);
}

static void sequence_numbers_differ(void **state)
{
    struct world *w = *state;
    char first[2 * HEX_MAX], second[2 * HEX_MAX];

    ask(w, NULL);
    ask(w, NULL);
    peer_got(w, first);
    peer_got(w, second);
    assert_memory_equal(first, second, 16);
    assert_memory_not_equal(first + 16, second + 16, 4);
}

static void GPR_22_a_repeated_request_has_the_same_answer_and_one_effect(void **state)
{
    static const char request[] = "32140008bbbb00010008000013ff1405";
    struct world *w = *state;
    char first[2 * HEX_MAX], again[2 * HEX_MAX];

    peer_sends(w, request);
    assert_string_equal(peer_got(w, first), "3215000600000000000800000180");
    peer_sends(w, request);
    assert_string_equal(peer_got(w, again), first);
    assert_int_equal(w->served, 1);
    fake_clock_forward_ms(w->loop, 14999);
    peer_sends(w, request);
    assert_int_equal(w->served, 1);
    peer_got(w, again);
    fake_clock_forward_ms(w->loop, 1); /* T3 * N3 are over */
    peer_sends(w, request);
    assert_int_equal(w->served, 2);
}

static void the_same_sequence_number_from_another_port_is_another_request(void **state)
{
    static const char request[] = "32140008bbbb00010008000013ff1405";
    struct world *w = *state;
    int first = w->peer, second = socket(AF_INET, SOCK_DGRAM, 0);
    char text[2 * HEX_MAX];

    peer_sends(w, request);
    w->peer = second;
    peer_sends(w, request);
    assert_int_equal(w->served, 2);
    assert_string_not_equal(peer_got(w, text), ""); /* the answer goes to where it came from */
    w->peer = first;
    close(second);
}

static void the_answers_kept_are_bounded(void **state)
{
    struct world *w = *state;
    char text[64];

    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "32140008bbbb0001%04x000013ff1405", i);
        peer_sends(w, text);
        peer_got(w, (char[2 * HEX_MAX]){0});
    }
    assert_int_equal(w->served, 20000);
    peer_sends(w, text);
    assert_int_equal(w->served, 20000);
}

static void GPR_23_an_echo_request_is_answered_with_the_restart_counter(void **state)
{
    struct world *w = *state;
    char text[2 * HEX_MAX];

    peer_sends(w, "320100040000000000010000");
    assert_string_equal(peer_got(w, text), "3202000600000000000100000e07");
    assert_int_equal(w->served, 0);
}

static void GPR_20_a_request_with_a_fault_is_refused_with_its_cause(void **state)
{
    static const struct {
        const char *request, *answer;
    } faults[] = {
        {"32140006bbbb00010008000013ff",     "32150006000000000008000001ca"},
        {"32140009bbbb00010009000013ff1405", "32150006000000000009000001c1"},
        {"4820000800000000"
         "00010000",                "320300040000000000000000"    },
        {"3263000400000000"
         "00010000",                ""                            },
        {"32",                               ""                            },
        {"3203000400000000"
         "00000000",                ""                            }, /* Version Not Supported is not answered */
        {"5203000400000000"
         "00000000",                ""                            },
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[2 * HEX_MAX];
        peer_sends(w, faults[i].request);
        assert_string_equal(peer_got(w, text), faults[i].answer);
    }
    assert_int_equal(w->served, 0);
}

static void a_request_may_be_left_unanswered(void **state)
{
    struct world *w = *state;
    char text[2 * HEX_MAX];

    peer_sends(
        w,
        "3212002fbbbb0001000700000e01101111000114058500047f00000b8500047f00001587000d021b921f7396"
        "fefe74faffff00b6000101");
    assert_int_equal(w->served, 1);
    assert_string_equal(peer_got(w, text), "");
}

static void a_peer_in_use_is_sent_echo_requests(void **state)
{
    struct world *w = *state;
    struct addr peer = peer_addr(w);
    char text[2 * HEX_MAX];

    gtp_path_use(w->path, &peer);
    gtp_path_use(w->path, &peer);
    fake_clock_forward_ms(w->loop, 59999);
    assert_string_equal(peer_got(w, text), "");
    fake_clock_forward_ms(w->loop, 1);
    peer_answers(w, 1);
    fake_clock_forward_ms(w->loop, 60000);
    peer_answers(w, 1);
    assert_int_equal(w->restarts, 0);
    gtp_path_leave(w->path, &peer);
    fake_clock_forward_ms(w->loop, 60000);
    peer_answers(w, 2);
    assert_int_equal(w->restarts, 1);
    gtp_path_leave(w->path, &peer);
    fake_clock_forward_ms(w->loop, 120000);
    assert_string_equal(peer_got(w, text), "");
}

static void a_peer_that_does_not_answer_echo_is_asked_on(void **state)
{
    struct world *w = *state;
    struct addr peer = peer_addr(w);
    char text[2 * HEX_MAX];

    gtp_path_use(w->path, &peer);
    fake_clock_forward_ms(w->loop, 60000 + 5 * 3000);
    for (int i = 0; i < 5; i++)
        assert_string_not_equal(peer_got(w, text), "");
    fake_clock_forward_ms(w->loop, 60000);
    peer_answers(w, 1);
    assert_int_equal(w->restarts, 0);
}

static void a_changed_restart_counter_is_told_once(void **state)
{
    struct world *w = *state;

    ask(w, on_done);
    peer_answers(w, 3);
    assert_int_equal(w->restarts, 0);
    ask(w, on_done);
    peer_answers(w, 4);
    assert_int_equal(w->restarts, 1);
    ask(w, on_done);
    peer_answers(w, 4);
    assert_int_equal(w->restarts, 1);
    assert_int_equal(w->done, 3);
}

static void a_request_cancelled_by_the_restart_that_its_answer_tells_is_not_done(void **state)
{
    struct world *w = *state;

    ask(w, NULL);
    peer_answers(w, 3);
    w->other = ask(w, on_done);
    peer_answers(w, 4);
    assert_int_equal(w->restarts, 1);
    assert_int_equal(w->done, 0);
}

static void closing_forgets_what_waits(void **state)
{
    struct world *w = *state;
    struct addr peer = peer_addr(w);

    gtp_path_use(w->path, &peer);
    ask(w, on_done);
    fake_clock_forward_ms(w->loop, 60000); /* with an echo request out: see tear_down */
}

static void the_restart_counter_counts_every_start(void **state)
{
    char dir[] = "/tmp/imslab-counter-XXXXXX", state_dir[64], name[96];
    uint8_t counter;
    struct why why;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    snprintf(name, sizeof name, "%s/ggsn.restart", state_dir);
    assert_int_equal(gtp_restart_counter(state_dir, "ggsn.restart", &counter, &why), 0);
    assert_int_equal(counter, 1);
    assert_int_equal(gtp_restart_counter(state_dir, "ggsn.restart", &counter, &why), 0);
    assert_int_equal(counter, 2);
    f = fopen(name, "w");
    fputs("255\n", f);
    fclose(f);
    assert_int_equal(gtp_restart_counter(state_dir, "ggsn.restart", &counter, &why), 0);
    assert_int_equal(counter, 0);
    unlink(name);
    assert_int_equal(mkdir(name, 0700), 0);
    assert_true(gtp_restart_counter(state_dir, "ggsn.restart", &counter, &why) < 0);
    assert_non_null(strstr(why.text, "ggsn.restart"));
    rmdir(name);
    snprintf(name, sizeof name, "%s/ggsn.restart.new", state_dir);
    unlink(name);
    rmdir(state_dir);
    rmdir(dir);
}

#define ROOM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM(an_answer_ends_the_request),
        ROOM(GPR_28_a_request_is_sent_n3_times_every_t3_and_then_times_out),
        ROOM(a_late_or_second_answer_is_nobodys),
        ROOM(a_cancelled_request_is_never_heard_of),
        ROOM(sequence_numbers_differ),
        ROOM(GPR_22_a_repeated_request_has_the_same_answer_and_one_effect),
        ROOM(the_same_sequence_number_from_another_port_is_another_request),
        ROOM(the_answers_kept_are_bounded),
        ROOM(GPR_23_an_echo_request_is_answered_with_the_restart_counter),
        ROOM(GPR_20_a_request_with_a_fault_is_refused_with_its_cause),
        ROOM(a_request_may_be_left_unanswered),
        ROOM(a_peer_in_use_is_sent_echo_requests),
        ROOM(a_peer_that_does_not_answer_echo_is_asked_on),
        ROOM(a_changed_restart_counter_is_told_once),
        ROOM(a_request_cancelled_by_the_restart_that_its_answer_tells_is_not_done),
        ROOM(closing_forgets_what_waits),
        cmocka_unit_test(the_restart_counter_counts_every_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
