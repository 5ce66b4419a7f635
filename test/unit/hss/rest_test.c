/* SPDX-License-Identifier: Apache-2.0 */
/* Subscribers provisioned: what is made of little, what is refused and how, what leaves. */
#include "rest_room.h"
#include "xalloc.h"

#define K   "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OP  "cdc202d5123e20f62b6d676ac72cb318" /* TS 35.208 test set 1 */
#define OPC "cd63cb71954a9f4e48a5994e37a02baf"
#define SIM "\"k\":\"" K "\",\"opc\":\"" OPC "\""

static void imsi_msisdn_k_and_opc_make_a_complete_subscriber(void **state)
{
    assert_int_equal(ask(state, "POST", "/subscribers",
                         "{\"imsi\":\"262011234567890\",\"msisdn\":\"+491234\"," SIM "}"),
                     201);
    assert_string_equal(text("name"), "262011234567890");
    assert_string_equal(text("private.0.impi"),
                        "262011234567890@ims.mnc001.mcc262.3gppnetwork.org");
    assert_string_equal(text("private.0.auth"), "akav1");
    assert_true(json_is_true(reply("private.0.has_key")));
    assert_string_equal(text("public.0.impu"),
                        "sip:262011234567890@ims.mnc001.mcc262.3gppnetwork.org");
    assert_true(json_is_true(reply("public.0.barred")));
    assert_string_equal(text("public.1.impu"), "sip:+491234@ims.mnc001.mcc262.3gppnetwork.org");
    assert_true(json_is_true(reply("public.1.default")));
    assert_string_equal(text("public.2.impu"), "tel:+491234");
    assert_string_equal(text("public.1.alias"), text("public.2.alias"));
    assert_int_equal(number("public.2.set"), 0);
    assert_string_equal(text("sets.0.state"), "not-registered");
    assert_non_null(reply("profiles.0"));
    /* and it can register */
    struct room *room = *state;
    struct cx_mar mar = {.impi = "262011234567890@ims.mnc001.mcc262.3gppnetwork.org",
                         .impu = "sip:262011234567890@ims.mnc001.mcc262.3gppnetwork.org",
                         .server_name = A,
                         .items = 1,
                         .scheme = "Digest-AKAv1-MD5"};
    struct cx_maa maa;

    answer_mar(&room->store, HOST_A, &mar, &maa, &room->why);
    assert_int_equal(maa.result, CX_SUCCESS);
}

static void three_digits_of_MNC_and_a_domain_of_ones_own_are_taken(void **state)
{
    assert_int_equal(ask(state, "POST", "/subscribers",
                         "{\"imsi\":\"310410000000001\",\"mnc_digits\":3," SIM "}"),
                     201);
    assert_string_equal(text("private.0.impi"),
                        "310410000000001@ims.mnc410.mcc310.3gppnetwork.org");
    assert_int_equal(ask(state, "POST", "/subscribers",
                         "{\"imsi\":\"310410000000002\",\"domain\":\"hims.net\",\"msisdn\":\"77\","
                         "\"name\":\"x\"," SIM "}"),
                     400);
    assert_string_equal(field(), "msisdn");
    assert_int_equal(ask(state, "POST", "/subscribers",
                         "{\"imsi\":\"310410000000002\",\"domain\":\"hims.net\",\"msisdn\":\"777\","
                         "\"name\":\"x\"," SIM "}"),
                     201);
    assert_string_equal(text("public.1.impu"), "sip:+777@hims.net");
}

static void OPc_is_derived_from_OP(void **state)
{
    assert_int_equal(ask(state, "POST", "/subscribers",
                         "{\"imsi\":\"262010000000001\",\"k\":\"" K "\",\"op\":\"" OP "\"}"),
                     201);
    assert_int_equal(
        stored(state, "SELECT opc = x'" OPC "' FROM impi WHERE imsi = '262010000000001'"), 1);
    assert_int_equal(ask(state, "POST", "/subscribers",
                         "{\"imsi\":\"262010000000002\"," SIM ",\"op\":\"" OPC "\"}"),
                     400);
    assert_string_equal(field(), "opc");
}

