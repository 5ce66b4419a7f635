/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the P-CSCF, put together. */
#include "daemon.h"
#include "pcscf.h"
#include "source.h"

static struct daemon d = {
    .program = "pcscf",
    .about = "The terminals' way into the core, in the visited network (TS 24.229 5.2).",
};

static struct sip *open_sip(const struct pcscf *pcscf)
{
    const struct conf_pcscf *self = pcscf->self;
    struct sip_config config = {.host = self->element.host, .conf = pcscf->conf};
    struct sip *sip;
    struct why why;

    if (addr_is_set(&self->element.address))
        config.listen[config.listen_count++] = addr_with_port(self->element.address, self->port);
    if (addr_is_set(&self->element.address6))
        config.listen[config.listen_count++] = addr_with_port(self->element.address6, self->port);
    sip = sip_open(pcscf->loop, &config, &why);
    if (!sip)
        daemon_die("%s", why.text);
    return sip;
}

static struct dns *open_dns(const struct pcscf *pcscf)
{
    const struct conf_element *server = &pcscf->conf->dns.element;
    struct dns_config config = {
        .wait_ms = pcscf->conf->timers.dns_wait_ms,
        .tries = pcscf->conf->timers.dns_tries,
        .ipv6 = addr_is_set(&pcscf->self->element.address6) ||
                addr_is_v6(&pcscf->self->element.address),
    };

    config.server[config.server_count++] =
        addr_is_set(&server->address) ? server->address : server->address6;
    return dns_open(pcscf->loop, &config);
}

int main(int argc, char **argv)
{
    struct pcscf pcscf = {.conf = &d.conf};
    int rc;

    daemon_start(&d, argc, argv);
    pcscf.self = conf_pcscf(&d.conf, d.name);
    if (!pcscf.self)
        daemon_die("no pcscf '%s' in %s", d.name ? d.name : "", d.conf.file);
    log_open(pcscf.self->element.name, daemon_log_level());
    source_set(&pcscf.self->element.address, &pcscf.self->element.address6);
    pcscf.loop = d.loop;
    pcscf.dns = open_dns(&pcscf);
    pcscf.sip = open_sip(&pcscf);
    pcscf_open(&pcscf);
    if (pcscf.self->ipsec != IPSEC_OFF)
        log_warn(NULL, "IPsec is not in this version: REGISTER is unprotected, as with ipsec: off");
    daemon_on_live(&d, pcscf_print_live, &pcscf);
    rc = daemon_run(&d);
    pcscf_close(&pcscf);
    sip_close(pcscf.sip);
    dns_close(pcscf.dns);
    daemon_end(&d);
    return rc;
}
