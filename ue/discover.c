/* SPDX-License-Identifier: Apache-2.0 */
/* P-CSCF discovery where the PCO named none (TS 24.229 9.2.1, RFC 3263): the DNS servers of the PDP
 * context are asked for the domain that the terminal has for this.
 *
 *     UE                         DNS
 *      |---- NAPTR, SRV, A, AAAA -->|   terminals[].pcscf_domain
 *      |<--- P-CSCF addresses ------|
 */
#include <string.h>

#include "ue.h"
#include "xalloc.h"

static dns_done_fn on_found;

static struct dns *open_dns(struct ue *ue)
{
    struct dns_config config = {
        .wait_ms = ue->conf->timers.dns_wait_ms,
        .tries = ue->conf->timers.dns_tries,
        .ipv6 = addr_is_set(&ue->pdp.address6),
    };

    while (config.server_count < COUNT(config.server) && config.server_count < ue->pdp.dns_count) {
        config.server[config.server_count] = ue->pdp.dns[config.server_count];
        config.server_count++;
    }
    return dns_open(ue->loop, &config);
}

void discover_begin(struct ue *ue, void (*done)(struct ue *))
{
    struct discover *d = &ue->discover;
    struct dns_question question = {0};

    discover_cancel(ue);
    if (ue->pdp.pcscf_count > 0 || ue->pdp.dns_count == 0 || !*ue->terminal->pcscf_domain) {
        done(ue);
        return;
    }
    d->done = done;
    d->dns = open_dns(ue);
    snprintf(question.host, sizeof question.host, "%s", ue->terminal->pcscf_domain);
    d->op = dns_locate(d->dns, &question, ue->call, on_found, ue);
}

/* One address each, however many transports it has; only those we have an address for. */
static void store(struct ue *ue, const struct sip_target *target)
{
    struct pdp *p = &ue->pdp;

    if (!addr_is_set(addr_is_v6(&target->addr) ? &p->address6 : &p->address))
        return;
    for (size_t i = 0; i < p->pcscf_count; i++)
        if (addr_same_host(&p->pcscf[i], &target->addr))
            return;
    if (p->pcscf_count < COUNT(p->pcscf))
        p->pcscf[p->pcscf_count++] = target->addr;
}

static void on_found(void *arg, int err, const struct sip_targets *found)
{
    struct ue *ue = arg;
    char host[ADDR_TEXT];

    ue->discover.op = NULL;
    for (size_t i = 0; !err && i < found->count; i++)
        store(ue, &found->target[i]);
    if (ue->pdp.pcscf_count > 0)
        log_arrow(ue->call, "==", NULL, "discovered P-CSCF address", "domain",
                  ue->terminal->pcscf_domain, "pcscf", addr_host(&ue->pdp.pcscf[0], host), NULL);
    else
        log_warn(ue->call, "the PCO names no P-CSCF and the DNS none for '%s': %s",
                 ue->terminal->pcscf_domain, err ? dns_why(err) : "no address that fits ours");
    ue->discover.done(ue);
}

void discover_cancel(struct ue *ue)
{
    if (!ue->discover.dns)
        return;
    dns_cancel(&ue->discover.op);
    dns_close(ue->discover.dns);
    ue->discover.dns = NULL;
}
