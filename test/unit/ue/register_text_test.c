/* SPDX-License-Identifier: Apache-2.0 */
/* The REGISTER of the seed, letter by letter, and what differs later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "../../../ue/register_text.h"
#include "sip.h"

static struct register_text seed(void)
{
    struct register_text r = {
        .domain = "hims.net",
        .impi = "name.private@hims.net",
        .impu = "sip:name@hims.net",
        .max_forwards = 20,
        .cseq = 25,
        .expires_s = 90000,
        .call_id = "ababab",
        .from_tag = "abbb",
        .security_client = "ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans"
                           ";spi-c=1001;spi-s=1002;port-c=40002;port-s=40001",
    };

    addr_parse(&r.contact, "10.45.0.2", 5060);
    addr_parse(&r.pcscf, "10.60.2.10", 5060);
    return r;
}

static char buf[REGISTER_TEXT];

/* The text, which sofia must be able to read. */
static const char *write_it(const struct register_text *r)
{
    struct why why;
    msg_t *m;
    int n = register_text(r, buf, sizeof buf);

    assert_int_equal(n, strlen(buf));
    m = sip_compose(NULL, buf, &why);
    if (!m)
        fail_msg("%s", why.text);
    sip_drop(m);
    return buf;
}

static void has(const char *what)
{
    if (!strstr(buf, what))
        fail_msg("no '%s' in:\n%s", what, buf);
}

static void the_first_register_is_the_one_of_the_seed(void **state)
{
    struct register_text r = seed();

    (void)state;
    assert_string_equal(
        write_it(&r),
        "REGISTER sip:hims.net SIP/2.0\r\n"
        "Route: <sip:10.60.2.10;lr>\r\n"
        "Max-Forwards: 20\r\n"
        "From: <sip:name@hims.net>;tag=abbb\r\n"
        "To: <sip:name@hims.net>\r\n"
        "Contact: <sip:10.45.0.2:5060>;expires=90000\r\n"
        "Call-ID: ababab\r\n"
        "CSeq: 25 REGISTER\r\n"
        "Require: sec-agree\r\n"
        "Proxy-Require: sec-agree\r\n"
        "Security-Client: "
        "ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans"
        ";spi-c=1001;spi-s=1002;port-c=40002;port-s=40001\r\n"
        "Supported: path\r\n"
        "Authorization: Digest username=\"name.private@hims.net\", realm=\"hims.net\", "
        "uri=\"sip:hims.net\", nonce=\"\", response=\"\"\r\n");
}

static void the_answer_copies_the_challenge_and_carries_the_response(void **state)
{
    struct register_credentials auth = {
        .realm = "other.net",
        .nonce = "I1U8",
        .algorithm = "AKAv1-MD5",
        .opaque = "5ccc",
        .response = "0123456789abcdef0123456789abcdef",
        .cnonce = "c0c0",
        .nc = 1,
    };
    struct register_text r = seed();

    (void)state;
    r.auth = &auth;
    r.cseq = 26;
    write_it(&r);
    has("CSeq: 26 REGISTER\r\n");
    has("Authorization: Digest username=\"name.private@hims.net\", realm=\"other.net\", "
        "uri=\"sip:hims.net\", nonce=\"I1U8\", response=\"0123456789abcdef0123456789abcdef\", "
        "algorithm=AKAv1-MD5, opaque=\"5ccc\", qop=auth, nc=00000001, cnonce=\"c0c0\"\r\n");
    auth.opaque = auth.cnonce = NULL;
    write_it(&r);
    has("algorithm=AKAv1-MD5\r\n");
}

static void UE_01_after_a_wrong_mac_there_is_an_empty_response_and_no_auts(void **state)
{
    struct register_credentials auth = {
        .realm = "hims.net", .nonce = "I1U8", .algorithm = "AKAv1-MD5", .response = ""};
    struct register_text r = seed();

    (void)state;
    r.auth = &auth;
    write_it(&r);
    has("nonce=\"I1U8\", response=\"\", algorithm=AKAv1-MD5\r\n");
    assert_null(strstr(buf, "auts"));
}

