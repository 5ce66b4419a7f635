/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the P-CSCF, put together. */
#include "daemon.h"
#include "element.h"
#include "pcscf.h"
#include "source.h"

static struct daemon d = {
    .program = "pcscf",
    .about = "The terminals' way into the core, in the visited network (TS 24.229 5.2).",
};

int main(int argc, char **argv)
{
    struct pcscf pcscf = {.conf = &d.conf};
    struct why why;
    int rc;

    daemon_start(&d, argc, argv);
    pcscf.self = conf_pcscf(&d.conf, d.name);
    if (!pcscf.self)
        daemon_die("no pcscf '%s' in %s", d.name ? d.name : "", d.conf.file);
    log_open(pcscf.self->element.name, daemon_log_level());
    source_set(&pcscf.self->element.address, &pcscf.self->element.address6);
    pcscf.loop = d.loop;
    pcscf.dns = element_open_dns(d.loop, &d.conf, &pcscf.self->element);
    pcscf.sip = element_open_sip(d.loop, &d.conf, &pcscf.self->element, pcscf.self->port);
    pcscf_open(&pcscf);
    if (security_open(&pcscf, &why) < 0)
        daemon_die("ipsec: %s", why.text);
    daemon_on_live(&d, pcscf_print_live, &pcscf);
    rc = daemon_run(&d);
    register_forget(&pcscf);
    reg_event_forget(&pcscf);
    proxy_forget(&pcscf.proxy);
    security_close(&pcscf);
    pcscf_close(&pcscf);
    sip_close(pcscf.sip);
    dns_close(pcscf.dns);
    daemon_end(&d);
    return rc;
}
