/* SPDX-License-Identifier: Apache-2.0 */
/* The security agreement of one REGISTER (RFC 3329 2.3; TS 33.203 7.2, 7.3.2; TS 24.229 5.2.2.2).
 *
 *   terminal                            P-CSCF                                    core
 *     |  REGISTER, Security-Client        | can a set be made? admit_plain          |
 *     |---------------------------------->|---------- integrity-protected="no" ---->|
 *     |  401, Security-Server             | security_challenge: a temporary set     |
 *     |<----------------------------------|<--------- 401 with ck, ik --------------|
 *     |  REGISTER in the set, both and    | its set, its user, the mirror:          |
 *     |  Security-Verify                  | admit_answer                            |
 *     |=================================->|---------- integrity-protected="yes" --->|
 *     |  200 in the set                   | security_succeed, security_fail         |
 *     |<-=================================|<--------- 200, 403 ---------------------|
 *     |  REGISTER in the set, new offer   | admit_again                             |
 *     |=================================->|---------- integrity-protected="yes" --->|
 *
 * What is refused: 421 and 494 who must agree and does not, 494 what is no mirror or has nothing
 * that this P-CSCF accepts, 403 who is somebody else. A terminal that was sent a Security-Server
 * answers inside the set or not at all, in every mode: else whoever takes the header away between
 * them has won. */
#include "security.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "pcscf.h"
#include "security_inner.h"
#include "xalloc.h"

/* SPIs of a list that says what there is and stands for no SA. */
enum { NO_SPI_C = 0xfffffffe, NO_SPI_S = 0xffffffff };

/* ---- refusing ---- */

void security_refuse(struct security_refusal *refusal, int status, const char *phrase,
                     const char *format, ...)
{
    va_list ap;

    refusal->status = status;
    refusal->phrase = phrase;
    va_start(ap, format);
    vsnprintf(refusal->why.text, sizeof refusal->why.text, format, ap);
    va_end(ap);
}

void security_write_server(const struct security *s, const struct sec_mechanism *end, char *line)
{
    struct sec_list list;
    char value[SEC_VALUE];

    sec_offer(&list, end, true, s->pair, s->pair_count);
    snprintf(line, SEC_VALUE + 32, "Security-Server: %s", sec_write(&list, value));
}

/* 494 or 421 (RFC 3329 2.3.1). */
static void demand(const struct pcscf *pcscf, const struct agreement *a,
                   struct security_refusal *refusal, int status)
{
    struct sec_mechanism end = {.mode = a->mode,
                                .spi_c = NO_SPI_C,
                                .spi_s = NO_SPI_S,
                                .port_c = pcscf->self->port_pc[0],
                                .port_s = pcscf->self->port_ps};
    size_t len;

    refusal->status = status;
    refusal->phrase = status == 421 ? "Extension Required" : "Security Agreement Required";
    security_write_server(&pcscf->security, &end, refusal->headers);
    len = strlen(refusal->headers);
    snprintf(refusal->headers + len, sizeof refusal->headers - len, "\r\n%s",
             status == 421 ? "Require: sec-agree\r\n" : "");
}

/* ---- what is read from the request ---- */

static bool asks_agreement(const sip_t *sip)
{
    return (sip->sip_require && sip_has_feature(sip->sip_require, "sec-agree")) ||
           (sip->sip_proxy_require && sip_has_feature(sip->sip_proxy_require, "sec-agree"));
}

static bool has_param(const sip_t *sip, const char *name)
{
    char value[1024];

    return sip_auth_param(sip_digest(sip), name, value, sizeof value) && *value;
}

static void read_identity(struct agreement *a, const sip_t *sip)
{
    char impu[CONF_URI];

    if (!sip_auth_param(sip_digest(sip), "username", a->impi, sizeof a->impi) &&
        sip_identity(sip->sip_to->a_url, impu, sizeof impu))
        snprintf(a->impi, sizeof a->impi, "%s", strchr(impu, ':') + 1);
}

/* The address that the terminal's own Via names; false: it is a name, or none. */
static bool via_address(const sip_t *sip, struct addr *a)
{
    return sip->sip_via && sip->sip_via->v_host && addr_parse(a, sip->sip_via->v_host, 0) == 0;
}

static bool is_behind_nat(const sip_t *sip, const struct addr *source)
{
    struct addr via;

    return via_address(sip, &via) && !addr_same_host(&via, source);
}

