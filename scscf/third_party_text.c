/* SPDX-License-Identifier: Apache-2.0 */
/* The REGISTER to an application server and its body (TS 24.229 5.4.1.7, 5.4.1.7A): the ServiceInfo
 * of the criterion, the REGISTER that came and the answer that it got, as far as the criterion asks
 * for them; more than one of them as multipart/mixed (RFC 2046 5.1). No key and no answer to a
 * challenge goes along. */
#include <sofia-sip/msg_header.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "asked.h"
#include "third_party.h"
#include "xalloc.h"

#define BOUNDARY "imslab-third-party"

struct part {
    const char *type;
    char *text;
    size_t len;
};

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        default: fputc(*text, out);
        }
    }
}

static void service_info(struct part *part, const char *info)
{
    FILE *out = open_memstream(&part->text, &part->len);

    part->type = "application/3gpp-ims+xml";
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ims-3gpp version=\"1\"><service-info>",
          out);
    put_escaped(out, info);
    fputs("</service-info></ims-3gpp>\n", out);
    fclose(out);
}

/* One header as it came. */
static void put_header(FILE *out, const msg_common_t *h)
{
    char *text = xzalloc(8192);
    issize_t len = msg_header_e(text, 8192, (const msg_header_t *)h, 0);

    if (len > 0 && len < 8192)
        fwrite(text, 1, (size_t)len, out);
    free(text);
}

static bool is_secret(const sip_t *sip, const msg_common_t *h)
{
    for (const msg_auth_t *a = sip->sip_authorization; a; a = a->au_next)
        if (a->au_common == h)
            return true;
    for (const msg_auth_t *a = sip->sip_proxy_authorization; a; a = a->au_next)
        if (a->au_common == h)
            return true;
    return false;
}

static bool is_body(const sip_t *sip, const msg_common_t *h)
{
    return (sip->sip_separator && sip->sip_separator->sep_common == h) ||
           (sip->sip_payload && sip->sip_payload->pl_common == h);
}

static void included_request(struct part *part, const sip_t *sip)
{
    const msg_common_t *h = sip->sip_request->rq_common;
    FILE *out = open_memstream(&part->text, &part->len);

    part->type = "message/sip";
    while (h) {
        if (!is_secret(sip, h) && !is_body(sip, h))
            put_header(out, h);
        h = h->h_succ ? h->h_succ->sh_common : NULL;
    }
    fputs("\r\n", out);
    if (sip->sip_payload)
        fwrite(sip->sip_payload->pl_data, 1, sip->sip_payload->pl_len, out);
    fclose(out);
}

static void included_response(struct part *part, const sip_t *sip, const struct change_cause *cause)
{
    FILE *out = open_memstream(&part->text, &part->len);
    const sip_via_t *via = sip->sip_via;

    part->type = "message/sip";
    fputs("SIP/2.0 200 OK\r\n", out);
    for (; via; via = via->v_next)
        put_header(out, via->v_common);
    put_header(out, sip->sip_from->a_common);
    put_header(out, sip->sip_to->a_common);
    put_header(out, sip->sip_call_id->i_common);
    put_header(out, sip->sip_cseq->cs_common);
    fprintf(out, "%sContent-Length: 0\r\n\r\n", cause->answer ? cause->answer : "");
    fclose(out);
}

static size_t parts_of(const struct third_party_text *t, struct part part[3])
{
    const sip_t *sip = t->cause->request ? sip_request_sip(t->cause->request) : NULL;
    size_t count = 0;

    if (t->ifc->service_info)
        service_info(&part[count++], t->ifc->service_info);
    if (t->ifc->include_request && sip)
        included_request(&part[count++], sip);
    if (t->ifc->include_response && sip && t->cause->answer)
        included_response(&part[count++], sip, t->cause);
    return count;
}

static void put_body(FILE *out, const struct part *part, size_t count)
{
    if (count == 0) {
        fputs("\r\n", out);
        return;
    }
    if (count == 1) {
        fprintf(out, "Content-Type: %s\r\n\r\n", part->type);
        fwrite(part->text, 1, part->len, out);
        return;
    }
    fputs("MIME-Version: 1.0\r\nContent-Type: multipart/mixed;boundary=\"" BOUNDARY "\"\r\n\r\n",
          out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "--" BOUNDARY "\r\nContent-Type: %s\r\n\r\n", part[i].type);
        fwrite(part[i].text, 1, part[i].len, out);
        fputs("\r\n", out);
    }
    fputs("--" BOUNDARY "--\r\n", out);
}

/* The icid of the REGISTER; the network that sends is ours now (5.4.1.7). */
static void put_charging(FILE *out, const struct third_party_text *t)
{
    const char *vector = t->cause->asked ? t->cause->asked->charging_vector : "";
    const char *icid = strcasestr(vector, "icid-value=");

    if (icid && !icid[strcspn(icid, "\r\n")])
        fprintf(out, "P-Charging-Vector: %.*s\r\n", (int)strcspn(icid, "; \t"), icid);
}

/* What the REGISTER said of where the terminal is goes along (5.4.1.7). */
static void put_access(FILE *out, const struct third_party_text *t)
{
    static const char *const names[] = {"P-Access-Network-Info", "P-Visited-Network-ID"};
    char value[1024];

    for (size_t i = 0; t->cause->request && i < COUNT(names); i++)
        if (sip_list(sip_request_sip(t->cause->request), names[i], value, sizeof value))
            fprintf(out, "%s: %s\r\n", names[i], value);
}

char *third_party_text(const struct third_party_text *t)
{
    struct part part[3] = {
        {NULL, NULL, 0}
    };
    size_t count = parts_of(t, part), len;
    char *text;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    fprintf(out,
            "REGISTER %s SIP/2.0\r\nMax-Forwards: 70\r\nFrom: <%s>;tag=%s\r\nTo: <%s>\r\n"
            "Call-ID: %s@%s\r\nCSeq: 1 REGISTER\r\nContact: <%s>\r\nExpires: %u\r\n",
            t->server, t->scscf, t->tag, t->impu, t->call_id, t->host, t->scscf, t->expires_s);
    put_charging(out, t);
    put_access(out, t);
    put_body(out, part, count);
    fclose(out);
    for (size_t i = 0; i < count; i++)
        free(part[i].text);
    return text;
}
