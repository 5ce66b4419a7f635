/* SPDX-License-Identifier: Apache-2.0 */
/* What ./lab and dnsmasq are told, of the shipped lab.yaml with one place changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "conf.h"
#include "../../../labconf/labconf.h"

static struct conf conf;
static char *text;

static int begin(void **state)
{
    struct why why;

    (void)state;
    return conf_load(&conf, "conf/lab.yaml", 0, &why);
}

static int end(void **state)
{
    (void)state;
    conf_free(&conf);
    free(text);
    text = NULL;
    return 0;
}

static void print(void (*what)(const struct conf *, FILE *))
{
    size_t size;
    FILE *out;

    free(text);
    text = NULL;
    out = open_memstream(&text, &size);
    assert_non_null(out);
    what(&conf, out);
    fclose(out);
}

static void assert_line(const char *line)
{
    char whole[256];

    snprintf(whole, sizeof whole, "%s\n", line);
    if (!strstr(text, whole))
        fail_msg("'%s' is not in:\n%s", line, text);
}

static void the_topology_says_who_stands_where(void **state)
{
    (void)state;
    print(topology_print);
    assert_line("element sgsn sgsn visited 10.60.2.1 fd00:60::2:1 sgsn.vims.net internal");
    assert_line("element dns dns internet 10.60.3.53 fd00:60::3:53 dns.hims.net internal");
    assert_line("element hss hss home 10.60.4.30 fd00:60::4:30 hss.hims.net internal");
    assert_line("user-plane auto");
    assert_line("http 127.0.0.1 8080");
    assert_line("pool ims 10.45.0.0/24");
    assert_line("pool ims fd00:45::/64");
    assert_line("terminal name 10.60.1.1 eth0");
}

static void the_topology_writes_a_dash_for_nothing(void **state)
{
    (void)state;
    memset(&conf.hss.element.address6, 0, sizeof conf.hss.element.address6);
    conf.hss.element.external = true;
    conf.terminal[0].interface[0] = 0;
    print(topology_print);
    assert_line("element hss hss home 10.60.4.30 - hss.hims.net external");
    assert_line("terminal name 10.60.1.1 -");
}

static void the_home_domain_leads_to_the_icscf_by_udp_first(void **state)
{
    (void)state;
    print(dnsmasq_print);
    assert_line("naptr-record=hims.net,10,10,s,SIP+D2U,,_sip._udp.hims.net");
    assert_line("naptr-record=hims.net,20,10,s,SIP+D2T,,_sip._tcp.hims.net");
    assert_line("srv-host=_sip._udp.hims.net,icscf1.hims.net,5060,10,50");
    assert_line("srv-host=_sip._tcp.hims.net,icscf1.hims.net,5060,10,50");
    assert_line("srv-host=_sip._udp.scscf1.hims.net,scscf1.hims.net,5060,10,50");
    assert_line("host-record=icscf1.hims.net,10.60.4.10,fd00:60::4:10");
    assert_line("host-record=hss.hims.net,10.60.4.30,fd00:60::4:30");
    assert_line("local-ttl=60");
}

static void dns_prefer_turns_the_order_of_the_transports(void **state)
{
    (void)state;
    conf.dns.prefer = CONF_TCP;
    print(dnsmasq_print);
    assert_line("naptr-record=hims.net,20,10,s,SIP+D2U,,_sip._udp.hims.net");
    assert_line("naptr-record=hims.net,10,10,s,SIP+D2T,,_sip._tcp.hims.net");
}

static void an_imsi_derived_domain_leads_to_the_icscf_too(void **state)
{
    (void)state;
    print(dnsmasq_print);
    assert_line("srv-host=_sip._udp.ims.mnc001.mcc001.3gppnetwork.org,icscf1.hims.net,5060,10,50");
}

static void an_external_element_is_in_the_dns(void **state)
{
    (void)state;
    addr_parse(&conf.icscf[0].element.address, "192.0.2.7", 0);
    memset(&conf.icscf[0].element.address6, 0, sizeof conf.icscf[0].element.address6);
    conf.icscf[0].element.external = true;
    conf.icscf[0].port = 4060;
    print(dnsmasq_print);
    assert_line("host-record=icscf1.hims.net,192.0.2.7");
    assert_line("srv-host=_sip._udp.hims.net,icscf1.hims.net,4060,10,50");
}

static void dnsmasq_takes_it(void **state)
{
    FILE *in;

    (void)state;
    print(dnsmasq_print);
    in = popen("PATH=$PATH:/usr/sbin; command -v dnsmasq >/dev/null || exit 77; "
               "exec dnsmasq --test --conf-file=/dev/stdin 2>/dev/null",
               "w");
    assert_non_null(in);
    fputs(text, in);
    switch (WEXITSTATUS(pclose(in))) {
    case 0: break;
    case 77: skip(); break;
    default: fail_msg("dnsmasq --test refuses:\n%s", text);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_topology_says_who_stands_where),
        TEST(the_topology_writes_a_dash_for_nothing),
        TEST(the_home_domain_leads_to_the_icscf_by_udp_first),
        TEST(dns_prefer_turns_the_order_of_the_transports),
        TEST(an_imsi_derived_domain_leads_to_the_icscf_too),
        TEST(an_external_element_is_in_the_dns),
        TEST(dnsmasq_takes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
