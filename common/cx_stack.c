/* SPDX-License-Identifier: Apache-2.0 */
/* The life of freeDiameter inside a daemon: initialise, configure from a text in memory, start,
 * stop. The library is one per process and cannot be started twice; its threads log through
 * log.h; when it gives up by itself the process ends, and the supervisor starts it anew. */
#include "cx_stack.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "replaced.h"

enum {
    STOP_WAIT_S = 1, /* less than what a supervisor gives between SIGTERM and SIGKILL */
    WATCHDOG_LEAST_S = 6,
    LIBRARY_NAP_US = 1000,
    LONGER_NAP_MS = 20,
};

#if FD_PROJECT_VERSION_MAJOR == 1 && FD_PROJECT_VERSION_MINOR < 3
/* exported by the library, in none of its public headers */
extern struct fifo *fd_g_incoming, *fd_g_outgoing, *fd_g_local;
#define HAS_BOUNDED_QUEUES 1
#endif

static atomic_bool stopping;
static _Thread_local char first_error[256]; /* of the library, while this thread starts it */

/* "ERROR: in '((bind( ... )))' :\tAddress already in use": the last part is for people. */
static void keep_error(const char *text)
{
    const char *tail = strstr(text, "' :");

    tail = tail ? tail + strspn(tail, "' :\t") : text;
    snprintf(first_error, sizeof first_error, "%.*s", (int)sizeof first_error - 1, tail);
}

/* The library's own words, from any of its threads: chatter is for debugging, an error while
 * starting goes into the sentence of cx_open, and its suicide is ours. */
static void on_library_log(int level, const char *format, va_list ap)
{
    char text[512];

    if (level < FD_LOG_ERROR && !log_on(LEVEL_DEBUG))
        return;
    why_vprint(text, sizeof text, format, ap);
    if (level == FD_LOG_ERROR && !first_error[0])
        keep_error(text);
    if (level == FD_LOG_FATAL && strstr(format, "shutdown sequence") && !atomic_load(&stopping)) {
        log_error(NULL, "the Diameter library gave up (%s): ending, to be started anew", text);
        _exit(1);
    }
    log_debug(NULL, "diameter: %s", text);
}

/* The three global queues hold 20 to 30 messages; full, they block the thread that posts, and with
 * it, in a circle, every thread of the library for good. Without a limit they cannot: the caps in
 * cx.c and cx_serve.c bound the memory. */
static int unbound_queues(struct why *why)
{
#ifdef HAS_BOUNDED_QUEUES
    struct fifo **queues[] = {&fd_g_incoming, &fd_g_outgoing, &fd_g_local};

    for (size_t i = 0; i < sizeof queues / sizeof queues[0]; i++) {
        if (fd_fifo_del(queues[i]) != 0 || fd_fifo_new(queues[i], 0) != 0)
            return why_set(why, ENOMEM, "cannot replace the Diameter library's queues");
    }
#else
#error "this freeDiameter has limits in its configuration (cnf_qin_limit...): set them here"
#endif
    (void)why;
    return 0;
}

static void write_peer(FILE *f, const struct cx_peer *peer)
{
    char host[ADDR_TEXT];

    if (peer->address_count == 0)
        return; /* it comes to us */
    fprintf(f, "ConnectPeer = \"%s\" { No_TLS; Port = %u;", peer->identity,
            addr_port(&peer->address[0]));
    for (size_t i = 0; i < peer->address_count; i++)
        fprintf(f, " ConnectTo = \"%s\";", addr_host(&peer->address[i], host));
    fprintf(f, " };\n");
}

/* Without SCTP in the kernel the library would not even start if it were not told. With it, it
 * tries SCTP first and then TCP. ThreadsPerServer only wait for the first message of a new
 * connection (up to 20 s each), so there must be more of them than silent strangers. */
static void write_config(FILE *f, const struct cx_config *config)
{
    unsigned port = config->listen_count ? addr_port(&config->listen[0]) : 0;

    fprintf(f, "Identity = \"%s\";\nRealm = \"%s\";\n", config->identity, config->realm);
    fprintf(f, "Port = %u;\nSecPort = 0;\nNoRelay;\nAppServThreads = 1;\nThreadsPerServer = 16;\n",
            port);
    fprintf(f, "TcTimer = %u;\nTwTimer = %u;\n", config->tc_s ? config->tc_s : 2,
            config->tw_s > 6 ? config->tw_s : 6);
    if (config->transport == DIAMETER_TCP || !cx_sctp_in_kernel())
        fprintf(f, "No_SCTP;\n");
    if (config->transport == DIAMETER_SCTP)
        fprintf(f, "No_TCP;\n");
    for (size_t i = 0; i < config->peer_count; i++)
        write_peer(f, &config->peer[i]);
}

/* The library reads a file: give it one that exists only in memory. */
static int configure(const struct cx_config *config, struct why *why)
{
    static char path[64]; /* the library keeps the pointer */
    int fd = memfd_create("diameter.conf", MFD_CLOEXEC);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w+");
    int rc;

    if (!f)
        return why_set(why, errno, "cannot make a file in memory: %s", strerror(errno));
    write_config(f, config);
    fflush(f);
    rewind(f);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    first_error[0] = '\0';
    rc = fd_core_parseconf(path);
    fclose(f);
    if (rc != 0)
        return why_set(why, EINVAL, "the Diameter library refuses its configuration: %s",
                       first_error[0] ? first_error : strerror(rc));
    if (config->tw_s) /* its grammar knows no watchdog under 6 s, which tests have */
        fd_g_config->cnf_timer_tw = config->tw_s;
    return 0;
}

