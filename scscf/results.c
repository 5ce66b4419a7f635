/* SPDX-License-Identifier: Apache-2.0 */
/* Results of MAA and SAA (TS 29.228 6.1.2, 6.3, TS 29.229 6.2, RFC 6733 7.1) and the statuses of
 * TS 24.229 5.4.1. 480 lets the I-CSCF choose another S-CSCF, the others do not. */
#include "results.h"

#include <errno.h>

#include "xalloc.h"

static const struct row {
    int result; /* enum cx_result, or -errno of cx_ask_* */
    int status;
    const char *phrase, *reason;
} rows[] = {
    {CX_USER_UNKNOWN,                403, "User Unknown",                        "hss does not know the private or the public identity"},
    {CX_IDENTITIES_DONT_MATCH,       403, "Identities Do Not Match",
     "in the hss the public identity does not belong to the private identity"                                                          },
    {CX_ROAMING_NOT_ALLOWED,         403, "Roaming Not Allowed",                 "hss does not allow roaming there"                    },
    {CX_AUTHORIZATION_REJECTED,      403, "Authorization Rejected",
     "hss does not allow this user to register"                                                                                        },
    {CX_AUTH_SCHEME_NOT_SUPPORTED,   403, "Authentication Scheme Not Supported",
     "hss has another authentication scheme for this user"                                                                             },
    {CX_IDENTITY_NOT_REGISTERED,     403, "Identity Not Registered",
     "hss does not hold the identity for registered"                                                                                   },
    {CX_IDENTITY_ALREADY_REGISTERED, 480, "Assigned To Another S-CSCF",
     "hss has assigned the user to another S-CSCF"                                                                                     },
    {CX_IN_ASSIGNMENT_TYPE,          500, NULL,                                  "hss does not accept this assignment"                 },
    {CX_TOO_BUSY,                    503, NULL,                                  "hss is too busy"                                     },
    {CX_UNABLE_TO_DELIVER,           504, NULL,                                  "hss cannot be reached: Diameter could not deliver"   },
    {CX_UNABLE_TO_COMPLY,            500, NULL,                                  "hss was unable to comply"                            },
    {-ETIMEDOUT,                     504, NULL,                                  "hss did not answer"                                  },
    {-EHOSTUNREACH,                  504, NULL,                                  "hss cannot be reached: no open Diameter connection"  },
    {-EPROTO,                        500, NULL,                                  "hss sent an answer that lacks what it must carry"    },
    {-EBUSY,                         503, NULL,                                  "too many questions to hss are under way"             },
};

static const struct row *row_of(int result)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].result == result)
            return &rows[i];
    return NULL;
}

bool refusal_for(int err, int result, unsigned wait_ms, struct refusal *refusal)
{
    const struct row *row = row_of(err ? err : result);

    if (!err && result == CX_SUCCESS)
        return false;
    if (err == -ETIMEDOUT)
        refuse_with(refusal, row->status, row->phrase, "%s within %u ms", row->reason, wait_ms);
    else if (row)
        refuse_with(refusal, row->status, row->phrase, "%s", row->reason);
    else if (err)
        refuse_with(refusal, 500, NULL, "cannot ask hss: %s", why_not(err));
    else
        refuse_with(refusal, 500, NULL, "hss answered %s", cx_result_text(result));
    return true;
}

bool is_gone_at_hss(int result)
{
    static const int gone[] = {CX_SUCCESS, CX_SERVER_NAME_NOT_STORED, CX_USER_UNKNOWN,
                               CX_IDENTITY_NOT_REGISTERED, CX_IDENTITY_ALREADY_REGISTERED};

    for (size_t i = 0; i < COUNT(gone); i++)
        if (gone[i] == result)
            return true;
    return false;
}
