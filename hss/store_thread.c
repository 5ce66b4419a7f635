/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread that owns the database: jobs come by a queue, their results go back to the loop.
 * So no Diameter thread and no timer ever waits for a disk. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "store.h"
#include "xalloc.h"

struct store_thread {
    struct store *store;
    struct loop *loop;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    struct store_job *first, **last;
    size_t waiting;
    bool stop;
};

static void on_done(void *arg)
{
    struct store_job *job = arg;

    job->done(job);
}

/* The next job; NULL when told to stop and nothing is left. */
static struct store_job *take(struct store_thread *t)
{
    struct store_job *job;

    pthread_mutex_lock(&t->lock);
    while (!t->first && !t->stop)
        pthread_cond_wait(&t->wake, &t->lock);
    job = t->first;
    if (job) {
        t->first = job->next;
        if (!t->first)
            t->last = &t->first;
        t->waiting--;
    }
    pthread_mutex_unlock(&t->lock);
    return job;
}

static void *run(void *arg)
{
    struct store_thread *t = arg;
    struct store_job *job;

    while ((job = take(t))) {
        job->work(t->store, job);
        loop_post(t->loop, on_done, job);
    }
    return NULL;
}

struct store_thread *store_start(struct store *store, struct loop *loop)
{
    struct store_thread *t = xzalloc(sizeof *t);
    sigset_t all, before;

    t->store = store;
    t->loop = loop;
    t->last = &t->first;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the loop */
    if (pthread_create(&t->thread, NULL, run, t) != 0)
        abort(); /* no thread at the start of a daemon: as with memory, no honest way to go on */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t;
}

void store_post(struct store_thread *t, struct store_job *job)
{
    job->next = NULL;
    pthread_mutex_lock(&t->lock);
    *t->last = job;
    t->last = &job->next;
    t->waiting++;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

void store_stop(struct store_thread *t)
{
    pthread_mutex_lock(&t->lock);
    t->stop = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

size_t store_waiting(struct store_thread *t)
{
    size_t waiting;

    pthread_mutex_lock(&t->lock);
    waiting = t->waiting;
    pthread_mutex_unlock(&t->lock);
    return waiting;
}
