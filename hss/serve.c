/* SPDX-License-Identifier: Apache-2.0 */
/* From the Diameter side to the store's thread and back: one job per request.
 *
 *   loop (cx.h)            store thread              loop
 *   on_uar: make a job --> answer_uar(store, ...) --> answered: log the decision, cx_answer_uaa
 */
#include <stdlib.h>
#include <string.h>

#include "hss.h"
#include "log.h"
#include "xalloc.h"

enum command { UAR, MAR, SAR, LIR, COMMANDS };

static const char *const names[] = {"uar", "mar", "sar", "lir"};

struct serve {
    struct cx *cx;
    struct store_thread *thread;
    unsigned long count[COMMANDS], refused[COMMANDS];
    size_t jobs; /* on their way */
};

struct job { /* one request, until answered */
    struct store_job job;
    struct serve *serve;
    struct cx_reply *reply;
    enum command command;
    char peer[128];
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
};

/* ---- on the store's thread ---- */

static void work(struct store *store, struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;

    switch (j->command) {
    case UAR: answer_uar(store, &j->request.uar, &j->answer.uaa, &j->why); break;
    case MAR: answer_mar(store, j->peer, &j->request.mar, &j->answer.maa, &j->why); break;
    case SAR: answer_sar(store, j->peer, &j->request.sar, &j->answer.saa, &j->why); break;
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
                 j->why.text[0] ? j->why.text : NULL, NULL);
}

static void answered(struct store_job *store_job)
{
    struct job *j = (struct job *)store_job;

    log_decision(j);
    j->serve->refused[j->command] += !is_success(j->answer.uaa.result);
    switch (j->command) {
    case UAR: cx_answer_uaa(j->reply, &j->answer.uaa); break;
    case MAR: cx_answer_maa(j->reply, &j->answer.maa); break;
    case SAR: cx_answer_saa(j->reply, &j->answer.saa); break;
    default: cx_answer_lia(j->reply, &j->answer.lia); break;
    }
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

struct serve *serve_open(struct cx *cx, struct store_thread *thread)
{
    static const struct cx_handlers handlers = {on_uar, on_mar, on_sar, on_lir};
    struct serve *serve = xzalloc(sizeof *serve);

    serve->cx = cx;
    serve->thread = thread;
    cx_serve(cx, &handlers, serve);
    return serve;
}

void serve_close(struct serve *serve)
{
    free(serve);
}

void serve_print(const struct serve *serve, FILE *out)
{
    fprintf(out, "hss jobs=%zu waiting_for_the_database=%zu\n", serve->jobs,
            store_waiting(serve->thread));
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "hss %s=%lu refused=%lu\n", names[i], serve->count[i], serve->refused[i]);
}
