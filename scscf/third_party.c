/* SPDX-License-Identifier: Apache-2.0 */
/* Third-party registration (TS 24.229 5.4.1.7).
 *
 *   terminal    S-CSCF                 application server
 *     |  200      |                          |   the set has changed
 *     |<----------|  REGISTER To: identity   |   for each criterion that matches, by priority
 *     |           |------------------------->|   Expires: what was granted; 0: the end
 *     |           |  200                     |
 *     |           |<-------------------------|
 *     |           |  or a refusal, or nothing: SESSION_CONTINUED goes on; SESSION_TERMINATED, at an
 *     |           |  initial registration, ends it: SAR ADMINISTRATIVE_DEREGISTRATION, NOTIFY
 *
 * One for a set and server, with its default identity (a SIP one when there is any). */
#include "third_party.h"

#include <sofia-sip/sip_status.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "journal.h"
#include "way.h"
#include "xalloc.h"

enum { PROBATION_S = 60 }; /* how long a terminal that an AS would not have shall wait */

struct third_party { /* one REGISTER under way */
    struct third_party *next, **at;
    struct scscf *scscf;
    struct way *way;
    char call[CALL_TAG];
    char impu[CX_TEXT];
    char *server;
    bool is_initial, terminates;
};

static way_done_fn on_answer;

static void finish(struct third_party *t)
{
    way_cancel(&t->way);
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    free(t->server);
    free(t);
}

/* ---- whether, and which ---- */

static bool concerns(const struct registration *reg, enum change change,
                     enum ifc_registration *type)
{
    if (!reg->bindings)
        *type = IFC_END;
    else if (change == CHANGE_REGISTERED)
        *type = IFC_INITIAL;
    else if (change == CHANGE_REFRESHED)
        *type = IFC_AGAIN;
    else /* something else is still registered, or nothing was asked by a REGISTER */
        return false;
    return true;
}

static const char *identity_of(const struct profile *profile)
{
    for (size_t i = 0; i < profile->impu_count; i++)
        if (!profile->impu[i].barred && strncmp(profile->impu[i].id, "sip:", 4) == 0)
            return profile->impu[i].id;
    return profile_default(profile);
}

static unsigned granted_s(const struct registration *reg, uint64_t now_ms)
{
    unsigned longest_s = 0;

    for (const struct binding *b = reg->bindings; b; b = b->next)
        if (binding_left_s(b, now_ms) > longest_s)
            longest_s = binding_left_s(b, now_ms);
    return longest_s;
}

/* ---- REGISTER ---- */

static void tell(struct scscf *scscf, struct registration *reg, const struct ifc *ifc,
                 enum ifc_registration type, const struct change_cause *cause)
{
    struct way_to to = {
        .loop = scscf->loop, .sip = scscf->sip, .dns = scscf->dns, .conf = scscf->conf};
    struct third_party *t = xzalloc(sizeof *t);
    char call_id[33], tag[9], *text;
    uint8_t random[20];
    struct why why;
    msg_t *m;

    if (getrandom(random, sizeof random, 0) != sizeof random)
        abort();
    for (size_t i = 0; i < 16; i++)
        snprintf(call_id + 2 * i, 3, "%02x", random[i]);
    for (size_t i = 0; i < 4; i++)
        snprintf(tag + 2 * i, 3, "%02x", random[16 + i]);
    text = third_party_text(&(struct third_party_text){
        .server = ifc->server,
        .scscf = scscf->uri,
        .host = scscf->me->element.host,
        .impu = identity_of(&reg->profile),
        .call_id = call_id,
        .tag = tag,
        .expires_s = granted_s(reg, loop_now_ms(scscf->loop)),
        .ifc = ifc,
        .cause = cause,
    });
    t->scscf = scscf;
    t->server = xstrdup(ifc->server);
    t->is_initial = type == IFC_INITIAL;
    t->terminates = ifc->terminates;
    snprintf(t->impu, sizeof t->impu, "%s", identity_of(&reg->profile));
    t->at = &scscf->third_parties;
    t->next = scscf->third_parties;
    if (t->next)
        t->next->at = &t->next;
    scscf->third_parties = t;
    m = sip_compose(scscf->sip, text, &why);
    free(text);
    if (!m || way_next(sip_object(m), &to.where) < 0) {
        log_warn(cause->call, "the application server '%s' of %s cannot be told: %s", ifc->server,
                 t->impu, m ? "that is no SIP URI with a host" : why.text);
        sip_drop(m);
        finish(t);
        return;
    }
    call_tag(sip_object(m)->sip_call_id->i_id, t->call);
    log_arrow(cause->call, "==", NULL, "third-party-register", "impu", t->impu, "server", t->server,
              "sip_call", t->call, NULL);
    to.call = t->call;
    t->way = way_send(&to, m, on_answer, t);
}

