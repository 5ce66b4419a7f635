/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static const struct option options[] = {
    {"config",    required_argument, NULL, 'c'},
    {"name",      required_argument, NULL, 'n'},
    {"role",      required_argument, NULL, 'r'},
    {"log",       required_argument, NULL, 'l'},
    {"state-dir", required_argument, NULL, 's'},
    {"check",     no_argument,       NULL, 'k'},
    {"help",      no_argument,       NULL, 'h'},
    {"version",   no_argument,       NULL, 'v'},
    {NULL,        0,                 NULL, 0  },
};

static const char *const levels[] = {"error", "warn", "info", "debug"};
static enum log_level log_level = LEVEL_INFO;

static void help(const struct daemon *d)
{
    printf(
        "usage: %s -c FILE [options]\n%s\n\n"
        "  -c, --config FILE    the lab's configuration (conf/lab.yaml)\n"
        "  -n, --name NAME      which element of the configuration this is (default: the first)\n"
        "      --state-dir DIR  where state is kept (default: state_dir of the configuration)\n"
        "      --log LEVEL      error, warn, info (default) or debug\n"
        "      --check          check the configuration and exit\n"
        "      --help           this text\n"
        "      --version        the version\n%s"
        "\nSIGTERM ends it, SIGUSR1 prints every live transaction.\n",
        d->program, d->about, d->extra ? d->extra : "");
}

static void bad_usage(const struct daemon *d, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

static void bad_usage(const struct daemon *d, const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "%s: ", d->program);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    exit(2);
}

static void set_level(const struct daemon *d, const char *text)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(text, levels[i]) == 0) {
            log_level = i;
            return;
        }
    }
    bad_usage(d, "--log must be error, warn, info or debug, got '%s'", text);
}

enum log_level daemon_log_level(void)
{
    return log_level;
}

static void on_end(void *arg, int sig)
{
    struct daemon *d = arg;

    (void)sig;
    loop_stop(d->loop);
}

/* In one piece: other threads log meanwhile. */
static void write_harmless(const char *text)
{
    char *piece = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&piece, &len);

    if (!out)
        return;
    log_harmless(out, text);
    if (fclose(out) == 0)
        fwrite(piece, 1, len, stderr);
    free(piece);
}

static void on_usr1(void *arg, int sig)
{
    struct daemon *d = arg;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)sig;
    if (!out)
        return;
    fprintf(out, "live: %s\n", log_element());
    if (d->live)
        d->live(d->live_arg, out);
    fprintf(out, "live: end\n");
    if (fclose(out) == 0)
        write_harmless(text);
    free(text);
}

/* What the command line says; anything wrong ends the process with 2. */
static const char *parse(struct daemon *d, int argc, char **argv, const char **state_dir,
                         bool *check)
{
    const char *file = NULL;
    int c;

    while ((c = getopt_long(argc, argv, "+c:n:", options, NULL)) != -1) {
        switch (c) {
        case 'c': file = optarg; break;
        case 'n': d->name = optarg; break;
        case 'r': d->role = optarg; break;
        case 'l': set_level(d, optarg); break;
        case 's': *state_dir = optarg; break;
        case 'k': *check = true; break;
        case 'h': help(d); exit(0);
        case 'v': printf("%s (imslab) %s\n", d->program, IMSLAB_VERSION); exit(0);
        default: bad_usage(d, "try '%s --help'", d->program);
        }
    }
    if (!file)
        bad_usage(d, "no configuration: -c FILE is missing");
    d->argc = argc - optind;
    d->argv = argv + optind;
    return file;
}

void daemon_start(struct daemon *d, int argc, char **argv)
{
    const char *file, *state_dir = NULL;
    bool check = false;
    struct why why;

    file = parse(d, argc, argv, &state_dir, &check);
    if (conf_load(&d->conf, file, d->conf_flags, &why) < 0)
        bad_usage(d, "%s", why.text);
    if (state_dir)
        snprintf(d->conf.state_dir, sizeof d->conf.state_dir, "%s", state_dir);
    if (check) {
        printf("%s: %s is fine\n", d->program, file);
        exit(0);
    }
    log_open(d->name ? d->name : d->program, log_level);
    signal(SIGPIPE, SIG_IGN);
    d->loop = loop_new();
    loop_signal(d->loop, SIGTERM, on_end, d);
    loop_signal(d->loop, SIGINT, on_end, d);
    loop_signal(d->loop, SIGUSR1, on_usr1, d);
}

void daemon_die(const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    why_vprint(text, sizeof text, format, ap);
    va_end(ap);
    log_error(NULL, "%s", text);
    exit(1);
}

void daemon_on_live(struct daemon *d, live_fn *live, void *arg)
{
    d->live = live;
    d->live_arg = arg;
}

int daemon_run(struct daemon *d)
{
    log_ready();
    return loop_run(d->loop) == 0 ? 0 : 1;
}

void daemon_end(struct daemon *d)
{
    loop_free(d->loop);
    conf_free(&d->conf);
}
