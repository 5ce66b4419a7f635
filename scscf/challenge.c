/* SPDX-License-Identifier: Apache-2.0 */
/* Who sends this REGISTER: TS 24.229 5.4.1.2.1 (challenge), 5.4.1.2.2 (answer), 5.4.1.2.3 (abnormal
 * cases), TS 29.228 6.3, RFC 3310, RFC 4169.
 *
 *   I-CSCF -> S-CSCF  REGISTER                       no answer to what waits: a new challenge
 *   S-CSCF -> HSS     MAR  [RAND AUTS]               ask_vector
 *   S-CSCF <- HSS     MAA  RAND AUTN XRES CK IK      on_maa
 *   I-CSCF <- S-CSCF  401  nonce, ik, ck             challenge
 *   I-CSCF -> S-CSCF  REGISTER  response             judge: right, on to register.c
 *                                auts                a vector from the card's SQN, once more 401
 *                                wrong               once more 401, at last 403 and SAR
 *                                empty               the terminal does not trust us: 403 and SAR
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "answer.h"
#include "digest_aka.h"
#include "register.h"
#include "results.h"
#include "xalloc.h"

#define RESYNCS_MAX 2 /* in a row; more means that the HSS does not learn */

/* The steps, in reading order. */
static void judge(struct register_txn *t, const uint8_t auts[14], enum auth_verdict verdict);
static void resynchronise(struct register_txn *t, const uint8_t rand[16], const uint8_t auts[14]);
static void fail(struct register_txn *t, const char *reason);
static void ask_vector(struct register_txn *t);
static cx_maa_fn on_maa;
static void challenge(struct register_txn *t, const struct cx_vector *vector);

/* Every REGISTER is challenged (5.4.1.2.2 leaves that to us) but for one case: inside the security
 * association of a registered user, asking and taking away are believed. */
static bool is_believed(const struct register_txn *t)
{
    return t->asked.protection == ASKED_PROTECTED && t->asked.kind != ASKED_REGISTRATION;
}

void register_authenticate(struct register_txn *t)
{
    const struct challenge *waiting =
        auth_find(t->scscf->auth, t->asked.impi, t->asked.answer.nonce);
    uint8_t auts[14];
    enum auth_verdict verdict = auth_judge(waiting, &t->asked.answer, auts);

    if (verdict == AUTH_NO_CHALLENGE && is_believed(t))
        register_proceed(t);
    else if (verdict == AUTH_OTHER_CALL) /* the challenge goes on waiting for its own answer */
        register_refuse_because(t, 403, auth_verdict_text(verdict));
    else
        judge(t, auts, verdict);
}

/* ---- 1. the answer to a challenge ---- */

/* Take back what waited for this answer; its attempts live on in the transaction. A request that
 * answers nothing begins anew: what waits for its own terminal and Call-ID is void, and what waits
 * for others stays. */
static void use_up_challenge(struct register_txn *t, struct challenge *c)
{
    struct auth *auth = t->scscf->auth;

    if (!auth_take(auth, t->asked.impi, t->asked.answer.nonce, c)) {
        memset(c, 0, sizeof *c);
        auth_forget(auth, t->asked.impi, t->asked.call_id, t->asked.terminal);
    }
    t->wrong = c->wrong;
    t->resyncs = c->resyncs;
}

/* A right answer outside a security association is served (DESIGN of the lab: ipsec off, optional),
 * but not when the P-CSCF on the way demands one. */
static bool needs_ipsec(const struct register_txn *t)
{
    const struct conf *conf = t->scscf->conf;

    for (size_t i = 0; i < conf->pcscf_count; i++)
        if (conf->pcscf[i].ipsec == IPSEC_REQUIRED &&
            strstr(t->asked.path, conf->pcscf[i].element.host))
            return true;
    return false;
}

