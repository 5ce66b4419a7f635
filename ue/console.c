/* SPDX-License-Identifier: Apache-2.0 */
/* One command at a time: a line comes in, its outcome is heard, the next line is taken. A pipe and
 * a keyboard are watched by the loop; a regular file or /dev/null, which no loop can watch, is read
 * at once. */
#include "console.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xalloc.h"

enum { LINE = 512, SCRIPT = 65536 };

struct line {
    struct line *next;
    char text[LINE];
};

struct console {
    struct ue *ue;
    struct loop_watch *input;
    struct loop_timer *soon, *waiting; /* take the next line; `wait SECONDS` */
    struct steps *steps;               /* what runs */
    struct line *first, **last;        /* lines to be done */
    char partial[LINE];                /* read, but no newline yet */
    size_t partial_len;
    bool too_long; /* the rest of an endless line is thrown away */
    bool ended;    /* no more lines will come */
    bool busy;     /* a command runs */
    bool waits_for_ever;
    bool strict; /* the first failure is the last command */
    bool prompt;
    bool failed;
};

typedef void command_fn(struct console *c, const char *argument);

static command_fn do_attach, do_activate, do_register, do_deregister, do_deactivate, do_detach,
    do_status, do_wait, do_help, do_quit;

static const struct command {
    const char *name;
    command_fn *fn;
} commands[] = {
    {"attach",     do_attach    },
    {"activate",   do_activate  },
    {"register",   do_register  },
    {"deregister", do_deregister},
    {"deactivate", do_deactivate},
    {"detach",     do_detach    },
    {"status",     do_status    },
    {"wait",       do_wait      },
    {"help",       do_help      },
    {"quit",       do_quit      },
};

const char *console_help(void)
{
    return "\ncommands (after the options, or on standard input):\n"
           "  attach       GPRS attach at the SGSN\n"
           "  activate     activate the PDP context: an address, the P-CSCF (attaches first)\n"
           "  register     register in the IMS (activates first); registered already: renew it\n"
           "  deregister   end the registration\n"
           "  deactivate   give the address back (de-registers first)\n"
           "  detach       leave the SGSN (de-registers and deactivates first)\n"
           "  status       what is, several lines\n"
           "  wait [S]     S seconds; without S until something is lost, or SIGTERM\n"
           "  quit         switch off; the end of the input does the same\n";
}

static void on_soon(void *arg);
static void on_input(void *arg, int fd, unsigned what);

static void take_next_soon(struct console *c)
{
    if (!c->soon && !c->busy)
        c->soon = loop_after(c->ue->loop, 0, on_soon, c);
}

static void show_prompt(const struct console *c)
{
    if (c->prompt)
        printf("ue> ");
    fflush(stdout);
}

/* A command is over. */
static void conclude(struct console *c, bool good)
{
    c->busy = c->waits_for_ever = false;
    loop_cancel(&c->waiting);
    if (!good)
        c->failed = true;
    take_next_soon(c);
}

static void on_outcome(void *arg, int err, const char *sentence)
{
    struct console *c = arg;

    printf("%s\n", sentence);
    conclude(c, err == 0);
}

/* Nobody asked for this: a registration is lost. */
static void on_notice(void *arg, const char *sentence)
{
    struct console *c = arg;

    printf("%s%s\n", c->prompt && !c->busy ? "\r" : "", sentence);
    if (c->waits_for_ever)
        conclude(c, false);
    else if (!c->busy)
        show_prompt(c);
    fflush(stdout);
}

static void do_attach(struct console *c, const char *argument)
{
    (void)argument;
    steps_up(&c->steps, c->ue, UE_ATTACHED, on_outcome, c);
}

static void do_activate(struct console *c, const char *argument)
{
    (void)argument;
    steps_up(&c->steps, c->ue, UE_ACTIVE, on_outcome, c);
}

static void do_register(struct console *c, const char *argument)
{
    (void)argument;
    steps_up(&c->steps, c->ue, UE_REGISTERED, on_outcome, c);
}

static void do_deregister(struct console *c, const char *argument)
{
    (void)argument;
    steps_down(&c->steps, c->ue, UE_REGISTERED, on_outcome, c);
}

static void do_deactivate(struct console *c, const char *argument)
{
    (void)argument;
    steps_down(&c->steps, c->ue, UE_ACTIVE, on_outcome, c);
}

static void do_detach(struct console *c, const char *argument)
{
    (void)argument;
    steps_down(&c->steps, c->ue, UE_ATTACHED, on_outcome, c);
}

static void do_status(struct console *c, const char *argument)
{
    static const char *const levels[] = {"off", "attached", "active", "registered"};

    (void)argument;
    printf("status: %s is %s\n", c->ue->terminal->name, levels[steps_level(c->ue)]);
    ue_print(c->ue, stdout);
    conclude(c, true);
}

static void on_waited(void *arg)
{
    struct console *c = arg;

    c->waiting = NULL;
    conclude(c, true);
}

