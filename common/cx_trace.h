/* SPDX-License-Identifier: Apache-2.0 */
/* Inside cx: the arrow line of a Diameter message, made from its octets. Pure but for the log. */
#ifndef IMSLAB_CX_TRACE_H
#define IMSLAB_CX_TRACE_H

#include "cx_stack.h"

struct cx_trace {        /* what the line says; "" and 0: not there */
    bool request, again; /* again: the T bit, sent once before (RFC 6733 3) */
    uint32_t command, application, end_to_end;
    char call[9], origin[CX_TEXT];
    char impi[CX_TEXT], impu[CX_TEXT], visited[CX_TEXT], server_name[CX_TEXT], error[CX_TEXT];
    const char *type_name, *assignment_name, *reason_name; /* static storage, or the number below */
    char type[24], assignment[24], reason[24], items[24], user_data[24];
    char scheme[64], mandatory[128], optional[128];
    bool resync;
    int result;
};

/* cx_trace_read - gather it from a whole message, however broken. */
void cx_trace_read(struct cx_trace *trace, const uint8_t *octets, size_t len);
/* cx_trace_write - one line; arrow "->" or "<-"; identity of the peer, NULL when not known yet. */
void cx_trace_write(const struct cx_trace *trace, const char *arrow, const char *identity);

#endif
