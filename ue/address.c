/* SPDX-License-Identifier: Apache-2.0 */
/* What an Activate PDP Context Accept brings: the terminal's address, which goes on an interface of
 * this machine, and the options of the PCO: P-CSCF, DNS, MTU (TS 24.008 10.5.6.3, TS 24.229
 * B.2.2.1). */
#include <string.h>

#include "netif.h"
#include "pco.h"
#include "ue.h"
#include "xalloc.h"

/* "10.45.0.1, 10.45.0.9", or "none" */
static const char *list_text(const struct addr *list, size_t count, char *buf, size_t size)
{
    char host[ADDR_TEXT];
    size_t len = 0;

    snprintf(buf, size, "none");
    for (size_t i = 0; i < count && len < size; i++)
        len += snprintf(buf + len, size - len, "%s%s", i ? ", " : "", addr_host(&list[i], host));
    return buf;
}

static const char *interface_of(const struct ue *ue)
{
    return ue->plane.on ? ue->plane.interface : ue->terminal->interface;
}

const char *address_text(const struct ue *ue, char *buf, size_t size)
{
    const struct pdp *p = &ue->pdp;
    bool both = addr_is_set(&p->address) && addr_is_set(&p->address6);
    const struct addr *first = addr_is_set(&p->address) ? &p->address : &p->address6;
    char host[ADDR_TEXT], host6[ADDR_TEXT], pcscf[256], dns[256];

    snprintf(buf, size, "%s%s%s on %s, APN %s, P-CSCF %s, DNS %s, MTU %u", addr_host(first, host),
             both ? " and " : "", both ? addr_host(&p->address6, host6) : "",
             p->on_interface || p->on_interface6 ? interface_of(ue) : "no interface",
             ue->terminal->apn, list_text(p->pcscf, p->pcscf_count, pcscf, sizeof pcscf),
             list_text(p->dns, p->dns_count, dns, sizeof dns), p->mtu);
    return buf;
}

/* The seed's step: the P-CSCF address of the PDP Context Accept is stored. */
static void read_options(struct ue *ue, const struct sm_activate_accept *accept)
{
    struct pdp *p = &ue->pdp;
    struct pco pco = {0};
    char text[256], host[ADDR_TEXT];

    if (accept->has_pco)
        pco_decode(&pco, true, accept->pco.data, accept->pco.len);
    p->pcscf_count = p->dns_count = 0;
    for (size_t i = 0; i < pco.pcscf_count && p->pcscf_count < COUNT(p->pcscf); i++) {
        /* only what we have an address for can be talked to */
        if (addr_is_set(addr_is_v6(&pco.pcscf[i]) ? &p->address6 : &p->address))
            p->pcscf[p->pcscf_count++] = pco.pcscf[i];
    }
    for (size_t i = 0; i < pco.dns_count && p->dns_count < COUNT(p->dns); i++)
        p->dns[p->dns_count++] = pco.dns[i];
    for (size_t i = 0; i < COUNT(pco.ipcp_dns) && pco.dns_count == 0; i++)
        if (addr_is_set(&pco.ipcp_dns[i]))
            p->dns[p->dns_count++] = pco.ipcp_dns[i];
    p->mtu = pco.mtu;
    p->im_cn = pco.im_cn;
    log_arrow(ue->call, "==", NULL, "store P-CSCF address", "pcscf",
              list_text(p->pcscf, p->pcscf_count, text, sizeof text), "ue",
              addr_host(addr_is_set(&p->address) ? &p->address : &p->address6, host), NULL);
}

void address_read(struct ue *ue, const struct sm_activate_accept *accept)
{
    struct addr none = {0};

    ue->pdp.address = accept->has_address ? accept->address.v4 : none;
    ue->pdp.address6 = accept->has_address ? accept->address.v6 : none;
    ue->pdp.llc_sapi = accept->llc_sapi;
    read_options(ue, accept);
}

static bool put_address(struct ue *ue, const struct addr *a)
{
    struct why why;
    char host[ADDR_TEXT];

    if (!addr_is_set(a) || !*ue->terminal->interface)
        return false;
    if (netif_put(ue->terminal->interface, a, &why) == 0)
        return true;
    log_warn(ue->call, "the address %s is on no interface: %s; going on without",
             addr_host(a, host), why.text);
    return false;
}

void address_put(struct ue *ue)
{
    if (ue->plane.on) {
        plane_up(ue);
        return;
    }
    ue->pdp.on_interface = put_address(ue, &ue->pdp.address);
    ue->pdp.on_interface6 = put_address(ue, &ue->pdp.address6);
}

static void take_address(struct ue *ue, const struct addr *a)
{
    struct why why;

    if (netif_take(ue->terminal->interface, a, &why) < 0)
        log_warn(ue->call, "%s", why.text);
}

void address_take(struct ue *ue)
{
    struct pdp *p = &ue->pdp;

    if (ue->plane.on) {
        plane_down(ue);
        return;
    }
    if (p->on_interface)
        take_address(ue, &p->address);
    if (p->on_interface6)
        take_address(ue, &p->address6);
    p->on_interface = p->on_interface6 = false;
}
