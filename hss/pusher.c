/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a push (push.h), whatever it says:
 *
 *   loop                      store's thread             S-CSCF
 *   push_all, or a retry ---> rtr_check / ppr_check
 *   on_checked: not due any more: done
 *               not connected: wait for it
 *               else -------------- RTR / PPR ------------>
 *   push_answered <---------------- RTA / PPA -------------
 *               PPA with an error --> ppr_settle
 *   on_settled: again with another name, or an RTR follows, or done
 *   push_failed (silence, connection lost): wait
 *
 * What waits is tried again every hss.push_retry_s, and when its S-CSCF connects. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "push.h"
#include "xalloc.h"

struct pusher {
    struct loop *loop;
    const struct conf *conf;
    struct cx *cx; /* NULL: stopped */
    struct store_thread *thread;
    struct push *waiting, *asked;
    struct loop_timer *retry;
    size_t checking; /* jobs on the store's thread */
    unsigned long sent, done, failed;
};

static const char *const names[] = {"rtr", "ppr"};

/* ---- lists ---- */

static void append(struct push **list, struct push *push)
{
    while (*list)
        list = &(*list)->next;
    push->next = NULL;
    *list = push;
}

static void take(struct push **list, struct push *push)
{
    while (*list != push)
        list = &(*list)->next;
    *list = push->next;
    push->next = NULL;
}

static struct push *new_push(enum push_kind kind, const char *host)
{
    struct push *push = xzalloc(sizeof *push);

    push->kind = kind;
    snprintf(push->host, sizeof push->host, "%s", host);
    return push;
}

struct push *push_rtr_new(const char *host, const struct cx_rtr *rtr)
{
    struct push *push = new_push(PUSH_RTR, host);

    push->rtr = xmemdup(rtr, sizeof *rtr);
    return push;
}

struct push *push_ppr_new(const char *host, int64_t set)
{
    struct push *push = new_push(PUSH_PPR, host);

    push->set = set;
    return push;
}

void push_free(struct push *push)
{
    if (push->follows)
        push_free(push->follows);
    free(push->rtr);
    free(push->ppr.user_data);
    free(push);
}

/* ---- on its way ---- */

static void on_checked(struct store_job *job);
static void on_settled(struct store_job *job);

static void check(struct store *store, struct store_job *job)
{
    struct push *push = (struct push *)job;

    if (push->kind == PUSH_RTR)
        rtr_check(store, push);
    else
        ppr_check(store, push);
}

static void settle(struct store *store, struct store_job *job)
{
    ppr_settle(store, (struct push *)job);
}

static void post(struct push *push, void (*work)(struct store *, struct store_job *),
                 void (*done)(struct store_job *))
{
    push->job.work = work;
    push->job.done = done;
    push->pusher->checking++;
    store_post(push->pusher->thread, &push->job);
}

static void on_retry(void *arg)
{
    struct pusher *pusher = arg;
    struct push *list = pusher->waiting, *next;

    pusher->retry = NULL;
    pusher->waiting = NULL;
    for (; list; list = next) {
        next = list->next;
        post(list, check, on_checked);
    }
}

static void wait_for_host(struct push *push)
{
    struct pusher *pusher = push->pusher;

    append(&pusher->waiting, push);
    if (!pusher->retry)
        pusher->retry =
            loop_after(pusher->loop, pusher->conf->hss.push_retry_s * 1000, on_retry, pusher);
}

/* Back from the store's thread; false: the daemon ends, push is gone. */
static bool is_back(struct push *push)
{
    push->pusher->checking--;
    if (push->pusher->cx)
        return true;
    push_free(push);
    return false;
}

static void on_checked(struct store_job *job)
{
    struct push *push = (struct push *)job;
    struct pusher *pusher = push->pusher;

    if (!is_back(push))
        return;
    if (!push->due) {
        log_arrow_at(LEVEL_INFO, NULL, "==", NULL, names[push->kind], "scscf", push->host,
                     "decision", "not due any more", NULL);
        push_free(push);
    } else if (!cx_peer_is_open(pusher->cx, push->host)) {
        if (push->tries++ == 0)
            log_warn(NULL, "%s for %s waits until that S-CSCF connects", names[push->kind],
                     push->host);
        wait_for_host(push);
    } else {
        push->tries++;
        pusher->sent++;
        append(&pusher->asked, push);
        if (push->kind == PUSH_RTR)
            rtr_send(pusher->cx, push);
        else
            ppr_send(pusher->cx, push);
    }
}

