/* SPDX-License-Identifier: Apache-2.0 */
/* gprs-stub: SGSN and GGSN of the lab, in one process (--role both) or two. Each has its own
 * address and sockets; they speak GTP to each other like strangers. */
#include <string.h>

#include "daemon.h"
#include "ggsn.h"
#include "sgsn.h"

struct roles {
    struct sgsn *sgsn;
    struct ggsn *ggsn;
};

static void live(void *arg, FILE *out)
{
    const struct roles *roles = arg;

    if (roles->sgsn)
        sgsn_live(roles->sgsn, out);
    if (roles->ggsn)
        ggsn_live(roles->ggsn, out);
}

static void open_roles(struct roles *roles, struct daemon *d, bool sgsn, bool ggsn)
{
    struct why why;

    if (ggsn) {
        log_as(d->conf.ggsn.element.name);
        if (ggsn_open(&roles->ggsn, d->loop, &d->conf, &why) < 0)
            daemon_die("%s", why.text);
    }
    if (sgsn) { /* in "both" the SGSN's name stays: what the GGSN does, its path says as "ggsn" */
        log_as(d->conf.sgsn.element.name);
        if (sgsn_open(&roles->sgsn, d->loop, &d->conf, &why) < 0)
            daemon_die("%s", why.text);
    }
}

int main(int argc, char **argv)
{
    struct daemon d = {
        .program = "gprs-stub",
        .about =
            "SGSN and GGSN of the lab: GPRS attach, PDP contexts, addresses, P-CSCF discovery.",
        .extra = "      --role ROLE      sgsn, ggsn or both (default)\n",
        .conf_flags = CONF_SIMS,
    };
    struct roles roles = {0};
    bool sgsn, ggsn, both;
    int rc;

    daemon_start(&d, argc, argv);
    both = !d.role || strcmp(d.role, "both") == 0;
    sgsn = both || strcmp(d.role, "sgsn") == 0;
    ggsn = both || strcmp(d.role, "ggsn") == 0;
    if (!sgsn && !ggsn) {
        fprintf(stderr, "gprs-stub: --role must be sgsn, ggsn or both, got '%s'\n", d.role);
        daemon_end(&d);
        return 2;
    }
    open_roles(&roles, &d, sgsn, ggsn);
    daemon_on_live(&d, live, &roles);
    rc = daemon_run(&d);
    sgsn_close(roles.sgsn);
    ggsn_close(roles.ggsn);
    daemon_end(&d);
    return rc;
}
