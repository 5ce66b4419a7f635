/* SPDX-License-Identifier: Apache-2.0 */
/* From the Diameter side to the store's thread and back: one job per request.
 *
 *   loop (cx.h)            store thread              loop
 *   on_uar: make a job --> answer_uar(store, ...) --> answered: log the decision, cx_answer_uaa
 *
 * What changes the database is answered once: a request that comes again gets the same answer
 * (repeat.h). UAR and LIR may be answered as often as they come. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hss.h"
#include "leaving.h"
#include "log.h"
#include "push.h"
#include "repeat.h"
#include "xalloc.h"

enum { MOST_REMEMBERED = 16 << 20 }; /* octets of answers, for requests that come again */

enum command { UAR, MAR, SAR, LIR, COMMANDS };

static const char *const names[] = {"uar", "mar", "sar", "lir"};

struct serve {
    struct cx *cx;
    struct store_thread *thread;
    struct repeats *repeats; /* the store's thread only */
    unsigned long again;     /* requests that came again and were known */
    struct pusher *pusher;
    unsigned long count[COMMANDS], refused[COMMANDS];
    size_t jobs; /* on their way */
};

struct job { /* one request, until answered */
    struct store_job job;
    struct serve *serve;
    struct cx_reply *reply;
    enum command command;
    char peer[128];
    uint32_t id;            /* End-to-End */
    bool again, remembered; /* T bit; answered as the first time */
    union {
        struct cx_uar uar;
        struct cx_mar mar;
        struct cx_sar sar;
        struct cx_lir lir;
    } request;
    union {
        struct cx_uaa uaa;
        struct cx_maa maa;
        struct cx_saa saa;
        struct cx_lia lia;
    } answer;
    struct why why;
    struct push *push; /* MAR: who is left, NULL nobody */
};

/* ---- on the store's thread ---- */

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

/* The first time has always been before: requests are worked one after the other. What the database
 * could not do then, it may try again. */
static void mar(struct store *store, struct job *j)
{
    struct repeat_key key = {j->peer, j->id};
    struct repeats *repeats = j->serve->repeats;

    j->remembered = j->again && repeats_find_maa(repeats, key, &j->answer.maa, now_ms());
    if (j->remembered)
        return;
    j->push = leaving_find(store, j->peer, &j->request.mar);
    answer_mar(store, j->peer, &j->request.mar, &j->answer.maa, &j->why);
    if (j->push && j->answer.maa.result != CX_SUCCESS) {
        push_free(j->push);
        j->push = NULL;
    }
    if (j->answer.maa.result != CX_UNABLE_TO_COMPLY)
        repeats_keep_maa(repeats, key, &j->answer.maa, now_ms());
}

static void sar(struct store *store, struct job *j)
{
    struct repeat_key key = {j->peer, j->id};
    struct repeats *repeats = j->serve->repeats;

    j->remembered = j->again && repeats_find_saa(repeats, key, &j->answer.saa, now_ms());
    if (j->remembered)
        return;
    answer_sar(store, j->peer, &j->request.sar, &j->answer.saa, &j->why);
    if (j->answer.saa.result != CX_UNABLE_TO_COMPLY)
        repeats_keep_saa(repeats, key, &j->answer.saa, now_ms());
}

static void work(struct store *store, struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;

    switch (j->command) {
    case UAR: answer_uar(store, &j->request.uar, &j->answer.uaa, &j->why); break;
    case MAR: mar(store, j); break;
    case SAR: sar(store, j); break;
    default: answer_lir(store, &j->request.lir, &j->answer.lia, &j->why); break;
    }
}

/* ---- back on the loop ---- */

static bool is_success(int result)
{
    return (result & ~CX_EXP) / 1000 == 2;
}

