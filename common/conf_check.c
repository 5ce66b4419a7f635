/* SPDX-License-Identifier: Apache-2.0 */
/* What no single row of the schema can see: two elements with one address, an APN that is not
 * there, a subscriber nobody can call. */
#include "conf_schema.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define LONGEST_DOMAIN 90 /* an element's name and a dot go before it */

struct check {
    const struct conf *conf;
    const struct conf_source *lab;
    struct why *why;
};

#define BAD(c, base, key, ...) conf_source_bad((c)->lab, (c)->why, base, key, __VA_ARGS__)

/* ---- duplicates ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct conf_mark *)a)->text, ((const struct conf_mark *)b)->text);
}

/* The same thing twice: the line further down is the one to change. */
static int refuse_second(const struct conf_mark *a, const struct conf_mark *b,
                         const struct conf_source *source, struct why *why)
{
    size_t line_a = conf_source_line(source, a->base, a->key);
    size_t line_b = conf_source_line(source, b->base, b->key);
    const struct conf_mark *second = line_a > line_b ? a : b;

    return conf_source_bad(source, why, second->base, second->key,
                           "'%s' is taken already: line %zu", second->key,
                           line_a > line_b ? line_b : line_a);
}

int conf_check_marks(struct conf_mark *marks, size_t count, const struct conf_source *source,
                     struct why *why)
{
    qsort(marks, count, sizeof *marks, by_text);
    for (size_t i = 1; i < count; i++)
        if (strcmp(marks[i - 1].text, marks[i].text) == 0)
            return refuse_second(&marks[i - 1], &marks[i], source, why);
    return 0;
}

static void mark(struct conf_mark *marks, size_t *count, const char *text, const void *base,
                 const char *key)
{
    if (*text)
        marks[(*count)++] = (struct conf_mark){text, base, key};
}

static int check_element_names(const struct check *c)
{
    struct conf_entry entry[CONF_ENTRIES];
    struct conf_mark names[CONF_ENTRIES], hosts[CONF_ENTRIES];
    size_t n = conf_entries(c->conf, entry), named = 0, hosted = 0;
    int err;

    for (size_t i = 0; i < n; i++) {
        mark(names, &named, entry[i].element->name, entry[i].element, "name");
        mark(hosts, &hosted, entry[i].element->host, entry[i].element, "host");
    }
    err = conf_check_marks(names, named, c->lab, c->why);
    return err ? err : conf_check_marks(hosts, hosted, c->lab, c->why);
}

enum { SUB_NAME, SUB_IMSI, SUB_IMPI, SUB_MSISDN, SUB_KEYS };

static const char *sub_key(const struct conf_subscriber *sub, int which, const char **key)
{
    switch (which) {
    case SUB_NAME: *key = "name"; return sub->name;
    case SUB_IMSI: *key = "imsi"; return sub->imsi;
    case SUB_IMPI: *key = "impi"; return sub->impi;
    default: *key = "msisdn"; return sub->msisdn;
    }
}

static int check_subscriber_names(const struct check *c)
{
    const struct conf *conf = c->conf;
    struct conf_mark *marks =
        xzalloc((conf->subscriber_count * COUNT(conf->subscriber->impu) + 1) * sizeof *marks);
    const char *text, *key;
    size_t count;
    int err = 0;

    for (int which = 0; which < SUB_KEYS && !err; which++) {
        count = 0;
        for (size_t i = 0; i < conf->subscriber_count; i++) {
            text = sub_key(&conf->subscriber[i], which, &key);
            mark(marks, &count, text, &conf->subscriber[i], key);
        }
        err = conf_check_marks(marks, count, c->lab, c->why);
    }
    count = 0;
    for (size_t i = 0; i < conf->subscriber_count; i++)
        for (size_t j = 0; j < conf->subscriber[i].impu_count; j++)
            mark(marks, &count, conf->subscriber[i].impu[j].id, &conf->subscriber[i].impu[j], "id");
    if (!err)
        err = conf_check_marks(marks, count, c->lab, c->why);
    free(marks);
    return err;
}

static int check_terminal_names(const struct check *c)
{
    const struct conf *conf = c->conf;
    struct conf_mark *marks = xzalloc((conf->terminal_count + 1) * sizeof *marks);
    size_t count = 0;
    int err;

    for (size_t i = 0; i < conf->terminal_count; i++)
        mark(marks, &count, conf->terminal[i].name, &conf->terminal[i], "name");
    err = conf_check_marks(marks, count, c->lab, c->why);
    free(marks);
    return err;
}

