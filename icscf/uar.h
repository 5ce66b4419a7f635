/* SPDX-License-Identifier: Apache-2.0 */
/* What the I-CSCF asks the HSS about a REGISTER, and what the answer means for the terminal. Pure.
 */
#ifndef ICSCF_UAR_H
#define ICSCF_UAR_H

#include <sofia-sip/sip.h>
#include <stdbool.h>
#include <stddef.h>

#include "cx.h"
#include "why.h"

/* uar_from - the question for this REGISTER (TS 24.229 5.3.1.2, TS 29.228 table 6.1.1.1): impi from
 * Authorization, else from To; impu from To; visited from P-Visited-Network-ID, else home_domain;
 * type by what is left of the contacts. 0, or -EINVAL and *why: To holds no identity. */
int uar_from(const sip_t *sip, const char *home_domain, struct cx_uar *uar, struct why *why);

/* The refusal that a failed UAA stands for; static storage. */
struct uar_refusal {
    int result, status;
    const char *phrase, *why;
};
/* uar_refusal_for - NULL when the result is one of the successes; any unknown failure is 480. */
const struct uar_refusal *uar_refusal_for(int result);

/* uar_silence - what an error of cx_ask_uar means, as the end of a sentence: "no HSS is connected".
 */
const char *uar_silence(int err);

/* uar_register_size - about how many octets the REGISTER has when it is passed on. */
size_t uar_register_size(const sip_t *sip);

#endif
