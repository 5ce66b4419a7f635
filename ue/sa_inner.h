/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the terminal's SA table share: ue/sa*.c alone. */
#ifndef IMSLAB_UE_SA_INNER_H
#define IMSLAB_UE_SA_INNER_H

#include "sa.h"

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

/* sa_in_use - whether a set has this SPI, or this client port. sa_close_port - stop to listen at
 * port_us, behind the NAT too; not from within SIP. */
bool sa_in_use(const struct ue *ue, uint32_t spi, unsigned port);
void sa_close_port(struct ue *ue);

#endif
