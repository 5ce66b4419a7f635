/* SPDX-License-Identifier: Apache-2.0 */
/* A line to a running daemon and a line back, for what an operator asks and no protocol has a
 * message for: a UNIX socket below state_dir (0600), which `./lab` speaks to. */
#ifndef IMSLAB_CONTROL_H
#define IMSLAB_CONTROL_H

#include <stddef.h>

#include "loop.h"
#include "why.h"

struct control;

/* control_fn - one line (without its end) came; write the answer, one line without its end. From
 * the loop. */
typedef void control_fn(void *env, const char *line, char *answer, size_t size);

/* control_open - listen at path; what was left there by one that was killed is removed. NULL and
 * *why: no such directory, not ours to write. control_close: NULL is fine. */
struct control *control_open(struct loop *loop, const char *path, control_fn *fn, void *env,
                             struct why *why);
void control_close(struct control *control);

#endif
