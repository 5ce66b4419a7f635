/* SPDX-License-Identifier: Apache-2.0 */
/* The one loop of every daemon. One thread; the body is libevent (loop.c), in flow tests a clock
 * turned by hand (test/fake/loop.c). Every callback runs from loop_run, never from inside the call
 * that asked for it. */
#ifndef IMSLAB_LOOP_H
#define IMSLAB_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_fn(void *arg);
typedef void loop_fd_fn(void *arg, int fd, unsigned what); /* what: LOOP_READ | LOOP_WRITE */
typedef void loop_signal_fn(void *arg, int signal);

struct loop *loop_new(void); /* never NULL */
void loop_free(struct loop *);
/* loop_run - until loop_stop. Returns 0. */
int loop_run(struct loop *);
void loop_stop(struct loop *);
/* loop_now_ms - monotonic milliseconds; loop_wall_s, loop_wall_ms - since 1970 (expiry times that
 * are stored). */
uint64_t loop_now_ms(struct loop *);
int64_t loop_wall_s(struct loop *);
int64_t loop_wall_ms(struct loop *);

/* loop_after - call fn(arg) once, ms from now. Never NULL. After it ran, or after loop_cancel, the
 * handle is gone. */
struct loop_timer *loop_after(struct loop *, unsigned ms, loop_fn *fn, void *arg);
/* loop_cancel - forget a timer that has not run; *t becomes NULL. NULL handles are fine. */
void loop_cancel(struct loop_timer **t);

/* loop_watch - call fn while fd is ready for `what`, until loop_unwatch (which sets *w to NULL;
 * NULL is fine). */
struct loop_watch *loop_watch(struct loop *, int fd, unsigned what, loop_fd_fn *fn, void *arg);
void loop_unwatch(struct loop_watch **w);

/* loop_post - call fn(arg) soon, from the loop. May be called from any thread. */
void loop_post(struct loop *, loop_fn *fn, void *arg);

/* loop_base - libevent's own base, for the engine that lives in it (http.c). Not in flow tests. */
struct event_base;
struct event_base *loop_base(struct loop *);

/* loop_signal - call fn for each arrival of a signal; for the life of the loop. */
void loop_signal(struct loop *, int signal, loop_signal_fn *fn, void *arg);

#endif
