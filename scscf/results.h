/* SPDX-License-Identifier: Apache-2.0 */
/* From what the HSS said, or did not say, to what the terminal hears. Pure. */
#ifndef IMSLAB_SCSCF_RESULTS_H
#define IMSLAB_SCSCF_RESULTS_H

#include "asked.h"

/* refusal_for - err as cx_ask_* gives it, or 0 and the result of the answer. false: CX_SUCCESS, go
 * on. true: *refusal is set. wait_ms: how long was waited, for the sentence. */
bool refusal_for(int err, int result, unsigned wait_ms, struct refusal *refusal);

/* is_gone_at_hss - whether after this result of a de-registration the HSS does not hold the user
 * for registered here. */
bool is_gone_at_hss(int result);

#endif
