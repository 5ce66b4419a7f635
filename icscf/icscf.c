/* SPDX-License-Identifier: Apache-2.0 */
#include "icscf.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

static void refuse_passed(const void *icscf, struct sip_request *request, int status,
                          const char *phrase, const char *why)
{
    icscf_refuse(icscf, request, status, phrase, why);
}

void icscf_open(struct icscf *icscf)
{
    const struct conf *conf = icscf->conf;

    LIST_INIT(&icscf->registers);
    LIST_INIT(&icscf->locates);
    icscf->proxy =
        (struct proxy){.loop = icscf->loop, .conf = conf, .refuse = refuse_passed, .env = icscf};
    icscf->pool_count = 0;
    for (size_t i = 0; i < conf->scscf_count; i++) {
        struct scscf *s = &icscf->pool[icscf->pool_count++];

        snprintf(s->uri, sizeof s->uri, "sip:%s:%u", conf->scscf[i].element.host,
                 conf->scscf[i].port);
        s->capability = conf->scscf[i].capability;
        s->capability_count = conf->scscf[i].capability_count;
    }
    sip_serve(icscf->sip, "REGISTER", register_begin, icscf);
    sip_serve(icscf->sip, "*", request_begin, icscf);
}

void icscf_close(struct icscf *icscf)
{
    register_forget(icscf);
    locate_forget(icscf);
    proxy_forget(&icscf->proxy);
}

void icscf_print_live(void *arg, FILE *out)
{
    const struct icscf *icscf = arg;

    register_print_live(icscf, out);
    locate_print_live(icscf, out);
    proxy_print_live(&icscf->proxy, out);
    sip_print_live(icscf->sip, out);
    cx_print_live(icscf->cx, out);
    dns_print_live(icscf->dns, out);
}

bool icscf_is_self(const struct icscf *icscf, const char *uri)
{
    const struct conf_element *e = &icscf->self->element;
    const struct addr *address[] = {&e->address, &e->address6};
    char mine[CX_TEXT], host[ADDR_TEXT];

    snprintf(mine, sizeof mine, "sip:%s:%u", e->host, icscf->self->port);
    if (select_same(uri, mine))
        return true;
    for (int i = 0; i < 2; i++) {
        if (!addr_is_set(address[i]))
            continue;
        snprintf(mine, sizeof mine, "sip:%s:%u", addr_uri_host(address[i], host),
                 icscf->self->port);
        if (select_same(uri, mine))
            return true;
    }
    return false;
}

bool icscf_admits(const struct icscf *icscf, struct sip_request *request)
{
    struct addr source = sip_request_source(request);
    char why[200], host[ADDR_TEXT];

    if (conf_trusted(icscf->conf, &source))
        return true;
    snprintf(why, sizeof why, "the sender %s is not an element of this lab's core",
             addr_host(&source, host));
    icscf_refuse(icscf, request, 403, "Forbidden", why);
    return false;
}

void icscf_refuse(const struct icscf *icscf, struct sip_request *request, int status,
                  const char *phrase, const char *why)
{
    char text[400], header[512], number[24];

    snprintf(text, sizeof text, "%s", why);
    for (char *c = text; *c; c++) /* nothing of a peer may end the header or its quoted text */
        if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '\'';
    snprintf(header, sizeof header, "Warning: 399 %s \"%s\"\r\n", icscf->self->element.name, text);
    log_arrow_at(status >= 408 ? LEVEL_WARN : LEVEL_INFO, sip_request_call(request), "==", NULL,
                 log_number(status, number), "reason", phrase, "why", text, NULL);
    sip_answer(request, status, phrase, header);
}