/* Computed with another program: of carol@hims.net:hims.net:Circle of Life. */
static void of_a_password_only_its_HA1_values_are_kept(void **state)
{
    assert_int_equal(ask(state, "POST", "/subscribers",
                         "{\"impi\":\"carol@hims.net\",\"password\":\"Circle of Life\"}"),
                     201);
    assert_string_equal(text("private.0.auth"), "digest-md5");
    assert_string_equal(text("private.0.realm"), "hims.net");
    assert_true(json_is_true(reply("private.0.has_password")));
    assert_string_equal(text("public.0.impu"), "sip:carol@hims.net");
    assert_int_equal(stored(state, "SELECT count(*) FROM impi WHERE impi = 'carol@hims.net' AND "
                                   "ha1_md5 = 'd68877ce91392b68cc3e7b3ee98cef86' AND ha1_sha256 = "
                                   "'f29d0d60208a5bf3250ba6887f9c4d206398c0f83decb4ccf8e2cc26d68236"
                                   "3e'"),
                     1);
    assert_int_equal(ask(state, "PATCH", "/private/carol%40hims.net", "{\"realm\":\"other.net\"}"),
                     400);
    assert_string_equal(field(), "password");
    assert_int_equal(
        ask(state, "PATCH", "/private/carol%40hims.net", "{\"auth\":\"digest-sha256\"}"), 200);
    assert_int_equal(ask(state, "PATCH", "/private/carol%40hims.net", "{\"auth\":\"akav1\"}"), 400);
    assert_string_equal(field(), "k");
}

static void every_refusal_names_the_field_and_the_rule(void **state)
{
    static const struct {
        const char *body, *field;
        int status;
    } cases[] = {
        {"",                                                                                    "body",           400},
        {"[]",                                                                                  "",               400},
        {"{\"imsi\":\"26201\"}",                                                                "imsi",           400},
        {"{\"imsi\":262010000000001}",                                                          "imsi",           400},
        {"{\"imsi\":\"262010000000001\",\"imsi\":\"262010000000002\"}",                         "body",           400},
        {"{\"imsi\":\"262010000000001\"}",                                                      "k",              400},
        {"{\"imsi\":\"262010000000001\",\"k\":\"" K "\"}",                                      "opc",            400},
        {"{\"imsi\":\"262010000000001\",\"k\":\"" K "0\"}",                                     "k",              400},
        {"{\"imsi\":\"262010000000001\"," SIM ",\"amf\":\"80\"}",                               "amf",            400},
        {"{\"imsi\":\"262010000000001\"," SIM ",\"sqn\":-1}",                                   "sqn",            400},
        {"{\"imsi\":\"262010000000001\"," SIM ",\"colour\":\"red\"}",                           "colour",         400},
        {"{\"imsi\":\"262010000000001\"," SIM ",\"name\":\"a b\"}",                             "name",           400},
        {"{\"imsi\":\"262010000000001\"," SIM ",\"name\":\"name\"}",                            "name",           409},
        {"{\"impi\":\"name.private@hims.net\"," SIM ",\"name\":\"new\"}",                       "impi",           409},
        {"{\"impi\":\"new@hims.net\"," SIM ",\"public\":[{\"impu\":\"sip:name@hims.net\"}]}",
         "impu",                                                                                                  409},
        {"{\"impi\":\"new@hims.net\"," SIM
         ",\"public\":[{\"impu\":\"sip:a@hims.net\"},{\"impu\":\"sip:A@Hims.net\"}]}", "public[1].impu", 400},
        {"{\"impi\":\"new@hims.net\"," SIM ",\"public\":[{}]}",                                 "public[0].impu", 400},
        {"{\"impi\":\"new@hims.net\"," SIM ",\"public\":[]}",                                   "public",         400},
        {"{\"impi\":\"new@hims.net\"," SIM ",\"public\":7}",                                    "public",         400},
        {"{\"impi\":\"new@hims.net\"," SIM
         ",\"public\":[{\"impu\":\"sip:a@hims.net\",\"profile\":1}]}",                 "public.profile", 400},
        {"{\"impi\":\"new@hims.net\"," SIM ",\"profiles\":[{\"ifc\":[{\"priority\":0}]}]}",
         "profiles[0].ifc[0].server",                                                                             400},
        {"{\"impi\":\"new@hims.net\"," SIM ",\"profiles\":[{\"shared_ifc\":[9]}]}",             "shared_ifc",
         400                                                                                                         },
        {"{\"msisdn\":\"491234\"," SIM "}",                                                     "impi",           400},
        {"{\"impi\":\"new@hims.net\",\"password\":\"a\",\"ha1_md5\":\"" K "\"}",                "password",       400},
        {"{\"impi\":\"new@hims.net\",\"private\":[{\"impi\":\"a@b\"}]}",                        "impi",           400},
        {"{\"private\":[]}",                                                                    "private",        400},
        {"{\"impi\":\"new@hims.net\",\"password\":\"a\\u0007b\"}",                              "password",       400},
        {"{\"impi\":\"new@hims.net\",\"password\":\"a\\u0000b\"}",                              "body",           400},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = ask(state, "POST", "/subscribers", cases[i].body);

        if (status != cases[i].status || strcmp(field(), cases[i].field) != 0 ||
            !asked.call.fault.rule[0])
            fail_msg("%s: %d, field '%s', rule '%s'", cases[i].body, status, field(),
                     asked.call.fault.rule);
    }
    assert_int_equal(stored(state, "SELECT count(*) FROM subscription"), 4); /* of the room */
    assert_int_equal(stored(state, "SELECT count(*) FROM impi"), 4);
}

