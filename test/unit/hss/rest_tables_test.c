/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenAPI document says what the handlers do; filter criteria in JSON and in the XML of TS
 * 29.228; bodies of any kind end in an answer. */
#include "aka.h"
#include "rest_room.h"
#include "xalloc.h"

static const json_t *at(const json_t *from, const char *a, const char *b, const char *c)
{
    from = json_object_get(from, a);
    if (b)
        from = json_object_get(from, b);
    return c ? json_object_get(from, c) : from;
}

static void the_document_has_every_operation_and_nothing_else(void **state)
{
    size_t count = 0;
    const char *path;
    json_t *methods;

    assert_int_equal(ask(state, "GET", "/openapi.json", NULL), 200);
    assert_string_equal(text("openapi"), "3.0.3");
    for (size_t i = 0; i < rest_operation_count; i++) {
        const struct rest_operation *op = &rest_operations[i];
        char method[8] = "";
        const json_t *o;

        for (size_t c = 0; op->method[c]; c++)
            method[c] = op->method[c] | 0x20;
        o = at(asked.call.reply, "paths", op->path, method);
        if (!o)
            fail_msg("%s %s is not in the document", op->method, op->path);
        assert_int_equal(json_object_get(o, "security") != NULL, !rest_only_reads(op));
        assert_int_equal(json_object_get(o, "requestBody") != NULL, op->body != REST_NONE);
        assert_true(!op->in || rest_fields_of(op->in));
        assert_true(!op->out || rest_fields_of(op->out));
    }
    json_object_foreach((json_t *)reply("paths"), path, methods) count += json_object_size(methods);
    assert_int_equal(count, rest_operation_count);
}

/* "$ref" leads somewhere, wherever it stands. */
static void check_references(const json_t *value, const json_t *schemas)
{
    static const char prefix[] = "#/components/schemas/";
    const char *key;
    json_t *inside;
    size_t i;

    if (json_is_object(value)) {
        const char *ref = json_string_value(json_object_get(value, "$ref"));

        if (ref && strncmp(ref, prefix, strlen(prefix)) == 0 &&
            !json_object_get(schemas, ref + strlen(prefix)))
            fail_msg("%s leads nowhere", ref);
        json_object_foreach((json_t *)value, key, inside) check_references(inside, schemas);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, inside) check_references(inside, schemas);
    }
}

static void the_documents_schemas_are_the_tables_that_are_checked(void **state)
{
    const json_t *schemas;

    assert_int_equal(ask(state, "GET", "/openapi.json", NULL), 200);
    schemas = reply("components.schemas");
    check_references(asked.call.reply, schemas);
    assert_string_equal(
        json_string_value(at(at(schemas, "Subscriber", "properties", "k"), "pattern", NULL, NULL)),
        "^[0-9A-Fa-f]{32}$");
    assert_true(
        json_is_true(at(at(schemas, "Subscriber", "properties", "k"), "writeOnly", NULL, NULL)));
    assert_true(
        json_is_true(at(at(schemas, "Subscriber", "properties", "sets"), "readOnly", NULL, NULL)));
    assert_true(json_is_false(at(schemas, "Subscriber", "additionalProperties", NULL)));
}

/* What a reply holds is in its schema: shown fields too. */
static void a_reply_keeps_to_its_schema(void **state)
{
    static const char *const paths[] = {"/subscribers/bar", "/subscribers",
                                        "/subscribers/bar/profiles/0", "/shared-ifc"};
    struct rest_fault fault;

    ask(state, "PUT", "/shared-ifc/1",
        "{\"name\":\"s\",\"ifc\":[{\"priority\":1,\"server\":\"sip:as@hims.net\"}]}");
    change(state, "UPDATE impu SET impu = 'sip:bor@hims.net' WHERE impu LIKE '%<%'");
    for (size_t i = 0; i < COUNT(paths); i++) {
        assert_int_equal(ask(state, "GET", paths[i], NULL), 200);
        if (rest_check(rest_fields_of(asked.call.op->out), asked.call.reply, &fault) < 0)
            fail_msg("%s: %s: %s", paths[i], fault.field, fault.rule);
    }
}

