/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../scscf/asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sip.h"

static su_home_t *home;
static struct asked asked;
static struct refusal refusal;
static msg_t *message;

static const struct conf conf = {.home_domain = "hims.net"};
static const struct conf_scscf me = {
    .min_expires_s = 60, .max_expires_s = 600000, .default_expires_s = 3600};

static int setup(void **state)
{
    (void)state;
    home = su_home_new(sizeof *home);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sip_drop(message);
    message = NULL;
    su_home_unref(home);
    return 0;
}

/* Read a REGISTER with this To and these further lines: 0, or the status of the refusal. */
static int read_to(const char *to, const char *lines)
{
    char text[4096];
    struct why why;

    snprintf(text, sizeof text,
             "REGISTER sip:scscf1.hims.net SIP/2.0\r\nVia: SIP/2.0/UDP 10.60.4.10\r\n"
             "Max-Forwards: 70\r\nFrom: %s;tag=1\r\nTo: %s\r\nCall-ID: c1\r\n"
             "CSeq: 25 REGISTER\r\n%sContent-Length: 0\r\n\r\n",
             to, to, lines);
    sip_drop(message);
    message = sip_compose(NULL, text, &why);
    if (!message)
        fail_msg("%s", why.text);
    return asked_read(&asked, home, sip_object(message), &conf, &me, &refusal) < 0 ? refusal.status
                                                                                   : 0;
}

static int read_lines(const char *lines)
{
    return read_to("<sip:name@hims.net>", lines);
}

/* The granted time of the only contact, or the status of the refusal, negative. */
static int granted(const char *lines)
{
    int status = read_lines(lines);

    if (status)
        return -status;
    assert_int_equal(asked.contact_count, 1);
    return asked.contact[0].expires_s;
}

static void who_and_what_are_read(void **state)
{
    (void)state;
    assert_int_equal(
        read_to("\"A Name\" <sip:name@HIMS.net:5060;user=phone>",
                "Authorization: Digest username=\"name.private@hims.net\", realm=\"HIMS.net\", "
                "nonce=\"\", uri=\"sip:hims.net\", response=\"\", integrity-protected=\"no\"\r\n"
                "Path: <sip:term@pcscf1.vims.net;lr>\r\nPath: <sip:edge.vims.net;lr>\r\n"
                "P-Charging-Vector: icid-value=\"x;y\";orig-ioi=vims.net\r\n"
                "Contact: \"N\" <sip:name@10.45.0.2;transport=tcp>;expires=100;"
                "+sip.instance=\"<urn:uuid:1>\";q=0.5\r\n"),
        0);
    assert_string_equal(asked.impu, "sip:name@hims.net");
    assert_string_equal(asked.impi, "name.private@hims.net");
    assert_false(asked.impi_from_to);
    assert_string_equal(asked.call_id, "c1");
    assert_int_equal(asked.cseq, 25);
    assert_int_equal(asked.kind, ASKED_REGISTRATION);
    assert_int_equal(asked.protection, ASKED_UNPROTECTED);
    assert_string_equal(asked.path, "<sip:term@pcscf1.vims.net;lr>,<sip:edge.vims.net;lr>");
    assert_string_equal(asked.charging_vector, "icid-value=\"x;y\";orig-ioi=vims.net");
    assert_string_equal(asked.contact[0].text, "\"N\" <sip:name@10.45.0.2;transport=tcp>;"
                                               "+sip.instance=\"<urn:uuid:1>\";q=0.5");
    assert_string_equal(asked.contact[0].instance, "\"<urn:uuid:1>\"");
    assert_string_equal(asked.answer.uri, "sip:hims.net");
    assert_string_equal(asked.answer.response, "");
    assert_null(asked.answer.auts);
}

static void REG_16_the_contacts_own_time_goes_before_expires(void **state)
{
    (void)state;
    assert_int_equal(granted("Contact: <sip:a@b>;expires=100\r\nExpires: 200\r\n"), 100);
    assert_int_equal(granted("Contact: <sip:a@b>\r\nExpires: 200\r\n"), 200);
    assert_int_equal(granted("Contact: <sip:a@b>\r\n"), 3600);
    assert_int_equal(granted("Contact: <sip:a@b>;expires=soon\r\nExpires: 200\r\n"), 200);
}

