/* SPDX-License-Identifier: Apache-2.0 */
/* One function per header, in the order of the seed's example message. The first REGISTER names the
 * subscriber and offers security associations; the second differs by its Authorization and its
 * Security-Verify alone (TS 24.229 5.1.1.5.1). */
#include "register_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A text that grows; once something did not fit or may not stand there, err stays. */
struct text {
    char *buf;
    size_t size, len;
    int err;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_request_line(struct text *t, const struct register_text *r);
static void put_who(struct text *t, const struct register_text *r);
static void put_contact(struct text *t, const struct register_text *r);
static void put_security(struct text *t, const struct register_text *r);
static void put_authorization(struct text *t, const struct register_text *r);

static void put(struct text *t, const char *format, ...)
{
    va_list ap;
    int n;

    if (t->err)
        return;
    va_start(ap, format);
    n = vsnprintf(t->buf + t->len, t->size - t->len, format, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= t->size - t->len)
        t->err = -EMSGSIZE;
    else
        t->len += n;
}

/* name="value": what the network said is sent back as it came, escaped; a control character never.
 */
static void put_quoted(struct text *t, const char *before, const char *value)
{
    put(t, "%s\"", before);
    for (; *value; value++) {
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            t->err = -EINVAL;
        put(t, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    }
    put(t, "\"");
}

/* For what stands without quotes, identities and tokens. */
static const char *bare(struct text *t, const char *value)
{
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"<>,", *c))
            t->err = -EINVAL;
    return value;
}

int register_text(const struct register_text *r, char *buf, size_t size)
{
    struct text t = {.buf = buf, .size = size};

    put_request_line(&t, r);
    put_who(&t, r);
    put_contact(&t, r);
    put(&t, "Call-ID: %s\r\nCSeq: %u REGISTER\r\n", bare(&t, r->call_id), r->cseq);
    put_security(&t, r);
    put(&t, "Supported: path\r\n");
    put_authorization(&t, r);
    return t.err ? t.err : (int)t.len;
}

static void put_request_line(struct text *t, const struct register_text *r)
{
    char host[ADDR_TEXT];
    unsigned port = addr_port(&r->pcscf);

    put(t, "REGISTER sip:%s SIP/2.0\r\n", bare(t, r->domain));
    put(t, "Route: <sip:%s", addr_uri_host(&r->pcscf, host));
    if (port && port != 5060)
        put(t, ":%u", port);
    put(t, "%s;lr>\r\n", r->transport == CONF_TCP ? ";transport=tcp" : "");
    put(t, "Max-Forwards: %u\r\n", r->max_forwards);
}

static void put_who(struct text *t, const struct register_text *r)
{
    put(t, "From: <%s>;tag=%s\r\n", bare(t, r->impu), bare(t, r->from_tag));
    put(t, "To: <%s>\r\n", r->impu);
}

const char *register_contact(const struct addr *contact, enum conf_transport transport, char *buf,
                             size_t size)
{
    char host[ADDR_TEXT];

    snprintf(buf, size, "sip:%s:%u%s", addr_uri_host(contact, host), addr_port(contact),
             transport == CONF_TCP ? ";transport=tcp" : "");
    return buf;
}

static void put_contact(struct text *t, const struct register_text *r)
{
    char uri[CONF_URI];

    put(t, "Contact: <%s>;expires=%u\r\n",
        register_contact(&r->contact, r->transport, uri, sizeof uri), r->expires_s);
    if (r->expires_s == 0) /* what the I-CSCF looks at first (TS 24.229 5.1.1.6) */
        put(t, "Expires: 0\r\n");
}

/* A header value that came from the network, as it came; a control character never. */
static const char *line(struct text *t, const char *value)
{
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            t->err = -EINVAL;
    return value;
}

/* TS 24.229 5.1.1.2.2 and 5.1.1.5.1: Security-Client in every REGISTER, Security-Verify as soon as
 * there is an agreement. */
static void put_security(struct text *t, const struct register_text *r)
{
    if (!r->security_client && !r->security_verify)
        return;
    put(t, "Require: sec-agree\r\nProxy-Require: sec-agree\r\n");
    if (r->security_client)
        put(t, "Security-Client: %s\r\n", line(t, r->security_client));
    if (r->security_verify)
        put(t, "Security-Verify: %s\r\n", line(t, r->security_verify));
}

/* RFC 3310 3.3 and 3.4: an empty response says that the MAC was wrong, auts that the sequence
 * number was. */
static void put_authorization(struct text *t, const struct register_text *r)
{
    const struct register_credentials *a = r->auth;

    put_quoted(t, "Authorization: Digest username=", r->impi);
    put_quoted(t, ", realm=", a ? a->realm : r->domain);
    put(t, ", uri=\"sip:%s\"", r->domain);
    put_quoted(t, ", nonce=", a ? a->nonce : "");
    put_quoted(t, ", response=", a ? a->response : "");
    if (a) {
        put(t, ", algorithm=%s", bare(t, a->algorithm));
        if (a->opaque)
            put_quoted(t, ", opaque=", a->opaque);
        if (a->cnonce) {
            put(t, ", qop=auth, nc=%08x", a->nc);
            put_quoted(t, ", cnonce=", a->cnonce);
        }
        if (a->auts)
            put_quoted(t, ", auts=", a->auts);
    }
    put(t, "\r\n");
}
