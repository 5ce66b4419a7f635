/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_fake.h"

#include <stdlib.h>

#include "xalloc.h"

#define START_WALL_S 1800000000 /* loop_wall_s at the start of every test */

struct loop_timer {
    struct loop_timer *next;
    struct loop *loop;
    uint64_t due_ms;
    loop_fn *fn;
    void *arg;
};

struct loop_watch {
    int fd;
};

struct posted {
    struct posted *next;
    loop_fn *fn;
    void *arg;
};

struct loop {
    uint64_t now_ms;
    struct loop_timer *timers; /* by due_ms; equal times in the order they were set */
    struct posted *first, **last;
    bool stopped;
};

struct loop *loop_new(void)
{
    struct loop *loop = xzalloc(sizeof *loop);

    loop->now_ms = 1000;
    loop->last = &loop->first;
    return loop;
}

static void run_posted(struct loop *loop)
{
    struct posted *p;

    while ((p = loop->first)) {
        loop->first = p->next;
        if (!loop->first)
            loop->last = &loop->first;
        p->fn(p->arg);
        free(p);
    }
}

void loop_free(struct loop *loop)
{
    struct loop_timer *t;

    run_posted(loop);
    while ((t = loop->timers)) {
        loop->timers = t->next;
        free(t);
    }
    free(loop);
}

int loop_run(struct loop *loop)
{
    run_posted(loop);
    return 0;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

uint64_t loop_now_ms(struct loop *loop)
{
    return loop->now_ms;
}

int64_t loop_wall_s(struct loop *loop)
{
    return START_WALL_S + (int64_t)(loop->now_ms / 1000);
}

int64_t loop_wall_ms(struct loop *loop)
{
    return START_WALL_S * 1000ll + (int64_t)loop->now_ms;
}

struct loop_timer *loop_after(struct loop *loop, unsigned ms, loop_fn *fn, void *arg)
{
    struct loop_timer *t = xzalloc(sizeof *t), **at = &loop->timers;

    t->loop = loop;
    t->due_ms = loop->now_ms + ms;
    t->fn = fn;
    t->arg = arg;
    while (*at && (*at)->due_ms <= t->due_ms)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    return t;
}

void loop_cancel(struct loop_timer **t)
{
    struct loop_timer **at;

    if (!*t)
        return;
    for (at = &(*t)->loop->timers; *at != *t;)
        at = &(*at)->next;
    *at = (*t)->next;
    free(*t);
    *t = NULL;
}

struct loop_watch *loop_watch(struct loop *loop, int fd, unsigned what, loop_fd_fn *fn, void *arg)
{
    struct loop_watch *w = xzalloc(sizeof *w);

    (void)loop;
    (void)what;
    (void)fn;
    (void)arg;
    w->fd = fd;
    return w;
}

void loop_unwatch(struct loop_watch **w)
{
    free(*w);
    *w = NULL;
}

void loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
    struct posted *p = xzalloc(sizeof *p);

    p->fn = fn;
    p->arg = arg;
    *loop->last = p;
    loop->last = &p->next;
}

void loop_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *arg)
{
    (void)loop;
    (void)signal;
    (void)fn;
    (void)arg;
}

void fake_clock_forward_ms(struct loop *loop, unsigned ms)
{
    uint64_t end_ms = loop->now_ms + ms;
    struct loop_timer *t;

    run_posted(loop);
    while ((t = loop->timers) && t->due_ms <= end_ms) {
        loop_fn *fn = t->fn;
        void *arg = t->arg;

        loop->timers = t->next;
        if (t->due_ms > loop->now_ms)
            loop->now_ms = t->due_ms;
        free(t);
        fn(arg);
        run_posted(loop);
    }
    loop->now_ms = end_ms;
}

size_t fake_loop_timers(const struct loop *loop)
{
    size_t n = 0;

    for (const struct loop_timer *t = loop->timers; t; t = t->next)
        n++;
    return n;
}

bool fake_loop_stopped(const struct loop *loop)
{
    return loop->stopped;
}
