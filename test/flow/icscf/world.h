/* SPDX-License-Identifier: Apache-2.0 */
/* An I-CSCF with scripted neighbours: P-CSCF 10.60.2.10, the HSS, the DNS, and three S-CSCFs:
 * scscf1 (capabilities 1, 2), scscf2 (1, 2, 3), scscf3 (none). name.private@hims.net has them in
 * the order scscf1, scscf3, scscf2 where they fit equally well (icscf/select.h). */
#ifndef FLOW_ICSCF_WORLD_H
#define FLOW_ICSCF_WORLD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../icscf/icscf.h"
#include "cx_fake.h"
#include "dns_fake.h"
#include "log.h"
#include "loop_fake.h"
#include "sip_fake.h"
#include "xalloc.h"

#define PCSCF    "10.60.2.10:5060"
#define STRANGER "192.0.2.66:5060"
#define NAME1    "sip:scscf1.hims.net:5060"
#define NAME2    "sip:scscf2.hims.net:5060"
#define NAME3    "sip:scscf3.hims.net:5060"

/* The seed's REGISTER as its P-CSCF passes it on (M2). */
#define M2_TOP                                                                                     \
    "REGISTER sip:hims.net SIP/2.0\r\n"                                                            \
    "Via: SIP/2.0/UDP pcscf1.vims.net;branch=z9hG4bKp1\r\n"                                        \
    "Via: SIP/2.0/UDP 10.45.0.2:5060;branch=z9hG4bKu1;rport=5060;received=10.45.0.2\r\n"           \
    "Path: <sip:term@pcscf1.vims.net:5060;lr>\r\nRequire: path\r\n"                                \
    "P-Visited-Network-ID: \"vims.net\"\r\n"                                                       \
    "P-Charging-Vector: icid-value=\"abc\";orig-ioi=vims.net\r\n"                                  \
    "From: <sip:name@hims.net>;tag=4fa3\r\nTo: <sip:name@hims.net>\r\n"                            \
    "Contact: <sip:10.45.0.2:5060>\r\nCall-ID: apb03a0s09dkjdfglkj49111\r\nCSeq: 25 REGISTER\r\n"
#define M2_AUTHORIZATION                                                                           \
    "Authorization: Digest username=\"name.private@hims.net\",realm=\"hims.net\",nonce=\"\","      \
    "uri=\"sip:hims.net\",response=\"\",integrity-protected=\"no\"\r\n"
#define M2   M2_TOP M2_AUTHORIZATION "Max-Forwards: 19\r\nExpires: 90000\r\n\r\n"
#define MBYE M2_TOP M2_AUTHORIZATION "Max-Forwards: 19\r\nExpires: 0\r\n\r\n" /* de-registers */

struct world {
    struct conf conf;
    struct icscf icscf;
};

static inline void element(struct conf_element *e, const char *name, const char *domain,
                           const char *addr)
{
    snprintf(e->name, sizeof e->name, "%s", name);
    snprintf(e->host, sizeof e->host, "%s.%s", name, domain);
    assert_int_equal(addr_parse(&e->address, addr, 0), 0);
}

static inline void fill(struct conf *conf)
{
    static const char *const scscf[] = {"10.60.4.20", "10.60.4.21", "10.60.4.22"};
    char name[16];

    strcpy(conf->home_domain, "hims.net");
    conf->timers = (struct conf_timers){.sip_t1_ms = 500,
                                        .sip_t1x64_ms = 32000,
                                        .icscf_scscf_ms = 4000,
                                        .pcscf_icscf_ms = 16000,
                                        .cx_wait_ms = 4000};
    conf->pcscf_count = conf->icscf_count = 1;
    element(&conf->pcscf[0].element, "pcscf1", "vims.net", "10.60.2.10");
    element(&conf->icscf[0].element, "icscf1", "hims.net", "10.60.4.10");
    conf->pcscf[0].port = conf->icscf[0].port = 5060;
    conf->scscf_count = COUNT(scscf);
    for (size_t i = 0; i < COUNT(scscf); i++) {
        snprintf(name, sizeof name, "scscf%zu", i + 1);
        element(&conf->scscf[i].element, name, "hims.net", scscf[i]);
        conf->scscf[i].port = 5060;
        for (uint32_t c = 1; i < 2 && c <= 2 + i; c++)
            conf->scscf[i].capability[conf->scscf[i].capability_count++] = c;
    }
}

