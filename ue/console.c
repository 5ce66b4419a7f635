/* SPDX-License-Identifier: Apache-2.0 */
/* One command at a time: a line comes in, its outcome is heard, the next line is taken. */
#include "console.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "xalloc.h"

struct console {
    struct ue *ue;
    struct input *input;
    struct loop_timer *soon, *waiting; /* take the next line; `wait SECONDS` */
    struct steps *steps;               /* what runs */
    bool busy;                         /* a command runs */
    bool waits_for_ever;
    bool failed;
};

typedef void command_fn(struct console *c, const char *argument);

static command_fn do_attach, do_activate, do_register, do_watch, do_deregister, do_deactivate,
    do_detach, do_status, do_wait, do_help, do_quit;

static const struct command {
    const char *name;
    command_fn *fn;
} commands[] = {
    {"attach",     do_attach    },
    {"activate",   do_activate  },
    {"register",   do_register  },
    {"watch",      do_watch     },
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
           "  watch        wait until the network has told what is registered (NOTIFY)\n"
           "  deregister   end the registration\n"
           "  deactivate   give the address back (de-registers first)\n"
           "  detach       leave the SGSN (de-registers and deactivates first)\n"
           "  status       what is, several lines\n"
           "  wait [S]     S seconds; without S until something is lost, or SIGTERM\n"
           "  quit         switch off; the end of the input does the same\n";
}

static void on_soon(void *arg);

static void take_next_soon(struct console *c)
{
    if (!c->soon && !c->busy)
        c->soon = loop_after(c->ue->loop, 0, on_soon, c);
}

static void show_prompt(const struct console *c)
{
    if (input_is_keyboard(c->input))
        printf("ue> ");
    fflush(stdout);
}

/* A sentence may quote the network, and a screen obeys escape sequences. */
static void say(const char *before, const char *sentence)
{
    printf("%s", before);
    log_harmless(stdout, sentence);
    printf("\n");
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

    say("", sentence);
    conclude(c, err == 0);
}

/* Nobody asked for this: a registration is lost. */
static void on_notice(void *arg, const char *sentence)
{
    struct console *c = arg;

    say(input_is_keyboard(c->input) && !c->busy ? "\r" : "", sentence);
    if (c->waits_for_ever)
        conclude(c, false);
    else if (!c->busy)
        show_prompt(c);
    fflush(stdout);
}

/* A script wants one sentence a command; somebody who sits there wants to know what goes on. */
static void on_delay(void *arg, const char *sentence)
{
    struct console *c = arg;

    if (input_is_keyboard(c->input) && c->busy)
        say("... ", sentence);
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

static void do_watch(struct console *c, const char *argument)
{
    (void)argument;
    reg_event_begin(c->ue, on_outcome, c);
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
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)argument;
    printf("status: %s is %s\n", c->ue->terminal->name, levels[steps_level(c->ue)]);
    if (out) {
        ue_print(c->ue, out);
        fclose(out);
        log_harmless(stdout, text);
        free(text);
    }
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

static void do_quit(struct console *c, const char *argument)
{
    (void)argument;
    input_end(c->input);
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
    char line[INPUT_LINE];

    c->soon = NULL;
    if (c->busy)
        return;
    if (c->failed && input_is_script(c->input))
        input_end(c->input); /* the first failure is the last command */
    if (input_take(c->input, line))
        run(c, line);
    else if (input_is_over(c->input))
        loop_stop(c->ue->loop);
    else
        show_prompt(c);
    fflush(stdout);
}

static void on_more(void *arg)
{
    take_next_soon(arg);
}

struct console *console_open(struct ue *ue, int argc, char **argv)
{
    struct console *c = xzalloc(sizeof *c);

    c->ue = ue;
    ue->notice = on_notice;
    ue->delay = on_delay;
    ue->notice_arg = c;
    c->input = input_open(ue->loop, argc, argv, on_more, c);
    return c;
}

int console_close(struct console *c)
{
    int status = c->failed;

    /* a command that was cut off did not succeed, except waiting */
    if (c->busy && !c->waits_for_ever && !c->waiting)
        status = 1;
    steps_cancel(&c->steps);
    input_close(c->input);
    loop_cancel(&c->soon);
    loop_cancel(&c->waiting);
    c->ue->notice = c->ue->delay = NULL;
    free(c);
    return status;
}
