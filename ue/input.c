/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for the console. A pipe and a keyboard are watched by the loop; a regular file or
 * /dev/null, which no loop can watch, is read at once. */
#include "input.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xalloc.h"

enum { FILE_MOST = 65536 };

struct line {
    struct line *next;
    char text[INPUT_LINE];
};

struct input {
    struct loop_watch *watch;
    struct line *first, **last;
    char partial[INPUT_LINE]; /* read, but no newline yet */
    size_t partial_len;
    bool too_long; /* the rest of an endless line is thrown away */
    bool ended, script, keyboard;
    loop_fn *more;
    void *arg;
};

static void add_line(struct input *in, const char *text)
{
    struct line *line = xzalloc(sizeof *line);

    snprintf(line->text, sizeof line->text, "%s", text);
    *in->last = line;
    in->last = &line->next;
    in->more(in->arg);
}

static void finish_line(struct input *in)
{
    in->partial[in->partial_len] = 0;
    in->partial_len = 0;
    if (in->too_long)
        snprintf(in->partial, sizeof in->partial, "(a line of more than %d characters)",
                 INPUT_LINE - 1);
    in->too_long = false;
    add_line(in, in->partial);
}

static void add_octets(struct input *in, const char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (octets[i] == '\n')
            finish_line(in);
        else if (in->partial_len + 1 < sizeof in->partial)
            in->partial[in->partial_len++] = isprint((unsigned char)octets[i]) ? octets[i] : ' ';
        else
            in->too_long = true;
    }
}

static void end(struct input *in)
{
    if (in->partial_len)
        finish_line(in);
    loop_unwatch(&in->watch);
    in->ended = true;
    in->more(in->arg);
}

static void on_readable(void *arg, int fd, unsigned what)
{
    struct input *in = arg;
    char buf[1024];
    ssize_t n = read(fd, buf, sizeof buf);

    (void)what;
    if (n > 0)
        add_octets(in, buf, n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        end(in);
}

static void read_at_once(struct input *in)
{
    char buf[4096];
    size_t all = 0;
    ssize_t n;

    while (all < FILE_MOST && (n = read(STDIN_FILENO, buf, sizeof buf)) > 0) {
        add_octets(in, buf, n);
        all += n;
    }
    end(in);
}

static bool can_be_watched(const struct input *in)
{
    struct stat st;

    return in->keyboard ||
           (fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)));
}

static void add_arguments(struct input *in, int argc, char **argv)
{
    char text[INPUT_LINE];

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "wait") == 0 && i + 1 < argc && isdigit((unsigned char)*argv[i + 1])) {
            snprintf(text, sizeof text, "wait %s", argv[++i]);
            add_line(in, text);
        } else {
            add_line(in, argv[i]);
        }
    }
    end(in);
}

struct input *input_open(struct loop *loop, int argc, char **argv, loop_fn *more, void *arg)
{
    struct input *in = xzalloc(sizeof *in);

    in->last = &in->first;
    in->more = more;
    in->arg = arg;
    in->script = argc > 0;
    in->keyboard = argc == 0 && isatty(STDIN_FILENO);
    if (in->script)
        add_arguments(in, argc, argv);
    else if (can_be_watched(in))
        in->watch = loop_watch(loop, STDIN_FILENO, LOOP_READ, on_readable, in);
    else
        read_at_once(in);
    if (in->keyboard)
        more(arg); /* for the first prompt */
    return in;
}

void input_close(struct input *in)
{
    input_end(in);
    free(in);
}

bool input_take(struct input *in, char text[INPUT_LINE])
{
    struct line *line = in->first;

    if (!line)
        return false;
    memcpy(text, line->text, INPUT_LINE);
    in->first = line->next;
    if (!in->first)
        in->last = &in->first;
    free(line);
    return true;
}

bool input_is_over(const struct input *in)
{
    return in->ended && !in->first;
}

void input_end(struct input *in)
{
    char text[INPUT_LINE];

    loop_unwatch(&in->watch);
    in->ended = true;
    while (input_take(in, text))
        ;
}

bool input_is_script(const struct input *in)
{
    return in->script;
}

bool input_is_keyboard(const struct input *in)
{
    return in->keyboard;
}
