/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's configuration: loading, freeing, and finding things in it. */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_schema.h"
#include "xalloc.h"

/* ---- loading ---- */

/* The sims file is named relative to lab.yaml. */
static int find_sims(struct conf *conf, struct why *why)
{
    const char *slash = strrchr(conf->file, '/');
    char name[CONF_PATH];
    int n;

    if (!*conf->sims_file || *conf->sims_file == '/' || !slash)
        return 0;
    memcpy(name, conf->sims_file, sizeof name);
    n = snprintf(conf->sims_file, sizeof conf->sims_file, "%.*s/%s", (int)(slash - conf->file),
                 conf->file, name);
    if (n >= (int)sizeof conf->sims_file)
        return why_set(why, ENAMETOOLONG, "the name of the sims file is too long: '%s'", name);
    return 0;
}

static int load(struct conf *conf, struct conf_source *lab, unsigned flags, struct why *why)
{
    int err = conf_source_read(lab, conf_lab_rows, conf, why);

    if (!err)
        err = find_sims(conf, why);
    if (err)
        return err;
    conf_default(conf);
    err = conf_check(conf, lab, why);
    if (!err && (flags & CONF_SIMS))
        err = conf_sims_load(conf, lab, why);
    return err;
}

int conf_load(struct conf *conf, const char *file, unsigned flags, struct why *why)
{
    struct conf_source *lab;
    int err;

    memset(conf, 0, sizeof *conf);
    if (strlen(file) >= sizeof conf->file)
        return why_set(why, ENAMETOOLONG, "the name of the configuration file is too long");
    err = conf_source_open(&lab, file, false, why);
    if (err)
        return err;
    snprintf(conf->file, sizeof conf->file, "%s", file);
    err = load(conf, lab, flags, why);
    conf_source_close(lab);
    if (err)
        conf_free(conf);
    return err;
}

void conf_free(struct conf *conf)
{
    if (conf->sim)
        wipe(conf->sim, conf->sim_count * sizeof *conf->sim);
    free(conf->sim);
    if (conf->password)
        wipe(conf->password, conf->password_count * sizeof *conf->password);
    free(conf->password);
    free(conf->subscriber);
    free(conf->terminal);
    memset(conf, 0, sizeof *conf);
}

/* ---- elements ---- */

static const char *const kind_names[] = {"sgsn", "ggsn", "pcscf", "dns", "icscf", "scscf", "hss"};

const char *conf_kind_name(enum conf_kind kind)
{
    return kind_names[kind];
}

size_t conf_entries(const struct conf *conf, struct conf_entry out[CONF_ENTRIES])
{
    size_t n = 0;

    out[n++] = (struct conf_entry){KIND_SGSN, &conf->sgsn.element, 2123};
    out[n++] = (struct conf_entry){KIND_GGSN, &conf->ggsn.element, 2123};
    for (const struct conf_pcscf *p = conf->pcscf; p < conf->pcscf + conf->pcscf_count; p++)
        out[n++] = (struct conf_entry){KIND_PCSCF, &p->element, p->port};
    out[n++] = (struct conf_entry){KIND_DNS, &conf->dns.element, 53};
    for (const struct conf_icscf *i = conf->icscf; i < conf->icscf + conf->icscf_count; i++)
        out[n++] = (struct conf_entry){KIND_ICSCF, &i->element, i->port};
    for (const struct conf_scscf *s = conf->scscf; s < conf->scscf + conf->scscf_count; s++)
        out[n++] = (struct conf_entry){KIND_SCSCF, &s->element, s->port};
    out[n++] = (struct conf_entry){KIND_HSS, &conf->hss.element, conf->hss.port};
    return n;
}

static bool stands_at(const struct conf_element *e, const struct addr *a)
{
    return addr_is_set(a) && (addr_same_host(&e->address, a) || addr_same_host(&e->address6, a));
}

static bool is_terminal(const struct conf *conf, const struct addr *a)
{
    for (size_t i = 0; i < conf->ggsn.apn_count; i++)
        if (prefix_has(&conf->ggsn.apn[i].pool, a) || prefix_has(&conf->ggsn.apn[i].pool6, a))
            return true;
    for (size_t i = 0; i < conf->terminal_count; i++)
        if (addr_is_set(a) && addr_same_host(&conf->terminal[i].gb_address, a))
            return true;
    return false;
}

const char *conf_name_of(const struct conf *conf, const struct addr *a)
{
    struct conf_entry entry[CONF_ENTRIES];
    size_t n = conf_entries(conf, entry);

    for (size_t i = 0; i < n; i++)
        if (stands_at(entry[i].element, a))
            return entry[i].element->name;
    return is_terminal(conf, a) ? "ue" : NULL;
}

bool conf_trusted(const struct conf *conf, const struct addr *a)
{
    struct conf_entry entry[CONF_ENTRIES];
    size_t n = conf_entries(conf, entry);

    for (size_t i = 0; i < n; i++)
        if ((entry[i].kind == KIND_PCSCF || entry[i].kind == KIND_ICSCF ||
             entry[i].kind == KIND_SCSCF) &&
            stands_at(entry[i].element, a))
            return true;
    return false;
}

/* ---- look-ups ---- */

const struct conf_sim *conf_sim(const struct conf *conf, const char *imsi)
{
    for (size_t i = 0; i < conf->sim_count; i++)
        if (strcmp(conf->sim[i].imsi, imsi) == 0)
            return &conf->sim[i];
    return NULL;
}

const struct conf_password *conf_password(const struct conf *conf, const char *impi)
{
    for (size_t i = 0; i < conf->password_count; i++)
        if (strcmp(conf->password[i].impi, impi) == 0)
            return &conf->password[i];
    return NULL;
}

const struct conf_subscriber *conf_subscriber_by_imsi(const struct conf *conf, const char *imsi)
{
    for (size_t i = 0; i < conf->subscriber_count && *imsi; i++)
        if (strcmp(conf->subscriber[i].imsi, imsi) == 0)
            return &conf->subscriber[i];
    return NULL;
}

const struct conf_terminal *conf_terminal(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->terminal_count; i++)
        if (!name || strcmp(conf->terminal[i].name, name) == 0)
            return &conf->terminal[i];
    return NULL;
}

const struct conf_pcscf *conf_pcscf(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->pcscf_count; i++)
        if (!name || strcmp(conf->pcscf[i].element.name, name) == 0)
            return &conf->pcscf[i];
    return NULL;
}

const struct conf_icscf *conf_icscf(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->icscf_count; i++)
        if (!name || strcmp(conf->icscf[i].element.name, name) == 0)
            return &conf->icscf[i];
    return NULL;
}

const struct conf_scscf *conf_scscf(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->scscf_count; i++)
        if (!name || strcmp(conf->scscf[i].element.name, name) == 0)
            return &conf->scscf[i];
    return NULL;
}
