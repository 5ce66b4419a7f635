/* SPDX-License-Identifier: Apache-2.0 */
/* The user profile as XML (29.228 6.6, annex E; 29.229 7.1.1 for what the S-CSCF's features
 * change).
 */
#include "annex_e.h"

enum { BOTH = CX_FEATURE_SIFC | CX_FEATURE_ALIAS };

static char *document(struct room *room, int64_t set, const char *impi, uint32_t features)
{
    struct annex_e e;
    const char *fault;
    char *xml;

    sql_begin(room->store.sql);
    xml = user_data(&room->store, set, impi, features);
    assert_int_equal(sql_commit(room->store.sql, &room->why), 0);
    fault = annex_e_check(xml, &e);
    if (fault[0])
        fail_msg("%s in %s", fault, xml);
    return xml;
}

static void has(const char *xml, const char *part)
{
    if (!strstr(xml, part))
        fail_msg("'%s' is not in '%s'", part, xml);
}

static size_t count(const char *xml, const char *part)
{
    size_t n = 0;

    for (; (xml = strstr(xml, part)); xml += strlen(part))
        n++;
    return n;
}

static void the_check_itself_finds_what_is_wrong(void **state)
{
    static const char *const bad[] = {
        "<IMSSubscription><PrivateID>a@b</PrivateID></IMSSubscription>",
        "<IMSSubscription><ServiceProfile/><PrivateID>a@b</PrivateID></IMSSubscription>",
        "<IMSSubscription><PrivateID>a@b</PrivateID><ServiceProfile><PublicIdentity>"
        "<Identity>mailto:x</Identity></PublicIdentity></ServiceProfile></IMSSubscription>",
        "<IMSSubscription><PrivateID>a@b</PrivateID><ServiceProfile><PublicIdentity>"
        "<Identity>sip:x</Identity><BarringIndication>1</BarringIndication></PublicIdentity>"
        "</ServiceProfile></IMSSubscription>",
        "<IMSSubscription><PrivateID>a@b</PrivateID><ServiceProfile><PublicIdentity>"
        "<Identity>sip:x</Identity></PublicIdentity><InitialFilterCriteria><Priority>0</Priority>"
        "<TriggerPoint><ConditionTypeCNF>1</ConditionTypeCNF><SPT><Group>0</Group></SPT>"
        "</TriggerPoint><ApplicationServer><ServerName>sip:as</ServerName></ApplicationServer>"
        "</InitialFilterCriteria></ServiceProfile></IMSSubscription>",
    };
    struct annex_e e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_true(annex_e_check(bad[i], &e)[0]);
}

static void aliases_share_a_group(void **state)
{
    char *xml = document(*state, 1, "name.private@hims.net", BOTH);

    assert_int_equal(count(xml, "<ServiceProfile>"), 1);
    assert_int_equal(count(xml, "<Extension><Extension><AliasIdentityGroupID>1"
                                "</AliasIdentityGroupID></Extension></Extension>"),
                     2);
    free(xml);
    xml = document(*state, 1, "name.private@hims.net", 0);
    assert_int_equal(count(xml, "AliasIdentityGroupID"), 0);
    assert_int_equal(count(xml, "<ServiceProfile>"), 1); /* aliases: one profile all the same */
    free(xml);
}

static void identities_that_are_no_aliases_need_the_feature_to_share_a_profile(void **state)
{
    char *xml;

    room_script(*state, "UPDATE impu SET alias_group = '' WHERE implicit_set = 2;");
    xml = document(*state, 2, "bar@hims.net", 0);
    assert_int_equal(count(xml, "<ServiceProfile>"), 3);
    /* the default identity in the first one */
    has(xml, "</PrivateID><ServiceProfile><PublicIdentity><Identity>sip:b&lt;&amp;&gt;r@");
    free(xml);
    xml = document(*state, 2, "bar@hims.net", CX_FEATURE_ALIAS);
    assert_int_equal(count(xml, "<ServiceProfile>"), 1);
    free(xml);
}