void push_answered(struct push *push)
{
    struct pusher *pusher = push->pusher;
    struct push *follows = push->follows;

    push->op = NULL;
    push->follows = NULL;
    take(&pusher->asked, push);
    pusher->done++;
    log_arrow_at(LEVEL_INFO, NULL, "==", NULL, names[push->kind], "scscf", push->host, "result",
                 cx_result_text(push->result), NULL);
    if (push->kind == PUSH_PPR && push->result != CX_SUCCESS)
        post(push, settle, on_settled);
    else
        push_free(push);
    push_all(pusher, follows);
}

void push_failed(struct push *push, int err)
{
    struct pusher *pusher = push->pusher;

    push->op = NULL;
    take(&pusher->asked, push);
    pusher->failed++;
    if (err == -EMSGSIZE) {
        log_error(NULL, "the profile for %s is longer than a Diameter message: not sent",
                  push->host);
        push_free(push);
        return;
    }
    log_warn(NULL, "%s: %s does not answer (%s): again in %u s", names[push->kind], push->host,
             why_not(err), pusher->conf->hss.push_retry_s);
    wait_for_host(push);
}

static void on_settled(struct store_job *job)
{
    struct push *push = (struct push *)job, *follows;
    struct pusher *pusher = push->pusher;

    if (!is_back(push))
        return;
    follows = push->follows;
    push->follows = NULL;
    if (push->due)
        post(push, check, on_checked);
    else
        push_free(push);
    push_all(pusher, follows);
}

/* ---- from outside ---- */

/* The profile is read when it is sent: one PPR that waits is enough for a set. */
static bool waits_already(const struct pusher *pusher, const struct push *push)
{
    for (const struct push *p = pusher->waiting; p; p = p->next) {
        if (push->kind == PUSH_PPR && p->kind == PUSH_PPR && p->set == push->set &&
            strcmp(p->host, push->host) == 0)
            return true;
    }
    return false;
}

void push_all(struct pusher *pusher, struct push *list)
{
    struct push *next;

    for (; list; list = next) {
        next = list->next;
        list->next = NULL;
        list->pusher = pusher;
        if (!pusher->cx || waits_already(pusher, list))
            push_free(list);
        else
            post(list, check, on_checked);
    }
}

void pusher_peer_open(struct pusher *pusher, const char *identity)
{
    struct push *list = pusher->waiting, *next;

    pusher->waiting = NULL;
    for (; list; list = next) {
        next = list->next;
        if (strcmp(list->host, identity) == 0)
            post(list, check, on_checked);
        else
            append(&pusher->waiting, list);
    }
}

struct pusher *pusher_open(struct loop *loop, const struct conf *conf, struct cx *cx,
                           struct store_thread *thread)
{
    struct pusher *pusher = xzalloc(sizeof *pusher);

    pusher->loop = loop;
    pusher->conf = conf;
    pusher->cx = cx;
    pusher->thread = thread;
    return pusher;
}

static void free_list(struct push **list)
{
    while (*list) {
        struct push *push = *list;

        *list = push->next;
        cx_cancel(&push->op);
        push_free(push);
    }
}

void pusher_stop(struct pusher *pusher)
{
    pusher->cx = NULL;
    loop_cancel(&pusher->retry);
    free_list(&pusher->waiting);
    free_list(&pusher->asked);
}

void pusher_free(struct pusher *pusher)
{
    free(pusher);
}

void pusher_print(const struct pusher *pusher, FILE *out)
{
    const struct push *lists[] = {pusher->asked, pusher->waiting};

    for (size_t i = 0; i < COUNT(lists); i++) {
        for (const struct push *p = lists[i]; p; p = p->next)
            fprintf(out, "hss push=%s scscf=%s %s tries=%u\n", names[p->kind], p->host,
                    i ? "waits" : "asked", p->tries);
    }
    fprintf(out, "hss pushes sent=%lu answered=%lu failed=%lu\n", pusher->sent, pusher->done,
            pusher->failed);
}