/* What was decided, and why when it was a refusal: the line that a user looks for. */
static void log_decision(const struct job *j)
{
    const char *impi = j->request.uar.impi, *impu = j->request.uar.impu;
    int result = j->answer.uaa.result; /* every answer starts with its result */

    if (j->command == MAR)
        impi = j->request.mar.impi, impu = j->request.mar.impu;
    else if (j->command == SAR)
        impi = j->request.sar.impi, impu = j->request.sar.impu[0];
    else if (j->command == LIR)
        impi = NULL, impu = j->request.lir.impu;
    log_arrow_at(is_success(result) ? LEVEL_DEBUG : LEVEL_INFO, cx_reply_call(j->reply), "==", NULL,
                 names[j->command], "impi", impi && *impi ? impi : NULL, "impu",
                 *impu ? impu : NULL, "result", cx_result_text(result), "why",
                 j->why.text[0] ? j->why.text : NULL, "again",
                 j->remembered ? "yes, answered as before" : NULL, NULL);
}

static void answered(struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;

    log_decision(j);
    j->serve->again += j->remembered;
    j->serve->refused[j->command] += !is_success(j->answer.uaa.result);
    switch (j->command) {
    case UAR: cx_answer_uaa(j->reply, &j->answer.uaa); break;
    case MAR: cx_answer_maa(j->reply, &j->answer.maa); break;
    case SAR: cx_answer_saa(j->reply, &j->answer.saa); break;
    default: cx_answer_lia(j->reply, &j->answer.lia); break;
    }
    if (j->push)
        push_all(j->serve->pusher, j->push);
    j->serve->jobs--;
    wipe(j, sizeof *j); /* vectors */
    free(j);
}

/* ---- requests ---- */

static struct job *new_job(struct serve *serve, enum command command, struct cx_reply *reply)
{
    struct job *j = xzalloc(sizeof *j);

    j->job.work = work;
    j->job.done = answered;
    j->serve = serve;
    j->reply = reply;
    j->command = command;
    snprintf(j->peer, sizeof j->peer, "%s", cx_reply_peer(reply));
    j->id = cx_reply_id(reply);
    j->again = cx_reply_is_again(reply);
    serve->count[command]++;
    serve->jobs++;
    return j;
}

static void on_uar(void *env, const struct cx_uar *uar, struct cx_reply *reply)
{
    struct serve *serve = env;
    struct job *j = new_job(serve, UAR, reply);

    j->request.uar = *uar;
    store_post(serve->thread, &j->job);
}

static void on_mar(void *env, const struct cx_mar *mar, struct cx_reply *reply)
{
    struct serve *serve = env;
    struct job *j = new_job(serve, MAR, reply);

    j->request.mar = *mar;
    store_post(serve->thread, &j->job);
}

static void on_sar(void *env, const struct cx_sar *sar, struct cx_reply *reply)
{
    struct serve *serve = env;
    struct job *j = new_job(serve, SAR, reply);

    j->request.sar = *sar;
    store_post(serve->thread, &j->job);
}

static void on_lir(void *env, const struct cx_lir *lir, struct cx_reply *reply)
{
    struct serve *serve = env;
    struct job *j = new_job(serve, LIR, reply);

    j->request.lir = *lir;
    store_post(serve->thread, &j->job);
}

static void on_peer_open(void *env, const char *identity)
{
    struct serve *serve = env;

    pusher_peer_open(serve->pusher, identity);
}

struct serve *serve_open(struct cx *cx, struct store_thread *thread, struct pusher *pusher)
{
    static const struct cx_handlers handlers = {
        .uar = on_uar, .mar = on_mar, .sar = on_sar, .lir = on_lir, .peer_open = on_peer_open};
    struct serve *serve = xzalloc(sizeof *serve);

    serve->cx = cx;
    serve->thread = thread;
    serve->repeats = repeats_new(MOST_REMEMBERED);
    serve->pusher = pusher;
    cx_serve(cx, &handlers, serve);
    return serve;
}

void serve_close(struct serve *serve)
{
    repeats_free(serve->repeats);
    free(serve);
}

void serve_print(const struct serve *serve, FILE *out)
{
    fprintf(out, "hss jobs=%zu waiting_for_the_database=%zu answered_again=%lu\n", serve->jobs,
            store_waiting(serve->thread), serve->again);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "hss %s=%lu refused=%lu\n", names[i], serve->count[i], serve->refused[i]);
}
