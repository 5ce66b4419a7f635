/* SPDX-License-Identifier: Apache-2.0 */
/* One REGISTER on its way to a P-CSCF, and what it needs before: identities from the card, a socket
 * on the address that the GGSN gave. Inside a security association it goes to port_ps, and what it
 * says of the terminal's port is port_us (TS 24.229 5.1.1.5.1). */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "daemon.h"
#include "register.h"

void register_random(char *hex, size_t n)
{
    uint8_t octets[32];

    if (getrandom(octets, n / 2, 0) != (ssize_t)(n / 2))
        daemon_die("the kernel has no random numbers: %s", why_not(errno));
    for (size_t i = 0; i < n / 2; i++)
        snprintf(hex + 2 * i, 3, "%02x", octets[i]);
}

/* The seed's step 8: what the ISIM knows. */
void register_take_identities(struct ue *ue)
{
    struct registration *r = &ue->reg;

    log_arrow(r->call, "==", NULL,
              ue->sim.isim ? "take identities from ISIM" : "derive identities from IMSI", "impu",
              sim_impu(&ue->sim), "impi", ue->sim.impi, "domain", ue->sim.domain, NULL);
}

int register_open_sip(struct ue *ue, struct why *why)
{
    struct sip_config config = {.conf = ue->conf, .numeric_nonlocal = true, .terminal = true};

    if (ue->reg.sip)
        return 0;
    if (addr_is_set(&ue->pdp.address))
        config.listen[config.listen_count++] =
            addr_with_port(ue->pdp.address, ue->terminal->sip_port);
    if (addr_is_set(&ue->pdp.address6))
        config.listen[config.listen_count++] =
            addr_with_port(ue->pdp.address6, ue->terminal->sip_port);
    ue->reg.sip = sip_open(ue->loop, &config, why);
    if (!ue->reg.sip)
        return -EADDRNOTAVAIL;
    sip_serve(ue->reg.sip, "*", request_begin_plain, ue);
    return 0;
}

static unsigned pcscf_port(const struct ue *ue, const struct addr *pcscf)
{
    if (sa_current(ue))
        return sa_current(ue)->port_ps;
    if (addr_port(pcscf)) /* found in the DNS */
        return addr_port(pcscf);
    for (size_t i = 0; i < ue->conf->pcscf_count; i++)
        if (addr_same_host(pcscf, &ue->conf->pcscf[i].element.address) ||
            addr_same_host(pcscf, &ue->conf->pcscf[i].element.address6))
            return ue->conf->pcscf[i].port;
    return 5060; /* the PCO names no port */
}

size_t register_first_pcscf(const struct ue *ue)
{
    const struct conf_pcscf *wanted = conf_pcscf(ue->conf, ue->terminal->pcscf);

    if (!*ue->terminal->pcscf)
        return 0;
    for (size_t i = 0; wanted && i < ue->pdp.pcscf_count; i++)
        if (addr_same_host(&ue->pdp.pcscf[i], &wanted->element.address) ||
            addr_same_host(&ue->pdp.pcscf[i], &wanted->element.address6))
            return i;
    log_warn(ue->call, "the network does not name P-CSCF %s: its first one is tried",
             ue->terminal->pcscf);
    return 0;
}

static struct sip_target pcscf_target(const struct ue *ue)
{
    const struct addr *pcscf = &ue->pdp.pcscf[ue->reg.pcscf];
    struct sip_target to = {
        .addr = addr_with_port(*pcscf, pcscf_port(ue, pcscf)),
        .transport = ue->terminal->transport == CONF_TCP ? SIP_TCP : SIP_UDP,
    };

    addr_host(pcscf, to.host);
    return to;
}

struct addr register_own_address(const struct ue *ue)
{
    bool v6 = addr_is_v6(&ue->pdp.pcscf[ue->reg.pcscf]);
    const struct sa_set *set = sa_current(ue);

    if (set) /* behind a NAT its public side (TS 33.203 M.7.2) */
        return addr_with_port(set->ue, set->port_us);
    return addr_with_port(v6 ? ue->pdp.address6 : ue->pdp.address, ue->terminal->sip_port);
}

const char *register_pcscf_text(const struct ue *ue, char *buf)
{
    struct sip_target to = pcscf_target(ue);
    char text[ADDR_TEXT];

    snprintf(buf, 2 * ADDR_TEXT, "%s over %s%s", addr_text(&to.addr, text),
             to.transport == SIP_TCP ? "TCP" : "UDP", sa_current(ue) ? " in ESP" : "");
    return buf;
}

unsigned register_pcscf_port(const struct ue *ue)
{
    return pcscf_port(ue, &ue->pdp.pcscf[ue->reg.pcscf]);
}

struct sip *register_way(const struct ue *ue, struct sip_target *to)
{
    *to = pcscf_target(ue);
    if (!sa_current(ue))
        return ue->reg.sip;
    /* the P-CSCF's client port names the set; it goes to port_ps */
    to->addr = addr_with_port(to->addr, sa_current(ue)->port_pc);
    return sa_sip(ue);
}

void register_send(struct ue *ue, const struct register_credentials *auth)
{
    struct registration *r = &ue->reg;
    const struct security *s = &r->sas.security;
    struct sip_target to = pcscf_target(ue);
    struct register_text text = {
        .domain = ue->sim.domain,
        .impi = ue->sim.impi,
        .impu = sim_impu(&ue->sim),
        .contact = register_own_address(ue),
        .transport = ue->terminal->transport,
        .pcscf = to.addr,
        .max_forwards = ue->terminal->max_forwards,
        .cseq = r->cseq++,
        .expires_s = r->state == REG_DEREGISTERING ? 0 : r->expires_s,
        .call_id = r->call_id,
        .from_tag = r->from_tag,
        .security_client = *s->client ? s->client : NULL,
        .security_verify = sa_verify(ue),
        .auth = auth,
    };
    char buf[REGISTER_TEXT];
    struct sip *sip;
    struct why why;
    msg_t *m;
    int n = register_text(&text, buf, sizeof buf);

    if (n < 0) {
        register_give_up(ue, n, "what the SIM or the challenge says makes no REGISTER: %s",
                         why_not(n));
        return;
    }
    sip = register_way(ue, &to);
    m = sip_compose(sip, buf, &why);
    if (!m) {
        register_give_up(ue, -EINVAL, "cannot make the REGISTER: %s", why.text);
        return;
    }
    r->op = sip_send(sip, m, &to, 0, register_on_answer, ue);
}
