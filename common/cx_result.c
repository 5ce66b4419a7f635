/* SPDX-License-Identifier: Apache-2.0 */
/* Names of results for logs (RFC 6733 7.1, TS 29.229 6.2). A file of its own, so that flow tests
 * can replace the rest of cx.h. */
#include "cx.h"

#include <stdio.h>

#include "xalloc.h"

static const struct {
    int result;
    const char *text;
} names[] = {
    {CX_SUCCESS,                          "SUCCESS (2001)"                         },
    {CX_COMMAND_UNSUPPORTED,              "COMMAND_UNSUPPORTED (3001)"             },
    {CX_UNABLE_TO_DELIVER,                "UNABLE_TO_DELIVER (3002)"               },
    {CX_TOO_BUSY,                         "TOO_BUSY (3004)"                        },
    {3007,                                "APPLICATION_UNSUPPORTED (3007)"         },
    {3008,                                "INVALID_HDR_BITS (3008)"                },
    {3010,                                "UNKNOWN_PEER (3010)"                    },
    {5001,                                "AVP_UNSUPPORTED (base 5001)"            },
    {CX_AUTHORIZATION_REJECTED,           "AUTHORIZATION_REJECTED (base 5003)"     },
    {CX_INVALID_AVP_VALUE,                "INVALID_AVP_VALUE (base 5004)"          },
    {CX_MISSING_AVP,                      "MISSING_AVP (base 5005)"                },
    {5009,                                "AVP_OCCURS_TOO_MANY_TIMES (5009)"       },
    {5010,                                "NO_COMMON_APPLICATION (5010)"           },
    {CX_UNABLE_TO_COMPLY,                 "UNABLE_TO_COMPLY (5012)"                },
    {5014,                                "INVALID_AVP_LENGTH (5014)"              },
    {CX_FIRST_REGISTRATION,               "FIRST_REGISTRATION (2001)"              },
    {CX_SUBSEQUENT_REGISTRATION,          "SUBSEQUENT_REGISTRATION (2002)"         },
    {CX_UNREGISTERED_SERVICE,             "UNREGISTERED_SERVICE (2003)"            },
    {CX_SERVER_NAME_NOT_STORED,           "SERVER_NAME_NOT_STORED (2004)"          },
    {CX_USER_UNKNOWN,                     "USER_UNKNOWN (5001)"                    },
    {CX_IDENTITIES_DONT_MATCH,            "IDENTITIES_DONT_MATCH (5002)"           },
    {CX_IDENTITY_NOT_REGISTERED,          "IDENTITY_NOT_REGISTERED (5003)"         },
    {CX_ROAMING_NOT_ALLOWED,              "ROAMING_NOT_ALLOWED (5004)"             },
    {CX_IDENTITY_ALREADY_REGISTERED,      "IDENTITY_ALREADY_REGISTERED (5005)"     },
    {CX_AUTH_SCHEME_NOT_SUPPORTED,        "AUTH_SCHEME_NOT_SUPPORTED (5006)"       },
    {CX_IN_ASSIGNMENT_TYPE,               "IN_ASSIGNMENT_TYPE (5007)"              },
    {CX_TOO_MUCH_DATA,                    "TOO_MUCH_DATA (5008)"                   },
    {CX_NOT_SUPPORTED_USER_DATA,          "NOT_SUPPORTED_USER_DATA (5009)"         },
    {CX_FEATURE_UNSUPPORTED,              "FEATURE_UNSUPPORTED (5011)"             },
    {CX_SERVING_NODE_FEATURE_UNSUPPORTED, "SERVING_NODE_FEATURE_UNSUPPORTED (5012)"},
};

const char *cx_result_text(int result)
{
    static _Thread_local char other[48]; /* the library's threads log too */

    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].result == result)
            return names[i].text;
    }
    snprintf(other, sizeof other, "%sresult %d", result & CX_EXP ? "3GPP " : "", result & ~CX_EXP);
    return other;
}