static void everything_that_a_profile_may_hold_is_in_its_place(void **state)
{
    char *xml;

    room_script(
        *state,
        "UPDATE profile SET media_profile = 3 WHERE id = 1;"
        "UPDATE impu SET display_name = 'N & Co', barred = 1 WHERE impu = 'sip:name@hims.net';"
        "UPDATE impi SET imsi = '001010000000001' WHERE id = 1;"
        "INSERT INTO ifc (id, profile, priority, part, cnf, server, default_handling, "
        "service_info, include_request, include_response) VALUES "
        "(1, 1, 5, 0, 1, 'sip:as1.hims.net;lr', 1, '<key>&1</key>', 1, 1),"
        "(2, 1, 2, NULL, NULL, 'sip:as2.hims.net', 0, '', 0, 0);"
        "INSERT INTO spt (ifc, grp, negated, kind, value, content, registration) VALUES "
        "(1, 0, 0, 'method', 'REGISTER', NULL, 5), (1, 0, 1, 'uri', 'sip:.*@x', NULL, 0),"
        "(1, 1, 0, 'header', 'Accept', '.*reginfo.*', 0), (1, 1, 0, 'header', 'Event', NULL, 0),"
        "(1, 2, 0, 'case', '2', NULL, 0), (1, 2, 0, 'sdp', 'm', 'audio.*', 0);");
    xml = document(*state, 1, "name.private@hims.net", BOTH);
    has(xml, "<CoreNetworkServicesAuthorization><SubscribedMediaProfileId>3<");
    has(xml, "<DisplayName>N &amp; Co</DisplayName><AliasIdentityGroupID>");
    has(xml, "<Extension><IMSI>001010000000001</IMSI></Extension></IMSSubscription>");
    has(xml, "<Priority>2</Priority><ApplicationServer><ServerName>sip:as2.hims.net</ServerName>"
             "<DefaultHandling>0</DefaultHandling></ApplicationServer></InitialFilterCriteria>"
             "<InitialFilterCriteria><Priority>5</Priority>");
    has(xml, "<Method>REGISTER</Method><Extension><RegistrationType>0</RegistrationType>"
             "<RegistrationType>2</RegistrationType></Extension>");
    has(xml, "<ConditionNegated>1</ConditionNegated><Group>0</Group><RequestURI>sip:.*@x<");
    has(xml, "<SIPHeader><Header>Accept</Header><Content>.*reginfo.*</Content></SIPHeader>");
    has(xml, "<SIPHeader><Header>Event</Header></SIPHeader>");
    has(xml, "<SessionCase>2</SessionCase>");
    has(xml, "<SessionDescription><Line>m</Line><Content>audio.*</Content></SessionDescription>");
    has(xml, "<DefaultHandling>1</DefaultHandling><ServiceInfo>&lt;key&gt;&amp;1&lt;/key&gt;"
             "</ServiceInfo><Extension><IncludeRegisterRequest/><IncludeRegisterResponse/>"
             "</Extension></ApplicationServer><ProfilePartIndicator>0<");
    free(xml);
}

static void shared_criteria_go_by_number_or_are_written_out(void **state)
{
    char *xml;

    room_script(*state, "INSERT INTO shared_ifc (id, name) VALUES (7, 'mmtel'), (9, 'none');"
                        "INSERT INTO profile_shared_ifc VALUES (1, 7), (1, 9);"
                        "INSERT INTO ifc (profile, shared_ifc, priority, server) VALUES "
                        "(NULL, 7, 1, 'sip:mmtel.hims.net'), (1, NULL, 0, 'sip:own.hims.net');");
    xml = document(*state, 1, "name.private@hims.net", BOTH);
    has(xml, "<Extension><SharedIFCSetID>7</SharedIFCSetID><SharedIFCSetID>9</SharedIFCSetID>"
             "</Extension></ServiceProfile>");
    assert_int_equal(count(xml, "mmtel"), 0);
    free(xml);
    xml = document(*state, 1, "name.private@hims.net", CX_FEATURE_ALIAS);
    assert_int_equal(count(xml, "SharedIFCSetID"), 0);
    has(xml, "sip:own.hims.net</ServerName>");
    has(xml, "<Priority>1</Priority><ApplicationServer><ServerName>sip:mmtel.hims.net<");
    free(xml);
}

static void the_default_identity_is_first_although_its_profile_is_not(void **state)
{
    char *xml;

    room_script(*state, "INSERT INTO profile (id, subscription, position) VALUES (50, 1, -1);"
                        "UPDATE impu SET profile = 50 WHERE impu = 'tel:+15550001';");
    xml = document(*state, 1, "name.private@hims.net", BOTH);
    has(xml, "</PrivateID><ServiceProfile><PublicIdentity><Identity>sip:name@hims.net<");
    assert_int_equal(count(xml, "<ServiceProfile>"), 2);
    free(xml);
}

static void wildcards_and_services_say_what_they_are(void **state)
{
    char *xml;

    room_script(*state, "INSERT INTO impu (impu, implicit_set, profile, position, kind) VALUES "
                        "('sip:a!.*!@hims.net', 1, 1, 7, 4), ('sip:s!.*!@hims.net', 1, 1, 8, 2),"
                        "('sip:service@hims.net', 1, 1, 9, 1);");
    xml = document(*state, 1, "name.private@hims.net", BOTH);
    has(xml, "<Identity>sip:a!.*!@hims.net</Identity><Extension><IdentityType>4</IdentityType>"
             "<Extension><Extension><WildcardedIMPU>sip:a!.*!@hims.net</WildcardedIMPU>");
    has(xml, "<IdentityType>2</IdentityType><WildcardedPSI>sip:s!.*!@hims.net</WildcardedPSI>");
    has(xml, "<Identity>sip:service@hims.net</Identity><Extension><IdentityType>1<");
    free(xml);
}

static void what_XML_cannot_hold_is_left_out(void **state)
{
    char *xml;

    room_script(*state, "UPDATE impu SET display_name = 'a' || char(1) || 'b' || char(27) || 'c' "
                        "WHERE impu = 'sip:name@hims.net';");
    xml = document(*state, 1, "name.private@hims.net", BOTH);
    has(xml, "<DisplayName>abc</DisplayName>");
    free(xml);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_itself_finds_what_is_wrong),
        CASE(aliases_share_a_group),
        CASE(identities_that_are_no_aliases_need_the_feature_to_share_a_profile),
        CASE(everything_that_a_profile_may_hold_is_in_its_place),
        CASE(shared_criteria_go_by_number_or_are_written_out),
        CASE(the_default_identity_is_first_although_its_profile_is_not),
        CASE(wildcards_and_services_say_what_they_are),
        CASE(what_XML_cannot_hold_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
