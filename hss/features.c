/* SPDX-License-Identifier: Apache-2.0 */
#include "features.h"

#include <errno.h>

enum { KNOWN = CX_FEATURE_SIFC | CX_FEATURE_ALIAS | CX_FEATURE_RESTORATION };

bool features_fit(const struct cx_features *wanted, struct why *why)
{
    uint32_t lacking = wanted->bits & ~(uint32_t)KNOWN;

    if (wanted->foreign) {
        why_set(why, ENOTSUP, "the request requires features that are not 3GPP's list 1");
        return false;
    }
    if (wanted->required && lacking) {
        why_set(why, ENOTSUP, "the request requires features 0x%x, which are not here", lacking);
        return false;
    }
    return true;
}
