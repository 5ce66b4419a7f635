/* SPDX-License-Identifier: Apache-2.0 */
/* Initial filter criteria (TS 29.228 B.2, annexes C and E): which application server a request of a
 * user goes to. Read out of the user profile, and matched against a request. Pure. */
#ifndef IMSLAB_SCSCF_IFC_H
#define IMSLAB_SCSCF_IFC_H

#include <sofia-sip/sip.h>
#include <stdbool.h>
#include <stdint.h>

#include "why.h"

enum ifc_case { /* SessionCase */
                IFC_ORIGINATING_REGISTERED,
                IFC_TERMINATING_REGISTERED,
                IFC_TERMINATING_UNREGISTERED,
                IFC_ORIGINATING_UNREGISTERED,
                IFC_ORIGINATING_CDIV,
};

enum ifc_registration { IFC_INITIAL, IFC_AGAIN, IFC_END }; /* RegistrationType */

enum ifc_condition { IFC_METHOD, IFC_URI, IFC_HEADER, IFC_CASE, IFC_SESSION };

#define IFC_GROUPS 8 /* of one SPT */

struct ifc_spt { /* service point trigger */
    struct ifc_spt *next;
    enum ifc_condition condition;
    bool negated;
    unsigned group[IFC_GROUPS];
    unsigned group_count;
    char *text;     /* method, URI, header name, session case or SDP line */
    char *content;  /* of header or line: a regular expression; NULL: its presence */
    unsigned types; /* RegistrationType: bit by bit; 0: all */
};

struct ifc {
    struct ifc *next;
    unsigned priority;
    bool has_trigger, cnf;
    int part; /* ProfilePartIndicator: 0 registered, 1 unregistered, -1 both */
    struct ifc_spt *spts;
    char *server;
    bool terminates;    /* DefaultHandling: SESSION_TERMINATED */
    char *service_info; /* NULL: none */
    bool include_request, include_response;
};

/* ifc_read - the criteria of a User-Data document, the smallest priority number first; those that
 * cannot be evaluated (no server, no condition in an SPT) are left out. NULL: none. ifc_free it. */
struct ifc *ifc_read(const char *xml);
void ifc_free(struct ifc *);

struct ifc_request { /* what is matched */
    const char *method;
    const sip_t *sip; /* NULL: there is no message (it expired, the network ended it): conditions on
                         URI, headers and body hold, negated ones too */
    enum ifc_case session_case;
    enum ifc_registration registration; /* of a REGISTER */
};

/* ifc_matches - whether this request goes to the server of the criterion. */
bool ifc_matches(const struct ifc *, const struct ifc_request *);

#endif