/* ---- addresses ---- */

static bool has_address(const struct conf_element *e, const struct addr *a)
{
    return addr_is_set(a) && (addr_same_host(&e->address, a) || addr_same_host(&e->address6, a));
}

static int check_own_address(const struct check *c, const struct conf_element *e)
{
    if (e->external && conf_source_has(c->lab, e, "address"))
        return BAD(c, e, "external", "'address' and 'external' are both here: keep one");
    if (!addr_is_set(&e->address))
        return BAD(c, e, NULL, "'address' (or 'external') of %s is missing here", e->name);
    if (addr_is_v6(&e->address) && addr_is_set(&e->address6))
        return BAD(c, e, "address6", "'address6' is one IPv6 address too many: 'address' is one");
    return 0;
}

/* Strangers may share a host: then their ports tell them apart. */
static int check_other_address(const struct check *c, const struct conf_element *e,
                               const struct conf_element *before)
{
    if (e->external && before->external)
        return 0;
    if (has_address(before, &e->address))
        return BAD(c, e, e->external ? "external" : "address", "'%s' is the address of %s already",
                   e->external ? "external" : "address", before->name);
    if (has_address(before, &e->address6))
        return BAD(c, e, "address6", "'address6' is an address of %s already", before->name);
    return 0;
}

static int check_addresses(const struct check *c)
{
    struct conf_entry entry[CONF_ENTRIES];
    size_t n = conf_entries(c->conf, entry);
    int err = 0;

    for (size_t i = 0; i < n && !err; i++) {
        err = check_own_address(c, entry[i].element);
        for (size_t j = 0; j < i && !err; j++)
            err = check_other_address(c, entry[i].element, entry[j].element);
    }
    return err;
}

/* ---- pools ---- */

static bool overlap(const struct prefix *a, const struct prefix *b)
{
    return addr_is_set(&a->base) && addr_is_set(&b->base) &&
           (prefix_has(a, &b->base) || prefix_has(b, &a->base));
}

static int check_pool(const struct check *c, const struct conf_apn *apn, const char *key,
                      const struct prefix *pool)
{
    struct conf_entry entry[CONF_ENTRIES];
    size_t n = conf_entries(c->conf, entry);

    for (size_t i = 0; i < n; i++)
        if (prefix_has(pool, &entry[i].element->address) ||
            prefix_has(pool, &entry[i].element->address6))
            return BAD(c, apn, key, "'%s' contains an address of %s", key, entry[i].element->name);
    for (size_t i = 0; i < c->conf->terminal_count; i++)
        if (prefix_has(pool, &c->conf->terminal[i].gb_address))
            return BAD(c, apn, key, "'%s' contains the 'gb_address' of terminal '%s'", key,
                       c->conf->terminal[i].name);
    for (const struct conf_apn *before = c->conf->ggsn.apn; before < apn; before++)
        if (overlap(pool, &before->pool) || overlap(pool, &before->pool6))
            return BAD(c, apn, key, "'%s' overlaps a pool of APN '%s'", key, before->name);
    return 0;
}

static const struct conf_apn *find_apn(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->ggsn.apn_count; i++)
        if (strcmp(conf->ggsn.apn[i].name, name) == 0)
            return &conf->ggsn.apn[i];
    return NULL;
}

static int check_apns(const struct check *c)
{
    int err = 0;

    for (size_t i = 0; i < c->conf->ggsn.apn_count && !err; i++) {
        const struct conf_apn *apn = &c->conf->ggsn.apn[i];

        if (find_apn(c->conf, apn->name) != apn)
            return BAD(c, apn, "name", "APN '%s' is here twice", apn->name);
        if (!addr_is_set(&apn->pool.base) && !addr_is_set(&apn->pool6.base))
            return BAD(c, apn, NULL, "'pool' (or 'pool6') is missing here");
        err = check_pool(c, apn, "pool", &apn->pool);
        if (!err)
            err = check_pool(c, apn, "pool6", &apn->pool6);
    }
    return err;
}

/* ---- who refers to what ---- */

static bool has_open_impu(const struct conf_subscriber *sub)
{
    for (size_t i = 0; i < sub->impu_count; i++)
        if (!sub->impu[i].barred)
            return true;
    return false;
}

