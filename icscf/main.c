/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the I-CSCF, put together. */
#include "daemon.h"
#include "icscf.h"
#include "source.h"

static struct daemon d = {
    .program = "icscf",
    .about =
        "The entry of the home network: asks the HSS which S-CSCF serves a user (TS 24.229 5.3).",
};

static struct sip *open_sip(const struct icscf *icscf)
{
    const struct conf_icscf *self = icscf->self;
    struct sip_config config = {.host = self->element.host, .conf = icscf->conf};
    struct sip *sip;
    struct why why;

    if (addr_is_set(&self->element.address))
        config.listen[config.listen_count++] = addr_with_port(self->element.address, self->port);
    if (addr_is_set(&self->element.address6))
        config.listen[config.listen_count++] = addr_with_port(self->element.address6, self->port);
    sip = sip_open(icscf->loop, &config, &why);
    if (!sip)
        daemon_die("%s", why.text);
    return sip;
}

static struct cx *open_cx(const struct icscf *icscf)
{
    const struct conf *conf = icscf->conf;
    const struct conf_element *hss = &conf->hss.element;
    struct cx_config config = {
        .identity = icscf->self->element.host,
        .realm = conf->home_domain,
        .destination_realm = conf->hss.realm,
        .peer_count = 1,
        .tc_s = conf->timers.diameter_tc_s,
        .tw_s = conf->timers.diameter_tw_s,
        .wait_ms = conf->timers.cx_wait_ms,
    };
    struct cx *cx;
    struct why why;

    snprintf(config.peer[0].identity, sizeof config.peer[0].identity, "%s", conf->hss.identity);
    /* one address only: freeDiameter refuses to start with an IPv6 address on a host without any */
    config.peer[0].address[config.peer[0].address_count++] =
        addr_with_port(addr_is_set(&hss->address) ? hss->address : hss->address6, conf->hss.port);
    cx = cx_open(icscf->loop, &config, &why);
    if (!cx)
        daemon_die("%s", why.text);
    return cx;
}

static struct dns *open_dns(const struct icscf *icscf)
{
    const struct conf_element *server = &icscf->conf->dns.element;
    struct dns_config config = {
        .wait_ms = icscf->conf->timers.dns_wait_ms,
        .tries = icscf->conf->timers.dns_tries,
        .ipv6 = addr_is_set(&icscf->self->element.address6) ||
                addr_is_v6(&icscf->self->element.address),
    };

    config.server[config.server_count++] =
        addr_is_set(&server->address) ? server->address : server->address6;
    return dns_open(icscf->loop, &config);
}

int main(int argc, char **argv)
{
    struct icscf icscf = {.conf = &d.conf};
    int rc;

    daemon_start(&d, argc, argv);
    icscf.self = conf_icscf(&d.conf, d.name);
    if (!icscf.self)
        daemon_die("no icscf '%s' in %s", d.name ? d.name : "", d.conf.file);
    log_open(icscf.self->element.name, daemon_log_level());
    source_set(&icscf.self->element.address, &icscf.self->element.address6);
    icscf.loop = d.loop;
    icscf.dns = open_dns(&icscf);
    icscf.cx = open_cx(&icscf);
    icscf.sip = open_sip(&icscf);
    icscf_open(&icscf);
    daemon_on_live(&d, icscf_print_live, &icscf);
    rc = daemon_run(&d);
    icscf_close(&icscf);
    sip_close(icscf.sip);
    cx_close(icscf.cx);
    dns_close(icscf.dns);
    daemon_end(&d);
    return rc;
}
