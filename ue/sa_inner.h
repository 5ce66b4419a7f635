/* SPDX-License-Identifier: Apache-2.0 */
/* What sa.c and sa_print.c share; nobody else includes it. */
#ifndef IMSLAB_UE_SA_INNER_H
#define IMSLAB_UE_SA_INNER_H

#include "register.h"

enum sa_stage { STAGE_TEMPORARY, STAGE_ESTABLISHED, STAGE_OLD };

struct sa {
    LIST_ENTRY(sa) entry;
    struct ue *ue;
    enum sa_stage stage;
    struct sa_set set;
    char verify[SEC_VALUE];
    uint64_t born_ms, until_ms;
    struct loop_timer *timer;
};

/* sa_stage_name - how a set is called in the log and the state. Never NULL. */
const char *sa_stage_name(enum sa_stage stage);

#endif
