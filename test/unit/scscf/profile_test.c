/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../scscf/profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct profile profile;
static struct why why;

static int parse(const char *xml)
{
    memset(&profile, 0, sizeof profile);
    why.text[0] = 0;
    return profile_parse(&profile, xml, &why);
}

static const char three[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<IMSSubscription>\n"
    "  <PrivateID>name.private@hims.net</PrivateID>\n"
    "  <ServiceProfile>\n"
    "    <PublicIdentity><BarringIndication>1</BarringIndication>\n"
    "      <Identity>sip:hidden@hims.net</Identity></PublicIdentity>\n"
    "    <PublicIdentity><Identity> sip:name@HIMS.net </Identity></PublicIdentity>\n"
    "    <InitialFilterCriteria><Priority>0</Priority><ApplicationServer>\n"
    "      <ServerName>sip:as.hims.net</ServerName></ApplicationServer></InitialFilterCriteria>\n"
    "  </ServiceProfile>\n"
    "  <ServiceProfile>\n"
    "    <PublicIdentity><BarringIndication>0</BarringIndication>\n"
    "      <Identity>tel:+15550001</Identity></PublicIdentity>\n"
    "  </ServiceProfile>\n"
    "</IMSSubscription>\n";

static void REG_08_the_set_has_all_identities_in_order_with_their_barring(void **state)
{
    (void)state;
    assert_int_equal(parse(three), 0);
    assert_int_equal(profile.impu_count, 3);
    assert_string_equal(profile.impu[0].id, "sip:hidden@hims.net");
    assert_true(profile.impu[0].barred);
    assert_string_equal(profile.impu[1].id, "sip:name@hims.net");
    assert_false(profile.impu[1].barred);
    assert_string_equal(profile.impu[2].id, "tel:+15550001");
    assert_true(profile_has(&profile, "tel:+15550001"));
    assert_false(profile_has(&profile, "tel:+15550002"));
    profile_free(&profile);
}

static void REG_08_the_default_identity_is_the_first_that_is_not_barred(void **state)
{
    (void)state;
    assert_int_equal(parse(three), 0);
    assert_string_equal(profile_default(&profile), "sip:name@hims.net");
    profile_free(&profile);
}

static void REG_10_a_set_that_is_barred_whole_has_no_default(void **state)
{
    (void)state;
    assert_int_equal(parse("<IMSSubscription><ServiceProfile><PublicIdentity>"
                           "<BarringIndication>true</BarringIndication>"
                           "<Identity>sip:a@hims.net</Identity></PublicIdentity></ServiceProfile>"
                           "</IMSSubscription>"),
                     0);
    assert_null(profile_default(&profile));
    profile_free(&profile);
}

static void wildcards_and_repeated_identities_are_not_listed(void **state)
{
    (void)state;
    assert_int_equal(
        parse("<IMSSubscription><ServiceProfile>"
              "<PublicIdentity><Identity>sip:a@hims.net</Identity></PublicIdentity>"
              "<PublicIdentity><Identity>sip:list!.*!@hims.net</Identity></PublicIdentity>"
              "<PublicIdentity><Identity>sip:b@hims.net</Identity>"
              "<Extension><IdentityType>2</IdentityType></Extension></PublicIdentity>"
              "<PublicIdentity><Identity>sip:c@hims.net</Identity>"
              "<Extension><IdentityType>0</IdentityType></Extension></PublicIdentity>"
              "<PublicIdentity><Identity>sip:a@HIMS.NET</Identity></PublicIdentity>"
              "</ServiceProfile></IMSSubscription>"),
        0);
    assert_int_equal(profile.impu_count, 2);
    assert_string_equal(profile.impu[0].id, "sip:a@hims.net");
    assert_string_equal(profile.impu[1].id, "sip:c@hims.net");
    profile_free(&profile);
}

static void REGE_43_a_profile_that_is_not_well_formed_or_empty_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "no xml at all",
        "<IMSSubscription>",
        "<IMSSubscription/>",
        "<IMSSubscription><ServiceProfile/></IMSSubscription>",
        "<IMSSubscription><ServiceProfile><PublicIdentity/></ServiceProfile></IMSSubscription>",
        "<a><PublicIdentity><Identity>http://x</Identity></PublicIdentity></a>",
        "<a><PublicIdentity><Identity>sip:a@b</Identity></PublicIdentity></b>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i]), -EINVAL);
        assert_null(profile.impu);
        assert_int_not_equal(why.text[0], 0);
    }
}

static void entities_of_a_stranger_are_not_expanded(void **state)
{
    (void)state;
    assert_int_equal(parse("<!DOCTYPE a [<!ENTITY x \"sip:a@b\"><!ENTITY y \"&x;&x;&x;\">]>"
                           "<a><PublicIdentity><Identity>&y;</Identity></PublicIdentity></a>"),
                     -EINVAL);
    assert_non_null(strstr(why.text, "document type"));
}

static void REGE_44_what_is_too_large_is_refused_as_too_large(void **state)
{
    char *big = malloc(PROFILE_MAX_XML + 2), *at = big;

    (void)state;
    memset(big, ' ', PROFILE_MAX_XML + 1);
    big[PROFILE_MAX_XML + 1] = 0;
    assert_int_equal(parse(big), -E2BIG);

    at += sprintf(at, "<a>");
    for (int i = 0; i <= PROFILE_MAX_IMPUS; i++)
        at += sprintf(at, "<PublicIdentity><Identity>sip:u%d@hims.net</Identity></PublicIdentity>",
                      i);
    sprintf(at, "</a>");
    assert_int_equal(parse(big), -E2BIG);

    at = big + sprintf(big, "<a><PublicIdentity><Identity>sip:");
    memset(at, 'x', 600);
    strcpy(at + 600, "@hims.net</Identity></PublicIdentity></a>");
    assert_int_equal(parse(big), -EINVAL);
    free(big);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(REG_08_the_set_has_all_identities_in_order_with_their_barring),
        cmocka_unit_test(REG_08_the_default_identity_is_the_first_that_is_not_barred),
        cmocka_unit_test(REG_10_a_set_that_is_barred_whole_has_no_default),
        cmocka_unit_test(wildcards_and_repeated_identities_are_not_listed),
        cmocka_unit_test(REGE_43_a_profile_that_is_not_well_formed_or_empty_is_refused),
        cmocka_unit_test(entities_of_a_stranger_are_not_expanded),
        cmocka_unit_test(REGE_44_what_is_too_large_is_refused_as_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
