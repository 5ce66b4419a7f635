/* SPDX-License-Identifier: Apache-2.0 */
/* Registration information (RFC 3680, application/reginfo+xml): what a registrar tells of the
 * identities of a set and of their contacts. The S-CSCF writes it, the P-CSCF and the terminal read
 * it. GRUUs as RFC 5628 adds them. Pure. */
#ifndef IMSLAB_REGINFO_H
#define IMSLAB_REGINFO_H

#include <sofia-sip/su_alloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "why.h"

#define REGINFO_TYPE    "application/reginfo+xml"
#define REGINFO_MAX_XML (256 * 1024) /* octets that are read */

enum reginfo_state { REGINFO_INIT, REGINFO_ACTIVE, REGINFO_TERMINATED };

/* What made a contact what it is (RFC 3680 5.1, 5.3.2). */
enum reginfo_event {
    REGINFO_REGISTERED, /* by a REGISTER for this identity */
    REGINFO_CREATED,    /* by administration, or as one of an implicit set */
    REGINFO_REFRESHED,
    REGINFO_SHORTENED, /* it shall register again, soon (network-initiated re-authentication) */
    REGINFO_EXPIRED,
    REGINFO_DEACTIVATED, /* it may register anew at once */
    REGINFO_PROBATION,   /* after retry_after_s */
    REGINFO_UNREGISTERED,
    REGINFO_REJECTED, /* it shall not register again */
    REGINFO_EVENTS
};

#define REGINFO_UNSAID (-1)

struct reginfo_param { /* a parameter of the Contact header that RFC 3261 does not know */
    struct reginfo_param *next;
    const char *name, *value; /* value "": a flag */
};

struct reginfo_contact {
    struct reginfo_contact *next;
    const char *id; /* unique among all contacts of the document, the same in every one */
    enum reginfo_state state;
    enum reginfo_event event;
    int64_t duration_s, expires_s, retry_after_s, cseq; /* REGINFO_UNSAID: not there */
    const char *uri;
    const char *display_name, *call_id, *q;           /* NULL: not there */
    const char *pub_gruu, *temp_gruu, *temp_gruu_seq; /* NULL: not there */
    struct reginfo_param *params;
};

struct reginfo_registration {
    struct reginfo_registration *next;
    const char *aor, *id;
    enum reginfo_state state;
    struct reginfo_contact *contacts;
};

struct reginfo {
    uint32_t version;
    bool partial; /* else full: what is not in it is gone */
    struct reginfo_registration *registrations;
};

/* reginfo_write - the document. Any text may have any characters: what XML cannot hold becomes '?'.
 */
void reginfo_write(const struct reginfo *, FILE *out);

/* reginfo_read - read len octets of a stranger. All that *info points to belongs to home.
 * 0; -E2BIG too long, too deep or too many of something; -EINVAL and a sentence: not well-formed,
 * has a DOCTYPE (entities of a stranger are not expanded), or is no reginfo. *info is then zero. */
int reginfo_read(struct reginfo *info, su_home_t *home, const char *xml, size_t len,
                 struct why *why);

/* reginfo_event_name, reginfo_state_name - as in the document: "registered"; static storage. */
const char *reginfo_event_name(enum reginfo_event);
const char *reginfo_state_name(enum reginfo_state);

#endif
