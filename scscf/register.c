/* SPDX-License-Identifier: Apache-2.0 */
/* The registrar: TS 24.229 5.4.1, TS 29.228 6.1.2, RFC 3261 10.3.
 *
 *   I-CSCF -> S-CSCF  REGISTER                       begin: what is asked for
 *   S-CSCF <> HSS     SAR, SAA                       is_lost: restoration.c
 *                                                    register_authenticate (challenge.c): 401 first
 *   S-CSCF -> HSS     SAR                            register_proceed
 *   S-CSCF <- HSS     SAA  user profile              on_saa, bind_contacts
 *   I-CSCF <- S-CSCF  200  contacts, Service-Route   accept_with
 *
 * The HSS is asked before anything changes here: when it does not answer, what was bound stays. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sofia-sip/sip_status.h>

#include "answer.h"
#include "journal.h"
#include "register.h"
#include "restoration.h"
#include "results.h"
#include "xalloc.h"

static const char *const step_names[] = {
    [STEP_BEGIN] = "begin",
    [STEP_RESTORING] = "restoring",
    [STEP_ASKING_VECTOR] = "asking-vector",
    [STEP_ASKING_PROFILE] = "asking-profile",
};

/* The steps, in reading order. */
static int read_asked(struct register_txn *t, struct refusal *no);
static bool is_lost(const struct register_txn *t);
static cx_saa_fn on_restored;
static void go_on(struct register_txn *t);
static cx_saa_fn on_saa;
static void bind_contacts(struct register_txn *t, struct registration *reg);
static void accept_with(struct register_txn *t, const struct registration *reg);
static void finish(struct register_txn *t);

static uint64_t now_ms(const struct register_txn *t)
{
    return loop_now_ms(t->scscf->loop);
}

static struct registration *set_of(const struct register_txn *t)
{
    return registrar_find(&t->scscf->registrar, t->asked.impu);
}

bool register_is_known(const struct register_txn *t)
{
    return binding_belongs(set_of(t), t->asked.impi, now_ms(t));
}

/* ---- 1. what is asked for ---- */

void register_begin(void *env, struct sip_request *request)
{
    struct scscf *scscf = env;
    struct register_txn *t = su_home_new(sizeof *t);
    struct refusal no;

    if (!t)
        abort();
    t->scscf = scscf;
    t->request = request;
    t->since_ms = loop_now_ms(scscf->loop);
    snprintf(t->call, sizeof t->call, "%s", sip_request_call(request));
    t->at = &scscf->registers;
    t->next = scscf->registers;
    if (t->next)
        t->next->at = &t->next;
    scscf->registers = t;
    if (read_asked(t, &no) < 0) {
        register_refuse(t, &no);
        return;
    }
    if (!is_lost(t)) {
        go_on(t);
        return;
    }
    t->step = STEP_RESTORING;
    t->pending = restoration_ask(scscf, t->asked.impi, t->asked.impu, t->call, on_restored, t);
}

static int read_asked(struct register_txn *t, struct refusal *no)
{
    struct scscf *scscf = t->scscf;
    struct addr source = sip_request_source(t->request);
    char text[ADDR_TEXT];

    if (!conf_trusted(scscf->conf, &source)) {
        refuse_with(no, 403, NULL, "%s is not one of the core's elements: register at the P-CSCF",
                    addr_text(&source, text));
        return -1;
    }
    return asked_read(&t->asked, t->home, sip_request_sip(t->request), scscf->conf, scscf->me, no);
}

/* Only a terminal that was registered asks, takes away, or registers inside a security association
 * without being challenged before: when it is unknown, we have lost it. */
static bool is_lost(const struct register_txn *t)
{
    if (set_of(t))
        return false;
    if (t->asked.kind != ASKED_REGISTRATION)
        return true;
    return t->asked.protection == ASKED_PROTECTED &&
           !auth_find(t->scscf->auth, t->asked.impi, t->asked.answer.nonce);
}

static void on_restored(void *arg, int err, const struct cx_saa *saa)
{
    struct register_txn *t = arg;
    struct refusal no;

    t->pending = NULL;
    if (err && refusal_for(err, 0, t->scscf->conf->timers.cx_wait_ms, &no)) {
        register_refuse(t, &no);
        return;
    }
    restoration_take(t->scscf, t->asked.impu, t->call, err, saa);
    go_on(t);
}