static int check_subscribers(const struct check *c)
{
    for (size_t i = 0; i < c->conf->subscriber_count; i++) {
        const struct conf_subscriber *sub = &c->conf->subscriber[i];

        if (!has_open_impu(sub))
            return BAD(c, sub, "impus", "every identity of subscriber '%s' is barred", sub->name);
        if ((sub->auth == AUTH_AKAV1 || sub->auth == AUTH_AKAV2) && !*sub->imsi)
            return BAD(c, sub, NULL, "'imsi' of subscriber '%s' is missing: AKA needs a SIM",
                       sub->name);
        for (size_t j = 0; j < sub->apn_count; j++)
            if (!find_apn(c->conf, sub->apn[j]))
                return BAD(c, sub, "apns", "the lab has no APN '%s'", sub->apn[j]);
    }
    return 0;
}

static int check_terminals(const struct check *c)
{
    for (size_t i = 0; i < c->conf->terminal_count; i++) {
        const struct conf_terminal *t = &c->conf->terminal[i];
        const struct conf_apn *apn = find_apn(c->conf, t->apn);

        if (!apn)
            return BAD(c, t, "apn", "the lab has no APN '%s'", t->apn);
        if (strcmp(t->pdp_type, "ipv6") != 0 && !addr_is_set(&apn->pool.base))
            return BAD(c, t, "pdp_type", "'pdp_type' %s needs a 'pool' in APN '%s'", t->pdp_type,
                       apn->name);
        if (strcmp(t->pdp_type, "ipv4") != 0 && !addr_is_set(&apn->pool6.base))
            return BAD(c, t, "pdp_type", "'pdp_type' %s needs a 'pool6' in APN '%s'", t->pdp_type,
                       apn->name);
    }
    return 0;
}

static int check_domains(const struct check *c)
{
    if (strlen(c->conf->home_domain) > LONGEST_DOMAIN)
        return BAD(c, c->conf, "home", "'domain' must be at most %d characters", LONGEST_DOMAIN);
    if (strlen(c->conf->visited_domain) > LONGEST_DOMAIN)
        return BAD(c, c->conf, "visited", "'domain' must be at most %d characters", LONGEST_DOMAIN);
    return 0;
}

static int check_expiry(const struct check *c)
{
    for (size_t i = 0; i < c->conf->scscf_count; i++) {
        const struct conf_scscf *s = &c->conf->scscf[i];

        if (s->min_expires_s > s->default_expires_s || s->default_expires_s > s->max_expires_s)
            return BAD(c, s, "default_expires_s",
                       "'default_expires_s' must lie between 'min_expires_s' and 'max_expires_s'");
    }
    return 0;
}

/* TS 33.203 7.1: no protected port is a standard SIP port, or any other that is served plain. */
static int check_protected_ports(const struct check *c)
{
    for (size_t i = 0; i < c->conf->pcscf_count; i++) {
        const struct conf_pcscf *p = &c->conf->pcscf[i];
        unsigned taken[COUNT(p->port_pc) + 4] = {5060, 5061, p->port, p->port_ps};
        size_t count = 4;

        if (p->port_ps == 5060 || p->port_ps == 5061 || p->port_ps == p->port)
            return BAD(c, p, "port_ps", "'port_ps' must be no port of unprotected SIP");
        if (p->port_pc_count < 2)
            return BAD(c, p, "port_pc", "'port_pc' needs two ports or more, to alternate");
        for (size_t j = 0; j < p->port_pc_count; j++) {
            for (size_t k = 0; k < count; k++)
                if (p->port_pc[j] == taken[k])
                    return BAD(c, p, "port_pc",
                               "'port_pc' %u is taken: 5060, 5061, 'port', "
                               "'port_ps' or twice in the list",
                               p->port_pc[j]);
            taken[count++] = p->port_pc[j];
        }
        if (p->port_pc[p->port_pc_count - 1] > UINT16_MAX)
            return BAD(c, p, "port_ps", "'port_ps' leaves no room for three client ports after it");
    }
    return 0;
}

int conf_check(const struct conf *conf, const struct conf_source *lab, struct why *why)
{
    static int (*const checks[])(const struct check *) = {
        check_domains,          check_addresses,       check_element_names, check_apns,
        check_subscriber_names, check_terminal_names,  check_subscribers,   check_terminals,
        check_expiry,           check_protected_ports,
    };
    struct check c = {conf, lab, why};
    int err = 0;

    for (size_t i = 0; i < COUNT(checks) && !err; i++)
        err = checks[i](&c);
    return err;
}
