/* SPDX-License-Identifier: Apache-2.0 */
/* The open state file: for sa_store.c and sa_load.c alone. */
#ifndef PCSCF_SA_STORE_FILE_H
#define PCSCF_SA_STORE_FILE_H

#include "state_line.h"
#include "sa_store.h"

#define SA_STORE_HEADER "imslab-sa 1\n"

struct sa_store {
    int fd;
    char path[CONF_PATH * 2];
    size_t lines; /* in the file */
    size_t live;  /* of them when it was written anew */
    bool loading; /* what is read is not written again */
    bool broken;  /* a write failed: said once */
    struct state_line line;
};

#endif
