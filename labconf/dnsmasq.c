/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's DNS data for dnsmasq, as RFC 3263 wants it:
 *
 *   hims.net            NAPTR -> _sip._udp.hims.net SRV -> icscf1.hims.net:5060 A, AAAA
 *   pcscf.vims.net      NAPTR -> _sip._udp.pcscf.vims.net SRV -> pcscf1.vims.net: discovery
 *   scscf1.hims.net     NAPTR -> _sip._udp.scscf1.hims.net SRV -> the host itself
 *
 * The domain that IMSI-derived identities have (TS 23.003 13.2) leads to the I-CSCFs too. */
#include "labconf.h"

#include <string.h>

#include "identity.h"

static bool is_sip(enum conf_kind kind)
{
    return kind == KIND_PCSCF || kind == KIND_ICSCF || kind == KIND_SCSCF;
}

static void print_head(const struct conf *conf, FILE *out)
{
    const struct conf_element *dns = &conf->dns.element;
    char text[ADDR_TEXT];

    fprintf(out,
            "# Made by `labconf dnsmasq` from %s: change that, not this.\n"
            "bind-interfaces\n"
            "listen-address=%s\n",
            conf->file, addr_host(&dns->address, text));
    if (addr_is_set(&dns->address6))
        fprintf(out, "listen-address=%s\n", addr_host(&dns->address6, text));
    /* without local-ttl a NAPTR or SRV has TTL 0; local=/#/ says NXDOMAIN to whatever is not here,
     * at once, where forwarding would have nobody to ask */
    fprintf(out,
            "no-resolv\n"
            "no-hosts\n"
            "local=/#/\n"
            "local-ttl=%u\n",
            conf->dns.ttl_s);
}

/* How a domain is reached: the transports in the order of dns.prefer (RFC 3263 4.1). */
static void print_naptr(const struct conf *conf, const char *domain, FILE *out)
{
    bool tcp_first = conf->dns.prefer == CONF_TCP;

    fprintf(out, "naptr-record=%s,%d,10,s,SIP+D2U,,_sip._udp.%s\n", domain, tcp_first ? 20 : 10,
            domain);
    fprintf(out, "naptr-record=%s,%d,10,s,SIP+D2T,,_sip._tcp.%s\n", domain, tcp_first ? 10 : 20,
            domain);
}

static void print_srv(const char *domain, const struct conf_entry *entry, FILE *out)
{
    static const char *const transports[] = {"udp", "tcp"};

    for (int i = 0; i < 2; i++)
        fprintf(out, "srv-host=_sip._%s.%s,%s,%u,10,50\n", transports[i], domain,
                entry->element->host, entry->port);
}

/* Everything of this kind serves the domain. */
static void print_domain(const struct conf *conf, const char *domain, enum conf_kind kind,
                         FILE *out)
{
    struct conf_entry entry[CONF_ENTRIES];
    size_t n = conf_entries(conf, entry);

    print_naptr(conf, domain, out);
    for (size_t i = 0; i < n; i++)
        if (entry[i].kind == kind)
            print_srv(domain, &entry[i], out);
}

static void print_host(const struct conf *conf, const struct conf_entry *entry, FILE *out)
{
    const struct conf_element *e = entry->element;
    char text[ADDR_TEXT];

    fprintf(out, "host-record=%s,%s", e->host, addr_host(&e->address, text));
    if (addr_is_set(&e->address6))
        fprintf(out, ",%s", addr_host(&e->address6, text));
    fprintf(out, "\n");
    if (!is_sip(entry->kind))
        return;
    print_naptr(conf, e->host, out);
    print_srv(e->host, entry, out);
}

void dnsmasq_print(const struct conf *conf, FILE *out)
{
    struct conf_entry entry[CONF_ENTRIES];
    size_t n = conf_entries(conf, entry);
    char derived[IDENTITY_TEXT], discovery[CONF_HOST + 8];

    print_head(conf, out);
    print_domain(conf, conf->home_domain, KIND_ICSCF, out);
    identity_domain(conf->mcc, conf->mnc, derived);
    if (strcmp(derived, conf->home_domain) != 0)
        print_domain(conf, derived, KIND_ICSCF, out);
    snprintf(discovery, sizeof discovery, "pcscf.%s", conf->visited_domain);
    print_domain(conf, discovery, KIND_PCSCF, out);
    for (size_t i = 0; i < n; i++)
        print_host(conf, &entry[i], out);
}
