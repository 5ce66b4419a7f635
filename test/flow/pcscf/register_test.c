/* SPDX-License-Identifier: Apache-2.0 */
/* A REGISTER that goes through: what it loses and gains, and what is remembered of it. */
#include "world.h"

/* What a terminal would like the network to believe. */
static const char hostile_register[] =
    "REGISTER sip:hims.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 10.45.0.2:5060;branch=z9hG4bKabab\r\n"
    "Route: <sip:pcscf1.vims.net:5060;lr>, <sip:scscf1.hims.net;lr>\r\n"
    "Path: <sip:evil@192.0.2.66;lr>\r\n"
    "Service-Route: <sip:evil@192.0.2.66;lr>\r\n"
    "Record-Route: <sip:evil@192.0.2.66;lr>\r\n"
    "P-Visited-Network-ID: \"evil.net\"\r\n"
    "P-Charging-Vector: icid-value=evil;orig-ioi=evil.net\r\n"
    "P-Charging-Function-Addresses: ccf=evil\r\n"
    "P-Asserted-Identity: <sip:evil@hims.net>\r\n"
    "P-Associated-URI: <sip:evil@hims.net>\r\n"
    "P-Served-User: <sip:evil@hims.net>\r\n"
    "P-Charge-Info: <sip:evil@hims.net>\r\n"
    "P-Access-Network-Info: 3GPP-UTRAN-TDD; utran-cell-id-3gpp=C1\r\n"
    "P-Access-Network-Info: 3GPP-GERAN; cgi-3gpp=evil; Network-Provided\r\n"
    "Proxy-Authorization: Digest username=\"x\", realm=\"y\", integrity-protected=\"yes\"\r\n"
    "From: <sip:name@hims.net>;tag=abbb\r\n"
    "To: <sip:name@hims.net>\r\n"
    "Contact: <sip:10.45.0.2:5060>;expires=90000\r\n"
    "Call-ID: ababab\r\n"
    "CSeq: 25 REGISTER\r\n"
    "Authorization: Digest username=\"name.private@hims.net\", realm=\"hims.net\", nonce=\"\", "
    "uri=\"sip:hims.net\", response=\"\", integrity-protected=\"yes\"\r\n"
    "Authorization: Digest username=\"x\", realm=\"y\", nonce=\"\", uri=\"sip:hims.net\", "
    "response=\"\", Integrity-Protected = yes\r\n"
    "Content-Length: 0\r\n\r\n";

static void REG_02_the_register_is_marked_for_the_home_network(void **state)
{
    const sip_t *sip;

    (void)state;
    ue_sends(seed_register);
    assert_int_equal(fake_sip_sent_count(), 1);
    sip = fake_sip_sent(0)->sip;
    assert_int_equal(fake_sip_sent(0)->to.transport, SIP_UDP);
    assert_string_equal(header(sip, "Path"), "<sip:term@pcscf1.vims.net:5060;lr>");
    assert_string_equal(header(sip, "Require"), "path");
    assert_string_equal(header(sip, "P-Visited-Network-ID"), "\"vims.net\"");
    assert_true(sent_has(0, "\r\nP-Charging-Vector: icid-value=\""));
    assert_true(sent_has(0, ";orig-ioi=vims.net\r\n"));
    assert_string_equal(header(sip, "Security-Client"), "none");
    assert_string_equal(header(sip, "Proxy-Require"), "none");
    assert_string_equal(header(sip, "Route"), "none");
    assert_string_equal(header(sip, "Max-Forwards"), "19");
    assert_false(sent_has(0, "sec-agree"));
    assert_true(sent_has(0, "integrity-protected=\"no\""));
    assert_true(sent_has(0, "REGISTER sip:hims.net SIP/2.0\r\n"));
    assert_true(sent_has(0, "\r\nX-Unknown: is passed on\r\n"));
    assert_string_equal(header(sip, "CSeq"), "25 REGISTER");
    assert_string_equal(header(sip, "Contact"), "<sip:10.45.0.2:5060>;expires=90000");
    fake_sip_answer(0, 200, accepted);
}

static void REG_02_every_register_has_a_new_icid(void **state)
{
    char first[256];

    (void)state;
    ue_sends(seed_register);
    strcpy(first, header(fake_sip_sent(0)->sip, "P-Charging-Vector"));
    fake_sip_answer(0, 401, challenge);
    ue_sends(seed_register);
    assert_string_not_equal(first, header(fake_sip_sent(1)->sip, "P-Charging-Vector"));
    fake_sip_answer(1, 401, challenge);
}

static void REGE_33_integrity_protected_of_a_terminal_becomes_no(void **state)
{
    (void)state;
    ue_sends(with(seed_register, "response=\"\"", "response=\"\", integrity-protected=\"yes\""));
    assert_true(sent_has(0, "integrity-protected=\"no\""));
    assert_false(sent_has(0, "integrity-protected=\"yes\""));
    fake_sip_answer(0, 401, challenge);
    assert_int_equal(fake_sip_reply(0)->status, 401);
}

static void TRU_12_13_what_only_the_network_may_say_is_taken_out(void **state)
{
    (void)state;
    ue_sends(hostile_register);
    assert_false(sent_has(0, "evil"));
    assert_false(sent_has(0, "ntegrity-"));
    assert_string_equal(header(fake_sip_sent(0)->sip, "Path"),
                        "<sip:term@pcscf1.vims.net:5060;lr>");
    assert_string_equal(header(fake_sip_sent(0)->sip, "P-Visited-Network-ID"), "\"vims.net\"");
    assert_string_equal(header(fake_sip_sent(0)->sip, "Route"), "none");
    fake_sip_answer(0, 403, NULL);
}