static void accept_answer(struct register_txn *t)
{
    bool is_protected = t->asked.protection == ASKED_PROTECTED;

    if (!is_protected && needs_ipsec(t)) {
        fail(t, "the answer came outside IPsec, which this P-CSCF requires");
        return;
    }
    log_arrow(t->call, "==", NULL, "authenticated", "impi", t->asked.impi, "impu", t->asked.impu,
              "protection", is_protected ? "ipsec" : "unprotected", NULL);
    register_proceed(t);
}

static void judge(struct register_txn *t, const uint8_t auts[14], enum auth_verdict verdict)
{
    struct challenge c;

    use_up_challenge(t, &c);
    switch (verdict) {
    case AUTH_NO_CHALLENGE: ask_vector(t); break;
    case AUTH_RIGHT: accept_answer(t); break;
    case AUTH_RESYNC: resynchronise(t, c.rand, auts); break;
    case AUTH_WRONG:
        if (++t->wrong < t->scscf->me->max_attempts) {
            log_arrow(t->call, "==", NULL, "wrong response", "impi", t->asked.impi, NULL);
            ask_vector(t);
            break;
        }
        fail(t, auth_verdict_text(verdict));
        break;
    default: fail(t, auth_verdict_text(verdict)); break;
    }
    wipe(&c, sizeof c);
}

/* RAND is the one that was issued, not what the terminal says (TS 33.203 6.1.3). */
static void resynchronise(struct register_txn *t, const uint8_t rand[16], const uint8_t auts[14])
{
    if (++t->resyncs > RESYNCS_MAX) {
        fail(t, "the card asked for resynchronisation too often");
        return;
    }
    log_arrow(t->call, "==", NULL, "resynchronise", "impi", t->asked.impi, NULL);
    memcpy(t->mar.authorization, rand, 16);
    memcpy(t->mar.authorization + 16, auts, 14);
    t->mar.authorization_len = 30;
    ask_vector(t);
}

/* No more chances: the HSS may forget that we were chosen, unless the user is registered or another
 * terminal of the same IMPI is about to be. */
static void fail(struct register_txn *t, const char *reason)
{
    if (!register_is_known(t) && !auth_waits(t->scscf->auth, t->asked.impi))
        sar_tell(t->scscf, CX_SAT_AUTHENTICATION_FAILURE, t->asked.impi, t->asked.impu, t->call);
    register_refuse_because(t, 403, reason);
}

/* ---- 2. a vector, and the challenge made of it ---- */

static void ask_vector(struct register_txn *t)
{
    struct cx_mar *mar = &t->mar;

    t->step = STEP_ASKING_VECTOR;
    snprintf(mar->impi, sizeof mar->impi, "%s", t->asked.impi);
    snprintf(mar->impu, sizeof mar->impu, "%s", t->asked.impu);
    snprintf(mar->server_name, sizeof mar->server_name, "%s", t->scscf->uri);
    if (!mar->scheme[0])
        snprintf(mar->scheme, sizeof mar->scheme, "%s", t->asked.scheme);
    if (mar->authorization_len > 0)
        snprintf(mar->scheme, sizeof mar->scheme, "Digest-AKAv1-MD5");
    mar->items = t->scscf->me->vectors;
    t->pending = cx_ask_mar(t->scscf->cx, mar, t->call, on_maa, t);
}

/* What a challenge can be made of; anything else would be a broken nonce. */
static bool is_usable(const struct cx_maa *maa)
{
    return maa->count > 0 && strcasecmp(maa->vector[0].scheme, "Digest-AKAv1-MD5") == 0 &&
           maa->vector[0].xres_len >= 4 && maa->vector[0].xres_len <= sizeof maa->vector[0].xres;
}

