/* SPDX-License-Identifier: Apache-2.0 */
/* Inside cx: the library's life, its listeners, its hooks. Only common/cx_*.c include this. */
#ifndef IMSLAB_CX_STACK_H
#define IMSLAB_CX_STACK_H

#include "cx.h"
#include "cx_dict.h"

/* ---- cx_stack.c: from nothing to OPEN and back; once per process, ever ---- */

/* cx_stack_prepare - initialise the library, configure it, load the dictionary, register the hooks.
 * config stays valid until cx_stack_stop. 0, or -errno and *why. */
int cx_stack_prepare(const struct cx_config *config, struct why *why);
/* cx_stack_start - open the listeners and connect. 0, or -errno and *why (address in use, ...). */
int cx_stack_start(const struct cx_config *config, struct why *why);
/* cx_stack_stop - disconnect (DPR) and end the library's threads; gives up after 3 s. */
void cx_stack_stop(void);

/* ---- cx_listen.c: never the wildcard ---- */

/* cx_listen_add - the addresses to listen on (HSS), or, for a client, the one that it will connect
 * from: it is announced as Host-IP-Address, nothing listens there. 0, or -errno and *why. */
int cx_listen_add(const struct cx_config *config, struct why *why);
/* cx_listen_check - after the start: refuse a wildcard listener (-EPERM); lengthen the queue of
 * connections and let the kernel keep those that say nothing. */
int cx_listen_check(const struct cx_config *config, struct why *why);

/* ---- cx_sctp.c ---- */

bool cx_sctp_in_kernel(void);
/* cx_sctp_listens - 1: this descriptor is an SCTP listener, on addresses of config only; 0: it is
 * no SCTP listener; -EPERM: it listens on others, too. */
int cx_sctp_listens(int fd, const struct cx_config *config);

/* cx_sctp_ends - the path that an association prefers: the peer's primary address, and ours of the
 * same family. false: no association. */
bool cx_sctp_ends(int fd, struct addr *local, struct addr *remote);

/* ---- cx_hooks.c: who may connect, who is connected, what went wrong ---- */

int cx_hooks_register(const struct cx_config *config, struct why *why);
/* cx_hooks_link - the two ends of the connection with a peer as "10.0.0.1:3868"; returns "sctp" or
 * "tcp", or NULL and "" when not known. Any thread. */
const char *cx_hooks_link(const char *identity, char local[ADDR_TEXT], char remote[ADDR_TEXT]);

/* ---- cx_guard.c: what the library cannot stand ---- */

/* cx_guard_message - look at a message as it came (HOOK_DATA_RECEIVED) and make a Session-Id that
 * holds a NUL octet harmless. */
void cx_guard_message(uint8_t *message, size_t len);
/* cx_guard_restore - give Failed-AVP of a refusal the code that the peer sent. */
void cx_guard_restore(struct msg *answer);

#endif
