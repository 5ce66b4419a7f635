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
    icscf.cx = element_open_cx(d.loop, &d.conf, &icscf.self->element);
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
