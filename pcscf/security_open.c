/* SPDX-License-Identifier: Apache-2.0 */
/* What the P-CSCF needs for security agreement, opened and closed: the kernel's ESP, the SA table,
 * the protected end of Gm. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "pcscf.h"
#include "sa.h"
#include "sa_keys.h"
#include "xalloc.h"
#include "xfrm.h"

/* The pairs of the configuration that this kernel has; one line for each that it lacks. */
static void find_pairs(struct security *s, const struct conf_pcscf *self,
                       const struct esp_ability *able)
{
    size_t count = self->ipsec_algorithm_count ? self->ipsec_algorithm_count : SEC_PAIRS;
    struct sec_pair pair;
    struct why why;

    s->pair_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!self->ipsec_algorithm_count)
            pair = sec_pairs[i];
        else if (sec_pair_parse(self->ipsec_algorithm[i], &pair) < 0)
            continue; /* the configuration's own check knows the names */
        if (sa_pair_able(able, pair, &why))
            s->pair[s->pair_count++] = pair;
        else
            log_info(NULL, "ipsec: no %s: %s", sec_pair_name(pair), why.text);
    }
}

static int probe(struct security *s, const struct conf_pcscf *self, struct why *why)
{
    bool v4 = addr_is_set(&self->element.address) && !addr_is_v6(&self->element.address);
    bool v6 = addr_is_set(&self->element.address6) || addr_is_v6(&self->element.address);
    struct esp_ability able;
    int rc = xfrm_open(&s->xfrm, why);

    if (rc < 0)
        return rc;
    xfrm_probe(s->xfrm, &able);
    if ((v4 && !able.esp4) || (v6 && !able.esp6))
        return why_set(why, EPROTONOSUPPORT, "%s",
                       able.esp4 || able.esp6 ? "this kernel has ESP for one address family alone"
                                              : able.esp_why);
    find_pairs(s, self, &able);
    if (!s->pair_count)
        return why_set(why, ENOSYS, "the kernel has none of the algorithms that are accepted");
    return 0;
}

static int open_table(struct pcscf *pcscf, struct why *why)
{
    const struct conf_pcscf *self = pcscf->self;
    const struct conf_timers *timers = &pcscf->conf->timers;
    struct security *s = &pcscf->security;
    struct sa_config c = {
        .loop = pcscf->loop,
        .xfrm = s->xfrm,
        .address = self->element.address,
        .address6 = self->element.address6,
        .port_ps = self->port_ps,
        .port_pc_count = self->port_pc_count,
        .reg_await_auth_s = timers->reg_await_auth_s,
        .margin_s = timers->sa_margin_s,
        .grace_ms = timers->sa_grace_ms,
        .file = s->file,
        .contacts = pcscf->contacts,
    };

    for (size_t i = 0; i < self->port_pc_count; i++)
        c.port_pc[i] = self->port_pc[i];
    snprintf(s->file, sizeof s->file, "%s/%s", pcscf->conf->state_dir, self->sa_state);
    s->sas = sas_open(&c, why);
    return s->sas ? 0 : -EIO;
}

/* After the table: from then on nothing unprotected reaches the port. */
static int open_end(struct pcscf *pcscf, struct why *why)
{
    const struct conf_element *e = &pcscf->self->element;
    struct sip_config c = {.conf = pcscf->conf, .protect = true};
    struct security *s = &pcscf->security;

    if (addr_is_set(&e->address))
        c.listen[c.listen_count++] = addr_with_port(e->address, pcscf->self->port_ps);
    if (addr_is_set(&e->address6))
        c.listen[c.listen_count++] = addr_with_port(e->address6, pcscf->self->port_ps);
    s->sip = sip_open(pcscf->loop, &c, why);
    if (!s->sip)
        return -EIO;
    sip_serve(s->sip, "REGISTER", register_begin, pcscf);
    sip_serve(s->sip, "*", request_begin_protected, pcscf);
    return 0;
}

static void log_open_line(const struct security *s)
{
    char names[SEC_PAIRS * 32] = "";

    for (size_t i = 0; i < s->pair_count; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 sec_pair_name(s->pair[i]));
    log_info(NULL, "ipsec: %s; accepted, in this order: %s",
             s->mode == IPSEC_REQUIRED ? "required" : "optional", names);
}

int security_open(struct pcscf *pcscf, struct why *why)
{
    struct security *s = &pcscf->security;
    int rc;

    memset(s, 0, sizeof *s);
    s->mode = pcscf->self->ipsec;
    if (s->mode == IPSEC_OFF)
        return 0;
    rc = probe(s, pcscf->self, why);
    if (rc < 0 && s->mode == IPSEC_OPTIONAL) {
        log_warn(NULL, "ipsec: optional works as off here: %s", why->text);
        s->mode = IPSEC_OFF;
        security_close(pcscf);
        return 0;
    }
    if (rc < 0) {
        security_close(pcscf);
        return rc;
    }
    rc = open_table(pcscf, why);
    if (rc == 0)
        rc = open_end(pcscf, why);
    if (rc < 0)
        security_close(pcscf);
    else
        log_open_line(s);
    return rc;
}

void security_close(struct pcscf *pcscf)
{
    struct security *s = &pcscf->security;

    if (s->sip)
        sip_close(s->sip);
    sas_close(s->sas);
    xfrm_close(s->xfrm);
    s->sip = NULL;
    s->sas = NULL;
    s->xfrm = NULL;
}
