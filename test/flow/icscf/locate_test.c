/* SPDX-License-Identifier: Apache-2.0 */
/* A SUBSCRIBE for a user: the I-CSCF asks the HSS who serves it. */
#include "world.h"

#define SUBSCRIBE(uri)                                                                             \
    "SUBSCRIBE " uri " SIP/2.0\r\nVia: SIP/2.0/UDP pcscf1.vims.net;branch=z9hG4bKs\r\n"            \
    "Max-Forwards: 70\r\nFrom: <sip:pcscf1.vims.net>;tag=p\r\nTo: <" uri ">\r\nCall-ID: s\r\n"     \
    "CSeq: 1 SUBSCRIBE\r\nContact: <sip:reg@pcscf1.vims.net>\r\nEvent: reg\r\n\r\n"

#define IMPU "sip:name@hims.net"

static struct world *asked(const char *text)
{
    struct world *w = world();

    fake_sip_request(text, PCSCF);
    turn(w);
    return w;
}

static void hss_says(struct world *w, int result, const char *name)
{
    struct cx_lia lia = {.result = result};

    snprintf(lia.server_name, sizeof lia.server_name, "%s", name);
    fake_cx_answer_lia(&lia);
    turn(w);
}

static int last_status(void)
{
    return fake_sip_reply(fake_sip_reply_count() - 1)->status;
}

static void the_scscf_of_the_user_gets_it_by_a_route(void **state)
{
    struct world *w = asked(SUBSCRIBE(IMPU));
    const struct fake_sip_sent *sent;
    char route[128];

    (void)state;
    assert_string_equal(fake_cx_lir()->impu, IMPU);
    assert_int_equal(fake_cx_lir()->type, -1);
    hss_says(w, CX_SUCCESS, NAME1);
    sent = fake_sip_sent(0);
    assert_string_equal(sent->to.host, "scscf1.hims.net");
    assert_non_null(strstr(sent->text, "SUBSCRIBE " IMPU " SIP/2.0\r\n"));
    assert_string_equal(sip_text(sent->sip, "Route", route, sizeof route), "<" NAME1 ";lr>");
    assert_non_null(strstr(sent->text, "Max-Forwards: 69\r\n"));
    assert_null(strstr(sent->text, "Record-Route"));
    fake_sip_answer(0, 200, "Expires: 600\r\n");
    assert_int_equal(last_status(), 200);
    end(w);
}

static void who_is_unknown_or_not_served_is_refused(void **state)
{
    static const struct {
        int result, status;
    } rows[] = {
        {CX_USER_UNKNOWN,            404},
        {CX_IDENTITY_NOT_REGISTERED, 480},
        {CX_UNABLE_TO_COMPLY,        480},
        {CX_UNREGISTERED_SERVICE,    480}
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world *w = asked(SUBSCRIBE(IMPU));

        hss_says(w, rows[i].result, "");
        assert_int_equal(last_status(), rows[i].status);
        end(w);
    }
}

static void a_silent_hss_and_a_silent_scscf_are_told_apart(void **state)
{
    struct world *w = asked(SUBSCRIBE(IMPU));

    (void)state;
    fake_cx_fail(-ETIMEDOUT);
    turn(w);
    assert_int_equal(last_status(), 480);
    fake_sip_request(SUBSCRIBE(IMPU), PCSCF);
    hss_says(w, CX_SUCCESS, NAME1);
    fake_clock_forward_ms(w->icscf.loop, 31000);
    assert_int_equal(last_status(), 504);
    end(w);
}

static void a_stranger_and_an_urn_get_nothing(void **state)
{
    struct world *w = world();

    (void)state;
    fake_sip_request(SUBSCRIBE(IMPU), STRANGER);
    assert_int_equal(last_status(), 403);
    fake_sip_request(SUBSCRIBE("urn:service:sos"), PCSCF);
    assert_int_equal(last_status(), 404);
    end(w);
}

static void at_the_end_everybody_is_answered(void **state)
{
    struct world *w = asked(SUBSCRIBE(IMPU));

    (void)state;
    hss_says(w, CX_SUCCESS, NAME1);
    fake_sip_request(SUBSCRIBE(IMPU), PCSCF);
    icscf_close(&w->icscf);
    assert_int_equal(fake_sip_reply_count(), 2);
    assert_int_equal(last_status(), 503);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scscf_of_the_user_gets_it_by_a_route),
        cmocka_unit_test(who_is_unknown_or_not_served_is_refused),
        cmocka_unit_test(a_silent_hss_and_a_silent_scscf_are_told_apart),
        cmocka_unit_test(a_stranger_and_an_urn_get_nothing),
        cmocka_unit_test(at_the_end_everybody_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
