/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator asks of the S-CSCF while it runs (common/control.h), because Cx has no command
 * for it: one line, one line back.
 *
 *   reauthenticate IMPU   its terminals have to register again, and are challenged (24.229 5.4.1.6)
 *   deregister IMPU       its registrations end; the HSS and the terminals are told (5.4.1.5)
 */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "log.h"
#include "network.h"
#include "scscf.h"

static const struct change_cause operator_asks = {.call = "-"};

static void reauthenticate(struct scscf *scscf, struct registration *reg, char *answer, size_t size)
{
    snprintf(answer, size, "%zu contacts have to authenticate again within %u s",
             network_reauthenticate(scscf, reg, NULL, &operator_asks), scscf->me->reauth_expires_s);
}

static void deregister(struct scscf *scscf, struct registration *reg, char *answer, size_t size)
{
    network_deregister(scscf, reg, CHANGE_DEACTIVATED, &operator_asks);
    snprintf(answer, size, "de-registered, and the terminals are asked to register anew");
}

static const struct {
    const char *word;
    void (*run)(struct scscf *, struct registration *, char *answer, size_t size);
} words[] = {
    {"reauthenticate ", reauthenticate},
    {"deregister ",     deregister    },
};

void control_serve(void *env, const char *line, char *answer, size_t size)
{
    struct scscf *scscf = env;

    log_info(NULL, "an operator asks: %s", line);
    snprintf(answer, size, "not understood: reauthenticate IMPU, deregister IMPU");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *impu = line + strlen(words[i].word);
        struct registration *reg;

        if (strncmp(line, words[i].word, strlen(words[i].word)) != 0)
            continue;
        reg = registrar_find(&scscf->registrar, impu);
        if (reg)
            words[i].run(scscf, reg, answer, size);
        else
            snprintf(answer, size, "%.200s is not registered here", impu);
    }
}
