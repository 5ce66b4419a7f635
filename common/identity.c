/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool all_digits(const char *text, size_t least, size_t most)
{
    size_t len = strspn(text, "0123456789");

    return !text[len] && len >= least && len <= most;
}

int identity_domain(const char *mcc, const char *mnc, char out[IDENTITY_TEXT])
{
    out[0] = 0;
    if (!all_digits(mcc, 3, 3) || !all_digits(mnc, 2, 3))
        return -EINVAL;
    snprintf(out, IDENTITY_TEXT, "ims.mnc%s%s.mcc%s.3gppnetwork.org", mnc[2] ? "" : "0", mnc, mcc);
    return 0;
}

int identity_from_imsi(const char *imsi, unsigned mnc_digits, struct identity *id)
{
    char mcc[4] = "", mnc[4] = "";

    memset(id, 0, sizeof *id);
    if (mnc_digits < 2 || mnc_digits > 3 || !all_digits(imsi, 6, 15))
        return -EINVAL;
    memcpy(mcc, imsi, 3);
    memcpy(mnc, imsi + 3, mnc_digits);
    identity_domain(mcc, mnc, id->domain);
    snprintf(id->impi, sizeof id->impi, "%.15s@%.60s", imsi, id->domain);
    snprintf(id->impu, sizeof id->impu, "sip:%.90s", id->impi);
    return 0;
}
