/* SPDX-License-Identifier: Apache-2.0 */
#include "state_log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state_file.h"
#include "xalloc.h"

#define SLACK 1000 /* lines that a file may have for nothing */

struct state_log {
    char path[PATH_MAX], fresh[PATH_MAX];
    char header[64]; /* with its newline */
    int fd;
    int new_fd;   /* -1: no new file under way */
    size_t lines; /* in the file */
    size_t live;  /* of them when it was written anew */
    size_t new_lines;
    bool torn; /* the last line may have no end */
};

/* ---- open ---- */

/* A new file gets its header; an old one must have it, and a last line that was cut off is closed.
 */
static int check_header(struct state_log *log, struct why *why)
{
    char text[sizeof log->header];
    size_t len = strlen(log->header);
    ssize_t n = pread(log->fd, text, len, 0);
    off_t end = lseek(log->fd, 0, SEEK_END);
    int err = 0;

    if (n < 0 || end < 0)
        return why_set(why, errno, "cannot read '%s': %s", log->path, why_not(errno));
    if ((size_t)n < len && memcmp(text, log->header, n) == 0) /* killed before it had one */
        err = ftruncate(log->fd, 0) < 0 ? -errno : state_file_put(log->fd, log->header, len);
    else if ((size_t)n < len || memcmp(text, log->header, len) != 0)
        return why_set(why, EINVAL, "'%s' is not a file of the form '%.*s'", log->path,
                       (int)len - 1, log->header);
    else if (pread(log->fd, text, 1, end - 1) == 1 && *text != '\n')
        err = state_file_put(log->fd, "\n", 1);
    if (err)
        return why_set(why, -err, "cannot write '%s': %s", log->path, why_not(err));
    return 0;
}

int state_log_open(struct state_log **out, const char *path, const char *header, struct why *why)
{
    struct state_log *log = xzalloc(sizeof *log);
    int err;

    log->new_fd = -1;
    snprintf(log->header, sizeof log->header, "%s\n", header);
    if ((size_t)snprintf(log->path, sizeof log->path, "%s", path) >= sizeof log->path - 4) {
        free(log);
        return why_set(why, ENAMETOOLONG, "the name of the state file is too long");
    }
    snprintf(log->fresh, sizeof log->fresh, "%.*s.new", (int)sizeof log->fresh - 5, path);
    log->fd = state_file_open(path, why);
    err = log->fd < 0 ? log->fd : check_header(log, why);
    if (err) {
        state_log_close(log);
        return err;
    }
    *out = log;
    return 0;
}

static void abandon(struct state_log *log)
{
    if (log->new_fd < 0)
        return;
    close(log->new_fd);
    log->new_fd = -1;
    unlink(log->fresh);
}

void state_log_close(struct state_log *log)
{
    if (!log)
        return;
    abandon(log);
    if (log->fd >= 0)
        close(log->fd);
    free(log);
}

/* ---- read ---- */

size_t state_log_load(struct state_log *log, state_log_fn *fn, void *arg, size_t *first)
{
    FILE *f = fopen(log->path, "re");
    char *line = NULL;
    size_t room = 0, bad = 0;
    ssize_t len;

    *first = 0;
    log->lines = 0;
    while (f && (len = getline(&line, &room, f)) > 0) {
        if (line[len - 1] == '\n')
            line[--len] = 0;
        if (log->lines++ == 0 || len == 0) /* the header; what closed a line that was cut off */
            continue;
        if (strlen(line) == (size_t)len && line_check(line) && fn(arg, line))
            continue;
        if (bad++ == 0)
            *first = log->lines;
    }
    free(line);
    if (f)
        fclose(f);
    return bad;
}

/* ---- write ---- */

int state_log_append(struct state_log *log, struct state_line *line)
{
    int err = line_end(line) ? 0 : -EMSGSIZE;

    if (!err && log->torn)
        err = state_file_put(log->fd, "\n", 1);
    if (!err) {
        err = state_file_put(log->fd, line->text, line->len);
        log->torn = err != 0;
    }
    if (!err && log->new_fd >= 0 && state_file_put(log->new_fd, line->text, line->len) < 0)
        abandon(log); /* the old one has it */
    log->lines++;
    log->new_lines++;
    line_wipe(line);
    return err;
}

bool state_log_has_grown(const struct state_log *log)
{
    return log->new_fd < 0 && log->lines > SLACK + 4 * log->live;
}

int state_log_begin(struct state_log *log)
{
    int err;

    abandon(log);
    log->lines = 0; /* not at once again after a failure */
    log->new_lines = 1;
    err = state_file_new(log->fresh);
    if (err < 0)
        return err;
    log->new_fd = err;
    err = state_file_put(log->new_fd, log->header, strlen(log->header));
    if (err)
        abandon(log);
    return err;
}

int state_log_copy(struct state_log *log, struct state_line *line)
{
    int err = line_end(line) ? 0 : -EMSGSIZE;

    if (log->new_fd < 0)
        err = -EBADF;
    if (!err)
        err = state_file_put(log->new_fd, line->text, line->len);
    log->new_lines++;
    line_wipe(line);
    if (err)
        abandon(log);
    return err;
}

int state_log_commit(struct state_log *log)
{
    if (log->new_fd < 0)
        return -EBADF;
    if (rename(log->fresh, log->path) < 0) {
        int err = -errno;

        abandon(log);
        return err;
    }
    close(log->fd);
    log->fd = log->new_fd;
    log->new_fd = -1;
    log->lines = log->live = log->new_lines;
    log->torn = false;
    return 0;
}
