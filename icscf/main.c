/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the I-CSCF, put together. */
#include "daemon.h"
#include "element.h"
#include "icscf.h"
#include "source.h"

static struct daemon d = {
    .program = "icscf",
    .about =
        "The entry of the home network: asks the HSS which S-CSCF serves a user (TS 24.229 5.3).",
};

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
    icscf.dns = element_open_dns(d.loop, &d.conf, &icscf.self->element);
    icscf.cx = open_cx(&icscf);
    icscf.sip = element_open_sip(d.loop, &d.conf, &icscf.self->element, icscf.self->port);
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
