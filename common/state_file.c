/* SPDX-License-Identifier: Apache-2.0 */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

int state_file_dir(const char *dir, struct why *why)
{
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return why_set(why, errno, "cannot make the state directory '%s': %s", dir, why_not(errno));
    return 0;
}

FILE *state_file_read(const char *file)
{
    int fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

    if (fd >= 0 && !f)
        close(fd);
    return f;
}

static int put(int fd, const char *text, size_t len, bool durable)
{
    ssize_t n = write(fd, text, len);

    if (n < 0)
        return -errno;
    if ((size_t)n != len)
        return -ENOSPC;
    return durable && fsync(fd) < 0 ? -errno : 0;
}

int state_file_write(const char *file, const char *text, size_t len, bool durable)
{
    char fresh[PATH_MAX];
    int fd, err;

    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", file) >= sizeof fresh)
        return -ENAMETOOLONG;
    unlink(fresh); /* what an earlier life left, whatever it is */
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    err = put(fd, text, len, durable);
    if (close(fd) < 0 && !err)
        err = -errno;
    if (!err && rename(fresh, file) < 0)
        err = -errno;
    return err;
}
