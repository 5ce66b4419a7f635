/* SPDX-License-Identifier: Apache-2.0 */
/* Where a REGISTER of a terminal may go: to the I-CSCF of a home network (TS 24.229 5.2.2) and
 * nowhere else. The Request-URI is a terminal's word and a foreign DNS a stranger's: without this a
 * terminal would choose what the P-CSCF, which the core trusts, talks to. Pure. */
#ifndef PCSCF_ENTRY_H
#define PCSCF_ENTRY_H

#include <sofia-sip/url.h>

#include "conf.h"
#include "dns.h" /* struct sip_targets */

#define ENTRY_WHY 160

/* entry_port - the port of a URI; 0: it has none; -1: what it has is no port. */
int entry_port(const url_t *);
/* entry_is_named - whether a Request-URI names a network: a domain, or the numeric address of an
 * I-CSCF of lab.yaml. */
bool entry_is_named(const struct conf *, const url_t *);
/* entry_keep - copy the targets that a REGISTER may go to. true: some were left out; why is a
 * sentence about the last of them, else "". */
bool entry_keep(const struct conf *, const struct sip_targets *found, struct sip_targets *kept,
                char why[ENTRY_WHY]);

#endif
