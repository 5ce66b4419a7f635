/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets under c-ares: watched by our loop, and every message that crosses them gets its line
 * in the log - repetitions after silence and the TCP copy of a truncated answer too. Used by
 * dns_query.c alone. */
#ifndef IMSLAB_DNS_WIRE_H
#define IMSLAB_DNS_WIRE_H

#include <ares.h>

#include "dns_rr.h"
#include "loop.h"

struct dns_wire;

/* dns_wire_new - ready is called when c-ares should look at fd (LOOP_READ, LOOP_WRITE); call_of
 * names the call tag that a question belongs to (NULL: none). */
typedef const char *dns_call_fn(void *arg, const char *name, uint16_t type);
struct dns_wire *dns_wire_new(struct loop *, loop_fd_fn *ready, dns_call_fn *call_of, void *arg);
void dns_wire_free(struct dns_wire *); /* after ares_destroy */

/* dns_wire_refusals - how often a socket reported that nobody is there. c-ares says "connection
 * refused" for SERVFAIL too; a count that did not grow tells them apart. */
unsigned dns_wire_refusals(const struct dns_wire *);

/* dns_wire_state - c-ares' ARES_OPT_SOCK_STATE_CB; data is the struct dns_wire. */
void dns_wire_state(void *data, ares_socket_t fd, int readable, int writable);
/* dns_wire_attach - make the channel use our sockets. */
void dns_wire_attach(struct dns_wire *, ares_channel);

#endif
