/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a 401 (TS 24.229 5.1.1.5, RFC 3310). The card checks that the network is the
 * network: RES when it is, AUTS when its sequence number is out of range, nothing when its MAC does
 * not verify. A terminal answers two consecutive invalid challenges, and then stops
 * (TS 24.229 5.1.1.5.3). */
#include <errno.h>
#include <string.h>

#include "digest_aka.h"
#include "register.h"
#include "xalloc.h"

enum { BAD_CHALLENGES = 2, CHALLENGES = 5 };

static void answer_with_res(struct ue *ue, const struct sim_answer *answer);
static void answer_with_auts(struct ue *ue, const struct sim_answer *answer);
static void answer_with_nothing(struct ue *ue);

static void say_unprotected(struct ue *ue)
{
    const struct registration *r = &ue->reg;

    if (r->state != REG_ASKED)
        return;
    log_arrow(r->call, "==", NULL, "IPsec: not in this version, REGISTER is unprotected",
              "security_server", r->challenge.security_server ? "offered" : NULL, NULL);
}

void register_answer_challenge(struct ue *ue, const struct register_input *in)
{
    struct registration *r = &ue->reg;
    struct sim_answer answer;
    struct why why;

    if (challenge_read(&r->challenge, in->sip, &why) < 0) {
        register_give_up(ue, -EPROTO, "%s", why.text);
        return;
    }
    if (++r->challenges > CHALLENGES) {
        register_give_up(ue, -EACCES,
                         "the network goes on challenging, %u times now, and does not take the "
                         "answers - the log of the S-CSCF has the reason",
                         r->challenges);
        return;
    }
    if (sim_answer(&ue->sim, r->challenge.rand, r->challenge.autn, &answer, &why) < 0) {
        register_give_up(ue, -EIO, "%s", why.text);
        return;
    }
    log_arrow(r->call, "==", NULL, "check AUTN", "result", sim_verdict_text(answer.verdict), NULL);
    if (answer.verdict == AKA_FINE)
        answer_with_res(ue, &answer);
    else if (answer.verdict == AKA_OUT_OF_RANGE)
        answer_with_auts(ue, &answer);
    else
        answer_with_nothing(ue);
    wipe(&answer, sizeof answer);
}

/* auts and password: what the card gave. NULL password: no response at all. */
static void send_answer(struct ue *ue, const void *password, size_t password_len, const char *auts)
{
    struct registration *r = &ue->reg;
    const struct challenge *c = &r->challenge;
    char cnonce[17], response[DIGEST_HEX] = "", uri[CONF_HOST + 8];
    struct register_credentials auth = {
        .realm = c->realm,
        .nonce = c->nonce,
        .algorithm = "AKAv1-MD5",
        .opaque = c->has_opaque ? c->opaque : NULL,
        .response = response,
        .auts = auts,
        .cnonce = c->qop_auth && password ? cnonce : NULL,
        .nc = 1, /* a nonce is used once */
    };
    struct digest_input digest = {
        .username = ue->sim.impi,
        .realm = c->realm,
        .method = "REGISTER",
        .uri = uri,
        .nonce = c->nonce,
        .qop = c->qop_auth ? "auth" : NULL,
        .nc = "00000001",
        .cnonce = cnonce,
        .password = password,
        .password_len = password_len,
    };

    snprintf(uri, sizeof uri, "sip:%s", ue->sim.domain);
    register_random(cnonce, sizeof cnonce - 1);
    if (password)
        digest_response(&digest, response);
    if (r->state != REG_DEREGISTERING)
        r->state = REG_ANSWERED;
    register_send(ue, &auth);
}

static void answer_with_res(struct ue *ue, const struct sim_answer *answer)
{
    struct registration *r = &ue->reg;

    log_arrow(r->call, "==", NULL, "compute RES", "result", "fine", NULL);
    say_unprotected(ue);
    r->bad_challenges = 0;
    *r->complaint = 0;
    send_answer(ue, answer->res, sizeof answer->res, NULL);
}

/* RFC 3310 3.4: the password is empty then, and auts says where the card stands. */
static void answer_with_auts(struct ue *ue, const struct sim_answer *answer)
{
    struct registration *r = &ue->reg;
    char auts[21]; /* 14 octets are 20 characters */

    snprintf(r->complaint, sizeof r->complaint,
             "the network's sequence number is out of range, and telling it ours (AUTS) did not "
             "help: the authentication centre does not resynchronise, or has another K or OPc");
    if (++r->bad_challenges > BAD_CHALLENGES) {
        register_give_up(ue, -EACCES, "%s", r->complaint);
        return;
    }
    digest_base64(answer->auts, sizeof answer->auts, auts);
    send_answer(ue, "", 0, auts);
}

static void answer_with_nothing(struct ue *ue)
{
    struct registration *r = &ue->reg;

    snprintf(r->complaint, sizeof r->complaint,
             "wrong K or OPc: the network's MAC does not verify for IMSI %s, %s", ue->sim.imsi,
             ue->sim.impi);
    if (++r->bad_challenges > BAD_CHALLENGES) {
        register_give_up(ue, -EACCES, "%s", r->complaint);
        return;
    }
    send_answer(ue, NULL, 0, NULL);
}
