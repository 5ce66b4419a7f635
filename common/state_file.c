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

int state_file_put(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENOSPC;
        text += n;
        len -= n;
    }
    return 0;
}

int state_file_new(const char *file)
{
    int fd;

    unlink(file);
    fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

int state_file_write(const char *file, const char *text, size_t len, bool durable)
{
    char fresh[PATH_MAX];
    int fd, err;

    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", file) >= sizeof fresh)
        return -ENAMETOOLONG;
    fd = state_file_new(fresh);
    if (fd < 0)
        return fd;
    err = state_file_put(fd, text, len);
    if (!err && durable && fsync(fd) < 0)
        err = -errno;
    if (close(fd) < 0 && !err)
        err = -errno;
    if (!err && rename(fresh, file) < 0)
        err = -errno;
    return err;
}

static int check(int fd, const char *file, struct why *why)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return why_set(why, errno, "cannot look at '%s': %s", file, why_not(errno));
    if (!S_ISREG(st.st_mode))
        return why_set(why, EPERM, "'%s' is no file", file);
    if (st.st_uid != geteuid() || (st.st_mode & 077))
        return why_set(why, EPERM, "'%s' must be ours, and of mode 0600", file);
    return 0;
}

int state_file_open(const char *file, struct why *why)
{
    int fd = open(file, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600), err;

    if (fd < 0)
        return why_set(why, errno, "cannot open the state file '%s': %s", file, why_not(errno));
    err = check(fd, file, why);
    if (err)
        close(fd);
    return err ? err : fd;
}
