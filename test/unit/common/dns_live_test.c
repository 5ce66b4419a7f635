/* SPDX-License-Identifier: Apache-2.0 */
/* dns.h against a real server on loopback: dnsmasq, which the lab uses. */
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include "dns_client.h"

static const char zone[] = "naptr-record=hims.test,20,50,s,SIP+D2T,,_sip._tcp.hims.test\n"
                           "naptr-record=hims.test,10,60,s,SIP+D2U,,_sip._udp.second.test\n"
                           "naptr-record=hims.test,10,50,s,SIP+D2U,,_sip._udp.hims.test\n"
                           "naptr-record=hims.test,5,50,s,SIPS+D2T,,_sips._tcp.hims.test\n"
                           "srv-host=_sip._udp.hims.test,b.hims.test,5070,20,0\n"
                           "srv-host=_sip._udp.hims.test,a.hims.test,5060,10,0\n"
                           "srv-host=_sip._udp.second.test,c.hims.test,5080,0,0\n"
                           "srv-host=_sip._tcp.hims.test,a.hims.test,5060,0,0\n"
                           "srv-host=_sip._udp.nonaptr.test,a.hims.test,5062,0,0\n"
                           "srv-host=_sip._tcp.nonaptr.test,b.hims.test,5063,0,0\n"
                           "srv-host=_sip._udp.gone.test\n"
                           "host-record=a.hims.test,192.0.2.1\n"
                           "host-record=b.hims.test,192.0.2.2,2001:db8::2\n"
                           "host-record=c.hims.test,192.0.2.3\n"
                           "host-record=plain.test,192.0.2.9\n"
                           "cname=alias.test,middle.test\n"
                           "cname=middle.test,plain.test\n"
                           "local=/test/\n";

struct server {
    pid_t pid;
    uint16_t port;
    char conf[32];
};

static bool is_listening(uint16_t port)
{
    struct addr a;
    int fd = socket(AF_INET, SOCK_STREAM, 0), rc;

    addr_parse(&a, "127.0.0.1", port);
    rc = connect(fd, &a.sa, addr_len(&a));
    close(fd);
    return rc == 0;
}

static void write_conf(struct server *s)
{
    FILE *f;
    int fd;

    strcpy(s->conf, "/tmp/dns_live_XXXXXX");
    fd = mkstemp(s->conf);
    assert_true(fd >= 0);
    f = fdopen(fd, "w");
    fprintf(f, "port=%u\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\n",
            s->port);
    fprintf(f, "local-ttl=30\nuser=\npid-file=\n%s", zone);
    for (int i = 0; i < 20; i++) /* more than 512 octets: the UDP answer is truncated */
        fprintf(f,
                "srv-host=_sip._udp.many.test,a-rather-long-host-name-%02d.many.test,5060,%d,0\n",
                i, i);
    fprintf(f, "host-record=a-rather-long-host-name-00.many.test,192.0.2.100\n");
    fclose(f);
}

static void start_dnsmasq(struct server *s)
{
    s->port = free_port();
    write_conf(s);
    s->pid = fork();
    if (s->pid == 0) {
        char option[64];

        snprintf(option, sizeof option, "--conf-file=%s", s->conf);
        execlp("dnsmasq", "dnsmasq", "--keep-in-foreground", "--log-facility=/dev/null", option,
               NULL);
        execl("/usr/sbin/dnsmasq", "dnsmasq", "--keep-in-foreground", "--log-facility=/dev/null",
              option, NULL);
        _exit(127);
    }
    for (int i = 0; i < 100 && !is_listening(s->port); i++)
        poll(NULL, 0, 20);
    assert_true(is_listening(s->port));
}

static void stop_dnsmasq(struct server *s)
{
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    unlink(s->conf);
}

static struct server dnsmasq;

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    log_open("dns", LEVEL_WARN);
    start_dnsmasq(&dnsmasq);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop_dnsmasq(&dnsmasq);
    return 0;
}

static void DNS_01_naptr_srv_and_a_are_followed_in_the_order_of_the_records(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "hims.test", 0, SIP_ANY, false,
           "udp 192.0.2.1:5060, udp 192.0.2.2:5070, udp 192.0.2.3:5080, tcp 192.0.2.1:5060");
    end(&c);
}

static void DNS_01_with_ipv6_both_families_are_targets(void **state)
{
    struct client c = client(dnsmasq.port, true);

    (void)state;
    expect(&c, "b.hims.test", 5070, SIP_ANY, false, "udp 192.0.2.2:5070, udp [2001:db8::2]:5070");
    end(&c);
}

