/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal reads out of the answers to its REGISTER. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../../ue/register_answer.h"
#include "sip.h"

#define NONCE "I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=" /* TS 35.208 set 1 */

static msg_t *m;

static const sip_t *answer(const char *status, const char *headers)
{
    char text[4096];
    struct why why;

    snprintf(text, sizeof text,
             "SIP/2.0 %s\r\nVia: SIP/2.0/UDP 10.45.0.2;branch=z9hG4bKx\r\n"
             "From: <sip:name@hims.net>;tag=1\r\nTo: <sip:name@hims.net>;tag=2\r\n"
             "Call-ID: x\r\nCSeq: 25 REGISTER\r\n%s",
             status, headers);
    if (m)
        sip_drop(m);
    m = sip_compose(NULL, text, &why);
    if (!m)
        fail_msg("%s in:\n%s", why.text, text);
    return sip_object(m);
}

static int end(void **state)
{
    (void)state;
    if (m)
        sip_drop(m);
    m = NULL;
    return 0;
}

static struct challenge read_fine(const char *headers)
{
    struct challenge c;
    struct why why;

    if (challenge_read(&c, answer("401 Unauthorized", headers), &why) < 0)
        fail_msg("%s", why.text);
    return c;
}

static void read_bad(const char *headers, const char *sentence)
{
    struct challenge c;
    struct why why;

    assert_int_equal(challenge_read(&c, answer("401 Unauthorized", headers), &why), -EPROTO);
    if (!strstr(why.text, sentence))
        fail_msg("'%s' does not say '%s'", why.text, sentence);
}

static void a_challenge_holds_rand_and_autn(void **state)
{
    struct challenge c = read_fine("WWW-Authenticate: Digest realm=\"hims.net\", nonce=\"" NONCE
                                   "\", algorithm=AKAv1-MD5, qop=\"auth-int, auth\", "
                                   "opaque=\"x y\"\r\n");

    (void)state;
    assert_string_equal(c.realm, "hims.net");
    assert_string_equal(c.nonce, NONCE);
    assert_string_equal(c.opaque, "x y");
    assert_true(c.has_opaque);
    assert_true(c.qop_auth);
    assert_false(c.security_server);
    assert_memory_equal(c.rand, "\x23\x55\x3c\xbe", 4);
    assert_memory_equal(c.autn, "\x55\xf3\x28\xb4", 4);
}

static void qop_and_opaque_may_be_absent_and_auth_int_is_not_auth(void **state)
{
    struct challenge c;

    (void)state;
    c = read_fine("WWW-Authenticate: Digest realm=\"r\", nonce=\"" NONCE
                  "\", algorithm=AKAv1-MD5, qop=\"auth-int\"\r\n");
    assert_false(c.qop_auth);
    assert_false(c.has_opaque);
    c = read_fine("WWW-Authenticate: Digest realm=\"r\", nonce=\"" NONCE
                  "\", algorithm=\"akav1-md5\"\r\n"
                  "Security-Server: ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1;spi-s=2;port-c=3;"
                  "port-s=4\r\n");
    assert_false(c.qop_auth);
    assert_true(c.security_server);
}

static void the_aka_challenge_is_found_among_others(void **state)
{
    struct challenge c = read_fine(
        "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\", algorithm=MD5\r\n"
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"" NONCE "\", algorithm=AKAv1-MD5\r\n");

    (void)state;
    assert_string_equal(c.realm, "r");
}

static void REG_20_of_two_algorithms_akav2_is_answered(void **state)
{
    struct challenge c = read_fine(
        "WWW-Authenticate: Digest realm=\"a\", nonce=\"" NONCE "\", algorithm=AKAv1-MD5\r\n"
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"" NONCE "\", algorithm=AKAv2-MD5\r\n");

    (void)state;
    assert_string_equal(c.realm, "r");
    assert_true(c.akav2);
}

static void data_of_the_server_may_follow_autn(void **state)
{
    struct challenge c = read_fine("WWW-Authenticate: Digest realm=\"r\", "
                                   "nonce=\"I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7MAAQID\", "
                                   "algorithm=AKAv1-MD5\r\n");

    (void)state;
    assert_memory_equal(c.autn, "\x55\xf3\x28\xb4", 4);
}

static void what_is_no_challenge_of_a_sim_is_refused_with_a_sentence(void **state)
{
    (void)state;
    read_bad("", "no WWW-Authenticate");
    read_bad("WWW-Authenticate: Digest realm=\"r\", nonce=\"abcd\", algorithm=MD5\r\n",
             "algorithm MD5");
    read_bad("WWW-Authenticate: Digest realm=\"r\", nonce=\"abcd\"\r\n", "algorithm MD5");
    read_bad("WWW-Authenticate: Digest nonce=\"" NONCE "\", algorithm=AKAv1-MD5\r\n", "no realm");
    read_bad("WWW-Authenticate: Digest realm=\"r\", algorithm=AKAv1-MD5\r\n", "no nonce");
    read_bad("WWW-Authenticate: Digest realm=\"r\", nonce=\"%%%\", algorithm=AKAv1-MD5\r\n",
             "not base64");
    read_bad("WWW-Authenticate: Digest realm=\"r\", nonce=\"AAAA\", algorithm=AKAv1-MD5\r\n",
             "has 3 octets");
}