static void UE_02_an_sqn_out_of_range_brings_auts(void **state)
{
    struct register_credentials auth = {.realm = "hims.net",
                                        .nonce = "I1U8",
                                        .algorithm = "AKAv1-MD5",
                                        .response = "00",
                                        .auts = "uoU/PBI8z0TpNZbjVcY="};
    struct register_text r = seed();

    (void)state;
    r.auth = &auth;
    write_it(&r);
    has(", auts=\"uoU/PBI8z0TpNZbjVcY=\"\r\n");
}

static void de_registration_says_expires_0_twice(void **state)
{
    struct register_text r = seed();

    (void)state;
    r.expires_s = 0;
    write_it(&r);
    has("Contact: <sip:10.45.0.2:5060>;expires=0\r\nExpires: 0\r\n");
}

static void ipv6_addresses_stand_in_brackets_and_tcp_is_named(void **state)
{
    struct register_text r = seed();

    (void)state;
    addr_parse(&r.contact, "2001:db8::2", 5062);
    addr_parse(&r.pcscf, "2001:db8::7", 5064);
    r.transport = CONF_TCP;
    write_it(&r);
    has("Route: <sip:[2001:db8::7]:5064;transport=tcp;lr>\r\n");
    has("Contact: <sip:[2001:db8::2]:5062;transport=tcp>;expires=90000\r\n");
}

static void without_security_associations_there_is_no_sec_agree(void **state)
{
    struct register_text r = seed();

    (void)state;
    r.security_client = NULL;
    write_it(&r);
    assert_null(strstr(buf, "sec-agree"));
    assert_null(strstr(buf, "Security-Client"));
}

static void an_agreement_is_mirrored(void **state)
{
    struct register_text r = seed();

    (void)state;
    r.security_verify =
        "ipsec-3gpp;q=0.95;alg=hmac-sha-1-96;spi-c=7;spi-s=8;port-c=5063;port-s=5064";
    write_it(&r);
    has("Require: sec-agree\r\nProxy-Require: sec-agree\r\nSecurity-Client: ipsec-3gpp;");
    has("Security-Verify: ipsec-3gpp;q=0.95;alg=hmac-sha-1-96;spi-c=7;spi-s=8;port-c=5063;"
        "port-s=5064\r\n");
    r.security_verify = "a\r\nX: y";
    assert_int_equal(register_text(&r, buf, sizeof buf), -EINVAL);
}

static void what_the_network_says_cannot_end_the_quotes_or_the_line(void **state)
{
    struct register_credentials auth = {
        .realm = "a\"b\\c", .nonce = "n", .algorithm = "AKAv1-MD5", .response = ""};
    struct register_text r = seed();

    (void)state;
    r.auth = &auth;
    write_it(&r);
    has("realm=\"a\\\"b\\\\c\"");
    auth.realm = "a\r\nX: y";
    assert_int_equal(register_text(&r, buf, sizeof buf), -EINVAL);
    auth.realm = "a";
    auth.algorithm = "AKAv1-MD5, x=\"y\"";
    assert_int_equal(register_text(&r, buf, sizeof buf), -EINVAL);
    r = seed();
    r.impu = "sip:name@hims.net>\r\nX: y";
    assert_int_equal(register_text(&r, buf, sizeof buf), -EINVAL);
}

static void a_buffer_that_is_too_small_is_not_written_beyond(void **state)
{
    struct register_text r = seed();
    int n = register_text(&r, buf, sizeof buf);

    (void)state;
    assert_int_equal(register_text(&r, buf, n + 1), n);
    for (int size = 1; size <= n; size++) {
        buf[size] = 'x';
        assert_int_equal(register_text(&r, buf, size), -EMSGSIZE);
        assert_int_equal(buf[size], 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_register_is_the_one_of_the_seed),
        cmocka_unit_test(the_answer_copies_the_challenge_and_carries_the_response),
        cmocka_unit_test(UE_01_after_a_wrong_mac_there_is_an_empty_response_and_no_auts),
        cmocka_unit_test(UE_02_an_sqn_out_of_range_brings_auts),
        cmocka_unit_test(de_registration_says_expires_0_twice),
        cmocka_unit_test(ipv6_addresses_stand_in_brackets_and_tcp_is_named),
        cmocka_unit_test(without_security_associations_there_is_no_sec_agree),
        cmocka_unit_test(an_agreement_is_mirrored),
        cmocka_unit_test(what_the_network_says_cannot_end_the_quotes_or_the_line),
        cmocka_unit_test(a_buffer_that_is_too_small_is_not_written_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
