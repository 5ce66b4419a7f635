/* SPDX-License-Identifier: Apache-2.0 */
#include "labconf.h"

/* The seed's networks: SGSN, GGSN and P-CSCF are visited, the DNS is nobody's. */
static const char *const networks[] = {
    [KIND_SGSN] = "visited", [KIND_GGSN] = "visited", [KIND_PCSCF] = "visited",
    [KIND_DNS] = "internet", [KIND_ICSCF] = "home",   [KIND_SCSCF] = "home",
    [KIND_HSS] = "home",
};

static const char *const planes[] = {[PLANE_AUTO] = "auto", [PLANE_ON] = "on", [PLANE_OFF] = "off"};

static void print_element(const struct conf_entry *entry, FILE *out)
{
    const struct conf_element *e = entry->element;
    char address[ADDR_TEXT], address6[ADDR_TEXT];

    fprintf(out, "element %s %s %s %s %s %s %s\n", conf_kind_name(entry->kind), e->name,
            networks[entry->kind], addr_host(&e->address, address),
            addr_host(&e->address6, address6), e->host, e->external ? "external" : "internal");
}

static void print_pool(const struct conf_apn *apn, const struct prefix *pool, FILE *out)
{
    char base[ADDR_TEXT];

    if (addr_is_set(&pool->base))
        fprintf(out, "pool %s %s/%u\n", apn->name, addr_host(&pool->base, base), pool->bits);
}

void topology_print(const struct conf *conf, FILE *out)
{
    struct conf_entry entry[CONF_ENTRIES];
    size_t n = conf_entries(conf, entry);
    char gb[ADDR_TEXT];

    fprintf(out, "user-plane %s\n", planes[conf->user_plane]);
    if (conf->hss.http.on && !conf->hss.element.external)
        fprintf(out, "http %s %u\n", addr_host(&conf->hss.http.address, gb), conf->hss.http.port);
    for (size_t i = 0; i < n; i++)
        print_element(&entry[i], out);
    for (size_t i = 0; i < conf->ggsn.apn_count; i++) {
        print_pool(&conf->ggsn.apn[i], &conf->ggsn.apn[i].pool, out);
        print_pool(&conf->ggsn.apn[i], &conf->ggsn.apn[i].pool6, out);
    }
    for (size_t i = 0; i < conf->terminal_count; i++) {
        const struct conf_terminal *t = &conf->terminal[i];

        fprintf(out, "terminal %s %s %s\n", t->name, addr_host(&t->gb_address, gb),
                *t->interface ? t->interface : "-");
    }
}