/* What can be said by what is bound; -1: *no says why not. */
static int check(struct register_txn *t, struct refusal *no)
{
    const struct asked *asked = &t->asked;

    if (!binding_in_order(set_of(t), asked)) {
        refuse_with(no, 500, NULL, "CSeq %u of this Call-ID is not higher than the last",
                    asked->cseq);
        return -1;
    }
    if (asked->kind != ASKED_REGISTRATION && !register_is_known(t)) {
        refuse_with(no, 481, "Not Registered", "%s is not registered here by %s", asked->impu,
                    asked->impi);
        return -1;
    }
    if (binding_count_after(set_of(t), asked, false, now_ms(t)) > BINDING_MAX) {
        refuse_with(no, 403, "Too Many Contacts", "%s would have more than %d contacts",
                    asked->impu, BINDING_MAX);
        return -1;
    }
    return 0;
}

static void go_on(struct register_txn *t)
{
    struct refusal no;

    if (check(t, &no) < 0)
        register_refuse(t, &no);
    else
        register_authenticate(t);
}

/* ---- 2. the HSS is told, the profile comes ---- */

/* Registration, re-registration, or the end of this terminal's last contact (29.228 6.1.2.1); -1:
 * nothing that the HSS needs to hear. */
static int assignment_type(const struct register_txn *t)
{
    if (t->asked.kind == ASKED_FETCH)
        return -1;
    if (t->asked.kind == ASKED_REGISTRATION)
        return register_is_known(t) ? CX_SAT_RE_REGISTRATION : CX_SAT_REGISTRATION;
    if (binding_count_after(set_of(t), &t->asked, true, now_ms(t)) > 0)
        return CX_SAT_RE_REGISTRATION;
    return CX_SAT_USER_DEREGISTRATION;
}

/* Let the set expire again; it may be overdue, or empty. */
static void release(struct register_txn *t)
{
    struct registration *reg = t->held;

    t->held = NULL;
    if (reg && --reg->held == 0)
        expiry_arm(t->scscf, reg);
}

/* Hold this set and no other. */
static void hold(struct register_txn *t, struct registration *reg)
{
    if (t->held == reg)
        return;
    reg->held++;
    release(t);
    t->held = reg;
}

void register_proceed(struct register_txn *t)
{
    struct registration *reg = set_of(t);
    struct cx_sar *sar;

    t->sat = assignment_type(t);
    if (t->sat < 0) {
        accept_with(t, reg);
        return;
    }
    t->step = STEP_ASKING_PROFILE;
    if (reg)
        hold(t, reg);
    sar = su_zalloc(t->home, sizeof *sar);
    memcpy(sar->impi, t->asked.impi, sizeof sar->impi);
    memcpy(sar->impu[0], t->asked.impu, sizeof sar->impu[0]);
    sar->impu_count = 1;
    snprintf(sar->server_name, sizeof sar->server_name, "%s", t->scscf->uri);
    sar->type = t->sat;
    sar->user_data_available = reg && reg->profile.xml;
    if (t->sat != CX_SAT_USER_DEREGISTRATION)
        restoration_fill(t->scscf, sar, t->home, reg, &t->asked);
    t->pending = cx_ask_sar(t->scscf->cx, sar, t->call, on_saa, t);
}

/* The HSS holds the user for registered but we cannot serve: take it back (TS 29.228 6.1.2.2). */
static void refuse_profile(struct register_txn *t, int err, const struct why *why)
{
    int sat =
        err == -E2BIG ? CX_SAT_DEREGISTRATION_TOO_MUCH_DATA : CX_SAT_ADMINISTRATIVE_DEREGISTRATION;

    if (!register_is_known(t))
        sar_tell(t->scscf, sat, t->asked.impi, t->asked.impu, t->call);
    register_refuse_because(t, err == -E2BIG ? 480 : 500, why->text);
}

/* The set as the SAA describes it; without User-Data, as it was. NULL and *why: it cannot be used.
 */
static struct registration *learn_profile(struct register_txn *t, const struct cx_saa *saa,
                                          int *err, struct why *why)
{
    struct profile profile = {0};

    if (!saa->user_data && set_of(t))
        return set_of(t);
    if (!saa->user_data)
        *err = why_set(why, EINVAL, "hss sent no user profile");
    else
        *err = profile_parse(&profile, saa->user_data, why);
    if (*err == 0 && !profile_has(&profile, t->asked.impu))
        *err = why_set(why, EINVAL, "the user profile does not name %s", t->asked.impu);
    if (*err == 0 && !profile_default(&profile))
        *err = why_set(why, EINVAL, "every identity of the user profile is barred");
    if (*err < 0) {
        profile_free(&profile);
        return NULL;
    }
    profile_free(&t->before);
    return registrar_put(&t->scscf->registrar, &profile, &t->before);
}