/* ---- what leaves ---- */

static bool holds(const char *secret)
{
    char *text = asked.call.reply ? json_dumps(asked.call.reply, 0) : strdup(asked.call.text);
    bool found = strstr(text, secret);

    free(text);
    return found;
}

static void no_key_leaves_but_by_export_with_secrets(void **state)
{
    assert_int_equal(ask(state, "GET", "/subscribers/name", NULL), 200);
    assert_false(holds(K));
    assert_false(holds(OPC));
    assert_int_equal(ask(state, "GET", "/subscribers", NULL), 200);
    assert_int_equal(number("total"), 4);
    assert_false(holds(K));
    assert_int_equal(ask(state, "GET", "/export", NULL), 200);
    assert_false(holds(K));
    assert_int_equal(ask_raw(state, "GET", "/export", "{\"secrets\":true}", "", "", 0), 200);
    assert_true(holds(K));
    assert_true(holds(OPC));
}

static void what_was_exported_is_imported_as_it_was(void **state)
{
    char *first, *again;

    ask(state, "PUT", "/shared-ifc/7",
        "{\"name\":\"s\",\"ifc\":[{\"priority\":1,\"server\":\"sip:as@hims.net\"}]}");
    assert_int_equal(
        ask(state, "PUT", "/subscribers/bar/profiles/0",
            "{\"shared_ifc\":[7],\"ifc\":[{\"priority\":0,\"server\":\"sip:a@b\",\"part\":"
            "\"unregistered\",\"cnf\":true,\"spt\":[{\"kind\":\"header\",\"value\":\"Via\","
            "\"content\":\"x.*\",\"negated\":true,\"group\":2}]}]}"),
        200);
    change(state, "UPDATE impu SET impu = 'sip:bor@hims.net' WHERE impu LIKE '%<%';"
                  "DELETE FROM impu WHERE implicit_set IN (SELECT id FROM implicit_set WHERE "
                  "subscription IN (SELECT id FROM subscription WHERE name IN ('no', 'off')));"
                  "DELETE FROM subscription WHERE name IN ('no', 'off');"
                  "UPDATE impi SET k = x'" K "', opc = x'" OPC "', amf = x'8000', op = x'" OP
                  "' WHERE impi = 'bar@hims.net';");
    assert_int_equal(ask_raw(state, "GET", "/export", "{\"secrets\":true}", "", "", 0), 200);
    first = strdup(asked.call.text);
    assert_int_equal(ask_raw(state, "POST", "/import", NULL, "", first, strlen(first)), 409);
    assert_string_equal(field(), "line 1: name");
    change(state, "DELETE FROM impu; DELETE FROM subscription;");
    assert_int_equal(ask_raw(state, "POST", "/import", NULL, "", first, strlen(first)), 201);
    assert_int_equal(number("count"), 2);
    assert_int_equal(ask_raw(state, "GET", "/export", "{\"secrets\":true}", "", "", 0), 200);
    again = strdup(asked.call.text);
    assert_string_equal(first, again);
    free(first);
    free(again);
}

