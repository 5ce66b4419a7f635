/* SPDX-License-Identifier: Apache-2.0 */
/* Third-party registration (TS 24.229 5.4.1.7): the application servers whose filter criteria match
 * a REGISTER hear of the registration. */
#ifndef IMSLAB_SCSCF_THIRD_PARTY_H
#define IMSLAB_SCSCF_THIRD_PARTY_H

#include "change.h"
#include "ifc.h"
#include "scscf.h"

/* third_party_changed - changed (change.h), for the application servers. */
void third_party_changed(struct scscf *, struct registration *, enum change,
                         const struct change_cause *);
void third_party_print_live(const struct scscf *, FILE *);
void third_party_abandon(struct scscf *); /* the daemon ends */

/* third_party_text.c: what one REGISTER says. */
struct third_party_text {
    const char *server; /* URI of the application server */
    const char *scscf;  /* our URI */
    const char *host;   /* our name */
    const char *impu;   /* To */
    const char *call_id, *tag;
    unsigned expires_s;
    const struct ifc *ifc;
    const struct change_cause *cause;
};
/* third_party_text - the whole request as sip_compose takes it; free() it. */
char *third_party_text(const struct third_party_text *);

#endif
