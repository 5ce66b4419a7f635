/* SPDX-License-Identifier: Apache-2.0 */
/* The small file that a program remembers a number in: read at its start, replaced as a whole
 * whenever the number changes, so that it is never half of one. 0600, and never through a symbolic
 * link: whoever may write the directory shall not choose what else is read or written. */
#ifndef IMSLAB_STATE_FILE_H
#define IMSLAB_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "why.h"

/* state_file_dir - make the directory (0700) unless it is there. 0, or -errno and *why. */
int state_file_dir(const char *dir, struct why *why);
/* state_file_read - open it. NULL: errno says why; ENOENT: nothing is remembered yet, ELOOP: it is
 * a symbolic link. The caller closes it. */
FILE *state_file_read(const char *file);
/* state_file_write - replace it with text, by way of "FILE.new". durable: it is on the disk before
 * this returns (fsync). 0 or -errno; then the old file is as it was. */
int state_file_write(const char *file, const char *text, size_t len, bool durable);

/* For files that are appended to. The caller closes what is opened.
 * state_file_open - open or make the file; what is read and appended stands in it.
 * returns a descriptor; -EPERM others than the owner may use it, or it is not ours; -ELOOP it is a
 *         link; -errno; *why says it */
int state_file_open(const char *file, struct why *why);
/* state_file_new - a new, empty file in the place of whatever an earlier life left there. A
 * descriptor, or -errno. */
int state_file_new(const char *file);
/* state_file_put - the whole text, at the end. 0 or -errno; then a part of it may stand there. */
int state_file_put(int fd, const char *text, size_t len);

#endif