/* The Security-Client and what of it is taken. false: refused. */
static bool read_client(struct pcscf *pcscf, struct agreement *a, const sip_t *sip,
                        struct security_refusal *refusal)
{
    const struct security *s = &pcscf->security;
    const struct sec_mechanism *m;
    struct sec_list offered;
    struct why why;

    if (!sip_list(sip, "Security-Client", a->client, sizeof a->client) ||
        sip_is_unreadable(sip, "Security-Client")) {
        security_refuse(refusal, 400, "Bad Security-Client Header",
                        "the Security-Client cannot be read");
        return false;
    }
    if (sec_read(a->client, &offered, &why) < 0) {
        security_refuse(refusal, 400, "Bad Security-Client Header", "Security-Client: %s",
                        why.text);
        return false;
    }
    m = sec_select(&offered, a->mode, s->pair, s->pair_count);
    if (!m) {
        security_refuse(refusal, 0, NULL, "the Security-Client has nothing that is accepted here%s",
                        a->mode == SEC_UDP_ENC_TUN ? ", and behind a NAT it needs mod=UDP-enc-tun"
                                                   : "");
        demand(pcscf, a, refusal, 494);
        return false;
    }
    a->chosen = *m;
    a->wants = true;
    return true;
}

struct sa_ask security_ask(struct pcscf *pcscf, const struct agreement *a)
{
    return (struct sa_ask){
        .impi = a->impi,
        .call = a->call,
        .ue = a->ue,
        .pcscf = a->pcscf,
        .over = a->over ? sa_by_id(pcscf->security.sas, a->over) : NULL,
        .mode = a->mode,
        .spi_c = a->chosen.spi_c,
        .spi_s = a->chosen.spi_s,
        .port_c = a->chosen.port_c,
        .port_s = a->chosen.port_s,
    };
}

static bool can_be_made(struct pcscf *pcscf, const struct agreement *a,
                        struct security_refusal *refusal)
{
    struct sa_ask ask = security_ask(pcscf, a);
    struct why why;

    if (sa_check(pcscf->security.sas, &ask, &why) == 0)
        return true;
    security_refuse(refusal, 403, "Forbidden", "no security association: %s", why.text);
    return false;
}

/* ---- SM1, unprotected ---- */

/* The temporary set of a challenge that went to this terminal, in the call that this is part of. */
static bool waiting_for(struct pcscf *pcscf, const struct agreement *a, const sip_t *sip)
{
    const struct sa *sa = has_param(sip, "nonce") ? sa_waiting(pcscf->security.sas, a->impi) : NULL;

    return sa && strcmp(sa->call, a->call) == 0;
}

/* AUTN was wrong or too old: no response, or auts (TS 33.203 7.3.1.2, 7.3.1.3). */
static bool refuses_challenge(const sip_t *sip)
{
    return has_param(sip, "auts") || !has_param(sip, "response");
}

static bool admit_plain(struct pcscf *pcscf, struct agreement *a, const sip_t *sip,
                        struct security_refusal *refusal)
{
    bool offers = mark_offers_security(sip), waiting = waiting_for(pcscf, a, sip);

    if (waiting && !refuses_challenge(sip)) {
        security_refuse(refusal, 403, "Forbidden",
                        "the challenge came with a Security-Server: its answer "
                        "must come inside the security association");
        return false;
    }
    if (waiting)
        sa_abort(pcscf->security.sas, a->impi, "the terminal refused the challenge");
    if (offers) {
        a->integrity = "no";
        return read_client(pcscf, a, sip, refusal) && can_be_made(pcscf, a, refusal);
    }
    if (asks_agreement(sip) ||
        (sip->sip_supported && sip_has_feature(sip->sip_supported, "sec-agree") &&
         pcscf->security.mode == IPSEC_REQUIRED)) {
        security_refuse(refusal, 0, NULL, "sec-agree without a Security-Client");
        demand(pcscf, a, refusal, 494);
        return false;
    }
    if (pcscf->security.mode != IPSEC_REQUIRED)
        return true;
    security_refuse(refusal, 0, NULL,
                    "this P-CSCF requires security agreement, and no Security-Client came");
    demand(pcscf, a, refusal, 421);
    return false;
}

/* ---- SM7 and what comes later, over a set ---- */

static bool is_mirror(const sip_t *sip, const char *name, const char *sent, struct why *why)
{
    char got[SEC_VALUE];

    if (!sip_list(sip, name, got, sizeof got) || sip_is_unreadable(sip, name))
        return why_set(why, EINVAL, "it is missing or cannot be read") == 0;
    return sec_compare(sent, got, why) == 0;
}

