/* SPDX-License-Identifier: Apache-2.0 */
/* The restart counter: TS 23.007 wants it to differ after every start, so it lives in a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gtp1_path.h"

static int read_counter(const char *name, uint8_t *counter)
{
    char text[8] = "";
    unsigned value = 0;
    FILE *f = fopen(name, "re");

    *counter = 0;
    if (!f)
        return errno == ENOENT ? 0 : -errno;
    if (fgets(text, sizeof text, f) && sscanf(text, "%3u", &value) == 1)
        *counter = value; /* a file that makes no sense counts from 0 */
    fclose(f);
    return 0;
}

static int write_counter(const char *name, uint8_t counter)
{
    char fresh[600], text[8];
    int fd, len = snprintf(text, sizeof text, "%u\n", counter);
    bool good;

    snprintf(fresh, sizeof fresh, "%s.new", name);
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    good = write(fd, text, len) == len && fsync(fd) == 0;
    close(fd);
    if (!good)
        return -EIO;
    return rename(fresh, name) < 0 ? -errno : 0;
}

int gtp_restart_counter(const char *dir, const char *file, uint8_t *counter, struct why *why)
{
    char name[520];
    int rc;

    if (mkdir(dir, 0755) < 0 && errno != EEXIST)
        return why_set(why, errno, "cannot make the state directory '%s': %s", dir, why_not(errno));
    snprintf(name, sizeof name, "%s/%s", dir, file);
    rc = read_counter(name, counter);
    if (rc < 0)
        return why_set(why, -rc, "cannot read the restart counter '%s': %s", name, why_not(rc));
    ++*counter;
    rc = write_counter(name, *counter);
    if (rc < 0)
        return why_set(why, -rc, "cannot write the restart counter '%s': %s", name, why_not(rc));
    return 0;
}
