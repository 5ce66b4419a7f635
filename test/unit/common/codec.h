/* SPDX-License-Identifier: Apache-2.0 */
/* A Cx message through its octets and back, for the tests of the codec. */
#ifndef IMSLAB_TEST_CODEC_H
#define IMSLAB_TEST_CODEC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cx_codec.h"
#include "cx_stack.h"

static inline int load_library(void **state)
{
    struct why why;

    (void)state;
    fd_g_debug_lvl = FD_LOG_FATAL;
    assert_int_equal(fd_core_initialize(), 0);
    assert_int_equal(cx_dict_load(&why), 0);
    return 0;
}

static inline struct msg *request(enum cx_command command, const void *from)
{
    struct msg *msg =
        cx_message_request(command, "icscf1.hims.net", "hims.net",
                           command >= CX_RTR ? "scscf1.hims.net" : NULL, "hims.net", "3c26700d");

    assert_non_null(msg);
    assert_int_equal(cx_encode(msg, cx_request_fields(command), from), 0);
    return msg;
}

static inline struct msg *answer(enum cx_command command, const void *from)
{
    static const union {
        struct cx_sar sar;
        struct cx_mar mar;
    } empty;
    struct msg *msg = request(command, &empty);

    assert_int_equal(cx_message_answer(&msg, "hss.hims.net", "hims.net"), 0);
    assert_int_equal(cx_encode(msg, cx_answer_fields(command), from), 0);
    return msg;
}

/* Out to octets, and in again as from a peer. rules: the error that the library's rules find. */
static inline struct msg *over_the_wire(struct msg *msg, const char **rules)
{
    struct fd_pei pei = {0};
    uint8_t *octets;
    size_t len;
    int rc;

    assert_int_equal(fd_msg_bufferize(msg, &octets, &len), 0);
    fd_msg_free(msg);
    cx_guard_message(octets, len);
    assert_int_equal(fd_msg_parse_buffer(&octets, len, &msg), 0);
    rc = fd_msg_parse_rules(msg, fd_g_config->cnf_dict, &pei);
    if (rules)
        *rules = pei.pei_errcode;
    else
        assert_int_equal(rc, 0);
    if (pei.pei_avp_free)
        fd_msg_free(pei.pei_avp);
    return msg;
}

static inline void there_and_back(struct msg *msg, const struct cx_fields *fields, void *into)
{
    msg = over_the_wire(msg, NULL);
    assert_int_equal(cx_decode(into, fields, msg, NULL), 0);
    fd_msg_free(msg);
}

#endif
