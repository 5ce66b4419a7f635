/* SPDX-License-Identifier: Apache-2.0 */
/* A state file that is appended to, one state_line at each change, so that a killed process loses
 * nothing, and written anew, a few lines at a time, when most of it is out of date. 0600, never
 * through a symbolic link. A line is in the kernel's hands when a call returns (kill -9 loses
 * none); it is not forced onto the disk. */
#ifndef IMSLAB_STATE_LOG_H
#define IMSLAB_STATE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "state_line.h"
#include "why.h"

struct state_log;

/* state_log_open - open or make the file.
 * header  its first line, without newline: what it is, and the version of its form
 * returns 0; -EPERM others than the owner may use it, or it is not ours; -ELOOP it is a symbolic
 *         link; -EINVAL another header; -errno; *why says it */
int state_log_open(struct state_log **log, const char *path, const char *header, struct why *why);
void state_log_close(struct state_log *); /* NULL is fine */

/* state_log_load - give each line whose sum is right, the sum cut off, to fn; fn says whether it
 * can use it. Returns how many could not be used; *first is the number of the first of them. */
typedef bool state_log_fn(void *arg, char *line);
size_t state_log_load(struct state_log *, state_log_fn *fn, void *arg, size_t *first);

/* state_log_append - finish the line and append it. 0 or -errno (-EMSGSIZE: too long); a line that
 * could be written in part only is made harmless by the next. */
int state_log_append(struct state_log *, struct state_line *);

/* state_log_has_grown - whether three of four lines say nothing any more. The new file: begin, a
 * copy for everything that is live, then commit, which puts it in the place of the old one;
 * meanwhile state_log_append writes to both. 0 or -errno; after a failure the old one goes on. */
bool state_log_has_grown(const struct state_log *);
int state_log_begin(struct state_log *);
int state_log_copy(struct state_log *, struct state_line *);
int state_log_commit(struct state_log *);

#endif
