/* SPDX-License-Identifier: Apache-2.0 */
/* What security*.c share. */
#ifndef PCSCF_SECURITY_INNER_H
#define PCSCF_SECURITY_INNER_H

#include "sa.h"
#include "security.h"

/* security_refuse - fill the refusal; the format is printf's. */
void security_refuse(struct security_refusal *refusal, int status, const char *phrase,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* security_write_server - "Security-Server: ..." with all that is accepted (TS 33.203 7.2: whatever
 * was offered), into line[SEC_VALUE + 32]. */
void security_write_server(const struct security *s, const struct sec_mechanism *end, char *line);
/* security_ask - what the SA table is asked. */
struct sa_ask security_ask(struct pcscf *pcscf, const struct agreement *a);

#endif
