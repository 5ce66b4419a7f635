/* SPDX-License-Identifier: Apache-2.0 */
/* A world for the S-CSCF: the real rooms, a terminal with the card of the published set 1, an
 * I-CSCF at 10.60.4.10, an HSS that the test plays. Each step reads as an arrow of the ladder. */
#ifndef IMSLAB_TEST_SCSCF_WORLD_H
#define IMSLAB_TEST_SCSCF_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../scscf/journal.h"
#include "../../unit/common/published.h"
#include "cx_fake.h"
#include "digest_aka.h"
#include "dns_fake.h"
#include "loop_fake.h"
#include "sip_fake.h"
#include "xalloc.h"

#define ICSCF  "10.60.4.10:5060"
#define IMPI   "name.private@hims.net"
#define IMPU   "sip:name@hims.net"
#define SERVER "sip:scscf1.hims.net:5060"

struct world {
    struct conf conf;
    struct loop *loop;
    struct scscf scscf;
    char folder[40], journal[64]; /* "": none */
};

/* What the terminal puts into its REGISTER; NULL: the usual. */
struct ue {
    const char *impi, *impu, *from, *call_id, *contact, *expires, *nonce, *response, *auts,
        *protection;
    const char *more;      /* further header lines */
    const char *algorithm; /* "" : none */
    const char *source;
    unsigned cseq;
    bool no_contact, no_authorization;
};

static const char user_data[] =
    "<IMSSubscription><PrivateID>" IMPI "</PrivateID><ServiceProfile>"
    "<PublicIdentity><BarringIndication>1</BarringIndication>"
    "<Identity>sip:hidden@hims.net</Identity></PublicIdentity>"
    "<PublicIdentity><Identity>" IMPU "</Identity></PublicIdentity>"
    "<PublicIdentity><Identity>tel:+15550001</Identity></PublicIdentity>"
    "</ServiceProfile></IMSSubscription>";

static const struct cx_handlers world_handlers = {.rtr = rtr_serve, .ppr = ppr_serve};

/* The daemon's start; with a journal it reads what an earlier life wrote. */
static inline void scscf_starts(struct world *w)
{
    struct why why;

    scscf_init(&w->scscf, &w->conf, &w->conf.scscf[0]);
    w->scscf.loop = w->loop;
    w->scscf.sip =
        sip_open(w->loop, &(struct sip_config){.host = "scscf1.hims.net", .conf = &w->conf}, &why);
    w->scscf.cx = cx_open(w->loop, &(struct cx_config){.identity = "scscf1.hims.net"}, &why);
    w->scscf.dns = dns_open(w->loop, &(struct dns_config){.wait_ms = 1000, .tries = 2});
    fake_dns_set(w->scscf.dns, "pcscf1.vims.net", "udp 10.60.2.10:5060");
    if (*w->journal && journal_open(&w->scscf, w->journal, &why) < 0)
        fail_msg("%s", why.text);
    cx_serve(w->scscf.cx, &world_handlers, &w->scscf);
    sip_serve(w->scscf.sip, "REGISTER", register_begin, &w->scscf);
    sip_serve(w->scscf.sip, "SUBSCRIBE", subscribe_begin, &w->scscf);
}

static inline void scscf_stops(struct world *w)
{
    scscf_end(&w->scscf);
    assert_int_equal(fake_loop_timers(w->loop), 0);
    sip_close(w->scscf.sip);
    dns_close(w->scscf.dns);
    cx_close(w->scscf.cx);
}

static inline int world_open(void **state)
{
    struct world *w = xzalloc(sizeof *w);
    struct conf *conf = &w->conf;
    struct conf_scscf *me = &conf->scscf[0];

    log_open("scscf1", LEVEL_INFO);
    strcpy(conf->home_domain, "hims.net");
    conf->icscf_count = conf->scscf_count = conf->pcscf_count = 1;
    addr_parse(&conf->icscf[0].element.address, "10.60.4.10", 0);
    addr_parse(&conf->pcscf[0].element.address, "10.60.2.10", 0);
    strcpy(conf->pcscf[0].element.host, "pcscf1.vims.net");
    conf->pcscf[0].ipsec = IPSEC_OPTIONAL;
    strcpy(me->element.name, "scscf1");
    strcpy(me->element.host, "scscf1.hims.net");
    addr_parse(&me->element.address, "10.60.4.20", 0);
    me->port = 5060;
    me->min_expires_s = 60;
    me->max_expires_s = me->default_expires_s = 600000;
    me->max_attempts = 3;
    me->reauth_expires_s = 30;
    me->vectors = 1;
    conf->timers.reg_await_auth_s = 240;
    conf->timers.cx_wait_ms = 4000;
    conf->timers.sip_t1x64_ms = 32000;
    conf->timers.reg_event_interval_ms = 5000;
    conf->timers.diameter_tc_s = 2;
    w->loop = loop_new();
    fake_cx_reset();
    scscf_starts(w);
    *state = w;
    return 0;
}

