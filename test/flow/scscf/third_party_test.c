/* SPDX-License-Identifier: Apache-2.0 */
/* Application servers hear of registrations, by the filter criteria of the user. */
#include "watch.h"

#include "../../../scscf/ifc.h"

#define IMPUS                                                                                      \
    "<PublicIdentity><BarringIndication>1</BarringIndication>"                                     \
    "<Identity>sip:hidden@hims.net</Identity></PublicIdentity>"                                    \
    "<PublicIdentity><Identity>tel:+15550001</Identity></PublicIdentity>"                          \
    "<PublicIdentity><Identity>" IMPU "</Identity></PublicIdentity>"
#define IFC(priority, trigger, server, more)                                                       \
    "<InitialFilterCriteria><Priority>" priority "</Priority>" trigger                             \
    "<ApplicationServer><ServerName>" server "</ServerName>" more                                  \
    "</ApplicationServer></InitialFilterCriteria>"
#define USER(ifcs)                                                                                 \
    "<IMSSubscription><PrivateID>" IMPI "</PrivateID><ServiceProfile>" IMPUS ifcs                  \
    "</ServiceProfile></IMSSubscription>"
#define ON(method, extension)                                                                      \
    "<TriggerPoint><ConditionTypeCNF>0</ConditionTypeCNF><SPT><ConditionNegated>0"                 \
    "</ConditionNegated><Group>0</Group><Method>" method "</Method>" extension                     \
    "</SPT></TriggerPoint>"
#define AS "sip:as.hims.net:5070"

static void as_is_there(struct world *w)
{
    fake_dns_set(w->scscf.dns, "as.hims.net", "udp 10.60.4.50:5070");
    fake_dns_set(w->scscf.dns, "as2.hims.net", "udp 10.60.4.51:5060");
}

static void registers(struct world *w, const char *profile, struct ue ue)
{
    as_is_there(w);
    ue.cseq = ue.cseq ? ue.cseq : 25;
    ue_authenticates(w, ue);
    hss_gives_profile(w, profile);
    expect_answer(200);
}

static const char *body(size_t i)
{
    const sip_payload_t *payload = fake_sip_sent(i)->sip->sip_payload;

    return payload ? payload->pl_data : "";
}

static const char *header(size_t i, const char *name)
{
    static char buf[1024];
    const char *text = sip_list(fake_sip_sent(i)->sip, name, buf, sizeof buf);

    return text ? text : "none";
}

static void the_server_hears_of_registration_and_renewal(void **state)
{
    registers(*state, USER(IFC("0", ON("REGISTER", ""), AS, "")), (struct ue){.expires = "1000"});
    assert_int_equal(fake_sip_sent_count(), 1);
    assert_non_null(strstr(fake_sip_sent(0)->text, "REGISTER " AS " SIP/2.0\r\n"));
    assert_int_equal(addr_port(&fake_sip_sent(0)->to.addr), 5070);
    assert_memory_equal(header(0, "From"), "<" SERVER ">;tag=", 31);
    assert_string_equal(header(0, "To"), "<" IMPU ">");
    assert_string_equal(header(0, "Contact"), "<" SERVER ">");
    assert_string_equal(header(0, "Expires"), "1000");
    assert_string_equal(header(0, "P-Charging-Vector"), "icid-value=icid-1");
    assert_string_equal(header(0, "P-Visited-Network-ID"), "vims.net");
    assert_string_equal(body(0), "");
    taken(*state, 200);
    ue_authenticates(*state, (struct ue){.cseq = 30, .expires = "2000"});
    hss_accepts(*state);
    assert_int_equal(fake_sip_sent_count(), 2);
    assert_string_equal(header(1, "Expires"), "2000");
    taken(*state, 200);
}

static void TPR_02_service_info_is_the_body_with_the_exact_string(void **state)
{
    registers(*state, USER(IFC("0", "", AS, "<ServiceInfo>a &lt;b&gt; &amp; c</ServiceInfo>")),
              (struct ue){0});
    assert_string_equal(header(0, "Content-Type"), "application/3gpp-ims+xml");
    assert_non_null(strstr(body(0), "<ims-3gpp version=\"1\"><service-info>a &lt;b&gt; &amp; c"
                                    "</service-info></ims-3gpp>"));
    taken(*state, 200);
}

