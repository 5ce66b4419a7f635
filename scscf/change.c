/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of a set is called. Who hears of it: reg event and third-party REGISTER, whose
 * rooms take the functions below. */
#include "change.h"

#include <stddef.h>

#include "log.h"

const char *change_text(enum change change)
{
    static const char *const texts[] = {
        [CHANGE_REGISTERED] = "registered", [CHANGE_CREATED] = "created",
        [CHANGE_REFRESHED] = "refreshed",   [CHANGE_SHORTENED] = "shortened",
        [CHANGE_EXPIRED] = "expired",       [CHANGE_DEACTIVATED] = "deactivated",
        [CHANGE_PROBATION] = "probation",   [CHANGE_UNREGISTERED] = "unregistered",
        [CHANGE_REJECTED] = "rejected",
    };

    return texts[change];
}

void changed(struct scscf *scscf, struct registration *reg, const struct binding *ended,
             enum change change, const struct change_cause *cause)
{
    (void)scscf;
    (void)reg;
    (void)ended;
    log_arrow_at(LEVEL_DEBUG, cause->call, "==", NULL, "changed", "event", change_text(change),
                 NULL);
}

void watchers_free(struct watcher *watchers)
{
    (void)watchers;
}

struct watcher *watcher_next(const struct watcher *watcher)
{
    (void)watcher;
    return NULL;
}

const char *watcher_id(const struct watcher *watcher)
{
    (void)watcher;
    return "";
}

void watcher_write(struct scscf *scscf, const struct watcher *watcher, struct state_line *line)
{
    (void)scscf;
    (void)watcher;
    (void)line;
}

bool watcher_read(struct scscf *scscf, struct registration *reg, const char *id, const char *line)
{
    (void)scscf;
    (void)reg;
    (void)id;
    (void)line;
    return false;
}
