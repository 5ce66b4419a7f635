/* SPDX-License-Identifier: Apache-2.0 */
#include "mark.h"

#include <sofia-sip/msg_header.h>
#include <stdio.h>

#include "xalloc.h"

/* Headers that a terminal has no say in (TS 24.229 4.4.2 and the table of RFC 7315 5): the network
 * writes them, and what is inside the trust domain believes them. */
static const char *const not_from_a_terminal[] = {
    "Route",        /* ours or not: a REGISTER follows its Request-URI */
    "Record-Route", /* has no meaning in a REGISTER */
    "Path",
    "Service-Route",
    "Security-Client",
    "Security-Verify",
    "Security-Server",
    "P-Asserted-Identity",
    "P-Asserted-Service",
    "P-Associated-URI",
    "P-Called-Party-ID",
    "P-Charge-Info", /* RFC 8496 */
    "P-Charging-Function-Addresses",
    "P-Charging-Vector",
    "P-Private-Network-Indication",
    "P-Profile-Key",
    "P-Served-User",
    "P-User-Database",
    "P-Visited-Network-ID",
    "Feature-Caps",
    "Relayed-Charge",
    "Resource-Share",
    "Restoration-Info",
    "Service-Interact-Info",
};

static const char *const not_for_a_terminal[] = {
    "P-Charging-Vector", "P-Charging-Function-Addresses", "P-Charging-Info",
    "Security-Server", /* only the P-CSCF itself may offer one */
};

bool mark_offers_security(const sip_t *sip)
{
    return sip->sip_security_client || sip_is_unreadable(sip, "Security-Client");
}

/* A terminal may say where it is, but not that the network says so (TS 24.229 5.2.1). */
static void remove_forged_location(msg_t *m)
{
    char said[1024];
    const sip_t *sip = sip_object(m);

    if (!sip_text(sip, "P-Access-Network-Info", said, sizeof said))
        return;
    if (!sip_list(sip, "P-Access-Network-Info", said, sizeof said) ||
        strcasestr(said, "network-provided"))
        sip_remove(m, "P-Access-Network-Info");
}

void mark_register(msg_t *m, const struct mark *mark, struct charging *charging,
                   const char *integrity)
{
    char line[CHARGING_VECTOR];

    for (size_t i = 0; i < COUNT(not_from_a_terminal); i++)
        sip_remove(m, not_from_a_terminal[i]);
    sip_remove_token(m, "Require", "sec-agree");
    sip_remove_token(m, "Proxy-Require", "sec-agree");
    remove_forged_location(m);
    sip_set_auth_param(m, "integrity-protected", integrity);
    sip_drop_auth_param(m, sip_object(m)->sip_proxy_authorization, "integrity-protected");
    snprintf(line, sizeof line, "Path: <sip:term@%s:%u;lr>", mark->host, mark->port);
    sip_add(m, line);
    sip_remove_token(m, "Require", "path");
    sip_add(m, "Require: path");
    snprintf(line, sizeof line, "P-Visited-Network-ID: \"%s\"", mark->visited);
    sip_add(m, line);
    sip_add(m, charging_vector(charging, mark->host, mark->network, line));
}

void mark_request(msg_t *m, const struct mark *mark, struct charging *charging,
                  const char *asserted)
{
    char line[CHARGING_VECTOR], identity[512];

    for (size_t i = 0; i < COUNT(not_from_a_terminal); i++)
        sip_remove(m, not_from_a_terminal[i]);
    sip_remove(m, "P-Preferred-Identity");
    sip_remove_token(m, "Require", "sec-agree");
    sip_remove_token(m, "Proxy-Require", "sec-agree");
    remove_forged_location(m);
    sip_set_auth_param(m, "integrity-protected", NULL);
    snprintf(identity, sizeof identity, "P-Asserted-Identity: <%s>", asserted);
    sip_add(m, identity);
    sip_add(m, charging_vector(charging, mark->host, mark->network, line));
}

void mark_answer(void *unused, msg_t *answer)
{
    sip_t *sip = sip_object(answer);

    (void)unused;
    for (size_t i = 0; i < COUNT(not_for_a_terminal); i++)
        sip_remove(answer, not_for_a_terminal[i]);
    if (sip_is_unreadable(sip, "WWW-Authenticate")) /* keys may stand in what we cannot read */
        sip_remove(answer, "WWW-Authenticate");
    if (sip_is_unreadable(sip, "Proxy-Authenticate"))
        sip_remove(answer, "Proxy-Authenticate");
    sip_drop_auth_param(answer, sip->sip_www_authenticate, "ck");
    sip_drop_auth_param(answer, sip->sip_www_authenticate, "ik");
    sip_drop_auth_param(answer, sip->sip_proxy_authenticate, "ck");
    sip_drop_auth_param(answer, sip->sip_proxy_authenticate, "ik");
}