static bool was_told(const struct ifc *all, const struct ifc *ifc, const struct ifc_request *r)
{
    for (; all != ifc; all = all->next)
        if (strcasecmp(all->server, ifc->server) == 0 && ifc_matches(all, r))
            return true;
    return false;
}

void third_party_changed(struct scscf *scscf, struct registration *reg, enum change change,
                         const struct change_cause *cause)
{
    struct ifc_request r = {.method = "REGISTER", .session_case = IFC_ORIGINATING_REGISTERED};
    struct ifc *all;

    if (!reg->profile.xml || !identity_of(&reg->profile) || !concerns(reg, change, &r.registration))
        return;
    r.sip = cause->request ? sip_request_sip(cause->request) : NULL;
    all = ifc_read(reg->profile.xml);
    for (const struct ifc *ifc = all; ifc; ifc = ifc->next)
        if (ifc_matches(ifc, &r) && !was_told(all, ifc, &r))
            tell(scscf, reg, ifc, r.registration, cause);
    ifc_free(all);
}

/* ---- its answer ---- */

static bool is_first_of_its_impi(const struct binding *list, const struct binding *b)
{
    for (; list != b; list = list->next)
        if (strcmp(list->impi, b->impi) == 0)
            return false;
    return true;
}

/* The server must have it and does not: nobody is registered (5.4.1.5). */
static void deregister(struct third_party *t)
{
    struct scscf *scscf = t->scscf;
    struct registration *reg = registrar_find(&scscf->registrar, t->impu);
    struct change_cause cause = {.call = t->call, .retry_after_s = PROBATION_S};
    struct binding *ended = reg ? reg->bindings : NULL;

    if (!ended)
        return;
    reg->bindings = NULL;
    for (struct binding *b = ended; b; b = b->next) {
        b->event = CHANGE_PROBATION;
        if (is_first_of_its_impi(ended, b))
            sar_tell(scscf, CX_SAT_ADMINISTRATIVE_DEREGISTRATION, b->impi, b->impu, t->call);
    }
    journal_save(scscf, reg, ended);
    changed(scscf, reg, ended, CHANGE_PROBATION, &cause);
    binding_list_free(ended);
    if (reg->held == 0)
        expiry_arm(scscf, reg);
}

static void on_answer(void *arg, int status, const sip_t *sip, msg_t *answer, const char *why)
{
    struct third_party *t = arg;
    bool ends = t->is_initial && t->terminates;
    char number[24];

    (void)sip;
    (void)answer;
    t->way = NULL;
    if (status / 100 != 2) {
        log_arrow_at(LEVEL_WARN, t->call, "==", NULL, "third-party-failed", "impu", t->impu,
                     "server", t->server, "status", log_number(status, number), "why",
                     why ? why : sip_status_phrase(status), "default_handling",
                     t->terminates ? "SESSION_TERMINATED" : "SESSION_CONTINUED", "registration",
                     ends ? "ended" : "stays", NULL);
        if (ends)
            deregister(t);
    }
    finish(t);
}

void third_party_abandon(struct scscf *scscf)
{
    while (scscf->third_parties)
        finish(scscf->third_parties);
}

void third_party_print_live(const struct scscf *scscf, FILE *out)
{
    for (const struct third_party *t = scscf->third_parties; t; t = t->next)
        fprintf(out, "third-party call=%s impu=%s server=%s\n", t->call, t->impu, t->server);
}
