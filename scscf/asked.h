/* SPDX-License-Identifier: Apache-2.0 */
/* What a REGISTER asks for, in plain values, or the reason why it cannot be served (RFC 3261 10.3,
 * TS 24.229 5.4.1). Pure: reads a parsed message and nothing else. */
#ifndef IMSLAB_SCSCF_ASKED_H
#define IMSLAB_SCSCF_ASKED_H

#include <sofia-sip/sip.h>
#include <stdbool.h>
#include <stdint.h>

#include "auth.h"
#include "conf.h"
#include "cx.h"

#define ASKED_MAX_CONTACTS 8

/* Why the peer gets no 200: the status, and a sentence for Warning and log. */
struct refusal {
    int status;
    const char *phrase; /* NULL: sofia's phrase of the status */
    char header[128];   /* one more header line that the status needs, with CR LF, or "" */
    char reason[320];   /* one sentence */
};

/* refuse_with - fill *r. reason is printf format. */
void refuse_with(struct refusal *r, int status, const char *phrase, const char *reason, ...)
    __attribute__((format(printf, 4, 5)));

struct asked_contact {
    const url_t *uri;
    const char *text;     /* as it is listed in answers, without expires */
    const char *instance; /* +sip.instance or "" */
    const char *q;        /* or "" */
    bool has_reg_id;
    unsigned expires_s; /* granted: within the limits of lab.yaml; 0: to be removed */
};

enum asked_kind { ASKED_FETCH, ASKED_REGISTRATION, ASKED_DEREGISTRATION };

/* integrity-protected, TS 24.229 7.2A.2: written by the P-CSCF alone */
enum asked_protection { ASKED_NO_PARAMETER, ASKED_UNPROTECTED, ASKED_PROTECTED };

struct asked { /* texts belong to the home given to asked_read */
    char impu[CX_TEXT], impi[CX_TEXT];
    bool impi_from_to;      /* no Authorization: the IMPI is derived from To */
    const char *call_id;    /* shorter than CX_TEXT */
    char terminal[CX_TEXT]; /* what tells it from others of the same IMPI: +sip.instance of the
                               first contact, else its URI, else "" */
    uint32_t cseq;
    enum asked_kind kind;
    enum asked_protection protection;
    bool star; /* Contact: * */
    size_t contact_count;
    struct asked_contact contact[ASKED_MAX_CONTACTS];
    const char *path;            /* all values, comma separated, or "" */
    const char *charging_vector; /* P-Charging-Vector as it came, or "" */
    const char *scheme;          /* what the MAR asks for first */
    struct auth_answer answer;   /* all NULL without Authorization */
};

/* asked_read - 0, or -1 with *refusal set: 400, 403, 420, 423. */
int asked_read(struct asked *asked, su_home_t *home, const sip_t *sip, const struct conf *conf,
               const struct conf_scscf *me, struct refusal *refusal);

#endif
