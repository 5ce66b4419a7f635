/* SPDX-License-Identifier: Apache-2.0 */
/* One REGISTER at the registrar, shared by the two files that carry it: challenge.c (who is it) and
 * register.c (what is bound). Steps name the next step as their last statement: after it t may be
 * gone. */
#ifndef IMSLAB_SCSCF_REGISTER_H
#define IMSLAB_SCSCF_REGISTER_H

#include "scscf.h"

enum register_step { STEP_BEGIN, STEP_RESTORING, STEP_ASKING_VECTOR, STEP_ASKING_PROFILE };

struct register_txn {
    su_home_t home[1]; /* all texts of this transaction */
    struct register_txn *next, **at;
    struct scscf *scscf;
    struct sip_request *request; /* NULL once answered */
    char call[CALL_TAG];
    enum register_step step;
    uint64_t since_ms;
    struct cx_op *pending;
    struct asked asked;
    struct cx_mar mar;         /* what was asked, to ask again with another scheme */
    unsigned wrong, resyncs;   /* answers so far in this row of challenges */
    int sat;                   /* enum cx_sat of the SAR */
    struct registration *held; /* the set that must not expire meanwhile */
    bool altered;              /* the set is not what it was; then: */
    enum change change;
    struct binding *ended;
    struct profile before; /* of the set; nothing in it: a new one */
    const char *answer;    /* headers of the 200 */
};

/* challenge.c: register_authenticate - ends in register_proceed, in 401 or in a refusal. */
void register_authenticate(struct register_txn *t);

/* register.c */
void register_proceed(struct register_txn *t);        /* the terminal is who it says */
bool register_is_known(const struct register_txn *t); /* this terminal has a contact here */
/* register_refuse, register_refuse_because - the exits that say no. */
void register_refuse(struct register_txn *t, const struct refusal *no);
void register_refuse_because(struct register_txn *t, int status, const char *reason);
/* register_answer - the exit with an answer; headers as sip_answer takes them. */
void register_answer(struct register_txn *t, int status, const char *phrase, const char *headers);

#endif
