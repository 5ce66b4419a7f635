/* SPDX-License-Identifier: Apache-2.0 */
/* The user profile of Cx (TS 29.228 Annex B and E, User-Data), as far as registration needs it: the
 * identities of one implicit registration set, with barring. Pure. */
#ifndef IMSLAB_SCSCF_PROFILE_H
#define IMSLAB_SCSCF_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "why.h"

#define PROFILE_MAX_XML   (256 * 1024) /* octets of User-Data */
#define PROFILE_MAX_IMPUS 64

struct profile_impu {
    char *id; /* canonical, as sip_identity writes it */
    bool barred;
};

struct profile {               /* all zero: empty */
    struct profile_impu *impu; /* distinct identities (no wildcards), in the order of the profile */
    size_t impu_count;
    char *xml; /* the whole of it as it came; NULL: the HSS must be asked again */
};

/* profile_parse - read User-Data (NUL-terminated XML). *p is set on success only; profile_free it.
 * 0; -E2BIG more than PROFILE_MAX_XML octets or PROFILE_MAX_IMPUS identities; -EINVAL not well
 * formed, has a DOCTYPE (entities of a stranger are not expanded), or names no identity. */
int profile_parse(struct profile *p, const char *xml, struct why *why);
void profile_free(struct profile *p);

/* profile_canonical - an identity as the profile has it, in buf; "" when it is none. */
const char *profile_canonical(const char *uri, char *buf, size_t size);
/* profile_has - whether this identity (canonical) is in the set, barred or not. */
bool profile_has(const struct profile *p, const char *impu);
/* profile_default - the default public identity: the first that is not barred (TS 24.229
 * 5.4.1.2.2F); NULL when all are barred. */
const char *profile_default(const struct profile *p);
/* profile_same_names - whether both have the same identities, in any order, barred or not. */
bool profile_same_names(const struct profile *a, const struct profile *b);
/* profile_gains - whether it has an identity that the one before had not. */
bool profile_gains(const struct profile *now, const struct profile *before);

#endif
