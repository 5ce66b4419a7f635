/* SPDX-License-Identifier: Apache-2.0 */
/* The restart counter: TS 23.007 wants it to differ after every start, so it lives in a file. */
#include <errno.h>

#include "gtp1_path.h"
#include "state_file.h"

static int read_counter(const char *name, uint8_t *counter)
{
    char text[8] = "";
    unsigned value = 0;
    FILE *f = state_file_read(name);

    *counter = 0;
    if (!f)
        return errno == ENOENT ? 0 : -errno;
    if (fgets(text, sizeof text, f) && sscanf(text, "%3u", &value) == 1)
        *counter = value; /* a file that makes no sense counts from 0 */
    fclose(f);
    return 0;
}

int gtp_restart_counter(const char *dir, const char *file, uint8_t *counter, struct why *why)
{
    char name[520], text[8];
    int rc = state_file_dir(dir, why);

    if (rc < 0)
        return rc;
    snprintf(name, sizeof name, "%s/%s", dir, file);
    rc = read_counter(name, counter);
    if (rc < 0)
        return why_set(why, -rc, "cannot read the restart counter '%s': %s", name, why_not(rc));
    ++*counter;
    rc = state_file_write(name, text, snprintf(text, sizeof text, "%u\n", *counter), true);
    if (rc < 0)
        return why_set(why, -rc, "cannot write the restart counter '%s': %s", name, why_not(rc));
    return 0;
}