static void DNS_02_without_naptr_the_srv_of_both_transports_are_tried(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "nonaptr.test", 0, SIP_ANY, false, "udp 192.0.2.1:5062, tcp 192.0.2.2:5063");
    expect(&c, "nonaptr.test", 0, SIP_TCP, false, "tcp 192.0.2.2:5063");
    end(&c);
}

static void DNS_03_without_srv_the_address_records_and_port_5060_are_used(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "plain.test", 0, SIP_ANY, false, "udp 192.0.2.9:5060");
    expect(&c, "plain.test", 0, SIP_TCP, false, "tcp 192.0.2.9:5060");
    expect(&c, "192.0.2.77", 0, SIP_ANY, false, "udp 192.0.2.77:5060");
    expect(&c, "[2001:db8::7]", 5065, SIP_ANY, false, "udp [2001:db8::7]:5065");
    end(&c);
}

static void DNS_06_every_srv_target_is_there_to_fail_over_to_in_order(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "hims.test", 0, SIP_UDP, false, "udp 192.0.2.1:5060, udp 192.0.2.2:5070");
    end(&c);
}

static void DNS_07_a_name_that_does_not_exist_is_reported(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect_no(&c, "nowhere.test", -ENOENT);
    expect_no(&c, "gone.test", -ENOENT);
    expect_no(&c, "not a name", -ENOENT);
    end(&c);
}

static void DNS_10_a_cname_chain_is_followed(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "alias.test", 5060, SIP_ANY, false, "udp 192.0.2.9:5060");
    end(&c);
}

static void DNS_10_a_truncated_answer_is_asked_again_over_tcp(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "many.test", 0, SIP_UDP, false, "udp 192.0.2.100:5060");
    end(&c);
}

static void every_message_on_the_wire_has_one_line_and_a_cached_answer_a_debug_line(void **state)
{
    struct client c = client(dnsmasq.port, false);
    const char *log = log_of(&c, "many.test", SIP_UDP);

    (void)state;
    assert_int_equal(count(log, "call=00c0ffee -> dns SRV proto=dns src=127.0.0.1:"), 2);
    assert_int_equal(count(log, "call=00c0ffee <- dns SRV proto=dns src=127.0.0.1:"), 2);
    assert_int_equal(count(log, "transport=udp name=_sip._udp.many.test answer=truncated"), 1);
    assert_int_equal(count(log, "transport=tcp name=_sip._udp.many.test answer=\""), 1);
    assert_int_equal(count(log, "-> dns A "), 20);
    assert_int_equal(count(log, "<- dns A "), 20);
    assert_int_equal(count(log, "answer=192.0.2.100"), 1);
    log = log_of(&c, "many.test", SIP_UDP);
    assert_int_equal(count(log, "-> dns"), 0);
    assert_int_equal(count(log, "== dns-cached type=SRV name=_sip._udp.many.test"), 1);
    end(&c);
}

static void DNS_13_a_big_request_goes_over_tcp_with_udp_as_the_fallback(void **state)
{
    struct client c = client(dnsmasq.port, false);

    (void)state;
    expect(&c, "hims.test", 0, SIP_ANY, true,
           "tcp 192.0.2.1:5060, udp 192.0.2.1:5060, udp 192.0.2.2:5070, udp 192.0.2.3:5080");
    expect(&c, "plain.test", 0, SIP_ANY, true, "tcp 192.0.2.9:5060, udp 192.0.2.9:5060");
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DNS_01_naptr_srv_and_a_are_followed_in_the_order_of_the_records),
        cmocka_unit_test(DNS_01_with_ipv6_both_families_are_targets),
        cmocka_unit_test(DNS_02_without_naptr_the_srv_of_both_transports_are_tried),
        cmocka_unit_test(DNS_03_without_srv_the_address_records_and_port_5060_are_used),
        cmocka_unit_test(DNS_06_every_srv_target_is_there_to_fail_over_to_in_order),
        cmocka_unit_test(DNS_07_a_name_that_does_not_exist_is_reported),
        cmocka_unit_test(DNS_10_a_cname_chain_is_followed),
        cmocka_unit_test(DNS_10_a_truncated_answer_is_asked_again_over_tcp),
        cmocka_unit_test(every_message_on_the_wire_has_one_line_and_a_cached_answer_a_debug_line),
        cmocka_unit_test(DNS_13_a_big_request_goes_over_tcp_with_udp_as_the_fallback),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
