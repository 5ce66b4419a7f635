/* SPDX-License-Identifier: Apache-2.0 */
/* What every daemon's main does the same way: options, configuration, log, signals, "ready", the
 * end. */
#ifndef IMSLAB_DAEMON_H
#define IMSLAB_DAEMON_H

#include <stdio.h>

#include "conf.h"
#include "log.h"
#include "loop.h"

#define IMSLAB_VERSION "0.1.0"

typedef void live_fn(void *arg, FILE *out);

struct daemon {
    /* set by the caller */
    const char *program; /* "icscf" */
    const char *about;   /* one sentence for --help */
    const char *extra;   /* getopt letters of its own with their help lines, or NULL */
    unsigned conf_flags; /* CONF_SIMS or 0 */
    /* set by daemon_start */
    struct conf conf;
    const char *name; /* --name, or NULL: the first of its kind */
    const char *role; /* --role (gprs-stub), or NULL */
    struct loop *loop;
    int argc; /* what follows the options (ue: commands) */
    char **argv;
    live_fn *live;
    void *live_arg;
};

/* daemon_start - parse -c FILE, --name N, --role R, --log LEVEL, --state-dir DIR, --check, --help,
 * --version; load the configuration; ignore SIGPIPE; make the loop; SIGTERM and SIGINT stop it.
 * Ends the process itself: 0 after --check, --help,
 * --version; 2 with one sentence on a bad option or configuration. The element's name for the log
 * is set later with log_open(element name, daemon_log_level()). */
void daemon_start(struct daemon *d, int argc, char **argv);

/* daemon_log_level - what --log said. */
enum log_level daemon_log_level(void);

/* daemon_die - log one sentence at level error and exit 1: an address in use, a database that
 * cannot be opened. */
void daemon_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* daemon_on_live - what SIGUSR1 prints (to stderr): every live transaction, one line each. */
void daemon_on_live(struct daemon *d, live_fn *live, void *arg);

/* daemon_run - print "ready", run the loop until SIGTERM, return 0. The caller then closes what it
 * opened and calls daemon_end. */
int daemon_run(struct daemon *d);
void daemon_end(struct daemon *d);

#endif
