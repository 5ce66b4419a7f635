/* SPDX-License-Identifier: Apache-2.0 */
/* control.h: one line in, one line out, and the connection is over. Who says nothing holds a place
 * until somebody else wants it. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "xalloc.h"

enum { CLIENTS = 4, LINE = 512 };

struct caller {
    struct control *control;
    struct loop_watch *watch; /* NULL: a free place */
    int fd;
    char line[LINE];
    size_t len;
};

struct control {
    struct loop *loop;
    struct loop_watch *watch;
    int fd;
    char *path;
    control_fn *fn;
    void *env;
    struct caller caller[CLIENTS];
    size_t next; /* whose place is taken when all are */
};

static void hang_up(struct caller *c)
{
    if (!c->watch)
        return;
    loop_unwatch(&c->watch);
    close(c->fd);
}

static void answer(struct caller *c)
{
    char text[LINE] = "";
    size_t len;

    c->control->fn(c->control->env, c->line, text, sizeof text - 1);
    len = strlen(text);
    text[len++] = '\n';
    (void)!send(c->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT); /* it fits, or nobody listens */
    hang_up(c);
}

static void on_readable(void *arg, int fd, unsigned what)
{
    struct caller *c = arg;
    ssize_t n = recv(fd, c->line + c->len, sizeof c->line - 1 - c->len, MSG_DONTWAIT);
    char *end;

    (void)what;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(c);
        return;
    }
    c->len += n;
    c->line[c->len] = '\0';
    end = memchr(c->line, '\n', c->len);
    if (!end && c->len < sizeof c->line - 1)
        return;
    if (!end) {
        hang_up(c); /* no line of ours is so long */
        return;
    }
    *end = '\0';
    answer(c);
}

static void on_caller(void *arg, int fd, unsigned what)
{
    struct control *control = arg;
    struct caller *c = NULL;
    int caller = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)what;
    if (caller < 0)
        return;
    for (size_t i = 0; i < CLIENTS && !c; i++)
        c = control->caller[i].watch ? NULL : &control->caller[i];
    if (!c) {
        c = &control->caller[control->next++ % CLIENTS];
        hang_up(c);
    }
    c->control = control;
    c->fd = caller;
    c->len = 0;
    c->watch = loop_watch(control->loop, caller, LOOP_READ, on_readable, c);
}

/* The path of a socket has 107 characters at most: it is named from its directory. */
static int listen_at(const char *path, int fd)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? xstrdup(path) : xstrdup(".");
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    int dir, rc;

    if (slash)
        folder[slash - path] = '\0';
    dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (dir < 0)
        return -1;
    snprintf(where.sun_path, sizeof where.sun_path, "/proc/self/fd/%d/%.60s", dir,
             slash ? slash + 1 : path);
    unlink(where.sun_path);
    rc = bind(fd, (struct sockaddr *)&where, sizeof where);
    if (rc == 0)
        rc = chmod(where.sun_path, 0600);
    if (rc == 0)
        rc = listen(fd, CLIENTS);
    close(dir);
    return rc;
}

struct control *control_open(struct loop *loop, const char *path, control_fn *fn, void *env,
                             struct why *why)
{
    struct control *control;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || listen_at(path, fd) < 0) {
        why_set(why, errno, "cannot listen on '%s': %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    control = xzalloc(sizeof *control);
    control->loop = loop;
    control->fd = fd;
    control->path = xstrdup(path);
    control->fn = fn;
    control->env = env;
    control->watch = loop_watch(loop, fd, LOOP_READ, on_caller, control);
    return control;
}

void control_close(struct control *control)
{
    if (!control)
        return;
    for (size_t i = 0; i < CLIENTS; i++)
        hang_up(&control->caller[i]);
    loop_unwatch(&control->watch);
    close(control->fd);
    unlink(control->path);
    free(control->path);
    free(control);
}