static inline int world_close(void **state)
{
    struct world *w = *state;

    scscf_stops(w);
    fake_cx_reset();
    if (*w->journal) {
        unlink(w->journal);
        rmdir(w->folder);
    }
    loop_free(w->loop);
    free(w);
    return 0;
}

/* A world whose S-CSCF keeps a journal. */
static inline int world_open_journal(void **state)
{
    struct world *w;
    struct why why;

    world_open(state);
    w = *state;
    strcpy(w->folder, "/tmp/imslab-scscf-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->journal, sizeof w->journal, "%s/scscf1.journal", w->folder);
    assert_int_equal(journal_open(&w->scscf, w->journal, &why), 0);
    return 0;
}

/* kill -9 and a new start: nothing is written at the end, so an orderly one loses as much. */
static inline void scscf_restarts(struct world *w)
{
    scscf_stops(w);
    fake_cx_reset();
    scscf_starts(w);
}

static inline void forward_s(struct world *w, unsigned s)
{
    fake_clock_forward_ms(w->loop, s * 1000);
}

static inline const char * or (const char *text, const char *usual)
{
    return text ? text : usual;
}

static inline void print_authorization(FILE *out, const struct ue *ue)
{
    fprintf(out,
            "Authorization: Digest username=\"%s\", realm=\"hims.net\", nonce=\"%s\", "
            "uri=\"sip:hims.net\", response=\"%s\"",
            or (ue->impi, IMPI), or (ue->nonce, ""), or (ue->response, ""));
    if (* or (ue->algorithm, ue->nonce ? "AKAv1-MD5" : ""))
        fprintf(out, ", algorithm=%s", or (ue->algorithm, "AKAv1-MD5"));
    if (ue->auts)
        fprintf(out, ", auts=\"%s\"", ue->auts);
    if (* or (ue->protection, "no"))
        fprintf(out, ", integrity-protected=\"%s\"", or (ue->protection, "no"));
    fprintf(out, "\r\n");
}

/* ue -> .. -> icscf -> scscf REGISTER. Returns the number of the request. */
static inline size_t ue_registers(struct world *w, struct ue ue)
{
    char *text;
    size_t len, number;
    FILE *out = open_memstream(&text, &len);

    fprintf(out,
            "REGISTER " SERVER " SIP/2.0\r\n"
            "Via: SIP/2.0/UDP icscf1.hims.net;branch=z9hG4bKi%u%s\r\n"
            "Via: SIP/2.0/UDP pcscf1.vims.net;branch=z9hG4bKp\r\n"
            "Max-Forwards: 18\r\n"
            "From: <%s>;tag=ue\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %u REGISTER\r\n"
            "Path: <sip:term@pcscf1.vims.net:5060;lr>\r\nRequire: path\r\n"
            "P-Visited-Network-ID: vims.net\r\n"
            "P-Charging-Vector: icid-value=icid-1;orig-ioi=vims.net\r\n"
            "Expires: %s\r\n",
            ue.cseq, or (ue.call_id, "reg1"), or (ue.from, or (ue.impu, IMPU)), or (ue.impu, IMPU),
            or (ue.call_id, "reg1"), ue.cseq, or (ue.expires, "90000"));
    if (!ue.no_contact)
        fprintf(out, "Contact: %s\r\n", or (ue.contact, "<sip:name@10.45.0.2:5060>"));
    if (!ue.no_authorization)
        print_authorization(out, &ue);
    fprintf(out, "%sContent-Length: 0\r\n\r\n", or (ue.more, ""));
    fclose(out);
    number = fake_sip_request(text, or (ue.source, ICSCF));
    fake_clock_forward_ms(w->loop, 0);
    free(text);
    return number;
}

/* The vector of a published set. */
static inline struct cx_maa maa_of_set(size_t set)
{
    const struct published *p = &published[set];
    struct cx_maa maa = {.result = CX_SUCCESS, .count = 1};
    struct cx_vector *v = &maa.vector[0];

    strcpy(v->scheme, "Digest-AKAv1-MD5");
    unhex(p->rand, v->rand);
    unhex(p->autn, v->autn);
    v->xres_len = unhex(p->res, v->xres);
    unhex(p->ck, v->ck);
    unhex(p->ik, v->ik);
    return maa;
}

/* hss -> scscf MAA with the vector of a set. */
static inline void hss_gives_vector(struct world *w, size_t set)
{
    struct cx_maa maa = maa_of_set(set);

    fake_cx_answer_maa(&maa);
    fake_clock_forward_ms(w->loop, 0);
}

static inline void hss_refuses_vector(struct world *w, int result)
{
    fake_cx_answer_maa(&(struct cx_maa){.result = result});
    fake_clock_forward_ms(w->loop, 0);
}

static inline void hss_gives_profile(struct world *w, const char *xml)
{
    fake_cx_answer_saa(&(struct cx_saa){.result = CX_SUCCESS, .user_data = (char *)xml});
    fake_clock_forward_ms(w->loop, 0);
}

static inline void hss_accepts(struct world *w)
{
    hss_gives_profile(w, NULL);
}

static inline void hss_fails(struct world *w, int err)
{
    fake_cx_fail(err);
    fake_clock_forward_ms(w->loop, 0);
}

/* The last answer, which must have this status. */
static inline const struct fake_sip_reply *expect_answer(int status)
{
    const struct fake_sip_reply *reply;

    assert_int_not_equal(fake_sip_reply_count(), 0);
    reply = fake_sip_reply(fake_sip_reply_count() - 1);
    assert_int_equal(reply->status, status);
    return reply;
}

static inline void expect_line(const struct fake_sip_reply *reply, const char *line)
{
    char with_end[512];

    snprintf(with_end, sizeof with_end, "\r\n%s\r\n", line);
    if (!strstr(reply->text, with_end))
        fail_msg("no line '%s' in:\n%s", line, reply->text);
}

static inline void expect_no(const struct fake_sip_reply *reply, const char *text)
{
    if (strstr(reply->text, text))
        fail_msg("'%s' in:\n%s", text, reply->text);
}

static inline void expect_sar(int type, const char *impi, const char *impu)
{
    const struct cx_sar *sar = fake_cx_sar();

    assert_int_equal(sar->type, type);
    assert_string_equal(sar->impi, impi);
    assert_int_equal(sar->impu_count, 1);
    assert_string_equal(sar->impu[0], impu);
    assert_string_equal(sar->server_name, SERVER);
}

/* Nothing under way: no question to the HSS, no request without its answer. */
static inline void expect_quiet(void)
{
    assert_int_equal(fake_cx_waiting(), 0);
    assert_int_equal(fake_sip_unanswered(), 0);
}

/* The terminal's answer to the challenge of a set: response[DIGEST_HEX] of the REGISTER's values.
 */
static inline void make_response(const char *impi, size_t set, char response[DIGEST_HEX])
{
    uint8_t res[8];

    unhex(published[set].res, res);
    digest_response(&(struct digest_input){.username = impi,
                                           .realm = "hims.net",
                                           .method = "REGISTER",
                                           .uri = "sip:hims.net",
                                           .nonce = published[set].nonce,
                                           .password = res,
                                           .password_len = 8},
                    response);
}

/* REGISTER, MAR, 401, and the REGISTER with the right answer: what the HSS is asked then is up to
 * the test. CSeq n and n + 1. */
static inline void ue_authenticates(struct world *w, struct ue ue)
{
    char response[DIGEST_HEX];

    ue_registers(w, ue);
    hss_gives_vector(w, 0);
    expect_answer(401);
    make_response(or (ue.impi, IMPI), 0, response);
    ue.cseq++;
    ue.nonce = published[0].nonce;
    ue.response = response;
    ue_registers(w, ue);
}

/* From nothing to registered, CSeq 25 and 26 (of ue.cseq when given). */
static inline void ue_is_registered(struct world *w, struct ue ue)
{
    if (ue.cseq == 0)
        ue.cseq = 25;
    ue_authenticates(w, ue);
    hss_gives_profile(w, user_data);
    expect_answer(200);
    expect_quiet();
}

#define flow_test(f)    cmocka_unit_test_setup_teardown(f, world_open, world_close)
#define journal_test(f) cmocka_unit_test_setup_teardown(f, world_open_journal, world_close)

#endif
