/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a 401 (TS 24.229 5.1.1.5, RFC 3310, RFC 4169). The card checks that the network is
 * the network: RES when it is, AUTS when its sequence number is out of range, nothing when its MAC
 * does not verify; without RES there are no keys, and it goes where the challenged REGISTER went,
 * with a new Security-Client (5.1.1.5.3). A terminal answers two consecutive invalid challenges,
 * and then stops (TS 24.229 5.1.1.5.3). */
#include <errno.h>
#include <string.h>

#include "digest_aka.h"
#include "register.h"
#include "xalloc.h"

enum { BAD_CHALLENGES = 2, CHALLENGES = 5 };

static void begin_anew(struct ue *ue);
static void answer_with_res(struct ue *ue, const struct register_input *in,
                            const struct sim_answer *answer);
static void answer_with_auts(struct ue *ue, const struct sim_answer *answer);
static void answer_with_nothing(struct ue *ue);

static void say_unprotected(const struct ue *ue, const char *why)
{
    if (ue->reg.state == REG_ASKED)
        log_arrow(ue->reg.call, "==", NULL, "IPsec: none, REGISTER is unprotected", "why", why,
                  NULL);
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
    if (sa_is_temporary(ue)) {
        begin_anew(ue);
        return;
    }
    if (sim_answer(&ue->sim, r->challenge.rand, r->challenge.autn, &answer, &why) < 0) {
        register_give_up(ue, -EIO, "%s", why.text);
        return;
    }
    log_arrow(r->call, "==", NULL, "check AUTN", "result", sim_verdict_text(answer.verdict), NULL);
    if (answer.verdict == AKA_FINE)
        answer_with_res(ue, in, &answer);
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
        .algorithm = c->akav2 ? "AKAv2-MD5" : "AKAv1-MD5",
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

/* The answer itself was challenged: the authentication failed, and its associations with it
 * (TS 33.203 7.4.1a). */
static void begin_anew(struct ue *ue)
{
    sa_abandon(ue, "the answer was challenged");
    if (ue->reg.state == REG_DEREGISTERING) {
        sa_offer(ue);
        register_send(ue, NULL);
    } else {
        register_ask(ue);
    }
}

/* The keys of this challenge become associations, or the terminal knows why not. */
static bool protect(struct ue *ue, const struct register_input *in, const struct sim_answer *answer)
{
    struct registration *r = &ue->reg;
    struct why why;
    int err;

    if (!*r->sas.security.client) {
        say_unprotected(ue, r->offers ? r->sas.none.text : "the P-CSCF does not know sec-agree");
        return true;
    }
    if (!sa_current(ue)) /* over a set it comes from the public address: no `received` */
        sa_nat_look(ue, in->sip);
    err = security_agree(&r->sas.security, in->sip, addr_is_set(&r->sas.nat.public), &why);
    if (err == 0)
        err = sa_begin(ue, answer->ck, answer->ik, &why);
    if (err == 0)
        return true;
    if (err == -ENOENT && ue->terminal->ipsec == IPSEC_REQUIRED)
        why_set(&why, ENOENT,
                "the terminal's `ipsec` is required, and the P-CSCF offers none (no "
                "Security-Server in its 401)");
    if (err != -ENOENT || ue->terminal->ipsec == IPSEC_REQUIRED) {
        register_give_up(ue, -EPROTO, "%s", why.text);
        return false;
    }
    say_unprotected(ue, "the P-CSCF offers none (no Security-Server in its 401)");
    return true;
}

static void answer_with_res(struct ue *ue, const struct register_input *in,
                            const struct sim_answer *answer)
{
    struct registration *r = &ue->reg;
    char password[DIGEST_AKAV2];

    log_arrow(r->call, "==", NULL, "compute RES", "result", "fine", NULL);
    if (!protect(ue, in, answer))
        return;
    r->bad_challenges = 0;
    *r->complaint = 0;
    if (!r->challenge.akav2) {
        send_answer(ue, answer->res, sizeof answer->res, NULL);
        return;
    }
    digest_akav2_password(answer->res, sizeof answer->res, answer->ik, answer->ck, password);
    send_answer(ue, password, strlen(password), NULL);
    wipe(password, sizeof password);
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
    sa_offer(ue);
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
    sa_offer(ue);
    send_answer(ue, NULL, 0, NULL);
}