static void an_import_is_all_or_nothing(void **state)
{
    static const char lines[] = "{\"imsi\":\"262010000000001\"," SIM "}\n\n"
                                "{\"imsi\":\"262010000000002\",\"k\":\"1\"}\n";

    assert_int_equal(ask_raw(state, "POST", "/import", NULL, "", lines, strlen(lines)), 400);
    assert_string_equal(field(), "line 3: k");
    assert_int_equal(stored(state, "SELECT count(*) FROM subscription"), 4);
}

/* ---- changing ---- */

static void register_name(void **state)
{
    change(state, "UPDATE implicit_set SET state = 1, scscf_name = '" A "', scscf_host = '" HOST_A
                  "' WHERE id = 1; UPDATE registration SET registered = 1 WHERE implicit_set = 1;");
}

static void a_barring_is_pushed_to_the_scscf_of_a_registered_user_only(void **state)
{
    assert_int_equal(ask(state, "PATCH", "/public/tel%3A%2B15550001", "{\"barred\":true}"), 200);
    assert_null(asked.call.push);
    register_name(state);
    assert_int_equal(ask(state, "PATCH", "/public/tel%3A%2B15550001", "{\"barred\":false}"), 200);
    assert_non_null(asked.call.push);
    assert_int_equal(asked.call.push->kind, PUSH_PPR);
    assert_string_equal(asked.call.push->host, HOST_A);
    assert_string_equal(text("pushed.0.command"), "PPR");
    assert_int_equal(ask(state, "PATCH", "/public/sip%3Aname%40hims.net", "{\"barred\":true}"),
                     200);
    assert_int_equal(ask(state, "GET", "/subscribers/name", NULL), 200);
    assert_true(json_is_true(reply("public.1.default"))); /* another one, now */
}

static void a_refused_change_pushes_nothing(void **state)
{
    register_name(state);
    assert_int_equal(ask(state, "PUT", "/subscribers/name/profiles/0", "{\"shared_ifc\":[99]}"),
                     400);
    assert_null(asked.call.push);
}

