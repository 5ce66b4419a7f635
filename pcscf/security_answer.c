/* SPDX-License-Identifier: Apache-2.0 */
/* What the core answers to a REGISTER, seen by its security: a challenge makes a temporary set of
 * SAs (TS 33.203 7.2 SM4 to SM6), a 2xx establishes it (SM12), all else ends it. The keys of the
 * challenge are taken here, before mark_answer takes them out of the message. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "pcscf.h"
#include "security_inner.h"
#include "xalloc.h"

/* ---- SM6 ---- */

/* 32 hexadecimal digits of a challenge's parameter; -EINVAL. */
static int read_key(const msg_auth_t *challenge, const char *name, uint8_t octets[16])
{
    static const char digits[] = "0123456789abcdef";
    char text[64];
    int rc = sip_auth_param(challenge, name, text, sizeof text) && strlen(text) == 32 ? 0 : -EINVAL;

    for (size_t i = 0; rc == 0 && i < 32; i++) {
        const char *at = strchr(digits, text[i] | 0x20);

        if (!at)
            rc = -EINVAL;
        else
            octets[i / 2] = octets[i / 2] << 4 | (at - digits);
    }
    wipe(text, sizeof text);
    return rc;
}

static const msg_auth_t *aka_challenge(const sip_t *answer)
{
    char algorithm[32];

    for (const msg_auth_t *w = answer->sip_www_authenticate; w; w = w->au_next)
        if (sip_auth_param(w, "algorithm", algorithm, sizeof algorithm) &&
            strncasecmp(algorithm, "AKAv", 4) == 0)
            return w;
    return NULL;
}

static struct sa *make_set(struct pcscf *pcscf, const struct agreement *a,
                           const msg_auth_t *challenge, struct security_refusal *refusal)
{
    struct sa_ask ask = security_ask(pcscf, a);
    uint8_t ck[16], ik[16];
    struct sa *sa = NULL;
    struct why why;

    if (read_key(challenge, "ck", ck) < 0 || read_key(challenge, "ik", ik) < 0) {
        security_refuse(refusal, 500, "Server Internal Error",
                        "the challenge of the S-CSCF has no keys for the security association");
    } else if (a->over && !ask.over) {
        security_refuse(refusal, 500, "Server Internal Error",
                        "the security association of this REGISTER is gone");
    } else {
        sa = sa_challenge(pcscf->security.sas, &ask, a->chosen.pair, ck, ik, &why);
        if (!sa)
            security_refuse(refusal, 500, "Server Internal Error", "no security association: %s",
                            why.text);
    }
    wipe(ck, sizeof ck);
    wipe(ik, sizeof ik);
    return sa;
}

static void offer(struct pcscf *pcscf, const struct agreement *a, struct sa *sa, char *line)
{
    const struct sa_set *set = &sa->set;
    struct sec_mechanism end = {.mode = set->mode,
                                .spi_c = set->spi_pc,
                                .spi_s = set->spi_ps,
                                .port_c = set->port_pc,
                                .port_s = set->port_ps};
    char number[24];

    security_write_server(&pcscf->security, &end, line);
    sa_remember(pcscf->security.sas, sa, a->client, strchr(line, ' ') + 1);
    log_arrow(a->call, "==", NULL, "security-server", "selected", sec_pair_name(a->chosen.pair),
              "mechanisms", log_number((long long)pcscf->security.pair_count, number), "sent",
              a->is_protected ? "protected" : "unprotected", NULL);
}

bool security_challenge(struct pcscf *pcscf, struct agreement *a, const sip_t *answer, char *line,
                        struct security_refusal *refusal)
{
    const msg_auth_t *challenge = aka_challenge(answer);
    struct sa *sa;

    memset(refusal, 0, sizeof *refusal);
    *line = 0;
    if (a->is_answer) { /* its own SPIs and ports are those of the set that failed */
        security_refuse(refusal, 403, "Forbidden", "the answer to the challenge was wrong");
        security_fail(pcscf, a, "challenged again");
        return false;
    }
    if (!a->wants || (!challenge && pcscf->security.mode != IPSEC_REQUIRED))
        return true; /* SIP Digest has no keys for a set */
    if (!challenge) {
        security_refuse(refusal, 500, "Server Internal Error", "the S-CSCF challenges without AKA");
        return false;
    }
    sa = make_set(pcscf, a, challenge, refusal);
    if (sa)
        offer(pcscf, a, sa, line);
    return sa != NULL;
}

/* ---- SM12 and the other ends ---- */

void security_succeed(struct pcscf *pcscf, const struct agreement *a, uint32_t expires_s,
                      bool is_left)
{
    struct sa *sa = a->over ? sa_by_id(pcscf->security.sas, a->over) : NULL;

    if (sa)
        sa_succeed(pcscf->security.sas, sa, expires_s);
    if (!is_left && pcscf->security.sas)
        sa_retire(pcscf->security.sas, a->impi, "de-registered");
}

uint16_t security_port_us(const struct pcscf *pcscf, const struct agreement *a)
{
    const struct sa *sa = a->over ? sa_by_id(pcscf->security.sas, a->over) : NULL;

    return sa ? sa->set.port_us : 0;
}

void security_fail(struct pcscf *pcscf, const struct agreement *a, const char *why)
{
    struct sa *sa = a->is_answer ? sa_by_id(pcscf->security.sas, a->over) : NULL;

    if (sa)
        sa_fail(pcscf->security.sas, sa, why);
}

struct sa *security_sender(struct pcscf *pcscf, struct sip_request *request)
{
    struct addr source = sip_request_source(request), local = sip_request_local(request);
    struct sa *sa = sa_find(pcscf->security.sas, &source, &local);

    return sa && sa->state != SA_TEMPORARY && !sa->retired ? sa : NULL;
}
