/* SPDX-License-Identifier: Apache-2.0 */
/* pcscf/register.c and request.c with scripted peers: the test is the terminal, dns, the I-CSCF and
 * the clock. */
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

/* What a terminal would like the network to believe. */
static const char hostile_register[] =
    "REGISTER sip:hims.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.45.0.2:5060;branch=z9hG4bKabab\r\n"
    "Route: <sip:pcscf1.vims.net:5060;lr>, <sip:scscf1.hims.net;lr>\r\n"
    "Path: <sip:evil@192.0.2.66;lr>\r\n"
    "Service-Route: <sip:evil@192.0.2.66;lr>\r\n"
    "Record-Route: <sip:evil@192.0.2.66;lr>\r\n"
    "P-Visited-Network-ID: \"evil.net\"\r\n"
    "P-Charging-Vector: icid-value=evil;orig-ioi=evil.net\r\n"
    "P-Charging-Function-Addresses: ccf=evil\r\n"
    "P-Asserted-Identity: <sip:evil@hims.net>\r\n"
    "P-Associated-URI: <sip:evil@hims.net>\r\n"
    "P-Served-User: <sip:evil@hims.net>\r\n"
    "From: <sip:name@hims.net>;tag=abbb\r\n"
    "To: <sip:name@hims.net>\r\n"
    "Contact: <sip:10.45.0.2:5060>;expires=90000\r\n"
    "Call-ID: ababab\r\n"
    "CSeq: 25 REGISTER\r\n"
    "Authorization: Digest username=\"name.private@hims.net\", realm=\"hims.net\", nonce=\"\", "
    "uri=\"sip:hims.net\", response=\"\", integrity-protected=\"yes\"\r\n"
    "Authorization: Digest username=\"x\", realm=\"y\", nonce=\"\", uri=\"sip:hims.net\", "
    "response=\"\", Integrity-Protected = yes\r\n"
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

static int begin(void **state)
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

static int end(void **state)
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

static void now(void)
{
    fake_clock_forward_ms(pcscf.loop, 0);
}

static size_t ue_sends(const char *text)
{
    size_t i = fake_sip_request(text, UE);

    now(); /* dns answers */
    return i;
}

static bool sent_has(size_t i, const char *text)
{
    return strstr(fake_sip_sent(i)->text, text) != NULL;
}

static bool reply_has(size_t i, const char *text)
{
    return strstr(fake_sip_reply(i)->text, text) != NULL;
}

static const char *header(const sip_t *sip, const char *name)
{
    static char buf[512];
    const char *text = sip_list(sip, name, buf, sizeof buf);

    return text ? text : "none";
}

/* The text with one line replaced by another. */
static const char *with(const char *text, const char *line, const char *other)
{
    static char out[8192];
    const char *at = strstr(text, line);

    assert_non_null(at);
    snprintf(out, sizeof out, "%.*s%s%s", (int)(at - text), text, other, at + strlen(line));
    return out;
}

static void REG_02_the_register_is_marked_for_the_home_network(void **state)
{
    const sip_t *sip;

    (void)state;
    ue_sends(seed_register);
    assert_int_equal(fake_sip_sent_count(), 1);
    sip = fake_sip_sent(0)->sip;
    assert_int_equal(fake_sip_sent(0)->to.transport, SIP_UDP);
    assert_string_equal(header(sip, "Path"), "<sip:term@pcscf1.vims.net:5060;lr>");
    assert_string_equal(header(sip, "Require"), "path");
    assert_string_equal(header(sip, "P-Visited-Network-ID"), "\"vims.net\"");
    assert_true(sent_has(0, "\r\nP-Charging-Vector: icid-value=\""));
    assert_true(sent_has(0, ";orig-ioi=vims.net\r\n"));
    assert_string_equal(header(sip, "Security-Client"), "none");
    assert_string_equal(header(sip, "Proxy-Require"), "none");
    assert_string_equal(header(sip, "Route"), "none");
    assert_string_equal(header(sip, "Max-Forwards"), "19");
    assert_false(sent_has(0, "sec-agree"));
    assert_true(sent_has(0, "integrity-protected=\"no\""));
    assert_true(sent_has(0, "REGISTER sip:hims.net SIP/2.0\r\n"));
    assert_true(sent_has(0, "\r\nX-Unknown: is passed on\r\n"));
    assert_string_equal(header(sip, "CSeq"), "25 REGISTER");
    assert_string_equal(header(sip, "Contact"), "<sip:10.45.0.2:5060>;expires=90000");
    fake_sip_answer(0, 200, accepted);
}