/* A set of somebody else, or a packet that is not what its Via says (TS 33.203 7.1 rules 2, 4). */
static bool is_own(const struct agreement *a, const struct sa *sa, const sip_t *sip,
                   struct security_refusal *refusal)
{
    if (strcmp(sa->impi, a->impi) != 0)
        security_refuse(refusal, 403, "Forbidden",
                        "the security association belongs to '%s', not to '%s'", sa->impi, a->impi);
    else if (sa->set.mode == SEC_TRANS && is_behind_nat(sip, &a->ue))
        security_refuse(refusal, 403, "Forbidden",
                        "the address of the Via is not where it came from");
    else
        return true;
    return false;
}

static bool is_verified(struct pcscf *pcscf, struct agreement *a, const struct sa *sa,
                        const sip_t *sip, struct security_refusal *refusal)
{
    struct why why;

    if (!is_mirror(sip, "Security-Verify", sa->server ? sa->server : "", &why))
        security_refuse(refusal, 0, NULL, "Security-Verify is not what was sent: %s", why.text);
    else if (a->is_answer && !is_mirror(sip, "Security-Client", sa->client ? sa->client : "", &why))
        security_refuse(refusal, 0, NULL, "Security-Client is not what it was before: %s",
                        why.text);
    else
        return true;
    demand(pcscf, a, refusal, 494);
    return false;
}

static bool admit_answer(struct pcscf *pcscf, struct agreement *a, struct sa *sa, const sip_t *sip,
                         struct security_refusal *refusal)
{
    a->is_answer = true;
    if (is_own(a, sa, sip, refusal) && is_verified(pcscf, a, sa, sip, refusal))
        return true;
    sa_fail(pcscf->security.sas, sa, "refused");
    return false;
}

static bool admit_again(struct pcscf *pcscf, struct agreement *a, const struct sa *sa,
                        const sip_t *sip, struct security_refusal *refusal)
{
    if (!is_own(a, sa, sip, refusal))
        return false;
    if (sa->server && sip->sip_security_verify && !is_verified(pcscf, a, sa, sip, refusal))
        return false;
    if (waiting_for(pcscf, a, sip) && refuses_challenge(sip))
        sa_abort(pcscf->security.sas, a->impi, "the terminal refused the challenge");
    a->mode = sa->set.mode;
    return !mark_offers_security(sip) ||
           (read_client(pcscf, a, sip, refusal) && can_be_made(pcscf, a, refusal));
}

static bool admit_protected(struct pcscf *pcscf, struct sip_request *request, struct agreement *a,
                            const sip_t *sip, struct security_refusal *refusal)
{
    struct addr source = sip_request_source(request), local = sip_request_local(request);
    struct sa *sa = sa_find(pcscf->security.sas, &source, &local);

    a->is_protected = true;
    a->integrity = "yes";
    if (!sa || sa->retired) {
        security_refuse(refusal, 403, "Forbidden",
                        "no security association stands for these ports");
        return false;
    }
    a->over = sa_id(sa);
    if (sa->state == SA_TEMPORARY)
        return admit_answer(pcscf, a, sa, sip, refusal);
    return admit_again(pcscf, a, sa, sip, refusal);
}

bool security_admit(struct pcscf *pcscf, struct sip_request *request, struct agreement *a,
                    struct security_refusal *refusal)
{
    const sip_t *sip = sip_request_sip(request);
    struct addr source = sip_request_source(request), local = sip_request_local(request);

    memset(a, 0, sizeof *a);
    memset(refusal, 0, sizeof *refusal);
    a->ue = addr_with_port(source, 0);
    a->pcscf = addr_with_port(local, 0);
    snprintf(a->call, sizeof a->call, "%s", sip_request_call(request));
    read_identity(a, sip);
    if (pcscf->security.mode == IPSEC_OFF) {
        a->integrity = mark_offers_security(sip) ? "no" : NULL;
        if (a->integrity || asks_agreement(sip))
            log_arrow(a->call, "==", NULL, "sec-agree", "ipsec", "off", "security_client",
                      a->integrity ? "present" : "absent", "security_server", "none", NULL);
        return true;
    }
    if (addr_port(&local) != pcscf->self->port)
        return admit_protected(pcscf, request, a, sip, refusal);
    a->mode = is_behind_nat(sip, &source) ? SEC_UDP_ENC_TUN : SEC_TRANS;
    return admit_plain(pcscf, a, sip, refusal);
}