static void REGE_17_times_are_granted_refused_or_cut_to_the_most(void **state)
{
    (void)state;
    assert_int_equal(granted("Contact: <sip:a@b>;expires=59\r\n"), -423);
    assert_string_equal(refusal.header, "Min-Expires: 60\r\n");
    assert_int_equal(granted("Contact: <sip:a@b>;expires=60\r\n"), 60);
    assert_int_equal(granted("Contact: <sip:a@b>;expires=0\r\n"), 0);
    assert_int_equal(granted("Contact: <sip:a@b>;expires=600001\r\n"), 600000);
    assert_int_equal(granted("Contact: <sip:a@b>;expires=4294967295\r\n"), 600000);
    assert_int_equal(granted("Contact: <sip:a@b>;expires=4294967296\r\n"), 600000);
    assert_int_equal(granted("Contact: <sip:a@b>;expires=99999999999999999999999\r\n"), 600000);
}

static void what_is_asked_for_follows_from_the_contacts(void **state)
{
    (void)state;
    assert_int_equal(read_lines(""), 0);
    assert_int_equal(asked.kind, ASKED_FETCH);
    assert_int_equal(read_lines("Contact: <sip:a@b>;expires=0, <sip:c@d>;expires=0\r\n"), 0);
    assert_int_equal(asked.kind, ASKED_DEREGISTRATION);
    assert_int_equal(read_lines("Contact: <sip:a@b>;expires=0, <sip:c@d>;expires=100\r\n"), 0);
    assert_int_equal(asked.kind, ASKED_REGISTRATION);
    assert_int_equal(read_lines("Contact: *\r\nExpires: 0\r\n"), 0);
    assert_int_equal(asked.kind, ASKED_DEREGISTRATION);
    assert_true(asked.star);
}

static void REGE_18_star_must_stand_alone_with_expires_0(void **state)
{
    (void)state;
    assert_int_equal(read_lines("Contact: *\r\n"), 400);
    assert_int_equal(read_lines("Contact: *\r\nExpires: 1\r\n"), 400);
    assert_int_equal(read_lines("Contact: *, <sip:a@b>\r\nExpires: 0\r\n"), 400);
    assert_int_equal(read_lines("Contact: <sip:a@b>\r\nContact: *\r\nExpires: 0\r\n"), 400);
}

static void contacts_must_be_sip_uris_and_few(void **state)
{
    char many[1024] = "";

    (void)state;
    assert_int_equal(read_lines("Contact: <tel:+1555>\r\n"), 400);
    assert_int_equal(read_lines("Contact: <mailto:a@b>\r\n"), 400);
    assert_int_equal(read_lines("Contact: <sips:a@b>\r\n"), 0);
    for (int i = 0; i <= ASKED_MAX_CONTACTS; i++)
        sprintf(many + strlen(many), "Contact: <sip:a@b%d>\r\n", i);
    assert_int_equal(read_lines(many), 403);
}

static void REGE_29_unsupported_options_are_listed_supported_ones_are_not(void **state)
{
    (void)state;
    assert_int_equal(read_lines("Require: path, sec-agree\r\nRequire: Path\r\n"), 0);
    assert_int_equal(read_lines("Require: path, foo\r\nRequire: bar\r\n"), 420);
    assert_string_equal(refusal.header, "Unsupported: foo, bar\r\n");
}

static void REGE_30_the_impi_follows_from_to_when_authorization_does_not_say(void **state)
{
    (void)state;
    assert_int_equal(read_to("<sip:+15550001@hims.net:5060;user=phone>", ""), 0);
    assert_string_equal(asked.impi, "+15550001@hims.net");
    assert_true(asked.impi_from_to);
    assert_int_equal(read_lines("Authorization: Basic YTpi\r\n"), 0);
    assert_string_equal(asked.impi, "name@hims.net");
    assert_int_equal(read_lines("Authorization: Digest username=\"\", realm=\"hims.net\", "
                                "nonce=\"\", uri=\"sip:h\", response=\"\"\r\n"),
                     0);
    assert_string_equal(asked.impi, "name@hims.net");
    assert_int_equal(read_to("<tel:+15550001>", ""), 403);
}