static void REG_02_every_register_has_a_new_icid(void **state)
{
    char first[256];

    (void)state;
    ue_sends(seed_register);
    strcpy(first, header(fake_sip_sent(0)->sip, "P-Charging-Vector"));
    fake_sip_answer(0, 401, challenge);
    ue_sends(seed_register);
    assert_string_not_equal(first, header(fake_sip_sent(1)->sip, "P-Charging-Vector"));
    fake_sip_answer(1, 401, challenge);
}

static void REGE_33_integrity_protected_of_a_terminal_becomes_no(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "response=\"\"", "response=\"\", integrity-protected=\"yes\""));
    assert_true(sent_has(0, "integrity-protected=\"no\""));
    assert_false(sent_has(0, "integrity-protected=\"yes\""));
    fake_sip_answer(0, 401, challenge);
    assert_int_equal(fake_sip_reply(0)->status, 401);
}

static void TRU_12_what_only_the_network_may_say_is_taken_out(void **state)
{
    (void)state;
    ue_sends(hostile_register);
    assert_false(sent_has(0, "evil"));
    assert_false(sent_has(0, "ntegrity-"));
    assert_string_equal(header(fake_sip_sent(0)->sip, "Path"),
                        "<sip:term@pcscf1.vims.net:5060;lr>");
    assert_string_equal(header(fake_sip_sent(0)->sip, "P-Visited-Network-ID"), "\"vims.net\"");
    assert_string_equal(header(fake_sip_sent(0)->sip, "Route"), "none");
    fake_sip_answer(0, 403, NULL);
}

static void TRU_12_a_core_address_is_trusted_no_more_than_a_terminal(void **state)
{
    (void)state;
    fake_sip_request(hostile_register, "10.60.4.20:5060");
    now();
    assert_false(sent_has(0, "evil"));
    assert_false(sent_has(0, "ntegrity-"));
    fake_sip_answer(0, 403, NULL);
}

static void TRU_16_keys_and_charging_never_reach_the_terminal(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 401, challenge);
    assert_int_equal(fake_sip_reply(0)->status, 401);
    assert_false(reply_has(0, "ck="));
    assert_false(reply_has(0, "ik="));
    assert_false(reply_has(0, "0011223344"));
    assert_false(reply_has(0, "ffeeddccbb"));
    assert_false(reply_has(0, "P-Charging"));
    assert_true(reply_has(0, "nonce=\"bm9uY2U=\""));
    assert_true(reply_has(0, "algorithm=AKAv1-MD5"));
    ue_sends(seed_register);
    fake_sip_answer(1, 200, accepted);
    assert_false(reply_has(1, "P-Charging"));
    assert_true(reply_has(1, "P-Associated-URI: <sip:name@hims.net>, <tel:+15550001>"));
    assert_true(reply_has(1, "Service-Route: <sip:orig@scscf1.hims.net;lr>"));
}

static void the_answer_has_the_terminals_via_alone(void **state)
{
    (void)state;
    ue_sends(seed_register);
    assert_true(sent_has(0, "z9hG4bKfake0"));
    fake_sip_answer(0, 401, challenge);
    assert_false(reply_has(0, "z9hG4bKfake"));
    assert_true(reply_has(0, "\r\nVia: SIP/2.0/UDP 10.45.0.2:5060;branch=z9hG4bKabab\r\n"));
}

static void with_ipsec_off_no_security_server_reaches_the_terminal(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 401, "Security-Server: ipsec-3gpp;spi-c=1;spi-s=2;port-c=3;port-s=4\r\n");
    assert_false(reply_has(0, "Security-Server"));
}

static void sec_agree_without_a_security_client_is_tolerated_and_says_nothing_of_integrity(
    void **state)
{
    (void)state;
    ue_sends(with(seed_register,
                  "Security-Client: "
                  "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=11;spi-s=12;port-c=40001;port-s=40002\r\n",
                  ""));
    assert_false(sent_has(0, "sec-agree"));
    assert_false(sent_has(0, "ntegrity-"));
    fake_sip_answer(0, 401, challenge);
}

static const struct contact *registered(void)
{
    struct addr source;

    addr_parse(&source, "10.45.0.2", 5060);
    return contact_find(pcscf.contacts, &source, loop_wall_s(pcscf.loop));
}

