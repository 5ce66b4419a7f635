/* SPDX-License-Identifier: Apache-2.0 */
/* Supported-Features of the HSS (TS 29.229 7.1.1, 7.2). Pure. */
#ifndef IMSLAB_FEATURES_H
#define IMSLAB_FEATURES_H

#include "cx.h"
#include "why.h"

/* features_fit - whether this HSS has what the request requires (29.229 7.2.1); else *why, and the
 * answer is 5011. */
bool features_fit(const struct cx_features *wanted, struct why *why);

#endif