static void TPR_03_request_and_response_go_along_without_secrets(void **state)
{
    registers(*state,
              USER(IFC("0", "", AS,
                       "<ServiceInfo>info</ServiceInfo><Extension><IncludeRegisterRequest/>"
                       "<IncludeRegisterResponse/></Extension>")),
              (struct ue){.more = "X-Phone: yes\r\n"});
    assert_memory_equal(header(0, "Content-Type"), "multipart/mixed;", 16);
    assert_non_null(strstr(body(0), "Content-Type: application/3gpp-ims+xml\r\n\r\n"));
    assert_non_null(strstr(body(0), "Content-Type: message/sip\r\n\r\nREGISTER " SERVER));
    assert_non_null(strstr(body(0), "\r\nX-Phone: yes\r\n"));
    assert_non_null(strstr(body(0), "Content-Type: message/sip\r\n\r\nSIP/2.0 200 OK\r\n"));
    assert_non_null(strstr(body(0), "\r\nService-Route: "));
    assert_null(strstr(body(0), "Authorization"));
    assert_null(strstr(body(0), "ck="));
    assert_null(strstr(body(0), "ik="));
    taken(*state, 200);
}

static void TPR_03_the_request_alone_is_no_multipart(void **state)
{
    registers(*state, USER(IFC("0", "", AS, "<Extension><IncludeRegisterRequest/></Extension>")),
              (struct ue){0});
    assert_string_equal(header(0, "Content-Type"), "message/sip");
    assert_memory_equal(body(0), "REGISTER ", 9);
    taken(*state, 200);
}

static void TPR_04_with_SESSION_CONTINUED_a_failing_server_changes_nothing(void **state)
{
    struct world *w = *state;

    registers(w, USER(IFC("0", "", AS, "<DefaultHandling>0</DefaultHandling>")), (struct ue){0});
    taken(w, 500);
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
    expect_quiet();
    assert_int_equal(fake_sip_waiting(), 0);
}

static void TPR_05_with_SESSION_TERMINATED_it_ends_an_initial_registration(void **state)
{
    struct world *w = *state;
    const char *profile = USER(IFC("0", "", AS, "<DefaultHandling>1</DefaultHandling>"));

    registers(w, profile, (struct ue){0});
    subscribes(w, (struct subscriber){0});
    notified();
    fake_sip_answer(1, 200, NULL);
    fake_sip_answer(0, 403, NULL);
    fake_clock_forward_ms(w->loop, 0);
    expect_sar(CX_SAT_ADMINISTRATIVE_DEREGISTRATION, IMPI, IMPU);
    hss_accepts(w);
    assert_null(registrar_find(&w->scscf.registrar, IMPU));
    assert_int_equal(fake_sip_sent_count(), 4); /* NOTIFY, and Expires: 0 to the server */
    for (size_t i = 2; i < 4; i++) {
        if (strncmp(fake_sip_sent(i)->text, "NOTIFY", 6) == 0)
            assert_string_equal(header(i, "Subscription-State"),
                                "terminated;reason=probation;retry-after=60");
        else
            assert_string_equal(header(i, "Expires"), "0");
        fake_sip_answer(i, 200, NULL);
    }
}

static void TPR_05_but_not_one_that_is_only_renewed(void **state)
{
    struct world *w = *state;

    registers(w, USER(IFC("0", "", AS, "<DefaultHandling>1</DefaultHandling>")), (struct ue){0});
    taken(w, 200);
    ue_authenticates(w, (struct ue){.cseq = 30});
    hss_accepts(w);
    fake_clock_forward_ms(w->loop, 33000); /* nobody answers */
    assert_non_null(registrar_find(&w->scscf.registrar, IMPU));
    expect_quiet();
}

