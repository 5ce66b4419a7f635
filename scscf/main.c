/* SPDX-License-Identifier: Apache-2.0 */
/* The S-CSCF: a list of its parts, opened in order and closed in reverse. */
#include <string.h>

#include "control.h"
#include "daemon.h"
#include "element.h"
#include "journal.h"
#include "source.h"
#include "state_file.h"

static const struct conf_scscf *who_am_i(const struct daemon *d)
{
    const struct conf_scscf *me = conf_scscf(&d->conf, d->name);

    if (!me)
        daemon_die("%s describes no S-CSCF named '%s'", d->conf.file, d->name ? d->name : "");
    return me;
}

static void open_journal(struct scscf *scscf)
{
    const struct conf *conf = scscf->conf;
    char path[2 * CONF_PATH];
    struct why why;

    if (state_file_dir(conf->state_dir, &why) < 0)
        daemon_die("%s", why.text);
    snprintf(path, sizeof path, "%s/%s", conf->state_dir, scscf->me->journal);
    if (journal_open(scscf, path, &why) < 0)
        daemon_die("%s", why.text);
}

static struct control *open_control(struct scscf *scscf)
{
    char path[2 * CONF_PATH];
    struct control *control;
    struct why why;

    snprintf(path, sizeof path, "%s/%s.control", scscf->conf->state_dir, scscf->me->element.name);
    control = control_open(scscf->loop, path, control_serve, scscf, &why);
    if (!control)
        daemon_die("%s", why.text);
    return control;
}

int main(int argc, char **argv)
{
    struct daemon d = {
        .program = "scscf",
        .about = "The S-CSCF: registrar, authentication, user profiles.",
    };
    static const struct cx_handlers handlers = {.rtr = rtr_serve, .ppr = ppr_serve};
    struct scscf scscf;
    struct control *control;
    const struct conf_scscf *me;
    int status;

    daemon_start(&d, argc, argv);
    me = who_am_i(&d);
    log_open(me->element.name, daemon_log_level());
    source_set(&me->element.address, &me->element.address6);
    scscf_init(&scscf, &d.conf, me);
    scscf.loop = d.loop;
    scscf.cx = element_open_cx(d.loop, &d.conf, &me->element);
    scscf.sip = element_open_sip(d.loop, &d.conf, &me->element, me->port);
    scscf.dns = element_open_dns(d.loop, &d.conf, &me->element);
    open_journal(&scscf);
    control = open_control(&scscf);
    cx_serve(scscf.cx, &handlers, &scscf);
    sip_serve(scscf.sip, "REGISTER", register_begin, &scscf);
    sip_serve(scscf.sip, "SUBSCRIBE", subscribe_begin, &scscf);
    daemon_on_live(&d, scscf_print_live, &scscf);
    status = daemon_run(&d);
    control_close(control);
    scscf_end(&scscf);
    sip_close(scscf.sip);
    dns_close(scscf.dns);
    cx_close(scscf.cx);
    daemon_end(&d);
    return status;
}
