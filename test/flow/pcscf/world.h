/* SPDX-License-Identifier: Apache-2.0 */
/* The world of the P-CSCF's flow tests: the test is the terminal, dns, the I-CSCF and the clock. */
#ifndef PCSCF_WORLD_H
#define PCSCF_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_fake.h"
#include "loop_fake.h"
#include "../../../pcscf/pcscf.h"
#include "sip_fake.h"

#define UE "10.45.0.2:5060"

static struct conf conf;
static struct pcscf pcscf;

static const char seed_register[] =
    "REGISTER sip:hims.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.45.0.2:5060;branch=z9hG4bKabab\r\n"
    "Route: <sip:10.60.2.10>\r\n"
    "Max-Forwards: 20\r\n"
    "From: <sip:name@hims.net>;tag=abbb\r\n"
    "To: <sip:name@hims.net>\r\n"
    "Contact: <sip:10.45.0.2:5060>;expires=90000\r\n"
    "Call-ID: ababab\r\n"
    "CSeq: 25 REGISTER\r\n"
    "Require: sec-agree\r\n"
    "Proxy-Require: sec-agree\r\n"
    "Supported: path\r\n"
    "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;spi-c=11;spi-s=12;port-c=40001;port-s=40002\r\n"
    "Authorization: Digest username=\"name.private@hims.net\", realm=\"hims.net\", nonce=\"\", "
    "uri=\"sip:hims.net\", response=\"\"\r\n"
    "X-Unknown: is passed on\r\n"
    "Content-Length: 0\r\n\r\n";

static const char challenge[] =
    "WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"bm9uY2U=\", algorithm=AKAv1-MD5, "
    "ik=\"00112233445566778899aabbccddeeff\", ck=\"ffeeddccbbaa99887766554433221100\"\r\n"
    "P-Charging-Vector: icid-value=1;orig-ioi=vims.net;term-ioi=hims.net\r\n";

static const char accepted[] =
    "Contact: <sip:10.45.0.9:5060>;expires=17, <sip:10.45.0.2:5060>;expires=600\r\n"
    "Service-Route: <sip:orig@scscf1.hims.net;lr>\r\n"
    "P-Associated-URI: <sip:name@hims.net>, <tel:+15550001>\r\n"
    "P-Charging-Vector: icid-value=1;orig-ioi=vims.net;term-ioi=hims.net\r\n"
    "P-Charging-Function-Addresses: ccf=10.60.4.40\r\n";

static inline int begin(void **state)
{
    struct sip_config sip = {.host = "pcscf1.vims.net", .conf = &conf};
    struct dns_config dns = {.wait_ms = 1000, .tries = 2};
    struct conf_pcscf *self = &conf.pcscf[0];
    struct why why;

    (void)state;
    memset(&conf, 0, sizeof conf);
    strcpy(conf.home_domain, "hims.net");
    strcpy(conf.visited_domain, "vims.net");
    conf.pcscf_count = 1;
    strcpy(self->element.name, "pcscf1");
    strcpy(self->element.host, "pcscf1.vims.net");
    strcpy(self->visited_network_id, "vims.net");
    addr_parse(&self->element.address, "10.60.2.10", 0);
    self->port = 5060;
    conf.icscf_count = 1;
    strcpy(conf.icscf[0].element.name, "icscf1");
    addr_parse(&conf.icscf[0].element.address, "10.60.4.10", 0);
    conf.icscf[0].port = 5060;
    conf.timers = (struct conf_timers){.sip_t1_ms = 500,
                                       .sip_t2_ms = 4000,
                                       .sip_t4_ms = 5000,
                                       .sip_t1x64_ms = 32000,
                                       .pcscf_icscf_ms = 8000};
    memset(&pcscf, 0, sizeof pcscf);
    pcscf.conf = &conf;
    pcscf.self = self;
    pcscf.loop = loop_new();
    pcscf.dns = dns_open(pcscf.loop, &dns);
    pcscf.sip = sip_open(pcscf.loop, &sip, &why);
    pcscf_open(&pcscf);
    fake_dns_set(pcscf.dns, "hims.net", "udp 10.60.4.10:5060, tcp 10.60.4.10:5060");
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    assert_int_equal(fake_sip_unanswered(), 0);
    assert_int_equal(fake_dns_pending(pcscf.dns), 0);
    assert_int_equal(fake_loop_timers(pcscf.loop), 0);
    pcscf_close(&pcscf);
    sip_close(pcscf.sip);
    dns_close(pcscf.dns);
    loop_free(pcscf.loop);
    return 0;
}

static inline void now(void)
{
    fake_clock_forward_ms(pcscf.loop, 0);
}

static inline size_t ue_sends(const char *text)
{
    size_t i = fake_sip_request(text, UE);

    now(); /* dns answers */
    return i;
}

static inline bool sent_has(size_t i, const char *text)
{
    return strstr(fake_sip_sent(i)->text, text) != NULL;
}

static inline bool reply_has(size_t i, const char *text)
{
    return strstr(fake_sip_reply(i)->text, text) != NULL;
}

static inline const char *header(const sip_t *sip, const char *name)
{
    static char buf[512];
    const char *text = sip_list(sip, name, buf, sizeof buf);

    return text ? text : "none";
}

/* The text with one line replaced by another. */
static inline const char *with(const char *text, const char *line, const char *other)
{
    static char out[8192];
    const char *at = strstr(text, line);

    assert_non_null(at);
    snprintf(out, sizeof out, "%.*s%s%s", (int)(at - text), text, other, at + strlen(line));
    return out;
}

static inline const struct contact *registered(void)
{
    struct addr source;

    addr_parse(&source, "10.45.0.2", 5060);
    return contact_find(pcscf.contacts, &source, loop_wall_s(pcscf.loop));
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
