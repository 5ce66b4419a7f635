/* SPDX-License-Identifier: Apache-2.0 */
#include "pcscf.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

#include "log.h"
#include "sa.h"

static void refuse_passed(const void *pcscf, struct sip_request *request, int status,
                          const char *phrase, const char *why)
{
    pcscf_refuse(pcscf, request, status, phrase, NULL, why);
}

void pcscf_open(struct pcscf *pcscf)
{
    const struct conf_pcscf *self = pcscf->self;

    LIST_INIT(&pcscf->registers);
    LIST_INIT(&pcscf->reg_events);
    pcscf->proxy = (struct proxy){
        .loop = pcscf->loop, .conf = pcscf->conf, .refuse = refuse_passed, .env = pcscf};
    pcscf->contacts = contacts_new();
    pcscf->mark = (struct mark){
        .host = self->element.host,
        .port = self->port,
        .visited = self->visited_network_id,
        .network = pcscf->conf->visited_domain,
    };
    if (getrandom(&pcscf->charging.seed, sizeof pcscf->charging.seed, 0) < 0)
        pcscf->charging.seed = loop_wall_s(pcscf->loop);
    sip_serve(pcscf->sip, "REGISTER", register_begin, pcscf);
    sip_serve(pcscf->sip, "*", request_begin, pcscf);
}

void pcscf_close(struct pcscf *pcscf)
{
    register_forget(pcscf);
    reg_event_forget(pcscf);
    proxy_forget(&pcscf->proxy);
    contacts_free(pcscf->contacts);
}

void pcscf_print_live(void *arg, FILE *out)
{
    const struct pcscf *pcscf = arg;

    register_print_live(pcscf, out);
    reg_event_print_live(pcscf, out);
    proxy_print_live(&pcscf->proxy, out);
    sip_print_live(pcscf->sip, out);
    if (pcscf->security.sas) {
        sip_print_live(pcscf->security.sip, out);
        sa_print(pcscf->security.sas, out);
    }
    dns_print_live(pcscf->dns, out);
    contact_print(pcscf->contacts, loop_wall_s(pcscf->loop), out);
}

bool pcscf_is_self(const struct pcscf *pcscf, const char *host)
{
    const struct conf_element *e = &pcscf->self->element;
    struct addr a;

    if (strcasecmp(host, e->host) == 0)
        return true;
    return addr_parse(&a, host, 0) == 0 &&
           (addr_same_host(&a, &e->address) || addr_same_host(&a, &e->address6));
}

void pcscf_refuse(const struct pcscf *pcscf, struct sip_request *request, int status,
                  const char *phrase, const char *headers, const char *why)
{
    char text[400], header[SEC_VALUE + 512], number[24];

    snprintf(text, sizeof text, "%s", why);
    for (char *c = text; *c; c++) /* nothing of a peer may end the header or its quoted text */
        if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '\'';
    snprintf(header, sizeof header, "Warning: 399 %s \"%s\"\r\n%s", pcscf->self->element.name, text,
             headers ? headers : "");
    log_arrow_at(status >= 500 ? LEVEL_WARN : LEVEL_INFO, sip_request_call(request), "==", NULL,
                 log_number(status, number), "reason", phrase, "why", text, NULL);
    sip_answer(request, status, phrase, header);
}