static inline struct world *world(void)
{
    struct world *w = xzalloc(sizeof *w);
    struct sip_config sip = {.host = "icscf1.hims.net", .conf = &w->conf};
    struct why why;

    log_open("icscf1", LEVEL_ERROR);
    fake_cx_reset();
    fill(&w->conf);
    w->icscf.conf = &w->conf;
    w->icscf.self = &w->conf.icscf[0];
    w->icscf.loop = loop_new();
    w->icscf.sip = sip_open(w->icscf.loop, &sip, &why);
    w->icscf.cx = cx_open(w->icscf.loop, &(struct cx_config){.wait_ms = 4000}, &why);
    w->icscf.dns = dns_open(w->icscf.loop, &(struct dns_config){.wait_ms = 1000});
    fake_dns_set(w->icscf.dns, "scscf1.hims.net", "udp 10.60.4.20:5060");
    fake_dns_set(w->icscf.dns, "scscf2.hims.net", "udp 10.60.4.21:5060");
    fake_dns_set(w->icscf.dns, "scscf3.hims.net", "udp 10.60.4.22:5060");
    icscf_open(&w->icscf);
    return w;
}

static inline void turn(struct world *w)
{
    fake_clock_forward_ms(w->icscf.loop, 0);
}

/* Every test ends here: everybody was answered once, and nothing is left behind. */
static inline void end(struct world *w)
{
    assert_int_equal(fake_sip_unanswered(), 0);
    assert_int_equal(fake_sip_waiting(), 0);
    assert_int_equal(fake_cx_waiting(), 0);
    assert_int_equal(fake_dns_pending(w->icscf.dns), 0);
    assert_null(LIST_FIRST(&w->icscf.registers));
    assert_int_equal(fake_loop_timers(w->icscf.loop), 0);
    sip_close(w->icscf.sip);
    cx_close(w->icscf.cx);
    dns_close(w->icscf.dns);
    loop_free(w->icscf.loop);
    free(w);
}

static inline void hss_answers(struct world *w, const struct cx_uaa *uaa)
{
    fake_cx_answer_uaa(uaa);
    turn(w);
}

static inline void hss_names(struct world *w, const char *scscf)
{
    struct cx_uaa uaa = {.result = CX_SUBSEQUENT_REGISTRATION};

    snprintf(uaa.server_name, sizeof uaa.server_name, "%s", scscf);
    hss_answers(w, &uaa);
}

/* capabilities: each digit a mandatory one, after '/' the optional ones; "" for anybody. */
static inline void hss_asks_for(struct world *w, int result, const char *capabilities)
{
    struct cx_uaa uaa = {.result = result, .has_capabilities = *capabilities};
    bool optional = false;

    for (; *capabilities; capabilities++) {
        if (*capabilities == '/')
            optional = true;
        else if (optional)
            uaa.capabilities.optional[uaa.capabilities.optional_count++] = *capabilities - '0';
        else
            uaa.capabilities.mandatory[uaa.capabilities.mandatory_count++] = *capabilities - '0';
    }
    hss_answers(w, &uaa);
}

/* The n-th REGISTER that left, n from 0, went to this S-CSCF. */
static inline void expect_sent(size_t n, const char *uri, const char *to)
{
    const struct fake_sip_sent *sent = fake_sip_sent(n);
    char text[CX_TEXT], addr[ADDR_TEXT];

    assert_int_equal(fake_sip_sent_count(), n + 1);
    url_e(text, sizeof text, sent->sip->sip_request->rq_url);
    assert_string_equal(text, uri);
    assert_string_equal(addr_text(&sent->to.addr, addr), to);
}

static inline void scscf_answers(struct world *w, size_t n, int status, const char *headers)
{
    fake_sip_answer(n, status, headers);
    turn(w);
}

/* The one final answer that the P-CSCF gets. warning: a part of the Warning header, or NULL. */
static inline void expect_reply(int status, const char *warning)
{
    char text[512] = "";

    assert_int_equal(fake_sip_reply_count(), 1);
    assert_int_equal(fake_sip_reply(0)->status, status);
    if (!warning)
        return;
    if (!sip_text(fake_sip_reply(0)->sip, "Warning", text, sizeof text) || !strstr(text, warning))
        fail_msg("no '%s' in Warning: %s", warning, text);
    assert_ptr_equal(strstr(text, "399 icscf1 \""), text);
}

/* What goes to the log meanwhile. */
static int saved_stderr = -1, captured;

static inline void begin_capture(enum log_level level)
{
    FILE *f = tmpfile();

    log_open("icscf1", level);
    captured = dup(fileno(f));
    fclose(f);
    saved_stderr = dup(STDERR_FILENO);
    dup2(captured, STDERR_FILENO);
}

static inline void expect_logged(const char *text)
{
    static char log[20000];
    ssize_t len;

    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    log_open("icscf1", LEVEL_ERROR);
    len = pread(captured, log, sizeof log - 1, 0);
    close(captured);
    log[len > 0 ? len : 0] = 0;
    if (!strstr(log, text))
        fail_msg("no '%s' in:\n%s", text, log);
}

#endif