static void on_saa(void *arg, int err, const struct cx_saa *saa)
{
    struct register_txn *t = arg;
    struct registration *reg;
    struct refusal no;
    struct why why;

    t->pending = NULL;
    if (t->sat == CX_SAT_USER_DEREGISTRATION && !err && is_gone_at_hss(saa->result)) {
        bind_contacts(t, t->held);
        return;
    }
    if (refusal_for(err, err ? 0 : saa->result, t->scscf->conf->timers.cx_wait_ms, &no)) {
        register_refuse(t, &no);
        return;
    }
    reg = learn_profile(t, saa, &err, &why);
    if (!reg) {
        refuse_profile(t, err, &why);
        return;
    }
    bind_contacts(t, reg);
}

/* ---- 3. the binding, and the answer ---- */

static void say_bound(const struct register_txn *t, const struct binding *removed)
{
    const struct asked *asked = &t->asked;

    for (size_t i = 0; i < asked->contact_count; i++) {
        char expires[24];

        if (asked->contact[i].expires_s > 0)
            log_arrow(t->call, "==", NULL, "registered", "impu", asked->impu, "impi", asked->impi,
                      "contact", asked->contact[i].text, "expires_s",
                      log_number(asked->contact[i].expires_s, expires), NULL);
    }
    for (; removed; removed = removed->next)
        log_arrow(t->call, "==", NULL,
                  asked->kind == ASKED_REGISTRATION ? "replaced" : "deregistered", "impu",
                  removed->impu, "impi", removed->impi, "contact", removed->text, NULL);
}

/* What the request was on the whole: a new contact tells more than one renewed. */
static enum change main_change(const struct register_txn *t, const struct registration *reg)
{
    if (t->asked.kind == ASKED_DEREGISTRATION)
        return CHANGE_UNREGISTERED;
    for (const struct binding *b = reg->bindings; b; b = b->next)
        if (b->event == CHANGE_REGISTERED && b->cseq == t->asked.cseq &&
            strcmp(b->call_id, t->asked.call_id) == 0)
            return CHANGE_REGISTERED;
    return CHANGE_REFRESHED;
}

static void bind_contacts(struct register_txn *t, struct registration *reg)
{
    hold(t, reg); /* a new set is armed when it is let go */
    t->ended = binding_apply(&t->scscf->registrar, reg, &t->asked, now_ms(t));
    t->altered = true;
    t->change = main_change(t, reg);
    say_bound(t, t->ended);
    journal_save(t->scscf, reg, t->ended);
    accept_with(t, reg->bindings ? reg : NULL);
}

static void accept_with(struct register_txn *t, const struct registration *reg)
{
    struct scscf *scscf = t->scscf;

    t->answer = answer_accept(t->home, &t->asked, reg, now_ms(t), scscf->service_route,
                              scscf->conf->home_domain);
    register_answer(t, 200, "OK", t->answer);
}

void register_refuse(struct register_txn *t, const struct refusal *no)
{
    const char *phrase = no->phrase ? no->phrase : sip_status_phrase(no->status);
    char status[24];

    log_arrow_at(no->status >= 500 ? LEVEL_WARN : LEVEL_INFO, t->call, "==", NULL, "refuse",
                 "status", log_number(no->status, status), "impu",
                 t->asked.impu[0] ? t->asked.impu : NULL, "reason", no->reason, NULL);
    register_answer(t, no->status, phrase, answer_refuse(t->home, no, t->scscf->me->element.name));
}

void register_refuse_because(struct register_txn *t, int status, const char *reason)
{
    struct refusal no;

    refuse_with(&no, status, NULL, "%s", reason);
    register_refuse(t, &no);
}

void register_answer(struct register_txn *t, int status, const char *phrase, const char *headers)
{
    struct sip_request *answered = t->request;

    sip_answer(answered, status, phrase, headers);
    t->request = NULL;
    if (t->altered) {
        struct change_cause cause = {
            .call = t->call, .request = answered, .asked = &t->asked, .answer = t->answer};

        if (t->before.impu_count > 0 && !profile_same_names(&t->before, &t->held->profile))
            cause.before = &t->before;
        changed(t->scscf, t->held, t->ended, t->change, &cause);
    }
    finish(t);
}

static void finish(struct register_txn *t)
{
    assert(!t->request);
    cx_cancel(&t->pending);
    binding_list_free(t->ended);
    profile_free(&t->before);
    release(t);
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    wipe(&t->mar, sizeof t->mar);
    su_home_unref(t->home);
}

void register_forget(struct scscf *scscf)
{
    while (scscf->registers)
        register_refuse_because(scscf->registers, 503, "this S-CSCF is shutting down");
}

void register_print_live(const struct scscf *scscf, FILE *out)
{
    for (const struct register_txn *t = scscf->registers; t; t = t->next)
        fprintf(out, "register call=%s impu=%s impi=%s step=%s age_ms=%llu\n", t->call,
                t->asked.impu, t->asked.impi, step_names[t->step],
                (unsigned long long)(now_ms(t) - t->since_ms));
}