static void an_endless_nonce_is_refused(void **state)
{
    char headers[2048], nonce[1200];

    (void)state;
    memset(nonce, 'A', sizeof nonce - 1);
    nonce[sizeof nonce - 1] = 0;
    snprintf(headers, sizeof headers,
             "WWW-Authenticate: Digest realm=\"r\", nonce=\"%s\", algorithm=AKAv1-MD5\r\n", nonce);
    read_bad(headers, "longer than");
}

static struct registration_accept accept_of(const char *headers)
{
    struct registration_accept a;
    struct addr contact;

    addr_parse(&contact, "10.45.0.2", 5060);
    accept_read(&a, answer("200 OK", headers), &contact, 90000);
    return a;
}

static void the_expiry_is_that_of_our_own_contact(void **state)
{
    (void)state;
    assert_int_equal(accept_of("Contact: <sip:10.45.0.9:5060>;expires=77, "
                               "<sip:10.45.0.2:5060>;expires=3600\r\n")
                         .expires_s,
                     3600);
    assert_int_equal(accept_of("Contact: <sip:10.45.0.2>;expires=3600\r\n").expires_s, 3600);
    assert_int_equal(accept_of("Contact: <sip:10.45.0.2>\r\nExpires: 1800\r\n").expires_s, 1800);
    assert_int_equal(accept_of("Contact: <sip:10.45.0.2>\r\n").expires_s, 90000);
    assert_int_equal(accept_of("Contact: <sip:10.45.0.2>;expires=soon\r\n").expires_s, 90000);
    assert_int_equal(accept_of("Contact: <sip:10.45.0.2:5061>;expires=9\r\n").expires_s, 0);
    assert_int_equal(accept_of("").expires_s, 0);
}

static void a_200_names_identities_routes_and_the_scscf(void **state)
{
    struct registration_accept a =
        accept_of("Contact: <sip:10.45.0.2:5060>;expires=3600\r\n"
                  "P-Associated-URI: <sip:name@hims.net>, <tel:+15550001>\r\n"
                  "P-Associated-URI: <sip:other@hims.net>\r\n"
                  "Service-Route: <sip:hide.hims.net;lr>, <sip:orig@scscf1.hims.net:5060;lr>\r\n");

    (void)state;
    assert_string_equal(a.associated, "<sip:name@hims.net>, <tel:+15550001>, <sip:other@hims.net>");
    assert_string_equal(a.service_route,
                        "<sip:hide.hims.net;lr>, <sip:orig@scscf1.hims.net:5060;lr>");
    assert_string_equal(a.scscf, "scscf1.hims.net");
}

static void UE_06_min_expires_is_read(void **state)
{
    (void)state;
    assert_int_equal(answer_min_expires_s(answer("423 Interval Too Brief", "Min-Expires: 120\r\n")),
                     120);
    assert_int_equal(answer_min_expires_s(answer("423 Interval Too Brief", "")), 0);
    assert_int_equal(answer_min_expires_s(NULL), 0);
}

static void UE_07_a_refusal_says_who_refused_and_why(void **state)
{
    char text[512];

    (void)state;
    refusal_read(
        text, sizeof text, 403,
        answer("403 Forbidden", "Warning: 399 icscf1.hims.net \"IMPU is not in the HSS\"\r\n"));
    assert_string_equal(text, "403 Forbidden from icscf1.hims.net: IMPU is not in the HSS");
    refusal_read(text, sizeof text, 403, answer("403 Forbidden", ""));
    assert_non_null(strstr(text, "403 Forbidden - look for the IMPU and IMPI in the HSS"));
    refusal_read(text, sizeof text, 699, answer("699 Never", ""));
    assert_string_equal(text, "699 Never - the network refuses for good");
    refusal_read(text, sizeof text, 418, NULL);
    assert_string_equal(text, "418");
    refusal_read(text, 8, 403, answer("403 Forbidden", ""));
    assert_string_equal(text, "403 For");
}

static void a_reason_is_read_where_there_is_no_warning(void **state)
{
    char text[512];

    (void)state;
    refusal_read(
        text, sizeof text, 480,
        answer("480 Temporarily Unavailable", "Reason: SIP;cause=480;text=\"no S-CSCF\"\r\n"));
    assert_non_null(strstr(text, "Unavailable: no S-CSCF"));
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        T(a_challenge_holds_rand_and_autn),
        T(qop_and_opaque_may_be_absent_and_auth_int_is_not_auth),
        T(the_aka_challenge_is_found_among_others),
        T(REG_20_of_two_algorithms_akav2_is_answered),
        T(data_of_the_server_may_follow_autn),
        T(what_is_no_challenge_of_a_sim_is_refused_with_a_sentence),
        T(an_endless_nonce_is_refused),
        T(the_expiry_is_that_of_our_own_contact),
        T(a_200_names_identities_routes_and_the_scscf),
        T(UE_06_min_expires_is_read),
        T(UE_07_a_refusal_says_who_refused_and_why),
        T(a_reason_is_read_where_there_is_no_warning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