static void REG_11_a_tel_identity_may_be_registered(void **state)
{
    (void)state;
    assert_int_equal(
        read_to("<tel:+1-555-0001>", "Authorization: Digest username=\"i@hims.net\"\r\n"), 0);
    assert_string_equal(asked.impu, "tel:+15550001");
    assert_string_equal(asked.impi, "i@hims.net");
}

static void an_identity_of_another_kind_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_to("<mailto:a@b>", ""), 400);
    assert_int_equal(read_to("<urn:service:sos>", ""), 400);
}

static void names_that_are_too_long_are_refused(void **state)
{
    char to[700], lines[1200], name[601];

    (void)state;
    memset(name, 'x', 600);
    name[600] = 0;
    snprintf(to, sizeof to, "<sip:%s@hims.net>", name);
    assert_int_equal(read_to(to, ""), 400);
    snprintf(lines, sizeof lines, "Authorization: Digest username=\"%s\"\r\n", name);
    assert_int_equal(read_lines(lines), 403);
}

static void REGE_32_a_foreign_realm_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_lines("Authorization: Digest username=\"a\", realm=\"b.net\"\r\n"), 403);
}

static void the_scheme_follows_from_protection_and_algorithm(void **state)
{
    static const struct {
        const char *parameters, *scheme;
    } rows[] = {
        {"",                                            "Unknown"         },
        {", integrity-protected=\"no\"",                "Digest-AKAv1-MD5"},
        {", integrity-protected=\"yes\"",               "Digest-AKAv1-MD5"},
        {", integrity-protected=\"no\", algorithm=MD5", "Digest-AKAv1-MD5"},
        {", algorithm=AKAv1-MD5",                       "Digest-AKAv1-MD5"},
        {", algorithm=AKAv2-MD5",                       "Digest-AKAv1-MD5"},
        {", algorithm=MD5",                             "SIP Digest"      },
        {", algorithm=SHA-256",                         "SIP Digest"      },
        {", algorithm=odd",                             "Unknown"         },
        {", integrity-protected=\"maybe\"",             "Unknown"         },
    };
    char lines[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(lines, sizeof lines, "Authorization: Digest username=\"a\"%s\r\n",
                 rows[i].parameters);
        assert_int_equal(read_lines(lines), 0);
        assert_string_equal(asked.scheme, rows[i].scheme);
    }
}

static void the_digest_is_found_among_other_authorizations(void **state)
{
    (void)state;
    assert_int_equal(read_lines("Authorization: Basic YTpi\r\n"
                                "Authorization: Digest username=\"a@b\", nonce=\"n\"\r\n"),
                     0);
    assert_string_equal(asked.impi, "a@b");
    assert_string_equal(asked.answer.nonce, "n");
}

#define t(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        t(who_and_what_are_read),
        t(REG_16_the_contacts_own_time_goes_before_expires),
        t(REGE_17_times_are_granted_refused_or_cut_to_the_most),
        t(what_is_asked_for_follows_from_the_contacts),
        t(REGE_18_star_must_stand_alone_with_expires_0),
        t(contacts_must_be_sip_uris_and_few),
        t(REGE_29_unsupported_options_are_listed_supported_ones_are_not),
        t(REGE_30_the_impi_follows_from_to_when_authorization_does_not_say),
        t(REG_11_a_tel_identity_may_be_registered),
        t(an_identity_of_another_kind_is_refused),
        t(names_that_are_too_long_are_refused),
        t(REGE_32_a_foreign_realm_is_refused),
        t(the_scheme_follows_from_protection_and_algorithm),
        t(the_digest_is_found_among_other_authorizations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
