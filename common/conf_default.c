/* SPDX-License-Identifier: Apache-2.0 */
/* What the schema calls derived: values of lab.yaml that follow from others. Pure. */
#include "conf_schema.h"

#include <stdio.h>
#include <string.h>

/* Copies unless the file said something; both have room for a domain name. */
static void otherwise(char to[CONF_HOST], const char *from)
{
    if (!*to)
        snprintf(to, CONF_HOST, "%s", from);
}

static void name_element(struct conf_element *e, const char *kind, size_t position,
                         const char *domain)
{
    if (!*e->name && position)
        snprintf(e->name, sizeof e->name, "%s%zu", kind, position);
    else if (!*e->name)
        snprintf(e->name, sizeof e->name, "%s", kind);
    if (!*e->host) /* a domain too long for it is refused by conf_check */
        snprintf(e->host, sizeof e->host, "%.*s.%.*s", 32, e->name, CONF_HOST - 34, domain);
}

static void name_elements(struct conf *conf)
{
    const char *home = conf->home_domain, *visited = conf->visited_domain;

    name_element(&conf->sgsn.element, "sgsn", 0, visited);
    name_element(&conf->ggsn.element, "ggsn", 0, visited);
    name_element(&conf->dns.element, "dns", 0, home);
    name_element(&conf->hss.element, "hss", 0, home);
    for (size_t i = 0; i < conf->pcscf_count; i++)
        name_element(&conf->pcscf[i].element, "pcscf", i + 1, visited);
    for (size_t i = 0; i < conf->icscf_count; i++)
        name_element(&conf->icscf[i].element, "icscf", i + 1, home);
    for (size_t i = 0; i < conf->scscf_count; i++)
        name_element(&conf->scscf[i].element, "scscf", i + 1, home);
}

/* Both addresses of an element, as far as there is room. */
static size_t append(struct addr *list, size_t count, size_t room, const struct conf_element *e)
{
    if (addr_is_set(&e->address) && count < room)
        list[count++] = e->address;
    if (addr_is_set(&e->address6) && count < room)
        list[count++] = e->address6;
    return count;
}

static void fill_apn(struct conf_apn *apn, const struct conf *conf)
{
    if (!apn->pcscf_count)
        for (size_t i = 0; i < conf->pcscf_count; i++)
            apn->pcscf_count =
                append(apn->pcscf, apn->pcscf_count, sizeof apn->pcscf / sizeof apn->pcscf[0],
                       &conf->pcscf[i].element);
    if (!apn->dns_count)
        apn->dns_count =
            append(apn->dns, 0, sizeof apn->dns / sizeof apn->dns[0], &conf->dns.element);
}

static void fill_subscriber(struct conf_subscriber *sub, const struct conf_ggsn *ggsn)
{
    if (sub->apn_count || !*sub->imsi)
        return;
    for (size_t i = 0; i < ggsn->apn_count; i++)
        memcpy(sub->apn[sub->apn_count++], ggsn->apn[i].name, CONF_NAME);
}

static void fill_pcscf(struct conf_pcscf *pcscf, const char *visited)
{
    bool given = pcscf->port_pc_count > 0;

    otherwise(pcscf->visited_network_id, visited);
    for (unsigned i = 1; i <= 3 && !given; i++)
        pcscf->port_pc[pcscf->port_pc_count++] = pcscf->port_ps + i;
    if (!*pcscf->sa_state)
        snprintf(pcscf->sa_state, sizeof pcscf->sa_state, "%s.sa", pcscf->element.name);
}

static void fill_scscf(struct conf_scscf *scscf)
{
    if (!*scscf->journal)
        snprintf(scscf->journal, sizeof scscf->journal, "%s.journal", scscf->element.name);
}

void conf_default(struct conf *conf)
{
    name_elements(conf);
    otherwise(conf->hss.identity, conf->hss.element.host);
    otherwise(conf->hss.realm, conf->home_domain);
    if (!*conf->hss.ccf)
        snprintf(conf->hss.ccf, CONF_HOST, "ccf.%.*s", CONF_HOST - 5, conf->home_domain);
    for (size_t i = 0; i < conf->pcscf_count; i++)
        fill_pcscf(&conf->pcscf[i], conf->visited_domain);
    for (size_t i = 0; i < conf->scscf_count; i++)
        fill_scscf(&conf->scscf[i]);
    for (size_t i = 0; i < conf->ggsn.apn_count; i++)
        fill_apn(&conf->ggsn.apn[i], conf);
    for (size_t i = 0; i < conf->subscriber_count; i++)
        fill_subscriber(&conf->subscriber[i], &conf->ggsn);
    for (size_t i = 0; i < conf->terminal_count; i++)
        if (!*conf->terminal[i].apn)
            memcpy(conf->terminal[i].apn, conf->ggsn.apn[0].name, CONF_NAME);
    for (size_t i = 0; i < conf->terminal_count; i++)
        if (!*conf->terminal[i].pcscf_domain)
            snprintf(conf->terminal[i].pcscf_domain, CONF_HOST, "pcscf.%.*s", CONF_HOST - 7,
                     conf->visited_domain);
}