static void a_200_is_remembered_with_service_route_and_identities_until_it_expires(void **state)
{
    (void)state;
    ue_sends(seed_register);
    assert_null(registered());
    fake_sip_answer(0, 200, accepted);
    assert_non_null(registered());
    assert_string_equal(registered()->impu, "sip:name@hims.net");
    assert_string_equal(registered()->impi, "name.private@hims.net");
    assert_string_equal(registered()->uri, "sip:10.45.0.2:5060");
    assert_string_equal(registered()->service_route, "<sip:orig@scscf1.hims.net;lr>");
    assert_string_equal(registered()->associated, "<sip:name@hims.net>, <tel:+15550001>");
    fake_clock_forward_ms(pcscf.loop, 599000);
    assert_non_null(registered());
    fake_clock_forward_ms(pcscf.loop, 1000);
    assert_null(registered());
}

static void without_expires_of_the_contact_the_header_of_the_answer_counts(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, "Contact: <sip:10.45.0.2:5060>\r\nExpires: 60\r\n");
    fake_clock_forward_ms(pcscf.loop, 59000);
    assert_non_null(registered());
    fake_clock_forward_ms(pcscf.loop, 1000);
    assert_null(registered());
}

static void a_200_without_the_contact_is_a_deregistration(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(with(seed_register, "expires=90000", "expires=0"));
    fake_sip_answer(1, 200, NULL);
    assert_null(registered());
}

static void a_star_removes_every_contact(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(with(seed_register, "Contact: <sip:10.45.0.2:5060>;expires=90000",
                  "Contact: *\r\nExpires: 0"));
    fake_sip_answer(1, 200, NULL);
    assert_null(registered());
}

static void a_query_without_contact_changes_nothing(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(with(seed_register, "Contact: <sip:10.45.0.2:5060>;expires=90000\r\n", ""));
    fake_sip_answer(1, 200, accepted);
    assert_non_null(registered());
}

static void a_refusal_leaves_what_is_registered(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(seed_register);
    fake_sip_answer(1, 403, "Warning: 399 scscf1 \"no\"\r\n");
    assert_int_equal(fake_sip_reply(1)->status, 403);
    assert_true(reply_has(1, "399 scscf1"));
    assert_non_null(registered());
}

static void DNS_06_the_next_target_is_tried_with_a_new_branch(void **state)
{
    (void)state;
    fake_dns_set(pcscf.dns, "hims.net",
                 "udp 10.60.4.10:5060, udp 10.60.4.11:5060, tcp 10.60.4.12:5062, udp "
                 "10.60.4.13:5060");
    ue_sends(seed_register);
    fake_sip_fail(0, 503);                         /* refused */
    fake_clock_forward_ms(pcscf.loop, 8000);       /* silent */
    fake_sip_answer(2, 503, "Retry-After: 1\r\n"); /* overloaded */
    assert_int_equal(fake_sip_sent_count(), 4);
    assert_true(sent_has(0, "z9hG4bKfake0"));
    assert_true(sent_has(3, "z9hG4bKfake3"));
    assert_false(sent_has(3, "z9hG4bKfake0"));
    assert_string_equal(header(fake_sip_sent(3)->sip, "Path"),
                        "<sip:term@pcscf1.vims.net:5060;lr>");
    assert_string_equal(header(fake_sip_sent(3)->sip, "Max-Forwards"), "19");
    assert_int_equal(addr_port(&fake_sip_sent(2)->to.addr), 5062);
    assert_int_equal(fake_sip_sent(2)->to.transport, SIP_TCP);
    fake_sip_answer(3, 401, challenge);
    assert_int_equal(fake_sip_reply_count(), 1);
    assert_int_equal(fake_sip_reply(0)->status, 401);
}

static void DNS_06_when_no_icscf_answers_it_is_504_and_says_who_was_tried(void **state)
{
    (void)state;
    fake_dns_set(pcscf.dns, "hims.net", "udp 10.60.4.10:5060, udp 10.60.4.11:5060");
    ue_sends(seed_register);
    fake_clock_forward_ms(pcscf.loop, 8000);
    fake_sip_fail(1, 503);
    assert_int_equal(fake_sip_reply(0)->status, 504);
    assert_true(reply_has(0, "\r\nWarning: 399 pcscf1 \""));
    assert_true(reply_has(0, "10.60.4.10:5060) does not answer"));
    assert_true(reply_has(0, "10.60.4.11:5060) cannot be reached"));
}