/* ---- filter criteria ---- */

#define XML_IFC                                                                                    \
    "<?xml version=\"1.0\"?><IMSSubscription><PrivateID>i@d</PrivateID><ServiceProfile>"           \
    "<PublicIdentity><Identity>sip:i@d</Identity></PublicIdentity><InitialFilterCriteria>"         \
    "<Priority>3</Priority><TriggerPoint><ConditionTypeCNF>1</ConditionTypeCNF>"                   \
    "<SPT><ConditionNegated>0</ConditionNegated><Group>0</Group><Method>REGISTER</Method>"         \
    "<Extension><RegistrationType>0</RegistrationType><RegistrationType>2</RegistrationType>"      \
    "</Extension></SPT><SPT><ConditionNegated>1</ConditionNegated><Group>1</Group><SIPHeader>"     \
    "<Header>Event</Header><Content>reg</Content></SIPHeader></SPT><SPT><Group>2</Group>"          \
    "<SessionCase>1</SessionCase></SPT><SPT><Group>2</Group><SessionDescription><Line>m</Line>"    \
    "<Content>audio.*</Content></SessionDescription></SPT></TriggerPoint><ApplicationServer>"      \
    "<ServerName> sip:as@hims.net </ServerName><DefaultHandling>1</DefaultHandling>"               \
    "<ServiceInfo>a&amp;b</ServiceInfo><Extension><IncludeRegisterRequest/></Extension>"           \
    "</ApplicationServer><ProfilePartIndicator>1</ProfilePartIndicator></InitialFilterCriteria>"   \
    "</ServiceProfile></IMSSubscription>"

static int put_xml(void **state, const char *xml)
{
    return ask_raw(state, "PUT", "/subscribers/name/profiles/0", NULL, "application/xml", xml,
                   strlen(xml));
}

static void filter_criteria_come_in_XML_as_in_JSON(void **state)
{
    assert_int_equal(put_xml(state, XML_IFC), 200);
    assert_int_equal(ask(state, "GET", "/subscribers/name/profiles/0", NULL), 200);
    assert_int_equal(number("ifc.0.priority"), 3);
    assert_string_equal(text("ifc.0.server"), "sip:as@hims.net");
    assert_string_equal(text("ifc.0.default_handling"), "terminate");
    assert_string_equal(text("ifc.0.part"), "unregistered");
    assert_string_equal(text("ifc.0.service_info"), "a&b");
    assert_true(json_is_true(reply("ifc.0.include_request")));
    assert_true(json_is_false(reply("ifc.0.include_response")));
    assert_true(json_is_true(reply("ifc.0.cnf")));
    assert_string_equal(text("ifc.0.spt.0.kind"), "method");
    assert_string_equal(text("ifc.0.spt.0.registration.0"), "initial");
    assert_string_equal(text("ifc.0.spt.0.registration.1"), "de");
    assert_string_equal(text("ifc.0.spt.1.kind"), "header");
    assert_string_equal(text("ifc.0.spt.1.value"), "Event");
    assert_string_equal(text("ifc.0.spt.1.content"), "reg");
    assert_true(json_is_true(reply("ifc.0.spt.1.negated")));
    assert_string_equal(text("ifc.0.spt.2.kind"), "case");
    assert_string_equal(text("ifc.0.spt.3.kind"), "sdp");
    assert_int_equal(number("ifc.0.spt.3.group"), 2);
}

static void what_is_no_filter_criterion_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "",
        "<",
        "<a>",
        "no",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "<a><InitialFilterCriteria></InitialFilterCriteria></a>",
        "<a><InitialFilterCriteria><Priority>x</Priority><ApplicationServer><ServerName>sip:a@b"
        "</ServerName></ApplicationServer></InitialFilterCriteria></a>",
        "<a><InitialFilterCriteria><Priority>1</Priority><TriggerPoint><SPT></SPT></TriggerPoint>"
        "<ApplicationServer><ServerName>sip:a@b</ServerName></ApplicationServer>"
        "</InitialFilterCriteria></a>",
        "<a><SharedIFCSetID>77</SharedIFCSetID></a>"};

    assert_int_equal(put_xml(state, XML_IFC), 200);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (put_xml(state, bad[i]) != 400)
            fail_msg("taken: %s", bad[i]);
        assert_true(field()[0] && asked.call.fault.rule[0]);
    }
    assert_int_equal(stored(state, "SELECT count(*) FROM ifc"), 1);
}