static void on_maa(void *arg, int err, const struct cx_maa *maa)
{
    struct register_txn *t = arg;
    struct refusal no;

    t->pending = NULL;
    if (!err && maa->result == CX_AUTH_SCHEME_NOT_SUPPORTED &&
        strcmp(t->mar.scheme, "Unknown") == 0) {
        snprintf(t->mar.scheme, sizeof t->mar.scheme, "Digest-AKAv1-MD5");
        ask_vector(t);
        return;
    }
    if (refusal_for(err, err ? 0 : maa->result, t->scscf->conf->timers.cx_wait_ms, &no)) {
        register_refuse(t, &no);
        return;
    }
    if (!is_usable(maa)) {
        register_refuse_because(t, 500,
                                "hss sent no authentication vector that can be used (AKAv1-MD5)");
        return;
    }
    challenge(t, &maa->vector[0]);
}

/* AKAv2-MD5 for whom lab.yaml says so, and for a terminal that names it itself. Over Cx both are
 * AKAv1 (29.229 6.3.9): the vector is the same. What lab.yaml says cannot be bid down. */
static bool is_akav2(const struct register_txn *t)
{
    const struct conf *conf = t->scscf->conf;
    const char *algorithm = t->asked.answer.algorithm;

    if (algorithm && strcasecmp(algorithm, "AKAv2-MD5") == 0)
        return true;
    for (size_t i = 0; i < conf->subscriber_count; i++)
        if (strcmp(conf->subscriber[i].impi, t->asked.impi) == 0)
            return conf->subscriber[i].auth == AUTH_AKAV2;
    return false;
}

static void keep_password(struct challenge *c, const struct cx_vector *vector)
{
    char password[DIGEST_AKAV2];

    if (!c->akav2) {
        memcpy(c->password, vector->xres, vector->xres_len);
        c->password_len = vector->xres_len;
        return;
    }
    digest_akav2_password(vector->xres, vector->xres_len, vector->ik, vector->ck, password);
    c->password_len = strlen(password);
    memcpy(c->password, password, c->password_len);
    wipe(password, sizeof password);
}

static void keep_challenge(struct register_txn *t, const struct cx_vector *vector, char *nonce)
{
    struct challenge c = {.wrong = t->wrong, .resyncs = t->resyncs, .akav2 = is_akav2(t)};
    uint8_t both[32];

    memcpy(both, vector->rand, 16);
    memcpy(both + 16, vector->autn, 16);
    digest_base64(both, sizeof both, c.nonce);
    snprintf(c.impi, sizeof c.impi, "%s", t->asked.impi);
    snprintf(c.impu, sizeof c.impu, "%s", t->asked.impu);
    snprintf(c.realm, sizeof c.realm, "%s", t->scscf->conf->home_domain);
    snprintf(c.call_id, sizeof c.call_id, "%s", t->asked.call_id);
    snprintf(c.terminal, sizeof c.terminal, "%s", t->asked.terminal);
    memcpy(c.call, t->call, sizeof c.call);
    memcpy(c.rand, vector->rand, sizeof c.rand);
    keep_password(&c, vector);
    c.deadline_ms = loop_now_ms(t->scscf->loop) + 1000ull * t->scscf->conf->timers.reg_await_auth_s;
    memcpy(nonce, c.nonce, sizeof c.nonce);
    auth_add(t->scscf->auth, &c);
    expiry_arm_challenges(t->scscf);
    wipe(&c, sizeof c);
}

static void challenge(struct register_txn *t, const struct cx_vector *vector)
{
    const char *algorithm = auth_algorithm(is_akav2(t));
    char headers[ANSWER_CHALLENGE], nonce[AUTH_NONCE];

    keep_challenge(t, vector, nonce);
    log_arrow(t->call, "==", NULL, "challenge", "impi", t->asked.impi, "impu", t->asked.impu,
              "algorithm", algorithm, NULL);
    answer_challenge(headers, t->scscf->conf->home_domain, nonce, algorithm, vector->ck,
                     vector->ik);
    register_answer(t, 401, "Unauthorized", headers);
    wipe(headers, sizeof headers);
}
