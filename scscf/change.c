/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of a set is called. Who hears of it: reg event and third-party REGISTER, whose
 * rooms take the functions below. */
#include "change.h"

#include "log.h"
#include "third_party.h"
#include "watcher.h"

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
    log_arrow_at(LEVEL_DEBUG, cause->call, "==", NULL, "changed", "event", change_text(change),
                 NULL);
    notify_changed(scscf, reg, ended, change, cause);
    third_party_changed(scscf, reg, change, cause);
}