static void do_wait(struct console *c, const char *argument)
{
    unsigned long s;
    char *end;

    if (!*argument) {
        c->waits_for_ever = true;
        return;
    }
    s = strtoul(argument, &end, 10);
    if (!isdigit((unsigned char)*argument) || *end || s > 1000000) {
        printf("failed: 'wait' takes seconds up to 1000000, got '%s'\n", argument);
        conclude(c, false);
        return;
    }
    c->waiting = loop_after(c->ue->loop, s * 1000, on_waited, c);
}

static void do_help(struct console *c, const char *argument)
{
    (void)argument;
    printf("%s", console_help());
    conclude(c, true);
}

static void end_input(struct console *c)
{
    loop_unwatch(&c->input);
    c->ended = true;
}

static void do_quit(struct console *c, const char *argument)
{
    struct line *line;

    (void)argument;
    end_input(c);
    while ((line = c->first)) {
        c->first = line->next;
        free(line);
    }
    c->last = &c->first;
    conclude(c, true);
}

static void run(struct console *c, char *text)
{
    char *word = text + strspn(text, " \t\r"), *argument;

    word[strcspn(word, "#")] = 0;
    for (size_t len = strlen(word); len && isspace((unsigned char)word[len - 1]);)
        word[--len] = 0;
    if (!*word) {
        take_next_soon(c);
        return;
    }
    argument = word + strcspn(word, " \t");
    if (*argument)
        *argument++ = 0;
    argument += strspn(argument, " \t");
    c->busy = true;
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(commands[i].name, word) == 0) {
            commands[i].fn(c, argument);
            return;
        }
    }
    printf("failed: no command '%s'; 'help' lists them\n", word);
    conclude(c, false);
}

static void on_soon(void *arg)
{
    struct console *c = arg;
    struct line *line = c->first;

    c->soon = NULL;
    if (c->busy)
        return;
    if (!line || (c->strict && c->failed)) {
        if (c->ended)
            loop_stop(c->ue->loop);
        else
            show_prompt(c);
        return;
    }
    c->first = line->next;
    if (!c->first)
        c->last = &c->first;
    run(c, line->text);
    fflush(stdout);
    free(line);
}

static void add_line(struct console *c, const char *text)
{
    struct line *line = xzalloc(sizeof *line);

    snprintf(line->text, sizeof line->text, "%s", text);
    *c->last = line;
    c->last = &line->next;
    take_next_soon(c);
}

static void finish_line(struct console *c)
{
    c->partial[c->partial_len] = 0;
    c->partial_len = 0;
    if (c->too_long)
        snprintf(c->partial, sizeof c->partial, "(a line of more than %d characters)", LINE - 1);
    c->too_long = false;
    add_line(c, c->partial);
}

static void add_octets(struct console *c, const char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (octets[i] == '\n')
            finish_line(c);
        else if (c->partial_len + 1 < sizeof c->partial)
            c->partial[c->partial_len++] = isprint((unsigned char)octets[i]) ? octets[i] : ' ';
        else
            c->too_long = true;
    }
}

static void on_end_of_input(struct console *c)
{
    if (c->partial_len)
        finish_line(c);
    end_input(c);
    take_next_soon(c);
}

static void on_input(void *arg, int fd, unsigned what)
{
    struct console *c = arg;
    char buf[1024];
    ssize_t n = read(fd, buf, sizeof buf);

    (void)what;
    if (n > 0)
        add_octets(c, buf, n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        on_end_of_input(c);
}

static void read_at_once(struct console *c)
{
    char buf[4096];
    size_t all = 0;
    ssize_t n;

    while (all < SCRIPT && (n = read(STDIN_FILENO, buf, sizeof buf)) > 0) {
        add_octets(c, buf, n);
        all += n;
    }
    on_end_of_input(c);
}

static void open_stdin(struct console *c)
{
    struct stat st;

    c->prompt = isatty(STDIN_FILENO);
    if (fstat(STDIN_FILENO, &st) == 0 &&
        (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || c->prompt))
        c->input = loop_watch(c->ue->loop, STDIN_FILENO, LOOP_READ, on_input, c);
    else
        read_at_once(c);
    take_next_soon(c);
}

static void add_arguments(struct console *c, int argc, char **argv)
{
    char text[LINE];

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "wait") == 0 && i + 1 < argc && isdigit((unsigned char)*argv[i + 1])) {
            snprintf(text, sizeof text, "wait %s", argv[++i]);
            add_line(c, text);
        } else {
            add_line(c, argv[i]);
        }
    }
    c->strict = c->ended = true;
}

struct console *console_open(struct ue *ue, int argc, char **argv)
{
    struct console *c = xzalloc(sizeof *c);

    c->ue = ue;
    c->last = &c->first;
    ue->notice = on_notice;
    ue->notice_arg = c;
    if (argc > 0)
        add_arguments(c, argc, argv);
    else
        open_stdin(c);
    return c;
}

int console_close(struct console *c)
{
    int status = c->failed;
    struct line *line;

    /* a command that was cut off did not succeed, except waiting */
    if (c->busy && !c->waits_for_ever && !c->waiting)
        status = 1;
    steps_cancel(&c->steps);
    loop_unwatch(&c->input);
    loop_cancel(&c->soon);
    loop_cancel(&c->waiting);
    while ((line = c->first)) {
        c->first = line->next;
        free(line);
    }
    c->ue->notice = NULL;
    free(c);
    return status;
}