static void a_503_of_the_only_icscf_becomes_500(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 503, NULL);
    fake_sip_answer(1, 503, NULL);
    assert_int_equal(fake_sip_reply(0)->status, 500);
}

static void every_registration_ends_before_timer_f_of_the_terminal(void **state)
{
    (void)state;
    conf.timers.pcscf_icscf_ms = 20000;
    ue_sends(seed_register);
    fake_clock_forward_ms(pcscf.loop, 31000);
    assert_int_equal(fake_sip_reply(0)->status, 504);
    assert_int_equal(fake_sip_waiting(), 0);
}

static void DNS_07_a_domain_that_does_not_exist_is_480_and_names_dns(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:nowhere.net"));
    assert_int_equal(fake_sip_reply(0)->status, 480);
    assert_true(reply_has(0, "\r\nWarning: 399 pcscf1 \"dns has no I-CSCF for 'nowhere.net'"));
}

static void DNS_08_a_dead_dns_server_is_503_and_other_domains_are_served(void **state)
{
    (void)state;
    fake_dns_fail(pcscf.dns, "dead.net", -ETIMEDOUT);
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:dead.net"));
    assert_int_equal(fake_sip_reply(0)->status, 503);
    assert_true(reply_has(0, "dns does not answer"));
    ue_sends(seed_register);
    assert_int_equal(fake_sip_sent_count(), 1);
    fake_sip_answer(0, 401, challenge);
}

static void DNS_08_a_dns_that_never_comes_back_ends_with_504(void **state)
{
    (void)state;
    fake_dns_delay_ms(pcscf.dns, 100000);
    ue_sends(seed_register);
    fake_clock_forward_ms(pcscf.loop, 31000);
    assert_int_equal(fake_sip_reply(0)->status, 504);
}

static void DNS_13_a_request_over_1300_octets_asks_for_tcp_first(void **state)
{
    char line[1200];

    (void)state;
    ue_sends(seed_register);
    assert_false(fake_dns_last(pcscf.dns)->big);
    fake_sip_answer(0, 401, challenge);
    snprintf(line, sizeof line, "X-Unknown: %01000d", 0);
    ue_sends(with(seed_register, "X-Unknown: is passed on", line));
    assert_true(fake_dns_last(pcscf.dns)->big);
    assert_int_equal(fake_sip_sent(1)->to.transport, SIP_TCP);
    fake_sip_fail(1, 503); /* nobody listens on TCP */
    assert_int_equal(fake_sip_sent(2)->to.transport, SIP_UDP);
    fake_sip_answer(2, 401, challenge);
}

static void port_and_transport_of_the_request_uri_are_asked_for(void **state)
{
    (void)state;
    ue_sends(
        with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:10.60.4.10:5062;transport=tcp"));
    assert_int_equal(fake_dns_last(pcscf.dns)->port, 5062);
    assert_int_equal(fake_dns_last(pcscf.dns)->transport, SIP_TCP);
    fake_sip_answer(0, 401, challenge);
}

static void SES_26_max_forwards_0_is_483(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "Max-Forwards: 20", "Max-Forwards: 0"));
    assert_int_equal(fake_sip_reply(0)->status, 483);
    ue_sends("MESSAGE sip:alice@hims.net SIP/2.0\nMax-Forwards: 0\nFrom: <sip:n@h>;tag=1\n"
             "To: <sip:alice@hims.net>\nCall-ID: m\nCSeq: 1 MESSAGE\n\n");
    assert_int_equal(fake_sip_reply(1)->status, 483);
    assert_int_equal(fake_sip_sent_count(), 0);
}

static void a_register_to_the_pcscf_itself_is_refused_and_never_loops(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:10.60.2.10"));
    assert_int_equal(fake_sip_reply(0)->status, 403);
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:PCSCF1.vims.net"));
    assert_int_equal(fake_sip_reply(1)->status, 403);
    fake_dns_set(pcscf.dns, "loop.net", "udp 10.60.2.10:5060");
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sip:loop.net"));
    assert_int_equal(fake_sip_reply(2)->status, 482);
    assert_int_equal(fake_sip_sent_count(), 0);
}

