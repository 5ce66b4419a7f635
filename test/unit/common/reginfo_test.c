/* SPDX-License-Identifier: Apache-2.0 */
/* Registration information: what is written can be read again, is valid by the schema (reginfo.xsd,
 * when xmllint is there), and what a hostile peer sends ends in a sentence. */
#include "reginfo.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *text;
static size_t len;
static su_home_t *home;
static struct reginfo info;
static struct why why;

static int begin(void **state)
{
    (void)state;
    home = su_home_new(sizeof *home);
    return 0;
}

static int end(void **state)
{
    (void)state;
    su_home_unref(home);
    free(text);
    text = NULL;
    return 0;
}

static void write_text(const struct reginfo *what)
{
    FILE *out = open_memstream(&text, &len);

    reginfo_write(what, out);
    fclose(out);
}

static void is_valid(void)
{
    FILE *xmllint;

    if (system("command -v xmllint >/dev/null") != 0)
        return;
    xmllint = popen("xmllint --noout --schema test/unit/common/reginfo.xsd - 2>&1", "w");
    assert_non_null(xmllint);
    fwrite(text, 1, len, xmllint);
    assert_int_equal(pclose(xmllint), 0);
}

static int read_text(const char *xml)
{
    why.text[0] = 0;
    return reginfo_read(&info, home, xml, strlen(xml), &why);
}

/* name: with a contact of everything; tel: with the least that there can be */
static struct reginfo_param instance = {.name = "+sip.instance", .value = "\"<urn:gsma:imei:1>\""};
static struct reginfo_contact whole = {.id = "c1",
                                       .state = REGINFO_ACTIVE,
                                       .event = REGINFO_SHORTENED,
                                       .duration_s = 7,
                                       .expires_s = 60,
                                       .retry_after_s = 0,
                                       .cseq = 4294967295,
                                       .uri = "sip:name@10.45.0.2:5060;x=\"<&>'\"",
                                       .display_name = "A & B <\x01\xff\xc3\xa9>",
                                       .call_id = "abc@10.45.0.2",
                                       .q = "0.5",
                                       .pub_gruu = "sip:name@hims.net;gr=urn:x",
                                       .temp_gruu = "sip:tgruu.7@hims.net;gr",
                                       .temp_gruu_seq = "54",
                                       .params = &instance};
static struct reginfo_contact least = {.id = "c2",
                                       .state = REGINFO_TERMINATED,
                                       .event = REGINFO_PROBATION,
                                       .duration_s = REGINFO_UNSAID,
                                       .expires_s = REGINFO_UNSAID,
                                       .retry_after_s = REGINFO_UNSAID,
                                       .cseq = REGINFO_UNSAID,
                                       .uri = "sip:10.45.0.3"};
static struct reginfo_registration tel = {
    .aor = "tel:+15550001", .id = "r2", .state = REGINFO_TERMINATED, .contacts = &least};
static struct reginfo_registration name = {.next = &tel,
                                           .aor = "sip:name@hims.net",
                                           .id = "r1",
                                           .state = REGINFO_ACTIVE,
                                           .contacts = &whole};

static void what_is_written_can_be_read_again(void **state)
{
    const struct reginfo_registration *r;
    const struct reginfo_contact *c;

    (void)state;
    write_text(&(struct reginfo){.version = 4, .registrations = &name});
    assert_int_equal(reginfo_read(&info, home, text, len, &why), 0);
    assert_int_equal(info.version, 4);
    assert_false(info.partial);
    r = info.registrations;
    assert_string_equal(r->aor, name.aor);
    assert_string_equal(r->id, "r1");
    assert_int_equal(r->state, REGINFO_ACTIVE);
    c = r->contacts;
    assert_string_equal(c->id, "c1");
    assert_int_equal(c->event, REGINFO_SHORTENED);
    assert_int_equal(c->duration_s, 7);
    assert_int_equal(c->expires_s, 60);
    assert_int_equal(c->retry_after_s, 0);
    assert_int_equal(c->cseq, 4294967295);
    assert_string_equal(c->call_id, "abc@10.45.0.2");
    assert_string_equal(c->q, "0.5");
    assert_string_equal(c->params->name, "+sip.instance");
    assert_string_equal(c->params->value, instance.value);
    c = r->next->contacts;
    assert_int_equal(c->event, REGINFO_PROBATION);
    assert_int_equal(c->expires_s, REGINFO_UNSAID);
    assert_null(c->call_id);
    assert_null(r->next->next);
}

static void EVT_12_special_characters_are_escaped_and_the_document_stays_valid(void **state)
{
    (void)state;
    write_text(&(struct reginfo){.registrations = &name});
    is_valid();
    assert_int_equal(reginfo_read(&info, home, text, len, &why), 0);
    assert_string_equal(info.registrations->contacts->uri, whole.uri);
    assert_string_equal(info.registrations->contacts->display_name, "A & B <\?\?\xc3\xa9>");
}

