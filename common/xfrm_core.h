/* SPDX-License-Identifier: Apache-2.0 */
/* What xfrm.c and xfrm_event.c share. */
#ifndef IMSLAB_XFRM_CORE_H
#define IMSLAB_XFRM_CORE_H

#include "xfrm_message.h"

struct xfrm {
    struct mnl_socket *nl;
    struct mnl_socket *events; /* NULL: nobody listens */
    uint32_t seq;
    size_t count, used; /* changes collected, octets of them */
    struct {
        int forgive;   /* this errno is no failure */
        unsigned type; /* XFRM_MSG_... */
    } change[XFRM_CHANGES];
    char out[XFRM_CHANGES * MESSAGE_MAX]; /* holds keys between begin and commit */
    char in[32768];
};

#endif