static void TRU_12_a_core_address_is_trusted_no_more_than_a_terminal(void **state)
{
    (void)state;
    fake_sip_request(hostile_register, "10.60.4.20:5060");
    now();
    assert_false(sent_has(0, "evil"));
    assert_false(sent_has(0, "ntegrity-"));
    fake_sip_answer(0, 403, NULL);
}

static void TRU_16_keys_and_charging_never_reach_the_terminal(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 401, challenge);
    assert_int_equal(fake_sip_reply(0)->status, 401);
    assert_false(reply_has(0, "ck="));
    assert_false(reply_has(0, "ik="));
    assert_false(reply_has(0, "0011223344"));
    assert_false(reply_has(0, "ffeeddccbb"));
    assert_false(reply_has(0, "P-Charging"));
    assert_true(reply_has(0, "nonce=\"bm9uY2U=\""));
    assert_true(reply_has(0, "algorithm=AKAv1-MD5"));
    ue_sends(seed_register);
    fake_sip_answer(1, 200, accepted);
    assert_false(reply_has(1, "P-Charging"));
    assert_true(reply_has(1, "P-Associated-URI: <sip:name@hims.net>, <tel:+15550001>"));
    assert_true(reply_has(1, "Service-Route: <sip:orig@scscf1.hims.net;lr>"));
}

static void the_answer_has_the_terminals_via_alone(void **state)
{
    (void)state;
    ue_sends(seed_register);
    assert_true(sent_has(0, "z9hG4bKfake0"));
    fake_sip_answer(0, 401, challenge);
    assert_false(reply_has(0, "z9hG4bKfake"));
    assert_true(reply_has(0, "\r\nVia: SIP/2.0/UDP 10.45.0.2:5060;branch=z9hG4bKabab\r\n"));
}

static void with_ipsec_off_no_security_server_reaches_the_terminal(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 401, "Security-Server: ipsec-3gpp;spi-c=1;spi-s=2;port-c=3;port-s=4\r\n");
    assert_false(reply_has(0, "Security-Server"));
}

static void sec_agree_without_a_security_client_is_tolerated_and_says_nothing_of_integrity(
    void **state)
{
    (void)state;
    ue_sends(with(seed_register,
                  "Security-Client: "
                  "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=11;spi-s=12;port-c=40001;port-s=40002\r\n",
                  ""));
    assert_false(sent_has(0, "sec-agree"));
    assert_false(sent_has(0, "ntegrity-"));
    fake_sip_answer(0, 401, challenge);
}

static void a_200_is_remembered_with_service_route_and_identities_until_it_expires(void **state)
{
    (void)state;
    ue_sends(seed_register);
    assert_null(registered());
    fake_sip_answer(0, 200, accepted);
    assert_non_null(registered());
    assert_string_equal(registered()->impu, "sip:name@hims.net");
    assert_string_equal(registered()->impi, "name.private@hims.net");
    assert_string_equal(registered()->uri, "sip:10.45.0.2:5060");
    assert_string_equal(registered()->service_route, "<sip:orig@scscf1.hims.net;lr>");
    assert_string_equal(registered()->associated, "<sip:name@hims.net>, <tel:+15550001>");
    fake_clock_forward_ms(pcscf.loop, 599000);
    assert_non_null(registered());
    fake_clock_forward_ms(pcscf.loop, 1000);
    assert_null(registered());
}

static void without_expires_of_the_contact_the_header_of_the_answer_counts(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, "Contact: <sip:10.45.0.2:5060>\r\nExpires: 60\r\n");
    fake_clock_forward_ms(pcscf.loop, 59000);
    assert_non_null(registered());
    fake_clock_forward_ms(pcscf.loop, 1000);
    assert_null(registered());
}

static void a_200_without_the_contact_is_a_deregistration(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(with(seed_register, "expires=90000", "expires=0"));
    fake_sip_answer(1, 200, NULL);
    assert_null(registered());
}

static void a_star_removes_every_contact(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(with(seed_register, "Contact: <sip:10.45.0.2:5060>;expires=90000",
                  "Contact: *\r\nExpires: 0"));
    fake_sip_answer(1, 200, NULL);
    assert_null(registered());
}

static void a_query_without_contact_changes_nothing(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(with(seed_register, "Contact: <sip:10.45.0.2:5060>;expires=90000\r\n", ""));
    fake_sip_answer(1, 200, accepted);
    assert_non_null(registered());
}

static void a_refusal_leaves_what_is_registered(void **state)
{
    (void)state;
    ue_sends(seed_register);
    fake_sip_answer(0, 200, accepted);
    ue_sends(seed_register);
    fake_sip_answer(1, 403, "Warning: 399 scscf1 \"no\"\r\n");
    assert_int_equal(fake_sip_reply(1)->status, 403);
    assert_true(reply_has(1, "399 scscf1"));
    assert_non_null(registered());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(REG_02_the_register_is_marked_for_the_home_network),
        T(REG_02_every_register_has_a_new_icid),
        T(REGE_33_integrity_protected_of_a_terminal_becomes_no),
        T(TRU_12_13_what_only_the_network_may_say_is_taken_out),
        T(TRU_12_a_core_address_is_trusted_no_more_than_a_terminal),
        T(TRU_16_keys_and_charging_never_reach_the_terminal),
        T(the_answer_has_the_terminals_via_alone),
        T(with_ipsec_off_no_security_server_reaches_the_terminal),
        T(sec_agree_without_a_security_client_is_tolerated_and_says_nothing_of_integrity),
        T(a_200_is_remembered_with_service_route_and_identities_until_it_expires),
        T(without_expires_of_the_contact_the_header_of_the_answer_counts),
        T(a_200_without_the_contact_is_a_deregistration),
        T(a_star_removes_every_contact),
        T(a_query_without_contact_changes_nothing),
        T(a_refusal_leaves_what_is_registered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
