/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of our own, from text. No engine: flow tests use it as it is. */
#include <errno.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <stdlib.h>
#include <string.h>

#include "sip_engine.h"
#include "xalloc.h"

msg_mclass_t const *sip_grammar(void)
{
    static msg_mclass_t *extended;

    if (!extended) {
        extended = sip_extend_mclass(NULL);
        sip_update_default_mclass(extended);
    }
    return extended;
}

/* The text with CRLF line ends in the headers and the empty line that closes them; *body_at says
 * where the body starts. */
static char *wire_text(const char *text, size_t *body_at)
{
    char *out = xzalloc(strlen(text) * 2 + 5), *o = out;
    bool line_is_empty = true, in_body = false;

    for (; *text && !in_body; text++) {
        if (*text == '\r' && text[1] == '\n')
            continue;
        if (*text != '\n') {
            line_is_empty = false;
            *o++ = *text;
            continue;
        }
        o = stpcpy(o, "\r\n");
        in_body = line_is_empty;
        line_is_empty = true;
    }
    if (!in_body)
        o = stpcpy(o, line_is_empty ? "\r\n" : "\r\n\r\n");
    *body_at = o - out;
    memcpy(o, text, strlen(text) + 1);
    return out;
}

static int check(const sip_t *sip, struct why *why)
{
    if (!sip || (!sip->sip_request && !sip->sip_status))
        return why_set(why, EINVAL, "cannot parse the first line of the message");
    if (sip->sip_error)
        return why_set(why, EINVAL, "cannot parse header '%.40s'",
                       sip_error_name(sip->sip_error) ? sip_error_name(sip->sip_error) : "?");
    if (!sip->sip_from || !sip->sip_to || !sip->sip_call_id || !sip->sip_cseq)
        return why_set(why, EINVAL, "a message needs From, To, Call-ID and CSeq");
    return 0;
}

msg_t *sip_compose(struct sip *sip, const char *text, struct why *why)
{
    size_t body_at;
    char *wire = wire_text(text, &body_at);
    msg_t *m = msg_make(sip_grammar(), 0, wire, -1);
    size_t body = strlen(wire) - body_at;
    sip_t *parsed = m ? sip_object(m) : NULL;
    char length[40];

    (void)sip;
    free(wire);
    if (check(parsed, why) < 0) {
        sip_drop(m);
        return NULL;
    }
    if (!parsed->sip_content_length) {
        snprintf(length, sizeof length, "Content-Length: %zu", body);
        sip_add(m, length);
    }
    return m;
}

void sip_drop(msg_t *m)
{
    if (m)
        msg_destroy(m);
}

void sip_restore_vias(msg_t *answer, const sip_t *request)
{
    sip_t *sip = sip_object(answer);
    sip_via_t *via;

    while (sip->sip_via)
        sip_via_remove(answer, sip);
    via = sip_via_dup(msg_home(answer), request->sip_via);
    if (via)
        msg_header_insert(answer, (msg_pub_t *)sip, (msg_header_t *)via);
}
