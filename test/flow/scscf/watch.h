/* SPDX-License-Identifier: Apache-2.0 */
/* Watchers for the S-CSCF's flow tests: SUBSCRIBE to the reg event, and the NOTIFYs that follow. */
#ifndef IMSLAB_TEST_SCSCF_WATCH_H
#define IMSLAB_TEST_SCSCF_WATCH_H

#include "reginfo.h"
#include "world.h"

struct subscriber { /* NULL: the usual */
    const char *impu, *who, *call_id, *event, *accept, *expires, *more, *source, *to;
    unsigned cseq;
};

static su_home_t *doc_home;
static struct reginfo doc; /* of the NOTIFY that was looked at last */

/* .. -> scscf SUBSCRIBE. event "": no Event. to: the request URI in a dialog, with a To tag. */
static inline void subscribes(struct world *w, struct subscriber s)
{
    char text[4096];

    snprintf(text, sizeof text,
             "SUBSCRIBE %s SIP/2.0\r\n"
             "Via: SIP/2.0/UDP pcscf1.vims.net;branch=z9hG4bKs%u%s\r\n"
             "Max-Forwards: 68\r\nFrom: <%s>;tag=w\r\nTo: <%s>%s\r\nCall-ID: %s\r\n"
             "CSeq: %u SUBSCRIBE\r\nContact: <sip:10.45.0.2:40002>\r\n"
             "Record-Route: <sip:flow@pcscf1.vims.net:5060;lr>\r\n%s%s%s%s%s%s%s%s%s"
             "%sContent-Length: 0\r\n\r\n",
             or (s.to, or (s.impu, IMPU)), s.cseq, or (s.call_id, "sub1"), or (s.who, IMPU),
             or (s.impu, IMPU), s.to ? ";tag=answer" : "", or (s.call_id, "sub1"),
             s.cseq ? s.cseq : 1, * or (s.event, "reg") ? "Event: " : "", or (s.event, "reg"),
             * or (s.event, "reg") ? "\r\n" : "", * or (s.accept, "x") ? "Accept: " : "",
             or (s.accept, REGINFO_TYPE), * or (s.accept, "x") ? "\r\n" : "",
             * or (s.expires, "x") ? "Expires: " : "", or (s.expires, "600000"),
             * or (s.expires, "x") ? "\r\n" : "",
             or (s.more, s.who ? "" : "P-Asserted-Identity: <" IMPU ">\r\n"));
    if (s.who && !s.more)
        snprintf(strstr(text, "Content-Length"), 200,
                 "P-Asserted-Identity: <%s>\r\nContent-Length: 0\r\n\r\n", s.who);
    fake_sip_request(text, or (s.source, "10.60.2.10:5060"));
    fake_clock_forward_ms(w->loop, 0);
}

static inline size_t last(void)
{
    assert_true(fake_sip_sent_count() > 0);
    return fake_sip_sent_count() - 1;
}

/* The request that was sent last is a NOTIFY; its document is in doc. */
static inline const struct fake_sip_sent *notified(void)
{
    const struct fake_sip_sent *sent = fake_sip_sent(last());
    const sip_payload_t *body = sent->sip->sip_payload;
    struct why why;

    assert_string_equal(sent->sip->sip_request->rq_method_name, "NOTIFY");
    if (doc_home)
        su_home_unref(doc_home);
    doc_home = su_home_new(sizeof *doc_home);
    assert_non_null(body);
    if (reginfo_read(&doc, doc_home, body->pl_data, body->pl_len, &why) < 0)
        fail_msg("%s in:\n%s", why.text, sent->text);
    return sent;
}

static inline void taken(struct world *w, int status)
{
    fake_sip_answer(last(), status, NULL);
    fake_clock_forward_ms(w->loop, 0);
}

static inline void expect_state(const char *state)
{
    char buf[200];

    assert_string_equal(sip_text(fake_sip_sent(last())->sip, "Subscription-State", buf, sizeof buf),
                        state);
}

/* "state event" of the contact that has this in its URI, under this identity. */
static inline const char *contact_is(const char *aor, const char *uri)
{
    static char text[64];

    for (const struct reginfo_registration *r = doc.registrations; r; r = r->next) {
        if (strcmp(r->aor, aor) != 0)
            continue;
        for (const struct reginfo_contact *c = r->contacts; c; c = c->next) {
            if (!strstr(c->uri, uri))
                continue;
            snprintf(text, sizeof text, "%s %s", reginfo_state_name(c->state),
                     reginfo_event_name(c->event));
            return text;
        }
    }
    return "none";
}

static inline const char *aor_is(const char *aor)
{
    for (const struct reginfo_registration *r = doc.registrations; r; r = r->next)
        if (strcmp(r->aor, aor) == 0)
            return reginfo_state_name(r->state);
    return "none";
}

static inline int watch_close(void **state)
{
    if (doc_home)
        su_home_unref(doc_home);
    doc_home = NULL;
    return world_close(state);
}

#define watch_test(f) cmocka_unit_test_setup_teardown(f, world_open, watch_close)

#endif
