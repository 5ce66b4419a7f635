/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h on libevent; the only file that knows libevent's event API. */
#include "loop.h"

#include <assert.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "xalloc.h"

struct posted {
    struct posted *next;
    loop_fn *fn;
    void *arg;
};

struct loop_signal {
    struct loop_signal *next;
    struct event *event;
    loop_signal_fn *fn;
    void *arg;
};

struct loop {
    struct event_base *base;
    struct event *wake; /* eventfd: something was posted */
    int wake_fd;
    pthread_mutex_t lock; /* guards first, last */
    struct posted *first, **last;
    struct loop_signal *signals;
};

struct loop_timer {
    struct event *event;
    loop_fn *fn;
    void *arg;
};

struct loop_watch {
    struct event *event;
    loop_fd_fn *fn;
    void *arg;
};

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;
    struct posted *p, *next;
    eventfd_t count;

    (void)what;
    eventfd_read(fd, &count);
    pthread_mutex_lock(&loop->lock);
    p = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->lock);
    for (; p; p = next) {
        next = p->next;
        p->fn(p->arg);
        free(p);
    }
}

struct loop *loop_new(void)
{
    struct loop *loop = xzalloc(sizeof *loop);
    struct event_config *config = event_config_new();

    /* microsecond timers: a SIP timer of 1 ms must not busy-poll */
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    assert(loop->base);
    loop->last = &loop->first;
    pthread_mutex_init(&loop->lock, NULL);
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert(loop->wake_fd >= 0);
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    event_add(loop->wake, NULL);
    return loop;
}

void loop_free(struct loop *loop)
{
    struct loop_signal *s;

    on_wake(loop->wake_fd, 0, loop); /* nothing that was posted is lost: posted work owns memory */
    while ((s = loop->signals)) {
        loop->signals = s->next;
        event_free(s->event);
        free(s);
    }
    event_free(loop->wake);
    close(loop->wake_fd);
    event_base_free(loop->base);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

int loop_run(struct loop *loop)
{
    return event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? -1 : 0;
}

void loop_stop(struct loop *loop)
{
    event_base_loopbreak(loop->base);
}

uint64_t loop_now_ms(struct loop *loop)
{
    struct timespec now;

    (void)loop;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t loop_wall_s(struct loop *loop)
{
    (void)loop;
    return time(NULL);
}

int64_t loop_wall_ms(struct loop *loop)
{
    struct timespec now;

    (void)loop;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *t = arg;
    loop_fn *fn = t->fn;
    void *fn_arg = t->arg;

    (void)fd;
    (void)what;
    event_free(t->event);
    free(t);
    fn(fn_arg);
}

struct loop_timer *loop_after(struct loop *loop, unsigned ms, loop_fn *fn, void *arg)
{
    struct loop_timer *t = xzalloc(sizeof *t);
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    t->fn = fn;
    t->arg = arg;
    t->event = evtimer_new(loop->base, on_timer, t);
    evtimer_add(t->event, &tv);
    return t;
}

void loop_cancel(struct loop_timer **t)
{
    if (!*t)
        return;
    event_free((*t)->event);
    free(*t);
    *t = NULL;
}

static void on_fd(evutil_socket_t fd, short what, void *arg)
{
    struct loop_watch *w = arg;

    w->fn(w->arg, fd, (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0));
}

struct loop_watch *loop_watch(struct loop *loop, int fd, unsigned what, loop_fd_fn *fn, void *arg)
{
    struct loop_watch *w = xzalloc(sizeof *w);
    short events =
        EV_PERSIST | (what & LOOP_READ ? EV_READ : 0) | (what & LOOP_WRITE ? EV_WRITE : 0);

    w->fn = fn;
    w->arg = arg;
    w->event = event_new(loop->base, fd, events, on_fd, w);
    event_add(w->event, NULL);
    return w;
}

void loop_unwatch(struct loop_watch **w)
{
    if (!*w)
        return;
    event_free((*w)->event);
    free(*w);
    *w = NULL;
}

void loop_post(struct loop *loop, loop_fn *fn, void *arg)
{
    struct posted *p = xzalloc(sizeof *p);

    p->fn = fn;
    p->arg = arg;
    pthread_mutex_lock(&loop->lock);
    *loop->last = p;
    loop->last = &p->next;
    pthread_mutex_unlock(&loop->lock);
    eventfd_write(loop->wake_fd, 1);
}

static void on_signal(evutil_socket_t signal, short what, void *arg)
{
    struct loop_signal *s = arg;

    (void)what;
    s->fn(s->arg, signal);
}

void loop_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *arg)
{
    struct loop_signal *s = xzalloc(sizeof *s);

    s->fn = fn;
    s->arg = arg;
    s->event = evsignal_new(loop->base, signal, on_signal, s);
    evsignal_add(s->event, NULL);
    s->next = loop->signals;
    loop->signals = s;
}
