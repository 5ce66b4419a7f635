/* SPDX-License-Identifier: Apache-2.0 */
/* reginfo_write, in the order of the schema of RFC 3680 5.4: uri, display-name, unknown-param, then
 * what other namespaces add. What comes from a terminal (its Contact) is escaped, and an octet that
 * is no UTF-8 or no character of XML becomes a question mark. */
#include <inttypes.h>
#include <string.h>

#include "reginfo.h"
#include "xalloc.h"

static const char *const event_names[REGINFO_EVENTS] = {
    [REGINFO_REGISTERED] = "registered", [REGINFO_CREATED] = "created",
    [REGINFO_REFRESHED] = "refreshed",   [REGINFO_SHORTENED] = "shortened",
    [REGINFO_EXPIRED] = "expired",       [REGINFO_DEACTIVATED] = "deactivated",
    [REGINFO_PROBATION] = "probation",   [REGINFO_UNREGISTERED] = "unregistered",
    [REGINFO_REJECTED] = "rejected",
};

static const char *const state_names[] = {
    [REGINFO_INIT] = "init", [REGINFO_ACTIVE] = "active", [REGINFO_TERMINATED] = "terminated"};

const char *reginfo_event_name(enum reginfo_event event)
{
    return event_names[event];
}

const char *reginfo_state_name(enum reginfo_state state)
{
    return state_names[state];
}

/* The octets of the UTF-8 character at text that XML can hold; 0: none. */
static size_t character(const unsigned char *text)
{
    size_t more = text[0] >= 0xf0 ? 3 : text[0] >= 0xe0 ? 2 : 1;
    uint32_t code;

    if (text[0] < 0x80)
        return text[0] >= 0x20 && text[0] != 0x7f;
    if (text[0] < 0xc2 || text[0] > 0xf4)
        return 0;
    code = text[0] & (0x3f >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if ((more == 2 && code < 0x800) || (more == 3 && (code < 0x10000 || code > 0x10ffff)) ||
        (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff)
        return 0;
    return more + 1;
}

static void put_text(FILE *out, const char *text)
{
    static const struct {
        char octet;
        const char *escape;
    } escapes[] = {
        {'&',  "&amp;" },
        {'<',  "&lt;"  },
        {'>',  "&gt;"  },
        {'"',  "&quot;"},
        {'\'', "&apos;"}
    };

    while (*text) {
        size_t len = character((const unsigned char *)text), i = 0;

        while (i < COUNT(escapes) && escapes[i].octet != *text)
            i++;
        if (i < COUNT(escapes))
            fputs(escapes[i].escape, out);
        else if (len)
            fwrite(text, 1, len, out);
        else
            fputc('?', out);
        text += len ? len : 1;
    }
}

/* name="value" */
static void put_attribute(FILE *out, const char *name, const char *value)
{
    if (!value)
        return;
    fprintf(out, " %s=\"", name);
    put_text(out, value);
    fputc('"', out);
}

static void put_number(FILE *out, const char *name, int64_t value)
{
    if (value >= 0)
        fprintf(out, " %s=\"%" PRId64 "\"", name, value);
}

static void put_element(FILE *out, const char *name, const char *text)
{
    if (!text)
        return;
    fprintf(out, "      <%s>", name);
    put_text(out, text);
    fprintf(out, "</%s>\n", name);
}

static void put_gruu(FILE *out, const char *name, const char *uri, const char *first_cseq)
{
    if (!uri)
        return;
    fprintf(out, "      <gr:%s", name);
    put_attribute(out, "uri", uri);
    put_attribute(out, "first-cseq", first_cseq);
    fputs("/>\n", out);
}

static void put_contact(FILE *out, const struct reginfo_contact *c)
{
    fputs("    <contact", out);
    put_attribute(out, "id", c->id);
    put_attribute(out, "state", state_names[c->state]);
    put_attribute(out, "event", event_names[c->event]);
    put_number(out, "duration-registered", c->duration_s);
    put_number(out, "expires", c->expires_s);
    put_number(out, "retry-after", c->retry_after_s);
    put_attribute(out, "callid", c->call_id);
    put_number(out, "cseq", c->cseq);
    put_attribute(out, "q", c->q);
    fputs(">\n", out);
    put_element(out, "uri", c->uri);
    put_element(out, "display-name", c->display_name);
    for (const struct reginfo_param *p = c->params; p; p = p->next) {
        fputs("      <unknown-param", out);
        put_attribute(out, "name", p->name);
        fputc('>', out);
        put_text(out, p->value);
        fputs("</unknown-param>\n", out);
    }
    put_gruu(out, "pub-gruu", c->pub_gruu, NULL);
    put_gruu(out, "temp-gruu", c->temp_gruu, c->temp_gruu_seq);
    fputs("    </contact>\n", out);
}

static bool has_gruu(const struct reginfo *info)
{
    for (const struct reginfo_registration *r = info->registrations; r; r = r->next)
        for (const struct reginfo_contact *c = r->contacts; c; c = c->next)
            if (c->pub_gruu || c->temp_gruu)
                return true;
    return false;
}

void reginfo_write(const struct reginfo *info, FILE *out)
{
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\"%s version=\"%" PRIu32
            "\" state=\"%s\">\n",
            has_gruu(info) ? " xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\"" : "", info->version,
            info->partial ? "partial" : "full");
    for (const struct reginfo_registration *r = info->registrations; r; r = r->next) {
        fputs("  <registration", out);
        put_attribute(out, "aor", r->aor);
        put_attribute(out, "id", r->id);
        put_attribute(out, "state", state_names[r->state]);
        fputs(">\n", out);
        for (const struct reginfo_contact *c = r->contacts; c; c = c->next)
            put_contact(out, c);
        fputs("  </registration>\n", out);
    }
    fputs("</reginfo>\n", out);
}
