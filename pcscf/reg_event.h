/* SPDX-License-Identifier: Apache-2.0 */
/* One subscription of the P-CSCF's own: reg_event.c and reg_event_apply.c alone. */
#ifndef PCSCF_REG_EVENT_H
#define PCSCF_REG_EVENT_H

#include "log.h"
#include "pcscf.h"
#include "subscription.h"

struct reg_event {
    LIST_ENTRY(reg_event) entry;
    struct pcscf *pcscf;
    char impi[CONF_URI]; /* whose registration */
    char impu[CONF_URI]; /* its default identity: what is watched */
    char call[CALL_TAG];
    struct subscription subscription;
    struct way *asking; /* the SUBSCRIBE that is out */
    unsigned asked_s, was_brief;
    int64_t until_s; /* loop_wall_s */
};

/* reg_event_end - forget it. */
void reg_event_end(struct reg_event *);
/* reg_event_anew - in a new dialog, for as long as before. */
void reg_event_anew(struct reg_event *);

#endif