static void TPR_06_at_the_end_the_server_hears_of_it_whoever_ended_it(void **state)
{
    struct world *w = *state;
    struct change_cause cause = {.call = "1"};
    struct registration *reg;
    struct binding *ended;

    /* the terminal */
    registers(w, USER(IFC("0", ON("REGISTER", ""), AS, "")), (struct ue){0});
    taken(w, 200);
    ue_authenticates(w, (struct ue){.cseq = 30, .expires = "0"});
    hss_accepts(w);
    assert_string_equal(header(last(), "Expires"), "0");
    taken(w, 200);
    /* time */
    registers(w, USER(IFC("0", ON("REGISTER", ""), AS, "")),
              (struct ue){.cseq = 40, .expires = "600"});
    taken(w, 200);
    forward_s(w, 601);
    hss_accepts(w);
    assert_int_equal(fake_sip_sent_count(), 4);
    assert_string_equal(header(last(), "Expires"), "0");
    taken(w, 200);
    /* the network */
    registers(w, USER(IFC("0", ON("REGISTER", ""), AS, "")), (struct ue){.cseq = 50});
    taken(w, 200);
    reg = registrar_find(&w->scscf.registrar, IMPU);
    ended = reg->bindings;
    ended->event = CHANGE_REJECTED;
    reg->bindings = NULL;
    changed(&w->scscf, reg, ended, CHANGE_REJECTED, &cause);
    binding_list_free(ended);
    expiry_arm(&w->scscf, reg);
    fake_clock_forward_ms(w->loop, 0);
    assert_int_equal(fake_sip_sent_count(), 6);
    assert_string_equal(header(last(), "Expires"), "0");
    taken(w, 200);
}

static void TPR_06_not_while_another_contact_is_still_registered(void **state)
{
    struct world *w = *state;

    registers(w, USER(IFC("0", ON("REGISTER", ""), AS, "")),
              (struct ue){.contact = "<sip:a@10.45.0.2>;+sip.instance=\"<a>\""});
    taken(w, 200);
    ue_authenticates(w, (struct ue){.contact = "<sip:b@10.45.0.9>;+sip.instance=\"<b>\"",
                                    .call_id = "reg2",
                                    .cseq = 30});
    hss_accepts(w);
    taken(w, 200);
    ue_authenticates(
        w,
        (struct ue){.contact = "<sip:b@10.45.0.9>", .call_id = "reg2", .cseq = 40, .expires = "0"});
    hss_accepts(w);
    expect_answer(200);
    assert_int_equal(fake_sip_sent_count(), 2);
}

static void TPR_07_one_for_a_set_and_server_in_the_order_of_priority(void **state)
{
    registers(*state,
              USER(IFC("5", ON("REGISTER", ""), AS, "") IFC("7", "", AS, "")
                       IFC("1", "", "sip:as2.hims.net", "") IFC("2", ON("INVITE", ""), AS, "")),
              (struct ue){0});
    assert_int_equal(fake_sip_sent_count(), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(header(i, "To"),
                            "<" IMPU ">"); /* the first SIP one that is not barred */
        fake_sip_answer(i, 200, NULL);
    }
    assert_non_null(strstr(fake_sip_sent(0)->text, "REGISTER sip:as2.hims.net SIP/2.0"));
}

static void a_registration_type_and_a_header_decide_whether_it_is_told(void **state)
{
    registers(
        *state,
        USER(IFC("0",
                 ON("REGISTER", "<Extension><RegistrationType>1</RegistrationType></Extension>"),
                 AS, "")),
        (struct ue){0});
    assert_int_equal(fake_sip_sent_count(), 0);
    ue_authenticates(*state, (struct ue){.cseq = 30});
    hss_accepts(*state);
    assert_int_equal(fake_sip_sent_count(), 1);
    taken(*state, 200);
}

static void EVT_03_a_server_of_the_criteria_may_watch(void **state)
{
    registers(*state, USER(IFC("0", ON("INVITE", ""), AS, "")), (struct ue){0});
    subscribes(*state, (struct subscriber){.who = "sip:as.hims.net:5070"});
    expect_answer(200);
    taken(*state, 200);
    subscribes(*state, (struct subscriber){.who = "sip:as2.hims.net", .call_id = "2"});
    expect_answer(403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        watch_test(the_server_hears_of_registration_and_renewal),
        watch_test(TPR_02_service_info_is_the_body_with_the_exact_string),
        watch_test(TPR_03_request_and_response_go_along_without_secrets),
        watch_test(TPR_03_the_request_alone_is_no_multipart),
        watch_test(TPR_04_with_SESSION_CONTINUED_a_failing_server_changes_nothing),
        watch_test(TPR_05_with_SESSION_TERMINATED_it_ends_an_initial_registration),
        watch_test(TPR_05_but_not_one_that_is_only_renewed),
        watch_test(TPR_06_at_the_end_the_server_hears_of_it_whoever_ended_it),
        watch_test(TPR_06_not_while_another_contact_is_still_registered),
        watch_test(TPR_07_one_for_a_set_and_server_in_the_order_of_priority),
        watch_test(a_registration_type_and_a_header_decide_whether_it_is_told),
        watch_test(EVT_03_a_server_of_the_criteria_may_watch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
