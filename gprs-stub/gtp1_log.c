/* SPDX-License-Identifier: Apache-2.0 */
/* What of a GTP message a reader of the ladder wants to see. */
#include "gtp1_log.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "pco.h"

struct keys { /* empty: left out */
    char src[ADDR_TEXT], dst[ADDR_TEXT], seq[24], teid[12], data[12], control[12], nsapi[24];
    char cause[80], address[2 * ADDR_TEXT], pcscf[PCO_TEXT], asks[PCO_TEXT], recovery[24], try[24];
};

static const char *shown(const char *text)
{
    return *text ? text : NULL;
}

static void add_host(char *list, size_t size, const struct addr *a)
{
    size_t len = strlen(list);
    char host[ADDR_TEXT];

    if (addr_is_set(a))
        snprintf(list + len, size - len, "%s%s", len ? "," : "", addr_host(a, host));
}

static void tunnel_keys(struct keys *k, const struct gtp1 *m)
{
    snprintf(k->teid, sizeof k->teid, "%08x", m->teid);
    if (m->has_teid_control)
        snprintf(k->control, sizeof k->control, "%08x", m->teid_control);
    if (m->has_teid_data)
        snprintf(k->data, sizeof k->data, "%08x", m->teid_data);
    if (m->has_nsapi)
        log_number(m->nsapi, k->nsapi);
    if (m->has_recovery)
        log_number(m->recovery, k->recovery);
}

static void fill(struct keys *k, const struct gtp1 *m)
{
    const char *cause = m->has_cause ? gtp1_cause_text(m->cause) : NULL;
    struct pco pco;

    log_number(m->seq, k->seq);
    tunnel_keys(k, m);
    if (m->has_cause)
        snprintf(k->cause, sizeof k->cause, "%u %s", m->cause, cause ? cause : "unknown cause");
    if (m->has_address) {
        add_host(k->address, sizeof k->address, &m->address.v4);
        add_host(k->address, sizeof k->address, &m->address.v6);
    }
    if (m->has_pco) {
        pco_decode(&pco, !gtp1_is_request(m->type), m->pco.data, m->pco.len);
        pco_asks_text(&pco, k->asks);
        pco_pcscf_text(&pco, k->pcscf);
    }
}

void gtp1_log(const char *arrow, const char *peer, const struct gtp1 *m, const char *imsi,
              const struct addr *src, const struct addr *dst, unsigned try)
{
    bool echo = m->type == GTP_ECHO_REQUEST || m->type == GTP_ECHO_RESPONSE;
    enum log_level level = echo ? LEVEL_DEBUG : LEVEL_INFO;
    char buf[24], tag[CALL_TAG];
    struct keys keys = {0};

    if (!log_on(level))
        return;
    fill(&keys, m);
    addr_text(src, keys.src);
    addr_text(dst, keys.dst);
    if (try > 1)
        log_number(try, keys.try);
    log_arrow_at(level, *imsi ? call_tag(imsi, tag) : NULL, arrow, peer, gtp1_text(m->type, buf),
                 "proto", "gtp", "src", keys.src, "dst", keys.dst, "imsi", shown(imsi), "seq",
                 keys.seq, "teid", echo ? NULL : keys.teid, "nsapi", shown(keys.nsapi), "apn",
                 m->has_apn ? m->apn : NULL, "pdp",
                 m->has_address ? gsm_pdp_type_text(m->address.type) : NULL, "address",
                 shown(keys.address), "pcscf", shown(keys.pcscf), "pco", shown(keys.asks),
                 "teid-control", shown(keys.control), "teid-data", shown(keys.data), "recovery",
                 shown(keys.recovery), "cause", shown(keys.cause), "try", shown(keys.try), NULL);
}