static void a_request_uri_that_is_no_sip_uri_is_416(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER tel:+15550001"));
    assert_int_equal(fake_sip_reply(0)->status, 416);
    ue_sends(with(seed_register, "REGISTER sip:hims.net", "REGISTER sips:hims.net"));
    assert_int_equal(fake_sip_reply(1)->status, 416);
}

static void an_unknown_proxy_require_is_420_and_named(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "Proxy-Require: sec-agree", "Proxy-Require: sec-agree, magic"));
    assert_int_equal(fake_sip_reply(0)->status, 420);
    assert_true(reply_has(0, "\r\nUnsupported: magic\r\n"));
}

#define OTHER(method, uri)                                                                         \
    method " " uri " SIP/2.0\nMax-Forwards: 70\nFrom: <sip:name@hims.net>;tag=1\n"                 \
           "To: <sip:alice@hims.net>\nCall-ID: o\nCSeq: 1 " method "\n\n"

static void other_requests_are_refused_with_a_reason(void **state)
{
    (void)state;
    ue_sends(OTHER("OPTIONS", "sip:pcscf1.vims.net"));
    assert_int_equal(fake_sip_reply(0)->status, 200);
    assert_true(reply_has(0, "\r\nAllow: REGISTER, OPTIONS, CANCEL\r\n"));
    ue_sends(OTHER("INVITE", "sip:alice@hims.net"));
    assert_int_equal(fake_sip_reply(1)->status, 403);
    assert_true(reply_has(1, "nobody is registered"));
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(OTHER("INVITE", "sip:alice@hims.net"));
    assert_int_equal(fake_sip_reply(3)->status, 501);
    assert_true(reply_has(3, "not in this version"));
}

static void at_the_end_of_the_process_nobody_is_left_waiting(void **state)
{
    (void)state;
    ue_sends(seed_register);
    register_forget(&pcscf);
    assert_int_equal(fake_sip_reply(0)->status, 503);
}

static void usr1_prints_what_is_live(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(seed_register);
    pcscf_print_live(&pcscf, out);
    fclose(out);
    assert_non_null(
        strstr(text, "register from=10.45.0.2:5060 to=hims.net waiting for the I-CSCF"));
    assert_non_null(strstr(text, "contact sip:10.45.0.2:5060 impu=sip:name@hims.net"));
    free(text);
    fake_sip_answer(1, 401, challenge);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(REG_02_the_register_is_marked_for_the_home_network),
        T(REG_02_every_register_has_a_new_icid),
        T(REGE_33_integrity_protected_of_a_terminal_becomes_no),
        T(TRU_12_what_only_the_network_may_say_is_taken_out),
        T(TRU_12_a_core_address_is_trusted_no_more_than_a_terminal),
        T(TRU_16_keys_and_charging_never_reach_the_terminal),
        T(the_answer_has_the_terminals_via_alone),
        T(with_ipsec_off_no_security_server_reaches_the_terminal),
        T(sec_agree_without_a_security_client_is_tolerated_and_says_nothing_of_integrity),
        T(a_200_is_remembered_with_service_route_and_identities_until_it_expires),
        T(without_expires_of_the_contact_the_header_of_the_answer_counts),
        T(a_200_without_the_contact_is_a_deregistration),
        T(a_star_removes_every_contact),
        T(a_query_without_contact_changes_nothing),
        T(a_refusal_leaves_what_is_registered),
        T(DNS_06_the_next_target_is_tried_with_a_new_branch),
        T(DNS_06_when_no_icscf_answers_it_is_504_and_says_who_was_tried),
        T(a_503_of_the_only_icscf_becomes_500),
        T(every_registration_ends_before_timer_f_of_the_terminal),
        T(DNS_07_a_domain_that_does_not_exist_is_480_and_names_dns),
        T(DNS_08_a_dead_dns_server_is_503_and_other_domains_are_served),
        T(DNS_08_a_dns_that_never_comes_back_ends_with_504),
        T(DNS_13_a_request_over_1300_octets_asks_for_tcp_first),
        T(port_and_transport_of_the_request_uri_are_asked_for),
        T(SES_26_max_forwards_0_is_483),
        T(a_register_to_the_pcscf_itself_is_refused_and_never_loops),
        T(a_request_uri_that_is_no_sip_uri_is_416),
        T(an_unknown_proxy_require_is_420_and_named),
        T(other_requests_are_refused_with_a_reason),
        T(at_the_end_of_the_process_nobody_is_left_waiting),
        T(usr1_prints_what_is_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