static int check_names(const struct cx_config *config, struct why *why)
{
    const char *names[2 + 16] = {config->identity, config->realm};

    for (size_t i = 0; i < config->peer_count; i++)
        names[2 + i] = config->peer[i].identity;
    for (size_t i = 0; i < 2 + config->peer_count; i++) {
        if (!names[i] || !fd_os_is_valid_DiameterIdentity((uint8_t *)names[i], strlen(names[i])))
            return why_set(why, EINVAL, "'%s' is no Diameter identity", names[i] ? names[i] : "");
    }
    return 0;
}

int cx_stack_prepare(const struct cx_config *config, struct why *why)
{
    int rc;

    if (config->transport == DIAMETER_SCTP && !cx_sctp_in_kernel())
        return why_set(
            why, EPROTONOSUPPORT,
            "this kernel has no SCTP, and hss.transport is sctp: load the module sctp, or "
            "let it be auto");
    fd_g_debug_lvl = log_on(LEVEL_DEBUG) ? FD_LOG_NOTICE : FD_LOG_ERROR;
    if (fd_log_handler_register(on_library_log) != 0 || fd_core_initialize() != 0)
        return why_set(why, EINVAL, "the Diameter library does not start (twice in one process?)");
    rc = unbound_queues(why);
    if (rc == 0)
        rc = check_names(config, why);
    if (rc == 0)
        rc = configure(config, why);
    if (rc == 0)
        rc = cx_listen_add(config, why);
    if (rc == 0)
        rc = cx_dict_load(why);
    if (rc == 0)
        rc = cx_hooks_register(config, why);
    if (rc == 0 && fd_disp_app_support(cx_dict_application(), cx_dict_vendor(), 1, 0) != 0)
        rc = why_set(why, EINVAL, "the Diameter library refuses to announce Cx");
    return rc;
}

/* The library finds this one, not libc's. Deleting a queue it gives the threads that wait there 20
 * times 1 ms to go, and then an assertion ends the process: too little on a busy machine. */
int usleep(useconds_t us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    if (us == LIBRARY_NAP_US)
        t.tv_nsec = LONGER_NAP_MS * 1000000;
    return nanosleep(&t, NULL);
}

/* How long a peer's state machine waits. The library spreads it by up to 2 s either way, which is
 * what RFC 3539 3.4.1 asks of a watchdog, whose Tw it wants to be 6 s or more; a shorter time, as
 * of a reconnect or of a test's watchdog, it makes up to 4 s: that one is meant as it is. */
struct fd_peer;
void fd_psm_next_timeout(struct fd_peer *peer, int spread, int delay_s);
typedef void next_timeout_fn(struct fd_peer *, int, int);

void fd_psm_next_timeout(struct fd_peer *peer, int spread, int delay_s)
{
    static _Atomic(void *) library;

    ((next_timeout_fn *)replaced_symbol(&library, "fd_psm_next_timeout"))(
        peer, spread && delay_s >= WATCHDOG_LEAST_S, delay_s);
}

int cx_stack_start(const struct cx_config *config, struct why *why)
{
    char text[ADDR_TEXT];
    int rc;

    first_error[0] = '\0';
    rc = fd_core_start();
    if (rc == 0)
        rc = fd_core_waitstartcomplete();
    if (rc != 0 && config->listen_count)
        return why_set(why, EADDRINUSE, "cannot listen for Diameter on %s: %s",
                       addr_text(&config->listen[0], text),
                       first_error[0] ? first_error : strerror(rc));
    if (rc != 0)
        return why_set(why, EINVAL, "the Diameter library does not start: %s",
                       first_error[0] ? first_error : strerror(rc));
    return cx_listen_check(config, why);
}

struct ending { /* static: the thread may outlive the wait */
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
};

static void *wait_for_end(void *arg)
{
    struct ending *e = arg;

    fd_core_wait_shutdown_complete();
    pthread_mutex_lock(&e->lock);
    e->is_done = true;
    pthread_cond_signal(&e->done);
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* A peer that answers ends this in 0.1 s; one that hangs would hold the library for 16 s. */
void cx_stack_stop(void)
{
    static struct ending e = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct timespec until;
    pthread_t waiter;
    int rc = 0;

    atomic_store(&stopping, true);
    if (fd_core_shutdown() != 0 || pthread_create(&waiter, NULL, wait_for_end, &e) != 0)
        return;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_WAIT_S;
    pthread_mutex_lock(&e.lock);
    while (!e.is_done && rc == 0)
        rc = pthread_cond_timedwait(&e.done, &e.lock, &until);
    pthread_mutex_unlock(&e.lock);
    if (rc == 0) {
        pthread_join(waiter, NULL);
        return;
    }
    pthread_detach(waiter);
    log_warn(NULL, "a Diameter peer does not let go: not waiting for it");
}