static void EVT_12_an_event_of_every_kind_is_valid(void **state)
{
    struct reginfo_contact c = least;
    struct reginfo_registration r = {.aor = "sip:a@b", .id = "1", .contacts = &c};

    (void)state;
    for (int e = 0; e < REGINFO_EVENTS; e++) {
        c.event = e;
        r.state = e <= REGINFO_TERMINATED ? e : REGINFO_ACTIVE;
        write_text(&(struct reginfo){.partial = true, .registrations = &r});
        is_valid();
        assert_int_equal(reginfo_read(&info, home, text, len, &why), 0);
        assert_int_equal(info.registrations->contacts->event, e);
        assert_true(info.partial);
        free(text);
        text = NULL;
    }
}

static void EVT_13_gruus_stand_in_their_own_namespace_and_only_when_there_are_any(void **state)
{
    struct reginfo_contact plain = least;
    struct reginfo_registration r = {.aor = "sip:a@b", .id = "1", .contacts = &plain};

    (void)state;
    write_text(&(struct reginfo){.registrations = &r});
    assert_null(strstr(text, "gruuinfo"));
    free(text);
    write_text(&(struct reginfo){.registrations = &name});
    assert_non_null(strstr(text, "xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\""));
    assert_non_null(strstr(text, "<gr:pub-gruu uri=\"sip:name@hims.net;gr=urn:x\"/>"));
    assert_int_equal(reginfo_read(&info, home, text, len, &why), 0);
    assert_string_equal(info.registrations->contacts->pub_gruu, whole.pub_gruu);
    assert_string_equal(info.registrations->contacts->temp_gruu, whole.temp_gruu);
    assert_string_equal(info.registrations->contacts->temp_gruu_seq, "54");
}

#define HEAD "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'>"

static void a_prefix_and_what_other_namespaces_add_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("<?xml version='1.0'?><a:reginfo xmlns:a='urn:ietf:params:xml:ns:reginfo' "
                  "xmlns:o='urn:other' version='1' state='partial'>"
                  "<o:registration aor='no'><a:contact/></o:registration>"
                  "<a:registration aor='sip:a@b' id='1' state='active'><o:contact/>"
                  "<a:contact id='2' state='active' event='created' o:more='1'>"
                  "<o:uri>no</o:uri><a:uri> sip:x \n</a:uri></a:contact>"
                  "</a:registration></a:reginfo>"),
        0);
    assert_string_equal(info.registrations->aor, "sip:a@b");
    assert_null(info.registrations->next);
    assert_string_equal(info.registrations->contacts->uri, "sip:x");
}

static void what_is_no_reginfo_is_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *xml, *why;
    } bad[] = {
        {"",                                                                            "no element found"},
        {"<reginfo version='0' state='full'/>",                                         "root"            },
        {"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' state='full'/>",              "version"         },
        {"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='-1' state='full'/>", "number"          },
        {"<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='1' state='half'/>",  "full"            },
        {HEAD "<registration id='1' state='active'/></reginfo>",                        "aor"             },
        {HEAD "<registration aor='a' id='1' state='odd'/></reginfo>",                   "state odd"       },
        {HEAD "<registration aor='a' id='1' state='active'><contact id='1' state='active' "
              "event='odd'><uri>x</uri></contact></registration></reginfo>",   "event odd"       },
        {HEAD "<registration aor='a' id='1' state='active'><contact id='1' state='active' "
              "event='created'/></registration></reginfo>",                    "no uri"          },
        {"<!DOCTYPE reginfo [<!ENTITY a 'aaaa'>]>" HEAD "&a;</reginfo>",                "document type"   },
        {HEAD "<registration",                                                          "line 1"          },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(read_text(bad[i].xml), -EINVAL);
        assert_null(info.registrations);
        if (!strstr(why.text, bad[i].why))
            fail_msg("'%s' does not say '%s'", why.text, bad[i].why);
    }
}

static void a_document_that_is_too_long_too_deep_or_too_many_is_refused(void **state)
{
    char *big = calloc(1, REGINFO_MAX_XML + 2), *at;

    (void)state;
    memset(big, ' ', REGINFO_MAX_XML + 1);
    assert_int_equal(read_text(big), -E2BIG);
    at = big + sprintf(big, "%s", HEAD);
    for (int i = 0; i < 20; i++)
        at += sprintf(at, "<a>");
    assert_int_equal(read_text(big), -E2BIG);
    at = big + sprintf(big, "%s", HEAD);
    for (int i = 0; i < 2100; i++)
        at += sprintf(at, "<registration aor='a' id='%d' state='init'/>", i);
    sprintf(at, "</reginfo>");
    assert_int_equal(read_text(big), -E2BIG);
    at = big + sprintf(big,
                       "%s<registration aor='a' id='1' state='init'><contact id='1' "
                       "state='active' event='created'><uri>",
                       HEAD);
    memset(at, 'a', 10000);
    sprintf(at + 10000, "</uri></contact></registration></reginfo>");
    assert_int_equal(read_text(big), -E2BIG);
    free(big);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(what_is_written_can_be_read_again),
        T(EVT_12_special_characters_are_escaped_and_the_document_stays_valid),
        T(EVT_12_an_event_of_every_kind_is_valid),
        T(EVT_13_gruus_stand_in_their_own_namespace_and_only_when_there_are_any),
        T(a_prefix_and_what_other_namespaces_add_do_not_matter),
        T(what_is_no_reginfo_is_refused_with_a_sentence),
        T(a_document_that_is_too_long_too_deep_or_too_many_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
