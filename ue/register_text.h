/* SPDX-License-Identifier: Apache-2.0 */
/* The text of the REGISTER requests of a terminal (TS 24.229 5.1.1.2, 5.1.1.4, 5.1.1.6; RFC 3310;
 * RFC 3329), as sip_compose wants it: no Via, no Content-Length. Pure. */
#ifndef IMSLAB_UE_REGISTER_TEXT_H
#define IMSLAB_UE_REGISTER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "conf.h"

#define REGISTER_TEXT 12288 /* longest REGISTER: both lists of mechanisms may be long */

/* The answer to a challenge. Texts without quotes, as they stood in the challenge. */
struct register_credentials {
    const char *realm, *nonce;
    const char *algorithm; /* "AKAv1-MD5", "AKAv2-MD5" */
    const char *opaque;    /* NULL: the challenge had none */
    const char *response;  /* 32 hex digits, or "": the network's MAC does not verify */
    const char *auts;      /* base64, NULL: the sequence number is in range */
    const char *cnonce;    /* NULL: the challenge offered no qop; else qop=auth and nc */
    unsigned nc;
};

struct register_text {
    const char *domain; /* home network: request URI, and realm until a challenge names one */
    const char *impi, *impu;
    struct addr contact; /* the terminal's address and the port that it listens at */
    enum conf_transport transport;
    struct addr pcscf; /* Route */
    unsigned max_forwards, cseq;
    unsigned expires_s; /* 0: de-registration */
    const char *call_id, *from_tag;
    const char *security_client;             /* the value (sec_agree.h); NULL: nothing is offered */
    const char *security_verify;             /* NULL: nothing is agreed */
    const struct register_credentials *auth; /* NULL: not challenged yet */
};

/* register_text - write the request into buf[size]. The length, -EMSGSIZE when it does not fit, or
 * -EINVAL when a value has characters that may not stand there. */
int register_text(const struct register_text *r, char *buf, size_t size);

/* register_contact - the Contact URI, "sip:10.45.0.2:5060" (";transport=tcp" when so), into
 * buf[size]; returns buf. */
const char *register_contact(const struct addr *contact, enum conf_transport transport, char *buf,
                             size_t size);

#endif
