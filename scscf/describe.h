/* SPDX-License-Identifier: Apache-2.0 */
/* A set of the registrar in the words of RFC 3680 (TS 24.229 5.4.2.1.2): every identity of it that
 * is not barred, with every contact, those that ended since the last telling too. Pure. */
#ifndef IMSLAB_SCSCF_DESCRIBE_H
#define IMSLAB_SCSCF_DESCRIBE_H

#include "binding.h"
#include "reginfo.h"

struct described_impu { /* an identity that came into the set, or was taken out of it */
    struct described_impu *next;
    char *impu;
    bool is_gone;
};

struct description {
    const struct registration *reg;
    const struct binding *ended;        /* contacts that are gone, with their event */
    const struct described_impu *impus; /* what else is new; NULL: nothing */
    unsigned retry_after_s;             /* of those ended by CHANGE_PROBATION */
    uint64_t now_ms;
};

/* describe - *info, full, its version not set; all it points to belongs to home or to *what. */
void describe(struct reginfo *info, su_home_t *home, const struct description *what);

#endif