static void a_shared_set_in_use_stays(void **state)
{
    static const char body[] =
        "{\"name\":\"s\",\"ifc\":[{\"priority\":1,\"server\":\"sip:as@hims.net\"}]}";

    assert_int_equal(ask(state, "PUT", "/shared-ifc/5", body), 200);
    assert_int_equal(ask(state, "PUT", "/shared-ifc/5", body), 200);
    assert_int_equal(ask(state, "PUT", "/shared-ifc/6", body), 409);
    assert_int_equal(ask(state, "PUT", "/shared-ifc/x", body), 400);
    assert_int_equal(ask(state, "PUT", "/subscribers/name/profiles/0", "{\"shared_ifc\":[5]}"),
                     200);
    assert_int_equal(ask(state, "DELETE", "/shared-ifc/5", NULL), 409);
    change(state, "UPDATE implicit_set SET state = 1, scscf_name = '" A "', scscf_host = '" HOST_A
                  "' WHERE id = 1");
    assert_int_equal(ask(state, "PUT", "/shared-ifc/5", body), 200);
    assert_string_equal(text("pushed.0.scscf"), HOST_A);
    assert_int_equal(ask(state, "PUT", "/subscribers/name/profiles/0", "{\"shared_ifc\":[]}"), 200);
    assert_int_equal(ask(state, "DELETE", "/shared-ifc/5", NULL), 200);
    assert_int_equal(ask(state, "GET", "/shared-ifc/5", NULL), 404);
    assert_int_equal(stored(state, "SELECT count(*) FROM ifc"), 0);
}

/* ---- verify-sim: test set 1 of TS 35.208 ---- */

#define SIM                                                                                        \
    "\"k\":\"465b5ce8b199b49faa5f0a2ee238a6bc\",\"opc\":\"cd63cb71954a9f4e48a5994e37a02baf\""
#define RAND "\"rand\":\"23553cbe9637a89d218ae64dae47bf35\""
/* SQN ff9bb4d0b607 under AK aa689c648370, AMF b9b9, MAC-A 4a9ffac354dfafb3 */
#define AUTN "55f328b43577b9b94a9ffac354dfafb3"

static void a_right_and_a_wrong_AUTN_are_told_apart(void **state)
{
    assert_int_equal(ask(state, "POST", "/verify-sim", "{" SIM "," RAND ",\"autn\":\"" AUTN "\"}"),
                     200);
    assert_string_equal(text("verdict"), "fine");
    assert_string_equal(text("amf"), "b9b9");
    assert_int_equal(number("sqn"), 0xff9bb4d0b607);
    assert_int_equal(
        ask(state, "POST", "/verify-sim", "{\"name\":\"name\"," RAND ",\"autn\":\"" AUTN "\"}"),
        200);
    assert_string_equal(text("verdict"), "SQN behind"); /* this HSS never made it */
    assert_int_equal(ask(state, "POST", "/verify-sim",
                         "{" SIM "," RAND ",\"autn\":\"55f328b43577b9b94a9ffac354dfafb4\"}"),
                     200);
    assert_string_equal(text("verdict"), "wrong K or OPc");
}