static void deregister_sends_an_RTR_with_the_reason_and_clears_the_name(void **state)
{
    const struct cx_rtr *rtr;

    register_name(state);
    assert_int_equal(ask(state, "POST", "/subscribers/name/deregister",
                         "{\"reason\":\"server-change\",\"info\":\"moved\"}"),
                     200);
    assert_int_equal(asked.call.push->kind, PUSH_RTR);
    assert_string_equal(asked.call.push->host, HOST_A);
    rtr = asked.call.push->rtr;
    assert_string_equal(rtr->impi, "name.private@hims.net");
    assert_int_equal(rtr->reason, CX_REASON_SERVER_CHANGE);
    assert_string_equal(rtr->reason_info, "moved");
    assert_int_equal(rtr->impu_count, 0);
    assert_int_equal(
        stored(state, "SELECT state + length(scscf_name) FROM implicit_set WHERE id = 1"), 0);
    register_name(state);
    assert_int_equal(
        ask(state, "POST", "/subscribers/name/deregister", "{\"impu\":\"tel:+15550001\"}"), 200);
    rtr = asked.call.push->rtr;
    assert_int_equal(rtr->reason, CX_REASON_PERMANENT_TERMINATION);
    assert_int_equal(rtr->impu_count, 2);
    assert_string_equal(rtr->impu[0], "sip:name@hims.net");
}

static void a_deleted_subscriber_leaves_nothing_and_its_scscf_hears_of_it(void **state)
{
    register_name(state);
    assert_int_equal(ask(state, "DELETE", "/subscribers/name", NULL), 200);
    assert_int_equal(asked.call.push->kind, PUSH_RTR);
    assert_int_equal(stored(state, "SELECT count(*) FROM impi WHERE impi LIKE 'name%'"), 0);
    assert_int_equal(stored(state, "SELECT count(*) FROM impu WHERE impu LIKE '%name@%'"), 0);
    assert_int_equal(ask(state, "GET", "/subscribers/name", NULL), 404);
    assert_string_equal(field(), "name");
}

static void a_subscriber_is_found_by_any_of_its_names(void **state)
{
    static const char *const names[] = {"name", "name.private%40hims.net", "sip%3Aname%40hims.net",
                                        "001010000000001"};

    for (size_t i = 0; i < COUNT(names); i++) {
        char path[128];

        snprintf(path, sizeof path, "/subscribers/%s", names[i]);
        assert_int_equal(ask(state, "GET", path, NULL), 200);
        assert_string_equal(text("name"), "name");
    }
}

static void the_last_identity_stays(void **state)
{
    assert_int_equal(ask(state, "DELETE", "/private/name.private%40hims.net", NULL), 409);
    assert_int_equal(ask(state, "DELETE", "/public/tel%3A%2B15550001", NULL), 200);
    assert_int_equal(ask(state, "DELETE", "/public/sip%3Aname%40hims.net", NULL), 409);
    assert_int_equal(
        ask(state, "POST", "/subscribers/name/private", "{\"impi\":\"two@hims.net\"," SIM "}"),
        201);
    assert_int_equal(ask(state, "DELETE", "/private/name.private%40hims.net", NULL), 200);
    assert_int_equal(
        ask(state, "POST", "/subscribers/name/public", "{\"impu\":\"sip:three@hims.net\"}"), 201);
    assert_int_equal(ask(state, "GET", "/subscribers/name", NULL), 200);
    assert_string_equal(text("public.1.impu"), "sip:three@hims.net");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)
    const struct CMUnitTest tests[] = {
        CASE(imsi_msisdn_k_and_opc_make_a_complete_subscriber),
        CASE(three_digits_of_MNC_and_a_domain_of_ones_own_are_taken),
        CASE(OPc_is_derived_from_OP),
        CASE(of_a_password_only_its_HA1_values_are_kept),
        CASE(every_refusal_names_the_field_and_the_rule),
        CASE(no_key_leaves_but_by_export_with_secrets),
        CASE(what_was_exported_is_imported_as_it_was),
        CASE(an_import_is_all_or_nothing),
        CASE(a_barring_is_pushed_to_the_scscf_of_a_registered_user_only),
        CASE(a_refused_change_pushes_nothing),
        CASE(deregister_sends_an_RTR_with_the_reason_and_clears_the_name),
        CASE(a_deleted_subscriber_leaves_nothing_and_its_scscf_hears_of_it),
        CASE(a_subscriber_is_found_by_any_of_its_names),
        CASE(the_last_identity_stays),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    end();
    return failed;
}
