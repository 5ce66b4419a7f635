/* SPDX-License-Identifier: Apache-2.0 */
/* The sims file: the cards' keys, apart from lab.yaml and for the owner's eyes only. No sentence
 * written here or below shows a value of it. */
#include "conf_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "milenage.h"
#include "xalloc.h"

/* OPc is what is used (TS 35.206); a file may give OP, which was read to the same place. */
static int derive_opc(struct conf_sim *sim, const struct conf_source *sims, struct why *why)
{
    uint8_t op[16];

    if (sim->from_op && conf_source_has(sims, sim, "opc"))
        return conf_source_bad(sims, why, sim, "op", "'opc' and 'op' are both here: keep one");
    if (!sim->from_op && !conf_source_has(sims, sim, "opc"))
        return conf_source_bad(sims, why, sim, NULL, "'opc' (or 'op') is missing here");
    if (sim->from_op) {
        memcpy(op, sim->opc, sizeof op);
        milenage_opc(sim->k, op, sim->opc);
        wipe(op, sizeof op);
    }
    return 0;
}

/* A card of the lab's own country is cut as the lab's MNC says, any other after two digits. */
static void derive_identities(struct conf_sim *sim, const struct conf *conf)
{
    struct identity id;
    size_t mnc_digits = strncmp(sim->imsi, conf->mcc, 3) == 0 ? strlen(conf->mnc) : 2;

    if (sim->isim) {
        if (!*sim->domain)
            snprintf(sim->domain, sizeof sim->domain, "%s", conf->home_domain);
        return;
    }
    identity_from_imsi(sim->imsi, mnc_digits, &id);
    snprintf(sim->domain, sizeof sim->domain, "%s", id.domain);
    snprintf(sim->impi, sizeof sim->impi, "%s", id.impi);
    snprintf(sim->impu[0], sizeof sim->impu[0], "%s", id.impu);
    sim->impu_count = 1;
}

static int check_unique(const struct conf *conf, const struct conf_source *sims, struct why *why)
{
    size_t most = conf->sim_count + conf->password_count;
    struct conf_mark *marks = xzalloc((most + 1) * sizeof *marks);
    int err;

    for (size_t i = 0; i < conf->sim_count; i++)
        marks[i] = (struct conf_mark){conf->sim[i].imsi, &conf->sim[i], "imsi"};
    for (size_t i = 0; i < conf->password_count; i++)
        marks[conf->sim_count + i] =
            (struct conf_mark){conf->password[i].impi, &conf->password[i], "impi"};
    err = conf_check_marks(marks, most, sims, why);
    free(marks);
    return err;
}

static int check_terminals(const struct conf *conf, const struct conf_source *lab, struct why *why)
{
    size_t next = 0; /* thousands of terminals and cards usually stand in the same order */

    for (size_t i = 0; i < conf->terminal_count; i++) {
        const struct conf_terminal *t = &conf->terminal[i];
        const struct conf_sim *sim = &conf->sim[next];

        if (next >= conf->sim_count || strcmp(sim->imsi, t->imsi) != 0)
            sim = conf_sim(conf, t->imsi);
        if (!sim)
            return conf_source_bad(lab, why, t, "imsi",
                                   "'imsi' of terminal '%s' names no SIM of '%s'", t->name,
                                   conf->sims_file);
        next = sim - conf->sim + 1;
    }
    return 0;
}

static int read_sims(struct conf *conf, const struct conf_source *lab, struct conf_source *sims,
                     struct why *why)
{
    int err = conf_source_read(sims, conf_sims_rows, conf, why);

    for (size_t i = 0; i < conf->sim_count && !err; i++) {
        err = derive_opc(&conf->sim[i], sims, why);
        if (!err)
            derive_identities(&conf->sim[i], conf);
    }
    if (!err)
        err = check_unique(conf, sims, why);
    return err ? err : check_terminals(conf, lab, why);
}

int conf_sims_load(struct conf *conf, const struct conf_source *lab, struct why *why)
{
    struct conf_source *sims;
    int err;

    if (!*conf->sims_file)
        return conf_source_bad(lab, why, conf, NULL,
                               "'sims' is missing here: this program needs the SIM cards' keys");
    err = conf_source_open(&sims, conf->sims_file, true, why);
    if (err)
        return err;
    err = read_sims(conf, lab, sims, why);
    conf_source_close(sims);
    return err;
}