static void an_AUTS_says_whose_counter_is_ahead(void **state)
{
    /* the card's SQN 000000000020 under AK* 451e8beca43b, MAC-S computed with AMF 0000 */
    struct aka_key key;
    struct aka_seen seen = {{0}};
    uint8_t rand[16] = {1}, res[8], ck[16], ik[16], auts[14];
    struct aka_vector v;
    char body[256], hex[29];

    memcpy(key.k, room_sim.k, 16);
    memcpy(key.opc, room_sim.opc, 16);
    memcpy(key.amf, room_sim.amf, 2);
    seen.seq[0] = 1000;
    aka_make(&key, rand, 32, &v);
    assert_int_equal(aka_answer(&key, &seen, rand, v.autn, res, ck, ik, auts), AKA_OUT_OF_RANGE);
    for (int i = 0; i < 14; i++)
        snprintf(hex + 2 * i, 3, "%02x", auts[i]);
    snprintf(body, sizeof body,
             "{\"name\":\"name\",\"rand\":\"01000000000000000000000000000000\",\"auts\":\"%s\"}",
             hex);
    assert_int_equal(ask(state, "POST", "/verify-sim", body), 200);
    assert_string_equal(text("verdict"), "SQN behind");
    assert_int_equal(number("sqn"), 1000 << 5);
    change(state, "UPDATE impi SET sqn = 1000000 WHERE impi = 'name.private@hims.net'");
    assert_int_equal(ask(state, "POST", "/verify-sim", body), 200);
    assert_string_equal(text("verdict"), "fine");
    body[strlen(body) - 3] ^= 1;
    assert_int_equal(ask(state, "POST", "/verify-sim", body), 200);
    assert_string_equal(text("verdict"), "wrong K or OPc");
    assert_int_equal(stored(state, "SELECT sqn FROM impi WHERE impi = 'name.private@hims.net'"),
                     1000000); /* it only looks */
}

/* ---- bodies of any kind ---- */

static unsigned seed = 20261124;

static unsigned any(unsigned below)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % below;
}

static void any_body_ends_in_an_answer_and_nothing_half_done(void **state)
{
    static const char *const good[] = {
        "{\"imsi\":\"262010000000001\"," SIM ",\"public\":[{\"impu\":\"sip:a@hims.net\",\"set\":1,"
        "\"alias\":\"x\"}],\"profiles\":[{\"ifc\":[{\"priority\":1,\"server\":\"sip:a@b\",\"spt\":"
        "[{\"kind\":\"method\",\"value\":\"INVITE\"}]}]}]}",
        XML_IFC,
        "{\"name\":\"name\"," RAND ",\"autn\":\"" AUTN "\"}",
        "{\"reason\":\"server-change\",\"impu\":\"sip:name@hims.net\"}",
    };
    static const char *const types[] = {"application/json", "application/xml", ""};

    for (int round = 0; round < 4000; round++) {
        const char *from = good[any(COUNT(good))];
        size_t len = strlen(from) + 1;
        char *body = malloc(len + 8), path[64];
        const struct rest_operation *op = &rest_operations[any(rest_operation_count)];

        memcpy(body, from, len);
        len--;
        for (unsigned i = any(4); i > 0; i--)
            body[any(len)] = any(256);
        if (any(4) == 0)
            len = any(len);
        if (any(8) == 0)
            memmove(body + any(len / 2 + 1), body + any(len / 2 + 1), len / 2);
        snprintf(path, sizeof path, "%s", op->path);
        ask_raw(state, op->method, path, NULL, types[any(COUNT(types))], body, len);
        assert_true(asked.call.status >= 200 && asked.call.status < 500);
        assert_int_equal(asked.call.status >= 400, asked.call.fault.rule[0] != '\0');
        free(body);
    }
    assert_int_equal(stored(state, "SELECT count(*) FROM implicit_set AS s WHERE NOT EXISTS "
                                   "(SELECT 1 FROM impu WHERE implicit_set = s.id) AND NOT EXISTS "
                                   "(SELECT 1 FROM registration WHERE implicit_set = s.id)"),
                     0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)
    const struct CMUnitTest tests[] = {
        CASE(the_document_has_every_operation_and_nothing_else),
        CASE(the_documents_schemas_are_the_tables_that_are_checked),
        CASE(a_reply_keeps_to_its_schema),
        CASE(filter_criteria_come_in_XML_as_in_JSON),
        CASE(what_is_no_filter_criterion_changes_nothing),
        CASE(a_shared_set_in_use_stays),
        CASE(a_right_and_a_wrong_AUTN_are_told_apart),
        CASE(an_AUTS_says_whose_counter_is_ahead),
        CASE(any_body_ends_in_an_answer_and_nothing_half_done),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    end();
    return failed;
}
