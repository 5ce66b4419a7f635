/* SPDX-License-Identifier: Apache-2.0 */
/* A SAR whose answer changes nothing here: sar.c sends it until it is answered, the journal keeps
 * it that long. */
#ifndef IMSLAB_SCSCF_TOLD_H
#define IMSLAB_SCSCF_TOLD_H

#include "scscf.h"

struct told {
    struct told *next, **at;
    struct scscf *scscf;
    uint64_t id;           /* as of a binding */
    struct cx_op *pending; /* NULL: it waits for the next try */
    int type;              /* enum cx_sat */
    uint64_t since_ms;
    unsigned tries;
    char call[CALL_TAG];
    char impi[CX_TEXT], impu[CX_TEXT];
};

#endif
